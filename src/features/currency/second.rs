//! A second provider, for what the central bank does not quote: JSON as exchangerate-api.com sends it, with a key
//! (`conversion_rates`) and without (`rates`).

use std::collections::HashMap;

use anyhow::{Context, Result, anyhow, ensure};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;

use super::provider::{File, Provider};
use super::rate_file::{self, Columns};
use crate::money::{self, Currency};

const MIB: usize = 1024 * 1024;

/// Whoever is at the address in the settings.
pub struct Second {
    name: String,
    file: File,
}

impl Second {
    /// At an address, which may hold a key. Only its host is ever named.
    pub fn at(address: &SecretString) -> Result<Self> {
        let url: Url = address.expose_secret().parse()?;
        let host = url.host_str().context("RATES_FALLBACK_URL has no host")?;
        Ok(Self {
            name: host.to_owned(),
            file: File {
                name: host.to_owned(),
                packed: MIB,
                unpacked: MIB as u64,
                url,
            },
        })
    }
}

/// What it answers. Numbers are taken as they are written, and never become floats.
#[derive(Deserialize)]
struct Answer {
    #[serde(alias = "base")]
    base_code: String,
    time_last_update_unix: Option<i64>,
    #[serde(alias = "conversion_rates")]
    rates: HashMap<String, Box<RawValue>>,
}

impl Provider for Second {
    fn name(&self) -> &str {
        &self.name
    }

    fn files(&self) -> &[File] {
        std::slice::from_ref(&self.file)
    }

    fn read(&self, content: &[u8], _: &File, now: DateTime<Utc>) -> Result<Columns> {
        let answer: Answer =
            serde_json::from_slice(content).context("this is not the JSON that was expected")?;
        let base = &answer.base_code;
        ensure!(
            base == Currency::EUR.code(),
            "its rates are of 1 {base}: the address must ask for those of the euro"
        );
        let day = match answer.time_last_update_unix {
            Some(seconds) => DateTime::from_timestamp(seconds, 0)
                .context("the time of its last update is none")?
                .date_naive(),
            None => now.date_naive(),
        };
        let day = rate_file::day_up_to(day, now.date_naive())?;
        let mut columns = Columns::default();
        for (code, written) in &answer.rates {
            let Ok(currency) = code.parse::<Currency>() else {
                continue;
            };
            if currency != Currency::EUR {
                let rate = rate(written.get()).with_context(|| code.clone())?;
                columns.0.push(code.clone());
                columns.1.push(day);
                columns.2.push(rate);
            }
        }
        Ok(columns)
    }

    fn quotes_on(&self, _: NaiveDate) -> bool {
        true
    }

    fn gives_way(&self) -> bool {
        true
    }
}

/// A rate as JSON has it: `1.1`, `1.1e-5`, or either as a text.
fn rate(written: &str) -> Result<Decimal> {
    let text = written.trim_matches('"');
    let number = if text.contains(['e', 'E']) {
        Decimal::from_scientific(text).ok()
    } else {
        money::exact(text)
    };
    let number = number.ok_or_else(|| anyhow!("this is not a number: {text}"))?;
    rate_file::rate_of(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Vec<String>, String> {
        let second = Second::at(&"https://api.example/v6/key/latest/EUR".into()).unwrap();
        let now = "2026-10-30T17:00:00Z".parse().unwrap();
        let read = second.read(json.as_bytes(), &second.file, now);
        let (codes, days, rates) = read.map_err(|error| format!("{error:#}"))?;
        let mut lines: Vec<String> = codes
            .iter()
            .zip(days)
            .zip(rates)
            .map(|((code, day), rate)| format!("{code} {day} {}", rate.normalize()))
            .collect();
        lines.sort();
        Ok(lines)
    }

    #[test]
    fn both_forms_are_read_and_numbers_as_they_are_written() {
        let open = r#"{"result":"success","provider":"https://www.exchangerate-api.com","time_last_update_unix":1793318551,
            "time_next_update_unix":1793405000,"time_eol_unix":0,"base_code":"EUR",
            "rates":{"EUR":1,"USD":1.1172,"KWD":0.340915,"BTC":1.0512345e-5,"XXY":null}}"#;
        let read_open = read(open).unwrap();
        assert_eq!(
            read_open,
            [
                "BTC 2026-10-30 0.000010512345",
                "KWD 2026-10-30 0.340915",
                "USD 2026-10-30 1.1172"
            ]
        );
        let keyed = open.replace("\"rates\"", "\"conversion_rates\"");
        assert_eq!(read(&keyed).unwrap(), read_open);
        let texts = r#"{"base":"EUR","rates":{"BTC":"0.0000105"}}"#;
        assert_eq!(read(texts).unwrap(), ["BTC 2026-10-30 0.0000105"]);
    }

    #[test]
    fn what_is_wrong_refuses_all_of_it() {
        for (json, said) in [
            (
                r#"{"base_code":"USD","rates":{"KWD":0.3}}"#,
                "its rates are of 1 USD",
            ),
            (
                r#"{"result":"error","error-type":"invalid-key"}"#,
                "not the JSON that was expected",
            ),
            (
                r#"{"base_code":"EUR","rates":{"KWD":NaN}}"#,
                "not the JSON that was expected",
            ),
            (
                r#"{"base_code":"EUR","rates":{"KWD":0.3"#,
                "not the JSON that was expected",
            ),
            ("<html>", "not the JSON that was expected"),
            (
                r#"{"base_code":"EUR","rates":{"KWD":0}}"#,
                "KWD: a rate is above 0",
            ),
            (
                r#"{"base_code":"EUR","rates":{"KWD":-0.3}}"#,
                "KWD: a rate is above 0",
            ),
            (
                r#"{"base_code":"EUR","rates":{"KWD":1e-20}}"#,
                "KWD: a rate is above 0",
            ),
            (
                r#"{"base_code":"EUR","rates":{"KWD":1e20}}"#,
                "KWD: a rate is above 0",
            ),
            (
                r#"{"base_code":"EUR","rates":{"KWD":1e999}}"#,
                "KWD: this is not a number",
            ),
            (
                r#"{"base_code":"EUR","rates":{"KWD":null}}"#,
                "KWD: this is not a number",
            ),
            (
                r#"{"base_code":"EUR","rates":{"KWD":"NaN"}}"#,
                "KWD: this is not a number",
            ),
            (
                r#"{"base_code":"EUR","rates":{"KWD":[1]}}"#,
                "KWD: this is not a number",
            ),
            (
                r#"{"base_code":"EUR","time_last_update_unix":1793405000,"rates":{"KWD":0.3}}"#,
                "2026-10-31 has not come yet",
            ),
            (
                r#"{"base_code":"EUR","time_last_update_unix":9999999999999999,"rates":{"KWD":0.3}}"#,
                "the time of its last update is none",
            ),
        ] {
            let refused = read(json).expect_err(json);
            assert!(refused.contains(said), "{json}: {refused}");
        }
    }
}
