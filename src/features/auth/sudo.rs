//! `/sudo`: what could cost somebody their account asks once more who they are.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{Extensions, HeaderMap, Method as Verb};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

use super::{hashing, passkeys, queries, totp};
use crate::app::App;
use crate::error::Result;
use crate::features::audit::{self, Action, Event};
use crate::ids::UserId;
use crate::web::limits::{self, limited};
use crate::web::session::{self, Method, safe_next};
use crate::web::{Caller, Field, Form, Ui, User, ui};

pub fn router(app: &App) -> Router<App> {
    let sudo = get(show).post(create);
    Router::new().route("/sudo", limited(app, limits::LOGIN, Verb::POST, sudo))
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/sudo.html")]
struct SudoPage {
    ui: Ui,
    email: String,
    with_password: bool,
    with_code: bool,
    takes_passkeys: bool,
    form: SudoForm,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SudoForm {
    password: Field,
    code: Field,
    /// What the browser answers for a passkey, in the form that has a button for it.
    passkey: Option<Field>,
    next: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Next {
    next: String,
}

async fn show(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Query(Next { next }): Query<Next>,
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
    let with_code = known.totp_enabled_at.is_some();
    Ok(SudoPage {
        ui,
        email: user.email.clone(),
        with_password: known.has_password,
        with_code,
        takes_passkeys: passkeys::can_show(app, user.id).await?,
        form,
    })
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
    let method = if let Some(passkey) = &mut form.passkey {
        let answer = std::mem::take(&mut passkey.text);
        match passkeys::check(&app, &caller, &headers, Some(user.id), &answer).await? {
            Ok(_) => Some(Method::Passkey),
            Err(refusal) => {
                passkey.refuse(refusal.why);
                None
            }
        }
    } else if code.trim().is_empty() {
        by_password(&app, user.id, password, &mut form.password).await?
    } else {
        by_code(&app, user.id, &code, &mut form.code).await?
    };
    let Some(method) = method else {
        let action = if code.trim().is_empty() && form.passkey.is_none() {
            Action::SignInFailed
        } else {
            Action::SecondFactorFailed
        };
        audit::record(&app, &app.db, &caller, Event::own(action, user.id)).await?;
        return Ok(ui::refused(page(&app, ui, &user, form).await?));
    };
    let jar = session::renew(&app, &extensions, method).await?;
    let event = Event::own(Action::Reauthenticated, user.id).with("method", method.as_str());
    audit::record(&app, &app.db, &caller, event).await?;
    Ok((jar, Redirect::to(safe_next(&form.next))).into_response())
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
