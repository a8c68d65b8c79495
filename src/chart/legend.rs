//! The names of series beside their colours.

use askama::Template;
use askama::filters::HtmlSafe;

use super::series::{self, Series};

/// A list of names with swatches, ready to print.
#[derive(Debug, Template)]
#[template(path = "chart/legend.html", whitespace = "minimize")]
pub struct Legend {
    /// Class of the swatch, and the name.
    names: Vec<(&'static str, String)>,
}

impl HtmlSafe for Legend {}

impl Legend {
    pub(super) fn of(series: &[Series]) -> Self {
        let named =
            |(place, one): (usize, &Series)| (series::fill_class(one, place), one.name.clone());
        Self {
            names: series.iter().enumerate().map(named).collect(),
        }
    }
}
