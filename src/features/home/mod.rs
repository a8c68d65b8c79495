//! `/`: the landing page for visitors, the dashboard for everybody else.

use axum::Router;

use crate::app::App;

/// `/`
pub fn router() -> Router<App> {
    Router::new()
}
