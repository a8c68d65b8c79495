//! Pure: which rate holds on a day, and what an amount is worth at it.

use std::collections::BTreeMap;
use std::iter;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::joined::joined;
use super::series::{Quote, Series};
use crate::money::Currency;

/// A rate that a user set, as they said it: one unit of `currency` costs `price` units of `quoted_in`. It keeps meaning
/// that, so it moves with the currency that it is told in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnRate {
    pub currency: Currency,
    /// The first day on which it holds.
    pub day: NaiveDate,
    pub price: Decimal,
    pub quoted_in: Currency,
    /// The last day on which it holds whatever the central bank quotes. `None`: until the bank quotes again.
    pub until: Option<NaiveDate>,
}

impl OwnRate {
    /// One for one: the currency counts as the other, whatever that is worth. Such a rate does not age.
    pub fn is_peg(&self) -> bool {
        self.price == Decimal::ONE
    }

    /// Whether it holds on a day, being the user's newest, although the bank has quoted on another.
    fn outlasts(&self, quoted: NaiveDate, day: NaiveDate) -> bool {
        quoted <= self.day
            || match self.until {
                Some(until) => day <= until,
                // No central bank ever quotes these: what an administrator sets is for users who set nothing.
                None => self.currency.is_crypto(),
            }
    }
}

/// Where the value of a currency on a day comes from.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    Bank(Quote),
    Own(&'a OwnRate),
}

/// The rate that a currency has on a day.
#[derive(Clone, Copy, Debug)]
pub struct Used<'a> {
    pub currency: Currency,
    pub source: Source<'a>,
}

/// A rate that is older than this many days has not been renewed: what is valued at it says so.
pub const RENEWED_DAYS: i64 = 31;

impl Used<'_> {
    /// The day that the rate is of. After the day that it is asked for, if none is as old: see [`Used::is_estimate`].
    pub fn day(&self) -> NaiveDate {
        match self.source {
            Source::Bank(quote) => quote.day,
            Source::Own(rate) => rate.day,
        }
    }

    /// Whether no rate is as old as the day: this is the oldest there is.
    pub fn is_estimate(&self, day: NaiveDate) -> bool {
        self.day() > day
    }

    /// Whether it was not renewed for so long that a value of that day says so.
    pub fn is_old(&self, day: NaiveDate) -> bool {
        (day - self.day()).num_days() > RENEWED_DAYS && self.ages()
    }

    /// Whether its currency became the euro at it: it holds for good.
    pub fn is_fixed(&self) -> bool {
        // They all did on the first day of a year, on which nobody quotes: most rates are none at a glance.
        matches!(self.source, Source::Bank(quote) if quote.day.ordinal() == 1 && joined(self.currency) == Some(quote))
    }

    fn ages(&self) -> bool {
        !self.is_peg() && !self.is_fixed()
    }

    fn is_peg(&self) -> bool {
        matches!(self.source, Source::Own(rate) if rate.is_peg())
    }

    /// Whether a value that it is in says so.
    fn is_noted(&self, day: NaiveDate) -> bool {
        matches!(self.source, Source::Own(_))
            || self.is_estimate(day)
            || self.is_old(day)
            || self.is_fixed()
    }
}

/// How amounts of one currency become amounts of another on a day: by two factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    from: Decimal,
    to: Decimal,
    /// A rate in it is the user's own, old, fixed for good or estimated: [`Rates::used`] says which.
    pub is_noted: bool,
}

/// With an own rate one unit of a currency is worth at most so many of another: then even a ledger of the largest
/// amounts can be summed.
const MOST: i64 = 3_000_000_000_000;

impl Exchange {
    /// From a currency to itself.
    pub const SAME: Self = Self {
        from: Decimal::ONE,
        to: Decimal::ONE,
        is_noted: false,
    };

    /// Amount × to ÷ from. `None` if the result has more than 28 digits before the point.
    ///
    /// The multiplication comes first: it is exact, and so is the division whenever its result is a finite decimal.
    pub fn convert(self, amount: Decimal) -> Option<Decimal> {
        if amount.is_zero() {
            return Some(amount);
        }
        let scaled = if self.to == Decimal::ONE {
            amount
        } else {
            amount.checked_mul(self.to)?
        };
        if self.from == Decimal::ONE {
            Some(scaled)
        } else {
            scaled.checked_div(self.from)
        }
    }

    /// Of own rates, if amounts of any size can be converted at it.
    fn if_sane(self) -> Option<Self> {
        let unit = self.to.checked_div(self.from)?;
        (unit <= Decimal::from(MOST)).then_some(self)
    }
}

/// The rates that one user's figures are computed with: the central bank's, and by day the user's own among them.
///
/// An own rate holds from its day until the user's next one or until the bank quotes the currency again; if the user
/// named a last day, through that. Otherwise the newest rate holds, and before all rates the oldest.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    quoted: BTreeMap<Currency, Arc<Series>>,
    /// In the order of their days.
    own: BTreeMap<Currency, Vec<OwnRate>>,
}

/// What one unit of a currency is on a day: so many units of another, which the bank quotes.
struct Worth {
    price: Decimal,
    of: Currency,
    /// Of the other. `None` if it has no rate.
    per_eur: Option<Decimal>,
    is_own: bool,
    /// See [`Exchange::is_noted`].
    is_noted: bool,
}

impl Rates {
    /// From the bank's series of each currency; one that is not among them has no rate. The euro is always 1.
    pub fn new(series: impl IntoIterator<Item = (Currency, Arc<Series>)>) -> Self {
        Self {
            quoted: series
                .into_iter()
                .filter(|(currency, _)| *currency != Currency::EUR)
                .collect(),
            own: BTreeMap::new(),
        }
    }

    /// With rates that the user set. The euro takes none: all others are told in it.
    #[must_use]
    pub fn with_own(mut self, own: &[OwnRate]) -> Self {
        let mut own: Vec<&OwnRate> = own.iter().filter(|r| r.currency != Currency::EUR).collect();
        own.sort_by_key(|rate| (rate.currency, rate.day));
        for rate in own {
            self.own
                .entry(rate.currency)
                .or_default()
                .push(rate.clone());
        }
        self
    }

    /// Without rates that nobody can know yet. Asked for a day after it, they would still answer with one of before.
    #[must_use]
    pub fn up_to(mut self, today: NaiveDate) -> Self {
        self.quoted.retain(|_, series| series.first_day() <= today);
        for rates in self.own.values_mut() {
            rates.retain(|rate| rate.day <= today);
        }
        self.own.retain(|_, rates| !rates.is_empty());
        self
    }

    /// The rate of a currency on a day, as if no two own rates could be told in one another.
    fn newest(&self, currency: Currency, day: NaiveDate) -> Option<Used<'_>> {
        let quote = self.quote(currency, day);
        let reached = quote.filter(|quote| quote.day <= day);
        let source = match (self.own_on(currency, day), reached) {
            (Some(rate), None) => Source::Own(rate),
            (Some(rate), Some(quote)) if rate.outlasts(quote.day, day) => Source::Own(rate),
            (_, Some(quote)) => Source::Bank(quote),
            // No rate is as old: the oldest.
            (None, None) => match (self.own_of(currency).first(), quote) {
                (Some(rate), Some(quote)) if rate.day > quote.day => Source::Bank(quote),
                (Some(rate), _) => Source::Own(rate),
                (None, quote) => Source::Bank(quote?),
            },
        };
        Some(Used { currency, source })
    }

    fn own_of(&self, currency: Currency) -> &[OwnRate] {
        self.own.get(&currency).map_or(&[], Vec::as_slice)
    }

    /// The user's newest up to a day.
    fn own_on(&self, currency: Currency, day: NaiveDate) -> Option<&OwnRate> {
        let own = self.own_of(currency);
        own[..own.partition_point(|rate| rate.day <= day)].last()
    }

    /// The bank's newest up to a day, else its oldest.
    fn quote(&self, currency: Currency, day: NaiveDate) -> Option<Quote> {
        self.quoted.get(&currency).map(|series| series.on(day))
    }

    /// The rate of a currency on a day. Own rates that lead round in a circle say nothing, and do not hold. `None` for
    /// the euro, and if there is none.
    pub fn in_force(&self, currency: Currency, day: NaiveDate) -> Option<Used<'_>> {
        let rate = self.newest(currency, day)?;
        match rate.source {
            Source::Own(rate)
                if self.own.contains_key(&rate.quoted_in) && self.leads_back(currency, day) =>
            {
                let source = Source::Bank(self.quote(currency, day)?);
                Some(Used { currency, source })
            }
            _ => Some(rate),
        }
    }

    /// Whether a currency is priced in itself on a day, by way of others.
    fn leads_back(&self, currency: Currency, day: NaiveDate) -> bool {
        self.is_circle(currency, |at| match self.newest(*at, day)?.source {
            Source::Own(rate) => Some(rate.quoted_in),
            Source::Bank(_) => None,
        })
    }

    fn is_circle(
        &self,
        currency: Currency,
        priced_in: impl Fn(&Currency) -> Option<Currency>,
    ) -> bool {
        let way = iter::successors(priced_in(&currency), &priced_in);
        way.take(self.own.len()).any(|at| at == currency)
    }

    /// One of these rates that prices its currency in itself, by way of others, for as long as the bank is silent.
    pub fn circle(own: &[OwnRate]) -> Option<&OwnRate> {
        let rates = Self::default().with_own(own);
        own.iter().find(|rate| {
            let priced_in = |at: &Currency| Some(rates.own_on(*at, rate.day)?.quoted_in);
            rates.is_circle(rate.currency, priced_in)
        })
    }

    /// The rates that give a currency its value on a day: the user's own, then that of the currency which it is told
    /// in, down to one of the bank.
    fn way(&self, currency: Currency, day: NaiveDate) -> impl Iterator<Item = Used<'_>> {
        iter::successors(self.in_force(currency, day), move |rate| {
            match rate.source {
                Source::Own(rate) => self.in_force(rate.quoted_in, day),
                Source::Bank(_) => None,
            }
        })
    }

    fn worth(&self, currency: Currency, day: NaiveDate) -> Option<Worth> {
        let per_eur = |of| (of == Currency::EUR).then_some(Decimal::ONE);
        let mut worth = Worth {
            price: Decimal::ONE,
            of: currency,
            per_eur: per_eur(currency),
            is_own: false,
            is_noted: false,
        };
        for rate in self.way(currency, day) {
            worth.is_noted |= rate.is_noted(day);
            match rate.source {
                Source::Bank(quote) => worth.per_eur = Some(quote.per_eur),
                Source::Own(rate) => {
                    worth.price = worth.price.checked_mul(rate.price)?;
                    worth.of = rate.quoted_in;
                    worth.per_eur = per_eur(rate.quoted_in);
                    worth.is_own = true;
                }
            }
        }
        Some(worth)
    }

    /// How amounts of one currency become amounts of another on a day. `None` if one of the two has no rate.
    pub fn exchange(&self, from: Currency, to: Currency, day: NaiveDate) -> Option<Exchange> {
        if from == to {
            return Some(Exchange::SAME);
        }
        let (from, to) = (self.worth(from, day)?, self.worth(to, day)?);
        let is_own = from.is_own || to.is_own;
        let exchange = if from.of == to.of {
            // Told in the same currency: they need no rate of it, and are as constant as they were said.
            Exchange {
                from: to.price,
                to: from.price,
                is_noted: is_own,
            }
        } else {
            Exchange {
                from: to.price.checked_mul(from.per_eur?)?,
                to: from.price.checked_mul(to.per_eur?)?,
                is_noted: from.is_noted || to.is_noted,
            }
        };
        if is_own {
            exchange.if_sane()
        } else {
            Some(exchange)
        }
    }

    /// What an amount is worth in another currency at the rates of a day: see [`Exchange::convert`].
    ///
    /// `None` if one of the two has no rate.
    pub fn convert(
        &self,
        amount: Decimal,
        from: Currency,
        to: Currency,
        day: NaiveDate,
    ) -> Option<Decimal> {
        self.exchange(from, to, day)?.convert(amount)
    }

    /// The rates that a conversion takes on a day.
    pub fn used(&self, from: Currency, to: Currency, day: NaiveDate) -> Vec<Used<'_>> {
        if from == to {
            return Vec::new();
        }
        let (from, to): (Vec<_>, Vec<_>) =
            (self.way(from, day).collect(), self.way(to, day).collect());
        // From where both go the same way on, it does not matter what that is worth.
        let is_in =
            |way: &[Used<'_>], rate: &Used<'_>| way.iter().any(|h| h.currency == rate.currency);
        let only_from = from.iter().filter(|rate| !is_in(&to, rate));
        only_from
            .chain(to.iter().filter(|rate| !is_in(&from, rate)))
            .copied()
            .collect()
    }

    /// The day of the oldest rate that a conversion takes. `None` if it takes none that ages.
    pub fn as_of(&self, from: Currency, to: Currency, day: NaiveDate) -> Option<NaiveDate> {
        let used = self.used(from, to, day);
        let aging = used.iter().filter(|rate| rate.ages());
        aging.map(Used::day).min()
    }
}

#[cfg(test)]
mod tests;
