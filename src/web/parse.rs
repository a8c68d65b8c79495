//! Text to a typed value, or a sentence for the person who typed it. Nothing is rounded or guessed.

mod amount;
mod email;

use chrono::{NaiveDate, NaiveTime, Timelike};
use chrono_tz::Tz;
use uuid::Uuid;

pub use self::amount::{amount, number, optional_positive, positive, price, signed};
pub use self::email::{email, known_email};
use crate::money::Currency;
use crate::web::form::Parsed;

/// A currency's code.
pub fn currency(text: &str) -> Parsed<Currency> {
    text.trim()
        .parse()
        .map_err(|_| "Choose a currency from the list.".into())
}

/// A key, as forms carry them in selects and hidden fields.
pub fn id(text: &str) -> Parsed<Uuid> {
    text.trim()
        .parse()
        .map_err(|_| "Choose one from the list.".into())
}

/// A date as date inputs send it: `2026-10-30`. Also `30.10.2026` and `30 Oct 2026`, typed by hand.
pub fn date(text: &str) -> Parsed<NaiveDate> {
    let text = text.trim();
    if text.is_empty() {
        return Err("Type a date such as 2026-10-30.".into());
    }
    let read = ["%Y-%m-%d", "%d.%m.%Y", "%d %b %Y", "%d %B %Y"]
        .iter()
        .find_map(|format| NaiveDate::parse_from_str(text, format).ok())
        .filter(|day| (1970..2200).contains(&chrono::Datelike::year(day)));
    read.ok_or_else(|| match month_end(text) {
        Some(sentence) => sentence.into(),
        None => "This is not a date. Type it as 2026-10-30.".into(),
    })
}

/// For a day past the end of its month, a sentence that says so.
fn month_end(text: &str) -> Option<String> {
    let (month, day) = text.rsplit_once('-')?;
    let first = NaiveDate::parse_from_str(&format!("{month}-01"), "%Y-%m-%d").ok()?;
    let days = chrono::Datelike::num_days_in_month(&first);
    let beyond = day
        .parse::<u32>()
        .is_ok_and(|day| day > u32::from(days) && day < 100);
    beyond.then(|| format!("{} has {days} days.", first.format("%B")))
}

/// A time of day, `21:40`; empty is none.
pub fn optional_time(text: &str) -> Parsed<Option<NaiveTime>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let read = ["%H:%M", "%H:%M:%S"]
        .iter()
        .find_map(|format| NaiveTime::parse_from_str(text, format).ok());
    // 23:59:60 is a second that the database counts to the next day.
    read.filter(|time| time.nanosecond() == 0)
        .map(Some)
        .ok_or_else(|| "This is not a time of day. Type it as 21:40.".into())
}

/// A time zone of the IANA list.
pub fn time_zone(text: &str) -> Parsed<Tz> {
    text.trim()
        .parse()
        .map_err(|_| "Choose a time zone from the list, such as Europe/Helsinki.".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_say_what_is_wrong() {
        assert_eq!(
            date("2026-02-28").ok(),
            NaiveDate::from_ymd_opt(2026, 2, 28)
        );
        assert_eq!(
            date("30 Oct 2026").ok(),
            NaiveDate::from_ymd_opt(2026, 10, 30)
        );
        assert_eq!(
            date("2026-02-29").unwrap_err().to_string(),
            "February has 28 days."
        );
        for text in [
            "",
            "tomorrow",
            "0000-00-00",
            "1969-12-31",
            "2200-01-01",
            "2026-13-01",
            "\u{0}",
        ] {
            assert!(date(text).is_err(), "{text:?}");
        }
    }
}
