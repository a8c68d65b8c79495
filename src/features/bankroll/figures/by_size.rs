//! Entries by how much they changed.

use std::cmp::Reverse;
use std::collections::HashMap;

use chrono::NaiveDate;

use super::{Done, Figures};
use crate::features::currency::Exchange;
use crate::money::Currency;

/// The places of all entries by how much each changed, whatever its sign: in the home currency, at the rate of its day.
#[derive(Debug)]
pub(super) struct BySize {
    /// From the largest to the smallest; of two alike, the later one first.
    valued: Vec<u32>,
    /// Those that no rate converts, by currency, each from the largest to the smallest.
    unvalued: Vec<u32>,
}

impl BySize {
    pub(super) fn new<'a>(figures: &Figures, entries: impl Iterator<Item = &'a Done>) -> Self {
        // Entries of one day, and days without a new rate, share a rate.
        let mut known: HashMap<Currency, (NaiveDate, Option<Exchange>)> = HashMap::new();
        let mut valued = Vec::with_capacity(figures.count());
        let mut unvalued = Vec::new();
        for (place, done) in (0_u32..).zip(entries) {
            let change = done.effect.change.abs();
            let (day, exchange) = known.entry(done.currency).or_insert_with(|| {
                let exchange = figures.exchange(done.currency, done.day);
                (done.day, exchange)
            });
            if *day != done.day {
                (*day, *exchange) = (done.day, figures.exchange(done.currency, done.day));
            }
            match exchange.as_ref().and_then(|rate| rate.convert(change)) {
                Some(worth) => valued.push(Reverse((worth, place))),
                None => unvalued.push((done.currency, Reverse((change, place)))),
            }
        }
        valued.sort_unstable();
        unvalued.sort_unstable();
        Self {
            valued: valued
                .into_iter()
                .map(|Reverse((_, place))| place)
                .collect(),
            unvalued: unvalued
                .into_iter()
                .map(|(_, Reverse((_, place)))| place)
                .collect(),
        }
    }

    /// The largest first.
    pub(super) fn largest_first(&self) -> impl Iterator<Item = &u32> {
        self.valued.iter().chain(&self.unvalued)
    }

    /// The smallest first. What no rate converts comes last here as well.
    pub(super) fn smallest_first(&self) -> impl Iterator<Item = &u32> {
        self.valued.iter().rev().chain(self.unvalued.iter().rev())
    }
}
