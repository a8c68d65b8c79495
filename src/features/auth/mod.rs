//! Who is who: registering, signing in and out, here and with accounts elsewhere.

mod again;
mod blocklist;
mod confirm;
mod devices;
mod forgot;
mod guessing;
mod hashing;
mod letters;
mod links;
mod login;
mod lost;
mod mail_limits;
mod mailed_code;
mod new_device;
mod oauth;
mod open_account;
mod passkeys;
mod passphrase;
mod password;
mod queries;
mod register;
mod registrations;
mod review;
mod second_factor;
mod security;
mod sign_in;
mod strength;
mod sudo;
mod throttle;
mod tokens;
mod totp;
mod totp_settings;
mod unfinished;
mod vouching;
mod ways_in;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use sqlx::PgConnection;

use crate::app::App;
use crate::email;
use crate::error::Result;
use crate::features::audit::{self, Action, Event};
use crate::ids::UserId;
use crate::web::form::Blank;
use crate::web::{Caller, Form, Ui, User, parse, session};

use self::tokens::Purpose;
pub use blocklist::prepare;

pub use forgot::SendReset;
pub use guessing::WarnOfGuessing;
pub use mail_limits::asked_for as mails_asked_for;
pub use passphrase::{Passphrase, propose as propose_passphrase};
pub use password::{About, new_password};
pub use queries::{DemoUser, NewUser, delete_demo_user, demo_user, insert_user};
pub use registrations::Greet;
pub use unfinished::WarnOfUnfinished;

/// `/login`, `/again`, `/register`, `/logout`, `/confirm`, `/password`, `/sudo`, `/auth`, and the settings about signing in.
pub fn router(app: &App) -> Router<App> {
    Router::new()
        .merge(again::router())
        .merge(confirm::router())
        .merge(devices::router())
        .merge(forgot::router(app))
        .merge(login::router(app))
        .merge(lost::router(app))
        .merge(new_device::router(app))
        .merge(open_account::router())
        .merge(oauth::router())
        .merge(passkeys::router(app))
        .merge(register::router(app))
        .merge(review::router())
        .merge(sudo::router(app))
        .merge(second_factor::router(app))
        .merge(security::router())
        .merge(strength::router(app))
        .merge(totp_settings::router())
        .merge(vouching::router(app))
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

/// Makes a user an administrator, or one no longer. Returns whether there is a user with that address.
pub async fn set_admin(app: &App, email: &str, is_admin: bool) -> Result<bool> {
    let (role, action) = if is_admin {
        ("admin", Action::AdminGranted)
    } else {
        ("player", Action::AdminRevoked)
    };
    let mut tx = app.db.begin().await?;
    let Some(user) = queries::set_role(&mut *tx, &parse::known_email(email), role).await? else {
        return Ok(false);
    };
    // Administrators' sessions have shorter limits: whoever is signed in gets their own by signing in anew.
    session::end_all(&mut *tx, user, None).await?;
    let event = Event::own(action, user).by(None);
    audit::record(app, &mut *tx, &Caller::default(), event).await?;
    tx.commit().await?;
    Ok(true)
}

/// Removes links, codes and counters that have long been over, visits to providers that nobody came back from, challenges
/// that nobody has answered, and second factors whose owners have waited long enough.
pub async fn sweep(app: &App, now: DateTime<Utc>) -> Result<()> {
    queries::attempts::forget(&app.db, now).await?;
    queries::codes::forget(&app.db, now).await?;
    queries::identities::forget_flows(&app.db, now).await?;
    queries::passkeys::forget_challenges(&app.db, now).await?;
    queries::tokens::forget(&app.db, now).await?;
    registrations::sweep(app).await?;
    mail_limits::sweep(app).await?;
    lost::sweep(app, now).await
}

/// Decides that a user is deleted, and tells them how to keep the account. Their other sessions end.
pub async fn schedule_deletion(
    app: &App,
    caller: &Caller,
    user: &User,
    at: DateTime<Utc>,
) -> Result<()> {
    let mut tx = app.db.begin().await?;
    set_deletion(app, &mut tx, user.id, &user.email, user.zone, at).await?;
    session::end_all(&mut *tx, user.id, Some(user.session)).await?;
    let event = Event::own(Action::DeletionScheduled, user.id);
    audit::record(app, &mut *tx, caller, event).await?;
    tx.commit().await?;
    Ok(())
}

/// Notes when a user is deleted and tells them how to keep the account, in the transaction of whoever decided it. `zone`
/// is the user's.
pub async fn set_deletion(
    app: &App,
    db: &mut PgConnection,
    user: UserId,
    email: &str,
    zone: Tz,
    at: DateTime<Utc>,
) -> Result<()> {
    queries::set_deletion(&mut *db, user, Some(at)).await?;
    let issued = tokens::issue(app, db, user, Purpose::KeepAccount, email).await?;
    if let Some(token) = issued {
        let day = at.with_timezone(&zone).format("%-d %B %Y").to_string();
        let letter = letters::deletion_scheduled(app, &day, &token);
        email::send(app, db, email, &letter, Some(at)).await?;
    }
    Ok(())
}

/// Decides that a user stays.
pub async fn cancel_deletion(app: &App, caller: &Caller, user: &User) -> Result<()> {
    let mut tx = app.db.begin().await?;
    queries::set_deletion(&mut *tx, user.id, None).await?;
    let event = Event::own(Action::DeletionCancelled, user.id);
    audit::record(app, &mut *tx, caller, event).await?;
    tx.commit().await?;
    Ok(())
}
