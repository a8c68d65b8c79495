//! Pure: the lines of a ledger and the rates in; every total, series and attribution out.
//!
//! Everything that happens on a day is valued at that day's rates. What is left of a day's change of value is the
//! currency effect: the balance of the evening before, times the change of its rate. Hence, for every period,
//!
//! - change of bankroll = play + bonus − expenses + currency + deposits − withdrawals
//! - change of profit = play + bonus − expenses + currency
//!
//! Two cases that the words do not settle, and how they are settled here so that both sums hold:
//!
//! - A transfer's two rows may differ in home value. The difference, of either sign, is an expense.
//! - A deposit without an account raises no balance, so the money shows up in some later balance's gap: it is taken
//!   out of play (and a withdrawal without an account is put back).
//!
//! What has no rate on its day is left out of every converted figure, and listed in [`Figures::excluded`] and beside it.

mod account;
mod by_size;
mod effects;
mod noted;
mod parts;
mod printed;
mod range;
mod renewal;
mod sweep;

pub use account::{AccountFigures, Running, Step};
pub use effects::{Done, Effect, Order};
pub use noted::OldRate;
pub use parts::Parts;
pub use printed::{Printed, PrintedChange, PrintedDay, PrintedFlows, PrintedResults};
pub use range::{Range, Window};
pub use renewal::Seam;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Datelike, Days, NaiveDate};
use chrono_tz::Tz;
use rust_decimal::Decimal;

use self::effects::Effects;
use self::noted::{ExcludedByDay, Noted};
use self::sweep::Sweep;
use super::ledger::{Account, Line};
use crate::features::currency::{Exchange, Rates};
use crate::ids::{AccountId, EntryId};
use crate::money::Currency;

/// The totals at the end of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    pub day: NaiveDate,
    pub bankroll: Decimal,
    /// Deposits less withdrawals so far, each at its own day's rate.
    pub put_in: Decimal,
}

impl Day {
    /// Bankroll less what was put in.
    pub fn profit(&self) -> Decimal {
        self.bankroll - self.put_in
    }
}

/// Every figure of one ledger.
#[derive(Debug)]
pub struct Figures {
    pub home: Currency,
    pub today: NaiveDate,
    pub rates: Rates,
    /// In the order of the accounts they were made from.
    pub accounts: Vec<AccountFigures>,
    /// One value a day from the first entry to today. Empty without entries.
    pub days: Vec<Day>,
    /// What cannot be converted, by currency: what accounts hold in it now.
    pub excluded: BTreeMap<Currency, Decimal>,
    /// The same of what was put in or taken out: deposits and withdrawals together, by currency.
    pub excluded_flows: BTreeMap<Currency, Decimal>,
    /// Currencies without a rate that money was moved into or out of: what the other side gained or lost counts as an
    /// expense.
    pub unpriced_moves: BTreeSet<Currency>,
    /// Currencies that were valued at a later day's rate, because none is as old as their entries.
    pub estimated: BTreeSet<Currency>,
    excluded_by_day: ExcludedByDay,
    /// See [`Figures::old_rates`] and [`Figures::own_rates`].
    noted: Noted,
    /// Deposits and withdrawals without an account, by day, in the home currency.
    outside: BTreeMap<NaiveDate, Parts>,
    /// The first day with one of them that cannot be converted.
    unvalued_outside: Option<NaiveDate>,
    effects: Effects,
}

impl Figures {
    /// Computes everything. `lines` must be in the order of (`occurred_at`, `position`); `zone` decides their days.
    /// Rates that are later than `today` are left out.
    pub fn new(
        home: Currency,
        zone: Tz,
        today: NaiveDate,
        rates: Rates,
        accounts: &[Account],
        lines: &[Line],
    ) -> Self {
        let mut figures = Figures {
            accounts: accounts.iter().map(AccountFigures::from).collect(),
            effects: Effects::with_room_for(lines.len()),
            ..Self::empty(home, today, rates.up_to(today))
        };
        figures.go_on(NaiveDate::MIN, lines, zone);
        figures
    }

    fn empty(home: Currency, today: NaiveDate, rates: Rates) -> Self {
        Figures {
            home,
            today,
            rates,
            accounts: Vec::new(),
            days: Vec::new(),
            excluded: BTreeMap::new(),
            excluded_flows: BTreeMap::new(),
            unpriced_moves: BTreeSet::new(),
            estimated: BTreeSet::new(),
            excluded_by_day: ExcludedByDay::default(),
            noted: Noted::default(),
            outside: BTreeMap::new(),
            unvalued_outside: None,
            effects: Effects::default(),
        }
    }

    /// Goes on from what is there, up to a day before `since`: `lines` are all of that day and later.
    fn go_on(&mut self, since: NaiveDate, lines: &[Line], zone: Tz) {
        self.follow(lines, zone);
        self.effects.settle();
        self.note_missing_rates(since);
        self.add_totals(since);
        self.sum_up();
    }

    /// Applies every line to its account.
    fn follow(&mut self, lines: &[Line], zone: Tz) {
        let index: HashMap<AccountId, usize> = self
            .accounts
            .iter()
            .enumerate()
            .map(|(i, account)| (account.id, i))
            .collect();
        let held = |account: &AccountFigures| Running {
            balance: account.balance(),
        };
        let mut running: Vec<Running> = self.accounts.iter().map(held).collect();
        for line in lines {
            // A change of the time zone can put an entry of this evening on tomorrow.
            let day = line
                .occurred_at
                .with_timezone(&zone)
                .date_naive()
                .min(self.today);
            let Some(i) = line.account.and_then(|id| index.get(&id).copied()) else {
                self.follow_outside(line, day);
                continue;
            };
            let change = running[i].apply(line.kind, line.amount);
            let balance = running[i].balance;
            self.effects.note(line, day, Effect { change, balance });
            self.accounts[i].add(line, day, change, balance);
        }
    }

    fn follow_outside(&mut self, line: &Line, day: NaiveDate) {
        let (change, balance) = (line.amount, Decimal::ZERO);
        self.effects.note(line, day, Effect { change, balance });
        let amount = self.to_home(line.amount, line.currency, day);
        // Even what cannot be converted happened on a day: the series begin with it.
        let parts = self.outside.entry(day).or_default();
        let Some(amount) = amount else {
            self.excluded_by_day
                .add_flows(day, line.currency, line.amount.abs());
            self.unvalued_outside.get_or_insert(day);
            return;
        };
        self.noted.add(&self.rates, line.currency, self.home, day);
        parts.play -= amount;
        if amount.is_sign_positive() {
            parts.deposits += amount;
        } else {
            parts.withdrawals -= amount;
        }
    }

    fn note_missing_rates(&mut self, since: NaiveDate) {
        for account in &self.accounts {
            let currency = account.currency;
            for step in account.steps_since(since) {
                let flows = step.parts.deposits + step.parts.withdrawals;
                let moved = step.parts.moved;
                // What is there in the evening is noted with the totals of the day.
                if flows.is_zero() && moved.is_zero() && !step.balance.is_zero() {
                    continue;
                }
                match self.rates.exchange(currency, self.home, step.day) {
                    Some(exchange) if exchange.is_noted => {
                        self.noted.add(&self.rates, currency, self.home, step.day);
                    }
                    Some(_) => {}
                    None => {
                        if !moved.is_zero() {
                            self.excluded_by_day.add_move(step.day, currency);
                        }
                        if !flows.is_zero() {
                            self.excluded_by_day.add_flows(step.day, currency, flows);
                        }
                    }
                }
            }
        }
    }

    /// What pages say of the whole.
    fn sum_up(&mut self) {
        for account in &self.accounts {
            let (currency, balance) = (account.currency, account.balance());
            if !balance.is_zero() && self.exchange(currency, self.today).is_none() {
                *self.excluded.entry(currency).or_default() += balance;
            }
        }
        self.excluded_flows = self.excluded_by_day.flows();
        self.unpriced_moves = self.excluded_by_day.moves();
        self.estimated = self.noted.estimated();
    }

    fn convertible(&self, currency: Currency) -> bool {
        // Whatever has a rate at all has one on every day: before all others the oldest.
        self.exchange(currency, self.today).is_some()
    }

    /// Whether the bankroll of a day is at least what is told of it: nothing that was left out was below zero.
    pub fn is_least_on(&self, day: NaiveDate) -> bool {
        let mut unvalued = self.unvalued();
        unvalued.all(|account| account.balance_on(day) >= Decimal::ZERO)
    }

    /// Whether nothing is left out of the profit of a day.
    pub fn is_whole_on(&self, day: NaiveDate) -> bool {
        let started = |account: &AccountFigures| {
            let first = account.steps.first();
            first.is_some_and(|step| step.day <= day)
        };
        let outside = self.unvalued_outside.is_some_and(|first| first <= day);
        !outside && !self.unvalued().any(started)
    }

    /// Currencies without a rate that an account holds something in, or once did.
    pub fn unvalued_currencies(&self) -> BTreeSet<Currency> {
        let held = |account: &&AccountFigures| {
            let mut steps = account.steps.iter();
            steps.any(|step| !step.balance.is_zero())
        };
        let unvalued = self.unvalued().filter(held);
        unvalued.map(|account| account.currency).collect()
    }

    /// Accounts in a currency without a rate.
    fn unvalued(&self) -> impl Iterator<Item = &AccountFigures> {
        let without_rate = |account: &&AccountFigures| !self.convertible(account.currency);
        self.accounts.iter().filter(without_rate)
    }

    fn add_totals(&mut self, since: NaiveDate) {
        let last = self.days.last().copied();
        let next = last.map_or_else(|| self.first_day(), |last| last.day.succ_opt());
        let Some(first) = next else {
            return;
        };
        let mut put_in = last.map_or(Decimal::ZERO, |last| last.put_in);
        let mut noted = std::mem::take(&mut self.noted);
        let flows = self.flows_by_day(since);
        let mut sweep = Sweep::new(self);
        if let Some(last) = last {
            sweep.advance(last.day);
        }
        let days: Vec<Day> = first
            .iter_days()
            .take_while(|day| *day <= self.today)
            .map(|day| {
                put_in += flows.get(&day).copied().unwrap_or_default();
                let bankroll = sweep.advance(day);
                for currency in sweep.noted() {
                    noted.add(&self.rates, currency, self.home, day);
                }
                Day {
                    day,
                    bankroll,
                    put_in,
                }
            })
            .collect();
        self.days.extend(days);
        self.noted = noted;
    }

    /// Deposits less withdrawals of each day from a day on, in the home currency.
    fn flows_by_day(&self, since: NaiveDate) -> HashMap<NaiveDate, Decimal> {
        let mut flows: HashMap<NaiveDate, Decimal> = self
            .outside
            .range(since..)
            .map(|(day, parts)| (*day, parts.deposits - parts.withdrawals))
            .collect();
        for account in &self.accounts {
            for step in account.steps_since(since) {
                let flow = step.parts.deposits - step.parts.withdrawals;
                if !flow.is_zero() {
                    let home = self
                        .to_home(flow, account.currency, step.day)
                        .unwrap_or_default();
                    *flows.entry(step.day).or_default() += home;
                }
            }
        }
        flows
    }

    /// The day of the first entry.
    pub fn first_day(&self) -> Option<NaiveDate> {
        let outside = self.outside.keys().next().copied();
        let accounts = self
            .accounts
            .iter()
            .filter_map(|a| a.steps.first())
            .map(|step| step.day);
        accounts.chain(outside).min()
    }

    /// The days on which an account, or what has none, had such parts. Each is in the currency of its account.
    pub fn days_with(&self, is_such: impl Fn(&Parts) -> bool) -> BTreeSet<NaiveDate> {
        let steps = self.accounts.iter().flat_map(|account| &account.steps);
        steps
            .map(|step| (step.day, &step.parts))
            .chain(self.outside.iter().map(|(day, parts)| (*day, parts)))
            .filter(|(_, parts)| is_such(parts))
            .map(|(day, _)| day)
            .collect()
    }

    /// What an amount is worth in the home currency on a day; `None` without a rate.
    pub fn to_home(&self, amount: Decimal, currency: Currency, day: NaiveDate) -> Option<Decimal> {
        self.rates.convert(amount, currency, self.home, day)
    }

    fn exchange(&self, currency: Currency, day: NaiveDate) -> Option<Exchange> {
        self.rates.exchange(currency, self.home, day)
    }

    /// What an account is worth at the end of a day in the home currency; `None` without a rate.
    pub fn value_on(&self, account: &AccountFigures, day: NaiveDate) -> Option<Decimal> {
        self.to_home(account.balance_on(day), account.currency, day)
    }

    /// The history of one account.
    pub fn account(&self, id: AccountId) -> Option<&AccountFigures> {
        self.accounts.iter().find(|account| account.id == id)
    }

    /// About how much memory this takes, with what is made when it is first asked for.
    pub fn bytes(&self) -> usize {
        let steps: usize = self
            .accounts
            .iter()
            .map(|account| account.steps.len())
            .sum();
        // An index has room for up to twice as many as are in it.
        let of_entry = size_of::<Done>() + 2 * size_of::<(EntryId, Effect)>() + size_of::<u32>();
        steps * size_of::<Step>()
            + self.effects.len() * of_entry
            + self.days.len() * size_of::<Day>()
            + 4_096
    }

    /// The totals at the end of a day: zero before the first entry.
    pub fn on(&self, day: NaiveDate) -> Day {
        let nothing = Day {
            day,
            bankroll: Decimal::ZERO,
            put_in: Decimal::ZERO,
        };
        let Some(first) = self.days.first() else {
            return nothing;
        };
        match usize::try_from((day - first.day).num_days()) {
            Ok(i) => self.days[i.min(self.days.len() - 1)],
            Err(_) => nothing,
        }
    }

    /// The totals now.
    pub fn now(&self) -> Day {
        self.on(self.today)
    }

    /// A range, counted back from today.
    pub fn window(&self, range: Range) -> Window {
        let back = |days| self.today - Days::new(days);
        let start = match range {
            Range::Day => back(1),
            Range::Week => back(7),
            Range::Month => back(30),
            Range::Quarter => back(90),
            Range::Year => back(365),
            Range::YearToDate => self.today - Days::new(u64::from(self.today.ordinal())),
            Range::All => self.first_day().unwrap_or(self.today) - Days::new(1),
        };
        Window {
            start,
            end: self.today,
        }
    }

    /// The days of a window that have a value, with the evening it starts from.
    pub fn days_in(&self, window: Window) -> &[Day] {
        let from = self.days.partition_point(|day| day.day < window.start);
        let to = self.days.partition_point(|day| day.day <= window.end);
        &self.days[from..to.max(from)]
    }

    /// What a window's change of the whole bankroll consists of, in the home currency.
    pub fn parts(&self, window: Window) -> Parts {
        let mut sum = self.entered(window, Parts::clone);
        for account in &self.accounts {
            sum.currency += self.currency_effect(account, window);
        }
        sum
    }

    /// Of [`Figures::parts`] the deposits and withdrawals alone, which take a tenth of the time.
    pub fn flows(&self, window: Window) -> Parts {
        self.entered(window, Parts::flows)
    }

    /// The chosen parts of a window that come from entries: all but the currency effect does.
    fn entered(&self, window: Window, chosen: fn(&Parts) -> Parts) -> Parts {
        let mut sum = Parts::default();
        for account in &self.accounts {
            sum += self.entered_on(account, window, chosen);
        }
        let in_window =
            |(day, _): &(&NaiveDate, &Parts)| **day > window.start && **day <= window.end;
        for (_, parts) in self.outside.iter().filter(in_window) {
            sum += chosen(parts);
        }
        sum.expenses -= sum.moved;
        sum.moved = Decimal::ZERO;
        sum
    }

    /// What a window's change of one account consists of, in the home currency.
    pub fn account_parts(&self, account: &AccountFigures, window: Window) -> Parts {
        Parts {
            currency: self.currency_effect(account, window),
            ..self.entered_on(account, window, Parts::clone)
        }
    }

    fn entered_on(
        &self,
        account: &AccountFigures,
        window: Window,
        chosen: fn(&Parts) -> Parts,
    ) -> Parts {
        let mut sum = Parts::default();
        for step in account.steps_in(window) {
            if let Some(exchange) = self.exchange(account.currency, step.day) {
                sum += chosen(&step.parts)
                    .converted(|amount| exchange.convert(amount).unwrap_or_default());
            }
        }
        sum
    }

    /// Between two steps the balance lies still: its currency effect is its value then less its value before.
    fn currency_effect(&self, account: &AccountFigures, window: Window) -> Decimal {
        if account.currency == self.home {
            return Decimal::ZERO;
        }
        let mut sum = Decimal::ZERO;
        let mut still = account.balance_on(window.start);
        let mut before = self.exchange(account.currency, window.start);
        let steps = account.steps_in(window).iter();
        let days = steps
            .map(|step| (step.day, step.balance))
            .chain([(window.end, Decimal::ZERO)]);
        for (day, balance) in days {
            let now = self.exchange(account.currency, day);
            if now != before {
                let value = |exchange: Option<Exchange>| exchange?.convert(still);
                sum += value(now).unwrap_or_default() - value(before).unwrap_or_default();
            }
            still = balance;
            before = now;
        }
        sum
    }

    /// The day of the oldest rate that the bankroll of today is valued at; `None` if it needs none that ages.
    pub fn rates_as_of(&self) -> Option<NaiveDate> {
        let foreign = |account: &&AccountFigures| {
            account.currency != self.home && !account.balance().is_zero()
        };
        self.accounts
            .iter()
            .filter(foreign)
            .filter_map(|account| self.rates.as_of(account.currency, self.home, self.today))
            .min()
    }

    /// The value of every account at the end of each day of a window, in the order of the accounts.
    pub fn account_series(&self, window: Window) -> Vec<(NaiveDate, Vec<Decimal>)> {
        let mut sweep = Sweep::new(self);
        self.days_in(window)
            .iter()
            .map(|day| {
                sweep.advance(day.day);
                (day.day, sweep.values.clone())
            })
            .collect()
    }
}
