//! A whole ledger that is written at once, from nothing: out of a file, or the story of the demo user.

use std::collections::HashMap;

use super::commands::{AccountName, Keys, Moment, NewEntry};
use super::ledger::{Account, AccountKind, Entry, Line};
use super::service::{MOST_ACCOUNTS, MOST_ENTRIES, Refusal, impossible_balance};
use crate::ids::AccountId;
use crate::money::Currency;

/// All accounts and entries of one user: a ledger that holds together, made of commands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    accounts: Vec<Account>,
    entries: Vec<Entry>,
}

impl Ledger {
    /// In the user's order.
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// In order; entries of the same instant in the order in which they were entered.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Both.
    pub fn into_rows(self) -> (Vec<Account>, Vec<Entry>) {
        (self.accounts, self.entries)
    }
}

/// A ledger that is being written, from nothing.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    accounts: Vec<Account>,
    entries: Vec<Entry>,
    currencies: HashMap<AccountId, Currency>,
}

impl Draft {
    /// Those that were added so far.
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// Those that were added so far, in that order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Adds an empty account after the others.
    pub fn add_account(
        &mut self,
        id: AccountId,
        kind: AccountKind,
        name: &AccountName,
        currency: Currency,
    ) -> Result<(), Refusal> {
        if self.accounts.len() >= MOST_ACCOUNTS {
            return Err(Refusal::TooManyAccounts);
        }
        if self.named(kind, name).is_some() {
            return Err(Refusal::NameTaken);
        }
        self.currencies.insert(id, currency);
        self.accounts.push(Account {
            id,
            kind,
            name: name.as_str().to_owned(),
            currency,
            position: i32::try_from(self.accounts.len() + 1).unwrap_or(i32::MAX),
            archived_at: None,
            version: 1,
        });
        Ok(())
    }

    /// Where the account of a name stands among those of its group.
    pub fn named(&self, kind: AccountKind, name: &AccountName) -> Option<usize> {
        let name = name.as_str().to_lowercase();
        let is_same = |account: &Account| {
            account.kind.is_site() == kind.is_site() && account.name.to_lowercase() == name
        };
        self.accounts.iter().position(is_same)
    }

    /// Puts an account away.
    pub fn archive(&mut self, id: AccountId, at: Moment) {
        let mut accounts = self.accounts.iter_mut();
        if let Some(account) = accounts.find(|account| account.id == id) {
            account.archived_at = Some(at.at());
        }
    }

    /// Adds an entry, or the halves of a transfer, out and in. `places` says where each row stands among those of the same
    /// instant.
    pub fn add(&mut self, new: &NewEntry, keys: Keys, places: [i64; 2]) -> Result<(), Refusal> {
        let currency_of = |id: AccountId| self.currencies.get(&id).copied();
        let rows = new.rows(currency_of, keys, new.at.at(), 0);
        let rows = rows.ok_or(Refusal::UnknownAccount)?;
        let count = i32::try_from(self.entries.len() + rows.len());
        if count.is_ok_and(|count| count > MOST_ENTRIES) {
            return Err(Refusal::TooManyEntries);
        }
        let rows = rows.into_iter().zip(places);
        self.entries
            .extend(rows.map(|(row, position)| Entry { position, ..row }));
        Ok(())
    }

    /// The ledger, in order, if no account ever holds what it cannot.
    pub fn finish(mut self) -> Result<Ledger, Refusal> {
        self.entries
            .sort_by_key(|entry| (entry.occurred_at, entry.position));
        let lines: Vec<Line> = self.entries.iter().map(Line::from).collect();
        match impossible_balance(&self.accounts, &lines) {
            Some(refusal) => Err(refusal),
            None => Ok(Ledger {
                accounts: self.accounts,
                entries: self.entries,
            }),
        }
    }
}
