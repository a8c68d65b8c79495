//! Pure: the file that an export writes and an import reads. One record stands on each line, so that a message can
//! name the line, and two exports can be compared.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::marker::PhantomData;

use anyhow::Result;
use chrono::{DateTime, Datelike, Duration, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::settings::THEMES;
use crate::features::achievements::{self, BadgeRecord, Earned};
use crate::features::bankroll::ledger::{Account, Entry};
use crate::features::bankroll::{AccountRecord, EntryRecord, Ledger, Problem, restored};
use crate::features::currency::OwnRate;
use crate::features::goals::{self, Goal, GoalRecord, MOST_GOALS};
use crate::money::{self, Currency};
use crate::web::format::{Measure, NumberFormat};
use crate::web::parse;

/// The first thing in each file.
const FORMAT: &str = "StakeEasy ledger";
/// Grows when older programs could not read the file any more. Version 1 had neither goals nor badges.
const VERSION: u32 = 2;

/// More accounts or entries than a ledger takes are not even read.
const MOST_ACCOUNTS: usize = 200;
const MOST_ENTRIES: usize = 200_000;
/// Own rates: 40 years of one currency, or 10 of four.
const MOST_RATES: usize = 15_000;
/// Tiers of badges: more than there are.
const MOST_BADGES: usize = 1_000;

/// The settings in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsRecord {
    pub name: String,
    pub home_currency: Currency,
    /// An IANA name.
    pub time_zone: String,
    pub theme: String,
    pub number_format: String,
    pub hide_amounts: bool,
    /// Files of before there was a choice have none.
    #[serde(default)]
    pub counted_in: Measure,
}

/// A rate that the user set, in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RateRecord {
    currency: Currency,
    day: NaiveDate,
    per_eur: String,
}

/// A whole file as it is read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "format", deserialize_with = "our_format")]
    _format: (),
    #[serde(rename = "version", deserialize_with = "our_version")]
    _version: (),
    exported_at: DateTime<Utc>,
    settings: SettingsRecord,
    #[serde(deserialize_with = "at_most::<MOST_RATES, _, _>")]
    rates: Vec<RateRecord>,
    #[serde(default, deserialize_with = "at_most::<MOST_BADGES, _, _>")]
    badges: Vec<BadgeRecord>,
    #[serde(deserialize_with = "at_most::<MOST_ACCOUNTS, _, _>")]
    accounts: Vec<AccountRecord>,
    #[serde(default, deserialize_with = "at_most::<MOST_GOALS, _, _>")]
    goals: Vec<GoalRecord>,
    #[serde(deserialize_with = "at_most::<MOST_ENTRIES, _, _>")]
    entries: Vec<EntryRecord>,
}

/// A file that was found to be right, as it will be saved.
#[derive(Debug)]
pub struct Restored {
    pub exported_at: DateTime<Utc>,
    pub settings: SettingsRecord,
    pub rates: Vec<OwnRate>,
    pub badges: Vec<Earned>,
    /// With new keys.
    pub ledger: Ledger,
    /// With new keys.
    pub goals: Vec<Goal>,
}

fn our_format<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    match String::deserialize(deserializer)? {
        text if text == FORMAT => Ok(()),
        _ => Err(D::Error::custom(format!("the format is not {FORMAT:?}"))),
    }
}

fn our_version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    match u32::deserialize(deserializer)? {
        1..=VERSION => Ok(()),
        other => Err(D::Error::custom(format!(
            "the file has version {other}, and this site reads versions up to {VERSION}"
        ))),
    }
}

/// A list of at most `N`: a longer one is given up as soon as that is known.
fn at_most<'de, const N: usize, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    struct Capped<const N: usize, T>(PhantomData<T>);

    impl<'de, const N: usize, T: Deserialize<'de>> Visitor<'de> for Capped<N, T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of at most {N}")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
            let mut read = Vec::new();
            while let Some(one) = list.next_element()? {
                if read.len() == N {
                    return Err(A::Error::custom(format!("more than {N} are not taken")));
                }
                read.push(one);
            }
            Ok(read)
        }
    }

    deserializer.deserialize_seq(Capped::<N, T>(PhantomData))
}

/// Reads a whole file and checks everything in it. A refusal names the line, or the record.
pub fn read(content: &[u8], now: DateTime<Utc>) -> Result<Restored, Problem> {
    // Editors on Windows put a mark in front.
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    if content.is_empty() {
        return Err(Problem("Choose the file first.".into()));
    }
    if content.starts_with(b"PK") {
        let text = "This is a zip file. Choose the JSON file: only that one holds everything.";
        return Err(Problem(text.into()));
    }
    let file: File = serde_json::from_slice(content).map_err(|error| unreadable(&error))?;
    settings(&file.settings)?;
    let rates = rates(file.rates)?;
    // Where clocks differ, what is of right now is not from the future.
    let latest = now + Duration::days(1);
    let keys: Vec<_> = file.accounts.iter().map(|account| account.id).collect();
    let ledger = restored(file.accounts, file.entries, latest)?;
    // New keys are in the order of the old ones.
    let keys: HashMap<_, _> = keys
        .into_iter()
        .zip(ledger.accounts.iter().map(|account| account.id))
        .collect();
    let goals = goals::restored(file.goals, |id| keys.get(&id).copied())?;
    let badges = achievements::restored(file.badges, latest.date_naive())?;
    Ok(Restored {
        exported_at: file.exported_at,
        settings: file.settings,
        rates,
        badges,
        ledger,
        goals,
    })
}

fn unreadable(error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or_default();
    let what: String = what.chars().filter(|c| !c.is_control()).take(200).collect();
    Problem(format!(
        "This is not a file that was exported here. Line {}: {what}.",
        error.line()
    ))
}

fn settings(settings: &SettingsRecord) -> Result<(), Problem> {
    let wrong = |field: &str, why: &str| Err(Problem(format!("settings, {field}: {why}")));
    match parse::line(&settings.name, 50) {
        Ok(name) if name == settings.name => {}
        Ok(_) => return wrong("name", "it begins or ends with a space."),
        Err(why) => return wrong("name", &why.to_string()),
    }
    if !settings.home_currency.can_be_home() {
        return wrong("home_currency", "totals cannot be in this currency.");
    }
    if settings.time_zone.parse::<Tz>().is_err() {
        return wrong("time_zone", "there is no such time zone.");
    }
    if !THEMES.iter().any(|(value, ..)| *value == settings.theme) {
        return wrong("theme", "there is no such theme.");
    }
    if !NumberFormat::ALL
        .iter()
        .any(|format| format.as_str() == settings.number_format)
    {
        return wrong("number_format", "there is no such format.");
    }
    Ok(())
}

fn rates(records: Vec<RateRecord>) -> Result<Vec<OwnRate>, Problem> {
    let mut seen = HashSet::new();
    let rates = (1..).zip(records).map(|(number, record)| {
        let (currency, day) = (record.currency, record.day);
        let wrong = |why: String| Err(Problem(format!("Rate {number} ({currency}, {day}): {why}")));
        if !currency.takes_own_rates() {
            return wrong("the central bank quotes this currency.".into());
        }
        if !(1970..2200).contains(&day.year()) {
            return wrong("the day is outside the years 1970 to 2199.".into());
        }
        if !seen.insert((currency, day)) {
            return wrong("it stands twice.".into());
        }
        let range = Decimal::new(1, 8)..=Decimal::from(100_000_000);
        match money::exact(&record.per_eur).filter(|rate| range.contains(rate)) {
            Some(per_eur) => Ok(OwnRate {
                currency,
                day,
                per_eur,
            }),
            None => wrong("per_eur is no number between 0.00000001 and 100000000.".into()),
        }
    });
    rates.collect()
}

/// Writes a file, part by part.
#[derive(Debug)]
pub struct Writer {
    out: Vec<u8>,
    first: bool,
}

impl Writer {
    /// Begins a file with everything but the entries.
    pub fn new(
        exported_at: DateTime<Utc>,
        settings: &SettingsRecord,
        rates: &[OwnRate],
        badges: &[Earned],
        accounts: &[Account],
        goals: &[Goal],
    ) -> Result<Self> {
        let mut writer = Self {
            out: Vec::new(),
            first: true,
        };
        writer.text("{\n\"format\": ");
        writer.json(&FORMAT)?;
        writer.text(",\n\"version\": ");
        writer.json(&VERSION)?;
        writer.text(",\n\"exported_at\": ");
        writer.json(&exported_at)?;
        writer.text(",\n\"settings\": ");
        writer.json(settings)?;
        writer.text(",\n\"rates\": [");
        writer.records(rates.iter().map(|rate| RateRecord {
            currency: rate.currency,
            day: rate.day,
            per_eur: rate.per_eur.normalize().to_string(),
        }))?;
        writer.text("\n],\n\"badges\": [");
        writer.first = true;
        writer.records(badges.iter().map(BadgeRecord::from))?;
        writer.text("\n],\n\"accounts\": [");
        writer.first = true;
        writer.records(accounts.iter().map(AccountRecord::from))?;
        writer.text("\n],\n\"goals\": [");
        writer.first = true;
        writer.records(goals::records(goals, accounts).into_iter())?;
        writer.text("\n],\n\"entries\": [");
        writer.first = true;
        Ok(writer)
    }

    /// Adds the next entries, in order.
    pub fn entries(&mut self, entries: &[Entry]) -> Result<()> {
        self.records(entries.iter().map(EntryRecord::from))
    }

    /// The whole file.
    pub fn finish(mut self) -> Vec<u8> {
        self.text("\n]\n}\n");
        self.out
    }

    fn records(&mut self, records: impl Iterator<Item = impl Serialize>) -> Result<()> {
        for record in records {
            self.text(if self.first { "\n" } else { ",\n" });
            self.first = false;
            self.json(&record)?;
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn json(&mut self, value: &impl Serialize) -> Result<()> {
        Ok(serde_json::to_writer(&mut self.out, value)?)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::features::bankroll::ledger::{AccountKind, EntryKind};
    use crate::ids::{AccountId, EntryId, TransferId};

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
            Writer::new(now(), settings, rates, &badges(), &ledger.accounts, goals).unwrap();
        for part in ledger.entries.chunks(3) {
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

    fn account(n: i32) -> Account {
        let codes = ["USD", "JPY", "BTC", "EUR"];
        Account {
            id: AccountId::random(),
            // Only these may be below zero, so that any amounts make a right ledger.
            kind: [AccountKind::Bank, AccountKind::Other][usize::try_from(n).unwrap() % 2],
            name: format!("=Account \"{n}\", 🂡"),
            currency: codes[usize::try_from(n).unwrap() % 4].parse().unwrap(),
            position: n + 1,
            archived_at: (n == 2).then(|| now() - Duration::microseconds(1)),
            version: 1,
        }
    }

    type Raw = (u8, usize, i64, i64, bool, String, Vec<String>);

    /// Any ledger: what each number means does not matter, only that all of it comes back.
    fn ledger(raw: Vec<Raw>) -> Ledger {
        let accounts: Vec<Account> = (0..4).map(account).collect();
        let mut entries = Vec::new();
        for (position, (kind, index, units, at, fee, note, mut tags)) in (1..).zip(raw) {
            tags.sort();
            tags.dedup();
            let kind = EntryKind::ALL[usize::from(kind) % EntryKind::ALL.len()];
            let outside =
                matches!(kind, EntryKind::Deposit | EntryKind::Withdrawal) && units % 5 == 0;
            let one = &accounts[index % 4];
            let amount = Decimal::new(units, one.currency.minor_units());
            let entry = Entry {
                id: EntryId::random(),
                account: (!outside).then_some(one.id),
                kind,
                amount: match kind {
                    EntryKind::Withdrawal | EntryKind::Expense | EntryKind::Transfer => -amount,
                    _ => amount,
                },
                fee: if kind == EntryKind::Transfer && fee && units > 1 {
                    Decimal::new(1, one.currency.minor_units())
                } else {
                    Decimal::ZERO
                },
                currency: one.currency,
                occurred_at: DateTime::from_timestamp_micros(at).unwrap(),
                position,
                transfer: (kind == EntryKind::Transfer).then(TransferId::random),
                note,
                tags,
                version: 1,
            };
            if kind == EntryKind::Transfer {
                let other = &accounts[(index + 1) % 4];
                entries.push(Entry {
                    id: EntryId::random(),
                    account: Some(other.id),
                    amount: Decimal::new(units, other.currency.minor_units()),
                    fee: Decimal::ZERO,
                    currency: other.currency,
                    ..entry.clone()
                });
            }
            entries.push(entry);
        }
        entries.sort_by_key(|entry| entry.occurred_at);
        Ledger { accounts, entries }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_is_exported_and_imported_is_exported_alike(raw in proptest::collection::vec(
            (
                any::<u8>(), any::<usize>(), 1..1_000_000_000_i64, 0..1_700_000_000_000_000_i64, any::<bool>(),
                "[ -~äé🂡\\n]{0,40}", proptest::collection::vec("[a-z0-9]{1,8}", 0..4),
            ),
            0..60,
        )) {
            let rates = [OwnRate {
                currency: "BTC".parse().unwrap(),
                day: "2026-10-30".parse().unwrap(),
                per_eur: "0.0000163934426229508196721311".parse().unwrap(),
            }];
            let ledger = ledger(raw);
            let file = written(&settings(), &rates, &ledger);
            let restored = read(&file, now()).unwrap();
            prop_assert_eq!(&restored.settings, &settings());
            prop_assert_eq!(&restored.rates[..], &rates);
            prop_assert_eq!(&restored.badges, &badges());
            prop_assert!(restored.ledger.entries.iter().all(|new| ledger.entries.iter().all(|old| old.id != new.id)));
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
        let key = ledger.accounts[2].id.to_string();
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
            restored.ledger.accounts[2].id.to_string()
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
            .replace("\"version\": 2", "\"version\": 1")
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
            .replace("\"version\": 2", "\"version\": 1");
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
                right.replace("\"version\": 2", "\"version\": 3"),
                "Line 3: the file has version 3",
            ),
            (
                right.replace("STREAK_7_DAY", "STREAK_8_DAY"),
                "Badge 1 (STREAK_8_DAY, tier 2): there is no such badge.",
            ),
            (
                right.replace("\"version\": 2,", ""),
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
            (
                right.replace(
                    "\"rates\": [",
                    r#""rates": [{"currency": "USD", "day": "2026-01-01", "per_eur": "1"}"#,
                ),
                "Rate 1 (USD, 2026-01-01)",
            ),
            (
                right.replace(
                    "\"rates\": [",
                    r#""rates": [{"currency": "BTC", "day": "2026-01-01", "per_eur": "0"}"#,
                ),
                "per_eur",
            ),
        ] {
            let text = refused(&wrong);
            assert!(text.contains(why), "{text:?} does not say {why:?}");
        }
        let long = format!("{{\"{}\": 1}}", "x".repeat(10_000));
        assert!(refused(&long).chars().count() < 300);
    }
}
