//! Making, editing, ordering, putting away and deleting accounts.

use rust_decimal::Decimal;

use super::{
    Action, Answers, MOST_ACCOUNTS, NewEntry, Refusal, Saved, Write, changed_meanwhile, write,
};
use crate::app::App;
use crate::error::Result;
use crate::features::bankroll::ledger::{Account, AccountKind, Entry, EntryKind};
use crate::features::bankroll::queries::changes::About;
use crate::ids::{AccountId, EntryId, UserId};
use crate::money::Currency;
use crate::web::Submission;

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub kind: AccountKind,
    pub name: String,
    pub currency: Currency,
    /// What it holds when it is added.
    pub opening: Decimal,
    pub start: Start,
}

/// What an opening balance is, of which nobody has kept records so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Profit counts from now: all of it was put in. What is owed counts as taken out.
    FromNow,
    /// This much was put in, the rest was won or lost before.
    PutIn(Decimal),
    /// All of it was won before.
    Profit,
}

impl NewAccount {
    /// The opening as entries, in their order. None for nothing.
    fn entries(&self) -> Vec<(EntryKind, Decimal)> {
        let flow = |amount: Decimal| {
            let kind = if amount.is_sign_negative() {
                EntryKind::Withdrawal
            } else {
                EntryKind::Deposit
            };
            (kind, amount)
        };
        let entries = match self.start {
            Start::FromNow => vec![flow(self.opening)],
            Start::PutIn(amount) => vec![flow(amount), (EntryKind::Balance, self.opening)],
            Start::Profit => vec![(EntryKind::Balance, self.opening)],
        };
        let says_something = |(kind, amount): &(EntryKind, Decimal)| {
            *kind == EntryKind::Balance || !amount.is_zero()
        };
        if self.opening.is_zero() && !matches!(self.start, Start::PutIn(_)) {
            return Vec::new();
        }
        entries.into_iter().filter(says_something).collect()
    }
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

/// What a write of one account is about.
fn about(id: AccountId) -> About {
    About {
        accounts: vec![id.0],
        ..About::default()
    }
}

/// Makes an account, with what it holds as its first entries.
pub async fn add_account(
    app: &App,
    owner: UserId,
    submission: &Submission,
    new: &NewAccount,
) -> Result<Saved> {
    let decide = |write: &mut Write| {
        let others = &write.ground.accounts;
        if others.len() >= MOST_ACCOUNTS {
            return Err(Refusal::TooManyAccounts.into());
        }
        let last = others.iter().map(|account| account.position).max();
        let account = Account {
            id: AccountId::random(),
            kind: new.kind,
            name: new.name.clone(),
            currency: new.currency,
            position: last.unwrap_or(0) + 1,
            archived_at: None,
            version: 1,
        };
        let id = account.id;
        write.change_account(None, Some(account));
        for (kind, amount) in new.entries() {
            let opening = NewEntry {
                account: Some(id),
                kind,
                amount,
                currency: new.currency,
                occurred_at: write.now,
                note: String::new(),
                tags: Vec::new(),
                before: None,
                answers: Answers::default(),
            };
            let (occurred_at, position) = write.place(None, opening.occurred_at)?;
            let entry = write.entry(EntryId::random(), &opening, occurred_at, position)?;
            write.insert_entries([entry]);
        }
        write.check_balances()?;
        Ok(Action::AddAccount)
    };
    write(app, owner, submission, About::default(), decide).await
}

/// Renames an account, or changes its kind; its currency only while it has no entries.
pub async fn edit_account(
    app: &App,
    owner: UserId,
    submission: &Submission,
    id: AccountId,
    edit: &AccountEdit,
) -> Result<Saved> {
    let decide = |write: &mut Write| {
        let before = write.account(id)?;
        if before.version != edit.version {
            return Err(changed_meanwhile().into());
        }
        if edit.currency != before.currency && !write.ground.lines.is_empty() {
            return Err(Refusal::CurrencyFixed.into());
        }
        let after = Account {
            kind: edit.kind,
            name: edit.name.clone(),
            currency: edit.currency,
            version: before.version + 1,
            ..before.clone()
        };
        write.change_account(Some(before), Some(after));
        write.check_balances()?;
        Ok(Action::EditAccount)
    };
    write(app, owner, submission, about(id), decide).await
}

/// Archives an account, or restores it.
pub async fn archive_account(
    app: &App,
    owner: UserId,
    submission: &Submission,
    id: AccountId,
    archive: bool,
) -> Result<Saved> {
    let decide = |write: &mut Write| {
        let before = write.account(id)?;
        let after = Account {
            archived_at: archive.then_some(write.now),
            version: before.version + 1,
            ..before.clone()
        };
        write.change_account(Some(before), Some(after));
        Ok(if archive {
            Action::Archive
        } else {
            Action::Restore
        })
    };
    write(app, owner, submission, About::default(), decide).await
}

/// Puts the accounts in an order. Those that are not named keep theirs, after the named.
pub async fn reorder_accounts(
    app: &App,
    owner: UserId,
    submission: &Submission,
    order: &[AccountId],
) -> Result<Saved> {
    let decide = |write: &mut Write| {
        let mut sorted = write.ground.accounts.clone();
        sorted.sort_by_key(|account| {
            order
                .iter()
                .position(|id| *id == account.id)
                .unwrap_or(usize::MAX)
        });
        for (position, before) in (1..).zip(sorted) {
            if before.position != position {
                let after = Account {
                    position,
                    version: before.version + 1,
                    ..before.clone()
                };
                write.change_account(Some(before), Some(after));
            }
        }
        Ok(Action::Reorder)
    };
    write(app, owner, submission, About::default(), decide).await
}

/// Deletes an account with its entries. The other halves of its transfers stay where they are, as deposits and
/// withdrawals: seen from what is left, that money came from outside or went there.
pub async fn delete_account(
    app: &App,
    owner: UserId,
    submission: &Submission,
    id: AccountId,
) -> Result<Saved> {
    let about = About {
        all_of: Some(id),
        ..About::default()
    };
    let decide = |write: &mut Write| {
        let account = write.account(id)?;
        let all = write.ground.entries.clone().into_iter();
        let (own, halves): (Vec<Entry>, Vec<Entry>) =
            all.partition(|entry| entry.account == Some(id));
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
        write.update_entries(relabelled);
        write.delete_entries(own);
        write.change_account(Some(account), None);
        write.check_balances()?;
        Ok(Action::DeleteAccount)
    };
    write(app, owner, submission, about, decide).await
}
