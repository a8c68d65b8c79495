//! SQL of accounts elsewhere, and of visits to providers.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::ids::UserId;

/// The user behind an account elsewhere.
pub struct Known {
    pub user: UserId,
    pub is_disabled: bool,
}

/// An account elsewhere to be tied to a user.
#[derive(Clone, Copy, Debug)]
pub struct NewIdentity<'a> {
    pub issuer: &'a str,
    pub subject: &'a str,
    pub user: UserId,
    pub email: Option<&'a str>,
    pub linked_at: DateTime<Utc>,
}

/// An account elsewhere of a user.
pub struct Identity {
    pub issuer: String,
    pub email: Option<String>,
    pub linked_at: DateTime<Utc>,
}

/// A visit to a provider that begins.
pub struct NewFlow<'a> {
    pub state_hash: [u8; 32],
    pub provider: &'a str,
    pub user: Option<UserId>,
    pub session: Option<Uuid>,
    pub next: &'a str,
    pub remember: bool,
    pub expires_at: DateTime<Utc>,
}

/// A visit that has ended.
pub struct Flow {
    pub provider: String,
    pub user: Option<UserId>,
    pub session: Option<Uuid>,
    pub next: String,
    pub remember: bool,
    pub expires_at: DateTime<Utc>,
}

/// The user who is known to a provider under a subject.
pub async fn identity(
    db: impl PgExecutor<'_>,
    issuer: &str,
    subject: &str,
) -> sqlx::Result<Option<Known>> {
    sqlx::query_as!(
        Known,
        r#"select u.id as "user: UserId", u.disabled_at is not null as "is_disabled!"
           from identities i join users u on u.id = i.user_id
           where i.issuer = $1 and i.subject = $2"#,
        issuer,
        subject,
    )
    .fetch_optional(db)
    .await
}

/// Ties an account elsewhere to a user. Violates `identities_pkey` if it is tied already, and
/// `identities_user_id_issuer_key` if the user has another one there.
pub async fn insert(db: impl PgExecutor<'_>, new: &NewIdentity<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into identities (issuer, subject, user_id, email, linked_at) values ($1, $2, $3, $4, $5)",
        new.issuer,
        new.subject,
        new.user.0,
        new.email,
        new.linked_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Keeps the address that a provider tells today.
pub async fn set_email(
    db: impl PgExecutor<'_>,
    issuer: &str,
    subject: &str,
    email: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update identities set email = $3 where issuer = $1 and subject = $2 and email is distinct from $3",
        issuer,
        subject,
        email,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A user's accounts elsewhere.
pub async fn of_user(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<Vec<Identity>> {
    sqlx::query_as!(
        Identity,
        "select issuer, email, linked_at from identities where user_id = $1",
        user.0,
    )
    .fetch_all(db)
    .await
}

/// Whether a user has a password. The row is locked, so that two ways in are not given up at once.
pub async fn lock_password(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select password_hash is not null as "has!" from users where id = $1 for update"#,
        user.0
    )
    .fetch_one(db)
    .await
}

/// Unties a user's account at one provider. `false` if there is none.
pub async fn delete(db: impl PgExecutor<'_>, user: UserId, issuer: &str) -> sqlx::Result<bool> {
    sqlx::query!(
        "delete from identities where user_id = $1 and issuer = $2",
        user.0,
        issuer
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// Unties all of a user's accounts elsewhere.
pub async fn delete_all(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<()> {
    sqlx::query!("delete from identities where user_id = $1", user.0)
        .execute(db)
        .await?;
    Ok(())
}

/// Unties an account elsewhere, whoever's it is. Returns whose it was.
pub async fn delete_subject(
    db: impl PgExecutor<'_>,
    issuer: &str,
    subject: &str,
) -> sqlx::Result<Option<UserId>> {
    sqlx::query_scalar!(
        r#"delete from identities where issuer = $1 and subject = $2 returning user_id as "user: UserId""#,
        issuer,
        subject,
    )
    .fetch_optional(db)
    .await
}

/// Begins a visit.
pub async fn insert_flow(db: impl PgExecutor<'_>, new: &NewFlow<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into oauth_flows (state_hash, provider, user_id, session_id, next, remember, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        &new.state_hash[..],
        new.provider,
        new.user.map(|user| user.0),
        new.session,
        new.next,
        new.remember,
        new.expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Ends a visit. There is none the second time.
pub async fn take_flow(
    db: impl PgExecutor<'_>,
    state_hash: &[u8; 32],
) -> sqlx::Result<Option<Flow>> {
    sqlx::query_as!(
        Flow,
        r#"delete from oauth_flows where state_hash = $1
           returning provider, user_id as "user: UserId", session_id as session, next, remember, expires_at"#,
        &state_hash[..],
    )
    .fetch_optional(db)
    .await
}

/// Forgets visits that nobody came back from.
pub async fn forget_flows(db: impl PgExecutor<'_>, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!("delete from oauth_flows where expires_at < $1", now)
        .execute(db)
        .await?;
    Ok(())
}
