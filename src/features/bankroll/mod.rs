//! Money: accounts, entries, and every figure computed from them.

mod account;
mod accounts;
mod archive;
mod book;
mod charts;
pub mod dashboard;
mod entries;
mod entry_form;
pub mod figures;
mod gap;
mod history;
pub mod ledger;
mod listing;
pub mod measure;
mod overview;
mod queries;
mod rate_notes;
pub mod service;

pub use archive::{
    AccountRecord, Amount, EntryRecord, Ledger, Problem, all_accounts, entries_after,
    insert_ledger, is_empty, lock_if_empty, restored,
};
pub use book::{Book, book, book_of};
pub use rate_notes::{RateNote, rate_notes};

use axum::Router;

use crate::app::App;

/// `/accounts`, `/entries`, `/charts`.
pub fn router() -> Router<App> {
    Router::new()
        .merge(account::router())
        .merge(accounts::router())
        .merge(charts::router())
        .merge(entries::router())
        .merge(gap::router())
        .merge(history::router())
        .merge(listing::router())
}
