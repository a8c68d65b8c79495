//! Accounts and entries as files hold them; and a ledger made of them, or what is wrong with them, in a sentence that names
//! the record. Pure.

use std::collections::{HashMap, HashSet};
use std::fmt;

use chrono::{DateTime, Datelike, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::features::bankroll::commands::{
    AccountName, Keys, Moment, NewEntry, NoMoment, NoTransfer, Note, Tags, Transfer, UnfitTags,
    What,
};
use crate::features::bankroll::draft::{Draft, Ledger};
use crate::features::bankroll::ledger::{Account, AccountKind, Entry, EntryKind};
use crate::features::bankroll::service::{MOST_ACCOUNTS, MOST_ENTRIES, Refusal};
use crate::ids::AccountId;
use crate::money::{self, Currency, Positive, Unkept};
use crate::text::Unfit;
use crate::web::format::Numbers;

/// An account in a file. Where it stands among the others is where it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountRecord {
    pub id: Uuid,
    pub kind: AccountKind,
    pub name: String,
    pub currency: Currency,
    pub archived_at: Option<DateTime<Utc>>,
}

/// An entry in a file. See [`Entry`] for what the fields say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryRecord {
    pub id: Uuid,
    pub account: Option<Uuid>,
    pub kind: EntryKind,
    pub amount: AmountText,
    pub fee: AmountText,
    pub currency: Currency,
    pub occurred_at: DateTime<Utc>,
    pub transfer: Option<Uuid>,
    pub note: String,
    pub tags: Vec<String>,
}

/// An amount in a file: text, so that no reader makes a float of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AmountText(pub Decimal);

impl Serialize for AmountText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for AmountText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        money::exact(&text).map(AmountText).ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            serde::de::Error::custom(format!(
                "an amount is written as \"1250.50\", and this is {shown:?}"
            ))
        })
    }
}

impl From<&Account> for AccountRecord {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id.0,
            kind: account.kind,
            name: account.name.clone(),
            currency: account.currency,
            archived_at: account.archived_at,
        }
    }
}

impl From<&Entry> for EntryRecord {
    fn from(entry: &Entry) -> Self {
        // Amounts have no more decimals than their currency: nothing is rounded here, only written alike.
        let amount = |amount| AmountText(entry.currency.round(amount));
        Self {
            id: entry.id.0,
            account: entry.account.map(|id| id.0),
            kind: entry.kind,
            amount: amount(entry.amount),
            fee: amount(entry.fee),
            currency: entry.currency,
            occurred_at: entry.occurred_at,
            transfer: entry.transfer.map(|id| id.0),
            note: entry.note.clone(),
            tags: entry.tags.clone(),
        }
    }
}

/// Why a file cannot become a ledger: a sentence for the person who brought it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem(pub String);

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn problem<T>(text: impl Into<String>) -> Result<T, Problem> {
    Err(Problem(text.into()))
}

/// A ledger made of a file's records, with new keys throughout: those in the file may be in use here.
/// Refuses whatever the ledger's own forms would refuse, and entries after an instant.
pub fn restored(
    accounts: &[AccountRecord],
    entries: &[EntryRecord],
    latest: DateTime<Utc>,
) -> Result<Ledger, Problem> {
    let mut reading = Reading {
        draft: Draft::default(),
        accounts: HashMap::new(),
        latest,
    };
    reading.accounts(accounts)?;
    reading.entries(entries)?;
    reading
        .draft
        .finish()
        .or_else(|refusal| problem(sentence(&refusal)))
}

/// A file of which the first records are read.
struct Reading {
    draft: Draft,
    /// The new keys of its accounts, and their currencies.
    accounts: HashMap<Uuid, (AccountId, Currency)>,
    latest: DateTime<Utc>,
}

/// What is wrong with a record, without its name.
type Wrong = String;

impl Reading {
    fn accounts(&mut self, records: &[AccountRecord]) -> Result<(), Problem> {
        if records.len() > MOST_ACCOUNTS {
            return problem(format!(
                "The file has {} accounts, and there can be {MOST_ACCOUNTS} at most.",
                records.len()
            ));
        }
        for (number, record) in (1..).zip(records) {
            self.account(record)
                .or_else(|why| problem(format!("Account {number}: {why}")))?;
        }
        Ok(())
    }

    fn account(&mut self, record: &AccountRecord) -> Result<(), Wrong> {
        let (id, currency) = (AccountId::random(), record.currency);
        if self.accounts.insert(record.id, (id, currency)).is_some() {
            return Err(format!("its id {} stands twice.", record.id));
        }
        let name = AccountName::new(&record.name).map_err(|why| format!("its name. {why}"))?;
        if name.as_str() != record.name {
            return Err("its name begins or ends with a space.".into());
        }
        if let Some(first) = self.draft.named(record.kind, &name) {
            return Err(format!("it has the same name as account {}.", first + 1));
        }
        self.draft
            .add_account(id, record.kind, &name, currency)
            .map_err(|refusal| sentence(&refusal))?;
        if let Some(at) = record.archived_at {
            let at = self
                .moment(at)
                .map_err(|why| format!("archived_at {why}"))?;
            self.draft.archive(id, at);
        }
        Ok(())
    }

    fn entries(&mut self, records: &[EntryRecord]) -> Result<(), Problem> {
        if i32::try_from(records.len()).is_ok_and(|count| count > MOST_ENTRIES) {
            return problem(format!(
                "The file has {} entries, and there can be {MOST_ENTRIES} at most.",
                records.len()
            ));
        }
        let mut ids = HashSet::with_capacity(records.len());
        let mut halves: HashMap<Uuid, Vec<(i64, &EntryRecord, Half)>> = HashMap::new();
        for (number, record) in (1..).zip(records) {
            let mut read = || {
                if !ids.insert(record.id) {
                    return Err(format!("its id {} stands twice.", record.id));
                }
                match (record.kind == EntryKind::Transfer, record.transfer) {
                    (true, None) => Err("a transfer needs the key of its pair.".into()),
                    (false, Some(_)) => Err("only a transfer has a pair.".into()),
                    (false, None) => {
                        let what = self.single(record)?;
                        self.add(record, what, [number; 2])
                    }
                    (true, Some(pair)) => {
                        let half = self.half(record)?;
                        halves.entry(pair).or_default().push((number, record, half));
                        Ok(())
                    }
                }
            };
            read().or_else(|why| problem(format!("{}: {why}", named(number, record))))?;
        }
        // In the order of the file, so that the same file is always refused for the same entry.
        let mut halves: Vec<_> = halves.into_values().collect();
        halves.sort_unstable_by_key(|pair| pair[0].0);
        for pair in halves {
            let (number, first, _) = pair[0];
            self.transfer(&pair)
                .or_else(|why| problem(format!("{}: {why}", named(number, first))))?;
        }
        Ok(())
    }

    /// The new key of the account that a record names; `None` if it names none.
    fn account_of(&self, record: &EntryRecord) -> Result<Option<AccountId>, Wrong> {
        let Some(id) = record.account else {
            return Ok(None);
        };
        match self.accounts.get(&id) {
            None => Err("its account is not in the file.".into()),
            Some((_, currency)) if *currency != record.currency => Err(format!(
                "it is in {}, and its account is in {currency}.",
                record.currency
            )),
            Some((id, _)) => Ok(Some(*id)),
        }
    }

    /// What a record says that is no half of a transfer.
    fn single(&self, record: &EntryRecord) -> Result<What, Wrong> {
        let (amount, currency) = (record.amount.0, record.currency);
        let account = self.account_of(record)?;
        let needed = || account.ok_or("it needs an account.");
        let positive = |amount| Positive::new(amount, currency).map_err(|why| unkept(record, why));
        if !record.fee.0.is_zero() {
            return Err(FEE.into());
        }
        Ok(match record.kind {
            EntryKind::Balance => What::Balance {
                account: needed()?,
                shows: money::Amount::new(amount, currency).map_err(|why| unkept(record, why))?,
            },
            EntryKind::Deposit => What::Deposit {
                into: account,
                amount: positive(amount)?,
            },
            EntryKind::Withdrawal => What::Withdrawal {
                from: account,
                amount: positive(-amount)?,
            },
            EntryKind::Bonus => What::Bonus {
                account: needed()?,
                amount: positive(amount)?,
            },
            EntryKind::Expense => What::Expense {
                account: needed()?,
                amount: positive(-amount)?,
            },
            EntryKind::Transfer => {
                return Err("a transfer is two entries, one out and one in.".into());
            }
        })
    }

    /// One half of a transfer: its account, and the amount that leaves or arrives.
    fn half(&self, record: &EntryRecord) -> Result<Half, Wrong> {
        let account = self.account_of(record)?.ok_or("it needs an account.")?;
        let (amount, fee, currency) = (record.amount.0, record.fee.0, record.currency);
        let goes_out = amount.is_sign_negative();
        let positive = |amount| Positive::new(amount, currency).map_err(|why| unkept(record, why));
        // Before the fee is taken out of it.
        let whole = positive(amount.abs())?;
        if fee.is_zero() {
            return Ok(Half {
                account,
                goes_out,
                amount: whole,
                fee: None,
            });
        }
        let fee = Positive::new(fee, currency)
            .ok()
            .filter(|_| goes_out)
            .ok_or(FEE)?;
        let amount = Positive::new(whole.value() - fee.value(), currency).map_err(|_| FEE)?;
        Ok(Half {
            account,
            goes_out,
            amount,
            fee: Some(fee),
        })
    }

    fn transfer(&mut self, pair: &[(i64, &EntryRecord, Half)]) -> Result<(), Wrong> {
        let [(first, a, one), (second, b, other)] = pair else {
            return Err("a transfer is two entries, one out and one in.".into());
        };
        if one.goes_out == other.goes_out {
            return Err("one half of a transfer goes out, the other comes in.".into());
        }
        if a.occurred_at != b.occurred_at {
            return Err("both halves of a transfer are of the same instant.".into());
        }
        if (&a.note, &a.tags) != (&b.note, &b.tags) {
            return Err("both halves of a transfer have the same note and the same tags.".into());
        }
        let (out, into, places) = if one.goes_out {
            (one, other, [*first, *second])
        } else {
            (other, one, [*second, *first])
        };
        let accounts = (out.account, into.account);
        let transfer = Transfer::new(accounts, out.amount, out.fee, into.amount);
        let what = transfer.map_err(|why| match why {
            NoTransfer::SameAccount => "a transfer goes from one account to another.",
            NoTransfer::OtherCurrency | NoTransfer::TooLarge => FEE,
        })?;
        self.add(a, What::Transfer(what), places)
    }

    fn add(&mut self, record: &EntryRecord, what: What, places: [i64; 2]) -> Result<(), Wrong> {
        let at = self
            .moment(record.occurred_at)
            .map_err(|why| format!("occurred_at {why}"))?;
        let new = NewEntry {
            what,
            at,
            note: note(record)?,
            tags: tags(record)?,
        };
        let added = self.draft.add(&new, Keys::random(), places);
        added.map_err(|refusal| sentence(&refusal))
    }

    fn moment(&self, at: DateTime<Utc>) -> Result<Moment, &'static str> {
        // What nobody can have meant is not only too early or too late.
        if !(1970..2200).contains(&at.year()) {
            return Err("is outside the years 1970 to 2199.");
        }
        Moment::new(at, self.latest).map_err(|why| match why {
            NoMoment::BeforeAll => "is outside the years 1970 to 2199.",
            NoMoment::ToCome => "lies in the future.",
            NoMoment::TooPrecise => "is more precise than a microsecond.",
        })
    }
}

/// A half of a transfer.
#[derive(Clone, Copy)]
struct Half {
    account: AccountId,
    goes_out: bool,
    /// Without the fee.
    amount: Positive,
    fee: Option<Positive>,
}

const FEE: &str = "a fee belongs to the sending half of a transfer, and is a part of its amount.";

fn note(record: &EntryRecord) -> Result<Note, Wrong> {
    let note = Note::new(&record.note).map_err(|why| match why {
        Unfit::TooLong(most) => format!("its note is longer than {most} characters."),
        Unfit::TurnsAround => "its note has an unseen mark that turns text around.".to_owned(),
        _ => "its note has a line break or another character that cannot be kept.".to_owned(),
    })?;
    if note.as_str() == record.note {
        Ok(note)
    } else {
        Err("its note begins or ends with a space.".into())
    }
}

fn tags(record: &EntryRecord) -> Result<Tags, Wrong> {
    // As the form makes them: otherwise no filter would find them.
    let tags: Result<Tags, UnfitTags> = Tags::read(&record.tags.join(","));
    tags.ok()
        .filter(|tags| tags.as_slice() == record.tags)
        .ok_or_else(|| {
            "its tags. At most 10, each once, in small letters, of at most 30 characters that can be seen."
                .to_owned()
        })
}

fn unkept(record: &EntryRecord, why: Unkept) -> Wrong {
    let (amount, currency) = (record.amount.0, record.currency);
    match (why, record.kind) {
        (Unkept::TooLarge, _) => format!("{amount} is too large: amounts are below 100 billion."),
        (Unkept::TooPrecise { decimals, .. }, _) => {
            format!("{amount} has too many decimals: {currency} has {decimals}.")
        }
        (Unkept::NotAboveZero, EntryKind::Transfer) => "its amount is zero.".to_owned(),
        (Unkept::NotAboveZero, EntryKind::Withdrawal | EntryKind::Expense) => {
            "its amount must be below zero.".to_owned()
        }
        (Unkept::NotAboveZero, _) => "its amount must be above zero.".to_owned(),
    }
}

/// What the ledger as a whole says.
fn sentence(refusal: &Refusal) -> String {
    match refusal {
        Refusal::BelowZero {
            account,
            currency,
            held,
            at,
        } => format!(
            "{account} would be below zero on {}: it holds {} before that.",
            day(*at),
            Numbers::default().full(*held, *currency)
        ),
        Refusal::TooLarge { account } => {
            format!("{account} would hold more than can be kept: balances are below 100 billion.")
        }
        _ => "The records do not fit together.".to_owned(),
    }
}

fn named(number: i64, entry: &EntryRecord) -> String {
    format!(
        "Entry {number} ({}, {})",
        entry.kind.as_str(),
        day(entry.occurred_at)
    )
}

fn day(at: DateTime<Utc>) -> String {
    at.format("%-d %b %Y").to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{AccountRecord, EntryRecord, restored};

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
            (Ok::<Vec<AccountRecord>, _>(accounts), Ok::<Vec<EntryRecord>, _>(entries)) => {
                match restored(&accounts, &entries, "2026-11-01T00:00:00Z".parse().unwrap()) {
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
            (with(deposit(), "note", "a\0b"), "line break"),
            (with(deposit(), "note", " a"), "space"),
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
