//! SQL that only administrators' pages need. None of it reads an amount, nor what anybody called an account.

pub mod users;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgExecutor;

use crate::money::Currency;

/// How many users there are, and how they are.
pub struct Census {
    pub users: i64,
    /// Registered within 30 days.
    pub recent: i64,
    /// Addresses with a registration that nobody has confirmed yet.
    pub waiting: i64,
    pub with_second_factor: i64,
    pub admins: i64,
    pub disabled: i64,
    /// Sessions that are live.
    pub sessions: i64,
}

/// Counts the users and their sessions.
pub async fn census(db: impl PgExecutor<'_>, now: DateTime<Utc>) -> sqlx::Result<Census> {
    sqlx::query_as!(
        Census,
        r#"
        select count(*) as "users!",
               count(*) filter (where created_at > $1::timestamptz - interval '30 days') as "recent!",
               (select count(distinct lower(email)) from registrations where expires_at > $1) as "waiting!",
               count(*) filter (where totp_enabled_at is not null
                                   or exists (select from passkeys where user_id = u.id)) as "with_second_factor!",
               count(*) filter (where role = 'admin') as "admins!",
               count(*) filter (where disabled_at is not null) as "disabled!",
               (select count(*) from sessions
                where not second_factor_due and expires_at > $1 and last_seen_at + idle > $1) as "sessions!"
        from users u
        "#,
        now,
    )
    .fetch_one(db)
    .await
}

/// A currency, and how much it is used.
pub struct Used {
    pub currency: Currency,
    /// The first and the last day with a rate.
    pub first_day: Option<NaiveDate>,
    pub last_day: Option<NaiveDate>,
    /// Whose that of the last day is.
    pub source: Option<String>,
    /// Accounts in it, of all users.
    pub accounts: i64,
    /// Users whose totals are in it.
    pub homes: i64,
}

/// All currencies, those first that are used most. Rates of after today are not counted.
pub async fn currencies(db: impl PgExecutor<'_>, today: NaiveDate) -> sqlx::Result<Vec<Used>> {
    sqlx::query_as!(
        Used,
        r#"
        select c.code as "currency: Currency", r.first_day, r.last_day,
               (select source from exchange_rates where currency = c.code and day = r.last_day) as source,
               coalesce(a.n, 0) as "accounts!",
               coalesce(h.n, 0) as "homes!"
        from currencies c
        cross join lateral (
            select min(day) as first_day, max(day) as last_day
            from exchange_rates
            where currency = c.code and c.code <> 'EUR' and day >= '1970-01-01' and day <= $1) r
        left join (select currency, count(*) as n from accounts group by currency) a on a.currency = c.code
        left join (select home_currency, count(*) as n from users group by home_currency) h on h.home_currency = c.code
        order by coalesce(a.n, 0) desc, coalesce(h.n, 0) desc, c.code
        "#,
        today,
    )
    .fetch_all(db)
    .await
}
