//! Making, editing, deleting entries, and saying what a gap was.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::{Action, MOST_ENTRIES, Refusal, Saved, Stop, Write, changed_meanwhile, write};
use crate::app::App;
use crate::error::{Error, Result};
use crate::features::bankroll::commands::{Keys, Moment, NewEntry, Note, Tags, What};
use crate::features::bankroll::figures::Running;
use crate::features::bankroll::ledger::{Entry, EntryKind, Line};
use crate::features::bankroll::queries::{self, changes::About};
use crate::ids::{AccountId, EntryId, UserId};
use crate::money::Amount;
use crate::submission::Submission;

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

/// What an account should hold just before an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub balance: Decimal,
    /// When the newest entry before it was; `None` if it is the account's first.
    pub since: Option<DateTime<Utc>>,
}

impl Held {
    /// What an account should hold after its first lines.
    pub(super) fn after<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Self {
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
    pub(super) fn is_far_from(&self, amount: Decimal) -> bool {
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

/// Makes an entry; a transfer with both its rows. One that explains the gap of a balance goes directly `before` that balance,
/// at its moment.
pub async fn add_entry(
    app: &App,
    owner: UserId,
    submission: &Submission,
    new: &NewEntry,
    before: Option<EntryId>,
    answers: Answers,
) -> Result<Saved> {
    let about = About {
        accounts: named(new),
        entry: before,
        at: Some(new.at.at()),
        ..About::default()
    };
    let decide = |write: &mut Write| {
        let (occurred_at, position) = write.place(before, new.at.at())?;
        let rows = write.rows(new, Keys::random(), occurred_at, position)?;
        let count = i32::try_from(rows.len()).unwrap_or(i32::MAX);
        if write.ground.count + count > MOST_ENTRIES {
            return Err(Refusal::TooManyEntries.into());
        }
        if before.is_none() {
            write.before_start(&rows.iter().collect::<Vec<_>>(), answers.earlier)?;
        }
        write.insert_entries(rows.iter().cloned());
        write.check_entries(&rows, answers)?;
        Ok(added(before))
    };
    write(app, owner, submission, about, decide).await
}

/// The accounts that are to be written to.
fn named(new: &NewEntry) -> Vec<Uuid> {
    new.what.accounts().into_iter().map(|id| id.0).collect()
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
        let (name, currency) = (write.account(account)?.name, row.currency);
        let amount = Amount::new(gap, currency).map_err(|_| Refusal::TooLarge { account: name })?;
        let what = explanation(account, amount, kind).ok_or(Refusal::NoSuchGap)?;
        let (occurred_at, position) = write.place(Some(balance), row.occurred_at)?;
        let new = NewEntry {
            what,
            at: Moment::of(&row),
            note: Note::default(),
            tags: Tags::default(),
        };
        let rows = write.rows(&new, Keys::random(), occurred_at, position)?;
        write.insert_entries(rows);
        write.check_balances()?;
        Ok(Action::Relabel)
    };
    write(app, owner, submission, about, decide).await
}

/// What a gap was, if it can have been that: what is more was put in or given, what is less was taken out or paid.
fn explanation(account: AccountId, gap: Amount, kind: EntryKind) -> Option<What> {
    let amount = gap.size()?;
    match (kind, gap.value().is_sign_positive()) {
        (EntryKind::Deposit, true) => Some(What::Deposit {
            into: Some(account),
            amount,
        }),
        (EntryKind::Bonus, true) => Some(What::Bonus { account, amount }),
        (EntryKind::Withdrawal, false) => Some(What::Withdrawal {
            from: Some(account),
            amount,
        }),
        (EntryKind::Expense, false) => Some(What::Expense { account, amount }),
        _ => None,
    }
}

impl Write {
    /// Refuses entries that cannot be, and a balance that is far from what it should be and is not said to be meant.
    fn check_entries(&self, entries: &[Entry], answers: Answers) -> Result<(), Stop> {
        // What cannot be is refused before anything is asked.
        self.check_balances()?;
        let mut balances = entries
            .iter()
            .filter(|entry| entry.kind == EntryKind::Balance);
        if let Some(entry) = balances.next()
            && let Some(account) = entry.account
            && !answers.is_meant
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
    pub(super) fn before_start(
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

    /// The rows of an entry. Refused if an account is not the user's, or is in another currency.
    pub(super) fn rows(
        &self,
        new: &NewEntry,
        keys: Keys,
        occurred_at: DateTime<Utc>,
        position: i64,
    ) -> Result<Vec<Entry>, Refusal> {
        let accounts = self.accounts();
        let currency_of = |id: AccountId| {
            let account = accounts.iter().find(|account| account.id == id);
            account.map(|account| account.currency)
        };
        new.rows(currency_of, keys, occurred_at, position)
            .ok_or(Refusal::UnknownAccount)
    }
}

/// Overwrites an entry; a transfer with both its rows. `version` is the one that was edited. An entry keeps its
/// kind: one of the wrong kind has to be deleted and added again.
pub async fn edit_entry(
    app: &App,
    owner: UserId,
    submission: &Submission,
    (id, version): (EntryId, i32),
    edit: &NewEntry,
    answers: Answers,
) -> Result<Saved> {
    let about = About {
        accounts: named(edit),
        entry: Some(id),
        at: Some(edit.at.at()),
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
        if edited.kind != edit.what.kind() {
            return Err(Refusal::KindFixed.into());
        }
        let keys = keys_of(edited, &before).ok_or(Error::NotFound)?;
        let after = write.rows(edit, keys, edit.at.at(), edited.position)?;
        let earlier: Vec<&Entry> = after
            .iter()
            .filter(|after| after.occurred_at < edited.occurred_at)
            .collect();
        write.before_start(&earlier, answers.earlier)?;
        let rows = after.into_iter().filter_map(|mut after| {
            let before = before.iter().find(|before| before.id == after.id)?;
            after.version = before.version + 1;
            Some((before.clone(), after))
        });
        let rows: Vec<(Entry, Entry)> = rows.collect();
        // What stands as it was is not asked about again when a note is added.
        let changed: Vec<Entry> = rows
            .iter()
            .filter(|(before, after)| {
                (before.amount, before.account) != (after.amount, after.account)
            })
            .map(|(_, after)| after.clone())
            .collect();
        write.update_entries(rows);
        write.check_entries(&changed, answers)?;
        Ok(Action::Edit)
    };
    write(app, owner, submission, about, decide).await
}

/// The keys of the rows that an entry has, of which one was chosen to be edited.
fn keys_of(edited: &Entry, rows: &[Entry]) -> Option<Keys> {
    let Some(transfer) = edited.transfer else {
        return Some(Keys {
            first: edited.id,
            ..Keys::random()
        });
    };
    let half = |sent: bool| {
        let half = rows
            .iter()
            .find(|row| row.amount.is_sign_negative() == sent);
        half.map(|half| half.id)
    };
    Some(Keys {
        first: half(true)?,
        second: half(false)?,
        transfer,
    })
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
