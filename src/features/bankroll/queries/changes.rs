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

/// Keeps a change.
pub async fn insert(db: impl PgExecutor<'_>, owner: UserId, change: &Change) -> sqlx::Result<()> {
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
