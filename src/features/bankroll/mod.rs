//! Money: accounts, entries, and every figure computed from them.

pub mod figures;
pub mod ledger;

use axum::Router;

use crate::app::App;

/// `/dashboard`, `/accounts`, `/entries`, `/charts`.
pub fn router() -> Router<App> {
    Router::new()
}
