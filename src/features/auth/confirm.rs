//! `/confirm`: what a user sees whose address is not confirmed yet, and the one button behind every link of our mails.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use sqlx::PgConnection;

use super::tokens::{self, Purpose, Token};
use super::{letters, links, lost, queries, register};
use crate::app::App;
use crate::email;
use crate::error::{Result, is_violation};
use crate::features::audit::{self, Action, Event};
use crate::ids::UserId;
use crate::web::form::Blank;
use crate::web::session::{self, safe_next};
use crate::web::{Caller, Field, Flash, Form, Path, SignedIn, Ui, User, parse, ui};

pub fn router() -> Router<App> {
    Router::new()
        .route("/confirm", get(show))
        .route("/confirm/resend", post(resend))
        .route("/confirm/address", post(change_address))
        .route("/confirm/link", get(show_link).post(follow))
        .route("/confirm/{token}", get(open))
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/confirm.html")]
struct ConfirmPage {
    ui: Ui,
    email: String,
    form: AddressForm,
    folder: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AddressForm {
    email: Field,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Next {
    next: String,
}

async fn show(
    State(app): State<App>,
    user: SignedIn,
    ui: Ui,
    Query(Next { next }): Query<Next>,
) -> Response {
    if user.is_confirmed {
        return Redirect::to(safe_next(&next)).into_response();
    }
    page(&app, ui, &user, AddressForm::default()).into_response()
}

fn page(app: &App, ui: Ui, user: &SignedIn, form: AddressForm) -> ConfirmPage {
    ConfirmPage {
        ui,
        email: user.email.clone(),
        form,
        folder: register::mail_folder(app),
    }
}

async fn resend(State(app): State<App>, user: SignedIn, _: Form<Blank>) -> Result<Response> {
    if user.is_confirmed {
        return Ok(Redirect::to("/dashboard").into_response());
    }
    let mut tx = app.db.begin().await?;
    let sent = send_confirmation(&app, &mut tx, user.id, &user.email).await?;
    tx.commit().await?;
    Ok(told(&app, sent))
}

/// Sends the mail that asks whether an address is its user's. `false` if that address has had enough of them for now.
pub async fn send_confirmation(
    app: &App,
    db: &mut PgConnection,
    user: UserId,
    email: &str,
) -> Result<bool> {
    let issued = tokens::issue(app, db, user, Purpose::Confirm, email).await?;
    let Some(token) = issued else {
        return Ok(false);
    };
    let until = app.now() + Purpose::Confirm.life();
    email::send(app, db, email, &letters::confirm(app, &token), Some(until)).await?;
    Ok(true)
}

fn told(app: &App, sent: bool) -> Response {
    let flash = if sent {
        Flash::success("Mail sent.").detail("Only the newest link works.")
    } else {
        Flash::success("Three mails are on their way already.")
            .detail("Wait for them, look among the unwanted mail, or try again in an hour.")
    };
    flash.then_go(app, "/confirm")
}

/// A typing mistake in the address is put right before it is confirmed.
async fn change_address(
    State(app): State<App>,
    user: SignedIn,
    ui: Ui,
    Form(mut form, _): Form<AddressForm>,
) -> Result<Response> {
    if user.is_confirmed {
        return Ok(Redirect::to("/settings/email").into_response());
    }
    let Some(email) = form.email.read(parse::email) else {
        return Ok(ui::refused(page(&app, ui, &user, form)));
    };
    let mut tx = app.db.begin().await?;
    match queries::set_email(&mut *tx, user.id, &email, None).await {
        Ok(()) => {}
        // Not said: whether somebody has an account is nobody else's business. No mail comes.
        Err(error) if is_violation(&error, "users_email_key") => return Ok(told(&app, true)),
        Err(error) => return Err(error.into()),
    }
    let sent = send_confirmation(&app, &mut tx, user.id, &email).await?;
    tx.commit().await?;
    Ok(told(&app, sent))
}

async fn open(State(app): State<App>, Path(token): Path<String>) -> Response {
    links::take(&app, &token, "/confirm/link")
}

/// The page behind a link.
#[derive(Template, WebTemplate)]
#[template(path = "auth/link.html")]
struct LinkPage {
    ui: Ui,
    title: &'static str,
    text: String,
    /// The label of the button; `None` when the link does not work any more.
    button: Option<&'static str>,
}

impl LinkPage {
    fn new(ui: Ui, token: Option<&Token>) -> Self {
        let (title, text, button) = match token {
            None => (
                "This link does not work any more",
                "It was used, a newer one was sent, or its time is over. Log in, or ask for a new one.".to_owned(),
                None,
            ),
            Some(token) => {
                let (title, text, button) = words(token);
                (title, text, Some(button))
            }
        };
        Self {
            ui,
            title,
            text,
            button,
        }
    }
}

fn words(token: &Token) -> (&'static str, String, &'static str) {
    match token.purpose {
        Purpose::ChangeAddress => (
            "Use this address",
            format!("Your account will use {} from now on.", token.email),
            "Use this address",
        ),
        Purpose::RestoreAddress => (
            "Take the change back",
            format!(
                "Your account will use {} again. Every session ends, passkeys are removed, and you set a new password next.",
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
        Purpose::Confirm | Purpose::Reset | Purpose::Notice | Purpose::Unfinished => (
            "Confirm your address",
            format!("Confirm that {} is yours.", token.email),
            "Confirm my address",
        ),
    }
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
        .filter(|token| token.purpose != Purpose::Reset)
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
        Purpose::Confirm => {
            let person = queries::person(&mut *tx, token.user).await?;
            // The link speaks of the address that it was sent to.
            if !person.email.eq_ignore_ascii_case(&token.email) {
                return Ok(ui::refused(LinkPage::new(ui, None)));
            }
            queries::confirm(&mut *tx, token.user, app.now()).await?;
            (
                own(Action::AddressConfirmed, token.user),
                Flash::success("Address confirmed."),
            )
        }
        Purpose::ChangeAddress => {
            let before = queries::person(&mut *tx, token.user).await?;
            let done =
                queries::set_email(&mut *tx, token.user, &token.email, Some(app.now())).await;
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
            let done =
                queries::set_email(&mut *tx, token.user, &token.email, Some(app.now())).await;
            if let Err(error) = done {
                if is_violation(&error, "users_email_key") {
                    return Ok(ui::refused(LinkPage::new(ui, None)));
                }
                return Err(error.into());
            }
            // Whoever changed the address knows the password, too, and may have added a passkey.
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
                None => Redirect::to("/password/forgot").into_response(),
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
            return Ok(flash.then_go(&app, "/login"));
        }
        Purpose::Reset | Purpose::Notice | Purpose::Unfinished => {
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
    Ok(if is_own {
        flash.then_go(&app, "/dashboard")
    } else {
        flash.detail("Log in to go on.").then_go(&app, "/login")
    })
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
