//! SQL of currencies and rates.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::PgExecutor;

use crate::ids::UserId;
use crate::money::Currency;

/// A rate of the central bank.
pub struct Rate {
    pub currency: Currency,
    pub day: NaiveDate,
    pub per_eur: Decimal,
}

/// A rate that a user set: units of the currency for one euro.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnRate {
    pub currency: Currency,
    pub day: NaiveDate,
    pub per_eur: Decimal,
}

/// All rates of some currencies, each currency's in the order of days.
pub async fn rates(db: impl PgExecutor<'_>, currencies: &[String]) -> sqlx::Result<Vec<Rate>> {
    sqlx::query_as!(
        Rate,
        r#"
        select currency as "currency: Currency", day, per_eur
        from exchange_rates
        where currency = any($1)
        order by currency, day
        "#,
        currencies,
    )
    .fetch_all(db)
    .await
}

/// Whether there are rates at all.
pub async fn has_rates(db: impl PgExecutor<'_>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from exchange_rates) as "exists!""#)
        .fetch_one(db)
        .await
}

/// Adds rates; those that are there already take the new value. Returns how many rows were new or changed.
pub async fn upsert_rates(
    db: impl PgExecutor<'_>,
    currencies: &[String],
    days: &[NaiveDate],
    per_eur: &[Decimal],
    source: &str,
) -> sqlx::Result<u64> {
    sqlx::query!(
        "insert into exchange_rates as e (currency, day, per_eur, source)
         select currency, day, per_eur, $4
         from unnest($1::text[], $2::date[], $3::numeric[]) as t (currency, day, per_eur)
         on conflict (currency, day) do update set per_eur = excluded.per_eur, source = excluded.source
         where e.per_eur <> excluded.per_eur",
        currencies,
        days,
        per_eur,
        source,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected())
}

/// The user's own rates, newest first.
pub async fn own_rates(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<Vec<OwnRate>> {
    sqlx::query_as!(
        OwnRate,
        r#"select currency as "currency: Currency", day, per_eur from own_rates where user_id = $1 order by currency, day desc"#,
        owner.0,
    )
    .fetch_all(db)
    .await
}

/// Sets a rate of the user's own.
pub async fn set_own_rate(
    db: impl PgExecutor<'_>,
    owner: UserId,
    rate: &OwnRate,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into own_rates (user_id, currency, day, per_eur) values ($1, $2, $3, $4)
         on conflict (user_id, currency, day) do update set per_eur = excluded.per_eur",
        owner.0,
        rate.currency.code(),
        rate.day,
        rate.per_eur,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Sets many rates of the user's own.
pub async fn set_own_rates(
    db: impl PgExecutor<'_>,
    owner: UserId,
    rates: &[OwnRate],
) -> sqlx::Result<()> {
    let currencies: Vec<String> = rates.iter().map(|r| r.currency.to_string()).collect();
    let days: Vec<NaiveDate> = rates.iter().map(|rate| rate.day).collect();
    let per_eur: Vec<Decimal> = rates.iter().map(|rate| rate.per_eur).collect();
    sqlx::query!(
        "insert into own_rates (user_id, currency, day, per_eur)
         select $1, currency, day, per_eur
         from unnest($2::text[], $3::date[], $4::numeric[]) as t (currency, day, per_eur)
         on conflict (user_id, currency, day) do update set per_eur = excluded.per_eur",
        owner.0,
        &currencies,
        &days,
        &per_eur,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Removes a rate of the user's own.
pub async fn delete_own_rate(
    db: impl PgExecutor<'_>,
    owner: UserId,
    currency: Currency,
    day: NaiveDate,
) -> sqlx::Result<u64> {
    sqlx::query!(
        "delete from own_rates where user_id = $1 and currency = $2 and day = $3",
        owner.0,
        currency.code(),
        day,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected())
}
