//! Pure: what is wrong with the records of a file, in a sentence that names the record.

use std::collections::{HashMap, HashSet};
use std::fmt;

use chrono::{DateTime, Datelike, Timelike, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{AccountRecord, EntryRecord, Ledger};
use crate::features::bankroll::ledger::{EntryKind, Line};
use crate::features::bankroll::service::{self, MOST_ACCOUNTS, MOST_ENTRIES, Refusal};
use crate::money::Currency;
use crate::web::format::Numbers;
use crate::web::parse::{self, AMOUNT_LIMIT};

/// Why a file cannot become a ledger: a sentence for the person who brought it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem(pub String);

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

type Checked<T = ()> = Result<T, Problem>;

fn problem<T>(text: impl Into<String>) -> Checked<T> {
    Err(Problem(text.into()))
}

/// Each account for itself, and their keys and names together.
pub fn accounts(accounts: &[AccountRecord]) -> Checked {
    if accounts.len() > MOST_ACCOUNTS {
        return problem(format!(
            "The file has {} accounts, and there can be {MOST_ACCOUNTS} at most.",
            accounts.len()
        ));
    }
    let mut ids = HashSet::new();
    let mut names = HashMap::new();
    for (number, account) in (1..).zip(accounts) {
        let wrong = |why: String| problem(format!("Account {number}: {why}"));
        if !ids.insert(account.id) {
            return wrong(format!("its id {} stands twice.", account.id));
        }
        match parse::name(&account.name, 50) {
            Ok(name) if name == account.name => {}
            Ok(_) => return wrong("its name begins or ends with a space.".into()),
            Err(why) => return wrong(format!("its name. {why}")),
        }
        if let Some(at) = account.archived_at
            && let Err(why) = instant(at)
        {
            return wrong(format!("archived_at {why}"));
        }
        let group = (account.kind.is_site(), account.name.to_lowercase());
        if let Some(first) = names.insert(group, number) {
            return wrong(format!("it has the same name as account {first}."));
        }
    }
    Ok(())
}

/// Each entry for itself, and the halves of transfers together.
pub fn entries(
    accounts: &[AccountRecord],
    entries: &[EntryRecord],
    latest: DateTime<Utc>,
) -> Checked {
    if i64::try_from(entries.len()).is_ok_and(|count| count > MOST_ENTRIES) {
        return problem(format!(
            "The file has {} entries, and there can be {MOST_ENTRIES} at most.",
            entries.len()
        ));
    }
    let currencies: HashMap<Uuid, Currency> = accounts
        .iter()
        .map(|account| (account.id, account.currency))
        .collect();
    let mut ids = HashSet::with_capacity(entries.len());
    let mut halves: HashMap<Uuid, Vec<(usize, &EntryRecord)>> = HashMap::new();
    for (number, entry) in (1..).zip(entries) {
        let wrong = |why: String| problem(format!("{}: {why}", named(number, entry)));
        if !ids.insert(entry.id) {
            return wrong(format!("its id {} stands twice.", entry.id));
        }
        match entry.account.map(|id| currencies.get(&id)) {
            None if matches!(entry.kind, EntryKind::Deposit | EntryKind::Withdrawal) => {}
            None => return wrong("it needs an account.".into()),
            Some(None) => return wrong("its account is not in the file.".into()),
            Some(Some(currency)) if *currency != entry.currency => {
                return wrong(format!(
                    "it is in {}, and its account is in {currency}.",
                    entry.currency
                ));
            }
            Some(Some(_)) => {}
        }
        if let Err(why) = instant(entry.occurred_at) {
            return wrong(format!("occurred_at {why}"));
        }
        if entry.occurred_at > latest {
            return wrong("it lies in the future.".into());
        }
        if let Err(why) = amounts(entry) {
            return wrong(why);
        }
        if let Err(why) = words(entry) {
            return wrong(why);
        }
        match (entry.kind == EntryKind::Transfer, entry.transfer) {
            (true, Some(id)) => halves.entry(id).or_default().push((number, entry)),
            (true, None) => return wrong("a transfer needs the key of its pair.".into()),
            (false, Some(_)) => return wrong("only a transfer has a pair.".into()),
            (false, None) => {}
        }
    }
    // In the order of the file, so that the same file is always refused for the same entry.
    let mut halves: Vec<_> = halves.into_values().collect();
    halves.sort_unstable_by_key(|pair| pair[0].0);
    halves.iter().try_for_each(|pair| transfer(pair))
}

/// No account is ever below zero that may not be. The ledger's entries are in order.
pub fn balances(ledger: &Ledger) -> Checked {
    let lines: Vec<Line> = ledger.entries.iter().map(Line::from).collect();
    match service::impossible_balance(&ledger.accounts, &lines) {
        None => Ok(()),
        Some(Refusal::BelowZero {
            account,
            currency,
            held,
            at,
        }) => problem(format!(
            "{account} would be below zero on {}: it holds {} before that.",
            day(at),
            Numbers::default().full(held, currency)
        )),
        Some(Refusal::TooLarge { account }) => problem(format!(
            "{account} would hold more than can be kept: balances are below 100 billion."
        )),
        Some(_) => problem("The balances do not add up."),
    }
}

fn named(number: usize, entry: &EntryRecord) -> String {
    format!(
        "Entry {number} ({}, {})",
        entry.kind.as_str(),
        day(entry.occurred_at)
    )
}

fn day(at: DateTime<Utc>) -> String {
    at.format("%-d %b %Y").to_string()
}

fn instant(at: DateTime<Utc>) -> Result<(), &'static str> {
    if !(1970..2200).contains(&at.year()) {
        return Err("is outside the years 1970 to 2199.");
    }
    // The database holds microseconds and no leap seconds, and would round.
    if !at.nanosecond().is_multiple_of(1_000) || at.nanosecond() >= 1_000_000_000 {
        return Err("is more precise than a microsecond.");
    }
    Ok(())
}

fn amounts(entry: &EntryRecord) -> Result<(), String> {
    let (amount, fee, currency) = (entry.amount.0, entry.fee.0, entry.currency);
    for value in [amount, fee] {
        if value.abs() >= Decimal::from(AMOUNT_LIMIT) {
            return Err(format!(
                "{value} is too large: amounts are below 100 billion."
            ));
        }
        if value.normalize().scale() > currency.minor_units() {
            return Err(format!(
                "{value} has too many decimals: {currency} has {}.",
                currency.minor_units()
            ));
        }
    }
    let signed = match entry.kind {
        EntryKind::Deposit | EntryKind::Bonus => amount > Decimal::ZERO,
        EntryKind::Withdrawal | EntryKind::Expense => amount < Decimal::ZERO,
        EntryKind::Transfer => !amount.is_zero(),
        EntryKind::Balance => true,
    };
    if !signed {
        return Err(match entry.kind {
            EntryKind::Transfer => "its amount is zero.".into(),
            EntryKind::Deposit | EntryKind::Bonus => "its amount must be above zero.".into(),
            _ => "its amount must be below zero.".to_owned(),
        });
    }
    let charged = entry.kind == EntryKind::Transfer && amount < Decimal::ZERO;
    let part_of_it = charged && fee > Decimal::ZERO && fee < -amount;
    if !fee.is_zero() && !part_of_it {
        return Err(
            "a fee belongs to the sending half of a transfer, and is a part of its amount.".into(),
        );
    }
    Ok(())
}

fn words(entry: &EntryRecord) -> Result<(), String> {
    if entry.note.contains('\0') {
        return Err("its note has a NUL character.".into());
    }
    if entry.note.chars().any(parse::turns_around) {
        return Err("its note has an unseen mark that turns text around.".into());
    }
    if entry.note.chars().count() > 500 {
        return Err("its note is longer than 500 characters.".into());
    }
    // Tags as the form makes them: otherwise no filter would find them.
    if parse::tags(&entry.tags.join(",")).ok().as_ref() != Some(&entry.tags) {
        return Err(
            "its tags. At most 10, each once, in small letters, of at most 30 characters that can be seen."
                .into(),
        );
    }
    Ok(())
}

fn transfer(pair: &[(usize, &EntryRecord)]) -> Checked {
    let (number, entry) = pair[0];
    let wrong = |why: &str| problem(format!("{}: {why}", named(number, entry)));
    let [(_, a), (_, b)] = pair else {
        return wrong("a transfer is two entries, one out and one in.");
    };
    if a.amount.0.is_sign_negative() == b.amount.0.is_sign_negative() {
        return wrong("one half of a transfer goes out, the other comes in.");
    }
    if a.account == b.account {
        return wrong("a transfer goes from one account to another.");
    }
    if a.occurred_at != b.occurred_at {
        return wrong("both halves of a transfer are of the same instant.");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::restored;

    const SITE: &str = "00000000-0000-4000-8000-000000000001";
    const BANK: &str = "00000000-0000-4000-8000-000000000002";
    const PAIR: &str = "00000000-0000-4000-8000-0000000000aa";

    fn account(id: &str, kind: &str, name: &str, currency: &str) -> Value {
        json!({"id": id, "kind": kind, "name": name, "currency": currency, "archived_at": null})
    }

    fn entry(n: u8, account: Option<&str>, kind: &str, amount: &str) -> Value {
        json!({
            "id": format!("00000000-0000-4000-8000-0000000001{n:02}"), "account": account, "kind": kind,
            "amount": amount, "fee": "0", "currency": "USD", "occurred_at": format!("2026-01-{:02}T12:00:00Z", n + 1),
            "transfer": null, "note": "", "tags": [],
        })
    }

    fn with(mut value: Value, field: &str, new: impl Into<Value>) -> Value {
        value[field] = new.into();
        value
    }

    fn half(n: u8, account: &str, amount: &str) -> Value {
        let value = with(
            entry(n, Some(account), "transfer", amount),
            "transfer",
            PAIR,
        );
        with(value, "occurred_at", "2026-01-20T12:00:00Z")
    }

    fn two_accounts() -> Vec<Value> {
        vec![
            account(SITE, "site", "Northgate Poker", "USD"),
            account(BANK, "bank", "Harbour Bank", "USD"),
        ]
    }

    fn refusal(accounts: Vec<Value>, entries: Vec<Value>) -> String {
        let accounts = serde_json::from_value(Value::Array(accounts));
        let entries = serde_json::from_value(Value::Array(entries));
        match (accounts, entries) {
            (Ok(accounts), Ok(entries)) => {
                match restored(accounts, entries, "2026-11-01T00:00:00Z".parse().unwrap()) {
                    Ok(_) => String::new(),
                    Err(problem) => problem.0,
                }
            }
            (Err(error), _) | (_, Err(error)) => error.to_string(),
        }
    }

    #[test]
    fn a_right_ledger_is_taken() {
        let entries = vec![
            entry(0, Some(SITE), "deposit", "100.00"),
            entry(1, Some(SITE), "balance", "250.5"),
            entry(2, None, "withdrawal", "-20"),
            with(half(3, SITE, "-50.00"), "fee", "1.00"),
            half(4, BANK, "49.00"),
            entry(5, Some(BANK), "expense", "-500"),
        ];
        assert_eq!(refusal(two_accounts(), entries), "");
        assert_eq!(refusal(Vec::new(), Vec::new()), "");
    }

    #[test]
    fn a_wrong_account_is_named() {
        let refused = |wrong: Value| refusal(vec![two_accounts().remove(0), wrong], Vec::new());
        for (wrong, why) in [
            (account(SITE, "bank", "Other", "USD"), "Account 2: its id"),
            (
                account(BANK, "site", "NORTHGATE Poker", "EUR"),
                "same name as account 1",
            ),
            (account(BANK, "bank", "", "USD"), "Account 2: its name."),
            (account(BANK, "bank", " Bank", "USD"), "space"),
            (account(BANK, "bank", "a\0b", "USD"), "Account 2: its name."),
            (
                account(BANK, "bank", &"x".repeat(51), "USD"),
                "50 characters",
            ),
            (account(BANK, "purse", "Purse", "USD"), "purse"),
            (account(BANK, "bank", "Bank", "XXY"), "XXY"),
            (
                with(
                    two_accounts().remove(1),
                    "archived_at",
                    "1950-01-01T00:00:00Z",
                ),
                "1970",
            ),
            (
                with(two_accounts().remove(1), "colour", "red"),
                "unknown field `colour`",
            ),
        ] {
            let text = refused(wrong);
            assert!(text.contains(why), "{text:?} does not say {why:?}");
        }
        // A site and a bank may have the same name.
        assert_eq!(refused(account(BANK, "bank", "Northgate Poker", "USD")), "");
    }

    #[test]
    fn a_wrong_entry_is_named() {
        let first = || entry(0, Some(SITE), "deposit", "100");
        let refused = |wrong: Value| refusal(two_accounts(), vec![first(), wrong]);
        let deposit = || entry(1, Some(SITE), "deposit", "5");
        for (wrong, why) in [
            (first(), "Entry 2 (deposit, 1 Jan 2026): its id"),
            (with(deposit(), "account", PAIR), "not in the file"),
            (entry(1, None, "balance", "5"), "needs an account"),
            (with(deposit(), "currency", "EUR"), "in EUR"),
            (
                with(deposit(), "occurred_at", "2200-01-01T00:00:00Z"),
                "1970 to 2199",
            ),
            (
                with(deposit(), "occurred_at", "2026-11-01T00:00:01Z"),
                "in the future",
            ),
            (
                with(deposit(), "occurred_at", "2026-01-01T00:00:00.0000001Z"),
                "microsecond",
            ),
            (
                with(deposit(), "occurred_at", "2026-01-01T00:00:60Z"),
                "microsecond",
            ),
            (
                with(deposit(), "occurred_at", "2026-02-30T00:00:00Z"),
                "out of range",
            ),
            (
                entry(1, Some(SITE), "deposit", "5.001"),
                "too many decimals",
            ),
            (entry(1, Some(SITE), "deposit", "100000000000"), "too large"),
            (entry(1, Some(SITE), "deposit", "-5"), "above zero"),
            (entry(1, Some(SITE), "expense", "5"), "below zero"),
            (
                entry(1, Some(SITE), "deposit", "1e3"),
                "an amount is written",
            ),
            (with(deposit(), "amount", 5), "expected a string"),
            (with(deposit(), "fee", "1"), "a fee belongs"),
            (with(deposit(), "transfer", PAIR), "only a transfer"),
            (with(deposit(), "note", "a\0b"), "NUL"),
            (with(deposit(), "note", "x".repeat(501)), "500"),
            (with(deposit(), "tags", json!(["Live"])), "small letters"),
            (with(deposit(), "tags", json!(["a", "a"])), "each once"),
            (entry(1, Some(SITE), "session", "5"), "session"),
            (entry(1, Some(SITE), "transfer", "5"), "needs the key"),
            (
                entry(1, Some(SITE), "withdrawal", "-100.01"),
                "Northgate Poker would be below zero on 2 Jan 2026",
            ),
            (half(1, SITE, "-5"), "two entries"),
        ] {
            let text = refused(wrong);
            assert!(text.contains(why), "{text:?} does not say {why:?}");
        }
    }

    #[test]
    fn the_halves_of_a_transfer_belong_together() {
        let refused = |pair: Vec<Value>| {
            let deposit = entry(0, Some(SITE), "deposit", "100");
            refusal(two_accounts(), [vec![deposit], pair].concat())
        };
        let late = with(half(2, BANK, "5"), "occurred_at", "2026-01-21T12:00:00Z");
        for (pair, why) in [
            (
                vec![half(1, SITE, "-5"), half(2, SITE, "5")],
                "from one account to another",
            ),
            (vec![half(1, SITE, "5"), half(2, BANK, "5")], "one half"),
            (vec![half(1, SITE, "-5"), late], "same instant"),
            (
                vec![half(1, SITE, "-5"), half(2, BANK, "5"), half(3, BANK, "5")],
                "two entries",
            ),
            (
                vec![with(half(1, SITE, "-5"), "fee", "5"), half(2, BANK, "5")],
                "a fee belongs",
            ),
            (
                vec![half(1, SITE, "-5"), with(half(2, BANK, "5"), "fee", "1")],
                "a fee belongs",
            ),
        ] {
            let text = refused(pair);
            assert!(text.contains(why), "{text:?} does not say {why:?}");
        }
    }

    #[test]
    fn a_file_may_be_in_any_order_of_days() {
        let late = entry(5, Some(SITE), "withdrawal", "-50");
        let early = entry(0, Some(SITE), "deposit", "100");
        assert_eq!(refusal(two_accounts(), vec![late, early]), "");
    }

    #[test]
    fn there_may_be_two_hundred_accounts() {
        let many = |count: usize| {
            (0..count)
                .map(|n| {
                    let id = format!("00000000-0000-4000-8000-{n:012}");
                    account(&id, "other", &format!("Account {n}"), "EUR")
                })
                .collect()
        };
        assert_eq!(refusal(many(200), Vec::new()), "");
        assert!(refusal(many(201), Vec::new()).contains("200 at most"));
    }
}
