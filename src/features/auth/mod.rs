//! Who is who: registering, signing in and out.

mod blocklist;
mod confirm;
mod forgot;
mod hashing;
mod letters;
mod links;
mod login;
mod passphrase;
mod password;
mod queries;
mod register;
mod second_factor;
mod sign_in;
mod strength;
mod sudo;
mod throttle;
mod tokens;
mod totp;
mod totp_settings;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use chrono::{DateTime, Utc};
use sqlx::PgPool;

use crate::app::App;
use crate::error::Result;
use crate::features::audit::{self, Action, Event};
use crate::web::form::Blank;
use crate::web::{Caller, Form, Ui, session};

pub use blocklist::prepare;
pub use forgot::SendReset;
pub use passphrase::{Passphrase, propose as propose_passphrase};
pub use password::{About, new_password};
pub use queries::{NewUser, demo_user, insert_user};
pub use register::Greet;

/// `/login`, `/register`, `/logout`, `/login/2fa`, `/confirm`, `/password`, `/sudo`, `/settings/security/totp`.
pub fn router(app: &App) -> Router<App> {
    Router::new()
        .merge(confirm::router())
        .merge(forgot::router(app))
        .merge(login::router(app))
        .merge(register::router(app))
        .merge(sudo::router(app))
        .merge(second_factor::router())
        .merge(strength::router(app))
        .merge(totp_settings::router())
        .route("/logout", post(logout))
}

/// Ends the session. What the browser keeps of our pages goes with it.
async fn logout(
    State(app): State<App>,
    ui: Ui,
    caller: Caller,
    headers: HeaderMap,
    _: Form<Blank>,
) -> Result<Response> {
    if let Some(viewer) = &ui.viewer {
        let event = Event::own(Action::SignedOut, viewer.id);
        audit::record(&app, &app.db, &caller, event).await?;
    }
    let jar = session::end(&app, &headers).await?;
    Ok((
        [("clear-site-data", "\"cache\", \"storage\"")],
        jar,
        Redirect::to("/"),
    )
        .into_response())
}

/// Makes a user an admin. Returns whether there is a user with that address.
pub async fn grant_admin(db: &PgPool, email: &str) -> anyhow::Result<bool> {
    Ok(queries::set_role(db, email, "admin").await? > 0)
}

/// Removes links and counters that have long been over.
pub async fn sweep(app: &App, now: DateTime<Utc>) -> Result<()> {
    queries::attempts::forget(&app.db, now).await?;
    Ok(queries::tokens::forget(&app.db, now).await?)
}
