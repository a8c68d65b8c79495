//! Pure: the rates of one currency, day by day.

use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;

/// The rates of one currency as the central bank quotes them, for each day from the first to the last that has one.
#[derive(Debug)]
pub struct Series {
    first: NaiveDate,
    /// One value a day, carried over days without a rate. Never empty.
    days: Vec<Carried>,
}

/// A rate on a day, and how many days before it was quoted.
#[derive(Clone, Copy, Debug)]
struct Carried {
    /// Units for one euro.
    per_eur: Decimal,
    age: u32,
}

impl Series {
    /// From rates in the order of their days. `None` if there are none.
    pub fn new(rates: impl IntoIterator<Item = (NaiveDate, Decimal)>) -> Option<Self> {
        let mut rates = rates.into_iter();
        let (first, per_eur) = rates.next()?;
        let mut days = vec![Carried { per_eur, age: 0 }];
        for (day, per_eur) in rates {
            let index = index_of(day, first)?;
            let carried = *days.last()?;
            let ages = (1..).take(index.saturating_sub(days.len()));
            days.extend(ages.map(|age| Carried { age, ..carried }));
            days.push(Carried { per_eur, age: 0 });
        }
        Some(Self { first, days })
    }

    pub(super) fn first_day(&self) -> NaiveDate {
        self.first
    }

    /// The newest rate with a day up to this one, else the oldest after it.
    pub(super) fn on(&self, day: NaiveDate) -> Quote {
        let index = index_of(day, self.first).unwrap_or(0);
        let index = index.min(self.days.len() - 1);
        let Carried { per_eur, age } = self.days[index];
        Quote {
            per_eur,
            day: self.first + Days::new(index as u64 - u64::from(age)),
        }
    }
}

fn index_of(day: NaiveDate, first: NaiveDate) -> Option<usize> {
    usize::try_from((day - first).num_days()).ok()
}

/// A rate of the central bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Units of the currency for one euro.
    pub per_eur: Decimal,
    /// When it was quoted.
    pub day: NaiveDate,
}
