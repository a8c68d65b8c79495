//! Pure: currencies that became the euro. What is left of one is worth what it was exchanged for, for good.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::series::Quote;
use crate::money::Currency;

/// Year and rate, as the Council of the European Union fixed it. Each began with its year.
static FIXED: [(&str, i32, Decimal); 9] = [
    ("SIT", 2007, fixed(239_640, 3)),
    ("CYP", 2008, fixed(585_274, 6)),
    ("MTL", 2008, fixed(429_300, 6)),
    ("SKK", 2009, fixed(301_260, 4)),
    ("EEK", 2011, fixed(156_466, 4)),
    ("LVL", 2014, fixed(702_804, 6)),
    ("LTL", 2015, fixed(345_280, 5)),
    ("HRK", 2023, fixed(753_450, 5)),
    ("BGN", 2026, fixed(195_583, 5)),
];

const fn fixed(units: u32, decimals: u32) -> Decimal {
    Decimal::from_parts(units, 0, 0, false, decimals)
}

/// The rate at which a currency became the euro, on the day that it did. `None` if it is still one of its own.
pub fn joined(currency: Currency) -> Option<Quote> {
    let (_, year, per_eur) = FIXED.iter().find(|(code, ..)| *code == currency.code())?;
    Some(Quote {
        per_eur: *per_eur,
        day: NaiveDate::from_ymd_opt(*year, 1, 1)?,
    })
}

/// Whether a currency was the euro on a day.
pub fn is_the_euro(currency: Currency, day: NaiveDate) -> bool {
    joined(currency).is_some_and(|fixed| fixed.day <= day)
}
