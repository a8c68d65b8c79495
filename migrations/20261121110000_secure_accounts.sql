-- Whose address is not confirmed sees one page only. Those who were here before confirming existed count as confirmed.
alter table users
    add column email_confirmed_at timestamptz,
    add column disabled_at timestamptz,
    -- When everything of this user is deleted, unless they change their mind.
    add column deletes_at timestamptz;

update users set email_confirmed_at = created_at;

-- Sessions have grown so much that everybody signs in anew.
delete from sessions;

alter table sessions
    -- What pages name a session by.
    add column id uuid not null default gen_random_uuid() constraint sessions_id_key unique,
    -- The form token is made of it, and stays when the session's own token changes: open tabs go on working.
    add column form_seed bytea not null check (length(form_seed) = 32),
    add column idle interval not null,
    add column remembered boolean not null,
    -- The password was right, and nothing more is known yet: such a session has no rights.
    add column second_factor_due boolean not null,
    -- How the user showed who they are: password, totp, recovery, passkey, google, facebook, demo.
    add column methods text[] not null,
    -- When they last showed it.
    add column sudo_at timestamptz not null,
    -- The network they came from, without its last part.
    add column place text not null;

-- Links that were sent by mail. Only the hash of each is here; a closed one was used, or a newer one took its place.
create table mail_tokens (
    token_hash bytea primary key check (length(token_hash) = 32),
    user_id bigint not null references users on delete cascade,
    purpose text not null,
    -- The address that the link was sent to.
    email text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    closed_at timestamptz
);

create index mail_tokens_user_id_purpose on mail_tokens (user_id, purpose, created_at);

-- Who did what to whom, when and from where. It outlives its users, so it references none.
create table audit_log (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    -- Who did it; null for somebody who was not signed in, and for the program itself.
    actor_id bigint,
    -- Whom it was done to.
    subject_id bigint,
    action text not null,
    -- What else there is to know: never a secret, never an amount.
    detail jsonb not null default '{}',
    place text not null,
    agent text not null,
    request_id text not null
);

create index audit_log_at on audit_log (at desc, id desc);
create index audit_log_subject_id on audit_log (subject_id, at desc);

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        if old.at < now() - interval '400 days' then
            return old;
        end if;
    end if;
    raise exception 'the audit log is only added to';
end
$$;

create trigger audit_log_rows before update or delete on audit_log
    for each row execute function refuse_audit_change();
create trigger audit_log_table before truncate on audit_log
    for each statement execute function refuse_audit_change();
