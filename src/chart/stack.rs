//! Accounts over time on top of each other: as areas or as bars.

use askama::Template;
use askama::filters::HtmlSafe;
use chrono::NaiveDate;

use super::axes::{Axes, Caption};
use super::calendar::{self, share};
use super::frame::{Px, Size};
use super::layers::{PartLabel, band, bars, label, layers};
use super::legend::Legend;
use super::period::{Period, Slots};
use super::readout::{Readout, Unit, stops};
use super::scale::Scale;
use super::series::{self, Series};
use super::thin::{runs, thin};

/// How parts are stacked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StackStyle {
    /// One area for each series.
    #[default]
    Areas,
    /// One bar for each day, month, quarter or year, whichever are few enough;
    /// a bar shows the last values of its time.
    Bars,
}

/// Parts of a whole over time. Parts below zero are drawn as nothing.
#[derive(Clone, Debug, Default)]
pub struct StackChart {
    /// Its names.
    pub caption: Caption,
    /// One day for each value of a series, ascending.
    pub days: Vec<NaiveDate>,
    /// The parts from the ground up: at most eight, and the sum of the rest as "Other".
    pub series: Vec<Series>,
    /// Areas or bars.
    pub style: StackStyle,
    /// How amounts are written.
    pub unit: Unit,
    /// Amounts are hidden: no axis labels, no figures, the same shapes.
    pub hide: bool,
}

/// A stacked chart in both widths, ready to print.
#[derive(Debug, Template)]
#[template(path = "chart/figure.html", whitespace = "minimize")]
pub struct StackFigure {
    readout: String,
    wide: StackPlot,
    narrow: StackPlot,
}

impl HtmlSafe for StackFigure {}

#[derive(Debug, Template)]
#[template(path = "chart/stack.svg", whitespace = "minimize")]
struct StackPlot {
    axes: Axes,
    class: &'static str,
    /// Colour and shape of each series.
    parts: Vec<(&'static str, String)>,
    labels: Vec<PartLabel>,
}

impl HtmlSafe for StackPlot {}

/// Values by column: the days themselves, or the last day of each slot.
struct Columns {
    days: Vec<NaiveDate>,
    slots: Option<Slots>,
    series: Vec<Series>,
}

impl StackChart {
    /// Draws the chart.
    pub fn figure(&self) -> StackFigure {
        let columns = self.columns();
        let [wide, narrow] = Size::BOTH.map(|size| self.plot(size, &columns));
        let silent = self.hide || columns.days.is_empty();
        let readout = if silent {
            String::new()
        } else {
            self.readout(&columns)
        };
        StackFigure {
            readout,
            wide,
            narrow,
        }
    }

    /// The names of the parts.
    pub fn legend(&self) -> Legend {
        Legend::of(&series::at_most_eight(&self.series))
    }

    fn columns(&self) -> Columns {
        let series = series::at_most_eight(&self.series);
        let (Some(&first), Some(&last), StackStyle::Bars) =
            (self.days.first(), self.days.last(), self.style)
        else {
            return Columns {
                days: self.days.clone(),
                slots: None,
                series,
            };
        };
        let slots = Slots::covering(Period::Day, first, last);
        let mut latest: Vec<Option<usize>> = vec![None; slots.starts.len()];
        for (at, &day) in self.days.iter().enumerate() {
            if series
                .iter()
                .any(|one| one.values.get(at).is_some_and(Option::is_some))
            {
                latest[slots.at(day)] = Some(at);
            }
        }
        let at_slots = |one: Series| {
            let value = |at: &Option<usize>| one.values.get((*at)?).copied().flatten();
            Series {
                values: latest.iter().map(value).collect(),
                ..one
            }
        };
        let series = series.into_iter().map(at_slots).collect();
        Columns {
            days: slots.starts.clone(),
            slots: Some(slots),
            series,
        }
    }

    fn plot(&self, size: Size, columns: &Columns) -> StackPlot {
        let count = columns.days.len();
        let layers = layers(&columns.series, count);
        let tops = layers.last().cloned().unwrap_or_default();
        let scale = Scale::around(tops.iter().flatten().copied().chain([0.0]));
        let mut axes = Axes::new(&self.caption, size, scale, self.hide);
        let (Some(&first), Some(&last)) = (columns.days.first(), columns.days.last()) else {
            return StackPlot {
                axes,
                class: "stack-area",
                parts: Vec::new(),
                labels: Vec::new(),
            };
        };
        let classes = columns
            .series
            .iter()
            .enumerate()
            .map(|(n, one)| series::fill_class(one, n));
        let shapes: Vec<String>;
        let mut labels = Vec::new();
        if let Some(slots) = &columns.slots {
            axes.dates = slots.dates(size, &axes.frame);
            shapes = layers
                .windows(2)
                .map(|pair| bars(&pair[0], &pair[1], slots, &axes))
                .collect();
        } else {
            let x = |day| axes.frame.x(share(first, last, day));
            let xs: Vec<f64> = columns.days.iter().map(|&day| x(day)).collect();
            let runs = runs(&tops, &thin(&tops, size.points()));
            let area = |pair: &[Vec<Option<f64>>]| band(&pair[0], &pair[1], &xs, &runs, &axes);
            shapes = layers.windows(2).map(area).collect();
            for (pair, (one, class)) in layers
                .windows(2)
                .zip(columns.series.iter().zip(classes.clone()))
            {
                labels.extend(label(&one.name, class, &pair[0], &pair[1], &xs, &axes));
            }
            let dates = calendar::ticks(first, last, size, &axes.frame, Period::Day, |day| {
                Px(x(day))
            });
            axes.dates = dates;
        }
        let class = if columns.slots.is_some() {
            "stack-bar"
        } else {
            "stack-area"
        };
        StackPlot {
            class,
            parts: classes.zip(shapes).collect(),
            labels,
            axes,
        }
    }

    fn readout(&self, columns: &Columns) -> String {
        let count = columns.days.len();
        let layers = layers(&columns.series, count);
        let kept = stops(layers.last().map(Vec::as_slice).unwrap_or_default(), count);
        let days: Vec<NaiveDate> = kept.iter().map(|&at| columns.days[at]).collect();
        let kind = if columns.slots.is_some() {
            "bars"
        } else {
            "line"
        };
        let mut readout = Readout::new(kind, &self.unit, &days);
        readout.period = columns
            .slots
            .as_ref()
            .map_or("day", |slots| slots.period.word());
        readout.total = Some("Total".to_owned());
        for (place, one) in columns.series.iter().enumerate() {
            let values = kept.iter().map(|&at| one.values.get(at).copied().flatten());
            readout.series(&one.name, series::fill_class(one, place), values);
        }
        readout.json()
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;

    fn chart(style: StackStyle, values: &[&[Option<i64>]]) -> StackChart {
        let days = values.iter().map(|one| one.len()).max().unwrap_or(0);
        let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
        let series = |one: &&[Option<i64>]| {
            Series::new(
                "Riverhouse",
                one.iter().map(|v| v.map(Decimal::from)).collect(),
            )
        };
        StackChart {
            days: first.iter_days().take(days).collect(),
            series: values.iter().map(series).collect(),
            style,
            ..StackChart::default()
        }
    }

    #[test]
    fn every_input_draws_without_nan() {
        for style in [StackStyle::Areas, StackStyle::Bars] {
            let none: &[&[Option<i64>]] = &[];
            for values in [
                none,
                &[&[Some(0)]],
                &[&[None, None]],
                &[&[Some(-5), Some(7)]],
                &[&[Some(3); 900], &[Some(0); 900]],
            ] {
                let html = chart(style, values).figure().to_string();
                assert!(html.contains("<svg") && !html.contains("NaN"), "{html}");
            }
        }
    }
}
