//! How many buy-ins to hold, with every number that goes into it.

use super::data::{FACTORS, Mode};
use super::rules::{Chosen, Multiple};
use crate::web::Ui;

/// The computation of the multiple, as a table.
#[derive(Debug)]
pub struct Reasons {
    pub rows: Vec<Reason>,
    /// Of the factors that apply.
    pub weight: u32,
    /// `450 ÷ 10`, for the lower ends, and the same for the upper.
    pub low_sum: String,
    pub high_sum: String,
    /// What these come to.
    pub low: String,
    pub high: String,
    /// The middle, which is how many buy-ins to hold.
    pub multiple: String,
    /// `No-limit hold’em, tough, careful, online`
    pub words: String,
}

/// A factor and its answer.
#[derive(Debug)]
pub struct Reason {
    pub label: &'static str,
    pub answer: &'static str,
    /// Weight, lower and upper end. `None` if the factor does not apply.
    pub numbers: Option<(u32, u32, u32)>,
}

impl Reasons {
    /// Of one mode and the answers.
    pub fn new(ui: &Ui, mode: Mode, chosen: &Chosen, multiple: Multiple) -> Self {
        let rows: Vec<Reason> = FACTORS
            .iter()
            .zip(chosen.0)
            .map(|(factor, place)| {
                let choice = place.and_then(|place| factor.options.get(place));
                Reason {
                    label: factor.label,
                    answer: choice.map_or("Does not apply", |choice| choice.label),
                    numbers: choice.map(|choice| {
                        let (low, high) = choice.range(mode);
                        (factor.weight, low, high)
                    }),
                }
            })
            .collect();
        let counted = || rows.iter().filter_map(|row| row.numbers);
        let weight: u32 = counted().map(|(weight, ..)| weight).sum();
        let low: u32 = counted().map(|(weight, low, _)| weight * low).sum();
        let high: u32 = counted().map(|(weight, _, high)| weight * high).sum();
        let over = |sum: u32| format!("{sum} ÷ {weight}");
        let words: Vec<String> = chosen
            .answers()
            .enumerate()
            .map(|(at, (_, choice))| {
                if at == 0 {
                    choice.label.to_owned()
                } else {
                    choice.label.to_lowercase()
                }
            })
            .collect();
        Self {
            weight,
            low_sum: over(low),
            high_sum: over(high),
            low: multiple.low.to_string(),
            high: multiple.high.to_string(),
            multiple: ui.numbers.exact(multiple.value()),
            words: words.join(", "),
            rows,
        }
    }
}
