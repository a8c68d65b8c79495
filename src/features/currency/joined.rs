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

/// The rates of a currency in the order of their days, up to the one that is fixed.
pub fn up_to_the_euro(
    currency: Currency,
    rates: impl Iterator<Item = (NaiveDate, Decimal)>,
) -> impl Iterator<Item = (NaiveDate, Decimal)> {
    let fixed = joined(currency);
    rates
        .filter(move |(day, _)| fixed.is_none_or(|fixed| *day < fixed.day))
        .chain(fixed.map(|fixed| (fixed.day, fixed.per_eur)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::currency::rate_file;

    /// The bank's own history is the judge: nobody quotes them after, and the last rate is near the fixed one.
    #[test]
    fn what_became_the_euro_was_quoted_up_to_that_day_at_nearly_that_rate() {
        let seed = &include_bytes!("eurofxref-hist.csv.gz")[..];
        let (codes, days, rates) = rate_file::read(seed, NaiveDate::MAX).unwrap();
        for (code, year, per_eur) in &FIXED {
            let of_it = codes
                .iter()
                .zip(&days)
                .zip(&rates)
                .filter(|((c, _), _)| c == code);
            let ((_, day), last) = of_it.max_by_key(|((_, day), _)| **day).unwrap();
            let fixed = joined(code.parse().unwrap()).unwrap();
            let gap = (fixed.day - *day).num_days();
            assert!((1..=3).contains(&gap), "{code} in {year}: {day}");
            let apart = (*last - *per_eur).abs() / *per_eur;
            assert!(apart < Decimal::new(1, 3), "{code}: {last}");
        }
        assert_eq!(joined("SEK".parse().unwrap()), None);
    }

    #[test]
    fn no_rate_of_after_that_day_counts() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let hrk = "HRK".parse().unwrap();
        let rates = ["2022-12-30", "2023-01-01", "2023-06-01"].map(|on| (day(on), Decimal::ONE));
        let all: Vec<_> = up_to_the_euro(hrk, rates.into_iter()).collect();
        let fixed = (day("2023-01-01"), Decimal::new(75_345, 4));
        assert_eq!(all, [(day("2022-12-30"), Decimal::ONE), fixed]);
        assert_eq!(
            up_to_the_euro(hrk, std::iter::empty()).collect::<Vec<_>>(),
            [fixed]
        );
        let sek = "SEK".parse().unwrap();
        assert_eq!(up_to_the_euro(sek, rates.into_iter()).count(), 3);
    }
}
