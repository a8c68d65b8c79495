//! Fewer points for the same picture: of every bucket, the lowest and the highest stay.

/// Which values to draw, at most about `most`, in order: the first, the last, and of every
/// bucket in between its extremes. Missing values are not among them.
pub(super) fn thin(values: &[Option<f64>], most: usize) -> Vec<usize> {
    let known: Vec<(usize, f64)> = values
        .iter()
        .enumerate()
        .filter_map(|(at, value)| value.map(|v| (at, v)))
        .collect();
    if known.len() <= most.max(4) {
        return known.into_iter().map(|(at, _)| at).collect();
    }
    let buckets = (most.max(4) - 2) / 2;
    let mut kept = vec![known[0].0, known[known.len() - 1].0];
    for bucket in 0..buckets {
        let part = &known[bucket * known.len() / buckets..(bucket + 1) * known.len() / buckets];
        kept.extend(
            part.iter()
                .min_by(|a, b| a.1.total_cmp(&b.1))
                .map(|&(at, _)| at),
        );
        kept.extend(
            part.iter()
                .max_by(|a, b| a.1.total_cmp(&b.1))
                .map(|&(at, _)| at),
        );
    }
    kept.sort_unstable();
    kept.dedup();
    kept
}

/// Splits the kept points wherever a value is missing between two of them,
/// so that no line bridges a gap.
pub(super) fn runs(values: &[Option<f64>], kept: &[usize]) -> Vec<Vec<usize>> {
    let mut runs: Vec<Vec<usize>> = Vec::new();
    for &at in kept {
        match runs.last_mut() {
            Some(run)
                if run
                    .last()
                    .is_some_and(|&before| values[before..at].iter().all(Option::is_some)) =>
            {
                run.push(at);
            }
            _ => runs.push(vec![at]),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn few_points_are_all_kept() {
        let values = [Some(1.0), None, Some(2.0), Some(3.0)];
        assert_eq!(thin(&values, 240), [0, 2, 3]);
        assert_eq!(thin(&[], 240), [0_usize; 0]);
    }

    #[test]
    fn a_gap_is_never_bridged_even_when_its_neighbours_are_dropped() {
        let mut values: Vec<Option<f64>> = (0..5000).map(|n| Some(f64::from(n % 37))).collect();
        values[2500] = None;
        let runs = runs(&values, &thin(&values, 120));
        assert_eq!(runs.len(), 2);
        assert!(runs[0].iter().all(|&at| at < 2500) && runs[1].iter().all(|&at| at > 2500));
    }

    proptest! {
        #[test]
        fn extremes_and_ends_stay(values in proptest::collection::vec(proptest::option::weighted(0.9, -1e6_f64..1e6), 0..900)) {
            let kept = thin(&values, 240);
            prop_assert!(kept.len() <= 242);
            prop_assert!(kept.is_sorted());
            let known: Vec<f64> = values.iter().flatten().copied().collect();
            let drawn: Vec<f64> = kept.iter().filter_map(|&at| values[at]).collect();
            prop_assert_eq!(drawn.first(), known.first());
            prop_assert_eq!(drawn.last(), known.last());
            let extremes = |all: &[f64]| (
                all.iter().copied().fold(f64::INFINITY, f64::min),
                all.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            );
            prop_assert_eq!(extremes(&drawn), extremes(&known));
        }
    }
}
