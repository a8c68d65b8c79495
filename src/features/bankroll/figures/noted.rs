//! Which rates pages speak of beside the values that they went into: estimates, old ones, and the user's own.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{Figures, Window};
use crate::features::currency::{OwnRate, Rates, Source};
use crate::money::Currency;

/// Rates that a reader should know of, with the days that were valued at them.
#[derive(Debug, Default)]
pub(super) struct Noted {
    /// See [`Figures::estimated`].
    pub(super) estimated: BTreeSet<Currency>,
    old: BTreeMap<OldRate, BTreeSet<NaiveDate>>,
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

impl Noted {
    /// Notes what is to be said of the rates that a conversion takes on a day.
    pub(super) fn add(&mut self, rates: &Rates, from: Currency, to: Currency, day: NaiveDate) {
        for rate in rates.used(from, to, day) {
            let (currency, of) = (rate.currency, rate.day());
            if rate.is_estimate(day) {
                self.estimated.insert(currency);
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
