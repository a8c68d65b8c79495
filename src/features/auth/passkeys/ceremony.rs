//! A challenge and its answer. What the answer is checked with stays in the database until then; the browser has a token
//! for it in a cookie.

use anyhow::{Context, anyhow};
use axum::Json;
use axum::http::HeaderMap;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use webauthn_rs::Webauthn;
use webauthn_rs::prelude::{
    CreationChallengeResponse, DiscoverableAuthentication, Passkey, PasskeyRegistration,
    PublicKeyCredential, RequestChallengeResponse, WebauthnError,
};

use super::queries::{self, Challenge, Known};
use crate::app::App;
use crate::error::{Error, Result};
use crate::features::audit::{self, Action, Event};
use crate::ids::UserId;
use crate::web::Caller;
use crate::web::session::Viewer;

/// How long somebody may look for their device. It is also what browsers are told.
const LIFE: Duration = Duration::minutes(5);

/// What an answer is checked with.
#[derive(Serialize, Deserialize)]
enum Asked {
    /// For a new passkey.
    New(PasskeyRegistration),
    /// For one that is known.
    Known(DiscoverableAuthentication),
}

/// Why an answer was not taken.
pub struct Refusal {
    /// To whoever sent it.
    pub why: &'static str,
    /// Whose passkey it was.
    pub owner: Option<UserId>,
}

impl Refusal {
    const LATE: Self = Self {
        why: "This took too long, or was sent before. Try again.",
        owner: None,
    };

    fn wrong(owner: Option<UserId>) -> Self {
        Self {
            why: "This passkey was not accepted. Try another one, or another way.",
            owner,
        }
    }
}

fn webauthn(app: &App) -> Result<&Webauthn> {
    app.passkeys.as_deref().ok_or(Error::NotFound)
}

fn cookie_name(app: &App) -> &'static str {
    if app.config.secure() {
        "__Host-passkey"
    } else {
        "passkey"
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Keeps what the answer will be checked with: returns the cookie that leads back to it.
async fn keep(app: &App, user: Option<UserId>, asked: &Asked) -> Result<CookieJar> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("no random numbers: {error}"))?;
    let token = URL_SAFE_NO_PAD.encode(bytes);
    let challenge = Challenge {
        user,
        state: serde_json::to_value(asked).context("a challenge cannot be kept")?,
        expires_at: app.now() + LIFE,
    };
    queries::insert_challenge(&app.db, &hash(&token), &challenge).await?;
    let cookie = Cookie::build((cookie_name(app), token))
        .path("/")
        .http_only(true)
        .secure(app.config.secure())
        .same_site(SameSite::Strict)
        .max_age(time::Duration::seconds(LIFE.num_seconds()))
        .build();
    Ok(CookieJar::new().add(cookie))
}

/// What this browser was asked on behalf of this user, once and in time.
async fn take(app: &App, headers: &HeaderMap, user: Option<UserId>) -> Result<Option<Asked>> {
    let jar = CookieJar::from_headers(headers);
    let Some(token) = jar.get(cookie_name(app)) else {
        return Ok(None);
    };
    let kept = queries::take_challenge(&app.db, &hash(token.value())).await?;
    let own = kept.filter(|kept| kept.user == user && kept.expires_at > app.now());
    // A state that an older version of the program has kept may not be readable: the challenge is lost, as if late.
    Ok(own.and_then(|kept| serde_json::from_value(kept.state).ok()))
}

/// Asks for a new passkey.
pub async fn ask_new(
    app: &App,
    user: &Viewer,
) -> Result<(CookieJar, Json<CreationChallengeResponse>)> {
    let handle = queries::handle(&app.db, user.id).await?;
    let known = queries::credentials(&app.db, user.id).await?;
    let known = known.iter().map(|known| known.cred_id().clone()).collect();
    let (mut question, state) = webauthn(app)?
        .start_passkey_registration(handle, &user.email, &user.name, Some(known))
        .context("no challenge for a new passkey")?;
    // It must say by itself whose it is: the login page asks for no address.
    if let Some(wanted) = &mut question.public_key.authenticator_selection {
        wanted.resident_key = None;
        wanted.require_resident_key = true;
    }
    let jar = keep(app, Some(user.id), &Asked::New(state)).await?;
    Ok((jar, Json(question)))
}

/// The new passkey that a browser answers with.
pub async fn made(
    app: &App,
    headers: &HeaderMap,
    user: UserId,
    answer: &str,
) -> Result<Result<Passkey, Refusal>> {
    let Some(Asked::New(state)) = take(app, headers, Some(user)).await? else {
        return Ok(Err(Refusal::LATE));
    };
    let webauthn = webauthn(app)?;
    let made = serde_json::from_str(answer)
        .ok()
        .and_then(|answer| webauthn.finish_passkey_registration(&answer, &state).ok());
    Ok(made.ok_or(Refusal::wrong(Some(user))))
}

/// Asks for a passkey: for one of this user's, or for anybody's, which says whose it is.
pub async fn ask(
    app: &App,
    whose: Option<UserId>,
) -> Result<(CookieJar, Json<RequestChallengeResponse>)> {
    let webauthn = webauthn(app)?;
    let (mut question, state) = webauthn
        .start_discoverable_authentication()
        .context("no challenge for a passkey")?;
    // The button asks, not the list of a text field.
    question.mediation = None;
    if let Some(user) = whose {
        let own = queries::credentials(&app.db, user).await?;
        // So that a browser offers no other. Whose it is, is looked at when it answers.
        let (of_own, _) = webauthn
            .start_passkey_authentication(&own)
            .context("no list of passkeys")?;
        question.public_key.allow_credentials = of_own.public_key.allow_credentials;
    }
    let jar = keep(app, whose, &Asked::Known(state)).await?;
    Ok((jar, Json(question)))
}

/// Checks an answer: whose passkey it is, or why it is not taken. With `whose`, only a passkey of that user counts.
pub async fn check(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    whose: Option<UserId>,
    answer: &str,
) -> Result<Result<UserId, Refusal>> {
    let webauthn = webauthn(app)?;
    let Some(Asked::Known(state)) = take(app, headers, whose).await? else {
        return Ok(Err(Refusal::LATE));
    };
    let Ok(answer) = serde_json::from_str::<PublicKeyCredential>(answer) else {
        return Ok(Err(Refusal::wrong(None)));
    };
    let mut tx = app.db.begin().await?;
    let Some(known) = queries::lock(&mut *tx, answer.get_credential_id()).await? else {
        return Ok(Err(Refusal::wrong(None)));
    };
    if known.is_disabled || !belongs(&known, whose, &answer) {
        return Ok(Err(Refusal::wrong(Some(known.user))));
    }
    let mut credential = known.credential.0;
    match webauthn.finish_discoverable_authentication_v2(&answer, state, &credential) {
        Ok(used) => credential.update_credential(&used),
        // Its counter went back: somebody else uses a copy of it, or used it before.
        Err(WebauthnError::CredentialPossibleCompromise) => {
            let event = Event::own(Action::PasskeyRefused, known.user).by(None);
            audit::record(app, &mut *tx, caller, event).await?;
            tx.commit().await?;
            let why = "This passkey may have been copied, so it was not accepted. Use another way.";
            let owner = Some(known.user);
            return Ok(Err(Refusal { why, owner }));
        }
        Err(_) => return Ok(Err(Refusal::wrong(Some(known.user)))),
    };
    queries::set_used(&mut *tx, known.id, &credential, app.now()).await?;
    tx.commit().await?;
    Ok(Ok(known.user))
}

/// Whether a passkey is of the user who was asked, and says so itself. It need not, if it was asked for by its own name.
fn belongs(known: &Known, whose: Option<UserId>, answer: &PublicKeyCredential) -> bool {
    let says_so = match answer.get_user_unique_id() {
        Some(handle) => handle == known.handle.as_bytes(),
        None => whose.is_some(),
    };
    says_so && whose.is_none_or(|user| user == known.user)
}
