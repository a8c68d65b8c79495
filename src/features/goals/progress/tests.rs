use proptest::prelude::*;

use super::*;
use crate::features::bankroll::ledger::{Account, AccountKind, EntryKind, Line};
use crate::features::currency::{Rates, Series};
use crate::features::goals::goal::Status;
use crate::ids::{AccountId, EntryId, GoalId};
use std::sync::Arc;

const TODAY: &str = "2026-10-30";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn account(code: &str) -> Account {
    Account {
        id: AccountId::random(),
        kind: AccountKind::Site,
        name: "Riverhouse".into(),
        currency: code.parse().unwrap(),
        position: 1,
        archived_at: None,
        version: 1,
    }
}

fn line(on: &Account, day: &str, kind: EntryKind, amount: &str) -> Line {
    Line {
        id: EntryId::random(),
        account: Some(on.id),
        kind,
        amount: dec(amount),
        currency: on.currency,
        occurred_at: format!("{day}T12:00:00Z").parse().unwrap(),
    }
}

/// In euros; a dollar is 0.80 euros, and from 2026-10-01 on 0.50.
fn figures(account: &Account, lines: &[Line]) -> Figures {
    let usd = Series::new([
        (day("2026-01-01"), dec("1.25")),
        (day("2026-10-01"), dec("2")),
    ]);
    let rates = Rates::new([(Currency::USD, Arc::new(usd.unwrap()))]);
    let accounts = std::slice::from_ref(account);
    Figures::new(
        Currency::EUR,
        chrono_tz::UTC,
        day(TODAY),
        rates,
        accounts,
        lines,
    )
}

fn goal(kind: Kind, target: &str, code: &str) -> Goal {
    Goal {
        id: GoalId::random(),
        aim: Aim {
            kind,
            account: None,
            name: String::new(),
            target: dec(target),
            currency: code.parse().unwrap(),
            since: None,
            due_on: day("2027-03-31"),
        },
        started_on: day("2026-01-01"),
        status: Status::Active,
        completed_on: None,
        archived_at: None,
        created_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        version: 1,
    }
}

/// 1,000 put in on 1 January, 1,900 there on 30 October: 900 of it in the past 90 days.
fn winner() -> (Account, Figures) {
    let site = account("EUR");
    let lines = [
        line(&site, "2026-01-01", EntryKind::Deposit, "1000"),
        line(&site, "2026-10-30", EntryKind::Balance, "1900"),
    ];
    let figures = figures(&site, &lines);
    (site, figures)
}

#[test]
fn a_bankroll_counts_deposits_and_a_profit_does_not() {
    let (_, figures) = winner();
    let of = |kind| Progress::of(&goal(kind, "2000", "EUR"), &figures).unwrap();
    assert_eq!(of(Kind::Bankroll).now, dec("1900"));
    assert_eq!(of(Kind::Bankroll).share(), dec("95.0"));
    assert_eq!(of(Kind::Bankroll).to_go(), dec("100"));
    assert_eq!(of(Kind::Profit).now, dec("900"));
    assert_eq!(of(Kind::Profit).share(), dec("45.0"));
}

/// 900 in 90 days are 10 a day: 100 are there in ten days, and 101 in eleven.
#[test]
fn the_pace_is_the_profit_of_ninety_days_and_not_the_deposits() {
    let (_, figures) = winner();
    let arrives = |target| match Progress::of(&goal(Kind::Bankroll, target, "EUR"), &figures)
        .unwrap()
        .pace
    {
        Pace::Moving { per_day, arrives } => (per_day, arrives),
        other => panic!("{other:?}"),
    };
    assert_eq!(arrives("2000"), (dec("10"), Some(day("2026-11-09"))));
    assert_eq!(arrives("2001"), (dec("10"), Some(day("2026-11-10"))));
    assert_eq!(arrives("2000").1.map(|_| ()), Some(()));
    // Ten a day are 36,500 a year.
    assert_eq!(arrives("90000000"), (dec("10"), None));
    let progress = Progress::of(&goal(Kind::Bankroll, "2000", "EUR"), &figures).unwrap();
    assert_eq!(progress.days_early(day("2026-11-10")), Some(1));
    assert_eq!(progress.days_early(day("2026-11-01")), Some(-8));
}

#[test]
fn without_ninety_days_or_without_profit_there_is_no_pace() {
    assert_eq!(
        pace(dec("900"), 89, dec("1"), day(TODAY)),
        Pace::TooYoung { days: 89 }
    );
    assert!(matches!(
        pace(dec("900"), 90, dec("1"), day(TODAY)),
        Pace::Moving { .. }
    ));
    assert_eq!(
        pace(dec("0"), 90, dec("1"), day(TODAY)),
        Pace::Standstill { per_day: dec("0") }
    );
    assert_eq!(
        pace(dec("-90"), 900, dec("1"), day(TODAY)),
        Pace::Standstill { per_day: dec("-1") }
    );
    let late = |to_go| pace(dec("90"), 90, dec(to_go), day("2100-12-30"));
    let moving = |arrives| Pace::Moving {
        per_day: dec("1"),
        arrives,
    };
    assert_eq!(late("1"), moving(Some(day("2100-12-31"))));
    assert_eq!(late("2"), moving(None));
    assert_eq!(late("79000000000000000000000000"), moving(None));
}

#[test]
fn a_profit_may_count_from_a_day_on() {
    let site = account("EUR");
    let lines = [
        line(&site, "2026-01-01", EntryKind::Deposit, "1000"),
        line(&site, "2026-06-30", EntryKind::Balance, "1500"),
        line(&site, "2026-07-01", EntryKind::Balance, "1800"),
    ];
    let figures = figures(&site, &lines);
    let mut goal = goal(Kind::Profit, "1000", "EUR");
    let mut since = |from| {
        goal.aim.since = Some(day(from));
        value_on(&goal.aim, &figures, day(TODAY)).unwrap()
    };
    assert_eq!(since("2026-07-01"), dec("300"));
    assert_eq!(since("2026-06-30"), dec("800"));
    assert_eq!(since("2020-01-01"), dec("800"));
    assert_eq!(since(TODAY), dec("0"));
}

#[test]
fn another_currency_is_converted_at_the_rate_of_the_day() {
    let (site, figures) = winner();
    let dollars = Progress::of(&goal(Kind::Bankroll, "4000", "USD"), &figures).unwrap();
    assert_eq!(dollars.now, dec("3800"));
    let mut one = goal(Kind::Account, "4000", "USD");
    one.aim.account = Some(site.id);
    assert_eq!(Progress::of(&one, &figures).unwrap(), dollars);
    one.aim.account = Some(AccountId::random());
    assert_eq!(Progress::of(&one, &figures), Err(Unknown::NoAccount));
    let dinars = Progress::of(&goal(Kind::Bankroll, "4000", "KWD"), &figures);
    assert_eq!(dinars, Err(Unknown::NoRate("KWD".parse().unwrap())));
    // Not even of nothing.
    let empty = self::figures(&site, &[]);
    let dinars = Progress::of(&goal(Kind::Bankroll, "4000", "KWD"), &empty);
    assert_eq!(dinars, Err(Unknown::NoRate("KWD".parse().unwrap())));
}

#[test]
fn it_is_reached_on_the_first_day_that_counts() {
    let site = account("EUR");
    let lines = [
        line(&site, "2026-02-01", EntryKind::Balance, "1000"),
        line(&site, "2026-03-01", EntryKind::Balance, "10"),
        line(&site, "2026-10-05", EntryKind::Balance, "1000"),
        line(&site, "2026-10-06", EntryKind::Balance, "999"),
    ];
    let figures = figures(&site, &lines);
    let mut goal = goal(Kind::Bankroll, "1000", "EUR");
    let mut from = |text| {
        goal.started_on = day(text);
        reached_on(&goal, &figures)
    };
    assert_eq!(from("2026-01-01"), Some(day("2026-02-01")));
    assert_eq!(from("2026-02-28"), Some(day("2026-02-28")));
    // What fell since was reached all the same, if reaching it counted then.
    assert_eq!(from("2026-03-01"), Some(day("2026-10-05")));
    assert_eq!(from("2026-10-06"), None);
    // In another time zone it may still be yesterday.
    goal.aim.target = dec("999");
    goal.started_on = day("2026-10-31");
    assert_eq!(reached_on(&goal, &figures), Some(day(TODAY)));
}

#[test]
fn the_text_is_true_and_the_bar_stays_on_its_track() {
    let of = |now: &str| Progress {
        now: dec(now),
        target: dec("1000"),
        pace: Pace::TooYoung { days: 0 },
        is_sure: true,
    };
    assert_eq!(
        (of("-120").share(), of("-120").bar()),
        (dec("-12.0"), dec("0"))
    );
    assert_eq!(
        (of("1340").share(), of("1340").bar()),
        (dec("134"), dec("100"))
    );
    assert_eq!(of("1340").to_go(), dec("0"));
    // Nearly there is not there.
    assert_eq!(of("999.99").share(), dec("99.9"));
    assert!(!of("999.99").is_reached() && of("1000").is_reached());
}

proptest! {
    /// At the pace that is said, the day that is said is the first on which enough is there.
    #[test]
    fn the_day_is_the_first_on_which_it_is_enough(
        gain in 1_i64..10_000_000_000, to_go in -1_000_000_i64..1_000_000_000, history in 90_i64..40_000,
    ) {
        let (gain, to_go) = (Decimal::new(gain, 2), Decimal::new(to_go, 2));
        let Pace::Moving { arrives, .. } = pace(gain, history, to_go, day(TODAY)) else {
            return Err(TestCaseError::fail("a gain is a pace"));
        };
        if let Some(arrives) = arrives {
            let days = Decimal::from((arrives - day(TODAY)).num_days());
            prop_assert!(gain * days >= to_go * Decimal::from(90));
            prop_assert!(days.is_zero() || gain * (days - Decimal::ONE) < to_go * Decimal::from(90));
            prop_assert!(arrives.year() <= 2100);
        }
    }

    /// A higher figure is never further away, later, or less in per cent.
    #[test]
    fn more_is_never_less(low in -10_000_000_i64..10_000_000, more in 0_i64..10_000_000, target in 1_i64..10_000_000) {
        let of = |now| {
            let (now, target) = (Decimal::new(now, 2), Decimal::new(target, 2));
            Progress { now, target, pace: pace(dec("90"), 90, target - now, day(TODAY)), is_sure: true }
        };
        let (low, high) = (of(low), of(low + more));
        prop_assert!(high.share() >= low.share() && high.bar() >= low.bar() && high.to_go() <= low.to_go());
        prop_assert!((Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&low.bar()));
        prop_assert_eq!(low.is_reached(), low.share() >= Decimal::ONE_HUNDRED);
        let day = |progress: &Progress| match progress.pace {
            Pace::Moving { arrives, .. } => arrives.unwrap_or(NaiveDate::MAX),
            _ => NaiveDate::MIN,
        };
        prop_assert!(day(&high) <= day(&low));
    }
}
