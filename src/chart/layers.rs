//! Parts on top of each other, from zero up and from zero down: their levels, the shapes between two levels, and where a
//! name fits.

use super::axes::Axes;
use super::frame::{Px, text_width};
use super::path::Path;
use super::period::Slots;
use super::series::{self, Series, drawn};
use super::thin::thin;
use crate::web::format::isolated;

/// A name on its area.
#[derive(Debug)]
pub(super) struct PartLabel {
    pub(super) class: &'static str,
    pub(super) x: Px,
    pub(super) y: Px,
    pub(super) text: String,
}

/// Where parts lie on top of each other: what is above zero upwards from it, what is below zero downwards.
#[derive(Debug)]
pub(super) struct Levels {
    /// From the zero line to the top: one more than there are series.
    pub(super) up: Vec<Vec<Option<f64>>>,
    /// From the zero line to the bottom, likewise.
    pub(super) down: Vec<Vec<Option<f64>>>,
}

impl Levels {
    /// Where no series is known, there is no level; an unknown part of a known whole is drawn as nothing.
    pub(super) fn of(series: &[Series], count: usize) -> Self {
        let values: Vec<Vec<Option<f64>>> =
            series.iter().map(|one| drawn(&one.values, count)).collect();
        Self {
            up: layers(&values, count, |value| value.max(0.0)),
            down: layers(&values, count, |value| value.min(0.0)),
        }
    }

    /// The highest level.
    pub(super) fn top(&self) -> &[Option<f64>] {
        self.up.last().map(Vec::as_slice).unwrap_or_default()
    }

    /// The lowest level.
    pub(super) fn bottom(&self) -> &[Option<f64>] {
        self.down.last().map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether anything is below zero.
    pub(super) fn is_below_zero(&self) -> bool {
        self.bottom().iter().flatten().any(|&level| level < 0.0)
    }

    /// Which columns to draw or to read, at most about `most` of each edge.
    pub(super) fn thin(&self, most: usize) -> Vec<usize> {
        let mut kept = thin(self.top(), most);
        if self.is_below_zero() {
            kept.extend(thin(self.bottom(), most));
            kept.sort_unstable();
            kept.dedup();
        }
        kept
    }

    /// The two edges of each series above zero and below it, the one further from zero last.
    pub(super) fn edges(&self) -> impl Iterator<Item = [&[Vec<Option<f64>>]; 2]> {
        self.up
            .windows(2)
            .zip(self.down.windows(2))
            .map(|(up, down)| [up, down])
    }
}

fn layers(
    values: &[Vec<Option<f64>>],
    count: usize,
    counted: fn(f64) -> f64,
) -> Vec<Vec<Option<f64>>> {
    let known = |at: usize| values.iter().any(|one| one[at].is_some());
    let mut level: Vec<Option<f64>> = (0..count).map(|at| known(at).then_some(0.0)).collect();
    let mut layers = vec![level.clone()];
    for one in values {
        for (sum, value) in level.iter_mut().zip(one) {
            *sum = sum.map(|sum| sum + counted(value.unwrap_or(0.0)));
        }
        layers.push(level.clone());
    }
    layers
}

/// The area between two levels; nothing where they are the same everywhere.
pub(super) fn band(
    near: &[Option<f64>],
    far: &[Option<f64>],
    xs: &[f64],
    runs: &[Vec<usize>],
    axes: &Axes,
) -> String {
    let mut path = Path::default();
    if near == far {
        return path.finish();
    }
    let height = |level: &[Option<f64>], at: usize| axes.y(level[at].unwrap_or(0.0));
    for run in runs.iter().filter(|run| run.len() > 1) {
        for (place, &at) in run.iter().enumerate() {
            if place == 0 {
                path.start(xs[at], height(far, at));
            } else {
                path.line(xs[at], height(far, at));
            }
        }
        for &at in run.iter().rev() {
            path.line(xs[at], height(near, at));
        }
        path.close();
    }
    path.finish()
}

/// One part of every bar, two pixels apart from the part that is nearer to zero.
pub(super) fn bars(
    near: &[Option<f64>],
    far: &[Option<f64>],
    slots: &Slots,
    axes: &Axes,
) -> String {
    let mut path = Path::default();
    let width = slots.bar(&axes.frame);
    for (at, pair) in near.iter().zip(far).enumerate() {
        let (Some(near), Some(far)) = pair else {
            continue;
        };
        let (end, mut foot) = (axes.y(*far), axes.y(*near));
        if (foot - end).abs() < 0.3 {
            continue;
        }
        if *near > 0.0 {
            foot = (foot - 2.0).max(end + 0.6);
        } else if *near < 0.0 {
            foot = (foot + 2.0).min(end - 0.6);
        }
        let left = slots.middle(at, &axes.frame) - width / 2.0;
        path.start(left, end);
        path.level(left + width);
        path.upright(foot);
        path.level(left);
        path.close();
    }
    path.finish()
}

/// The name of a part where its area is thickest, if it fits there.
pub(super) fn label(
    name: &str,
    class: &'static str,
    near: &[Option<f64>],
    far: &[Option<f64>],
    xs: &[f64],
    axes: &Axes,
) -> Option<PartLabel> {
    let half = text_width(name) / 2.0 + 4.0;
    let edges = |at: usize| {
        let (near, far) = (axes.y(near[at]?), axes.y(far[at]?));
        Some((near.min(far), near.max(far)))
    };
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
    // What is no thicker on the paper is not thicker.
    let (at, _, middle) = best.max_by_key(|(_, thickness, _)| Px(*thickness).tenths())?;
    let class = series::text_class(class);
    Some(PartLabel {
        class,
        x: Px(xs[at]),
        y: Px(middle + 4.0),
        text: isolated(name),
    })
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;

    #[test]
    fn levels_add_up_and_unknown_parts_are_nothing() {
        let one = |values: [Option<i64>; 3]| {
            Series::new(
                "Riverhouse",
                values.into_iter().map(|v| v.map(Decimal::from)).collect(),
            )
        };
        let series = [one([Some(1), None, None]), one([Some(2), Some(5), None])];
        assert_eq!(Levels::of(&series, 3).up[2], [Some(3.0), Some(5.0), None]);
    }

    #[test]
    fn what_is_below_zero_lies_below_it_and_takes_nothing_from_what_is_above() {
        let one = |value| Series::new("Riverhouse", vec![Some(Decimal::from(value))]);
        let levels = Levels::of(&[one(1100), one(-600), one(50), one(-1)], 1);
        let flat = |levels: &[Vec<Option<f64>>]| -> Vec<f64> {
            levels.iter().filter_map(|level| level[0]).collect()
        };
        assert_eq!(flat(&levels.up), [0.0, 1100.0, 1100.0, 1150.0, 1150.0]);
        assert_eq!(flat(&levels.down), [0.0, 0.0, -600.0, -600.0, -601.0]);
    }
}
