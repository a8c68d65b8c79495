//! Pure: every badge there is.

use rust_decimal::Decimal;

use super::rules::{self, Course, History};
use crate::money::Currency;
use crate::web::Ui;

/// A badge. Its tiers are the targets, one to three, rising.
#[derive(Debug)]
pub struct Badge {
    /// Under which it is kept; never changes.
    pub key: &'static str,
    pub name: &'static str,
    /// What it is given for.
    pub description: &'static str,
    /// The name of the icon in the sprite.
    pub icon: &'static str,
    pub category: Category,
    pub targets: &'static [i64],
    pub unit: Unit,
    pub rule: fn(&History) -> Course,
}

impl Badge {
    /// Whether it is given for what the ledger says, and for nothing else.
    pub fn is_of_the_ledger(&self) -> bool {
        !matches!(self.unit, Unit::Articles | Unit::Of("goal" | "tool", _))
    }

    /// Whether it is given for goals, which the ledger may reach.
    pub fn is_of_goals(&self) -> bool {
        matches!(self.unit, Unit::Of("goal", _))
    }
}

/// The sections of the page, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    Consistency,
    Bookkeeping,
    Discipline,
    Milestones,
    Study,
}

impl Category {
    pub const ALL: [Category; 5] = [
        Category::Consistency,
        Category::Bookkeeping,
        Category::Discipline,
        Category::Milestones,
        Category::Study,
    ];

    /// The heading of its section.
    pub fn label(self) -> &'static str {
        match self {
            Category::Consistency => "Consistency",
            Category::Bookkeeping => "Bookkeeping",
            Category::Discipline => "Discipline",
            Category::Milestones => "Milestones",
            Category::Study => "Study",
        }
    }
}

/// What a badge's targets are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things of this name: one, and many.
    Of(&'static str, &'static str),
    /// US dollars.
    Dollars,
    /// Articles, of which there are none yet.
    Articles,
}

impl Unit {
    /// What so many of it are called.
    pub fn name(self, number: Decimal) -> &'static str {
        match self {
            Unit::Of(one, _) if number == Decimal::ONE => one,
            Unit::Of(_, many) => many,
            Unit::Dollars => "US dollars",
            Unit::Articles => "articles",
        }
    }

    /// So many of it: `1 day`, `30 days`, `$1,000.00`.
    pub fn count(self, number: Decimal, ui: &Ui) -> String {
        match self {
            Unit::Dollars => ui.money(number, Currency::USD),
            _ => format!("{} {}", ui.numbers.exact(number), self.name(number)),
        }
    }
}

const DAYS: Unit = Unit::Of("day", "days");
const WEEKS: Unit = Unit::Of("week", "weeks");
const MONTHS: Unit = Unit::Of("month", "months");
const BALANCES: Unit = Unit::Of("balance", "balances");

use Category::{Bookkeeping, Consistency, Discipline, Milestones, Study};

/// Every badge, in the order of the page.
pub static ALL: &[Badge] = &[
    Badge {
        key: "STREAK_3_DAY",
        name: "Daily tracker",
        description: "A short streak: records day after day.",
        icon: "calendar-check",
        category: Consistency,
        targets: &[3, 4, 5],
        unit: DAYS,
        rule: rules::streak,
    },
    Badge {
        key: "STREAK_7_DAY",
        name: "Weekly warrior",
        description: "A streak of whole weeks.",
        icon: "calendar-week",
        category: Consistency,
        targets: &[7, 14, 21],
        unit: DAYS,
        rule: rules::streak,
    },
    Badge {
        key: "STREAK_30_DAY",
        name: "Grinder’s routine",
        description: "A streak that has become a habit.",
        icon: "calendar-range",
        category: Consistency,
        targets: &[30, 90, 365],
        unit: DAYS,
        rule: rules::streak,
    },
    Badge {
        key: "MONTH_OF_RECORDS",
        name: "Whole month",
        description: "Records on 20 or more days of a calendar month.",
        icon: "calendar3",
        category: Consistency,
        targets: &[1, 6, 12],
        unit: MONTHS,
        rule: rules::full_months,
    },
    Badge {
        key: "RECONCILED",
        name: "All reconciled",
        description: "Every account that holds money looked at in the same week, in a row.",
        icon: "check2-all",
        category: Bookkeeping,
        targets: &[4, 12, 52],
        unit: WEEKS,
        rule: rules::reconciled_weeks,
    },
    Badge {
        key: "BALANCES",
        name: "Counted",
        description: "Balances updated, of each account once a day.",
        icon: "clipboard-check",
        category: Bookkeeping,
        targets: &[10, 100, 1000],
        unit: BALANCES,
        rule: rules::balances,
    },
    Badge {
        key: "TO_THE_CENT",
        name: "To the cent",
        description: "Balances that agreed with your records: nothing left to explain.",
        icon: "crosshair",
        category: Bookkeeping,
        targets: &[5, 25, 100],
        unit: BALANCES,
        rule: rules::to_the_cent,
    },
    Badge {
        key: "COMPLETE_PICTURE",
        name: "Complete picture",
        description: "Accounts whose balance you have looked at.",
        icon: "collection",
        category: Bookkeeping,
        targets: &[2, 4, 8],
        unit: Unit::Of("account", "accounts"),
        rule: rules::accounts,
    },
    Badge {
        key: "CURRENCIES",
        name: "Borderless",
        description: "Currencies that your accounts are kept in.",
        icon: "globe",
        category: Bookkeeping,
        targets: &[2, 3, 5],
        unit: Unit::Of("currency", "currencies"),
        rule: rules::currencies,
    },
    Badge {
        key: "CHECKED_TRANSFER",
        name: "Arrived safely",
        description: "Days of transfers with both sides looked at within a week.",
        icon: "arrow-left-right",
        category: Bookkeeping,
        targets: &[1, 10, 50],
        unit: DAYS,
        rule: rules::checked_transfers,
    },
    Badge {
        key: "RECORD_KEEPER",
        name: "Record keeper",
        description: "Days with a record, whenever they were.",
        icon: "list-check",
        category: Bookkeeping,
        targets: &[50, 250, 1000],
        unit: DAYS,
        rule: rules::days,
    },
    Badge {
        key: "KEPT_WITHDRAWAL",
        name: "Paid out",
        description: "Withdrawals that stayed out: no deposit for 30 days.",
        icon: "box-arrow-up",
        category: Discipline,
        targets: &[1, 5, 12],
        unit: Unit::Of("withdrawal", "withdrawals"),
        rule: rules::kept_withdrawals,
    },
    Badge {
        key: "NO_DEPOSIT",
        name: "On its own feet",
        description: "Days with a record since the last deposit.",
        icon: "piggy-bank",
        category: Discipline,
        targets: &[30, 100, 300],
        unit: DAYS,
        rule: rules::days_without_deposit,
    },
    Badge {
        key: "MONTHS_IN_A_ROW",
        name: "Never lost track",
        description: "A record in every calendar month, in a row.",
        icon: "hourglass-split",
        category: Discipline,
        targets: &[3, 12, 36],
        unit: MONTHS,
        rule: rules::months_in_a_row,
    },
    Badge {
        key: "EXPENSES",
        name: "Costs counted",
        description: "Calendar months with expenses written down.",
        icon: "receipt",
        category: Discipline,
        targets: &[1, 6, 24],
        unit: MONTHS,
        rule: rules::months_of_expenses,
    },
    Badge {
        key: "GOAL_CRUSHER",
        name: "Goal crusher",
        description: "Goals completed.",
        icon: "trophy",
        category: Milestones,
        targets: &[1, 3, 10],
        unit: Unit::Of("goal", "goals"),
        rule: rules::goals,
    },
    Badge {
        key: "IN_THE_BLACK",
        name: "In the black",
        description: "Days with a record that ended with all-time profit above zero.",
        icon: "graph-up-arrow",
        category: Milestones,
        targets: &[30, 100, 365],
        unit: DAYS,
        rule: rules::days_in_the_black,
    },
    Badge {
        key: "BANKROLL_1K",
        name: "$1K club",
        description: "A total bankroll of this many US dollars.",
        icon: "cash-stack",
        category: Milestones,
        targets: &[1_000, 2_500, 5_000],
        unit: Unit::Dollars,
        rule: rules::bankroll,
    },
    Badge {
        key: "BANKROLL_10K",
        name: "$10K club",
        description: "A total bankroll of this many US dollars.",
        icon: "gem",
        category: Milestones,
        targets: &[10_000, 25_000, 100_000],
        unit: Unit::Dollars,
        rule: rules::bankroll,
    },
    Badge {
        key: "THE_TECHNICIAN",
        name: "The technician",
        description: "A calculator used for the first time.",
        icon: "tools",
        category: Study,
        targets: &[1],
        unit: Unit::Of("tool", "tools"),
        rule: rules::tools,
    },
    Badge {
        key: "READ_1_ARTICLE",
        name: "Bookworm",
        description: "An article read.",
        icon: "book",
        category: Study,
        targets: &[1],
        unit: Unit::Articles,
        rule: rules::articles,
    },
    Badge {
        key: "READ_10_ARTICLES",
        name: "PLO scholar",
        description: "Ten articles read.",
        icon: "mortarboard",
        category: Study,
        targets: &[10],
        unit: Unit::Articles,
        rule: rules::articles,
    },
];

/// What the tiers are called, where there is more than one.
const TIERS: [&str; 3] = ["Bronze", "Silver", "Gold"];

impl Badge {
    /// The badge of that key.
    pub fn named(key: &str) -> Option<&'static Badge> {
        ALL.iter().find(|badge| badge.key == key)
    }

    /// The target of a tier, which is counted from 1.
    pub fn target(&self, tier: i16) -> Option<i64> {
        let index = usize::try_from(tier).ok()?.checked_sub(1)?;
        self.targets.get(index).copied()
    }

    /// The tiers with their targets, from the first on.
    pub fn tiers(&self) -> impl Iterator<Item = (i16, i64)> {
        (1..).zip(self.targets.iter().copied())
    }

    /// The name of a tier; empty if it is the only one.
    pub fn tier_name(&self, tier: i16) -> &'static str {
        let index = usize::try_from(tier - 1).unwrap_or_default();
        match self.targets.len() {
            1 => "",
            _ => TIERS.get(index).copied().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_list_can_be_kept_and_drawn() {
        let icons: Vec<String> =
            serde_json::from_str(include_str!("../../../frontend/icons.json")).unwrap();
        let keys: HashSet<&str> = ALL.iter().map(|badge| badge.key).collect();
        assert_eq!(keys.len(), ALL.len());
        for badge in ALL {
            // As the table takes them.
            assert!((1..=40).contains(&badge.key.len()), "{}", badge.key);
            assert!((1..=3).contains(&badge.targets.len()), "{}", badge.key);
            assert!(badge.targets[0] > 0 && badge.targets.is_sorted_by(|a, b| a < b));
            assert!(
                icons.iter().any(|icon| icon == badge.icon),
                "{}",
                badge.icon
            );
        }
    }

    #[test]
    fn keys_that_somebody_may_have_are_there() {
        for key in [
            "STREAK_3_DAY",
            "STREAK_7_DAY",
            "STREAK_30_DAY",
            "GOAL_CRUSHER",
            "BANKROLL_1K",
            "BANKROLL_10K",
            "READ_1_ARTICLE",
            "READ_10_ARTICLES",
            "THE_TECHNICIAN",
            "IN_THE_BLACK",
        ] {
            assert!(Badge::named(key).is_some(), "{key}");
        }
    }

    #[test]
    fn tiers_have_names_where_there_are_several() {
        let streak = Badge::named("STREAK_7_DAY").unwrap();
        assert_eq!([1, 2, 3].map(|tier| streak.tier_name(tier)), TIERS);
        assert_eq!(streak.target(3), Some(21));
        assert_eq!([0, 4, -1].map(|tier| streak.target(tier)), [None; 3]);
        assert_eq!(Badge::named("THE_TECHNICIAN").unwrap().tier_name(1), "");
    }
}
