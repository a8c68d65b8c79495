//! Pure: which rate holds on a day, and what an amount is worth at it.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::money::Currency;

/// The rates of one currency: units for one euro, for each day from the first to the last that has one.
#[derive(Debug)]
pub struct Series {
    first: NaiveDate,
    /// One value a day, carried over days without a rate. Never empty.
    per_eur: Vec<Decimal>,
}

impl Series {
    /// From rates in the order of their days. `None` if there are none.
    pub fn new(rates: impl IntoIterator<Item = (NaiveDate, Decimal)>) -> Option<Self> {
        let mut rates = rates.into_iter();
        let (first, rate) = rates.next()?;
        let mut per_eur = vec![rate];
        for (day, rate) in rates {
            let index = index_of(day, first)?;
            let carried = *per_eur.last()?;
            per_eur.resize(index, carried);
            per_eur.push(rate);
        }
        Some(Self { first, per_eur })
    }

    /// The newest rate with a day up to this one, else the oldest after it.
    fn on(&self, day: NaiveDate) -> Quote {
        let last = self.per_eur.len() - 1;
        match index_of(day, self.first) {
            Some(index) => Quote {
                per_eur: self.per_eur[index.min(last)],
                estimated: false,
            },
            None => Quote {
                per_eur: self.per_eur[0],
                estimated: true,
            },
        }
    }

    fn last_day(&self) -> NaiveDate {
        self.first + chrono::Days::new(self.per_eur.len() as u64 - 1)
    }
}

fn index_of(day: NaiveDate, first: NaiveDate) -> Option<usize> {
    usize::try_from((day - first).num_days()).ok()
}

/// A rate as it holds on some day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Units of the currency for one euro.
    pub per_eur: Decimal,
    /// No rate is as old as the day: this is the oldest there is.
    pub estimated: bool,
}

/// The two rates that a conversion takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    from: Decimal,
    to: Decimal,
}

impl Exchange {
    /// From a currency to itself.
    pub const SAME: Self = Self {
        from: Decimal::ONE,
        to: Decimal::ONE,
    };

    /// Amount × to per euro ÷ from per euro. `None` if the result has more than 28 digits before the point.
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
}

/// The rates that one user's figures are computed with.
#[derive(Clone, Debug, Default)]
pub struct Rates(BTreeMap<Currency, Arc<Series>>);

impl Rates {
    /// From the series of each currency; one that is not among them has no rate.
    pub fn new(series: impl IntoIterator<Item = (Currency, Arc<Series>)>) -> Self {
        Self(series.into_iter().collect())
    }

    /// The rate of a currency on a day. `None` if it has never had one.
    pub fn quote(&self, currency: Currency, day: NaiveDate) -> Option<Quote> {
        if currency == Currency::EUR {
            return Some(Quote {
                per_eur: Decimal::ONE,
                estimated: false,
            });
        }
        self.0.get(&currency).map(|series| series.on(day))
    }

    /// How amounts of one currency become amounts of another on a day. `None` if one of the two has no rate.
    pub fn exchange(&self, from: Currency, to: Currency, day: NaiveDate) -> Option<Exchange> {
        if from == to {
            return Some(Exchange::SAME);
        }
        Some(Exchange {
            from: self.quote(from, day)?.per_eur,
            to: self.quote(to, day)?.per_eur,
        })
    }

    /// What an amount is worth in another currency at the rates of a day: see [`Exchange::convert`].
    ///
    /// `None` if one of the two has no rate, or if the result has more than 28 digits before the point.
    pub fn convert(
        &self,
        amount: Decimal,
        from: Currency,
        to: Currency,
        day: NaiveDate,
    ) -> Option<Decimal> {
        self.exchange(from, to, day)?.convert(amount)
    }

    /// Whether the currency has any rate.
    pub fn has(&self, currency: Currency) -> bool {
        currency == Currency::EUR || self.0.contains_key(&currency)
    }

    /// The day of the newest rate of a currency. `None` for the euro and for a currency without rates.
    pub fn newest_day(&self, currency: Currency) -> Option<NaiveDate> {
        self.0.get(&currency).map(|series| series.last_day())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn rates() -> Rates {
        let usd = Series::new([
            (day("2026-01-02"), dec("1.25")),
            (day("2026-01-05"), dec("1.00")),
        ]);
        Rates::new([("USD".parse().unwrap(), Arc::new(usd.unwrap()))])
    }

    #[test]
    fn a_day_without_a_rate_takes_the_newest_before_it() {
        let usd = "USD".parse().unwrap();
        let on = |text| rates().quote(usd, day(text)).unwrap();
        assert_eq!(
            on("2026-01-04"),
            Quote {
                per_eur: dec("1.25"),
                estimated: false
            }
        );
        assert_eq!(
            on("2026-01-05"),
            Quote {
                per_eur: dec("1.00"),
                estimated: false
            }
        );
        assert_eq!(
            on("2027-01-01"),
            Quote {
                per_eur: dec("1.00"),
                estimated: false
            }
        );
    }

    #[test]
    fn a_day_before_every_rate_takes_the_oldest_and_is_marked() {
        let quote = rates()
            .quote("USD".parse().unwrap(), day("2020-01-01"))
            .unwrap();
        assert_eq!(
            quote,
            Quote {
                per_eur: dec("1.25"),
                estimated: true
            }
        );
    }

    #[test]
    fn a_missing_rate_is_never_one_to_one() {
        let (kwd, usd) = ("KWD".parse().unwrap(), "USD".parse().unwrap());
        assert_eq!(
            rates().convert(dec("5"), kwd, Currency::EUR, day("2026-01-05")),
            None
        );
        assert_eq!(rates().convert(dec("0"), usd, kwd, day("2026-01-05")), None);
        assert_eq!(
            rates().convert(dec("5"), kwd, kwd, day("2026-01-05")),
            Some(dec("5"))
        );
    }

    #[test]
    fn conversion_multiplies_before_it_divides() {
        let usd = "USD".parse().unwrap();
        assert_eq!(
            rates().convert(dec("100"), usd, Currency::EUR, day("2026-01-02")),
            Some(dec("80"))
        );
        assert_eq!(
            rates().convert(dec("80"), Currency::EUR, usd, day("2026-01-02")),
            Some(dec("100.00"))
        );
    }
}
