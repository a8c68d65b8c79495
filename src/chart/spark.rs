//! A sparkline: the course of one account beside its balance, in neutral grey.

use askama::Template;
use askama::filters::HtmlSafe;
use rust_decimal::Decimal;

use super::frame::{Px, count};
use super::path::Path;
use super::series::drawn;
use super::thin::{runs, thin};

const LEFT: f64 = 2.0;
const RIGHT: f64 = 98.0;
const TOP: f64 = 3.0;
const BOTTOM: f64 = 25.0;

/// A sparkline of 104 × 28 pixels, ready to print. It says nothing to a reader:
/// the figures stand beside it.
#[derive(Debug, Template)]
#[template(path = "chart/spark.svg", whitespace = "minimize")]
pub struct Spark {
    line: String,
    end: Option<(Px, Px)>,
}

impl HtmlSafe for Spark {}

impl Spark {
    /// Draws values at equal distances; missing ones are gaps.
    pub fn new(values: &[Option<Decimal>]) -> Self {
        let values = drawn(values, values.len());
        let known = || values.iter().flatten().copied();
        let (low, high) = (
            known().fold(f64::INFINITY, f64::min),
            known().fold(f64::NEG_INFINITY, f64::max),
        );
        let x = |at: usize| LEFT + count(at) / count(values.len().max(2) - 1) * (RIGHT - LEFT);
        let y = |value: f64| {
            let share = (value - low) / (high - low);
            if share.is_finite() {
                BOTTOM - share * (BOTTOM - TOP)
            } else {
                f64::midpoint(TOP, BOTTOM)
            }
        };
        let point = |at: usize| (x(at), y(values[at].unwrap_or(low)));
        let kept = thin(&values, 90);
        let mut path = Path::default();
        for run in runs(&values, &kept) {
            for (place, &at) in run.iter().enumerate() {
                let (x, y) = point(at);
                match (place, run.len()) {
                    (0, 1) => path.dot(x, y),
                    (0, _) => path.start(x, y),
                    _ => path.line(x, y),
                }
            }
        }
        let end = kept.last().map(|&at| point(at));
        Self {
            line: path.finish(),
            end: end.map(|(x, y)| (Px(x), Px(y))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_input_draws_without_nan() {
        let some = |n: i64| Some(Decimal::from(n));
        for values in [
            vec![],
            vec![some(5)],
            vec![some(0); 9],
            vec![None, some(1), None, some(-3)],
        ] {
            let html = Spark::new(&values).to_string();
            assert!(html.contains("<svg") && !html.contains("NaN"), "{html}");
        }
    }
}
