//! Accounts over time on top of each other: as areas or as bars.

use askama::Template;
use askama::filters::HtmlSafe;
use chrono::NaiveDate;

use super::axes::{Axes, Caption};
use super::calendar::{self, share};
use super::frame::{Px, Size, text_width};
use super::legend::Legend;
use super::path::Path;
use super::period::{Period, Slots};
use super::readout::{Readout, Unit, stops};
use super::scale::Scale;
use super::series::{self, Series, drawn};
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

/// A name on its area.
#[derive(Debug)]
struct PartLabel {
    class: &'static str,
    x: Px,
    y: Px,
    text: String,
}

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

/// Levels from the ground to the top: one more than there are series. Where no series is known,
/// there is no level; an unknown part of a known whole is drawn as nothing.
fn layers(series: &[Series], count: usize) -> Vec<Vec<Option<f64>>> {
    let values: Vec<Vec<Option<f64>>> =
        series.iter().map(|one| drawn(&one.values, count)).collect();
    let known = |at: usize| values.iter().any(|one| one[at].is_some());
    let mut level: Vec<Option<f64>> = (0..count).map(|at| known(at).then_some(0.0)).collect();
    let mut layers = vec![level.clone()];
    for one in &values {
        for (sum, value) in level.iter_mut().zip(one) {
            *sum = sum.map(|sum| sum + value.unwrap_or(0.0).max(0.0));
        }
        layers.push(level.clone());
    }
    layers
}

/// The area between two levels.
fn band(
    lower: &[Option<f64>],
    upper: &[Option<f64>],
    xs: &[f64],
    runs: &[Vec<usize>],
    axes: &Axes,
) -> String {
    let mut path = Path::default();
    let height = |level: &[Option<f64>], at: usize| axes.y(level[at].unwrap_or(0.0));
    for run in runs.iter().filter(|run| run.len() > 1) {
        for (place, &at) in run.iter().enumerate() {
            if place == 0 {
                path.start(xs[at], height(upper, at));
            } else {
                path.line(xs[at], height(upper, at));
            }
        }
        for &at in run.iter().rev() {
            path.line(xs[at], height(lower, at));
        }
        path.close();
    }
    path.finish()
}

/// One part of every bar, two pixels apart from the part below.
fn bars(lower: &[Option<f64>], upper: &[Option<f64>], slots: &Slots, axes: &Axes) -> String {
    let mut path = Path::default();
    let width = slots.bar(&axes.frame);
    for (at, pair) in lower.iter().zip(upper).enumerate() {
        let (Some(low), Some(high)) = pair else {
            continue;
        };
        let (top, mut foot) = (axes.y(*high), axes.y(*low));
        if foot - top < 0.3 {
            continue;
        }
        if *low > 0.0 {
            foot = (foot - 2.0).max(top + 0.6);
        }
        let left = slots.middle(at, &axes.frame) - width / 2.0;
        path.start(left, top);
        path.level(left + width);
        path.upright(foot);
        path.level(left);
        path.close();
    }
    path.finish()
}

/// The name of a part where its area is thickest, if it fits there.
fn label(
    name: &str,
    class: &'static str,
    lower: &[Option<f64>],
    upper: &[Option<f64>],
    xs: &[f64],
    axes: &Axes,
) -> Option<PartLabel> {
    let half = text_width(name) / 2.0 + 4.0;
    let edges = |at: usize| Some((axes.y(upper[at]?), axes.y(lower[at]?)));
    let room = |at: usize| {
        let (left, right) = (xs[at] - half, xs[at] + half);
        if left < axes.frame.left || right > axes.frame.right {
            return None;
        }
        let from = xs.partition_point(|&x| x < left);
        let to = xs.partition_point(|&x| x <= right);
        let (mut top, mut foot) = (f64::NEG_INFINITY, f64::INFINITY);
        for at in from..to {
            let (upper, lower) = edges(at)?;
            top = top.max(upper);
            foot = foot.min(lower);
        }
        (foot - top >= 17.0).then_some((at, foot - top, f64::midpoint(top, foot)))
    };
    let best = (0..xs.len()).step_by(xs.len() / 200 + 1).filter_map(room);
    let (at, _, middle) = best.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let class = series::text_class(class);
    Some(PartLabel {
        class,
        x: Px(xs[at]),
        y: Px(middle + 4.0),
        text: name.to_owned(),
    })
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
    fn levels_add_up_and_unknown_parts_are_nothing() {
        let chart = chart(
            StackStyle::Areas,
            &[&[Some(1), None, None], &[Some(2), Some(5), None]],
        );
        let layers = layers(&chart.series, 3);
        assert_eq!(layers[2], [Some(3.0), Some(5.0), None]);
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
