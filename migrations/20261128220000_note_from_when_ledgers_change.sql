-- A change says from when on it touched a ledger, so that what was computed of the time before stays. And entries are counted
-- as they come and go: counting them takes longer, the more there are.
alter table users add column entry_count int not null default 0;

update users u set entry_count = e.n from (select user_id, count(*) as n from entries group by user_id) e
where e.user_id = u.id;

-- One row for each version of a ledger, and of each ledger the newest.
create table ledger_touches (
    user_id bigint not null references users on delete cascade,
    version bigint not null,
    -- The earliest entry that is other than it was. `infinity` if none is, `-infinity` if everything computed may be.
    since timestamptz not null,
    primary key (user_id, version)
);

create function touch_ledger(owner bigint, at timestamptz, more bigint) returns void language plpgsql as $$
begin
    with bumped as (
        update users set ledger_version = ledger_version + 1, entry_count = entry_count + more where id = owner
        returning ledger_version
    ), forgotten as (
        delete from ledger_touches t using bumped b where t.user_id = owner and t.version <= b.ledger_version - 100
    )
    insert into ledger_touches (user_id, version, since) select owner, ledger_version, at from bumped;
end
$$;

create function note_entries() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        perform touch_ledger(user_id, min(occurred_at), count(*)) from come group by user_id;
    elsif tg_op = 'DELETE' then
        perform touch_ledger(user_id, min(occurred_at), -count(*)) from gone group by user_id;
    else
        perform touch_ledger(user_id, min(occurred_at), 0)
        from (select user_id, occurred_at from gone union all select user_id, occurred_at from come) both_ways
        group by user_id;
    end if;
    return null;
end
$$;

-- Accounts have no figures of their own; own rates change all.
create or replace function bump_ledger_version() returns trigger language plpgsql as $$
begin
    perform touch_ledger(
        user_id, case tg_table_name when 'accounts' then timestamptz 'infinity' else '-infinity' end, 0)
    from touched group by user_id;
    return null;
end
$$;

drop trigger entries_inserted on entries;
drop trigger entries_updated on entries;
drop trigger entries_deleted on entries;

create trigger entries_inserted after insert on entries referencing new table as come
    for each statement execute function note_entries();
create trigger entries_updated after update on entries referencing old table as gone new table as come
    for each statement execute function note_entries();
create trigger entries_deleted after delete on entries referencing old table as gone
    for each statement execute function note_entries();

alter view invariant_violations rename to ledger_violations;

create view invariant_violations as
select rule, user_id, id from ledger_violations
union all
select 'entries are counted', u.id, null
from users u
where u.entry_count <> (select count(*) from entries e where e.user_id = u.id);
