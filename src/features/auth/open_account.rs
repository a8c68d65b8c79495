//! `/register/open`: whoever follows the link of the mail has shown that the address is theirs, and opens the account.
//!
//! In the browser that registered, what was set there counts. In any other one somebody else may have set it: there the
//! person behind the link sets it themselves.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono_tz::Tz;

use super::confirm::LinkPage;
use super::oauth::link_registered;
use super::passphrase::{self, Passphrase};
use super::queries::identities::NewIdentity;
use super::queries::registrations::Registration;
use super::queries::{self, NewUser};
use super::register::{RegisterForm, home_currencies};
use super::sign_in::{Person, sign_in};
use super::{hashing, links, registrations};
use crate::app::App;
use crate::error::{Result, is_violation};
use crate::features::audit::{self, Action, Event};
use crate::money::Currency;
use crate::web::next::Next;
use crate::web::session::Method;
use crate::web::{Caller, Field, Flash, Form, Path, Ui, ui};

const PAGE: &str = "/register/open";

pub fn router() -> Router<App> {
    Router::new()
        .route(PAGE, get(show).post(open))
        .route("/register/open/{token}", get(take))
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/open_account.html")]
struct OpenPage {
    ui: Ui,
    /// Whose account it will be.
    email: String,
    /// What is still to be set. `None` in the browser that registered.
    form: Option<RegisterForm>,
    proposal: Option<Passphrase>,
    currencies: Vec<(String, String)>,
}

impl OpenPage {
    fn new(ui: Ui, registration: &Registration, form: Option<RegisterForm>) -> Self {
        Self {
            ui,
            email: registration.email.clone(),
            form,
            proposal: None,
            currencies: home_currencies(),
        }
    }
}

/// There is nothing to open.
fn over(ui: Ui) -> LinkPage {
    LinkPage {
        title: "No account was opened",
        text: "This link does not work any more: it was used, a newer one was sent, or its three days are over. Log in, or \
               register again."
            .to_owned(),
        ..LinkPage::over(ui)
    }
}

async fn take(State(app): State<App>, Path(token): Path<String>) -> Response {
    links::take(&app, &token, PAGE)
}

/// What the link is for, and the token in it.
async fn taken(app: &App, headers: &HeaderMap) -> Result<Option<(String, Registration)>> {
    let Some(token) = links::taken(app, headers) else {
        return Ok(None);
    };
    let mut db = app.db.acquire().await?;
    let registration = registrations::of_link(app, &mut db, &token).await?;
    Ok(registration.map(|registration| (token, registration)))
}

async fn show(State(app): State<App>, ui: Ui, headers: HeaderMap) -> Result<Response> {
    let Some((_, registration)) = taken(&app, &headers).await? else {
        return Ok(links::page(over(ui)));
    };
    let is_own = registrations::is_of_browser(&app, &headers, &registration);
    let form = (!is_own).then(|| RegisterForm {
        name: Field::filled(registration.name.as_str()),
        home: Field::filled(registration.home_currency.as_str()),
        ..RegisterForm::default()
    });
    Ok(links::page(OpenPage::new(ui, &registration, form)))
}

/// The account comes into being, and whoever opened it is signed in: nobody else has a way into it.
async fn open(
    State(app): State<App>,
    ui: Ui,
    caller: Caller,
    headers: HeaderMap,
    Form(mut form, _): Form<RegisterForm>,
) -> Result<Response> {
    let Some((token, mut registration)) = taken(&app, &headers).await? else {
        return Ok(ui::refused(over(ui)));
    };
    let is_own = registrations::is_of_browser(&app, &headers, &registration);
    if !is_own {
        let typed = std::mem::take(&mut form.password.text);
        form.email = Field::filled(registration.email.as_str());
        if !form.propose.is_empty() {
            let mut page = OpenPage::new(ui, &registration, Some(form));
            page.proposal = Some(passphrase::propose()?);
            return Ok(links::page(page));
        }
        let Some(filled) = form.read(&app, &typed).await? else {
            return Ok(ui::refused(OpenPage::new(ui, &registration, Some(form))));
        };
        // Nothing stays of what was set elsewhere.
        registration = Registration {
            name: filled.name,
            password_hash: Some(hashing::hash(&app, filled.password).await?),
            issuer: None,
            subject: None,
            home_currency: filled.home.code().to_owned(),
            time_zone: filled.zone.name().to_owned(),
            ..registration
        };
    }
    let mut tx = app.db.begin().await?;
    let new = NewUser {
        email: &registration.email,
        name: &registration.name,
        password_hash: registration.password_hash.as_deref(),
        home: registration.home_currency.parse().unwrap_or(Currency::EUR),
        time_zone: registration.time_zone.parse().unwrap_or(Tz::UTC).name(),
        is_demo: false,
        confirmed_at: app.now(),
    };
    let user = match queries::insert_user(&mut *tx, &new).await {
        Ok(user) => user,
        Err(error) if is_violation(&error, "users_email_key") => {
            return Ok(ui::refused(LinkPage {
                title: "You have an account already",
                text: format!(
                    "There is an account with {}. Log in to it.",
                    registration.email
                ),
                ..over(ui)
            }));
        }
        Err(error) => return Err(error.into()),
    };
    let event = Event::own(Action::Registered, user);
    audit::record(&app, &mut *tx, &caller, event).await?;
    if let (Some(issuer), Some(subject)) = (&registration.issuer, &registration.subject) {
        let identity = NewIdentity {
            issuer,
            subject,
            user,
            email: Some(&registration.email),
            linked_at: app.now(),
        };
        if !link_registered(&app, &caller, &mut tx, &identity).await? {
            return Ok(ui::refused(over(ui)));
        }
    }
    if !registrations::end(&mut tx, &registration.email, &token).await? {
        return Ok(ui::refused(over(ui)));
    }
    tx.commit().await?;
    let has_chosen = registration.issuer.is_none();
    let person = Person {
        user,
        method: Method::MailedCode,
        remember: false,
        // Nobody has asked those who come from elsewhere yet what they count in, and where they live.
        next: Next::from(if has_chosen {
            "/dashboard"
        } else {
            "/settings"
        }),
    };
    let flash = Flash::success("Your account is open.");
    let flash = if has_chosen {
        flash
    } else {
        flash.detail("Choose your home currency and your time zone.")
    };
    let signed_in = sign_in(&app, &caller, &headers, &person).await?;
    let response = (registrations::forgotten(&app), signed_in).into_response();
    Ok(links::used(&app, flash.beside(&app, response)))
}
