//! SQL of badges.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use sqlx::PgExecutor;
use sqlx::types::Json;

use super::standing::Earned;
use crate::ids::UserId;

/// Every tier that a user has, in the order in which they were earned.
pub async fn unlocked(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<Vec<Earned>> {
    sqlx::query_as!(
        Earned,
        "select key, tier, earned_on from achievements where user_id = $1 order by earned_on, key, tier",
        owner.0
    )
    .fetch_all(db)
    .await
}

/// What a user's badges are judged by, as the view `badge_facts` has it.
#[derive(Debug, Default, Deserialize)]
pub struct Facts {
    pub unlocked: Vec<Earned>,
    /// The days on which goals were completed, and on which tools were used for the first time, in order.
    pub goals: Vec<NaiveDate>,
    pub tools: Vec<NaiveDate>,
}

/// The facts of a user. None of a user who is gone.
pub async fn facts(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<Facts> {
    let facts = sqlx::query_scalar!(
        r#"select to_jsonb(f) as "facts!: Json<Facts>" from badge_facts f where f.user_id = $1"#,
        owner.0
    )
    .fetch_optional(db)
    .await?;
    Ok(facts.map(|facts| facts.0).unwrap_or_default())
}

/// Takes tiers back that were given since a moment, if an entry was edited, deleted or undone after that. Those that were
/// given for goals go if one of these has opened again because of it. Returns whether there were any.
pub async fn take_back(
    db: impl PgExecutor<'_>,
    owner: UserId,
    tiers: &[Earned],
    for_goals: bool,
    since: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let keys: Vec<String> = tiers.iter().map(|one| one.key.clone()).collect();
    let numbers: Vec<i16> = tiers.iter().map(|one| one.tier).collect();
    sqlx::query!(
        "delete from achievements a
         using unnest($2::text[], $3::smallint[]) as lost (key, tier)
         where a.user_id = $1 and a.key = lost.key and a.tier = lost.tier and a.unlocked_at >= $4
           and exists (select from changes c
                       where c.user_id = $1 and c.action in ('edit', 'delete', 'undo') and c.made_at >= a.unlocked_at)
           and (not $5 or exists (select from goals g
                                  where g.user_id = $1 and g.status = 'active' and g.reached_at <= a.unlocked_at))",
        owner.0,
        &keys,
        &numbers,
        since,
        for_goals,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() > 0)
}

/// Adds tiers. Those that the user has already keep their day. Returns which are new, in no particular order.
pub async fn insert(
    db: impl PgExecutor<'_>,
    owner: UserId,
    earned: &[Earned],
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<(String, i16)>> {
    let keys: Vec<String> = earned.iter().map(|one| one.key.clone()).collect();
    let tiers: Vec<i16> = earned.iter().map(|one| one.tier).collect();
    let days: Vec<_> = earned.iter().map(|one| one.earned_on).collect();
    let rows = sqlx::query!(
        "insert into achievements (user_id, key, tier, earned_on, unlocked_at)
         select $1, key, tier, earned_on, $5
         from unnest($2::text[], $3::smallint[], $4::date[]) as new (key, tier, earned_on)
         on conflict do nothing
         returning key, tier",
        owner.0,
        &keys,
        &tiers,
        &days,
        now,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.key, row.tier)).collect())
}
