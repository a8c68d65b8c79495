//! SQL of users as far as signing in goes.

use sqlx::PgExecutor;

use crate::ids::UserId;
use crate::money::Currency;

/// A user to be made.
#[derive(Debug)]
pub struct NewUser<'a> {
    pub email: &'a str,
    pub name: &'a str,
    /// `None`: nobody can sign in with a password.
    pub password_hash: Option<&'a str>,
    pub home: Currency,
    /// An IANA name.
    pub time_zone: &'a str,
    pub is_demo: bool,
}

/// What a login needs.
pub struct Credentials {
    pub id: UserId,
    pub password_hash: Option<String>,
}

/// Makes a user. Violates `users_email_key` if there is one with that address.
pub async fn insert_user(db: impl PgExecutor<'_>, new: &NewUser<'_>) -> sqlx::Result<UserId> {
    sqlx::query_scalar!(
        r#"
        insert into users (email, name, password_hash, home_currency, time_zone, is_demo)
        values ($1, $2, $3, $4, $5, $6)
        returning id as "id: UserId"
        "#,
        new.email,
        new.name,
        new.password_hash,
        new.home.code(),
        new.time_zone,
        new.is_demo,
    )
    .fetch_one(db)
    .await
}

/// The credentials kept for an address, whatever its case.
pub async fn credentials(
    db: impl PgExecutor<'_>,
    email: &str,
) -> sqlx::Result<Option<Credentials>> {
    sqlx::query_as!(
        Credentials,
        r#"select id as "id: UserId", password_hash from users where lower(email) = lower($1) and not is_demo"#,
        email,
    )
    .fetch_optional(db)
    .await
}

/// The demo user.
pub async fn demo_user(db: impl PgExecutor<'_>) -> sqlx::Result<Option<UserId>> {
    sqlx::query_scalar!(r#"select id as "id: UserId" from users where is_demo order by id limit 1"#)
        .fetch_optional(db)
        .await
}

/// Replaces a password's hash by one with today's parameters.
pub async fn set_password_hash(
    db: impl PgExecutor<'_>,
    user: UserId,
    hash: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update users set password_hash = $2 where id = $1",
        user.0,
        hash
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Gives a user a role. Returns how many users have that address: 0 or 1.
pub async fn set_role(db: impl PgExecutor<'_>, email: &str, role: &str) -> sqlx::Result<u64> {
    sqlx::query!(
        "update users set role = $2 where lower(email) = lower($1)",
        email,
        role
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected())
}
