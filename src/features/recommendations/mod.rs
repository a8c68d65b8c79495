//! Advice: which stakes a bankroll supports, and why.

mod advice;
mod asked;
mod card;
mod cash;
mod data;
mod levels;
mod profiles;
mod queries;
mod reasons;
mod risk;
mod rules;
mod service;
mod spread;
mod standing;
mod tournaments;

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;

use crate::app::App;
use crate::error::Result;
use crate::web::{Ui, User};

pub use asked::Answers;
pub use card::Card;
pub use levels::stakes;

use asked::Asked;

pub use data::{ROOMS, Room};
pub use levels::{CashLevel, Tournament};
pub use queries::editing::{Listed, buy_ins, levels};
pub use service::{Change, Refusal, delete_buy_in, delete_level, save_buy_in, save_level};

/// `/stakes/cash`, `/stakes/tournaments`.
pub fn router() -> Router<App> {
    Router::new()
        .route("/stakes", get(async || Redirect::to("/stakes/cash")))
        .merge(cash::router())
        .merge(tournaments::router())
}

/// Remembers what a form chose. An answer that there is not is not remembered: the page says
/// so.
async fn remember(app: &App, user: &User, ui: &Ui, answers: &Answers) -> Result<()> {
    let mut chosen = Asked::new(answers, ui).answers();
    if answers.site_filter.is_empty() {
        chosen.site_filter.clear();
    }
    queries::set_choice(&app.db, user.id, &chosen).await?;
    Ok(())
}
