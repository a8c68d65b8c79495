//! Help with a new password while it is typed: `/password/check` says what it is worth, `/password/passphrase` proposes
//! one. Both are posts, so that no password stands in an address, and both answer with a piece of a page for scripts;
//! without them the forms do the same.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::State;
use axum::http::Method;
use axum::routing::post;
use serde::Deserialize;

use super::passphrase::{self, Passphrase};
use super::password::{self, About, Strength};
use crate::app::App;
use crate::error::Result;
use crate::web::form::Blank;
use crate::web::limits::{self, limited};
use crate::web::{Form, Ui};

pub fn router(app: &App) -> Router<App> {
    Router::new()
        // Weighing takes a processor, and people type on: it is asked a few times for each password.
        .route(
            "/password/check",
            limited(app, limits::CHECK, Method::POST, post(check)),
        )
        .route("/password/passphrase", post(propose))
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/strength.html")]
struct StrengthPart {
    strength: Strength,
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/passphrase.html")]
struct PassphrasePart {
    ui: Ui,
    proposal: Passphrase,
}

/// What the form around a password says so far.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    password: String,
    email: String,
    name: String,
}

async fn check(
    State(app): State<App>,
    ui: Ui,
    Form(typed, _): Form<Typed>,
) -> Result<StrengthPart> {
    let mut about = About {
        email: &typed.email,
        name: &typed.name,
    };
    if let Some(viewer) = &ui.viewer {
        about = About {
            email: &viewer.email,
            name: &viewer.name,
        };
    }
    let strength = password::strength(&app, &typed.password, about).await?;
    Ok(StrengthPart { strength })
}

async fn propose(ui: Ui, _: Form<Blank>) -> Result<PassphrasePart> {
    let proposal = passphrase::propose()?;
    Ok(PassphrasePart { ui, proposal })
}
