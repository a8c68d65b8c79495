//! Money: accounts, entries, and every figure computed from them.

mod archive;
mod book;
pub mod figures;
pub mod ledger;
mod queries;
pub mod service;

pub use archive::{
    AccountRecord, EntryRecord, Ledger, Problem, accounts, entries_after, insert_ledger, is_empty,
    lock_if_empty, restored,
};
pub use book::{Book, book};

use axum::Router;

use crate::app::App;

/// `/dashboard`, `/accounts`, `/entries`, `/charts`.
pub fn router() -> Router<App> {
    Router::new()
}
