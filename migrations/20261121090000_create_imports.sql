-- A file that was uploaded and checked, until its owner confirms what the preview says. The next upload replaces it.
create table imports (
    user_id bigint primary key references users on delete cascade,
    -- Gzipped, as it was sent.
    content bytea not null,
    -- What the preview shows: reading the file again for it would take too long.
    summary jsonb not null,
    made_at timestamptz not null
);

create index imports_made_at on imports (made_at);
