-- Everything that holds money: poker sites, wallets, banks, cash, crypto.
create table accounts (
    id uuid primary key,
    user_id bigint not null references users on delete cascade,
    kind text not null constraint accounts_kind_known
        check (kind in ('site', 'wallet', 'bank', 'cash', 'crypto', 'investment', 'other')),
    name text not null constraint accounts_name_length check (char_length(name) between 1 and 50),
    currency text not null references currencies,
    position int not null,
    archived_at timestamptz,
    version int not null default 1,
    created_at timestamptz not null default now(),
    -- What entries refer to: an entry cannot sit on another user's account, nor be in another currency than it.
    constraint accounts_id_user_id_currency_key unique (id, user_id, currency)
);

-- "Poker sites" and "Assets" are two groups: a name may stand once in each.
create unique index accounts_user_group_name_key on accounts (user_id, (kind = 'site'), lower(name));

-- Entries made in the same instant keep the order in which they were entered. The steps of 16 leave room to say
-- later that a gap before a balance was a deposit: that entry goes directly before the balance.
create sequence entries_position_seq increment by 16;

-- `amount` is signed as the account sees it: in is positive, out is negative. Only `balance` is absolute.
create table entries (
    id uuid primary key,
    user_id bigint not null references users on delete cascade,
    account_id uuid,
    kind text not null constraint entries_kind_known
        check (kind in ('balance', 'deposit', 'withdrawal', 'transfer', 'bonus', 'expense')),
    -- The range also refuses NaN, which numeric would take.
    amount numeric(24, 8) not null constraint entries_amount_range check (amount > -1e11 and amount < 1e11),
    -- The part of a transfer's outgoing amount that was its fee.
    fee numeric(24, 8) not null default 0 constraint entries_fee_range check (fee >= 0 and fee < 1e11),
    currency text not null references currencies,
    occurred_at timestamptz not null constraint entries_occurred_at_range
        check (occurred_at >= '1970-01-01Z' and occurred_at < '2200-01-01Z'),
    position bigint not null default nextval('entries_position_seq'),
    transfer_id uuid,
    note text not null default '' constraint entries_note_length check (char_length(note) <= 500),
    tags text[] not null default '{}' constraint entries_tags_count check (cardinality(tags) <= 10),
    version int not null default 1,
    constraint entries_account_fkey foreign key (account_id, user_id, currency)
        references accounts (id, user_id, currency) on delete cascade,
    constraint entries_sign check (
        case kind
            when 'deposit' then amount > 0
            when 'bonus' then amount > 0
            when 'withdrawal' then amount < 0
            when 'expense' then amount < 0
            when 'transfer' then amount <> 0
            else true
        end),
    constraint entries_account_given check (account_id is not null or kind in ('deposit', 'withdrawal')),
    constraint entries_transfer_paired check ((kind = 'transfer') = (transfer_id is not null)),
    constraint entries_fee_on_outgoing check (fee = 0 or (kind = 'transfer' and amount < 0 and fee < -amount))
);

create index entries_user_id_occurred_at on entries (user_id, occurred_at, position);
create index entries_account_id_occurred_at on entries (account_id, occurred_at, position);
create index entries_user_id_position on entries (user_id, position desc) where account_id is not null;
create index entries_user_id_kind on entries (user_id, kind, occurred_at);
create index entries_transfer_id on entries (transfer_id) where transfer_id is not null;
create index entries_tags on entries using gin (tags);

-- No silent rounding, whoever writes: an amount has at most its currency's decimals.
create function refuse_excess_decimals() returns trigger language plpgsql as $$
declare
    decimals smallint;
begin
    select minor_units into decimals from currencies where code = new.currency;
    if new.amount <> round(new.amount, decimals) or new.fee <> round(new.fee, decimals) then
        raise exception 'an amount in % has at most % decimals', new.currency, decimals using errcode = 'check_violation';
    end if;
    return new;
end
$$;

create trigger entries_decimals before insert or update on entries
    for each row execute function refuse_excess_decimals();

-- Rates that a user sets for a currency that no central bank quotes.
create table own_rates (
    user_id bigint not null references users on delete cascade,
    currency text not null references currencies,
    day date not null,
    per_eur numeric not null constraint own_rates_per_eur_range check (per_eur >= 1e-8 and per_eur <= 1e8),
    primary key (user_id, currency, day)
);

-- What a write did: the rows before and after it. Undo puts the rows before back; the history page shows both.
create table changes (
    id uuid primary key,
    user_id bigint not null references users on delete cascade,
    made_at timestamptz not null,
    action text not null,
    accounts jsonb not null,
    entries jsonb not null,
    entry_ids uuid[] not null,
    undone_by uuid references changes
);

create index changes_user_id_made_at on changes (user_id, made_at desc, id);
create index changes_entry_ids on changes using gin (entry_ids);

-- A form carries a key: sent twice, it is saved once and answered alike.
create table submissions (
    user_id bigint not null references users on delete cascade,
    key uuid not null,
    request_hash bytea not null,
    change_id uuid references changes on delete cascade,
    made_at timestamptz not null,
    primary key (user_id, key)
);

create function bump_ledger_version() returns trigger language plpgsql as $$
begin
    update users set ledger_version = ledger_version + 1 where id in (select distinct user_id from touched);
    return null;
end
$$;

create trigger accounts_inserted after insert on accounts referencing new table as touched
    for each statement execute function bump_ledger_version();
create trigger accounts_updated after update on accounts referencing new table as touched
    for each statement execute function bump_ledger_version();
create trigger accounts_deleted after delete on accounts referencing old table as touched
    for each statement execute function bump_ledger_version();
create trigger entries_inserted after insert on entries referencing new table as touched
    for each statement execute function bump_ledger_version();
create trigger entries_updated after update on entries referencing new table as touched
    for each statement execute function bump_ledger_version();
create trigger entries_deleted after delete on entries referencing old table as touched
    for each statement execute function bump_ledger_version();
create trigger own_rates_inserted after insert on own_rates referencing new table as touched
    for each statement execute function bump_ledger_version();
create trigger own_rates_updated after update on own_rates referencing new table as touched
    for each statement execute function bump_ledger_version();
create trigger own_rates_deleted after delete on own_rates referencing old table as touched
    for each statement execute function bump_ledger_version();
