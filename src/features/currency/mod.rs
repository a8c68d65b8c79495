//! Currencies and exchange rates: the central bank's history, and the rates a user sets.

mod bank;
mod calendar;
mod doubts;
mod joined;
mod own_rates;
mod provider;
mod queries;
mod rate_file;
mod rates;
mod second;
mod series;
mod service;
mod update;

use axum::Router;

use crate::app::App;

pub use bank::SOURCE as BANK;
pub use calendar::{Gap, gaps};
pub use joined::joined;
pub use queries::{Held, days, held, held_until, newest_day, own_rates, set_own_rates};
pub use rates::{Exchange, OwnRate, Rates, Source, Used};
pub use series::{Quote, Series};
#[cfg(test)]
pub use service::shipped_rates;
pub use service::{
    RateChange, correct_rate, import_rates, rates, seed_rates, take_correction_back,
};
pub use update::{Feed, FetchRates, Fetched, Standing, left_out, plan, standing, update};

/// What rates are marked with that an administrator set.
pub const BY_HAND: &str = "manual";

/// How many days old the newest rates may be: weekends and holidays have none. Older ones are marked beside every total.
pub const FRESH_DAYS: i64 = 4;

/// `/settings/rates`: the user's own rates.
pub fn router() -> Router<App> {
    own_rates::router()
}
