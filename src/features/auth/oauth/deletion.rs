//! `/auth/facebook/data-deletion`: Facebook's servers tell that somebody wants what we have from there deleted.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use serde::Deserialize;
use sha2::Sha256;
use std::fmt::Write;

use super::super::queries::identities as queries;
use super::Provider;
use crate::app::App;
use crate::error::{Error, Result};
use crate::features::audit::{self, Action, Event};
use crate::web::session::same_token;
use crate::web::{Caller, Form, Path, Ui, origin};

pub fn router() -> Router<App> {
    let path = origin::DATA_DELETION;
    Router::new()
        .route(path, axum::routing::post(delete))
        .route(&format!("{path}/{{code}}"), get(show))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wish {
    signed_request: String,
}

#[derive(Debug, Deserialize)]
struct Signed {
    algorithm: String,
    user_id: String,
}

/// What Facebook has signed, if it has.
fn read(secret: &[u8], request: &str) -> Option<Signed> {
    let (signature, payload) = request.split_once('.')?;
    let signature = decode(signature)?;
    let mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    mac.chain_update(payload).verify_slice(&signature).ok()?;
    let signed: Signed = serde_json::from_slice(&decode(payload)?).ok()?;
    let plain = signed.user_id.chars().all(|c| c.is_ascii_graphic());
    (plain && signed.algorithm.eq_ignore_ascii_case("HMAC-SHA256")).then_some(signed)
}

fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

/// The same for the same person, so that asking twice is asking once. Its second half proves the first, and nothing has to
/// be kept of somebody who wants to be forgotten.
fn code(app: &App, subject: &str) -> String {
    let name = tag(app, "subject", subject);
    let proof = tag(app, "proof", &name);
    name + &proof
}

/// Sixteen digits of base 16.
fn tag(app: &App, what: &str, text: &str) -> String {
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(app.config.secret_key()) else {
        return String::new();
    };
    let tag = mac
        .chain_update(b"data deletion:")
        .chain_update(what)
        .chain_update(b":")
        .chain_update(text)
        .finalize()
        .into_bytes();
    tag.iter().take(8).fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").ok();
        text
    })
}

async fn delete(
    State(app): State<App>,
    caller: Caller,
    Form(wish, _): Form<Wish>,
) -> Result<Response> {
    let provider = Provider::Facebook;
    let client = provider.client(&app).ok_or(Error::NotFound)?;
    let secret = client.secret.expose_secret().as_bytes();
    let signed = read(secret, &wish.signed_request)
        .ok_or(Error::BadRequest("This was not signed by Facebook.".into()))?;
    let mut tx = app.db.begin().await?;
    let user = queries::delete_subject(&mut *tx, &client.issuer, &signed.user_id).await?;
    if let Some(user) = user {
        let event = Event::own(Action::IdentityUnlinked, user).by(None);
        let event = event.with("provider", provider.slug());
        audit::record(&app, &mut *tx, &caller, event).await?;
    }
    tx.commit().await?;
    let code = code(&app, &signed.user_id);
    let url = format!("{}{}/{code}", app.config.origin(), origin::DATA_DELETION);
    Ok(Json(serde_json::json!({ "url": url, "confirmation_code": code })).into_response())
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/data_deletion.html")]
struct DeletionPage {
    ui: Ui,
    code: String,
}

async fn show(State(app): State<App>, ui: Ui, Path(code): Path<String>) -> Result<DeletionPage> {
    let ours = code
        .split_at_checked(16)
        .is_some_and(|(name, proof)| same_token(&tag(&app, "proof", name), proof));
    if ours {
        Ok(DeletionPage { ui, code })
    } else {
        Err(Error::NotFound)
    }
}
