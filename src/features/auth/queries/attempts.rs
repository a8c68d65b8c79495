//! SQL of wrong passwords.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

/// Wrong passwords in a row from one network.
pub struct Attempts {
    pub failures: i32,
    pub last_at: DateTime<Utc>,
}

/// Wrong passwords in a row from everywhere.
pub struct AllAttempts {
    pub failures: i64,
    pub last_at: DateTime<Utc>,
}

/// Those of an account from one network.
pub async fn of_network(
    db: impl PgExecutor<'_>,
    key: &[u8; 32],
    network: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Attempts> {
    sqlx::query_as!(
        Attempts,
        "insert into login_attempts as a (key, network, failures, last_at) values ($1, $2, 0, $3)
         on conflict (key, network) do update set failures = a.failures
         returning failures, last_at",
        &key[..],
        network,
        now,
    )
    .fetch_one(db)
    .await
}

/// Those of an account from everywhere. Other tries at it wait until the transaction ends.
pub async fn of_account(db: &mut PgConnection, key: &[u8; 32]) -> sqlx::Result<AllAttempts> {
    // There may be no row to lock yet.
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 0))",
        &key[..]
    )
    .execute(&mut *db)
    .await?;
    sqlx::query_as!(
        AllAttempts,
        r#"select coalesce(sum(failures), 0) as "failures!", coalesce(max(last_at), 'epoch') as "last_at!"
           from login_attempts where key = $1"#,
        &key[..],
    )
    .fetch_one(db)
    .await
}

/// One more.
pub async fn add(
    db: impl PgExecutor<'_>,
    key: &[u8; 32],
    network: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update login_attempts set failures = failures + 1, last_at = $3 where key = $1 and network = $2",
        &key[..],
        network,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// None any more.
pub async fn clear(db: impl PgExecutor<'_>, key: &[u8; 32]) -> sqlx::Result<()> {
    sqlx::query!("delete from login_attempts where key = $1", &key[..])
        .execute(db)
        .await?;
    Ok(())
}

/// Forgets those that were the last a day ago.
pub async fn forget(db: impl PgExecutor<'_>, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from login_attempts where last_at < $1::timestamptz - interval '24 hours'",
        now
    )
    .execute(db)
    .await?;
    Ok(())
}
