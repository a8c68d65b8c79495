//! `/login`

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::{hashing, queries};
use crate::app::App;
use crate::error::{Error, Result};
use crate::web::form::Blank;
use crate::web::session::{self, safe_next};
use crate::web::{Field, Form, Ui, User, ui};

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
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LoginForm {
    email: Field,
    password: Field,
    next: String,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Next {
    next: String,
}

async fn show(user: Option<User>, ui: Ui, Query(Next { next }): Query<Next>) -> Response {
    if user.is_some() {
        return Redirect::to(safe_next(&next)).into_response();
    }
    LoginPage {
        ui,
        form: LoginForm {
            next,
            ..LoginForm::default()
        },
    }
    .into_response()
}

async fn create(
    State(app): State<App>,
    ui: Ui,
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
    let (id, hash) = known.map(|known| (known.id, known.password_hash)).unzip();
    let outcome = hashing::verify(&app, password, hash.flatten()).await?;
    let (Some(id), true) = (id, outcome.matches) else {
        form.password
            .refuse("E-mail and password do not go together. Check both and try again.");
        return Ok(ui::refused(LoginPage { ui, form }));
    };
    if let Some(rehashed) = outcome.rehashed {
        queries::set_password_hash(&app.db, id, &rehashed).await?;
    }
    let jar = session::start(&app, id, &headers).await?;
    Ok((jar, Redirect::to(safe_next(&form.next))).into_response())
}

/// Signs in as the demo user, where that is offered.
async fn demo(State(app): State<App>, headers: HeaderMap, _: Form<Blank>) -> Result<Response> {
    if !app.config.demo {
        return Err(Error::NotFound);
    }
    let id = queries::demo_user(&app.db).await?.ok_or(Error::NotFound)?;
    let jar = session::start(&app, id, &headers).await?;
    Ok((jar, Redirect::to("/dashboard")).into_response())
}
