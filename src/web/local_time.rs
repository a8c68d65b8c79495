//! The one place where a local time becomes an instant.
//!
//! Clocks are set back, and some local times are twice: the first is meant. Clocks are set forward, by an hour, by half
//! of one or by two, at night or over midnight, and at the date line by a day: what they skipped never was. It is refused,
//! so that what is typed for a day is never on another.

use chrono::{
    DateTime, Days, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta,
    TimeZone, Timelike, Utc,
};
use chrono_tz::{GapInfo, Tz};

/// A stretch of local time that never was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skipped {
    zone: Tz,
    /// The first local time that was skipped.
    from: NaiveDateTime,
    /// The first that was not any more.
    to: NaiveDateTime,
    /// When the clock was set forward.
    at: DateTime<Utc>,
}

/// The instant at which clocks showed a local time, the first of two.
///
/// # Errors
/// The stretch that was skipped, if no clock ever showed that time.
pub fn instant(zone: Tz, local: NaiveDateTime) -> Result<DateTime<Utc>, Skipped> {
    match lookup(zone, local) {
        MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => Ok(at.to_utc()),
        MappedLocalTime::None => Err(Skipped::over(zone, local)),
    }
}

/// The first instant of a day; of one that never was, the instant at which it was left out.
pub fn start_of(zone: Tz, day: NaiveDate) -> DateTime<Utc> {
    instant(zone, day.and_time(NaiveTime::MIN)).unwrap_or_else(|skipped| skipped.at)
}

/// The first instant after a day. Where clocks are set back over midnight, no part of the day is after it.
pub fn end_of(zone: Tz, day: NaiveDate) -> DateTime<Utc> {
    let second = TimeDelta::seconds(1);
    let last = (day + Days::new(1)).and_time(NaiveTime::MIN) - second;
    match lookup(zone, last) {
        MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(_, at) => at.to_utc() + second,
        MappedLocalTime::None => Skipped::over(zone, last).at,
    }
}

/// The last minute of a day, which is not 23:59 where clocks are set forward over midnight.
///
/// # Errors
/// The stretch that was skipped, if the whole day was.
pub fn last_minute(zone: Tz, day: NaiveDate) -> Result<DateTime<Utc>, Skipped> {
    let last = end_of(zone, day) - TimeDelta::seconds(1);
    let local = last.with_timezone(&zone).naive_local();
    if local.date() == day {
        Ok(last - TimeDelta::seconds(local.second().into()))
    } else {
        Err(Skipped::over(zone, day.and_time(NaiveTime::MIN)))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "here the times that never were are seen to"
)]
fn lookup(zone: Tz, local: NaiveDateTime) -> MappedLocalTime<DateTime<Tz>> {
    zone.from_local_datetime(&local)
}

impl Skipped {
    /// Around a local time that never was.
    fn over(zone: Tz, local: NaiveDateTime) -> Self {
        let gap = GapInfo::new(&local, &zone).and_then(|gap| gap.begin);
        // There is always one: the first offset of a zone holds since ever.
        let (from, at) = gap.map_or((local, local), |(from, offset)| (from, from - offset.fix()));
        let at = at.and_utc();
        Self {
            zone,
            from,
            to: at.with_timezone(&zone).naive_local(),
            at,
        }
    }

    /// When the clock was set forward.
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// Whether all of a day was skipped.
    pub fn is_all_of(&self, day: NaiveDate) -> bool {
        self.from <= day.and_time(NaiveTime::MIN) && day < self.to.date()
    }

    /// What was skipped, and what to type instead on that day, as a sentence.
    pub fn sentence(&self, day: NaiveDate) -> String {
        let zone = self.zone.name().replace('_', " ");
        let on = super::format::day(day);
        if self.is_all_of(day) {
            return format!("The calendar skipped {on} in {zone}. Use the day before or after it.");
        }
        let minute = |at: NaiveDateTime| at.format("%H:%M");
        // Where the clock was some seconds off, it came back within a minute.
        let to = self.to + TimeDelta::seconds((60 - i64::from(self.to.second())) % 60);
        let instead = if to.date() == day {
            format!("{} or later", minute(to))
        } else {
            format!("{} or earlier", minute(self.from - TimeDelta::seconds(1)))
        };
        format!(
            "The clock skipped {} to {} on {on} in {zone}. Use {instead}.",
            minute(self.from),
            minute(to)
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use chrono_tz::TZ_VARIANTS;
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// All that clocks were off from UTC within two days of a day.
    fn offsets(zone: Tz, day: NaiveDate) -> BTreeSet<i32> {
        let noon = (day.and_time(NaiveTime::MIN) + TimeDelta::hours(12)).and_utc();
        (-8..=8)
            .map(|quarter| noon + TimeDelta::hours(6 * quarter))
            .map(|at| at.with_timezone(&zone).offset().fix().local_minus_utc())
            .collect()
    }

    /// Every instant at which clocks showed a local time, from the other side: which instants show it.
    fn shown(zone: Tz, local: NaiveDateTime) -> Vec<DateTime<Utc>> {
        let offsets = offsets(zone, local.date()).into_iter();
        let mut found: Vec<_> = offsets
            .map(|offset| local.and_utc() - TimeDelta::seconds(offset.into()))
            .filter(|at| at.with_timezone(&zone).naive_local() == local)
            .collect();
        found.sort_unstable();
        found
    }

    fn never_was(zone: Tz, day: NaiveDate) -> bool {
        let minutes = (0..24 * 60).map(TimeDelta::minutes);
        let locals = minutes.map(|minutes| day.and_time(NaiveTime::MIN) + minutes);
        let offsets = offsets(zone, day);
        locals.into_iter().all(|local| {
            offsets.iter().all(|offset| {
                let at = local.and_utc() - TimeDelta::seconds((*offset).into());
                at.with_timezone(&zone).date_naive() != day
            })
        })
    }

    /// What must hold of a day, and of a time on it.
    fn check(zone: Tz, day: NaiveDate, minute: i64) -> Result<(), TestCaseError> {
        let local = day.and_time(NaiveTime::MIN) + TimeDelta::minutes(minute);
        let shown = shown(zone, local);
        match instant(zone, local) {
            Ok(at) => prop_assert_eq!(Some(&at), shown.first()),
            Err(skipped) => {
                prop_assert_eq!(shown.first(), None);
                prop_assert!(skipped.from <= local && local < skipped.to, "{:?}", skipped);
                // What is proposed instead is there.
                let sentence = skipped.sentence(day);
                let time = sentence.split("Use ").nth(1).unwrap().split(' ').next();
                if let Ok(time) = NaiveTime::parse_from_str(time.unwrap(), "%H:%M") {
                    let at = instant(zone, day.and_time(time));
                    prop_assert!(at.is_ok(), "{}", sentence);
                } else {
                    prop_assert!(skipped.is_all_of(day) && never_was(zone, day));
                }
            }
        }
        match last_minute(zone, day) {
            Ok(at) => {
                let local = at.with_timezone(&zone).naive_local();
                prop_assert_eq!(local.date(), day);
                prop_assert_eq!(local.second(), 0);
                let next = at + TimeDelta::minutes(1);
                prop_assert!(next.with_timezone(&zone).date_naive() > day);
            }
            Err(skipped) => prop_assert!(skipped.is_all_of(day) && never_was(zone, day)),
        }
        let (start, end) = (start_of(zone, day), end_of(zone, day));
        let local = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
        prop_assert!(local(start) >= day && local(start - TimeDelta::seconds(1)) < day);
        prop_assert!(local(end) > day);
        prop_assert!(local(end - TimeDelta::seconds(1)) <= day);
        prop_assert!(start <= end);
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// Fails when a skipped time is mended by an hour, when the second of two is taken, and when 23:59 is taken for
        /// every day's end.
        #[test]
        fn an_instant_is_on_the_day_that_is_meant_or_that_day_never_was(
            zone in proptest::sample::select(&TZ_VARIANTS[..]), days in 0_i64..68 * 365, minute in 0_i64..24 * 60,
        ) {
            check(zone, day("1970-01-01") + TimeDelta::days(days), minute)?;
        }
    }

    /// The days by which a zone's clock was set, within four days, and what it was off then.
    fn sets(zone: Tz) -> Vec<(NaiveDate, i32)> {
        let (first, last) = (day("1970-01-01"), day("2037-12-31"));
        let days = first.iter_days().take_while(|day| *day <= last).step_by(4);
        let mut sets: Vec<_> = days
            .map(|day| {
                let noon = (day.and_time(NaiveTime::MIN) + TimeDelta::hours(12)).and_utc();
                let offset = noon.with_timezone(&zone).offset().fix();
                (day, offset.local_minus_utc())
            })
            .collect();
        sets.dedup_by_key(|(_, offset)| *offset);
        sets
    }

    /// Random days hardly meet those on which clocks are set.
    #[test]
    fn the_same_holds_on_every_day_on_which_a_clock_was_set() {
        // Many zones are others under a second name.
        let alike: BTreeMap<_, _> = TZ_VARIANTS
            .into_iter()
            .map(|zone| (sets(zone), zone))
            .collect();
        assert!(alike.len() > 200, "{}", alike.len());
        for (sets, zone) in alike {
            for (after, _) in sets {
                for day in (0..=4).map(|days| after - Days::new(days)) {
                    for minute in [0, 45, 150, 23 * 60 + 15, 23 * 60 + 59] {
                        check(zone, day, minute)
                            .unwrap_or_else(|error| panic!("{zone} {day} {minute}: {error}"));
                    }
                }
            }
        }
    }

    #[test]
    fn of_a_time_that_is_twice_the_first_is_meant() {
        let at = |text: &str| instant(Tz::Europe__Helsinki, text.parse().unwrap());
        let first = "2026-10-25T00:30:00Z".parse().unwrap();
        assert_eq!(at("2026-10-25T03:30:00"), Ok(first));
    }

    #[test]
    fn days_at_the_date_line_never_were() {
        for (zone, text) in [
            (Tz::Pacific__Apia, "2011-12-30"),
            (Tz::Pacific__Fakaofo, "2011-12-30"),
            (Tz::Pacific__Kwajalein, "1993-08-21"),
            (Tz::Pacific__Kiritimati, "1994-12-31"),
        ] {
            let skipped = last_minute(zone, day(text)).unwrap_err();
            assert!(skipped.is_all_of(day(text)));
            assert_eq!(start_of(zone, day(text)), skipped.at());
            assert_eq!(end_of(zone, day(text)), skipped.at());
        }
    }

    /// Clocks there were set back at a minute past midnight, to the evening before.
    #[test]
    fn a_day_ends_when_no_part_of_it_is_left() {
        let zone = Tz::America__St_Johns;
        let evening = last_minute(zone, day("2005-10-29")).unwrap();
        assert_eq!(evening.to_rfc3339(), "2005-10-30T03:29:00+00:00");
        assert!(start_of(zone, day("2005-10-30")) < evening);
    }
}
