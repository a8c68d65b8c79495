//! Taking a change back.

use super::{Action, Refusal, Saved, Stop, Write, write};
use crate::app::App;
use crate::error::{Error, Result};
use crate::features::bankroll::ledger::{Account, Entry};
use crate::features::bankroll::queries::changes::{About, Change, Row};
use crate::ids::{ChangeId, UserId};
use crate::submission::Submission;

/// Takes a change back, if nothing it touched has changed since.
pub async fn undo(
    app: &App,
    owner: UserId,
    submission: &Submission,
    id: ChangeId,
) -> Result<Saved> {
    let about = About {
        change: Some(id),
        ..About::default()
    };
    let decide = |write: &mut Write| {
        let change = write.ground.change.clone().ok_or(Error::NotFound)?;
        if change.undone_by.is_some() {
            return Err(Refusal::AlreadyUndone.into());
        }
        let (entries, accounts) = (&write.ground.entries, &write.ground.accounts);
        let entry_as_left = |row: &Row<Entry>| {
            let id = row.id();
            entries.iter().find(|entry| Some(entry.id) == id) == row.after.as_ref()
        };
        let account_as_left = |row: &Row<Account>| {
            let id = row.id();
            accounts.iter().find(|account| Some(account.id) == id) == row.after.as_ref()
        };
        if !change.entries.0.iter().all(entry_as_left)
            || !change.accounts.0.iter().all(account_as_left)
        {
            return Err(Refusal::ChangedSince.into());
        }
        write.put_back(change)?;
        write.check_balances()?;
        Ok(Action::Undo)
    };
    write(app, owner, submission, about, decide).await
}

impl Write {
    /// Puts the rows before a change back.
    fn put_back(&mut self, change: Change) -> Result<(), Stop> {
        let (added, other): (Vec<_>, Vec<_>) = change
            .entries
            .0
            .into_iter()
            .partition(|row| row.before.is_none());
        self.delete_entries(added.into_iter().filter_map(|row| row.after));
        for row in change.accounts.0 {
            match (row.before, row.after) {
                (None, Some(added)) => {
                    // Its own entries go with it; whatever was added later would go too.
                    let mut left = self.lines().into_iter();
                    if left.any(|line| line.account == Some(added.id)) {
                        return Err(Refusal::ChangedSince.into());
                    }
                    self.change_account(Some(added), None);
                }
                (Some(old), Some(edited)) => {
                    let back = Account {
                        version: edited.version + 1,
                        ..old
                    };
                    self.change_account(Some(edited), Some(back));
                }
                (Some(deleted), None) => self.change_account(None, Some(deleted)),
                (None, None) => {}
            }
        }
        // An entry comes back only into an account that is there, in the currency it was made in.
        let accounts = self.accounts();
        let fits = |entry: &Entry| {
            let found = accounts
                .iter()
                .find(|account| Some(account.id) == entry.account);
            entry.account.is_none()
                || found.is_some_and(|account| account.currency == entry.currency)
        };
        if !other.iter().filter_map(|row| row.before.as_ref()).all(fits) {
            return Err(Refusal::ChangedSince.into());
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
        self.update_entries(back);
        self.insert_entries(deleted.into_iter().filter_map(|row| row.before));
        self.undoes = Some(change.id);
        Ok(())
    }
}
