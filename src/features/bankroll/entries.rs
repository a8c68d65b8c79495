//! `/entries`: making, editing and deleting entries. Lists are in `listing.rs`, the log of changes in `history.rs`.

use std::sync::Arc;

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::Deserialize;
use uuid::Uuid;

use super::book::{Book, book};
use super::figures::AccountFigures;
use super::history::{self, Told};
use super::ledger::{Account, Entry, EntryKind};
use super::queries::{self, Change, Which};
use super::service::{self, EntryEdit, NewEntry, NewTransfer, Refusal, Saved};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, EntryId};
use crate::money::Currency;
use crate::web::form::{Complaint, Parsed};
use crate::web::session::safe_next;
use crate::web::{Field, Flash, Form, Path, Ui, User, format, parse, ui};

pub fn router() -> Router<App> {
    Router::new()
        .route("/entries/new", get(new).post(create))
        .route("/entries/{id}", get(edit).post(update))
        .route("/entries/{id}/delete", post(delete))
        .route("/entries/{id}/gap", post(relabel))
}

/// One form for all kinds: each kind shows the fields it has.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct EntryForm {
    pub kind: Field,
    pub account: Field,
    pub amount: Field,
    /// Only where no account gives it.
    pub currency: Field,
    pub from: Field,
    pub sent: Field,
    pub fee: Field,
    pub to: Field,
    pub received: Field,
    pub date: Field,
    pub time: Field,
    pub note: Field,
    pub tags: Field,
    /// The balance whose gap this explains.
    pub before: String,
    /// The version that is edited.
    pub version: String,
    /// Where to go when it is saved.
    pub next: String,
}

/// When an entry happened, of which a form shows only the minute.
#[derive(Clone, Copy, Debug)]
pub struct Moments {
    pub now: DateTime<Utc>,
    pub zone: Tz,
    pub today: NaiveDate,
    /// The instant of the entry that is edited: it stays to the microsecond unless its minute is changed.
    pub original: Option<DateTime<Utc>>,
}

impl EntryForm {
    /// The kind, whatever was sent.
    pub fn kind(&self) -> EntryKind {
        self.kind.text.parse().unwrap_or(EntryKind::Balance)
    }

    fn is(&self, kind: &str) -> bool {
        self.kind().as_str() == kind
    }

    /// The form as a command; every field that is wrong says so.
    fn read(
        &mut self,
        ui: &Ui,
        accounts: &[Account],
        original: Option<DateTime<Utc>>,
    ) -> Option<EntryEdit> {
        let kind = self.kind.read(|text| {
            text.parse::<EntryKind>()
                .map_err(|_| "Choose what happened.".into())
        });
        let moments = Moments {
            now: ui.now,
            zone: ui.zone(),
            today: ui.today,
            original,
        };
        let occurred_at = self.read_moment(moments);
        let note = self.note.read(|text| parse::optional_line(text, 500));
        let tags = self.tags.read(parse::tags);
        let before = self.before.parse().ok().map(EntryId);
        if kind? == EntryKind::Transfer {
            let numbers = ui.numbers.format;
            let from = self.from.read(|text| known(text, accounts));
            let to = self.to.read(|text| known(text, accounts));
            if from.is_some() && from.map(|a| a.id) == to.map(|a| a.id) {
                self.to
                    .refuse("Choose another account than the one it comes from.");
            }
            let sent = self
                .sent
                .read(|text| parse::positive(text, numbers, of(from)));
            let fee = self
                .fee
                .read(|text| parse::optional_positive(text, numbers, of(from)));
            if self.received.text.trim().is_empty()
                && from.map(|a| a.currency) == to.map(|a| a.currency)
            {
                // In one currency what was sent arrives, unless it is said otherwise.
                self.received.text.clone_from(&self.sent.text);
            }
            let received = self
                .received
                .read(|text| parse::positive(text, numbers, of(to)));
            if self.to.error.is_some() {
                return None;
            }
            return Some(EntryEdit::Transfer(NewTransfer {
                from: from?.id,
                to: to?.id,
                sent: sent?,
                fee: fee?,
                received: received?,
                occurred_at: occurred_at?,
                note: note?,
                tags: tags?,
                before,
            }));
        }
        let may_be_outside = matches!(kind?, EntryKind::Deposit | EntryKind::Withdrawal);
        let account = if may_be_outside && self.account.text.trim().is_empty() {
            Some(None)
        } else {
            self.account.read(|text| known(text, accounts)).map(Some)
        };
        let currency = match account {
            Some(None) => self.currency.read(parse::currency),
            Some(Some(account)) => Some(account.currency),
            None => None,
        };
        // Without its currency an amount is still read, for what else is wrong with it.
        let kind = kind?;
        let amount = self
            .amount
            .read(|text| read_amount(kind, text, ui, currency));
        Some(EntryEdit::Single(NewEntry {
            account: account?.map(|account| account.id),
            kind,
            amount: amount?,
            currency: currency?,
            occurred_at: occurred_at?,
            note: note?,
            tags: tags?,
            before,
        }))
    }

    fn read_moment(&mut self, moments: Moments) -> Option<DateTime<Utc>> {
        let day = self.date.read(|text| match parse::date(text)? {
            day if day > moments.today => {
                Err(format!("Type a date up to today, {}.", format::day(moments.today)).into())
            }
            day => Ok(day),
        });
        let time = self.time.read(parse::optional_time);
        let at = instant(moments, day?, time?);
        if at < DateTime::UNIX_EPOCH {
            self.date.refuse("Type a date from 2 January 1970 on.");
            return None;
        }
        if at > moments.now {
            self.time
                .refuse("This time is still to come. Leave it empty for now.");
            return None;
        }
        Some(at)
    }

    fn fields(&self) -> [(&'static str, &'static str, &Field); 13] {
        [
            ("kind", "Kind", &self.kind),
            ("from", "From", &self.from),
            ("sent", "Amount sent", &self.sent),
            ("fee", "Fee", &self.fee),
            ("to", "To", &self.to),
            ("received", "Amount received", &self.received),
            ("amount", "Amount", &self.amount),
            ("account", "Account", &self.account),
            ("currency", "Currency", &self.currency),
            ("date", "Date", &self.date),
            ("time", "Time", &self.time),
            ("note", "Note", &self.note),
            ("tags", "Tags", &self.tags),
        ]
    }

    /// The fields that are wrong, for the summary.
    pub fn wrong(&self) -> Vec<(&'static str, &'static str)> {
        let fields = self.fields().into_iter();
        fields
            .filter(|(.., field)| field.error.is_some())
            .map(|(name, label, _)| (name, label))
            .collect()
    }

    fn refuse(&mut self, refusal: &Refusal, ui: &Ui) {
        let why = sentence(refusal, ui);
        let is_transfer = self.kind() == EntryKind::Transfer;
        match refusal {
            Refusal::SameAccount => self.to.refuse(why),
            Refusal::UnknownAccount if is_transfer => self.from.refuse(why),
            Refusal::UnknownAccount => self.account.refuse(why),
            _ if is_transfer => self.sent.refuse(why),
            _ => self.amount.refuse(why),
        }
    }
}

/// The currency an amount is read in while its account is not known: the one with most decimals.
fn of(account: Option<&Account>) -> Currency {
    account.map_or_else(widest, |account| account.currency)
}

fn widest() -> Currency {
    Currency::all()
        .max_by_key(|currency| currency.minor_units())
        .unwrap_or(Currency::EUR)
}

fn known<'a>(text: &str, accounts: &'a [Account]) -> Parsed<&'a Account> {
    let id = parse::id(text).map_err(|_| Complaint::from("Choose an account."))?;
    accounts
        .iter()
        .find(|account| account.id.0 == id)
        .ok_or_else(|| "Choose an account.".into())
}

/// Signed as the account sees it.
fn read_amount(
    kind: EntryKind,
    text: &str,
    ui: &Ui,
    currency: Option<Currency>,
) -> Parsed<Decimal> {
    let currency = currency.unwrap_or_else(widest);
    match kind {
        EntryKind::Balance => parse::amount(text, ui.numbers.format, currency),
        EntryKind::Withdrawal | EntryKind::Expense => {
            parse::positive(text, ui.numbers.format, currency).map(|amount| -amount)
        }
        EntryKind::Deposit | EntryKind::Bonus | EntryKind::Transfer => {
            parse::positive(text, ui.numbers.format, currency)
        }
    }
}

/// The instant that a day and perhaps a time of day mean.
///
/// Without a time, today is now, and an earlier day is its end: what is entered later comes later.
fn instant(moments: Moments, day: NaiveDate, time: Option<NaiveTime>) -> DateTime<Utc> {
    let Moments {
        now,
        zone,
        today,
        original,
    } = moments;
    if let Some(original) = original {
        let local = original.with_timezone(&zone);
        let same_minute = time.is_some_and(|time| {
            time.format("%H:%M").to_string() == local.format("%H:%M").to_string()
        });
        if local.date_naive() == day && same_minute {
            return original;
        }
    }
    let time = match time {
        None if day == today => return now,
        None => NaiveTime::from_hms_opt(23, 59, 0).unwrap_or_default(),
        Some(time) => time,
    };
    let local = day.and_time(time);
    // A clock that is set forward skips an hour: the same distance after the gap is meant.
    let found = zone.from_local_datetime(&local).earliest();
    let found = found.or_else(|| {
        zone.from_local_datetime(&(local + TimeDelta::hours(1)))
            .earliest()
    });
    found.map_or(now, |at| at.with_timezone(&Utc))
}

/// What the ledger says, to a person.
pub fn sentence(refusal: &Refusal, ui: &Ui) -> String {
    match refusal {
        Refusal::BelowZero {
            account,
            currency,
            held,
            at,
        } => {
            let held = ui.full(held, currency);
            if (ui.now - *at) < TimeDelta::minutes(1) {
                format!("{account} holds {held}. Use at most that, or update its balance first.")
            } else {
                format!(
                    "{account} would fall below zero on {}: it held {held}.",
                    ui.day(at.with_timezone(&ui.zone()).date_naive())
                )
            }
        }
        Refusal::TooLarge { account } => {
            format!("{account} would hold more than can be kept: 100 billion.")
        }
        Refusal::NameTaken => "You have an account of this name in the same group.".to_owned(),
        Refusal::CurrencyFixed => "The currency is fixed once the account has entries.".to_owned(),
        Refusal::TooManyAccounts => {
            "You have 200 accounts, which is all there is room for.".to_owned()
        }
        Refusal::TooManyEntries => {
            "You have 200,000 entries, which is all there is room for.".to_owned()
        }
        Refusal::ChangedSince => {
            "It has been changed since, so it cannot be taken back as a whole.".to_owned()
        }
        Refusal::AlreadyUndone => "It has been taken back already.".to_owned(),
        Refusal::NoSuchGap => {
            "Its gap is not, or not any more, of that sign: there is nothing to explain.".to_owned()
        }
        Refusal::UnknownAccount => "Choose an account.".to_owned(),
        Refusal::SameAccount => "Choose another account than the one it comes from.".to_owned(),
    }
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
    let last = queries::last_used(&app.db, user.id).await?;
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
    let rows = queries::whole_entries(&app.db, user.id, Which::Whole(id)).await?;
    let entry = rows
        .iter()
        .find(|entry| entry.id == id)
        .ok_or(Error::NotFound)?
        .clone();
    let changes = queries::changes(&app.db, user.id, Some(id), 50, 0).await?;
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
    let (edited, form) = edited(&app, &user, &ui, &book, id).await?;
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
    let (edited, _) = edited(&app, &user, &ui, &book, id).await?;
    // The kind of an entry stays: a deposit that was none is deleted and entered anew.
    edited.entry.kind.as_str().clone_into(&mut form.kind.text);
    let version = form.version.parse().unwrap_or_default();
    let Some(command) = form.read(&ui, &book.accounts, Some(edited.entry.occurred_at)) else {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(now: &str, zone: Tz) -> Moments {
        let now: DateTime<Utc> = now.parse().unwrap();
        Moments {
            now,
            zone,
            today: now.with_timezone(&zone).date_naive(),
            original: None,
        }
    }

    fn at(moments: Moments, day: &str, time: &str) -> String {
        let time = if time.is_empty() {
            None
        } else {
            Some(NaiveTime::parse_from_str(time, "%H:%M").unwrap())
        };
        instant(moments, day.parse().unwrap(), time).to_rfc3339()
    }

    #[test]
    fn a_day_without_a_time_is_now_or_its_end() {
        let helsinki = moments("2026-10-30T12:00:00Z", Tz::Europe__Helsinki);
        assert_eq!(at(helsinki, "2026-10-30", ""), "2026-10-30T12:00:00+00:00");
        assert_eq!(at(helsinki, "2026-10-29", ""), "2026-10-29T21:59:00+00:00");
        assert_eq!(
            at(helsinki, "2026-10-29", "10:00"),
            "2026-10-29T08:00:00+00:00"
        );
    }

    #[test]
    fn a_time_that_a_clock_skipped_is_after_the_gap_and_one_it_showed_twice_is_the_first() {
        let helsinki = moments("2026-10-30T12:00:00Z", Tz::Europe__Helsinki);
        assert_eq!(
            at(helsinki, "2026-03-29", "03:30"),
            "2026-03-29T01:30:00+00:00"
        );
        assert_eq!(
            at(helsinki, "2026-10-25", "03:30"),
            "2026-10-25T00:30:00+00:00"
        );
    }

    #[test]
    fn an_edit_that_leaves_the_minute_leaves_the_instant() {
        let original: DateTime<Utc> = "2026-10-29T08:00:42.123456Z".parse().unwrap();
        let moments = Moments {
            original: Some(original),
            ..moments("2026-10-30T12:00:00Z", Tz::UTC)
        };
        assert_eq!(
            instant(
                moments,
                "2026-10-29".parse().unwrap(),
                NaiveTime::from_hms_opt(8, 0, 0)
            ),
            original
        );
        assert_ne!(
            instant(
                moments,
                "2026-10-29".parse().unwrap(),
                NaiveTime::from_hms_opt(8, 1, 0)
            ),
            original
        );
    }
}
