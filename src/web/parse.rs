//! Text to a typed value, or a sentence for the person who typed it. Nothing is rounded or guessed.

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::money::Currency;
use crate::web::form::Parsed;
use crate::web::format::NumberFormat;

/// Amounts are below this, in any currency.
pub const AMOUNT_LIMIT: i64 = 100_000_000_000;

/// Text on one line, trimmed, of at most `max` characters. Empty is allowed.
pub fn optional_line(text: &str, max: usize) -> Parsed<String> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err(
            "This has a character that cannot be saved, such as a line break. Leave it out.".into(),
        );
    }
    if text.chars().count() > max {
        return Err(format!("This is too long: {max} characters at most.").into());
    }
    Ok(text.to_owned())
}

/// Text on one line, trimmed, of 1 to `max` characters.
pub fn line(text: &str, max: usize) -> Parsed<String> {
    match optional_line(text, max)? {
        text if text.is_empty() => Err("Type something here.".into()),
        text => Ok(text),
    }
}

/// An e-mail address: one `@` with something before it and a host with a dot after it. Only a mail proves the rest.
pub fn email(text: &str) -> Parsed<String> {
    let text = line(text, 254)?;
    let valid = text.split_once('@').is_some_and(|(local, host)| {
        let plain = |part: &str| {
            !part.is_empty()
                && !part.contains(|c: char| c.is_whitespace() || "<>(),;:\"@".contains(c))
        };
        plain(local)
            && local.len() <= 64
            && plain(host)
            && host.contains('.')
            && !host.starts_with('.')
            && !host.ends_with('.')
    });
    if valid {
        Ok(text)
    } else {
        Err("Type an e-mail address such as name@example.org.".into())
    }
}

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
    read.map(Some)
        .ok_or_else(|| "This is not a time of day. Type it as 21:40.".into())
}

/// A time zone of the IANA list.
pub fn time_zone(text: &str) -> Parsed<Tz> {
    text.trim()
        .parse()
        .map_err(|_| "Choose a time zone from the list, such as Europe/Helsinki.".into())
}

/// Tags, separated by commas or `#`: at most 10, of at most 30 characters, in small letters, each once.
pub fn tags(text: &str) -> Parsed<Vec<String>> {
    let mut tags: Vec<String> = Vec::new();
    for tag in optional_line(text, 400)?.split([',', '#']) {
        let tag = tag.trim().to_lowercase();
        if tag.chars().count() > 30 {
            return Err("A tag has at most 30 characters.".into());
        }
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    if tags.len() > 10 {
        return Err("An entry takes at most 10 tags.".into());
    }
    Ok(tags)
}

/// A number as people type it: comma or point for the decimals, separators between groups of three.
///
/// `1,234` means two different things in two places. It is read in the user's own format if it can be, and refused
/// where a wrong guess would still look right (a currency with three decimals or more).
pub fn number(text: &str, format: NumberFormat, decimals: u32) -> Parsed<Decimal> {
    let text: String = text
        .trim()
        .chars()
        .map(|c| match c {
            '\u{2212}' => '-',
            '\u{a0}' | '\u{202f}' | '\u{2009}' => ' ',
            '\u{2019}' => '\'',
            c => c,
        })
        .collect();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    if digits.is_empty() {
        return Err("Type an amount such as 250 or 250.50.".into());
    }
    if digits
        .chars()
        .any(|c| !c.is_ascii_digit() && !" ,.'".contains(c))
    {
        return Err("This is not an amount. Use digits, such as 1250.50.".into());
    }
    let Some((whole, fraction)) = split(digits, format, decimals)? else {
        return Err(format!(
            "{digits} can be read two ways. Type it without separators, such as 1234 or 1.234."
        )
        .into());
    };
    if whole.len() + fraction.len() > 27 {
        return Err(too_large());
    }
    let places = u32::try_from(fraction.trim_end_matches('0').len()).unwrap_or(u32::MAX);
    if places > decimals {
        return Err(match decimals {
            0 => "This currency has no decimals. Type a whole number.".into(),
            n => format!("This currency has {n} decimals, and the amount has {places}.").into(),
        });
    }
    let value: Decimal = format!("{whole}.{fraction}0")
        .parse()
        .map_err(|_| too_large())?;
    let value = value.normalize();
    if value >= Decimal::from(AMOUNT_LIMIT) {
        return Err(too_large());
    }
    Ok(if negative { -value } else { value })
}

fn too_large() -> crate::web::form::Complaint {
    "This is more than can be kept: amounts are below 100 billion.".into()
}

/// The digits before and after the decimal sign. `None` if that cannot be told.
fn split(digits: &str, format: NumberFormat, decimals: u32) -> Parsed<Option<(String, String)>> {
    let points = digits.matches('.').count();
    let commas = digits.matches(',').count();
    let decimal_at = match (points, commas) {
        (0, 0) => None,
        // Both stand: the later one, if it stands once, separates the decimals.
        (p, c) if p > 0 && c > 0 => {
            let last = digits.rfind(['.', ',']);
            let sign = last.map(|i| &digits[i..=i]);
            if sign.is_some_and(|sign| digits.matches(sign).count() == 1) {
                last
            } else {
                return Err(not_grouped());
            }
        }
        // One kind, several times: it separates groups.
        (p, c) if p + c > 1 => None,
        _ => {
            let at = digits.find(['.', ',']);
            match at.filter(|i| looks_grouped(digits, *i)) {
                None => at,
                // 1,234: decimals where that is the user's sign and the currency has so many, a thousand where
                // neither holds, and otherwise nobody knows.
                Some(i) => match (digits[i..].starts_with(format.decimal()), decimals >= 3) {
                    (true, true) => at,
                    (false, false) => None,
                    _ => return Ok(None),
                },
            }
        }
    };
    let (whole, fraction) = match decimal_at {
        Some(i) => (&digits[..i], &digits[i + 1..]),
        None => (digits, ""),
    };
    if !fraction.chars().all(|c| c.is_ascii_digit()) {
        return Err(not_grouped());
    }
    let groups: Vec<&str> = whole.split([',', '.', ' ', '\'']).collect();
    let grouped = groups.len() == 1
        || (1..=3).contains(&groups[0].len()) && groups[1..].iter().all(|group| group.len() == 3);
    if !grouped || whole.is_empty() && fraction.is_empty() {
        return Err(not_grouped());
    }
    Ok(Some((groups.concat(), fraction.to_owned())))
}

/// Whether the single sign at `i` may separate a group: `12,345` but not `0,123` or `12,34`.
fn looks_grouped(digits: &str, i: usize) -> bool {
    let (whole, rest) = (&digits[..i], &digits[i + 1..]);
    rest.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0')
}

fn not_grouped() -> crate::web::form::Complaint {
    "This is not an amount. Type it without separators, such as 1250.50.".into()
}

/// An amount of a currency, of any sign.
pub fn amount(text: &str, format: NumberFormat, currency: Currency) -> Parsed<Decimal> {
    let text = text.trim();
    let text = text.strip_prefix(currency.symbol().trim()).unwrap_or(text);
    number(
        text.strip_suffix(currency.code()).unwrap_or(text),
        format,
        currency.minor_units(),
    )
}

/// An amount above zero.
pub fn positive(text: &str, format: NumberFormat, currency: Currency) -> Parsed<Decimal> {
    match amount(text, format, currency)? {
        value if value > Decimal::ZERO => Ok(value),
        _ => Err("Type an amount above zero.".into()),
    }
}

/// An amount above zero, or nothing at all, which is zero.
pub fn optional_positive(text: &str, format: NumberFormat, currency: Currency) -> Parsed<Decimal> {
    if text.trim().is_empty() {
        return Ok(Decimal::ZERO);
    }
    match amount(text, format, currency)? {
        value if value >= Decimal::ZERO => Ok(value),
        _ => Err("Type an amount of zero or more, or leave this empty.".into()),
    }
}

/// The price of a unit in a currency, above zero and with up to 12 decimals. It is read in the user's own format, as pages
/// print it: `86,500` is a thousand of something where the comma groups digits. Only a sign that means nothing there can
/// stand for two prices; the refusal names both.
pub fn price(text: &str, format: NumberFormat, currency: Currency) -> Parsed<Decimal> {
    let text = text.trim();
    let text = text.strip_prefix(currency.symbol().trim()).unwrap_or(text);
    let text = text.strip_suffix(currency.code()).unwrap_or(text).trim();
    let signs = text.matches([',', '.']).count();
    let grouped = text
        .find([',', '.'])
        .filter(|at| signs == 1 && looks_grouped(text, *at));
    let whole = grouped.map(|at| {
        (
            text[at..].starts_with(format.group()),
            text.replace([',', '.'], ""),
        )
    });
    let price = match (grouped, whole) {
        (Some(_), Some((true, whole))) => number(&whole, format, 12)?,
        (Some(at), Some((false, whole))) if !text[at..].starts_with(format.decimal()) => {
            let fraction = text[at + 1..].trim_end_matches('0');
            let decimal = if fraction.is_empty() {
                text[..at].to_owned()
            } else {
                format!("{}{}{fraction}", &text[..at], format.decimal())
            };
            return Err(format!("{text} can be {whole} or {decimal}. Type one of them.").into());
        }
        _ => number(text, format, 12)?,
    };
    if price > Decimal::ZERO {
        Ok(price)
    } else {
        Err("Type a price above zero.".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_read_as_pages_print_it_and_refused_where_it_could_be_two() {
        use NumberFormat::{ApostrophePoint, CommaPoint, PointComma, SpaceComma};
        let read = |text: &str, format| {
            let read = price(text, format, Currency::USD);
            read.map(|price| price.to_string())
                .map_err(|why| why.to_string())
        };
        for (format, text, price) in [
            (CommaPoint, "86,500", "86500"),
            (CommaPoint, "86.500", "86.5"),
            (CommaPoint, "1,086,500.25", "1086500.25"),
            (CommaPoint, "$86,500", "86500"),
            (CommaPoint, "86,500 USD", "86500"),
            (CommaPoint, "0.123", "0.123"),
            (CommaPoint, "0,123", "0.123"),
            (CommaPoint, "0.000011560123", "0.000011560123"),
            (PointComma, "86.500", "86500"),
            (PointComma, "86,500", "86.5"),
            (SpaceComma, "86\u{a0}500", "86500"),
            (SpaceComma, "86,500", "86.5"),
            (ApostrophePoint, "86'500", "86500"),
            (ApostrophePoint, "86.500", "86.5"),
        ] {
            assert_eq!(
                read(text, format).as_deref(),
                Ok(price),
                "{format:?} {text}"
            );
        }
        let two = |whole: &str, decimal: &str| format!("can be {whole} or {decimal}.");
        for (format, text, said) in [
            (SpaceComma, "86.500", two("86500", "86,5")),
            (SpaceComma, "86.000", two("86000", "86")),
            (ApostrophePoint, "86,512", two("86512", "86.512")),
            (CommaPoint, "0", "above zero".to_owned()),
            (CommaPoint, "-5", "above zero".to_owned()),
            (CommaPoint, "0.1234567890123", "12 decimals".to_owned()),
            (CommaPoint, "1e5", "digits".to_owned()),
        ] {
            let refused = read(text, format).unwrap_err();
            assert!(refused.contains(&said), "{format:?} {text}: {refused}");
        }
        // What it proposes is taken.
        assert_eq!(read("86,5", SpaceComma).as_deref(), Ok("86.5"));
        assert_eq!(read("86.512", ApostrophePoint).as_deref(), Ok("86.512"));
    }

    fn usd(text: &str) -> Option<String> {
        read(text, NumberFormat::CommaPoint, "USD")
    }

    fn read(text: &str, format: NumberFormat, code: &str) -> Option<String> {
        amount(text, format, code.parse().unwrap())
            .ok()
            .map(|value| value.to_string())
    }

    #[test]
    fn amounts_are_read_with_comma_or_point() {
        for (text, value) in [
            ("1234.56", "1234.56"),
            ("1,234.56", "1234.56"),
            ("1.234,56", "1234.56"),
            ("1 234,56", "1234.56"),
            ("1'234.56", "1234.56"),
            ("1,234,567.8", "1234567.8"),
            ("0,5", "0.5"),
            (".5", "0.5"),
            ("12,34", "12.34"),
            ("\u{2212}12.3", "-12.3"),
            ("$8,610.29", "8610.29"),
            ("8610.29 USD", "8610.29"),
            ("0012", "12"),
            ("5.00", "5"),
        ] {
            assert_eq!(usd(text).as_deref(), Some(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in [
            "",
            " ",
            "-",
            ".",
            ",",
            "1e5",
            "NaN",
            "inf",
            "12abc",
            "1,23,456",
            "12,3456,789.00",
            "1.2.3",
            "1,2,3",
            "🂡",
            "1\u{0}2",
            "0x10",
            "--1",
            "1 2",
            "1.234,567",
            "100000000000",
            "1.001",
            "5.000",
            "½",
            "٣",
            "123456789012345678901234567890",
            "0.123456789012345678901234567890",
        ] {
            assert_eq!(usd(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_thousand_or_a_fraction_is_read_in_the_users_format_or_refused() {
        use NumberFormat::{CommaPoint, PointComma};
        assert_eq!(read("1,234", CommaPoint, "USD").as_deref(), Some("1234"));
        assert_eq!(read("1.234", PointComma, "USD").as_deref(), Some("1234"));
        assert_eq!(read("1,234", PointComma, "USD"), None);
        assert_eq!(read("1.234", CommaPoint, "USD"), None);
        assert_eq!(read("1.234", CommaPoint, "BTC").as_deref(), Some("1.234"));
        assert_eq!(read("1,234", CommaPoint, "BTC"), None);
        assert_eq!(read("0,123", CommaPoint, "BTC").as_deref(), Some("0.123"));
    }

    #[test]
    fn decimals_beyond_the_currency_are_refused_not_rounded() {
        assert_eq!(read("0.5", NumberFormat::CommaPoint, "JPY"), None);
        assert_eq!(
            read("5.0", NumberFormat::CommaPoint, "JPY").as_deref(),
            Some("5")
        );
        assert_eq!(read("0.123456789", NumberFormat::CommaPoint, "BTC"), None);
        assert_eq!(read("0.1234567", NumberFormat::CommaPoint, "USDC"), None);
    }

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

    #[test]
    fn addresses_are_checked_for_their_shape() {
        assert!(email("name+tag@example.org").is_ok());
        for text in [
            "",
            "name",
            "name@",
            "@example.org",
            "a b@example.org",
            "a@b",
            "a@b@c.de",
            "a@.de",
            "a\n@b.de",
        ] {
            assert!(email(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn tags_are_few_short_and_unique() {
        assert_eq!(
            tags(" Live, plo ,#live,, ").ok(),
            Some(vec!["live".to_owned(), "plo".to_owned()])
        );
        assert!(tags(&"x".repeat(31)).is_err());
        assert!(tags("a,b,c,d,e,f,g,h,i,j,k").is_err());
    }
}
