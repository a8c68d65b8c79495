-- Codes of eight digits that were sent by mail, each for one session. Only a keyed hash is here; a closed one was used,
-- or a newer one took its place. A row outlives its session: it counts the mails that a user got within an hour.
create table mailed_codes (
    id bigint generated always as identity primary key,
    user_id bigint not null references users on delete cascade,
    session_id uuid not null,
    hash bytea not null check (length(hash) = 32),
    tries integer not null default 0,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    closed_at timestamptz
);

create index mailed_codes_user_id on mailed_codes (user_id, created_at);
create index mailed_codes_session_id on mailed_codes (session_id);

-- Whether a password alone is not enough on a device that the user has not logged in on before.
alter table users add column codes_on_new_devices boolean not null default false;
