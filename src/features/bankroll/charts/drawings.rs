//! What each chart shows: its drawings and its table, from one book.

use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use askama::filters::HtmlSafe;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::table::{Cell, Table};
use crate::chart::{
    Caption, DistFigure, Flow, FlowChart, FlowFigure, Ground, Legend, LineChart, LineFigure, Parts,
    Period, RoundFigure, Series, StackChart, StackFigure, StackStyle, WaterfallFigure, shares,
};
use crate::features::bankroll::book::Book;
use crate::features::bankroll::dashboard::{Moved, bankroll_chart, unit};
use crate::features::bankroll::figures::{Figures, Window};
use crate::features::bankroll::overview::{self, Named};
use crate::money::Currency;
use crate::web::Ui;
use crate::web::format::Trend;

/// What a chart is drawn from.
pub struct Asked<'a> {
    pub ui: &'a Ui,
    pub book: &'a Book,
    pub window: Window,
    pub style: &'a str,
}

/// What a chart gives.
pub struct Drawn {
    pub drawings: Vec<Drawing>,
    pub table: Table,
    pub note: &'static str,
}

impl Drawn {
    /// Whether a drawing has places to point at. A waterfall says all of its figures itself.
    pub fn has_places(&self) -> bool {
        let is_read = |drawing| !matches!(drawing, &Drawing::Waterfall(_) | &Drawing::Legend(_));
        self.drawings.iter().any(is_read)
    }
}

/// Something that prints itself as markup.
pub enum Drawing {
    Line(LineFigure),
    Stack(StackFigure),
    Flow(FlowFigure),
    Round(RoundFigure),
    Bar(DistFigure),
    Waterfall(WaterfallFigure),
    Legend(Legend),
}

impl fmt::Display for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Drawing::Line(figure) => figure.fmt(f),
            Drawing::Stack(figure) => figure.fmt(f),
            Drawing::Flow(figure) => figure.fmt(f),
            Drawing::Round(figure) => figure.fmt(f),
            Drawing::Bar(figure) => figure.fmt(f),
            Drawing::Waterfall(figure) => figure.fmt(f),
            Drawing::Legend(legend) => legend.fmt(f),
        }
    }
}

/// Each of them was escaped by its own template.
impl HtmlSafe for Drawing {}

/// The head of a column of totals: `Profit, EUR`, or `Profit, EUR, without KWD`.
fn total_head(name: &str, home: Currency, left_out: &BTreeSet<Currency>) -> String {
    let codes: Vec<&str> = left_out.iter().map(|currency| currency.code()).collect();
    if codes.is_empty() {
        format!("{name}, {home}")
    } else {
        format!("{name}, {home}, without {}", codes.join(", "))
    }
}

/// The currencies without a rate that a bankroll leaves out, the flows, and what is computed from both.
fn left_out(figures: &Figures) -> [BTreeSet<Currency>; 3] {
    let (held, flowed) = (
        figures.unvalued_currencies(),
        figures.excluded_flows.keys().copied().collect(),
    );
    let both = &held | &flowed;
    [held, flowed, both]
}

fn heads(first: &str, rest: impl IntoIterator<Item = String>) -> Vec<String> {
    std::iter::once(first.to_owned()).chain(rest).collect()
}

pub fn bankroll(asked: &Asked<'_>) -> Drawn {
    let figures = &asked.book.figures;
    let home = figures.home;
    let rows = figures.days_in(asked.window).iter().map(|day| {
        let printed = day.printed(home);
        let cells = vec![
            Cell::amount(printed.bankroll, day.bankroll, home),
            Cell::amount(printed.put_in, day.put_in, home),
            Cell::change(printed.profit, day.profit(), home),
        ];
        (day.day, cells)
    });
    let [held, flowed, both] = left_out(figures);
    let columns = [("Bankroll", held), ("Put in", flowed), ("Profit", both)];
    let columns = columns.map(|(name, left_out)| total_head(name, home, &left_out));
    let chart = bankroll_chart(asked.ui, figures, asked.window, "bankroll");
    Drawn {
        drawings: vec![
            Drawing::Line(chart.figure()),
            Drawing::Legend(chart.legend()),
        ],
        table: Table::of_days(heads("Date", columns), rows),
        note: "Each day is valued at its own rates. The dashed line is deposits less withdrawals so far.",
    }
}

pub fn profit(asked: &Asked<'_>) -> Drawn {
    let (ui, figures) = (asked.ui, &asked.book.figures);
    let home = figures.home;
    let days = figures.days_in(asked.window);
    let summary = days.last().map_or_else(String::new, |day| {
        let profit = day.printed(home).profit;
        let word = if ui.trend(profit, home) == Trend::Down {
            "A loss"
        } else {
            "A profit"
        };
        format!(
            "{word} of {} on {}. The same figures are in the table below.",
            ui.money(profit.abs(), home),
            ui.day(day.day)
        )
    });
    let chart = LineChart {
        caption: Caption {
            id: "profit".to_owned(),
            title: "Profit over time".to_owned(),
            summary,
        },
        days: days.iter().map(|day| day.day).collect(),
        series: vec![Series::new(
            "Profit",
            days.iter()
                .map(|day| Some(day.printed(home).profit))
                .collect(),
        )],
        ground: Ground::Zero,
        unit: unit(home),
        numbers: ui.numbers,
        ..LineChart::default()
    };
    let rows = days.iter().map(|day| {
        (
            day.day,
            vec![Cell::change(day.printed(home).profit, day.profit(), home)],
        )
    });
    Drawn {
        drawings: vec![
            Drawing::Line(chart.figure()),
            Drawing::Legend(chart.legend()),
        ],
        table: Table::of_days(
            heads("Date", [total_head("Profit", home, &left_out(figures)[2])]),
            rows,
        ),
        note: "Profit is the bankroll less deposits plus withdrawals, since your first entry.",
    }
}

/// Points that each account's line is drawn with, at most.
const MOST_POINTS: usize = 200;

pub fn accounts(asked: &Asked<'_>) -> Drawn {
    let (ui, book) = (asked.ui, asked.book);
    let home = book.figures.home;
    let by_day = book.figures.account_series(asked.window);
    let printed: Vec<Vec<Decimal>> = by_day
        .iter()
        .map(|(day, values)| book.figures.printed_on(&book.figures.on(*day), values))
        .collect();
    // Accounts that held nothing in the whole range would only fill the legend. The largest now come first, what is owed
    // among them: they get the colours, and the small ones are "Other".
    let held = |i: usize| by_day.iter().any(|(_, values)| !values[i].is_zero());
    let last = |i: usize| by_day.last().map_or(Decimal::ZERO, |(_, values)| values[i]);
    let mut order: Vec<usize> = (0..book.accounts.len()).filter(|i| held(*i)).collect();
    order.sort_by_key(|i| std::cmp::Reverse(last(*i).abs()));
    // Nine lines of ten years are too many points for one page: evenly spaced days are drawn, today always among them.
    // The table and the file have every day; so have bars, which choose the last of each month themselves.
    let apart = if asked.style == "bars" {
        1
    } else {
        by_day.len().div_ceil(MOST_POINTS).max(1)
    };
    let mut drawn: Vec<_> = by_day.iter().zip(&printed).rev().step_by(apart).collect();
    drawn.reverse();
    let days: Vec<NaiveDate> = drawn.iter().map(|((day, _), _)| *day).collect();
    let series: Vec<Series> = order
        .iter()
        .map(|i| {
            Series::new(
                book.accounts[*i].name.clone(),
                drawn.iter().map(|(_, v)| Some(v[*i])).collect(),
            )
        })
        .collect();
    let caption = Caption {
        id: "accounts".to_owned(),
        title: "Accounts over time".to_owned(),
        summary: "The value of each account over time. The same figures are in the table below."
            .to_owned(),
    };
    let (unit, numbers) = (unit(home), ui.numbers);
    let drawings = if asked.style == "lines" {
        let chart = LineChart {
            caption,
            days,
            series,
            unit,
            numbers,
            ..LineChart::default()
        };
        vec![
            Drawing::Line(chart.figure()),
            Drawing::Legend(chart.legend()),
        ]
    } else {
        let style = if asked.style == "bars" {
            StackStyle::Bars
        } else {
            StackStyle::Areas
        };
        let chart = StackChart {
            caption,
            days,
            series,
            style,
            unit,
            numbers,
        };
        vec![
            Drawing::Stack(chart.figure()),
            Drawing::Legend(chart.legend()),
        ]
    };
    // What has no rate is not drawn, and has a column that says so.
    let is_unvalued = |i: &usize| {
        let of_it = book.figures.account(book.accounts[*i].id);
        of_it.is_some_and(|of_it| {
            !of_it.steps.is_empty() && book.figures.value_on(of_it, book.figures.today).is_none()
        })
    };
    let unvalued: Vec<usize> = (0..book.accounts.len()).filter(is_unvalued).collect();
    let names = order
        .iter()
        .chain(&unvalued)
        .map(|i| book.accounts[*i].name.clone());
    let rows = by_day.iter().zip(&printed).map(|((day, values), printed)| {
        let cell = |i: &usize| Cell::amount(printed[*i], values[*i], home);
        let cells = order.iter().map(cell);
        let unvalued = unvalued.iter().map(|_| Cell::NoRate);
        (*day, cells.chain(unvalued).collect())
    });
    Drawn {
        drawings,
        table: Table::of_days(heads("Date", names), rows),
        note: "Values are in your home currency at the rates of each day. Two accounts of the same name are two series. What is below zero is drawn below the zero line.",
    }
}

/// What an account, or all in a currency, hold now.
struct Held {
    name: String,
    currency: Currency,
    balance: Decimal,
    /// In the home currency; `None` without a rate.
    value: Option<Decimal>,
    /// The same as it is printed.
    printed: Option<Decimal>,
}

/// What every account holds now, the largest value first, what has no rate last.
fn held(asked: &Asked<'_>) -> Vec<Held> {
    let book = asked.book;
    let accounts = book.figures.accounts.iter();
    let mut held: Vec<Held> = accounts
        .zip(book.figures.printed_values())
        .filter(|(account, _)| !account.balance().is_zero())
        .filter_map(|(account, printed)| {
            Some(Held {
                name: book.account(account.id)?.name.clone(),
                currency: account.currency,
                balance: account.balance(),
                value: book.figures.value_on(account, book.figures.today),
                printed,
            })
        })
        .collect();
    held.sort_by_key(|one| Reverse(one.value));
    held
}

/// The cells of a value and of its share in what is above zero: what is below zero, or has no rate, has no share.
fn value_cells(held: &[Held], home: Currency) -> impl Iterator<Item = [Cell; 2]> {
    let values: Vec<Decimal> = held
        .iter()
        .map(|one| one.value.unwrap_or_default())
        .collect();
    held.iter()
        .zip(shares(&values))
        .map(move |(one, share)| match one.value {
            Some(value) => [
                Cell::amount(one.printed.unwrap_or(value), value, home),
                Cell::Percent((value > Decimal::ZERO).then_some(share)),
            ],
            None => [Cell::NoRate, Cell::Percent(None)],
        })
}

fn parts(asked: &Asked<'_>, id: &str, title: &str, values: impl Iterator<Item = Named>) -> Parts {
    let figures = &asked.book.figures;
    let caption = Caption {
        id: id.to_owned(),
        title: title.to_owned(),
        summary: String::new(),
    };
    overview::parts(
        asked.ui,
        figures.home,
        caption,
        values,
        figures.now().bankroll,
    )
}

pub fn distribution(asked: &Asked<'_>) -> Drawn {
    let home = asked.book.figures.home;
    let held = held(asked);
    let named = held
        .iter()
        .filter_map(|one| Some(Named::new(one.name.clone(), one.value?, one.printed)));
    let parts = parts(asked, "distribution", "Where the money is", named);
    let drawing = match asked.style {
        "polar" => Some(parts.polar()),
        "radar" => parts.radar(),
        _ => Some(parts.doughnut()),
    };
    let rows = held.iter().zip(value_cells(&held, home));
    let rows = rows.map(|(one, [value, share])| {
        vec![
            Cell::Text(one.name.clone()),
            Cell::Amount(one.balance, one.currency),
            Cell::Text(one.currency.code().to_owned()),
            value,
            share,
        ]
    });
    let value = format!("Value, {home}");
    Drawn {
        drawings: vec![drawing.map_or_else(|| Drawing::Bar(parts.bar()), Drawing::Round)],
        table: Table::of(
            &["Account", "Balance", "Currency", &value, "Share, %"],
            rows.collect(),
        ),
        note: "Shares are of everything that has a rate and is above zero. They are rounded so that they sum to 100. A radar needs three such accounts.",
    }
}

pub fn currencies(asked: &Asked<'_>) -> Drawn {
    let home = asked.book.figures.home;
    let mut sums: BTreeMap<Currency, Held> = BTreeMap::new();
    for one in held(asked) {
        match sums.entry(one.currency) {
            Entry::Occupied(mut sum) => {
                let sum = sum.get_mut();
                sum.balance += one.balance;
                sum.value = sum.value.zip(one.value).map(|(a, b)| a + b);
                sum.printed = sum.printed.zip(one.printed).map(|(a, b)| a + b);
            }
            Entry::Vacant(sum) => {
                sum.insert(one);
            }
        }
    }
    let mut sums: Vec<Held> = sums.into_values().collect();
    sums.sort_by_key(|sum| Reverse(sum.value));
    let named = sums.iter().filter_map(|sum| {
        let name = format!("{} · {}", sum.currency.code(), sum.currency.name());
        Some(Named::new(name, sum.value?, sum.printed))
    });
    let parts = parts(asked, "currencies", "Which currencies it is in", named);
    let rows = sums.iter().zip(value_cells(&sums, home));
    let rows = rows.map(|(sum, [value, share])| {
        vec![
            Cell::Text(sum.currency.code().to_owned()),
            Cell::Amount(sum.balance, sum.currency),
            value,
            share,
        ]
    });
    let value = format!("Value, {home}");
    Drawn {
        drawings: vec![Drawing::Round(parts.doughnut())],
        table: Table::of(&["Currency", "Holds", &value, "Share, %"], rows.collect()),
        note: "What you hold in a currency rises and falls with it. The currency effect of “What moved it” says by how much it did.",
    }
}

pub fn flows(asked: &Asked<'_>) -> Drawn {
    let (ui, figures) = (asked.ui, &asked.book.figures);
    let home = figures.home;
    let window = asked.window;
    let after = |day: NaiveDate| day + chrono::Days::new(1);
    // Flows count from the evening of the range's first day on; all of them from the first entry on.
    let from = window
        .start
        .max(figures.first_day().unwrap_or(window.start));
    let (mut months, mut rows) = (Vec::new(), Vec::new());
    for (first, last) in Period::Month.spans(after(window.start), window.end) {
        let month = Window {
            start: first - chrono::Days::new(1),
            end: last,
        };
        let (exact, printed) = (figures.flows(month), figures.printed_flows(month));
        let begun = Period::Month.begun(first).map(|_| from);
        rows.push(vec![
            Cell::Text(Period::Month.name(begun, last)),
            Cell::amount(printed.deposits, exact.deposits, home),
            Cell::amount(printed.withdrawals, exact.withdrawals, home),
            Cell::change(
                printed.deposits - printed.withdrawals,
                exact.deposits - exact.withdrawals,
                home,
            ),
        ]);
        months.push(Flow {
            first,
            last,
            deposits: printed.deposits,
            withdrawals: printed.withdrawals,
        });
    }
    let [_, flowed, _] = left_out(figures);
    let columns = ["Deposits", "Withdrawals", "Net"].map(|name| total_head(name, home, &flowed));
    let chart = FlowChart {
        caption: Caption {
            id: "flows".to_owned(),
            title: "Deposits and withdrawals per month".to_owned(),
            summary:
                "Deposits upwards, withdrawals downwards. The same figures are in the table below."
                    .to_owned(),
        },
        flows: months,
        from,
        unit: unit(home),
        numbers: ui.numbers,
    };
    Drawn {
        drawings: vec![
            Drawing::Flow(chart.figure()),
            Drawing::Legend(chart.legend()),
        ],
        table: Table::of(&["Month", &columns[0], &columns[1], &columns[2]], rows),
        note: "Each is valued at the rate of its own day. Money that moves between your accounts is not among them. A range counts from the evening of the day it begins on. A month that it has only a part of says which.",
    }
}

pub fn attribution(asked: &Asked<'_>) -> Drawn {
    let (ui, figures) = (asked.ui, &asked.book.figures);
    let home = figures.home;
    let moved = Moved::new(figures, asked.window);
    let amount = |label: &str, printed, exact| {
        vec![
            Cell::Text(label.to_owned()),
            Cell::amount(printed, exact, home),
        ]
    };
    let change = |label: &str, printed, exact| {
        vec![
            Cell::Text(label.to_owned()),
            Cell::change(printed, exact, home),
        ]
    };
    let (exact, printed) = (&moved.parts, &moved.printed.parts);
    let mut rows = vec![
        amount(
            &format!("Bankroll on {}", ui.day(moved.window.start)),
            moved.printed.start,
            moved.start.bankroll,
        ),
        change("Play", printed.play, exact.play),
        change("Bonus", printed.bonus, exact.bonus),
        change("Expenses", -printed.expenses, -exact.expenses),
        change("Currency", printed.currency, exact.currency),
        change("Deposits", printed.deposits, exact.deposits),
        change("Withdrawals", -printed.withdrawals, -exact.withdrawals),
        amount("Bankroll now", moved.printed.end, moved.end.bankroll),
        change(
            "Profit of the range",
            moved.printed.profit(),
            moved.profit(),
        ),
    ];
    let results = figures.printed_results(asked.window);
    let mut elsewhere = moved.profit();
    for (account, printed) in figures.accounts.iter().zip(&results.accounts) {
        let exact = figures.account_parts(account, asked.window).result();
        elsewhere -= exact;
        let label = format!("Result of {}", asked.book.name(Some(account.id)));
        let is_valued = figures.value_on(account, figures.today).is_some();
        if !is_valued && !account.steps_in(asked.window).is_empty() {
            rows.push(vec![Cell::Text(label), Cell::NoRate]);
        } else if !printed.is_zero() || !home.round(exact).is_zero() {
            rows.push(change(&label, *printed, exact));
        }
    }
    if !results.elsewhere.is_zero() {
        rows.push(change(ELSEWHERE, results.elsewhere, elsewhere));
    }
    Drawn {
        drawings: vec![Drawing::Waterfall(moved.waterfall(ui, home).figure())],
        table: Table::of(
            &["Part", &total_head("Amount", home, &left_out(figures)[2])],
            rows,
        ),
        note: "Bankroll then + play + bonus − expenses + currency + deposits − withdrawals = bankroll now. Results of accounts are before what transfers between them cost; with that they add up to the profit.",
    }
}

/// What is in no account's result.
const ELSEWHERE: &str = "Transfer costs, and flows without an account";
