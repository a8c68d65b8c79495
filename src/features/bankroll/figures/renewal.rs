//! Figures after a change of the ledger, from those before it: what lies before the change stays as it was, and is not
//! computed again.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use chrono_tz::Tz;

use super::{AccountFigures, Figures};
use crate::features::bankroll::ledger::{Account, Line};

/// A place in a ledger between two days: every entry before it is of an earlier day than every entry after it.
#[derive(Clone, Copy, Debug)]
pub struct Seam {
    /// When the first entry after it happened. Those before it happened earlier.
    pub at: DateTime<Utc>,
    /// The day of that entry.
    day: NaiveDate,
    /// How many entries lie before it.
    before: usize,
}

impl Figures {
    /// The latest seam with at least so many entries after it. `None` if there are not that many.
    pub fn seam(&self, after: usize) -> Option<Seam> {
        let mut first = self.effects.len().checked_sub(after)?;
        let mut day = NaiveDate::MAX;
        for place in first..self.effects.len() {
            day = day.min(self.effects.at(place).day);
        }
        while first > 0 {
            let done = self.effects.at(first);
            if self.is_earlier(first, done.occurred_at, day) {
                return Some(Seam {
                    at: done.occurred_at,
                    day,
                    before: first,
                });
            }
            first -= 1;
            day = day.min(self.effects.at(first).day);
        }
        None
    }

    /// Whether all entries before this place are of an earlier day, and of an earlier moment. A clock that is put back over
    /// midnight brings a day back.
    fn is_earlier(&self, place: usize, at: DateTime<Utc>, day: NaiveDate) -> bool {
        let mut before = (0..place).rev().map(|place| self.effects.at(place));
        let is_near = |at: DateTime<Utc>, of: DateTime<Utc>| of > at - Duration::days(1);
        let last = before.next();
        last.is_some_and(|last| last.occurred_at < at && last.day < day)
            && before
                .take_while(|done| is_near(at, done.occurred_at))
                .all(|done| done.day < day)
    }

    /// The figures of the ledger as it is now: before the seam it is the same, and `lines` are all that there is since. The
    /// accounts may be others, if their entries are. `None` if a line is of a day before the seam: then all of it has to be
    /// computed again.
    pub fn renewed(
        &self,
        seam: Seam,
        zone: Tz,
        accounts: &[Account],
        lines: &[Line],
    ) -> Option<Self> {
        let day_of = |line: &Line| line.occurred_at.with_timezone(&zone).date_naive();
        if seam.day > self.today || lines.iter().any(|line| day_of(line) < seam.day) {
            return None;
        }
        let before: BTreeMap<_, _> = self.accounts.iter().map(|of| (of.id, of)).collect();
        let kept = |account: &Account| match before.get(&account.id) {
            Some(of) if of.currency == account.currency => of.before(seam.day),
            _ => AccountFigures::from(account),
        };
        let days = self.days.partition_point(|of| of.day < seam.day);
        let mut figures = Figures {
            accounts: accounts.iter().map(kept).collect(),
            days: self.days[..days].to_vec(),
            excluded_by_day: self.excluded_by_day.before(seam.day),
            noted: self.noted.before(seam.day),
            outside: self
                .outside
                .range(..seam.day)
                .map(|(day, parts)| (*day, parts.clone()))
                .collect(),
            unvalued_outside: self.unvalued_outside.filter(|day| *day < seam.day),
            effects: self.effects.first(seam.before),
            ..Figures::empty(self.home, self.today, self.rates.clone())
        };
        figures.go_on(seam.day, lines, zone);
        Some(figures)
    }
}
