//! Values to text: amounts, shares, days and ages, in the user's format.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;
use icu_properties::CodePointMapData;
use icu_properties::props::BidiClass;
use rust_decimal::prelude::FromPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::money::Currency;
use crate::text::turns_around;

/// How thousands and decimals are separated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NumberFormat {
    /// 1,234.56
    #[default]
    CommaPoint,
    /// 1.234,56
    PointComma,
    /// 1 234,56
    SpaceComma,
    /// 1'234.56
    ApostrophePoint,
}

impl NumberFormat {
    /// Every one, in the order of the settings page.
    pub const ALL: [NumberFormat; 4] = [
        Self::CommaPoint,
        Self::PointComma,
        Self::SpaceComma,
        Self::ApostrophePoint,
    ];

    /// The text in forms and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CommaPoint => "comma-point",
            Self::PointComma => "point-comma",
            Self::SpaceComma => "space-comma",
            Self::ApostrophePoint => "apostrophe-point",
        }
    }

    /// The format of that name; anything else is the first.
    pub fn named(text: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str() == text)
            .unwrap_or_default()
    }

    /// An example for the settings page.
    pub fn example(self) -> String {
        self.write("1234.56")
    }

    /// The sign before the decimals.
    pub fn decimal(self) -> char {
        match self {
            Self::CommaPoint | Self::ApostrophePoint => '.',
            Self::PointComma | Self::SpaceComma => ',',
        }
    }

    /// The sign between groups of three digits.
    pub fn group(self) -> char {
        match self {
            Self::CommaPoint => ',',
            Self::PointComma => '.',
            Self::SpaceComma => '\u{a0}',
            Self::ApostrophePoint => '\'',
        }
    }

    /// Digits with a point, as this format writes them, with a true minus. Every number that is read goes through here:
    /// minus zero is zero.
    pub fn write(self, number: &str) -> String {
        let is_zero = |digits: &str| !digits.contains(|digit| ('1'..='9').contains(&digit));
        let (sign, number) = match number.strip_prefix('-') {
            Some(rest) if is_zero(rest) => ("", rest),
            Some(rest) => ("−", rest),
            None => ("", number),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let mut text = String::with_capacity(number.len() + 8);
        text.push_str(sign);
        for (i, digit) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i) % 3 == 0 {
                text.push(self.group());
            }
            text.push(digit);
        }
        if !fraction.is_empty() {
            text.push(self.decimal());
            text.push_str(fraction);
        }
        text
    }
}

/// What the figures at the top of the dashboard are counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "kebab-case")]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
pub enum Measure {
    /// The home currency.
    #[default]
    Money,
    /// Full buy-ins of the recommended level, as many as the amount would buy today.
    BuyIns,
    /// Shares: of the bankroll, or of what it was when a range began.
    Percent,
}

impl Measure {
    /// Every one, in the order of the switch.
    pub const ALL: [Measure; 3] = [Self::Money, Self::BuyIns, Self::Percent];

    /// The text in forms and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Money => "money",
            Self::BuyIns => "buy-ins",
            Self::Percent => "percent",
        }
    }

    /// The one of that name; anything else is money.
    pub fn named(text: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|measure| measure.as_str() == text)
            .unwrap_or_default()
    }
}

/// Whether a change is a gain, a loss or neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    Up,
    Down,
    Flat,
}

impl Trend {
    /// Of a figure that is shown rounded: what is shown as zero is flat.
    pub fn of(shown: Decimal) -> Self {
        match shown {
            d if d.is_zero() => Trend::Flat,
            d if d.is_sign_positive() => Trend::Up,
            _ => Trend::Down,
        }
    }

    /// Whether it is shown as zero.
    pub fn is_flat(self) -> bool {
        self == Trend::Flat
    }

    /// `up`, `down` or `flat`, for class names.
    pub fn class(self) -> &'static str {
        match self {
            Trend::Up => "up",
            Trend::Down => "down",
            Trend::Flat => "flat",
        }
    }

    /// For those who do not see the sign.
    pub fn word(self) -> &'static str {
        match self {
            Trend::Up => "Up",
            Trend::Down => "Down",
            Trend::Flat => "Unchanged",
        }
    }

    /// The name of the icon in the sprite.
    pub fn icon(self) -> &'static str {
        match self {
            Trend::Up => "caret-up-fill",
            Trend::Down => "caret-down-fill",
            Trend::Flat => "dash",
        }
    }
}

/// The parts of a large figure, whose symbol and decimals are set quieter than its digits.
#[derive(Debug, PartialEq, Eq)]
pub struct Figure {
    /// A minus, or nothing: before the symbol, as everywhere.
    pub sign: &'static str,
    pub symbol: String,
    pub whole: String,
    pub decimals: String,
    pub code: &'static str,
}

impl Figure {
    /// A number of things that are no money.
    pub fn counted(number: &str, code: &'static str, numbers: Numbers) -> Self {
        let (sign, number) = match number.strip_prefix('−') {
            Some(rest) => ("−", rest),
            None => ("", number),
        };
        let at = number.find(numbers.format.decimal());
        let (whole, decimals) = number.split_at(at.unwrap_or(number.len()));
        Self {
            sign,
            symbol: String::new(),
            whole: whole.to_owned(),
            decimals: decimals.to_owned(),
            code,
        }
    }

    /// The class of its size: a long figure is set smaller, so that it stays on its card.
    pub fn size(&self) -> &'static str {
        let length = |text: &str| text.chars().count();
        let parts = [self.sign, &self.symbol, &self.whole, &self.decimals];
        match parts.into_iter().map(length).sum() {
            ..=11 => "figure",
            12..=14 => "figure figure-long",
            _ => "figure figure-longest",
        }
    }
}

/// How amounts are written for one user.
///
/// While they are hidden, no page tells how much money there is, or anything that it can be computed from. The rule: two
/// ledgers that differ only in size have the same pages. So what goes are amounts; counts of what has a price, such as
/// buy-ins and big blinds; how far a known amount is; chances and months that follow from the bankroll; and places on a
/// scale of known or round numbers. What stays are shares and changes in per cent, drawings in proportion to themselves,
/// days, signs, what is a matter of more or less (a level, short or ready), and what is nobody's secret: prices, levels,
/// rates, and what was typed into the form that is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Numbers {
    pub format: NumberFormat,
    /// Amounts are dots, for a screen that others can see.
    pub hidden: bool,
}

/// What stands for a hidden amount.
pub const DOTS: &str = "•••";

impl Numbers {
    /// Digits with the currency's decimals, without symbol or code: `8,610.29`, `−12.00`.
    pub fn plain(self, amount: Decimal, currency: Currency) -> String {
        if self.hidden {
            return DOTS.to_owned();
        }
        self.digits(amount, currency)
    }

    /// With its sign, as a change: `+35.50`, `−115.18`, `±0.00`.
    pub fn signed(self, amount: Decimal, currency: Currency) -> String {
        if self.hidden {
            return DOTS.to_owned();
        }
        let rounded = currency.round(amount);
        let sign = if rounded.is_zero() {
            "±"
        } else {
            sign_of(rounded)
        };
        format!("{sign}{}", self.digits(rounded.abs(), currency))
    }

    /// With its symbol: `$8,610.29`, `−$12.00`.
    pub fn with_symbol(self, amount: Decimal, currency: Currency) -> String {
        if self.hidden {
            return DOTS.to_owned();
        }
        let rounded = currency.round(amount);
        format!(
            "{}{}{}",
            minus_of(rounded),
            currency.symbol(),
            self.digits(rounded.abs(), currency)
        )
    }

    /// With sign and symbol, as a change: `+€35.50`.
    pub fn signed_with_symbol(self, amount: Decimal, currency: Currency) -> String {
        if self.hidden {
            return DOTS.to_owned();
        }
        let rounded = currency.round(amount);
        let sign = if rounded.is_zero() {
            "±"
        } else {
            sign_of(rounded)
        };
        format!(
            "{sign}{}{}",
            currency.symbol(),
            self.digits(rounded.abs(), currency)
        )
    }

    /// With symbol and code, as a lone figure in a sentence: `$8,610.29 USD`.
    pub fn full(self, amount: Decimal, currency: Currency) -> String {
        format!("{} {}", self.with_symbol(amount, currency), currency.code())
    }

    /// Without decimals and with its sign, for range buttons: `+7,802`.
    pub fn whole_signed(self, amount: Decimal) -> String {
        if self.hidden {
            return DOTS.to_owned();
        }
        let rounded = amount.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
        let sign = if rounded.is_zero() {
            "±"
        } else {
            sign_of(rounded)
        };
        format!(
            "{sign}{}",
            self.format.write(&rounded.abs().trunc().to_string())
        )
    }

    /// The parts of a large figure.
    pub fn figure(self, amount: Decimal, currency: Currency) -> Figure {
        let code = currency.code();
        if self.hidden {
            return Figure {
                sign: "",
                symbol: String::new(),
                whole: DOTS.to_owned(),
                decimals: String::new(),
                code,
            };
        }
        let rounded = currency.round(amount);
        let digits = self.digits(rounded.abs(), currency);
        let (whole, decimals) = match digits.rfind(self.format.decimal()) {
            Some(at) if currency.minor_units() > 0 => {
                (digits[..at].to_owned(), digits[at..].to_owned())
            }
            _ => (digits, String::new()),
        };
        Figure {
            sign: minus_of(rounded),
            symbol: currency.symbol().to_owned(),
            whole,
            decimals,
            code,
        }
    }

    /// The same with nothing hidden, for amounts that are nobody's secret.
    #[must_use]
    pub fn shown(self) -> Self {
        Self {
            hidden: false,
            ..self
        }
    }

    /// As it is typed into a form: grouped like everywhere, never hidden.
    pub fn for_input(self, amount: Decimal, currency: Currency) -> String {
        self.digits(amount, currency).replace('−', "-")
    }

    /// How many buy-ins an amount is, both in one currency: `150.7`, and `1,205` where the tenth says nothing.
    pub fn buy_ins(self, amount: Decimal, buy_in: Decimal) -> String {
        if self.hidden {
            return DOTS.to_owned();
        }
        let Some(held) = amount.checked_div(buy_in) else {
            return "0".to_owned();
        };
        let decimals = u32::from(held.abs() < Decimal::ONE_THOUSAND);
        self.exact(held.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero))
    }

    /// A share of a whole in per cent, with one decimal: `36.3 %`.
    pub fn percent(self, part: Decimal, whole: Decimal) -> Option<String> {
        let share = part.checked_div(whole)?.checked_mul(Decimal::ONE_HUNDRED)?;
        Some(self.percent_of(share))
    }

    /// A number of per cent, with one decimal and a thin gap: `36.3 %`.
    pub fn percent_of(self, share: Decimal) -> String {
        let mut rounded = share.round_dp_with_strategy(1, RoundingStrategy::MidpointAwayFromZero);
        rounded.rescale(1);
        format!("{}\u{202f}%", self.format.write(&rounded.to_string()))
    }

    /// [`Numbers::chance`] of what follows from the bankroll.
    pub fn own_chance(self, chance: f64) -> String {
        if self.hidden {
            DOTS.to_owned()
        } else {
            self.chance(chance)
        }
    }

    /// A chance from 0 to 1 in per cent. Below one per cent it has two decimals, and what is small is told from what
    /// cannot be: `11.4 %`, `0.67 %`, `under 0.01 %`, `over 99.9 %`.
    pub fn chance(self, chance: f64) -> String {
        let share = Decimal::from_f64(chance * 100.0).unwrap_or(Decimal::ONE_HUNDRED);
        let (least, most) = (Decimal::new(1, 2), Decimal::new(999, 1));
        if share < least {
            return format!("under {}\u{202f}%", self.exact(least));
        }
        if share > most && share < Decimal::ONE_HUNDRED {
            return format!("over {}", self.percent_of(most));
        }
        if share >= Decimal::ONE {
            return self.percent_of(share);
        }
        let rounded = share.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        format!("{}\u{202f}%", self.format.write(&format!("{rounded:.2}")))
    }

    /// A rate or another plain number, with all its decimals.
    pub fn exact(self, number: Decimal) -> String {
        self.format.write(&number.normalize().to_string())
    }

    fn digits(self, amount: Decimal, currency: Currency) -> String {
        self.format.write(&currency.round(amount).to_string())
    }
}

/// A minus before what is below zero.
fn minus_of(rounded: Decimal) -> &'static str {
    if rounded.is_sign_negative() && !rounded.is_zero() {
        "−"
    } else {
        ""
    }
}

fn sign_of(amount: Decimal) -> &'static str {
    if amount.is_sign_negative() {
        "−"
    } else {
        "+"
    }
}

/// What somebody has named, for a sentence, an attribute or a chart: marks around a name that is written from right to
/// left keep it from turning around what it stands in. In HTML it is `<bdi>`, which is not copied along.
pub fn isolated(name: &str) -> String {
    let classes = CodePointMapData::<BidiClass>::new();
    let turns = |c| {
        matches!(
            classes.get(c),
            BidiClass::RightToLeft | BidiClass::ArabicLetter | BidiClass::ArabicNumber
        ) || turns_around(c)
    };
    if name.chars().any(turns) {
        format!("\u{2068}{name}\u{2069}")
    } else {
        name.to_owned()
    }
}

/// `30 Oct 2026`
pub fn day(day: NaiveDate) -> String {
    day.format("%-d %b %Y").to_string()
}

/// `30 Oct 26`, where there is little room.
pub fn short_day(day: NaiveDate) -> String {
    day.format("%-d %b %y").to_string()
}

/// `Friday 30 October 2026`
pub fn long_day(day: NaiveDate) -> String {
    day.format("%A %-d %B %Y").to_string()
}

/// A day as people say it: `Today`, `Yesterday`, `Wed 28 Oct`, with the year where it is not this one's.
pub fn spoken_day(day: NaiveDate, today: NaiveDate) -> String {
    match (today - day).num_days() {
        0 => "Today".to_owned(),
        1 => "Yesterday".to_owned(),
        _ if day.year() == today.year() => day.format("%a %-d %b").to_string(),
        _ => self::day(day),
    }
}

/// An instant as people say it: `Today, 21:40`, `Yesterday`, `Wed 28 Oct`.
pub fn spoken(at: DateTime<Utc>, zone: Tz, today: NaiveDate) -> String {
    let local = at.with_timezone(&zone);
    match spoken_day(local.date_naive(), today) {
        text if text == "Today" => format!("Today, {}", local.format("%H:%M")),
        text => text,
    }
}

/// How long ago a day was: `Today`, `Yesterday`, `6 days ago`.
pub fn age(day: NaiveDate, today: NaiveDate) -> String {
    match (today - day).num_days() {
        ..=0 => "Today".to_owned(),
        1 => "Yesterday".to_owned(),
        days => format!("{days} days ago"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn amounts_are_written_in_the_users_format() {
        let usd: Currency = "USD".parse().unwrap();
        let written = |format| {
            Numbers {
                format,
                hidden: false,
            }
            .plain(dec("-1234567.8"), usd)
        };
        assert_eq!(written(NumberFormat::CommaPoint), "−1,234,567.80");
        assert_eq!(written(NumberFormat::PointComma), "−1.234.567,80");
        assert_eq!(written(NumberFormat::SpaceComma), "−1\u{a0}234\u{a0}567,80");
        assert_eq!(written(NumberFormat::ApostrophePoint), "−1'234'567.80");
    }

    #[test]
    fn changes_carry_a_sign_and_zero_is_neither() {
        let (numbers, usd) = (Numbers::default(), "USD".parse().unwrap());
        assert_eq!(numbers.signed(dec("35.5"), usd), "+35.50");
        assert_eq!(numbers.signed(dec("-35.5"), usd), "−35.50");
        assert_eq!(numbers.signed(dec("-0.001"), usd), "±0.00");
        assert_eq!(numbers.plain(dec("-0.001"), usd), "0.00");
        assert_eq!(numbers.with_symbol(dec("-12"), usd), "−$12.00");
        assert_eq!(numbers.whole_signed(dec("7801.77")), "+7,802");
    }

    proptest! {
        /// The kind: a minus before nothing, where a number that is not shown was below zero.
        #[test]
        fn nothing_is_never_written_with_a_minus(
            mantissa in -20_i64..20,
            scale in 0_u32..12,
            whole in -3_i64..3,
            format in proptest::sample::select(&NumberFormat::ALL[..]),
            code in proptest::sample::select(&["USD", "JPY", "KWD", "BTC", "SEK"][..]),
        ) {
            let numbers = Numbers { format, hidden: false };
            let currency: Currency = code.parse().unwrap();
            let number = Decimal::new(mantissa, scale);
            // Minus zero itself, too.
            for number in [number, -number, number - number, -(number - number)] {
                let figure = numbers.figure(number, currency);
                let written = [
                    numbers.plain(number, currency),
                    numbers.with_symbol(number, currency),
                    numbers.full(number, currency),
                    numbers.for_input(number, currency),
                    numbers.signed(number, currency),
                    numbers.signed_with_symbol(number, currency),
                    numbers.whole_signed(number),
                    figure.whole + &figure.decimals,
                    numbers.percent_of(number),
                    numbers.percent(number, Decimal::from(whole)).unwrap_or_default(),
                    numbers.buy_ins(number, Decimal::from(200)),
                    numbers.exact(number),
                    currency.round(number).to_string(),
                ];
                for text in written {
                    let has_minus = text.starts_with(['-', '−']);
                    let is_nothing = !text.contains(|digit| ('1'..='9').contains(&digit));
                    prop_assert!(!(has_minus && is_nothing), "{text:?} of {number}");
                }
            }
        }
    }

    #[test]
    fn hidden_amounts_are_dots_and_shares_stay() {
        let (numbers, usd) = (
            Numbers {
                hidden: true,
                ..Numbers::default()
            },
            "USD".parse().unwrap(),
        );
        assert_eq!(numbers.with_symbol(dec("12"), usd), "•••");
        assert_eq!(numbers.figure(dec("12"), usd).whole, "•••");
        assert_eq!(numbers.buy_ins(dec("12"), dec("4")), "•••");
        assert_eq!(
            numbers.percent(dec("1"), dec("3")).as_deref(),
            Some("33.3\u{202f}%")
        );
    }

    #[test]
    fn small_chances_are_told_from_none_and_large_ones_from_certainty() {
        let told = |chance| Numbers::default().chance(chance).replace('\u{202f}', " ");
        for (chance, text) in [
            (0.0, "under 0.01 %"),
            (0.000_099, "under 0.01 %"),
            (0.0001, "0.01 %"),
            (0.006_738, "0.67 %"),
            (0.007, "0.70 %"),
            (0.01, "1.0 %"),
            (0.1138, "11.4 %"),
            (0.999, "99.9 %"),
            (0.999_99, "over 99.9 %"),
            (1.0, "100.0 %"),
        ] {
            assert_eq!(told(chance), text);
        }
        let comma = Numbers {
            format: NumberFormat::PointComma,
            hidden: false,
        };
        assert_eq!(comma.chance(0.0067), "0,67\u{202f}%");
    }

    #[test]
    fn a_figure_is_split_at_its_decimals() {
        let numbers = Numbers::default();
        let figure = numbers.figure(dec("26973.52"), Currency::EUR);
        assert_eq!(
            (
                figure.symbol.as_str(),
                figure.whole.as_str(),
                figure.decimals.as_str()
            ),
            ("€", "26,973", ".52")
        );
        let debt = numbers.figure(dec("-26973.52"), Currency::EUR);
        assert_eq!((debt.sign, &*debt.whole), ("−", "26,973"));
        let yen = numbers.figure(dec("1234"), "JPY".parse().unwrap());
        assert_eq!((yen.whole.as_str(), yen.decimals.as_str()), ("1,234", ""));
    }

    #[test]
    fn a_name_is_isolated_where_it_could_turn_something_around() {
        for text in ["Riverhouse", "Ångström 7", "東京", "♠", ""] {
            assert_eq!(isolated(text), text);
        }
        for text in ["חדר", "بنك", "PokerStars חדר", "١٢", "Stars\u{202e}"] {
            assert_eq!(isolated(text), format!("\u{2068}{text}\u{2069}"));
        }
    }

    #[test]
    fn days_are_spoken() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let today = day("2026-10-30");
        assert_eq!(spoken_day(day("2026-10-30"), today), "Today");
        assert_eq!(spoken_day(day("2026-10-28"), today), "Wed 28 Oct");
        assert_eq!(spoken_day(day("2025-10-28"), today), "28 Oct 2025");
        assert_eq!(age(day("2026-10-21"), today), "9 days ago");
    }
}
