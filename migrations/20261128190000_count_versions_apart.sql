-- What is computed of years of entries is kept in memory for as long as the ledger and the rates stay as they are. What
-- pages show beside it, goals, badges and stakes, has versions of its own: a change of those throws away what was drawn,
-- and nothing that was computed.
alter table users add column page_version bigint not null default 0;
alter table rates_state add column stakes_version bigint not null default 0;

create function bump_page_version() returns trigger language plpgsql as $$
begin
    update users set page_version = page_version + 1 where id in (select distinct user_id from touched);
    return null;
end
$$;

create function bump_stakes_version() returns trigger language plpgsql as $$
begin
    update rates_state set stakes_version = stakes_version + 1;
    return null;
end
$$;

drop trigger goals_inserted on goals;
drop trigger goals_updated on goals;
drop trigger goals_deleted on goals;
drop trigger achievements_inserted on achievements;
drop trigger achievements_deleted on achievements;
drop trigger stakes_choices_inserted on stakes_choices;
drop trigger stakes_choices_updated on stakes_choices;
drop trigger tool_uses_inserted on tool_uses;
drop trigger cash_levels_changed on cash_levels;
drop trigger tournament_buy_ins_changed on tournament_buy_ins;

create trigger goals_inserted after insert on goals referencing new table as touched
    for each statement execute function bump_page_version();
create trigger goals_updated after update on goals referencing new table as touched
    for each statement execute function bump_page_version();
create trigger goals_deleted after delete on goals referencing old table as touched
    for each statement execute function bump_page_version();
create trigger achievements_inserted after insert on achievements referencing new table as touched
    for each statement execute function bump_page_version();
create trigger achievements_deleted after delete on achievements referencing old table as touched
    for each statement execute function bump_page_version();
create trigger stakes_choices_inserted after insert on stakes_choices referencing new table as touched
    for each statement execute function bump_page_version();
create trigger stakes_choices_updated after update on stakes_choices referencing new table as touched
    for each statement execute function bump_page_version();
create trigger tool_uses_inserted after insert on tool_uses referencing new table as touched
    for each statement execute function bump_page_version();
create trigger cash_levels_changed
    after insert or update or delete or truncate on cash_levels
    for each statement execute function bump_stakes_version();
create trigger tournament_buy_ins_changed
    after insert or update or delete or truncate on tournament_buy_ins
    for each statement execute function bump_stakes_version();
