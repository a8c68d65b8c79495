//! SQL of whole entries.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use sqlx::types::Json;

use crate::features::bankroll::ledger::{Entry, EntryKind, Line};
use crate::ids::{AccountId, EntryId, TransferId, UserId};
use crate::money::Currency;

/// The lines of an account before a place in its order, in order, from the last balance that was observed: what was before that
/// it says itself. One of them can be left out.
pub async fn lines_before(
    db: impl PgExecutor<'_>,
    owner: UserId,
    account: AccountId,
    (at, position): (DateTime<Utc>, i64),
    left_out: Option<EntryId>,
) -> sqlx::Result<Vec<Line>> {
    sqlx::query_as!(
        Line,
        r#"
        select e.id as "id: EntryId", e.account_id as "account: AccountId", e.kind as "kind: EntryKind", e.amount,
               e.currency as "currency: Currency", e.occurred_at
        from (values (1)) as one
        left join lateral (
            select occurred_at, position, id
            from entries
            where user_id = $1 and account_id = $2 and kind = 'balance' and (occurred_at, position) < ($3, $4)
              and id is distinct from $5
            order by occurred_at desc, position desc, id desc
            limit 1) seen on true
        join entries e
            on e.user_id = $1 and e.account_id = $2 and (e.occurred_at, e.position) < ($3, $4)
               and e.id is distinct from $5
               and (e.occurred_at, e.position, e.id)
                   >= (coalesce(seen.occurred_at, '-infinity'), coalesce(seen.position, 0),
                       coalesce(seen.id, '00000000-0000-0000-0000-000000000000'))
        order by e.occurred_at, e.position, e.id
        "#,
        owner.0,
        account.0,
        at,
        position,
        left_out.map(|id| id.0),
    )
    .fetch_all(db)
    .await
}

/// How many entries an account has.
pub struct Counts {
    pub entries: i64,
    /// Those of them that are halves of transfers. The other halves are on other accounts.
    pub transfers: i64,
}

/// That of an account.
pub async fn counts_of(
    db: impl PgExecutor<'_>,
    owner: UserId,
    account: AccountId,
) -> sqlx::Result<Counts> {
    sqlx::query_as!(
        Counts,
        r#"
        select count(*) as "entries!", count(*) filter (where kind = 'transfer') as "transfers!"
        from entries
        where user_id = $1 and account_id = $2
        "#,
        owner.0,
        account.0,
    )
    .fetch_one(db)
    .await
}

/// A whole entry, with the other half of its transfer if it is one, in order.
pub async fn whole(
    db: impl PgExecutor<'_>,
    owner: UserId,
    id: EntryId,
) -> sqlx::Result<Vec<Entry>> {
    sqlx::query_as!(
        Entry,
        r#"
        select id as "id: EntryId", account_id as "account: AccountId", kind as "kind: EntryKind", amount, fee,
               currency as "currency: Currency", occurred_at, position, transfer_id as "transfer: TransferId", note,
               tags, version
        from entries
        where user_id = $1
          and (id = $2 or transfer_id = (select transfer_id from entries where user_id = $1 and id = $2))
        order by occurred_at, position, id
        "#,
        owner.0,
        id.0,
    )
    .fetch_all(db)
    .await
}

/// Where an entry stands in the order of the ledger.
pub type Place = (DateTime<Utc>, i64, EntryId);

/// Whole entries after a place, in order: a ledger that is too long to be held at once is read in parts.
pub async fn after(
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
pub async fn insert(db: impl PgExecutor<'_>, owner: UserId, entries: &[Entry]) -> sqlx::Result<()> {
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
