//! Entries by how much they changed.

use std::cmp::Reverse;
use std::collections::HashMap;

use chrono::NaiveDate;

use super::{Done, Figures};
use crate::features::currency::Exchange;
use crate::ids::EntryId;
use crate::money::Currency;

/// Every entry by how much it changed, whatever its sign: in the home currency, at the rate of its day.
#[derive(Debug)]
pub struct BySize {
    /// From the largest to the smallest; of two alike, the later one first.
    valued: Vec<EntryId>,
    /// Those that no rate converts, by currency, each from the largest to the smallest.
    unvalued: Vec<(Currency, EntryId)>,
}

impl BySize {
    pub(super) fn new(figures: &Figures, entries: &[Done]) -> Self {
        // Entries of one day, and days without a new rate, share a rate.
        let mut known: HashMap<Currency, (NaiveDate, Option<Exchange>)> = HashMap::new();
        let mut valued = Vec::with_capacity(entries.len());
        let mut unvalued = Vec::new();
        for (place, done) in entries.iter().enumerate() {
            let change = done.effect.change.abs();
            let (day, exchange) = known.entry(done.currency).or_insert_with(|| {
                let exchange = figures.exchange(done.currency, done.day);
                (done.day, exchange)
            });
            if *day != done.day {
                (*day, *exchange) = (done.day, figures.exchange(done.currency, done.day));
            }
            match exchange.as_ref().and_then(|rate| rate.convert(change)) {
                Some(worth) => valued.push((Reverse((worth, place)), done.id)),
                None => unvalued.push(((done.currency, Reverse((change, place))), done.id)),
            }
        }
        valued.sort_unstable_by_key(|(key, _)| *key);
        unvalued.sort_unstable_by_key(|(key, _)| *key);
        Self {
            valued: valued.into_iter().map(|(_, id)| id).collect(),
            unvalued: unvalued
                .into_iter()
                .map(|((currency, _), id)| (currency, id))
                .collect(),
        }
    }

    /// The largest first.
    pub fn largest_first(&self) -> impl Iterator<Item = EntryId> {
        let valued = self.valued.iter().copied();
        valued.chain(self.unvalued.iter().map(|(_, id)| *id))
    }

    /// The smallest first. What no rate converts comes last here as well.
    pub fn smallest_first(&self) -> impl Iterator<Item = EntryId> {
        let valued = self.valued.iter().rev().copied();
        valued.chain(self.unvalued.iter().rev().map(|(_, id)| *id))
    }

    /// Those that no rate converts.
    pub fn unvalued(&self) -> impl Iterator<Item = (Currency, EntryId)> {
        self.unvalued.iter().copied()
    }
}
