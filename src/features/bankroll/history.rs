//! `/entries/history`: what was changed, and how to take it back.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::book::{Book, book};
use super::entry_form::sentence;
use super::ledger::{Account, Entry, EntryKind};
use super::queries::{self, changes::Change};
use super::service::{self, Saved};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, ChangeId};
use crate::web::form::Blank;
use crate::web::format::isolated;
use crate::web::{Flash, Form, Paging, Path, Ui, User, ui};

pub fn router() -> Router<App> {
    Router::new()
        .route("/entries/history", get(list))
        .route("/entries/history/{id}/undo", post(undo))
}

const PAGE: u32 = 50;

/// A change in words.
#[derive(Clone, Debug)]
pub struct Told {
    pub id: ChangeId,
    pub made_at: DateTime<Utc>,
    /// `Added a deposit`
    pub what: String,
    /// For each row: what it was and what it became.
    pub details: Vec<String>,
    pub undone: bool,
}

#[derive(Template, WebTemplate)]
#[template(path = "bankroll/entries/history.html")]
struct HistoryPage {
    ui: Ui,
    changes: Vec<Told>,
    paging: Paging,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    page: String,
}

async fn list(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Query(asked): Query<Asked>,
) -> Result<HistoryPage> {
    let book = book(&app, &user, ui.today).await?;
    let total = queries::changes::count(&app.db, user.id).await?;
    let paging = Paging::new(
        asked.page.parse().unwrap_or(1),
        total,
        PAGE,
        "/entries/history".to_owned(),
    );
    let changes =
        queries::changes::list(&app.db, user.id, None, i64::from(PAGE), paging.offset()).await?;
    let changes = changes
        .iter()
        .map(|change| told(change, &book, &ui))
        .collect();
    Ok(HistoryPage {
        ui,
        changes,
        paging,
    })
}

async fn undo(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Path(id): Path<ChangeId>,
    Form(_, submission): Form<Blank>,
) -> Result<Response> {
    match service::undo(&app, user.id, &submission, id).await? {
        Saved::Done(change) => {
            let account = change
                .entry()
                .and_then(|entry| entry.account)
                .or_else(|| change.account());
            let to = account.map_or_else(
                || "/accounts".to_owned(),
                |account| format!("/accounts/{account}"),
            );
            // An account that the undo removed has no page.
            let removed = change.accounts.0.iter().any(|row| row.after.is_none());
            let to = if removed { "/accounts" } else { to.as_str() };
            Ok(ui::go(
                &ui,
                Flash::success("Taken back.")
                    .undo(Some(change.id))
                    .then_go(&app, to),
            ))
        }
        Saved::Refused(refusal) => Err(Error::Conflict(sentence(&refusal, &ui).into())),
    }
}

/// Puts a change into words.
pub fn told(change: &Change, book: &Book, ui: &Ui) -> Told {
    let teller = Teller { change, book, ui };
    let entries = change
        .entries
        .0
        .iter()
        .take(6)
        .filter_map(|row| teller.entry(row.before.as_ref(), row.after.as_ref()));
    let accounts = change
        .accounts
        .0
        .iter()
        .take(6)
        .filter_map(|row| teller.account(row.before.as_ref(), row.after.as_ref()));
    let mut details: Vec<String> = accounts.chain(entries).collect();
    let more =
        (change.entries.0.len() + change.accounts.0.len()).saturating_sub(details.len().max(1));
    if change.entries.0.len() + change.accounts.0.len() > 12 {
        details.push(format!("and {more} more"));
    }
    Told {
        id: change.id,
        made_at: change.made_at,
        what: teller.what(),
        details,
        undone: change.undone_by.is_some(),
    }
}

struct Teller<'a> {
    change: &'a Change,
    book: &'a Book,
    ui: &'a Ui,
}

impl Teller<'_> {
    fn what(&self) -> String {
        let row = self
            .change
            .entries
            .0
            .first()
            .and_then(|row| row.after.as_ref().or(row.before.as_ref()));
        let kind = row.map_or("entry", |entry| match entry.kind {
            EntryKind::Balance => "balance",
            EntryKind::Deposit => "deposit",
            EntryKind::Withdrawal => "withdrawal",
            EntryKind::Transfer => "transfer",
            EntryKind::Bonus => "bonus",
            EntryKind::Expense => "expense",
        });
        match self.change.action.as_str() {
            "add" => format!("Added a {kind}"),
            "edit" => format!("Edited a {kind}"),
            "delete" => format!("Deleted a {kind}"),
            "relabel" => format!("Explained a gap as a {kind}"),
            "add account" => "Added an account".to_owned(),
            "edit account" => "Edited an account".to_owned(),
            "delete account" => "Deleted an account".to_owned(),
            "archive" => "Archived an account".to_owned(),
            "restore" => "Took an account back from the archive".to_owned(),
            "reorder" => "Changed the order of the accounts".to_owned(),
            "undo" => "Took a change back".to_owned(),
            other => other.to_owned(),
        }
        .replace("a expense", "an expense")
    }

    /// An account's name, also if it is gone.
    fn name(&self, id: Option<AccountId>) -> String {
        let Some(id) = id else {
            return "no account".to_owned();
        };
        let rows = self
            .change
            .accounts
            .0
            .iter()
            .flat_map(|row| [&row.before, &row.after])
            .flatten();
        let here = rows
            .into_iter()
            .find(|account| account.id == id)
            .map(|account| isolated(&account.name));
        here.or_else(|| self.book.account(id).map(|account| isolated(&account.name)))
            .unwrap_or_else(|| "an account that was deleted".to_owned())
    }

    fn entry(&self, before: Option<&Entry>, after: Option<&Entry>) -> Option<String> {
        match (before, after) {
            (Some(before), Some(after)) => {
                Some(format!("{} → {}", self.row(before), self.row(after)))
            }
            (Some(row), None) | (None, Some(row)) => Some(self.row(row)),
            (None, None) => None,
        }
    }

    fn row(&self, entry: &Entry) -> String {
        let amount = if entry.kind == EntryKind::Balance {
            self.ui.full(entry.amount, entry.currency)
        } else {
            format!(
                "{} {}",
                self.ui.signed_money(entry.amount, entry.currency),
                entry.currency
            )
        };
        let note = if entry.note.is_empty() {
            String::new()
        } else {
            format!(", “{}”", isolated(&entry.note))
        };
        let (kind, name, when) = (
            entry.kind.label(),
            self.name(entry.account),
            self.ui.moment(entry.occurred_at),
        );
        format!("{kind} {amount}, {name}, {when}{note}")
    }

    fn account(&self, before: Option<&Account>, after: Option<&Account>) -> Option<String> {
        match (before, after) {
            (Some(before), Some(after))
                if self.change.action == "reorder" || before.name == after.name =>
            {
                Some(isolated(&after.name))
            }
            (Some(before), Some(after)) => Some(format!(
                "{} → {}",
                isolated(&before.name),
                isolated(&after.name)
            )),
            (Some(account), None) | (None, Some(account)) => Some(format!(
                "{} · {} · {}",
                isolated(&account.name),
                account.kind.label(),
                account.currency
            )),
            (None, None) => None,
        }
    }
}
