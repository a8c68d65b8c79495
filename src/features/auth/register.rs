//! `/register`

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::State;
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::oauth::Provider;
use super::passphrase::{self, Passphrase};
use super::password::{self, About};
use super::queries::{self, NewUser};
use super::tokens::{self, Purpose};
use super::{hashing, letters};
use crate::app::App;
use crate::config::Mail;
use crate::email;
use crate::error::{Error, Result, is_violation};
use crate::features::audit::{self, Action, Event};
use crate::jobs::{self, Job};
use crate::money::Currency;
use crate::web::form::Parsed;
use crate::web::limits::{self, limited};
use crate::web::{Caller, Field, Form, Ui, User, parse, ui};

pub fn router(app: &App) -> Router<App> {
    let register = get(show).post(create);
    Router::new()
        .route(
            "/register",
            limited(app, limits::REGISTER, Method::POST, register),
        )
        .route("/register/sent", get(sent))
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

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RegisterForm {
    name: Field,
    email: Field,
    password: Field,
    home: Field,
    /// Proposed by the browser; UTC without scripts, and to be changed in the settings.
    time_zone: Field,
    /// Not empty if the button for a passphrase was pressed.
    propose: String,
}

/// A form that was filled in right.
struct Registration {
    name: String,
    email: String,
    password: String,
    home: Currency,
    zone: Tz,
}

impl RegisterForm {
    /// The password has been looked at before: that takes longer than a handler may.
    fn read(&mut self, password: Parsed<String>) -> Option<Registration> {
        let name = self.name.read(|text| parse::name(text, 50));
        let email = self.email.read(parse::email);
        let password = self.password.read(|_| password);
        let home = self.home.read(home_currency);
        let zone = self.time_zone.read(parse::time_zone).unwrap_or(Tz::UTC);
        Some(Registration {
            name: name?,
            email: email?,
            password: password?,
            home: home?,
            zone,
        })
    }

    fn wrong(&self) -> Vec<(&'static str, &'static str)> {
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

impl RegisterPage {
    fn new(app: &App, ui: Ui, form: RegisterForm) -> Self {
        let currencies = Currency::homes()
            .map(|c| (c.code().to_owned(), format!("{} · {}", c.code(), c.name())));
        Self {
            ui,
            form,
            proposal: None,
            currencies: currencies.collect(),
            providers: Provider::offered(app),
        }
    }
}

async fn show(State(app): State<App>, user: Option<User>, ui: Ui) -> Response {
    if user.is_some() {
        return Redirect::to("/dashboard").into_response();
    }
    RegisterPage::new(
        &app,
        ui,
        RegisterForm {
            home: Field::filled("EUR"),
            ..RegisterForm::default()
        },
    )
    .into_response()
}

async fn create(
    State(app): State<App>,
    ui: Ui,
    caller: Caller,
    Form(mut form, _): Form<RegisterForm>,
) -> Result<Response> {
    let typed = std::mem::take(&mut form.password.text);
    if !form.propose.is_empty() {
        let proposal = Some(passphrase::propose()?);
        let page = RegisterPage::new(&app, ui, form);
        return Ok(ui::html(RegisterPage { proposal, ..page }));
    }
    let about = About {
        email: &form.email.text,
        name: &form.name.text,
    };
    let password = password::new_password(&app, &typed, about).await?;
    let read = form.read(password);
    let Some(new) = read else {
        return Ok(ui::refused(RegisterPage::new(&app, ui, form)));
    };
    let hash = hashing::hash(&app, new.password).await?;
    let mut tx = app.db.begin().await?;
    let inserted = queries::insert_user(
        &mut *tx,
        &NewUser {
            email: &new.email,
            name: &new.name,
            password_hash: Some(&hash),
            home: new.home,
            time_zone: new.zone.name(),
            is_demo: false,
            confirmed_at: None,
        },
    )
    .await;
    match inserted {
        Ok(id) => {
            let event = Event::own(Action::Registered, id);
            audit::record(&app, &mut *tx, &caller, event).await?;
        }
        // Whoever sends the form must not learn whether there is such a user: the mail tells only the owner.
        Err(error) if is_violation(&error, "users_email_key") => {
            tx.rollback().await?;
            tx = app.db.begin().await?;
        }
        Err(error) => return Err(error.into()),
    }
    let job = Greet { email: new.email };
    jobs::enqueue(&app, &mut tx, job).await?;
    tx.commit().await?;
    Ok(Redirect::to("/register/sent").into_response())
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/mail_sent.html")]
struct SentPage {
    ui: Ui,
    title: &'static str,
    text: &'static str,
    folder: Option<String>,
}

async fn sent(State(app): State<App>, ui: Ui) -> SentPage {
    SentPage {
        ui,
        title: "Check your mail",
        text: "We have sent you a link. Open it to confirm that the address is yours, then log in.",
        folder: mail_folder(&app),
    }
}

/// Where mail goes that leaves this machine nowhere: only its owner gets to see this.
pub fn mail_folder(app: &App) -> Option<String> {
    match &app.config.mail {
        Mail::Folder(folder) if app.config.is_private() => Some(folder.display().to_string()),
        _ => None,
    }
}

/// Writes to somebody who opened an account, or tried to open a second one.
#[derive(Serialize, Deserialize)]
pub struct Greet {
    pub email: String,
}

impl Job for Greet {
    const NAME: &'static str = "greet";

    async fn run(self, app: App) -> anyhow::Result<()> {
        let mut tx = app.db.begin().await?;
        let Some(person) = queries::person_at(&mut *tx, &self.email).await? else {
            return Ok(());
        };
        let purpose = if person.is_confirmed {
            Purpose::Notice
        } else {
            Purpose::Confirm
        };
        let token = tokens::issue(&app, &mut tx, person.id, purpose, &person.email).await;
        if let Some(token) = token.map_err(Error::into_anyhow)? {
            let letter = if person.is_confirmed {
                letters::known_already(&app)
            } else {
                letters::confirm(&app, &token)
            };
            let until = Some(app.now() + purpose.life());
            email::send(&app, &mut tx, &person.email, &letter, until)
                .await
                .map_err(Error::into_anyhow)?;
        }
        tx.commit().await?;
        Ok(())
    }
}
