//! Lines over time: the bankroll over the money put in, one account's balance, profit around
//! zero, or several accounts side by side.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use askama::Template;
use askama::filters::HtmlSafe;
use chrono::NaiveDate;
use rust_decimal::{Decimal, RoundingStrategy};

use super::axes::{Axes, Caption};
use super::calendar::{self, share};
use super::frame::{Frame, Px, Size};
use super::legend::{Legend, Swatch};
use super::marks::{self, Mark, PlacedMark};
use super::period::Period;
use super::readout::{Readout, Unit, stops};
use super::scale::Scale;
use super::series::{self, Series, drawn};
use super::sketch::{Bands, Sketch};
use super::thin::{runs, thin};
use crate::web::format::Numbers;

/// What lies under the first line.
#[derive(Clone, Debug, Default)]
pub enum Ground {
    /// Nothing: lines to compare.
    #[default]
    Bare,
    /// An area down to the axis, or to the zero line where something is below zero: the balance of one account.
    Axis,
    /// Areas up and down to the zero line, which is always on the axis: profit above it, loss below.
    Zero,
    /// A dashed line, "money put in", with the areas between: profit where the line is above it, loss where it is below.
    /// Between two evenings both lines are straight, so that money which comes in or goes out moves both at once and is
    /// neither.
    PutIn(Series),
}

/// What a difference is called, above zero and below it.
const RESULT: [&str; 2] = ["Profit", "Loss"];

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
    /// What stands beside amounts.
    pub unit: Unit,
    /// How numbers are written. While they are hidden there are no axis labels and no figures, and the same shapes.
    pub numbers: Numbers,
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
    bands: Bands,
    ground: GroundKind,
    /// How far down the plot the zero line is, in per cent: a line of results turns its colour there.
    turn: Option<Px>,
    lines: Vec<Line>,
    marks: Vec<PlacedMark>,
    end: Option<End>,
}

impl HtmlSafe for LinePlot {}

/// Which colours the bands have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GroundKind {
    /// Money that lies there, or is owed.
    Balance,
    /// Profit, which fades into what was put in; and loss.
    PutIn,
    /// Profit and loss.
    Zero,
}

/// The last point of a single line.
#[derive(Debug)]
struct End {
    x: Px,
    y: Px,
    is_loss: bool,
}

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
        let results = drawn(&self.results(), self.days.len());
        let [wide, narrow] = Size::BOTH.map(|size| self.plot(size, &series, &results));
        let readout = if self.numbers.hidden || self.days.is_empty() {
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

    /// The names of the lines; of a single line over its ground, what its bands say, if they occur.
    pub fn legend(&self) -> Legend {
        let results = self.results();
        let occurs = |sign: fn(&Decimal) -> bool| results.iter().flatten().any(sign);
        let bands = [
            (RESULT[0], "area-up", occurs(|over| *over > Decimal::ZERO)),
            (RESULT[1], "area-down", occurs(|over| *over < Decimal::ZERO)),
        ];
        let above = |line: &str| {
            let words = ["Above", "Below"].iter().zip(bands);
            let words = words.filter(|(_, (.., occurs))| *occurs);
            words
                .map(|(side, (name, class, _))| {
                    let text = format!("{side} {line}: {}", name.to_lowercase());
                    (Swatch::Band(class), text)
                })
                .collect::<Vec<_>>()
        };
        match &self.ground {
            Ground::PutIn(base) => {
                let mut names: Vec<_> = self
                    .series
                    .iter()
                    .map(|one| (Swatch::Line("line"), one.name.clone()))
                    .collect();
                names.push((Swatch::Line("line-base"), base.name.clone()));
                names.extend(above("it"));
                Legend { names }
            }
            Ground::Zero => Legend {
                names: above("zero"),
            },
            Ground::Bare | Ground::Axis => Legend::of(&series::at_most_eight(&self.series)),
        }
    }

    /// What the first line is above its ground, as it is shown: a profit above zero, a loss below. Empty where the line is
    /// no result.
    fn results(&self) -> Vec<Option<Decimal>> {
        let shown = |over: Decimal| {
            let nearest = RoundingStrategy::MidpointAwayFromZero;
            Some(over.round_dp_with_strategy(self.unit.decimals, nearest))
        };
        let line = self.series.first().map_or(&[][..], |one| &one.values);
        match &self.ground {
            Ground::Bare | Ground::Axis => Vec::new(),
            Ground::Zero => line.iter().map(|value| value.and_then(shown)).collect(),
            Ground::PutIn(base) => line
                .iter()
                .zip(&base.values)
                .map(|(value, base)| value.zip(*base).and_then(|(a, b)| shown(a.checked_sub(b)?)))
                .collect(),
        }
    }

    fn plot(&self, size: Size, series: &[Series], results: &[Option<f64>]) -> LinePlot {
        let count = self.days.len();
        let values: Vec<_> = series.iter().map(|s| drawn(&s.values, count)).collect();
        let main = values.first().map(Vec::as_slice).unwrap_or_default();
        let base = match &self.ground {
            Ground::PutIn(base) => drawn(&base.values, count),
            Ground::Bare | Ground::Axis | Ground::Zero => Vec::new(),
        };
        let owes = main.iter().flatten().any(|&value| value < 0.0);
        let from_zero = match self.ground {
            Ground::Zero => true,
            Ground::Axis => owes,
            Ground::Bare | Ground::PutIn(_) => false,
        };
        let all = values.iter().chain([&base]).flatten().flatten().copied();
        let scale = Scale::new(all.chain(from_zero.then_some(0.0)), self.numbers);
        let mut axes = Axes::new(&self.caption, size, scale, self.numbers.hidden);
        let (Some(&first), Some(&last)) = (self.days.first(), self.days.last()) else {
            return LinePlot::empty(axes);
        };
        let x = |day| axes.frame.x(share(first, last, day));
        let dates = calendar::ticks(first, last, size, &axes.frame, Period::Day, |day| {
            Px(x(day))
        });
        let xs: Vec<f64> = self.days.iter().map(|&day| x(day)).collect();
        axes.dates = dates;
        let sketch = Sketch {
            xs: &xs,
            axes: &axes,
        };
        let estimated: Vec<bool> = self
            .days
            .iter()
            .map(|day| self.is_estimated(*day))
            .collect();
        let kept = kept(main, &base, results, size);
        let main_runs = runs(main, &kept);
        let level = |level: f64| vec![Some(level); count];
        let bands = match self.ground {
            Ground::Bare => Bands::default(),
            Ground::Axis => {
                let foot = if owes { 0.0 } else { scale.low };
                let over: Vec<_> = main.iter().map(|v| v.map(|v| v - foot)).collect();
                sketch.bands(main, &level(foot), &over, &kept)
            }
            Ground::Zero => sketch.bands(main, &level(0.0), results, &kept),
            Ground::PutIn(_) => sketch.bands(main, &base, results, &kept),
        };
        let lines = series
            .iter()
            .zip(&values)
            .enumerate()
            .map(|(place, (one, values))| {
                let (solid, dashed) = if place == 0 {
                    sketch.line(values, &main_runs, &estimated)
                } else {
                    let runs = runs(values, &thin(values, size.points()));
                    sketch.line(values, &runs, &estimated)
                };
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
            self.numbers.hidden,
        );
        let is_result = matches!(self.ground, Ground::Zero);
        let end = main_runs
            .last()
            .and_then(|run| run.last())
            .filter(|_| series.len() == 1)
            .map(|&at| End {
                x: Px(xs[at]),
                y: Px(axes.y(main[at].unwrap_or(0.0))),
                is_loss: is_result && results[at].is_some_and(|result| result < 0.0),
            });
        LinePlot {
            base: sketch.levels(&base, &kept),
            bands,
            ground: match self.ground {
                Ground::Bare | Ground::Axis => GroundKind::Balance,
                Ground::Zero => GroundKind::Zero,
                Ground::PutIn(_) => GroundKind::PutIn,
            },
            turn: is_result.then(|| {
                let Frame { top, bottom, .. } = axes.frame;
                Px((axes.y(0.0) - top) / (bottom - top) * 100.0)
            }),
            lines,
            marks,
            end,
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
        let main = series.first().map(|first| drawn(&first.values, count));
        let kept = stops(count, |most| thin(&main.unwrap_or_default(), most));
        let days: Vec<NaiveDate> = kept.iter().map(|&at| self.days[at]).collect();
        let mut readout = Readout::new("line", &self.unit, self.numbers.format, &days);
        readout.result = match self.ground {
            Ground::Bare | Ground::Axis => None,
            Ground::Zero | Ground::PutIn(_) => Some(RESULT),
        };
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
            readout.difference = true;
        }
        readout.json()
    }
}

impl LinePlot {
    fn empty(axes: Axes) -> Self {
        Self {
            axes,
            base: String::new(),
            bands: Bands::default(),
            ground: GroundKind::Balance,
            turn: None,
            lines: Vec::new(),
            marks: Vec::new(),
            end: None,
        }
    }
}

/// Which points of the first line and its ground are drawn: those that make the line, those that make the difference, and
/// both sides of every turn of the ground, unless there are too many to be told apart. Both lines have the same points,
/// so that the difference is right at each of them.
fn kept(
    main: &[Option<f64>],
    base: &[Option<f64>],
    results: &[Option<f64>],
    size: Size,
) -> Vec<usize> {
    let most = size.points();
    let mut kept: BTreeSet<usize> = thin(main, most).into_iter().collect();
    if !base.is_empty() {
        let turns: Vec<usize> = (1..base.len())
            .filter(|&at| base[at] != base[at - 1])
            .flat_map(|at| [at - 1, at])
            .collect();
        let turns = Some(turns).filter(|turns| turns.len() <= most);
        let more = thin(results, most)
            .into_iter()
            .chain(turns.unwrap_or_default());
        kept.extend(more.filter(|&at| main[at].is_some()));
    }
    kept.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn days(count: usize) -> Vec<NaiveDate> {
        let first = NaiveDate::from_ymd_opt(2025, 10, 30).unwrap();
        first.iter_days().take(count).collect()
    }

    fn chart(values: &[Option<Decimal>], ground: Ground) -> LineChart {
        LineChart {
            caption: Caption {
                id: "bankroll".into(),
                title: "Bankroll".into(),
                summary: "From €4,711".into(),
            },
            days: days(values.len()),
            series: vec![Series::new("Bankroll", values.to_vec())],
            ground,
            ..LineChart::default()
        }
    }

    fn whole(values: &[i64]) -> Vec<Option<Decimal>> {
        values
            .iter()
            .map(|&value| Some(Decimal::from(value)))
            .collect()
    }

    fn assert_drawn(html: &str) {
        assert_eq!(html.matches("<svg").count(), 2, "{html}");
        for wrong in ["NaN", "inf", "style=", "<script"] {
            assert!(!html.contains(wrong), "{wrong} in {html}");
        }
    }

    #[test]
    fn every_input_has_a_drawing() {
        let tiny = vec![Some(Decimal::new(1, 8)), Some(Decimal::ZERO)];
        let huge = vec![
            Some(Decimal::from(10_i64.pow(12))),
            Some(Decimal::MAX),
            Some(Decimal::MIN),
        ];
        for values in [
            vec![],
            vec![None, None],
            whole(&[5]),
            whole(&[0, 0]),
            whole(&[-3, -3, -9]),
            tiny,
            huge,
        ] {
            let base = Series::new("Money put in", values.clone());
            for ground in [
                Ground::Bare,
                Ground::Axis,
                Ground::Zero,
                Ground::PutIn(base),
            ] {
                assert_drawn(&chart(&values, ground).figure().to_string());
            }
        }
    }

    #[test]
    fn a_gap_is_a_gap_in_the_line_and_in_its_area() {
        let mut values = whole(&[1, 2, 3, 4, 5, 6]);
        values[2] = None;
        let figure = chart(&values, Ground::Axis).figure();
        assert_eq!(figure.wide.lines[0].solid.matches('M').count(), 2);
        assert_eq!(figure.wide.bands.above.matches('M').count(), 2);
    }

    #[test]
    fn estimates_are_dashed() {
        let mut chart = chart(&whole(&[1, 2, 3, 4, 5, 6]), Ground::Bare);
        chart.estimated = vec![chart.days[2]..=chart.days[3]];
        let line = &chart.figure().wide.lines[0];
        assert_eq!(line.solid.matches('M').count(), 2);
        assert_eq!(line.dashed.matches('M').count(), 1);
        assert!(chart.figure().readout.contains(r#""estimated":[[2,3]]"#));
    }

    #[test]
    fn hidden_amounts_are_not_in_the_page() {
        let mut chart = chart(&whole(&[47_111, 47_115]), Ground::Axis);
        chart.marks = vec![Mark {
            day: chart.days[0],
            label: "Out".into(),
            amount: "4,711".into(),
            weight: Decimal::ONE,
        }];
        let shown = chart.figure().to_string();
        assert!(shown.contains("4,711") && shown.contains("data-chart"));
        chart.numbers.hidden = true;
        let html = chart.figure().to_string();
        assert!(html.contains("Out") && html.contains("class=\"line"));
        for figure in ["47", "4,7", "data-chart", "data-plot"] {
            assert!(!html.contains(figure), "{figure} in {html}");
        }
    }

    #[test]
    fn texts_are_escaped_and_ids_are_unique() {
        let mut chart = chart(&whole(&[1, 2]), Ground::Axis);
        chart.caption.title = "<b>\"".into();
        chart.series[0].name = "<i>'".into();
        let html = chart.figure().to_string();
        assert!(!html.contains("<b>") && !html.contains("<i>"), "{html}");
        let mut ids: Vec<&str> = html
            .split(" id=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!((count, ids.len()), (6, 6));
    }

    #[test]
    fn a_year_of_days_is_small() {
        let values: Vec<i64> = (0..366)
            .map(|day| 2_147_532 + day * 1_500 + (day * day * 7_919) % 38_000)
            .collect();
        let html = chart(
            &whole(&values),
            Ground::PutIn(Series::new("Money put in", whole(&[984_535; 366]))),
        )
        .figure();
        assert!(
            html.to_string().len() < 16_000,
            "{}",
            html.to_string().len()
        );
    }

    proptest! {
        #[test]
        fn any_values_draw(
            values in proptest::collection::vec(proptest::option::of(-1_000_000_000_000_i64..1_000_000_000_000), 0..500),
            scale in 0_u32..9,
        ) {
            let values: Vec<_> = values.into_iter().map(|v| v.map(|v| Decimal::new(v, scale))).collect();
            let base = Series::new("Money put in", values.iter().rev().copied().collect());
            assert_drawn(&chart(&values, Ground::PutIn(base)).figure().to_string());
        }
    }
}
