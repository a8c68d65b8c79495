//! `/register`: somebody wants to open an account.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use chrono_tz::Tz;
use serde::Deserialize;

use super::hashing;
use super::mail_limits::Asker;
use super::oauth::Provider;
use super::passphrase::{self, Passphrase};
use super::password::{self, About};
use super::registrations::{self, Wish};
use crate::app::App;
use crate::config::Mail;
use crate::error::Result;
use crate::money::Currency;
use crate::text;
use crate::web::client::Client;
use crate::web::form::{Blank, Parsed};
use crate::web::limits::{self, limited};
use crate::web::{Field, Flash, Form, Ui, User, parse, ui};

/// Where somebody is told to look into their mail.
pub const SENT: &str = "/register/sent";

pub fn router(app: &App) -> Router<App> {
    let register = get(show).post(create);
    Router::new()
        .route(
            "/register",
            limited(app, limits::REGISTER, Method::POST, register),
        )
        .route(SENT, get(sent))
        .route(
            "/register/again",
            limited(app, limits::REGISTER, Method::POST, post(send_again)),
        )
        .route(
            "/register/address",
            limited(app, limits::REGISTER, Method::POST, post(change_address)),
        )
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/register.html")]
struct RegisterPage {
    ui: Ui,
    form: RegisterForm,
    proposal: Option<Passphrase>,
    currencies: Vec<(String, String)>,
    providers: Vec<Provider>,
}

/// What is asked of somebody who wants an account.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RegisterForm {
    pub name: Field,
    pub email: Field,
    pub password: Field,
    pub home: Field,
    /// Proposed by the browser; UTC without scripts, and to be changed in the settings.
    pub time_zone: Field,
    /// Not empty if the button for a passphrase was pressed.
    pub propose: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    email: String,
}

/// A form that was filled in right.
pub struct Filled {
    pub name: String,
    pub email: String,
    pub password: String,
    pub home: Currency,
    pub zone: Tz,
}

impl RegisterForm {
    /// What is in the form, with the password that was taken out of it.
    pub async fn read(&mut self, app: &App, password: &str) -> Result<Option<Filled>> {
        let about = About {
            email: &self.email.text,
            name: &self.name.text,
        };
        // Looking at a password takes longer than a handler may.
        let password = password::new_password(app, password, about).await?;
        Ok(self.filled(password))
    }

    fn filled(&mut self, password: Parsed<String>) -> Option<Filled> {
        let name = self.name.read(|text| Ok(text::name(text, 50)?));
        let email = self.email.read(parse::email);
        let password = self.password.read(|_| password);
        let home = self.home.read(home_currency);
        let zone = self.time_zone.read(parse::time_zone).unwrap_or(Tz::UTC);
        Some(Filled {
            name: name?,
            email: email?,
            password: password?,
            home: home?,
            zone,
        })
    }

    pub fn wrong(&self) -> Vec<(&'static str, &'static str)> {
        [
            ("name", "Name", &self.name),
            ("email", "E-mail", &self.email),
            ("password", "Password", &self.password),
            ("home", "Home currency", &self.home),
        ]
        .into_iter()
        .filter(|(.., field)| field.error.is_some())
        .map(|(name, label, _)| (name, label))
        .collect()
    }
}

fn home_currency(text: &str) -> Parsed<Currency> {
    parse::currency(text).and_then(|currency| {
        if currency.can_be_home() {
            Ok(currency)
        } else {
            Err("Choose a currency from the list.".into())
        }
    })
}

/// What a home currency is chosen from, with its name.
pub fn home_currencies() -> Vec<(String, String)> {
    Currency::homes()
        .map(|c| (c.code().to_owned(), format!("{} · {}", c.code(), c.name())))
        .collect()
}

impl RegisterPage {
    fn new(app: &App, ui: Ui, form: RegisterForm) -> Self {
        Self {
            ui,
            form,
            proposal: None,
            currencies: home_currencies(),
            providers: Provider::offered(app),
        }
    }
}

async fn show(
    State(app): State<App>,
    user: Option<User>,
    ui: Ui,
    Query(Asked { email }): Query<Asked>,
) -> Response {
    if user.is_some() {
        return Redirect::to("/dashboard").into_response();
    }
    let form = RegisterForm {
        email: Field::filled(email),
        home: Field::filled("EUR"),
        ..RegisterForm::default()
    };
    RegisterPage::new(&app, ui, form).into_response()
}

async fn create(
    State(app): State<App>,
    ui: Ui,
    Extension(client): Extension<Client>,
    Form(mut form, _): Form<RegisterForm>,
) -> Result<Response> {
    let typed = std::mem::take(&mut form.password.text);
    if !form.propose.is_empty() {
        let proposal = Some(passphrase::propose()?);
        let page = RegisterPage::new(&app, ui, form);
        return Ok(ui::html(RegisterPage { proposal, ..page }));
    }
    let Some(new) = form.read(&app, &typed).await? else {
        return Ok(ui::refused(RegisterPage::new(&app, ui, form)));
    };
    let hash = hashing::hash(&app, new.password).await?;
    let wish = Wish {
        email: &new.email,
        name: &new.name,
        password_hash: Some(&hash),
        identity: None,
        home: new.home,
        time_zone: new.zone.name(),
    };
    let jar = registrations::begin(&app, Asker::visitor(client), &wish).await?;
    Ok((jar, Redirect::to(SENT)).into_response())
}

/// Says the same whether or not somebody has the address: only its owner is told, by mail.
#[derive(Template, WebTemplate)]
#[template(path = "auth/register_sent.html")]
struct SentPage {
    ui: Ui,
    /// Where the mail went. `None` in a browser that has not registered, or whose registration is over.
    email: Option<String>,
    form: AddressForm,
    folder: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AddressForm {
    email: Field,
}

impl SentPage {
    fn new(app: &App, ui: Ui, email: Option<String>, form: AddressForm) -> Self {
        Self {
            ui,
            email,
            form,
            folder: mail_folder(app),
        }
    }
}

async fn sent(State(app): State<App>, ui: Ui, headers: HeaderMap) -> Result<SentPage> {
    let begun = registrations::of_browser(&app, &headers).await?;
    let email = begun.map(|begun| begun.email);
    Ok(SentPage::new(&app, ui, email, AddressForm::default()))
}

async fn send_again(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    _: Form<Blank>,
) -> Result<Response> {
    if let Some(begun) = registrations::of_browser(&app, &headers).await? {
        registrations::send_again(&app, &begun, None, Asker::visitor(client)).await?;
    }
    Ok(Flash::success("Mail sent.")
        .detail("Only the newest link works. More than a few in an hour are not sent.")
        .then_go(&app, SENT))
}

/// A typing mistake in the address is put right.
async fn change_address(
    State(app): State<App>,
    ui: Ui,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Form(mut form, _): Form<AddressForm>,
) -> Result<Response> {
    let begun = registrations::of_browser(&app, &headers).await?;
    let Some(email) = form.email.read(parse::email) else {
        let sent_to = begun.map(|begun| begun.email);
        return Ok(ui::refused(SentPage::new(&app, ui, sent_to, form)));
    };
    let Some(begun) = begun else {
        let email: String = form_urlencoded::byte_serialize(email.as_bytes()).collect();
        return Ok(Redirect::to(&format!("/register?email={email}")).into_response());
    };
    registrations::send_again(&app, &begun, Some(&email), Asker::visitor(client)).await?;
    Ok(Flash::success("Mail sent.").then_go(&app, SENT))
}

/// Where mail goes that leaves this machine nowhere: only its owner gets to see this.
pub fn mail_folder(app: &App) -> Option<String> {
    match &app.config.mail {
        Mail::Folder(folder) if app.config.is_private() => Some(folder.display().to_string()),
        _ => None,
    }
}
