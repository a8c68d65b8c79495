//! `/login/2fa`: the second thing to show, after the password.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{Extensions, HeaderMap, Method as Verb};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

use super::sign_in::{Person, out_of_tries, pass_second_factor};
use super::throttle::{self, Secret, Try, Whence};
use super::totp::{self, Verdict};
use super::{letters, new_device, passkeys, queries};
use crate::app::App;
use crate::email;
use crate::error::Result;
use crate::features::audit::{self, Action, Event};
use crate::ids::UserId;
use crate::web::limits::{self, limited};
use crate::web::next::{Asked, Next};
use crate::web::session::{self, HalfWay, Method};
use crate::web::{Caller, Field, Form, Ui, ui};

pub fn router(app: &App) -> Router<App> {
    let step = get(show).post(create);
    Router::new().route("/login/2fa", limited(app, limits::LOGIN, Verb::POST, step))
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/second_factor.html")]
struct SecondFactorPage {
    ui: Ui,
    takes_passkeys: bool,
    form: CodeForm,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CodeForm {
    code: Field,
    recovery: Field,
    /// What the browser answers for a passkey, in the form that has a button for it.
    passkey: Option<Field>,
    next: Next,
}

async fn show(
    State(app): State<App>,
    half_way: HalfWay,
    ui: Ui,
    Query(Asked { next }): Query<Asked>,
) -> Result<Response> {
    if !queries::has_second_factor(&app.db, half_way.id).await? {
        return Ok(Redirect::to(&new_device::path(&next)).into_response());
    }
    let form = CodeForm {
        next,
        ..CodeForm::default()
    };
    Ok(page(&app, ui, half_way.id, form).await?.into_response())
}

async fn page(app: &App, ui: Ui, user: UserId, form: CodeForm) -> Result<SecondFactorPage> {
    Ok(SecondFactorPage {
        ui,
        takes_passkeys: passkeys::can_show(app, user).await?,
        form,
    })
}

async fn create(
    State(app): State<App>,
    half_way: HalfWay,
    ui: Ui,
    caller: Caller,
    headers: HeaderMap,
    extensions: Extensions,
    Form(mut form, _): Form<CodeForm>,
) -> Result<Response> {
    if !session::count_try(&app, &extensions).await? {
        return out_of_tries(&app, &headers).await;
    }
    let attempt = Try {
        secret: Secret::SecondFactor,
        email: &half_way.email,
        user: Some(half_way.id),
        whence: Whence::browser(&app, &headers, &extensions, Some(half_way.id)),
    };
    if let throttle::Verdict::Wait(wait) = throttle::attempt(&app, &caller, &attempt).await? {
        let field = match &mut form.passkey {
            Some(passkey) => passkey,
            None if form.recovery.text.trim().is_empty() => &mut form.code,
            None => &mut form.recovery,
        };
        field.refuse(wait.complaint());
        form.code.text.clear();
        form.recovery.text.clear();
        return Ok(wait.answer(page(&app, ui, half_way.id, form).await?));
    }
    let code = std::mem::take(&mut form.code.text);
    let recovery = std::mem::take(&mut form.recovery.text);
    let method = if let Some(passkey) = &mut form.passkey {
        let answer = std::mem::take(&mut passkey.text);
        match passkeys::check(&app, &caller, &headers, Some(half_way.id), &answer).await? {
            Ok(_) => Some(Method::Passkey),
            Err(refusal) => {
                passkey.refuse(refusal.why);
                None
            }
        }
    } else if recovery.trim().is_empty() {
        match totp::take(&app, half_way.id, &code).await? {
            Verdict::Right => Some(Method::Totp),
            Verdict::Wrong => {
                form.code
                    .refuse("This code is wrong, or was used before. Wait for the next one.");
                None
            }
            Verdict::TooMany => {
                form.code.refuse(
                    "There were too many wrong codes today. Use a recovery code, or come back tomorrow.",
                );
                None
            }
        }
    } else if use_recovery_code(&app, &caller, half_way.id, &half_way.email, &recovery).await? {
        Some(Method::RecoveryCode)
    } else {
        form.recovery
            .refuse("This is none of your codes, or it was used before.");
        None
    };
    let Some(method) = method else {
        let event = Event::own(Action::SecondFactorFailed, half_way.id).by(None);
        audit::record(&app, &app.db, &caller, event).await?;
        return Ok(ui::refused(page(&app, ui, half_way.id, form).await?));
    };
    let person = Person {
        user: half_way.id,
        method,
        remember: false,
        next: form.next.clone(),
    };
    pass_second_factor(&app, &caller, &headers, &extensions, &person, &attempt).await
}

/// Uses a recovery code up, and tells its owner.
async fn use_recovery_code(
    app: &App,
    caller: &Caller,
    user: UserId,
    address: &str,
    typed: &str,
) -> Result<bool> {
    let Some(hash) = totp::known_code(app, user, typed).await? else {
        return Ok(false);
    };
    let mut tx = app.db.begin().await?;
    if !queries::factors::take_code(&mut *tx, user, &hash, app.now()).await? {
        return Ok(false);
    }
    let left = queries::factors::factors(&mut *tx, user).await?.codes_left;
    let event = Event::own(Action::RecoveryCodeUsed, user).with("left", left);
    audit::record(app, &mut *tx, caller, event).await?;
    let letter = letters::recovery_code_used(app, left);
    email::send(app, &mut tx, address, &letter, None).await?;
    tx.commit().await?;
    Ok(true)
}
