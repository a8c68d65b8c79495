//! SQL of wrong tries at secrets.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

use crate::ids::UserId;

/// What tries are counted by: a row of the table.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// Of an account and a secret.
    pub key: &'a [u8; 32],
    /// A network, or a browser or session that is known.
    pub name: &'a str,
    /// Where the network is; `None` for what is known.
    pub place: Option<&'a str>,
}

/// Wrong tries in a row.
pub struct Own {
    pub failures: i32,
    pub last_at: Option<DateTime<Utc>>,
}

/// Those of an account by all who are not known to it. Instants that have not come yet are left out.
#[derive(Default)]
pub struct Strangers {
    pub failures: i64,
    /// From the place in question.
    pub of_place: i64,
    /// The last one from a place that had no more than the free ones, with it.
    pub newcomers_at: Option<DateTime<Utc>>,
    /// The last one from any other.
    pub others_at: Option<DateTime<Utc>>,
}

/// Those of a row, which is made if there is none.
pub async fn own(db: impl PgExecutor<'_>, row: &Row<'_>, now: DateTime<Utc>) -> sqlx::Result<Own> {
    sqlx::query_as!(
        Own,
        r#"insert into login_attempts as a (key, network, place, failures, last_at) values ($1, $2, $3, 0, $4)
           on conflict (key, network) do update set failures = a.failures
           returning failures, last_at as "last_at?""#,
        &row.key[..],
        row.name,
        row.place,
        now,
    )
    .fetch_one(db)
    .await
}

/// Those of an account by strangers. Other tries at it wait until the transaction ends.
pub async fn of_strangers(
    db: &mut PgConnection,
    row: &Row<'_>,
    free: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<Strangers> {
    // There may be no row to lock yet.
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 0))",
        &row.key[..]
    )
    .execute(&mut *db)
    .await?;
    sqlx::query_as!(
        Strangers,
        r#"with places as (
               select place, sum(failures)::bigint as failures, max(last_at) filter (where last_at <= $4) as last_at
               from login_attempts where key = $1 and place is not null group by place)
           select coalesce(sum(failures), 0)::bigint as "failures!",
                  coalesce(sum(failures) filter (where place = $2), 0)::bigint as "of_place!",
                  max(last_at) filter (where failures <= $3) as newcomers_at,
                  max(last_at) filter (where failures > $3) as others_at
           from places"#,
        &row.key[..],
        row.place,
        free,
        now,
    )
    .fetch_one(db)
    .await
}

/// Whether a user has signed in from a row's place within the last 90 days.
pub async fn is_familiar(
    db: impl PgExecutor<'_>,
    user: Option<UserId>,
    row: &Row<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from audit_log where subject_id = $1 and action = 'signed-in' and place = $2
                          and at > $3::timestamptz - interval '90 days') as "is!""#,
        user.map(|user| user.0),
        row.place,
        now,
    )
    .fetch_one(db)
    .await
}

/// One more.
pub async fn add(db: impl PgExecutor<'_>, row: &Row<'_>, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        "update login_attempts set failures = failures + 1, last_at = $3 where key = $1 and network = $2",
        &row.key[..],
        row.name,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// None any more, by anybody.
pub async fn clear(db: impl PgExecutor<'_>, keys: &[[u8; 32]]) -> sqlx::Result<()> {
    let keys: Vec<Vec<u8>> = keys.iter().map(|key| key.to_vec()).collect();
    sqlx::query!("delete from login_attempts where key = any($1)", &keys)
        .execute(db)
        .await?;
    Ok(())
}

/// None any more of one row.
pub async fn clear_own(db: impl PgExecutor<'_>, key: &[u8; 32], name: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from login_attempts where key = $1 and network = $2",
        &key[..],
        name
    )
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
