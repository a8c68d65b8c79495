//! SQL of mails that people asked for.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use uuid::Uuid;

/// A mail that somebody asks for.
pub struct Asked<'a> {
    pub at: DateTime<Utc>,
    pub target: [u8; 32],
    pub network: &'a str,
    pub session: Option<Uuid>,
    pub user: Option<i64>,
}

/// How many were sent since an instant that share something with another.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    pub target: i64,
    pub network: i64,
    pub session: i64,
    pub user: i64,
    pub all: i64,
}

/// Waits until no other transaction counts: two at once would both be the last that there may be.
pub async fn one_at_a_time(db: impl PgExecutor<'_>) -> sqlx::Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('mails asked for', 0))")
        .execute(db)
        .await?;
    Ok(())
}

/// Counts the mails since an instant.
pub async fn count(
    db: impl PgExecutor<'_>,
    asked: &Asked<'_>,
    since: DateTime<Utc>,
) -> sqlx::Result<Counts> {
    sqlx::query_as!(
        Counts,
        r#"select count(*) filter (where target = $1) as "target!", count(*) filter (where network = $2) as "network!",
                  count(*) filter (where session_id = $3) as "session!", count(*) filter (where user_id = $4) as "user!",
                  count(*) as "all!"
           from mails_asked_for where at > $5"#,
        &asked.target[..],
        asked.network,
        asked.session,
        asked.user,
        since,
    )
    .fetch_one(db)
    .await
}

/// How many there were since an instant.
pub async fn count_all(db: impl PgExecutor<'_>, since: DateTime<Utc>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "n!" from mails_asked_for where at > $1"#,
        since
    )
    .fetch_one(db)
    .await
}

/// Writes one down.
pub async fn insert(db: impl PgExecutor<'_>, asked: &Asked<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into mails_asked_for (at, target, network, session_id, user_id) values ($1, $2, $3, $4, $5)",
        asked.at,
        &asked.target[..],
        asked.network,
        asked.session,
        asked.user,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets those that count for nothing any more.
pub async fn forget(db: impl PgExecutor<'_>, before: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!("delete from mails_asked_for where at < $1", before)
        .execute(db)
        .await?;
    Ok(())
}
