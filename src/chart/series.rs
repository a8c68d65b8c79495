//! Named values over time, and the classes that colour them.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// More than this many series or parts are summed as "Other".
const MOST: usize = 8;

pub(super) const FILLS: [&str; MOST] = ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"];
const STROKES: [&str; MOST] = ["s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8"];
pub(super) const TEXTS: [&str; MOST] = ["t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8"];

/// A name and its amounts, one for each day of the chart.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// As the legend says it.
    pub name: String,
    /// Exact amounts; `None` where there is none, as without a rate.
    pub values: Vec<Option<Decimal>>,
    /// The sum of what had no colour left.
    pub(super) rest: bool,
}

impl Series {
    /// A series of exact amounts, one for each day of the chart.
    pub fn new(name: impl Into<String>, values: Vec<Option<Decimal>>) -> Self {
        Self {
            name: name.into(),
            values,
            rest: false,
        }
    }
}

/// The first eight, and the rest as "Other": known on every day on which one of them is.
pub(super) fn at_most_eight(series: &[Series]) -> Vec<Series> {
    let mut shown: Vec<Series> = series.iter().take(MOST).cloned().collect();
    if let Some(rest) = series.get(MOST..).filter(|rest| !rest.is_empty()) {
        let days = rest.iter().map(|one| one.values.len()).max().unwrap_or(0);
        let sum = |at: usize| {
            let known = rest
                .iter()
                .filter_map(|one| one.values.get(at).copied().flatten());
            known.reduce(|a, b| a + b)
        };
        let values = (0..days).map(sum).collect();
        shown.push(Series {
            name: "Other".to_owned(),
            values,
            rest: true,
        });
    }
    shown
}

/// Amounts as positions are calculated from them. This is the only way from money to a float,
/// and there is none back.
pub(super) fn drawn(values: &[Option<Decimal>], count: usize) -> Vec<Option<f64>> {
    let known = values.iter().copied().chain(std::iter::repeat(None));
    known.take(count).map(|value| value.map(number)).collect()
}

pub(super) fn number(value: Decimal) -> f64 {
    value.to_f64().unwrap_or(0.0)
}

pub(super) fn fill_class(series: &Series, place: usize) -> &'static str {
    if series.rest {
        "c-rest"
    } else {
        FILLS[place % MOST]
    }
}

/// A single line has the chart's own colour and needs no class.
pub(super) fn stroke_class(series: &Series, place: usize, count: usize) -> &'static str {
    match (series.rest, count) {
        (true, _) => "s-rest",
        (_, 1) => "",
        _ => STROKES[place % MOST],
    }
}

/// The colour of text that lies on a part.
pub(super) fn text_class(fill: &str) -> &'static str {
    let place = FILLS.iter().position(|class| *class == fill);
    place.map_or("t-rest", |place| TEXTS[place])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ninth_and_later_are_other() {
        let one = |n: i64| Series::new(n.to_string(), vec![Some(Decimal::from(n)), None]);
        let shown = at_most_eight(&(1..=11).map(one).collect::<Vec<_>>());
        assert_eq!(shown.len(), 9);
        assert_eq!(shown[8].name, "Other");
        assert_eq!(shown[8].values, [Some(Decimal::from(30)), None]);
        assert_eq!(
            at_most_eight(&(1..=8).map(one).collect::<Vec<_>>()).len(),
            8
        );
    }
}
