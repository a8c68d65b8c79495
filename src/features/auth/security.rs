//! `/settings/security`: how somebody signs in; `/settings/password` and `/settings/email` change it.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::State;
use axum::http::Extensions;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::mail_limits::{self, Asker};
use super::oauth::{IdentityCard, identity_card};
use super::passphrase::{self, Passphrase};
use super::password::{self, About};
use super::tokens::{self, Purpose};
use super::{hashing, letters, lost, queries};
use crate::app::App;
use crate::email;
use crate::error::Result;
use crate::features::audit::{self, Action, Event};
use crate::web::client::Client;
use crate::web::session::{self, Method};
use crate::web::{Caller, Field, Flash, Form, Ui, User, Vouched, parse, ui};

pub fn router() -> Router<App> {
    Router::new()
        .route("/settings/security", get(show))
        .route("/settings/notifications", get(notifications))
        .route("/settings/password", get(show_password).post(set_password))
        .route("/settings/email", get(show_email).post(ask_for_email))
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/security.html")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about an account"
)]
struct SecurityPage {
    ui: Ui,
    email: String,
    has_password: bool,
    has_totp: bool,
    codes_on_new_devices: bool,
    /// When the second factor is removed, if somebody asked for that.
    removal_at: Option<DateTime<Utc>>,
    passkeys: i64,
    identities: Vec<IdentityCard>,
    is_demo: bool,
}

async fn show(State(app): State<App>, user: User, ui: Ui) -> Result<SecurityPage> {
    let known = queries::person(&app.db, user.id).await?;
    Ok(SecurityPage {
        ui,
        email: known.email,
        identities: identity_card(&app, user.id).await?,
        has_totp: queries::has_second_factor(&app.db, user.id).await?,
        removal_at: lost::removal_at(&app, user.id).await?,
        codes_on_new_devices: queries::codes::are_wanted(&app.db, user.id).await?,
        passkeys: queries::passkeys::count(&app.db, user.id, None).await?,
        has_password: known.password_hash.is_some(),
        is_demo: user.is_demo,
    })
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/notifications.html")]
struct NotificationsPage {
    ui: Ui,
}

async fn notifications(_: User, ui: Ui) -> NotificationsPage {
    NotificationsPage { ui }
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/change_password.html")]
struct PasswordPage {
    ui: Ui,
    email: String,
    form: PasswordForm,
    proposal: Option<Passphrase>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PasswordForm {
    password: Field,
    /// Pressed to get a proposal.
    propose: String,
}

impl PasswordPage {
    fn new(ui: Ui, user: &User, form: PasswordForm) -> Self {
        Self {
            ui,
            email: user.email.clone(),
            form,
            proposal: None,
        }
    }
}

async fn show_password(user: Vouched, ui: Ui) -> PasswordPage {
    PasswordPage::new(ui, &user, PasswordForm::default())
}

/// The session that does it goes on, under a new token; all others end, and so do links that were sent by mail.
async fn set_password(
    State(app): State<App>,
    user: Vouched,
    ui: Ui,
    caller: Caller,
    extensions: Extensions,
    Form(mut form, _): Form<PasswordForm>,
) -> Result<Response> {
    let typed = std::mem::take(&mut form.password.text);
    if !form.propose.is_empty() {
        let mut page = PasswordPage::new(ui, &user, form);
        page.proposal = Some(passphrase::propose()?);
        return Ok(page.into_response());
    }
    let about = About {
        email: &user.email,
        name: &user.name,
    };
    let password = password::new_password(&app, &typed, about).await?;
    let Some(password) = form.password.read(|_| password) else {
        return Ok(ui::refused(PasswordPage::new(ui, &user, form)));
    };
    let hash = hashing::hash(&app, password).await?;
    let mut tx = app.db.begin().await?;
    queries::set_password_hash(&mut *tx, user.id, &hash).await?;
    queries::tokens::close_every(&mut *tx, user.id, app.now()).await?;
    // It was asked for with the password before.
    lost::call_off(&app, &mut tx, &caller, user.id).await?;
    session::end_all(&mut *tx, user.id, Some(user.session)).await?;
    let event = Event::own(Action::PasswordChanged, user.id);
    audit::record(&app, &mut *tx, &caller, event).await?;
    email::send(
        &app,
        &mut tx,
        &user.email,
        &letters::password_changed(&app),
        None,
    )
    .await?;
    tx.commit().await?;
    let jar = session::renew(&app, &extensions, Method::Password).await?;
    let flash = Flash::success("Password changed.").detail("All other devices are signed out.");
    Ok((jar, flash.then_go(&app, "/settings/security")).into_response())
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/change_email.html")]
struct EmailPage {
    ui: Ui,
    email: String,
    form: EmailForm,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EmailForm {
    email: Field,
}

async fn show_email(user: Vouched, ui: Ui) -> EmailPage {
    EmailPage {
        ui,
        email: user.email.clone(),
        form: EmailForm::default(),
    }
}

/// Nothing changes before the new address has confirmed it. Whether somebody else has that address is not said.
async fn ask_for_email(
    State(app): State<App>,
    user: Vouched,
    ui: Ui,
    caller: Caller,
    Extension(client): Extension<Client>,
    Form(mut form, _): Form<EmailForm>,
) -> Result<Response> {
    let read = form.email.read(|text| {
        let new = parse::email(text)?;
        if new.eq_ignore_ascii_case(&user.email) {
            return Err("This is your address already.".into());
        }
        Ok(new)
    });
    let Some(new) = read else {
        let email = user.email.clone();
        return Ok(ui::refused(EmailPage { ui, email, form }));
    };
    let mut tx = app.db.begin().await?;
    let asker = Asker::user(client, &user);
    if !mail_limits::may_send(&app, &mut tx, &asker, &new).await? {
        form.email
            .refuse("There were several of these mails already. Try again in an hour.");
        let email = user.email.clone();
        return Ok(ui::refused(EmailPage { ui, email, form }));
    }
    let event = Event::own(Action::AddressChangeAsked, user.id);
    audit::record(&app, &mut *tx, &caller, event).await?;
    let issued = tokens::issue(&app, &mut tx, user.id, Purpose::ChangeAddress, &new).await?;
    if let Some(token) = issued
        && queries::person_at(&mut *tx, &new).await?.is_none()
    {
        let until = app.now() + Purpose::ChangeAddress.life();
        let letter = letters::change_address(&app, &token);
        email::send(&app, &mut tx, &new, &letter, Some(until)).await?;
    }
    tx.commit().await?;
    let flash = Flash::success("Check the mail of the new address.")
        .detail("Your account uses it once you have followed the link, within one hour.");
    Ok(flash.then_go(&app, "/settings/security"))
}
