//! Goals: a bankroll, a profit or the balance of one account by a day, how far it is, and when it was reached.

mod archive;
mod card;
mod form;
mod goal;
mod list;
mod progress;
mod queries;
mod service;
mod status;

use axum::Router;

use crate::app::App;

pub use archive::{GoalRecord, MOST_GOALS, records, restored};
pub use card::Card;
pub use goal::{Aim, Goal, Kind, Status};
pub use queries::{Row, all, empty, insert_all};
pub use service::{owners, review};

/// `/goals`
pub fn router() -> Router<App> {
    Router::new()
        .merge(list::router())
        .merge(form::router())
        .merge(status::router())
}
