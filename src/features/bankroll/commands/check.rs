//! Balances of several accounts, looked at one after the other and said at once.

use std::collections::HashSet;

use rust_decimal::Decimal;

use super::{Moment, NewEntry, Note, Tags, What, deposit};
use crate::ids::AccountId;
use crate::money::{Amount, Unkept};

/// What the accounts of a user held when they were looked at: at least one, and each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceCheck {
    at: Moment,
    /// The version of the ledger that it was compared with.
    version: i64,
    seen: Vec<Seen>,
}

/// What one of them showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    pub account: AccountId,
    pub shows: Shows,
    /// What a difference to what it should hold was.
    pub difference: Difference,
    /// Also if it is far from what the account should hold.
    pub is_meant: bool,
}

/// What an account shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    Amount(Amount),
    /// What it should hold.
    Unchanged,
}

/// What a difference was, whether there is more than there should be or less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Difference {
    /// It was won or lost.
    #[default]
    Result,
    /// It was put in, or taken out for good.
    Moved,
    /// It was a bonus, or an expense.
    Other,
}

/// Why there can be no such check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoCheck {
    /// Nothing was looked at.
    Nothing,
    /// One account, twice.
    Twice(AccountId),
}

impl BalanceCheck {
    /// `seen` in the order in which it is written down.
    pub fn new(at: Moment, version: i64, seen: Vec<Seen>) -> Result<Self, NoCheck> {
        let mut accounts = HashSet::new();
        if seen.is_empty() {
            return Err(NoCheck::Nothing);
        }
        match seen.iter().find(|seen| !accounts.insert(seen.account)) {
            Some(twice) => Err(NoCheck::Twice(twice.account)),
            None => Ok(Self { at, version, seen }),
        }
    }

    /// When they were looked at.
    pub fn at(&self) -> Moment {
        self.at
    }

    /// Each of them, in order.
    pub fn seen(&self) -> &[Seen] {
        &self.seen
    }

    /// The only version of the ledger that it can be said to: what is unchanged, and what a difference was, is so against
    /// that one. `None` if there are only amounts, which are so whatever the ledger held.
    pub fn version(&self) -> Option<i64> {
        let compares =
            |seen: &Seen| seen.shows == Shows::Unchanged || seen.difference != Difference::Result;
        self.seen.iter().any(compares).then_some(self.version)
    }
}

impl Seen {
    /// What is to be written down, in order, for an account that should hold so much: its balance, and before that what
    /// the difference was, unless it was play.
    pub fn entries(&self, held: Amount, at: Moment) -> Result<Vec<NewEntry>, Unkept> {
        let account = self.account;
        let shows = match self.shows {
            Shows::Amount(amount) => amount,
            Shows::Unchanged => held,
        };
        let difference = Amount::new(shows.value() - held.value(), shows.currency())?;
        let what = [
            self.difference.what(account, difference),
            Some(What::Balance { account, shows }),
        ];
        let entry = |what| NewEntry {
            what,
            at,
            note: Note::default(),
            tags: Tags::default(),
        };
        Ok(what.into_iter().flatten().map(entry).collect())
    }
}

impl Difference {
    /// Every one, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Moved, Self::Other, Self::Result];

    /// The text in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Result => "result",
            Self::Moved => "moved",
            Self::Other => "other",
        }
    }

    /// The one with this name. Anything else is a result: what a difference counts as unless the user says otherwise.
    pub fn named(text: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|one| one.as_str() == text).unwrap_or_default()
    }

    fn what(self, account: AccountId, difference: Amount) -> Option<What> {
        let amount = difference.size()?;
        match (self, difference.value() > Decimal::ZERO) {
            (Self::Result, _) => None,
            (Self::Moved, true) => Some(deposit(account, amount)),
            (Self::Moved, false) => Some(What::Withdrawal {
                from: Some(account),
                amount,
            }),
            (Self::Other, true) => Some(What::Bonus { account, amount }),
            (Self::Other, false) => Some(What::Expense { account, amount }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(account: AccountId, shows: Shows) -> Seen {
        Seen {
            account,
            shows,
            difference: Difference::Result,
            is_meant: false,
        }
    }

    fn amount(value: i64) -> Amount {
        Amount::new(Decimal::from(value), "USD".parse().unwrap()).unwrap()
    }

    fn now() -> Moment {
        let now = "2026-11-28T12:00:00Z".parse().unwrap();
        Moment::new(now, now).unwrap()
    }

    #[test]
    fn a_check_is_of_at_least_one_account_and_of_each_once() {
        let (one, other) = (AccountId::random(), AccountId::random());
        let check = |accounts: &[AccountId]| {
            let seen = accounts.iter().map(|id| seen(*id, Shows::Unchanged));
            BalanceCheck::new(now(), 7, seen.collect()).map(|check| check.seen().len())
        };
        assert_eq!(check(&[]), Err(NoCheck::Nothing));
        assert_eq!(check(&[one, other]), Ok(2));
        assert_eq!(check(&[one, other, one]), Err(NoCheck::Twice(one)));
    }

    #[test]
    fn only_what_compares_is_said_to_one_version() {
        let version = |shows, difference| {
            let seen = Seen {
                difference,
                ..seen(AccountId::random(), shows)
            };
            BalanceCheck::new(now(), 7, vec![seen]).unwrap().version()
        };
        let typed = Shows::Amount(amount(5));
        assert_eq!(version(Shows::Unchanged, Difference::Result), Some(7));
        assert_eq!(version(typed, Difference::Moved), Some(7));
        assert_eq!(version(typed, Difference::Result), None);
    }

    #[test]
    fn a_difference_is_written_down_as_what_it_was() {
        let account = AccountId::random();
        let kinds = |shows, difference| {
            let seen = Seen {
                difference,
                ..seen(account, shows)
            };
            let entries = seen.entries(amount(100), now()).unwrap();
            let kinds = entries.iter().map(|entry| entry.what.kind().as_str());
            kinds.collect::<Vec<_>>()
        };
        for (shows, difference, expected) in [
            (130, Difference::Result, vec!["balance"]),
            (130, Difference::Moved, vec!["deposit", "balance"]),
            (130, Difference::Other, vec!["bonus", "balance"]),
            (70, Difference::Result, vec!["balance"]),
            (70, Difference::Moved, vec!["withdrawal", "balance"]),
            (70, Difference::Other, vec!["expense", "balance"]),
            // What is the same was nothing.
            (100, Difference::Moved, vec!["balance"]),
        ] {
            let shows = Shows::Amount(amount(shows));
            assert_eq!(kinds(shows, difference), expected, "{shows:?}");
        }
        assert_eq!(kinds(Shows::Unchanged, Difference::Moved), ["balance"]);
        for difference in Difference::ALL {
            assert_eq!(Difference::named(difference.as_str()), difference);
        }
    }
}
