//! SQL of passkeys, and of the challenges that they answer.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;
use webauthn_rs::prelude as webauthn;

use crate::ids::UserId;

/// A passkey as its owner sees it.
pub struct Passkey {
    pub id: Uuid,
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A passkey as it is checked.
pub struct Known {
    pub id: Uuid,
    pub user: UserId,
    /// What the passkey knows its user by.
    pub handle: Uuid,
    pub is_disabled: bool,
    pub credential: Json<webauthn::Passkey>,
}

/// A passkey to be kept.
pub struct NewPasskey<'a> {
    pub user: UserId,
    pub credential: &'a webauthn::Passkey,
    pub name: &'a str,
    pub created_at: DateTime<Utc>,
}

/// A challenge that waits for its answer.
pub struct Challenge {
    /// Who is asked; `None` for somebody who has not said who they are.
    pub user: Option<UserId>,
    /// What the answer is checked with.
    pub state: Value,
    pub expires_at: DateTime<Utc>,
}

/// A user's passkeys, the oldest first.
pub async fn of_user(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<Vec<Passkey>> {
    sqlx::query_as!(
        Passkey,
        "select id, name, created_at, last_used_at from passkeys where user_id = $1 order by created_at, id",
        user.0,
    )
    .fetch_all(db)
    .await
}

/// One of a user's passkeys.
pub async fn one(db: impl PgExecutor<'_>, user: UserId, id: Uuid) -> sqlx::Result<Passkey> {
    sqlx::query_as!(
        Passkey,
        "select id, name, created_at, last_used_at from passkeys where user_id = $1 and id = $2",
        user.0,
        id,
    )
    .fetch_one(db)
    .await
}

/// What authenticators have told of a user's passkeys.
pub async fn credentials(
    db: impl PgExecutor<'_>,
    user: UserId,
) -> sqlx::Result<Vec<webauthn::Passkey>> {
    let all = sqlx::query_scalar!(
        r#"select credential as "credential: Json<webauthn::Passkey>" from passkeys where user_id = $1"#,
        user.0,
    )
    .fetch_all(db)
    .await?;
    Ok(all.into_iter().map(|credential| credential.0).collect())
}

/// How many passkeys a user has, without one of them.
pub async fn count(
    db: impl PgExecutor<'_>,
    user: UserId,
    without: Option<Uuid>,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from passkeys where user_id = $1 and id is distinct from $2"#,
        user.0,
        without,
    )
    .fetch_one(db)
    .await
}

/// What passkeys know a user by.
pub async fn handle(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<Uuid> {
    sqlx::query_scalar!("select passkey_handle from users where id = $1", user.0)
        .fetch_one(db)
        .await
}

/// The passkey that an authenticator names. It is locked: of two answers at once the second is measured by the first.
pub async fn lock(db: impl PgExecutor<'_>, credential_id: &[u8]) -> sqlx::Result<Option<Known>> {
    sqlx::query_as!(
        Known,
        r#"select k.id, k.user_id as "user: UserId", u.passkey_handle as handle,
                  u.disabled_at is not null as "is_disabled!", k.credential as "credential: Json<webauthn::Passkey>"
           from passkeys k join users u on u.id = k.user_id
           where k.credential_id = $1 for update of k"#,
        credential_id,
    )
    .fetch_optional(db)
    .await
}

/// Notes that a passkey was used, and what its authenticator said of itself.
pub async fn set_used(
    db: impl PgExecutor<'_>,
    id: Uuid,
    credential: &webauthn::Passkey,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update passkeys set credential = $2, last_used_at = $3 where id = $1",
        id,
        Json(credential) as _,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Keeps a passkey. Violates `passkeys_credential_id_key` if it is there already.
pub async fn insert(db: impl PgExecutor<'_>, new: &NewPasskey<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into passkeys (user_id, credential_id, credential, name, created_at) values ($1, $2, $3, $4, $5)",
        new.user.0,
        new.credential.cred_id().as_slice(),
        Json(new.credential) as _,
        new.name,
        new.created_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Names one of a user's passkeys. `false` if they have no such passkey.
pub async fn rename(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: Uuid,
    name: &str,
) -> sqlx::Result<bool> {
    sqlx::query!(
        "update passkeys set name = $3 where user_id = $1 and id = $2",
        user.0,
        id,
        name,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// Forgets one of a user's passkeys. Returns its name; `RowNotFound` if they have no such passkey.
pub async fn delete(db: impl PgExecutor<'_>, user: UserId, id: Uuid) -> sqlx::Result<String> {
    sqlx::query_scalar!(
        "delete from passkeys where user_id = $1 and id = $2 returning name",
        user.0,
        id,
    )
    .fetch_one(db)
    .await
}

/// Forgets all of a user's passkeys.
pub async fn delete_all(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<()> {
    sqlx::query!("delete from passkeys where user_id = $1", user.0)
        .execute(db)
        .await?;
    Ok(())
}

/// Keeps what is to be known of a challenge when its answer comes.
pub async fn insert_challenge(
    db: impl PgExecutor<'_>,
    token_hash: &[u8; 32],
    new: &Challenge,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into passkey_challenges (token_hash, user_id, state, expires_at) values ($1, $2, $3, $4)",
        &token_hash[..],
        new.user.map(|user| user.0),
        new.state,
        new.expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Uses a challenge up. There is none the second time.
pub async fn take_challenge(
    db: impl PgExecutor<'_>,
    token_hash: &[u8; 32],
) -> sqlx::Result<Option<Challenge>> {
    sqlx::query_as!(
        Challenge,
        r#"delete from passkey_challenges where token_hash = $1
           returning user_id as "user: UserId", state, expires_at"#,
        &token_hash[..],
    )
    .fetch_optional(db)
    .await
}

/// Forgets challenges that nobody has answered.
pub async fn forget_challenges(db: impl PgExecutor<'_>, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!("delete from passkey_challenges where expires_at < $1", now)
        .execute(db)
        .await?;
    Ok(())
}
