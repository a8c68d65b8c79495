//! The figures behind a drawing: a table on the page, and a CSV file.

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

use crate::chart::Period;
use crate::money::Currency;
use crate::web::Ui;
use crate::web::csv::{self, Sheet};

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

/// A row on the page.
pub struct Shown<'a> {
    /// The day that its figures are of.
    pub day: Option<NaiveDate>,
    /// The day, month or year that it stands for.
    pub name: Option<String>,
    pub cells: &'a [Cell],
}

pub enum Cell {
    Text(String),
    Amount(Decimal, Currency),
    Change(Decimal, Currency),
    /// Shown as another cell, because it adds up with its neighbours so; exact in the file.
    Printed(Box<Cell>, Decimal),
    /// `None`: there is no share.
    Percent(Option<Decimal>),
    /// An amount that cannot be told in the home currency.
    NoRate,
}

impl Cell {
    pub fn is_number(&self) -> bool {
        !matches!(self, Cell::Text(_))
    }

    /// An amount, with what it is printed as.
    pub fn amount(printed: Decimal, exact: Decimal, currency: Currency) -> Self {
        Cell::Printed(Box::new(Cell::Amount(printed, currency)), exact)
    }

    /// A change, with what it is printed as.
    pub fn change(printed: Decimal, exact: Decimal, currency: Currency) -> Self {
        Cell::Printed(Box::new(Cell::Change(printed, currency)), exact)
    }

    pub fn shown(&self, ui: &Ui) -> String {
        match self {
            Cell::Text(text) => text.clone(),
            Cell::Amount(amount, currency) => ui.plain(amount, currency),
            Cell::Change(amount, currency) => ui.signed(amount, currency),
            Cell::Printed(shown, _) => shown.shown(ui),
            Cell::Percent(share) => {
                share.map_or_else(|| "–".to_owned(), |share| ui.numbers.percent_of(share))
            }
            Cell::NoRate => "no rate".to_owned(),
        }
    }

    /// For a file: no grouping, exact, and at least the currency's decimals.
    fn raw(&self, sheet: Sheet) -> String {
        match self {
            Cell::Text(text) => csv::text(text),
            Cell::Amount(amount, currency) | Cell::Change(amount, currency) => {
                sheet.number(exact(*amount, *currency))
            }
            Cell::Printed(shown, amount) => match &**shown {
                Cell::Amount(_, currency) | Cell::Change(_, currency) => {
                    sheet.number(exact(*amount, *currency))
                }
                other => other.raw(sheet),
            },
            Cell::Percent(share) => share.map(|share| sheet.number(share)).unwrap_or_default(),
            Cell::NoRate => String::new(),
        }
    }
}

fn exact(amount: Decimal, currency: Currency) -> Decimal {
    let mut amount = amount.normalize();
    // Minus zero is zero.
    amount.set_sign_positive(amount.is_zero() || amount.is_sign_positive());
    if amount.scale() < currency.minor_units() {
        amount.rescale(currency.minor_units());
    }
    amount
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

    /// Whether a column holds numbers, which stand on the right.
    pub fn is_number(&self, column: usize) -> bool {
        let row = self.rows.first();
        let days = row.is_some_and(|line| line.day.is_some());
        let cell = column.checked_sub(usize::from(days));
        row.zip(cell)
            .and_then(|(line, i)| line.cells.get(i))
            .is_some_and(Cell::is_number)
    }

    /// How much time a row stands for on the page: as long a table as can be read.
    pub fn pace(&self) -> Pace {
        match self.rows.iter().filter(|line| line.day.is_some()).count() {
            ..=45 => Pace::Day,
            46..=1100 => Pace::Month,
            _ => Pace::Year,
        }
    }

    /// The rows that the page shows: all, or the last day of each month or year.
    pub fn shown(&self) -> Vec<Shown<'_>> {
        let pace = self.pace();
        let span = |line: &Line| line.day.map(|day| pace.span(day));
        let is_last = |i: usize| {
            self.rows
                .get(i + 1)
                .is_none_or(|next| span(next) != span(&self.rows[i]))
        };
        let first = self.rows.first().and_then(|line| line.day);
        let name = |day| pace.name(first.unwrap_or(day), day);
        (0..self.rows.len())
            .filter(|i| self.rows[*i].day.is_none() || is_last(*i))
            .map(|i| Shown {
                day: self.rows[i].day,
                name: self.rows[i].day.map(name),
                cells: &self.rows[i].cells,
            })
            .collect()
    }

    pub fn csv(&self, sheet: Sheet) -> anyhow::Result<Vec<u8>> {
        let heads = self.heads.iter().map(|head| csv::text(head)).collect();
        let rows = self.rows.iter().map(|line| {
            let day = line.day.map(|day| day.to_string());
            day.into_iter()
                .chain(line.cells.iter().map(|cell| cell.raw(sheet)))
                .collect()
        });
        sheet.write(std::iter::once(heads).chain(rows))
    }
}

/// The time that a row of a table stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    Day,
    Month,
    Year,
}

impl Pace {
    /// What days of the same row have in common.
    fn span(self, day: NaiveDate) -> (i32, u32) {
        match self {
            Pace::Day => (day.year(), day.ordinal()),
            Pace::Month => (day.year(), day.month()),
            Pace::Year => (day.year(), 0),
        }
    }

    /// The name of the row of a day, in a range that begins on `first`.
    fn name(self, first: NaiveDate, day: NaiveDate) -> String {
        let period = match self {
            Pace::Day => Period::Day,
            Pace::Month => Period::Month,
            Pace::Year => Period::Year,
        };
        let begins_here = period.start(day) <= first;
        period.name(period.begun(first).filter(|_| begins_here), day)
    }

    /// `, month by month`, after "Show as a table".
    pub fn words(self) -> &'static str {
        match self {
            Pace::Day => "",
            Pace::Month => ", month by month",
            Pace::Year => ", year by year",
        }
    }
}
