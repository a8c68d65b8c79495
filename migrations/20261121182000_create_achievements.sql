-- Badges, as they were earned. They stay when the ledger changes, and when it is emptied.
create table achievements (
    user_id bigint not null references users on delete cascade,
    -- As the program lists them.
    key text not null constraint achievements_key_length check (char_length(key) between 1 and 40),
    tier smallint not null constraint achievements_tier_range check (tier between 1 and 3),
    -- The day of what completed it, in the time zone of that time; it may be long before the row was written.
    earned_on date not null constraint achievements_earned_on_range
        check (earned_on >= '1970-01-01' and earned_on < '2200-01-01'),
    unlocked_at timestamptz not null,
    primary key (user_id, key, tier)
);

-- The dashboard shows the next one.
create trigger achievements_inserted after insert on achievements referencing new table as touched
    for each statement execute function bump_ledger_version();
create trigger achievements_deleted after delete on achievements referencing old table as touched
    for each statement execute function bump_ledger_version();
