//! Public pages: about, help, formulas, privacy, terms.

use axum::Router;

use crate::app::App;

/// One route for each page.
pub fn router() -> Router<App> {
    Router::new()
}
