//! SQL of a user's settings and of uploaded files.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor, PgPool, Postgres, Transaction};

use super::archive::SettingsRecord;
use super::check_day::CheckDay;
use super::import::Summary;
use crate::ids::UserId;
use crate::money::Currency;
use crate::web::format::Measure;

/// What the profile form saves.
#[derive(Debug)]
pub struct Profile<'a> {
    pub name: &'a str,
    pub home: Currency,
    /// An IANA name.
    pub time_zone: &'a str,
    pub number_format: &'a str,
    /// The day on which logging in leads to the balances.
    pub check_on: Option<CheckDay>,
}

/// Saves the profile.
pub async fn set_profile(
    db: impl PgExecutor<'_>,
    owner: UserId,
    profile: &Profile<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update users set name = $2, home_currency = $3, time_zone = $4, number_format = $5, check_on = $6 where id = $1",
        owner.0,
        profile.name,
        profile.home.code(),
        profile.time_zone,
        profile.number_format,
        profile.check_on.map(CheckDay::as_str),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The day on which logging in leads to the balances.
pub async fn check_on(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<Option<CheckDay>> {
    sqlx::query_scalar!(
        r#"select check_on as "check_on: CheckDay" from users where id = $1"#,
        owner.0,
    )
    .fetch_one(db)
    .await
}

/// Saves the theme.
pub async fn set_theme(db: impl PgExecutor<'_>, owner: UserId, theme: &str) -> sqlx::Result<()> {
    sqlx::query!("update users set theme = $2 where id = $1", owner.0, theme)
        .execute(db)
        .await?;
    Ok(())
}

/// Hides amounts, or shows them again.
pub async fn toggle_hidden(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<()> {
    sqlx::query!(
        "update users set hide_amounts = not hide_amounts where id = $1",
        owner.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Saves what the dashboard is counted in.
pub async fn set_measure(
    db: impl PgExecutor<'_>,
    owner: UserId,
    measure: Measure,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update users set counted_in = $2 where id = $1",
        owner.0,
        measure.as_str()
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Every setting that an export carries.
pub async fn settings(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<SettingsRecord> {
    sqlx::query_as!(
        SettingsRecord,
        r#"
        select name, home_currency as "home_currency: Currency", time_zone, theme, number_format, hide_amounts,
               counted_in as "counted_in: Measure", check_on as "check_on: CheckDay"
        from users
        where id = $1
        "#,
        owner.0,
    )
    .fetch_one(db)
    .await
}

/// Saves every setting that an export carries.
pub async fn set_settings(
    db: impl PgExecutor<'_>,
    owner: UserId,
    settings: &SettingsRecord,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update users
         set name = $2, home_currency = $3, time_zone = $4, theme = $5, number_format = $6, hide_amounts = $7,
             counted_in = $8, check_on = $9
         where id = $1",
        owner.0,
        settings.name,
        settings.home_currency.code(),
        settings.time_zone,
        settings.theme,
        settings.number_format,
        settings.hide_amounts,
        settings.counted_in.as_str(),
        settings.check_on.map(CheckDay::as_str),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A transaction in which everything is as it was when it began.
pub async fn begin_snapshot(db: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    db.begin_with("begin isolation level repeatable read, read only")
        .await
}

/// Keeps an uploaded file in the place of the one before.
pub async fn keep_import(
    db: impl PgExecutor<'_>,
    owner: UserId,
    content: &[u8],
    summary: &Summary,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into imports (user_id, content, summary, made_at) values ($1, $2, $3, $4)
         on conflict (user_id) do update
         set content = excluded.content, summary = excluded.summary, made_at = excluded.made_at",
        owner.0,
        content,
        Json(summary) as _,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What the preview of the uploaded file shows, if one is kept that is not older than `since`.
pub async fn import_summary(
    db: impl PgExecutor<'_>,
    owner: UserId,
    since: DateTime<Utc>,
) -> sqlx::Result<Option<Summary>> {
    let summary = sqlx::query_scalar!(
        r#"select summary as "summary: Json<Summary>" from imports where user_id = $1 and made_at >= $2"#,
        owner.0,
        since,
    )
    .fetch_optional(db)
    .await?;
    Ok(summary.map(|summary| summary.0))
}

/// An uploaded file.
pub struct Kept {
    /// Gzipped.
    pub content: Vec<u8>,
    pub made_at: DateTime<Utc>,
}

/// The uploaded file, if one is kept that is not older than `since`.
pub async fn import(
    db: impl PgExecutor<'_>,
    owner: UserId,
    since: DateTime<Utc>,
) -> sqlx::Result<Option<Kept>> {
    sqlx::query_as!(
        Kept,
        "select content, made_at from imports where user_id = $1 and made_at >= $2",
        owner.0,
        since,
    )
    .fetch_optional(db)
    .await
}

/// Removes the uploaded file. Returns whether it was still the one of that instant.
pub async fn delete_import(
    db: impl PgExecutor<'_>,
    owner: UserId,
    made_at: Option<DateTime<Utc>>,
) -> sqlx::Result<bool> {
    sqlx::query!(
        "delete from imports where user_id = $1 and ($2::timestamptz is null or made_at = $2)",
        owner.0,
        made_at,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() > 0)
}

/// Removes everybody's uploaded files that are older than an instant.
pub async fn forget_imports(db: impl PgExecutor<'_>, before: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!("delete from imports where made_at < $1", before)
        .execute(db)
        .await?;
    Ok(())
}

/// Deletes what a user has entered: accounts, entries, history, own rates, uploads.
pub async fn empty_ledger(db: &mut PgConnection, owner: UserId) -> sqlx::Result<()> {
    sqlx::query!("delete from entries where user_id = $1", owner.0)
        .execute(&mut *db)
        .await?;
    sqlx::query!("delete from accounts where user_id = $1", owner.0)
        .execute(&mut *db)
        .await?;
    sqlx::query!("delete from submissions where user_id = $1", owner.0)
        .execute(&mut *db)
        .await?;
    sqlx::query!("delete from changes where user_id = $1", owner.0)
        .execute(&mut *db)
        .await?;
    sqlx::query!("delete from own_rates where user_id = $1", owner.0)
        .execute(&mut *db)
        .await?;
    sqlx::query!("delete from imports where user_id = $1", owner.0)
        .execute(&mut *db)
        .await?;
    Ok(())
}

/// Deletes the users whose time is over, with all that is theirs. Returns who they were.
pub async fn delete_users(
    db: impl PgExecutor<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<UserId>> {
    sqlx::query_scalar!(
        r#"delete from users where deletes_at <= $1 and not is_demo returning id as "id: UserId""#,
        now
    )
    .fetch_all(db)
    .await
}
