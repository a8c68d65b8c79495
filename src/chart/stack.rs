//! Accounts over time on top of each other: as areas or as bars.

use askama::Template;
use askama::filters::HtmlSafe;
use chrono::NaiveDate;

use super::axes::{Axes, Caption};
use super::calendar::{self, share};
use super::frame::{Px, Size};
use super::layers::{Levels, PartLabel, band, bars, label};
use super::legend::Legend;
use super::period::{Period, Slots};
use super::readout::{Readout, Unit, stops};
use super::scale::Scale;
use super::series::{self, Series};
use super::thin::runs;
use crate::web::format::Numbers;

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

/// Parts of a whole over time. Parts below zero are stacked downwards from the zero line.
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
    /// What stands beside amounts.
    pub unit: Unit,
    /// How numbers are written. While they are hidden there are no axis labels and no figures, and the same shapes.
    pub numbers: Numbers,
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
    /// Height of the zero line, if something lies below it.
    zero: Option<Px>,
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
        let silent = self.numbers.hidden || columns.days.is_empty();
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
        let levels = Levels::of(&columns.series, count);
        let ends = levels.top().iter().chain(levels.bottom()).flatten();
        let scale = Scale::new(ends.copied().chain([0.0]), self.numbers);
        let mut axes = Axes::new(&self.caption, size, scale, self.numbers.hidden);
        let (Some(&first), Some(&last)) = (columns.days.first(), columns.days.last()) else {
            return StackPlot {
                axes,
                class: "stack-area",
                parts: Vec::new(),
                labels: Vec::new(),
                zero: None,
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
            shapes = levels
                .edges()
                .map(|sides| {
                    sides
                        .map(|pair| bars(&pair[0], &pair[1], slots, &axes))
                        .concat()
                })
                .collect();
        } else {
            let x = |day| axes.frame.x(share(first, last, day));
            let xs: Vec<f64> = columns.days.iter().map(|&day| x(day)).collect();
            let runs = runs(levels.top(), &levels.thin(size.points()));
            shapes = levels
                .edges()
                .map(|sides| {
                    let area =
                        |pair: &[Vec<Option<f64>>]| band(&pair[0], &pair[1], &xs, &runs, &axes);
                    sides.map(area).concat()
                })
                .collect();
            for (sides, (one, class)) in levels
                .edges()
                .zip(columns.series.iter().zip(classes.clone()))
            {
                let named = |pair: &[Vec<Option<f64>>]| {
                    label(&one.name, class, &pair[0], &pair[1], &xs, &axes)
                };
                labels.extend(sides.into_iter().find_map(named));
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
            zero: levels.is_below_zero().then(|| Px(axes.y(0.0))),
            axes,
        }
    }

    fn readout(&self, columns: &Columns) -> String {
        let count = columns.days.len();
        let kept = stops(count, |most| Levels::of(&columns.series, count).thin(most));
        let days: Vec<NaiveDate> = kept.iter().map(|&at| columns.days[at]).collect();
        let kind = if columns.slots.is_some() {
            "bars"
        } else {
            "line"
        };
        let mut readout = Readout::new(kind, &self.unit, self.numbers.format, &days);
        readout.period = columns
            .slots
            .as_ref()
            .map_or("day", |slots| slots.period.word());
        if let (Some(slots), Some(&first), Some(&last)) =
            (&columns.slots, self.days.first(), self.days.last())
        {
            readout.partial = slots.partial(slots.period.begun(first), last);
        }
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

    /// How far up and down a shape goes: its path is one of relative steps.
    fn extent(path: &str) -> (f64, f64) {
        let (mut y, mut ys, mut command) = (0.0, Vec::new(), ' ');
        for part in path.split_inclusive(|c: char| c.is_ascii_alphabetic()) {
            let (numbers, next) = part.split_at(part.len() - 1);
            let numbers = numbers.replace('-', " -");
            let numbers = numbers.split_whitespace();
            let numbers: Vec<f64> = numbers.map(|number| number.parse().unwrap()).collect();
            let steps: Vec<f64> = match command {
                'l' => numbers.chunks(2).map(|step| step[1]).collect(),
                'v' => numbers,
                'M' => vec![numbers[1] - y],
                _ => Vec::new(),
            };
            for step in steps {
                y += step;
                ys.push(y);
            }
            command = next.chars().next().unwrap_or(' ');
        }
        let high = ys.iter().copied().fold(f64::INFINITY, f64::min);
        (high, ys.into_iter().fold(f64::NEG_INFINITY, f64::max))
    }

    /// The kind: money that is owed has no place in a drawing that only knows what is there.
    #[test]
    fn what_is_below_zero_is_drawn_below_the_zero_line() {
        for style in [StackStyle::Areas, StackStyle::Bars] {
            let chart = chart(style, &[&[Some(1100); 3], &[Some(-600); 3]]);
            for plot in [chart.figure().wide, chart.figure().narrow] {
                let zero = plot.zero.unwrap().0;
                let [room, bank] = [&plot.parts[0].1, &plot.parts[1].1].map(|path| extent(path));
                assert!(
                    (room.1 - zero).abs() < 0.1 && room.0 < zero,
                    "{style:?}: {room:?}"
                );
                assert!(
                    (bank.0 - zero).abs() < 0.1 && bank.1 > zero,
                    "{style:?}: {bank:?}"
                );
                let heights = (zero - room.0) / (bank.1 - zero);
                assert!(
                    (heights - 1100.0 / 600.0).abs() < 0.01,
                    "{style:?}: {heights}"
                );
                assert!(plot.to_string().contains("grid-zero"));
            }
        }
    }

    #[test]
    fn only_what_is_below_zero_is_drawn_too() {
        for style in [StackStyle::Areas, StackStyle::Bars] {
            let plot = chart(style, &[&[Some(-600); 3]]).figure().wide;
            let (top, foot) = extent(&plot.parts[0].1);
            assert!(foot - top > 50.0, "{style:?}");
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
