//! Everything that changes the ledger. A write is one transaction: it locks the user's ledger, applies the change,
//! checks that no balance became impossible, and keeps the rows before and after, from which it can be undone.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::types::Json;
use sqlx::{PgConnection, Postgres, Transaction};
use uuid::Uuid;

use super::figures::Running;
use super::ledger::{Account, Entry, EntryKind, Line};
use super::queries::{
    self,
    changes::{Change, Row},
    entries::Which,
};
use crate::app::App;
use crate::error::{Error, Result, is_violation};
use crate::events::LedgerChanged;
use crate::ids::{AccountId, ChangeId, EntryId, UserId};
use crate::jobs;
use crate::money::Currency;
use crate::web::Submission;
use crate::web::parse::AMOUNT_LIMIT;

/// A user has at most this many accounts,
pub const MOST_ACCOUNTS: usize = 200;
/// and this many entries.
pub const MOST_ENTRIES: i64 = 200_000;

/// What a change did, for the history page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Add,
    Edit,
    Delete,
    Relabel,
    AddAccount,
    EditAccount,
    DeleteAccount,
    Archive,
    Restore,
    Reorder,
    Undo,
}

impl Action {
    /// The text in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Add => "add",
            Action::Edit => "edit",
            Action::Delete => "delete",
            Action::Relabel => "relabel",
            Action::AddAccount => "add account",
            Action::EditAccount => "edit account",
            Action::DeleteAccount => "delete account",
            Action::Archive => "archive",
            Action::Restore => "restore",
            Action::Reorder => "reorder",
            Action::Undo => "undo",
        }
    }
}

/// Why the ledger does not take a change. Each becomes a sentence at a field.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// An account of a kind that cannot owe would be below zero.
    BelowZero {
        account: String,
        currency: Currency,
        /// What it holds just before.
        held: Decimal,
        /// When it would be below zero.
        at: DateTime<Utc>,
    },
    /// A balance is more than ten times what the account should hold, or less than a tenth of it: a slip, unless it is
    /// meant.
    Unusual {
        account: String,
        currency: Currency,
        /// What the account should hold.
        held: Decimal,
        amount: Decimal,
    },
    /// An entry before the one with which its account was started, which then would not hold what it was said to hold.
    BeforeStart {
        account: String,
        currency: Currency,
        /// When it was started,
        started_at: DateTime<Utc>,
        /// and with how much.
        opening: Decimal,
    },
    /// A balance would be larger than amounts can be.
    TooLarge {
        account: String,
    },
    /// The user has an account of that name in the same group.
    NameTaken,
    /// The account's entries are in its currency.
    CurrencyFixed,
    TooManyAccounts,
    TooManyEntries,
    /// The rows are not any more as this change left them.
    ChangedSince,
    AlreadyUndone,
    /// The balance has no gap that the entry could explain.
    NoSuchGap,
    /// The account is not one of the user's.
    UnknownAccount,
    /// A transfer goes from one account to another.
    SameAccount,
}

/// What became of a write.
#[derive(Debug)]
pub enum Saved {
    /// It was done; or the same form was sent before, and this is what it did then.
    Done(Box<Change>),
    Refused(Refusal),
}

/// A write in progress.
struct Write {
    app: App,
    tx: Transaction<'static, Postgres>,
    owner: UserId,
    submission: Submission,
    now: DateTime<Utc>,
    /// The accounts as they were when it began.
    before: Vec<Account>,
    /// How many entries there were.
    count: i64,
    /// The position of its first new entry, until that has it.
    position: Option<i64>,
    accounts: Vec<Row<Account>>,
    entries: Vec<Row<Entry>>,
    /// The change that this write takes back.
    undoes: Option<ChangeId>,
}

/// Either a write that may go on, or what the same form did before.
enum Begun {
    New(Box<Write>),
    Repeated(Box<Change>),
}

/// Stops a write with a refusal: what was done so far is rolled back.
macro_rules! refuse {
    ($refusal:expr) => {
        return Ok(Saved::Refused($refusal))
    };
}

/// Begins a write, or returns what the same form did before.
macro_rules! begin {
    ($app:expr, $owner:expr, $submission:expr) => {
        match Write::begin($app, $owner, $submission).await? {
            Begun::New(write) => *write,
            Begun::Repeated(change) => return Ok(Saved::Done(change)),
        }
    };
}

mod accounts;
mod entries;
mod undo;

pub use accounts::{
    AccountEdit, NewAccount, Start, add_account, archive_account, delete_account, edit_account,
    reorder_accounts,
};
pub use entries::{
    Answers, EarlierStart, EntryEdit, Held, NewEntry, NewTransfer, add_entry, add_transfer,
    delete_entry, edit_entry, explain_gap, held,
};
pub use undo::undo;

/// What a form did when it was sent before, with whatever was in it then: after [`Error::AlreadySaved`].
pub async fn saved_before(app: &App, owner: UserId, submission: &Submission) -> Result<Change> {
    let key = submission.key.ok_or(Error::AlreadySaved)?;
    let before = queries::changes::submitted(&app.db, owner, key).await?;
    let change = before.ok_or(Error::AlreadySaved)?;
    Ok(queries::changes::one(&app.db, owner, change).await?)
}

impl Write {
    async fn begin(app: &App, owner: UserId, submission: &Submission) -> Result<Begun> {
        let mut tx = app.db.begin().await?;
        queries::changes::lock_ledger(&mut *tx, owner).await?;
        let ground = queries::changes::ground(&mut *tx, owner, submission.key).await?;
        if let Some(hash) = ground.request_hash {
            let (true, Some(change)) = (hash == submission.hash, ground.change) else {
                return Err(Error::AlreadySaved);
            };
            return Ok(Begun::Repeated(Box::new(
                queries::changes::one(&mut *tx, owner, change).await?,
            )));
        }
        Ok(Begun::New(Box::new(Write {
            app: app.clone(),
            tx,
            owner,
            submission: submission.clone(),
            now: app.now(),
            before: ground.accounts.0,
            count: ground.entries,
            position: Some(ground.position),
            accounts: Vec::new(),
            entries: Vec::new(),
            undoes: None,
        })))
    }

    fn db(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// The user's accounts as this write leaves them, in no order.
    fn accounts(&self) -> Vec<Account> {
        let mut accounts = self.before.clone();
        for row in &self.accounts {
            accounts.retain(|account| Some(account.id) != row.id());
            accounts.extend(row.after.clone());
        }
        accounts
    }

    fn account(&self, id: AccountId) -> Result<Account> {
        let mut accounts = self.accounts().into_iter();
        accounts
            .find(|account| account.id == id)
            .ok_or(Error::NotFound)
    }

    /// A position for an entry made now, or the one directly before another entry.
    async fn place(
        &mut self,
        before: Option<EntryId>,
        occurred_at: DateTime<Utc>,
    ) -> Result<(DateTime<Utc>, i64)> {
        let owner = self.owner;
        if let Some(id) = before {
            let all = queries::entries::whole(self.db(), owner, Which::Whole(id)).await?;
            let balance = all
                .iter()
                .find(|entry| entry.id == id && entry.kind == EntryKind::Balance);
            let balance = balance.ok_or(Error::NotFound)?;
            return Ok((balance.occurred_at, balance.position - 1));
        }
        if let Some(position) = self.position.take() {
            return Ok((occurred_at, position));
        }
        let positions = queries::entries::next_positions(self.db(), 1).await?;
        Ok((occurred_at, positions.first().copied().unwrap_or_default()))
    }

    async fn insert_entries(&mut self, entries: Vec<Entry>) -> Result<()> {
        let owner = self.owner;
        queries::entries::insert(self.db(), owner, &entries).await?;
        self.entries.extend(entries.into_iter().map(|entry| Row {
            before: None,
            after: Some(entry),
        }));
        Ok(())
    }

    async fn update_entries(&mut self, rows: Vec<(Entry, Entry)>) -> Result<()> {
        let owner = self.owner;
        let after: Vec<Entry> = rows.iter().map(|(_, after)| after.clone()).collect();
        queries::entries::update(self.db(), owner, &after).await?;
        self.entries
            .extend(rows.into_iter().map(|(before, after)| Row {
                before: Some(before),
                after: Some(after),
            }));
        Ok(())
    }

    async fn delete_entries(&mut self, entries: Vec<Entry>) -> Result<()> {
        let owner = self.owner;
        let ids: Vec<Uuid> = entries.iter().map(|entry| entry.id.0).collect();
        queries::entries::delete(self.db(), owner, &ids).await?;
        self.entries.extend(entries.into_iter().map(|entry| Row {
            before: Some(entry),
            after: None,
        }));
        Ok(())
    }

    async fn update_account(&mut self, before: Account, after: Account) -> Result<Option<Refusal>> {
        let owner = self.owner;
        if let Err(error) =
            queries::accounts::update(self.db(), owner, std::slice::from_ref(&after)).await
        {
            refusal_of(error).map(Some)
        } else {
            self.accounts.push(Row {
                before: Some(before),
                after: Some(after),
            });
            Ok(None)
        }
    }

    /// Whether every balance that this write touched is possible at all times.
    async fn impossible_balance(&mut self) -> Result<Option<Refusal>> {
        let rows = self
            .entries
            .iter()
            .flat_map(|row| [&row.before, &row.after])
            .flatten();
        let edited = self
            .accounts
            .iter()
            .filter_map(|row| row.after.as_ref())
            .map(|account| account.id.0);
        let mut touched: Vec<Uuid> = rows
            .filter_map(|entry| entry.account)
            .map(|id| id.0)
            .chain(edited)
            .collect();
        touched.sort_unstable();
        touched.dedup();
        let owner = self.owner;
        let accounts = self.accounts();
        let lines = queries::entries::lines_of(self.db(), owner, &touched).await?;
        Ok(impossible_balance(&accounts, &lines))
    }

    /// Checks the balances, keeps the change and commits.
    async fn save(mut self, action: Action) -> Result<Saved> {
        if let Some(refusal) = self.impossible_balance().await? {
            refuse!(refusal);
        }
        self.commit(action).await
    }

    async fn commit(mut self, action: Action) -> Result<Saved> {
        let change = Change {
            id: ChangeId::random(),
            made_at: self.now,
            action: action.as_str().to_owned(),
            accounts: Json(std::mem::take(&mut self.accounts)),
            entries: Json(std::mem::take(&mut self.entries)),
            undone_by: None,
        };
        let form = self.submission.key.zip(Some(&self.submission.hash[..]));
        queries::changes::keep(&mut *self.tx, self.owner, &change, self.undoes, form).await?;
        let event = LedgerChanged { owner: self.owner };
        jobs::enqueue(&self.app, &mut self.tx, event).await?;
        self.tx.commit().await?;
        Ok(Saved::Done(Box::new(change)))
    }
}

/// The first balance that an account cannot have. `lines` in order.
pub fn impossible_balance(accounts: &[Account], lines: &[Line]) -> Option<Refusal> {
    let accounts: HashMap<AccountId, &Account> = accounts
        .iter()
        .map(|account| (account.id, account))
        .collect();
    let mut running: HashMap<AccountId, Running> = HashMap::new();
    for line in lines {
        let Some(account) = line.account.and_then(|id| accounts.get(&id)) else {
            continue;
        };
        let running = running.entry(account.id).or_default();
        let held = running.balance;
        running.apply(line.kind, line.amount);
        if running.balance.abs() >= Decimal::from(AMOUNT_LIMIT) {
            return Some(Refusal::TooLarge {
                account: account.name.clone(),
            });
        }
        if running.balance < Decimal::ZERO && !account.kind.may_be_negative() {
            let (account, currency) = (account.name.clone(), account.currency);
            return Some(Refusal::BelowZero {
                account,
                currency,
                held,
                at: line.occurred_at,
            });
        }
    }
    None
}

fn refusal_of(error: sqlx::Error) -> Result<Refusal> {
    if is_violation(&error, "accounts_user_group_name_key") {
        return Ok(Refusal::NameTaken);
    }
    Err(error.into())
}

fn changed_meanwhile() -> Error {
    // The screen fills in how it is now, in the fields of its form.
    Error::Changed(Vec::new())
}

impl Change {
    fn entry_ids(&self) -> Vec<Uuid> {
        self.entries
            .0
            .iter()
            .filter_map(Row::<Entry>::id)
            .map(|id| id.0)
            .collect()
    }

    /// The account that this change made or edited.
    pub fn account(&self) -> Option<AccountId> {
        self.accounts
            .0
            .iter()
            .find_map(|row| row.after.as_ref())
            .map(|account| account.id)
    }

    /// The entry that this change made or edited, as it is after it.
    pub fn entry(&self) -> Option<&Entry> {
        self.entries.0.iter().find_map(|row| row.after.as_ref())
    }
}

impl Row<Entry> {
    /// The entry's key.
    pub fn id(&self) -> Option<EntryId> {
        self.after
            .as_ref()
            .or(self.before.as_ref())
            .map(|entry| entry.id)
    }
}

impl Row<Account> {
    /// The account's key.
    pub fn id(&self) -> Option<AccountId> {
        self.after
            .as_ref()
            .or(self.before.as_ref())
            .map(|account| account.id)
    }
}
