//! SQL of second factors that are going to be removed.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use crate::ids::UserId;

/// A second factor that is going to be removed.
pub struct Removal {
    pub user: UserId,
    /// When the last mail told of it.
    pub told_at: DateTime<Utc>,
    /// How many mails have told of it.
    pub mails: i32,
}

/// Asks for it. `false` if it was asked for before.
pub async fn insert(
    db: impl PgExecutor<'_>,
    user: UserId,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    sqlx::query!(
        "insert into factor_removals (user_id, told_at) values ($1, $2) on conflict do nothing",
        user.0,
        now,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// A user's.
pub async fn removal(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<Option<Removal>> {
    sqlx::query_as!(
        Removal,
        r#"select user_id as "user: UserId", told_at, mails from factor_removals where user_id = $1"#,
        user.0,
    )
    .fetch_optional(db)
    .await
}

/// Calls it off, or has done it. `false` if there was none.
pub async fn delete(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<bool> {
    sqlx::query!("delete from factor_removals where user_id = $1", user.0)
        .execute(db)
        .await
        .map(|done| done.rows_affected() == 1)
}

/// One whose last mail is a day old. It is locked until the transaction ends; others that are locked are passed over.
pub async fn next_due(
    db: impl PgExecutor<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Removal>> {
    sqlx::query_as!(
        Removal,
        r#"select user_id as "user: UserId", told_at, mails from factor_removals
           where told_at + interval '24 hours' <= $1 order by told_at limit 1 for update skip locked"#,
        now,
    )
    .fetch_optional(db)
    .await
}

/// One mail more has told of it.
pub async fn count_mail(
    db: impl PgExecutor<'_>,
    user: UserId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update factor_removals set mails = mails + 1, told_at = $2 where user_id = $1",
        user.0,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}
