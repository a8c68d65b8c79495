//! The figures a second time, as naively as the definitions read.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{Datelike, Days, NaiveDate, TimeZone};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use stakeeasy::features::bankroll::figures::{Figures, Parts, Range, Window};
use stakeeasy::features::bankroll::ledger::{Account, EntryKind, Line};
use stakeeasy::features::currency::{OwnRate, Rates, Series};
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
    pub own: Vec<OwnRate>,
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
            own: ground.own.clone(),
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
            Rates::new(series).with_own(&self.own),
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

    /// The bank's rates of a currency that can be known today, by day.
    fn quoted(&self, currency: Currency) -> impl Iterator<Item = (NaiveDate, Decimal)> {
        let all = self.rates.get(&currency).into_iter().flatten();
        all.map(|(day, rate)| (*day, *rate))
            .filter(|(day, _)| *day <= self.today)
    }

    /// The user's.
    fn said(&self, currency: Currency) -> impl Iterator<Item = &OwnRate> {
        self.own
            .iter()
            .filter(move |rate| rate.currency == currency && rate.day <= self.today)
    }

    /// The rate that a currency has on a day, before anybody asks whether it leads round in a circle.
    fn newest(&self, currency: Currency, day: NaiveDate) -> Option<Told<'_>> {
        let said = self
            .said(currency)
            .filter(|rate| rate.day <= day)
            .max_by_key(|rate| rate.day);
        let quoted = self.quoted(currency).filter(|(of, _)| *of <= day).max();
        let bank = |(of, rate)| Told::Bank(of, rate);
        match (said, quoted) {
            (Some(said), Some((of, rate))) => {
                let through = said.until.is_some_and(|last| day <= last);
                // The bank never quotes it, so nothing ends what the user has said.
                let for_good = said.until.is_none() && currency.code() == "BTC";
                Some(if of <= said.day || through || for_good {
                    Told::User(said)
                } else {
                    Told::Bank(of, rate)
                })
            }
            (Some(said), None) => Some(Told::User(said)),
            (None, Some(quoted)) => Some(bank(quoted)),
            (None, None) => {
                let said = self.said(currency).min_by_key(|rate| rate.day);
                let quoted = self.quoted(currency).min();
                match (said, quoted) {
                    (Some(said), Some((of, _))) if said.day <= of => Some(Told::User(said)),
                    (Some(said), None) => Some(Told::User(said)),
                    (_, quoted) => quoted.map(bank),
                }
            }
        }
    }

    /// Whether each price of the user's, followed to the currency that it is in, leads back to where it began.
    fn comes_back(&self, currency: Currency, day: NaiveDate) -> bool {
        let mut at = currency;
        for _ in 0..10 {
            match self.newest(at, day) {
                Some(Told::User(said)) => at = said.quoted_in,
                _ => return false,
            }
            if at == currency {
                return true;
            }
        }
        false
    }

    /// The rates that tell what a currency is worth on a day: each in the currency of the next.
    fn way(&self, currency: Currency, day: NaiveDate) -> Vec<(Currency, Told<'_>)> {
        if currency.code() == "EUR" {
            return Vec::new();
        }
        let mut told = self.newest(currency, day);
        if self.comes_back(currency, day) {
            let newest = self.quoted(currency).filter(|(of, _)| *of <= day).max();
            let quoted = newest.or_else(|| self.quoted(currency).min());
            told = quoted.map(|(of, rate)| Told::Bank(of, rate));
        }
        match told {
            None => Vec::new(),
            Some(Told::User(said)) => {
                let mut way = vec![(currency, Told::User(said))];
                way.extend(self.way(said.quoted_in, day));
                way
            }
            Some(bank) => vec![(currency, bank)],
        }
    }

    /// The rates that a conversion to the home currency takes: those of both ways, up to where they meet.
    fn used(&self, currency: Currency, day: NaiveDate) -> Vec<(Currency, Told<'_>)> {
        if currency == self.home {
            return Vec::new();
        }
        let (from, to) = (self.way(currency, day), self.way(self.home, day));
        let is_in =
            |way: &[(Currency, Told<'_>)], currency| way.iter().any(|(at, _)| *at == currency);
        let mut used = from.clone();
        used.retain(|(at, _)| !is_in(&to, *at));
        used.extend(to.into_iter().filter(|(at, _)| !is_in(&from, *at)));
        used
    }

    /// So many units of which other currency one unit is, and whether the user has a say in it.
    fn worth(&self, currency: Currency, day: NaiveDate) -> (Decimal, Currency, bool) {
        let mut worth = (Decimal::ONE, currency, false);
        for (_, told) in self.way(currency, day) {
            if let Told::User(said) = told {
                worth = (worth.0 * said.price, said.quoted_in, true);
            }
        }
        worth
    }

    /// Units for one euro of the currency that a way ends in.
    fn per_eur(&self, currency: Currency, day: NaiveDate) -> Option<Decimal> {
        if currency.code() == "EUR" {
            return Some(Decimal::ONE);
        }
        match self.way(currency, day).last() {
            Some((_, Told::Bank(_, rate))) => Some(*rate),
            _ => None,
        }
    }

    pub fn home(&self, amount: Decimal, currency: Currency, day: NaiveDate) -> Option<Decimal> {
        if currency == self.home {
            return Some(amount);
        }
        let (price, of, said) = self.worth(currency, day);
        let (home_price, home_of, home_said) = self.worth(self.home, day);
        let (to, from) = if of == home_of {
            (price, home_price)
        } else {
            let (from, to) = (self.per_eur(of, day)?, self.per_eur(home_of, day)?);
            (price * to, home_price * from)
        };
        // No price of a user's makes one unit worth more than three million million of another.
        if (said || home_said) && to / from > Decimal::from(3_000_000_000_000_i64) {
            return None;
        }
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

    /// What was converted on which days: every line, and what every account holds in the evening.
    fn converted(&self) -> Vec<(Currency, NaiveDate)> {
        let lines = self
            .lines
            .iter()
            .map(|line| (line.currency, self.day(line)));
        let mut converted: Vec<_> = lines.collect();
        let Some(first) = self.first_day() else {
            return converted;
        };
        for account in &self.accounts {
            let days = first.iter_days().take_while(|day| *day <= self.today);
            let held = days.filter(|day| !self.balance(account, *day).is_zero());
            converted.extend(held.map(|day| (account.currency, day)));
        }
        converted.retain(|(currency, day)| self.home(Decimal::ONE, *currency, *day).is_some());
        converted
    }

    /// Which rates pages must speak of.
    pub fn noted(&self) -> Noted {
        let mut noted = Noted::default();
        for (currency, on) in self.converted() {
            for (currency, told) in self.used(currency, on) {
                let (of, is_own, is_peg) = match told {
                    Told::Bank(of, _) => (of, false, false),
                    Told::User(said) => (said.day, true, said.price == Decimal::ONE),
                };
                if of > on {
                    noted.estimated.insert(currency);
                }
                if of + Days::new(31) < on && !is_peg {
                    noted.old.insert((on, currency, of, is_own));
                }
                if is_own {
                    noted.own.insert((on, currency, of));
                }
            }
        }
        noted
    }
}

/// Who told a rate.
#[derive(Clone, Copy, Debug)]
enum Told<'a> {
    Bank(NaiveDate, Decimal),
    User(&'a OwnRate),
}

/// Rates that pages speak of, with the days that they were used on.
#[derive(Debug, Default)]
pub struct Noted {
    pub estimated: BTreeSet<Currency>,
    /// Day, currency, the day that the rate is of, and whether the user said it.
    pub old: BTreeSet<(NaiveDate, Currency, NaiveDate, bool)>,
    pub own: BTreeSet<(NaiveDate, Currency, NaiveDate)>,
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
