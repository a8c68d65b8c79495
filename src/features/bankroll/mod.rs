//! Money: accounts, entries, and every figure computed from them.

mod account;
mod accounts;
mod archive;
mod book;
mod charts;
mod check;
pub mod commands;
pub mod dashboard;
mod draft;
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
mod selection;
pub mod service;

pub use archive::{
    AccountRecord, AmountText, EntryRecord, Problem, all_accounts, entries_after, insert_ledger,
    is_empty, lock_if_empty, restored,
};
pub use book::{Book, Drawn, Look, book, book_of, drawn, keep};
pub use draft::{Draft, Ledger};
pub use rate_notes::{RateNote, rate_notes};
pub use service::Refusal;

use std::collections::BTreeMap;

use axum::Router;
use uuid::Uuid;

use crate::app::App;
use crate::ids::UserId;

/// The names of a user's accounts, by their keys. Those that are not theirs have none.
pub async fn names(app: App, owner: UserId, keys: Vec<Uuid>) -> BTreeMap<Uuid, String> {
    let accounts = queries::accounts::all(&app.db, owner)
        .await
        .unwrap_or_default();
    let mut names: BTreeMap<Uuid, String> = BTreeMap::new();
    for account in accounts
        .into_iter()
        .filter(|account| keys.contains(&account.id.0))
    {
        names.insert(account.id.0, account.name);
    }
    names
}

/// `/accounts`, `/entries`, `/charts`.
pub fn router() -> Router<App> {
    Router::new()
        .merge(account::router())
        .merge(accounts::router())
        .merge(charts::router())
        .merge(check::router())
        .merge(entries::router())
        .merge(gap::router())
        .merge(history::router())
        .merge(listing::router())
}
