//! `/auth/google` and `/auth/facebook`: there, and back again.

use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::super::mail_limits::Asker;
use super::super::queries::identities::{self as queries, Flow, NewFlow};
use super::super::register::SENT;
use super::super::sign_in::{Person, sign_in};
use super::arrive::{Arrival, Guest, arrive};
use super::carried::{self, Carried};
use super::exchange::{Secrets, departure, exchange};
use super::problem::Problem;
use super::provider::{endpoints, keys};
use super::verify::{Claims, Expected, key_name, verify};
use super::{Provider, identities};
use crate::app::App;
use crate::config::OauthClient;
use crate::error::{Error, Result};
use crate::web::client::Client;
use crate::web::next::Next;
use crate::web::session::{Viewer, same_token};
use crate::web::{Caller, Flash, Path, User};

/// Everything that we ask a provider for one request is done within this time: a request has 15 seconds.
const PATIENCE: Duration = Duration::from_secs(12);

pub fn router() -> Router<App> {
    Router::new()
        .route("/auth/{provider}", get(start))
        .route("/auth/{provider}/callback", get(callback))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wishes {
    next: Next,
    /// `on` to stay signed in on this device.
    remember: String,
}

/// A link and not a form: the policy of our pages keeps forms from leading anywhere else.
async fn start(
    State(app): State<App>,
    user: Option<User>,
    Path(provider): Path<Provider>,
    Query(Wishes { next, remember }): Query<Wishes>,
) -> Result<Response> {
    if provider.client(&app).is_none() {
        return Err(Error::NotFound);
    }
    if user.is_some() {
        return Ok(Redirect::to(next.path()).into_response());
    }
    begin(&app, provider, None, next.path(), remember == "on").await
}

/// Sends the browser to the provider; with a user, to link what it finds there.
pub async fn begin(
    app: &App,
    provider: Provider,
    user: Option<&Viewer>,
    next: &str,
    remember: bool,
) -> Result<Response> {
    let client = provider.client(app).ok_or(Error::NotFound)?;
    let found = tokio::time::timeout(PATIENCE, endpoints(app, provider, client)).await;
    let endpoints = match found.map_err(anyhow::Error::from).and_then(|found| found) {
        Ok(endpoints) => endpoints,
        Err(error) => {
            log(provider, "cannot be found", &error);
            return Ok(Problem::Down.at(page_for(user), provider).into_response());
        }
    };
    let (url, secrets) = departure(app, provider, client, &endpoints)?;
    let flow = NewFlow {
        state_hash: hash(&secrets.state),
        provider: provider.slug(),
        user: user.map(|user| user.id),
        session: user.map(|user| user.session),
        next,
        remember,
        expires_at: app.now() + carried::LIFE,
    };
    queries::insert_flow(&app.db, &flow).await?;
    let jar = carried::put(app, Carried::Visit, &secrets);
    Ok((jar, Redirect::to(url.as_str())).into_response())
}

/// What a provider sends a browser back with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    state: String,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

async fn callback(
    State(app): State<App>,
    user: Option<User>,
    caller: Caller,
    Extension(visitor): Extension<Client>,
    headers: HeaderMap,
    Path(provider): Path<Provider>,
    Query(answer): Query<Answer>,
) -> Result<Response> {
    let client = provider.client(&app).ok_or(Error::NotFound)?;
    let viewer = user.as_deref();
    let secrets: Option<Secrets> = carried::taken(&app, Carried::Visit, &headers);
    let done = match finish(&app, provider, client, secrets, &answer).await? {
        Err(problem) => problem.at(page_for(viewer), provider).into_response(),
        Ok((flow, claims)) if flow.user.is_some() => {
            // The session that began it, and no other that this browser has come to since.
            let own = viewer.filter(|own| flow.user == Some(own.id));
            match own.filter(|own| flow.session == Some(own.session)) {
                Some(own) => identities::propose(&app, provider, own, &claims),
                None => Problem::Strange
                    .at(page_for(viewer), provider)
                    .into_response(),
            }
        }
        Ok((flow, claims)) => {
            let guest = Guest {
                provider,
                issuer: &client.issuer,
                claims: &claims,
            };
            let arrival = arrive(&app, &caller, Asker::visitor(visitor), guest).await?;
            welcome(&app, &caller, &headers, provider, &flow, arrival).await?
        }
    };
    let mut response = done;
    // Used or not, it is of no use any more.
    response
        .headers_mut()
        .append(header::SET_COOKIE, carried::cleared(&app, Carried::Visit));
    Ok(response)
}

async fn welcome(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    provider: Provider,
    flow: &Flow,
    arrival: Arrival,
) -> Result<Response> {
    let (user, next, is_new) = match arrival {
        Arrival::Known(user) => (user, Next::from(flow.next.as_str()), false),
        // Nobody has asked them yet what they count in, and where they live.
        Arrival::New(user) => (user, Next::from("/settings"), true),
        Arrival::CheckMail(jar) => return Ok((jar, Redirect::to(SENT)).into_response()),
        Arrival::Refused(problem) => return Ok(problem.at("/login", provider).into_response()),
    };
    let person = Person {
        user,
        method: provider.method(),
        remember: flow.remember,
        next,
    };
    let response = sign_in(app, caller, headers, &person).await?;
    if !is_new {
        return Ok(response);
    }
    Ok(Flash::success("Welcome.")
        .detail("Choose your home currency and your time zone.")
        .beside(app, response))
}

/// Who the browser has come back as, and what it had left for.
async fn finish(
    app: &App,
    provider: Provider,
    client: &OauthClient,
    secrets: Option<Secrets>,
    answer: &Answer,
) -> Result<Result<(Flow, Claims), Problem>> {
    // Another browser has another cookie, or none.
    let own = secrets.filter(|secrets| same_token(&secrets.state, &answer.state));
    let Some(secrets) = own else {
        return Ok(Err(Problem::Strange));
    };
    let Some(flow) = queries::take_flow(&app.db, &hash(&answer.state)).await? else {
        return Ok(Err(Problem::Strange));
    };
    if flow.expires_at <= app.now() {
        return Ok(Err(Problem::Late));
    }
    // An answer of one provider must not be taken to another, with the code in it.
    let is_other = answer
        .iss
        .as_deref()
        .is_some_and(|iss| iss != client.issuer);
    if flow.provider != provider.slug() || is_other {
        return Ok(Err(Problem::Strange));
    }
    if let Some(error) = &answer.error {
        let problem = match error.as_str() {
            "access_denied" => Problem::Denied,
            _ => Problem::Down,
        };
        return Ok(Err(problem));
    }
    let Some(code) = answer.code.as_deref() else {
        return Ok(Err(Problem::Strange));
    };
    let asked = tokio::time::timeout(PATIENCE, ask(app, provider, client, &secrets, code));
    Ok(match asked.await {
        Ok(Ok(claims)) => Ok((flow, claims)),
        Ok(Err(problem)) => Err(problem),
        Err(_) => Err(Problem::Down),
    })
}

async fn ask(
    app: &App,
    provider: Provider,
    client: &OauthClient,
    secrets: &Secrets,
    code: &str,
) -> Result<Claims, Problem> {
    let down = |error: anyhow::Error| {
        log(provider, "does not answer", &error);
        Problem::Down
    };
    let untrusted = |error: anyhow::Error| {
        log(provider, "sent what cannot be believed", &error);
        Problem::Untrusted
    };
    let endpoints = endpoints(app, provider, client).await.map_err(down)?;
    let verifier = &secrets.verifier;
    let token = exchange(app, provider, client, &endpoints, code, verifier)
        .await
        .map_err(down)?;
    let key = key_name(&token).map_err(untrusted)?;
    let keys = keys(app, provider, client, &endpoints, &key)
        .await
        .map_err(down)?;
    let expected = Expected {
        issuer: &client.issuer,
        audience: &client.id,
        nonce: &secrets.nonce,
        now: app.now(),
    };
    verify(&token, &keys, &expected).map_err(untrusted)
}

fn log(provider: Provider, what: &str, error: &anyhow::Error) {
    let error = format!("{error:#}");
    tracing::warn!(provider = provider.slug(), error, "a provider {what}");
}

/// Where a sentence is read: whoever is signed in does not see the login page.
fn page_for(user: Option<&Viewer>) -> &'static str {
    match user {
        Some(_) => identities::PAGE,
        None => "/login",
    }
}

fn hash(state: &str) -> [u8; 32] {
    Sha256::digest(state.as_bytes()).into()
}
