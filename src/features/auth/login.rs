//! `/login`

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{Extensions, HeaderMap, Method as Verb};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::oauth::{Provider, Told};
use super::sign_in::{Person, sign_in, sign_in_in_doubt};
use super::throttle::{self, Secret, Try, Verdict, Whence};
use super::{hashing, passkeys, queries, registrations};
use crate::app::App;
use crate::error::{Error, Result};
use crate::features::audit::{self, Action, Event};
use crate::ids::UserId;
use crate::web::form::Blank;
use crate::web::limits::{self, limited};
use crate::web::next::{Asked, Next};
use crate::web::session::Method;
use crate::web::{Caller, Field, Form, Ui, User, parse, ui};

pub fn router(app: &App) -> Router<App> {
    Router::new()
        .route(
            "/login",
            limited(app, limits::LOGIN, Verb::POST, get(show).post(create)),
        )
        .route("/login/demo", post(demo))
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/login.html")]
struct LoginPage {
    ui: Ui,
    form: LoginForm,
    providers: Vec<Provider>,
    takes_passkeys: bool,
    /// Why signing in with one of them came to nothing.
    problem: Option<String>,
}

impl LoginPage {
    /// With what is wrong in the form.
    fn refusing(app: &App, ui: Ui, form: LoginForm) -> Self {
        Self {
            ui,
            form,
            providers: Provider::offered(app),
            takes_passkeys: app.passkeys.is_some(),
            problem: None,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LoginForm {
    email: Field,
    password: Field,
    /// What the browser answers for a passkey, in the form that has a button for it.
    passkey: Option<Field>,
    /// `on` to stay signed in on this device.
    remember: String,
    next: Next,
}

async fn show(
    State(app): State<App>,
    user: Option<User>,
    ui: Ui,
    Query(Asked { next }): Query<Asked>,
    Query(told): Query<Told>,
) -> Response {
    if user.is_some() {
        return Redirect::to(next.path()).into_response();
    }
    LoginPage {
        ui,
        form: LoginForm {
            next,
            ..LoginForm::default()
        },
        providers: Provider::offered(&app),
        takes_passkeys: app.passkeys.is_some(),
        problem: told.sentence(),
    }
    .into_response()
}

async fn create(
    State(app): State<App>,
    ui: Ui,
    caller: Caller,
    headers: HeaderMap,
    extensions: Extensions,
    Form(mut form, _): Form<LoginForm>,
) -> Result<Response> {
    if form.passkey.is_some() {
        return by_passkey(&app, ui, &caller, &headers, form).await;
    }
    let password = std::mem::take(&mut form.password.text);
    let email = &parse::known_email(&form.email.text);
    // A NUL cannot be in the database, nor in anybody's address.
    let known = if email.contains('\0') {
        None
    } else {
        queries::credentials(&app.db, email).await?
    };
    let (user, hash) = known
        .map(|known| ((known.id, known.is_disabled), known.password_hash))
        .unzip();
    let id = user.map(|(id, _)| id);
    let attempt = Try {
        secret: Secret::Password,
        email,
        user: id,
        // A browser that has been here before is not slowed down by what others try.
        whence: Whence::browser(&app, &headers, &extensions, id),
    };
    let verdict = throttle::attempt(&app, &caller, &attempt).await?;
    if let Verdict::Wait(wait) = verdict {
        form.password.refuse(wait.complaint());
        return Ok(wait.answer(LoginPage::refusing(&app, ui, form)));
    }
    let outcome = hashing::verify(&app, password, hash.flatten()).await?;
    // A closed account answers like a wrong password, to whoever does not own it.
    let (Some((id, false)), true) = (user, outcome.matches) else {
        // Written down for addresses that nobody has, too: it takes the same time.
        let event = Event {
            subject: user.map(|(id, _)| id),
            ..Event::own(Action::SignInFailed, UserId(0)).by(None)
        };
        audit::record(&app, &app.db, &caller, event).await?;
        // Only the browser that registered is told, and always.
        let waits = registrations::of_browser(&app, &headers).await?;
        form.password.refuse(match waits {
            Some(waits) if waits.email.eq_ignore_ascii_case(email) => {
                "E-mail and password do not go together. If you have just registered, follow the link in our mail first: it \
                 opens your account."
            }
            _ => "E-mail and password do not go together. Check both and try again.",
        });
        return Ok(ui::refused(LoginPage::refusing(&app, ui, form)));
    };
    if let Some(rehashed) = outcome.rehashed {
        queries::set_password_hash(&app.db, id, &rehashed).await?;
    }
    let person = Person {
        user: id,
        method: Method::Password,
        remember: form.remember == "on",
        next: form.next.clone(),
    };
    if verdict == Verdict::Doubt {
        // Forgiven with the second step: else whoever has guessed the password would get in by typing it twice.
        return sign_in_in_doubt(&app, &caller, &headers, &person).await;
    }
    throttle::forgive_try(&app, &app.db, &attempt).await?;
    sign_in(&app, &caller, &headers, &person).await
}

/// Nothing is typed: the passkey says whose it is.
async fn by_passkey(
    app: &App,
    ui: Ui,
    caller: &Caller,
    headers: &HeaderMap,
    mut form: LoginForm,
) -> Result<Response> {
    let mut field = form.passkey.take().unwrap_or_default();
    let answer = std::mem::take(&mut field.text);
    match passkeys::check(app, caller, headers, None, &answer).await? {
        Ok(user) => {
            let person = Person {
                user,
                method: Method::Passkey,
                remember: false,
                next: form.next.clone(),
            };
            sign_in(app, caller, headers, &person).await
        }
        Err(refusal) => {
            let event = Event {
                subject: refusal.owner,
                ..Event::own(Action::SignInFailed, UserId(0)).by(None)
            };
            let event = event.with("method", Method::Passkey.as_str());
            audit::record(app, &app.db, caller, event).await?;
            field.refuse(refusal.why);
            form.passkey = Some(field);
            Ok(ui::refused(LoginPage::refusing(app, ui, form)))
        }
    }
}

/// Signs in as the demo user, where that is offered.
async fn demo(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    _: Form<Blank>,
) -> Result<Response> {
    if !app.config.demo {
        return Err(Error::NotFound);
    }
    let demo = queries::demo_user(&app.db).await?.ok_or(Error::NotFound)?;
    let person = Person {
        user: demo.id,
        method: Method::Demo,
        remember: false,
        next: Next::from("/dashboard"),
    };
    sign_in(&app, &caller, &headers, &person).await
}
