//! The totals of every day, in one walk.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{AccountFigures, Figures, Step};
use crate::features::currency::Exchange;
use crate::money::Currency;

/// Walks the days once, converting an account anew only when its balance or a rate has changed.
pub(super) struct Sweep<'a> {
    figures: &'a Figures,
    /// The accounts' currencies, each once.
    currencies: Vec<Quoted>,
    accounts: Vec<Walked>,
    /// What each account is worth, in the order of the accounts.
    pub(super) values: Vec<Decimal>,
}

/// A currency on the day that has been reached.
struct Quoted {
    currency: Currency,
    exchange: Option<Exchange>,
    /// Not the same as the day before.
    changed: bool,
}

/// An account on the day that has been reached.
struct Walked {
    /// Where its currency is in [`Sweep::currencies`].
    currency: usize,
    next_step: usize,
}

impl<'a> Sweep<'a> {
    pub(super) fn new(figures: &'a Figures) -> Self {
        let codes: BTreeSet<Currency> = figures.accounts.iter().map(|a| a.currency).collect();
        let codes: Vec<Currency> = codes.into_iter().collect();
        let walked = |account: &AccountFigures| Walked {
            currency: codes.partition_point(|code| *code < account.currency),
            next_step: 0,
        };
        Self {
            figures,
            accounts: figures.accounts.iter().map(walked).collect(),
            values: vec![Decimal::ZERO; figures.accounts.len()],
            currencies: codes
                .into_iter()
                .map(|currency| Quoted {
                    currency,
                    exchange: None,
                    changed: false,
                })
                .collect(),
        }
    }

    /// Moves on to a day: returns the sum of all accounts at its end. Days must not go back.
    pub(super) fn advance(&mut self, day: NaiveDate) -> Decimal {
        for quoted in &mut self.currencies {
            let now = self.figures.exchange(quoted.currency, day);
            quoted.changed = now != quoted.exchange;
            quoted.exchange = now;
        }
        let mut total = Decimal::ZERO;
        let accounts = self.figures.accounts.iter().zip(&mut self.accounts);
        for ((account, walked), value) in accounts.zip(&mut self.values) {
            let reached = walked.next_step;
            let is_past = |step: &Step| step.day <= day;
            while account.steps.get(walked.next_step).is_some_and(is_past) {
                walked.next_step += 1;
            }
            let Some(last) = walked.next_step.checked_sub(1) else {
                continue;
            };
            let quoted = &self.currencies[walked.currency];
            if quoted.changed || walked.next_step > reached {
                let balance = account.steps[last].balance;
                let now = quoted
                    .exchange
                    .and_then(|exchange| exchange.convert(balance));
                *value = now.unwrap_or_default();
            }
            total += *value;
        }
        total
    }

    /// Those of the accounts' currencies whose rates of the day pages speak of, and that something is held in.
    pub(super) fn noted(&self) -> impl Iterator<Item = Currency> {
        let is_held = |place: usize| {
            let mut values = self.accounts.iter().zip(&self.values);
            values.any(|(walked, value)| walked.currency == place && !value.is_zero())
        };
        let currencies = self.currencies.iter().enumerate();
        currencies
            .filter(move |(place, quoted)| {
                quoted.exchange.is_some_and(|exchange| exchange.is_noted) && is_held(*place)
            })
            .map(|(_, quoted)| quoted.currency)
    }
}
