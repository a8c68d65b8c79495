//! Passkeys: a key pair on a device, which a finger, a face or a number unlocks. One is two factors by itself.
//!
//! It does not switch a second step on for passwords: whoever loses their only passkey would be locked out, because
//! recovery codes belong to the codes from an app. Administrators reach the administration with one, as with a code.

mod ceremony;
mod settings;

use axum::Router;
use axum::extract::State;
use axum::http::{Extensions, Method as Verb};
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use crate::app::App;
use crate::error::Result;
use crate::web::form::Blank;
use crate::web::limits::{self, limited};
use crate::web::session::HalfWay;
use crate::web::{Form, User};

use super::queries::passkeys as queries;
use crate::ids::UserId;

pub use ceremony::check;

pub fn router(app: &App) -> Router<App> {
    let ask = limited(app, limits::LOGIN, Verb::POST, post(ask));
    Router::new()
        .route("/login/passkey", ask)
        .merge(settings::router())
}

/// A challenge for whoever asks: somebody who logs in, who is half way there, or who is to show again that it is them.
async fn ask(
    State(app): State<App>,
    user: Option<User>,
    extensions: Extensions,
    _: Form<Blank>,
) -> Result<Response> {
    let half_way = extensions.get::<HalfWay>().map(|user| user.id);
    let whose = user.map(|user| user.id).or(half_way);
    Ok(ceremony::ask(&app, whose).await?.into_response())
}

/// Whether a user can show a passkey here.
pub async fn can_show(app: &App, user: UserId) -> Result<bool> {
    Ok(app.passkeys.is_some() && queries::count(&app.db, user, None).await? > 0)
}
