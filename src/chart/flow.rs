//! Money in and out by month: deposits up, withdrawals down, never in the colours of results.

use std::collections::BTreeMap;

use askama::Template;
use askama::filters::HtmlSafe;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::axes::{Axes, Caption};
use super::frame::{Px, Size};
use super::legend::{Legend, Swatch};
use super::path::Path;
use super::period::{Period, Slots};
use super::readout::{Readout, Unit};
use super::scale::Scale;
use super::series::number;
use crate::web::format::Numbers;

/// What went in and out in a month.
#[derive(Clone, Copy, Debug)]
pub struct Flow {
    /// The first and the last day of the month that count.
    pub first: NaiveDate,
    pub last: NaiveDate,
    /// Put in; not negative.
    pub deposits: Decimal,
    /// Taken out; not negative.
    pub withdrawals: Decimal,
}

/// Bars in two directions: one for each month, or for each quarter or year when there are many.
#[derive(Clone, Debug, Default)]
pub struct FlowChart {
    /// Its names.
    pub caption: Caption,
    /// Months, ascending; those without money that moved may be left out, but for the first and the last.
    pub flows: Vec<Flow>,
    /// The day that the first month is said to count from, if it is not a whole one.
    pub from: NaiveDate,
    /// What stands beside amounts.
    pub unit: Unit,
    /// How numbers are written. While they are hidden there are no axis labels and no figures, and the same shapes.
    pub numbers: Numbers,
}

/// Bars in two directions in both widths, ready to print.
#[derive(Debug, Template)]
#[template(path = "chart/figure.html", whitespace = "minimize")]
pub struct FlowFigure {
    readout: String,
    wide: FlowPlot,
    narrow: FlowPlot,
}

impl HtmlSafe for FlowFigure {}

#[derive(Debug, Template)]
#[template(path = "chart/flow.svg", whitespace = "minimize")]
struct FlowPlot {
    axes: Axes,
    /// Class and shape of the bars of one kind.
    bars: Vec<(&'static str, String)>,
    zero: Px,
}

impl HtmlSafe for FlowPlot {}

impl FlowChart {
    /// Draws the chart.
    pub fn figure(&self) -> FlowFigure {
        let (Some(first), Some(last)) = (self.flows.first(), self.flows.last()) else {
            let [wide, narrow] =
                Size::BOTH.map(|size| self.plot(size, None, &[], &BTreeMap::new()));
            return FlowFigure {
                readout: String::new(),
                wide,
                narrow,
            };
        };
        let slots = Slots::covering(Period::Month, first.first, last.last);
        let begun = slots.period.begun(first.first);
        let partial = slots.partial(begun.map(|_| self.from), last.last);
        let mut sums = vec![(Decimal::ZERO, Decimal::ZERO); slots.starts.len()];
        for flow in &self.flows {
            let sum = &mut sums[slots.at(flow.last)];
            sum.0 += flow.deposits;
            sum.1 += flow.withdrawals;
        }
        let [wide, narrow] = Size::BOTH.map(|size| self.plot(size, Some(&slots), &sums, &partial));
        let readout = if self.numbers.hidden {
            String::new()
        } else {
            self.readout(&slots, &sums, partial)
        };
        FlowFigure {
            readout,
            wide,
            narrow,
        }
    }

    /// What the two kinds of bars are, and the paler ones.
    pub fn legend(&self) -> Legend {
        let kind = |class, name: &str| (Swatch::Part(class), name.to_owned());
        let mut names = vec![kind("bar-in", "Deposits"), kind("bar-out", "Withdrawals")];
        if let (Some(first), Some(last)) = (self.flows.first(), self.flows.last()) {
            let slots = Slots::covering(Period::Month, first.first, last.last);
            let begun = slots.period.begun(first.first);
            if !slots.partial(begun, last.last).is_empty() {
                let period = slots.period.word();
                names.push(kind(
                    "bar-in bar-part",
                    &format!("Paler: not the whole {period}"),
                ));
            }
        }
        Legend { names }
    }

    fn plot(
        &self,
        size: Size,
        slots: Option<&Slots>,
        sums: &[(Decimal, Decimal)],
        partial: &BTreeMap<usize, String>,
    ) -> FlowPlot {
        let ends = sums
            .iter()
            .flat_map(|&(up, down)| [number(up), -number(down)]);
        let scale = Scale::new(ends.chain([0.0]), self.numbers);
        let mut axes = Axes::new(&self.caption, size, scale, self.numbers.hidden);
        let zero = axes.y(0.0);
        let mut bars = Vec::new();
        if let Some(slots) = slots {
            axes.dates = slots.dates(size, &axes.frame);
            let width = slots.bar(&axes.frame);
            let shape = |counted: fn((Decimal, Decimal)) -> f64, is_part: bool| {
                let mut path = Path::default();
                let values = sums.iter().map(|sum| counted(*sum)).enumerate();
                for (at, value) in values.filter(|(at, _)| partial.contains_key(at) == is_part) {
                    if value.abs() > 0.0 {
                        let left = slots.middle(at, &axes.frame) - width / 2.0;
                        path.start(left, zero);
                        path.upright(axes.y(value));
                        path.level(left + width);
                        path.upright(zero);
                        path.close();
                    }
                }
                path.finish()
            };
            bars = vec![
                ("bar-in", shape(|(up, _)| number(up), false)),
                ("bar-in bar-part", shape(|(up, _)| number(up), true)),
                ("bar-out", shape(|(_, down)| -number(down), false)),
                ("bar-out bar-part", shape(|(_, down)| -number(down), true)),
            ];
            bars.retain(|(_, shape)| !shape.is_empty());
        }
        FlowPlot {
            bars,
            zero: Px(zero),
            axes,
        }
    }

    fn readout(
        &self,
        slots: &Slots,
        sums: &[(Decimal, Decimal)],
        partial: BTreeMap<usize, String>,
    ) -> String {
        let mut readout = Readout::new("bars", &self.unit, self.numbers.format, &slots.starts);
        readout.period = slots.period.word();
        readout.partial = partial;
        readout.series("Deposits", "bar-in", sums.iter().map(|sum| Some(sum.0)));
        readout.series(
            "Withdrawals",
            "bar-out",
            sums.iter().map(|sum| Some(-sum.1)),
        );
        readout.json()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(flows: &[(&str, i64, i64)]) -> FlowChart {
        let flow = |&(day, up, down): &(&str, i64, i64)| Flow {
            first: day.parse().unwrap(),
            last: day.parse().unwrap(),
            deposits: Decimal::from(up),
            withdrawals: Decimal::from(down),
        };
        FlowChart {
            flows: flows.iter().map(flow).collect(),
            ..FlowChart::default()
        }
    }

    #[test]
    fn flows_have_the_colour_of_flows() {
        let html = chart(&[("2026-01-01", 50, 0), ("2026-02-01", 0, 80)])
            .figure()
            .to_string();
        assert!(html.contains("bar-in") && html.contains("bar-out"));
        assert!(!html.contains("wf-"));
    }

    #[test]
    fn a_month_that_is_not_a_whole_one_is_paler_and_says_so() {
        let mut chart = chart(&[
            ("2025-11-29", 50, 0),
            ("2025-12-31", 70, 0),
            ("2026-01-09", 90, 0),
        ]);
        chart.flows[1].first = "2025-12-01".parse().unwrap();
        chart.flows[2].first = "2026-01-01".parse().unwrap();
        chart.from = "2025-11-28".parse().unwrap();
        let figure = chart.figure();
        let bars: Vec<_> = figure
            .wide
            .bars
            .iter()
            .map(|(class, path)| (*class, path.matches('M').count()))
            .collect();
        assert_eq!(bars, [("bar-in", 1), ("bar-in bar-part", 2)]);
        assert!(
            figure
                .readout
                .contains(r#""partial":{"0":"from the 28th","2":"to date"}"#),
            "{}",
            figure.readout
        );
    }

    #[test]
    fn every_input_draws_without_nan() {
        for flows in [
            &[][..],
            &[("2026-01-01", 0, 0)],
            &[("1999-01-01", 5, 0), ("2026-02-01", 0, 7)],
        ] {
            let html = chart(flows).figure().to_string();
            assert!(html.contains("<svg") && !html.contains("NaN"), "{html}");
        }
    }
}
