//! SQL of links that were sent by mail.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use crate::ids::UserId;

/// A link's row.
pub struct Issued<'a> {
    pub token_hash: [u8; 32],
    pub user: UserId,
    pub purpose: &'a str,
    pub email: &'a str,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// What an open link is for.
pub struct Open {
    pub user: UserId,
    pub purpose: String,
    pub email: String,
    pub created_at: DateTime<Utc>,
}

/// Waits until no other transaction makes a link for this purpose and address: two at once would both be the last that
/// there may be.
pub async fn one_at_a_time(
    db: impl PgExecutor<'_>,
    purpose: &str,
    email: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended($1 || ' ' || lower($2), 0))",
        purpose,
        email,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// How many links for a purpose were made for an address within the hour after an instant: what is dated later was made when
/// the clock was wrong.
pub async fn count(
    db: impl PgExecutor<'_>,
    purpose: &str,
    email: &str,
    since: DateTime<Utc>,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "n!" from mail_tokens
           where purpose = $1 and lower(email) = lower($2)
             and created_at > $3 and created_at <= $3::timestamptz + interval '1 hour'"#,
        purpose,
        email,
        since,
    )
    .fetch_one(db)
    .await
}

/// Adds a link.
pub async fn insert(db: impl PgExecutor<'_>, new: &Issued<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into mail_tokens (token_hash, user_id, purpose, email, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6)",
        &new.token_hash[..],
        new.user.0,
        new.purpose,
        new.email,
        new.created_at,
        new.expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Closes a user's links for a purpose.
pub async fn close_all(
    db: impl PgExecutor<'_>,
    user: UserId,
    purpose: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update mail_tokens set closed_at = $3 where user_id = $1 and purpose = $2 and closed_at is null",
        user.0,
        purpose,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Closes every link of a user.
pub async fn close_every(
    db: impl PgExecutor<'_>,
    user: UserId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update mail_tokens set closed_at = $2 where user_id = $1 and closed_at is null",
        user.0,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A link that is neither closed nor over.
pub async fn open(
    db: impl PgExecutor<'_>,
    token_hash: &[u8; 32],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Open>> {
    sqlx::query_as!(
        Open,
        r#"select user_id as "user: UserId", purpose, email, created_at from mail_tokens
           where token_hash = $1 and closed_at is null and expires_at > $2"#,
        &token_hash[..],
        now,
    )
    .fetch_optional(db)
    .await
}

/// Closes a link. `false` if it was closed or over already.
pub async fn close(
    db: impl PgExecutor<'_>,
    token_hash: &[u8; 32],
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    sqlx::query!(
        "update mail_tokens set closed_at = $2 where token_hash = $1 and closed_at is null and expires_at > $2",
        &token_hash[..],
        now,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// Forgets links that have been over for a week.
pub async fn forget(db: impl PgExecutor<'_>, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from mail_tokens where expires_at < $1::timestamptz - interval '7 days'",
        now
    )
    .execute(db)
    .await?;
    Ok(())
}
