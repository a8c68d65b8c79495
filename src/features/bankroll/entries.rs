//! `/entries`: making, editing and deleting entries. Lists are in `listing.rs`, the log of changes in `history.rs`.

use std::sync::Arc;

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use uuid::Uuid;

use super::book::{Book, book};
use super::entry_form::{EntryForm, Question, sentence};
use super::figures::AccountFigures;
use super::history::{self, Told};
use super::ledger::{Account, Entry, EntryKind};
use super::queries::{self, changes::Change};
use super::service::{self, Saved};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, EntryId};
use crate::money::Currency;
use crate::web::format::{DOTS, Trend, isolated};
use crate::web::next::Next;
use crate::web::{Field, Flash, Form, Kept, Path, Ui, User, ui};

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
    /// The same form was saved with something else in it.
    saved_before: Option<SavedBefore>,
    /// What was saved a moment ago, in a sheet that goes on with the next account.
    saved: Option<Flash>,
    /// It was sent before, without being logged in.
    is_back: bool,
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
            saved_before: None,
            saved: None,
            is_back: false,
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

    /// Kinds whose fields the form has: an entry that is edited keeps its kind.
    fn has(&self, transfer: bool) -> bool {
        self.edited.is_none() || self.form.is("transfer") == transfer
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
        let outside = form.account.text.is_empty() && self.may_be_outside();
        outside || !form.tags.text.is_empty() || fields.iter().any(|field| field.error.is_some())
    }

    fn may_be_outside(&self) -> bool {
        self.form.kind().may_be_outside()
    }

    fn chosen(&self, field: &Field) -> Option<&Account> {
        let id: Uuid = field.text.parse().ok()?;
        self.book.account(AccountId(id))
    }

    fn unit(&self, field: &Field) -> &'static str {
        self.chosen(field)
            .map_or("", |account| account.currency.code())
    }

    /// What stands before the amount.
    fn symbol(&self) -> &'static str {
        let outside = || self.form.currency.text.parse().ok();
        let account = self.chosen(&self.form.account);
        let currency = account.map_or_else(outside, |account| Some(account.currency));
        currency.map_or("", Currency::mark)
    }

    /// Whether any account may be below zero, so that a balance needs a sign.
    fn may_owe(&self) -> bool {
        let mut accounts = self.choices(&self.form.account).into_iter();
        self.has(false) && accounts.any(|account| account.kind.may_be_negative())
    }

    /// Whether the chosen one may.
    fn chosen_may_owe(&self) -> bool {
        let chosen = self.chosen(&self.form.account);
        self.form.is("balance") && chosen.is_some_and(|account| account.kind.may_be_negative())
    }

    /// What is known of the chosen account, below the amount.
    fn hint(&self) -> Option<(String, DateTime<Utc>)> {
        hint(&self.ui, &self.book, self.chosen(&self.form.account)?)
    }

    /// Whether there is an account to go on with.
    fn has_next(&self) -> bool {
        self.edited.is_none() && next_account(&self.book, &self.ui, &self.form.account).is_some()
    }

    /// What the question above the amount is, around the name of the account.
    fn question(&self) -> (&'static str, &'static str) {
        self.form.kind().asks()
    }

    /// The same without its name.
    fn plain_question(&self) -> &'static str {
        self.form.kind().asks_plainly()
    }

    fn save_label(&self) -> String {
        match (&self.form.question, &self.saved_before) {
            (Some(Question::Unusual(_)), _) => "Yes, save it".to_owned(),
            (Some(Question::BeforeStart { earlier, .. }), _) => {
                format!("Start it on {earlier} instead")
            }
            (None, Some(_)) => "Save this too".to_owned(),
            (None, None) => format!("Save {}", self.form.kind().label().to_lowercase()),
        }
    }
}

/// What an account held last, and when that was.
pub fn hint(ui: &Ui, book: &Book, account: &Account) -> Option<(String, DateTime<Utc>)> {
    let figures = book.figures.account(account.id)?;
    Some((
        ui.money(figures.balance(), account.currency),
        figures.updated_at?,
    ))
}

/// The account whose balance is typed after another's: in the order of the lists, from there on, first those that nobody
/// has looked at today.
fn next_account(book: &Book, ui: &Ui, after: &Field) -> Option<AccountId> {
    let of = |sites: bool| {
        let accounts = book.accounts.iter();
        accounts.filter(move |account| account.kind.is_site() == sites && !account.is_archived())
    };
    let ids: Vec<AccountId> = of(true)
        .chain(of(false))
        .map(|account| account.id)
        .collect();
    let at = ids.iter().position(|id| id.to_string() == after.text);
    let rest = at.map_or(0, |at| at + 1);
    let others = ids[rest..].iter().chain(&ids[..at.unwrap_or(0)]).copied();
    let is_fresh = |id: &AccountId| {
        let seen = book
            .figures
            .account(*id)
            .and_then(|account| account.verified_at);
        seen.is_some_and(|at| at.with_timezone(&ui.zone()).date_naive() == ui.today)
    };
    others
        .clone()
        .find(|id| !is_fresh(id))
        .or_else(|| others.clone().next())
}

/// Fills in what a new entry begins with, where nothing is typed.
async fn with_defaults(
    app: &App,
    user: &User,
    ui: &Ui,
    book: &Book,
    mut form: EntryForm,
) -> Result<EntryForm> {
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
        form.next = Next::from("/dashboard");
    }
    Ok(form)
}

/// A form that comes back after its sender had to log in.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Again {
    again: String,
}

impl Again {
    fn form(&self, app: &App, user: &User, headers: &HeaderMap, path: &str) -> Option<EntryForm> {
        let kept = Kept::of(app, headers, user.id).filter(|_| !self.again.is_empty())?;
        kept.form().filter(|_| kept.path == path)
    }
}

async fn new(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Query(form): Query<EntryForm>,
    Query(again): Query<Again>,
    headers: HeaderMap,
) -> Result<Response> {
    let book = book(&app, &user, ui.today).await?;
    let kept = again.form(&app, &user, &headers, "/entries/new");
    let is_back = kept.is_some();
    let form = with_defaults(&app, &user, &ui, &book, kept.unwrap_or(form)).await?;
    let mut page = FormPage::new(ui, form, book, None);
    page.is_back = is_back;
    Ok(page.shown())
}

async fn create(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Form(mut form, submission): Form<EntryForm>,
) -> Result<Response> {
    let book = book(&app, &user, ui.today).await?;
    if let Ok(kind) = form.show.parse::<EntryKind>() {
        form.turn_to(kind);
        return Ok(FormPage::new(ui, form, book, None).shown());
    }
    let Some(command) = form.read(&ui, &book.accounts, None) else {
        return Ok(FormPage::new(ui, form, book, None).refused());
    };
    let (explains, answers) = (form.explains(), form.answers());
    let saved = service::add_entry(&app, user.id, &submission, &command, explains, answers).await;
    let change = match saved {
        Ok(Saved::Done(change)) => change,
        Ok(Saved::Refused(refusal)) => {
            form.refuse(&refusal, &ui, &book);
            return Ok(FormPage::new(ui, form, book, None).refused());
        }
        Err(Error::AlreadySaved) => {
            let first = service::saved_before(&app, user.id, &submission).await?;
            let before = SavedBefore::new(&first, &form, &book, &ui);
            let mut page = FormPage::new(ui, form, book, None);
            page.saved_before = Some(before);
            return Ok(page.refused());
        }
        Err(error) => return Err(error),
    };
    let flash = saved_flash(&app, &user, &ui, &book, &change).await?;
    let next = next_account(&book, &ui, &form.account).filter(|_| form.then == "next");
    let Some(next) = next else {
        return Ok(ui::go(&ui, flash.then_go(&app, form.next.path())));
    };
    let next = next.to_string();
    if !ui.fragment {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("kind", "balance"),
                ("account", &next),
                ("next", form.next.path()),
            ])
            .finish();
        return Ok(flash.then_go(&app, &format!("/entries/new?{query}")));
    }
    let form = EntryForm {
        account: Field::filled(next),
        next: form.next,
        ..EntryForm::default()
    };
    let form = with_defaults(&app, &user, &ui, &book, form).await?;
    let mut page = FormPage::new(ui, form, book, None);
    page.saved = Some(flash);
    Ok(page.shown())
}

/// What saving an entry came to: for a balance its result, which can be said to be something else.
pub async fn saved_flash(
    app: &App,
    user: &User,
    ui: &Ui,
    book: &Book,
    change: &Change,
) -> Result<Flash> {
    // Beside the entry itself a change may hold a start that was moved.
    let is_balance = |entry: &Entry| entry.kind == EntryKind::Balance;
    let balance = change.entries.0.iter().find_map(|row| {
        let after = row.after.as_ref().filter(|after| is_balance(after));
        after.filter(|_| row.before.as_ref().is_none_or(is_balance))
    });
    let Some(entry) = balance.or_else(|| change.entry()) else {
        return Ok(Flash::success("Saved.").undo(Some(change.id)));
    };
    let name = isolated(book.name(entry.account));
    if let (Some(balance), Some(account)) = (balance, entry.account) {
        let held =
            service::held(&app.db, user.id, account, entry.occurred_at, Some(balance)).await?;
        let difference = balance.amount - held.balance;
        let amount = ui.signed_money(difference, balance.currency);
        let told = match ui.trend(difference, balance.currency) {
            Trend::Up => Some((format!("{amount} as winnings"), "Not winnings?")),
            Trend::Down => Some((format!("{amount} as a loss"), "Not a loss?")),
            Trend::Flat => None,
        };
        if let Some((text, doubt)) = told {
            return Ok(Flash::success(text)
                .detail(name)
                .link(doubt, format!("/entries/{}#difference", balance.id))
                .undo(Some(change.id)));
        }
    }
    let amount = ui.money(
        if balance.is_some() {
            entry.amount
        } else {
            entry.amount.abs()
        },
        entry.currency,
    );
    Ok(Flash::success(format!("{} saved.", entry.kind.label()))
        .detail(format!("{name}, {amount}"))
        .undo(Some(change.id)))
}

/// What the same form saved before it was sent with something else in it.
struct SavedBefore {
    /// The entry, in words.
    what: String,
    /// What differs: the field, what it held then, and what it holds now.
    differences: Vec<(&'static str, String, String)>,
}

/// The labels of the fields that hold amounts.
const AMOUNTS: [&str; 4] = ["Amount", "Amount sent", "Fee", "Amount received"];

impl SavedBefore {
    fn new(first: &Change, form: &EntryForm, book: &Book, ui: &Ui) -> Self {
        let rows: Vec<&Entry> = first
            .entries
            .0
            .iter()
            .filter_map(|row| row.after.as_ref())
            .collect();
        let mut then = EntryForm::of(&rows, ui);
        if form.time.text.trim().is_empty() {
            // Without a time it is the moment of saving, which nobody typed.
            then.time = Field::default();
        }
        let name = |field: &Field| {
            let id = field.text.parse().ok().map(AccountId);
            id.and_then(|id| book.account(id))
                .map_or_else(|| "none".to_owned(), |account| isolated(&account.name))
        };
        let words = |form: &EntryForm| {
            let label = |field: &Field| field.text.trim().to_owned();
            let kind = form.kind().label().to_owned();
            let mut words = vec![("Kind", kind)];
            if form.kind() == EntryKind::Transfer {
                words.extend([
                    ("From", name(&form.from)),
                    ("Amount sent", label(&form.sent)),
                    ("Fee", label(&form.fee)),
                    ("To", name(&form.to)),
                    ("Amount received", label(&form.received)),
                ]);
            } else {
                words.extend([("Account", name(&form.account)), ("Amount", form.signed())]);
            }
            words.extend([
                ("Date", label(&form.date)),
                ("Time", label(&form.time)),
                ("Note", label(&form.note)),
                ("Tags", label(&form.tags)),
            ]);
            words
        };
        let (then, now) = (words(&then), words(form));
        let differences = now.into_iter().filter_map(|(label, now)| {
            let then = then.iter().find(|(other, _)| *other == label);
            let then = then.map_or_else(String::new, |(_, text)| text.clone());
            (then != now).then(|| {
                if ui.numbers.hidden && AMOUNTS.contains(&label) {
                    (label, DOTS.to_owned(), DOTS.to_owned())
                } else {
                    (label, then, now)
                }
            })
        });
        Self {
            differences: differences.collect(),
            what: history::told(first, book, ui).details.join("; "),
        }
    }
}

/// The entry with both halves if it is a transfer, as the form shows it.
async fn found(app: &App, user: &User, ui: &Ui, id: EntryId) -> Result<(Entry, EntryForm)> {
    let rows = queries::entries::whole(&app.db, user.id, id).await?;
    let entry = rows
        .iter()
        .find(|entry| entry.id == id)
        .ok_or(Error::NotFound)?
        .clone();
    let form = EntryForm {
        version: entry.version.to_string(),
        ..EntryForm::of(&rows.iter().collect::<Vec<_>>(), ui)
    };
    Ok((entry, form))
}

/// The same with what its page tells of it.
async fn edited(
    app: &App,
    user: &User,
    ui: &Ui,
    book: &Book,
    id: EntryId,
) -> Result<(Edited, EntryForm)> {
    let (entry, form) = found(app, user, ui, id).await?;
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
    let edited = Edited {
        entry,
        history,
        gap,
    };
    Ok((edited, form))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    next: Next,
}

async fn edit(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Path(id): Path<EntryId>,
    Query(asked): Query<Asked>,
    Query(again): Query<Again>,
    headers: HeaderMap,
) -> Result<Response> {
    let book = book(&app, &user, ui.today).await?;
    let (edited, mut form) = edited(&app, &user, &ui, &book, id).await?;
    if let Some(kept) = again.form(&app, &user, &headers, &format!("/entries/{id}")) {
        let mut page = FormPage::new(ui, kept, book, Some(edited));
        page.is_back = true;
        return Ok(page.shown());
    }
    let from = ui.came_from.as_deref().unwrap_or("/entries");
    form.next = Next::from(asked.next.or(from));
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
    let (entry, before) = found(&app, &user, &ui, id).await?;
    // The form has no field for it.
    entry.kind.as_str().clone_into(&mut form.kind.text);
    let seen = (id, form.version.parse().unwrap_or_default());
    let answers = form.answers();
    let is_kept = ui.numbers.hidden && form.keep_amounts(before);
    let command = form.read(&ui, &book.accounts, Some(entry.occurred_at));
    let read = form.clone();
    if is_kept {
        form.hide_amounts();
    }
    let Some(command) = command else {
        let (edited, _) = edited(&app, &user, &ui, &book, id).await?;
        return Ok(FormPage::new(ui, form, book, Some(edited)).refused());
    };
    match service::edit_entry(&app, user.id, &submission, seen, &command, answers).await {
        Ok(Saved::Done(change)) => {
            let flash =
                Flash::success(format!("{} changed.", entry.kind.label())).undo(Some(change.id));
            Ok(ui::go(&ui, flash.then_go(&app, form.next.path())))
        }
        Ok(Saved::Refused(refusal)) => {
            form.refuse(&refusal, &ui, &book);
            let (edited, _) = edited(&app, &user, &ui, &book, id).await?;
            Ok(FormPage::new(ui, form, book, Some(edited)).refused())
        }
        Err(Error::AlreadySaved) => {
            let first = service::saved_before(&app, user.id, &submission).await?;
            let before = SavedBefore::new(&first, &read, &book, &ui);
            let (edited, _) = edited(&app, &user, &ui, &book, id).await?;
            form.version = edited.entry.version.to_string();
            let mut page = FormPage::new(ui, form, book, Some(edited));
            page.saved_before = Some(before);
            Ok(page.refused())
        }
        Err(Error::Changed(_)) => {
            let (_, mut now) = found(&app, &user, &ui, id).await?;
            if ui.numbers.hidden {
                now.hide_amounts();
            }
            Err(Error::Changed(now.typed()))
        }
        Err(error) => Err(error),
    }
}

async fn delete(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Path(id): Path<EntryId>,
    Form(form, submission): Form<Asked>,
) -> Result<Response> {
    let next = form.next.or("/entries");
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
    next: Next,
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
            Ok(Flash::success(text)
                .undo(Some(change.id))
                .then_go(&app, form.next.path()))
        }
        Saved::Refused(refusal) => Err(Error::Conflict(sentence(&refusal, &ui).into())),
    }
}
