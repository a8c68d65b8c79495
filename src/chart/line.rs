//! Lines over time: the bankroll over the money put in, one account's balance, profit around
//! zero, or several accounts side by side.

use std::ops::RangeInclusive;

use askama::Template;
use askama::filters::HtmlSafe;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::axes::{Axes, Caption};
use super::calendar::{self, share};
use super::frame::{Px, Size};
use super::legend::Legend;
use super::marks::{self, Mark, PlacedMark};
use super::path::Path;
use super::readout::{Readout, Unit};
use super::scale::Scale;
use super::series::{self, Series, drawn};
use super::thin::{runs, thin};

/// Above this many points, the script steps through the drawn points instead of every day.
const EVERY_DAY: usize = 400;

/// What lies under the first line.
#[derive(Clone, Debug, Default)]
pub enum Ground {
    /// Nothing: lines to compare.
    #[default]
    Bare,
    /// An area down to the axis: the balance of one account.
    Axis,
    /// Areas up and down to the zero line, which is always on the axis: profit.
    Zero,
    /// A dashed step line, "money put in", with the area between; their difference is named `Profit`.
    PutIn(Series),
}

/// A line chart. All series share the days, which ascend and need not be every day.
#[derive(Clone, Debug, Default)]
pub struct LineChart {
    /// Its names.
    pub caption: Caption,
    /// One day for each value of a series, ascending.
    pub days: Vec<NaiveDate>,
    /// The lines: at most eight, and the sum of the rest as "Other".
    pub series: Vec<Series>,
    /// What lies under the first line.
    pub ground: Ground,
    /// Notes on the first line; the five largest are drawn on wide plots, none on narrow ones.
    pub marks: Vec<Mark>,
    /// Stretches to draw dashed, because their values are estimates.
    pub estimated: Vec<RangeInclusive<NaiveDate>>,
    /// How amounts are written.
    pub unit: Unit,
    /// Amounts are hidden: no axis labels, no figures, the same shapes.
    pub hide: bool,
}

/// A line chart in both widths, ready to print.
#[derive(Debug, Template)]
#[template(path = "chart/figure.html", whitespace = "minimize")]
pub struct LineFigure {
    readout: String,
    wide: LinePlot,
    narrow: LinePlot,
}

impl HtmlSafe for LineFigure {}

#[derive(Debug, Template)]
#[template(path = "chart/line.svg", whitespace = "minimize")]
struct LinePlot {
    axes: Axes,
    base: String,
    area: String,
    /// Height of the zero line, where the colour of the area turns.
    zero: Option<Px>,
    lines: Vec<Line>,
    marks: Vec<PlacedMark>,
    end: Option<(Px, Px)>,
}

impl HtmlSafe for LinePlot {}

#[derive(Debug)]
struct Line {
    class: &'static str,
    solid: String,
    dashed: String,
}

impl LineChart {
    /// Draws the chart.
    pub fn figure(&self) -> LineFigure {
        let series = series::at_most_eight(&self.series);
        let [wide, narrow] = Size::BOTH.map(|size| self.plot(size, &series));
        let readout = if self.hide || self.days.is_empty() {
            String::new()
        } else {
            self.readout(&series)
        };
        LineFigure {
            readout,
            wide,
            narrow,
        }
    }

    /// The names of the lines.
    pub fn legend(&self) -> Legend {
        Legend::of(&series::at_most_eight(&self.series))
    }

    fn plot(&self, size: Size, series: &[Series]) -> LinePlot {
        let count = self.days.len();
        let values: Vec<_> = series.iter().map(|s| drawn(&s.values, count)).collect();
        let base = match &self.ground {
            Ground::PutIn(base) => drawn(&base.values, count),
            Ground::Bare | Ground::Axis | Ground::Zero => Vec::new(),
        };
        let zero = matches!(self.ground, Ground::Zero);
        let all = values.iter().chain([&base]).flatten().flatten().copied();
        let scale = Scale::around(all.chain(zero.then_some(0.0)));
        let mut axes = Axes::new(&self.caption, size, scale, self.hide);
        let (first, last) = match (self.days.first(), self.days.last()) {
            (Some(&first), Some(&last)) => (first, last),
            _ => return LinePlot::empty(axes),
        };
        axes.dates = calendar::ticks(first, last, size, &axes.frame);
        let xs: Vec<f64> = self
            .days
            .iter()
            .map(|&day| axes.frame.x(share(first, last, day)))
            .collect();
        let sketch = Sketch {
            xs: &xs,
            axes: &axes,
        };
        let estimated: Vec<bool> = self
            .days
            .iter()
            .map(|day| self.is_estimated(*day))
            .collect();
        let main = values.first().map(Vec::as_slice).unwrap_or_default();
        let main_runs = runs(main, &thin(main, size.points()));
        let area = match self.ground {
            Ground::Bare => String::new(),
            Ground::Axis => sketch.area(main, &main_runs, |_| Some(scale.low)),
            Ground::Zero => sketch.area(main, &main_runs, |_| Some(0.0)),
            Ground::PutIn(_) => sketch.area(main, &main_runs, |at| base[at]),
        };
        let lines = series
            .iter()
            .zip(&values)
            .enumerate()
            .map(|(place, (one, values))| {
                let runs = runs(values, &thin(values, size.points()));
                let (solid, dashed) = sketch.line(values, &runs, &estimated);
                let class = series::stroke_class(one, place, series.len());
                Line {
                    class,
                    solid,
                    dashed,
                }
            })
            .collect();
        let most = if size == Size::Wide { 5 } else { 0 };
        let marks = marks::place(
            self.on_the_line(&sketch, main),
            most,
            &axes.frame,
            self.hide,
        );
        let single = series.len() == 1;
        let end = main_runs
            .last()
            .and_then(|run| run.last())
            .filter(|_| single);
        LinePlot {
            base: sketch.steps(&base),
            area,
            zero: zero.then(|| Px(axes.y(0.0))),
            lines,
            marks,
            end: end.map(|&at| (Px(xs[at]), Px(axes.y(main[at].unwrap_or(0.0))))),
            axes,
        }
    }

    fn is_estimated(&self, day: NaiveDate) -> bool {
        self.estimated.iter().any(|stretch| stretch.contains(&day))
    }

    fn on_the_line(&self, sketch: &Sketch, main: &[Option<f64>]) -> Vec<(Mark, f64, f64)> {
        let place = |mark: &Mark| {
            let at = self.days.binary_search(&mark.day).ok()?;
            let value = main.get(at).copied().flatten()?;
            Some((mark.clone(), sketch.xs[at], sketch.axes.y(value)))
        };
        self.marks.iter().filter_map(place).collect()
    }

    fn readout(&self, series: &[Series]) -> String {
        let count = self.days.len();
        let kept: Vec<usize> = match series.first() {
            Some(first) if count > EVERY_DAY => {
                thin(&drawn(&first.values, count), Size::Wide.points())
            }
            _ => (0..count).collect(),
        };
        let days: Vec<NaiveDate> = kept.iter().map(|&at| self.days[at]).collect();
        let mut readout = Readout::new("line", &self.unit, &days);
        readout.signed = matches!(self.ground, Ground::Zero);
        readout.estimated = days
            .iter()
            .enumerate()
            .filter(|(_, day)| self.is_estimated(**day))
            .fold(Vec::new(), |mut stretches: Vec<(usize, usize)>, (at, _)| {
                match stretches.last_mut() {
                    Some((_, end)) if *end + 1 == at => *end = at,
                    _ => stretches.push((at, at)),
                }
                stretches
            });
        let chosen = |values: &[Option<Decimal>]| -> Vec<Option<Decimal>> {
            kept.iter()
                .map(|&at| values.get(at).copied().flatten())
                .collect()
        };
        for (place, one) in series.iter().enumerate() {
            let class = series::fill_class(one, place);
            readout.series(&one.name, class, chosen(&one.values).into_iter());
        }
        if let Ground::PutIn(base) = &self.ground {
            readout.series(&base.name, "c-base", chosen(&base.values).into_iter());
            readout.difference = Some("Profit".to_owned());
        }
        readout.json()
    }
}

impl LinePlot {
    fn empty(axes: Axes) -> Self {
        Self {
            axes,
            base: String::new(),
            area: String::new(),
            zero: None,
            lines: Vec::new(),
            marks: Vec::new(),
            end: None,
        }
    }
}

/// Where each day is, while the paths are written.
struct Sketch<'a> {
    xs: &'a [f64],
    axes: &'a Axes,
}

impl Sketch<'_> {
    /// The solid and the dashed parts of a line.
    fn line(
        &self,
        values: &[Option<f64>],
        runs: &[Vec<usize>],
        estimated: &[bool],
    ) -> (String, String) {
        let (mut solid, mut dashed) = (Path::default(), Path::default());
        for run in runs {
            let points: Vec<(usize, f64, f64)> = run
                .iter()
                .filter_map(|&at| Some((at, self.xs[at], self.axes.y(values[at]?))))
                .collect();
            if let [(at, x, y)] = points[..] {
                if estimated[at] {
                    &mut dashed
                } else {
                    &mut solid
                }
                .dot(x, y);
            }
            let mut dashing = None;
            for pair in points.windows(2) {
                let [(from, x0, y0), (to, x1, y1)] = [pair[0], pair[1]];
                let dash = estimated[from] || estimated[to];
                let path = if dash { &mut dashed } else { &mut solid };
                if dashing != Some(dash) {
                    path.start(x0, y0);
                }
                path.line(x1, y1);
                dashing = Some(dash);
            }
        }
        (solid.finish(), dashed.finish())
    }

    /// The area between a line and the steps under it; none where the ground is not known.
    fn area(
        &self,
        values: &[Option<f64>],
        runs: &[Vec<usize>],
        ground: impl Fn(usize) -> Option<f64>,
    ) -> String {
        let mut path = Path::default();
        for run in runs.iter().filter(|run| run.len() > 1) {
            let (first, last) = (run[0], run[run.len() - 1]);
            let Some(under) = (first..=last).map(&ground).collect::<Option<Vec<f64>>>() else {
                continue;
            };
            for (place, &at) in run.iter().enumerate() {
                let y = self.axes.y(values[at].unwrap_or(0.0));
                if place == 0 {
                    path.start(self.xs[at], y);
                } else {
                    path.line(self.xs[at], y);
                }
            }
            path.upright(self.axes.y(under[last - first]));
            for at in (first + 1..=last).rev() {
                let (here, before) = (under[at - first], under[at - first - 1]);
                if (here - before).abs() > 0.0 {
                    path.level(self.xs[at]);
                    path.upright(self.axes.y(before));
                }
            }
            path.level(self.xs[first]);
            path.close();
        }
        path.finish()
    }

    /// A step line: level until the day of a change.
    fn steps(&self, values: &[Option<f64>]) -> String {
        let mut path = Path::default();
        let mut before: Option<f64> = None;
        for (at, value) in values.iter().enumerate() {
            match (before, *value) {
                (None, Some(value)) => path.start(self.xs[at], self.axes.y(value)),
                (Some(old), Some(new)) if (new - old).abs() > 0.0 => {
                    path.level(self.xs[at]);
                    path.upright(self.axes.y(new));
                }
                (Some(_), None) => path.level(self.xs[at - 1]),
                _ => {}
            }
            before = *value;
        }
        if let (Some(_), Some(&x)) = (before, self.xs.last()) {
            path.level(x);
        }
        path.finish()
    }
}
