//! The names of series beside their colours.

use askama::Template;
use askama::filters::HtmlSafe;

use super::series::{self, Series};

/// A list of names with swatches, ready to print.
#[derive(Debug, Template)]
#[template(path = "chart/legend.html", whitespace = "minimize")]
pub struct Legend {
    pub(super) names: Vec<(Swatch, String)>,
}

impl HtmlSafe for Legend {}

/// What a name stands beside, by the class of what it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Swatch {
    /// A part, or one of several lines.
    Part(&'static str),
    /// The line itself, as it is drawn.
    Line(&'static str),
    /// The area between two lines.
    Band(&'static str),
}

impl Legend {
    pub(super) fn of(series: &[Series]) -> Self {
        let named = |(place, one): (usize, &Series)| {
            (
                Swatch::Part(series::fill_class(one, place)),
                one.name.clone(),
            )
        };
        Self {
            names: series.iter().enumerate().map(named).collect(),
        }
    }
}
