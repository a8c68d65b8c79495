-- What passkeys know a user by: a number that says nothing about them.
alter table users
    add column passkey_handle uuid not null default gen_random_uuid() constraint users_passkey_handle_key unique;

create table passkeys (
    id uuid primary key default gen_random_uuid(),
    user_id bigint not null references users on delete cascade,
    -- The authenticator's own name for it. It is looked up by it.
    credential_id bytea not null constraint passkeys_credential_id_key unique,
    -- The public key, and what the authenticator last said of itself: nothing in it is secret.
    credential jsonb not null,
    name text not null,
    created_at timestamptz not null,
    last_used_at timestamptz
);

create index passkeys_user_id on passkeys (user_id, created_at);

-- Challenges that wait for an answer: each is used once, in the browser that has the token in a cookie. Only the hash of
-- it is here.
create table passkey_challenges (
    token_hash bytea primary key check (length(token_hash) = 32),
    -- Who is asked; null for somebody who has not said who they are.
    user_id bigint references users on delete cascade,
    state jsonb not null,
    expires_at timestamptz not null
);

create index passkey_challenges_expires_at on passkey_challenges (expires_at);
create index passkey_challenges_user_id on passkey_challenges (user_id);
