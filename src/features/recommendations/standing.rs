//! The bankroll that advice is given for, in US dollars: stakes are told in them.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::features::bankroll::figures::Window;
use crate::features::bankroll::{Book, RateNote, rate_notes};
use crate::money::Currency;
use crate::web::Ui;

/// A bankroll, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// In US dollars.
    pub bankroll: Decimal,
    pub source: Source,
    /// What the user has beside it, in currencies without a rate.
    pub left_out: BTreeMap<Currency, Decimal>,
}

/// Where a bankroll comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The user tries another amount.
    Tried,
    /// All that the user has, in their home currency, at the newest rate.
    Whole {
        amount: Decimal,
        home: Currency,
        /// US dollars for one unit of the home currency.
        rate: Decimal,
        /// The day of the rate. `None` for dollars.
        day: Option<NaiveDate>,
    },
    /// There is no rate from the home currency to dollars.
    NoRate {
        /// In the home currency.
        amount: Decimal,
    },
}

impl Standing {
    /// By the user's book, or the amount that they try.
    pub fn new(book: &Book, tried: Option<Decimal>) -> Self {
        if let Some(bankroll) = tried {
            return Self {
                bankroll,
                source: Source::Tried,
                left_out: BTreeMap::new(),
            };
        }
        let figures = &book.figures;
        let (home, amount) = (figures.home, figures.now().bankroll);
        let in_dollars = |amount| {
            figures
                .rates
                .convert(amount, home, Currency::USD, figures.today)
        };
        let left_out = figures.excluded.clone();
        match in_dollars(amount).zip(in_dollars(Decimal::ONE)) {
            Some((bankroll, rate)) => Self {
                bankroll: Currency::USD.round(bankroll),
                source: Source::Whole {
                    amount,
                    home,
                    rate,
                    day: figures.rates.as_of(home, Currency::USD, figures.today),
                },
                left_out,
            },
            None => Self {
                bankroll: Decimal::ZERO,
                source: Source::NoRate { amount },
                left_out,
            },
        }
    }

    /// Whether there is anything to give advice for. Nothing is judged by a bankroll of which no part has a rate.
    pub fn is_known(&self) -> bool {
        match &self.source {
            Source::Tried => true,
            Source::Whole { .. } => !self.bankroll.is_zero() || self.left_out.is_empty(),
            Source::NoRate { amount } => amount.is_zero() && self.left_out.is_empty(),
        }
    }

    /// What is to be said of the rates that it was computed with.
    pub fn rate_notes(&self, ui: &Ui, book: &Book) -> Vec<RateNote> {
        let today = book.figures.today;
        let now = Window {
            start: today,
            end: today,
        };
        match self.source {
            Source::Whole { .. } => rate_notes(ui, &book.figures, now),
            Source::Tried | Source::NoRate { .. } => Vec::new(),
        }
    }
}

/// An amount of dollars in the home currency, if that is another one.
pub fn at_home(book: &Book, dollars: Decimal) -> Option<Decimal> {
    let figures = &book.figures;
    (figures.home != Currency::USD)
        .then(|| {
            figures
                .rates
                .convert(dollars, Currency::USD, figures.home, figures.today)
        })
        .flatten()
}
