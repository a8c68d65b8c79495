//! `/dashboard`: the ledger at a glance, with what follows from it beside.

use anyhow::Context;
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::queries;
use crate::app::App;
use crate::error::Result;
use crate::features::achievements::{self, Summary};
use crate::features::bankroll::dashboard::{Sides, draw, page};
use crate::features::bankroll::figures::Range;
use crate::features::bankroll::{Book, Look, book, drawn, keep};
use crate::features::goals::{self, Goal};
use crate::features::recommendations::{self, stakes};
use crate::web::{Html, Ui, User};

pub fn router() -> Router<App> {
    Router::new().route("/dashboard", get(show))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    range: String,
}

/// What stands above the balances to check.
#[derive(Template)]
#[template(source = "{{ stakes }}{{ goals }}", ext = "html")]
struct Above {
    stakes: recommendations::Card,
    goals: goals::Card,
}

/// Nothing is asked of the database while nothing has changed.
async fn show(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let look = Look {
        range: Range::named(&asked.range),
        numbers: ui.numbers,
        measure: user.measure,
        page_version: user.page_version,
        stakes_version: user.stakes_version,
    };
    let dashboard = if let Some(kept) = drawn(&app, &user, ui.today, look) {
        kept
    } else {
        let book = book(&app, &user, ui.today).await?;
        let new = draw(&ui, &book, look, sides(&app, &user, &ui, &book).await?)?;
        keep(&app, &user, ui.today, look, new.clone());
        new
    };
    Ok(page(ui, user.home, dashboard))
}

/// One round trip.
async fn sides(app: &App, user: &User, ui: &Ui, book: &Book) -> Result<Sides> {
    let beside = queries::beside(&app.db, user.id).await?;
    let stakes = stakes(app, user.stakes_version).await?;
    let choice = beside.choice.map(|choice| choice.0).unwrap_or_default();
    let ui = ui.impersonal();
    let goals: Vec<Goal> = beside.goals.0.into_iter().map(Goal::from).collect();
    let stakes = recommendations::Card::new(ui.clone(), book, &stakes, &choice);
    let buy_in = stakes.buy_in.clone();
    let above = Above {
        goals: goals::Card::new(&goals, book, &ui),
        stakes,
    };
    let below = achievements::Card {
        summary: Summary::new(book, &beside.badges.0.into()),
        ui: &ui,
    };
    Ok(Sides {
        above: Html::of(&above).context("stakes and goals could not be drawn")?,
        below: Html::of(&below).context("the streak could not be drawn")?,
        buy_in,
    })
}
