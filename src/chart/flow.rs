//! Money in and out by month: deposits up, withdrawals down, never in the colours of results.

use askama::Template;
use askama::filters::HtmlSafe;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::axes::{Axes, Caption};
use super::frame::{Px, Size};
use super::path::Path;
use super::period::{Period, Slots};
use super::readout::{Readout, Unit};
use super::scale::Scale;
use super::series::number;

/// What went in and out in a month.
#[derive(Clone, Copy, Debug)]
pub struct Flow {
    /// A day of the month.
    pub day: NaiveDate,
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
    /// Months, ascending; those without money that moved may be left out.
    pub flows: Vec<Flow>,
    /// How amounts are written.
    pub unit: Unit,
    /// Amounts are hidden: no axis labels, no figures, the same shapes.
    pub hide: bool,
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
    deposits: String,
    withdrawals: String,
    zero: Px,
}

impl HtmlSafe for FlowPlot {}

impl FlowChart {
    /// Draws the chart.
    pub fn figure(&self) -> FlowFigure {
        let (Some(first), Some(last)) = (self.flows.first(), self.flows.last()) else {
            let [wide, narrow] = Size::BOTH.map(|size| self.plot(size, None, &[]));
            return FlowFigure {
                readout: String::new(),
                wide,
                narrow,
            };
        };
        let slots = Slots::covering(Period::Month, first.day, last.day);
        let mut sums = vec![(Decimal::ZERO, Decimal::ZERO); slots.starts.len()];
        for flow in &self.flows {
            let sum = &mut sums[slots.at(flow.day)];
            sum.0 += flow.deposits;
            sum.1 += flow.withdrawals;
        }
        let [wide, narrow] = Size::BOTH.map(|size| self.plot(size, Some(&slots), &sums));
        let readout = if self.hide {
            String::new()
        } else {
            self.readout(&slots, &sums)
        };
        FlowFigure {
            readout,
            wide,
            narrow,
        }
    }

    fn plot(&self, size: Size, slots: Option<&Slots>, sums: &[(Decimal, Decimal)]) -> FlowPlot {
        let ends = sums
            .iter()
            .flat_map(|&(up, down)| [number(up), -number(down)]);
        let scale = Scale::around(ends.chain([0.0]));
        let mut axes = Axes::new(&self.caption, size, scale, self.hide);
        let (mut deposits, mut withdrawals) = (Path::default(), Path::default());
        let zero = axes.y(0.0);
        if let Some(slots) = slots {
            axes.dates = slots.dates(size, &axes.frame);
            let width = slots.bar(&axes.frame);
            for (at, &(up, down)) in sums.iter().enumerate() {
                let left = slots.middle(at, &axes.frame) - width / 2.0;
                for (path, value) in [
                    (&mut deposits, number(up)),
                    (&mut withdrawals, -number(down)),
                ] {
                    if value.abs() > 0.0 {
                        path.start(left, zero);
                        path.upright(axes.y(value));
                        path.level(left + width);
                        path.upright(zero);
                        path.close();
                    }
                }
            }
        }
        FlowPlot {
            deposits: deposits.finish(),
            withdrawals: withdrawals.finish(),
            zero: Px(zero),
            axes,
        }
    }

    fn readout(&self, slots: &Slots, sums: &[(Decimal, Decimal)]) -> String {
        let mut readout = Readout::new("bars", &self.unit, &slots.starts);
        readout.period = slots.period.word();
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
            day: day.parse().unwrap(),
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
