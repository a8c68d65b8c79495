//! SQL of second factors.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgExecutor;

use crate::ids::UserId;

/// What a user has set up.
pub struct Factors {
    pub has_password: bool,
    /// Sealed. It counts once `totp_enabled_at` is there.
    pub totp_secret: Option<Vec<u8>>,
    pub totp_enabled_at: Option<DateTime<Utc>>,
    pub recovery_salt: Option<Vec<u8>>,
    /// Recovery codes that were not used.
    pub codes_left: i64,
}

/// What a user has set up.
pub async fn factors(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<Factors> {
    sqlx::query_as!(
        Factors,
        r#"select password_hash is not null as "has_password!", totp_secret, totp_enabled_at, recovery_salt,
                  (select count(*) from recovery_codes where user_id = u.id and used_at is null) as "codes_left!"
           from users u where id = $1"#,
        user.0,
    )
    .fetch_one(db)
    .await
}

/// Keeps a secret that is being set up. Does nothing to one that counts already.
pub async fn set_pending(db: impl PgExecutor<'_>, user: UserId, sealed: &[u8]) -> sqlx::Result<()> {
    sqlx::query!(
        "update users set totp_secret = $2 where id = $1 and totp_enabled_at is null",
        user.0,
        sealed
    )
    .execute(db)
    .await?;
    Ok(())
}

/// From now on this secret counts, and its codes after this step. `false` if it is not the one being set up any more.
pub async fn enable(
    db: impl PgExecutor<'_>,
    user: UserId,
    sealed: &[u8],
    step: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    sqlx::query!(
        "update users set totp_enabled_at = $4, totp_last_step = $3
         where id = $1 and totp_secret = $2 and totp_enabled_at is null",
        user.0,
        sealed,
        step,
        now,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// Takes the app and the recovery codes away. `false` if there was no app.
pub async fn disable(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<bool> {
    sqlx::query!(
        "with gone as (delete from recovery_codes where user_id = $1)
         update users set totp_secret = null, totp_enabled_at = null, totp_last_step = null, recovery_salt = null
         where id = $1 and totp_enabled_at is not null",
        user.0,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// The same, if the app was set up after an instant, and whatever is being set up.
pub async fn disable_newer(
    db: impl PgExecutor<'_>,
    user: UserId,
    than: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with changed as (
             update users set totp_secret = null, totp_enabled_at = null, totp_last_step = null, recovery_salt = null
             where id = $1 and (totp_enabled_at is null or totp_enabled_at >= $2)
             returning id)
         delete from recovery_codes where user_id in (select id from changed)",
        user.0,
        than,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Uses the code of a step up: `false` if it, or a later one, was used before. One statement, so that of many at once
/// only one passes. The step is this one or the last; a later one than the next was used when the clock was wrong.
pub async fn take_step(db: impl PgExecutor<'_>, user: UserId, step: i64) -> sqlx::Result<bool> {
    sqlx::query!(
        "update users set totp_last_step = $2
         where id = $1 and totp_enabled_at is not null and (totp_last_step is null or totp_last_step < $2 or totp_last_step > $2 + 1)",
        user.0,
        step,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// Counts a try as wrong before it is looked at. Returns how many there were on this day, with it.
pub async fn count_try(db: impl PgExecutor<'_>, user: UserId, day: NaiveDate) -> sqlx::Result<i32> {
    sqlx::query_scalar!(
        "update users set second_factor_day = $2,
             second_factor_failures = case when second_factor_day = $2 then second_factor_failures + 1 else 1 end
         where id = $1 returning second_factor_failures",
        user.0,
        day,
    )
    .fetch_one(db)
    .await
}

/// The code was right: the counting starts anew.
pub async fn forgive(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<()> {
    sqlx::query!(
        "update users set second_factor_failures = 0 where id = $1",
        user.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Puts new recovery codes in the place of all there were.
pub async fn replace_codes(
    db: &mut sqlx::PgConnection,
    user: UserId,
    salt: &[u8; 16],
    hashes: &[Vec<u8>],
) -> sqlx::Result<()> {
    sqlx::query!("delete from recovery_codes where user_id = $1", user.0)
        .execute(&mut *db)
        .await?;
    sqlx::query!(
        "update users set recovery_salt = $2 where id = $1",
        user.0,
        &salt[..]
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "insert into recovery_codes (user_id, hash) select $1, unnest($2::bytea[])",
        user.0,
        hashes,
    )
    .execute(&mut *db)
    .await?;
    Ok(())
}

/// The hashes of codes that were not used.
pub async fn unused_codes(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<Vec<Vec<u8>>> {
    sqlx::query_scalar!(
        "select hash from recovery_codes where user_id = $1 and used_at is null",
        user.0
    )
    .fetch_all(db)
    .await
}

/// Uses a recovery code up: `false` if it was used before.
pub async fn take_code(
    db: impl PgExecutor<'_>,
    user: UserId,
    hash: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    sqlx::query!(
        "update recovery_codes set used_at = $3 where user_id = $1 and hash = $2 and used_at is null",
        user.0,
        hash,
        now,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}
