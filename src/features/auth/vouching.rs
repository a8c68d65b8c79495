//! `/sudo/browser`: before a way into an account is added or changed from a browser that is new to its user, they show a
//! code from their mail.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{Extensions, HeaderMap, Method as Verb};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use super::mailed_code::{self, CodeForm, Recipient};
use super::throttle::{self, Secret, Try, Verdict, Whence};
use super::{letters, register};
use crate::app::App;
use crate::error::Result;
use crate::features::audit::{self, Action, Event};
use crate::web::limits::{self, limited};
use crate::web::next::Asked;
use crate::web::session::{self, Method, ask_again};
use crate::web::{Caller, Form, Sudo, Ui, caller, device, ui};

const PAGE: &str = "/sudo/browser";

pub fn router(app: &App) -> Router<App> {
    let page = get(show).post(create);
    Router::new()
        .route(PAGE, limited(app, limits::LOGIN, Verb::POST, page))
        .route("/sudo/browser/mail", post(send_code))
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/vouching.html")]
struct VouchingPage {
    ui: Ui,
    email: String,
    is_sent: bool,
    folder: Option<String>,
    form: CodeForm,
}

async fn page(app: &App, ui: Ui, user: &Sudo, form: CodeForm) -> Result<VouchingPage> {
    Ok(VouchingPage {
        ui,
        email: user.email.clone(),
        is_sent: mailed_code::is_sent(app, user.session).await?,
        folder: register::mail_folder(app),
        form,
    })
}

async fn show(
    State(app): State<App>,
    user: Sudo,
    ui: Ui,
    Query(Asked { next }): Query<Asked>,
) -> Result<Response> {
    ask_again(&user)?;
    if user.is_browser_trusted {
        return Ok(Redirect::to(next.path()).into_response());
    }
    let form = CodeForm {
        next,
        ..CodeForm::default()
    };
    Ok(page(&app, ui, &user, form).await?.into_response())
}

/// A session alone sends no mail: somebody who has shown who they are does.
async fn send_code(
    State(app): State<App>,
    user: Sudo,
    caller: Caller,
    Form(Asked { next }, _): Form<Asked>,
) -> Result<Response> {
    ask_again(&user)?;
    let to = Recipient {
        user: user.id,
        session: user.session,
        email: &user.email,
    };
    let browser = caller::device(&caller.agent);
    let letter = |code: &str| letters::vouching_code(&browser, code);
    let mut tx = app.db.begin().await?;
    let sent = mailed_code::send(&app, &mut tx, to, letter).await?;
    tx.commit().await?;
    Ok(mailed_code::told(sent).then_go(&app, &next.after(PAGE)))
}

async fn create(
    State(app): State<App>,
    user: Sudo,
    ui: Ui,
    caller: Caller,
    headers: HeaderMap,
    extensions: Extensions,
    Form(mut form, _): Form<CodeForm>,
) -> Result<Response> {
    ask_again(&user)?;
    let code = std::mem::take(&mut form.code.text);
    let attempt = Try {
        secret: Secret::SecondFactor,
        email: &user.email,
        user: Some(user.id),
        whence: Whence::Session(user.session),
    };
    if let Verdict::Wait(wait) = throttle::attempt(&app, &caller, &attempt).await? {
        form.code.refuse(wait.complaint());
        return Ok(wait.answer(page(&app, ui, &user, form).await?));
    }
    let verdict = mailed_code::take(&app, user.session, &code).await?;
    if let Some(complaint) = verdict.complaint() {
        form.code.refuse(complaint);
        let event = Event::own(Action::SecondFactorFailed, user.id);
        audit::record(&app, &app.db, &caller, event).await?;
        return Ok(ui::refused(page(&app, ui, &user, form).await?));
    }
    throttle::forgive_try(&app, &app.db, &attempt).await?;
    let jar = session::trust_browser(&app, &extensions).await?;
    let event = Event::own(Action::Reauthenticated, user.id);
    let event = event.with("method", Method::MailedCode.as_str());
    audit::record(&app, &app.db, &caller, event).await?;
    let device = device::trust(&app, &headers, user.id);
    Ok((jar, device, Redirect::to(form.next.path())).into_response())
}
