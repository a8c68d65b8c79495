//! Making, editing, deleting entries, and saying what a gap was.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::{Action, MOST_ENTRIES, Refusal, Saved, Stop, Write, changed_meanwhile, write};
use crate::app::App;
use crate::error::{Error, Result};
use crate::features::bankroll::figures::Running;
use crate::features::bankroll::ledger::{Account, Entry, EntryKind, Line};
use crate::features::bankroll::queries::{self, changes::About};
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
    /// What an account should hold after its first lines.
    fn after<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Self {
        let mut running = Running::default();
        let mut since = None;
        for line in lines {
            running.apply(line.kind, line.amount);
            since = Some(line.occurred_at);
        }
        Self {
            balance: running.balance,
            since,
        }
    }

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
    Ok(Held::after(&lines))
}

impl EntryEdit {
    /// The accounts that it names.
    fn accounts(&self) -> Vec<Uuid> {
        match self {
            EntryEdit::Single(new) => new.account.iter().map(|id| id.0).collect(),
            EntryEdit::Transfer(new) => vec![new.from.0, new.to.0],
        }
    }
}

/// Makes an entry.
pub async fn add_entry(
    app: &App,
    owner: UserId,
    submission: &Submission,
    new: &NewEntry,
) -> Result<Saved> {
    let about = About {
        accounts: new.account.iter().map(|id| id.0).collect(),
        entry: new.before,
        ..About::default()
    };
    let decide = |write: &mut Write| {
        if write.ground.count >= MOST_ENTRIES {
            return Err(Refusal::TooManyEntries.into());
        }
        let (occurred_at, position) = write.place(new.before, new.occurred_at)?;
        let entry = write.entry(EntryId::random(), new, occurred_at, position)?;
        if new.before.is_none() {
            write.before_start(&[&entry], new.answers.earlier)?;
        }
        write.insert_entries([entry.clone()]);
        write.check_entry(&entry, new.answers)?;
        Ok(added(new.before))
    };
    write(app, owner, submission, about, decide).await
}

/// What adding an entry is called: one that explains a gap says what it was.
fn added(before: Option<EntryId>) -> Action {
    if before.is_some() {
        Action::Relabel
    } else {
        Action::Add
    }
}

/// Makes the entry that a balance's gap was, other than play, directly before that balance.
pub async fn explain_gap(
    app: &App,
    owner: UserId,
    submission: &Submission,
    balance: EntryId,
    kind: EntryKind,
) -> Result<Saved> {
    let about = About {
        entry: Some(balance),
        ..About::default()
    };
    let decide = |write: &mut Write| {
        let mut rows = write.ground.entries.iter();
        let row = rows.find(|entry| entry.kind == EntryKind::Balance).cloned();
        let (row, account) = row
            .and_then(|row| row.account.map(|account| (row, account)))
            .ok_or(Error::NotFound)?;
        let mut running = Running::default();
        let lines = write.lines();
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
            return Err(Refusal::NoSuchGap.into());
        }
        if gap.abs() >= Decimal::from(AMOUNT_LIMIT) {
            let account = write.account(account)?.name;
            return Err(Refusal::TooLarge { account }.into());
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
            answers: Answers::default(),
        };
        let (occurred_at, position) = write.place(new.before, new.occurred_at)?;
        let entry = write.entry(EntryId::random(), &new, occurred_at, position)?;
        write.insert_entries([entry]);
        write.check_balances()?;
        Ok(Action::Relabel)
    };
    write(app, owner, submission, about, decide).await
}

/// Makes a transfer: two rows.
pub async fn add_transfer(
    app: &App,
    owner: UserId,
    submission: &Submission,
    new: &NewTransfer,
) -> Result<Saved> {
    let about = About {
        accounts: vec![new.from.0, new.to.0],
        entry: new.before,
        ..About::default()
    };
    let decide = |write: &mut Write| {
        if write.ground.count + 1 >= MOST_ENTRIES {
            return Err(Refusal::TooManyEntries.into());
        }
        let (occurred_at, position) = write.place(new.before, new.occurred_at)?;
        let ids = (EntryId::random(), EntryId::random(), TransferId::random());
        let rows = write.transfer(ids, new, occurred_at, position)?;
        if new.before.is_none() {
            write.before_start(&rows.each_ref(), new.answers.earlier)?;
        }
        write.insert_entries(rows);
        write.check_balances()?;
        Ok(added(new.before))
    };
    write(app, owner, submission, about, decide).await
}

impl Write {
    /// Refuses an entry that cannot be, and a balance that is far from what it should be and is not said to be meant.
    fn check_entry(&self, entry: &Entry, answers: Answers) -> Result<(), Stop> {
        // What cannot be is refused before anything is asked.
        self.check_balances()?;
        if let (EntryKind::Balance, Some(account), false) =
            (entry.kind, entry.account, answers.is_meant)
        {
            let lines = self.lines();
            let of_account = lines.iter().filter(|line| line.account == Some(account));
            let held = Held::after(of_account.take_while(|line| line.id != entry.id));
            if held.is_far_from(entry.amount) {
                return Err(Refusal::Unusual {
                    account: self.account(account)?.name,
                    currency: entry.currency,
                    held: held.balance,
                    amount: entry.amount,
                }
                .into());
            }
        }
        Ok(())
    }

    /// Looks for accounts that were started after these entries. Their start is moved, if that was the answer; without an
    /// answer it is asked for.
    ///
    /// An account starts with what it holds on that day, as a deposit. With an earlier entry that is counted twice. So the
    /// start becomes a balance, which holds whatever was before; and if the earlier entry is a balance, that is what the
    /// account starts with.
    fn before_start(
        &mut self,
        entries: &[&Entry],
        answer: Option<EarlierStart>,
    ) -> Result<(), Stop> {
        if answer == Some(EarlierStart::Keep) {
            return Ok(());
        }
        for entry in entries {
            let Some(account) = entry.account else {
                continue;
            };
            let starts = self.ground.starts.iter().cloned();
            let start: Vec<Entry> = starts.filter(|row| row.account == Some(account)).collect();
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
                return Err(Refusal::BeforeStart {
                    account: account.name,
                    currency: account.currency,
                    started_at: flow.occurred_at,
                    opening: seen.unwrap_or(flow).amount,
                }
                .into());
            }
            let mut moved = flow.clone();
            moved.version += 1;
            if seen.is_some() {
                moved.occurred_at = entry.occurred_at;
                moved.position = entry.position - 1;
            } else {
                moved.kind = EntryKind::Balance;
                if is_balance && !entry.amount.is_zero() {
                    self.insert_entries([Entry {
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
                    }]);
                }
            }
            self.update_entries([(flow.clone(), moved)]);
        }
        Ok(())
    }

    /// The row of a new entry. Refused if its account is not the user's, or is in another currency.
    pub(super) fn entry(
        &self,
        id: EntryId,
        new: &NewEntry,
        occurred_at: DateTime<Utc>,
        position: i64,
    ) -> Result<Entry, Refusal> {
        if let Some(account) = new.account
            && self.known(account)?.currency != new.currency
        {
            return Err(Refusal::UnknownAccount);
        }
        Ok(Entry {
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
        })
    }

    /// An account that an entry names.
    fn known(&self, id: AccountId) -> Result<Account, Refusal> {
        self.account(id).map_err(|_| Refusal::UnknownAccount)
    }

    /// The two rows of a transfer, out and in.
    fn transfer(
        &self,
        (out_id, in_id, transfer): (EntryId, EntryId, TransferId),
        new: &NewTransfer,
        occurred_at: DateTime<Utc>,
        position: i64,
    ) -> Result<[Entry; 2], Refusal> {
        if new.from == new.to {
            return Err(Refusal::SameAccount);
        }
        let (from, to) = (self.known(new.from)?, self.known(new.to)?);
        if new.sent + new.fee >= Decimal::from(AMOUNT_LIMIT) {
            return Err(Refusal::TooLarge { account: from.name });
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
        Ok([
            row(out_id, &from, -(new.sent + new.fee), new.fee),
            row(in_id, &to, new.received, Decimal::ZERO),
        ])
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
    let about = About {
        accounts: edit.accounts(),
        entry: Some(id),
        ..About::default()
    };
    let decide = |write: &mut Write| {
        let before = write.ground.entries.clone();
        let edited = before
            .iter()
            .find(|entry| entry.id == id)
            .ok_or(Error::NotFound)?;
        if edited.version != version {
            return Err(changed_meanwhile().into());
        }
        let (after, answers) = match edit {
            EntryEdit::Single(new) => {
                let row = write.entry(id, new, new.occurred_at, edited.position)?;
                (vec![row], new.answers)
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
                    return Err(Error::NotFound.into());
                };
                let ids = (out.id, into.id, transfer);
                let rows = write.transfer(ids, new, new.occurred_at, edited.position)?;
                (rows.into(), new.answers)
            }
        };
        let earlier: Vec<&Entry> = after
            .iter()
            .filter(|after| after.occurred_at < edited.occurred_at)
            .collect();
        write.before_start(&earlier, answers.earlier)?;
        let rows = before.iter().filter_map(|before| {
            let mut after = after.iter().find(|after| after.id == before.id)?.clone();
            after.version = before.version + 1;
            Some((before.clone(), after))
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
        write.update_entries(rows);
        match changed {
            Some(entry) => write.check_entry(&entry, answers)?,
            None => write.check_balances()?,
        }
        Ok(Action::Edit)
    };
    write(app, owner, submission, about, decide).await
}

/// Deletes an entry; a transfer with both its rows.
pub async fn delete_entry(
    app: &App,
    owner: UserId,
    submission: &Submission,
    id: EntryId,
) -> Result<Saved> {
    let about = About {
        entry: Some(id),
        ..About::default()
    };
    let decide = |write: &mut Write| {
        let rows = write.ground.entries.clone();
        if rows.is_empty() {
            return Err(Error::NotFound.into());
        }
        write.delete_entries(rows);
        write.check_balances()?;
        Ok(Action::Delete)
    };
    write(app, owner, submission, about, decide).await
}
