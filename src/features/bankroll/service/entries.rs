//! Making, editing, deleting entries, and saying what a gap was.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgExecutor;

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
    pub answers: Answers,
}

/// What was answered to what the ledger asks before it takes an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// A balance that is [`Refusal::Unusual`] is meant.
    pub is_meant: bool,
    /// What becomes of the start of an account that the entry is before: see [`Refusal::BeforeStart`].
    pub earlier: Option<EarlierStart>,
}

/// What becomes of the start of an account when an earlier entry is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EarlierStart {
    /// The account starts with the earlier entry, and what it was started with becomes a balance that was seen then.
    Move,
    /// It stays: the earlier entry changes what the account holds.
    Keep,
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
    pub answers: Answers,
}

/// What an edit of an entry says.
#[derive(Clone, Debug)]
pub enum EntryEdit {
    Single(NewEntry),
    Transfer(NewTransfer),
}

/// What an account should hold just before an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub balance: Decimal,
    /// When the newest entry before it was; `None` if it is the account's first.
    pub since: Option<DateTime<Utc>>,
}

impl Held {
    /// Whether a balance is more than ten times this or less than a tenth of it. An account that was empty, or is now, is
    /// nothing unusual.
    fn is_far_from(&self, amount: Decimal) -> bool {
        let (held, shown) = (self.balance.abs(), amount.abs());
        let tenfold = |less: Decimal, more: Decimal| {
            less.checked_mul(Decimal::TEN)
                .is_some_and(|tenfold| more > tenfold)
        };
        !held.is_zero() && !shown.is_zero() && (tenfold(held, shown) || tenfold(shown, held))
    }
}

/// What an account should hold when an entry of this moment is saved: a new one, which comes after all that are there in
/// the same instant, or an edited one, which keeps its place and is left out.
///
/// The difference that is previewed, asked about and told is a balance less this.
pub async fn held(
    db: impl PgExecutor<'_>,
    owner: UserId,
    account: AccountId,
    at: DateTime<Utc>,
    edited: Option<&Entry>,
) -> sqlx::Result<Held> {
    let place = (at, edited.map_or(i64::MAX, |entry| entry.position));
    let left_out = edited.map(|entry| entry.id);
    let lines = queries::entries::lines_before(db, owner, account, place, left_out).await?;
    let mut running = Running::default();
    for line in &lines {
        running.apply(line.kind, line.amount);
    }
    Ok(Held {
        balance: running.balance,
        since: lines.last().map(|line| line.occurred_at),
    })
}

/// Makes an entry.
pub async fn add_entry(
    app: &App,
    owner: UserId,
    submission: &Submission,
    new: &NewEntry,
) -> Result<Saved> {
    let mut write = begin!(app, owner, submission);
    if write.count >= MOST_ENTRIES {
        refuse!(Refusal::TooManyEntries);
    }
    let (occurred_at, position) = write.place(new.before, new.occurred_at).await?;
    let Some(entry) = write.entry(EntryId::random(), new, occurred_at, position)? else {
        refuse!(Refusal::UnknownAccount);
    };
    if new.before.is_none()
        && let Some(refusal) = write.before_start(&[&entry], new.answers.earlier).await?
    {
        refuse!(refusal);
    }
    write.insert_entries(vec![entry.clone()]).await?;
    let action = if new.before.is_some() {
        Action::Relabel
    } else {
        Action::Add
    };
    write.save_unless_slip(action, &entry, new.answers).await
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
        let account = write.account(account)?.name;
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
        answers: Answers {
            is_meant: true,
            earlier: None,
        },
    };
    let (occurred_at, position) = write.place(new.before, new.occurred_at).await?;
    let Some(entry) = write.entry(EntryId::random(), &new, occurred_at, position)? else {
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
    if write.count + 1 >= MOST_ENTRIES {
        refuse!(Refusal::TooManyEntries);
    }
    let (occurred_at, position) = write.place(new.before, new.occurred_at).await?;
    let ids = (EntryId::random(), EntryId::random(), TransferId::random());
    let rows = match write.transfer(ids, new, occurred_at, position)? {
        Ok(rows) => rows,
        Err(refusal) => refuse!(refusal),
    };
    if new.before.is_none()
        && let Some(refusal) = write
            .before_start(&rows.each_ref(), new.answers.earlier)
            .await?
    {
        refuse!(refusal);
    }
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
    /// Saves what was written of an entry, unless it is a balance that is far from what it should be and is not said to
    /// be meant.
    async fn save_unless_slip(
        mut self,
        action: Action,
        entry: &Entry,
        answers: Answers,
    ) -> Result<Saved> {
        // What cannot be is refused before anything is asked.
        if let Some(refusal) = self.impossible_balance().await? {
            refuse!(refusal);
        }
        if let (EntryKind::Balance, Some(account), false) =
            (entry.kind, entry.account, answers.is_meant)
        {
            let owner = self.owner;
            let held = held(self.db(), owner, account, entry.occurred_at, Some(entry)).await?;
            if held.is_far_from(entry.amount) {
                refuse!(Refusal::Unusual {
                    account: self.account(account)?.name,
                    currency: entry.currency,
                    held: held.balance,
                    amount: entry.amount,
                });
            }
        }
        self.commit(action).await
    }

    /// Looks for accounts that were started after these entries. Their start is moved, if that was the answer; without an
    /// answer it is asked for.
    ///
    /// An account starts with what it holds on that day, as a deposit. With an earlier entry that is counted twice. So the
    /// start becomes a balance, which holds whatever was before; and if the earlier entry is a balance, that is what the
    /// account starts with.
    async fn before_start(
        &mut self,
        entries: &[&Entry],
        answer: Option<EarlierStart>,
    ) -> Result<Option<Refusal>> {
        if answer == Some(EarlierStart::Keep) {
            return Ok(None);
        }
        let owner = self.owner;
        for entry in entries {
            let Some(account) = entry.account else {
                continue;
            };
            let start = queries::entries::start_of(self.db(), owner, account).await?;
            let is_flow =
                |row: &&Entry| matches!(row.kind, EntryKind::Deposit | EntryKind::Withdrawal);
            let Some(flow) = start.iter().find(is_flow) else {
                continue;
            };
            let seen = start.iter().find(|row| row.kind == EntryKind::Balance);
            let is_balance = entry.kind == EntryKind::Balance;
            if entry.occurred_at >= flow.occurred_at
                || start.iter().any(|row| row.id == entry.id)
                // What was put in is told apart from what was seen then: only what was seen before changes it.
                || seen.is_some() && !is_balance
            {
                continue;
            }
            if answer.is_none() {
                let account = self.account(account)?;
                return Ok(Some(Refusal::BeforeStart {
                    account: account.name,
                    currency: account.currency,
                    started_at: flow.occurred_at,
                    opening: seen.unwrap_or(flow).amount,
                }));
            }
            let mut moved = flow.clone();
            moved.version += 1;
            if seen.is_some() {
                moved.occurred_at = entry.occurred_at;
                moved.position = entry.position - 1;
            } else {
                moved.kind = EntryKind::Balance;
                if is_balance && !entry.amount.is_zero() {
                    self.insert_entries(vec![Entry {
                        id: EntryId::random(),
                        kind: if entry.amount.is_sign_negative() {
                            EntryKind::Withdrawal
                        } else {
                            EntryKind::Deposit
                        },
                        position: entry.position - 1,
                        note: String::new(),
                        tags: Vec::new(),
                        version: 1,
                        ..(*entry).clone()
                    }])
                    .await?;
                }
            }
            self.update_entries(vec![(flow.clone(), moved)]).await?;
        }
        Ok(None)
    }

    /// The row of a new entry. `None` if its account is not the user's, or is in another currency.
    pub(super) fn entry(
        &self,
        id: EntryId,
        new: &NewEntry,
        occurred_at: DateTime<Utc>,
        position: i64,
    ) -> Result<Option<Entry>> {
        if let Some(account) = new.account {
            match self.account(account) {
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
    fn transfer(
        &self,
        (out_id, in_id, transfer): (EntryId, EntryId, TransferId),
        new: &NewTransfer,
        occurred_at: DateTime<Utc>,
        position: i64,
    ) -> Result<Result<[Entry; 2], Refusal>> {
        if new.from == new.to {
            return Ok(Err(Refusal::SameAccount));
        }
        let (from, to) = match (self.account(new.from), self.account(new.to)) {
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
            let row = write.entry(id, new, new.occurred_at, edited.position)?;
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
                .transfer(ids, new, new.occurred_at, edited.position)?
                .map(Vec::from)
        }
    };
    let after = match after {
        Ok(after) => after,
        Err(refusal) => refuse!(refusal),
    };
    let answers = match edit {
        EntryEdit::Single(new) => new.answers,
        EntryEdit::Transfer(new) => new.answers,
    };
    let earlier: Vec<&Entry> = after
        .iter()
        .filter(|after| after.occurred_at < edited.occurred_at)
        .collect();
    if let Some(refusal) = write.before_start(&earlier, answers.earlier).await? {
        refuse!(refusal);
    }
    let rows = before.into_iter().filter_map(|before| {
        let mut after = after.iter().find(|after| after.id == before.id)?.clone();
        after.version = before.version + 1;
        Some((before, after))
    });
    let rows: Vec<(Entry, Entry)> = rows.collect();
    // What stands as it was is not asked about again when a note is added.
    let is_same = |(before, after): &&(Entry, Entry)| {
        (before.amount, before.account) == (after.amount, after.account)
    };
    let changed = rows
        .iter()
        .find(|row| !is_same(row))
        .map(|(_, after)| after.clone());
    write.update_entries(rows).await?;
    match changed {
        Some(entry) => write.save_unless_slip(Action::Edit, &entry, answers).await,
        None => write.save(Action::Edit).await,
    }
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
