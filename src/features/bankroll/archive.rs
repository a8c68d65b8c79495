//! A whole ledger as files hold it: out of the database, and back into an empty one.

mod records;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::draft::Ledger;
use super::ledger::{Account, Entry};
use super::queries;
use crate::database;
use crate::ids::{EntryId, UserId};

pub use records::{AccountRecord, AmountText, EntryRecord, Problem, restored};

/// How many entries are read or written by one statement: few enough to be well within the database's patience.
const PART: usize = 2_000;

/// All accounts of a user, in their order.
pub async fn all_accounts(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<Vec<Account>> {
    queries::accounts::all(db, owner).await
}

/// The part of a user's entries that follows one of them, in order; the first part without one. An empty part is the
/// end.
pub async fn entries_after(
    db: impl PgExecutor<'_>,
    owner: UserId,
    last: Option<&Entry>,
) -> sqlx::Result<Vec<Entry>> {
    let start = (DateTime::<Utc>::UNIX_EPOCH, i64::MIN, EntryId(Uuid::nil()));
    let place = last.map_or(start, |entry| (entry.occurred_at, entry.position, entry.id));
    queries::entries::after(db, owner, place, i64::try_from(PART).unwrap_or(i64::MAX)).await
}

/// Whether a user has neither accounts nor entries.
pub async fn is_empty(db: &mut PgConnection, owner: UserId) -> sqlx::Result<bool> {
    Ok(queries::accounts::all(&mut *db, owner).await?.is_empty()
        && !queries::lists::has_any(&mut *db, owner).await?)
}

/// Locks a user's ledger until the transaction ends, and says whether there is nothing in it.
pub async fn lock_if_empty(db: &mut PgConnection, owner: UserId) -> sqlx::Result<bool> {
    database::lock_user(&mut *db, owner).await?;
    is_empty(db, owner).await
}

/// Writes a whole ledger to a user who has none. Entries of the same instant keep their order. Call it in a
/// transaction. May violate `accounts_user_group_name_key`.
pub async fn insert_ledger(
    db: &mut PgConnection,
    owner: UserId,
    ledger: Ledger,
) -> sqlx::Result<()> {
    let (accounts, mut entries) = ledger.into_rows();
    queries::accounts::insert(&mut *db, owner, &accounts).await?;
    for part in entries.chunks_mut(PART) {
        let count = i32::try_from(part.len()).unwrap_or(i32::MAX);
        let positions = queries::entries::next_positions(&mut *db, count).await?;
        for (entry, position) in part.iter_mut().zip(positions) {
            entry.position = position;
        }
        queries::entries::insert(&mut *db, owner, part).await?;
    }
    Ok(())
}
