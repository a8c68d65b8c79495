//! `/login`

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::oauth::{Provider, Told};
use super::sign_in::{Person, sign_in};
use super::{hashing, queries};
use crate::app::App;
use crate::error::{Error, Result};
use crate::features::audit::{self, Action, Event};
use crate::web::form::Blank;
use crate::web::session::{Method, safe_next};
use crate::web::{Caller, Field, Form, Ui, User, ui};

pub fn router() -> Router<App> {
    Router::new()
        .route("/login", get(show).post(create))
        .route("/login/demo", post(demo))
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/login.html")]
struct LoginPage {
    ui: Ui,
    form: LoginForm,
    providers: Vec<Provider>,
    /// Why signing in with one of them came to nothing.
    problem: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LoginForm {
    email: Field,
    password: Field,
    /// `on` to stay signed in on this device.
    remember: String,
    next: String,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Next {
    next: String,
}

async fn show(
    State(app): State<App>,
    user: Option<User>,
    ui: Ui,
    Query(Next { next }): Query<Next>,
    Query(told): Query<Told>,
) -> Response {
    if user.is_some() {
        return Redirect::to(safe_next(&next)).into_response();
    }
    LoginPage {
        ui,
        form: LoginForm {
            next,
            ..LoginForm::default()
        },
        providers: Provider::offered(&app),
        problem: told.sentence(),
    }
    .into_response()
}

async fn create(
    State(app): State<App>,
    ui: Ui,
    caller: Caller,
    headers: HeaderMap,
    Form(mut form, _): Form<LoginForm>,
) -> Result<Response> {
    let password = std::mem::take(&mut form.password.text);
    let email = form.email.text.trim();
    // A NUL cannot be in the database, nor in anybody's address.
    let known = if email.contains('\0') {
        None
    } else {
        queries::credentials(&app.db, email).await?
    };
    let (user, hash) = known
        .map(|known| ((known.id, known.is_disabled), known.password_hash))
        .unzip();
    let outcome = hashing::verify(&app, password, hash.flatten()).await?;
    // A closed account answers like a wrong password, to whoever does not own it.
    let (Some((id, false)), true) = (user, outcome.matches) else {
        if let Some((id, _)) = user {
            let event = Event::own(Action::SignInFailed, id).by(None);
            audit::record(&app, &app.db, &caller, event).await?;
        }
        form.password
            .refuse("E-mail and password do not go together. Check both and try again.");
        return Ok(ui::refused(LoginPage {
            ui,
            form,
            providers: Provider::offered(&app),
            problem: None,
        }));
    };
    if let Some(rehashed) = outcome.rehashed {
        queries::set_password_hash(&app.db, id, &rehashed).await?;
    }
    let person = Person {
        user: id,
        method: Method::Password,
        remember: form.remember == "on",
        next: &form.next,
    };
    sign_in(&app, &caller, &headers, &person).await
}

/// Signs in as the demo user, where that is offered.
async fn demo(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    _: Form<Blank>,
) -> Result<Response> {
    if !app.config.demo {
        return Err(Error::NotFound);
    }
    let id = queries::demo_user(&app.db).await?.ok_or(Error::NotFound)?;
    let person = Person {
        user: id,
        method: Method::Demo,
        remember: false,
        next: "/dashboard",
    };
    sign_in(&app, &caller, &headers, &person).await
}
