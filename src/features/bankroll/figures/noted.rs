//! Which rates pages speak of beside the values that they went into: estimates, old ones, and the user's own; and what has no
//! rate.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{Figures, Window};
use crate::features::currency::{OwnRate, Rates, Source};
use crate::money::Currency;

/// Rates that a reader should know of, with the days that were valued at them.
#[derive(Debug, Default)]
pub(super) struct Noted {
    /// See [`Figures::estimated`]; each with the first day that was valued so.
    estimated: BTreeMap<Currency, NaiveDate>,
    old: BTreeMap<OldRate, BTreeSet<NaiveDate>>,
    /// Currencies that became the euro, at what was fixed then.
    fixed: BTreeMap<Currency, BTreeSet<NaiveDate>>,
    own: BTreeMap<(Currency, NaiveDate), (OwnRate, BTreeSet<NaiveDate>)>,
}

/// A rate that held although it was not renewed for over 31 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OldRate {
    pub currency: Currency,
    /// The day that it is of.
    pub of: NaiveDate,
    /// The user set it.
    pub is_own: bool,
}

/// What no rate converts, by the days on which it was moved.
#[derive(Clone, Debug, Default)]
pub(super) struct ExcludedByDay {
    flows: BTreeMap<(NaiveDate, Currency), Decimal>,
    moves: BTreeSet<(NaiveDate, Currency)>,
}

impl ExcludedByDay {
    pub(super) fn add_flows(&mut self, day: NaiveDate, currency: Currency, amount: Decimal) {
        *self.flows.entry((day, currency)).or_default() += amount;
    }

    pub(super) fn add_move(&mut self, day: NaiveDate, currency: Currency) {
        self.moves.insert((day, currency));
    }

    /// See [`Figures::excluded_flows`].
    pub(super) fn flows(&self) -> BTreeMap<Currency, Decimal> {
        let mut sums: BTreeMap<Currency, Decimal> = BTreeMap::new();
        for ((_, currency), amount) in &self.flows {
            *sums.entry(*currency).or_default() += *amount;
        }
        sums
    }

    /// See [`Figures::unpriced_moves`].
    pub(super) fn moves(&self) -> BTreeSet<Currency> {
        self.moves.iter().map(|(_, currency)| *currency).collect()
    }

    /// That of the days before a day.
    pub(super) fn before(&self, end: NaiveDate) -> Self {
        let mut before = self.clone();
        before.flows.retain(|(day, _), _| *day < end);
        before.moves.retain(|(day, _)| *day < end);
        before
    }
}

impl Noted {
    /// What was noted of the days before a day.
    pub(super) fn before(&self, end: NaiveDate) -> Self {
        let earlier = |days: &BTreeSet<NaiveDate>| -> Option<BTreeSet<NaiveDate>> {
            let days: BTreeSet<_> = days.range(..end).copied().collect();
            (!days.is_empty()).then_some(days)
        };
        let estimated = self.estimated.iter().filter(|(_, first)| **first < end);
        let old = self.old.iter();
        let fixed = self.fixed.iter();
        let own = self.own.iter();
        Self {
            estimated: estimated.map(|(of, first)| (*of, *first)).collect(),
            old: old
                .filter_map(|(old, days)| Some((*old, earlier(days)?)))
                .collect(),
            fixed: fixed
                .filter_map(|(currency, days)| Some((*currency, earlier(days)?)))
                .collect(),
            own: own
                .filter_map(|(key, (rate, days))| Some((*key, (rate.clone(), earlier(days)?))))
                .collect(),
        }
    }

    /// See [`Figures::estimated`].
    pub(super) fn estimated(&self) -> BTreeSet<Currency> {
        self.estimated.keys().copied().collect()
    }

    /// Notes what is to be said of the rates that a conversion takes on a day.
    pub(super) fn add(&mut self, rates: &Rates, from: Currency, to: Currency, day: NaiveDate) {
        for rate in rates.used(from, to, day) {
            let (currency, of) = (rate.currency, rate.day());
            if rate.is_estimate(day) {
                let first = self.estimated.entry(currency).or_insert(day);
                *first = day.min(*first);
            }
            if rate.is_old(day) {
                let is_own = matches!(rate.source, Source::Own(_));
                let old = OldRate {
                    currency,
                    of,
                    is_own,
                };
                self.old.entry(old).or_default().insert(day);
            }
            if rate.is_fixed() {
                self.fixed.entry(currency).or_default().insert(day);
            }
            if let Source::Own(own) = rate.source {
                let new = || (own.clone(), BTreeSet::new());
                let (_, days) = self.own.entry((currency, of)).or_insert_with(new);
                days.insert(day);
            }
        }
    }
}

impl Figures {
    /// The old rates that values of a window were computed with, and the last day of each; `None` if it is the newest.
    pub fn old_rates(&self, window: Window) -> Vec<(OldRate, Option<NaiveDate>)> {
        let in_window =
            |days: &BTreeSet<NaiveDate>| days.range(window.start..=window.end).next().is_some();
        let old = self.noted.old.iter().filter(|(_, days)| in_window(days));
        old.map(|(old, days)| (*old, self.last_day_of(*old, days)))
            .collect()
    }

    /// The currencies that values of a window were converted from at what they became the euro for.
    pub fn fixed_rates(&self, window: Window) -> impl Iterator<Item = Currency> {
        let fixed = self.noted.fixed.iter();
        let used =
            fixed.filter(move |(_, days)| days.range(window.start..=window.end).next().is_some());
        used.map(|(currency, _)| *currency)
    }

    /// Whether a value of a day was computed with an old rate.
    pub fn is_old_on(&self, day: NaiveDate) -> bool {
        self.noted.old.values().any(|days| days.contains(&day))
    }

    fn last_day_of(&self, old: OldRate, used: &BTreeSet<NaiveDate>) -> Option<NaiveDate> {
        let is_in_force = |day: &NaiveDate| {
            let rate = self.rates.in_force(old.currency, *day);
            rate.is_some_and(|rate| rate.day() == old.of)
        };
        let from = *used.last()?;
        let last = from
            .iter_days()
            .take_while(|day| *day <= self.today && is_in_force(day))
            .last()?;
        (last < self.today).then_some(last)
    }

    /// The user's own rates that values of a window were computed with and that say something at its end: those in
    /// force then, and one currency counted as another at any time.
    pub fn own_rates(&self, window: Window) -> Vec<&OwnRate> {
        let is_said = |rate: &OwnRate, days: &BTreeSet<NaiveDate>| {
            days.contains(&window.end)
                || rate.is_peg() && days.range(window.start..=window.end).next().is_some()
        };
        let own = self.noted.own.values();
        own.filter(|(rate, days)| is_said(rate, days))
            .map(|(rate, _)| rate)
            .collect()
    }
}
