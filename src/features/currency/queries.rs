//! SQL of currencies and rates.

pub mod updates;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::PgExecutor;

use super::bank;
use super::rates::OwnRate;
use crate::ids::UserId;
use crate::money::Currency;

/// A rate of the central bank.
pub struct Rate {
    pub currency: Currency,
    pub day: NaiveDate,
    pub per_eur: Decimal,
}

/// All rates of some currencies, each currency's in the order of days, and the version that they are of. Days that nobody
/// can mean are left out.
pub async fn rates(
    db: impl PgExecutor<'_>,
    currencies: &[Currency],
) -> sqlx::Result<(i64, Vec<Rate>)> {
    let codes: Vec<String> = currencies.iter().map(|of| of.code().to_owned()).collect();
    let rows = sqlx::query!(
        r#"
        select s.version, r.currency as "currency?: Currency", r.day as "day?", r.per_eur as "per_eur?"
        from rates_state s
        left join exchange_rates r on r.currency = any($1) and r.day >= '1970-01-01' and r.day < '2200-01-01'
        order by r.currency, r.day
        "#,
        &codes,
    )
    .fetch_all(db)
    .await?;
    let version = rows.first().map_or(0, |row| row.version);
    let rates = rows.into_iter().filter_map(|row| {
        Some(Rate {
            currency: row.currency?,
            day: row.day?,
            per_eur: row.per_eur?,
        })
    });
    Ok((version, rates.collect()))
}

/// Whether there are rates at all.
pub async fn has_rates(db: impl PgExecutor<'_>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from exchange_rates) as "exists!""#)
        .fetch_one(db)
        .await
}

/// Adds rates; those that are there already take the new value. One that was corrected by hand keeps the correction, with
/// the new value beside it. Returns how many rows were new or changed.
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
         on conflict (currency, day) do update
         set per_eur = case when e.source = 'manual' then e.per_eur else excluded.per_eur end,
             source = case when e.source = 'manual' then e.source else excluded.source end,
             quoted_per_eur = case when e.source = 'manual' then excluded.per_eur end,
             quoted_source = case when e.source = 'manual' then excluded.source end
         where case when e.source = 'manual' then e.quoted_per_eur else e.per_eur end is distinct from excluded.per_eur",
        currencies,
        days,
        per_eur,
        source,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected())
}

/// The rate of a day as it is kept.
#[derive(Clone, Debug)]
pub struct Held {
    pub day: NaiveDate,
    pub per_eur: Decimal,
    /// An administrator set it.
    pub is_manual: bool,
    /// What was quoted, if the rate is not that.
    pub quoted_per_eur: Option<Decimal>,
    /// Who quotes it.
    pub source: String,
}

impl Held {
    /// Who quotes it, as pages say it.
    pub fn quoter(&self) -> &str {
        match &*self.source {
            bank::SOURCE => "central bank",
            source => source,
        }
    }
}

/// The rates of a currency up to a day, the newest day first.
pub async fn held(
    db: impl PgExecutor<'_>,
    currency: Currency,
    until: NaiveDate,
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<Held>> {
    sqlx::query_as!(
        Held,
        r#"select day, per_eur, source = 'manual' as "is_manual!", quoted_per_eur,
                  case when source = 'manual' then coalesce(quoted_source, 'ECB') else source end as "source!"
           from exchange_rates
           where currency = $1 and day <= $2
           order by day desc
           limit $3 offset $4"#,
        currency.code(),
        until,
        limit,
        offset,
    )
    .fetch_all(db)
    .await
}

/// The rate of one day. The row is locked until the transaction ends.
pub async fn held_on(
    db: impl PgExecutor<'_>,
    currency: Currency,
    day: NaiveDate,
) -> sqlx::Result<Option<Held>> {
    sqlx::query_as!(
        Held,
        r#"select day, per_eur, source = 'manual' as "is_manual!", quoted_per_eur,
                  case when source = 'manual' then coalesce(quoted_source, 'ECB') else source end as "source!"
           from exchange_rates
           where currency = $1 and day = $2
           for update"#,
        currency.code(),
        day,
    )
    .fetch_optional(db)
    .await
}

/// The rate that holds on a day: the newest up to it.
pub async fn held_until(
    db: impl PgExecutor<'_>,
    currency: Currency,
    day: NaiveDate,
) -> sqlx::Result<Option<Held>> {
    sqlx::query_as!(
        Held,
        r#"select day, per_eur, source = 'manual' as "is_manual!", quoted_per_eur,
                  case when source = 'manual' then coalesce(quoted_source, 'ECB') else source end as "source!"
           from exchange_rates
           where currency = $1 and day <= $2
           order by day desc
           limit 1"#,
        currency.code(),
        day,
    )
    .fetch_optional(db)
    .await
}

/// The days that a currency has a rate for, in their order, also those that have not come. Days that nobody can mean are
/// left out.
pub async fn days(db: impl PgExecutor<'_>, currency: Currency) -> sqlx::Result<Vec<NaiveDate>> {
    sqlx::query_scalar!(
        "select day from exchange_rates
         where currency = $1 and day >= '1970-01-01' and day < '2200-01-01'
         order by day",
        currency.code(),
    )
    .fetch_all(db)
    .await
}

/// The day of the newest rate of the central bank, of those up to `today`. What an administrator set alone is none.
pub async fn newest_day(
    db: impl PgExecutor<'_>,
    today: NaiveDate,
) -> sqlx::Result<Option<NaiveDate>> {
    // Each currency's newest day is at the end of the key; the newest of all would be looked for in every row.
    sqlx::query_scalar!(
        "select max(newest)
         from currencies c
         cross join lateral (
             select max(day) as newest
             from exchange_rates
             where currency = c.code and day >= '1970-01-01' and day <= $1
               and (source <> 'manual' or quoted_per_eur is not null)) of_it
         where c.code <> 'EUR'",
        today,
    )
    .fetch_one(db)
    .await
}

/// Sets a rate by hand. What the central bank said stays beside it.
pub async fn correct_rate(
    db: impl PgExecutor<'_>,
    currency: Currency,
    day: NaiveDate,
    per_eur: Decimal,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into exchange_rates as e (currency, day, per_eur, source) values ($1, $2, $3, 'manual')
         on conflict (currency, day) do update
         set per_eur = excluded.per_eur, source = excluded.source,
             quoted_per_eur = case when e.source = 'manual' then e.quoted_per_eur else e.per_eur end,
             quoted_source = case when e.source = 'manual' then e.quoted_source else e.source end",
        currency.code(),
        day,
        per_eur,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Puts what was quoted in the place of what was set by hand.
pub async fn restore_rate(
    db: impl PgExecutor<'_>,
    currency: Currency,
    day: NaiveDate,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update exchange_rates
         set per_eur = quoted_per_eur, source = coalesce(quoted_source, 'ECB'), quoted_per_eur = null, quoted_source = null
         where currency = $1 and day = $2 and quoted_per_eur is not null",
        currency.code(),
        day,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Removes a rate that was set by hand for a day that the central bank is silent on.
pub async fn remove_manual_rate(
    db: impl PgExecutor<'_>,
    currency: Currency,
    day: NaiveDate,
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from exchange_rates where currency = $1 and day = $2 and source = 'manual'",
        currency.code(),
        day,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The user's own rates, each currency's newest first.
pub async fn own_rates(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<Vec<OwnRate>> {
    sqlx::query_as!(
        OwnRate,
        r#"
        select currency as "currency: Currency", day, price, quoted_in as "quoted_in: Currency", until
        from own_rates
        where user_id = $1
        order by currency, day desc
        "#,
        owner.0,
    )
    .fetch_all(db)
    .await
}

/// Sets rates of the user's own. One that is there for the currency and the day is replaced.
pub async fn set_own_rates(
    db: impl PgExecutor<'_>,
    owner: UserId,
    rates: &[OwnRate],
) -> sqlx::Result<()> {
    let currencies: Vec<String> = rates.iter().map(|r| r.currency.to_string()).collect();
    let days: Vec<NaiveDate> = rates.iter().map(|rate| rate.day).collect();
    let prices: Vec<Decimal> = rates.iter().map(|rate| rate.price).collect();
    let quoted_in: Vec<String> = rates.iter().map(|r| r.quoted_in.to_string()).collect();
    let until: Vec<Option<NaiveDate>> = rates.iter().map(|rate| rate.until).collect();
    sqlx::query!(
        "insert into own_rates (user_id, currency, day, price, quoted_in, until)
         select $1, currency, day, price, quoted_in, until
         from unnest($2::text[], $3::date[], $4::numeric[], $5::text[], $6::date[])
              as t (currency, day, price, quoted_in, until)
         on conflict (user_id, currency, day) do update
         set price = excluded.price, quoted_in = excluded.quoted_in, until = excluded.until",
        owner.0,
        &currencies,
        &days,
        &prices,
        &quoted_in,
        &until as _,
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

/// Those of some currencies that the user has accounts or entries in.
pub async fn in_use(
    db: impl PgExecutor<'_>,
    owner: UserId,
    currencies: &[String],
) -> sqlx::Result<Vec<Currency>> {
    sqlx::query_scalar!(
        r#"
        select code as "code: Currency"
        from currencies
        where code = any($2)
          and (exists (select from accounts where user_id = $1 and currency = code)
               or exists (select from entries where user_id = $1 and currency = code))
        order by code
        "#,
        owner.0,
        currencies,
    )
    .fetch_all(db)
    .await
}
