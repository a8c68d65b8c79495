//! From values to the paths of a line: solid and dashed parts, the area under it, and steps.

use super::axes::Axes;
use super::path::Path;

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

    /// The area between a line and the steps under it; none where the ground is not known.
    pub(super) fn area(
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
    pub(super) fn steps(&self, values: &[Option<f64>]) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::axes::Caption;
    use crate::chart::frame::Size;
    use crate::chart::scale::Scale;

    fn sketched(draw: impl Fn(&Sketch) -> String) -> String {
        let scale = Scale::around([0.0, 4.0].into_iter());
        let axes = Axes::new(&Caption::default(), Size::Wide, scale, false);
        draw(&Sketch {
            xs: &[0.0, 10.0, 20.0, 30.0],
            axes: &axes,
        })
    }

    #[test]
    fn steps_are_level_until_the_day_of_a_change() {
        let values = [Some(0.0), Some(0.0), Some(4.0), Some(4.0)];
        assert_eq!(
            sketched(|sketch| sketch.steps(&values)),
            "M0 180h20v-154h10"
        );
        assert_eq!(
            sketched(|sketch| sketch.steps(&[Some(0.0), None, None, None])),
            "M0 180h0"
        );
    }

    #[test]
    fn an_area_follows_the_steps_back() {
        let values = [Some(4.0); 4];
        let ground = [0.0, 0.0, 2.0, 2.0];
        let area =
            sketched(|sketch| sketch.area(&values, &[vec![0, 1, 2, 3]], |at| Some(ground[at])));
        assert_eq!(area, "M0 26l10 0 10 0 10 0v77h-10v77h-20z");
    }

    #[test]
    fn a_point_alone_is_a_dot() {
        let values = [Some(4.0), None, None, None];
        let line = sketched(|sketch| sketch.line(&values, &[vec![0]], &[false; 4]).0);
        assert_eq!(line, "M0 26h0");
    }
}
