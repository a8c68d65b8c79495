//! Pure: what somebody has earned, and how far they are with each badge.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::catalogue::{self, Badge, Unit};
use super::rules::{Course, History};
use crate::money::{Currency, zero_without_sign};
use crate::web::Ui;

/// A tier of a badge, and the day of what completed it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Earned {
    pub key: String,
    /// From 1 to 3.
    pub tier: i16,
    pub earned_on: NaiveDate,
}

/// Every tier that a history has earned, in the order of the list.
pub fn earned(history: &History) -> Vec<Earned> {
    let of_one = |badge: &'static Badge| {
        let course = (badge.rule)(history);
        badge.tiers().filter_map(move |(tier, target)| {
            Some(Earned {
                key: badge.key.to_owned(),
                tier,
                earned_on: course.met(target)?,
            })
        })
    };
    catalogue::ALL.iter().flat_map(of_one).collect()
}

/// How far somebody is with one badge.
#[derive(Clone, Debug)]
pub struct Standing {
    pub badge: &'static Badge,
    pub course: Course,
    /// The highest tier that they have, and since when.
    pub has: Option<(i16, NaiveDate)>,
}

impl Standing {
    /// With every badge, in the order of the list. `unlocked` is what they have already.
    pub fn all(history: &History, unlocked: &[Earned]) -> Vec<Standing> {
        let one = |badge: &'static Badge| {
            let of_it = unlocked.iter().filter(|one| one.key == badge.key);
            Standing {
                badge,
                course: (badge.rule)(history),
                has: of_it.map(|one| (one.tier, one.earned_on)).max(),
            }
        };
        catalogue::ALL.iter().map(one).collect()
    }

    /// The tier that comes next, with its target. `None` if they have all.
    pub fn next(&self) -> Option<(i16, i64)> {
        let tier = self.has.map_or(1, |(tier, _)| tier + 1);
        Some((tier, self.badge.target(tier)?))
    }

    /// The part of the way to the next tier that lies behind them, from 0 to 1.
    pub fn share(&self) -> Decimal {
        let Some((_, target)) = self.next() else {
            return Decimal::ONE;
        };
        let share = self.course.now / Decimal::from(target);
        zero_without_sign(share.clamp(Decimal::ZERO, Decimal::ONE))
    }

    /// Whether it could be the next to be earned, by keeping records. How much money there is gives no such hint: nobody
    /// should play for a badge.
    pub fn is_near(&self) -> bool {
        let counted = matches!(self.badge.unit, Unit::Of(..));
        counted && self.share() < Decimal::ONE
    }

    /// The highest tier that they have and what it took: `Gold, 365 days`. Empty without one.
    pub fn held(&self, ui: &Ui) -> String {
        let held = self
            .has
            .and_then(|(tier, _)| Some((tier, self.badge.target(tier)?)));
        held.map_or_else(String::new, |(tier, target)| {
            let target = self.badge.unit.count(target.into(), ui);
            match self.badge.tier_name(tier) {
                "" => target,
                name => format!("{name}, {target}"),
            }
        })
    }

    /// The name of the tier that comes next; empty where there is but one.
    pub fn next_tier_name(&self) -> &'static str {
        self.next()
            .map_or("", |(tier, _)| self.badge.tier_name(tier))
    }

    /// The name of the badge, with its next tier: `Weekly warrior, Silver`.
    pub fn next_name(&self) -> String {
        match self.next_tier_name() {
            "" => self.badge.name.to_owned(),
            tier => format!("{}, {tier}", self.badge.name),
        }
    }

    /// How far the next tier is: `21 of 30 days`. Empty if there is none.
    pub fn progress(&self, ui: &Ui) -> String {
        let Some((_, target)) = self.next() else {
            return String::new();
        };
        // A streak may have been as long, and is not any more: the day still counts.
        if self.course.met(target).is_some() {
            return "Reached. It is added with your next change.".to_owned();
        }
        let target = Decimal::from(target);
        let now = self.course.now.max(Decimal::ZERO).min(target);
        let target = self.badge.unit.count(target, ui);
        match self.badge.unit {
            Unit::Of(..) => format!("{} of {target}", ui.numbers.exact(now)),
            Unit::Dollars => format!("{} of {target}", ui.money(now, Currency::USD)),
            Unit::Articles => "Waits for the articles.".to_owned(),
        }
    }

    /// What is missing: `9 more days`. Only for those that are [`Standing::is_near`].
    pub fn missing(&self, ui: &Ui) -> String {
        let target = self
            .next()
            .map_or(Decimal::ZERO, |(_, target)| target.into());
        let missing = target - self.course.now;
        let name = self.badge.unit.name(missing);
        format!("{} more {name}", ui.numbers.exact(missing))
    }
}
