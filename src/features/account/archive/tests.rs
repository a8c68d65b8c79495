//! What is exported comes back alike, and what is not ours is refused with its line.

use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::features::bankroll::Draft;
use crate::features::bankroll::commands::{
    AccountName, Keys, Moment, NewEntry, Note, Tags, Transfer, What,
};
use crate::features::bankroll::ledger::{AccountKind, EntryKind};
use crate::ids::AccountId;
use crate::money::{Amount, Positive};

fn now() -> DateTime<Utc> {
    "2026-10-30T12:00:00Z".parse().unwrap()
}

fn settings() -> SettingsRecord {
    SettingsRecord {
        name: "Mika \"the rock\" Äalto".into(),
        home_currency: "SEK".parse().unwrap(),
        time_zone: "Europe/Helsinki".into(),
        theme: "dark".into(),
        number_format: "space-comma".into(),
        hide_amounts: true,
        counted_in: Measure::BuyIns,
        check_on: Some(CheckDay::Sunday),
    }
}

fn badges() -> Vec<Earned> {
    vec![Earned {
        key: "STREAK_7_DAY".into(),
        tier: 2,
        earned_on: "2019-02-28".parse().unwrap(),
    }]
}

fn written(settings: &SettingsRecord, rates: &[OwnRate], ledger: &Ledger) -> Vec<u8> {
    with_goals(settings, rates, ledger, &[])
}

fn with_goals(
    settings: &SettingsRecord,
    rates: &[OwnRate],
    ledger: &Ledger,
    goals: &[Goal],
) -> Vec<u8> {
    let mut writer =
        Writer::new(now(), settings, rates, &badges(), ledger.accounts(), goals).unwrap();
    for part in ledger.entries().chunks(3) {
        writer.entries(part).unwrap();
    }
    writer.finish()
}

/// A file with each key replaced by the order in which it first appears.
fn without_keys(file: &[u8]) -> Value {
    fn walk(value: &mut Value, seen: &mut HashMap<String, usize>) {
        match value {
            Value::String(text) if text.parse::<uuid::Uuid>().is_ok() => {
                let next = seen.len();
                *value = (*seen.entry(text.clone()).or_insert(next)).into();
            }
            Value::Array(list) => list.iter_mut().for_each(|v| walk(v, seen)),
            Value::Object(fields) => fields.values_mut().for_each(|v| walk(v, seen)),
            _ => {}
        }
    }
    let mut value = serde_json::from_slice(file).unwrap();
    walk(&mut value, &mut HashMap::new());
    value
}

type Raw = (u8, usize, i64, i64, bool, String, Vec<String>);

/// Any ledger: what each number means does not matter, only that all of it comes back.
fn ledger(raw: Vec<Raw>) -> Ledger {
    let mut draft = Draft::default();
    // Only these may be below zero, so that any amounts make a right ledger.
    let kinds = [AccountKind::Bank, AccountKind::Other];
    for (n, code) in (0..).zip(["USD", "JPY", "BTC", "EUR"]) {
        let name = AccountName::new(&format!("=Account \"{n}\", 🂡")).unwrap();
        let currency = code.parse().unwrap();
        draft
            .add_account(AccountId::random(), kinds[n % 2], &name, currency)
            .unwrap();
    }
    let put_away = Moment::new(now() - Duration::microseconds(1), now()).unwrap();
    draft.archive(draft.accounts()[2].id, put_away);
    for (place, (kind, index, units, at, fee, note, tags)) in (1..).zip(raw) {
        let (one, other) = (
            &draft.accounts()[index % 4],
            &draft.accounts()[(index + 1) % 4],
        );
        let positive = |units, account: &Account| {
            let currency = account.currency;
            Positive::new(Decimal::new(units, currency.minor_units()), currency).unwrap()
        };
        let (account, amount) = (one.id, positive(units, one));
        let outside = (units % 5 != 0).then_some(account);
        let what = match EntryKind::ALL[usize::from(kind) % EntryKind::ALL.len()] {
            EntryKind::Balance => What::Balance {
                account,
                shows: Amount::new(amount.value(), amount.currency()).unwrap(),
            },
            EntryKind::Deposit => What::Deposit {
                into: outside,
                amount,
            },
            EntryKind::Withdrawal => What::Withdrawal {
                from: outside,
                amount,
            },
            EntryKind::Bonus => What::Bonus { account, amount },
            EntryKind::Expense => What::Expense { account, amount },
            EntryKind::Transfer => {
                let fee = fee.then(|| positive(1, one));
                let accounts = (account, other.id);
                What::Transfer(
                    Transfer::new(accounts, amount, fee, positive(units, other)).unwrap(),
                )
            }
        };
        let at = DateTime::from_timestamp_micros(at).unwrap();
        let new = NewEntry {
            what,
            at: Moment::new(at, now()).unwrap(),
            note: Note::new(&note).unwrap(),
            tags: Tags::read(&tags.join(",")).unwrap(),
        };
        draft.add(&new, Keys::random(), [place; 2]).unwrap();
    }
    draft.finish().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_is_exported_and_imported_is_exported_alike(raw in proptest::collection::vec(
        (
            any::<u8>(), any::<usize>(), 1..1_000_000_000_i64, 0..1_700_000_000_000_000_i64, any::<bool>(),
            "[ -~äé🂡]{0,40}", proptest::collection::vec("[a-z0-9]{1,8}", 0..4),
        ),
        0..60,
    )) {
        let rates = [OwnRate {
            currency: "BTC".parse().unwrap(),
            day: "2026-10-30".parse().unwrap(),
            price: "61000.000000000001".parse().unwrap(),
            quoted_in: Currency::USD,
            until: Some("2026-12-31".parse().unwrap()),
        }];
        let ledger = ledger(raw);
        let file = written(&settings(), &rates, &ledger);
        let restored = read(&file, now()).unwrap();
        prop_assert_eq!(&restored.settings, &settings());
        prop_assert_eq!(&restored.rates[..], &rates);
        prop_assert_eq!(&restored.badges, &badges());
        prop_assert!(restored.ledger.entries().iter().all(|new| ledger.entries().iter().all(|old| old.id != new.id)));
        let again = written(&restored.settings, &restored.rates, &restored.ledger);
        prop_assert_eq!(without_keys(&again), without_keys(&file));
    }
}

/// A goal for each account, in every status; what is wrong with one is said.
#[test]
fn goals_come_back_with_their_accounts_or_are_refused_by_number() {
    let ledger = ledger(Vec::new());
    let file = with_goals(&settings(), &[], &ledger, &[]);
    let text = String::from_utf8(file).unwrap();
    assert!(text.contains("\"goals\": ["), "{text}");
    let goal = r#"{"kind": "account", "account": "KEY", "name": "Coins", "target": "1.50", "currency": "BTC",
        "since": null, "due_on": "2027-01-01", "started_on": "2026-10-30", "status": "completed",
        "completed_on": "2026-10-30", "archived_at": null, "created_at": "2026-10-30T12:00:00Z"}"#;
    let key = ledger.accounts()[2].id.to_string();
    let with = |goal: &str| {
        let goal = goal.replace("KEY", &key);
        let file = text.replace("\"goals\": [", &format!("\"goals\": [{goal}"));
        read(file.as_bytes(), now())
    };
    let restored = with(goal).unwrap();
    assert_eq!(
        restored.goals[0].completed_on.map(|day| day.to_string()),
        Some("2026-10-30".to_owned())
    );
    let again = with_goals(&settings(), &[], &restored.ledger, &restored.goals);
    let again: Value = serde_json::from_slice(&again).unwrap();
    assert_eq!(
        again["goals"][0]["account"],
        restored.ledger.accounts()[2].id.to_string()
    );
    for (from, to, why) in [
        ("1.50", "0", "Goal 1: its target"),
        ("1.50", "0.123456789", "more decimals"),
        (
            "KEY",
            "00000000-0000-4000-8000-000000000000",
            "not in the file",
        ),
        ("completed\"", "forgotten\"", "unknown variant"),
        (
            "\"kind\": \"account\"",
            "\"kind\": \"profit\"",
            "only a goal for one account",
        ),
        (
            "\"since\": null",
            "\"since\": \"2026-01-01\"",
            "only a profit",
        ),
        (
            "\"completed_on\": \"2026-10-30\"",
            "\"completed_on\": null",
            "do not fit",
        ),
        ("2027-01-01", "3027-01-01", "outside the years"),
        ("Coins", " Coins", "begins or ends"),
        ("Coins", &"x".repeat(61), "too long"),
    ] {
        if goal.contains(from) {
            let problem = with(&goal.replace(from, to)).unwrap_err();
            assert!(problem.0.contains(why), "{problem} does not say {why}");
        }
    }
    let many = format!("{goal},").repeat(MOST_GOALS) + goal;
    assert!(with(&many).is_err());
}

/// A file of before there were goals.
#[test]
fn version_one_is_read_without_goals() {
    let file = String::from_utf8(written(&settings(), &[], &ledger(Vec::new()))).unwrap();
    let old = file
        .replace("\"version\": 3", "\"version\": 1")
        .replace("\"goals\": [\n],\n", "");
    assert!(!old.contains("goals"), "{old}");
    assert!(read(old.as_bytes(), now()).unwrap().goals.is_empty());
}

#[test]
fn an_empty_ledger_is_a_file_too() {
    let file = written(&settings(), &[], &Ledger::default());
    assert_eq!(read(&file, now()).unwrap().ledger, Ledger::default());
}

#[test]
fn a_file_from_before_there_were_badges_is_read() {
    let new = String::from_utf8(written(&settings(), &[], &Ledger::default())).unwrap();
    let begins = new.find("\"badges\"").unwrap();
    let ends = new.find("\"accounts\"").unwrap();
    let old = new
        .replace(&new[begins..ends], "")
        .replace("\"version\": 3", "\"version\": 1");
    assert_eq!(read(old.as_bytes(), now()).unwrap().badges, []);
}

#[test]
fn amounts_are_text_with_the_decimals_of_their_currency() {
    let file = written(
        &settings(),
        &[],
        &ledger(vec![(1, 0, 500, 0, false, String::new(), Vec::new())]),
    );
    let file: Value = serde_json::from_slice(&file).unwrap();
    assert_eq!(file["entries"][0]["amount"], "5.00");
}

#[test]
fn a_wrong_file_is_refused_with_its_line() {
    let right = String::from_utf8(written(&settings(), &[], &Ledger::default())).unwrap();
    let refused = |text: &str| match read(text.as_bytes(), now()) {
        Ok(_) => "taken".to_owned(),
        Err(problem) => problem.0,
    };
    assert_eq!(refused(&right), "taken");
    assert_eq!(refused(&format!("\u{feff}{right}")), "taken");
    for (wrong, why) in [
        (String::new(), "Choose the file"),
        ("PK\u{3}\u{4}".into(), "zip"),
        ("\u{0}".into(), "Line 1"),
        ("[".repeat(100_000), "Line 1"),
        (
            right.replace("StakeEasy ledger", "Other"),
            "Line 2: the format",
        ),
        (
            right.replace("\"version\": 3", "\"version\": 4"),
            "Line 3: the file has version 4",
        ),
        (
            right.replace("STREAK_7_DAY", "STREAK_8_DAY"),
            "Badge 1 (STREAK_8_DAY, tier 2): there is no such badge.",
        ),
        (
            right.replace("\"version\": 3,", ""),
            "missing field `version`",
        ),
        (
            right.replace("\"rates\"", "\"quotes\""),
            "Line 6: unknown field `quotes`",
        ),
        (
            right.replace("\"entries\": [", "\"entries\": [{"),
            "Line 16",
        ),
        (right.replace("Helsinki", "Nowhere"), "settings, time_zone"),
        (
            right.replace("\"SEK\"", "\"BTC\""),
            "settings, home_currency",
        ),
        (right.replace("\"dark\"", "\"neon\""), "settings, theme"),
        (
            right.replace("space-comma", "roman"),
            "settings, number_format",
        ),
        (right.replace("Mika", "\\u0000"), "settings, name"),
        (format!("{right}{{}}"), "trailing"),
    ] {
        let text = refused(&wrong);
        assert!(text.contains(why), "{text:?} does not say {why:?}");
    }
    let long = format!("{{\"{}\": 1}}", "x".repeat(10_000));
    assert!(refused(&long).chars().count() < 300);
}

/// Files up to version 2 hold units for one euro: what the user had typed comes back as a price in euros.
#[test]
fn own_rates_of_older_files_become_prices_in_euros() {
    let file = String::from_utf8(written(&settings(), &[], &Ledger::default())).unwrap();
    let old = file.replace("\"version\": 3", "\"version\": 2").replace(
        "\"rates\": [",
        r#""rates": [{"currency": "BTC", "day": "2026-01-01", "per_eur": "0.000016393442622950819672"},
            {"currency": "RUB", "day": "2024-01-15", "per_eur": "97.087378640776699029"}"#,
    );
    let rates = read(old.as_bytes(), now()).unwrap().rates;
    let prices: Vec<_> = rates.iter().map(|rate| rate.price.to_string()).collect();
    assert_eq!(prices, ["61000", "0.0103"]);
    assert!(
        rates
            .iter()
            .all(|rate| rate.quoted_in == Currency::EUR && rate.until.is_none())
    );
}

#[test]
fn a_wrong_own_rate_is_refused_by_its_number() {
    let right = String::from_utf8(written(&settings(), &[], &Ledger::default())).unwrap();
    let with = |rates: &str| {
        read(
            right
                .replace("\"rates\": [", &format!("\"rates\": [{rates}"))
                .as_bytes(),
            now(),
        )
    };
    let rate = r#"{"currency": "BTC", "day": "2026-01-01", "price": "61000", "quoted_in": "USD", "until": "2026-12-31"}"#;
    assert_eq!(with(rate).unwrap().rates.len(), 1);
    for (from, to, why) in [
        ("BTC", "EUR", "Rate 1 (EUR, 2026-01-01): the euro"),
        ("USD", "BTC", "a price cannot be in BTC"),
        ("USD", "KWD", "a price cannot be in KWD"),
        ("61000", "0", "price is no number"),
        ("61000", "-1", "price is no number"),
        ("61000", "1000000000000", "price is no number"),
        ("2026-01-01", "2026-11-01", "today is 2026-10-30"),
        ("2026-01-01", "0001-01-01", "outside the years"),
        ("2026-12-31", "2025-12-31", "its last day"),
        ("2026-12-31", "9999-12-31", "its last day"),
        (r#""price": "61000", "#, "", "needs price and quoted_in"),
        (r#""price""#, r#""per_eur""#, "needs price and quoted_in"),
    ] {
        let problem = with(&rate.replace(from, to)).unwrap_err();
        assert!(problem.0.contains(why), "{problem} does not say {why}");
    }
    let twice = with(&format!("{rate}, {rate}")).unwrap_err();
    assert!(
        twice
            .0
            .contains("Rate 2 (BTC, 2026-01-01): it stands twice"),
        "{twice}"
    );
    let own = |currency, price, quoted_in| {
        format!(
            r#"{{"currency": "{currency}", "day": "2026-01-01", "price": "{price}", "quoted_in": "{quoted_in}"}}"#
        )
    };
    let circle = with(&format!(
        "{}, {}",
        own("USD", "10", "SEK"),
        own("SEK", "0.1", "USD")
    ))
    .unwrap_err();
    assert!(circle.0.contains("told in"), "{circle}");
}
