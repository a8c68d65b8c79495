//! SQL of changes, which undo and history read, and of the forms that made them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use crate::features::bankroll::ledger::{Account, Entry};
use crate::ids::{ChangeId, EntryId, UserId};

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
    /// See [`crate::features::bankroll::service::Action`].
    pub action: String,
    pub accounts: Json<Vec<Row<Account>>>,
    pub entries: Json<Vec<Row<Entry>>>,
    pub undone_by: Option<ChangeId>,
}

/// Keeps a change: what it takes back, and what its form's key was used for, in one round trip. Forgets keys that are over
/// a week old.
pub async fn keep(
    db: impl PgExecutor<'_>,
    owner: UserId,
    change: &Change,
    undoes: Option<ChangeId>,
    form: Option<(Uuid, &[u8])>,
) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = change
        .entries
        .0
        .iter()
        .filter_map(|row| row.after.as_ref().or(row.before.as_ref()))
        .map(|e| e.id.0)
        .collect();
    sqlx::query!(
        "with undone as (
             update changes set undone_by = $1 where user_id = $2 and id = $8
         ), forgotten as (
             delete from submissions
             where user_id = $2 and made_at < $3::timestamptz - interval '7 days' and $9::uuid is not null
         ), form as (
             insert into submissions (user_id, key, request_hash, change_id, made_at)
             select $2, $9, $10, $1, $3 where $9::uuid is not null
         )
         insert into changes (id, user_id, made_at, action, accounts, entries, entry_ids)
         values ($1, $2, $3, $4, $5, $6, $7)",
        change.id.0,
        owner.0,
        change.made_at,
        change.action,
        Json(&change.accounts.0) as _,
        Json(&change.entries.0) as _,
        &ids,
        undoes.map(|undone| undone.0),
        form.map(|(key, _)| key),
        form.map(|(_, hash)| hash),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// One change.
pub async fn one(db: impl PgExecutor<'_>, owner: UserId, id: ChangeId) -> sqlx::Result<Change> {
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
pub async fn list(
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
pub async fn count(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "n!" from changes where user_id = $1"#,
        owner.0
    )
    .fetch_one(db)
    .await
}

/// Locks the user's ledger until the transaction ends: a user's writes happen one after the other.
pub async fn lock_ledger(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<()> {
    sqlx::query!("select id from users where id = $1 for update", owner.0)
        .fetch_one(db)
        .await?;
    Ok(())
}

/// What a write stands on: all that it needs to know of the ledger before it knows what it changes.
pub struct Ground {
    /// What the form's key was used for before.
    pub request_hash: Option<Vec<u8>>,
    pub change: Option<ChangeId>,
    pub accounts: Json<Vec<Account>>,
    /// How many entries there are.
    pub entries: i64,
    /// Where a new entry comes: after all others of its moment.
    pub position: i64,
}

/// That of a write whose ledger is locked. Asked before, it could be what another write has just left behind.
pub async fn ground(
    db: impl PgExecutor<'_>,
    owner: UserId,
    key: Option<Uuid>,
) -> sqlx::Result<Ground> {
    sqlx::query_as!(
        Ground,
        r#"
        select s.request_hash as "request_hash?", s.change_id as "change?: ChangeId",
               coalesce(
                   (select jsonb_agg(
                       jsonb_build_object(
                           'id', id, 'kind', kind, 'name', name, 'currency', currency, 'position', position,
                           'archived_at', archived_at, 'version', version)
                       order by position, created_at, id)
                    from accounts where user_id = $1),
                   '[]') as "accounts!: Json<Vec<Account>>",
               (select count(*) from entries where user_id = $1) as "entries!",
               nextval('entries_position_seq') as "position!"
        from (select $1::bigint as user_id) owner
        left join submissions s on s.user_id = owner.user_id and s.key = $2
        "#,
        owner.0,
        key,
    )
    .fetch_one(db)
    .await
}

/// What a form's key was used for. `None` if it was not used.
pub async fn submitted(
    db: impl PgExecutor<'_>,
    owner: UserId,
    key: Uuid,
) -> sqlx::Result<Option<ChangeId>> {
    let change = sqlx::query_scalar!(
        r#"select change_id as "change: ChangeId" from submissions where user_id = $1 and key = $2"#,
        owner.0,
        key,
    );
    Ok(change.fetch_optional(db).await?.flatten())
}
