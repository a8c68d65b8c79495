//! `/achievements`: the streak, what comes next, and every badge.

use std::sync::Arc;

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use rust_decimal::Decimal;

use super::card::Summary;
use super::catalogue::{Category, Unit};
use super::service;
use super::standing::Standing;
use crate::app::App;
use crate::error::Result;
use crate::features::bankroll::{self, Book};
use crate::web::{Ui, User};

pub fn router() -> Router<App> {
    Router::new().route("/achievements", get(show))
}

#[derive(Template, WebTemplate)]
#[template(path = "achievements/page.html")]
struct BadgesPage {
    ui: Ui,
    book: Arc<Book>,
    summary: Summary,
    standings: Vec<Standing>,
}

/// The length of the ring around a medal, in the units of its drawing.
const RING: Decimal = Decimal::from_parts(176, 0, 0, false, 0);

impl BadgesPage {
    fn earned(&self) -> usize {
        self.standings
            .iter()
            .filter(|standing| standing.has.is_some())
            .count()
    }

    fn section(&self, category: Category) -> Vec<&Standing> {
        let standings = self.standings.iter();
        standings
            .filter(|standing| standing.badge.category == category)
            .collect()
    }

    /// How much of the ring is drawn. None of it where it could be measured how much money there is, while that is hidden.
    fn arc(&self, standing: &Standing) -> Decimal {
        if self.ui.numbers.hidden && matches!(standing.badge.unit, Unit::Dollars) {
            Decimal::ZERO
        } else {
            (standing.share() * RING).round()
        }
    }

    fn percent(standing: &Standing) -> Decimal {
        (standing.share() * Decimal::ONE_HUNDRED).round()
    }
}

async fn show(State(app): State<App>, user: User, ui: Ui) -> Result<BadgesPage> {
    let book = bankroll::book(&app, &user, ui.today).await?;
    let known = service::known(&app.db, user.id).await?;
    let history = service::history(&book, &known);
    let standings = Standing::all(&history, &known.unlocked);
    Ok(BadgesPage {
        summary: Summary::of(history, &standings),
        standings,
        book,
        ui,
    })
}
