//! `/sudo`: what could cost somebody their account asks once more who they are.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{Extensions, HeaderMap, Method as Verb};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::mailed_code::{self, Recipient};
use super::queries::factors::Factors;
use super::throttle::{self, Secret, Try, Verdict, Whence};
use super::{hashing, letters, passkeys, queries, register, totp};
use crate::app::App;
use crate::error::Result;
use crate::features::audit::{self, Action, Event};
use crate::ids::UserId;
use crate::web::limits::{self, limited};
use crate::web::next::{Asked, Next};
use crate::web::session::{self, Method};
use crate::web::{Caller, Field, Form, Ui, User, ui};

pub fn router(app: &App) -> Router<App> {
    let sudo = get(show).post(create);
    Router::new()
        .route("/sudo", limited(app, limits::LOGIN, Verb::POST, sudo))
        .route("/sudo/mail", post(send_code))
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/sudo.html")]
struct SudoPage {
    ui: Ui,
    email: String,
    with_password: bool,
    with_code: bool,
    takes_passkeys: bool,
    /// How far a mailed code is; `None` for whoever has something stronger to show.
    mailed: Option<Mailed>,
    form: SudoForm,
}

struct Mailed {
    is_sent: bool,
    folder: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SudoForm {
    password: Field,
    code: Field,
    /// From a mail.
    mailed: Field,
    /// What the browser answers for a passkey, in the form that has a button for it.
    passkey: Option<Field>,
    next: Next,
}

async fn show(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Query(Asked { next }): Query<Asked>,
) -> Result<SudoPage> {
    let form = SudoForm {
        next,
        ..SudoForm::default()
    };
    page(&app, ui, &user, form).await
}

/// Asks for what the user has.
async fn page(app: &App, ui: Ui, user: &User, form: SudoForm) -> Result<SudoPage> {
    let known = queries::factors::factors(&app.db, user.id).await?;
    let takes_passkeys = passkeys::can_show(app, user.id).await?;
    let mailed = if only_by_mail(user, &known, takes_passkeys) {
        Some(Mailed {
            is_sent: mailed_code::is_sent(app, user.session).await?,
            folder: register::mail_folder(app),
        })
    } else {
        None
    };
    Ok(SudoPage {
        ui,
        email: user.email.clone(),
        with_password: known.has_password,
        with_code: known.totp_enabled_at.is_some(),
        takes_passkeys,
        mailed,
        form,
    })
}

/// Whether there is nothing but the user's mail to show who they are with. The demo user's is nobody's.
fn only_by_mail(user: &User, known: &Factors, takes_passkeys: bool) -> bool {
    !known.has_password && known.totp_enabled_at.is_none() && !takes_passkeys && !user.is_demo
}

async fn send_code(
    State(app): State<App>,
    user: User,
    Form(Asked { next }, _): Form<Asked>,
) -> Result<Response> {
    let page = next.after("/sudo");
    let known = queries::factors::factors(&app.db, user.id).await?;
    let takes_passkeys = passkeys::can_show(&app, user.id).await?;
    if !only_by_mail(&user, &known, takes_passkeys) {
        return Ok(Redirect::to(&page).into_response());
    }
    let to = Recipient {
        user: user.id,
        session: user.session,
        email: &user.email,
    };
    let mut tx = app.db.begin().await?;
    let sent = mailed_code::send(&app, &mut tx, to, letters::sudo_code).await?;
    tx.commit().await?;
    Ok(mailed_code::told(sent).then_go(&app, &page))
}

async fn create(
    State(app): State<App>,
    user: User,
    ui: Ui,
    caller: Caller,
    headers: HeaderMap,
    extensions: Extensions,
    Form(mut form, _): Form<SudoForm>,
) -> Result<Response> {
    let password = std::mem::take(&mut form.password.text);
    let code = std::mem::take(&mut form.code.text);
    let mailed = std::mem::take(&mut form.mailed.text);
    let known = queries::factors::factors(&app.db, user.id).await?;
    let takes_passkeys = passkeys::can_show(&app, user.id).await?;
    // What the user has decides, not what was sent: mail never stands in for something stronger.
    let by_mail_only = only_by_mail(&user, &known, takes_passkeys);
    let by_code_or_mail = by_mail_only || !code.trim().is_empty();
    let attempt = Try {
        secret: if form.passkey.is_some() || by_code_or_mail {
            Secret::SecondFactor
        } else {
            Secret::Password
        },
        email: &user.email,
        user: Some(user.id),
        // A stolen session is one wherever it is used, and what strangers try at the login is none of its business.
        whence: Whence::Session(user.session),
    };
    if let Verdict::Wait(wait) = throttle::attempt(&app, &caller, &attempt).await? {
        let field = match &mut form.passkey {
            Some(passkey) => passkey,
            None if by_mail_only => &mut form.mailed,
            None if by_code_or_mail => &mut form.code,
            None => &mut form.password,
        };
        field.refuse(wait.complaint());
        return Ok(wait.answer(page(&app, ui, &user, form).await?));
    }
    let (method, action) = if let Some(passkey) = &mut form.passkey {
        let answer = std::mem::take(&mut passkey.text);
        let method = match passkeys::check(&app, &caller, &headers, Some(user.id), &answer).await? {
            Ok(_) => Some(Method::Passkey),
            Err(refusal) => {
                passkey.refuse(refusal.why);
                None
            }
        };
        (method, Action::SecondFactorFailed)
    } else if by_mail_only {
        let method = by_mail(&app, &user, &mailed, &mut form.mailed).await?;
        (method, Action::SecondFactorFailed)
    } else if code.trim().is_empty() {
        let method = by_password(&app, user.id, password, &mut form.password).await?;
        (method, Action::SignInFailed)
    } else {
        let method = by_code(&app, user.id, &code, &mut form.code).await?;
        (method, Action::SecondFactorFailed)
    };
    let Some(method) = method else {
        audit::record(&app, &app.db, &caller, Event::own(action, user.id)).await?;
        return Ok(ui::refused(page(&app, ui, &user, form).await?));
    };
    throttle::forgive_try(&app, &app.db, &attempt).await?;
    let jar = session::renew(&app, &extensions, method).await?;
    let event = Event::own(Action::Reauthenticated, user.id).with("method", method.as_str());
    audit::record(&app, &app.db, &caller, event).await?;
    Ok((jar, Redirect::to(form.next.path())).into_response())
}

async fn by_password(
    app: &App,
    user: UserId,
    password: String,
    field: &mut Field,
) -> Result<Option<Method>> {
    let known = queries::person(&app.db, user).await?;
    let outcome = hashing::verify(app, password, known.password_hash).await?;
    if !outcome.matches {
        field.refuse("This is not your password. Try again.");
    }
    Ok(outcome.matches.then_some(Method::Password))
}

async fn by_mail(app: &App, user: &User, code: &str, field: &mut Field) -> Result<Option<Method>> {
    let verdict = mailed_code::take(app, user.session, code).await?;
    if let Some(complaint) = verdict.complaint() {
        field.refuse(complaint);
    }
    Ok((verdict == mailed_code::Verdict::Right).then_some(Method::MailedCode))
}

async fn by_code(app: &App, user: UserId, code: &str, field: &mut Field) -> Result<Option<Method>> {
    let verdict = totp::take(app, user, code).await?;
    match verdict {
        totp::Verdict::Right => {}
        totp::Verdict::Wrong => {
            field.refuse("This code is wrong, or was used before. Wait for the next one.");
        }
        totp::Verdict::TooMany => {
            field.refuse("There were too many wrong codes today. Use your password.");
        }
    }
    Ok((verdict == totp::Verdict::Right).then_some(Method::Totp))
}
