//! SQL of the tools.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use crate::ids::UserId;

/// Notes that a tool computed something for a user. Returns whether it was the first time, which alone counts.
pub async fn note_use(
    db: impl PgExecutor<'_>,
    owner: UserId,
    tool: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into tool_uses (user_id, tool, first_used_at) values ($1, $2, $3) on conflict do nothing",
        owner.0,
        tool,
        now,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}
