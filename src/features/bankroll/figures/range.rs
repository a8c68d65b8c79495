//! Periods.

use chrono::NaiveDate;

/// A period for which the pages show changes. Each ends today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Range {
    Day,
    Week,
    Month,
    Quarter,
    YearToDate,
    Year,
    All,
}

impl Range {
    /// In the order of the range buttons.
    pub const ALL: [Range; 7] = [
        Range::Day,
        Range::Week,
        Range::Month,
        Range::Quarter,
        Range::YearToDate,
        Range::Year,
        Range::All,
    ];

    /// The value of `range=` in a URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Range::Day => "1d",
            Range::Week => "7d",
            Range::Month => "30d",
            Range::Quarter => "90d",
            Range::YearToDate => "ytd",
            Range::Year => "1y",
            Range::All => "all",
        }
    }

    /// The text on its button.
    pub fn label(self) -> &'static str {
        match self {
            Range::Day => "1D",
            Range::Week => "7D",
            Range::Month => "30D",
            Range::Quarter => "90D",
            Range::YearToDate => "YTD",
            Range::Year => "1Y",
            Range::All => "All",
        }
    }

    /// In a sentence: "profit, past year".
    pub fn words(self) -> &'static str {
        match self {
            Range::Day => "since yesterday",
            Range::Week => "past 7 days",
            Range::Month => "past 30 days",
            Range::Quarter => "past 90 days",
            Range::YearToDate => "this year",
            Range::Year => "past year",
            Range::All => "all time",
        }
    }

    /// The range of that name; anything else is a year.
    pub fn named(text: &str) -> Range {
        Range::ALL
            .into_iter()
            .find(|range| range.as_str() == text)
            .unwrap_or(Range::Year)
    }
}

/// From the evening of `start` to the evening of `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub start: NaiveDate,
    pub end: NaiveDate,
}
