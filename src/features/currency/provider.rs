//! Who publishes exchange rates, and asking them.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Europe::Berlin;
use url::Url;

use super::rate_file::Columns;
use crate::outgoing;
use crate::web::local_time::instant;

/// A file with rates.
#[derive(Clone)]
pub struct File {
    pub url: Url,
    /// As messages call it: the address may hold a key.
    pub name: String,
    /// Its length in bytes, at most, packed and unpacked.
    pub packed: usize,
    pub unpacked: u64,
}

/// Somebody who publishes rates of the euro.
pub trait Provider: Send + Sync {
    /// What its rates are marked with, and what pages call it.
    fn name(&self) -> &str;

    /// Its files: the newest rates, and then those that reach further and further back.
    fn files(&self) -> &[File];

    /// Reads one of its files. What is no rate, it refuses with all the others.
    fn read(&self, content: &[u8], file: &File, now: DateTime<Utc>) -> Result<Columns>;

    /// Whether it publishes rates on a day.
    fn quotes_on(&self, day: NaiveDate) -> bool;

    /// Whether it says nothing of what the bank quotes.
    fn gives_way(&self) -> bool;
}

/// Nobody publishes the rates of a day before 15:30 of the European Central Bank's time.
const OPENING: TimeDelta = TimeDelta::minutes(15 * 60 + 30);

/// When it is that time of a day where the bank is.
fn opening(day: NaiveDate) -> DateTime<Utc> {
    let local = day.and_time(NaiveTime::MIN) + OPENING;
    instant(Berlin, local).unwrap_or_else(|skipped| skipped.at())
}

/// The newest day that rates are due of.
pub fn due(of: &dyn Provider, now: DateTime<Utc>) -> Option<NaiveDate> {
    let today = now.with_timezone(&Berlin).date_naive();
    let mut days = std::iter::successors(Some(today), NaiveDate::pred_opt).take(30);
    days.find(|day| of.quotes_on(*day) && opening(*day) <= now)
}

/// When new rates are first to be had, a number of minutes after the opening.
pub fn next(of: &dyn Provider, now: DateTime<Utc>, minutes: u32) -> DateTime<Utc> {
    let today = now.with_timezone(&Berlin).date_naive();
    let mut days = today.iter_days().take(30);
    let day = days.find(|day| of.quotes_on(*day) && opening(*day) > now);
    let opening = day.map_or(now + TimeDelta::days(1), opening);
    opening + TimeDelta::minutes(minutes.into())
}

/// Fetches a file.
pub async fn fetch(file: &File, time: Duration) -> Result<Vec<u8>> {
    let fetched = async {
        let answer = outgoing::client(time)?.get(file.url.clone()).send().await;
        // The address may hold a key, and the error is kept and shown.
        let answer = answer.map_err(reqwest::Error::without_url)?;
        ensure!(
            answer.status() == reqwest::StatusCode::OK,
            "the answer is {}",
            answer.status()
        );
        outgoing::body(answer, file.packed).await
    };
    fetched.await.context("it could not be fetched")
}

#[cfg(test)]
mod tests {
    use super::super::bank::Bank;
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Half past three in the afternoon is another hour of UTC in summer.
    #[test]
    fn the_bank_is_asked_from_half_past_three_of_its_own_time_on_its_working_days() {
        let bank = Bank::at(&"https://bank.example/daily.xml".parse().unwrap()).unwrap();
        for (now, newest, first) in [
            ("2026-11-26T14:29:59Z", "2026-11-25", "2026-11-26T14:30:00Z"),
            ("2026-11-26T14:30:00Z", "2026-11-26", "2026-11-27T14:30:00Z"),
            ("2026-07-01T13:29:59Z", "2026-06-30", "2026-07-01T13:30:00Z"),
            ("2026-07-01T13:30:00Z", "2026-07-01", "2026-07-02T13:30:00Z"),
            // A weekend, the change to winter time, and Christmas.
            ("2026-10-23T20:00:00Z", "2026-10-23", "2026-10-26T14:30:00Z"),
            ("2026-12-24T20:00:00Z", "2026-12-24", "2026-12-28T14:30:00Z"),
            // Already the next day where the bank is.
            ("2026-11-26T23:30:00Z", "2026-11-26", "2026-11-27T14:30:00Z"),
        ] {
            assert_eq!(due(&bank, at(now)), Some(day(newest)), "{now}");
            assert_eq!(next(&bank, at(now), 0), at(first), "{now}");
            let later = next(&bank, at(now), 59) - at(first);
            assert_eq!(later, TimeDelta::minutes(59));
        }
    }

    /// Why it failed is kept, and administrators see it. Nobody listens at that port.
    #[tokio::test]
    async fn an_address_with_a_key_is_in_no_error() {
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let file = File {
            url: "http://127.0.0.1:1/SECRET".parse().unwrap(),
            name: "127.0.0.1".to_owned(),
            packed: 1,
            unpacked: 1,
        };
        let error = fetch(&file, Duration::from_secs(10)).await.unwrap_err();
        let said = format!("{error:#}");
        assert!(
            said.contains("could not be fetched") && !said.contains("SECRET"),
            "{said}"
        );
    }
}
