//! SQL of users as far as signing in goes.

pub mod attempts;
pub mod codes;
pub mod factors;
pub mod identities;
pub mod mails;
pub mod passkeys;
pub mod proofs;
pub mod registrations;
pub mod removals;
pub mod tokens;

use chrono::{DateTime, Utc};
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
    /// When the address was shown to be theirs.
    pub confirmed_at: DateTime<Utc>,
}

/// What a login needs.
pub struct Credentials {
    pub id: UserId,
    pub password_hash: Option<String>,
    /// An administrator has closed the account.
    pub is_disabled: bool,
}

/// Whom a mail goes to.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub password_hash: Option<String>,
}

/// Makes a user. Violates `users_email_key` if there is one with that address.
pub async fn insert_user(db: impl PgExecutor<'_>, new: &NewUser<'_>) -> sqlx::Result<UserId> {
    sqlx::query_scalar!(
        r#"
        insert into users (email, name, password_hash, home_currency, time_zone, is_demo, email_confirmed_at, proven_at)
        values ($1, $2, $3, $4, $5, $6, $7, $7)
        returning id as "id: UserId"
        "#,
        new.email,
        new.name,
        new.password_hash,
        new.home.code(),
        new.time_zone,
        new.is_demo,
        new.confirmed_at,
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
        r#"select id as "id: UserId", password_hash, disabled_at is not null as "is_disabled!"
           from users where lower(email) = lower($1) and not is_demo"#,
        email,
    )
    .fetch_optional(db)
    .await
}

/// The user whom all visitors share.
pub struct DemoUser {
    pub id: UserId,
    /// When it was made, with a story that ends then.
    pub made_at: DateTime<Utc>,
}

/// The demo user.
pub async fn demo_user(db: impl PgExecutor<'_>) -> sqlx::Result<Option<DemoUser>> {
    sqlx::query_as!(
        DemoUser,
        r#"select id as "id: UserId", email_confirmed_at as made_at
           from users where is_demo order by id limit 1"#
    )
    .fetch_optional(db)
    .await
}

/// Deletes a demo user with all that is theirs.
pub async fn delete_demo_user(db: impl PgExecutor<'_>, id: UserId) -> sqlx::Result<()> {
    sqlx::query!("delete from users where id = $1 and is_demo", id.0)
        .execute(db)
        .await?;
    Ok(())
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

/// A user.
pub async fn person(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<Person> {
    sqlx::query_as!(
        Person,
        r#"select id as "id: UserId", email, name, password_hash
           from users where id = $1"#,
        user.0,
    )
    .fetch_one(db)
    .await
}

/// The user with an address, whatever its case. Never the demo user, nor one that an administrator has closed.
pub async fn person_at(db: impl PgExecutor<'_>, email: &str) -> sqlx::Result<Option<Person>> {
    sqlx::query_as!(
        Person,
        r#"select id as "id: UserId", email, name, password_hash
           from users where lower(email) = lower($1) and not is_demo and disabled_at is null"#,
        email,
    )
    .fetch_optional(db)
    .await
}

/// How a user with an address stands.
pub struct Standing {
    pub id: UserId,
    pub email: String,
    /// Closed by an administrator, or the demo user.
    pub is_out_of_reach: bool,
}

/// The user who has an address, whatever its case and however they stand.
pub async fn standing(db: impl PgExecutor<'_>, email: &str) -> sqlx::Result<Option<Standing>> {
    sqlx::query_as!(
        Standing,
        r#"select id as "id: UserId", email, (is_demo or disabled_at is not null) as "is_out_of_reach!"
           from users where lower(email) = lower($1)"#,
        email,
    )
    .fetch_optional(db)
    .await
}

/// Gives a user another address. Violates `users_email_key` if somebody has it.
pub async fn set_email(
    db: impl PgExecutor<'_>,
    user: UserId,
    email: &str,
    confirmed_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update users set email = $2, email_confirmed_at = $3 where id = $1",
        user.0,
        email,
        confirmed_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Leaves a user without a password, until they set one by mail.
pub async fn clear_password(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<()> {
    sqlx::query!(
        "update users set password_hash = null where id = $1",
        user.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Decides when a user is deleted; `None` keeps them.
pub async fn set_deletion(
    db: impl PgExecutor<'_>,
    user: UserId,
    at: Option<DateTime<Utc>>,
) -> sqlx::Result<()> {
    sqlx::query!("update users set deletes_at = $2 where id = $1", user.0, at)
        .execute(db)
        .await?;
    Ok(())
}

/// Whether somebody has shown who they are only when a second factor was shown too.
pub async fn has_second_factor(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select totp_enabled_at is not null as "has!" from users where id = $1"#,
        user.0
    )
    .fetch_one(db)
    .await
}

/// What a login has to know of a user: whether a second factor is due, and which page comes first.
pub struct Arrival {
    /// They have shown who they are only when a second factor was shown too.
    pub has_second_factor: bool,
    /// The day of the week on which they want to look at their balances: `monday`. `None` if they have chosen none.
    pub check_on: Option<String>,
    /// An IANA name.
    pub time_zone: String,
    /// When the account was looked at that nobody has looked at for longest, if they have chosen a day. `None` without an
    /// account.
    pub oldest: Option<DateTime<Utc>>,
}

/// That of a user.
pub async fn arrival(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<Arrival> {
    sqlx::query_as!(
        Arrival,
        r#"
        select totp_enabled_at is not null as "has_second_factor!", check_on, time_zone,
               case when check_on is not null then
                   (select min(coalesce(
                        (select max(occurred_at) from entries where account_id = a.id and kind = 'balance'),
                        (select max(occurred_at) from entries where account_id = a.id),
                        a.created_at))
                    from accounts a where a.user_id = u.id and a.archived_at is null)
               end as oldest
        from users u
        where id = $1
        "#,
        user.0
    )
    .fetch_one(db)
    .await
}

/// Whether somebody has signed in as this user more often than the once that was just written down.
pub async fn has_signed_in_before(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select count(*) > 1 as "has!" from audit_log where subject_id = $1 and action = 'signed-in'"#,
        user.0,
    )
    .fetch_one(db)
    .await
}

/// Whether somebody has signed in as this user from a network and with a browser since an instant.
pub async fn has_signed_in_since(
    db: impl PgExecutor<'_>,
    user: UserId,
    place: &str,
    agent: &str,
    since: DateTime<Utc>,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from audit_log where subject_id = $1 and action = 'signed-in'
                          and place = $2 and agent = $3 and at >= $4) as "has!""#,
        user.0,
        place,
        agent,
        since,
    )
    .fetch_one(db)
    .await
}

/// Whether a user is an administrator.
pub async fn is_admin(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select role = 'admin' as "is!" from users where id = $1"#,
        user.0
    )
    .fetch_one(db)
    .await
}

/// Gives a user a role; `None` if nobody has that address.
pub async fn set_role(
    db: impl PgExecutor<'_>,
    email: &str,
    role: &str,
) -> sqlx::Result<Option<UserId>> {
    sqlx::query_scalar!(
        r#"update users set role = $2 where lower(email) = lower($1) and not is_demo returning id as "id: UserId""#,
        email,
        role
    )
    .fetch_optional(db)
    .await
}
