//! Amounts of the home currency as the dashboard counts them: as money, in buy-ins, or in per cent.

use rust_decimal::Decimal;

use crate::features::currency::Exchange;
use crate::money::Currency;
use crate::web::format::{Figure, Measure, Numbers, Trend};

/// The full buy-in of the level that the user's money supports.
#[derive(Clone, Debug)]
pub struct BuyIn {
    /// The level's name: `$1/2`.
    pub level: String,
    /// What one costs, in US dollars.
    pub price: Decimal,
    /// From the home currency to dollars, at the newest rates.
    pub to_usd: Exchange,
}

/// Writes amounts of the home currency in a measure. Shares are no amounts, and are shown while these are hidden.
#[derive(Debug)]
pub struct Scale {
    pub measure: Measure,
    pub buy_in: Option<BuyIn>,
    numbers: Numbers,
    home: Currency,
}

/// Where there is nothing to be a share of.
const NO_SHARE: &str = "–";

impl Scale {
    /// Without a buy-in, buy-ins are money.
    pub fn new(measure: Measure, buy_in: Option<BuyIn>, numbers: Numbers, home: Currency) -> Self {
        let measure = match measure {
            Measure::BuyIns if buy_in.is_none() => Measure::Money,
            measure => measure,
        };
        Self {
            measure,
            buy_in,
            numbers,
            home,
        }
    }

    /// A large figure. What all shares are of stays an amount.
    pub fn figure(&self, amount: Decimal) -> Figure {
        match (self.measure, self.buy_ins(amount)) {
            (Measure::BuyIns, Some(count)) => Figure::counted(&count, "buy-ins", self.numbers),
            _ => self.numbers.figure(amount, self.home),
        }
    }

    /// `€9,792.88`, `54.7`, `34.0 %` of the base.
    pub fn value(&self, amount: Decimal, base: Decimal) -> String {
        match self.measure {
            Measure::Money => self.numbers.with_symbol(amount, self.home),
            Measure::BuyIns => self.buy_ins(amount).unwrap_or_default(),
            Measure::Percent => self.percent(amount, base),
        }
    }

    /// The same with its sign: `+€3,221.75`, `+18`, `+12.6 %`.
    pub fn change(&self, amount: Decimal, base: Decimal) -> String {
        match self.measure {
            Measure::Money => self.numbers.signed_with_symbol(amount, self.home),
            Measure::BuyIns | Measure::Percent => {
                self.signed(amount, self.value(amount.abs(), base))
            }
        }
    }

    /// The same where there is little room: `+3,222`, `+18`, `+12.6 %`.
    pub fn short_change(&self, amount: Decimal, base: Decimal) -> String {
        match self.measure {
            Measure::Money => self.numbers.whole_signed(amount),
            Measure::BuyIns | Measure::Percent => self.change(amount, base),
        }
    }

    /// How many buy-ins an amount is: of its dollars to the cent, as on the pages of stakes.
    fn buy_ins(&self, amount: Decimal) -> Option<String> {
        let one = self.buy_in.as_ref()?;
        let dollars = Currency::USD.round(one.to_usd.convert(amount)?);
        Some(self.numbers.buy_ins(dollars, one.price))
    }

    fn percent(&self, amount: Decimal, base: Decimal) -> String {
        let share = (base > Decimal::ZERO).then(|| self.numbers.percent(amount, base));
        share.flatten().unwrap_or_else(|| NO_SHARE.to_owned())
    }

    /// The sign of the amount before what it is.
    fn signed(&self, amount: Decimal, text: String) -> String {
        if text == NO_SHARE || self.numbers.hidden && self.measure == Measure::BuyIns {
            return text;
        }
        let sign = match Trend::of(self.home.round(amount)) {
            Trend::Up => "+",
            Trend::Down => "−",
            Trend::Flat => "±",
        };
        format!("{sign}{text}")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::features::currency::{Rates, Series};

    fn scale(measure: Measure, hidden: bool) -> Scale {
        let day = "2026-10-30".parse().unwrap();
        let dollars = Series::new([(day, Decimal::new(125, 2))]).unwrap();
        let rates = Rates::new([(Currency::USD, Arc::new(dollars))]);
        let buy_in = BuyIn {
            level: "$1/2".into(),
            price: Decimal::from(200),
            to_usd: rates.exchange(Currency::EUR, Currency::USD, day).unwrap(),
        };
        let numbers = Numbers {
            hidden,
            ..Numbers::default()
        };
        Scale::new(measure, Some(buy_in), numbers, Currency::EUR)
    }

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn an_amount_is_told_in_three_ways() {
        let told = |measure| {
            let scale = scale(measure, false);
            [
                scale.value(d("1000"), d("4000")),
                scale.change(d("-1000"), d("4000")),
                scale.short_change(d("1000.60"), d("4000")),
                scale.change(d("0"), d("4000")),
            ]
        };
        assert_eq!(
            told(Measure::Money),
            ["€1,000.00", "−€1,000.00", "+1,001", "±€0.00"]
        );
        // 1,000 × 1.25 ÷ 200
        assert_eq!(told(Measure::BuyIns), ["6.3", "−6.3", "+6.3", "±0"]);
        assert_eq!(
            told(Measure::Percent),
            [
                "25.0\u{202f}%",
                "−25.0\u{202f}%",
                "+25.0\u{202f}%",
                "±0.0\u{202f}%"
            ]
        );
    }

    #[test]
    fn the_total_is_counted_or_stays_an_amount() {
        let figure = scale(Measure::BuyIns, false).figure(d("1000"));
        assert_eq!(
            (
                &*figure.symbol,
                &*figure.whole,
                &*figure.decimals,
                figure.code
            ),
            ("", "6", ".3", "buy-ins")
        );
        // 32,189.995 dollars are 32,190.00, and those 160.95 buy-ins: without the cents it would be 160.9.
        let figure = scale(Measure::BuyIns, false).figure(d("25751.996"));
        assert_eq!((&*figure.whole, &*figure.decimals), ("161", ""));
        for measure in [Measure::Money, Measure::Percent] {
            let figure = scale(measure, false).figure(d("1000"));
            assert_eq!((&*figure.whole, figure.code), ("1,000", "EUR"));
        }
    }

    #[test]
    fn shares_of_nothing_are_none() {
        let scale = scale(Measure::Percent, false);
        for base in ["0", "-5"] {
            assert_eq!(scale.change(d("7"), d(base)), NO_SHARE);
        }
        // Nothing overflows.
        assert_eq!(scale.value(Decimal::MAX, d("0.01")), NO_SHARE);
    }

    #[test]
    fn hiding_amounts_hides_buy_ins_and_no_shares() {
        let told = |measure| {
            let scale = scale(measure, true);
            let figure = scale.figure(d("1000"));
            (
                scale.value(d("1000"), d("4000")),
                scale.change(d("-1000"), d("4000")),
                figure.whole + &figure.decimals,
            )
        };
        let dots = || "•••".to_owned();
        let hidden = || (dots(), dots(), dots());
        assert_eq!(told(Measure::Money), hidden());
        assert_eq!(told(Measure::BuyIns), hidden());
        let shares = (
            "25.0\u{202f}%".to_owned(),
            "−25.0\u{202f}%".to_owned(),
            dots(),
        );
        assert_eq!(told(Measure::Percent), shares);
    }

    #[test]
    fn without_a_level_buy_ins_are_money() {
        let scale = Scale::new(Measure::BuyIns, None, Numbers::default(), Currency::EUR);
        assert_eq!(scale.value(d("1"), d("1")), "€1.00");
    }
}
