//! `/sudo`: what could cost somebody their account asks once more who they are.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{Extensions, Method as Verb};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

use super::{hashing, queries};
use crate::app::App;
use crate::error::Result;
use crate::features::audit::{self, Action, Event};
use crate::web::limits::{self, limited};
use crate::web::session::{self, Method, safe_next};
use crate::web::{Caller, Field, Form, Ui, User, ui};

pub fn router(app: &App) -> Router<App> {
    let sudo = get(show).post(create);
    Router::new().route("/sudo", limited(app, limits::LOGIN, Verb::POST, sudo))
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/sudo.html")]
struct SudoPage {
    ui: Ui,
    email: String,
    form: SudoForm,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SudoForm {
    password: Field,
    next: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Next {
    next: String,
}

async fn show(user: User, ui: Ui, Query(Next { next }): Query<Next>) -> SudoPage {
    SudoPage {
        ui,
        email: user.email.clone(),
        form: SudoForm {
            next,
            ..SudoForm::default()
        },
    }
}

async fn create(
    State(app): State<App>,
    user: User,
    ui: Ui,
    caller: Caller,
    extensions: Extensions,
    Form(mut form, _): Form<SudoForm>,
) -> Result<Response> {
    let password = std::mem::take(&mut form.password.text);
    let known = queries::person(&app.db, user.id).await?;
    if !hashing::verify(&app, password, known.password_hash)
        .await?
        .matches
    {
        let event = Event::own(Action::SignInFailed, user.id);
        audit::record(&app, &app.db, &caller, event).await?;
        form.password
            .refuse("This is not your password. Try again.");
        let email = user.email.clone();
        return Ok(ui::refused(SudoPage { ui, email, form }));
    }
    let jar = session::renew(&app, &extensions, Method::Password).await?;
    let event = Event::own(Action::Reauthenticated, user.id);
    audit::record(&app, &app.db, &caller, event).await?;
    Ok((jar, Redirect::to(safe_next(&form.next))).into_response())
}
