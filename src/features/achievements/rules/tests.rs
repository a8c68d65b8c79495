use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::super::standing;
use super::*;
use crate::features::bankroll::ledger::{AccountKind, EntryKind, Line};
use crate::features::currency::{Rates, Series};
use crate::ids::{AccountId, EntryId};

use EntryKind::{Balance, Deposit, Expense, Transfer, Withdrawal};

/// A ledger in the making. Its home currency is the euro, at 1.25 dollars until the 19th of January 2026 and at 1.00
/// from then on.
#[derive(Default)]
struct Ledger {
    accounts: Vec<Account>,
    lines: Vec<Line>,
    elsewhere: Elsewhere,
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

impl Ledger {
    /// With accounts in these currencies.
    fn of(currencies: &[&str]) -> Self {
        let account = |code: &&str| Account {
            id: AccountId::random(),
            kind: AccountKind::Bank,
            name: String::new(),
            currency: code.parse().unwrap(),
            position: 0,
            archived_at: None,
            version: 1,
        };
        Self {
            accounts: currencies.iter().map(account).collect(),
            ..Self::default()
        }
    }

    /// Adds an entry at an instant, or at noon UTC of a day.
    fn add(&mut self, account: usize, kind: EntryKind, amount: i64, at: &str) -> &mut Self {
        let at: DateTime<Utc> = at
            .parse()
            .unwrap_or_else(|_| format!("{at}T12:00:00Z").parse().unwrap());
        let account = &self.accounts[account];
        self.lines.push(Line {
            id: EntryId::random(),
            account: Some(account.id),
            kind,
            amount: amount.into(),
            currency: account.currency,
            occurred_at: at,
        });
        self
    }

    /// Updates a balance at noon UTC of each of these days.
    fn balances(&mut self, days: impl IntoIterator<Item = NaiveDate>) -> &mut Self {
        for day in days {
            self.add(0, Balance, 100, &day.to_string());
        }
        self
    }

    fn in_zone<T>(&mut self, zone: &str, today: &str, ask: impl FnOnce(&History) -> T) -> T {
        self.lines.sort_by_key(|line| line.occurred_at);
        // From before the first entry: what is said of a day must not hang on a rate that came later.
        let usd = Series::new([
            (day("2025-11-01"), "1.25".parse().unwrap()),
            (day("2026-01-19"), Decimal::ONE),
        ]);
        let rates = Rates::new([(Currency::USD, Arc::new(usd.unwrap()))]);
        let zone: Tz = zone.parse().unwrap();
        let figures = Figures::new(
            Currency::EUR,
            zone,
            day(today),
            rates,
            &self.accounts,
            &self.lines,
        );
        ask(&History::new(&self.accounts, &figures, &self.elsewhere))
    }

    fn follow(&mut self, rule: fn(&History) -> Course, today: &str) -> Course {
        self.in_zone("UTC", today, rule)
    }
}

/// Where a course stands, and when it first stood at 1, 2 and 3.
fn course(now: i64, met: [Option<&str>; 3]) -> (Decimal, [Option<NaiveDate>; 3]) {
    (now.into(), met.map(|text| text.map(day)))
}

fn seen(course: &Course) -> (Decimal, [Option<NaiveDate>; 3]) {
    (course.now, [1, 2, 3].map(|target| course.met(target)))
}

/// The days from one on.
fn from(first: &str, count: usize) -> impl Iterator<Item = NaiveDate> {
    day(first).iter_days().take(count)
}

#[test]
fn a_streak_that_is_over_was_still_earned() {
    let mut ledger = Ledger::of(&["EUR"]);
    ledger.balances(from("2026-01-05", 3));
    let course = ledger.follow(streak, "2026-02-05");
    assert_eq!(course.now, Decimal::ZERO);
    assert_eq!(course.met(3), Some(day("2026-01-07")));
    assert_eq!(course.met(4), None);
}

/// Guards the zone that the figures are made in: with UTC in its place the days of both changes are others.
#[test]
fn a_streak_goes_over_both_changes_of_the_clock() {
    // A quarter to midnight in New York, on the days around the change.
    for (utc, first) in [
        (
            [
                "2026-03-07T04:45:00Z",
                "2026-03-08T04:45:00Z",
                "2026-03-09T03:45:00Z",
                "2026-03-10T03:45:00Z",
            ],
            "2026-03-06",
        ),
        (
            [
                "2026-10-31T03:45:00Z",
                "2026-11-01T03:45:00Z",
                "2026-11-02T04:45:00Z",
                "2026-11-03T04:45:00Z",
            ],
            "2026-10-30",
        ),
    ] {
        let mut ledger = Ledger::of(&["EUR"]);
        for at in utc {
            ledger.add(0, Balance, 100, at);
        }
        let today = day(first) + Days::new(3);
        ledger.in_zone("America/New_York", &today.to_string(), |history| {
            assert_eq!(history.streaks.days, from(first, 4).collect::<Vec<_>>());
            assert_eq!(history.streaks.current, 4);
        });
    }
    // The day of 23 hours, and the day of 25, are one day each: both ends of it are the same record.
    for (begins, ends) in [
        ("2026-03-29T00:00:00+02:00", "2026-03-29T23:59:59+03:00"),
        ("2026-10-25T00:00:00+03:00", "2026-10-25T23:59:59+02:00"),
    ] {
        let mut ledger = Ledger::of(&["EUR"]);
        ledger
            .add(0, Balance, 100, begins)
            .add(0, Balance, 100, ends);
        let days = ledger.in_zone("Europe/Helsinki", "2026-12-01", |history| {
            history.streaks.days.clone()
        });
        assert_eq!(days, [day(&begins[..10])]);
    }
}

#[test]
fn the_same_entries_are_other_days_on_the_other_side_of_the_date_line() {
    let mut ledger = Ledger::of(&["EUR"]);
    // In UTC the 11th is missing; half an hour before and after midnight in one zone or the other.
    for at in [
        "2026-02-09T10:30:00Z",
        "2026-02-10T09:30:00Z",
        "2026-02-12T10:30:00Z",
        "2026-02-13T11:30:00Z",
    ] {
        ledger.add(0, Balance, 100, at);
    }
    let mut days = |zone| {
        ledger.in_zone(zone, "2026-02-28", |history| {
            let days: Vec<u32> = history.streaks.days.iter().map(Datelike::day).collect();
            (days, history.streaks.longest())
        })
    };
    assert_eq!(days("Pacific/Kiritimati"), (vec![10, 13, 14], 2));
    assert_eq!(days("Pacific/Pago_Pago"), (vec![8, 9, 11, 13], 3));
    assert_eq!(days("UTC"), (vec![9, 10, 12, 13], 4));
    // Samoa had no 30th of December 2011: it is a day without a record, and the rest day of that week.
    let mut ledger = Ledger::of(&["EUR"]);
    for at in [
        "2011-12-29T10:30:00Z",
        "2011-12-30T09:30:00Z",
        "2011-12-31T09:30:00Z",
        "2012-01-01T09:30:00Z",
    ] {
        ledger.add(0, Balance, 100, at);
    }
    let streak = ledger.in_zone("Pacific/Apia", "2012-01-01", |history| {
        history.streaks.clone()
    });
    assert_eq!(
        streak.days,
        ["2011-12-29", "2011-12-31", "2012-01-01"].map(day)
    );
    assert_eq!(streak.current, 3);
}

#[test]
fn months_count_when_they_are_full_or_follow_each_other() {
    let mut ledger = Ledger::of(&["EUR"]);
    ledger
        .balances(from("2026-01-05", 19))
        .balances(from("2026-02-01", 21))
        .balances([day("2026-03-31")]);
    let full = ledger.follow(full_months, "2026-05-01");
    assert_eq!(seen(&full), course(1, [Some("2026-02-20"), None, None]));
    let in_a_row = |ledger: &mut Ledger, today| seen(&ledger.follow(months_in_a_row, today));
    let met = [Some("2026-01-05"), Some("2026-02-01"), Some("2026-03-31")];
    assert_eq!(in_a_row(&mut ledger, "2026-04-30"), course(3, met));
    assert_eq!(in_a_row(&mut ledger, "2026-05-01"), course(0, met));
    ledger.balances([day("2026-05-10")]);
    assert_eq!(in_a_row(&mut ledger, "2026-05-10"), course(1, met));
    // December and January follow each other.
    let mut ledger = Ledger::of(&["EUR"]);
    ledger.balances([day("2025-12-31"), day("2026-01-31")]);
    assert_eq!(in_a_row(&mut ledger, "2026-02-01").0, Decimal::TWO);
}

#[test]
fn a_week_is_reconciled_when_every_account_with_money_was_looked_at() {
    let mut ledger = Ledger::of(&["EUR", "EUR", "EUR"]);
    ledger
        .add(0, Balance, 100, "2026-01-05")
        .add(1, Balance, 50, "2026-01-07");
    let reconciled = |ledger: &mut Ledger, today| seen(&ledger.follow(reconciled_weeks, today));
    let first = Some("2026-01-07");
    assert_eq!(
        reconciled(&mut ledger, "2026-01-11"),
        course(1, [first, None, None])
    );
    // The second week is not over yet, then it is.
    ledger.add(0, Balance, 100, "2026-01-12");
    assert_eq!(
        reconciled(&mut ledger, "2026-01-18"),
        course(1, [first, None, None])
    );
    assert_eq!(
        reconciled(&mut ledger, "2026-01-19"),
        course(0, [first, None, None])
    );
    // A deposit is no look at the balance.
    ledger.add(1, Deposit, 5, "2026-01-13");
    assert_eq!(
        reconciled(&mut ledger, "2026-01-19"),
        course(0, [first, None, None])
    );
    ledger.add(1, Balance, 0, "2026-01-18");
    let second = Some("2026-01-18");
    assert_eq!(
        reconciled(&mut ledger, "2026-01-19"),
        course(2, [first, second, None])
    );
    // From now on it is empty: nobody has to look at it.
    ledger.add(0, Balance, 100, "2026-01-20");
    assert_eq!(
        reconciled(&mut ledger, "2026-01-25"),
        course(3, [first, second, Some("2026-01-20")])
    );
    // An account that was put away with what it held has no say any more either.
    ledger
        .add(2, Balance, 7, "2026-01-20")
        .add(0, Balance, 100, "2026-01-27");
    assert_eq!(reconciled(&mut ledger, "2026-02-02").0, Decimal::ZERO);
    ledger.accounts[2].archived_at = Some("2026-01-25T00:00:00Z".parse().unwrap());
    assert_eq!(reconciled(&mut ledger, "2026-02-02").0, Decimal::from(4));
}

#[test]
fn balances_count_and_those_that_agree() {
    let mut ledger = Ledger::of(&["EUR", "USD"]);
    ledger
        .add(0, Balance, 0, "2026-01-05")
        .add(0, Balance, 0, "2026-01-05T13:00:00Z");
    ledger
        .add(0, Deposit, 50, "2026-01-06")
        .add(0, Balance, 50, "2026-01-07");
    ledger
        .add(1, Balance, 50, "2026-01-06")
        .add(1, Balance, 60, "2026-01-08");
    let days = [Some("2026-01-05"), Some("2026-01-06"), Some("2026-01-07")];
    assert_eq!(
        seen(&ledger.follow(balances, "2026-02-01")),
        course(4, days)
    );
    assert_eq!(
        seen(&ledger.follow(to_the_cent, "2026-02-01")),
        course(1, [Some("2026-01-07"), None, None])
    );
    let both = course(2, [Some("2026-01-05"), Some("2026-01-06"), None]);
    assert_eq!(seen(&ledger.follow(accounts, "2026-02-01")), both);
    assert_eq!(seen(&ledger.follow(currencies, "2026-02-01")), both);
}

#[test]
fn expenses_count_once_a_month() {
    let mut ledger = Ledger::of(&["EUR"]);
    ledger
        .add(0, Balance, 100, "2025-12-31")
        .add(0, Expense, -1, "2026-01-31");
    ledger
        .add(0, Expense, -1, "2026-01-30")
        .add(0, Expense, -1, "2026-02-01");
    let months = course(2, [Some("2026-01-30"), Some("2026-02-01"), None]);
    assert_eq!(
        seen(&ledger.follow(months_of_expenses, "2026-03-01")),
        months
    );
}

#[test]
fn a_withdrawal_is_kept_when_no_deposit_follows() {
    let mut ledger = Ledger::of(&["EUR"]);
    ledger
        .add(0, Deposit, 100, "2026-01-01")
        .add(0, Withdrawal, -10, "2026-01-10");
    let kept = |ledger: &mut Ledger, today| seen(&ledger.follow(kept_withdrawals, today));
    assert_eq!(kept(&mut ledger, "2026-02-08"), course(0, [None; 3]));
    assert_eq!(
        kept(&mut ledger, "2026-02-09"),
        course(1, [Some("2026-02-09"), None, None])
    );
    ledger.add(0, Deposit, 5, "2026-02-10");
    assert_eq!(kept(&mut ledger, "2026-03-01").0, Decimal::ONE);
    ledger.add(0, Deposit, 5, "2026-02-09");
    assert_eq!(kept(&mut ledger, "2026-03-01").0, Decimal::ZERO);
    // What goes in and out on the same day only moves.
    let mut ledger = Ledger::of(&["EUR", "EUR"]);
    ledger
        .add(0, Withdrawal, -10, "2026-01-10")
        .add(1, Deposit, 10, "2026-01-10");
    assert_eq!(kept(&mut ledger, "2026-03-01").0, Decimal::ZERO);
}

#[test]
fn days_without_a_deposit_begin_anew_with_each() {
    let mut ledger = Ledger::of(&["EUR"]);
    ledger
        .add(0, Deposit, 100, "2026-01-01")
        .balances(from("2026-01-02", 2));
    let days = course(2, [Some("2026-01-02"), Some("2026-01-03"), None]);
    assert_eq!(
        seen(&ledger.follow(days_without_deposit, "2026-02-01")),
        days
    );
    ledger
        .add(0, Deposit, 100, "2026-01-10")
        .balances(from("2026-01-10", 4));
    let days = course(
        3,
        [Some("2026-01-02"), Some("2026-01-03"), Some("2026-01-13")],
    );
    assert_eq!(
        seen(&ledger.follow(days_without_deposit, "2026-02-01")),
        days
    );
}

#[test]
fn a_transfer_counts_when_both_sides_were_looked_at() {
    let mut ledger = Ledger::of(&["EUR", "EUR"]);
    ledger
        .add(0, Balance, 100, "2026-01-01")
        .add(0, Transfer, -50, "2026-01-05")
        .add(1, Transfer, 50, "2026-01-05");
    ledger
        .add(0, Balance, 50, "2026-01-06")
        .add(1, Balance, 50, "2026-01-13");
    assert_eq!(
        ledger.follow(checked_transfers, "2026-02-01").now,
        Decimal::ZERO
    );
    ledger.add(1, Balance, 50, "2026-01-12");
    let once = course(1, [Some("2026-01-12"), None, None]);
    assert_eq!(seen(&ledger.follow(checked_transfers, "2026-02-01")), once);
}

#[test]
fn the_bankroll_is_in_dollars_of_its_day() {
    let mut ledger = Ledger::of(&["EUR"]);
    ledger
        .add(0, Deposit, 700, "2026-01-05")
        .add(0, Balance, 800, "2026-01-10")
        .add(0, Balance, 900, "2026-01-25");
    let course = ledger.follow(bankroll, "2026-02-01");
    // 800 euros are 1,000 dollars on that day; 900 are 900 later.
    assert_eq!(course.met(1_000), Some(day("2026-01-10")));
    assert_eq!(course.met(1_001), None);
    assert_eq!(course.now, Decimal::from(900));
}

/// Guards that deposits are no profit.
#[test]
fn days_in_the_black_end_with_a_profit_of_all_time() {
    let mut ledger = Ledger::of(&["EUR"]);
    ledger
        .add(0, Deposit, 100, "2026-01-05")
        .add(0, Balance, 100, "2026-01-06");
    ledger
        .add(0, Balance, 101, "2026-01-07")
        .add(0, Balance, 99, "2026-01-08")
        .add(0, Balance, 130, "2026-01-09");
    let days = course(2, [Some("2026-01-07"), Some("2026-01-09"), None]);
    assert_eq!(seen(&ledger.follow(days_in_the_black, "2026-02-01")), days);
}

#[test]
fn what_happened_elsewhere_counts_by_its_days() {
    let mut ledger = Ledger::default();
    let days = vec![day("2026-01-05"), day("2026-01-05"), day("2026-01-09")];
    for (rule, elsewhere) in [
        (
            goals as fn(&History) -> Course,
            Elsewhere {
                goals: days.clone(),
                ..Elsewhere::default()
            },
        ),
        (
            tools,
            Elsewhere {
                tools: days.clone(),
                ..Elsewhere::default()
            },
        ),
        (
            articles,
            Elsewhere {
                articles: days.clone(),
                ..Elsewhere::default()
            },
        ),
    ] {
        ledger.elsewhere = elsewhere;
        let all = course(
            3,
            [Some("2026-01-05"), Some("2026-01-05"), Some("2026-01-09")],
        );
        assert_eq!(seen(&ledger.follow(rule, "2026-02-01")), all);
    }
}

#[test]
fn nothing_is_earned_by_nothing() {
    Ledger::default().in_zone("UTC", "2026-02-01", |history| {
        assert_eq!(standing::earned(history), []);
        for standing in standing::Standing::all(history, &[]) {
            assert_eq!(
                (standing.course.now, standing.share()),
                (Decimal::ZERO, Decimal::ZERO)
            );
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// A badge is never dated before the first entry or after today, its tiers follow each other, and what it says today
    /// it would have said on that very day.
    #[test]
    fn every_badge_is_dated_by_the_day_that_completed_it(
        entries in proptest::collection::vec((0..2_usize, 0..6_usize, 1..2_000_i64, 0..400_i64), 1..120),
        later in 0..60_u64,
    ) {
        let mut ledger = Ledger::of(&["EUR", "USD"]);
        let first = day("2025-11-20");
        for (account, kind, amount, at) in entries {
            let kind = EntryKind::ALL[kind];
            let amount = if matches!(kind, Withdrawal | Expense) { -amount } else { amount };
            ledger.add(account, kind, amount, &(first + Days::new(at.unsigned_abs())).to_string());
        }
        let newest = ledger.lines.iter().map(|line| line.occurred_at.date_naive()).max().unwrap();
        let today = (newest + Days::new(later)).to_string();
        let earned = ledger.in_zone("UTC", &today, standing::earned);
        for pair in earned.windows(2) {
            prop_assert!(pair[0].key != pair[1].key || pair[0].earned_on <= pair[1].earned_on);
        }
        for one in earned {
            prop_assert!(one.earned_on >= first && one.earned_on <= day(&today));
            // Whether a transfer's other side or a week's other accounts were looked at is known later only.
            let lines = ledger.lines.clone();
            ledger.lines.retain(|line| line.occurred_at.date_naive() <= one.earned_on);
            let then = ledger.in_zone("UTC", &one.earned_on.to_string(), standing::earned);
            ledger.lines = lines;
            prop_assert!(then.contains(&one), "{one:?} is not among {then:?}");
        }
    }
}
