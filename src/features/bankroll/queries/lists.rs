//! SQL of lists of entries: filter, order, page, sums.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::features::bankroll::ledger::EntryKind;
use crate::ids::{AccountId, EntryId, UserId};
use crate::money::Currency;

/// Which entries a list shows. Everything that is not set lets all pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub kind: Option<EntryKind>,
    pub account: Option<AccountId>,
    pub currency: Option<Currency>,
    /// From this instant,
    pub from: Option<DateTime<Utc>>,
    /// and before this one.
    pub until: Option<DateTime<Utc>>,
    pub tag: Option<String>,
    /// Part of the note, whatever its case.
    pub text: Option<String>,
}

impl Filter {
    fn pattern(&self) -> Option<String> {
        let escaped = |text: &String| {
            text.replace('\\', "\\\\")
                .replace('%', "\\%")
                .replace('_', "\\_")
        };
        self.text
            .as_ref()
            .map(|text| format!("%{}%", escaped(text)))
    }
}

/// The order of a list of entries in time. By size, which only their figures know, they are listed by key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Newest,
    Oldest,
}

/// A row of a list of entries.
#[derive(Clone, Debug)]
pub struct Listed {
    pub id: EntryId,
    pub account: Option<AccountId>,
    pub kind: EntryKind,
    pub amount: Decimal,
    pub currency: Currency,
    pub occurred_at: DateTime<Utc>,
    pub note: String,
    pub tags: Vec<String>,
    /// The account on the other side of a transfer.
    pub other: Option<AccountId>,
}

/// One page of the entries that pass a filter.
pub async fn page(
    db: impl PgExecutor<'_>,
    owner: UserId,
    filter: &Filter,
    sort: Sort,
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<Listed>> {
    macro_rules! in_order {
        ($order:literal) => {
            sqlx::query_as!(
                Listed,
                r#"
                select e.id as "id: EntryId", e.account_id as "account: AccountId", e.kind as "kind: EntryKind",
                       e.amount, e.currency as "currency: Currency", e.occurred_at, e.note, e.tags,
                       (select o.account_id from entries o
                        where o.transfer_id = e.transfer_id and o.id <> e.id) as "other: AccountId"
                from entries e
                where e.user_id = $1
                  and ($2::text is null or e.kind = $2)
                  and ($3::uuid is null or e.account_id = $3)
                  and ($4::text is null or e.currency = $4)
                  and ($5::timestamptz is null or e.occurred_at >= $5)
                  and ($6::timestamptz is null or e.occurred_at < $6)
                  and ($7::text is null or e.tags @> array[$7])
                  and ($8::text is null or e.note ilike $8)
                order by "# + $order + " limit $9 offset $10",
                owner.0,
                filter.kind.map(EntryKind::as_str),
                filter.account.map(|id| id.0),
                filter.currency.map(Currency::code),
                filter.from,
                filter.until,
                filter.tag.as_deref(),
                filter.pattern(),
                limit,
                offset,
            )
            .fetch_all(db)
            .await
        };
    }
    match sort {
        Sort::Newest => in_order!("e.occurred_at desc, e.position desc, e.id desc"),
        Sort::Oldest => in_order!("e.occurred_at, e.position, e.id"),
    }
}

/// Certain entries, in the order of their keys here.
pub async fn listed(
    db: impl PgExecutor<'_>,
    owner: UserId,
    ids: &[EntryId],
) -> sqlx::Result<Vec<Listed>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Listed,
        r#"
        select e.id as "id: EntryId", e.account_id as "account: AccountId", e.kind as "kind: EntryKind",
               e.amount, e.currency as "currency: Currency", e.occurred_at, e.note, e.tags,
               (select o.account_id from entries o
                where o.transfer_id = e.transfer_id and o.id <> e.id) as "other: AccountId"
        from entries e
        where e.user_id = $1 and e.id = any($2)
        order by array_position($2, e.id)
        "#,
        owner.0,
        &ids,
    )
    .fetch_all(db)
    .await
}

/// The keys of all entries that pass a filter, in no order.
pub async fn keys(
    db: impl PgExecutor<'_>,
    owner: UserId,
    filter: &Filter,
) -> sqlx::Result<Vec<EntryId>> {
    sqlx::query_scalar!(
        r#"
        select id as "id: EntryId"
        from entries
        where user_id = $1
          and ($2::text is null or kind = $2)
          and ($3::uuid is null or account_id = $3)
          and ($4::text is null or currency = $4)
          and ($5::timestamptz is null or occurred_at >= $5)
          and ($6::timestamptz is null or occurred_at < $6)
          and ($7::text is null or tags @> array[$7])
          and ($8::text is null or note ilike $8)
        "#,
        owner.0,
        filter.kind.map(EntryKind::as_str),
        filter.account.map(|id| id.0),
        filter.currency.map(Currency::code),
        filter.from,
        filter.until,
        filter.tag.as_deref(),
        filter.pattern(),
    )
    .fetch_all(db)
    .await
}

/// What the entries that pass a filter come to, by currency and day.
#[derive(Clone, Debug)]
pub struct DaySum {
    pub currency: Currency,
    /// In the user's time zone.
    pub day: NaiveDate,
    pub count: i64,
    pub sum: Decimal,
}

/// Sums by currency and day of the entries that pass a filter.
pub async fn sums(
    db: impl PgExecutor<'_>,
    owner: UserId,
    filter: &Filter,
    zone: &str,
) -> sqlx::Result<Vec<DaySum>> {
    sqlx::query_as!(
        DaySum,
        r#"
        select currency as "currency: Currency", (occurred_at at time zone $9)::date as "day!", count(*) as "count!",
               sum(amount) as "sum!"
        from entries
        where user_id = $1
          and ($2::text is null or kind = $2)
          and ($3::uuid is null or account_id = $3)
          and ($4::text is null or currency = $4)
          and ($5::timestamptz is null or occurred_at >= $5)
          and ($6::timestamptz is null or occurred_at < $6)
          and ($7::text is null or tags @> array[$7])
          and ($8::text is null or note ilike $8)
        group by 1, 2
        "#,
        owner.0,
        filter.kind.map(EntryKind::as_str),
        filter.account.map(|id| id.0),
        filter.currency.map(Currency::code),
        filter.from,
        filter.until,
        filter.tag.as_deref(),
        filter.pattern(),
        zone,
    )
    .fetch_all(db)
    .await
}

/// How many entries pass a filter.
pub async fn count(db: impl PgExecutor<'_>, owner: UserId, filter: &Filter) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "n!"
        from entries
        where user_id = $1
          and ($2::text is null or kind = $2)
          and ($3::uuid is null or account_id = $3)
          and ($4::text is null or currency = $4)
          and ($5::timestamptz is null or occurred_at >= $5)
          and ($6::timestamptz is null or occurred_at < $6)
          and ($7::text is null or tags @> array[$7])
          and ($8::text is null or note ilike $8)
        "#,
        owner.0,
        filter.kind.map(EntryKind::as_str),
        filter.account.map(|id| id.0),
        filter.currency.map(Currency::code),
        filter.from,
        filter.until,
        filter.tag.as_deref(),
        filter.pattern(),
    )
    .fetch_one(db)
    .await
}

/// The tags that the user's entries have, the most used first.
pub async fn tags(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select tag as "tag!"
        from entries, unnest(tags) as tag
        where user_id = $1 and tags <> '{}'
        group by tag
        order by count(*) desc, tag
        limit 30
        "#,
        owner.0,
    )
    .fetch_all(db)
    .await
}

/// The account that the newest entry was made on.
pub async fn last_used(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<Option<AccountId>> {
    let newest = sqlx::query_scalar!(
        r#"
        select account_id as "account: AccountId"
        from entries
        where user_id = $1 and account_id is not null
        order by position desc
        limit 1
        "#,
        owner.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(newest.flatten())
}
