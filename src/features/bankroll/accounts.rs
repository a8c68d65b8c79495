//! `/accounts`: the list, one account, and everything that changes one.

use std::sync::Arc;

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use rust_decimal::Decimal;
use serde::Deserialize;
use uuid::Uuid;

use super::book::{Book, book};
use super::commands::{AccountEdit, AccountName, NewAccount, Start};
use super::entry_form::{amount, optional_positive, sentence};
use super::figures::{AccountFigures, Range};
use super::ledger::{Account, AccountKind};
use super::overview::{Overview, Row};
use super::queries;
use super::rate_notes::{RateNote, rate_notes};
use super::service::{self, Refusal, Saved};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::money::{Amount, Currency};
use crate::web::form::Blank;
use crate::web::form::Parsed;
use crate::web::format::isolated;
use crate::web::{Field, Flash, Form, Path, Ui, User, parse, ui};

pub fn router() -> Router<App> {
    Router::new()
        .route("/accounts", get(list))
        .route("/accounts/new", get(new).post(create))
        .route("/accounts/order", get(order).post(reorder))
        .route("/accounts/{id}/edit", get(edit).post(update))
        .route("/accounts/{id}/archive", post(archive))
        .route("/accounts/{id}/restore", post(restore))
        .route("/accounts/{id}/delete", get(confirm).post(delete))
}

#[derive(Template, WebTemplate)]
#[template(path = "bankroll/accounts/list.html")]
struct ListPage {
    ui: Ui,
    home: Currency,
    book: Arc<Book>,
    overview: Overview,
    start: Decimal,
}

impl ListPage {
    fn archived(&self) -> Vec<&Account> {
        self.book
            .accounts
            .iter()
            .filter(|account| account.is_archived())
            .collect()
    }

    /// Whether any is in use.
    fn is_open(&self) -> bool {
        let mut accounts = self.book.accounts.iter();
        accounts.any(|account| !account.is_archived())
    }

    /// `8 accounts · 6 currencies`
    fn summary(&self) -> String {
        let accounts: Vec<&Account> = self
            .book
            .accounts
            .iter()
            .filter(|account| !account.is_archived())
            .collect();
        let mut currencies: Vec<Currency> =
            accounts.iter().map(|account| account.currency).collect();
        currencies.sort_unstable();
        currencies.dedup();
        let plural =
            |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
        let accounts = plural(accounts.len(), "account", "accounts");
        format!(
            "{accounts} · {}",
            plural(currencies.len(), "currency", "currencies")
        )
    }

    fn rate_notes(&self) -> Vec<RateNote> {
        let figures = &self.book.figures;
        rate_notes(&self.ui, figures, figures.window(Range::Month))
    }

    fn share(&self) -> Option<String> {
        if self.start <= Decimal::ZERO {
            None
        } else {
            self.ui.numbers.percent(self.overview.result, self.start)
        }
    }

    /// `Cardinal Club and Cold wallet`
    fn names(rows: &[&Row]) -> String {
        let names = rows.iter().map(|row| isolated(&row.account.name));
        let names: Vec<String> = names.collect();
        match names.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
            _ => names.concat(),
        }
    }
}

async fn list(State(app): State<App>, user: User, ui: Ui) -> Result<ListPage> {
    let book = book(&app, &user, ui.today).await?;
    let start = book
        .figures
        .on(book.figures.window(Range::Month).start)
        .bankroll;
    Ok(ListPage {
        home: user.home,
        overview: Overview::new(&book),
        start,
        book,
        ui,
    })
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct AccountForm {
    kind: Field,
    name: Field,
    currency: Field,
    opening: Field,
    /// `on` if it is below zero: keyboards of digits have no minus.
    negative: String,
    /// `now`, `put-in` or `profit`: see [`Start`].
    start: Field,
    put_in: Field,
    version: String,
}

impl AccountForm {
    fn read_edit(&mut self) -> Option<AccountEdit> {
        let kind = self.kind.read(|text| {
            text.parse::<AccountKind>()
                .map_err(|_| "Choose what it is.".into())
        });
        let name = self.name.read(|text| Ok(AccountName::new(text)?));
        let currency = self.currency.read(parse::currency);
        let version = self.version.parse().unwrap_or_default();
        Some(AccountEdit {
            kind: kind?,
            name: name?,
            currency: currency?,
            version,
        })
    }

    fn read_new(&mut self, ui: &Ui) -> Option<NewAccount> {
        let edit = self.read_edit();
        let currency = parse::currency(&self.currency.text).ok();
        let kind: Option<AccountKind> = self.kind.text.parse().ok();
        let negative = !self.negative.is_empty();
        let opening = self
            .opening
            .read(|text| opening(&parse::signed(text, negative), ui, currency, kind));
        let start = match self.start.text.as_str() {
            "now" => Some(Start::FromNow),
            "put-in" => {
                let read = |text: &str| optional_positive(text, ui, currency);
                self.put_in.read(read).map(Start::PutIn)
            }
            "profit" => Some(Start::Profit),
            _ => {
                self.start.refuse("Choose where profit starts.");
                None
            }
        };
        let AccountEdit { kind, name, .. } = edit?;
        Some(NewAccount {
            kind,
            name,
            opening: opening??,
            start: start?,
        })
    }

    fn wrong(&self) -> Vec<(&'static str, &'static str)> {
        [
            ("kind", "Kind", &self.kind),
            ("name", "Name", &self.name),
            ("currency", "Currency", &self.currency),
            ("opening", "Balance now", &self.opening),
            ("start", "Where profit starts", &self.start),
            ("put_in", "Amount put in", &self.put_in),
        ]
        .into_iter()
        .filter(|(.., field)| field.error.is_some())
        .map(|(name, label, _)| (name, label))
        .collect()
    }

    fn refuse(&mut self, refusal: &Refusal, ui: &Ui) {
        let why = sentence(refusal, ui);
        match refusal {
            Refusal::CurrencyFixed => self.currency.refuse(why),
            Refusal::BelowZero { .. } => self.kind.refuse(why),
            _ => self.name.refuse(why),
        }
    }
}

fn opening(
    text: &str,
    ui: &Ui,
    currency: Option<Currency>,
    kind: Option<AccountKind>,
) -> Parsed<Option<Amount>> {
    let amount = match text.trim() {
        "" => amount("0", ui, currency)?,
        text => amount(text, ui, currency)?,
    };
    let may_owe = kind.is_some_and(AccountKind::may_be_negative);
    if amount.is_some_and(|amount| amount.value() < Decimal::ZERO) && !may_owe {
        return Err("Enter zero or more. Only a bank or other account can be below zero.".into());
    }
    Ok(amount)
}

#[derive(Template, WebTemplate)]
#[template(path = "bankroll/accounts/form.html")]
struct FormPage {
    ui: Ui,
    form: AccountForm,
    /// The account that is edited, and whether it has entries.
    edited: Option<(Account, bool)>,
    currencies: Vec<(String, String)>,
}

impl FormPage {
    fn new(ui: Ui, form: AccountForm, edited: Option<(Account, bool)>) -> Self {
        let label = |currency: Currency| format!("{} · {}", currency.code(), currency.name());
        let currencies = Currency::all()
            .map(|currency| (currency.code().to_owned(), label(currency)))
            .collect();
        Self {
            ui,
            form,
            edited,
            currencies,
        }
    }

    fn title(&self) -> String {
        self.edited.as_ref().map_or_else(
            || "Add account".to_owned(),
            |(account, _)| format!("Edit {}", isolated(&account.name)),
        )
    }
}

async fn new(user: User, ui: Ui) -> FormPage {
    let form = AccountForm {
        kind: Field::filled(AccountKind::Site.as_str()),
        currency: Field::filled(user.home.code()),
        start: Field::filled("now"),
        ..AccountForm::default()
    };
    FormPage::new(ui, form, None)
}

async fn create(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Form(mut form, submission): Form<AccountForm>,
) -> Result<Response> {
    let Some(new) = form.read_new(&ui) else {
        return Ok(ui::refused(FormPage::new(ui, form, None)));
    };
    match service::add_account(&app, user.id, &submission, &new).await? {
        Saved::Done(change) => {
            let to = change
                .account()
                .map_or_else(|| "/accounts".to_owned(), |id| format!("/accounts/{id}"));
            Ok(Flash::success("Account added.")
                .detail(isolated(new.name.as_str()))
                .undo(Some(change.id))
                .then_go(&app, &to))
        }
        Saved::Refused(refusal) => {
            form.refuse(&refusal, &ui);
            Ok(ui::refused(FormPage::new(ui, form, None)))
        }
    }
}

pub async fn own(app: &App, user: &User, id: AccountId) -> Result<Account> {
    Ok(queries::accounts::one(&app.db, user.id, id).await?)
}

async fn edit(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Path(id): Path<AccountId>,
) -> Result<FormPage> {
    let account = own(&app, &user, id).await?;
    let has_entries = queries::entries::counts_of(&app.db, user.id, id)
        .await?
        .entries
        > 0;
    let form = AccountForm {
        kind: Field::filled(account.kind.as_str()),
        name: Field::filled(account.name.as_str()),
        currency: Field::filled(account.currency.code()),
        version: account.version.to_string(),
        ..AccountForm::default()
    };
    Ok(FormPage::new(ui, form, Some((account, has_entries))))
}

async fn update(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Path(id): Path<AccountId>,
    Form(mut form, submission): Form<AccountForm>,
) -> Result<Response> {
    let account = own(&app, &user, id).await?;
    let has_entries = queries::entries::counts_of(&app.db, user.id, id)
        .await?
        .entries
        > 0;
    if has_entries && form.currency.text.is_empty() {
        // A fixed currency is shown, not sent.
        account.currency.code().clone_into(&mut form.currency.text);
    }
    let Some(edit) = form.read_edit() else {
        return Ok(ui::refused(FormPage::new(
            ui,
            form,
            Some((account, has_entries)),
        )));
    };
    let saved = match service::edit_account(&app, user.id, &submission, id, &edit).await {
        Err(Error::Changed(_)) => {
            let now = own(&app, &user, id).await?;
            return Err(Error::Changed(vec![
                ("kind", now.kind.as_str().to_owned()),
                ("name", now.name),
                ("currency", now.currency.code().to_owned()),
            ]));
        }
        other => other?,
    };
    match saved {
        Saved::Done(change) => {
            let flash = Flash::success("Account changed.").undo(Some(change.id));
            Ok(flash.then_go(&app, &format!("/accounts/{id}")))
        }
        Saved::Refused(refusal) => {
            form.refuse(&refusal, &ui);
            Ok(ui::refused(FormPage::new(
                ui,
                form,
                Some((account, has_entries)),
            )))
        }
    }
}

async fn archive(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Path(id): Path<AccountId>,
    Form(_, submission): Form<Blank>,
) -> Result<Response> {
    let saved = service::archive_account(&app, user.id, &submission, id, true).await?;
    finish(&app, &ui, saved, "Account archived.", "/accounts")
}

async fn restore(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Path(id): Path<AccountId>,
    Form(_, submission): Form<Blank>,
) -> Result<Response> {
    let saved = service::archive_account(&app, user.id, &submission, id, false).await?;
    finish(
        &app,
        &ui,
        saved,
        "Account taken back.",
        &format!("/accounts/{id}"),
    )
}

fn finish(app: &App, ui: &Ui, saved: Saved, text: &str, to: &str) -> Result<Response> {
    match saved {
        Saved::Done(change) => Ok(Flash::success(text).undo(Some(change.id)).then_go(app, to)),
        Saved::Refused(refusal) => Err(Error::Conflict(sentence(&refusal, ui).into())),
    }
}

#[derive(Template, WebTemplate)]
#[template(path = "bankroll/accounts/delete.html")]
struct DeletePage {
    ui: Ui,
    account: Account,
    balance: Decimal,
    entries: i64,
    /// Transfers with other accounts, whose other halves stay.
    transfers: i64,
}

async fn confirm(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Path(id): Path<AccountId>,
) -> Result<DeletePage> {
    let account = own(&app, &user, id).await?;
    let counts = queries::entries::counts_of(&app.db, user.id, id).await?;
    let book = book(&app, &user, ui.today).await?;
    let balance = book
        .figures
        .account(id)
        .map(AccountFigures::balance)
        .unwrap_or_default();
    Ok(DeletePage {
        ui,
        account,
        balance,
        entries: counts.entries,
        transfers: counts.transfers,
    })
}

async fn delete(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Path(id): Path<AccountId>,
    Form(_, submission): Form<Blank>,
) -> Result<Response> {
    let saved = service::delete_account(&app, user.id, &submission, id).await?;
    finish(&app, &ui, saved, "Account deleted.", "/accounts")
}

#[derive(Template, WebTemplate)]
#[template(path = "bankroll/accounts/order.html")]
struct OrderPage {
    ui: Ui,
    accounts: Vec<Account>,
}

async fn order(State(app): State<App>, user: User, ui: Ui) -> Result<OrderPage> {
    let mut accounts = queries::accounts::all(&app.db, user.id).await?;
    accounts.retain(|account| !account.is_archived());
    Ok(OrderPage { ui, accounts })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OrderForm {
    order: Vec<String>,
    /// `up:ID` or `down:ID`: the button that was pressed, without scripts.
    #[serde(rename = "move")]
    moved: String,
}

impl OrderForm {
    /// The keys in the order that is meant.
    fn read(&self) -> Vec<AccountId> {
        let mut order: Vec<AccountId> = self
            .order
            .iter()
            .filter_map(|id| Uuid::parse_str(id).ok())
            .map(AccountId)
            .collect();
        if let Some((way, id)) = self.moved.split_once(':')
            && let Some(at) = order.iter().position(|other| other.to_string() == id)
        {
            let to = if way == "up" {
                at.checked_sub(1)
            } else {
                Some(at + 1)
            };
            if let Some(to) = to.filter(|to| *to < order.len()) {
                order.swap(at, to);
            }
        }
        order
    }
}

async fn reorder(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Form(form, submission): Form<OrderForm>,
) -> Result<Response> {
    let order = form.read();
    let to = if form.moved.is_empty() {
        "/accounts"
    } else {
        "/accounts/order"
    };
    let saved = service::reorder_accounts(&app, user.id, &submission, &order).await?;
    finish(&app, &ui, saved, "Order saved.", to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_moves_one_account_by_one_place() {
        let ids: Vec<AccountId> = (0..3).map(|_| AccountId::random()).collect();
        let order = ids.iter().map(ToString::to_string).collect::<Vec<_>>();
        let read = |moved: String| {
            OrderForm {
                order: order.clone(),
                moved,
            }
            .read()
        };
        assert_eq!(read(String::new()), ids);
        assert_eq!(read(format!("up:{}", ids[1])), [ids[1], ids[0], ids[2]]);
        assert_eq!(read(format!("down:{}", ids[1])), [ids[0], ids[2], ids[1]]);
        assert_eq!(read(format!("up:{}", ids[0])), ids);
        assert_eq!(read(format!("down:{}", ids[2])), ids);
    }
}
