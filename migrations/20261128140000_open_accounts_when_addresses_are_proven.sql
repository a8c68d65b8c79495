-- Accounts that somebody wants to open: none of them is one before the link in the mail is followed. There may be many for
-- one address; they have no rights.
create table registrations (
    id uuid primary key default gen_random_uuid(),
    email text not null,
    name text not null,
    -- What was set in the browser that registered: it counts in that browser only.
    password_hash text,
    issuer text,
    subject text,
    home_currency text not null references currencies,
    time_zone text not null,
    -- The hash of what only that browser has.
    browser_hash bytea not null unique check (length(browser_hash) = 32),
    -- The hash of what only the newest mail has.
    link_hash bytea unique check (length(link_hash) = 32),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    constraint registrations_identity_whole check ((issuer is null) = (subject is null))
);

create index registrations_email on registrations (lower(email));
create index registrations_expires_at on registrations (expires_at);

-- Whoever never proved the address had no rights, and so has nothing to lose but what a stranger may have set.
delete from users where email_confirmed_at is null and not is_demo;
update users set email_confirmed_at = created_at where email_confirmed_at is null;

alter table users
    alter column email_confirmed_at set not null,
    -- When whoever owns the address last showed more than a password: by a link or a code from their mail, or by a second
    -- factor that was there when they last did. Factors added since may be somebody else's.
    add column proven_at timestamptz;
update users set proven_at = email_confirmed_at;
alter table users alter column proven_at set not null;

-- Mails that people asked for, to whichever address: what the limits are counted from.
create table mails_asked_for (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    -- A keyed hash of the address: the table tells nobody's.
    target bytea not null check (length(target) = 32),
    network text not null,
    session_id uuid,
    user_id bigint
);

create index mails_asked_for_at on mails_asked_for (at);
