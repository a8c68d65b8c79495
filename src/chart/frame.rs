//! The paper: the two sizes of a plot, and numbers printed with one decimal.

use std::fmt;

use askama::filters::HtmlSafe;

/// A chart is printed twice, once for each width, and the style sheet shows the one that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// 640 × 206, from tablets up.
    Wide,
    /// 326 × 176, for phones.
    Narrow,
}

impl Size {
    pub(super) const BOTH: [Self; 2] = [Self::Wide, Self::Narrow];

    /// The plot area, with room on the right for axis labels of `label` characters.
    pub(super) fn frame(self, label: usize) -> Frame {
        let room = (count(label) * 6.6 + 14.0).max(34.0).round();
        match self {
            Self::Wide => Frame {
                width: 640.0,
                height: 206.0,
                left: 4.0,
                top: 26.0,
                right: 640.0 - room.max(44.0),
                bottom: 180.0,
            },
            Self::Narrow => Frame {
                width: 326.0,
                height: 176.0,
                left: 0.0,
                top: 14.0,
                right: 326.0 - room,
                bottom: 150.0,
            },
        }
    }

    /// How many points of a line are worth drawing.
    pub(super) fn points(self) -> usize {
        match self {
            Self::Wide => 240,
            Self::Narrow => 120,
        }
    }

    /// How many labels fit on the time axis.
    pub(super) fn dates(self) -> usize {
        match self {
            Self::Wide => 7,
            Self::Narrow => 4,
        }
    }

    /// What the caller's id ends in, so that ids stay unique on the page.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Wide => "w",
            Self::Narrow => "n",
        }
    }
}

/// Width and height of the drawing and the edges of its plot area, in its own pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Frame {
    /// From a share of the plot's width, 0 to 1, to a position.
    pub(super) fn x(&self, share: f64) -> f64 {
        self.left + share * (self.right - self.left)
    }
}

/// A length or position in a drawing; prints with at most one decimal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Px(pub(super) f64);

impl Px {
    /// Tenths of a pixel. What is not a number is drawn at 0, and nothing leaves the known world.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "clamped to a few thousand pixels"
    )]
    pub(super) fn tenths(self) -> i32 {
        if self.0.is_nan() {
            return 0;
        }
        (self.0.clamp(-9999.0, 9999.0) * 10.0).round() as i32
    }
}

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Tenths(self.tenths()).fmt(f)
    }
}

impl HtmlSafe for Px {}

/// Prints `-5` as `-.5` and `20` as `2`.
pub(super) struct Tenths(pub(super) i32);

impl fmt::Display for Tenths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0.unsigned_abs() / 10, self.0.unsigned_abs() % 10);
        if self.0 < 0 {
            f.write_str("-")?;
        }
        match (whole, rest) {
            (_, 0) => write!(f, "{whole}"),
            (0, _) => write!(f, ".{rest}"),
            _ => write!(f, "{whole}.{rest}"),
        }
    }
}

/// A count as a number to calculate positions with.
pub(super) fn count(n: usize) -> f64 {
    u32::try_from(n).map_or(f64::from(u32::MAX), f64::from)
}

/// About how wide a chart label is, in pixels.
pub(super) fn text_width(text: &str) -> f64 {
    count(text.chars().count()) * 6.2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_print_with_at_most_one_decimal() {
        let printed = [
            4.0,
            0.04,
            -0.04,
            0.55,
            -0.55,
            120.96,
            f64::NAN,
            f64::INFINITY,
        ]
        .map(|v| Px(v).to_string());
        assert_eq!(printed, ["4", "0", "0", ".6", "-.6", "121", "0", "9999"]);
    }
}
