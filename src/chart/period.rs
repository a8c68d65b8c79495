//! Slots of equal width for bars: days, months, quarters or years, whichever are few enough.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, Months, NaiveDate};

use super::calendar::{self, DateTick};
use super::frame::{Frame, Px, Size, count};

/// No chart has more bars than this.
const MOST: usize = 62;

/// What one bar, or one row of a table, stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    Day,
    Month,
    Quarter,
    Year,
}

/// A row of slots, in order and without holes.
#[derive(Debug)]
pub(super) struct Slots {
    pub(super) period: Period,
    pub(super) starts: Vec<NaiveDate>,
}

impl Period {
    /// The word the script knows it by.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// What it is called, with what a range has of it: `Nov 2025, from the 28th`, `Nov 2026, to date`. `from` is where the
    /// range begins, if that is inside of it; `last` the last day that counts.
    pub fn name(self, from: Option<NaiveDate>, last: NaiveDate) -> String {
        let name = match self {
            Self::Day => last.format("%-d %b %Y").to_string(),
            Self::Month => last.format("%b %Y").to_string(),
            Self::Quarter => format!("Q{} {}", last.month0() / 3 + 1, last.year()),
            Self::Year => last.year().to_string(),
        };
        match self.partial(from, Some(last)) {
            Some(partial) => format!("{name}, {partial}"),
            None => name,
        }
    }

    /// `from the 28th`, `to date`, or both; nothing of a whole one.
    pub(super) fn partial(
        self,
        from: Option<NaiveDate>,
        last: Option<NaiveDate>,
    ) -> Option<String> {
        let from = from.map(|day| match self {
            Self::Day | Self::Month => format!("from the {}", ordinal(day.day())),
            Self::Quarter | Self::Year => day.format("from %-d %b").to_string(),
        });
        let ends = last.and_then(|last| self.next(self.start(last))?.pred_opt());
        let to_date = last
            .is_some_and(|last| ends.is_none_or(|end| last < end))
            .then(|| "to date".to_owned());
        let said: Vec<String> = from.into_iter().chain(to_date).collect();
        (!said.is_empty()).then(|| said.join(" "))
    }

    /// The day, if a range that begins on it has not all of its period.
    pub fn begun(self, day: NaiveDate) -> Option<NaiveDate> {
        Some(day).filter(|day| self.start(*day) != *day)
    }

    /// The first and last day that a range has of each period, in order.
    pub fn spans(self, first: NaiveDate, last: NaiveDate) -> Vec<(NaiveDate, NaiveDate)> {
        let starts = self.starts(first, last);
        let ends = starts.iter().skip(1).filter_map(NaiveDate::pred_opt);
        starts
            .iter()
            .map(|start| first.max(*start))
            .zip(ends.chain([last]))
            .collect()
    }

    /// The first day of the period that a day is in.
    pub fn start(self, day: NaiveDate) -> NaiveDate {
        let month = match self {
            Self::Day => return day,
            Self::Month => day.month(),
            Self::Quarter => day.month0() / 3 * 3 + 1,
            Self::Year => 1,
        };
        NaiveDate::from_ymd_opt(day.year(), month, 1).unwrap_or(day)
    }

    fn next(self, start: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => start.checked_add_days(Days::new(1)),
            Self::Month => start.checked_add_months(Months::new(1)),
            Self::Quarter => start.checked_add_months(Months::new(3)),
            Self::Year => start.checked_add_months(Months::new(12)),
        }
    }

    fn starts(self, first: NaiveDate, last: NaiveDate) -> Vec<NaiveDate> {
        std::iter::successors(Some(self.start(first)), |start| self.next(*start))
            .take_while(|start| *start <= last)
            .collect()
    }
}

/// `1st`, `22nd`, `13th`
fn ordinal(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

impl Slots {
    /// The finest of the given periods, or a coarser one, that gives few enough bars.
    pub(super) fn covering(finest: Period, first: NaiveDate, last: NaiveDate) -> Self {
        let order = [Period::Day, Period::Month, Period::Quarter];
        let period = order
            .into_iter()
            .skip_while(|period| *period != finest)
            .find(|period| period.starts(first, last).len() <= MOST)
            .unwrap_or(Period::Year);
        Self {
            period,
            starts: period.starts(first, last),
        }
    }

    /// Which slot a day falls into.
    pub(super) fn at(&self, day: NaiveDate) -> usize {
        self.starts
            .partition_point(|start| *start <= day)
            .saturating_sub(1)
    }

    /// Which slots a range has not all of, and what it has. `from` is where it begins, if that is inside of the first.
    pub(super) fn partial(
        &self,
        from: Option<NaiveDate>,
        last: NaiveDate,
    ) -> BTreeMap<usize, String> {
        let end = self.starts.len().saturating_sub(1);
        let at = |place| {
            let from = from.filter(|_| place == 0);
            let last = Some(last).filter(|_| place == end);
            Some((place, self.period.partial(from, last)?))
        };
        [0, end].into_iter().filter_map(at).collect()
    }

    /// The middle of a slot.
    pub(super) fn middle(&self, at: usize, frame: &Frame) -> f64 {
        frame.x((count(at) + 0.5) / count(self.starts.len().max(1)))
    }

    /// How wide a bar is: most of its slot, but never a wall.
    pub(super) fn bar(&self, frame: &Frame) -> f64 {
        let slot = (frame.right - frame.left) / count(self.starts.len().max(1));
        (slot * 0.7).min(34.0)
    }

    /// Labels under the slots.
    pub(super) fn dates(&self, size: Size, frame: &Frame) -> Vec<DateTick> {
        let (Some(&first), Some(&last)) = (self.starts.first(), self.starts.last()) else {
            return Vec::new();
        };
        calendar::ticks(first, last, size, frame, self.period, |day| {
            Px(self.middle(self.at(day), frame))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(first: &str, last: &str) -> Slots {
        Slots::covering(Period::Month, first.parse().unwrap(), last.parse().unwrap())
    }

    #[test]
    fn long_ranges_have_coarser_bars() {
        assert_eq!(slots("2025-10-30", "2026-10-30").starts.len(), 13);
        assert_eq!(slots("2016-01-01", "2026-10-30").period, Period::Quarter);
        assert_eq!(slots("1999-01-01", "2026-10-30").period, Period::Year);
    }

    /// The kind: a sum of three days beside sums of months, as if it were one of them.
    #[test]
    fn a_period_that_a_range_has_not_all_of_says_so() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let name = |period: Period, first, last| period.name(period.begun(day(first)), day(last));
        assert_eq!(
            name(Period::Month, "2025-11-28", "2025-11-30"),
            "Nov 2025, from the 28th"
        );
        assert_eq!(
            name(Period::Month, "2026-11-01", "2026-11-28"),
            "Nov 2026, to date"
        );
        assert_eq!(
            name(Period::Month, "2026-11-02", "2026-11-28"),
            "Nov 2026, from the 2nd to date"
        );
        assert_eq!(name(Period::Month, "2026-02-01", "2026-02-28"), "Feb 2026");
        assert_eq!(
            name(Period::Quarter, "2025-11-28", "2025-12-31"),
            "Q4 2025, from 28 Nov"
        );
        assert_eq!(
            name(Period::Year, "2026-01-01", "2026-10-30"),
            "2026, to date"
        );
        assert_eq!(
            name(Period::Year, "2025-03-12", "2025-12-31"),
            "2025, from 12 Mar"
        );
        assert_eq!(name(Period::Day, "2026-11-28", "2026-11-28"), "28 Nov 2026");
        let ordinals = [1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 31].map(ordinal);
        assert_eq!(
            ordinals.join(" "),
            "1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 23rd 31st"
        );
    }

    #[test]
    fn the_spans_of_a_range_are_all_of_it() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let spans = |first, last| Period::Month.spans(day(first), day(last));
        assert_eq!(
            spans("2025-12-30", "2026-02-03"),
            [
                (day("2025-12-30"), day("2025-12-31")),
                (day("2026-01-01"), day("2026-01-31")),
                (day("2026-02-01"), day("2026-02-03")),
            ]
        );
        assert_eq!(
            spans("2026-02-03", "2026-02-03"),
            [(day("2026-02-03"), day("2026-02-03"))]
        );
    }

    #[test]
    fn a_day_is_in_the_slot_that_began_before_it() {
        let slots = slots("2025-10-30", "2026-10-30");
        assert_eq!(slots.at("2025-10-30".parse().unwrap()), 0);
        assert_eq!(slots.at("2026-01-01".parse().unwrap()), 3);
        assert_eq!(slots.at("2026-10-30".parse().unwrap()), 12);
    }
}
