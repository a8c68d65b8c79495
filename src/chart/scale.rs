//! The value axis: three to five round ticks, and short labels for them.

use super::frame::Frame;
use crate::web::format::{NumberFormat, Numbers};

/// A value axis, mostly from a round number to a round number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub(super) low: f64,
    pub(super) high: f64,
    /// From tick to tick; nothing where no ticks are but zero.
    step: Option<f64>,
    /// How its labels are written.
    format: NumberFormat,
}

/// The ends of an axis that has room for all values.
fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
            (low.min(v), high.max(v))
        });
    let (low, high) = if low > high { (0.0, 0.0) } else { (low, high) };
    let size = low.abs().max(high.abs());
    if size < 1e-12 {
        (0.0, 1.0)
    } else if high - low < size * 1e-9 {
        (low - size / 5.0, high + size / 5.0)
    } else {
        (low, high)
    }
}

impl Scale {
    /// As it is drawn while amounts are shown or hidden.
    pub(super) fn new(values: impl Iterator<Item = f64>, numbers: Numbers) -> Self {
        if numbers.hidden {
            Self::without_amounts(values)
        } else {
            Self::around(values, numbers.format)
        }
    }

    /// From the lowest to the highest value, without ticks but zero. Where a value stands between two round numbers tells
    /// its digits, even if nobody wrote them down.
    fn without_amounts(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = ends(values);
        Self {
            low: low + 0.0,
            high: high + 0.0,
            step: None,
            format: NumberFormat::default(),
        }
    }

    /// The tightest axis with three to five ticks around all values.
    pub(super) fn around(values: impl Iterator<Item = f64>, format: NumberFormat) -> Self {
        let (low, high) = ends(values);
        // Adding zero takes the sign from minus zero.
        let round_ends = |step: f64| {
            (
                (low / step + 1e-9).floor() * step + 0.0,
                (high / step - 1e-9).ceil() * step + 0.0,
            )
        };
        let step = (-14..30)
            .flat_map(|power| [1.0, 2.0, 2.5, 5.0].map(|digit| digit * 10_f64.powi(power)))
            .find(|&step| {
                let (low, high) = round_ends(step);
                (high - low) / step < 4.5
            })
            .unwrap_or(high - low);
        let (low, high) = round_ends(step);
        Self {
            low,
            high,
            step: Some(step),
            format,
        }
    }

    /// The round values, lowest first.
    pub(super) fn ticks(&self) -> Vec<f64> {
        let Some(step) = self.step else {
            let zero = Some(0.0).filter(|zero| (self.low..=self.high).contains(zero));
            return zero.into_iter().collect();
        };
        (0..5)
            .map(|n| self.low + f64::from(n) * step)
            .filter(|&tick| tick < self.high + step / 2.0)
            .map(|tick| if tick.abs() < step / 2.0 { 0.0 } else { tick })
            .collect()
    }

    /// Where a value lies in the frame.
    pub(super) fn y(&self, frame: &Frame, value: f64) -> f64 {
        frame.bottom - (value - self.low) / (self.high - self.low) * (frame.bottom - frame.top)
    }

    /// Label of one tick: `500`, `25k`, `1.25M`, `0.005`, `−2k`, and `1,25M` where that is how it is written.
    pub(super) fn label(&self, tick: f64) -> String {
        let Some(step) = self.step else {
            return String::new();
        };
        let size = tick.abs();
        let (unit, letter) = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")]
            .into_iter()
            .find(|&(unit, _)| size >= unit * 0.999_999 && decimals(step / unit) <= 2)
            .unwrap_or((1.0, ""));
        let number = if size > 0.0 && (size >= 1e16 || step < 1e-5) {
            let text = format!("{size:.1e}");
            let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
            let digits = self.format.write(digits.trim_end_matches(".0"));
            format!("{digits}e{}", power.replace('-', "−"))
        } else {
            let digits = format!("{:.*}", decimals(step / unit), size / unit);
            self.format.write(trimmed(&digits))
        };
        let sign = if tick < 0.0 { "−" } else { "" };
        format!("{sign}{number}{letter}")
    }

    /// How many characters the longest label has.
    pub(super) fn longest_label(&self) -> usize {
        let labels = self.ticks().into_iter().map(|tick| self.label(tick));
        labels.map(|label| label.chars().count()).max().unwrap_or(0)
    }
}

/// How many decimals a step needs to be printed exactly.
fn decimals(step: f64) -> usize {
    (0..9_i32)
        .zip(0_usize..)
        .find(|&(power, _)| {
            let scaled = step * 10_f64.powi(power);
            (scaled - scaled.round()).abs() < 1e-6 * scaled.max(1.0) && scaled > 0.5
        })
        .map_or(9, |(_, places)| places)
}

fn trimmed(number: &str) -> &str {
    if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.')
    } else {
        number
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(values: &[f64]) -> Vec<String> {
        labels_in(values, NumberFormat::default())
    }

    fn labels_in(values: &[f64], format: NumberFormat) -> Vec<String> {
        let scale = Scale::around(values.iter().copied(), format);
        scale
            .ticks()
            .into_iter()
            .map(|tick| scale.label(tick))
            .collect()
    }

    fn hidden() -> Numbers {
        Numbers {
            hidden: true,
            ..Numbers::default()
        }
    }

    #[test]
    fn labels_are_short_and_round() {
        assert_eq!(labels(&[7_300.0, 27_400.0]), ["0", "10k", "20k", "30k"]);
        assert_eq!(
            labels(&[8_600.0, 11_100.0]),
            ["8k", "9k", "10k", "11k", "12k"]
        );
        assert_eq!(labels(&[0.0, 900.0]), ["0", "250", "500", "750", "1k"]);
        assert_eq!(labels(&[-1_900.0, 900.0]), ["−2k", "−1k", "0", "1k"]);
        assert_eq!(labels(&[1e6, 2.1e6]), ["1M", "1.5M", "2M", "2.5M"]);
        assert_eq!(
            labels(&[10_010.0, 10_090.0]),
            ["10,000", "10,025", "10,050", "10,075", "10,100"]
        );
        assert_eq!(
            labels(&[0.041, 0.044]),
            ["0.041", "0.042", "0.043", "0.044"]
        );
    }

    #[test]
    fn labels_are_written_as_the_user_writes_numbers() {
        let first = |values: &[f64], format| labels_in(values, format).swap_remove(1);
        for (format, thousands, tenths) in [
            (NumberFormat::CommaPoint, "10,025", "1.5M"),
            (NumberFormat::PointComma, "10.025", "1,5M"),
            (NumberFormat::SpaceComma, "10\u{a0}025", "1,5M"),
            (NumberFormat::ApostrophePoint, "10'025", "1.5M"),
        ] {
            assert_eq!(first(&[10_010.0, 10_090.0], format), thousands);
            assert_eq!(first(&[1e6, 2.1e6], format), tenths);
        }
        assert_eq!(first(&[0.0, 2.4e-7], NumberFormat::PointComma), "1e−7");
        assert_eq!(first(&[1e-7, 2.4e-7], NumberFormat::PointComma), "1,5e−7");
    }

    /// The kind: a value whose digits follow from where it stands between round numbers.
    #[test]
    fn without_amounts_only_proportions_are_left() {
        let places = |factor: f64| {
            let values = [0.0, 3187.0, -912.0].map(|value| value * factor);
            let scale = Scale::new(values.into_iter(), hidden());
            assert_eq!(scale.ticks(), [0.0]);
            assert_eq!(scale.label(0.0), "");
            let frame = crate::chart::frame::Size::Wide.frame(0);
            values.map(|value| crate::chart::frame::Px(scale.y(&frame, value)))
        };
        assert_eq!(places(1.0), places(2.0));
        let ticks = |values: [f64; 2]| Scale::new(values.into_iter(), hidden()).ticks().len();
        assert_eq!(
            (ticks([5.0, 7.0]), ticks([-7.0, -5.0]), ticks([-1.0, 0.0])),
            (0, 0, 1)
        );
    }

    #[test]
    fn zero_at_the_end_of_an_axis_has_no_sign() {
        for values in [[-6.0, 0.0], [0.0, 6.0], [-0.0, 0.0]] {
            let scale = Scale::around(values.into_iter(), NumberFormat::default());
            assert!(
                !format!("{} {}", scale.low, scale.high).contains("-0"),
                "{scale:?}"
            );
        }
    }

    #[test]
    fn degenerate_values_have_an_axis_too() {
        assert_eq!(labels(&[]), ["0", "0.25", "0.5", "0.75", "1"]);
        assert_eq!(labels(&[0.0, 0.0]), ["0", "0.25", "0.5", "0.75", "1"]);
        assert_eq!(labels(&[500.0]), ["400", "450", "500", "550", "600"]);
        assert_eq!(labels(&[1e12]), ["800B", "900B", "1T", "1.1T", "1.2T"]);
        assert_eq!(
            labels(&[0.0, 1e-8]),
            ["0", "2.5e−9", "5e−9", "7.5e−9", "1e−8"]
        );
        assert_eq!(labels(&[f64::NAN, f64::INFINITY, 3.0]).len(), 5);
    }

    proptest! {
        #[test]
        fn every_axis_has_three_to_five_ticks_around_its_values(
            a in -1e13_f64..1e13,
            shrink in 0_i32..20,
            spread in 0_f64..1e6,
        ) {
            let a = a / 10_f64.powi(shrink);
            let b = a + spread;
            let scale = Scale::around([a, b].into_iter(), NumberFormat::default());
            let ticks = scale.ticks();
            prop_assert!((3..=5).contains(&ticks.len()), "{scale:?}");
            let slack = (scale.high - scale.low) * 1e-6;
            prop_assert!(scale.low <= a + slack && b <= scale.high + slack, "{scale:?}");
            prop_assert!(ticks.iter().all(|tick| tick.is_finite()));
        }
    }
}
