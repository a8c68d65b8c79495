//! A whole ledger as files hold it: out of the database, and back into an empty one.

mod check;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::ledger::{Account, AccountKind, Entry, EntryKind};
use super::queries;
use crate::database;
use crate::ids::{AccountId, EntryId, TransferId, UserId};
use crate::money::{self, Currency};

pub use check::Problem;

/// How many entries are read or written by one statement: few enough to be well within the database's patience.
const PART: usize = 2_000;

/// All accounts and entries of one user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// In the user's order.
    pub accounts: Vec<Account>,
    /// In order; entries of the same instant in the order in which they were entered.
    pub entries: Vec<Entry>,
}

/// An account in a file. Where it stands among the others is where it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountRecord {
    pub id: Uuid,
    pub kind: AccountKind,
    pub name: String,
    pub currency: Currency,
    pub archived_at: Option<DateTime<Utc>>,
}

/// An entry in a file. See [`Entry`] for what the fields say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryRecord {
    pub id: Uuid,
    pub account: Option<Uuid>,
    pub kind: EntryKind,
    pub amount: Amount,
    pub fee: Amount,
    pub currency: Currency,
    pub occurred_at: DateTime<Utc>,
    pub transfer: Option<Uuid>,
    pub note: String,
    pub tags: Vec<String>,
}

/// An amount in a file: text, so that no reader makes a float of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount(pub Decimal);

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        money::exact(&text).map(Amount).ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            serde::de::Error::custom(format!(
                "an amount is written as \"1250.50\", and this is {shown:?}"
            ))
        })
    }
}

impl From<&Account> for AccountRecord {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id.0,
            kind: account.kind,
            name: account.name.clone(),
            currency: account.currency,
            archived_at: account.archived_at,
        }
    }
}

impl From<&Entry> for EntryRecord {
    fn from(entry: &Entry) -> Self {
        // Amounts have no more decimals than their currency: nothing is rounded here, only written alike.
        let amount = |amount| Amount(entry.currency.round(amount));
        Self {
            id: entry.id.0,
            account: entry.account.map(|id| id.0),
            kind: entry.kind,
            amount: amount(entry.amount),
            fee: amount(entry.fee),
            currency: entry.currency,
            occurred_at: entry.occurred_at,
            transfer: entry.transfer.map(|id| id.0),
            note: entry.note.clone(),
            tags: entry.tags.clone(),
        }
    }
}

/// A ledger made of a file's records, with new keys throughout: those in the file may be in use here.
/// Refuses whatever the ledger's own forms would refuse, and entries after an instant.
pub fn restored(
    accounts: Vec<AccountRecord>,
    entries: Vec<EntryRecord>,
    latest: DateTime<Utc>,
) -> Result<Ledger, Problem> {
    check::accounts(&accounts)?;
    check::entries(&accounts, &entries, latest)?;
    let keys: HashMap<Uuid, AccountId> = accounts
        .iter()
        .map(|account| (account.id, AccountId::random()))
        .collect();
    let mut transfers: HashMap<Uuid, TransferId> = HashMap::new();
    let accounts = (1..)
        .zip(accounts)
        .map(|(position, account)| Account {
            id: keys[&account.id],
            kind: account.kind,
            name: account.name,
            currency: account.currency,
            position,
            archived_at: account.archived_at,
            version: 1,
        })
        .collect();
    let mut entries: Vec<Entry> = (1..)
        .zip(entries)
        .map(|(position, entry)| Entry {
            id: EntryId::random(),
            account: entry.account.map(|id| keys[&id]),
            kind: entry.kind,
            amount: entry.amount.0,
            fee: entry.fee.0,
            currency: entry.currency,
            occurred_at: entry.occurred_at,
            position,
            transfer: entry
                .transfer
                .map(|id| *transfers.entry(id).or_insert_with(TransferId::random)),
            note: entry.note,
            tags: entry.tags,
            version: 1,
        })
        .collect();
    entries.sort_by_key(|entry| entry.occurred_at);
    let ledger = Ledger { accounts, entries };
    check::balances(&ledger)?;
    Ok(ledger)
}

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
        && queries::lists::count(&mut *db, owner, &queries::lists::Filter::default()).await? == 0)
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
    mut ledger: Ledger,
) -> sqlx::Result<()> {
    queries::accounts::insert(&mut *db, owner, &ledger.accounts).await?;
    for part in ledger.entries.chunks_mut(PART) {
        let count = i32::try_from(part.len()).unwrap_or(i32::MAX);
        let positions = queries::entries::next_positions(&mut *db, count).await?;
        for (entry, position) in part.iter_mut().zip(positions) {
            entry.position = position;
        }
        queries::entries::insert(&mut *db, owner, part).await?;
    }
    Ok(())
}
