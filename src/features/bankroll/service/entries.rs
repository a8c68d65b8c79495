//! Making, editing, deleting entries, and saying what a gap was.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{Action, Begun, MOST_ENTRIES, Refusal, Saved, Write, changed_meanwhile};
use crate::app::App;
use crate::error::{Error, Result};
use crate::features::bankroll::figures::Running;
use crate::features::bankroll::ledger::{Account, Entry, EntryKind};
use crate::features::bankroll::queries::{self, entries::Which};
use crate::ids::{AccountId, EntryId, TransferId, UserId};
use crate::money::Currency;
use crate::web::Submission;
use crate::web::parse::AMOUNT_LIMIT;

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

/// What an edit of an entry says.
#[derive(Clone, Debug)]
pub enum EntryEdit {
    Single(NewEntry),
    Transfer(NewTransfer),
}

/// Makes an entry.
pub async fn add_entry(
    app: &App,
    owner: UserId,
    submission: &Submission,
    new: &NewEntry,
) -> Result<Saved> {
    let mut write = begin!(app, owner, submission);
    if queries::lists::count(write.db(), owner, &queries::lists::Filter::default()).await?
        >= MOST_ENTRIES
    {
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
    let rows = queries::entries::whole(write.db(), owner, Which::Whole(balance)).await?;
    let row = rows.iter().find(|entry| entry.kind == EntryKind::Balance);
    let (row, account) = row
        .and_then(|row| Some((row, row.account?)))
        .ok_or(Error::NotFound)?;
    let lines = queries::entries::lines_of(write.db(), owner, &[account.0]).await?;
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
    if queries::lists::count(write.db(), owner, &queries::lists::Filter::default()).await? + 1
        >= MOST_ENTRIES
    {
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
    pub(super) async fn entry(
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
    let before = queries::entries::whole(write.db(), owner, Which::Whole(id)).await?;
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

/// Deletes an entry; a transfer with both its rows.
pub async fn delete_entry(
    app: &App,
    owner: UserId,
    submission: &Submission,
    id: EntryId,
) -> Result<Saved> {
    let mut write = begin!(app, owner, submission);
    let rows = queries::entries::whole(write.db(), owner, Which::Whole(id)).await?;
    if rows.is_empty() {
        return Err(Error::NotFound);
    }
    write.delete_entries(rows).await?;
    write.save(Action::Delete).await
}
