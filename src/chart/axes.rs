//! What all plots over time share: their names for readers, grid lines and labels.

use super::calendar::DateTick;
use super::frame::{Frame, Px, Size};
use super::scale::Scale;

/// The frame of one drawing, ready to print.
#[derive(Debug)]
pub(super) struct Axes {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) frame: Frame,
    pub(super) scale: Scale,
    pub(super) grid: Vec<GridLine>,
    pub(super) dates: Vec<DateTick>,
    pub(super) hide: bool,
}

/// A horizontal hairline and its value.
#[derive(Debug)]
pub(super) struct GridLine {
    pub(super) y: Px,
    pub(super) zero: bool,
    pub(super) label: String,
}

/// What a chart is called: its id on the page, its title, and a sentence for those who cannot see it.
#[derive(Clone, Debug, Default)]
pub struct Caption {
    /// Unique on the page; the ids in the drawings begin with it.
    pub id: String,
    /// `Bankroll over time`.
    pub title: String,
    /// One sentence with the main figures. Left out when amounts are hidden.
    pub summary: String,
}

impl Caption {
    /// The sentence, unless amounts are hidden.
    pub(super) fn spoken(&self, hide: bool) -> String {
        if hide {
            "Amounts are hidden.".to_owned()
        } else {
            self.summary.clone()
        }
    }
}

impl Axes {
    pub(super) fn new(caption: &Caption, size: Size, scale: Scale, hide: bool) -> Self {
        let frame = size.frame(if hide { 0 } else { scale.longest_label() });
        let ticks = scale.ticks();
        let grid = ticks
            .into_iter()
            .map(|tick| GridLine {
                y: Px(scale.y(&frame, tick)),
                zero: tick == 0.0,
                label: if hide {
                    String::new()
                } else {
                    scale.label(tick)
                },
            })
            .collect();
        Self {
            id: format!("{}-{}", caption.id, size.suffix()),
            title: caption.title.clone(),
            summary: caption.spoken(hide),
            frame,
            scale,
            grid,
            dates: Vec::new(),
            hide,
        }
    }

    pub(super) fn width(&self) -> Px {
        Px(self.frame.width)
    }

    pub(super) fn height(&self) -> Px {
        Px(self.frame.height)
    }

    pub(super) fn left(&self) -> Px {
        Px(self.frame.left)
    }

    pub(super) fn right(&self) -> Px {
        Px(self.frame.right)
    }

    pub(super) fn top(&self) -> Px {
        Px(self.frame.top)
    }

    pub(super) fn bottom(&self) -> Px {
        Px(self.frame.bottom)
    }

    pub(super) fn y(&self, value: f64) -> f64 {
        self.scale.y(&self.frame, value)
    }

    /// Edges of the plot area and the values at its foot and top, for the script.
    pub(super) fn plot(&self) -> String {
        let Frame {
            left,
            top,
            right,
            bottom,
            ..
        } = self.frame;
        format!(
            "{} {} {} {} {} {}",
            Px(left),
            Px(top),
            Px(right),
            Px(bottom),
            self.scale.low,
            self.scale.high
        )
    }
}
