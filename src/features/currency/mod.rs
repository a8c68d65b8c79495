//! Currencies and exchange rates: the central bank's history, and the rates a user sets.

mod own_rates;
mod queries;
mod rates;
mod service;

use axum::Router;

use crate::app::App;

pub use queries::{OwnRate, own_rates, set_own_rates};
pub use rates::{Exchange, Quote, Rates, Series};
#[cfg(test)]
pub use service::shipped_rates;
pub use service::{import_rates, rates, seed_rates};

/// `/settings/rates`: the user's own rates.
pub fn router() -> Router<App> {
    own_rates::router()
}
