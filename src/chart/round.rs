//! Shapes around a centre: the ring, the wedges and the web.

use std::f64::consts::TAU;

use super::frame::{Px, count, text_width};
use super::parts::Slice;
use super::path::Path;
use crate::web::format::isolated;

const CENTRE: f64 = 120.0;
const RADIUS: f64 = 112.0;
const HOLE: f64 = 70.0;
/// A web leaves room around it for the names.
const WEB: f64 = 78.0;
/// And is as wide as the narrow page, so that they keep their size.
const WEB_CENTRE: f64 = 163.0;
/// From line to line of a name.
const LINE: f64 = 14.0;
/// Smaller slices have no room for their share.
const LABELLED: f64 = 0.07;

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Doughnut,
    Polar,
    Radar,
}

/// The shapes of one drawing of 240 × 240 pixels, or 326 × 240 for a web.
#[derive(Debug, Default)]
pub(super) struct Round {
    pub(super) wide: bool,
    /// Rings or webs of the grid.
    pub(super) grid: Vec<String>,
    /// The area of a web.
    pub(super) web: Option<String>,
    /// Index, class and path of each part; in a web, its corner.
    pub(super) shapes: Vec<(usize, &'static str, String)>,
    pub(super) corners: Vec<(usize, &'static str, Px, Px)>,
    pub(super) labels: Vec<RoundLabel>,
}

/// A text in a drawing.
#[derive(Debug)]
pub(super) struct RoundLabel {
    pub(super) class: &'static str,
    pub(super) x: Px,
    pub(super) y: Px,
    pub(super) text: String,
}

/// A point at a turn from the top, 0 to 1 clockwise.
fn point(centre: f64, turn: f64, radius: f64) -> (f64, f64) {
    let (sin, cos) = (turn * TAU).sin_cos();
    (centre + radius * sin, CENTRE - radius * cos)
}

impl Round {
    pub(super) fn new(shape: Shape, slices: &[Slice]) -> Self {
        match shape {
            Shape::Doughnut => Self::doughnut(slices),
            Shape::Polar => Self::polar(slices),
            Shape::Radar => Self::radar(slices),
        }
    }

    fn doughnut(slices: &[Slice]) -> Self {
        let mut round = Self::default();
        let whole: f64 = slices.iter().map(|slice| slice.size).sum();
        if whole <= 0.0 {
            round.grid = vec![ring(RADIUS), ring(HOLE)];
            return round;
        }
        let mut turn = 0.0;
        for (at, slice) in slices
            .iter()
            .enumerate()
            .filter(|(_, slice)| slice.size > 0.0)
        {
            let share = slice.size / whole;
            round
                .shapes
                .push((at, slice.class, wedge(turn, turn + share, HOLE, RADIUS)));
            if share >= LABELLED {
                round.label(slice, turn + share / 2.0, f64::midpoint(HOLE, RADIUS));
            }
            turn += share;
        }
        round
    }

    fn polar(slices: &[Slice]) -> Self {
        let grid = [0.5, 0.75, 1.0].map(|share: f64| ring(RADIUS * share.sqrt()));
        let mut round = Self {
            grid: grid.to_vec(),
            ..Self::default()
        };
        let largest = slices.iter().map(|slice| slice.size).fold(0.0, f64::max);
        let step = 1.0 / count(slices.len().max(1));
        for (at, slice) in slices
            .iter()
            .enumerate()
            .filter(|(_, slice)| slice.size > 0.0)
        {
            let radius = RADIUS * (slice.size / largest).sqrt();
            let turn = count(at) * step;
            round
                .shapes
                .push((at, slice.class, wedge(turn, turn + step, 0.0, radius)));
            if radius * step * TAU * 0.75 > 40.0 {
                round.label(slice, turn + step / 2.0, radius - 24.0);
            }
        }
        round
    }

    fn radar(slices: &[Slice]) -> Self {
        let centre = WEB_CENTRE;
        let largest = slices.iter().map(|slice| slice.size).fold(0.0, f64::max);
        let step = 1.0 / count(slices.len().max(1));
        let web = |radius: &dyn Fn(usize) -> f64| {
            let mut path = Path::default();
            for at in 0..slices.len() {
                let (x, y) = point(centre, count(at) * step, radius(at));
                if at == 0 {
                    path.start(x, y);
                } else {
                    path.line(x, y);
                }
            }
            path.close();
            path.finish()
        };
        let share = |at: usize| {
            if largest > 0.0 {
                slices[at].size / largest
            } else {
                0.0
            }
        };
        let mut grid = [0.25, 0.5, 0.75, 1.0]
            .map(|share| web(&|_| WEB * share))
            .to_vec();
        let mut spokes = Path::default();
        for at in 0..slices.len() {
            let (x, y) = point(centre, count(at) * step, WEB);
            spokes.start(centre, CENTRE);
            spokes.line(x, y);
        }
        grid.push(spokes.finish());
        let corners = (0..slices.len())
            .map(|at| {
                let (x, y) = point(centre, count(at) * step, WEB * share(at));
                (at, slices[at].class, Px(x), Px(y))
            })
            .collect();
        let labels = slices
            .iter()
            .enumerate()
            .flat_map(|(at, slice)| outer_label(centre, count(at) * step, &slice.name));
        Self {
            wide: true,
            grid,
            web: Some(web(&|at| WEB * share(at))),
            shapes: Vec::new(),
            corners,
            labels: labels.collect(),
        }
    }

    fn label(&mut self, slice: &Slice, turn: f64, radius: f64) {
        let (x, y) = point(CENTRE, turn, radius);
        let text = slice.share.clone();
        self.labels.push(RoundLabel {
            class: slice.text_class,
            x: Px(x),
            y: Px(y + 4.0),
            text,
        });
    }
}

/// A name beside the end of its axis: on two lines where one has no room, cut where the paper ends.
fn outer_label(centre: f64, turn: f64, name: &str) -> Vec<RoundLabel> {
    let (x, y) = point(centre, turn, WEB + 14.0);
    let side = x - centre;
    let (class, room) = if side > 20.0 {
        ("", 2.0 * centre - x)
    } else if side < -20.0 {
        ("end", x)
    } else {
        ("mid", centre)
    };
    let room = room.max(40.0);
    let lines = match name.split_once(' ') {
        Some((first, rest)) if text_width(name) > room => vec![first, rest],
        _ => vec![name],
    };
    // Above the middle of the web lines grow upwards, below it downwards, and beside it both ways.
    let lift = (y - CENTRE - WEB) / (2.0 * WEB) * (count(lines.len()) - 1.0);
    let line = |(at, text): (usize, &str)| RoundLabel {
        class,
        x: Px(x),
        y: Px(y + 4.0 + (count(at) + lift) * LINE),
        text: isolated(&cut(text, room)),
    };
    lines.into_iter().enumerate().map(line).collect()
}

fn cut(text: &str, room: f64) -> String {
    let mut text = text.to_owned();
    while text_width(&text) > room {
        text.truncate(
            text.trim_end_matches('…')
                .char_indices()
                .last()
                .map_or(0, |(at, _)| at),
        );
        text.push('…');
    }
    text
}

fn ring(radius: f64) -> String {
    wedge(0.0, 1.0, 0.0, radius)
}

/// Part of a ring, or of a disc if there is no hole. A whole turn is two halves,
/// because an arc to where it began is nothing.
fn wedge(from: f64, to: f64, hole: f64, radius: f64) -> String {
    if to - from > 0.9999 {
        let circle = |r: f64| {
            let (r, d, top) = (Px(r), Px(2.0 * r), Px(CENTRE - r));
            format!("M120 {top}a{r} {r} 0 0 1 0 {d}a{r} {r} 0 0 1 0-{d}z")
        };
        let hole = if hole > 0.0 {
            circle(hole)
        } else {
            String::new()
        };
        return circle(radius) + &hole;
    }
    let large = u8::from(to - from > 0.5);
    let [(x0, y0), (x1, y1)] = [from, to].map(|turn| point(CENTRE, turn, radius));
    let [(x2, y2), (x3, y3)] = [to, from].map(|turn| point(CENTRE, turn, hole));
    let inner = if hole > 0.0 {
        let h = Px(hole);
        format!(
            "L{} {}A{h} {h} 0 {large} 0 {} {}z",
            Px(x2),
            Px(y2),
            Px(x3),
            Px(y3)
        )
    } else {
        format!("L{} {}z", Px(CENTRE), Px(CENTRE))
    };
    let r = Px(radius);
    format!(
        "M{} {}A{r} {r} 0 {large} 1 {} {}{inner}",
        Px(x0),
        Px(y0),
        Px(x1),
        Px(y1)
    )
}
