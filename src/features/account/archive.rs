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

use super::check_day::CheckDay;
use super::settings::THEMES;
use crate::features::achievements::{self, BadgeRecord, Earned};
use crate::features::bankroll::ledger::{Account, Entry};
use crate::features::bankroll::{AccountRecord, EntryRecord, Ledger, Problem, restored};
use crate::features::currency::{OwnRate, Rates};
use crate::features::goals::{self, Goal, GoalRecord, MOST_GOALS};
use crate::money::{self, Currency};
use crate::text;
use crate::web::format::{Measure, NumberFormat};

/// The first thing in each file.
const FORMAT: &str = "StakeEasy ledger";
/// Grows when older programs could not read the file any more. Version 1 had neither goals nor badges; up to version 2
/// own rates were units for one euro.
const VERSION: u32 = 3;

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
    /// Nor this; files of those who have not chosen a day are read by programs that know none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_on: Option<CheckDay>,
}

/// A rate that the user set, in a file: one unit costs `price` units of `quoted_in`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct RateRecord {
    currency: Currency,
    day: NaiveDate,
    price: String,
    quoted_in: Currency,
    until: Option<NaiveDate>,
}

/// The same as it is read, also from files up to version 2.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadRate {
    currency: Currency,
    day: NaiveDate,
    price: Option<String>,
    quoted_in: Option<Currency>,
    until: Option<NaiveDate>,
    /// Units for one euro: all that older files say.
    per_eur: Option<String>,
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
    rates: Vec<ReadRate>,
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
    // Where clocks differ, what is of right now is not from the future.
    let latest = now + Duration::days(1);
    let rates = rates(file.rates, latest.date_naive())?;
    let keys: Vec<_> = file.accounts.iter().map(|account| account.id).collect();
    let ledger = restored(&file.accounts, &file.entries, latest)?;
    // New keys are in the order of the old ones.
    let keys: HashMap<_, _> = keys
        .into_iter()
        .zip(ledger.accounts().iter().map(|account| account.id))
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
    match text::name(&settings.name, 50) {
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

fn rates(records: Vec<ReadRate>, latest: NaiveDate) -> Result<Vec<OwnRate>, Problem> {
    let mut seen = HashSet::new();
    let rates = (1..).zip(records).map(|(number, record)| {
        let (currency, day) = (record.currency, record.day);
        let wrong = |why: String| Err(Problem(format!("Rate {number} ({currency}, {day}): {why}")));
        if currency == Currency::EUR {
            return wrong("the euro has no rate.".into());
        }
        if !(1970..2200).contains(&day.year()) {
            return wrong("the day is outside the years 1970 to 2199.".into());
        }
        if day > latest {
            return wrong(format!(
                "the day has not come: today is {}.",
                latest - Duration::days(1)
            ));
        }
        if !seen.insert((currency, day)) {
            return wrong("it stands twice.".into());
        }
        let until = record.until;
        if until.is_some_and(|until| until < day || until.year() >= 2200) {
            return wrong("its last day is before its first, or after the year 2199.".into());
        }
        let (price, quoted_in) = match (record.price, record.quoted_in, record.per_eur) {
            (Some(price), Some(quoted_in), None) => (own_price(&price), quoted_in),
            (None, None, Some(per_eur)) => (price_in_euros(&per_eur), Currency::EUR),
            _ => return wrong("it needs price and quoted_in, or per_eur alone.".into()),
        };
        if quoted_in == currency || !quoted_in.can_be_home() {
            return wrong(format!("a price cannot be in {quoted_in}."));
        }
        match price {
            Ok(price) => Ok(OwnRate {
                currency,
                day,
                price,
                quoted_in,
                until,
            }),
            Err(why) => wrong(why.into()),
        }
    });
    let rates: Vec<OwnRate> = rates.collect::<Result<_, _>>()?;
    match Rates::circle(&rates) {
        None => Ok(rates),
        Some(rate) => Err(Problem(format!(
            "The rate of {} from {} is told in {}, which is told in {} again: neither has a value.",
            rate.currency, rate.day, rate.quoted_in, rate.currency
        ))),
    }
}

fn own_price(text: &str) -> Result<Decimal, &'static str> {
    let range = Decimal::new(1, 12)..Decimal::from(1_000_000_000_000_i64);
    money::exact(text)
        .filter(|price| range.contains(price))
        .ok_or("price is no number from 0.000000000001 to below 1000000000000.")
}

/// What one unit costs, to 18 digits.
fn price_in_euros(per_eur: &str) -> Result<Decimal, &'static str> {
    let range = Decimal::new(1, 8)..=Decimal::from(100_000_000);
    money::exact(per_eur)
        .filter(|rate| range.contains(rate))
        .and_then(|rate| Decimal::ONE.checked_div(rate)?.round_sf(18))
        .map(|price| price.normalize())
        .ok_or("per_eur is no number between 0.00000001 and 100000000.")
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
            price: rate.price.normalize().to_string(),
            quoted_in: rate.quoted_in,
            until: rate.until,
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
mod tests;
