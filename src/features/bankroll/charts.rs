//! `/charts`: one list of charts. Each gives drawings and one table, from which the page and the CSV file are made.

mod drawings;
mod table;

use std::sync::Arc;

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::book::{Book, book};
use super::dashboard::{Moved, bankroll_chart};
use super::figures::{Range, Window};
use super::overview::Overview;
use super::rate_notes::{RateNote, rate_notes};
use crate::app::App;
use crate::chart::{Legend, LineFigure, WaterfallFigure};
use crate::error::{Error, Result};
use crate::money::Currency;
use crate::web::csv::{self, Sheet};
use crate::web::{Path, Ui, User};
use drawings::{Asked, Drawn};
use table::Shown;

pub fn router() -> Router<App> {
    Router::new()
        .route("/charts", get(list))
        .route("/charts/{name}", get(show))
}

/// A chart that has a page.
pub struct Chart {
    /// In its URL.
    pub slug: &'static str,
    pub title: &'static str,
    /// What it answers.
    pub summary: &'static str,
    pub icon: &'static str,
    /// Other ways to draw it, as (name in the URL, label); the first is drawn unless asked otherwise.
    pub styles: &'static [(&'static str, &'static str)],
    /// Whether it is of a range, and not of now.
    has_range: bool,
    draw: fn(&Asked<'_>) -> Drawn,
}

/// Every chart, in the order of the index.
pub static ALL: [Chart; 7] = [
    Chart {
        slug: "bankroll",
        title: "Bankroll",
        summary: "What you have beside what you put in. The band between them is your profit, or your loss.",
        icon: "graph-up",
        styles: &[],
        has_range: true,
        draw: drawings::bankroll,
    },
    Chart {
        slug: "profit",
        title: "Profit",
        summary: "Whether you are winning: the bankroll without what you put in or took out.",
        icon: "graph-up-arrow",
        styles: &[],
        has_range: true,
        draw: drawings::profit,
    },
    Chart {
        slug: "accounts",
        title: "Accounts over time",
        summary: "Where the money was, account by account.",
        icon: "layers",
        styles: &[
            ("areas", "Stacked areas"),
            ("bars", "Stacked bars"),
            ("lines", "Lines"),
        ],
        has_range: true,
        draw: drawings::accounts,
    },
    Chart {
        slug: "distribution",
        title: "Distribution",
        summary: "Where the money is now.",
        icon: "pie-chart",
        styles: &[
            ("doughnut", "Doughnut"),
            ("polar", "Polar"),
            ("radar", "Radar"),
        ],
        has_range: false,
        draw: drawings::distribution,
    },
    Chart {
        slug: "currencies",
        title: "By currency",
        summary: "Which currencies the money is in, and how much hangs on each.",
        icon: "currency-exchange",
        styles: &[],
        has_range: false,
        draw: drawings::currencies,
    },
    Chart {
        slug: "flows",
        title: "Deposits and withdrawals",
        summary: "What went in and came out, month by month.",
        icon: "bar-chart",
        styles: &[],
        has_range: true,
        draw: drawings::flows,
    },
    Chart {
        slug: "attribution",
        title: "What moved it",
        summary: "Play, bonus, expenses, currency and flows apart, adding up to the cent.",
        icon: "bar-chart-steps",
        styles: &[],
        has_range: true,
        draw: drawings::attribution,
    },
];

impl Chart {
    /// Whether the index draws it, and does not only name it.
    fn is_on_index(&self) -> bool {
        ["bankroll", "distribution", "attribution"].contains(&self.slug)
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Choice {
    range: String,
    style: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "bankroll/charts/index.html")]
struct IndexPage {
    ui: Ui,
    home: Currency,
    book: Arc<Book>,
    spark: LineFigure,
    legend: Legend,
    waterfall: WaterfallFigure,
    overview: Overview,
}

#[derive(Template, WebTemplate)]
#[template(path = "bankroll/charts/show.html")]
struct ShowPage {
    ui: Ui,
    book: Arc<Book>,
    chart: &'static Chart,
    range: Range,
    style: &'static str,
    drawn: Drawn,
}

impl IndexPage {
    fn rate_notes(&self) -> Vec<RateNote> {
        let figures = &self.book.figures;
        rate_notes(&self.ui, figures, figures.window(Range::Year))
    }
}

impl ShowPage {
    /// Of the days that are drawn; a chart without a range is of now.
    fn rate_notes(&self) -> Vec<RateNote> {
        let figures = &self.book.figures;
        let window = if self.chart.has_range {
            figures.window(self.range)
        } else {
            Window {
                start: figures.today,
                end: figures.today,
            }
        };
        rate_notes(&self.ui, figures, window)
    }

    /// Whether a row is of a day that was valued at an old rate.
    fn is_old(&self, line: &Shown<'_>) -> bool {
        line.day.is_some_and(|day| self.book.figures.is_old_on(day))
    }

    fn sheet(&self) -> Sheet {
        Sheet::from(self.ui.numbers.format)
    }

    fn is_style(&self, name: &str) -> bool {
        self.style == name
    }
}

async fn list(State(app): State<App>, user: User, ui: Ui) -> Result<IndexPage> {
    let book = book(&app, &user, ui.today).await?;
    let year = book.figures.window(Range::Year);
    let chart = bankroll_chart(&ui, &book.figures, year, "bankroll");
    Ok(IndexPage {
        home: user.home,
        spark: chart.figure(),
        legend: chart.legend(),
        waterfall: Moved::new(&book.figures, year)
            .waterfall(&ui, user.home)
            .figure(),
        overview: Overview::new(&book),
        book,
        ui,
    })
}

async fn show(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Path(name): Path<String>,
    Query(asked): Query<Choice>,
) -> Result<Response> {
    let slug = name.strip_suffix(".csv").unwrap_or(&name);
    let chart = ALL
        .iter()
        .find(|chart| chart.slug == slug)
        .ok_or(Error::NotFound)?;
    let book = book(&app, &user, ui.today).await?;
    let range = Range::named(&asked.range);
    let styles = chart.styles.iter().map(|(style, _)| *style);
    let style = styles
        .clone()
        .find(|style| *style == asked.style)
        .or(styles.clone().next())
        .unwrap_or_default();
    let window = book.figures.window(range);
    let drawn = (chart.draw)(&Asked {
        ui: &ui,
        book: &book,
        window,
        style,
    });
    if slug.len() < name.len() {
        let file = format!("stakeeasy-{slug}-{}.csv", ui.today);
        return Ok(csv::download(
            &file,
            "text/csv; charset=utf-8",
            drawn.table.csv(Sheet::from(ui.numbers.format))?,
        ));
    }
    Ok(ShowPage {
        ui,
        book,
        chart,
        range,
        style,
        drawn,
    }
    .into_response())
}
