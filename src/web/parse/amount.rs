//! Amounts and other numbers, as people type them and as our own pages write them.
//!
//! ```text
//! amount = [sign] [unit] [sign] digits [unit]      at most one sign, spaces wherever they like
//! unit   = a symbol or the code of the currency: $  kr  USD
//! digits = whole [mark decimals]
//! whole  = digits in a row, or in groups of three with one kind of mark between them
//! ```
//!
//! A comma or a point that stands once, before three digits, may stand before decimals or between groups: `1,234`. Where
//! the currency has fewer than three decimals it cannot be the first, whatever the user's own format is. Elsewhere it is
//! what the user's format says, and refused where that says nothing: both readings would look right.
//!
//! Whatever [`Numbers`](crate::web::format::Numbers) prints is read back as it was. All of it is pure: the text, the
//! user's format and the currency are all that counts.

use rust_decimal::Decimal;

use crate::money::{AMOUNT_LIMIT, Currency, Unkept};
use crate::text::is_unseen;
use crate::web::form::{Complaint, Parsed};
use crate::web::format::NumberFormat;

/// Digits that can be kept exactly.
const MOST_DIGITS: usize = 27;

/// An amount of a currency, of any sign. Its symbol and its code may stand beside it, those of another currency not.
///
/// `None` for a currency that is not known yet, such as that of an account which is still to be chosen: refused is only
/// what would be wrong in each.
pub fn amount(
    text: &str,
    format: NumberFormat,
    currency: impl Into<Option<Currency>>,
) -> Parsed<Decimal> {
    let currency = currency.into();
    let as_typed = Typed {
        format,
        decimals: currency.map_or_else(most_decimals, Currency::minor_units),
        // Even where the user's format says that a group is meant: other people's figures are pasted, and a thousand
        // coins are rare where thousandths of one are common.
        doubt: if currency.is_some() {
            Doubt::Refused
        } else {
            Doubt::Allowed
        },
    };
    as_typed.read_in(text, currency)
}

/// An amount as it was meant: its sign has a switch of its own, because keyboards of digits have no minus.
pub fn signed(text: &str, negative: bool) -> String {
    let text = text.trim();
    if negative && !text.is_empty() && !text.contains(['-', '\u{2212}']) {
        format!("-{text}")
    } else {
        text.to_owned()
    }
}

/// The price of one unit of something, above zero, in a currency: with up to 12 decimals, and in the user's format where it
/// could be read two ways, as pages print it.
pub fn price(text: &str, format: NumberFormat, currency: Currency) -> Parsed<Decimal> {
    let as_typed = Typed {
        format,
        decimals: 12,
        doubt: Doubt::ByFormat,
    };
    match as_typed.read_in(text, Some(currency))? {
        price if price > Decimal::ZERO => Ok(price),
        _ => Err("Type a price above zero.".into()),
    }
}

/// A number that is no amount, such as a rate or a share: without a unit, in the user's format where it could be read two
/// ways.
pub fn number(text: &str, format: NumberFormat, decimals: u32) -> Parsed<Decimal> {
    let as_typed = Typed {
        format,
        decimals,
        doubt: Doubt::ByFormat,
    };
    match Written::new(text) {
        Some(written) if written.units.is_empty() => as_typed.read(&written),
        _ => Err(as_typed.no_amount()),
    }
}

/// An amount above zero.
pub fn positive(
    text: &str,
    format: NumberFormat,
    currency: impl Into<Option<Currency>>,
) -> Parsed<Decimal> {
    match amount(text, format, currency)? {
        value if value > Decimal::ZERO => Ok(value),
        _ => Err(Unkept::NotAboveZero.into()),
    }
}

/// An amount above zero, or nothing at all, which is zero.
pub fn optional_positive(
    text: &str,
    format: NumberFormat,
    currency: impl Into<Option<Currency>>,
) -> Parsed<Decimal> {
    if text.trim().is_empty() {
        return Ok(Decimal::ZERO);
    }
    match amount(text, format, currency)? {
        value if value >= Decimal::ZERO => Ok(value),
        _ => Err("Type an amount of zero or more, or leave this empty.".into()),
    }
}

fn most_decimals() -> u32 {
    Currency::all()
        .map(Currency::minor_units)
        .max()
        .unwrap_or_default()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Plus,
    Minus,
    /// `±`, as our pages write a change of nothing.
    Either,
}

impl Sign {
    fn of(c: char) -> Option<Self> {
        match c {
            '+' => Some(Self::Plus),
            // Hyphen, minus, and the dash that telephones make of two hyphens.
            '-' | '\u{2212}' | '\u{2013}' => Some(Self::Minus),
            '±' => Some(Self::Either),
            _ => None,
        }
    }
}

/// A text taken apart.
struct Written<'a> {
    sign: Option<Sign>,
    /// What stands before and after the digits.
    units: Vec<&'a str>,
    /// Digits and the marks among them.
    digits: &'a str,
}

/// Spaces of any width, and what was copied along unseen, such as marks of direction.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || is_unseen(c) && !c.is_control()
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}')
}

/// A part of a symbol or a code.
fn is_of_unit(c: char) -> bool {
    !(c.is_numeric()
        || c.is_control()
        || is_blank(c)
        || is_apostrophe(c)
        || matches!(c, ',' | '.')
        || Sign::of(c).is_some())
}

impl<'a> Written<'a> {
    /// `None` if it is no amount in any currency.
    fn new(text: &'a str) -> Option<Self> {
        let (mut sign, mut units) = (None, Vec::new());
        let mut rest = text;
        loop {
            rest = rest.trim_start_matches(is_blank);
            let Some(first) = rest.chars().next() else {
                break;
            };
            if let Some(found) = Sign::of(first) {
                if sign.replace(found).is_some() {
                    return None;
                }
                rest = &rest[first.len_utf8()..];
            } else if is_of_unit(first) {
                let end = rest.find(|c| !is_of_unit(c)).unwrap_or(rest.len());
                let (unit, after) = rest.split_at(end);
                units.push(unit);
                rest = after;
                // `kr. 100`: the point belongs to the word. Of `kr.100` nobody knows.
                if let Some(after) = rest.strip_prefix('.')
                    && unit.ends_with(char::is_alphabetic)
                {
                    if !after.starts_with(is_blank) {
                        return None;
                    }
                    rest = after;
                }
            } else {
                break;
            }
        }
        loop {
            rest = rest.trim_end_matches(is_blank);
            let word = rest.strip_suffix('.').unwrap_or(rest);
            if !word.ends_with(is_of_unit) {
                break;
            }
            let end = word.rfind(|c| !is_of_unit(c))?;
            let start = end + word[end..].chars().next().map_or(0, char::len_utf8);
            units.push(&word[start..]);
            rest = &word[..start];
        }
        Some(Self {
            sign,
            units,
            digits: rest,
        })
    }
}

/// How a number is to be read.
struct Typed {
    format: NumberFormat,
    /// At most so many.
    decimals: u32,
    /// What becomes of `1,234` where it could have three decimals, and the comma is not the user's decimal mark.
    doubt: Doubt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doubt {
    /// It is refused.
    Refused,
    /// It is a thousand if that is how the user writes one, and refused otherwise.
    ByFormat,
    /// Either will do.
    Allowed,
}

impl Typed {
    /// Reads an amount, beside which the currency's symbol and its code may stand, and those of others not.
    fn read_in(&self, text: &str, currency: Option<Currency>) -> Parsed<Decimal> {
        let Some(written) = Written::new(text) else {
            return Err(self.no_amount());
        };
        for unit in &written.units {
            match currency {
                Some(currency) if currency.is_written(unit) => {}
                _ if !Currency::all().any(|other| other.is_written(unit)) => {
                    return Err(self.no_amount());
                }
                Some(currency) => {
                    return Err(format!(
                        "{unit} is another currency. Type the amount in {currency}."
                    )
                    .into());
                }
                None => {}
            }
        }
        self.read(&written)
    }

    fn read(&self, written: &Written) -> Parsed<Decimal> {
        if written.digits.is_empty() {
            let whole = "Type an amount such as 250";
            return Err(match self.decimals {
                0 => format!("{whole}.").into(),
                _ => format!("{whole} or 250{}50.", self.format.decimal()).into(),
            });
        }
        let (whole, fraction) = self.split(written)?;
        let significant = fraction.trim_end_matches('0');
        if whole.len() + significant.len() > MOST_DIGITS {
            return Err(Unkept::TooLarge.into());
        }
        let places = u32::try_from(significant.len()).unwrap_or(u32::MAX);
        if places > self.decimals {
            let decimals = self.decimals;
            return Err(Unkept::TooPrecise { decimals, places }.into());
        }
        let value: Decimal = format!("{whole}.{significant}0")
            .parse()
            .map_err(|_| Unkept::TooLarge)?;
        let value = value.normalize();
        if value >= Decimal::from(AMOUNT_LIMIT) {
            return Err(Unkept::TooLarge.into());
        }
        match written.sign {
            // Minus zero is zero.
            Some(Sign::Minus) if !value.is_zero() => Ok(-value),
            Some(Sign::Either) if !value.is_zero() => Err(self.no_amount()),
            _ => Ok(value),
        }
    }

    /// The digits before and after the decimal mark.
    fn split(&self, written: &Written) -> Parsed<(String, String)> {
        let digits = written.digits;
        let marks: Vec<(usize, char)> = digits
            .char_indices()
            .filter(|(_, c)| matches!(c, ',' | '.'))
            .collect();
        let decimal_at = match marks[..] {
            [] => None,
            [(at, mark)] if may_be_group(digits, at) => {
                let is_group = match self.doubt {
                    _ if self.decimals < 3 => true,
                    Doubt::Refused => false,
                    Doubt::ByFormat => mark == self.format.group(),
                    Doubt::Allowed => mark != self.format.decimal(),
                };
                if is_group {
                    None
                } else if mark == self.format.decimal() {
                    Some(at)
                } else {
                    return Err(self.two_readings(written, at));
                }
            }
            [(at, _)] => Some(at),
            // The last one separates the decimals, if it stands once; one kind, several times, separates groups.
            [.., (at, last)] => match marks.iter().filter(|(_, mark)| *mark == last).count() {
                1 => Some(at),
                n if n == marks.len() => None,
                _ => return Err(self.no_amount()),
            },
        };
        let (whole, fraction) = match decimal_at {
            Some(at) => (&digits[..at], &digits[at + 1..]),
            None => (digits, ""),
        };
        let whole = ungrouped(whole).filter(|_| all_digits(fraction));
        match whole {
            Some(whole) if !whole.is_empty() || !fraction.is_empty() => {
                Ok((whole, fraction.to_owned()))
            }
            _ => Err(self.no_amount()),
        }
    }

    fn no_amount(&self) -> Complaint {
        let example = match self.decimals {
            0 => "1250".to_owned(),
            _ => format!("1250{}50", self.format.decimal()),
        };
        format!("This is not an amount. Type digits, such as {example}.").into()
    }

    /// Says both, and how to type each: without groups, and with one decimal more than a group has digits.
    fn two_readings(&self, written: &Written, at: usize) -> Complaint {
        let (digits, mark) = (written.digits, self.format.decimal());
        let (whole, fraction) = (&digits[..at], &digits[at + 1..]);
        let sign = if written.sign == Some(Sign::Minus) {
            "-"
        } else {
            ""
        };
        let (large, small) = (
            format!("{sign}{whole}{fraction}"),
            format!("{sign}{whole}{mark}{fraction}"),
        );
        format!("{sign}{digits} can mean {large} or {small}. Type {large} or {small}0.").into()
    }
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether the single mark at `at` may stand between groups: `12,345` but not `0,123` or `12,34`.
fn may_be_group(digits: &str, at: usize) -> bool {
    let (whole, rest) = (&digits[..at], &digits[at + 1..]);
    rest.len() == 3
        && (1..=3).contains(&whole.len())
        && !whole.starts_with('0')
        && all_digits(whole)
        && all_digits(rest)
}

/// A whole number without the marks between its groups of three, which are all of one kind. Nothing is a number, too.
fn ungrouped(whole: &str) -> Option<String> {
    let kind = |c: char| match c {
        c if is_blank(c) => ' ',
        c if is_apostrophe(c) => '\'',
        c => c,
    };
    let is_mark = |c: char| !c.is_ascii_digit();
    let mut marks = whole.chars().filter(|c| is_mark(*c)).map(kind);
    if let Some(first) = marks.next() {
        let groups: Vec<&str> = whole.split(is_mark).collect();
        let grouped =
            (1..=3).contains(&groups[0].len()) && groups[1..].iter().all(|group| group.len() == 3);
        let known = " ,.'".contains(first) && marks.all(|mark| mark == first);
        return (grouped && known).then(|| groups.concat());
    }
    Some(whole.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::web::format::{Figure, Numbers};

    fn usd(text: &str) -> Option<String> {
        read(text, NumberFormat::CommaPoint, "USD")
    }

    fn read(text: &str, format: NumberFormat, code: &str) -> Option<String> {
        amount(text, format, code.parse::<Currency>().unwrap())
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
            "1.234 567",
            "1,234'567.00",
            "1,23 4",
            "100000000000",
            "0.001",
            "1234.567",
            "+-5",
            "-$-5",
            "±5",
            "5-",
            "$",
            "5 quid",
            "kr.100",
            "1,234.567.890",
            "½",
            "٣",
            "123456789012345678901234567890",
            "0.123456789012345678901234567890",
        ] {
            assert_eq!(usd(text), None, "{text:?}");
        }
    }

    /// The kind: an example that could itself be read two ways.
    #[test]
    fn what_is_proposed_as_an_amount_is_read_as_it_is_meant() {
        for format in NumberFormat::ALL {
            for code in ["USD", "JPY", "KWD", "BTC"] {
                let currency: Currency = code.parse().unwrap();
                let proposed = |text: &str| -> Vec<Decimal> {
                    let said = amount(text, format, currency).unwrap_err().to_string();
                    let examples = said.split("such as ").nth(1).expect(&said);
                    let examples = examples.trim_end_matches('.').split(" or ");
                    examples
                        .map(|example| amount(example, format, currency).expect(example))
                        .collect()
                };
                let dec = |text: &str| text.parse::<Decimal>().unwrap();
                if currency.minor_units() == 0 {
                    assert_eq!(proposed("x"), [dec("1250")]);
                    assert_eq!(proposed(""), [dec("250")]);
                } else {
                    assert_eq!(proposed("x"), [dec("1250.5")]);
                    assert_eq!(proposed(""), [dec("250"), dec("250.5")]);
                }
            }
        }
    }

    #[test]
    fn three_digits_after_a_mark_are_no_decimals_of_a_currency_that_has_fewer() {
        for format in NumberFormat::ALL {
            for text in ["1,234", "1.234"] {
                for code in ["USD", "JPY"] {
                    assert_eq!(read(text, format, code).as_deref(), Some("1234"), "{text}");
                }
            }
        }
        assert_eq!(usd("-$1,234").as_deref(), Some("-1234"));
        assert_eq!(usd("0.500").as_deref(), Some("0.5"));
    }

    #[test]
    fn three_digits_after_a_mark_are_decimals_by_the_users_format_or_refused_with_both_readings() {
        for code in ["BTC", "KWD", "USDT"] {
            for format in NumberFormat::ALL {
                let currency: Currency = code.parse().unwrap();
                for text in ["1,234", "1.234", "-12,345", "123.456"] {
                    let read = amount(text, format, currency);
                    if text.contains(format.decimal()) {
                        let value = text.replace(',', ".").parse().unwrap();
                        assert_eq!(read, Ok(value));
                        continue;
                    }
                    let why = read.unwrap_err().to_string();
                    let (readings, forms) = why.split_once(". Type ").unwrap();
                    let readings = readings.split_once(" can mean ").unwrap().1;
                    let (large, small) = readings.split_once(" or ").unwrap();
                    // What is proposed is read in every format, as the reading that it stands for.
                    let (first, second) =
                        forms.strip_suffix('.').unwrap().split_once(" or ").unwrap();
                    let whole = text.replace([',', '.'], "").parse().unwrap();
                    let part = text.replace(',', ".").parse().unwrap();
                    assert_eq!(large, first);
                    assert_eq!(small.replace(',', "."), text.replace(',', "."));
                    for other in NumberFormat::ALL {
                        assert_eq!(amount(first, other, currency), Ok(whole), "{why}");
                        assert_eq!(amount(second, other, currency), Ok(part), "{why}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_number_that_is_no_amount_is_read_as_pages_write_it() {
        let read = |text, format| number(text, format, 12).ok().map(|n| n.to_string());
        let thousand = Some("86500".to_owned());
        assert_eq!(read("86,500", NumberFormat::CommaPoint), thousand);
        assert_eq!(read("86.500", NumberFormat::PointComma), thousand);
        assert_eq!(read("86\u{a0}500", NumberFormat::SpaceComma), thousand);
        assert_eq!(
            read("86.500", NumberFormat::CommaPoint).as_deref(),
            Some("86.5")
        );
        assert_eq!(read("86.500", NumberFormat::SpaceComma), None);
        assert_eq!(read("$86,500", NumberFormat::CommaPoint), None);
    }

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
            let read = read(text, format);
            assert_eq!(read.as_deref(), Ok(price), "{format:?} {text}");
        }
        for (format, text, said) in [
            (SpaceComma, "86.500", "can mean 86500 or 86,500."),
            (ApostrophePoint, "86,512", "can mean 86512 or 86.512."),
            (CommaPoint, "0", "above zero"),
            (CommaPoint, "-5", "above zero"),
            (CommaPoint, "0.1234567890123", "12 decimals"),
            (CommaPoint, "1e5", "digits"),
            (CommaPoint, "86,500 EUR", "another currency"),
        ] {
            let refused = read(text, format).unwrap_err();
            assert!(refused.contains(said), "{format:?} {text}: {refused}");
        }
    }

    #[test]
    fn before_the_currency_is_known_only_what_is_wrong_in_each_is_refused() {
        for text in ["1,234", "1.234", "$50", "50 kr", "0.00000001", "1,234 BTC"] {
            for format in NumberFormat::ALL {
                assert!(amount(text, format, None).is_ok(), "{text}");
            }
        }
        for text in ["1e5", "5 quid", "", "1,23,4", "0.000000001"] {
            assert!(
                amount(text, NumberFormat::CommaPoint, None).is_err(),
                "{text}"
            );
        }
    }

    #[test]
    fn symbols_and_codes_stand_before_or_after_and_are_the_currencys_own() {
        for (code, text, value) in [
            ("EUR", "−€50.00", "-50"),
            ("EUR", "€-50", "-50"),
            ("EUR", "- 50 €", "-50"),
            ("EUR", "+€35.50", "35.5"),
            ("EUR", "5\u{2009}€", "5"),
            ("EUR", "\u{2068}€5\u{2069}", "5"),
            ("EUR", "1\u{202f}234,50 eur", "1234.5"),
            ("USD", "$8,610.29 USD", "8610.29"),
            ("USD", "US$50", "50"),
            ("CAD", "CA$50", "50"),
            ("SEK", "100 kr.", "100"),
            ("DKK", "Kr. 100", "100"),
            ("ISK", "1.234 kr", "1234"),
            ("BRL", "R$ 20", "20"),
            ("CHF", "CHF 12.50", "12.5"),
            ("PLN", "12,50 ZŁ", "12.5"),
            ("BTC", "0,02 ₿", "0.02"),
            ("USD", "\u{2013}5", "-5"),
            ("USD", "±0.00", "0"),
            ("USD", "−0.00", "0"),
        ] {
            let read = read(text, NumberFormat::CommaPoint, code);
            assert_eq!(read.as_deref(), Some(value), "{text}");
        }
        for (code, text) in [
            ("EUR", "$50"),
            ("EUR", "50 kr"),
            ("USD", "$50 CAD"),
            ("CAD", "US$50"),
            ("SEK", "kr 50 NOK"),
            ("USDT", "$50"),
            ("CHF", "50 €"),
        ] {
            let currency: Currency = code.parse().unwrap();
            let why = amount(text, NumberFormat::CommaPoint, currency).unwrap_err();
            let says = format!("is another currency. Type the amount in {code}.");
            assert!(why.to_string().ends_with(&says), "{text}: {why}");
        }
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

    /// A large figure as it stands on a page.
    fn text_of(figure: &Figure) -> String {
        format!(
            "{}{}{}{} {}",
            figure.sign, figure.symbol, figure.whole, figure.decimals, figure.code
        )
    }

    fn currencies() -> impl Strategy<Value = Currency> {
        proptest::sample::select(Currency::all().collect::<Vec<_>>())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// Fails when a printer puts the minus behind the symbol, or when a symbol, a space, a sign or a mark that is
        /// printed is not read.
        #[test]
        fn whatever_is_printed_is_read_as_it_was(
            currency in currencies(), format in proptest::sample::select(&NumberFormat::ALL[..]),
            mantissa in -10_000_000_000_000_000_000_i128..10_000_000_000_000_000_000, size in 0_u32..20,
        ) {
            let (limit, places) = (Decimal::from(AMOUNT_LIMIT), currency.minor_units());
            let minor = mantissa / 10_i128.pow(size) % (i128::from(AMOUNT_LIMIT) * 10_i128.pow(places));
            let value = Decimal::from_i128_with_scale(minor, places);
            let value = value.normalize();
            let numbers = Numbers { format, hidden: false };
            for text in [
                numbers.plain(value, currency),
                numbers.signed(value, currency),
                numbers.with_symbol(value, currency),
                numbers.signed_with_symbol(value, currency),
                numbers.full(value, currency),
                numbers.for_input(value, currency),
                text_of(&numbers.figure(value, currency)),
                value.to_string(),
            ] {
                // A file's plain digits are no page's: three decimals with a point may be refused, not misread.
                let read = amount(&text, format, currency);
                let is_files = text == value.to_string();
                prop_assert!(read == Ok(value) || is_files && read.is_err(), "{} as {:?}", text, read);
            }
            prop_assert_eq!(number(&numbers.exact(value), format, 12), Ok(value));
            if currency.can_be_home() {
                let text = numbers.whole_signed(value);
                let whole = value.round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
                if whole.abs() < limit {
                    prop_assert_eq!(amount(&text, format, currency), Ok(whole.normalize()), "{}", text);
                }
            }
        }

        /// What is read without a complaint is the same however it is written.
        #[test]
        fn no_text_is_too_much(text in "[-+±−–0-9,.' \u{a0}€$kr₿UuSsDd]{0,16}", currency in currencies()) {
            for format in NumberFormat::ALL {
                let numbers = Numbers { format, hidden: false };
                if let Ok(value) = amount(&text, format, currency) {
                    prop_assert!(value.scale() <= currency.minor_units());
                    prop_assert!(!(value.is_zero() && value.is_sign_negative()));
                    prop_assert_eq!(amount(&numbers.full(value, currency), format, currency), Ok(value));
                }
            }
        }
    }
}
