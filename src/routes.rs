//! Minimal: one page that asks the database.

use axum::Router;
use axum::extract::State;
use axum::routing::get;

use crate::app::App;

pub fn router(app: App) -> Router {
    Router::new()
        .route("/", get(async || "StakeEasy"))
        .route("/number", get(number))
        .with_state(app)
}

async fn number(State(app): State<App>) -> Result<String, String> {
    let number: Result<i32, _> = sqlx::query_scalar("select 1").fetch_one(&app.db).await;
    number
        .map(|number| number.to_string())
        .map_err(|error| error.to_string())
}
