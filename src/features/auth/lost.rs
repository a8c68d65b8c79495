//! `/login/2fa/lost`: somebody has neither their app nor a recovery code. Three days later the second factor is removed,
//! unless its owner calls that off: mails, the settings and every login with the factor give them the occasion.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::State;
use axum::http::Method as Verb;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Duration, Utc};
use sqlx::PgConnection;

use super::queries::{factors, removals};
use super::tokens::{self, Purpose};
use super::{letters, queries};
use crate::app::App;
use crate::email;
use crate::error::{Error, Result};
use crate::features::audit::{self, Action, Event};
use crate::ids::UserId;
use crate::web::form::Blank;
use crate::web::limits::{self, limited};
use crate::web::session::{self, HalfWay};
use crate::web::{Caller, Flash, Form, Ui, User};

const PAGE: &str = "/login/2fa/lost";

/// How many mails tell the owner of it, a day apart; another day after the last it happens.
const MAILS: i32 = 3;

pub fn router(app: &App) -> Router<App> {
    let page = get(show).post(ask);
    Router::new()
        .route(PAGE, limited(app, limits::LOGIN, Verb::POST, page))
        .route("/settings/security/keep-factor", post(keep))
}

/// When the second factor goes, if that was asked for.
pub async fn removal_at(app: &App, user: UserId) -> Result<Option<DateTime<Utc>>> {
    let removal = removals::removal(&app.db, user).await?;
    Ok(removal.map(|removal| end(removal.told_at, removal.mails)))
}

/// When it happens, after so many mails of which the last was sent then.
fn end(told_at: DateTime<Utc>, mails: i32) -> DateTime<Utc> {
    told_at + Duration::days((MAILS + 1 - mails).into())
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/lost.html")]
struct LostPage {
    ui: Ui,
    is_admin: bool,
    removal_at: Option<DateTime<Utc>>,
}

async fn show(State(app): State<App>, half_way: HalfWay, ui: Ui) -> Result<Response> {
    if !queries::has_second_factor(&app.db, half_way.id).await? {
        return Ok(Redirect::to("/login/2fa").into_response());
    }
    Ok(LostPage {
        ui,
        is_admin: queries::is_admin(&app.db, half_way.id).await?,
        removal_at: removal_at(&app, half_way.id).await?,
    }
    .into_response())
}

/// Writes it down and tells the owner. Nothing else changes.
async fn ask(
    State(app): State<App>,
    half_way: HalfWay,
    caller: Caller,
    _: Form<Blank>,
) -> Result<Response> {
    let mut tx = app.db.begin().await?;
    match begin(&app, &mut tx, &caller, half_way.id).await? {
        Asked::Begun => {}
        Asked::NothingToRemove => return Err(Error::NotFound),
        Asked::TooOften => {
            let told = Flash::success("This was asked for three times already.");
            return Ok(told.detail("Try again in an hour.").then_go(&app, PAGE));
        }
    }
    tx.commit().await?;
    Ok(Flash::success("A mail is on its way.").then_go(&app, PAGE))
}

/// What came of asking to have a second factor removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It goes, unless that is called off.
    Begun,
    /// There is none, or an administrator's: too much depends on that.
    NothingToRemove,
    /// No mail can tell the owner for now, so it does not go.
    TooOften,
}

/// Begins the days after which a second factor goes.
pub async fn begin(
    app: &App,
    db: &mut PgConnection,
    caller: &Caller,
    user: UserId,
) -> Result<Asked> {
    let has_factor = queries::has_second_factor(&mut *db, user).await?;
    if !has_factor || queries::is_admin(&mut *db, user).await? {
        return Ok(Asked::NothingToRemove);
    }
    let now = app.now();
    if removals::insert(&mut *db, user, now).await? {
        // Somebody who knows the password may ask again whenever it was called off: never without a mail.
        if !tell(app, &mut *db, user, end(now, 1)).await? {
            removals::delete(&mut *db, user).await?;
            return Ok(Asked::TooOften);
        }
        let event = Event::own(Action::FactorRemovalAsked, user).by(None);
        audit::record(app, &mut *db, caller, event).await?;
    }
    Ok(Asked::Begun)
}

/// Sends the mail with the link that calls off what happens at `end`. `false` if the user has had enough of them for now.
async fn tell(app: &App, db: &mut PgConnection, user: UserId, end: DateTime<Utc>) -> Result<bool> {
    let person = queries::person(&mut *db, user).await?;
    let issued = tokens::issue(app, db, user, Purpose::KeepFactor, &person.email).await?;
    let Some(token) = issued else {
        return Ok(false);
    };
    let letter = letters::factor_removal(app, end, &token);
    email::send(app, db, &person.email, &letter, Some(end)).await?;
    Ok(true)
}

async fn keep(
    State(app): State<App>,
    user: User,
    caller: Caller,
    _: Form<Blank>,
) -> Result<Response> {
    let mut tx = app.db.begin().await?;
    call_off(&app, &mut tx, &caller, user.id).await?;
    tx.commit().await?;
    Ok(Flash::success("Your second factor stays.")
        .detail("If you did not ask for this, set a new password.")
        .then_go(&app, "/settings/security"))
}

/// Keeps the second factor. `false` if there was nothing to call off.
pub async fn call_off(
    app: &App,
    db: &mut PgConnection,
    caller: &Caller,
    user: UserId,
) -> Result<bool> {
    let called_off = removals::delete(&mut *db, user).await?;
    if called_off {
        let event = Event::own(Action::FactorRemovalCancelled, user);
        audit::record(app, db, caller, event).await?;
    }
    Ok(called_off)
}

/// Sends the mails of the days that have begun, and removes what was not called off.
pub async fn sweep(app: &App, now: DateTime<Utc>) -> Result<()> {
    loop {
        let mut tx = app.db.begin().await?;
        let Some(due) = removals::next_due(&mut *tx, now).await? else {
            return Ok(());
        };
        if due.mails < MAILS {
            tell(app, &mut tx, due.user, end(now, due.mails + 1)).await?;
            removals::count_mail(&mut *tx, due.user, now).await?;
        } else {
            remove(app, &mut tx, due.user).await?;
        }
        tx.commit().await?;
    }
}

async fn remove(app: &App, db: &mut PgConnection, user: UserId) -> Result<()> {
    removals::delete(&mut *db, user).await?;
    // Somebody who has become an administrator since needs theirs.
    if queries::is_admin(&mut *db, user).await? || !factors::disable(&mut *db, user).await? {
        return Ok(());
    }
    session::end_all(&mut *db, user, None).await?;
    let event = Event::own(Action::FactorRemoved, user).by(None);
    audit::record(app, &mut *db, &Caller::default(), event).await?;
    let person = queries::person(&mut *db, user).await?;
    let told = "The second factor of your StakeEasy account was removed, as somebody with your password had asked \
                three days ago. A password alone is enough to log in. All sessions have ended.";
    let letter = letters::second_factor_changed(app, told);
    email::send(app, db, &person.email, &letter, None).await
}
