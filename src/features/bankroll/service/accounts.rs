//! Making, editing, ordering, putting away and deleting accounts.

use anyhow::anyhow;
use rust_decimal::Decimal;

use super::{Action, MOST_ACCOUNTS, Refusal, Saved, Write, changed_meanwhile, write};
use crate::app::App;
use crate::error::{Error, Result};
use crate::features::bankroll::commands::{
    AccountEdit, Keys, Moment, NewAccount, NewEntry, Note, Tags,
};
use crate::features::bankroll::ledger::{Account, Entry, EntryKind};
use crate::features::bankroll::queries::changes::About;
use crate::ids::{AccountId, UserId};
use crate::submission::Submission;

/// What a write of one account is about: all that it held.
fn about(id: AccountId) -> About {
    About {
        accounts: vec![id.0],
        whole: true,
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
            name: new.name.as_str().to_owned(),
            currency: new.opening.currency(),
            position: last.unwrap_or(0) + 1,
            archived_at: None,
            version: 1,
        };
        let id = account.id;
        write.change_account(None, Some(account));
        let now = Moment::new(write.now, write.now);
        let at = now.map_err(|why| Error::Internal(anyhow!("now is no moment: {why:?}")))?;
        for what in new.opened(id) {
            let opening = NewEntry {
                what,
                at,
                note: Note::default(),
                tags: Tags::default(),
            };
            let (occurred_at, position) = write.place(None, at.at())?;
            let rows = write.rows(&opening, Keys::random(), occurred_at, position)?;
            write.insert_entries(rows);
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
            name: edit.name.as_str().to_owned(),
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
