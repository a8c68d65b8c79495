//! Everything that changes the ledger. A write reads what it stands on, decides what becomes of it, and saves that with the
//! rows before and after it, from which it can be undone: two round trips, and between them nothing waits for it. What it
//! stands on must still be so when it is saved; otherwise it was another write's turn, and it begins again.

use std::collections::{HashMap, HashSet};

use anyhow::anyhow;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::figures::Running;
use super::ledger::{Account, Entry, EntryKind, Line};
use super::queries::{
    self,
    changes::{About, Change, Ground, Row},
};
use crate::app::App;
use crate::database;
use crate::error::{Error, Result, is_violation};
use crate::events::LedgerChanged;
use crate::ids::{AccountId, ChangeId, EntryId, UserId};
use crate::jobs::Slip;
use crate::money::{AMOUNT_LIMIT, Currency};
use crate::submission::Submission;

/// A user has at most this many accounts,
pub const MOST_ACCOUNTS: usize = 200;
/// and this many entries.
pub const MOST_ENTRIES: i32 = 200_000;

/// What a change did, for the history page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Add,
    Edit,
    Delete,
    Relabel,
    Check,
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
            Action::Check => "check",
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
    /// The account is not one of the user's, or it is in another currency.
    UnknownAccount,
    /// The kind of an entry stays.
    KindFixed,
    /// Of the balances that were checked together, these; each for a reason of its own.
    Checked(Vec<(AccountId, Refusal)>),
}

/// What became of a write.
#[derive(Debug)]
pub enum Saved {
    /// It was done; or the same form was sent before, and this is what it did then.
    Done(Box<Change>),
    Refused(Refusal),
}

/// A write that is being decided. Nothing of it is in the database before all of it is.
struct Write {
    now: DateTime<Utc>,
    /// The ledger as it is.
    ground: Ground,
    accounts: Vec<Row<Account>>,
    entries: Vec<Row<Entry>>,
    /// The change that this write undoes.
    undoes: Option<ChangeId>,
}

/// Why a write comes to nothing.
enum Stop {
    Refused(Refusal),
    Failed(Error),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Stop::Refused(refusal)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Failed(error)
    }
}

mod accounts;
mod check;
mod entries;
mod undo;

pub use accounts::{add_account, archive_account, delete_account, edit_account, reorder_accounts};
pub use check::check_balances;
pub use entries::{
    Answers, EarlierStart, Held, add_entry, delete_entry, edit_entry, explain_gap, held,
};
pub use undo::undo;

/// What a form did when it was sent before, with whatever was in it then: after [`Error::AlreadySaved`].
pub async fn saved_before(app: &App, owner: UserId, submission: &Submission) -> Result<Change> {
    let key = submission.key.ok_or(Error::AlreadySaved)?;
    let before = queries::changes::submitted(&app.db, owner, key).await?;
    let change = before.ok_or(Error::AlreadySaved)?;
    Ok(queries::changes::one(&app.db, owner, change).await?)
}

/// Does a write: reads what it is about, lets `decide` say what it comes to, and saves that. `decide` has only what was
/// read, and is asked again if that has changed meanwhile.
async fn write(
    app: &App,
    owner: UserId,
    submission: &Submission,
    about: About,
    decide: impl Fn(&mut Write) -> Result<Action, Stop> + Send + Sync,
) -> Result<Saved> {
    let sent = Sent {
        app,
        owner,
        submission,
        about,
        decide,
    };
    database::in_turn(&app.db, owner, sent).await
}

/// What was sent to be written.
struct Sent<'a, D> {
    app: &'a App,
    owner: UserId,
    submission: &'a Submission,
    about: About,
    decide: D,
}

impl<D: Fn(&mut Write) -> Result<Action, Stop> + Send + Sync> database::Write for Sent<'_, D> {
    type Done = Saved;

    async fn attempt(&self, db: &mut PgConnection) -> Result<Option<Saved>> {
        let (owner, form) = (self.owner, self.submission);
        let ground = queries::changes::ground(&mut *db, owner, form.key, &self.about).await?;
        if let Some(hash) = &ground.request_hash {
            let (true, Some(change)) = (*hash == form.hash, ground.saved) else {
                return Err(Error::AlreadySaved);
            };
            let change = queries::changes::one(&mut *db, owner, change).await?;
            return Ok(Some(Saved::Done(Box::new(change))));
        }
        let mut write = Write {
            now: self.app.now(),
            ground,
            accounts: Vec::new(),
            entries: Vec::new(),
            undoes: None,
        };
        match (self.decide)(&mut write) {
            Ok(action) => write.save(db, owner, form, action).await,
            Err(Stop::Refused(refusal)) => Ok(Some(Saved::Refused(refusal))),
            Err(Stop::Failed(error)) => Err(error),
        }
    }
}

impl Write {
    /// The user's accounts as this write leaves them, in no order.
    fn accounts(&self) -> Vec<Account> {
        let mut accounts = self.ground.accounts.clone();
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

    /// The lines that were read, as this write leaves them, in order.
    fn lines(&self) -> Vec<Line> {
        let touched: HashSet<EntryId> = self.entries.iter().filter_map(Row::<Entry>::id).collect();
        let left = self.ground.lines.iter().cloned();
        let after = self.entries.iter().filter_map(|row| row.after.as_ref());
        let mut lines: Vec<(Line, i64)> = left
            .filter(|(line, _)| !touched.contains(&line.id))
            .chain(after.map(|entry| (entry.into(), entry.position)))
            .collect();
        lines.sort_by_key(|(line, position)| (line.occurred_at, *position, line.id));
        lines.into_iter().map(|(line, _)| line).collect()
    }

    /// A position for an entry made now, or the one directly before another entry.
    fn place(
        &mut self,
        before: Option<EntryId>,
        occurred_at: DateTime<Utc>,
    ) -> Result<(DateTime<Utc>, i64)> {
        if let Some(id) = before {
            let mut all = self.ground.entries.iter();
            let balance = all.find(|entry| entry.id == id && entry.kind == EntryKind::Balance);
            let balance = balance.ok_or(Error::NotFound)?;
            return Ok((balance.occurred_at, balance.position - 1));
        }
        let position = self.ground.positions.next();
        let position = position.ok_or_else(|| anyhow!("the write has no more positions"))?;
        Ok((occurred_at, position))
    }

    fn insert_entries(&mut self, entries: impl IntoIterator<Item = Entry>) {
        self.entries.extend(entries.into_iter().map(|entry| Row {
            before: None,
            after: Some(entry),
        }));
    }

    fn update_entries(&mut self, rows: impl IntoIterator<Item = (Entry, Entry)>) {
        self.entries
            .extend(rows.into_iter().map(|(before, after)| Row {
                before: Some(before),
                after: Some(after),
            }));
    }

    fn delete_entries(&mut self, entries: impl IntoIterator<Item = Entry>) {
        self.entries.extend(entries.into_iter().map(|entry| Row {
            before: Some(entry),
            after: None,
        }));
    }

    fn change_account(&mut self, before: Option<Account>, after: Option<Account>) {
        self.accounts.push(Row { before, after });
    }

    /// Refuses what makes a balance impossible at any time.
    fn check_balances(&self) -> Result<(), Stop> {
        let entries = self
            .entries
            .iter()
            .flat_map(|row| [&row.before, &row.after]);
        let edited = self.accounts.iter().filter_map(|row| row.after.as_ref());
        let mut written = entries
            .flatten()
            .filter_map(|entry| entry.account)
            .chain(edited.map(|account| account.id));
        let is_known = |id: &AccountId| {
            let is_new = |row: &Row<Account>| row.before.is_none() && row.id() == Some(*id);
            self.ground.read.contains(id) || self.accounts.iter().any(is_new)
        };
        // A check of half of the lines would pass what it must not.
        if !written.all(|id| is_known(&id)) {
            let unread = anyhow!("the write changes an account whose entries it has not read");
            return Err(Error::Internal(unread).into());
        }
        match impossible_balance(&self.accounts(), &self.lines()) {
            Some(refusal) => Err(refusal.into()),
            None => Ok(()),
        }
    }

    /// Saves what was decided, unless the ledger is not any more what that stands on.
    async fn save(
        self,
        db: &mut PgConnection,
        owner: UserId,
        submission: &Submission,
        action: Action,
    ) -> Result<Option<Saved>> {
        let change = Change {
            id: ChangeId::random(),
            made_at: self.now,
            action: action.as_str().to_owned(),
            accounts: Json(self.accounts),
            entries: Json(self.entries),
            undone_by: None,
        };
        let form = submission.key.zip(Some(&submission.hash[..]));
        let follows = Slip::of(&LedgerChanged { owner })?;
        let (version, undoes) = (self.ground.version, self.undoes);
        match queries::changes::save(db, owner, version, &change, undoes, form, &follows).await {
            Ok(true) => Ok(Some(Saved::Done(Box::new(change)))),
            Ok(false) => Ok(None),
            Err(error) if is_violation(&error, "accounts_user_group_name_key") => {
                Ok(Some(Saved::Refused(Refusal::NameTaken)))
            }
            Err(error) => Err(error.into()),
        }
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

fn changed_meanwhile() -> Error {
    // The screen fills in how it is now, in the fields of its form.
    Error::Changed(Vec::new())
}

impl Change {
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
