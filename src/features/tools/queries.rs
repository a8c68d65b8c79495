//! SQL of the tools.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use crate::ids::UserId;

/// Notes that a tool computed something for a user. Only the first time counts.
pub async fn note_use(
    db: impl PgExecutor<'_>,
    owner: UserId,
    tool: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into tool_uses (user_id, tool, first_used_at) values ($1, $2, $3) on conflict do nothing",
        owner.0,
        tool,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The tools that computed something for a user, each with its first time, the first first.
pub async fn used(
    db: impl PgExecutor<'_>,
    owner: UserId,
) -> sqlx::Result<Vec<(String, DateTime<Utc>)>> {
    let rows = sqlx::query!(
        "select tool, first_used_at from tool_uses where user_id = $1 order by first_used_at, tool",
        owner.0,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.tool, row.first_used_at))
        .collect())
}
