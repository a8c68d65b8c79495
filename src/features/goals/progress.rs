//! Pure: how far a goal is, when it was reached, and when it will be at the pace of late.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use super::goal::{Aim, Goal, Kind};
use crate::features::bankroll::figures::{Figures, Range, Window};
use crate::money::{Currency, zero_without_sign};

/// The pace is that of so many days.
const PACE_DAYS: i64 = 90;

/// What is later than this year is not foretold.
const LAST_YEAR: i32 = 2100;

/// Why nobody can say how far a goal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// A currency without any rate stands between the figure and the goal.
    NoRate(Currency),
    /// The account was deleted.
    NoAccount,
}

/// How far a goal is. Amounts are in its currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub now: Decimal,
    pub target: Decimal,
    pub pace: Pace,
    /// Nothing that has no rate could make it less than it is told to be.
    pub is_sure: bool,
}

/// How fast it comes nearer, by what was won lately. Deposits are no pace: they are decided, not earned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// There are fewer than 90 days to judge by.
    TooYoung { days: i64 },
    /// Nothing was won: it never comes.
    Standstill { per_day: Decimal },
    /// The day it comes. `None`: not in this century.
    Moving {
        per_day: Decimal,
        arrives: Option<NaiveDate>,
    },
}

impl Progress {
    /// Of a goal, as of the figures' today.
    pub fn of(goal: &Goal, figures: &Figures) -> Result<Self, Unknown> {
        let (aim, today) = (&goal.aim, figures.today);
        let now = value_on(aim, figures, today)?;
        let (gain, first) = gained(aim, figures)?;
        let history = first.map_or(0, |first| (today - first).num_days());
        Ok(Self {
            now,
            target: aim.target,
            pace: pace(gain, history, aim.target - now, today),
            is_sure: is_sure_on(aim, figures, today),
        })
    }

    /// Whether it is reached.
    pub fn is_reached(&self) -> bool {
        self.now >= self.target
    }

    /// What is missing: zero if it is reached.
    pub fn to_go(&self) -> Decimal {
        (self.target - self.now).max(Decimal::ZERO)
    }

    /// In per cent with one decimal, rounded down: 100 is reached, and nothing less. Below zero where there is a debt
    /// or a loss.
    pub fn share(&self) -> Decimal {
        let share = (self.now * Decimal::ONE_HUNDRED).checked_div(self.target);
        let share = share.unwrap_or_default();
        zero_without_sign(share.round_dp_with_strategy(1, RoundingStrategy::ToNegativeInfinity))
    }

    /// The same between 0 and 100, as a bar can show it.
    pub fn bar(&self) -> Decimal {
        self.share().clamp(Decimal::ZERO, Decimal::ONE_HUNDRED)
    }

    /// How many days before its day it comes at this pace; negative is late. `None` if it does not come, or is there.
    pub fn days_early(&self, due_on: NaiveDate) -> Option<i64> {
        match self.pace {
            Pace::Moving {
                arrives: Some(day), ..
            } if !self.is_reached() => Some((due_on - day).num_days()),
            _ => None,
        }
    }
}

/// What counts towards a goal at the end of a day, in the goal's currency at that day's rate.
pub fn value_on(aim: &Aim, figures: &Figures, day: NaiveDate) -> Result<Decimal, Unknown> {
    let (value, currency) = match aim.kind {
        Kind::Bankroll => (figures.on(day).bankroll, figures.home),
        Kind::Profit => {
            let before = aim.since.and_then(|since| since.pred_opt());
            let before = before.map_or(Decimal::ZERO, |eve| figures.on(eve).profit());
            (figures.on(day).profit() - before, figures.home)
        }
        Kind::Account => {
            let account = aim.account.and_then(|id| figures.account(id));
            let account = account.ok_or(Unknown::NoAccount)?;
            (account.balance_on(day), account.currency)
        }
    };
    converted(figures, value, currency, aim.currency, day)
}

/// Whether nothing without a rate could make what counts towards a goal less than it is told to be.
pub fn is_sure_on(aim: &Aim, figures: &Figures, day: NaiveDate) -> bool {
    match aim.kind {
        Kind::Bankroll => figures.is_least_on(day),
        Kind::Profit => figures.is_whole_on(day),
        Kind::Account => true,
    }
}

/// The first day on which a goal was reached, since reaching it counts. `None` if it was not, or nobody can say.
pub fn reached_on(goal: &Goal, figures: &Figures) -> Option<NaiveDate> {
    let aim = &goal.aim;
    let is_reached = |day| {
        value_on(aim, figures, day).is_ok_and(|value| value >= aim.target)
            && is_sure_on(aim, figures, day)
    };
    let first = goal.started_on.min(figures.today);
    first
        .iter_days()
        .take_while(|day| *day <= figures.today)
        .find(|day| is_reached(*day))
}

/// What was won in the past 90 days in the goal's currency at today's rate, and the first day there is to judge by.
fn gained(aim: &Aim, figures: &Figures) -> Result<(Decimal, Option<NaiveDate>), Unknown> {
    let today = figures.today;
    let start = today
        .checked_sub_days(Days::new(PACE_DAYS.unsigned_abs()))
        .unwrap_or(today);
    let (gain, currency, first) = if aim.kind == Kind::Account {
        let account = aim.account.and_then(|id| figures.account(id));
        let account = account.ok_or(Unknown::NoAccount)?;
        let parts = account.native_parts(Window { start, end: today });
        let first = account.steps.first().map(|step| step.day);
        (parts.result(), account.currency, first)
    } else {
        let gain = figures.now().profit() - figures.on(start).profit();
        (gain, figures.home, figures.first_day())
    };
    let gain = converted(figures, gain, currency, aim.currency, today)?;
    Ok((gain, first))
}

fn converted(
    figures: &Figures,
    amount: Decimal,
    from: Currency,
    to: Currency,
    day: NaiveDate,
) -> Result<Decimal, Unknown> {
    // Nothing converts to nothing only where there is a rate: what counts later would not.
    figures.rates.convert(amount, from, to, day).ok_or_else(|| {
        let euro = |currency| figures.rates.exchange(currency, Currency::EUR, day);
        let lacking = [from, to].into_iter().find(|c| euro(*c).is_none());
        Unknown::NoRate(lacking.unwrap_or(to))
    })
}

/// The pace of `gain` in 90 days, and when `to_go` is there at it.
fn pace(gain: Decimal, history: i64, to_go: Decimal, today: NaiveDate) -> Pace {
    let days = Decimal::from(PACE_DAYS);
    if history < PACE_DAYS {
        return Pace::TooYoung { days: history };
    }
    let per_day = gain / days;
    if gain <= Decimal::ZERO {
        return Pace::Standstill { per_day };
    }
    let needed = (to_go.max(Decimal::ZERO) * days).checked_div(gain);
    let arrives = needed
        .and_then(|days| days.ceil().to_u64())
        .and_then(|days| today.checked_add_days(Days::new(days)))
        .filter(|day| day.year() <= LAST_YEAR);
    Pace::Moving { per_day, arrives }
}

/// The window that a goal's profit is counted in.
pub fn window(aim: &Aim, figures: &Figures) -> Window {
    let all = figures.window(Range::All);
    let eve = aim.since.and_then(|since| since.pred_opt());
    Window {
        start: eve.unwrap_or(all.start),
        ..all
    }
}

/// What is left out of what counts towards a goal, by currency: what has no rate.
pub fn left_out(aim: &Aim, figures: &Figures) -> BTreeMap<Currency, Decimal> {
    match aim.kind {
        Kind::Account => BTreeMap::new(),
        Kind::Bankroll => figures.excluded.clone(),
        Kind::Profit => {
            let mut left_out = figures.excluded.clone();
            for (currency, flows) in &figures.excluded_flows {
                left_out.entry(*currency).or_insert(*flows);
            }
            left_out
        }
    }
}

#[cfg(test)]
mod tests;
