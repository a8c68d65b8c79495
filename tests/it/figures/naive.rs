//! The figures a second time, as naively as the definitions read.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{Datelike, Days, NaiveDate, TimeZone};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use stakeeasy::features::bankroll::figures::{Figures, Parts, Range, Window};
use stakeeasy::features::bankroll::ledger::{Account, EntryKind, Line};
use stakeeasy::features::currency::{Rates, Series};
use stakeeasy::ids::EntryId;
use stakeeasy::money::Currency;

use super::ledgers::Ground;

/// One ledger with everything that its figures depend on.
#[derive(Clone, Debug)]
pub struct Case {
    pub home: Currency,
    pub zone: Tz,
    pub today: NaiveDate,
    pub rates: BTreeMap<Currency, BTreeMap<NaiveDate, Decimal>>,
    pub accounts: Vec<Account>,
    /// In order.
    pub lines: Vec<Line>,
    /// The day of each line.
    pub days: HashMap<EntryId, NaiveDate>,
}

impl Case {
    pub fn new(ground: &Ground, lines: Vec<Line>) -> Self {
        let today = ground.today;
        let local = |line: &Line| {
            let local = ground.zone.from_utc_datetime(&line.occurred_at.naive_utc());
            // A line cannot be of a day that has not come.
            (line.id, local.date_naive().min(today))
        };
        Self {
            home: ground.home,
            zone: ground.zone,
            today,
            rates: ground.rates.clone(),
            accounts: ground.accounts.clone(),
            days: lines.iter().map(local).collect(),
            lines,
        }
    }

    pub fn figures(&self) -> Figures {
        let series = self.rates.iter().filter_map(|(currency, rates)| {
            let series = Series::new(rates.iter().map(|(day, rate)| (*day, *rate)))?;
            Some((*currency, Arc::new(series)))
        });
        Figures::new(
            self.home,
            self.zone,
            self.today,
            Rates::new(series),
            &self.accounts,
            &self.lines,
        )
    }

    pub fn day(&self, line: &Line) -> NaiveDate {
        self.days[&line.id]
    }

    pub fn of<'a>(&'a self, account: &'a Account) -> impl Iterator<Item = &'a Line> {
        self.lines
            .iter()
            .filter(|line| line.account == Some(account.id))
    }

    /// Units for one euro: the newest rate with a day up to this one, else the oldest after it.
    fn rate(&self, currency: Currency, day: NaiveDate) -> Option<Decimal> {
        if currency.code() == "EUR" {
            return Some(Decimal::ONE);
        }
        let rates = self.rates.get(&currency)?;
        let mut newest: Option<(NaiveDate, Decimal)> = None;
        let mut oldest: Option<(NaiveDate, Decimal)> = None;
        for (of, rate) in rates {
            if *of <= day && newest.is_none_or(|(before, _)| before < *of) {
                newest = Some((*of, *rate));
            }
            if oldest.is_none_or(|(before, _)| before > *of) {
                oldest = Some((*of, *rate));
            }
        }
        newest.or(oldest).map(|(_, rate)| rate)
    }

    pub fn home(&self, amount: Decimal, currency: Currency, day: NaiveDate) -> Option<Decimal> {
        if currency == self.home {
            return Some(amount);
        }
        let (from, to) = (self.rate(currency, day)?, self.rate(self.home, day)?);
        Some(amount * to / from)
    }

    /// The last `balance` up to a day, plus what came after it; without one the sum alone.
    pub fn balance(&self, account: &Account, day: NaiveDate) -> Decimal {
        let lines: Vec<&Line> = self
            .of(account)
            .filter(|line| self.day(line) <= day)
            .collect();
        balance_after(&lines)
    }

    pub fn value(&self, account: &Account, day: NaiveDate) -> Decimal {
        self.home(self.balance(account, day), account.currency, day)
            .unwrap_or_default()
    }

    pub fn bankroll(&self, day: NaiveDate) -> Decimal {
        self.accounts.iter().map(|a| self.value(a, day)).sum()
    }

    /// Deposits and withdrawals up to a day, each at its own day's rate, both above zero.
    pub fn flows(&self, day: NaiveDate) -> (Decimal, Decimal) {
        let mut sums = (Decimal::ZERO, Decimal::ZERO);
        for line in self.lines.iter().filter(|line| self.day(line) <= day) {
            let value = self
                .home(line.amount, line.currency, self.day(line))
                .unwrap_or_default();
            match line.kind {
                EntryKind::Deposit => sums.0 += value,
                EntryKind::Withdrawal => sums.1 -= value,
                _ => {}
            }
        }
        sums
    }

    pub fn profit(&self, day: NaiveDate) -> Decimal {
        let (deposits, withdrawals) = self.flows(day);
        self.bankroll(day) - deposits + withdrawals
    }

    /// One account's parts of a window, every day by itself.
    pub fn account_parts(&self, account: &Account, window: Window) -> Parts {
        let mut parts = Parts::default();
        let changes = self.changes(account);
        let mut day = window.start + Days::new(1);
        while day <= window.end {
            let before = self.balance(account, day - Days::new(1));
            let then = self.home(before, account.currency, day - Days::new(1));
            let now = self.home(before, account.currency, day);
            parts.currency += now.unwrap_or_default() - then.unwrap_or_default();
            for (line, change) in &changes {
                if self.day(line) == day {
                    let value = self
                        .home(*change, account.currency, day)
                        .unwrap_or_default();
                    match line.kind {
                        EntryKind::Balance => parts.play += value,
                        EntryKind::Bonus => parts.bonus += value,
                        EntryKind::Expense => parts.expenses -= value,
                        EntryKind::Deposit => parts.deposits += value,
                        EntryKind::Withdrawal => parts.withdrawals -= value,
                        EntryKind::Transfer => parts.moved += value,
                    }
                }
            }
            day = day + Days::new(1);
        }
        parts
    }

    /// What each line of an account changed: a `balance` its gap, all others their amount.
    pub fn changes<'a>(&'a self, account: &'a Account) -> Vec<(&'a Line, Decimal)> {
        let lines: Vec<&Line> = self.of(account).collect();
        (0..lines.len())
            .map(|i| {
                let change = match lines[i].kind {
                    EntryKind::Balance => lines[i].amount - balance_after(&lines[..i]),
                    _ => lines[i].amount,
                };
                (lines[i], change)
            })
            .collect()
    }

    /// The parts of the whole bankroll.
    pub fn parts(&self, window: Window) -> Parts {
        let mut sum = Parts::default();
        for account in &self.accounts {
            let parts = self.account_parts(account, window);
            sum.play += parts.play;
            sum.bonus += parts.bonus;
            sum.currency += parts.currency;
            sum.deposits += parts.deposits;
            sum.withdrawals += parts.withdrawals;
            // What a transfer lost on its way is an expense.
            sum.expenses += parts.expenses - parts.moved;
        }
        for line in self.lines.iter().filter(|line| line.account.is_none()) {
            let day = self.day(line);
            if day <= window.start || day > window.end {
                continue;
            }
            let value = self
                .home(line.amount, line.currency, day)
                .unwrap_or_default();
            // It raises no balance: the money shows up in some later balance's gap, and was not won there.
            sum.play -= value;
            match line.kind {
                EntryKind::Deposit => sum.deposits += value,
                _ => sum.withdrawals -= value,
            }
        }
        sum
    }

    pub fn first_day(&self) -> Option<NaiveDate> {
        self.lines.iter().map(|line| self.day(line)).min()
    }

    pub fn window(&self, range: Range) -> Window {
        let before = |days| self.today - Days::new(days);
        let start = match range {
            Range::Day => before(1),
            Range::Week => before(7),
            Range::Month => before(30),
            Range::Quarter => before(90),
            Range::Year => before(365),
            Range::YearToDate => NaiveDate::from_ymd_opt(self.today.year() - 1, 12, 31).unwrap(),
            Range::All => self.first_day().unwrap_or(self.today) - Days::new(1),
        };
        Window {
            start,
            end: self.today,
        }
    }

    /// Currencies with accounts or outside flows on a day that is older than every rate.
    pub fn estimated(&self) -> BTreeSet<Currency> {
        let mut estimated = BTreeSet::new();
        for line in &self.lines {
            let day = self.day(line);
            if line.currency == self.home || self.home(line.amount, line.currency, day).is_none() {
                continue;
            }
            for currency in [line.currency, self.home] {
                let first = self
                    .rates
                    .get(&currency)
                    .and_then(|rates| rates.keys().min());
                if first.is_some_and(|first| day < *first) {
                    estimated.insert(currency);
                }
            }
        }
        estimated
    }
}

pub fn balance_after(lines: &[&Line]) -> Decimal {
    let last = lines
        .iter()
        .rposition(|line| line.kind == EntryKind::Balance);
    lines[last.unwrap_or(0)..]
        .iter()
        .map(|line| line.amount)
        .sum()
}
