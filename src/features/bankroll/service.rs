//! Everything that changes the ledger. A write is one transaction: it locks the user's ledger, applies the change,
//! checks that no balance became impossible, and keeps the rows before and after, from which it can be undone.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::types::Json;
use sqlx::{PgConnection, Postgres, Transaction};
use uuid::Uuid;

use super::figures::Running;
use super::ledger::{Account, AccountKind, Entry, EntryKind, Line};
use super::queries::{self, Change, Row, Which};
use crate::app::App;
use crate::error::{Error, Result, is_violation};
use crate::ids::{AccountId, ChangeId, EntryId, TransferId, UserId};
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

/// An entry to be made, except a transfer.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// `None` for a deposit or withdrawal whose account is not kept here.
    pub account: Option<AccountId>,
    pub kind: EntryKind,
    /// Signed as the account sees it.
    pub amount: Decimal,
    /// Of the account, if there is one.
    pub currency: Currency,
    pub occurred_at: DateTime<Utc>,
    pub note: String,
    pub tags: Vec<String>,
    /// The entry explains the gap of this balance: it goes directly before it.
    pub before: Option<EntryId>,
}

/// A transfer to be made. All amounts are above zero; the fee may be zero.
#[derive(Clone, Debug)]
pub struct NewTransfer {
    pub from: AccountId,
    pub to: AccountId,
    /// What left for the other account, without the fee.
    pub sent: Decimal,
    /// What was charged on top, in the currency of `from`.
    pub fee: Decimal,
    /// What arrived, in the currency of `to`.
    pub received: Decimal,
    pub occurred_at: DateTime<Utc>,
    pub note: String,
    pub tags: Vec<String>,
    /// The transfer explains the gap of this balance.
    pub before: Option<EntryId>,
}

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub kind: AccountKind,
    pub name: String,
    pub currency: Currency,
    pub opening: Decimal,
    /// The opening balance is money put in; otherwise it counts as won before.
    pub is_deposit: bool,
}

/// What an edit of an account says.
#[derive(Clone, Debug)]
pub struct AccountEdit {
    pub kind: AccountKind,
    pub name: String,
    pub currency: Currency,
    /// The version that was edited.
    pub version: i32,
}

/// What an edit of an entry says.
#[derive(Clone, Debug)]
pub enum EntryEdit {
    Single(NewEntry),
    Transfer(NewTransfer),
}

/// A write in progress.
struct Write {
    tx: Transaction<'static, Postgres>,
    owner: UserId,
    submission: Submission,
    now: DateTime<Utc>,
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

impl Write {
    async fn begin(app: &App, owner: UserId, submission: &Submission) -> Result<Begun> {
        let mut tx = app.db.begin().await?;
        queries::lock_ledger(&mut *tx, owner).await?;
        if let Some(key) = submission.key
            && let Some(before) = queries::submitted(&mut *tx, owner, key).await?
        {
            let (true, Some(change)) = (before.request_hash == submission.hash, before.change)
            else {
                return Err(Error::AlreadySaved);
            };
            return Ok(Begun::Repeated(Box::new(
                queries::change(&mut *tx, owner, change).await?,
            )));
        }
        Ok(Begun::New(Box::new(Write {
            tx,
            owner,
            submission: submission.clone(),
            now: app.now(),
            accounts: Vec::new(),
            entries: Vec::new(),
            undoes: None,
        })))
    }

    fn db(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    async fn account(&mut self, id: AccountId) -> Result<Account> {
        let owner = self.owner;
        Ok(queries::account(self.db(), owner, id).await?)
    }

    /// A position for an entry made now, or the one directly before another entry.
    async fn place(
        &mut self,
        before: Option<EntryId>,
        occurred_at: DateTime<Utc>,
    ) -> Result<(DateTime<Utc>, i64)> {
        let owner = self.owner;
        if let Some(id) = before {
            let all = queries::whole_entries(self.db(), owner, Which::Whole(id)).await?;
            let balance = all
                .iter()
                .find(|entry| entry.id == id && entry.kind == EntryKind::Balance);
            let balance = balance.ok_or(Error::NotFound)?;
            return Ok((balance.occurred_at, balance.position - 1));
        }
        let positions = queries::next_positions(self.db(), 1).await?;
        Ok((occurred_at, positions.first().copied().unwrap_or_default()))
    }

    async fn insert_entries(&mut self, entries: Vec<Entry>) -> Result<()> {
        let owner = self.owner;
        queries::insert_entries(self.db(), owner, &entries).await?;
        self.entries.extend(entries.into_iter().map(|entry| Row {
            before: None,
            after: Some(entry),
        }));
        Ok(())
    }

    async fn update_entries(&mut self, rows: Vec<(Entry, Entry)>) -> Result<()> {
        let owner = self.owner;
        let after: Vec<Entry> = rows.iter().map(|(_, after)| after.clone()).collect();
        queries::update_entries(self.db(), owner, &after).await?;
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
        queries::delete_entries(self.db(), owner, &ids).await?;
        self.entries.extend(entries.into_iter().map(|entry| Row {
            before: Some(entry),
            after: None,
        }));
        Ok(())
    }

    async fn update_account(&mut self, before: Account, after: Account) -> Result<Option<Refusal>> {
        let owner = self.owner;
        if let Err(error) =
            queries::update_accounts(self.db(), owner, std::slice::from_ref(&after)).await
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
        let accounts = queries::accounts(self.db(), owner).await?;
        let lines = queries::lines_of(self.db(), owner, &touched).await?;
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
        queries::insert_change(&mut *self.tx, self.owner, &change).await?;
        if let Some(undone) = self.undoes {
            queries::set_undone(&mut *self.tx, self.owner, undone, change.id).await?;
        }
        if let Some(key) = self.submission.key {
            let hash = &self.submission.hash;
            queries::insert_submission(&mut *self.tx, self.owner, key, hash, change.id, self.now)
                .await?;
        }
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

/// Makes an entry.
pub async fn add_entry(
    app: &App,
    owner: UserId,
    submission: &Submission,
    new: &NewEntry,
) -> Result<Saved> {
    let mut write = begin!(app, owner, submission);
    if queries::count(write.db(), owner, &queries::Filter::default()).await? >= MOST_ENTRIES {
        refuse!(Refusal::TooManyEntries);
    }
    let (occurred_at, position) = write.place(new.before, new.occurred_at).await?;
    let Some(entry) = write
        .entry(EntryId::random(), new, occurred_at, position)
        .await?
    else {
        refuse!(Refusal::UnknownAccount);
    };
    write.insert_entries(vec![entry]).await?;
    write
        .save(if new.before.is_some() {
            Action::Relabel
        } else {
            Action::Add
        })
        .await
}

/// Makes the entry that a balance's gap was, other than play, directly before that balance.
pub async fn explain_gap(
    app: &App,
    owner: UserId,
    submission: &Submission,
    balance: EntryId,
    kind: EntryKind,
) -> Result<Saved> {
    let mut write = begin!(app, owner, submission);
    let rows = queries::whole_entries(write.db(), owner, Which::Whole(balance)).await?;
    let row = rows.iter().find(|entry| entry.kind == EntryKind::Balance);
    let (row, account) = row
        .and_then(|row| Some((row, row.account?)))
        .ok_or(Error::NotFound)?;
    let lines = queries::lines_of(write.db(), owner, &[account.0]).await?;
    let mut running = Running::default();
    let mut changes = lines
        .iter()
        .map(|line| (line.id, running.apply(line.kind, line.amount)));
    let gap = changes
        .find(|(id, _)| *id == balance)
        .map(|(_, change)| change)
        .unwrap_or_default();
    let explains = match kind {
        EntryKind::Deposit | EntryKind::Bonus => gap > Decimal::ZERO,
        EntryKind::Withdrawal | EntryKind::Expense => gap < Decimal::ZERO,
        EntryKind::Balance | EntryKind::Transfer => false,
    };
    if !explains {
        refuse!(Refusal::NoSuchGap);
    }
    if gap.abs() >= Decimal::from(AMOUNT_LIMIT) {
        let account = write.account(account).await?.name;
        refuse!(Refusal::TooLarge { account });
    }
    let new = NewEntry {
        account: Some(account),
        kind,
        amount: gap,
        currency: row.currency,
        occurred_at: row.occurred_at,
        note: String::new(),
        tags: Vec::new(),
        before: Some(balance),
    };
    let (occurred_at, position) = write.place(new.before, new.occurred_at).await?;
    let Some(entry) = write
        .entry(EntryId::random(), &new, occurred_at, position)
        .await?
    else {
        refuse!(Refusal::UnknownAccount);
    };
    write.insert_entries(vec![entry]).await?;
    write.save(Action::Relabel).await
}

/// Makes a transfer: two rows.
pub async fn add_transfer(
    app: &App,
    owner: UserId,
    submission: &Submission,
    new: &NewTransfer,
) -> Result<Saved> {
    let mut write = begin!(app, owner, submission);
    if queries::count(write.db(), owner, &queries::Filter::default()).await? + 1 >= MOST_ENTRIES {
        refuse!(Refusal::TooManyEntries);
    }
    let (occurred_at, position) = write.place(new.before, new.occurred_at).await?;
    let ids = (EntryId::random(), EntryId::random(), TransferId::random());
    let rows = match write.transfer(ids, new, occurred_at, position).await? {
        Ok(rows) => rows,
        Err(refusal) => refuse!(refusal),
    };
    write.insert_entries(rows.into()).await?;
    write
        .save(if new.before.is_some() {
            Action::Relabel
        } else {
            Action::Add
        })
        .await
}

impl Write {
    /// The row of a new entry. `None` if its account is not the user's, or is in another currency.
    async fn entry(
        &mut self,
        id: EntryId,
        new: &NewEntry,
        occurred_at: DateTime<Utc>,
        position: i64,
    ) -> Result<Option<Entry>> {
        if let Some(account) = new.account {
            match self.account(account).await {
                Ok(account) if account.currency == new.currency => {}
                Ok(_) | Err(Error::NotFound) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        Ok(Some(Entry {
            id,
            account: new.account,
            kind: new.kind,
            amount: new.amount,
            fee: Decimal::ZERO,
            currency: new.currency,
            occurred_at,
            position,
            transfer: None,
            note: new.note.clone(),
            tags: new.tags.clone(),
            version: 1,
        }))
    }

    /// The two rows of a transfer, out and in.
    async fn transfer(
        &mut self,
        (out_id, in_id, transfer): (EntryId, EntryId, TransferId),
        new: &NewTransfer,
        occurred_at: DateTime<Utc>,
        position: i64,
    ) -> Result<Result<[Entry; 2], Refusal>> {
        if new.from == new.to {
            return Ok(Err(Refusal::SameAccount));
        }
        let (from, to) = match (self.account(new.from).await, self.account(new.to).await) {
            (Ok(from), Ok(to)) => (from, to),
            (Err(Error::NotFound), _) | (_, Err(Error::NotFound)) => {
                return Ok(Err(Refusal::UnknownAccount));
            }
            (Err(error), _) | (_, Err(error)) => return Err(error),
        };
        if new.sent + new.fee >= Decimal::from(AMOUNT_LIMIT) {
            return Ok(Err(Refusal::TooLarge { account: from.name }));
        }
        let row = |id, account: &Account, amount, fee| Entry {
            id,
            account: Some(account.id),
            kind: EntryKind::Transfer,
            amount,
            fee,
            currency: account.currency,
            occurred_at,
            position,
            transfer: Some(transfer),
            note: new.note.clone(),
            tags: new.tags.clone(),
            version: 1,
        };
        Ok(Ok([
            row(out_id, &from, -(new.sent + new.fee), new.fee),
            row(in_id, &to, new.received, Decimal::ZERO),
        ]))
    }
}

/// Overwrites an entry; a transfer with both its rows. `version` is the one that was edited.
pub async fn edit_entry(
    app: &App,
    owner: UserId,
    submission: &Submission,
    id: EntryId,
    version: i32,
    edit: &EntryEdit,
) -> Result<Saved> {
    let mut write = begin!(app, owner, submission);
    let before = queries::whole_entries(write.db(), owner, Which::Whole(id)).await?;
    let edited = before
        .iter()
        .find(|entry| entry.id == id)
        .ok_or(Error::NotFound)?;
    if edited.version != version {
        return Err(changed_meanwhile());
    }
    let after = match edit {
        EntryEdit::Single(new) => {
            let row = write
                .entry(id, new, new.occurred_at, edited.position)
                .await?;
            row.map(|row| vec![row]).ok_or(Refusal::UnknownAccount)
        }
        EntryEdit::Transfer(new) => {
            let half = |sent: bool| {
                before
                    .iter()
                    .find(|entry| entry.amount.is_sign_negative() == sent)
            };
            let (Some(out), Some(into), Some(transfer)) =
                (half(true), half(false), edited.transfer)
            else {
                return Err(Error::NotFound);
            };
            let ids = (out.id, into.id, transfer);
            write
                .transfer(ids, new, new.occurred_at, edited.position)
                .await?
                .map(Vec::from)
        }
    };
    let after = match after {
        Ok(after) => after,
        Err(refusal) => refuse!(refusal),
    };
    let rows = before.into_iter().filter_map(|before| {
        let mut after = after.iter().find(|after| after.id == before.id)?.clone();
        after.version = before.version + 1;
        Some((before, after))
    });
    write.update_entries(rows.collect()).await?;
    write.save(Action::Edit).await
}

fn changed_meanwhile() -> Error {
    Error::Conflict("It was changed on another page or device after you opened it. Open it again to see it as it is now.".into())
}

/// Deletes an entry; a transfer with both its rows.
pub async fn delete_entry(
    app: &App,
    owner: UserId,
    submission: &Submission,
    id: EntryId,
) -> Result<Saved> {
    let mut write = begin!(app, owner, submission);
    let rows = queries::whole_entries(write.db(), owner, Which::Whole(id)).await?;
    if rows.is_empty() {
        return Err(Error::NotFound);
    }
    write.delete_entries(rows).await?;
    write.save(Action::Delete).await
}

/// Makes an account, with its opening balance as a deposit or as a balance.
pub async fn add_account(
    app: &App,
    owner: UserId,
    submission: &Submission,
    new: &NewAccount,
) -> Result<Saved> {
    let mut write = begin!(app, owner, submission);
    let others = queries::accounts(write.db(), owner).await?;
    if others.len() >= MOST_ACCOUNTS {
        refuse!(Refusal::TooManyAccounts);
    }
    let account = Account {
        id: AccountId::random(),
        kind: new.kind,
        name: new.name.clone(),
        currency: new.currency,
        position: others
            .iter()
            .map(|account| account.position)
            .max()
            .unwrap_or(0)
            + 1,
        archived_at: None,
        version: 1,
    };
    if let Err(error) =
        queries::insert_accounts(write.db(), owner, std::slice::from_ref(&account)).await
    {
        refuse!(refusal_of(error)?);
    }
    write.accounts.push(Row {
        before: None,
        after: Some(account.clone()),
    });
    if !new.opening.is_zero() {
        let opening = NewEntry {
            account: Some(account.id),
            kind: if new.is_deposit {
                EntryKind::Deposit
            } else {
                EntryKind::Balance
            },
            amount: new.opening,
            currency: new.currency,
            occurred_at: write.now,
            note: String::new(),
            tags: Vec::new(),
            before: None,
        };
        let (occurred_at, position) = write.place(None, opening.occurred_at).await?;
        let entry = write
            .entry(EntryId::random(), &opening, occurred_at, position)
            .await?;
        write.insert_entries(entry.into_iter().collect()).await?;
    }
    write.save(Action::AddAccount).await
}

/// Renames an account, or changes its kind; its currency only while it has no entries.
pub async fn edit_account(
    app: &App,
    owner: UserId,
    submission: &Submission,
    id: AccountId,
    edit: &AccountEdit,
) -> Result<Saved> {
    let mut write = begin!(app, owner, submission);
    let before = write.account(id).await?;
    if before.version != edit.version {
        return Err(changed_meanwhile());
    }
    if edit.currency != before.currency && queries::count_entries(write.db(), owner, id).await? > 0
    {
        refuse!(Refusal::CurrencyFixed);
    }
    let after = Account {
        kind: edit.kind,
        name: edit.name.clone(),
        currency: edit.currency,
        version: before.version + 1,
        ..before.clone()
    };
    if let Some(refusal) = write.update_account(before, after).await? {
        refuse!(refusal);
    }
    write.save(Action::EditAccount).await
}

/// Puts an account away, or takes it back.
pub async fn archive_account(
    app: &App,
    owner: UserId,
    submission: &Submission,
    id: AccountId,
    archive: bool,
) -> Result<Saved> {
    let mut write = begin!(app, owner, submission);
    let before = write.account(id).await?;
    let archived_at = archive.then_some(write.now);
    let after = Account {
        archived_at,
        version: before.version + 1,
        ..before.clone()
    };
    if let Some(refusal) = write.update_account(before, after).await? {
        refuse!(refusal);
    }
    write
        .save(if archive {
            Action::Archive
        } else {
            Action::Restore
        })
        .await
}

/// Puts the accounts in an order. Those that are not named keep theirs, after the named.
pub async fn reorder_accounts(
    app: &App,
    owner: UserId,
    submission: &Submission,
    order: &[AccountId],
) -> Result<Saved> {
    let mut write = begin!(app, owner, submission);
    let before = queries::accounts(write.db(), owner).await?;
    let mut sorted = before.clone();
    sorted.sort_by_key(|account| {
        order
            .iter()
            .position(|id| *id == account.id)
            .unwrap_or(usize::MAX)
    });
    let mut after = Vec::new();
    for (position, account) in (1..).zip(sorted) {
        if account.position != position {
            let old = before.iter().find(|old| old.id == account.id).cloned();
            let new = Account {
                position,
                version: account.version + 1,
                ..account
            };
            write.accounts.push(Row {
                before: old,
                after: Some(new.clone()),
            });
            after.push(new);
        }
    }
    queries::update_accounts(write.db(), owner, &after).await?;
    write.commit(Action::Reorder).await
}

/// Deletes an account with its entries. The other halves of its transfers stay where they are, as deposits and
/// withdrawals: seen from what is left, that money came from outside or went there.
pub async fn delete_account(
    app: &App,
    owner: UserId,
    submission: &Submission,
    id: AccountId,
) -> Result<Saved> {
    let mut write = begin!(app, owner, submission);
    let account = write.account(id).await?;
    let all = queries::whole_entries(write.db(), owner, Which::OfAccount(id)).await?;
    let (own, halves): (Vec<Entry>, Vec<Entry>) =
        all.into_iter().partition(|entry| entry.account == Some(id));
    let relabelled = halves.into_iter().map(|half| {
        let sent = half.amount.is_sign_negative();
        let kind = if sent {
            EntryKind::Withdrawal
        } else {
            EntryKind::Deposit
        };
        let after = Entry {
            kind,
            transfer: None,
            fee: Decimal::ZERO,
            version: half.version + 1,
            ..half.clone()
        };
        (half, after)
    });
    write.update_entries(relabelled.collect()).await?;
    write.delete_entries(own).await?;
    queries::delete_accounts(write.db(), owner, &[id.0]).await?;
    write.accounts.push(Row {
        before: Some(account),
        after: None,
    });
    write.save(Action::DeleteAccount).await
}

/// Takes a change back, if nothing it touched has changed since.
pub async fn undo(
    app: &App,
    owner: UserId,
    submission: &Submission,
    id: ChangeId,
) -> Result<Saved> {
    let mut write = begin!(app, owner, submission);
    let change = queries::change(write.db(), owner, id).await?;
    if change.undone_by.is_some() {
        refuse!(Refusal::AlreadyUndone);
    }
    let ids: Vec<Uuid> = change.entry_ids();
    let now = queries::entries_with_ids(write.db(), owner, &ids).await?;
    let accounts = queries::accounts(write.db(), owner).await?;
    let entry_as_left = |row: &Row<Entry>| {
        let id = row.id();
        now.iter().find(|entry| Some(entry.id) == id) == row.after.as_ref()
    };
    let account_as_left = |row: &Row<Account>| {
        let id = row.id();
        accounts.iter().find(|account| Some(account.id) == id) == row.after.as_ref()
    };
    if !change.entries.0.iter().all(entry_as_left) || !change.accounts.0.iter().all(account_as_left)
    {
        refuse!(Refusal::ChangedSince);
    }
    match write.put_back(change).await? {
        None => write.save(Action::Undo).await,
        Some(refusal) => Ok(Saved::Refused(refusal)),
    }
}

impl Write {
    /// Puts the rows before a change back: entries go before their accounts do, and come back after them.
    async fn put_back(&mut self, change: Change) -> Result<Option<Refusal>> {
        let owner = self.owner;
        let (added, other): (Vec<_>, Vec<_>) = change
            .entries
            .0
            .into_iter()
            .partition(|row| row.before.is_none());
        self.delete_entries(added.into_iter().filter_map(|row| row.after).collect())
            .await?;
        for row in change.accounts.0 {
            match (row.before, row.after) {
                (None, Some(added)) => {
                    if queries::count_entries(self.db(), owner, added.id).await? > 0 {
                        return Ok(Some(Refusal::ChangedSince));
                    }
                    queries::delete_accounts(self.db(), owner, &[added.id.0]).await?;
                    self.accounts.push(Row {
                        before: Some(added),
                        after: None,
                    });
                }
                (Some(old), Some(edited)) => {
                    let back = Account {
                        version: edited.version + 1,
                        ..old
                    };
                    if let Some(refusal) = self.update_account(edited, back).await? {
                        return Ok(Some(refusal));
                    }
                }
                (Some(deleted), None) => {
                    if let Err(error) =
                        queries::insert_accounts(self.db(), owner, std::slice::from_ref(&deleted))
                            .await
                    {
                        return refusal_of(error).map(Some);
                    }
                    self.accounts.push(Row {
                        before: None,
                        after: Some(deleted),
                    });
                }
                (None, None) => {}
            }
        }
        // An entry comes back only into an account that is there, in the currency it was made in.
        let accounts = queries::accounts(self.db(), owner).await?;
        let fits = |entry: &Entry| {
            let found = accounts
                .iter()
                .find(|account| Some(account.id) == entry.account);
            entry.account.is_none()
                || found.is_some_and(|account| account.currency == entry.currency)
        };
        if !other.iter().filter_map(|row| row.before.as_ref()).all(fits) {
            return Ok(Some(Refusal::ChangedSince));
        }
        let (deleted, edited): (Vec<_>, Vec<_>) =
            other.into_iter().partition(|row| row.after.is_none());
        let back = edited.into_iter().filter_map(|row| {
            let (old, edited) = (row.before?, row.after?);
            let back = Entry {
                version: edited.version + 1,
                ..old
            };
            Some((edited, back))
        });
        self.update_entries(back.collect()).await?;
        self.insert_entries(deleted.into_iter().filter_map(|row| row.before).collect())
            .await?;
        self.undoes = Some(change.id);
        Ok(None)
    }
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
