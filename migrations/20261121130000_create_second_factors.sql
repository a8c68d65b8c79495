alter table users
    -- Sealed with the secret key. Without `totp_enabled_at` it is one that is being set up.
    add column totp_secret bytea,
    add column totp_enabled_at timestamptz,
    -- The newest half-minute of which a code was taken: each code works once.
    add column totp_last_step bigint,
    -- All recovery codes of a user are hashed with it: one attempt costs one hash.
    add column recovery_salt bytea check (length(recovery_salt) = 16),
    -- Wrong codes of one day.
    add column second_factor_day date,
    add column second_factor_failures integer not null default 0;

-- Wrong codes in a session that waits for one.
alter table sessions add column second_factor_failures integer not null default 0;

create table recovery_codes (
    user_id bigint not null references users on delete cascade,
    hash bytea not null check (length(hash) = 32),
    used_at timestamptz,
    primary key (user_id, hash)
);
