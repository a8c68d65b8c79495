//! Who is who: registering, signing in and out.

mod hashing;
mod login;
mod queries;
mod register;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use sqlx::PgPool;

use crate::app::App;
use crate::error::Result;
use crate::web::form::Blank;
use crate::web::{Form, session};

pub use queries::{NewUser, demo_user, insert_user};

/// `/login`, `/register`, `/logout`.
pub fn router() -> Router<App> {
    Router::new()
        .merge(login::router())
        .merge(register::router())
        .route("/logout", post(logout))
}

/// Ends the session. What the browser keeps of our pages goes with it.
async fn logout(State(app): State<App>, headers: HeaderMap, _: Form<Blank>) -> Result<Response> {
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
