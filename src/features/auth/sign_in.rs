//! What happens once somebody has shown who they are, in whichever way.

use axum::http::{Extensions, HeaderMap};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::PrivateCookieJar;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::mailed_code::Recipient;
use super::queries::{Arrival, codes, proofs};
use super::throttle::{self, Secret, Try};
use super::{letters, lost, mailed_code, new_device, queries, unfinished};
use crate::app::App;
use crate::email;
use crate::error::Result;
use crate::features::audit::{self, Action, Event};
use crate::ids::UserId;
use crate::web::next::Next;
use crate::web::session::{self, Method, NewSession};
use crate::web::{Caller, Flash, caller, device};

/// Somebody to be signed in.
pub struct Person {
    pub user: UserId,
    /// How they showed who they are.
    pub method: Method,
    /// Stay signed in on this device.
    pub remember: bool,
    /// Where they want to go.
    pub next: Next,
}

/// Begins the session: one without rights, if anything else is due.
pub async fn sign_in(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    person: &Person,
) -> Result<Response> {
    let asks = match person.method {
        Method::Passkey | Method::Demo => false,
        _ => {
            !device::is_known(app, headers, person.user)
                && codes::are_wanted(&app.db, person.user).await?
        }
    };
    begin(app, caller, headers, person, asks).await
}

/// The same, whether or not the user wants to be asked on new devices: their password was tried too often to be enough.
pub async fn sign_in_in_doubt(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    person: &Person,
) -> Result<Response> {
    begin(app, caller, headers, person, true).await
}

async fn begin(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    person: &Person,
    code_due: bool,
) -> Result<Response> {
    // A passkey is two factors by itself: the device, and the finger or the number that unlocks it.
    let arrival = queries::arrival(&app.db, person.user).await?;
    let second_factor_due = person.method != Method::Passkey && arrival.has_second_factor;
    let new = NewSession {
        user: person.user,
        method: person.method,
        remember: person.remember,
        second_factor_due: second_factor_due || code_due,
    };
    let jar = session::start(app, caller, headers, new).await?;
    let next = &person.next;
    if second_factor_due {
        let mut db = app.db.acquire().await?;
        unfinished::watch(app, &mut db, caller, person.user).await?;
        return Ok((jar, Redirect::to(&next.after("/login/2fa"))).into_response());
    }
    if code_due {
        let known = queries::person(&app.db, person.user).await?;
        let to = Recipient {
            user: person.user,
            session: session::id(app, &jar).await?,
            email: &known.email,
        };
        let page = new_device::path(next);
        if new_device::send(app, caller, to).await? {
            return Ok((jar, Redirect::to(&page)).into_response());
        }
        let told = mailed_code::told(false).then_go(app, &page);
        return Ok((jar, told).into_response());
    }
    let device = welcome(app, caller, headers, person.user, person.method).await?;
    let to = destination(app, person, &arrival);
    Ok((jar, device, Redirect::to(to)).into_response())
}

/// What was still due was right: the session gets its rights. `right` is the try that says so.
pub async fn pass_second_factor(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    extensions: &Extensions,
    person: &Person,
    right: &Try<'_>,
) -> Result<Response> {
    let jar = session::renew(app, extensions, person.method).await?;
    for secret in [Secret::Password, Secret::SecondFactor] {
        throttle::forgive_try(app, &app.db, &Try { secret, ..*right }).await?;
    }
    let device = welcome(app, caller, headers, person.user, person.method).await?;
    let arrival = queries::arrival(&app.db, person.user).await?;
    let to = destination(app, person, &arrival);
    Ok((jar, device, Redirect::to(to)).into_response())
}

/// Where they go on to. On the day on which they want to look at their balances that takes the place of the dashboard, as
/// long as there is one that they have not looked at.
fn destination<'a>(app: &App, person: &'a Person, arrival: &Arrival) -> &'a str {
    let zone: Tz = arrival.time_zone.parse().unwrap_or(Tz::UTC);
    let day = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
    let today = day(app.now());
    let weekday = today.format("%A").to_string().to_lowercase();
    let is_chosen = arrival.check_on.as_ref() == Some(&weekday);
    match person.next.path() {
        "/dashboard" if is_chosen && arrival.oldest.is_some_and(|at| day(at) < today) => {
            "/accounts/check"
        }
        other => other,
    }
}

/// There were too many wrong codes: the session that waited is over.
pub async fn out_of_tries(app: &App, headers: &HeaderMap) -> Result<Response> {
    let jar = session::end(app, headers).await?;
    let told = Flash::success("Too many wrong codes.").detail("Log in again.");
    Ok((jar, told.then_go(app, "/login")).into_response())
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
    match method {
        Method::MailedCode => proofs::prove(&mut *tx, user, app.now()).await?,
        Method::Totp | Method::RecoveryCode => {
            proofs::prove_by_app(&mut *tx, user, app.now()).await?;
        }
        Method::Passkey => proofs::prove_by_passkey(&mut *tx, user, app.now()).await?,
        Method::Password | Method::Google | Method::Facebook | Method::Demo => {}
    }
    // Whoever has come so far has not lost it.
    lost::call_off(app, &mut tx, caller, user).await?;
    let is_new = !device::is_known(app, headers, user)
        && queries::has_signed_in_before(&mut *tx, user).await?;
    if method != Method::Demo && is_new {
        let known = queries::person(&mut *tx, user).await?;
        let device = caller::device(&caller.agent);
        let letter = letters::new_device(app, &device, &caller.place, app.now());
        email::send(app, &mut tx, &known.email, &letter, None).await?;
    }
    tx.commit().await?;
    Ok(match method {
        Method::MailedCode => device::trust(app, headers, user),
        _ => device::remember(app, headers, user),
    })
}
