//! The figures against the definitions of the ledger, reckoned a second time, slowly, without sharing any code.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

mod identities;
mod ledgers;
mod naive;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;
use rust_decimal::Decimal;
use stakeeasy::features::bankroll::figures::{Range, Window};
use stakeeasy::features::bankroll::ledger::{Account, AccountKind, EntryKind, Line};
use stakeeasy::ids::{AccountId, EntryId};
use stakeeasy::money::Currency;

use ledgers::Ground;
use naive::Case;

fn code(code: &str) -> Currency {
    code.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn account(number: u128, kind: AccountKind, currency: Currency) -> Account {
    Account {
        id: AccountId(uuid::Uuid::from_u128(number)),
        kind,
        name: format!("Account {number}"),
        currency,
        position: i32::try_from(number).unwrap(),
        archived_at: None,
        version: 1,
    }
}

/// A ledger of entries at noon, in the order in which they are given.
fn told(
    home: &str,
    today: &str,
    rates: &[(&str, &str, &str)],
    accounts: Vec<Account>,
    entries: &[(&str, Option<usize>, EntryKind, &str)],
) -> Case {
    let mut table: BTreeMap<Currency, BTreeMap<NaiveDate, Decimal>> = BTreeMap::new();
    for (currency, on, rate) in rates {
        table
            .entry(code(currency))
            .or_default()
            .insert(day(on), dec(rate));
    }
    let lines = (1_u128..)
        .zip(entries)
        .map(|(number, (on, at, kind, amount))| Line {
            id: EntryId(uuid::Uuid::from_u128(number)),
            account: at.map(|i| accounts[i].id),
            kind: *kind,
            amount: dec(amount),
            currency: at.map_or(code(home), |i| accounts[i].currency),
            occurred_at: day(on).and_hms_opt(12, 0, 0).unwrap().and_utc(),
        });
    let lines = lines.collect();
    let ground = Ground {
        home: code(home),
        zone: Tz::UTC,
        today: day(today),
        rates: table,
        own: Vec::new(),
        accounts,
    };
    Case::new(&ground, lines)
}

#[test]
fn the_owners_worked_example_holds_exactly() {
    use EntryKind::{Balance, Deposit, Transfer, Withdrawal};
    let accounts = vec![
        account(1, AccountKind::Site, code("USD")),
        account(2, AccountKind::Crypto, code("USD")),
    ];
    let entries = [
        ("2026-10-01", Some(0), Deposit, "50"),
        ("2026-10-02", Some(0), Balance, "200"),
        ("2026-10-03", Some(0), Transfer, "-50"),
        ("2026-10-03", Some(1), Transfer, "50"),
        ("2026-10-04", Some(0), Balance, "350"),
        ("2026-10-05", Some(0), Withdrawal, "-100"),
    ];
    let case = told("USD", "2026-10-05", &[], accounts, &entries);
    let figures = case.figures();
    let row = |on: &str| {
        let at = figures.on(day(on));
        let since = Window {
            start: day("2026-09-30"),
            end: day(on),
        };
        let parts = figures.parts(since);
        let held = |i: usize| figures.accounts[i].balance_on(day(on));
        [
            held(0),
            held(1),
            parts.deposits,
            parts.withdrawals,
            at.bankroll,
            at.profit(),
        ]
        .map(|amount| amount.normalize().to_string())
    };
    assert_eq!(row("2026-10-01"), ["50", "0", "50", "0", "50", "0"]);
    assert_eq!(row("2026-10-02"), ["200", "0", "50", "0", "200", "150"]);
    assert_eq!(row("2026-10-03"), ["150", "50", "50", "0", "200", "150"]);
    assert_eq!(row("2026-10-04"), ["350", "50", "50", "0", "400", "350"]);
    assert_eq!(row("2026-10-05"), ["250", "50", "50", "100", "300", "350"]);
}

#[test]
fn the_multi_currency_example_holds_exactly() {
    use EntryKind::{Balance, Deposit};
    let case = told(
        "EUR",
        "2026-10-02",
        &[("USD", "2026-10-01", "1.25"), ("USD", "2026-10-02", "1.00")],
        vec![account(1, AccountKind::Site, code("USD"))],
        &[
            ("2026-10-01", Some(0), Deposit, "100"),
            ("2026-10-02", Some(0), Balance, "150"),
        ],
    );
    let figures = case.figures();
    assert_eq!(figures.on(day("2026-10-01")).bankroll, dec("80"));
    assert_eq!(figures.now().bankroll, dec("150"));
    assert_eq!(figures.now().profit(), dec("70"));
    let parts = figures.parts(figures.window(Range::All));
    assert_eq!((parts.currency, parts.play), (dec("20"), dec("50")));
    assert_eq!(parts.deposits, dec("80"));
    assert!(figures.excluded.is_empty() && figures.estimated.is_empty());
}

#[test]
fn a_currency_without_a_rate_is_left_out_and_named() {
    let case = told(
        "EUR",
        "2026-10-02",
        &[],
        vec![
            account(1, AccountKind::Site, code("EUR")),
            account(2, AccountKind::Crypto, code("BTC")),
        ],
        &[
            ("2026-10-01", Some(0), EntryKind::Deposit, "100"),
            ("2026-10-01", Some(1), EntryKind::Deposit, "0.5"),
        ],
    );
    let figures = case.figures();
    assert_eq!(figures.now().bankroll, dec("100"));
    assert_eq!(figures.now().profit(), dec("0"));
    assert_eq!(
        figures.excluded,
        BTreeMap::from([(code("BTC"), dec("0.5"))])
    );
    assert_eq!(figures.value_on(&figures.accounts[1], case.today), None);
}

/// Fails if only what can be converted counts as the first entry.
#[test]
fn the_series_begin_with_the_first_entry_even_if_nothing_converts_it() {
    let case = told(
        "EUR",
        "2026-10-03",
        &[],
        vec![account(1, AccountKind::Site, code("EUR"))],
        &[("2026-10-02", Some(0), EntryKind::Deposit, "100")],
    );
    let mut lines = case.lines.clone();
    let mut first = lines[0].clone();
    first.id = EntryId(uuid::Uuid::from_u128(7));
    first.account = None;
    first.currency = code("BTC");
    first.occurred_at -= chrono::TimeDelta::days(1);
    lines.insert(0, first);
    let case = Case { lines, ..case };
    let figures = case.figures();
    assert_eq!(figures.first_day(), Some(day("2026-10-01")));
    assert_eq!(figures.days.len(), 3);
    assert_eq!(figures.days[0].bankroll, dec("0"));
    assert_eq!(figures.now().bankroll, dec("100"));
}

/// A transfer's other half is worth nothing yet, so all that left is an expense; the page says so.
#[test]
fn money_moved_into_a_currency_without_a_rate_is_an_expense_and_named() {
    let accounts = vec![
        account(1, AccountKind::Site, code("EUR")),
        account(2, AccountKind::Crypto, code("BTC")),
    ];
    let lines = [
        ("2026-10-01", Some(0), EntryKind::Deposit, "100"),
        ("2026-10-02", Some(0), EntryKind::Transfer, "-40"),
        ("2026-10-02", Some(1), EntryKind::Transfer, "0.001"),
    ];
    let without = told("EUR", "2026-10-02", &[], accounts.clone(), &lines).figures();
    assert_eq!(without.now().bankroll, dec("60"));
    assert_eq!(
        without.parts(without.window(Range::All)).expenses,
        dec("40")
    );
    assert!(without.unpriced_moves.iter().eq([&code("BTC")]));

    let rates = [("BTC", "2026-10-01", "0.00002")];
    let with = told("EUR", "2026-10-02", &rates, accounts, &lines).figures();
    assert_eq!(with.parts(with.window(Range::All)).expenses, dec("-10"));
    assert!(with.unpriced_moves.is_empty());
}

#[test]
fn entries_of_one_instant_keep_their_order() {
    use EntryKind::{Balance, Deposit};
    let site = || vec![account(1, AccountKind::Site, code("EUR"))];
    let on = "2026-10-01";
    let after = told(
        "EUR",
        on,
        &[],
        site(),
        &[(on, Some(0), Balance, "50"), (on, Some(0), Deposit, "20")],
    );
    assert_eq!(after.figures().now().bankroll, dec("70"));
    let before = told(
        "EUR",
        on,
        &[],
        site(),
        &[(on, Some(0), Deposit, "20"), (on, Some(0), Balance, "50")],
    );
    assert_eq!(before.figures().now().bankroll, dec("50"));
    assert_eq!(before.figures().now().profit(), dec("30"));
}
