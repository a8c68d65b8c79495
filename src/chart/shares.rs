//! Shares in per cent that add up.

use std::cmp::Reverse;

use rust_decimal::Decimal;

/// The share of each value in their total, in per cent with one decimal. The largest remainders
/// are rounded up, so that the shares sum to exactly 100.0; values that are not positive have none.
pub fn shares(values: &[Decimal]) -> Vec<Decimal> {
    let positive = |value: &Decimal| (*value).max(Decimal::ZERO);
    let largest = values.iter().map(positive).max().unwrap_or_default();
    if largest.is_zero() {
        return vec![Decimal::ZERO; values.len()];
    }
    let parts: Vec<Decimal> = values
        .iter()
        .map(|value| positive(value) / largest)
        .collect();
    let total: Decimal = parts.iter().sum();
    let exact: Vec<Decimal> = parts
        .iter()
        .map(|part| part * Decimal::ONE_THOUSAND / total)
        .collect();
    let mut tenths: Vec<Decimal> = exact.iter().map(Decimal::floor).collect();
    let mut order: Vec<usize> = (0..exact.len())
        .filter(|&at| !parts[at].is_zero())
        .collect();
    order.sort_by_key(|&at| Reverse(exact[at] - tenths[at]));
    let mut left = Decimal::ONE_THOUSAND - tenths.iter().sum::<Decimal>();
    for at in order.into_iter().cycle() {
        if left < Decimal::ONE {
            break;
        }
        tenths[at] += Decimal::ONE;
        left -= Decimal::ONE;
    }
    tenths
        .into_iter()
        .map(|share| Decimal::new(1, 1) * share.trunc())
        .map(|mut share| {
            share.rescale(1);
            share
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn printed(values: &[i64]) -> Vec<String> {
        let values: Vec<Decimal> = values.iter().copied().map(Decimal::from).collect();
        shares(&values).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn thirds_sum_to_a_hundred() {
        assert_eq!(printed(&[1, 1, 1]), ["33.4", "33.3", "33.3"]);
        assert_eq!(printed(&[2, 1, 0]), ["66.7", "33.3", "0.0"]);
        assert_eq!(printed(&[5]), ["100.0"]);
    }

    #[test]
    fn nothing_has_no_share() {
        assert_eq!(printed(&[]), [""; 0]);
        assert_eq!(printed(&[0, 0]), ["0", "0"]);
        assert_eq!(printed(&[-5, 10]), ["0.0", "100.0"]);
    }

    proptest! {
        #[test]
        fn shares_sum_to_exactly_a_hundred(
            values in proptest::collection::vec(0_i128..10_000_000_000_000_000_000_000, 1..40),
            scale in 0_u32..9,
        ) {
            let values: Vec<Decimal> = values.into_iter().map(|v| Decimal::from_i128_with_scale(v, scale)).collect();
            let total: Decimal = shares(&values).iter().sum();
            prop_assert!(total == Decimal::ONE_HUNDRED || values.iter().all(Decimal::is_zero));
        }
    }
}
