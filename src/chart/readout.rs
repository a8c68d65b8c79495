//! What the script may say about a chart: exact amounts in minor units, as differences from one
//! point to the next, because they are a third of the size of ready texts once compressed.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::web::format::{NumberFormat, isolated};

/// Above this many points, the script steps through some of them.
const EVERY_DAY: usize = 400;
const STOPS: usize = 240;

/// What stands beside an amount: `€1,234.50`, `kr 24,251.10 SEK`, `0.04228454 BTC`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// Before the digits, with its space if it has one: `€`, `kr `, or nothing.
    pub prefix: String,
    /// After the digits, with its space: ` BTC`, ` buy-ins`, ` %`, or nothing.
    pub suffix: String,
    /// Decimals of the currency: JPY 0, USD 2, BTC 8.
    pub decimals: u32,
}

/// One chart's figures over time, as the script reads them.
#[derive(Serialize)]
pub(super) struct Readout {
    /// `line`: points by day. `bars`: equal slots.
    pub(super) kind: &'static str,
    /// What stands before and after the digits, how many are decimals, and the marks between groups and before decimals.
    unit: (String, String, u32, char, char),
    first: NaiveDate,
    /// Days from each point to the next; left out if every day has a point.
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<Vec<i64>>,
    /// How a point's day is written: `day`, `month`, `quarter` or `year`.
    pub(super) period: &'static str,
    /// Which of them the range has not all of, and what it has: `from the 28th`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) partial: BTreeMap<usize, String>,
    series: Vec<Spoken>,
    /// The tooltip adds the sum of all series.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) total: Option<String>,
    /// There is a result: written with its sign, coloured by it, and called by one of these, above zero and below it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) result: Option<[&'static str; 2]>,
    /// The result is the difference of the two series, and not the amounts themselves.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) difference: bool,
    /// First and last index of each stretch that is estimated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) estimated: Vec<(usize, usize)>,
}

#[derive(Serialize)]
struct Spoken {
    name: String,
    /// Class of its swatch.
    class: &'static str,
    /// The first amount, then differences; nothing where it is not known.
    minor: Vec<Option<Minor>>,
}

/// A whole number; as text where a script's numbers would not be exact.
#[derive(Serialize)]
#[serde(untagged)]
enum Minor {
    Small(i64),
    Large(String),
}

impl Readout {
    pub(super) fn new(
        kind: &'static str,
        unit: &Unit,
        format: NumberFormat,
        days: &[NaiveDate],
    ) -> Self {
        let steps: Vec<i64> = days
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).num_days())
            .collect();
        Self {
            kind,
            unit: (
                unit.prefix.clone(),
                unit.suffix.clone(),
                unit.decimals,
                format.group(),
                format.decimal(),
            ),
            first: days.first().copied().unwrap_or_default(),
            steps: steps.iter().any(|&step| step != 1).then_some(steps),
            period: "day",
            partial: BTreeMap::new(),
            series: Vec::new(),
            total: None,
            result: None,
            difference: false,
            estimated: Vec::new(),
        }
    }

    pub(super) fn series(
        &mut self,
        name: &str,
        class: &'static str,
        values: impl Iterator<Item = Option<Decimal>>,
    ) {
        let mut before = 0;
        let decimals = self.unit.2;
        let minor = values
            .map(|value| {
                let mut amount = value?;
                amount.rescale(decimals);
                let step = amount.mantissa() - before;
                before = amount.mantissa();
                Some(match i64::try_from(step) {
                    Ok(step) if step.abs() < 1 << 53 => Minor::Small(step),
                    _ => Minor::Large(step.to_string()),
                })
            })
            .collect();
        let name = isolated(name);
        self.series.push(Spoken { name, class, minor });
    }

    /// The attribute's text.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Where the script stops: at every point, or at those that are drawn when there are many. `thin` chooses so many.
pub(super) fn stops(count: usize, thin: impl FnOnce(usize) -> Vec<usize>) -> Vec<usize> {
    if count > EVERY_DAY {
        thin(STOPS)
    } else {
        (0..count).collect()
    }
}

/// What the script says about the parts of a whole: name, amount and share of each.
pub(super) fn parts_json(parts: &[(String, String, String)]) -> String {
    let readout = serde_json::json!({ "kind": "parts", "parts": parts });
    readout.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_differences_in_minor_units() {
        let day = NaiveDate::default();
        let unit = Unit {
            prefix: "€".into(),
            suffix: String::new(),
            decimals: 2,
        };
        let mut readout = Readout::new(
            "line",
            &unit,
            NumberFormat::PointComma,
            &[day, day.succ_opt().unwrap()],
        );
        let values = ["1234.50", "-0.07"].map(|v| Some(v.parse().unwrap()));
        readout.series("Bankroll", "c1", values.into_iter().chain([None]));
        let json = readout.json();
        assert!(json.contains(r#""minor":[123450,-123457,null]"#), "{json}");
        assert!(!json.contains("steps"), "{json}");
    }

    #[test]
    fn amounts_too_large_for_a_script_are_texts() {
        let mut readout = Readout::new(
            "line",
            &Unit {
                decimals: 8,
                ..Unit::default()
            },
            NumberFormat::default(),
            &[],
        );
        readout.series(
            "Cold wallet",
            "c1",
            std::iter::once(Some(Decimal::from(1_000_000_000_000_i64))),
        );
        assert!(readout.json().contains(r#"["100000000000000000000"]"#));
    }
}
