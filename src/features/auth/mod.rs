//! Who is who: registering, signing in and out, here and with accounts elsewhere.

mod confirm;
mod forgot;
mod hashing;
mod letters;
mod links;
mod login;
mod oauth;
mod queries;
mod register;
mod sign_in;
mod sudo;
mod tokens;

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

pub use forgot::SendReset;
pub use oauth::{IdentityCard, identity_card};
pub use queries::{NewUser, demo_user, insert_user};
pub use register::Greet;

/// `/login`, `/register`, `/logout`, `/confirm`, `/password`, `/sudo`, `/auth`, `/settings/security/identities`.
pub fn router() -> Router<App> {
    Router::new()
        .merge(confirm::router())
        .merge(forgot::router())
        .merge(login::router())
        .merge(oauth::router())
        .merge(register::router())
        .merge(sudo::router())
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

/// Removes links that have long been over, and visits to providers that nobody came back from.
pub async fn sweep(app: &App, now: DateTime<Utc>) -> Result<()> {
    queries::tokens::forget(&app.db, now).await?;
    queries::identities::forget_flows(&app.db, now).await?;
    Ok(())
}
