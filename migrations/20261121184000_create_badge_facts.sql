-- What a user's badges are judged by beside their ledger, in one row: for the review, the page, and the dashboard.
create view badge_facts as
select
    u.id as user_id,
    coalesce(
        (select jsonb_agg(
            jsonb_build_object('key', a.key, 'tier', a.tier, 'earned_on', a.earned_on)
            order by a.earned_on, a.key, a.tier)
         from achievements a where a.user_id = u.id),
        '[]') as unlocked,
    -- The days on which goals were completed. One that was archived later counts.
    array(
        select g.completed_on from goals g where g.user_id = u.id and g.completed_on is not null
        order by g.completed_on) as goals,
    -- The user's days on which tools computed something for the first time.
    array(
        select (t.first_used_at at time zone u.time_zone)::date from tool_uses t where t.user_id = u.id
        order by t.first_used_at) as tools
from users u;

-- A tool's first use may earn a badge, which the dashboard shows.
create trigger tool_uses_inserted after insert on tool_uses referencing new table as touched
    for each statement execute function bump_ledger_version();
