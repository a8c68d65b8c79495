//! The dashboard: its page, and all that it shows of the ledger. What stands beside that comes from other features.

use anyhow::Context;
use askama::Template;
use axum::response::Response;
use rust_decimal::Decimal;

use super::book::{Book, Drawn, Look};
use super::figures::{Day, Figures, Parts, Printed, PrintedChange, PrintedFlows, Range, Window};
use super::measure::{BuyIn, Scale};
use super::overview::Overview;
use super::rate_notes::{RateNote, rate_notes};
use crate::chart::{
    Caption, Ground, Legend, LineChart, LineFigure, Mark, Period, Series, Step, StepKind, Unit,
    Waterfall, WaterfallFigure,
};
use crate::error::Result;
use crate::money::Currency;
use crate::web::csv::Sheet;
use crate::web::format::{self, Measure, Trend};
use crate::web::{Html, Ui, ui};

/// What other features put beside the ledger, in the side column.
#[derive(Debug)]
pub struct Sides {
    /// Above what is to be checked: advice and goals.
    pub above: Html,
    /// Below it: what keeps one going.
    pub below: Html,
    /// What amounts can be counted in.
    pub buy_in: Option<BuyIn>,
}

#[derive(Template)]
#[template(path = "bankroll/dashboard.html")]
struct DashboardPage {
    ui: Ui,
    home: Currency,
    /// See [`Dashboard`].
    drawn: Drawn,
}

/// All that the page shows of the book, in one range.
#[derive(Template)]
#[template(path = "bankroll/dashboard_grid.html")]
struct Dashboard<'a> {
    /// An impersonal one, because what is drawn here is kept.
    ui: Ui,
    home: Currency,
    range: Range,
    book: &'a Book,
    now: Day,
    moved: Moved,
    ranges: Vec<RangeButton>,
    /// What the figures at the top are counted in.
    scale: Scale,
    chart: LineFigure,
    legend: Legend,
    /// Each with its name.
    months: Vec<(String, Day)>,
    waterfall: WaterfallFigure,
    overview: Overview,
    /// Deposits and withdrawals since the first entry.
    all_time: Parts,
    /// The same as they are printed, with the profit.
    all_printed: PrintedFlows,
    /// Exact, and as it is printed.
    sites: (Decimal, Decimal),
    assets: (Decimal, Decimal),
    sides: Sides,
}

/// The profit of a range, on the button that shows it.
#[derive(Debug)]
struct RangeButton {
    range: Range,
    trend: Trend,
    profit: String,
}

/// What a range's change consists of, and where it started.
#[derive(Debug)]
pub struct Moved {
    pub window: Window,
    pub start: Day,
    pub end: Day,
    pub parts: Parts,
    /// All of it as it is printed.
    pub printed: Printed,
}

impl Moved {
    /// Of a window of a ledger.
    pub fn new(figures: &Figures, window: Window) -> Self {
        let (start, end) = (figures.on(window.start), figures.on(window.end));
        let parts = figures.parts(window);
        Self {
            window,
            printed: Printed::new(figures.home, &start, &end, &parts),
            start,
            end,
            parts,
        }
    }

    /// The change of profit: every part that is a result.
    pub fn profit(&self) -> Decimal {
        self.end.profit() - self.start.profit()
    }

    /// The columns of "What moved it".
    pub fn waterfall(&self, ui: &Ui, home: Currency) -> Waterfall {
        let signed = |amount: Decimal| ui.signed(amount, home);
        let total = |label: String, value: Decimal| Step {
            label,
            kind: StepKind::Total,
            value,
            text: ui.plain(value, home),
        };
        let part = |label: &str, kind, value: Decimal| Step {
            label: label.into(),
            kind,
            value,
            text: signed(value),
        };
        let printed = &self.printed;
        let parts = &printed.parts;
        let steps = vec![
            total(format::short_day(self.window.start), printed.start),
            part("Play", StepKind::Result, parts.play),
            part("Bonus", StepKind::Result, parts.bonus),
            part("Expenses", StepKind::Result, -parts.expenses),
            part("Currency", StepKind::Result, parts.currency),
            part("Deposits", StepKind::Flow, parts.deposits),
            part("Withdrawals", StepKind::Flow, -parts.withdrawals),
            total("Now".to_owned(), printed.end),
        ];
        Waterfall {
            steps,
            hide: ui.numbers.hidden,
        }
    }
}

/// How a chart writes amounts of a currency.
pub fn unit(currency: Currency) -> Unit {
    Unit {
        prefix: currency.symbol().to_owned(),
        suffix: String::new(),
        decimals: currency.minor_units(),
    }
}

/// The bankroll over the money put in, or under it.
pub fn bankroll_chart(ui: &Ui, figures: &Figures, window: Window, id: &str) -> LineChart {
    let home = figures.home;
    let days = figures.days_in(window);
    let (first, last) = (days.first(), days.last());
    let summary = first.zip(last).map_or_else(String::new, |(first, last)| {
        format!(
            "From {} on {} to {} on {}, {}. The same figures are in the table below.",
            ui.money(first.bankroll, home),
            format::day(first.day),
            ui.money(last.bankroll, home),
            format::day(last.day),
            against_put_in(ui, last, home)
        )
    });
    LineChart {
        caption: Caption {
            id: id.to_owned(),
            title: "Bankroll over time".to_owned(),
            summary,
        },
        days: days.iter().map(|day| day.day).collect(),
        series: vec![Series::new(
            "Bankroll",
            days.iter().map(|day| Some(day.bankroll)).collect(),
        )],
        ground: Ground::PutIn(Series::new(
            "Money put in",
            days.iter().map(|day| Some(day.put_in)).collect(),
        )),
        marks: flow_marks(ui, days),
        unit: unit(home),
        numbers: ui.numbers,
        ..LineChart::default()
    }
}

/// `a loss of €600.00 against the money put in`
fn against_put_in(ui: &Ui, day: &Day, home: Currency) -> String {
    let amount = ui.money(day.profit().abs(), home);
    match ui.trend(day.profit(), home) {
        Trend::Up => format!("a profit of {amount} on the money put in"),
        Trend::Down => format!("a loss of {amount} against the money put in"),
        Trend::Flat => "as much as was put in".to_owned(),
    }
}

/// A note on each day on which money came in or went out.
fn flow_marks(ui: &Ui, days: &[Day]) -> Vec<Mark> {
    let flows = days
        .windows(2)
        .map(|pair| (pair[1].day, pair[1].put_in - pair[0].put_in));
    flows
        .filter(|(_, flow)| !flow.is_zero())
        .map(|(day, flow)| {
            let label = if flow.is_sign_negative() { "Out" } else { "In" };
            let whole = ui.numbers.whole_signed(flow.abs());
            Mark {
                day,
                label: label.to_owned(),
                amount: whole.trim_start_matches(['+', '±']).to_owned(),
                weight: flow,
            }
        })
        .collect()
}

/// The last day of each month in a window, and the window's end, with the month's name.
fn month_ends(figures: &Figures, window: Window) -> Vec<(String, Day)> {
    let days = figures.days_in(window);
    let Some((first, last)) = days.first().zip(days.last()) else {
        return Vec::new();
    };
    let spans = Period::Month.spans(first.day, last.day);
    spans
        .into_iter()
        .map(|(from, to)| {
            let name = Period::Month.name(Period::Month.begun(from), to);
            (name, figures.on(to))
        })
        .collect()
}

impl<'a> Dashboard<'a> {
    fn new(ui: Ui, book: &'a Book, look: Look, sides: Sides) -> Self {
        let (range, measure) = (look.range, look.measure);
        let figures = &book.figures;
        let home = figures.home;
        let window = figures.window(range);
        let moved = Moved::new(figures, window);
        let overview = Overview::new(book);
        let of = |sites: bool| {
            let rows = || {
                let rows = overview.rows();
                rows.filter(move |row| row.account.kind.is_site() == sites)
            };
            (
                rows().filter_map(|row| row.value).sum(),
                rows().filter_map(|row| row.printed).sum(),
            )
        };
        let scale = Scale::new(measure, sides.buy_in.clone(), ui.numbers, home);
        let ranges = Range::ALL.map(|range| {
            let window = figures.window(range);
            let (start, end) = (figures.on(window.start), figures.on(window.end));
            let profit = PrintedChange::between(home, &start, &end).profit;
            RangeButton {
                range,
                trend: Trend::of(profit.round()),
                profit: scale.short_change(profit, start.bankroll),
            }
        });
        let chart = bankroll_chart(&ui, figures, window, "bankroll");
        Self {
            home,
            range,
            now: figures.now(),
            ranges: ranges.into(),
            scale,
            legend: chart.legend(),
            chart: chart.figure(),
            months: month_ends(figures, window),
            waterfall: moved.waterfall(&ui, home).figure(),
            moved,
            all_time: figures.flows(figures.window(Range::All)),
            all_printed: figures.printed_flows(figures.window(Range::All)),
            sites: of(true),
            assets: of(false),
            overview,
            book,
            sides,
            ui,
        }
    }

    /// The profit of the range as a share of what it started with, beside an amount.
    fn share(&self) -> Option<String> {
        let start = self.moved.start.bankroll;
        if start <= Decimal::ZERO || self.scale.measure == Measure::Percent {
            None
        } else {
            self.ui.numbers.percent(self.moved.profit(), start)
        }
    }

    /// What amounts can be counted in.
    fn measures(&self) -> impl Iterator<Item = Measure> {
        let has_buy_in = self.scale.buy_in.is_some();
        let is_there = move |measure: &Measure| has_buy_in || *measure != Measure::BuyIns;
        Measure::ALL.into_iter().filter(is_there)
    }

    fn net_withdrawn(&self) -> Decimal {
        let parts = &self.moved.printed.parts;
        parts.withdrawals - parts.deposits
    }

    fn sheet(&self) -> Sheet {
        Sheet::from(self.ui.numbers.format)
    }

    fn rate_notes(&self) -> Vec<RateNote> {
        rate_notes(&self.ui, &self.book.figures, self.moved.window)
    }

    fn all_time_profit(&self) -> Decimal {
        self.now.profit()
    }
}

/// Draws the dashboard of a book in a look.
pub fn draw(ui: &Ui, book: &Book, look: Look, sides: Sides) -> Result<Drawn> {
    let html = Html::of(&Dashboard::new(ui.impersonal(), book, look, sides))
        .context("the dashboard could not be drawn")?;
    Ok(Drawn {
        has_accounts: !book.accounts.is_empty(),
        rates_as_of: book.figures.rates_as_of(),
        html,
    })
}

/// The page around what was drawn.
pub fn page(ui: Ui, home: Currency, drawn: Drawn) -> Response {
    let size = drawn.html.size();
    ui::html_around(DashboardPage { ui, home, drawn }, size)
}
