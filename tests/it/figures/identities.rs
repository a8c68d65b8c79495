//! What holds for every ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rust_decimal::Decimal;
use stakeeasy::features::bankroll::figures::{Figures, Order, Parts, Range, Window};
use stakeeasy::features::bankroll::ledger::{AccountKind, EntryKind, Line};
use stakeeasy::ids::EntryId;
use stakeeasy::money::Currency;

use super::ledgers::{
    DAYS, Ground, build, event, every_range_and, first, ground, mutate, mutation, windows,
};
use super::naive::{Case, balance_after};
use super::{account, code, dec};

/// To a billionth of the home currency.
fn near(a: Decimal, b: Decimal) -> bool {
    (a - b).abs() <= Decimal::new(1, 9)
}

/// To 18 digits: what 28 digits leave when amounts are as large as they can be.
fn near_of(scale: Decimal) -> impl Fn(Decimal, Decimal) -> bool {
    let allowed = (scale * Decimal::new(1, 18)).max(Decimal::new(1, 9));
    move |a, b| (a - b).abs() <= allowed
}

fn parts_near(a: &Parts, b: &Parts, near: &impl Fn(Decimal, Decimal) -> bool) -> bool {
    [
        (a.play, b.play),
        (a.bonus, b.bonus),
        (a.expenses, b.expenses),
        (a.currency, b.currency),
        (a.deposits, b.deposits),
        (a.withdrawals, b.withdrawals),
        (a.moved, b.moved),
    ]
    .into_iter()
    .all(|(a, b)| near(a, b))
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 48,
        // The same cases every time. To look for more: another seed, and PROPTEST_CASES without this line.
        rng_seed: RngSeed::Fixed(20_261_030),
        // A failure is shrunk and printed; no file is kept beside the tests.
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn check_identities(case: &Case, windows: &[Window]) -> Result<(), TestCaseError> {
    let figures = case.figures();
    for window in every_range_and(windows, &figures) {
        let (start, end) = (figures.on(window.start), figures.on(window.end));
        let parts = figures.parts(window);
        let p = &parts;
        let result = p.play + p.bonus - p.expenses + p.currency;
        prop_assert!(
            near(
                end.bankroll - start.bankroll,
                result + p.deposits - p.withdrawals
            ),
            "bankroll {} to {}, {window:?} {parts:?}",
            start.bankroll,
            end.bankroll
        );
        prop_assert!(
            near(end.profit() - start.profit(), result),
            "profit {} to {}, {window:?} {parts:?}",
            start.profit(),
            end.profit()
        );
        prop_assert!(
            near(p.result(), result) && near(p.change(), result + p.deposits - p.withdrawals)
        );
        prop_assert_eq!(p.moved, Decimal::ZERO);
        for account in &figures.accounts {
            let worth = |day| figures.value_on(account, day).unwrap_or_default();
            prop_assert!(near(
                worth(window.end) - worth(window.start),
                figures.account_parts(account, window).change()
            ));
        }
    }
    Ok(())
}

/// What is printed adds up exactly, in a currency of as many decimals as the home currency has, and is off by less than
/// one of its units.
fn check_printed(case: &Case, windows: &[Window]) -> Result<(), TestCaseError> {
    let figures = case.figures();
    let home = case.home;
    let unit = Decimal::new(1, home.minor_units());
    // A division leaves something in the last of 28 digits.
    let close =
        |printed: Decimal, exact: Decimal| (printed - exact).abs() <= unit + Decimal::new(1, 10);
    for window in every_range_and(windows, &figures) {
        let (printed, exact) = (figures.printed(window), figures.parts(window));
        let p = &printed.parts;
        let profit = p.play + p.bonus - p.expenses + p.currency;
        prop_assert_eq!(
            printed.start + profit + p.deposits - p.withdrawals,
            printed.end
        );
        prop_assert_eq!(printed.profit(), profit);
        let (start, end) = (figures.on(window.start), figures.on(window.end));
        prop_assert_eq!(printed.start, home.round(start.bankroll));
        prop_assert_eq!(printed.end, home.round(end.bankroll));
        prop_assert!(close(profit, end.profit() - start.profit()), "{printed:?}");
        for (printed, exact) in [
            (p.play, exact.play),
            (p.bonus, exact.bonus),
            (p.expenses, exact.expenses),
            (p.currency, exact.currency),
            (p.deposits, exact.deposits),
            (p.withdrawals, exact.withdrawals),
        ] {
            prop_assert!(close(printed, exact), "{printed} {exact}, {window:?}");
            prop_assert_eq!(printed.scale(), home.minor_units());
            prop_assert!(!exact.is_zero() || printed.is_zero());
        }
        let flows = figures.printed_flows(window);
        prop_assert_eq!(
            (flows.profit, flows.deposits, flows.withdrawals),
            (profit, p.deposits, p.withdrawals)
        );
        let results = figures.printed_results(window);
        let of_accounts: Decimal = results.accounts.iter().sum();
        prop_assert_eq!(of_accounts + results.elsewhere, profit);
        for (account, printed) in figures.accounts.iter().zip(&results.accounts) {
            prop_assert!(close(
                *printed,
                figures.account_parts(account, window).result()
            ));
        }
    }
    for day in &figures.days {
        let printed = day.printed(home);
        prop_assert_eq!(printed.bankroll - printed.put_in, printed.profit);
        prop_assert!(close(printed.profit, day.profit()));
    }
    // All time is the last day.
    let all = figures.printed_flows(figures.window(Range::All));
    prop_assert_eq!(all.profit, figures.now().printed(home).profit);
    let values = figures.printed_values();
    prop_assert_eq!(
        values.iter().flatten().sum::<Decimal>(),
        home.round(figures.now().bankroll)
    );
    Ok(())
}

fn check_against_definitions(case: &Case, windows: &[Window]) -> Result<(), TestCaseError> {
    let figures = case.figures();
    // Each day: bankroll, what was put in, profit; from the first entry to today without a gap.
    let first = case.first_day();
    prop_assert_eq!(figures.first_day(), first);
    let days: Vec<NaiveDate> = first
        .map(|first| {
            first
                .iter_days()
                .take_while(|day| *day <= case.today)
                .collect()
        })
        .unwrap_or_default();
    prop_assert_eq!(
        figures.days.iter().map(|d| d.day).collect::<Vec<_>>(),
        days.clone()
    );
    for found in &figures.days {
        let (deposits, withdrawals) = case.flows(found.day);
        prop_assert!(
            near(found.bankroll, case.bankroll(found.day)),
            "bankroll of {}",
            found.day
        );
        prop_assert!(
            near(found.put_in, deposits - withdrawals),
            "put in by {}",
            found.day
        );
        prop_assert!(
            near(found.profit(), case.profit(found.day)),
            "profit of {}",
            found.day
        );
    }
    prop_assert!(near(figures.now().bankroll, case.bankroll(case.today)));
    prop_assert!(near(figures.now().profit(), case.profit(case.today)));
    if let Some(first) = first {
        prop_assert_eq!(figures.on(first - Days::new(1)).bankroll, Decimal::ZERO);
    }
    // Each account: its balance now and then, its native parts, when it was seen.
    prop_assert_eq!(figures.accounts.len(), case.accounts.len());
    for (found, account) in figures.accounts.iter().zip(&case.accounts) {
        prop_assert_eq!(found.id, account.id);
        prop_assert_eq!(found.balance(), case.balance(account, case.today));
        for day in days.iter().step_by(7) {
            prop_assert_eq!(found.balance_on(*day), case.balance(account, *day));
        }
        let newest = |kind: Option<EntryKind>| -> Option<DateTime<Utc>> {
            case.of(account)
                .filter(|line| kind.is_none_or(|kind| line.kind == kind))
                .map(|line| line.occurred_at)
                .max()
        };
        prop_assert_eq!(found.updated_at, newest(None));
        prop_assert_eq!(found.verified_at, newest(Some(EntryKind::Balance)));
        for (line, change) in case.changes(account) {
            let effect = figures.effect(line.id).unwrap();
            prop_assert_eq!(effect.change, change);
            let through: Vec<&Line> = case.of(account).collect();
            let at = through.iter().position(|l| l.id == line.id).unwrap();
            prop_assert_eq!(effect.balance, balance_after(&through[..=at]));
        }
    }
    // Windows: parts of the whole and of each account, series of each account.
    for range in Range::ALL {
        prop_assert_eq!(figures.window(range), case.window(range));
    }
    for window in every_range_and(windows, &figures) {
        let (found, expected) = (figures.parts(window), case.parts(window));
        prop_assert!(
            parts_near(&found, &expected, &near),
            "{window:?}\n{found:?}\n{expected:?}"
        );
        for (found, account) in figures.accounts.iter().zip(&case.accounts) {
            let (found, expected) = (
                figures.account_parts(found, window),
                case.account_parts(account, window),
            );
            prop_assert!(
                parts_near(&found, &expected, &near),
                "{window:?}\n{found:?}\n{expected:?}"
            );
        }
    }
    for window in windows {
        let series = figures.account_series(*window);
        let shown: Vec<NaiveDate> = days
            .iter()
            .copied()
            .filter(|day| *day >= window.start && *day <= window.end)
            .collect();
        prop_assert_eq!(
            series.iter().map(|(day, _)| *day).collect::<Vec<_>>(),
            shown
        );
        for (day, values) in &series {
            prop_assert_eq!(values.len(), case.accounts.len());
            for (value, account) in values.iter().zip(&case.accounts) {
                prop_assert!(
                    near(*value, case.value(account, *day)),
                    "{} on {day}",
                    account.name
                );
            }
        }
    }
    // What is left out, and what was valued at a later rate.
    let mut excluded: BTreeMap<Currency, Decimal> = BTreeMap::new();
    for account in &case.accounts {
        let balance = case.balance(account, case.today);
        if !balance.is_zero() && case.home(balance, account.currency, case.today).is_none() {
            *excluded.entry(account.currency).or_default() += balance;
        }
    }
    prop_assert_eq!(&figures.excluded, &excluded);
    let noted = case.noted();
    prop_assert_eq!(&noted.estimated, &figures.estimated);
    // Which rates are spoken of, day by day.
    for on in days {
        let window = Window { start: on, end: on };
        let old = figures.old_rates(window).into_iter();
        let old: BTreeSet<_> = old
            .map(|(rate, _)| (on, rate.currency, rate.of, rate.is_own))
            .collect();
        let of_day = noted.old.iter().filter(|(day, ..)| *day == on);
        prop_assert!(of_day.eq(&old), "{on}: {old:?}");
        prop_assert_eq!(figures.is_old_on(on), !old.is_empty());
        let own = figures.own_rates(window).into_iter();
        let own: BTreeSet<_> = own.map(|rate| (on, rate.currency, rate.day)).collect();
        let of_day = noted.own.iter().filter(|(day, ..)| *day == on);
        prop_assert!(of_day.eq(&own), "{on}: {own:?}");
    }
    Ok(())
}

/// Everything that pages read of figures.
fn told(figures: &Figures, windows: &[Window]) -> String {
    let mut all = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?}",
        figures.accounts,
        figures.days,
        figures.excluded,
        figures.excluded_flows,
        figures.unpriced_moves,
        figures.estimated,
    );
    for window in every_range_and(windows, figures) {
        let (parts, old) = (figures.parts(window), figures.old_rates(window));
        let own = figures.own_rates(window);
        let fixed: Vec<_> = figures.fixed_rates(window).collect();
        writeln!(all, "{window:?} {parts:?} {old:?} {own:?} {fixed:?}").unwrap();
        let end = window.end;
        let of_the_end = (
            figures.is_old_on(end),
            figures.is_whole_on(end),
            figures.is_least_on(end),
        );
        writeln!(all, "{of_the_end:?}").unwrap();
    }
    for order in [
        Order::NewestFirst,
        Order::OldestFirst,
        Order::LargestFirst,
        Order::SmallestFirst,
    ] {
        let entries: Vec<_> = figures.in_order(order).collect();
        writeln!(all, "{entries:?}").unwrap();
        for done in entries {
            assert_eq!(figures.effect(done.id), Some(done.effect));
        }
    }
    all
}

proptest! {
    #![proptest_config(config())]

    /// Whatever comes after a seam may be another: what is renewed is what is computed anew, also when it is renewed again.
    /// Fails when steps, days, what was put in, noted rates, excluded flows or the last observation of the time before are
    /// lost or kept too long.
    #[test]
    fn figures_that_are_renewed_are_those_computed_anew(
        ground in ground(),
        events in prop::collection::vec(event(), 1..40),
        others in prop::collection::vec(prop::collection::vec(event(), 0..40), 1..4),
        after in 1_usize..15,
        windows in windows(),
    ) {
        let mut case = build(&ground, &events);
        let mut figures = case.figures();
        for (others, number) in others.iter().zip(1_u128..) {
            let Some(seam) = figures.seam(after) else {
                break;
            };
            let mut lines = case.lines.clone();
            lines.retain(|line| line.occurred_at < seam.at);
            let since = build(&ground, others).lines.into_iter().zip(1_u128..);
            let since = since.map(|(line, i)| Line {
                id: EntryId(uuid::Uuid::from_u128(number * 1_000 + i)),
                ..line
            });
            let since: Vec<Line> = since.filter(|line| line.occurred_at >= seam.at).collect();
            lines.extend(since.iter().cloned());
            case = Case::new(&ground, lines);
            let renewed = figures.renewed(seam, ground.zone, &ground.accounts, &since);
            let Some(renewed) = renewed else {
                // A clock that was put back over midnight, or a day that has not come.
                break;
            };
            prop_assert_eq!(told(&renewed, &windows), told(&case.figures(), &windows));
            figures = renewed;
        }
    }

    /// Fails without `sum.expenses -= sum.moved`, without the outside flows' `parts.play -= amount`, without the last
    /// `sum.currency +=` of `account_parts`, without `put_in +=` in `totals_by_day`, when a value takes today's rate
    /// instead of its day's, and when `Sweep` does not look at the rates.
    #[test]
    fn changes_of_bankroll_and_of_profit_are_the_sum_of_their_parts(
        ground in ground(),
        mut events in prop::collection::vec(event(), 0..40),
        mutations in prop::collection::vec(mutation(), 0..6),
        windows in windows(),
    ) {
        check_identities(&build(&ground, &events), &windows)?;
        for mutation in &mutations {
            mutate(&mut events, mutation);
        }
        check_identities(&build(&ground, &events), &windows)?;
    }

    /// Fails when each part is rounded by itself, when deposits are not rounded with the profit that they leave, and when
    /// a part of nothing takes a cent.
    #[test]
    fn what_is_printed_adds_up_in_currencies_of_any_decimals(
        ground in ground(),
        home in prop::sample::select(vec!["JPY", "EUR", "USD", "KWD", "BTC"]),
        events in prop::collection::vec(event(), 0..40),
        windows in windows(),
    ) {
        let ground = Ground { home: code(home), ..ground };
        check_printed(&build(&ground, &events), &windows)?;
    }

    /// Fails when a balance adds instead of sets, when the time zone is left out, when a rate of the day after is taken,
    /// when a withdrawal is a negative deposit, when the year to date begins a day late, and with all of the above.
    #[test]
    fn every_figure_is_what_its_definition_says(
        ground in ground(),
        mut events in prop::collection::vec(event(), 0..30),
        mutation in mutation(),
        windows in windows(),
    ) {
        check_against_definitions(&build(&ground, &events), &windows)?;
        mutate(&mut events, &mutation);
        check_against_definitions(&build(&ground, &events), &windows[..1])?;
    }

    /// Amounts at their limit, with the steepest rates that a user can set, in the home currency with the smallest
    /// unit.
    #[test]
    fn amounts_at_their_limit_neither_overflow_nor_vanish(
        price in prop_oneof![
            Just("0.00000001"), Just("0.00000003"), Just("1"), Just("3"), Just("61234.56789"), Just("99999999.999"),
            Just("100000000"),
        ],
        idr in 190_000_000_i64..210_000_000,
        signs in prop::collection::vec((0_u8..7, 0_u64..=DAYS, any::<bool>()), 1..80),
    ) {
        let (btc, home) = (code("BTC"), code("IDR"));
        let per_eur = Decimal::ONE.checked_div(dec(price)).unwrap().round_dp(28);
        let ground = Ground {
            home,
            zone: Tz::UTC,
            today: first() + Days::new(DAYS),
            rates: BTreeMap::from([
                (btc, BTreeMap::from([(first() + Days::new(10), per_eur)])),
                (home, BTreeMap::from([
                    (first(), Decimal::new(idr, 4)),
                    (first() + Days::new(200), Decimal::new(idr + 20_261_030, 4)),
                ])),
            ]),
            own: Vec::new(),
            accounts: vec![account(1, AccountKind::Bank, btc), account(2, AccountKind::Other, home)],
        };
        let most = dec("99999999999.99999999");
        let lines = (1_u128..).zip(signs).map(|(number, (kind, day, up))| {
            let (at, currency) = if up { (0, btc) } else { (1, home) };
            let most = most.trunc_with_scale(currency.minor_units());
            let (kind, amount) = match kind {
                0 => (EntryKind::Balance, most),
                1 => (EntryKind::Balance, -most),
                2 => (EntryKind::Deposit, most),
                3 => (EntryKind::Withdrawal, -most),
                4 => (EntryKind::Bonus, most),
                5 => (EntryKind::Expense, -most),
                _ => (EntryKind::Balance, Decimal::new(1, currency.minor_units())),
            };
            Line {
                id: EntryId(uuid::Uuid::from_u128(number)),
                account: Some(ground.accounts[at].id),
                kind,
                amount,
                currency,
                occurred_at: (first() + Days::new(day)).and_hms_opt(12, 0, 0).unwrap().and_utc(),
            }
        });
        let mut lines: Vec<Line> = lines.collect();
        lines.sort_by_key(|line| (line.occurred_at, line.id.0));
        let case = Case::new(&ground, lines);
        let figures = case.figures();
        let scale = most * Decimal::from(200) * dec(price).max(Decimal::ONE) * dec("20000");
        let near = near_of(scale);
        for window in every_range_and(&[], &figures) {
            let parts = figures.parts(window);
            prop_assert!(parts_near(&parts, &case.parts(window), &near), "{parts:?}");
            let (start, end) = (figures.on(window.start), figures.on(window.end));
            prop_assert!(near(end.bankroll - start.bankroll, parts.change()));
            prop_assert!(near(end.profit() - start.profit(), parts.result()));
        }
        prop_assert!(near(figures.now().bankroll, case.bankroll(case.today)));
        prop_assert!(near(figures.now().profit(), case.profit(case.today)));
        prop_assert!(figures.excluded.is_empty());
    }
}
