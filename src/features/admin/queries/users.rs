//! SQL of users, as administrators see and change them.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use crate::ids::UserId;

/// Which users a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    All,
    Disabled,
    Admins,
    /// Those whose deletion is decided.
    Leaving,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 4] = [Kind::All, Kind::Disabled, Kind::Admins, Kind::Leaving];

    /// As addresses name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::All => "",
            Kind::Disabled => "disabled",
            Kind::Admins => "admins",
            Kind::Leaving => "leaving",
        }
    }

    /// In words.
    pub fn label(self) -> &'static str {
        match self {
            Kind::All => "All",
            Kind::Disabled => "Disabled",
            Kind::Admins => "Admins",
            Kind::Leaving => "To be deleted",
        }
    }
}

/// A user in a list.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about a person"
)]
pub struct Listed {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub is_admin: bool,
    pub is_demo: bool,
    pub is_disabled: bool,
    pub is_leaving: bool,
    /// When a session of theirs that still lasts was last used.
    pub last_seen_at: Option<DateTime<Utc>>,
}

/// Users whose address or name holds a text, the newest first.
///
/// A text may stand anywhere, so this reads every row: 100,000 users take some 50 ms, and only administrators ask.
pub async fn users(
    db: impl PgExecutor<'_>,
    text: &str,
    kind: Kind,
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<Listed>> {
    sqlx::query_as!(
        Listed,
        r#"
        select id as "id: UserId", email, name, created_at, role = 'admin' as "is_admin!", is_demo, disabled_at is not null as "is_disabled!",
               deletes_at is not null as "is_leaving!",
               (select max(last_seen_at) from sessions where user_id = u.id) as last_seen_at
        from users u
        where (strpos(lower(email), lower($1)) > 0 or strpos(lower(name), lower($1)) > 0)
          and case $2 when 'disabled' then disabled_at is not null
                      when 'admins' then role = 'admin' when 'leaving' then deletes_at is not null else true end
        order by created_at desc, id desc
        limit $3 offset $4
        "#,
        text,
        kind.as_str(),
        limit,
        offset,
    )
    .fetch_all(db)
    .await
}

/// How many users a list has.
pub async fn count_users(db: impl PgExecutor<'_>, text: &str, kind: Kind) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "n!" from users
        where (strpos(lower(email), lower($1)) > 0 or strpos(lower(name), lower($1)) > 0)
          and case $2 when 'disabled' then disabled_at is not null
                      when 'admins' then role = 'admin' when 'leaving' then deletes_at is not null else true end
        "#,
        text,
        kind.as_str(),
    )
    .fetch_one(db)
    .await
}

/// What an administrator may know of a user.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about a person"
)]
pub struct Profile {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub is_admin: bool,
    pub is_demo: bool,
    pub home_currency: String,
    pub time_zone: String,
    pub created_at: DateTime<Utc>,
    pub email_confirmed_at: DateTime<Utc>,
    pub disabled_at: Option<DateTime<Utc>>,
    pub disabled_reason: Option<String>,
    pub deletes_at: Option<DateTime<Utc>>,
    pub has_password: bool,
    pub has_totp: bool,
    pub passkeys: i64,
    /// Accounts elsewhere that sign them in.
    pub identities: i64,
    /// How many accounts they have, not what is in them.
    pub accounts: i64,
    pub entries: i64,
}

/// A user.
pub async fn profile(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<Profile> {
    sqlx::query_as!(
        Profile,
        r#"
        select id as "id: UserId", email, name, role = 'admin' as "is_admin!", is_demo, home_currency, time_zone,
               created_at, email_confirmed_at, disabled_at, disabled_reason, deletes_at,
               password_hash is not null as "has_password!", totp_enabled_at is not null as "has_totp!",
               (select count(*) from passkeys where user_id = u.id) as "passkeys!",
               (select count(*) from identities where user_id = u.id) as "identities!",
               (select count(*) from accounts where user_id = u.id) as "accounts!",
               (select count(*) from entries where user_id = u.id) as "entries!"
        from users u
        where id = $1
        "#,
        user.0,
    )
    .fetch_one(db)
    .await
}

/// The administrators who can sign in and will stay. Their rows are locked, always in the same order: of two who remove
/// one another at once, the second finds that they are alone.
pub async fn lock_admins(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<UserId>> {
    sqlx::query_scalar!(
        r#"select id as "id: UserId" from users
           where role = 'admin' and disabled_at is null and deletes_at is null
           order by id
           for update"#,
    )
    .fetch_all(db)
    .await
}

/// Locks a user's row until the transaction ends.
pub async fn lock(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<()> {
    sqlx::query!("select id from users where id = $1 for update", user.0)
        .fetch_one(db)
        .await?;
    Ok(())
}

/// Closes a user's account. `false` if it is closed already.
pub async fn disable(
    db: impl PgExecutor<'_>,
    user: UserId,
    reason: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    sqlx::query!(
        "update users set disabled_at = $3, disabled_reason = $2 where id = $1 and disabled_at is null",
        user.0,
        reason,
        now,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// Opens a user's account again. `false` if it is open.
pub async fn enable(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<bool> {
    sqlx::query!(
        "update users set disabled_at = null, disabled_reason = null where id = $1 and disabled_at is not null",
        user.0,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// A user stays after all. `false` if nobody meant to delete them.
pub async fn keep(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<bool> {
    sqlx::query!(
        "update users set deletes_at = null where id = $1 and deletes_at is not null",
        user.0,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}
