create table users (
    id bigint generated always as identity primary key,
    email text not null,
    name text not null,
    password_hash text,
    role text not null default 'player' constraint users_role_known check (role in ('player', 'admin')),
    is_demo boolean not null default false,
    home_currency text not null references currencies,
    time_zone text not null,
    theme text not null default 'system' constraint users_theme_known check (theme in ('system', 'dark', 'light')),
    number_format text not null default 'comma-point' constraint users_number_format_known
        check (number_format in ('comma-point', 'point-comma', 'space-comma', 'apostrophe-point')),
    hide_amounts boolean not null default false,
    -- Grows with every change of the user's ledger: what is computed from it is kept under this number.
    ledger_version bigint not null default 0,
    created_at timestamptz not null default now()
);

create unique index users_email_key on users (lower(email));

-- Only the hash of the cookie's token is here: a stolen copy of the table signs nobody in.
create table sessions (
    token_hash bytea primary key check (length(token_hash) = 32),
    user_id bigint not null references users on delete cascade,
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null,
    agent text not null
);

create index sessions_user_id on sessions (user_id);
