//! SQL of when the owner of an account last showed more than a password, and of what was added since.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use crate::ids::UserId;

/// What opens an account beside its password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Way {
    /// For codes.
    App,
    Passkey,
    /// An account elsewhere.
    Identity,
}

impl Way {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Way::App => "An app for codes",
            Way::Passkey => "A passkey",
            Way::Identity => "An account elsewhere",
        }
    }
}

/// A way in that was added after the owner was last known for certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    pub way: Way,
    /// What the user calls it, or who vouches for them. Empty for an app.
    pub name: String,
    pub at: DateTime<Utc>,
}

/// Notes that the owner has shown who they are.
pub async fn prove(db: impl PgExecutor<'_>, user: UserId, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!("update users set proven_at = $2 where id = $1", user.0, now)
        .execute(db)
        .await?;
    Ok(())
}

/// The same, if the codes of the app that they showed were theirs when they last did.
pub async fn prove_by_app(
    db: impl PgExecutor<'_>,
    user: UserId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update users set proven_at = $2 where id = $1 and totp_enabled_at <= proven_at",
        user.0,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The same, if all their passkeys were theirs when they last did.
pub async fn prove_by_passkey(
    db: impl PgExecutor<'_>,
    user: UserId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update users u set proven_at = $2
         where id = $1 and not exists (select from passkeys where user_id = u.id and created_at > u.proven_at)",
        user.0,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What was added since, the oldest first.
pub async fn added_since(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<Vec<Added>> {
    sqlx::query_as!(
        Added,
        r#"select way as "way!: Way", name as "name!", at as "at!" from (
               select 'app' as way, '' as name, totp_enabled_at as at, proven_at from users
               where id = $1 and totp_enabled_at is not null
               union all
               select 'passkey', p.name, p.created_at, u.proven_at from passkeys p join users u on u.id = p.user_id
               where u.id = $1
               union all
               select 'identity', i.issuer, i.linked_at, u.proven_at from identities i join users u on u.id = i.user_id
               where u.id = $1
           ) ways where at > proven_at order by at, way, name"#,
        user.0,
    )
    .fetch_all(db)
    .await
}

/// Removes the passkeys and the accounts elsewhere among them.
pub async fn remove_added(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<()> {
    sqlx::query!(
        "with known as (select proven_at from users where id = $1),
              gone as (delete from passkeys where user_id = $1 and created_at > (select proven_at from known))
         delete from identities where user_id = $1 and linked_at > (select proven_at from known)",
        user.0,
    )
    .execute(db)
    .await?;
    Ok(())
}
