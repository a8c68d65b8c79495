//! SQL of accounts that somebody wants to open.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::jobs::Slip;
use crate::money::Currency;

/// What somebody said who wants to open an account.
pub struct NewRegistration<'a> {
    pub email: &'a str,
    pub name: &'a str,
    pub password_hash: Option<&'a str>,
    /// An account elsewhere: who vouches, and for whom.
    pub identity: Option<(&'a str, &'a str)>,
    pub home: Currency,
    /// An IANA name.
    pub time_zone: &'a str,
    pub browser_hash: [u8; 32],
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// An account that somebody wants to open.
#[derive(Debug)]
pub struct Registration {
    pub id: Uuid,
    pub email: String,
    pub name: String,
    pub password_hash: Option<String>,
    pub issuer: Option<String>,
    pub subject: Option<String>,
    pub home_currency: String,
    pub time_zone: String,
    pub browser_hash: Vec<u8>,
}

/// Writes one down, with the job that follows.
pub async fn insert(
    db: impl PgExecutor<'_>,
    id: Uuid,
    new: &NewRegistration<'_>,
    follows: &Slip,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with registration as (
             insert into registrations (id, email, name, password_hash, issuer, subject, home_currency, time_zone,
                                        browser_hash, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             returning id
         )
         select put_job($12, $13, $14, $15, null) from registration",
        id,
        new.email,
        new.name,
        new.password_hash,
        new.identity.map(|(issuer, _)| issuer),
        new.identity.map(|(_, subject)| subject),
        new.home.code(),
        new.time_zone,
        &new.browser_hash[..],
        new.created_at,
        new.expires_at,
        follows.name,
        follows.payload,
        follows.tries,
        follows.key.as_deref(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The one of a browser.
pub async fn of_browser(
    db: impl PgExecutor<'_>,
    browser_hash: &[u8; 32],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Registration>> {
    sqlx::query_as!(
        Registration,
        "select id, email, name, password_hash, issuer, subject, home_currency, time_zone, browser_hash
         from registrations where browser_hash = $1 and expires_at > $2",
        &browser_hash[..],
        now,
    )
    .fetch_optional(db)
    .await
}

/// The one that a link is for.
pub async fn of_link(
    db: impl PgExecutor<'_>,
    link_hash: &[u8; 32],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Registration>> {
    sqlx::query_as!(
        Registration,
        "select id, email, name, password_hash, issuer, subject, home_currency, time_zone, browser_hash
         from registrations where link_hash = $1 and expires_at > $2",
        &link_hash[..],
        now,
    )
    .fetch_optional(db)
    .await
}

/// Where its mail goes; the row is locked until the transaction ends.
pub async fn lock(
    db: impl PgExecutor<'_>,
    id: Uuid,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "select email from registrations where id = $1 and expires_at > $2 for update",
        id,
        now,
    )
    .fetch_optional(db)
    .await
}

/// From now on this link works, and no other.
pub async fn set_link(
    db: impl PgExecutor<'_>,
    id: Uuid,
    link_hash: &[u8; 32],
    expires_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update registrations set link_hash = $2, expires_at = $3 where id = $1",
        id,
        &link_hash[..],
        expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Gives one another address; the link to the one before stops working.
pub async fn set_email(db: impl PgExecutor<'_>, id: Uuid, email: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update registrations set email = $2, link_hash = null where id = $1",
        id,
        email,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes everything from those that wait for an address, but for what their browsers know anyway. Returns the hashes that
/// their links had.
pub async fn blank_all(db: impl PgExecutor<'_>, email: &str) -> sqlx::Result<Vec<Option<Vec<u8>>>> {
    sqlx::query_scalar!(
        "with old as (select id, link_hash from registrations where lower(email) = lower($1) for update)
         update registrations r set link_hash = null, password_hash = null, issuer = null, subject = null
         from old where r.id = old.id
         returning old.link_hash",
        email,
    )
    .fetch_all(db)
    .await
}

/// Forgets those that nobody confirmed.
pub async fn forget(db: impl PgExecutor<'_>, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!("delete from registrations where expires_at <= $1", now)
        .execute(db)
        .await?;
    Ok(())
}
