//! The time axis: which days, months or years get a label.

use chrono::{Datelike, Months, NaiveDate};

use super::frame::{Frame, Px, Size, text_width};
use super::period::Period;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A label under the plot.
#[derive(Debug)]
pub(super) struct DateTick {
    pub(super) x: Px,
    pub(super) label: String,
}

#[derive(Clone, Copy)]
enum Step {
    Days(i32),
    Weeks(i32),
    Months(u32),
    Years(i32),
}

impl Step {
    const ALL: [Self; 15] = [
        Self::Days(1),
        Self::Days(2),
        Self::Weeks(1),
        Self::Weeks(2),
        Self::Months(1),
        Self::Months(2),
        Self::Months(3),
        Self::Months(6),
        Self::Years(1),
        Self::Years(2),
        Self::Years(5),
        Self::Years(10),
        Self::Years(20),
        Self::Years(50),
        Self::Years(100),
    ];

    /// The days of this step within the range.
    fn days(self, first: NaiveDate, last: NaiveDate) -> Vec<NaiveDate> {
        let days = first.iter_days().take_while(|day| *day <= last);
        match self {
            Self::Days(n) => days.filter(|d| d.num_days_from_ce() % n == 0).collect(),
            Self::Weeks(n) => days
                .filter(|d| d.num_days_from_ce() % (7 * n) == 1)
                .collect(),
            Self::Months(n) => starts(first, last)
                .filter(|d| d.month0() % n == 0)
                .collect(),
            Self::Years(n) => starts(first, last)
                .filter(|d| d.month0() == 0 && d.year() % n == 0)
                .collect(),
        }
    }

    fn label(self, day: NaiveDate, alone: bool, new_year: bool) -> String {
        let month = month_name(day);
        let year = day.year().rem_euclid(100);
        match self {
            Self::Days(_) | Self::Weeks(_) if new_year => {
                format!("{} {month} {year:02}", day.day())
            }
            Self::Days(_) | Self::Weeks(_) => format!("{} {month}", day.day()),
            Self::Months(_) if alone || day.month0() == 0 => format!("{month} {year:02}"),
            Self::Months(_) => month.to_owned(),
            Self::Years(_) => day.year().to_string(),
        }
    }
}

/// First days of months from the first to the last day.
fn starts(first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    let start = first.with_day(1).unwrap_or(first);
    std::iter::successors(Some(start), |day| day.checked_add_months(Months::new(1)))
        .skip_while(move |day| *day < first)
        .take_while(move |day| *day <= last)
}

/// `Jan` to `Dec`.
fn month_name(day: NaiveDate) -> &'static str {
    MONTHS.get(day.month0() as usize).copied().unwrap_or("")
}

/// Days from the first to another day.
fn days_between(first: NaiveDate, day: NaiveDate) -> f64 {
    i32::try_from((day - first).num_days()).map_or(0.0, f64::from)
}

/// Where a day lies between the first and the last, 0 to 1; in the middle if they are one day.
pub(super) fn share(first: NaiveDate, last: NaiveDate, day: NaiveDate) -> f64 {
    if last <= first {
        return 0.5;
    }
    days_between(first, day) / days_between(first, last)
}

/// The labels that fit: month names, where the year joins January; days for short ranges,
/// years for long ones. `period` is what one value stands for, and `x` says where its day is.
pub(super) fn ticks(
    first: NaiveDate,
    last: NaiveDate,
    size: Size,
    frame: &Frame,
    period: Period,
    x: impl Fn(NaiveDate) -> Px,
) -> Vec<DateTick> {
    let range = (last - first).num_days();
    let step = Step::ALL
        .into_iter()
        .filter(|step| match (step, period) {
            (Step::Days(_), Period::Day) => range <= 14,
            (Step::Weeks(_), Period::Day) => range <= 62,
            (Step::Months(_) | Step::Years(_), Period::Day) => range > 27,
            (Step::Months(_), Period::Month) | (Step::Years(_), _) => true,
            (Step::Months(n), Period::Quarter) => n % 3 == 0,
            (Step::Days(_) | Step::Weeks(_) | Step::Months(_), _) => false,
        })
        .map(|step| (step, step.days(first, last)))
        .find(|(_, days)| days.len() <= size.dates());
    let Some((step, days)) = step else {
        return Vec::new();
    };
    let alone = days.len() == 1;
    let mut year = first.year();
    days.into_iter()
        .map(|day| {
            let label = step.label(day, alone, day.year() != year);
            year = day.year();
            DateTick { x: x(day), label }
        })
        .filter(|tick| fits(tick, frame))
        .collect()
}

/// Whether a label stays on the paper.
fn fits(tick: &DateTick, frame: &Frame) -> bool {
    let half = text_width(&tick.label) / 2.0;
    tick.x.0 - half >= -1.0 && tick.x.0 + half <= frame.width
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn placed(first: NaiveDate, last: NaiveDate, size: Size) -> Vec<DateTick> {
        let frame = size.frame(3);
        ticks(first, last, size, &frame, Period::Day, |day| {
            Px(frame.x(share(first, last, day)))
        })
    }

    fn labels(first: &str, last: &str, size: Size) -> Vec<String> {
        let ticks = placed(day(first), day(last), size);
        ticks.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn the_year_joins_january() {
        assert_eq!(
            labels("2025-10-30", "2026-10-30", Size::Wide),
            ["Nov", "Jan 26", "Mar", "May", "Jul", "Sep"].split_at(1).1,
        );
        assert_eq!(
            labels("2025-10-30", "2026-10-30", Size::Narrow),
            ["Jan 26", "Apr", "Jul", "Oct"]
        );
    }

    #[test]
    fn every_range_has_sensible_labels() {
        assert_eq!(labels("2026-10-30", "2026-10-30", Size::Wide), ["30 Oct"]);
        assert_eq!(labels("2026-10-29", "2026-10-30", Size::Wide).len(), 1);
        assert_eq!(
            labels("2025-12-28", "2026-01-02", Size::Wide),
            ["29 Dec", "30 Dec", "31 Dec", "1 Jan 26", "2 Jan"]
        );
        assert_eq!(
            labels("2026-08-01", "2026-10-30", Size::Wide),
            ["Sep", "Oct"]
        );
        assert_eq!(
            labels("2021-03-01", "2026-10-30", Size::Wide),
            ["2022", "2023", "2024", "2025", "2026"]
        );
        assert_eq!(
            labels("1999-06-01", "2026-10-30", Size::Wide),
            ["2000", "2005", "2010", "2015", "2020", "2025"]
        );
        assert_eq!(
            labels("1999-06-01", "2026-10-30", Size::Narrow),
            ["2010", "2020"]
        );
    }

    proptest! {
        #[test]
        fn there_is_always_a_label_and_never_too_many(start in 0_i64..12_000, range in 0_i64..12_000) {
            let first = day("1994-01-01") + chrono::Duration::days(start);
            let last = first + chrono::Duration::days(range);
            for size in Size::BOTH {
                let found = placed(first, last, size);
                prop_assert!(found.len() <= size.dates());
                prop_assert!(!found.is_empty() || range < 800, "{first} {last}");
            }
        }
    }
}
