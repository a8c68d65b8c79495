//! Making, editing, ordering, putting away and deleting accounts.

use rust_decimal::Decimal;

use super::{
    Action, Answers, Begun, MOST_ACCOUNTS, NewEntry, Refusal, Saved, Write, changed_meanwhile,
    refusal_of,
};
use crate::app::App;
use crate::error::Result;
use crate::features::bankroll::ledger::{Account, AccountKind, Entry, EntryKind};
use crate::features::bankroll::queries::{self, changes::Row, entries::Which};
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

/// Makes an account, with what it holds as its first entries.
pub async fn add_account(
    app: &App,
    owner: UserId,
    submission: &Submission,
    new: &NewAccount,
) -> Result<Saved> {
    let mut write = begin!(app, owner, submission);
    let others = &write.before;
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
        queries::accounts::insert(write.db(), owner, std::slice::from_ref(&account)).await
    {
        refuse!(refusal_of(error)?);
    }
    write.accounts.push(Row {
        before: None,
        after: Some(account.clone()),
    });
    for (kind, amount) in new.entries() {
        let opening = NewEntry {
            account: Some(account.id),
            kind,
            amount,
            currency: new.currency,
            occurred_at: write.now,
            note: String::new(),
            tags: Vec::new(),
            before: None,
            answers: Answers::default(),
        };
        let (occurred_at, position) = write.place(None, opening.occurred_at).await?;
        let entry = write.entry(EntryId::random(), &opening, occurred_at, position)?;
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
    let before = write.account(id)?;
    if before.version != edit.version {
        return Err(changed_meanwhile());
    }
    if edit.currency != before.currency
        && queries::entries::count_of(write.db(), owner, id).await? > 0
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
    let before = write.account(id)?;
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
    let before = write.before.clone();
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
    queries::accounts::update(write.db(), owner, &after).await?;
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
    let account = write.account(id)?;
    let all = queries::entries::whole(write.db(), owner, Which::OfAccount(id)).await?;
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
    queries::accounts::delete(write.db(), owner, &[id.0]).await?;
    write.accounts.push(Row {
        before: Some(account),
        after: None,
    });
    write.save(Action::DeleteAccount).await
}
