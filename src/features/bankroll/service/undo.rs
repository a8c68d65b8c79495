//! Taking a change back.

use uuid::Uuid;

use super::{Action, Begun, Refusal, Saved, Write, refusal_of};
use crate::app::App;
use crate::error::Result;
use crate::features::bankroll::ledger::{Account, Entry};
use crate::features::bankroll::queries::{
    self,
    changes::{Change, Row},
};
use crate::ids::{ChangeId, UserId};
use crate::web::Submission;

/// Takes a change back, if nothing it touched has changed since.
pub async fn undo(
    app: &App,
    owner: UserId,
    submission: &Submission,
    id: ChangeId,
) -> Result<Saved> {
    let mut write = begin!(app, owner, submission);
    let change = queries::changes::one(write.db(), owner, id).await?;
    if change.undone_by.is_some() {
        refuse!(Refusal::AlreadyUndone);
    }
    let ids: Vec<Uuid> = change.entry_ids();
    let now = queries::entries::with_ids(write.db(), owner, &ids).await?;
    let accounts = &write.before;
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
                    if queries::entries::count_of(self.db(), owner, added.id).await? > 0 {
                        return Ok(Some(Refusal::ChangedSince));
                    }
                    queries::accounts::delete(self.db(), owner, &[added.id.0]).await?;
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
                        queries::accounts::insert(self.db(), owner, std::slice::from_ref(&deleted))
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
        let accounts = self.accounts();
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
