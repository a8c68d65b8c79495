//! The history of one account, in its own currency.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::{Parts, Window};
use crate::features::bankroll::ledger::{Account, EntryKind, Line};
use crate::ids::AccountId;
use crate::money::Currency;

/// What happened on one account on one day, in its currency.
#[derive(Clone, Debug)]
pub struct Step {
    pub day: NaiveDate,
    /// At the end of the day.
    pub balance: Decimal,
    /// `currency` is zero: it exists in the home currency only.
    pub parts: Parts,
    /// When its newest `balance` was observed.
    pub verified_at: Option<DateTime<Utc>>,
    /// When its newest entry of any kind was.
    updated_at: DateTime<Utc>,
}

impl Step {
    /// Whether a `balance` was observed on it.
    pub fn is_verified(&self) -> bool {
        self.verified_at.is_some()
    }
}

/// The history of one account.
#[derive(Clone, Debug)]
pub struct AccountFigures {
    pub id: AccountId,
    pub currency: Currency,
    /// The days on which something happened, in order.
    pub steps: Vec<Step>,
    /// When the newest `balance` was observed.
    pub verified_at: Option<DateTime<Utc>>,
    /// When the newest entry of any kind was.
    pub updated_at: Option<DateTime<Utc>>,
}

impl AccountFigures {
    /// What it holds now.
    pub fn balance(&self) -> Decimal {
        self.steps.last().map_or(Decimal::ZERO, |step| step.balance)
    }

    /// What it held at the end of a day.
    pub fn balance_on(&self, day: NaiveDate) -> Decimal {
        let after = self.steps.partition_point(|step| step.day <= day);
        after
            .checked_sub(1)
            .map_or(Decimal::ZERO, |i| self.steps[i].balance)
    }

    /// The steps of a window.
    pub fn steps_in(&self, window: Window) -> &[Step] {
        let from = self.steps.partition_point(|step| step.day <= window.start);
        let to = self.steps.partition_point(|step| step.day <= window.end);
        &self.steps[from..to.max(from)]
    }

    /// The steps from a day on.
    pub(super) fn steps_since(&self, day: NaiveDate) -> &[Step] {
        &self.steps[self.steps.partition_point(|step| step.day < day)..]
    }

    /// The history as it was before a day.
    pub(super) fn before(&self, day: NaiveDate) -> Self {
        let steps = &self.steps[..self.steps.partition_point(|step| step.day < day)];
        Self {
            id: self.id,
            currency: self.currency,
            steps: steps.to_vec(),
            verified_at: steps.iter().rev().find_map(|step| step.verified_at),
            updated_at: steps.last().map(|step| step.updated_at),
        }
    }

    /// What a window's change consists of, in the account's own currency.
    pub fn native_parts(&self, window: Window) -> Parts {
        let mut sum = Parts::default();
        for step in self.steps_in(window) {
            sum += step.parts.clone();
        }
        sum
    }

    pub(super) fn add(&mut self, line: &Line, day: NaiveDate, change: Decimal, balance: Decimal) {
        if self.steps.last().is_none_or(|step| step.day < day) {
            self.steps.push(Step {
                day,
                balance,
                parts: Parts::default(),
                verified_at: None,
                updated_at: line.occurred_at,
            });
        }
        self.updated_at = Some(line.occurred_at);
        let Some(step) = self.steps.last_mut() else {
            return;
        };
        step.balance = balance;
        step.updated_at = line.occurred_at;
        match line.kind {
            EntryKind::Balance => {
                step.parts.play += change;
                step.verified_at = Some(line.occurred_at);
                self.verified_at = Some(line.occurred_at);
            }
            EntryKind::Deposit => step.parts.deposits += change,
            EntryKind::Withdrawal => step.parts.withdrawals -= change,
            EntryKind::Transfer => step.parts.moved += change,
            EntryKind::Bonus => step.parts.bonus += change,
            EntryKind::Expense => step.parts.expenses -= change,
        }
    }
}

impl From<&Account> for AccountFigures {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id,
            currency: account.currency,
            steps: Vec::new(),
            verified_at: None,
            updated_at: None,
        }
    }
}

/// Follows one account through its entries, in order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Running {
    pub balance: Decimal,
}

impl Running {
    /// Applies an entry: returns what it changed. A `balance` sets, all other kinds add.
    pub fn apply(&mut self, kind: EntryKind, amount: Decimal) -> Decimal {
        let change = if kind == EntryKind::Balance {
            amount - self.balance
        } else {
            amount
        };
        self.balance += change;
        change
    }
}
