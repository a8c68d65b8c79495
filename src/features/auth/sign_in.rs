//! What happens once somebody has shown who they are, in whichever way.

use axum::http::{Extensions, HeaderMap};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::PrivateCookieJar;

use super::{letters, queries};
use crate::app::App;
use crate::email;
use crate::error::Result;
use crate::features::audit::{self, Action, Event};
use crate::ids::UserId;
use crate::web::session::{self, Method, NewSession, safe_next};
use crate::web::{Caller, caller, device};

/// Somebody to be signed in.
pub struct Person<'a> {
    pub user: UserId,
    /// How they showed who they are.
    pub method: Method,
    /// Stay signed in on this device.
    pub remember: bool,
    /// Where they want to go.
    pub next: &'a str,
}

/// Begins the session: one without rights, if a second factor is due.
pub async fn sign_in(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    person: &Person<'_>,
) -> Result<Response> {
    // A passkey is two factors by itself: the device, and the finger or the number that unlocks it.
    let second_factor_due = person.method != Method::Passkey
        && queries::has_second_factor(&app.db, person.user).await?;
    let new = NewSession {
        user: person.user,
        method: person.method,
        remember: person.remember,
        second_factor_due,
    };
    let jar = session::start(app, caller, headers, new).await?;
    let next = safe_next(person.next);
    if second_factor_due {
        let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        return Ok((jar, Redirect::to(&format!("/login/2fa?next={next}"))).into_response());
    }
    let device = welcome(app, caller, headers, person.user, person.method).await?;
    Ok((jar, device, Redirect::to(next)).into_response())
}

/// The second factor was right: the session gets its rights.
pub async fn pass_second_factor(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    extensions: &Extensions,
    person: &Person<'_>,
) -> Result<Response> {
    let jar = session::renew(app, extensions, person.method).await?;
    let device = welcome(app, caller, headers, person.user, person.method).await?;
    Ok((jar, device, Redirect::to(safe_next(person.next))).into_response())
}

/// Writes the sign-in down, and tells the user of a device that is new.
/// Returns the cookie by which the device is known from now on.
async fn welcome(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    user: UserId,
    method: Method,
) -> Result<PrivateCookieJar> {
    let mut tx = app.db.begin().await?;
    let event = Event::own(Action::SignedIn, user).with("method", method.as_str());
    audit::record(app, &mut *tx, caller, event).await?;
    let is_new = !device::is_known(app, headers, user)
        && queries::has_signed_in_before(&mut *tx, user).await?;
    if method != Method::Demo && is_new {
        let known = queries::person(&mut *tx, user).await?;
        let when = app.now().format("%-d %B %Y, %H:%M UTC").to_string();
        let place = match caller.place.as_str() {
            "" => "an unknown network",
            place => place,
        };
        let letter = letters::new_device(app, &caller::device(&caller.agent), place, &when);
        email::send(app, &mut tx, &known.email, &letter, None).await?;
    }
    tx.commit().await?;
    Ok(device::remember(app, headers, user))
}
