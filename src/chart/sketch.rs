//! From values to the paths of a line: solid and dashed parts, the areas between it and its ground, and the ground.

use std::cmp::Ordering;

use super::axes::Axes;
use super::path::Path;
use super::thin::runs;

/// Where each day is, while the paths are written.
pub(super) struct Sketch<'a> {
    pub(super) xs: &'a [f64],
    pub(super) axes: &'a Axes,
}

impl Sketch<'_> {
    /// The solid and the dashed parts of a line.
    pub(super) fn line(
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

    /// The areas between a line and its ground, apart: where the line is above it, and where it is below. `over` is the
    /// difference that decides which, so that what is shown as nothing has neither.
    pub(super) fn bands(
        &self,
        line: &[Option<f64>],
        ground: &[Option<f64>],
        over: &[Option<f64>],
        kept: &[usize],
    ) -> Bands {
        let known: Vec<Option<f64>> = line
            .iter()
            .zip(ground)
            .map(|(line, ground)| line.and(*ground))
            .collect();
        let kept: Vec<usize> = kept
            .iter()
            .copied()
            .filter(|&at| known[at].is_some())
            .collect();
        let (mut above, mut below) = (Path::default(), Path::default());
        for run in runs(&known, &kept).iter().filter(|run| run.len() > 1) {
            let edges: Vec<Edge> = run
                .iter()
                .filter_map(|&at| {
                    Some(Edge {
                        x: self.xs[at],
                        line: line[at]?,
                        ground: ground[at]?,
                        over: over[at]?,
                    })
                })
                .collect();
            for (side, piece) in pieces(&edges) {
                match side {
                    Ordering::Greater => self.fill(&mut above, &piece),
                    Ordering::Less => self.fill(&mut below, &piece),
                    Ordering::Equal => {}
                }
            }
        }
        Bands {
            above: above.finish(),
            below: below.finish(),
        }
    }

    /// One piece of a band: along the line, and back along its ground.
    fn fill(&self, path: &mut Path, piece: &[Edge]) {
        let along: Vec<(f64, f64)> = piece
            .iter()
            .map(|edge| (edge.x, self.axes.y(edge.line)))
            .collect();
        let back: Vec<(f64, f64)> = piece
            .iter()
            .rev()
            .map(|edge| (edge.x, self.axes.y(edge.ground)))
            .collect();
        if let Some(&(x, y)) = along.first() {
            path.start(x, y);
        }
        turns(&along, path);
        // Where the piece ends at a crossing, there is no step down to the ground.
        if let Some(edge) = piece.last().filter(|edge| edge.side() != Ordering::Equal) {
            path.upright(self.axes.y(edge.ground));
        }
        turns(&back, path);
        path.close();
    }

    /// A line that is level most of the time: only its turns are written.
    pub(super) fn levels(&self, values: &[Option<f64>], kept: &[usize]) -> String {
        let kept: Vec<usize> = kept
            .iter()
            .copied()
            .filter(|&at| values.get(at).is_some_and(Option::is_some))
            .collect();
        let mut path = Path::default();
        for run in runs(values, &kept) {
            let points: Vec<(f64, f64)> = run
                .iter()
                .filter_map(|&at| Some((self.xs[at], self.axes.y(values[at]?))))
                .collect();
            if let [(x, y)] = points[..] {
                path.dot(x, y);
            } else if let Some(&(x, y)) = points.first() {
                path.start(x, y);
                turns(&points, &mut path);
            }
        }
        path.finish()
    }
}

/// The areas between a line and its ground. Empty where there is none.
#[derive(Debug, Default)]
pub(super) struct Bands {
    pub(super) above: String,
    pub(super) below: String,
}

/// A line and its ground at one place.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Edge {
    x: f64,
    line: f64,
    ground: f64,
    /// What the line is above the ground.
    over: f64,
}

impl Edge {
    fn side(&self) -> Ordering {
        self.over.partial_cmp(&0.0).unwrap_or(Ordering::Equal)
    }

    /// Where the line meets its ground on the way to an edge on the other side.
    fn crossing(&self, to: &Edge) -> Edge {
        let share = self.over / (self.over - to.over);
        let between = |from: f64, to: f64| from + share * (to - from);
        let level = between(self.line, to.line);
        Edge {
            x: between(self.x, to.x),
            line: level,
            ground: level,
            over: 0.0,
        }
    }
}

/// Cuts a band where the line crosses its ground.
fn pieces(edges: &[Edge]) -> Vec<(Ordering, Vec<Edge>)> {
    let mut pieces = Vec::new();
    let Some((first, rest)) = edges.split_first() else {
        return pieces;
    };
    let (mut side, mut piece, mut last) = (first.side(), vec![*first], *first);
    for edge in rest {
        if side == edge.side().reverse() && side != Ordering::Equal {
            let crossing = last.crossing(edge);
            piece.push(crossing);
            pieces.push((side, std::mem::replace(&mut piece, vec![crossing])));
            side = edge.side();
        } else if side == Ordering::Equal {
            side = edge.side();
        }
        piece.push(*edge);
        last = *edge;
    }
    pieces.push((side, piece));
    pieces
}

/// Draws on from the first point; of points at one height, only to the last.
fn turns(points: &[(f64, f64)], path: &mut Path) {
    let is_level = |from: (f64, f64), to: (f64, f64)| (from.1 - to.1).abs() <= 0.0;
    for (at, pair) in points.windows(2).enumerate() {
        let [from, to] = [pair[0], pair[1]];
        let goes_on = points.get(at + 2).is_some_and(|next| is_level(to, *next));
        match (is_level(from, to), goes_on) {
            (true, true) => {}
            (true, false) => path.level(to.0),
            (false, _) => path.line(to.0, to.1),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chart::axes::Caption;
    use crate::chart::frame::Size;
    use crate::chart::scale::Scale;

    fn sketched(draw: impl Fn(&Sketch) -> String) -> String {
        let scale = Scale::around(
            [0.0, 4.0].into_iter(),
            crate::web::format::NumberFormat::default(),
        );
        let axes = Axes::new(&Caption::default(), Size::Wide, scale, false);
        draw(&Sketch {
            xs: &[0.0, 10.0, 20.0, 30.0],
            axes: &axes,
        })
    }

    fn known(values: &[f64]) -> Vec<Option<f64>> {
        values.iter().copied().map(Some).collect()
    }

    /// The areas between a line and its ground at four places.
    fn banded(line: [f64; 4], ground: [f64; 4]) -> (String, String) {
        let over: Vec<f64> = line.iter().zip(ground).map(|(a, b)| a - b).collect();
        let [line, ground, over] = [&line[..], &ground, &over].map(known);
        let draw = |sketch: &Sketch| sketch.bands(&line, &ground, &over, &[0, 1, 2, 3]);
        (
            sketched(|sketch| draw(sketch).above),
            sketched(|sketch| draw(sketch).below),
        )
    }

    #[test]
    fn only_the_turns_of_a_level_line_are_written() {
        let levels =
            |values: &[Option<f64>]| sketched(|sketch| sketch.levels(values, &[0, 1, 2, 3]));
        assert_eq!(levels(&known(&[0.0, 0.0, 4.0, 4.0])), "M0 180h10l10-154h10");
        assert_eq!(levels(&[Some(0.0), None, None, None]), "M0 180h0");
    }

    #[test]
    fn a_band_follows_its_ground_back() {
        let (above, below) = banded([4.0; 4], [0.0, 0.0, 2.0, 2.0]);
        assert_eq!(above, "M0 26h30v77h-10l-10 77h-10z");
        assert_eq!(below, "");
    }

    #[test]
    fn a_band_is_cut_exactly_where_the_line_crosses_its_ground() {
        // From 1 above to 3 below: the crossing is after a quarter of the way, at 2.25.
        let (above, below) = banded([3.0, 3.0, 0.0, 0.0], [2.0, 2.0, 3.0, 3.0]);
        assert_eq!(above, "M0 64.5h10l2.5 28.9-2.5 9.6h-10z");
        assert_eq!(below, "M12.5 93.4l7.5 86.6h10v-115.5h-10l-7.5 28.9z");
    }

    #[test]
    fn a_line_that_touches_its_ground_and_turns_back_stays_on_its_side() {
        let (above, below) = banded([4.0, 2.0, 4.0, 2.0], [2.0; 4]);
        assert_eq!(below, "");
        assert_eq!(above.matches('M').count(), 1);
    }

    #[test]
    fn nothing_between_a_line_and_its_ground_is_no_band() {
        assert_eq!(banded([2.0; 4], [2.0; 4]), (String::new(), String::new()));
    }

    proptest! {
        /// Cutting loses nothing: both sides together are all that lies between the two lines, each piece on its side.
        #[test]
        fn both_sides_add_up_to_the_whole_band(points in proptest::collection::vec((-9_i32..9, -9_i32..9), 1..40)) {
            let edges: Vec<Edge> = (0_i32..).zip(&points).map(|(x, (line, ground))| Edge {
                x: x.into(),
                line: (*line).into(),
                ground: (*ground).into(),
                over: (line - ground).into(),
            }).collect();
            let area = |edges: &[Edge]| -> f64 {
                let between = |pair: &[Edge]| {
                    (pair[1].x - pair[0].x) * f64::midpoint(pair[0].line - pair[0].ground, pair[1].line - pair[1].ground)
                };
                edges.windows(2).map(between).sum()
            };
            let pieces = pieces(&edges);
            let whole: f64 = pieces.iter().map(|(_, piece)| area(piece)).sum();
            prop_assert!((whole - area(&edges)).abs() < 1e-9);
            for (side, piece) in &pieces {
                prop_assert!(piece.iter().all(|edge| edge.side() == *side || edge.side() == Ordering::Equal));
                prop_assert!(piece.iter().all(|edge| (edge.line - edge.ground - edge.over).abs() < 1e-9));
            }
            for pair in pieces.windows(2) {
                prop_assert_eq!(pair[0].1.last(), pair[1].1.first(), "no hole between pieces");
            }
        }
    }

    #[test]
    fn a_point_alone_is_a_dot() {
        let values = [Some(4.0), None, None, None];
        let line = sketched(|sketch| sketch.line(&values, &[vec![0]], &[false; 4]).0);
        assert_eq!(line, "M0 26h0");
    }
}
