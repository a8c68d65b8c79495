//! Passkeys: a key pair on a device, which a finger, a face or a number unlocks. One is two factors by itself.
//!
//! It does not switch a second step on for passwords: whoever loses their only passkey would be locked out, because
//! recovery codes belong to the codes from an app. Administrators reach the administration with one, as with a code.

mod ceremony;
mod settings;

use axum::Router;
use axum::extract::State;
use axum::http::Method as Verb;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};

use super::queries::passkeys as queries;
use crate::app::App;
use crate::error::Result;
use crate::ids::UserId;
use crate::web::form::Blank;
use crate::web::limits::{self, limited};
use crate::web::session::HalfWay;
use crate::web::{Form, User};

pub use ceremony::check;

pub fn router(app: &App) -> Router<App> {
    let limited = |ask: MethodRouter<App>| limited(app, limits::LOGIN, Verb::POST, ask);
    Router::new()
        .route("/login/passkey", limited(post(ask_anybody)))
        .route("/login/2fa/passkey", limited(post(ask_half_way)))
        .route("/sudo/passkey", limited(post(ask_again)))
        .merge(settings::router())
}

/// The challenge of the login page. Who was half way there may begin anew, with another user's passkey.
async fn ask_anybody(State(app): State<App>, _: Form<Blank>) -> Result<Response> {
    Ok(ceremony::ask(&app, None).await?.into_response())
}

async fn ask_half_way(State(app): State<App>, user: HalfWay, _: Form<Blank>) -> Result<Response> {
    Ok(ceremony::ask(&app, Some(user.id)).await?.into_response())
}

async fn ask_again(State(app): State<App>, user: User, _: Form<Blank>) -> Result<Response> {
    Ok(ceremony::ask(&app, Some(user.id)).await?.into_response())
}

/// Whether a user can show a passkey here.
pub async fn can_show(app: &App, user: UserId) -> Result<bool> {
    Ok(app.passkeys.is_some() && queries::count(&app.db, user, None).await? > 0)
}
