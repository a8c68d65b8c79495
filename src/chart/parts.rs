//! Where the money is: the parts of one whole, as a bar, a doughnut, a polar area or a radar.

use askama::Template;
use askama::filters::HtmlSafe;
use rust_decimal::Decimal;

use super::axes::Caption;
use super::frame::{Px, count};
use super::readout::parts_json;
use super::round::{Round, Shape};
use super::series::{FILLS, number};
use super::shares::shares;
use crate::web::format::Numbers;
use crate::web::format::isolated;

/// More parts than this are summed as "Other".
const MOST: usize = FILLS.len();

/// Length of the distribution bar, in its own units, and the gap between its parts.
const LENGTH: f64 = 1000.0;
const GAP: f64 = 4.0;

/// One part of the whole.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// As the legend says it.
    pub name: String,
    /// Its exact amount, in the currency of the whole.
    pub value: Decimal,
    /// The amount, ready to print.
    pub text: String,
}

/// A whole and its parts, in the order of their colours: at most eight, and the rest as "Other".
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// Its names.
    pub caption: Caption,
    /// What is above zero, largest first: the shares are of these.
    pub parts: Vec<Part>,
    /// What is below zero, furthest first: a drawing of shares has no place for it, and says so.
    pub below: Vec<Part>,
    /// What the parts above zero come to, ready to print.
    pub above: String,
    /// The whole, ready to print; it stands in the doughnut.
    pub total: String,
    /// How numbers are written. While amounts are hidden, shares and shapes stay.
    pub numbers: Numbers,
}

/// A part with its colour and share.
#[derive(Debug)]
pub(super) struct Slice {
    pub(super) name: String,
    pub(super) class: &'static str,
    pub(super) text_class: &'static str,
    /// `28.6 %`.
    pub(super) share: String,
    /// Ready amount; empty when hidden, and for "Other".
    pub(super) text: String,
    /// For positions only.
    pub(super) size: f64,
}

/// A distribution bar with its legend, ready to print.
#[derive(Debug, Template)]
#[template(path = "chart/dist.html", whitespace = "minimize")]
pub struct DistFigure {
    readout: String,
    slices: Vec<Slice>,
    left_out: LeftOut,
    /// Left edge and width of each part that has one.
    bars: Vec<(usize, &'static str, Px, Px)>,
}

impl HtmlSafe for DistFigure {}

/// A doughnut, polar area or radar with its legend, ready to print.
#[derive(Debug, Template)]
#[template(path = "chart/round.html", whitespace = "minimize")]
pub struct RoundFigure {
    readout: String,
    id: String,
    title: String,
    summary: String,
    total: Option<String>,
    slices: Vec<Slice>,
    left_out: LeftOut,
    round: Round,
}

impl HtmlSafe for RoundFigure {}

/// What a drawing of shares cannot show, for a sentence below it.
#[derive(Debug)]
struct LeftOut {
    /// Names, and amounts unless they are hidden.
    names: Vec<(String, String)>,
    /// `slice`: what they do not have.
    place: &'static str,
    /// What the shares are of; empty while amounts are hidden.
    above: String,
}

impl LeftOut {
    fn new(parts: &Parts, place: &'static str) -> Self {
        let amount = |text: &str| {
            if parts.numbers.hidden {
                String::new()
            } else {
                text.to_owned()
            }
        };
        let names = parts.below.iter();
        Self {
            names: names
                .map(|part| (part.name.clone(), amount(&part.text)))
                .collect(),
            place,
            above: amount(&parts.above),
        }
    }
}

impl Parts {
    /// One bar, divided.
    pub fn bar(&self) -> DistFigure {
        let slices = self.slices();
        let whole: f64 = slices.iter().map(|slice| slice.size).sum();
        let shown = slices.iter().filter(|slice| slice.size > 0.0).count();
        let room = LENGTH - GAP * (count(shown) - 1.0).max(0.0);
        let mut left = 0.0;
        let mut bars = Vec::new();
        for (at, slice) in slices
            .iter()
            .enumerate()
            .filter(|(_, slice)| slice.size > 0.0)
        {
            let width = slice.size / whole * room;
            bars.push((at, slice.class, Px(left), Px(width.max(0.5))));
            left += width + GAP;
        }
        DistFigure {
            readout: self.readout(&slices),
            left_out: LeftOut::new(self, "share"),
            slices,
            bars,
        }
    }

    /// A ring with the total in it.
    pub fn doughnut(&self) -> RoundFigure {
        self.round(Shape::Doughnut)
    }

    /// Wedges of equal angle whose areas are the amounts.
    pub fn polar(&self) -> RoundFigure {
        self.round(Shape::Polar)
    }

    /// A web with one axis for each part; nothing for fewer than three parts.
    pub fn radar(&self) -> Option<RoundFigure> {
        (self.parts.len() >= 3).then(|| self.round(Shape::Radar))
    }

    fn round(&self, shape: Shape) -> RoundFigure {
        let slices = self.slices();
        let total = if self.numbers.hidden {
            "•••".to_owned()
        } else {
            self.total.clone()
        };
        RoundFigure {
            readout: self.readout(&slices),
            id: self.caption.id.clone(),
            title: self.caption.title.clone(),
            summary: self.caption.spoken(self.numbers.hidden),
            total: (shape == Shape::Doughnut).then_some(total),
            left_out: LeftOut::new(
                self,
                if shape == Shape::Radar {
                    "corner"
                } else {
                    "slice"
                },
            ),
            round: Round::new(shape, &slices),
            slices,
        }
    }

    fn slices(&self) -> Vec<Slice> {
        let mut parts: Vec<Part> = self.parts.iter().take(MOST).cloned().collect();
        if let Some(rest) = self.parts.get(MOST..).filter(|rest| !rest.is_empty()) {
            let value = rest.iter().map(|part| part.value.max(Decimal::ZERO)).sum();
            parts.push(Part {
                name: "Other".to_owned(),
                value,
                text: String::new(),
            });
        }
        let values: Vec<Decimal> = parts.iter().map(|part| part.value).collect();
        let slice = |((place, part), share): ((usize, Part), Decimal)| Slice {
            class: FILLS.get(place).copied().unwrap_or("c-rest"),
            text_class: super::series::TEXTS.get(place).copied().unwrap_or("t-rest"),
            share: self.numbers.percent_of(share),
            text: if self.numbers.hidden {
                String::new()
            } else {
                part.text
            },
            size: number(part.value).max(0.0),
            name: part.name,
        };
        parts
            .into_iter()
            .enumerate()
            .zip(shares(&values))
            .map(slice)
            .collect()
    }

    fn readout(&self, slices: &[Slice]) -> String {
        if self.parts.is_empty() {
            return String::new();
        }
        let part = |slice: &Slice| {
            let (name, text, share) = (isolated(&slice.name), &slice.text, &slice.share);
            (name, text.clone(), share.clone())
        };
        parts_json(&slices.iter().map(part).collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(values: &[i64]) -> Parts {
        let part = |&value: &i64| Part {
            name: "Riverhouse".to_owned(),
            value: Decimal::from(value),
            text: format!("€{value}"),
        };
        Parts {
            parts: values.iter().map(part).collect(),
            ..Parts::default()
        }
    }

    #[test]
    fn every_input_draws_without_nan() {
        for values in [
            &[][..],
            &[0],
            &[7],
            &[0, 0, 0],
            &[-5, 10],
            &[5, 3, 1],
            &[1; 12],
        ] {
            let parts = parts(values);
            let drawn = [parts.doughnut(), parts.polar()].map(|figure| figure.to_string());
            let radar = parts.radar().map(|figure| figure.to_string());
            for html in drawn
                .into_iter()
                .chain(radar)
                .chain([parts.bar().to_string()])
            {
                let drawn = html.contains("<svg") || html.contains("Nothing is above zero");
                assert!(
                    drawn && !html.contains("NaN") && !html.contains("inf"),
                    "{html}"
                );
            }
        }
    }

    /// The kind: money that is owed, missing from a drawing without a word.
    #[test]
    fn what_is_below_zero_is_named_and_the_shares_are_of_the_rest() {
        let mut parts = parts(&[1000, 60, 40]);
        parts.above = "€1,100".to_owned();
        parts.below = ["Bank", "Loan"]
            .map(|name| Part {
                name: name.to_owned(),
                value: Decimal::from(-600),
                text: "−€600".to_owned(),
            })
            .to_vec();
        let drawn = [
            (parts.doughnut().to_string(), "slice"),
            (parts.polar().to_string(), "slice"),
            (parts.radar().unwrap().to_string(), "corner"),
            (parts.bar().to_string(), "share"),
        ];
        for (html, place) in drawn {
            assert!(
                html.contains("<bdi>Bank</bdi> (−€600) and <bdi>Loan</bdi> (−€600) are below zero"),
                "{html}"
            );
            assert!(
                html.contains(&format!("have no {place}")) && html.contains("€1,100"),
                "{html}"
            );
            assert!(html.contains("90.9"), "{html}");
        }
        parts.numbers.hidden = true;
        let html = parts.doughnut().to_string();
        assert!(
            html.contains("<bdi>Bank</bdi> and <bdi>Loan</bdi> are below zero"),
            "{html}"
        );
        assert!(!html.contains("600") && !html.contains("1,100"), "{html}");
    }

    #[test]
    fn only_what_is_below_zero_is_a_sentence_and_no_empty_drawing() {
        let mut parts = parts(&[]);
        parts.below = vec![Part {
            name: "Bank".to_owned(),
            value: Decimal::from(-600),
            text: "−€600".to_owned(),
        }];
        for html in [
            parts.doughnut().to_string(),
            parts.polar().to_string(),
            parts.bar().to_string(),
        ] {
            assert!(!html.contains("<svg"), "{html}");
            assert!(
                html.contains("Nothing is above zero") && html.contains("(−€600)"),
                "{html}"
            );
        }
    }

    #[test]
    fn a_radar_needs_three_parts() {
        assert!(parts(&[1, 2]).radar().is_none());
        assert!(parts(&[1, 2, 3]).radar().is_some());
    }

    #[test]
    fn hidden_amounts_are_not_in_the_page_but_shares_are() {
        let mut parts = parts(&[4711, 4711]);
        parts.total = "€9,422".to_owned();
        parts.numbers.hidden = true;
        let html = parts.doughnut().to_string();
        assert!(
            !html.contains("4711") && !html.contains("9,422") && html.contains("50.0"),
            "{html}"
        );
    }

    #[test]
    fn names_are_escaped() {
        let mut parts = parts(&[1, 2, 3]);
        parts.parts[0].name = "<script>\"'&".to_owned();
        for html in [
            parts.bar().to_string(),
            parts.doughnut().to_string(),
            parts.radar().unwrap().to_string(),
        ] {
            assert!(!html.contains("<script>"), "{html}");
        }
    }
}
