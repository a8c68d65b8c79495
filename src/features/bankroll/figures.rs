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
//! A currency that has no rate at all is left out of every converted figure and listed in [`Figures::excluded`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::AddAssign;
use std::sync::OnceLock;

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

use super::ledger::{Account, EntryKind, Line};
use crate::features::currency::{Exchange, Rates};
use crate::ids::{AccountId, EntryId};
use crate::money::Currency;

/// What a change of value consists of. `expenses` and `withdrawals` are positive numbers that count against it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The gaps of balances: what was won or lost at the tables.
    pub play: Decimal,
    pub bonus: Decimal,
    pub expenses: Decimal,
    /// What the change of exchange rates did to money that lay still.
    pub currency: Decimal,
    pub deposits: Decimal,
    pub withdrawals: Decimal,
    /// One account's transfers, in minus out. Zero in the parts of the whole bankroll.
    pub moved: Decimal,
}

impl Parts {
    /// The change of profit.
    pub fn result(&self) -> Decimal {
        self.play + self.bonus - self.expenses + self.currency
    }

    /// The change of value.
    pub fn change(&self) -> Decimal {
        self.result() + self.deposits - self.withdrawals + self.moved
    }

    /// Deposits and withdrawals alone.
    fn flows(&self) -> Parts {
        Parts {
            deposits: self.deposits,
            withdrawals: self.withdrawals,
            ..Parts::default()
        }
    }

    /// Each part as `convert` values it. `currency` stays: it exists in the home currency only.
    fn converted(&self, mut convert: impl FnMut(Decimal) -> Decimal) -> Parts {
        let mut convert = |amount: Decimal| {
            if amount.is_zero() {
                amount
            } else {
                convert(amount)
            }
        };
        Parts {
            play: convert(self.play),
            bonus: convert(self.bonus),
            expenses: convert(self.expenses),
            currency: self.currency,
            deposits: convert(self.deposits),
            withdrawals: convert(self.withdrawals),
            moved: convert(self.moved),
        }
    }
}

impl AddAssign<Parts> for Parts {
    fn add_assign(&mut self, other: Parts) {
        self.play += other.play;
        self.bonus += other.bonus;
        self.expenses += other.expenses;
        self.currency += other.currency;
        self.deposits += other.deposits;
        self.withdrawals += other.withdrawals;
        self.moved += other.moved;
    }
}

/// A period for which the pages show changes. Each ends today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Range {
    Day,
    Week,
    Month,
    Quarter,
    YearToDate,
    Year,
    All,
}

impl Range {
    /// In the order of the range buttons.
    pub const ALL: [Range; 7] = [
        Range::Day,
        Range::Week,
        Range::Month,
        Range::Quarter,
        Range::YearToDate,
        Range::Year,
        Range::All,
    ];

    /// The value of `range=` in a URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Range::Day => "1d",
            Range::Week => "7d",
            Range::Month => "30d",
            Range::Quarter => "90d",
            Range::YearToDate => "ytd",
            Range::Year => "1y",
            Range::All => "all",
        }
    }

    /// The text on its button.
    pub fn label(self) -> &'static str {
        match self {
            Range::Day => "1D",
            Range::Week => "7D",
            Range::Month => "30D",
            Range::Quarter => "90D",
            Range::YearToDate => "YTD",
            Range::Year => "1Y",
            Range::All => "All",
        }
    }

    /// In a sentence: "profit, past year".
    pub fn words(self) -> &'static str {
        match self {
            Range::Day => "since yesterday",
            Range::Week => "past 7 days",
            Range::Month => "past 30 days",
            Range::Quarter => "past 90 days",
            Range::YearToDate => "this year",
            Range::Year => "past year",
            Range::All => "all time",
        }
    }

    /// The range of that name; anything else is a year.
    pub fn named(text: &str) -> Range {
        Range::ALL
            .into_iter()
            .find(|range| range.as_str() == text)
            .unwrap_or(Range::Year)
    }
}

/// From the evening of `start` to the evening of `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub start: NaiveDate,
    pub end: NaiveDate,
}

/// What happened on one account on one day, in its currency.
#[derive(Clone, Debug)]
pub struct Step {
    pub day: NaiveDate,
    /// At the end of the day.
    pub balance: Decimal,
    /// `currency` is zero: it exists in the home currency only.
    pub parts: Parts,
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

    /// What a window's change consists of, in the account's own currency.
    pub fn native_parts(&self, window: Window) -> Parts {
        let mut sum = Parts::default();
        for step in self.steps_in(window) {
            sum += step.parts.clone();
        }
        sum
    }
}

/// What one entry did to its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// For a `balance` its gap, for any other kind its signed amount.
    pub change: Decimal,
    /// The account's balance after it. Zero for an entry without an account.
    pub balance: Decimal,
}

/// What every entry did. The index is made when an entry is first asked for: totals need none.
#[derive(Debug, Default)]
struct Effects {
    list: Vec<(EntryId, Effect)>,
    index: OnceLock<HashMap<EntryId, Effect>>,
}

impl Effects {
    fn of(&self, id: EntryId) -> Option<Effect> {
        let index = self
            .index
            .get_or_init(|| self.list.iter().copied().collect());
        index.get(&id).copied()
    }
}

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
    /// Currencies that were valued at a later day's rate, because none is as old as their entries.
    pub estimated: BTreeSet<Currency>,
    /// Deposits and withdrawals without an account, by day, in the home currency.
    outside: BTreeMap<NaiveDate, Parts>,
    effects: Effects,
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

impl Figures {
    /// Computes everything. `lines` must be in the order of (`occurred_at`, `position`); `zone` decides their days.
    pub fn new(
        home: Currency,
        zone: Tz,
        today: NaiveDate,
        rates: Rates,
        accounts: &[Account],
        lines: &[Line],
    ) -> Self {
        let mut figures = Figures {
            home,
            today,
            rates,
            accounts: accounts.iter().map(AccountFigures::from).collect(),
            days: Vec::new(),
            excluded: BTreeMap::new(),
            excluded_flows: BTreeMap::new(),
            estimated: BTreeSet::new(),
            outside: BTreeMap::new(),
            effects: Effects {
                list: Vec::with_capacity(lines.len()),
                index: OnceLock::new(),
            },
        };
        figures.follow(lines, zone);
        figures.note_missing_rates();
        figures.days = figures.totals_by_day();
        figures
    }

    /// Applies every line to its account.
    fn follow(&mut self, lines: &[Line], zone: Tz) {
        let index: HashMap<AccountId, usize> = self
            .accounts
            .iter()
            .enumerate()
            .map(|(i, account)| (account.id, i))
            .collect();
        let mut running = vec![Running::default(); self.accounts.len()];
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
            self.effects
                .list
                .push((line.id, Effect { change, balance }));
            self.accounts[i].add(line, day, change, balance);
        }
    }

    fn follow_outside(&mut self, line: &Line, day: NaiveDate) {
        let (change, balance) = (line.amount, Decimal::ZERO);
        self.effects
            .list
            .push((line.id, Effect { change, balance }));
        self.note_estimate(line.currency, day);
        let Some(amount) = self.to_home(line.amount, line.currency, day) else {
            *self.excluded_flows.entry(line.currency).or_default() += line.amount.abs();
            return;
        };
        let parts = self.outside.entry(day).or_default();
        parts.play -= amount;
        if amount.is_sign_positive() {
            parts.deposits += amount;
        } else {
            parts.withdrawals -= amount;
        }
    }

    fn note_missing_rates(&mut self) {
        for i in 0..self.accounts.len() {
            let (currency, balance) = (self.accounts[i].currency, self.accounts[i].balance());
            if !self.convertible(currency) {
                if !balance.is_zero() {
                    *self.excluded.entry(currency).or_default() += balance;
                }
                let parts = self.accounts[i].steps.iter().map(|step| &step.parts);
                let flows: Decimal = parts.map(|parts| parts.deposits + parts.withdrawals).sum();
                if !flows.is_zero() {
                    *self.excluded_flows.entry(currency).or_default() += flows;
                }
            } else if let Some(first) = self.accounts[i].steps.first().map(|step| step.day) {
                self.note_estimate(currency, first);
            }
        }
    }

    fn note_estimate(&mut self, currency: Currency, day: NaiveDate) {
        if currency == self.home {
            return;
        }
        for currency in [currency, self.home] {
            if self
                .rates
                .quote(currency, day)
                .is_some_and(|quote| quote.estimated)
            {
                self.estimated.insert(currency);
            }
        }
    }

    fn convertible(&self, currency: Currency) -> bool {
        currency == self.home || self.rates.has(currency) && self.rates.has(self.home)
    }

    fn totals_by_day(&self) -> Vec<Day> {
        let Some(first) = self.first_day() else {
            return Vec::new();
        };
        let mut put_in = Decimal::ZERO;
        let flows = self.flows_by_day();
        let mut sweep = Sweep::new(self);
        first
            .iter_days()
            .take_while(|day| *day <= self.today)
            .map(|day| {
                put_in += flows.get(&day).copied().unwrap_or_default();
                Day {
                    day,
                    bankroll: sweep.advance(day),
                    put_in,
                }
            })
            .collect()
    }

    /// Deposits less withdrawals of each day, in the home currency.
    fn flows_by_day(&self) -> HashMap<NaiveDate, Decimal> {
        let mut flows: HashMap<NaiveDate, Decimal> = self
            .outside
            .iter()
            .map(|(day, parts)| (*day, parts.deposits - parts.withdrawals))
            .collect();
        for account in &self.accounts {
            for step in &account.steps {
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

    /// What an entry did to its account.
    pub fn effect(&self, id: EntryId) -> Option<Effect> {
        self.effects.of(id)
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
        if account.currency == self.home || !self.convertible(account.currency) {
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

    /// The oldest among the newest rates that the bankroll of today is valued at; `None` if it needs no rate.
    pub fn rates_as_of(&self) -> Option<NaiveDate> {
        let foreign = |account: &&AccountFigures| {
            account.currency != self.home && !account.balance().is_zero()
        };
        self.accounts
            .iter()
            .filter(foreign)
            .flat_map(|account| [account.currency, self.home])
            .filter_map(|currency| self.rates.newest_day(currency))
            .min()
            .map(|day| day.min(self.today))
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

impl AccountFigures {
    fn add(&mut self, line: &Line, day: NaiveDate, change: Decimal, balance: Decimal) {
        if self.steps.last().is_none_or(|step| step.day < day) {
            self.steps.push(Step {
                day,
                balance,
                parts: Parts::default(),
            });
        }
        self.updated_at = Some(line.occurred_at);
        let Some(step) = self.steps.last_mut() else {
            return;
        };
        step.balance = balance;
        match line.kind {
            EntryKind::Balance => {
                step.parts.play += change;
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

/// Walks the days once, converting an account anew only when its balance or a rate has changed.
struct Sweep<'a> {
    figures: &'a Figures,
    /// The accounts' currencies, each once.
    currencies: Vec<Quoted>,
    accounts: Vec<Walked>,
    /// What each account is worth, in the order of the accounts.
    values: Vec<Decimal>,
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
    fn new(figures: &'a Figures) -> Self {
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
    fn advance(&mut self, day: NaiveDate) -> Decimal {
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
}
