//! What every entry did, in the order in which they happened.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::Figures;
use super::by_size::BySize;
use crate::features::bankroll::ledger::{EntryKind, Line};
use crate::ids::{AccountId, EntryId};
use crate::money::Currency;

/// What one entry did to its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// For a `balance` its gap, for any other kind its signed amount.
    pub change: Decimal,
    /// The account's balance after it. Zero for an entry without an account.
    pub balance: Decimal,
}

/// An entry, and what it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    pub id: EntryId,
    pub account: Option<AccountId>,
    pub kind: EntryKind,
    pub effect: Effect,
    pub currency: Currency,
    pub occurred_at: DateTime<Utc>,
    /// In the user's time zone.
    pub day: NaiveDate,
}

/// An order of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    NewestFirst,
    OldestFirst,
    /// By how much each changed, whatever its sign, in the home currency at the rate of its day. What no rate converts comes
    /// last.
    LargestFirst,
    /// The same the other way around. What no rate converts comes last here as well.
    SmallestFirst,
}

/// What every entry did. The index and the order are made when they are first asked for: totals need none.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// Shared with the figures of before, of which these are the next: of a long ledger most stays what it was.
    older: Arc<Vec<Done>>,
    /// How many of the older are still so.
    kept: usize,
    newer: Vec<Done>,
    index: OnceLock<HashMap<EntryId, Effect>>,
    by_size: OnceLock<BySize>,
}

impl Effects {
    pub(super) fn with_room_for(lines: usize) -> Self {
        Self {
            newer: Vec::with_capacity(lines),
            ..Self::default()
        }
    }

    /// The first of them alone.
    pub(super) fn first(&self, count: usize) -> Self {
        let kept = self.kept.min(count);
        Self {
            older: self.older.clone(),
            kept,
            newer: self.newer[..count - kept].to_vec(),
            ..Self::default()
        }
    }

    /// From now on they are shared with what comes after them.
    pub(super) fn settle(&mut self) {
        if self.older.is_empty() {
            self.older = Arc::new(std::mem::take(&mut self.newer));
            self.kept = self.older.len();
        }
    }

    pub(super) fn note(&mut self, line: &Line, day: NaiveDate, effect: Effect) {
        self.newer.push(Done {
            id: line.id,
            account: line.account,
            kind: line.kind,
            effect,
            currency: line.currency,
            occurred_at: line.occurred_at,
            day,
        });
    }

    pub(super) fn len(&self) -> usize {
        self.kept + self.newer.len()
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Done> {
        self.older[..self.kept].iter().chain(&self.newer)
    }

    pub(super) fn at(&self, place: usize) -> &Done {
        match place.checked_sub(self.kept) {
            Some(newer) => &self.newer[newer],
            None => &self.older[place],
        }
    }

    fn of(&self, id: EntryId) -> Option<Effect> {
        let index = self.index.get_or_init(|| {
            let each = self.iter().map(|done| (done.id, done.effect));
            each.collect()
        });
        index.get(&id).copied()
    }
}

impl Figures {
    /// What an entry did to its account.
    pub fn effect(&self, id: EntryId) -> Option<Effect> {
        self.effects.of(id)
    }

    /// How many entries there are.
    pub fn count(&self) -> usize {
        self.effects.len()
    }

    /// Every entry in an order. To skip some of an order in time is free, whatever their number.
    pub fn in_order(&self, order: Order) -> Box<dyn Iterator<Item = &Done> + '_> {
        let at = |place: &u32| self.effects.at(*place as usize);
        match order {
            Order::NewestFirst => Box::new(self.effects.iter().rev()),
            Order::OldestFirst => Box::new(self.effects.iter()),
            Order::LargestFirst => Box::new(self.by_size().largest_first().map(at)),
            Order::SmallestFirst => Box::new(self.by_size().smallest_first().map(at)),
        }
    }

    /// Whether an order by size can tell where an entry belongs: there is a rate for it.
    pub fn is_comparable(&self, done: &Done) -> bool {
        self.convertible(done.currency)
    }

    fn by_size(&self) -> &BySize {
        self.effects
            .by_size
            .get_or_init(|| BySize::new(self, self.effects.iter()))
    }
}
