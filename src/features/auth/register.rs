//! `/register`

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use chrono_tz::Tz;
use serde::Deserialize;

use super::hashing;
use super::queries::{self, NewUser};
use crate::app::App;
use crate::error::{Result, is_violation};
use crate::money::Currency;
use crate::web::{Field, Form, Ui, User, parse, session, ui};

pub fn router() -> Router<App> {
    Router::new().route("/register", get(show).post(create))
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/register.html")]
struct RegisterPage {
    ui: Ui,
    form: RegisterForm,
    currencies: Vec<(String, String)>,
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
    fn read(&mut self) -> Option<Registration> {
        let name = self.name.read(|text| parse::line(text, 50));
        let email = self.email.read(parse::email);
        let password = self.password.read(hashing::new_password);
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

fn home_currency(text: &str) -> crate::web::form::Parsed<Currency> {
    parse::currency(text).and_then(|currency| {
        if currency.can_be_home() {
            Ok(currency)
        } else {
            Err("Choose a currency from the list.".into())
        }
    })
}

impl RegisterPage {
    fn new(ui: Ui, form: RegisterForm) -> Self {
        let currencies = Currency::homes()
            .map(|c| (c.code().to_owned(), format!("{} · {}", c.code(), c.name())));
        Self {
            ui,
            form,
            currencies: currencies.collect(),
        }
    }
}

async fn show(user: Option<User>, ui: Ui) -> Response {
    if user.is_some() {
        return Redirect::to("/dashboard").into_response();
    }
    RegisterPage::new(
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
    headers: HeaderMap,
    Form(mut form, _): Form<RegisterForm>,
) -> Result<Response> {
    let read = form.read();
    form.password.text.clear();
    let Some(new) = read else {
        return Ok(ui::refused(RegisterPage::new(ui, form)));
    };
    let hash = hashing::hash(&app, new.password).await?;
    let inserted = queries::insert_user(
        &app.db,
        &NewUser {
            email: &new.email,
            name: &new.name,
            password_hash: Some(&hash),
            home: new.home,
            time_zone: new.zone.name(),
            is_demo: false,
        },
    )
    .await;
    let id = match inserted {
        Ok(id) => id,
        Err(error) if is_violation(&error, "users_email_key") => {
            form.email
                .refuse("There is an account with this address already. Log in instead.");
            return Ok(ui::refused(RegisterPage::new(ui, form)));
        }
        Err(error) => return Err(error.into()),
    };
    let jar = session::start(&app, id, &headers).await?;
    Ok((jar, Redirect::to("/dashboard")).into_response())
}
