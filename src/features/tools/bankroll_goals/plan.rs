//! Pure: from a bankroll to a target, month by month.

use rust_decimal::{Decimal, RoundingStrategy};

/// Nothing is computed further than this: a thousand years.
pub const MOST_MONTHS: u32 = 12_000;

/// A drawing has at most so many points.
pub const MOST_POINTS: u32 = 600;

/// Decimals that are kept from month to month: more than any currency has.
const DECIMALS: u32 = 12;

/// Growth beyond this is beyond every target.
const MOST_GROWTH: i64 = 1_000_000_000_000_000;

/// Where to begin and where to go. Amounts are below 10^11.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Zero or more.
    pub start: Decimal,
    /// More than `start`.
    pub target: Decimal,
    /// What the bankroll grows by in a month, beside what is won: a share, from 0 to 1.
    pub growth: Decimal,
}

impl Plan {
    /// How many months it takes at so much a month, above zero. `None` if they are more than [`MOST_MONTHS`].
    pub fn months(&self, monthly: Decimal) -> Option<u32> {
        if self.growth.is_zero() {
            let months = (self.target - self.start).checked_div(monthly)?.ceil();
            return u32::try_from(months).ok().filter(|n| *n <= MOST_MONTHS);
        }
        let mut bankroll = self.start;
        (1..=MOST_MONTHS).find(|_| {
            bankroll = self.next(bankroll, monthly);
            bankroll >= self.target
        })
    }

    /// What it takes each month to be there after so many months, one or more: rounded up to `decimals`, so that it is
    /// enough. Zero if growth alone does it.
    pub fn monthly(&self, months: u32, decimals: u32) -> Decimal {
        let exact = if self.growth.is_zero() {
            (self.target - self.start) / Decimal::from(months)
        } else {
            let factor = self.factor(months);
            let missing = self.target - (self.start * factor).min(self.target);
            missing * self.growth / (factor - Decimal::ONE)
        };
        exact.round_dp_with_strategy(decimals, RoundingStrategy::AwayFromZero)
    }

    /// The bankroll at the end of some of the months, the first (0) and the last always among them, never above the
    /// target: at most [`MOST_POINTS`].
    pub fn points(&self, monthly: Decimal, months: u32) -> Vec<(u32, Decimal)> {
        let stride = months.div_ceil(MOST_POINTS - 2).max(1);
        let mut bankroll = self.start;
        let mut points = vec![(0, self.start)];
        for month in 1..=months.min(MOST_MONTHS) {
            bankroll = self.next(bankroll, monthly);
            if month % stride == 0 || month == months {
                points.push((month, bankroll));
            }
        }
        points
    }

    fn next(&self, bankroll: Decimal, monthly: Decimal) -> Decimal {
        let grown = bankroll + bankroll * self.growth + monthly;
        grown.round_dp(DECIMALS).min(self.target)
    }

    /// What one unit becomes by growth alone.
    fn factor(&self, months: u32) -> Decimal {
        let most = Decimal::from(MOST_GROWTH);
        let mut factor = Decimal::ONE;
        for _ in 0..months {
            factor = (factor + factor * self.growth).round_dp(DECIMALS);
            if factor >= most {
                return most;
            }
        }
        factor
    }
}

/// A number of months in words: `1 year and 2 months`.
pub fn in_words(months: u32) -> String {
    let counted = |n: u32, one: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {one}s")),
    };
    let parts = [counted(months / 12, "year"), counted(months % 12, "month")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        "0 months".to_owned()
    } else {
        parts.join(" and ")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn plan(start: &str, target: &str, percent: &str) -> Plan {
        Plan {
            start: dec(start),
            target: dec(target),
            growth: dec(percent) / Decimal::ONE_HUNDRED,
        }
    }

    /// The examples of the specification, and their edges.
    #[test]
    fn time_and_profit_are_as_specified() {
        let months =
            |start, target, percent, monthly| plan(start, target, percent).months(dec(monthly));
        assert_eq!(months("1000", "5000", "0", "300"), Some(14));
        assert_eq!(months("1000", "4900", "0", "300"), Some(13));
        assert_eq!(months("1000", "4900.01", "0", "300"), Some(14));
        assert_eq!(months("0", "0.01", "0", "100"), Some(1));
        // 1000 × 1.1 + 100 = 1200; 1200 × 1.1 + 100 = 1420
        assert_eq!(months("1000", "1420", "10", "100"), Some(2));
        assert_eq!(months("1000", "1420.01", "10", "100"), Some(3));

        let monthly =
            |start, target, percent, months| plan(start, target, percent).monthly(months, 2);
        assert_eq!(monthly("1000", "5000", "0", 10), dec("400.00"));
        assert_eq!(monthly("0", "1000", "0", 3), dec("333.34"));
        assert_eq!(monthly("1000", "1420", "10", 2), dec("100.00"));
        assert_eq!(monthly("1000", "1100", "10", 12), Decimal::ZERO);
        assert_eq!(monthly("0", "99999999999.99", "100", 1200), dec("0.01"));
    }

    /// Fails without the limits: a cent a month towards the largest target would be ten million million months.
    #[test]
    fn nothing_is_endless() {
        let huge = plan("0", "99999999999.99", "0");
        assert_eq!(huge.months(dec("0.01")), None);
        assert_eq!(
            plan("0", "120000", "0").months(dec("10")),
            Some(MOST_MONTHS)
        );
        assert_eq!(plan("0", "120001", "0").months(dec("10")), None);
        assert_eq!(
            plan("0", "99999999999.99", "0.0001").months(dec("0.01")),
            None
        );
        assert_eq!(
            plan("0", "99999999999.99", "100").months(dec("0.01")),
            Some(44)
        );
        let points = huge.points(dec("0.01"), MOST_MONTHS);
        assert!(points.len() <= MOST_POINTS as usize, "{}", points.len());
        assert_eq!(points.last().map(|(month, _)| *month), Some(MOST_MONTHS));
    }

    #[test]
    fn months_are_said_in_years() {
        for (months, words) in [
            (1, "1 month"),
            (11, "11 months"),
            (12, "1 year"),
            (14, "1 year and 2 months"),
            (25, "2 years and 1 month"),
        ] {
            assert_eq!(in_words(months), words);
        }
    }

    proptest! {
        /// Whatever the plan: what is said to be needed is enough, and the time said is the first at which it is.
        #[test]
        fn what_is_needed_is_enough(
            start in 0_i64..1_000_000_000, more in 1_i64..1_000_000_000, growth in 0_i64..200, months in 1_u32..600,
        ) {
            let start = Decimal::new(start, 2);
            let plan = Plan { start, target: start + Decimal::new(more, 2), growth: Decimal::new(growth, 3) };
            let monthly = plan.monthly(months, 2);
            prop_assert!(monthly >= Decimal::ZERO);
            // A millionth is lost to rounding where growth is multiplied many times.
            let near = Decimal::new(1, 2);
            let points = plan.points(monthly, months);
            prop_assert!(points.len() <= MOST_POINTS as usize);
            prop_assert!(points.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1));
            let (last, there) = *points.last().unwrap();
            prop_assert_eq!(last, months);
            prop_assert!(there + near >= plan.target, "{} of {}", there, plan.target);
            if monthly > Decimal::ZERO
                && let Some(found) = plan.months(monthly + near)
            {
                prop_assert!(found <= months, "{found} > {months}");
            }
        }
    }
}
