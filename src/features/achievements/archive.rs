//! Badges as files hold them.

use std::collections::HashSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::catalogue::Badge;
use super::standing::Earned;
use crate::features::bankroll::Problem;

/// A tier of a badge in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BadgeRecord {
    pub key: String,
    pub tier: i16,
    pub earned_on: NaiveDate,
}

impl BadgeRecord {
    /// The name of the badge; its key if there is no such badge any more.
    pub fn name(&self) -> &str {
        Badge::named(&self.key).map_or(&self.key, |badge| badge.name)
    }
}

impl From<&Earned> for BadgeRecord {
    fn from(earned: &Earned) -> Self {
        Self {
            key: earned.key.clone(),
            tier: earned.tier,
            earned_on: earned.earned_on,
        }
    }
}

/// The tiers in a file. Refuses one that there is not, one that stands twice, and a day after the last that may be.
pub fn restored(records: Vec<BadgeRecord>, latest: NaiveDate) -> Result<Vec<Earned>, Problem> {
    let mut seen = HashSet::new();
    let earned = (1..).zip(records).map(|(number, record)| {
        let wrong = |why: &str| {
            let key: String = record
                .key
                .chars()
                .filter(|c| !c.is_control())
                .take(40)
                .collect();
            Err(Problem(format!(
                "Badge {number} ({key}, tier {}): {why}",
                record.tier
            )))
        };
        if Badge::named(&record.key)
            .and_then(|badge| badge.target(record.tier))
            .is_none()
        {
            return wrong("there is no such badge.");
        }
        let first = NaiveDate::default();
        if !(first..=latest).contains(&record.earned_on) {
            return wrong("the day is before 1970 or in the future.");
        }
        if !seen.insert((record.key.clone(), record.tier)) {
            return wrong("it stands twice.");
        }
        Ok(Earned {
            key: record.key,
            tier: record.tier,
            earned_on: record.earned_on,
        })
    });
    earned.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(key: &str, tier: i16, day: &str) -> String {
        let record = BadgeRecord {
            key: key.to_owned(),
            tier,
            earned_on: day.parse().unwrap(),
        };
        let latest = "2026-10-31".parse().unwrap();
        let twice = vec![record.clone(), record];
        restored(twice, latest).unwrap_err().0
    }

    #[test]
    fn what_is_no_badge_is_refused() {
        let nothing = "Badge 1 (NOTHING, tier 1): there is no such badge.";
        assert_eq!(refusal("NOTHING", 1, "2026-10-30"), nothing);
        for tier in [-1, 0, 4, i16::MAX, i16::MIN] {
            assert!(refusal("EXPENSES", tier, "2026-10-30").ends_with("there is no such badge."));
        }
        assert!(refusal("THE_TECHNICIAN", 2, "2026-10-30").ends_with("there is no such badge."));
        for day in ["2026-11-01", "1969-12-31"] {
            assert!(refusal("EXPENSES", 1, day).ends_with("in the future."));
        }
        let twice = "Badge 2 (EXPENSES, tier 3): it stands twice.";
        assert_eq!(refusal("EXPENSES", 3, "2026-10-31"), twice);
    }
}
