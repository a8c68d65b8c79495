//! Pure: what a file of rates brings that is new, and what in it had better be said twice.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::joined;
use super::rate_file::Columns;
use crate::money::Currency;

/// A rate that moves by more than this share from one day to the next is more often a mistake than news.
const LEAP: Decimal = Decimal::from_parts(2, 0, 0, false, 1);

/// A rate that is kept.
pub struct Kept {
    pub currency: Currency,
    pub day: NaiveDate,
    pub per_eur: Decimal,
    /// It is from who published the file.
    pub is_theirs: bool,
}

/// A rate that is far from the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Leap {
    currency: Currency,
    day: NaiveDate,
    from: Decimal,
    to: Decimal,
}

/// Why a file may be wrong although each of its rates is a rate. It happens that all of it is true: then the next fetch
/// says the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubts {
    leaps: Vec<Leap>,
    /// Currencies that were quoted on the day before, and are not on this one.
    missing: Vec<(NaiveDate, Currency)>,
}

impl Doubts {
    /// Whether there are none that another fetch had not raised as well.
    pub fn are_all_in(&self, others: &Doubts) -> bool {
        self.leaps.iter().all(|leap| others.leaps.contains(leap))
            && self.missing.iter().all(|m| others.missing.contains(m))
    }
}

/// So many are told of each kind.
const TOLD: usize = 3;

impl fmt::Display for Doubts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let leaps = self.leaps.iter().map(|leap| {
            let (from, to) = (leap.from.normalize(), leap.to.normalize());
            format!(
                "{} jumps from {from} to {to} on {}",
                leap.currency, leap.day
            )
        });
        let missing = self
            .missing
            .iter()
            .map(|(day, currency)| format!("{currency} is missing on {day}"));
        let told: Vec<String> = leaps.take(TOLD).chain(missing.take(TOLD)).collect();
        f.write_str(&told.join(", "))?;
        match self.leaps.len() + self.missing.len() - told.len() {
            0 => Ok(()),
            more => write!(f, ", and {more} more"),
        }
    }
}

/// Rates but for some.
pub fn without(rates: Columns, is_left_out: impl Fn(Currency, NaiveDate) -> bool) -> Columns {
    let mut left = Columns::default();
    for ((code, day), rate) in rates.0.into_iter().zip(rates.1).zip(rates.2) {
        if code
            .parse()
            .is_ok_and(|currency| !is_left_out(currency, day))
        {
            left.0.push(code);
            left.1.push(day);
            left.2.push(rate);
        }
    }
    left
}

/// What of a file is new or changed, and the doubts in that. `kept` are the rates from its first day on, and of each currency
/// the newest before.
pub fn judge(kept: &[Kept], file: Columns) -> (Columns, Doubts) {
    let mut known: HashMap<Currency, BTreeMap<NaiveDate, (Decimal, bool)>> = HashMap::new();
    let mut quoted: BTreeMap<NaiveDate, BTreeSet<Currency>> = BTreeMap::new();
    for rate in kept {
        let of_it = known.entry(rate.currency).or_default();
        of_it.insert(rate.day, (rate.per_eur, rate.is_theirs));
        if rate.is_theirs {
            quoted.entry(rate.day).or_default().insert(rate.currency);
        }
    }
    let (codes, days, rates) = file;
    let mut rates: Vec<(NaiveDate, Currency, Decimal)> = codes
        .iter()
        .zip(days)
        .zip(rates)
        .filter_map(|((code, day), rate)| Some((day, code.parse().ok()?, rate)))
        .collect();
    rates.sort_unstable();
    let mut news = Columns::default();
    let mut doubts = Doubts::default();
    for of_day in rates.chunk_by(|one, next| one.0 == next.0) {
        let Some((day, ..)) = of_day.first().copied() else {
            continue;
        };
        let here: BTreeSet<Currency> = of_day.iter().map(|(_, currency, _)| *currency).collect();
        if !quoted.contains_key(&day)
            && let Some((_, before)) = quoted.range(..day).next_back()
        {
            let missing = before
                .difference(&here)
                .filter(|c| !joined::is_the_euro(**c, day));
            doubts.missing.extend(missing.map(|c| (day, *c)));
        }
        for (_, currency, rate) in of_day {
            let of_it = known.entry(*currency).or_default();
            if of_it.get(&day) == Some(&(*rate, true)) {
                continue;
            }
            if let Some((_, (before, _))) = of_it.range(..=day).next_back()
                && (*rate - *before).abs() > *before * LEAP
            {
                doubts.leaps.push(Leap {
                    currency: *currency,
                    day,
                    from: *before,
                    to: *rate,
                });
            }
            of_it.insert(day, (*rate, true));
            news.0.push(currency.code().to_owned());
            news.1.push(day);
            news.2.push(*rate);
        }
        quoted.entry(day).or_default().extend(here);
    }
    (news, doubts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn kept(rates: &[(&str, &str, &str)]) -> Vec<Kept> {
        let kept = rates.iter().map(|(currency, on, rate)| Kept {
            currency: currency.parse().unwrap(),
            day: day(on),
            per_eur: rate.parse().unwrap(),
            is_theirs: true,
        });
        kept.collect()
    }

    /// What is new of a file, and what is said of it.
    fn judged(held: &[Kept], rates: &[(&str, &str, &str)]) -> (usize, String) {
        let mut file = Columns::default();
        for (currency, on, rate) in rates {
            file.0.push((*currency).to_owned());
            file.1.push(day(on));
            file.2.push(rate.parse().unwrap());
        }
        let (news, doubts) = judge(held, file);
        (news.0.len(), doubts.to_string())
    }

    #[test]
    fn a_fifth_is_news_and_more_is_doubted_up_and_down() {
        let held = kept(&[("USD", "2026-10-29", "1.00")]);
        for (rate, said) in [
            ("1.2", ""),
            ("0.8", ""),
            ("1.2001", "USD jumps from 1 to 1.2001 on 2026-10-30"),
            ("0.7999", "USD jumps from 1 to 0.7999 on 2026-10-30"),
        ] {
            let found = judged(&held, &[("USD", "2026-10-30", rate)]);
            assert_eq!(found, (1, said.to_owned()), "{rate}");
        }
        // Compared with what stands there if the day is not new, and with the day before in the file itself.
        let found = judged(&held, &[("USD", "2026-10-29", "1.5")]);
        assert_eq!(found.1, "USD jumps from 1 to 1.5 on 2026-10-29");
        let file = [("USD", "2026-10-30", "1.1"), ("USD", "2026-11-02", "1.4")];
        assert_eq!(
            judged(&held, &file).1,
            "USD jumps from 1.1 to 1.4 on 2026-11-02"
        );
        // What nobody has quoted before can be anything.
        assert_eq!(judged(&[], &file[..1]), (1, String::new()));
    }

    #[test]
    fn a_currency_of_the_day_before_that_is_missing_is_doubted_unless_it_became_the_euro() {
        let held = kept(&[
            ("USD", "2025-12-31", "1.1"),
            ("BGN", "2025-12-31", "1.9558"),
            ("ISK", "2025-12-31", "147"),
            ("RUB", "2022-03-01", "117"),
        ]);
        let file = [("USD", "2026-01-02", "1.1")];
        let found = judged(&held, &file);
        assert_eq!(found, (1, "ISK is missing on 2026-01-02".to_owned()));
        let file = [("USD", "2026-01-02", "1.1"), ("ISK", "2026-01-02", "147")];
        assert_eq!(judged(&held, &file), (2, String::new()));
        // On the day after nobody misses it.
        let held = kept(&[("USD", "2026-01-02", "1.1"), ("ISK", "2025-12-31", "147")]);
        assert_eq!(
            judged(&held, &[("USD", "2026-01-05", "1.1")]),
            (1, String::new())
        );
    }

    #[test]
    fn what_is_kept_already_is_not_new() {
        let mut held = kept(&[("USD", "2026-10-29", "1.10"), ("USD", "2026-10-30", "1.1")]);
        let file = [("USD", "2026-10-29", "1.1"), ("USD", "2026-10-30", "1.1")];
        assert_eq!(judged(&held, &file), (0, String::new()));
        // Unless somebody else has said so.
        held[1].is_theirs = false;
        assert_eq!(judged(&held, &file), (1, String::new()));
    }

    #[test]
    fn another_fetch_confirms_only_what_it_says_itself() {
        let held = kept(&[("USD", "2026-10-29", "1.0"), ("ISK", "2026-10-29", "140")]);
        let doubts = |rate: &str| {
            let file = (
                vec!["USD".to_owned()],
                vec![day("2026-10-30")],
                vec![rate.parse().unwrap()],
            );
            judge(&held, file).1
        };
        assert!(doubts("1.5").are_all_in(&doubts("1.5")));
        assert!(!doubts("1.5").are_all_in(&doubts("1.6")));
        assert!(!doubts("1.5").are_all_in(&doubts("1.0")));
        assert!(doubts("1.0").are_all_in(&doubts("1.5")));
        assert_eq!(
            doubts("1.5").to_string(),
            "USD jumps from 1 to 1.5 on 2026-10-30, ISK is missing on 2026-10-30"
        );
    }
}
