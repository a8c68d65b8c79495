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
use super::overview::balances;
use super::queries::{self, changes::Change};
use super::service::{self, Saved};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, ChangeId};
use crate::web::format::isolated;
use crate::web::next::Next;
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

#[derive(Default, Deserialize)]
#[serde(default)]
struct UndoForm {
    /// The page on which it was pressed.
    next: Next,
}

async fn undo(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Path(id): Path<ChangeId>,
    Form(form, submission): Form<UndoForm>,
) -> Result<Response> {
    let undone = queries::changes::one(&app.db, user.id, id).await?;
    let book = book(&app, &user, ui.today).await?;
    match service::undo(&app, user.id, &submission, id).await? {
        Saved::Done(change) => {
            let teller = Teller {
                change: &undone,
                book: &book,
                ui: &ui,
            };
            let next = form.next.or("/entries/history");
            let flash = Flash::success(format!("Undone: {}.", teller.what_was_done()))
                .undo(Some(change.id));
            Ok(ui::go(&ui, flash.then_go(&app, still_there(next, &change))))
        }
        Saved::Refused(refusal) => Err(Error::Conflict(sentence(&refusal, &ui).into())),
    }
}

/// The page, or its list if a change has removed what it is about.
fn still_there<'a>(page: &'a str, change: &Change) -> &'a str {
    let path = page.split('?').next().unwrap_or_default();
    let mut accounts = change.accounts.0.iter().filter(|row| row.after.is_none());
    let mut entries = change.entries.0.iter().filter(|row| row.after.is_none());
    let is_about = |id: Option<String>| id.is_some_and(|id| path.contains(&id));
    if accounts.any(|row| is_about(row.id().map(|id| id.to_string()))) {
        "/accounts"
    } else if entries.any(|row| is_about(row.id().map(|id| id.to_string()))) {
        "/entries"
    } else {
        page
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
    let more = (change.entries.0.len() + change.accounts.0.len()).saturating_sub(details.len());
    if more > 0 {
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
            "check" => format!("Checked {}", self.balances()),
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

    /// `two balances`
    fn balances(&self) -> String {
        let rows = self.change.entries.0.iter();
        let rows = rows.filter_map(|row| row.after.as_ref().or(row.before.as_ref()));
        balances(rows.filter(|row| row.kind == EntryKind::Balance).count()).to_lowercase()
    }

    /// `deposit of $100.00 on Riverhouse`
    fn what_was_done(&self) -> String {
        let rows = &self.change.entries.0;
        let entry = rows
            .first()
            .and_then(|row| row.after.as_ref().or(row.before.as_ref()));
        let entry = entry.map_or_else(String::new, |entry| {
            let amount = if entry.kind == EntryKind::Balance {
                entry.amount
            } else {
                entry.amount.abs()
            };
            let amount = self.ui.money(amount, entry.currency);
            let kind = entry.kind.label().to_lowercase();
            format!("{kind} of {amount} on {}", self.name(entry.account))
        });
        let accounts = &self.change.accounts.0;
        let account = accounts
            .first()
            .and_then(|row| row.after.as_ref().or(row.before.as_ref()));
        let account = account.map_or_else(String::new, |account| isolated(&account.name));
        match self.change.action.as_str() {
            "add" | "relabel" => entry,
            "edit" => format!("the edit of a {entry}").replace("a expense", "an expense"),
            "delete" => format!("the deletion of a {entry}").replace("a expense", "an expense"),
            "check" => format!("check of {}", self.balances()),
            "add account" => format!("adding {account}"),
            "edit account" => format!("the edit of {account}"),
            "delete account" => format!("the deletion of {account}"),
            "archive" => format!("archiving {account}"),
            "restore" => format!("restoring {account}"),
            "reorder" => "the new order of the accounts".to_owned(),
            _ => "an undo".to_owned(),
        }
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
