-- How fetching rates goes, a row for each who publishes them: what the last try brought, and when the next one is. It
-- belongs to the database and not to a process, so that several on one database do not all ask.
create table rate_updates (
    provider text primary key check (provider in ('bank', 'second')),
    tried_at timestamptz not null,
    -- When a try last worked.
    worked_at timestamptz,
    -- Why the last try did not.
    failure text,
    -- Rates that the last try that worked brought.
    new_rates bigint not null default 0,
    -- Tries in a row that failed, or found less than was due.
    tries int not null default 0,
    next_at timestamptz not null,
    -- A file that looks wrong, and how: it is taken if another fetch says the same.
    held_back jsonb,
    -- Days without a rate up to this one are missing in the provider's own history.
    whole_until date
);

-- Whose the rate beside a correction is. Null for those of before: they are the central bank's.
alter table exchange_rates add column quoted_source text;
