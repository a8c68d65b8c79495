//! A track: one amount on its way between a few marks.

use askama::Template;
use askama::filters::HtmlSafe;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::frame::Px;

/// The lengths at which it is drawn: beside other cards, and on a phone.
const WIDE: f64 = 440.0;
const NARROW: f64 = 264.0;
/// Texts of marks that are nearer to each other than this would touch.
const ROOM: f64 = 62.0;

/// A place on the track.
#[derive(Clone, Debug)]
pub struct Stop {
    pub at: Decimal,
    /// The amount, short: `5,240`.
    pub text: String,
    pub label: String,
}

/// An amount on a line from zero, with marks in rising order.
#[derive(Clone, Debug)]
pub struct Track {
    /// All that it shows, in a sentence.
    pub summary: String,
    pub now: Decimal,
    pub marks: Vec<Stop>,
}

/// A track, ready to print.
#[derive(Debug, Template)]
#[template(path = "chart/track.html", whitespace = "minimize")]
pub struct TrackFigure {
    summary: String,
    drawings: [Drawing; 2],
}

impl HtmlSafe for TrackFigure {}

/// A track at one length.
#[derive(Debug)]
struct Drawing {
    class: &'static str,
    length: Px,
    now: Px,
    marks: Vec<Drawn>,
}

#[derive(Debug)]
struct Drawn {
    x: Px,
    /// Which side of the text is at `x`.
    anchor: &'static str,
    /// Nothing where there is no room.
    text: String,
    label: String,
}

impl Track {
    /// Draws it.
    pub fn figure(&self) -> TrackFigure {
        let last = self.marks.last().map_or(self.now, |mark| mark.at);
        let end = if last > self.now { last } else { self.now };
        let share = |amount: Decimal| {
            let share = amount.checked_div(end).and_then(|share| share.to_f64());
            share.unwrap_or(0.0).clamp(0.0, 1.0)
        };
        let drawing = |class, length: f64| {
            let mut marks: Vec<Drawn> = Vec::new();
            // From the end, which is where one is going: it keeps its text.
            let mut free_to = f64::INFINITY;
            for mark in self.marks.iter().rev() {
                let x = share(mark.at) * length;
                let (anchor, left) = if x > length - ROOM / 2.0 {
                    ("end", x - ROOM)
                } else if x < ROOM / 2.0 {
                    ("start", x)
                } else {
                    ("mid", x - ROOM / 2.0)
                };
                let right = left + ROOM;
                let fits = right <= free_to;
                if fits {
                    free_to = left;
                }
                let shown = |text: &str| if fits { text.to_owned() } else { String::new() };
                marks.push(Drawn {
                    x: Px(x),
                    anchor,
                    text: shown(&mark.text),
                    label: shown(&mark.label),
                });
            }
            Drawing {
                class,
                length: Px(length),
                now: Px(share(self.now) * length),
                marks,
            }
        };
        TrackFigure {
            summary: self.summary.clone(),
            drawings: [drawing("chart-wide", WIDE), drawing("chart-narrow", NARROW)],
        }
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    fn amount(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn track(now: Decimal, marks: &[Decimal]) -> Track {
        let mark = |at: &Decimal| Stop {
            at: *at,
            text: at.to_string(),
            label: "Mark".to_owned(),
        };
        Track {
            summary: "A track".to_owned(),
            now,
            marks: marks.iter().map(mark).collect(),
        }
    }

    #[test]
    fn amounts_stand_in_proportion() {
        let html = track(
            amount("30134.82"),
            &[amount("5240"), amount("13100"), amount("32750")],
        )
        .figure()
        .to_string();
        for x in ["x1=\"70.4\"", "x1=\"176\"", "x1=\"440\"", "cx=\"404.9\""] {
            assert!(html.contains(x), "{x} in {html}");
        }
        assert_eq!(html.matches("<text").count(), 12);
    }

    #[test]
    fn what_would_touch_is_left_out_and_nothing_leaves_the_line() {
        let near = track(
            amount("109"),
            &[amount("108"), amount("109"), amount("110")],
        )
        .figure()
        .to_string();
        assert_eq!(near.matches("<text").count(), 4, "{near}");
        for (now, marks) in [
            (amount("-5"), &[amount("0")][..]),
            (amount("0"), &[]),
            (amount("1000000000000"), &[amount("0.8"), amount("2")]),
        ] {
            let html = track(now, marks).figure().to_string();
            assert!(!html.contains("NaN") && !html.contains("\"-"), "{html}");
        }
    }
}
