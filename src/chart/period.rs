//! Slots of equal width for bars: days, months, quarters or years, whichever are few enough.

use chrono::{Datelike, Days, Months, NaiveDate};

use super::calendar::{self, DateTick};
use super::frame::{Frame, Px, Size, count};

/// No chart has more bars than this.
const MOST: usize = 62;

/// What one bar stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Period {
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

    fn start(self, day: NaiveDate) -> NaiveDate {
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

    #[test]
    fn a_day_is_in_the_slot_that_began_before_it() {
        let slots = slots("2025-10-30", "2026-10-30");
        assert_eq!(slots.at("2025-10-30".parse().unwrap()), 0);
        assert_eq!(slots.at("2026-01-01".parse().unwrap()), 3);
        assert_eq!(slots.at("2026-10-30".parse().unwrap()), 12);
    }
}
