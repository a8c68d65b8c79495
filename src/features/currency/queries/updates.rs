//! SQL of fetching rates.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgExecutor;
use sqlx::types::Json;

use crate::features::currency::doubts::{Doubts, Kept};
use crate::money::Currency;

/// How fetching from somebody goes.
#[derive(Clone, Debug)]
pub struct State {
    pub tried_at: DateTime<Utc>,
    /// When a try last worked.
    pub worked_at: Option<DateTime<Utc>>,
    /// Why the last try did not.
    pub failure: Option<String>,
    /// Rates that the last try that worked brought.
    pub new_rates: i64,
    /// Tries in a row that failed, or found less than was due.
    pub tries: i32,
    pub next_at: DateTime<Utc>,
    /// What a file was held back for.
    pub held_back: Option<Json<Doubts>>,
    /// Days without a rate up to this one are missing in their own history.
    pub whole_until: Option<NaiveDate>,
}

/// How it goes. `None` if nobody has tried yet.
pub async fn state(db: impl PgExecutor<'_>, provider: &str) -> sqlx::Result<Option<State>> {
    sqlx::query_as!(
        State,
        r#"select tried_at, worked_at, failure, new_rates, tries, next_at,
                  held_back as "held_back: Json<Doubts>", whole_until
           from rate_updates where provider = $1"#,
        provider,
    )
    .fetch_optional(db)
    .await
}

/// Keeps how it went.
pub async fn keep_state(
    db: impl PgExecutor<'_>,
    provider: &str,
    state: &State,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into rate_updates
             (provider, tried_at, worked_at, failure, new_rates, tries, next_at, held_back, whole_until)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (provider) do update
         set tried_at = excluded.tried_at, worked_at = excluded.worked_at, failure = excluded.failure,
             new_rates = excluded.new_rates, tries = excluded.tries, next_at = excluded.next_at,
             held_back = excluded.held_back, whole_until = excluded.whole_until",
        provider,
        state.tried_at,
        state.worked_at,
        state.failure,
        state.new_rates,
        state.tries,
        state.next_at,
        state.held_back.as_ref() as _,
        state.whole_until,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The rates from a day on, and of each currency the newest before. What is beside a correction counts, and not the
/// correction, unless there is nothing else.
pub async fn kept(
    db: impl PgExecutor<'_>,
    source: &str,
    from: NaiveDate,
) -> sqlx::Result<Vec<Kept>> {
    sqlx::query_as!(
        Kept,
        r#"
        select currency as "currency!: Currency", day as "day!", coalesce(quoted_per_eur, per_eur) as "per_eur!",
               case when source <> 'manual' then source = $1
                    else quoted_per_eur is not null and coalesce(quoted_source, 'ECB') = $1 end as "is_theirs!"
        from (select * from exchange_rates where day >= $2
              union all
              select last.* from currencies c
              cross join lateral (
                  select * from exchange_rates where currency = c.code and day < $2 order by day desc limit 1) last) rates
        "#,
        source,
        from,
    )
    .fetch_all(db)
    .await
}

/// The days from one on that somebody has quoted something on, in their order.
pub async fn quoted_days(
    db: impl PgExecutor<'_>,
    source: &str,
    from: Option<NaiveDate>,
) -> sqlx::Result<Vec<NaiveDate>> {
    sqlx::query_scalar!(
        "select day from exchange_rates
         where day >= coalesce($2, '1970-01-01'::date)
           and (source = $1 or quoted_per_eur is not null and coalesce(quoted_source, 'ECB') = $1)
         group by day order by day",
        source,
        from,
    )
    .fetch_all(db)
    .await
}

/// Currencies that the central bank quotes: at least once in the 31 days up to its newest.
pub async fn quoted(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<Currency>> {
    sqlx::query_scalar!(
        r#"with newest as (
               select c.code, last.day
               from currencies c
               cross join lateral (
                   select day from exchange_rates
                   where currency = c.code
                     and (source = 'ECB' or quoted_per_eur is not null and coalesce(quoted_source, 'ECB') = 'ECB')
                   order by day desc limit 1) last)
           select code as "code: Currency" from newest
           where day >= (select max(day) from newest) - 31"#,
    )
    .fetch_all(db)
    .await
}

/// Currencies that the central bank quoted on a day or later, and not on the newest day that it quoted any: with the last day
/// of each.
pub async fn left_out(
    db: impl PgExecutor<'_>,
    since: NaiveDate,
    today: NaiveDate,
) -> sqlx::Result<Vec<(Currency, NaiveDate)>> {
    let rows = sqlx::query!(
        r#"with newest as (
               select c.code, max(r.day) as day
               from currencies c
               join exchange_rates r on r.currency = c.code and r.day >= $1 and r.day <= $2
                and (r.source = 'ECB' or r.quoted_per_eur is not null and coalesce(r.quoted_source, 'ECB') = 'ECB')
               group by c.code)
           select code as "code: Currency", day as "day!" from newest
           where day < (select max(day) from newest) order by code"#,
        since,
        today,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.code, row.day)).collect())
}
