//! Which entries a list shows: chosen and counted in memory, from the book, so that only the rows of one page are read.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use anyhow::Context;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::book::Book;
use super::figures::{Done, Figures, Order};
use super::ledger::EntryKind;
use crate::error::Result;
use crate::ids::{AccountId, EntryId};
use crate::money::Currency;
use crate::web::Paging;

/// Which entries pass. Everything that is not set lets all pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub kind: Option<EntryKind>,
    pub account: Option<AccountId>,
    pub currency: Option<Currency>,
    /// From this day,
    pub from: Option<NaiveDate>,
    /// up to this one.
    pub to: Option<NaiveDate>,
    /// Those whose words were asked for, which the database knows alone.
    pub among: Option<HashSet<EntryId>>,
}

/// One page of the entries that pass a filter, and what all of them come to.
#[derive(Debug)]
pub struct Selection {
    pub ids: Vec<EntryId>,
    pub paging: Paging,
    /// What changed, by currency and day, where sums were asked for.
    pub sums: BTreeMap<(Currency, NaiveDate), Decimal>,
    /// What an order by size cannot compare.
    pub unvalued: Unvalued,
}

/// What is added up of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sums {
    None,
    /// What changed, by currency and day.
    ByDay,
}

/// Entries that have no rate.
#[derive(Debug, Default)]
pub struct Unvalued {
    pub count: usize,
    pub currencies: BTreeSet<Currency>,
}

impl Filter {
    fn passes(&self, done: &Done) -> bool {
        self.kind.is_none_or(|kind| done.kind == kind)
            && self
                .account
                .is_none_or(|account| done.account == Some(account))
            && self
                .currency
                .is_none_or(|currency| done.currency == currency)
            && self.from.is_none_or(|from| done.day >= from)
            && self.to.is_none_or(|to| done.day <= to)
            && self.among.as_ref().is_none_or(|ids| ids.contains(&done.id))
    }

    /// Whether nothing has to be looked at to know what passes.
    fn lets_all_pass(&self) -> bool {
        *self == Self::default()
    }
}

/// One page of a user's entries. What has to look at every entry does so beside the requests.
pub async fn selected(
    book: &Arc<Book>,
    filter: Filter,
    order: Order,
    sums: Sums,
    paging: impl FnOnce(i64) -> Paging + Send + 'static,
) -> Result<Selection> {
    if filter.lets_all_pass()
        && sums == Sums::None
        && matches!(order, Order::NewestFirst | Order::OldestFirst)
    {
        return Ok(Selection::new(&book.figures, &filter, order, sums, paging));
    }
    let book = book.clone();
    let choose = move || Selection::new(&book.figures, &filter, order, sums, paging);
    Ok(tokio::task::spawn_blocking(choose)
        .await
        .context("choosing entries stopped")?)
}

impl Selection {
    /// The page that is asked for, or the nearest that exists. `paging` makes it of the number of entries that pass.
    fn new(
        figures: &Figures,
        filter: &Filter,
        order: Order,
        asked: Sums,
        paging: impl FnOnce(i64) -> Paging,
    ) -> Self {
        let count = |entries: usize| i64::try_from(entries).unwrap_or(i64::MAX);
        let is_by_size = matches!(order, Order::LargestFirst | Order::SmallestFirst);
        let mut unvalued = Unvalued::default();
        let mut sums: BTreeMap<(Currency, NaiveDate), Decimal> = BTreeMap::new();
        let all = figures.in_order(order);
        if filter.lets_all_pass() && !is_by_size && asked == Sums::None {
            let paging = paging(count(figures.count()));
            let ids = Self::cut(all.map(|done| done.id), &paging);
            return Self {
                ids,
                paging,
                sums,
                unvalued,
            };
        }
        let mut passing = Vec::new();
        for done in all.filter(|done| filter.passes(done)) {
            passing.push(done.id);
            if is_by_size && !figures.is_comparable(done) {
                unvalued.count += 1;
                unvalued.currencies.insert(done.currency);
            }
            if asked == Sums::ByDay {
                *sums.entry((done.currency, done.day)).or_default() += done.effect.change;
            }
        }
        let paging = paging(count(passing.len()));
        Self {
            ids: Self::cut(passing.into_iter(), &paging),
            paging,
            sums,
            unvalued,
        }
    }

    fn cut(ids: impl Iterator<Item = EntryId>, paging: &Paging) -> Vec<EntryId> {
        let skipped = usize::try_from(paging.offset()).unwrap_or(usize::MAX);
        ids.skip(skipped).take(paging.size as usize).collect()
    }
}
