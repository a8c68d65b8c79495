//! `/entries`: making, editing and deleting entries. Lists are in `listing.rs`, the log of changes in `history.rs`.

use std::sync::Arc;

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use uuid::Uuid;

use super::book::{Book, book};
use super::entry_form::{EntryForm, sentence};
use super::figures::AccountFigures;
use super::history::{self, Told};
use super::ledger::{Account, Entry, EntryKind};
use super::queries::{self, changes::Change, entries::Which};
use super::service::{self, EntryEdit, Saved};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, EntryId};
use crate::money::Currency;
use crate::web::session::safe_next;
use crate::web::{Field, Flash, Form, Path, Ui, User, ui};

pub fn router() -> Router<App> {
    Router::new()
        .route("/entries/new", get(new).post(create))
        .route("/entries/{id}", get(edit).post(update))
        .route("/entries/{id}/delete", post(delete))
        .route("/entries/{id}/gap", post(relabel))
}

#[derive(Template, WebTemplate)]
#[template(path = "bankroll/entries/form.html", blocks = ["form"])]
struct FormPage {
    ui: Ui,
    form: EntryForm,
    book: Arc<Book>,
    /// Of the entry that is edited.
    edited: Option<Edited>,
    currencies: Vec<Currency>,
}

/// The entry that a form edits.
struct Edited {
    entry: Entry,
    history: Vec<Told>,
    /// Of a balance: what it differs from the balance before it.
    gap: Decimal,
}

impl FormPage {
    fn new(ui: Ui, form: EntryForm, book: Arc<Book>, edited: Option<Edited>) -> Self {
        Self {
            ui,
            form,
            book,
            edited,
            currencies: Currency::all().collect(),
        }
    }

    fn refused(self) -> Response {
        if self.ui.fragment {
            return ui::refused(self.as_form());
        }
        ui::refused(self)
    }

    fn shown(self) -> Response {
        if self.ui.fragment {
            return ui::html(self.as_form());
        }
        self.into_response()
    }

    fn action(&self) -> String {
        self.edited.as_ref().map_or_else(
            || "/entries/new".to_owned(),
            |edited| format!("/entries/{}", edited.entry.id),
        )
    }

    fn title(&self) -> String {
        if self.edited.is_some() {
            format!("Edit {}", self.form.kind().label().to_lowercase())
        } else {
            "New entry".to_owned()
        }
    }

    /// Accounts to choose from: those in use, and the chosen one.
    fn choices(&self, chosen: &Field) -> Vec<&Account> {
        let is_chosen = |account: &Account| account.id.to_string() == chosen.text;
        self.book
            .accounts
            .iter()
            .filter(|account| !account.is_archived() || is_chosen(account))
            .collect()
    }

    fn is_chosen(field: &Field, account: &Account) -> bool {
        field.text == account.id.to_string()
    }

    /// What an account holds, for its choice.
    fn holds(&self, account: &Account) -> String {
        let balance = self
            .book
            .figures
            .account(account.id)
            .map(AccountFigures::balance)
            .unwrap_or_default();
        self.ui.full(balance, account.currency)
    }

    /// Whether the rarer fields say something, or are wrong.
    fn more_is_open(&self) -> bool {
        let form = &self.form;
        let fields = [&form.time, &form.tags, &form.currency];
        let outside = form.account.text.is_empty()
            && matches!(form.kind(), EntryKind::Deposit | EntryKind::Withdrawal);
        outside || !form.tags.text.is_empty() || fields.iter().any(|field| field.error.is_some())
    }

    fn chosen(&self, field: &Field) -> Option<&Account> {
        let id: Uuid = field.text.parse().ok()?;
        self.book.account(AccountId(id))
    }

    fn unit(&self, field: &Field) -> &'static str {
        self.chosen(field)
            .map_or("", |account| account.currency.code())
    }

    fn symbol(&self) -> &'static str {
        self.chosen(&self.form.account)
            .map_or("", |account| account.currency.symbol())
    }

    /// What the question above the amount is.
    fn question(&self) -> String {
        let name = self
            .chosen(&self.form.account)
            .map(|account| account.name.as_str());
        match (self.form.kind(), name) {
            (EntryKind::Balance, Some(name)) => format!("{name} shows"),
            (EntryKind::Balance, None) => "It shows".to_owned(),
            (EntryKind::Deposit, Some(name)) => format!("Put into {name}"),
            (EntryKind::Withdrawal, Some(name)) => format!("Taken out of {name}"),
            (EntryKind::Bonus, Some(name)) => format!("Bonus on {name}"),
            (EntryKind::Expense, Some(name)) => format!("Paid from {name}"),
            (EntryKind::Deposit, None) => "Put in".to_owned(),
            (EntryKind::Withdrawal, None) => "Taken out".to_owned(),
            (kind, _) => kind.label().to_owned(),
        }
    }

    /// What is known of the chosen account, below the amount.
    fn hint(&self) -> Option<(String, DateTime<Utc>)> {
        let account = self.chosen(&self.form.account)?;
        let figures = self.book.figures.account(account.id)?;
        Some((
            self.ui.money(figures.balance(), account.currency),
            figures.updated_at?,
        ))
    }

    fn save_label(&self) -> String {
        format!("Save {}", self.form.kind().label().to_lowercase())
    }
}

async fn new(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Query(mut form): Query<EntryForm>,
) -> Result<Response> {
    let book = book(&app, &user, ui.today).await?;
    let last = queries::lists::last_used(&app.db, user.id).await?;
    let usable = |id: AccountId| {
        book.account(id)
            .is_some_and(|account| !account.is_archived())
    };
    let first = book
        .accounts
        .iter()
        .find(|account| !account.is_archived())
        .map(|account| account.id);
    let account = last.filter(|id| usable(*id)).or(first);
    let default = |field: &mut Field, text: String| {
        if field.text.trim().is_empty() {
            field.text = text;
        }
    };
    let id = account.map(|id| id.to_string()).unwrap_or_default();
    default(&mut form.kind, EntryKind::Balance.as_str().to_owned());
    default(&mut form.date, ui.today.to_string());
    default(&mut form.from, id.clone());
    default(&mut form.account, id);
    default(&mut form.currency, user.home.code().to_owned());
    if form.next.is_empty() {
        "/dashboard".clone_into(&mut form.next);
    }
    Ok(FormPage::new(ui, form, book, None).shown())
}

async fn create(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Form(mut form, submission): Form<EntryForm>,
) -> Result<Response> {
    let book = book(&app, &user, ui.today).await?;
    let Some(command) = form.read(&ui, &book.accounts, None) else {
        return Ok(FormPage::new(ui, form, book, None).refused());
    };
    let saved = match &command {
        EntryEdit::Single(new) => service::add_entry(&app, user.id, &submission, new).await?,
        EntryEdit::Transfer(new) => service::add_transfer(&app, user.id, &submission, new).await?,
    };
    match saved {
        Saved::Done(change) => Ok(ui::go(&ui, done(&app, &ui, &book, &change, &form.next))),
        Saved::Refused(refusal) => {
            form.refuse(&refusal, &ui);
            Ok(FormPage::new(ui, form, book, None).refused())
        }
    }
}

/// A saved balance leads to its account, where the gap can be explained; all others to where the form was opened.
fn done(app: &App, ui: &Ui, book: &Book, change: &Change, next: &str) -> Response {
    let Some(entry) = change.entry() else {
        return Flash::success("Saved.").then_go(app, safe_next(next));
    };
    let name = book.name(entry.account);
    let flash = Flash::success(format!("{} saved.", entry.kind.label())).undo(Some(change.id));
    if let (EntryKind::Balance, Some(account)) = (entry.kind, entry.account) {
        flash
            .detail(name)
            .then_go(app, &format!("/accounts/{account}"))
    } else {
        let amount = ui.money(entry.amount.abs(), entry.currency);
        flash
            .detail(format!("{name}, {amount}"))
            .then_go(app, safe_next(next))
    }
}

/// The entry with both halves if it is a transfer, as the form shows it.
async fn edited(
    app: &App,
    user: &User,
    ui: &Ui,
    book: &Book,
    id: EntryId,
) -> Result<(Edited, EntryForm)> {
    let rows = queries::entries::whole(&app.db, user.id, Which::Whole(id)).await?;
    let entry = rows
        .iter()
        .find(|entry| entry.id == id)
        .ok_or(Error::NotFound)?
        .clone();
    let changes = queries::changes::list(&app.db, user.id, Some(id), 50, 0).await?;
    let history = changes
        .iter()
        .map(|change| history::told(change, book, ui))
        .collect();
    let gap = book
        .figures
        .effect(id)
        .map(|effect| effect.change)
        .unwrap_or_default();
    let local = entry.occurred_at.with_timezone(&ui.zone());
    let key =
        |id: Option<AccountId>| Field::filled(id.map(|id| id.to_string()).unwrap_or_default());
    let amount = |amount: Decimal, currency| Field::filled(ui.numbers.for_input(amount, currency));
    let mut form = EntryForm {
        kind: Field::filled(entry.kind.as_str()),
        account: key(entry.account),
        amount: amount(
            if entry.kind == EntryKind::Balance {
                entry.amount
            } else {
                entry.amount.abs()
            },
            entry.currency,
        ),
        currency: Field::filled(entry.currency.code()),
        date: Field::filled(local.date_naive().to_string()),
        time: Field::filled(local.format("%H:%M").to_string()),
        note: Field::filled(entry.note.as_str()),
        tags: Field::filled(entry.tags.join(", ")),
        version: entry.version.to_string(),
        next: "/entries".to_owned(),
        ..EntryForm::default()
    };
    let half = |sent: bool| {
        rows.iter()
            .find(|row| row.transfer.is_some() && row.amount.is_sign_negative() == sent)
    };
    if let (Some(out), Some(into)) = (half(true), half(false)) {
        form.from = key(out.account);
        form.sent = amount(-out.amount - out.fee, out.currency);
        form.fee = if out.fee.is_zero() {
            Field::default()
        } else {
            amount(out.fee, out.currency)
        };
        form.to = key(into.account);
        form.received = amount(into.amount, into.currency);
    }
    Ok((
        Edited {
            entry,
            history,
            gap,
        },
        form,
    ))
}

async fn edit(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Path(id): Path<EntryId>,
) -> Result<Response> {
    let book = book(&app, &user, ui.today).await?;
    let (edited, mut form) = edited(&app, &user, &ui, &book, id).await?;
    if ui.numbers.hidden {
        form.hide_amounts();
    }
    Ok(FormPage::new(ui, form, book, Some(edited)).shown())
}

async fn update(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Path(id): Path<EntryId>,
    Form(mut form, submission): Form<EntryForm>,
) -> Result<Response> {
    let book = book(&app, &user, ui.today).await?;
    let (edited, before) = edited(&app, &user, &ui, &book, id).await?;
    // The kind of an entry stays: a deposit that was none is deleted and entered anew.
    edited.entry.kind.as_str().clone_into(&mut form.kind.text);
    let version = form.version.parse().unwrap_or_default();
    let is_kept = ui.numbers.hidden && form.keep_amounts(before);
    let command = form.read(&ui, &book.accounts, Some(edited.entry.occurred_at));
    if is_kept {
        form.hide_amounts();
    }
    let Some(command) = command else {
        return Ok(FormPage::new(ui, form, book, Some(edited)).refused());
    };
    match service::edit_entry(&app, user.id, &submission, id, version, &command).await? {
        Saved::Done(change) => {
            let flash = Flash::success(format!("{} changed.", edited.entry.kind.label()))
                .undo(Some(change.id));
            Ok(ui::go(&ui, flash.then_go(&app, safe_next(&form.next))))
        }
        Saved::Refused(refusal) => {
            form.refuse(&refusal, &ui);
            Ok(FormPage::new(ui, form, book, Some(edited)).refused())
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct DeleteForm {
    next: String,
}

async fn delete(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Path(id): Path<EntryId>,
    Form(form, submission): Form<DeleteForm>,
) -> Result<Response> {
    let next = if form.next.is_empty() {
        "/entries"
    } else {
        safe_next(&form.next)
    };
    match service::delete_entry(&app, user.id, &submission, id).await? {
        Saved::Done(change) => Ok(Flash::success("Entry deleted.")
            .undo(Some(change.id))
            .then_go(&app, next)),
        Saved::Refused(refusal) => Err(Error::Conflict(sentence(&refusal, &ui).into())),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct GapForm {
    kind: String,
}

/// Says what the gap of a balance was, other than play: one click makes that entry, directly before the balance.
async fn relabel(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Path(id): Path<EntryId>,
    Form(form, submission): Form<GapForm>,
) -> Result<Response> {
    let unknown = || Error::BadRequest("A gap cannot have been that.".into());
    let kind = form.kind.parse().map_err(|_| unknown())?;
    match service::explain_gap(&app, user.id, &submission, id, kind).await? {
        Saved::Done(change) => {
            let entry = change.entry().ok_or_else(unknown)?;
            let amount = ui.money(entry.amount.abs(), entry.currency);
            let article = if kind == EntryKind::Expense {
                "an"
            } else {
                "a"
            };
            let text = format!(
                "{amount} now counts as {article} {}.",
                kind.label().to_lowercase()
            );
            let to = entry.account.map_or_else(
                || "/entries".to_owned(),
                |account| format!("/accounts/{account}"),
            );
            Ok(Flash::success(text)
                .undo(Some(change.id))
                .then_go(&app, &to))
        }
        Saved::Refused(refusal) => Err(Error::Conflict(sentence(&refusal, &ui).into())),
    }
}
