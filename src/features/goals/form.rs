//! `/goals/new` and `/goals/{id}`: what is wanted, and by when.

use std::sync::Arc;

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{Months, NaiveDate};
use serde::Deserialize;

use super::archive::{MOST_GOALS, NAME_LENGTH};
use super::goal::{Aim, Goal, Kind};
use super::progress::{is_sure_on, value_on};
use super::service::{self, Saved};
use super::status::{DonePage, own};
use crate::app::App;
use crate::error::{Error, Result};
use crate::features::bankroll::{self, Book};
use crate::ids::{AccountId, GoalId};
use crate::money::Currency;
use crate::text;
use crate::web::form::Parsed;
use crate::web::format::isolated;
use crate::web::{Field, Flash, Form, Path, Ui, User, parse, ui};

pub fn router() -> Router<App> {
    Router::new()
        .route("/goals/new", get(new).post(create))
        .route("/goals/{id}", get(edit).post(update))
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct GoalForm {
    kind: Field,
    account: Field,
    target: Field,
    currency: Field,
    since: Field,
    due: Field,
    name: Field,
    version: String,
}

impl GoalForm {
    /// What a person typed, by the fields' names.
    fn typed(&self) -> Vec<(&'static str, String)> {
        [
            ("kind", &self.kind),
            ("account", &self.account),
            ("target", &self.target),
            ("currency", &self.currency),
            ("since", &self.since),
            ("due", &self.due),
            ("name", &self.name),
        ]
        .map(|(name, field)| (name, field.text.clone()))
        .into()
    }

    fn of(goal: &Goal, ui: &Ui) -> Self {
        let aim = &goal.aim;
        let day = |day: NaiveDate| Field::filled(day.to_string());
        // A field cannot hide what stands in it.
        let target = ui.numbers.for_input(aim.target, aim.currency);
        Self {
            kind: Field::filled(aim.kind.as_str()),
            account: aim
                .account
                .map_or_else(Field::default, |id| Field::filled(id.to_string())),
            target: if ui.numbers.hidden {
                Field::default()
            } else {
                Field::filled(target)
            },
            currency: Field::filled(aim.currency.code()),
            since: aim.since.map(day).unwrap_or_default(),
            due: day(aim.due_on),
            name: Field::filled(aim.name.as_str()),
            version: goal.version.to_string(),
        }
    }

    /// `before` is the goal that is edited. A day that is over is taken only where it stood already.
    fn read(&mut self, ui: &Ui, book: &Book, before: Option<&Goal>) -> Option<Aim> {
        let kind = self.kind.read(|text| {
            text.parse::<Kind>()
                .map_err(|()| "Choose what it is about.".into())
        });
        let account = match kind {
            Some(Kind::Account) => self
                .account
                .read(|text| account(text, book, before))
                .map(Some),
            _ => Some(None),
        };
        let currency = self.currency.read(parse::currency);
        let target = match before {
            // Amounts are hidden: an empty field keeps the target.
            Some(goal) if ui.numbers.hidden && self.target.text.trim().is_empty() => {
                Some(goal.aim.target)
            }
            _ => self
                .target
                .read(|text| parse::positive(text, ui.numbers.format, currency)),
        };
        let since = match kind {
            Some(Kind::Profit) => self.since.read(|text| since(text, ui)),
            _ => Some(None),
        };
        let due_on = self.due.read(|text| match parse::date(text)? {
            day if day < ui.today && before.is_none_or(|goal| goal.aim.due_on != day) => {
                Err("This day is over. Choose today or a later day.".into())
            }
            day => Ok(day),
        });
        let name = self
            .name
            .read(|text| Ok(text::optional_name(text, NAME_LENGTH)?));
        let aim = Aim {
            kind: kind?,
            account: account?,
            name: name?,
            target: target?,
            currency: currency?,
            since: since?,
            due_on: due_on?,
        };
        self.is_ahead(&aim, ui, book, before).then_some(aim)
    }

    /// A goal that is surely reached already is none. One that only gets another name or day stays what it is.
    fn is_ahead(&mut self, aim: &Aim, ui: &Ui, book: &Book, before: Option<&Goal>) -> bool {
        let is_known = before.is_some_and(|goal| goal.aim.is_same_mark(aim));
        let now = value_on(aim, &book.figures, ui.today);
        match now {
            Ok(now)
                if now >= aim.target && !is_known && is_sure_on(aim, &book.figures, ui.today) =>
            {
                let has = ui.full(now, aim.currency);
                let why = format!("You are there already: it is {has}. Type a higher amount.");
                self.target.refuse(why);
                false
            }
            _ => true,
        }
    }

    fn wrong(&self) -> Vec<(&'static str, &'static str)> {
        [
            ("kind", "Kind", &self.kind),
            ("account", "Account", &self.account),
            ("target", "Target", &self.target),
            ("currency", "Currency", &self.currency),
            ("since", "Count profit from", &self.since),
            ("due", "By", &self.due),
            ("name", "Name", &self.name),
        ]
        .into_iter()
        .filter(|(.., field)| field.error.is_some())
        .map(|(name, label, _)| (name, label))
        .collect()
    }
}

/// One of the user's accounts. The one that was chosen before may be gone.
fn account(text: &str, book: &Book, before: Option<&Goal>) -> Parsed<AccountId> {
    let id = AccountId(parse::id(text)?);
    if book.account(id).is_some() || before.is_some_and(|goal| goal.aim.account == Some(id)) {
        Ok(id)
    } else {
        Err("Choose one of your accounts.".into())
    }
}

fn since(text: &str, ui: &Ui) -> Parsed<Option<NaiveDate>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    match parse::date(text)? {
        day if day > ui.today => Err("Choose today or an earlier day.".into()),
        day => Ok(Some(day)),
    }
}

#[derive(Template, WebTemplate)]
#[template(path = "goals/form.html")]
struct FormPage {
    ui: Ui,
    form: GoalForm,
    edited: Option<(Goal, String)>,
    accounts: Vec<(String, String)>,
    currencies: Vec<(String, String)>,
}

impl FormPage {
    fn new(ui: Ui, form: GoalForm, book: &Book, edited: Option<Goal>) -> Self {
        let chosen = form.account.text.clone();
        let accounts = book
            .accounts
            .iter()
            .filter(|account| !account.is_archived() || account.id.to_string() == chosen)
            .map(|account| {
                let label = format!("{} · {}", isolated(&account.name), account.currency);
                (account.id.to_string(), label)
            });
        let mut accounts: Vec<(String, String)> = accounts.collect();
        let gone = edited.as_ref().and_then(|goal| goal.aim.account);
        if let Some(id) = gone.filter(|id| book.account(*id).is_none()) {
            accounts.push((id.to_string(), "A deleted account".to_owned()));
        }
        let label = |currency: Currency| format!("{} · {}", currency.code(), currency.name());
        Self {
            currencies: Currency::all()
                .map(|currency| (currency.code().to_owned(), label(currency)))
                .collect(),
            edited: edited.map(|goal| {
                let title = goal.title(book, ui.numbers);
                (goal, title)
            }),
            accounts,
            form,
            ui,
        }
    }

    /// What stands below the target, where its field cannot show it.
    fn target_help(&self) -> &'static str {
        if self.edited.is_some() && self.ui.numbers.hidden {
            "Hidden, like all amounts. Leave it empty to keep it."
        } else {
            ""
        }
    }

    fn title(&self) -> String {
        self.edited
            .as_ref()
            .map_or_else(|| "New goal".to_owned(), |(_, title)| title.clone())
    }
}

/// What a link to the form fills in, as the calculator's does.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Proposed {
    kind: String,
    account: String,
    target: String,
    currency: String,
    due: String,
}

async fn new(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Query(proposed): Query<Proposed>,
) -> Result<FormPage> {
    let book = bankroll::book(&app, &user, ui.today).await?;
    let or = |text: String, default: &str| {
        let is_empty = text.is_empty();
        Field::filled(if is_empty { default.to_owned() } else { text })
    };
    let due = ui.today.checked_add_months(Months::new(6));
    let form = GoalForm {
        kind: or(proposed.kind, Kind::Bankroll.as_str()),
        account: Field::filled(proposed.account),
        target: Field::filled(proposed.target),
        currency: or(proposed.currency, user.home.code()),
        since: Field::filled(ui.today.to_string()),
        due: or(proposed.due, &due.unwrap_or(ui.today).to_string()),
        ..GoalForm::default()
    };
    Ok(FormPage::new(ui, form, &book, None))
}

async fn create(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Form(mut form, submission): Form<GoalForm>,
) -> Result<Response> {
    let book = bankroll::book(&app, &user, ui.today).await?;
    let Some(aim) = form.read(&ui, &book, None) else {
        return Ok(ui::refused(FormPage::new(ui, form, &book, None)));
    };
    match service::add(&app, user.id, &submission, &aim, ui.today).await? {
        Saved::Done => Ok(Flash::success("Goal set.").then_go(&app, "/goals")),
        Saved::TooMany => {
            let why =
                format!("You have {MOST_GOALS} goals, and there can be no more. Delete one first.");
            form.name.refuse(why);
            Ok(ui::refused(FormPage::new(ui, form, &book, None)))
        }
    }
}

async fn edit(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Path(id): Path<GoalId>,
) -> Result<Response> {
    let goal = own(&app, &user, id).await?;
    let book: Arc<Book> = bankroll::book(&app, &user, ui.today).await?;
    if !goal.is_active() {
        return Ok(DonePage::new(ui, goal, &book).into_response());
    }
    let form = GoalForm::of(&goal, &ui);
    Ok(FormPage::new(ui, form, &book, Some(goal)).into_response())
}

async fn update(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Path(id): Path<GoalId>,
    Form(mut form, _): Form<GoalForm>,
) -> Result<Response> {
    let goal = own(&app, &user, id).await?;
    let book = bankroll::book(&app, &user, ui.today).await?;
    let Some(aim) = form.read(&ui, &book, Some(&goal)) else {
        return Ok(ui::refused(FormPage::new(ui, form, &book, Some(goal))));
    };
    let version = form.version.parse().unwrap_or_default();
    match service::edit(&app, user.id, &goal, version, &aim, ui.today).await {
        Err(Error::Changed(_)) => {
            let now = GoalForm::of(&own(&app, &user, id).await?, &ui);
            return Err(Error::Changed(now.typed()));
        }
        other => other?,
    }
    Ok(Flash::success("Goal changed.").then_go(&app, "/goals"))
}
