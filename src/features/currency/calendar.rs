//! Pure: on which days the European Central Bank quotes, and which of them have no rate.

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// Days in a row, weekends and holidays aside, that lack a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    pub from: NaiveDate,
    /// The last of them.
    pub to: NaiveDate,
    /// How many they are.
    pub days: i64,
}

/// What lacks a rate up to a day, the newest first. `have` are the days with one, in their order; nothing is missed
/// before the first of them.
pub fn gaps(have: &[NaiveDate], until: NaiveDate) -> Vec<Gap> {
    let Some(first) = have.first() else {
        return Vec::new();
    };
    let mut have = have.iter().peekable();
    let mut gaps: Vec<Gap> = Vec::new();
    let mut is_open = false;
    for day in first.iter_days().take_while(|day| *day <= until) {
        if have.next_if_eq(&&day).is_some() {
            is_open = false;
        } else if is_quoted_on(day) {
            match gaps.last_mut().filter(|_| is_open) {
                Some(gap) => {
                    gap.to = day;
                    gap.days += 1;
                }
                None => gaps.push(Gap {
                    from: day,
                    to: day,
                    days: 1,
                }),
            }
            is_open = true;
        }
    }
    gaps.reverse();
    gaps
}

/// Whether the European Central Bank quotes on a day: Monday to Friday, but for the closing days of the euro's payment
/// system.
pub(super) fn is_quoted_on(day: NaiveDate) -> bool {
    let is_holiday = matches!((day.month(), day.day()), (1 | 5, 1) | (12, 25 | 26))
        || [1999, 2001].contains(&day.year()) && (day.month(), day.day()) == (12, 31);
    let is_easter = easter(day.year()).is_some_and(|sunday| {
        Some(day) == sunday.checked_sub_days(Days::new(2))
            || Some(day) == sunday.checked_add_days(Days::new(1))
    });
    !is_holiday && !is_easter && !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// Easter Sunday, by the rule of the Gregorian calendar.
fn easter(year: i32) -> Option<NaiveDate> {
    let (golden, century, year_of_it) = (year % 19, year / 100, year % 100);
    let moon_leap = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - moon_leap + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (year_of_it / 4) - epact - year_of_it % 4) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    // Days since the 22nd of March; the earliest Easter there is.
    let since = u64::try_from(epact + weekday - 7 * late).ok()?;
    NaiveDate::from_ymd_opt(year, 3, 22)?.checked_add_days(Days::new(since))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::currency::service::shipped_days;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn easter_is_where_it_was() {
        for (year, sunday) in [
            (1999, "1999-04-04"),
            (2008, "2008-03-23"),
            (2019, "2019-04-21"),
            (2026, "2026-04-05"),
            (2038, "2038-04-25"),
        ] {
            assert_eq!(easter(year), Some(day(sunday)));
        }
    }

    /// The bank's own history is the judge of the calendar: 27 years, and no day that is missed.
    #[test]
    fn the_shipped_history_of_the_dollar_lacks_no_day() {
        let days = shipped_days("USD");
        assert!(days.len() > 7_000);
        assert_eq!(gaps(&days, *days.last().unwrap()), []);
    }

    #[test]
    fn what_is_missing_is_told_in_runs_the_newest_first() {
        let have = [
            day("2026-10-01"),
            day("2026-10-02"),
            day("2026-10-07"),
            day("2026-10-08"),
        ];
        let gap = |from, to, days| Gap {
            from: day(from),
            to: day(to),
            days,
        };
        assert_eq!(
            gaps(&have, day("2026-10-12")),
            [
                gap("2026-10-09", "2026-10-12", 2),
                gap("2026-10-05", "2026-10-06", 2)
            ]
        );
        assert_eq!(gaps(&have[..2], day("2026-10-04")), []);
        assert_eq!(gaps(&[], day("2026-10-04")), []);
    }
}
