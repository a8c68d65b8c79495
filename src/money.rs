//! Amounts and currencies: what can be kept, and in what. Amounts are exact [`Decimal`]s.

use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// What is known of a currency.
#[derive(Debug)]
struct Facts {
    code: &'static str,
    name: &'static str,
    /// Written before a figure; empty where only the code is used.
    symbol: &'static str,
    minor_units: u32,
    status: Status,
}

#[derive(Debug, PartialEq, Eq)]
enum Status {
    /// The European Central Bank quotes it today.
    Quoted,
    /// It was quoted once, or never, by the European Central Bank: amounts may be in it, totals are not.
    Unquoted,
    /// Its rate is set by the user.
    Crypto,
}

use Status::{Crypto, Quoted, Unquoted};

const fn facts(
    code: &'static str,
    name: &'static str,
    symbol: &'static str,
    minor_units: u32,
    status: Status,
) -> Facts {
    Facts {
        code,
        name,
        symbol,
        minor_units,
        status,
    }
}

/// Decimals after a currency's own that an exact amount may have, and that a sum of rounded divisions does not reach.
const NOISE: u32 = 12;

/// Every currency, those that poker is mostly played in first. The table `currencies` holds the same list.
static ALL: [Facts; 47] = [
    facts("EUR", "Euro", "€", 2, Quoted),
    facts("USD", "US dollar", "$", 2, Quoted),
    facts("GBP", "Pound sterling", "£", 2, Quoted),
    facts("CAD", "Canadian dollar", "$", 2, Quoted),
    facts("AUD", "Australian dollar", "$", 2, Quoted),
    facts("SEK", "Swedish krona", "kr ", 2, Quoted),
    facts("NOK", "Norwegian krone", "kr ", 2, Quoted),
    facts("DKK", "Danish krone", "kr ", 2, Quoted),
    facts("CHF", "Swiss franc", "", 2, Quoted),
    facts("JPY", "Japanese yen", "¥", 0, Quoted),
    facts("CNY", "Chinese yuan", "¥", 2, Quoted),
    facts("HKD", "Hong Kong dollar", "$", 2, Quoted),
    facts("INR", "Indian rupee", "₹", 2, Quoted),
    facts("BRL", "Brazilian real", "R$", 2, Quoted),
    facts("MXN", "Mexican peso", "$", 2, Quoted),
    facts("PLN", "Polish złoty", "zł ", 2, Quoted),
    facts("CZK", "Czech koruna", "Kč ", 2, Quoted),
    facts("HUF", "Hungarian forint", "Ft ", 2, Quoted),
    facts("RON", "Romanian leu", "", 2, Quoted),
    facts("ISK", "Icelandic króna", "kr ", 0, Quoted),
    facts("TRY", "Turkish lira", "₺", 2, Quoted),
    facts("ILS", "Israeli shekel", "₪", 2, Quoted),
    facts("ZAR", "South African rand", "R ", 2, Quoted),
    facts("NZD", "New Zealand dollar", "$", 2, Quoted),
    facts("SGD", "Singapore dollar", "$", 2, Quoted),
    facts("KRW", "South Korean won", "₩", 0, Quoted),
    facts("THB", "Thai baht", "฿", 2, Quoted),
    facts("MYR", "Malaysian ringgit", "RM ", 2, Quoted),
    facts("IDR", "Indonesian rupiah", "Rp ", 2, Quoted),
    facts("PHP", "Philippine peso", "₱", 2, Quoted),
    facts("BTC", "Bitcoin", "", 8, Crypto),
    facts("ETH", "Ether", "", 8, Crypto),
    facts("USDT", "Tether", "", 6, Crypto),
    facts("USDC", "USD Coin", "", 6, Crypto),
    facts("BGN", "Bulgarian lev", "", 2, Unquoted),
    facts("HRK", "Croatian kuna", "", 2, Unquoted),
    facts("RUB", "Russian rouble", "₽", 2, Unquoted),
    facts("KWD", "Kuwaiti dinar", "", 3, Unquoted),
    facts("CYP", "Cypriot pound", "", 2, Unquoted),
    facts("EEK", "Estonian kroon", "", 2, Unquoted),
    facts("LTL", "Lithuanian litas", "", 2, Unquoted),
    facts("LVL", "Latvian lats", "", 2, Unquoted),
    facts("MTL", "Maltese lira", "", 2, Unquoted),
    facts("ROL", "Romanian leu, before 2005", "", 0, Unquoted),
    facts("SIT", "Slovenian tolar", "", 2, Unquoted),
    facts("SKK", "Slovak koruna", "", 2, Unquoted),
    facts("TRL", "Turkish lira, before 2005", "", 0, Unquoted),
];

/// Symbols that people write beside those that we print.
static OTHER_SYMBOLS: [(&str, &[&str]); 16] = [
    ("USD", &["US$"]),
    ("CAD", &["C$", "CA$"]),
    ("AUD", &["A$", "AU$"]),
    ("NZD", &["NZ$"]),
    ("SGD", &["S$"]),
    ("HKD", &["HK$"]),
    ("MXN", &["MX$"]),
    ("CHF", &["Fr", "SFr"]),
    ("JPY", &["￥", "円"]),
    ("CNY", &["￥", "元"]),
    ("RON", &["lei"]),
    ("BGN", &["лв"]),
    ("RUB", &["руб"]),
    ("BTC", &["₿"]),
    ("ETH", &["Ξ"]),
    ("USDT", &["₮"]),
];

/// One of the currencies that the product knows: small, and cheap to compare.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(u8);

impl Currency {
    /// The euro, in which all rates are quoted.
    pub const EUR: Currency = Currency(0);

    /// The US dollar, in which the worked example is told.
    pub const USD: Currency = Currency(1);

    /// Every currency an account may be in.
    pub fn all() -> impl Iterator<Item = Currency> {
        (0_u8..).take(ALL.len()).map(Currency)
    }

    /// The currencies that totals may be shown in: those with a rate for today.
    pub fn homes() -> impl Iterator<Item = Currency> {
        Self::all().filter(|c| c.can_be_home())
    }

    /// Whether totals may be shown in it.
    pub fn can_be_home(self) -> bool {
        self.is_quoted()
    }

    /// Whether the central bank quotes it today. It quotes all others in the euro, which is always 1.
    pub fn is_quoted(self) -> bool {
        self.facts().status == Quoted
    }

    /// Whether it is a crypto currency: no central bank ever quotes it.
    pub fn is_crypto(self) -> bool {
        self.facts().status == Crypto
    }

    /// Whether it is a coin that is made to be worth one US dollar.
    pub fn is_dollar_coin(self) -> bool {
        matches!(self.code(), "USDT" | "USDC")
    }

    /// The ISO 4217 code, or the ticker of a crypto currency: `USD`.
    pub fn code(self) -> &'static str {
        self.facts().code
    }

    /// `US dollar`
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// What stands before a figure (`$`, `kr `), or nothing.
    pub fn symbol(self) -> &'static str {
        self.facts().symbol
    }

    /// What stands before an amount that is typed: the symbol, else the code.
    pub fn mark(self) -> &'static str {
        if self.symbol().is_empty() {
            self.code()
        } else {
            self.symbol()
        }
    }

    /// Whether this is how somebody writes the currency beside a figure: its code, our symbol, or another, in any case.
    /// `$` is that of many.
    pub fn is_written(self, unit: &str) -> bool {
        let unit = unit.to_lowercase();
        let is = |text: &str| text.to_lowercase() == unit;
        let others = OTHER_SYMBOLS.iter().find(|(code, _)| *code == self.code());
        is(self.code())
            || is(self.symbol().trim())
            || others.is_some_and(|(_, symbols)| symbols.iter().any(|symbol| is(symbol)))
    }

    /// The number of decimals an amount may have: 0 for JPY, 2 for USD, 8 for BTC.
    pub fn minor_units(self) -> u32 {
        self.facts().minor_units
    }

    /// The amount rounded to the currency's decimals, halves away from zero. For showing only.
    pub fn round(self, amount: Decimal) -> Decimal {
        let mut rounded = amount
            .round_dp_with_strategy(self.minor_units(), RoundingStrategy::MidpointAwayFromZero);
        rounded.rescale(self.minor_units());
        zero_without_sign(rounded)
    }

    /// The parts of a sum, rounded so that they add up to the sum as it is shown. For showing only.
    ///
    /// Each is rounded down, and the units that are then missing go to the largest remainders. So none is off by a whole
    /// unit where the sum is not, what has no more decimals than the currency stays as it is, and zero stays zero.
    pub fn round_parts(self, shown: Decimal, parts: &[Decimal]) -> Vec<Decimal> {
        let unit = Decimal::new(1, self.minor_units());
        let mut rounded: Vec<Decimal> = Vec::with_capacity(parts.len());
        let mut order = Vec::with_capacity(parts.len());
        for (at, part) in parts.iter().enumerate() {
            let part = self.without_noise(*part);
            let floor = part
                .round_dp_with_strategy(self.minor_units(), RoundingStrategy::ToNegativeInfinity);
            order.push((part - floor, part.abs(), at));
            rounded.push(floor);
        }
        // Nothing is made of nothing, unless there is nothing else.
        if order.iter().any(|(_, size, _)| !size.is_zero()) {
            order.retain(|(_, size, _)| !size.is_zero());
        }
        let missing = (shown - rounded.iter().sum::<Decimal>()) / unit;
        let (step, count) = if missing.is_sign_negative() {
            // Down: from what is not exact first, and there from the smallest remainder.
            order.sort_by_key(|(rest, size, _)| (rest.is_zero(), *rest, Reverse(*size)));
            (-unit, -missing)
        } else {
            order.sort_by_key(|(rest, size, _)| (Reverse(*rest), Reverse(*size)));
            (unit, missing)
        };
        let mut count = count.trunc();
        // More than once round only if the sum is not that of the parts.
        let rounds = (count / Decimal::from(order.len().max(1))).trunc();
        for (_, _, at) in &order {
            rounded[*at] += step * rounds;
            count -= rounds;
        }
        for (_, _, at) in order {
            if count < Decimal::ONE {
                break;
            }
            rounded[at] += step;
            count -= Decimal::ONE;
        }
        for part in &mut rounded {
            part.rescale(self.minor_units());
            part.set_sign_positive(part.is_zero() || part.is_sign_positive());
        }
        rounded
    }

    /// The amount without what divisions leave in the last of 28 digits.
    pub fn without_noise(self, amount: Decimal) -> Decimal {
        amount.round_dp(self.minor_units() + NOISE)
    }

    fn facts(self) -> &'static Facts {
        &ALL[usize::from(self.0)]
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The text is not the code of a currency that the product knows.
#[derive(Debug, PartialEq, Eq)]
pub struct UnknownCurrency(pub String);

impl fmt::Display for UnknownCurrency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no currency {:?}", self.0)
    }
}

impl std::error::Error for UnknownCurrency {}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(code: &str) -> Result<Self, UnknownCurrency> {
        Self::all()
            .find(|c| c.code() == code)
            .ok_or_else(|| UnknownCurrency(code.chars().take(12).collect()))
    }
}

impl TryFrom<String> for Currency {
    type Error = UnknownCurrency;

    fn try_from(code: String) -> Result<Self, UnknownCurrency> {
        code.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.code().to_owned()
    }
}

/// In the database a currency is its code.
impl sqlx::Type<sqlx::Postgres> for Currency {
    fn type_info() -> sqlx::postgres::PgTypeInfo {
        <str as sqlx::Type<sqlx::Postgres>>::type_info()
    }

    fn compatible(ty: &sqlx::postgres::PgTypeInfo) -> bool {
        <str as sqlx::Type<sqlx::Postgres>>::compatible(ty)
    }
}

impl<'r> sqlx::Decode<'r, sqlx::Postgres> for Currency {
    fn decode(value: sqlx::postgres::PgValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        Ok(<&str as sqlx::Decode<sqlx::Postgres>>::decode(value)?.parse()?)
    }
}

/// Amounts are below this, in any currency.
pub const AMOUNT_LIMIT: i64 = 100_000_000_000;

/// An amount of a currency that can be kept: below the limit, and with no more decimals than the currency has. Of any sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    value: Decimal,
    currency: Currency,
}

impl Amount {
    /// Refuses what cannot be kept as it is.
    pub fn new(value: Decimal, currency: Currency) -> Result<Self, Unkept> {
        let places = value.normalize().scale();
        if places > currency.minor_units() {
            let decimals = currency.minor_units();
            return Err(Unkept::TooPrecise { decimals, places });
        }
        if value.abs() >= Decimal::from(AMOUNT_LIMIT) {
            return Err(Unkept::TooLarge);
        }
        let value = zero_without_sign(value);
        Ok(Self { value, currency })
    }

    /// How much.
    pub fn value(self) -> Decimal {
        self.value
    }

    /// Of what.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// How much, whatever its sign. `None` for nothing.
    pub fn size(self) -> Option<Positive> {
        Positive::new(self.value.abs(), self.currency).ok()
    }
}

/// An [`Amount`] above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Positive(Amount);

impl Positive {
    /// Refuses what cannot be kept as it is, and what is not above zero.
    pub fn new(value: Decimal, currency: Currency) -> Result<Self, Unkept> {
        if value <= Decimal::ZERO {
            return Err(Unkept::NotAboveZero);
        }
        Amount::new(value, currency).map(Self)
    }

    /// How much.
    pub fn value(self) -> Decimal {
        self.0.value
    }

    /// Of what.
    pub fn currency(self) -> Currency {
        self.0.currency
    }
}

/// Why an amount is refused. It displays as a sentence for the person who typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unkept {
    TooLarge,
    TooPrecise {
        /// How many decimals there can be,
        decimals: u32,
        /// and how many there are.
        places: u32,
    },
    NotAboveZero,
}

impl fmt::Display for Unkept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unkept::TooLarge => {
                f.write_str("This is more than can be kept: amounts are below 100 billion.")
            }
            Unkept::TooPrecise { decimals: 0, .. } => {
                f.write_str("This currency has no decimals. Type a whole number.")
            }
            Unkept::TooPrecise { decimals, places } => write!(
                f,
                "This currency has {decimals} decimals, and the amount has {places}."
            ),
            Unkept::NotAboveZero => f.write_str("Type an amount above zero."),
        }
    }
}

impl std::error::Error for Unkept {}

/// The same number, and zero where it is minus zero: a [`Decimal`] knows both, and writes the second with its sign.
pub fn zero_without_sign(mut number: Decimal) -> Decimal {
    if number.is_zero() {
        number.set_sign_positive(true);
    }
    number
}

/// A decimal as files hold it: digits, at most one point, a minus before a negative one. `None` for anything else, and
/// for more digits than can be kept exactly.
pub fn exact(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    Decimal::from_str_exact(text).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_are_unique_and_parse_back() {
        for currency in Currency::all() {
            assert_eq!(currency.code().parse(), Ok(currency));
        }
        assert!("eur".parse::<Currency>().is_err());
        assert_eq!(Currency::EUR.code(), "EUR");
        assert_eq!(Currency::USD.code(), "USD");
    }

    #[test]
    fn rounding_is_half_away_from_zero_to_the_currency() {
        let round = |code: &str, text: &str| {
            code.parse::<Currency>()
                .unwrap()
                .round(text.parse().unwrap())
                .to_string()
        };
        assert_eq!(round("USD", "0.125"), "0.13");
        assert_eq!(round("USD", "-0.125"), "-0.13");
        assert_eq!(round("JPY", "0.5"), "1");
        assert_eq!(round("BTC", "1"), "1.00000000");
        assert_eq!(round("KWD", "1.0005"), "1.001");
        assert_eq!(round("USD", "-0.004"), "0.00");
        assert_eq!(Currency::USD.round(-Decimal::ZERO).to_string(), "0.00");
    }

    #[test]
    fn parts_are_rounded_so_that_they_add_up() {
        let printed = |code: &str, shown: &str, parts: &[&str]| -> Vec<String> {
            let parts: Vec<Decimal> = parts.iter().map(|part| part.parse().unwrap()).collect();
            let currency: Currency = code.parse().unwrap();
            let rounded = currency.round_parts(shown.parse().unwrap(), &parts);
            rounded.iter().map(ToString::to_string).collect()
        };
        let parts = ["54.8241", "22.3769", "-10.7139"];
        assert_eq!(
            printed("EUR", "66.49", &parts),
            ["54.82", "22.38", "-10.71"]
        );
        assert_eq!(
            printed("EUR", "66.50", &parts),
            ["54.83", "22.38", "-10.71"]
        );
        // What is exact stays, and so does nothing.
        let parts = ["100", "0", "-30.003", "0.004"];
        assert_eq!(
            printed("EUR", "70.00", &parts),
            ["100.00", "0.00", "-30.00", "0.00"]
        );
        assert_eq!(printed("JPY", "1", &["0.5", "0.5", "0"]), ["1", "0", "0"]);
        assert_eq!(
            printed("KWD", "0.001", &["0.0004", "0.0006"]),
            ["0.000", "0.001"]
        );
        assert_eq!(
            printed("BTC", "0.00000001", &["0.000000006", "0.000000004"]),
            ["0.00000001", "0.00000000"]
        );
        // A third of a cent that a division has lost is none.
        let parts = [
            "9.9999999999999999999999999",
            "-0.0000000000000000000000001",
        ];
        assert_eq!(printed("EUR", "10.00", &parts), ["10.00", "0.00"]);
        assert_eq!(printed("EUR", "-0.01", &["0", "0"]), ["-0.01", "0.00"]);
        assert_eq!(printed("EUR", "1.00", &[]), [""; 0]);
        // Half a cent is rounded away from zero, to either side: an exact part gives way last.
        assert_eq!(printed("EUR", "10.01", &["10.00"]), ["10.01"]);
        assert_eq!(printed("EUR", "9.99", &["7", "3"]), ["6.99", "3.00"]);
    }

    proptest! {
        #[test]
        fn rounded_parts_add_up_and_none_is_off_by_a_unit(
            parts in proptest::collection::vec(-100_000_000_000_i128..100_000_000_000, 1..12),
            scale in 0_u32..12,
            code in proptest::sample::select(vec!["JPY", "EUR", "KWD", "BTC"]),
        ) {
            let currency: Currency = code.parse().unwrap();
            let parts: Vec<Decimal> = parts.into_iter().map(|n| Decimal::from_i128_with_scale(n, scale)).collect();
            let shown = currency.round(parts.iter().sum());
            let rounded = currency.round_parts(shown, &parts);
            prop_assert_eq!(rounded.iter().sum::<Decimal>(), shown);
            let unit = Decimal::new(1, currency.minor_units());
            for (part, rounded) in parts.iter().zip(&rounded) {
                prop_assert!((part - rounded).abs() < unit, "{} {}", part, rounded);
                prop_assert!(part.scale() > currency.minor_units() || part == rounded);
                prop_assert_eq!(rounded.scale(), currency.minor_units());
            }
        }
    }

    #[test]
    fn a_decimal_in_a_file_is_exact_or_refused() {
        for text in [
            "0",
            "-12.50",
            "0.0000000000000000000000000001",
            "100000000000",
        ] {
            assert_eq!(exact(text).map(|d| d.to_string()).as_deref(), Some(text));
        }
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "+1",
            "1e5",
            "1_000",
            "1,5",
            " 1",
            "NaN",
            "--1",
            "1.2.3",
            "٣",
            "0.00000000000000000000000000001",
            "99999999999999999999999999999999",
        ] {
            assert_eq!(exact(text), None, "{text:?}");
        }
    }
}
