-- Accounts elsewhere that sign a user in. The provider's subject is what counts: an address can change hands.
create table identities (
    issuer text not null,
    subject text not null,
    user_id bigint not null references users on delete cascade,
    -- The address as the provider last told it, to be recognised by. Nobody is looked up by it.
    email text,
    linked_at timestamptz not null,
    primary key (issuer, subject),
    constraint identities_user_id_issuer_key unique (user_id, issuer)
);

-- Visits to a provider that have begun: each ends once. What proves them is in the browser's cookie; only the hash of
-- the state is here.
create table oauth_flows (
    state_hash bytea primary key check (length(state_hash) = 32),
    provider text not null,
    -- For linking: whose session it was begun in. Null for signing in.
    user_id bigint references users on delete cascade,
    session_id uuid,
    next text not null,
    expires_at timestamptz not null,
    constraint oauth_flows_session_of_user check ((user_id is null) = (session_id is null))
);

create index oauth_flows_expires_at on oauth_flows (expires_at);
create index oauth_flows_user_id on oauth_flows (user_id);
