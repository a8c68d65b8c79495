//! `/confirm`: the one button behind the links of our mails.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{Redirect, Response};
use axum::routing::get;
use sqlx::PgConnection;

use super::queries::factors;
use super::tokens::{self, Purpose, Token};
use super::{letters, links, lost, queries};
use crate::app::App;
use crate::email;
use crate::error::{Result, is_violation};
use crate::features::audit::{self, Action, Event};
use crate::ids::UserId;
use crate::web::form::Blank;
use crate::web::session;
use crate::web::{Caller, Flash, Form, Path, Ui, User, ui};

pub fn router() -> Router<App> {
    Router::new()
        .route("/confirm/link", get(show_link).post(follow))
        .route("/confirm/{token}", get(open))
}

async fn open(State(app): State<App>, Path(token): Path<String>) -> Response {
    links::take(&app, &token, "/confirm/link")
}

/// The page behind a link.
#[derive(Template, WebTemplate)]
#[template(path = "auth/link.html")]
pub struct LinkPage {
    pub ui: Ui,
    pub title: &'static str,
    pub text: String,
    /// The label of the button; `None` when the link does not work any more.
    pub button: Option<&'static str>,
}

impl LinkPage {
    /// The link does nothing.
    pub fn over(ui: Ui) -> Self {
        Self {
            ui,
            title: "This link does not work any more",
            text: "It was used, a newer one was sent, or its time is over. Log in, or ask for a new one.".to_owned(),
            button: None,
        }
    }

    fn new(ui: Ui, token: Option<&Token>) -> Self {
        let Some((title, text, button)) = token.and_then(words) else {
            return Self::over(ui);
        };
        Self {
            ui,
            title,
            text,
            button: Some(button),
        }
    }
}

/// What a link does, and its button. `None`: it belongs to another page.
fn words(token: &Token) -> Option<(&'static str, String, &'static str)> {
    Some(match token.purpose {
        Purpose::ChangeAddress => (
            "Use this address",
            format!("Your account will use {} from now on.", token.email),
            "Use this address",
        ),
        Purpose::RestoreAddress => (
            "Take the change back",
            format!(
                "Your account will use {} again. Every session ends, passkeys and what was added since are removed, and you \
                 set a new password next.",
                token.email
            ),
            "Take it back",
        ),
        Purpose::KeepAccount => (
            "Keep my account",
            "Your account will not be deleted.".to_owned(),
            "Keep my account",
        ),
        Purpose::KeepFactor => (
            "Keep your second factor",
            "It will not be removed from your account.".to_owned(),
            "Keep my second factor",
        ),
        Purpose::Reset | Purpose::ReviewFactors | Purpose::Notice | Purpose::Unfinished => {
            return None;
        }
    })
}

/// The token behind the page, unless it is for another page.
async fn taken(
    app: &App,
    db: &mut PgConnection,
    headers: &HeaderMap,
) -> Result<Option<(String, Token)>> {
    let Some(text) = links::taken(app, headers) else {
        return Ok(None);
    };
    let token = tokens::look(app, db, &text).await?;
    Ok(token
        .filter(|token| words(token).is_some())
        .map(|token| (text, token)))
}

async fn show_link(State(app): State<App>, ui: Ui, headers: HeaderMap) -> Result<Response> {
    let mut db = app.db.acquire().await?;
    let taken = taken(&app, &mut db, &headers).await?;
    Ok(links::page(LinkPage::new(
        ui,
        taken.as_ref().map(|(_, token)| token),
    )))
}

/// Does what the link is for.
async fn follow(
    State(app): State<App>,
    user: Option<User>,
    ui: Ui,
    caller: Caller,
    headers: HeaderMap,
    _: Form<Blank>,
) -> Result<Response> {
    let mut tx = app.db.begin().await?;
    let Some((_, token)) = taken(&app, &mut tx, &headers).await? else {
        return Ok(ui::refused(LinkPage::new(ui, None)));
    };
    if !tokens::consume(&app, &mut tx, &token).await? {
        return Ok(ui::refused(LinkPage::new(ui, None)));
    }
    let own = Event::own;
    let (event, flash) = match token.purpose {
        Purpose::ChangeAddress => {
            let before = queries::person(&mut *tx, token.user).await?;
            let done = queries::set_email(&mut *tx, token.user, &token.email, app.now()).await;
            if let Err(error) = done {
                if is_violation(&error, "users_email_key") {
                    return Ok(ui::refused(LinkPage::new(ui, None)));
                }
                return Err(error.into());
            }
            warn_the_old_address(&app, &mut tx, token.user, &before.email, &token.email).await?;
            session::end_all(&mut *tx, token.user, user.as_ref().map(|user| user.session)).await?;
            (
                own(Action::AddressChanged, token.user),
                Flash::success("Address changed."),
            )
        }
        Purpose::RestoreAddress => {
            let done = queries::set_email(&mut *tx, token.user, &token.email, app.now()).await;
            if let Err(error) = done {
                if is_violation(&error, "users_email_key") {
                    return Ok(ui::refused(LinkPage::new(ui, None)));
                }
                return Err(error.into());
            }
            // A thief who changed the address knows the password too, and may have added a passkey or an app since.
            factors::disable_newer(&mut *tx, token.user, token.issued_at).await?;
            lost::call_off(&app, &mut tx, &caller, token.user).await?;
            queries::clear_password(&mut *tx, token.user).await?;
            queries::passkeys::delete_all(&mut *tx, token.user).await?;
            queries::identities::delete_all(&mut *tx, token.user).await?;
            queries::tokens::close_every(&mut *tx, token.user, app.now()).await?;
            session::end_all(&mut *tx, token.user, None).await?;
            let event = own(Action::AddressRestored, token.user).by(None);
            audit::record(&app, &mut *tx, &caller, event).await?;
            let issued =
                tokens::issue(&app, &mut tx, token.user, Purpose::Reset, &token.email).await?;
            tx.commit().await?;
            return Ok(match issued {
                Some(reset) => links::take(&app, &reset, "/password/reset"),
                None => links::used(&app, Redirect::to("/password/forgot")),
            });
        }
        Purpose::KeepAccount => {
            queries::set_deletion(&mut *tx, token.user, None).await?;
            (
                own(Action::DeletionCancelled, token.user),
                Flash::success("Your account stays."),
            )
        }
        Purpose::KeepFactor => {
            if !lost::call_off(&app, &mut tx, &caller, token.user).await? {
                return Ok(ui::refused(LinkPage::new(ui, None)));
            }
            tx.commit().await?;
            let flash = Flash::success("Your second factor stays.");
            let flash = flash.detail("If you did not ask for this, set a new password.");
            return Ok(links::used(&app, flash.then_go(&app, "/login")));
        }
        Purpose::Reset | Purpose::ReviewFactors | Purpose::Notice | Purpose::Unfinished => {
            return Ok(ui::refused(LinkPage::new(ui, None)));
        }
    };
    audit::record(&app, &mut *tx, &caller, event).await?;
    tx.commit().await?;
    // A link never signs in: whoever reads somebody's mail would have their account.
    let is_own = ui
        .viewer
        .as_ref()
        .is_some_and(|viewer| viewer.id == token.user);
    let next = if is_own {
        flash.then_go(&app, "/dashboard")
    } else {
        flash.detail("Log in to go on.").then_go(&app, "/login")
    };
    Ok(links::used(&app, next))
}

async fn warn_the_old_address(
    app: &App,
    db: &mut PgConnection,
    user: UserId,
    old: &str,
    new: &str,
) -> Result<()> {
    let issued = tokens::issue(app, db, user, Purpose::RestoreAddress, old).await?;
    if let Some(token) = issued {
        let until = app.now() + Purpose::RestoreAddress.life();
        let letter = letters::address_changed(app, new, &token);
        email::send(app, db, old, &letter, Some(until)).await?;
    }
    Ok(())
}
