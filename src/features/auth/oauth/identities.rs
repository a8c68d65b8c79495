//! `/settings/security/identities`: the accounts elsewhere that sign a user in.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::super::letters;
use super::super::queries::identities::{self as queries, NewIdentity};
use super::super::ways_in::{GivenUp, has_another_way_in};
use super::carried::{self, Carried};
use super::problem::{Problem, Told};
use super::verify::Claims;
use super::{Provider, arrive, flow};
use crate::app::App;
use crate::email;
use crate::error::{Error, Result};
use crate::features::audit::{self, Action, Event};
use crate::ids::UserId;
use crate::web::form::Blank;
use crate::web::session::Viewer;
use crate::web::{Caller, Flash, Form, Path, Sudo, Ui, User, Vouched};

/// Where they are shown.
pub const PAGE: &str = "/settings/security/identities";

pub fn router() -> Router<App> {
    Router::new()
        .route(PAGE, get(show))
        .route(&format!("{PAGE}/{{provider}}/link"), get(start))
        .route(&format!("{PAGE}/{{provider}}/confirm"), get(ask).post(link))
        .route(&format!("{PAGE}/{{provider}}/unlink"), post(unlink))
}

/// A provider in the card `auth/cards/identities.html`, which prints `identities`.
#[derive(Clone, Debug)]
pub struct IdentityCard {
    pub provider: Provider,
    /// Since when it signs the user in.
    pub linked_at: Option<DateTime<Utc>>,
    /// The address it has there.
    pub email: Option<String>,
}

/// What the card shows: every provider that is set up.
pub async fn identity_card(app: &App, user: UserId) -> Result<Vec<IdentityCard>> {
    let known = queries::of_user(&app.db, user).await?;
    let cards = Provider::offered(app).into_iter().map(|provider| {
        let issuer = provider.client(app).map(|client| &client.issuer);
        let found = known.iter().find(|found| Some(&found.issuer) == issuer);
        IdentityCard {
            provider,
            linked_at: found.map(|found| found.linked_at),
            email: found.and_then(|found| found.email.clone()),
        }
    });
    Ok(cards.collect())
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/identities.html")]
struct IdentitiesPage {
    ui: Ui,
    problem: Option<String>,
    identities: Vec<IdentityCard>,
}

async fn show(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Query(told): Query<Told>,
) -> Result<IdentitiesPage> {
    Ok(IdentitiesPage {
        ui,
        problem: told.sentence(),
        identities: identity_card(&app, user.id).await?,
    })
}

async fn start(
    State(app): State<App>,
    user: Vouched,
    Path(provider): Path<Provider>,
) -> Result<Response> {
    flow::begin(&app, provider, Some(&user), PAGE, false).await
}

/// Somebody a provider vouches for, to be linked to whoever asked.
#[derive(Debug, Serialize, Deserialize)]
struct Found {
    user: UserId,
    provider: Provider,
    subject: String,
    email: Option<String>,
    until: DateTime<Utc>,
}

/// Leads to the button that links what was found. Following a link changes nothing: it could have been put before the user
/// by somebody who has signed their browser in elsewhere.
pub fn propose(app: &App, provider: Provider, user: &Viewer, claims: &Claims) -> Response {
    let found = Found {
        user: user.id,
        provider,
        email: claims.address(),
        subject: claims.sub.clone(),
        until: app.now() + carried::LIFE,
    };
    let jar = carried::put(app, Carried::Link, &found);
    let to = format!("{PAGE}/{}/confirm", provider.slug());
    (jar, Redirect::to(&to)).into_response()
}

fn found(app: &App, provider: Provider, user: &Viewer, headers: &HeaderMap) -> Option<Found> {
    carried::taken(app, Carried::Link, headers).filter(|found: &Found| {
        found.user == user.id && found.provider == provider && found.until > app.now()
    })
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/link_identity.html")]
struct LinkPage {
    ui: Ui,
    provider: Provider,
    email: Option<String>,
}

async fn ask(
    State(app): State<App>,
    user: Vouched,
    ui: Ui,
    headers: HeaderMap,
    Path(provider): Path<Provider>,
) -> Response {
    match found(&app, provider, &user, &headers) {
        Some(found) => LinkPage {
            ui,
            provider,
            email: found.email,
        }
        .into_response(),
        None => Problem::Strange.at(PAGE, provider).into_response(),
    }
}

async fn link(
    State(app): State<App>,
    user: Vouched,
    caller: Caller,
    headers: HeaderMap,
    Path(provider): Path<Provider>,
    _: Form<Blank>,
) -> Result<Response> {
    let client = provider.client(&app).ok_or(Error::NotFound)?;
    let Some(found) = found(&app, provider, &user, &headers) else {
        return Ok(Problem::Strange.at(PAGE, provider).into_response());
    };
    let mut response = tie(&app, &caller, &user, provider, &client.issuer, &found).await?;
    response
        .headers_mut()
        .append(header::SET_COOKIE, carried::cleared(&app, Carried::Link));
    Ok(response)
}

async fn tie(
    app: &App,
    caller: &Caller,
    user: &Viewer,
    provider: Provider,
    issuer: &str,
    found: &Found,
) -> Result<Response> {
    let mut tx = app.db.begin().await?;
    if let Some(known) = queries::identity(&mut *tx, issuer, &found.subject).await? {
        return Ok(if known.user == user.id {
            Flash::success(format!("{} is linked.", provider.name())).then_go(app, PAGE)
        } else {
            Problem::Taken.at(PAGE, provider).into_response()
        });
    }
    let new = NewIdentity {
        issuer,
        subject: &found.subject,
        user: user.id,
        email: found.email.as_deref(),
        linked_at: app.now(),
    };
    if !arrive::link(app, caller, &mut tx, provider, &new).await? {
        return Ok(Problem::Another.at(PAGE, provider).into_response());
    }
    let letter = letters::identity_linked(app, provider.name());
    email::send(app, &mut tx, &user.email, &letter, None).await?;
    tx.commit().await?;
    Ok(Flash::success(format!("{} is linked.", provider.name())).then_go(app, PAGE))
}

async fn unlink(
    State(app): State<App>,
    user: Sudo,
    caller: Caller,
    Path(provider): Path<Provider>,
    _: Form<Blank>,
) -> Result<Response> {
    let client = provider.client(&app).ok_or(Error::NotFound)?;
    let mut tx = app.db.begin().await?;
    let given_up = GivenUp::Identity(&client.issuer);
    if !has_another_way_in(&app, &mut tx, user.id, given_up).await? {
        return Ok(Problem::Last.at(PAGE, provider).into_response());
    }
    if queries::delete(&mut *tx, user.id, &client.issuer).await? {
        let event = Event::own(Action::IdentityUnlinked, user.id);
        let event = event.with("provider", provider.slug());
        audit::record(&app, &mut *tx, &caller, event).await?;
        let letter = letters::identity_unlinked(&app, provider.name());
        email::send(&app, &mut tx, &user.email, &letter, None).await?;
    }
    tx.commit().await?;
    Ok(Flash::success(format!("{} is unlinked.", provider.name())).then_go(&app, PAGE))
}
