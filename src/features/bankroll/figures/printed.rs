//! Figures as they are printed: rounded to the home currency so that those that stand together add up.
//!
//! The bankroll and the money put in are rounded by themselves, the profit of a day is what is left. In a window the
//! parts are rounded against what they are the parts of ([`Currency::round_parts`]):
//!
//! - bankroll then + play + bonus − expenses + currency + deposits − withdrawals = bankroll now
//! - play + bonus − expenses + currency = profit
//!
//! No figure is off by a whole unit of the currency.

use rust_decimal::Decimal;

use super::{Day, Figures, Parts, Window};
use crate::money::Currency;

/// The totals at the end of a day, as they are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrintedDay {
    pub bankroll: Decimal,
    pub put_in: Decimal,
    /// Bankroll less what was put in.
    pub profit: Decimal,
}

impl Day {
    /// As it is printed.
    pub fn printed(&self, home: Currency) -> PrintedDay {
        let (bankroll, put_in) = (home.round(self.bankroll), home.round(self.put_in));
        PrintedDay {
            bankroll,
            put_in,
            profit: bankroll - put_in,
        }
    }
}

/// The profit between two days as it is printed, and the deposits less withdrawals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrintedChange {
    pub profit: Decimal,
    pub flows: Decimal,
}

impl PrintedChange {
    /// From the evening of one day to the evening of another.
    pub fn between(home: Currency, start: &Day, end: &Day) -> Self {
        let change = home.round(end.bankroll) - home.round(start.bankroll);
        let (profit, flows) = (end.profit() - start.profit(), end.put_in - start.put_in);
        // Flows are rounded by themselves, so that they do not move with the bankroll; unless profit would be off by a
        // whole unit.
        let by_itself = home.round(flows);
        let off = home.without_noise(change - by_itself - profit);
        let flows = if off.abs() < Decimal::new(1, home.minor_units()) {
            by_itself
        } else {
            home.round_parts(change, &[profit, flows])[1]
        };
        Self {
            profit: change - flows,
            flows,
        }
    }
}

/// Deposits and withdrawals of a window as they are printed, with its profit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrintedFlows {
    pub profit: Decimal,
    pub deposits: Decimal,
    pub withdrawals: Decimal,
}

impl PrintedFlows {
    fn new(home: Currency, change: PrintedChange, parts: &Parts) -> Self {
        let both = home.round_parts(change.flows, &[parts.deposits, -parts.withdrawals]);
        Self {
            profit: change.profit,
            deposits: both[0],
            withdrawals: -both[1],
        }
    }
}

/// What a window's change consists of, as it is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    /// The bankroll on the evening that the window starts from, and at its end.
    pub start: Decimal,
    pub end: Decimal,
    pub parts: Parts,
}

impl Printed {
    /// Of the parts between two days.
    pub fn new(home: Currency, start: &Day, end: &Day, parts: &Parts) -> Self {
        let change = PrintedChange::between(home, start, end);
        let flows = PrintedFlows::new(home, change, parts);
        let results = [parts.play, parts.bonus, -parts.expenses, parts.currency];
        let results = home.round_parts(flows.profit, &results);
        Self {
            start: home.round(start.bankroll),
            end: home.round(end.bankroll),
            parts: Parts {
                play: results[0],
                bonus: results[1],
                expenses: -results[2],
                currency: results[3],
                deposits: flows.deposits,
                withdrawals: flows.withdrawals,
                moved: Decimal::ZERO,
            },
        }
    }

    /// The change of profit.
    pub fn profit(&self) -> Decimal {
        self.parts.result()
    }
}

/// The result of each account in a window, as it is printed, and what is in none: together the profit of the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedResults {
    /// In the order of the accounts.
    pub accounts: Vec<Decimal>,
    /// What transfers cost, and deposits and withdrawals without an account.
    pub elsewhere: Decimal,
}

impl Figures {
    /// A window as it is printed.
    pub fn printed(&self, window: Window) -> Printed {
        let (start, end) = (self.on(window.start), self.on(window.end));
        Printed::new(self.home, &start, &end, &self.parts(window))
    }

    /// Of [`Figures::printed`] the flows and the profit alone, which take a tenth of the time.
    pub fn printed_flows(&self, window: Window) -> PrintedFlows {
        let (start, end) = (self.on(window.start), self.on(window.end));
        let change = PrintedChange::between(self.home, &start, &end);
        PrintedFlows::new(self.home, change, &self.flows(window))
    }

    /// What each account is worth now, in their order, as it is printed: together the bankroll. `None` without a rate.
    pub fn printed_values(&self) -> Vec<Option<Decimal>> {
        let value = |account| self.value_on(account, self.today);
        let values: Vec<Option<Decimal>> = self.accounts.iter().map(value).collect();
        let bankroll = self.home.round(self.now().bankroll);
        let known: Vec<Decimal> = values.iter().flatten().copied().collect();
        let mut rounded = self.home.round_parts(bankroll, &known).into_iter();
        values
            .iter()
            .map(|value| value.and_then(|_| rounded.next()))
            .collect()
    }

    /// What each account was worth at the end of a day, as it is printed, given what it was exactly.
    pub fn printed_on(&self, day: &Day, values: &[Decimal]) -> Vec<Decimal> {
        self.home.round_parts(self.home.round(day.bankroll), values)
    }

    /// The results of a window, account by account, as they are printed.
    pub fn printed_results(&self, window: Window) -> PrintedResults {
        let mut results: Vec<Decimal> = self
            .accounts
            .iter()
            .map(|account| self.account_parts(account, window).result())
            .collect();
        let (start, end) = (self.on(window.start), self.on(window.end));
        let of_accounts: Decimal = results.iter().sum();
        results.push(end.profit() - start.profit() - of_accounts);
        let profit = PrintedChange::between(self.home, &start, &end).profit;
        let mut accounts = self.home.round_parts(profit, &results);
        let elsewhere = accounts.pop().unwrap_or_default();
        PrintedResults {
            accounts,
            elsewhere,
        }
    }
}
