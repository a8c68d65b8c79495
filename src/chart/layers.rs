//! Parts on top of each other: their levels, the shapes between two levels, and where a name fits.

use super::axes::Axes;
use super::frame::{Px, text_width};
use super::path::Path;
use super::period::Slots;
use super::series::{self, Series, drawn};
use crate::web::format::isolated;

/// A name on its area.
#[derive(Debug)]
pub(super) struct PartLabel {
    pub(super) class: &'static str,
    pub(super) x: Px,
    pub(super) y: Px,
    pub(super) text: String,
}

/// Levels from the ground to the top: one more than there are series. Where no series is known,
/// there is no level; an unknown part of a known whole is drawn as nothing.
pub(super) fn layers(series: &[Series], count: usize) -> Vec<Vec<Option<f64>>> {
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
pub(super) fn band(
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
pub(super) fn bars(
    lower: &[Option<f64>],
    upper: &[Option<f64>],
    slots: &Slots,
    axes: &Axes,
) -> String {
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
pub(super) fn label(
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
        assert_eq!(layers(&series, 3)[2], [Some(3.0), Some(5.0), None]);
    }
}
