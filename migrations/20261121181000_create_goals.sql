-- What a user wants to have by a day: a bankroll, a profit, or the balance of one account.
create table goals (
    id uuid primary key,
    user_id bigint not null references users on delete cascade,
    kind text not null constraint goals_kind_known check (kind in ('bankroll', 'profit', 'account')),
    -- No foreign key: an account that is deleted can come back with "Undo", under the same key. Until then the goal
    -- stays and says that its account is gone.
    account_id uuid,
    -- Empty: the goal is called after what it is about.
    name text not null default '' constraint goals_name_length check (char_length(name) <= 60),
    target numeric(24, 8) not null constraint goals_target_range check (target > 0 and target < 1e11),
    currency text not null references currencies,
    -- Of a profit: the first day that counts. Null: all of it.
    since date constraint goals_since_range check (since >= '1970-01-01' and since < '2200-01-01'),
    due_on date not null constraint goals_due_on_range check (due_on >= '1970-01-01' and due_on < '2200-01-01'),
    -- The first day on which reaching it counts: when it was made, aimed elsewhere, or reopened.
    started_on date not null constraint goals_started_on_range
        check (started_on >= '1970-01-01' and started_on < '2200-01-01'),
    status text not null default 'active' constraint goals_status_known
        check (status in ('active', 'completed', 'archived')),
    -- Stays when it is archived.
    completed_on date,
    archived_at timestamptz,
    created_at timestamptz not null,
    version int not null default 1,
    constraint goals_account_given check (kind = 'account' or account_id is null),
    constraint goals_since_given check (kind = 'profit' or since is null),
    constraint goals_status_dated check (
        case status
            when 'active' then completed_on is null and archived_at is null
            when 'completed' then completed_on is not null and archived_at is null
            else archived_at is not null
        end)
);

create index goals_user_id_due_on on goals (user_id, due_on);
create index goals_active on goals (user_id) where status = 'active';

-- The dashboard shows them, and their currencies need rates.
create trigger goals_inserted after insert on goals referencing new table as touched
    for each statement execute function bump_ledger_version();
create trigger goals_updated after update on goals referencing new table as touched
    for each statement execute function bump_ledger_version();
create trigger goals_deleted after delete on goals referencing old table as touched
    for each statement execute function bump_ledger_version();
