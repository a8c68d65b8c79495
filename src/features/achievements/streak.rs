//! Pure: how many days somebody has kept their records up.
//!
//! A week, Monday to Sunday, has one rest day. **The streak of a day** is the longest stretch of days that ends on it,
//! begins with a record, and in which no week lacks records on two days. Its length is the number of its days with a
//! record: a rest day does not break it and does not count. A day that is not over yet is not lacking.

use std::ops::Range;

use chrono::{Datelike, Days, NaiveDate};

/// Everything about a user's streaks. Computed from the days of their entries alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Streaks {
    /// The days with a record, in order.
    pub days: Vec<NaiveDate>,
    /// The streak of each of them.
    pub lengths: Vec<usize>,
    /// The streak that goes on today; 0 if there is none.
    pub current: usize,
}

/// What a day was to the streak of today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It has a record.
    Record,
    /// It lacks one, and the streak bears that.
    Rest,
    /// It lacks one, outside of the streak.
    Missed,
    /// Today, without a record so far.
    Open,
}

impl Mark {
    /// The name of its class in the style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Mark::Record => "on",
            Mark::Rest => "rest",
            Mark::Missed => "off",
            Mark::Open => "open",
        }
    }
}

impl Streaks {
    /// From the days with a record, in order and each once, none after today.
    pub fn new(days: Vec<NaiveDate>, today: NaiveDate) -> Self {
        let stretches = stretches(&days);
        let current = current(&days, today).len();
        Self {
            lengths: stretches.map(|stretch| stretch.len()).collect(),
            current,
            days,
        }
    }

    /// The longest streak there ever was.
    pub fn longest(&self) -> usize {
        self.lengths.iter().copied().max().unwrap_or_default()
    }

    /// What each of the last days was, the oldest first. The last of them is today.
    pub fn last_days(&self, count: u64, today: NaiveDate) -> Vec<(NaiveDate, Mark)> {
        let begins = self.days.len() - self.current;
        let first = self.days.get(begins);
        let mark = |day: NaiveDate| {
            if self.days.binary_search(&day).is_ok() {
                Mark::Record
            } else if day == today {
                Mark::Open
            } else if first.is_some_and(|first| *first < day) {
                Mark::Rest
            } else {
                Mark::Missed
            }
        };
        (0..count)
            .rev()
            .map(|back| today - Days::new(back))
            .map(|day| (day, mark(day)))
            .collect()
    }
}

/// Of each day, which days its streak consists of.
fn stretches(days: &[NaiveDate]) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    // The week of the last rest day, and the record that followed it: a second rest in that week leaves only what is
    // from there on.
    let mut rested: Option<(NaiveDate, usize)> = None;
    days.iter().enumerate().map(move |(i, day)| {
        let before = i.checked_sub(1).map_or(*day, |before| days[before]);
        let after = before.iter_days().skip(1);
        for lacking in after.take_while(|lacking| lacking < day) {
            if let Some((week, next)) = rested
                && week == monday(lacking)
            {
                start = start.max(next);
            }
            rested = Some((monday(lacking), i));
            if start == i {
                break;
            }
        }
        start..i + 1
    })
}

/// Which days the streak of today consists of. It goes on as if today had a record: there is time until midnight.
fn current(days: &[NaiveDate], today: NaiveDate) -> Range<usize> {
    let mut with_today = days.to_vec();
    if days.last() != Some(&today) {
        with_today.push(today);
    }
    let stretch = stretches(&with_today).last().unwrap_or_default();
    stretch.start..days.len()
}

/// The Monday of a day's week.
pub fn monday(day: NaiveDate) -> NaiveDate {
    day - Days::new(u64::from(day.weekday().num_days_from_monday()))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use proptest::prelude::*;

    use super::*;

    /// Days of October 2026, whose 5th, 12th, 19th and 26th are Mondays.
    fn october(days: &[u32]) -> Vec<NaiveDate> {
        let day = |day: &u32| NaiveDate::from_ymd_opt(2026, 10, *day).unwrap();
        days.iter().map(day).collect()
    }

    fn lengths(days: &[u32]) -> Vec<usize> {
        Streaks::new(october(days), october(&[31])[0]).lengths
    }

    fn current(days: &[u32], today: u32) -> usize {
        Streaks::new(october(days), october(&[today])[0]).current
    }

    #[test]
    fn a_day_a_week_may_be_missed_and_does_not_count() {
        assert_eq!(lengths(&[5, 6, 7]), [1, 2, 3]);
        // Thursday is the rest day of the first week, Monday that of the second.
        assert_eq!(lengths(&[5, 6, 7, 9, 10, 11, 13]), [1, 2, 3, 4, 5, 6, 7]);
        // Sunday and Monday in a row, each of its own week.
        assert_eq!(lengths(&[9, 10, 13, 14]), [1, 2, 3, 4]);
    }

    #[test]
    fn a_second_one_leaves_what_is_after_the_first() {
        // Tuesday and Thursday are missing: what counts on Friday begins on Wednesday.
        assert_eq!(lengths(&[5, 7, 9]), [1, 2, 2]);
        // Two in a row in one week leave nothing.
        assert_eq!(lengths(&[5, 6, 9, 10]), [1, 2, 1, 2]);
        // Three in a row are two of some week.
        assert_eq!(lengths(&[10, 14]), [1, 1]);
    }

    #[test]
    fn today_breaks_nothing_until_it_is_over() {
        assert_eq!(current(&[5, 6, 7], 7), 3);
        assert_eq!(current(&[5, 6, 7], 8), 3);
        assert_eq!(current(&[5, 6, 7], 9), 3);
        assert_eq!(current(&[5, 6, 7], 10), 0);
        assert_eq!(current(&[], 10), 0);
        // The rest day is used up by Tuesday.
        assert_eq!(current(&[5, 7], 8), 2);
        assert_eq!(current(&[5, 7], 9), 1);
    }

    #[test]
    fn each_of_the_last_days_is_told() {
        let today = october(&[15])[0];
        let streaks = Streaks::new(october(&[7, 10, 11, 13, 14]), today);
        let marks: Vec<Mark> = streaks
            .last_days(9, today)
            .into_iter()
            .map(|(_, mark)| mark)
            .collect();
        let (record, rest) = (Mark::Record, Mark::Rest);
        assert_eq!(
            marks,
            [
                record,
                Mark::Missed,
                Mark::Missed,
                record,
                record,
                rest,
                record,
                record,
                Mark::Open
            ]
        );
    }

    /// The definition, word for word: tries every beginning.
    fn plainly(days: &[NaiveDate], today: NaiveDate) -> Streaks {
        let records: BTreeSet<NaiveDate> = days.iter().copied().collect();
        let is_streak = |first: NaiveDate, end: NaiveDate| {
            let mut lacking: HashMap<_, usize> = HashMap::new();
            for day in first.iter_days().take_while(|day| *day < end) {
                if !records.contains(&day) {
                    *lacking.entry(day.iso_week()).or_default() += 1;
                }
            }
            lacking.values().all(|count| *count < 2)
        };
        let length = |end: NaiveDate| {
            let first = days.iter().find(|first| is_streak(**first, end));
            first.map_or(0, |first| records.range(first..=&end).count())
        };
        Streaks {
            lengths: days.iter().map(|day| length(*day)).collect(),
            current: if days.is_empty() { 0 } else { length(today) },
            days: days.to_vec(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]
        #[test]
        fn it_is_what_the_definition_says(
            begins in 0..700_u64,
            kept in proptest::collection::vec(proptest::bool::weighted(0.8), 1..80),
            later in 0..10_u64,
        ) {
            let first = NaiveDate::from_ymd_opt(2024, 12, 20).unwrap() + Days::new(begins);
            let all: Vec<NaiveDate> = first.iter_days().take(kept.len()).collect();
            let today = *all.last().unwrap() + Days::new(later);
            let days: Vec<NaiveDate> =
                all.into_iter().zip(&kept).filter(|(_, kept)| **kept).map(|(day, _)| day).collect();
            let streaks = Streaks::new(days.clone(), today);
            prop_assert_eq!(&streaks, &plainly(&days, today));
            // One more record never makes a streak shorter.
            let mut more: BTreeSet<NaiveDate> = days.into_iter().collect();
            more.insert(today);
            let more = Streaks::new(more.into_iter().collect(), today);
            prop_assert!(more.current > streaks.current || more.days.len() == streaks.days.len());
        }
    }
}
