//! `/again`: a form that could not be taken before its sender had logged in, offered to them afterwards.

use std::collections::BTreeMap;

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use uuid::Uuid;

use crate::app::App;
use crate::web::errors::Names;
use crate::web::form::Blank;
use crate::web::next::Next;
use crate::web::{Form, Kept, Ui, User, errors, kept};

pub fn router() -> Router<App> {
    Router::new().route("/again", get(show).post(discard))
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/again.html")]
struct AgainPage {
    ui: Ui,
    kept: Kept,
    names: BTreeMap<Uuid, String>,
}

impl AgainPage {
    fn typed(&self) -> Vec<(String, String)> {
        errors::typed(&self.kept.fields, &self.names)
    }
}

async fn show(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Extension(names): Extension<Names>,
    headers: HeaderMap,
) -> Response {
    let Some(kept) = Kept::of(&app, &headers, user.id) else {
        return Redirect::to("/dashboard").into_response();
    };
    let names = names.in_form(&app, user.id, &kept.fields).await;
    AgainPage { ui, kept, names }.into_response()
}

/// Throws it away.
async fn discard(
    State(app): State<App>,
    user: User,
    headers: HeaderMap,
    _: Form<Blank>,
) -> Response {
    let from = Kept::of(&app, &headers, user.id).map(|kept| kept.from);
    let from = Next::from(from.unwrap_or_default());
    (kept::forget(&app), Redirect::to(from.path())).into_response()
}
