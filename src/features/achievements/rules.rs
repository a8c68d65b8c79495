//! Pure: what badges are given for. Each rule follows one thing through a user's whole history, so that what somebody
//! enters late, or brings from elsewhere, is dated by the day it is about.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate};
use rust_decimal::Decimal;

use super::streak::{Streaks, monday};
use crate::features::bankroll::figures::{AccountFigures, Figures, Window};
use crate::features::bankroll::ledger::Account;
use crate::money::Currency;

/// What badges are judged by.
#[derive(Debug)]
pub struct History<'a> {
    pub figures: &'a Figures,
    /// In the order of those in the figures.
    pub accounts: &'a [Account],
    pub elsewhere: &'a Elsewhere,
    pub streaks: Streaks,
}

/// What the ledger does not know. All in order.
#[derive(Clone, Debug, Default)]
pub struct Elsewhere {
    /// The days on which goals were completed.
    pub goals: Vec<NaiveDate>,
    /// The days on which tools were used for the first time.
    pub tools: Vec<NaiveDate>,
    /// The days on which articles were read.
    pub articles: Vec<NaiveDate>,
}

impl<'a> History<'a> {
    /// Of accounts, their figures, and the rest.
    pub fn new(accounts: &'a [Account], figures: &'a Figures, elsewhere: &'a Elsewhere) -> Self {
        let records = figures.days_with(|_| true).into_iter().collect();
        Self {
            figures,
            accounts,
            elsewhere,
            streaks: Streaks::new(records, figures.today),
        }
    }

    fn records(&self) -> impl Iterator<Item = NaiveDate> {
        self.streaks.days.iter().copied()
    }

    fn deposits(&self) -> BTreeSet<NaiveDate> {
        self.figures.days_with(|parts| !parts.deposits.is_zero())
    }
}

/// How far somebody has come on the way to a badge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// Where they stand today. It may have been higher once.
    pub now: Decimal,
    /// Whenever it stood higher than ever before: the day, and how high.
    highs: Vec<(NaiveDate, Decimal)>,
}

impl Course {
    /// Each of the days, which are in order, is one more.
    fn count(days: impl IntoIterator<Item = NaiveDate>) -> Self {
        let highs: Vec<_> = (1_u32..)
            .zip(days)
            .map(|(number, day)| (day, number.into()))
            .collect();
        Self {
            now: highs.last().map_or(Decimal::ZERO, |(_, height)| *height),
            highs,
        }
    }

    /// From heights in the order of their days.
    fn heights(now: Decimal, heights: impl IntoIterator<Item = (NaiveDate, Decimal)>) -> Self {
        let mut highs: Vec<(NaiveDate, Decimal)> = Vec::new();
        for (day, height) in heights {
            if highs.last().is_none_or(|(_, highest)| *highest < height) {
                highs.push((day, height));
            }
        }
        Self { now, highs }
    }

    /// The first day on which it stood as high as this.
    pub fn met(&self, target: i64) -> Option<NaiveDate> {
        let target = Decimal::from(target);
        let reached = self.highs.partition_point(|(_, height)| *height < target);
        self.highs.get(reached).map(|(day, _)| *day)
    }
}

/// The streak of each day.
pub fn streak(history: &History) -> Course {
    let Streaks {
        days,
        lengths,
        current,
        ..
    } = &history.streaks;
    let heights = days.iter().zip(lengths);
    Course::heights(
        (*current).into(),
        heights.map(|(day, length)| (*day, (*length).into())),
    )
}

/// Days with a record.
pub fn days(history: &History) -> Course {
    Course::count(history.records())
}

/// Calendar months with records on this many days.
const FULL_MONTH: u32 = 20;

/// Calendar months with records on most of their days.
pub fn full_months(history: &History) -> Course {
    let mut counts: BTreeMap<_, u32> = BTreeMap::new();
    Course::count(history.records().filter(move |day| {
        let count = counts.entry(month(*day)).or_default();
        *count += 1;
        *count == FULL_MONTH
    }))
}

/// Calendar months in a row that have a record. The one of today is not lacking before it is over.
pub fn months_in_a_row(history: &History) -> Course {
    let mut heights: Vec<(NaiveDate, Decimal)> = Vec::new();
    for day in first_of_each(history.records(), month) {
        let goes_on = heights
            .last()
            .filter(|(last, _)| month(*last) + 1 == month(day));
        let height = goes_on.map_or(Decimal::ZERO, |(_, height)| *height) + Decimal::ONE;
        heights.push((day, height));
    }
    let lasts = heights
        .last()
        .filter(|(last, _)| month(*last) + 1 >= month(history.figures.today));
    Course::heights(lasts.map_or(Decimal::ZERO, |(_, height)| *height), heights)
}

/// Weeks in a row, Monday to Sunday, in which the balance of every account was observed that held something when the
/// week began or at its end. The week of today is not lacking before it is over.
pub fn reconciled_weeks(history: &History) -> Course {
    let figures = history.figures;
    let mut heights = Vec::new();
    let mut run = Decimal::ZERO;
    let first = figures.first_day().unwrap_or(figures.today);
    for week in monday(first)
        .iter_weeks()
        .take_while(|week| *week <= figures.today)
    {
        let sunday = week + Days::new(6);
        let window = Window {
            start: week - Days::new(1),
            end: sunday.min(figures.today),
        };
        match reconciled(history, window) {
            Some(day) => {
                run += Decimal::ONE;
                heights.push((day, run));
            }
            None if sunday < figures.today => run = Decimal::ZERO,
            None => {}
        }
    }
    Course::heights(run, heights)
}

/// The day of a window on which the last of the accounts was looked at. `None` if one was not, or there was none.
fn reconciled(history: &History, window: Window) -> Option<NaiveDate> {
    let mut last = None;
    for (account, figures) in history.accounts.iter().zip(&history.figures.accounts) {
        let steps = figures.steps_in(window);
        let is_over = account.is_archived()
            && figures
                .steps
                .last()
                .is_none_or(|step| step.day <= window.start);
        let is_empty =
            figures.balance_on(window.start).is_zero() && figures.balance_on(window.end).is_zero();
        if is_over || is_empty {
            continue;
        }
        let seen = steps.iter().find(|step| step.is_verified())?;
        last = last.max(Some(seen.day));
    }
    last
}

/// Balances that were observed: of each account once a day.
pub fn balances(history: &History) -> Course {
    Course::count(verified(history, |_, _| true))
}

/// Balances that were observed and were what the records said: nothing was left to explain. The first of an account
/// has nothing to agree with.
pub fn to_the_cent(history: &History) -> Course {
    Course::count(verified(history, |account, i| {
        i > 0 && account.steps[i].parts.play.is_zero()
    }))
}

/// The days of observed balances, in order, of the steps that count.
fn verified(history: &History, counts: impl Fn(&AccountFigures, usize) -> bool) -> Vec<NaiveDate> {
    let mut days = Vec::new();
    for account in &history.figures.accounts {
        let steps = account.steps.iter().enumerate();
        let such = steps.filter(|(i, step)| step.is_verified() && counts(account, *i));
        days.extend(such.map(|(_, step)| step.day));
    }
    days.sort_unstable();
    days
}

/// Accounts whose balance was observed.
pub fn accounts(history: &History) -> Course {
    let firsts = history.figures.accounts.iter().filter_map(|account| {
        let first = account.steps.iter().find(|step| step.is_verified())?;
        Some(first.day)
    });
    Course::count(sorted(firsts))
}

/// Currencies that an account was kept in.
pub fn currencies(history: &History) -> Course {
    let mut firsts: BTreeMap<Currency, NaiveDate> = BTreeMap::new();
    for account in &history.figures.accounts {
        if let Some(step) = account.steps.first() {
            let first = firsts.entry(account.currency).or_insert(step.day);
            *first = step.day.min(*first);
        }
    }
    Course::count(sorted(firsts.into_values()))
}

/// Calendar months in which expenses were recorded.
pub fn months_of_expenses(history: &History) -> Course {
    let days = history.figures.days_with(|parts| !parts.expenses.is_zero());
    Course::count(first_of_each(days, month))
}

/// How long money must stay out to be kept.
const KEPT_DAYS: u64 = 30;

/// Days of withdrawals that were followed by no deposit, on the same day or in the 30 after it. Dated by the last of
/// these.
pub fn kept_withdrawals(history: &History) -> Course {
    let deposits = history.deposits();
    let withdrawals = history
        .figures
        .days_with(|parts| !parts.withdrawals.is_zero());
    let kept = withdrawals
        .into_iter()
        .filter(|day| {
            deposits
                .range(*day..=*day + Days::new(KEPT_DAYS))
                .next()
                .is_none()
        })
        .map(|day| day + Days::new(KEPT_DAYS));
    Course::count(kept.filter(|day| *day <= history.figures.today))
}

/// Days with a record since the last deposit.
pub fn days_without_deposit(history: &History) -> Course {
    let deposits = history.deposits();
    let mut since = Decimal::ZERO;
    let heights: Vec<_> = history
        .records()
        .map(|day| {
            since = if deposits.contains(&day) {
                Decimal::ZERO
            } else {
                since + Decimal::ONE
            };
            (day, since)
        })
        .collect();
    Course::heights(since, heights)
}

/// How soon after a transfer both sides are looked at.
const CHECKED_DAYS: u64 = 7;

/// Days of transfers after which the balance of every account that took part was observed within a week. Dated by the
/// last of these.
pub fn checked_transfers(history: &History) -> Course {
    let mut days: BTreeMap<NaiveDate, Option<NaiveDate>> = BTreeMap::new();
    for account in &history.figures.accounts {
        for (i, step) in account.steps.iter().enumerate() {
            if step.parts.moved.is_zero() {
                continue;
            }
            let until = step.day + Days::new(CHECKED_DAYS);
            let soon = account.steps[i..]
                .iter()
                .take_while(|later| later.day <= until);
            let seen = soon
                .filter(|later| later.is_verified())
                .map(|later| later.day)
                .next();
            let all = days.entry(step.day).or_insert(Some(step.day));
            *all = all.zip(seen).map(|(all, seen)| all.max(seen));
        }
    }
    Course::count(sorted(days.into_values().flatten()))
}

/// The bankroll at the end of each day, in US dollars at that day's rates. A day on which something below zero has no rate
/// counts for nothing: the bankroll was less than what is told.
pub fn bankroll(history: &History) -> Course {
    let figures = history.figures;
    let heights: Vec<(NaiveDate, Decimal)> = figures
        .days
        .iter()
        .filter(|day| figures.is_least_on(day.day))
        .filter_map(|day| {
            let dollars = figures
                .rates
                .convert(day.bankroll, figures.home, Currency::USD, day.day);
            Some((day.day, dollars?))
        })
        .collect();
    let now = heights.last().map_or(Decimal::ZERO, |(_, height)| *height);
    Course::heights(now, heights)
}

/// Days with a record at whose end all-time profit was above zero, and nothing was left out of it.
pub fn days_in_the_black(history: &History) -> Course {
    let figures = history.figures;
    let is_above =
        |day: &NaiveDate| figures.on(*day).profit() > Decimal::ZERO && figures.is_whole_on(*day);
    Course::count(history.records().filter(is_above))
}

/// Goals that were completed.
pub fn goals(history: &History) -> Course {
    Course::count(history.elsewhere.goals.iter().copied())
}

/// Tools that were used.
pub fn tools(history: &History) -> Course {
    Course::count(history.elsewhere.tools.iter().copied())
}

/// Articles that were read.
pub fn articles(history: &History) -> Course {
    Course::count(history.elsewhere.articles.iter().copied())
}

/// The number of a day's month: one more than that of the month before.
fn month(day: NaiveDate) -> i32 {
    day.year() * 12 + day.month0().cast_signed()
}

/// Of days in order, the first of each group.
fn first_of_each(
    days: impl IntoIterator<Item = NaiveDate>,
    group: impl Fn(NaiveDate) -> i32,
) -> Vec<NaiveDate> {
    let mut days: Vec<NaiveDate> = days.into_iter().collect();
    days.dedup_by_key(|day| group(*day));
    days
}

fn sorted(days: impl Iterator<Item = NaiveDate>) -> Vec<NaiveDate> {
    let mut days: Vec<NaiveDate> = days.collect();
    days.sort_unstable();
    days
}

#[cfg(test)]
mod tests;
