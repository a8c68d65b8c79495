//! Money: accounts, entries, and every figure computed from them.

mod book;
mod dashboard;
pub mod figures;
pub mod ledger;
mod overview;
mod queries;
pub mod service;

pub use book::{Book, book};

use axum::Router;

use crate::app::App;

/// `/dashboard`, `/accounts`, `/entries`, `/charts`.
pub fn router() -> Router<App> {
    Router::new().merge(dashboard::router())
}
