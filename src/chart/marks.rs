//! Notes on a line: a ring, a dotted drop line and a few words. The largest win.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::frame::{Frame, Px, text_width};

/// Something that happened on a day: `Out 1,200`.
#[derive(Clone, Debug)]
pub struct Mark {
    /// The day; without a value on the line that day, the mark is not drawn.
    pub day: NaiveDate,
    /// What happened, in a word: `Out`.
    pub label: String,
    /// How much, ready to print: `1,200`. Left out when amounts are hidden.
    pub amount: String,
    /// What decides between marks that would overlap; its sign does not matter.
    pub weight: Decimal,
}

impl Mark {
    pub(super) fn text(&self, hide: bool) -> String {
        if hide || self.amount.is_empty() {
            self.label.clone()
        } else {
            format!("{} {}", self.label, self.amount)
        }
    }
}

/// A mark in its place.
#[derive(Debug)]
pub(super) struct PlacedMark {
    pub(super) x: Px,
    pub(super) y: Px,
    pub(super) text_x: Px,
    pub(super) text: String,
}

/// At most `most` marks that do not touch each other, from left to right.
pub(super) fn place(
    mut marks: Vec<(Mark, f64, f64)>,
    most: usize,
    frame: &Frame,
    hide: bool,
) -> Vec<PlacedMark> {
    marks.sort_by_key(|(mark, ..)| std::cmp::Reverse(mark.weight.abs()));
    let mut placed: Vec<PlacedMark> = Vec::new();
    for (mark, x, y) in marks {
        let text = mark.text(hide);
        let half = text_width(&text) / 2.0;
        let text_x = x.max(frame.left + half).min(frame.right - half);
        let free = placed.iter().all(|other| {
            (other.text_x.0 - text_x).abs() > half + text_width(&other.text) / 2.0 + 8.0
        });
        if free && placed.len() < most {
            placed.push(PlacedMark {
                x: Px(x),
                y: Px(y),
                text_x: Px(text_x),
                text,
            });
        }
    }
    placed.sort_by(|a, b| a.x.0.total_cmp(&b.x.0));
    placed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::frame::Size;

    #[test]
    fn of_marks_that_overlap_the_smaller_is_dropped() {
        let mark = |weight: i64, x: f64| {
            let (label, amount) = ("Out".to_owned(), weight.to_string());
            let (day, weight) = (NaiveDate::default(), Decimal::from(weight));
            (
                Mark {
                    day,
                    label,
                    amount,
                    weight,
                },
                x,
                50.0,
            )
        };
        let marks = vec![
            mark(300, 100.0),
            mark(-900, 110.0),
            mark(1, 300.0),
            mark(2, 590.0),
        ];
        let placed = place(marks, 5, &Size::Wide.frame(3), false);
        let texts: Vec<&str> = placed.iter().map(|mark| mark.text.as_str()).collect();
        assert_eq!(texts, ["Out -900", "Out 1", "Out 2"]);
        assert!(
            placed[2].text_x.0 < placed[2].x.0,
            "the text stays inside the frame"
        );
    }
}
