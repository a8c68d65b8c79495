//! `/password/forgot` and `/password/reset`: a new password by mail.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::State;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use serde::{Deserialize, Serialize};

use super::mail_limits::{self, Asker};
use super::passphrase::{self, Passphrase};
use super::password::{self, About};
use super::tokens::{self, Purpose};
use super::{hashing, letters, links, lost, queries, register, review, throttle};
use crate::app::App;
use crate::email;
use crate::error::{Error, Result};
use crate::features::audit::{self, Action, Event};
use crate::jobs::{self, Job};
use crate::web::client::Client;
use crate::web::limits::{self, limited};
use crate::web::session;
use crate::web::{Caller, Field, Flash, Form, Path, Ui, parse, ui};

pub fn router(app: &App) -> Router<App> {
    let forgot = get(show).post(create);
    Router::new()
        .route(
            "/password/forgot",
            limited(app, limits::FORGOT, Method::POST, forgot),
        )
        .route("/password/forgot/sent", get(sent))
        .route("/password/reset", get(show_reset).post(reset))
        .route("/password/reset/{token}", get(open))
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/forgot.html")]
struct ForgotPage {
    ui: Ui,
    form: ForgotForm,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ForgotForm {
    email: Field,
}

async fn show(ui: Ui) -> ForgotPage {
    ForgotPage {
        ui,
        form: ForgotForm::default(),
    }
}

/// Answers alike, and as fast, whether or not there is such a user: a job finds out.
async fn create(
    State(app): State<App>,
    ui: Ui,
    Extension(client): Extension<Client>,
    Form(mut form, _): Form<ForgotForm>,
) -> Result<Response> {
    let Some(email) = form.email.read(parse::email) else {
        return Ok(ui::refused(ForgotPage { ui, form }));
    };
    let mut db = app.db.acquire().await?;
    let asker = Asker::visitor(client);
    jobs::enqueue(&mut db, SendReset { email, asker }).await?;
    Ok(Redirect::to("/password/forgot/sent").into_response())
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/mail_sent.html")]
struct SentPage {
    ui: Ui,
    title: &'static str,
    text: &'static str,
    folder: Option<String>,
}

async fn sent(State(app): State<App>, ui: Ui) -> SentPage {
    SentPage {
        ui,
        title: "A link is on its way",
        text: "If there is an account with this address, a link to set a new password is on its way. It works for 30 \
               minutes.",
        folder: register::mail_folder(&app),
    }
}

/// Sends somebody the link to a new password, if there is such a user.
#[derive(Serialize, Deserialize)]
pub struct SendReset {
    email: String,
    asker: Asker,
}

impl Job for SendReset {
    const NAME: &'static str = "send_reset";

    async fn run(self, app: App) -> anyhow::Result<()> {
        let mut tx = app.db.begin().await?;
        let Some(person) = queries::person_at(&mut *tx, &self.email).await? else {
            return Ok(());
        };
        let may_send = mail_limits::may_send(&app, &mut tx, &self.asker, &person.email).await;
        if !may_send.map_err(Error::into_anyhow)? {
            return Ok(());
        }
        let issued = tokens::issue(&app, &mut tx, person.id, Purpose::Reset, &person.email).await;
        if let Some(token) = issued.map_err(Error::into_anyhow)? {
            let until = app.now() + Purpose::Reset.life();
            email::send(
                &app,
                &mut tx,
                &person.email,
                &letters::reset(&app, &token),
                Some(until),
            )
            .await
            .map_err(Error::into_anyhow)?;
        }
        tx.commit().await?;
        Ok(())
    }
}

async fn open(State(app): State<App>, Path(token): Path<String>) -> Response {
    links::take(&app, &token, "/password/reset")
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/reset.html")]
struct ResetPage {
    ui: Ui,
    /// `None` when the link does not work any more.
    email: Option<String>,
    form: ResetForm,
    proposal: Option<Passphrase>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ResetForm {
    password: Field,
    /// Pressed to get a proposal.
    propose: String,
}

async fn show_reset(State(app): State<App>, ui: Ui, headers: HeaderMap) -> Result<Response> {
    let mut email = None;
    if let Some(token) = links::taken(&app, &headers) {
        let mut db = app.db.acquire().await?;
        let token = tokens::look(&app, &mut db, &token).await?;
        email = token
            .filter(|token| token.purpose == Purpose::Reset)
            .map(|token| token.email);
    }
    Ok(links::page(ResetPage {
        ui,
        email,
        form: ResetForm::default(),
        proposal: None,
    }))
}

/// Sets the password. It does not sign in and does not pass the second factor; every session ends.
async fn reset(
    State(app): State<App>,
    ui: Ui,
    caller: Caller,
    headers: HeaderMap,
    Form(mut form, _): Form<ResetForm>,
) -> Result<Response> {
    let over = |ui| {
        ui::refused(ResetPage {
            ui,
            email: None,
            form: ResetForm::default(),
            proposal: None,
        })
    };
    let Some(text) = links::taken(&app, &headers) else {
        return Ok(over(ui));
    };
    let mut db = app.db.acquire().await?;
    let token = tokens::look(&app, &mut db, &text).await?;
    drop(db);
    let Some(token) = token.filter(|token| token.purpose == Purpose::Reset) else {
        return Ok(over(ui));
    };
    let typed = std::mem::take(&mut form.password.text);
    let name = queries::person(&app.db, token.user).await?.name;
    let about = About {
        email: &token.email,
        name: &name,
    };
    let page = |form, proposal| ResetPage {
        ui,
        email: Some(token.email.clone()),
        form,
        proposal,
    };
    if !form.propose.is_empty() {
        let proposal = Some(passphrase::propose()?);
        return Ok(links::page(page(form, proposal)));
    }
    let password = password::new_password(&app, &typed, about).await?;
    let Some(password) = form.password.read(|_| password) else {
        return Ok(ui::refused(page(form, None)));
    };
    let hash = hashing::hash(&app, password).await?;
    let mut tx = app.db.begin().await?;
    let person = queries::person(&mut *tx, token.user).await?;
    // The link speaks of the address that it was sent to.
    if !person.email.eq_ignore_ascii_case(&token.email)
        || !tokens::consume(&app, &mut tx, &token).await?
    {
        return Ok(over(page(form, None).ui));
    }
    queries::set_password_hash(&mut *tx, token.user, &hash).await?;
    queries::tokens::close_every(&mut *tx, token.user, app.now()).await?;
    // It was asked for with the password before.
    lost::call_off(&app, &mut tx, &caller, token.user).await?;
    session::end_all(&mut *tx, token.user, None).await?;
    throttle::forgive(&app, &mut *tx, &person.email).await?;
    let event = Event::own(Action::PasswordReset, token.user).by(None);
    audit::record(&app, &mut *tx, &caller, event).await?;
    email::send(
        &app,
        &mut tx,
        &person.email,
        &letters::password_changed(&app),
        None,
    )
    .await?;
    let next = review::begin(&app, &mut tx, &token).await?;
    tx.commit().await?;
    if let Some(next) = next {
        return Ok(review::go(&app, &next));
    }
    let flash = Flash::success("Password set.").detail("Log in with it.");
    Ok(links::used(&app, flash.then_go(&app, "/login")))
}
