//! SQL of codes that were sent by mail.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::ids::UserId;

/// A code's row.
pub struct NewCode {
    pub user: UserId,
    pub session: Uuid,
    pub hash: [u8; 32],
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// How many codes a user was sent since an instant, until now: what is dated later was sent when the clock was wrong. Others
/// who ask wait until the transaction ends.
pub async fn count(
    db: &mut PgConnection,
    user: UserId,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<i64> {
    sqlx::query!(
        "select id from users where id = $1 for no key update",
        user.0
    )
    .fetch_one(&mut *db)
    .await?;
    sqlx::query_scalar!(
        r#"select count(*) as "n!" from mailed_codes where user_id = $1 and created_at > $2 and created_at <= $3"#,
        user.0,
        since,
        now,
    )
    .fetch_one(db)
    .await
}

/// Puts a code in the place of those that its session had before.
pub async fn replace(db: &mut PgConnection, new: &NewCode) -> sqlx::Result<()> {
    sqlx::query!(
        "update mailed_codes set closed_at = $2 where session_id = $1 and closed_at is null",
        new.session,
        new.created_at,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "insert into mailed_codes (user_id, session_id, hash, created_at, expires_at) values ($1, $2, $3, $4, $5)",
        new.user.0,
        new.session,
        &new.hash[..],
        new.created_at,
        new.expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Counts a try, and uses the session's code up if it is the right one. Returns whether it was; `None` if the session has
/// no code that works. One statement, so that of many at once only one passes, and no more than `most` are looked at.
pub async fn take(
    db: impl PgExecutor<'_>,
    session: Uuid,
    hash: &[u8; 32],
    most: i32,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<bool>> {
    sqlx::query_scalar!(
        r#"update mailed_codes set tries = tries + 1, closed_at = case when hash = $2 then $4 end
           where session_id = $1 and closed_at is null and expires_at > $4 and tries < $3
           returning closed_at is not null as "is_right!""#,
        session,
        &hash[..],
        most,
        now,
    )
    .fetch_optional(db)
    .await
}

/// Whether a session has a code that works.
pub async fn is_open(
    db: impl PgExecutor<'_>,
    session: Uuid,
    most: i32,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from mailed_codes
               where session_id = $1 and closed_at is null and expires_at > $3 and tries < $2) as "is!""#,
        session,
        most,
        now,
    )
    .fetch_one(db)
    .await
}

/// Forgets codes of more than a day ago.
pub async fn forget(db: impl PgExecutor<'_>, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from mailed_codes where created_at < $1::timestamptz - interval '24 hours'",
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether a user wants to be asked for a code on devices that are new.
pub async fn are_wanted(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        "select codes_on_new_devices from users where id = $1",
        user.0
    )
    .fetch_one(db)
    .await
}

/// Keeps whether a user wants that. `false` if it was so already.
pub async fn want(db: impl PgExecutor<'_>, user: UserId, wanted: bool) -> sqlx::Result<bool> {
    sqlx::query!(
        "update users set codes_on_new_devices = $2 where id = $1 and codes_on_new_devices <> $2",
        user.0,
        wanted,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}
