//! The figures behind a drawing: a table on the page, and a CSV file.

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

use crate::money::Currency;
use crate::web::{Ui, csv};

/// The figures behind a drawing.
pub struct Table {
    pub heads: Vec<String>,
    pub rows: Vec<Line>,
}

/// A row; one of a day can be left out where a page shows months.
pub struct Line {
    day: Option<NaiveDate>,
    pub cells: Vec<Cell>,
}

pub enum Cell {
    Text(String),
    Amount(Decimal, Currency),
    Change(Decimal, Currency),
    Percent(Decimal),
}

impl Cell {
    pub fn is_number(&self) -> bool {
        !matches!(self, Cell::Text(_))
    }

    pub fn shown(&self, ui: &Ui) -> String {
        match self {
            Cell::Text(text) => text.clone(),
            Cell::Amount(amount, currency) => ui.plain(amount, currency),
            Cell::Change(amount, currency) => ui.signed(amount, currency),
            Cell::Percent(share) => ui.numbers.percent_of(*share),
        }
    }

    /// For programs: a point, no grouping, the currency's decimals.
    pub fn raw(&self) -> String {
        match self {
            Cell::Text(text) => csv::text(text),
            Cell::Amount(amount, currency) | Cell::Change(amount, currency) => {
                currency.round(*amount).to_string()
            }
            Cell::Percent(share) => share.to_string(),
        }
    }
}

impl Table {
    pub fn of_days(heads: Vec<String>, rows: impl Iterator<Item = (NaiveDate, Vec<Cell>)>) -> Self {
        Self {
            heads,
            rows: rows
                .map(|(day, cells)| Line {
                    day: Some(day),
                    cells,
                })
                .collect(),
        }
    }

    pub fn of(heads: &[&str], rows: Vec<Vec<Cell>>) -> Self {
        let heads = heads.iter().map(ToString::to_string).collect();
        Self {
            heads,
            rows: rows
                .into_iter()
                .map(|cells| Line { day: None, cells })
                .collect(),
        }
    }

    /// All rows, or the last day of each month where there are many days.
    pub fn shown(&self) -> Vec<&Line> {
        let month = |line: &Line| line.day.map(|day| (day.year(), day.month()));
        let last = |i: usize| {
            self.rows
                .get(i + 1)
                .is_none_or(|next| month(next) != month(&self.rows[i]))
        };
        let many = self.rows.len() > 45;
        (0..self.rows.len())
            .filter(|i| !many || self.rows[*i].day.is_none() || last(*i))
            .map(|i| &self.rows[i])
            .collect()
    }

    pub fn csv(&self) -> anyhow::Result<Vec<u8>> {
        let heads = self.heads.iter().map(|head| csv::text(head)).collect();
        let rows = self.rows.iter().map(|line| {
            let day = line.day.map(|day| day.to_string());
            day.into_iter()
                .chain(line.cells.iter().map(Cell::raw))
                .collect()
        });
        csv::write(std::iter::once(heads).chain(rows))
    }
}

impl Line {
    pub fn name(&self, months: bool) -> Option<String> {
        self.day.map(|day| {
            if months {
                day.format("%b %Y").to_string()
            } else {
                crate::web::format::day(day)
            }
        })
    }
}
