//! The user's own settings and data.

use axum::Router;

use crate::app::App;

/// `/settings` and what is below it.
pub fn router() -> Router<App> {
    Router::new()
}
