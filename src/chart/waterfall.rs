//! "What moved it": from the balance then, over every part of the change, to the balance now.

use askama::Template;
use askama::filters::HtmlSafe;
use rust_decimal::Decimal;

use super::frame::{Px, count};
use super::series::number;

const WIDTH: f64 = 640.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 100.0;
const HALF_ROW: f64 = 150.0;
/// Letters of the longest amount that has room under a column: `+12,345.67`.
const LONGEST: usize = 10;

/// What a column stands for, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// A balance: neutral, standing on the ground.
    Total,
    /// Play, bonus, expenses, currency: green up, clay down.
    Result,
    /// Deposits, withdrawals, transfers: blue-grey, never green or clay.
    Flow,
}

/// One column.
#[derive(Clone, Debug)]
pub struct Step {
    /// The word under it: `Play`, `30 Oct 25`, `Now`.
    pub label: String,
    /// What it stands for.
    pub kind: StepKind,
    /// A balance for totals, a signed change for all others; exact.
    pub value: Decimal,
    /// The value, ready to print: `21,475.32`, `+6,095.23`, `±0.00`.
    pub text: String,
}

/// The parts of a change, first and last a total.
#[derive(Clone, Debug, Default)]
pub struct Waterfall {
    /// Columns from left to right.
    pub steps: Vec<Step>,
    /// Amounts are hidden: dots instead of figures, the same shapes.
    pub hide: bool,
}

/// A waterfall as columns for wide pages and as a list for narrow ones, ready to print.
#[derive(Debug, Template)]
#[template(path = "chart/waterfall.html", whitespace = "minimize")]
pub struct WaterfallFigure {
    columns: Vec<Column>,
    /// Height of the zero line, if something goes below it.
    zero: Option<Px>,
    /// An amount is too long to stand under its column: the list is shown on wide pages too.
    long: bool,
}

impl HtmlSafe for WaterfallFigure {}

#[derive(Debug)]
struct Column {
    label: String,
    text: String,
    kind: StepKind,
    class: &'static str,
    /// `up`, `down` or `flat` for results.
    direction: &'static str,
    x: Px,
    y: Px,
    width: Px,
    height: Px,
    /// From this column to the next: left, right, height.
    link: Option<(Px, Px, Px)>,
    /// Bar in the list, from the centre line of 300 units: left and width.
    bar: (Px, Px),
}

impl Column {
    fn is_total(&self) -> bool {
        self.kind == StepKind::Total
    }

    fn is_result(&self) -> bool {
        self.kind == StepKind::Result
    }
}

impl Waterfall {
    /// Draws the columns and the list.
    pub fn figure(&self) -> WaterfallFigure {
        let spans = self.spans();
        let levels = || spans.iter().flat_map(|&(from, to)| [from, to]);
        let high = levels().fold(f64::NEG_INFINITY, f64::max);
        let low = levels().fold(f64::INFINITY, f64::min);
        let foot = if low > 0.0 {
            (low - 0.22 * (high - low)).max(0.0)
        } else {
            low.min(0.0)
        };
        let high = if high > foot { high } else { foot + 1.0 };
        let y = |level: f64| BOTTOM - (level - foot) / (high - foot) * (BOTTOM - TOP);
        let changes = self
            .steps
            .iter()
            .filter(|step| step.kind != StepKind::Total);
        let widest = changes
            .map(|step| number(step.value).abs())
            .fold(0.0, f64::max);
        let slot = WIDTH / count(self.steps.len().max(1));
        let columns: Vec<Column> = self
            .steps
            .iter()
            .zip(&spans)
            .enumerate()
            .map(|(place, (step, &(from, to)))| {
                let total = step.kind == StepKind::Total;
                let from = if total { foot.max(0.0) } else { from };
                let (upper, lower) = (y(from.max(to)), y(from.min(to)));
                let x = (count(place) + 0.2) * slot;
                let width = slot * 0.6;
                let next = place + 1 < self.steps.len();
                let length = if widest > 0.0 {
                    number(step.value).abs() / widest * HALF_ROW
                } else {
                    0.0
                };
                let down = step.value.is_sign_negative();
                Column {
                    label: step.label.clone(),
                    text: if self.hide {
                        "•••".to_owned()
                    } else {
                        step.text.clone()
                    },
                    kind: step.kind,
                    class: class(step),
                    direction: direction(step.value),
                    x: Px(x),
                    y: Px(upper.min(BOTTOM - 1.5)),
                    width: Px(width),
                    height: Px((lower - upper).max(1.5)),
                    link: next.then(|| (Px(x + width + 2.0), Px(x + slot - 2.0), Px(y(to)))),
                    bar: (
                        Px(if down { HALF_ROW - length } else { HALF_ROW }),
                        Px(length),
                    ),
                }
            })
            .collect();
        let is_long = |column: &Column| column.text.chars().count() > LONGEST;
        WaterfallFigure {
            long: columns.iter().any(is_long),
            zero: (foot < 0.0).then(|| Px(y(0.0))),
            columns,
        }
    }

    /// From which level to which level each column goes; a total goes to its own.
    fn spans(&self) -> Vec<(f64, f64)> {
        let mut level = 0.0;
        let span = |step: &Step| {
            let before = level;
            let value = number(step.value);
            level = if step.kind == StepKind::Total {
                value
            } else {
                before + value
            };
            if step.kind == StepKind::Total {
                (value, value)
            } else {
                (before, level)
            }
        };
        self.steps.iter().map(span).collect()
    }
}

fn class(step: &Step) -> &'static str {
    match step.kind {
        StepKind::Total => "wf-total",
        StepKind::Flow => "wf-flow",
        StepKind::Result if step.value.is_zero() => "wf-total",
        StepKind::Result if step.value.is_sign_negative() => "wf-down",
        StepKind::Result => "wf-up",
    }
}

fn direction(value: Decimal) -> &'static str {
    if value.is_zero() {
        "flat"
    } else if value.is_sign_negative() {
        "down"
    } else {
        "up"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waterfall(values: &[(StepKind, i64)]) -> Waterfall {
        let step = |&(kind, value): &(StepKind, i64)| Step {
            label: "Play".to_owned(),
            kind,
            value: Decimal::from(value),
            text: value.to_string(),
        };
        Waterfall {
            steps: values.iter().map(step).collect(),
            hide: false,
        }
    }

    #[test]
    fn a_flow_is_never_green_or_clay() {
        let html = waterfall(&[(StepKind::Flow, 500), (StepKind::Flow, -700)])
            .figure()
            .to_string();
        assert!(html.contains("wf-flow"));
        assert!(
            !["wf-up", "wf-down", "delta"]
                .iter()
                .any(|class| html.contains(class)),
            "{html}"
        );
    }

    #[test]
    fn the_last_change_ends_where_the_last_total_stands() {
        let columns = waterfall(&[
            (StepKind::Total, 100),
            (StepKind::Result, 60),
            (StepKind::Flow, -30),
            (StepKind::Total, 130),
        ])
        .figure()
        .columns;
        let link = columns[2].link.as_ref().map(|link| link.2);
        assert_eq!(link, Some(columns[3].y));
    }

    #[test]
    fn zero_and_negative_totals_draw_too() {
        for steps in [
            vec![],
            vec![
                (StepKind::Total, 0),
                (StepKind::Result, 0),
                (StepKind::Total, 0),
            ],
            vec![
                (StepKind::Total, 50),
                (StepKind::Result, -80),
                (StepKind::Total, -30),
            ],
        ] {
            let html = waterfall(&steps).figure().to_string();
            assert!(
                !html.contains("NaN") && !html.contains("height=\"-"),
                "{html}"
            );
        }
    }

    #[test]
    fn nothing_is_neither_a_gain_nor_a_loss() {
        let html = waterfall(&[(StepKind::Result, 0)]).figure().to_string();
        assert!(!html.contains("wf-up") && !html.contains("wf-down"));
    }

    #[test]
    fn long_amounts_stand_in_the_list_on_every_page() {
        for (value, long) in [(1_234_567_890, false), (12_345_678_901, true)] {
            let figure = waterfall(&[(StepKind::Total, value)]).figure();
            assert_eq!(figure.long, long, "{value}");
        }
    }

    #[test]
    fn hidden_amounts_are_not_in_the_page() {
        let mut waterfall = waterfall(&[(StepKind::Total, 4711)]);
        waterfall.hide = true;
        let html = waterfall.figure().to_string();
        assert!(html.contains("•••") && !html.contains("4711"));
    }
}
