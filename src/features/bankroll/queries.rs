//! SQL of accounts, entries and changes. Every statement names the owner.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use super::ledger::{Account, AccountKind, Entry, EntryKind, Line};
use crate::features::currency::OwnRate;
use crate::ids::{AccountId, ChangeId, EntryId, TransferId, UserId};
use crate::money::Currency;

/// In the database a kind is its text.
macro_rules! stored_as_text {
    ($($kind:ty),*) => {$(
        impl sqlx::Type<sqlx::Postgres> for $kind {
            fn type_info() -> sqlx::postgres::PgTypeInfo {
                <str as sqlx::Type<sqlx::Postgres>>::type_info()
            }

            fn compatible(ty: &sqlx::postgres::PgTypeInfo) -> bool {
                <str as sqlx::Type<sqlx::Postgres>>::compatible(ty)
            }
        }

        impl<'r> sqlx::Decode<'r, sqlx::Postgres> for $kind {
            fn decode(value: sqlx::postgres::PgValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
                Ok(<&str as sqlx::Decode<sqlx::Postgres>>::decode(value)?.parse()?)
            }
        }
    )*};
}

stored_as_text!(AccountKind, EntryKind);

/// What stands beside the lines: few rows, fetched in one round trip.
pub struct Head {
    /// In the user's order.
    pub accounts: Json<Vec<Account>>,
    pub own_rates: Json<Vec<OwnRate>>,
}

/// The user's accounts and own rates.
pub async fn head(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<Head> {
    sqlx::query_as!(
        Head,
        r#"
        select
            coalesce(
                (select jsonb_agg(
                    jsonb_build_object(
                        'id', id, 'kind', kind, 'name', name, 'currency', currency, 'position', position,
                        'archived_at', archived_at, 'version', version)
                    order by position, created_at, id)
                 from accounts where user_id = $1),
                '[]') as "accounts!: Json<Vec<Account>>",
            coalesce(
                (select jsonb_agg(jsonb_build_object('currency', currency, 'day', day, 'per_eur', per_eur::text))
                 from own_rates where user_id = $1),
                '[]') as "own_rates!: Json<Vec<OwnRate>>"
        "#,
        owner.0,
    )
    .fetch_one(db)
    .await
}

/// The user's whole ledger as the figures need it, in order.
pub async fn lines(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<Vec<Line>> {
    let mut rows = sqlx::query!(
        r#"
        select id as "id: EntryId", account_id as "account: AccountId", kind as "kind: EntryKind", amount,
               currency as "currency: Currency", occurred_at, position
        from entries
        where user_id = $1
        "#,
        owner.0,
    )
    .fetch_all(db)
    .await?;
    // They come nearly in order: this takes a tenth of the time that it takes the database.
    rows.sort_by_key(|row| (row.occurred_at, row.position, row.id));
    let lines = rows.into_iter().map(|row| Line {
        id: row.id,
        account: row.account,
        kind: row.kind,
        amount: row.amount,
        currency: row.currency,
        occurred_at: row.occurred_at,
    });
    Ok(lines.collect())
}

/// The lines of some accounts, in order.
pub async fn lines_of(
    db: impl PgExecutor<'_>,
    owner: UserId,
    accounts: &[Uuid],
) -> sqlx::Result<Vec<Line>> {
    sqlx::query_as!(
        Line,
        r#"
        select id as "id: EntryId", account_id as "account: AccountId", kind as "kind: EntryKind", amount,
               currency as "currency: Currency", occurred_at
        from entries
        where user_id = $1 and account_id = any($2)
        order by occurred_at, position, id
        "#,
        owner.0,
        accounts,
    )
    .fetch_all(db)
    .await
}

/// One account.
pub async fn account(
    db: impl PgExecutor<'_>,
    owner: UserId,
    id: AccountId,
) -> sqlx::Result<Account> {
    sqlx::query_as!(
        Account,
        r#"
        select id as "id: AccountId", kind as "kind: AccountKind", name, currency as "currency: Currency", position,
               archived_at, version
        from accounts
        where user_id = $1 and id = $2
        "#,
        owner.0,
        id.0,
    )
    .fetch_one(db)
    .await
}

/// All accounts, in the user's order.
pub async fn accounts(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<Vec<Account>> {
    sqlx::query_as!(
        Account,
        r#"
        select id as "id: AccountId", kind as "kind: AccountKind", name, currency as "currency: Currency", position,
               archived_at, version
        from accounts
        where user_id = $1
        order by position, created_at, id
        "#,
        owner.0,
    )
    .fetch_all(db)
    .await
}

/// Adds accounts. May violate `accounts_user_group_name_key`.
pub async fn insert_accounts(
    db: impl PgExecutor<'_>,
    owner: UserId,
    accounts: &[Account],
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into accounts (id, user_id, kind, name, currency, position, archived_at, version)
        select id, $1, kind, name, currency, position, archived_at, version
        from jsonb_to_recordset($2) as t (
            id uuid, kind text, name text, currency text, position int, archived_at timestamptz, version int)
        "#,
        owner.0,
        Json(accounts) as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Overwrites accounts. May violate `accounts_user_group_name_key`.
pub async fn update_accounts(
    db: impl PgExecutor<'_>,
    owner: UserId,
    accounts: &[Account],
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update accounts a
        set kind = t.kind, name = t.name, currency = t.currency, position = t.position, archived_at = t.archived_at,
            version = t.version
        from jsonb_to_recordset($2) as t (
            id uuid, kind text, name text, currency text, position int, archived_at timestamptz, version int)
        where a.user_id = $1 and a.id = t.id
        "#,
        owner.0,
        Json(accounts) as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes accounts; their entries go with them.
pub async fn delete_accounts(
    db: impl PgExecutor<'_>,
    owner: UserId,
    ids: &[Uuid],
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from accounts where user_id = $1 and id = any($2)",
        owner.0,
        ids
    )
    .execute(db)
    .await?;
    Ok(())
}

/// How many entries an account has.
pub async fn count_entries(
    db: impl PgExecutor<'_>,
    owner: UserId,
    account: AccountId,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "n!" from entries where user_id = $1 and account_id = $2"#,
        owner.0,
        account.0,
    )
    .fetch_one(db)
    .await
}

/// Which entries a query is about.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    /// One entry, with the other half of its transfer if it is one.
    Whole(EntryId),
    /// All of an account, with the other halves of its transfers.
    OfAccount(AccountId),
}

/// Whole entries, in order.
pub async fn whole_entries(
    db: impl PgExecutor<'_>,
    owner: UserId,
    which: Which,
) -> sqlx::Result<Vec<Entry>> {
    let (id, account) = match which {
        Which::Whole(id) => (Some(id.0), None),
        Which::OfAccount(account) => (None, Some(account.0)),
    };
    sqlx::query_as!(
        Entry,
        r#"
        select id as "id: EntryId", account_id as "account: AccountId", kind as "kind: EntryKind", amount, fee,
               currency as "currency: Currency", occurred_at, position, transfer_id as "transfer: TransferId", note,
               tags, version
        from entries
        where user_id = $1
          and ($2::uuid is null or id = $2
               or transfer_id = (select transfer_id from entries where user_id = $1 and id = $2))
          and ($3::uuid is null or account_id = $3
               or transfer_id in (select transfer_id from entries where user_id = $1 and account_id = $3))
        order by occurred_at, position, id
        "#,
        owner.0,
        id,
        account,
    )
    .fetch_all(db)
    .await
}

/// Where an entry stands in the order of the ledger.
pub type Place = (DateTime<Utc>, i64, EntryId);

/// Whole entries after a place, in order: a ledger that is too long to be held at once is read in parts.
pub async fn entries_after(
    db: impl PgExecutor<'_>,
    owner: UserId,
    (occurred_at, position, id): Place,
    limit: i64,
) -> sqlx::Result<Vec<Entry>> {
    sqlx::query_as!(
        Entry,
        r#"
        select id as "id: EntryId", account_id as "account: AccountId", kind as "kind: EntryKind", amount, fee,
               currency as "currency: Currency", occurred_at, position, transfer_id as "transfer: TransferId", note,
               tags, version
        from entries
        where user_id = $1 and (occurred_at, position, id) > ($2, $3, $4)
        order by occurred_at, position, id
        limit $5
        "#,
        owner.0,
        occurred_at,
        position,
        id.0,
        limit,
    )
    .fetch_all(db)
    .await
}

/// Whole entries with these keys.
pub async fn entries_with_ids(
    db: impl PgExecutor<'_>,
    owner: UserId,
    ids: &[Uuid],
) -> sqlx::Result<Vec<Entry>> {
    sqlx::query_as!(
        Entry,
        r#"
        select id as "id: EntryId", account_id as "account: AccountId", kind as "kind: EntryKind", amount, fee,
               currency as "currency: Currency", occurred_at, position, transfer_id as "transfer: TransferId", note,
               tags, version
        from entries
        where user_id = $1 and id = any($2)
        order by occurred_at, position, id
        "#,
        owner.0,
        ids,
    )
    .fetch_all(db)
    .await
}

/// Positions for entries that are made now, in order.
pub async fn next_positions(db: impl PgExecutor<'_>, count: i32) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        r#"select nextval('entries_position_seq') as "position!" from generate_series(1, $1)"#,
        count,
    )
    .fetch_all(db)
    .await
}

/// Adds entries.
pub async fn insert_entries(
    db: impl PgExecutor<'_>,
    owner: UserId,
    entries: &[Entry],
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into entries (id, user_id, account_id, kind, amount, fee, currency, occurred_at, position, transfer_id,
                             note, tags, version)
        select id, $1, account, kind, amount, fee, currency, occurred_at, position, transfer, note, tags, version
        from jsonb_to_recordset($2) as t (
            id uuid, account uuid, kind text, amount numeric, fee numeric, currency text, occurred_at timestamptz,
            position bigint, transfer uuid, note text, tags text[], version int)
        "#,
        owner.0,
        Json(entries) as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Overwrites entries.
pub async fn update_entries(
    db: impl PgExecutor<'_>,
    owner: UserId,
    entries: &[Entry],
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update entries e
        set account_id = t.account, kind = t.kind, amount = t.amount, fee = t.fee, currency = t.currency,
            occurred_at = t.occurred_at, position = t.position, transfer_id = t.transfer, note = t.note,
            tags = t.tags, version = t.version
        from jsonb_to_recordset($2) as t (
            id uuid, account uuid, kind text, amount numeric, fee numeric, currency text, occurred_at timestamptz,
            position bigint, transfer uuid, note text, tags text[], version int)
        where e.user_id = $1 and e.id = t.id
        "#,
        owner.0,
        Json(entries) as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes entries.
pub async fn delete_entries(
    db: impl PgExecutor<'_>,
    owner: UserId,
    ids: &[Uuid],
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from entries where user_id = $1 and id = any($2)",
        owner.0,
        ids
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Which entries a list shows. Everything that is not set lets all pass.
#[derive(Clone, Debug, Default)]
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

/// The order of a list of entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Newest,
    Oldest,
    Largest,
    Smallest,
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
pub async fn listed(
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
        Sort::Largest => in_order!("abs(e.amount) desc, e.occurred_at desc, e.id desc"),
        Sort::Smallest => in_order!("abs(e.amount), e.occurred_at desc, e.id desc"),
    }
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

/// A row as it was before a write and after it. One of the two is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row<T> {
    pub before: Option<T>,
    pub after: Option<T>,
}

/// What a write did.
#[derive(Clone, Debug)]
pub struct Change {
    pub id: ChangeId,
    pub made_at: DateTime<Utc>,
    /// See [`super::service::Action`].
    pub action: String,
    pub accounts: Json<Vec<Row<Account>>>,
    pub entries: Json<Vec<Row<Entry>>>,
    pub undone_by: Option<ChangeId>,
}

/// Keeps a change.
pub async fn insert_change(
    db: impl PgExecutor<'_>,
    owner: UserId,
    change: &Change,
) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = change
        .entries
        .0
        .iter()
        .filter_map(|row| row.after.as_ref().or(row.before.as_ref()))
        .map(|e| e.id.0)
        .collect();
    sqlx::query!(
        "insert into changes (id, user_id, made_at, action, accounts, entries, entry_ids)
         values ($1, $2, $3, $4, $5, $6, $7)",
        change.id.0,
        owner.0,
        change.made_at,
        change.action,
        Json(&change.accounts.0) as _,
        Json(&change.entries.0) as _,
        &ids,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// One change.
pub async fn change(db: impl PgExecutor<'_>, owner: UserId, id: ChangeId) -> sqlx::Result<Change> {
    sqlx::query_as!(
        Change,
        r#"
        select id as "id: ChangeId", made_at, action, accounts as "accounts: Json<Vec<Row<Account>>>",
               entries as "entries: Json<Vec<Row<Entry>>>", undone_by as "undone_by: ChangeId"
        from changes
        where user_id = $1 and id = $2
        "#,
        owner.0,
        id.0,
    )
    .fetch_one(db)
    .await
}

/// Changes, the newest first: all of the user's, or those of one entry.
pub async fn changes(
    db: impl PgExecutor<'_>,
    owner: UserId,
    entry: Option<EntryId>,
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<Change>> {
    sqlx::query_as!(
        Change,
        r#"
        select id as "id: ChangeId", made_at, action, accounts as "accounts: Json<Vec<Row<Account>>>",
               entries as "entries: Json<Vec<Row<Entry>>>", undone_by as "undone_by: ChangeId"
        from changes
        where user_id = $1 and ($2::uuid is null or entry_ids @> array[$2])
        order by made_at desc, id
        limit $3 offset $4
        "#,
        owner.0,
        entry.map(|id| id.0),
        limit,
        offset,
    )
    .fetch_all(db)
    .await
}

/// How many changes the user has made.
pub async fn count_changes(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "n!" from changes where user_id = $1"#,
        owner.0
    )
    .fetch_one(db)
    .await
}

/// Notes that a change was taken back by another.
pub async fn set_undone(
    db: impl PgExecutor<'_>,
    owner: UserId,
    id: ChangeId,
    by: ChangeId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update changes set undone_by = $3 where user_id = $1 and id = $2",
        owner.0,
        id.0,
        by.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Locks the user's ledger until the transaction ends: a user's writes happen one after the other.
pub async fn lock_ledger(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<()> {
    sqlx::query!("select id from users where id = $1 for update", owner.0)
        .fetch_one(db)
        .await?;
    Ok(())
}

/// A form that was saved before.
pub struct Submitted {
    pub request_hash: Vec<u8>,
    pub change: Option<ChangeId>,
}

/// What a form's key was used for.
pub async fn submitted(
    db: impl PgExecutor<'_>,
    owner: UserId,
    key: Uuid,
) -> sqlx::Result<Option<Submitted>> {
    sqlx::query_as!(
        Submitted,
        r#"select request_hash, change_id as "change: ChangeId" from submissions where user_id = $1 and key = $2"#,
        owner.0,
        key,
    )
    .fetch_optional(db)
    .await
}

/// Notes what a form's key was used for, and forgets keys that are over a week old.
pub async fn insert_submission(
    db: impl PgExecutor<'_>,
    owner: UserId,
    key: Uuid,
    request_hash: &[u8],
    change: ChangeId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with forgotten as (delete from submissions where user_id = $1 and made_at < $5::timestamptz - interval '7 days')
         insert into submissions (user_id, key, request_hash, change_id, made_at) values ($1, $2, $3, $4, $5)",
        owner.0,
        key,
        request_hash,
        change.0,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}
