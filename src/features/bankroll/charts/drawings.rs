//! What each chart shows: its drawings and its table, from one book.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;

use askama::filters::HtmlSafe;
use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

use super::table::{Cell, Table};
use crate::chart::{
    Caption, DistFigure, Flow, FlowChart, FlowFigure, Ground, Legend, LineChart, LineFigure, Part,
    Parts, RoundFigure, Series, StackChart, StackFigure, StackStyle, WaterfallFigure, shares,
};
use crate::features::bankroll::book::Book;
use crate::features::bankroll::dashboard::{Moved, bankroll_chart, unit};
use crate::features::bankroll::figures::Window;
use crate::money::Currency;
use crate::web::Ui;

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
    let columns = ["Bankroll", "Put in", "Profit"].map(|head| format!("{head}, {home}"));
    Drawn {
        drawings: vec![Drawing::Line(
            bankroll_chart(asked.ui, figures, asked.window, "bankroll").figure(),
        )],
        table: Table::of_days(heads("Date", columns), rows),
        note: "Each day is valued at its own rates. The dashed line is deposits less withdrawals so far.",
    }
}

pub fn profit(asked: &Asked<'_>) -> Drawn {
    let (ui, figures) = (asked.ui, &asked.book.figures);
    let home = figures.home;
    let days = figures.days_in(asked.window);
    let summary = days.last().map_or_else(String::new, |day| {
        format!(
            "{} on {}. The same figures are in the table below.",
            ui.signed_money(day.printed(home).profit, home),
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
        hide: ui.numbers.hidden,
        ..LineChart::default()
    };
    let rows = days.iter().map(|day| {
        (
            day.day,
            vec![Cell::change(day.printed(home).profit, day.profit(), home)],
        )
    });
    Drawn {
        drawings: vec![Drawing::Line(chart.figure())],
        table: Table::of_days(heads("Date", [format!("Profit, {home}")]), rows),
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
    // Accounts that held nothing in the whole range would only fill the legend. The largest now come first.
    let held = |i: usize| by_day.iter().any(|(_, values)| !values[i].is_zero());
    let last = |i: usize| by_day.last().map_or(Decimal::ZERO, |(_, values)| values[i]);
    let mut order: Vec<usize> = (0..book.accounts.len()).filter(|i| held(*i)).collect();
    order.sort_by_key(|i| std::cmp::Reverse(last(*i)));
    // Nine lines of ten years are too many points for one page: evenly spaced days are drawn, today always among them.
    // The table and the file have every day.
    let apart = by_day.len().div_ceil(MOST_POINTS).max(1);
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
    let (unit, hide) = (unit(home), ui.numbers.hidden);
    let drawings = if asked.style == "lines" {
        let chart = LineChart {
            caption,
            days,
            series,
            unit,
            hide,
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
            hide,
        };
        vec![
            Drawing::Stack(chart.figure()),
            Drawing::Legend(chart.legend()),
        ]
    };
    let names = order.iter().map(|i| book.accounts[*i].name.clone());
    let rows = by_day.iter().zip(&printed).map(|((day, values), printed)| {
        let cell = |i: &usize| Cell::amount(printed[*i], values[*i], home);
        (*day, order.iter().map(cell).collect())
    });
    Drawn {
        drawings,
        table: Table::of_days(heads("Date", names), rows),
        note: "Values are in your home currency at the rates of each day. Two accounts of the same name are two series.",
    }
}

/// What an account, or a currency, holds now.
struct Holding {
    name: String,
    currency: Currency,
    balance: Decimal,
    /// In the home currency, exact and as it is printed.
    value: Decimal,
    printed: Decimal,
}

/// What every account holds now; those without a rate are left out.
fn holdings(asked: &Asked<'_>) -> Vec<Holding> {
    let figures = &asked.book.figures;
    let accounts = figures.accounts.iter().zip(figures.printed_values());
    let mut holdings: Vec<Holding> = accounts
        .filter_map(|(account, printed)| {
            Some(Holding {
                name: asked.book.account(account.id)?.name.clone(),
                currency: account.currency,
                balance: account.balance(),
                value: figures.value_on(account, figures.today)?,
                printed: printed?,
            })
        })
        .filter(|holding| !holding.value.is_zero())
        .collect();
    holdings.sort_by_key(|holding| Reverse(holding.value));
    holdings
}

fn parts(asked: &Asked<'_>, id: &str, title: &str, holdings: &[Holding]) -> Parts {
    let (ui, home) = (asked.ui, asked.book.figures.home);
    let part = |holding: &Holding| Part {
        name: holding.name.clone(),
        value: holding.value,
        text: ui.money(holding.printed, home),
    };
    Parts {
        caption: Caption {
            id: id.to_owned(),
            title: title.to_owned(),
            summary: String::new(),
        },
        parts: holdings
            .iter()
            .filter(|holding| holding.value > Decimal::ZERO)
            .map(part)
            .collect(),
        total: ui.money(asked.book.figures.now().bankroll, home),
        hide: ui.numbers.hidden,
    }
}

pub fn distribution(asked: &Asked<'_>) -> Drawn {
    let home = asked.book.figures.home;
    let holdings = holdings(asked);
    let parts = parts(asked, "distribution", "Where the money is", &holdings);
    let drawing = match asked.style {
        "polar" => Some(parts.polar()),
        "radar" => parts.radar(),
        _ => Some(parts.doughnut()),
    };
    let amounts: Vec<Decimal> = holdings.iter().map(|holding| holding.value).collect();
    let rows = holdings
        .iter()
        .zip(shares(&amounts))
        .map(|(holding, share)| {
            vec![
                Cell::Text(holding.name.clone()),
                Cell::Amount(holding.balance, holding.currency),
                Cell::Text(holding.currency.code().to_owned()),
                Cell::amount(holding.printed, holding.value, home),
                Cell::Percent(share),
            ]
        });
    let value = format!("Value, {home}");
    Drawn {
        drawings: vec![drawing.map_or_else(|| Drawing::Bar(parts.bar()), Drawing::Round)],
        table: Table::of(
            &["Account", "Balance", "Currency", &value, "Share, %"],
            rows.collect(),
        ),
        note: "Shares are of everything that has a rate. They are rounded so that they sum to 100.0. A radar needs three accounts.",
    }
}

pub fn currencies(asked: &Asked<'_>) -> Drawn {
    let home = asked.book.figures.home;
    let mut sums: BTreeMap<Currency, Holding> = BTreeMap::new();
    for holding in holdings(asked) {
        let currency = holding.currency;
        let sum = sums.entry(currency).or_insert_with(|| Holding {
            name: format!("{} · {}", currency.code(), currency.name()),
            currency,
            balance: Decimal::ZERO,
            value: Decimal::ZERO,
            printed: Decimal::ZERO,
        });
        sum.balance += holding.balance;
        sum.value += holding.value;
        sum.printed += holding.printed;
    }
    let mut sums: Vec<Holding> = sums.into_values().collect();
    sums.sort_by_key(|sum| Reverse(sum.value));
    let parts = parts(asked, "currencies", "Which currencies it is in", &sums);
    let amounts: Vec<Decimal> = sums.iter().map(|sum| sum.value).collect();
    let rows = sums.iter().zip(shares(&amounts)).map(|(sum, share)| {
        vec![
            Cell::Text(sum.currency.code().to_owned()),
            Cell::Amount(sum.balance, sum.currency),
            Cell::amount(sum.printed, sum.value, home),
            Cell::Percent(share),
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
    let mut months: Vec<Flow> = Vec::new();
    let mut rows = Vec::new();
    let mut from = asked.window.start;
    while from < asked.window.end {
        // A month ends with its last evening, or with the window.
        let next = (from + chrono::Days::new(1))
            .with_day(1)
            .and_then(|day| day.checked_add_months(chrono::Months::new(1)));
        let to = next
            .and_then(|day| day.pred_opt())
            .unwrap_or(asked.window.end)
            .min(asked.window.end);
        let month = Window {
            start: from,
            end: to,
        };
        let (exact, printed) = (figures.flows(month), figures.printed_flows(month));
        rows.push(vec![
            Cell::Text(to.format("%b %Y").to_string()),
            Cell::amount(printed.deposits, exact.deposits, home),
            Cell::amount(printed.withdrawals, exact.withdrawals, home),
            Cell::change(
                printed.deposits - printed.withdrawals,
                exact.deposits - exact.withdrawals,
                home,
            ),
        ]);
        months.push(Flow {
            day: to,
            deposits: printed.deposits,
            withdrawals: printed.withdrawals,
        });
        from = to;
    }
    let columns = ["Deposits", "Withdrawals", "Net"].map(|head| format!("{head}, {home}"));
    let chart = FlowChart {
        caption: Caption {
            id: "flows".to_owned(),
            title: "Deposits and withdrawals per month".to_owned(),
            summary:
                "Deposits upwards, withdrawals downwards. The same figures are in the table below."
                    .to_owned(),
        },
        flows: months,
        unit: unit(home),
        hide: ui.numbers.hidden,
    };
    Drawn {
        drawings: vec![Drawing::Flow(chart.figure())],
        table: Table::of(&["Month", &columns[0], &columns[1], &columns[2]], rows),
        note: "Each is valued at the rate of its own day. Money that moves between your accounts is not among them.",
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
        if !printed.is_zero() || !home.round(exact).is_zero() {
            let name = asked.book.name(Some(account.id));
            rows.push(change(&format!("Result of {name}"), *printed, exact));
        }
    }
    if !results.elsewhere.is_zero() {
        rows.push(change(ELSEWHERE, results.elsewhere, elsewhere));
    }
    Drawn {
        drawings: vec![Drawing::Waterfall(moved.waterfall(ui, home).figure())],
        table: Table::of(&["Part", &format!("Amount, {home}")], rows),
        note: "Bankroll then + play + bonus − expenses + currency + deposits − withdrawals = bankroll now. Results of accounts are before what transfers between them cost; with that they add up to the profit.",
    }
}

/// What is in no account's result.
const ELSEWHERE: &str = "Transfer costs, and flows without an account";
