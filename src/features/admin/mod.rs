//! `/admin`: what only administrators see and do. Everybody else gets "not found". No page shows what a user owns: only
//! how many accounts and entries they have. Every write is a transaction with its line in the audit log.

mod audit;
mod closing;
mod currencies;
mod exchange_rates;
mod jobs;
mod overview;
mod queries;
mod service;
mod stakes;
mod users;

use axum::Router;

use crate::app::App;

/// `/admin` and what is below it.
pub fn router() -> Router<App> {
    Router::new()
        .merge(overview::router())
        .merge(users::router())
        .merge(closing::router())
        .merge(exchange_rates::router())
        .merge(currencies::router())
        .merge(stakes::router())
        .merge(jobs::router())
        .merge(audit::router())
}
