-- Wrong passwords in a row, by address and network. The key is a keyed hash of the address: there are rows for addresses
-- that nobody has, and the table does not say which they are.
create table login_attempts (
    key bytea not null check (length(key) = 32),
    network text not null,
    failures integer not null,
    last_at timestamptz not null,
    primary key (key, network)
);

create index login_attempts_last_at on login_attempts (last_at);
