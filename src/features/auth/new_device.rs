//! `/login/code`: a device that is new to somebody shows a code from their mail, if they want that or somebody has been
//! guessing their password. `/settings/security/new-devices` is where they say that they want it.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{Extensions, HeaderMap, Method as Verb};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::mailed_code::{self, CodeForm, Recipient};
use super::queries::codes;
use super::sign_in::{Person, out_of_tries, pass_second_factor};
use super::throttle::{self, Secret, Try, Verdict, Whence};
use super::{letters, queries, register};
use crate::app::App;
use crate::email;
use crate::error::Result;
use crate::features::audit::{self, Action, Event};
use crate::web::caller;
use crate::web::limits::{self, limited};
use crate::web::next::{Asked, Next};
use crate::web::session::{self, HalfWay, Method};
use crate::web::{Caller, Flash, Form, Sudo, Ui, ui};

const SETTING: &str = "/settings/security/new-devices";

pub fn router(app: &App) -> Router<App> {
    let step = get(show).post(create);
    Router::new()
        .route("/login/code", limited(app, limits::LOGIN, Verb::POST, step))
        .route("/login/code/mail", post(send_again))
        .route(SETTING, get(show_setting).post(set))
}

/// The page's path, for whoever wants to go somewhere else.
pub fn path(next: &Next) -> String {
    next.after("/login/code")
}

/// Sends the code to a session that waits for it. `false` if the user has had enough of them for now.
pub async fn send(app: &App, caller: &Caller, to: Recipient<'_>) -> Result<bool> {
    let device = caller::device(&caller.agent);
    let mut tx = app.db.begin().await?;
    let letter = |code: &str| letters::new_device_code(&device, code);
    let sent = mailed_code::send(app, &mut tx, to, letter).await?;
    tx.commit().await?;
    Ok(sent)
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/new_device.html")]
struct NewDevicePage {
    ui: Ui,
    folder: Option<String>,
    form: CodeForm,
}

fn page(app: &App, ui: Ui, form: CodeForm) -> NewDevicePage {
    NewDevicePage {
        ui,
        folder: register::mail_folder(app),
        form,
    }
}

async fn show(
    State(app): State<App>,
    _: HalfWay,
    ui: Ui,
    Query(Asked { next }): Query<Asked>,
) -> NewDevicePage {
    let form = CodeForm {
        next,
        ..CodeForm::default()
    };
    page(&app, ui, form)
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
    // Mail never stands in for something stronger.
    if queries::has_second_factor(&app.db, half_way.id).await? {
        return Ok(Redirect::to("/login/2fa").into_response());
    }
    if !session::count_try(&app, &extensions).await? {
        return out_of_tries(&app, &headers).await;
    }
    let attempt = Try {
        secret: Secret::SecondFactor,
        email: &half_way.email,
        user: Some(half_way.id),
        whence: Whence::browser(&app, &headers, &extensions, Some(half_way.id)),
    };
    if let Verdict::Wait(wait) = throttle::attempt(&app, &caller, &attempt).await? {
        form.code.refuse(wait.complaint());
        form.code.text.clear();
        return Ok(wait.answer(page(&app, ui, form)));
    }
    let code = std::mem::take(&mut form.code.text);
    let verdict = mailed_code::take(&app, half_way.session, &code).await?;
    if let Some(complaint) = verdict.complaint() {
        form.code.refuse(complaint);
        let event = Event::own(Action::SecondFactorFailed, half_way.id).by(None);
        audit::record(&app, &app.db, &caller, event).await?;
        return Ok(ui::refused(page(&app, ui, form)));
    }
    let person = Person {
        user: half_way.id,
        method: Method::MailedCode,
        remember: false,
        next: form.next,
    };
    pass_second_factor(&app, &caller, &headers, &extensions, &person, &attempt).await
}

async fn send_again(
    State(app): State<App>,
    half_way: HalfWay,
    caller: Caller,
    Form(Asked { next }, _): Form<Asked>,
) -> Result<Response> {
    if queries::has_second_factor(&app.db, half_way.id).await? {
        return Ok(Redirect::to("/login/2fa").into_response());
    }
    let to = Recipient {
        user: half_way.id,
        session: half_way.session,
        email: &half_way.email,
    };
    let sent = send(&app, &caller, to).await?;
    Ok(mailed_code::told(sent).then_go(&app, &path(&next)))
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/new_device_setting.html")]
struct SettingPage {
    ui: Ui,
    is_wanted: bool,
    has_second_factor: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SettingForm {
    /// `on` to be asked for a code.
    codes: String,
}

async fn show_setting(State(app): State<App>, user: Sudo, ui: Ui) -> Result<SettingPage> {
    Ok(SettingPage {
        ui,
        is_wanted: codes::are_wanted(&app.db, user.id).await?,
        has_second_factor: queries::has_second_factor(&app.db, user.id).await?,
    })
}

async fn set(
    State(app): State<App>,
    user: Sudo,
    caller: Caller,
    Form(form, _): Form<SettingForm>,
) -> Result<Response> {
    let wanted = form.codes == "on";
    let (action, told, flash) = if wanted {
        (
            Action::NewDeviceCodesOn,
            "From now on, your StakeEasy account asks for a code from your mail on devices that are new.",
            "New devices are asked for a code.",
        )
    } else {
        (
            Action::NewDeviceCodesOff,
            "Your StakeEasy account no longer asks for a code from your mail on devices that are new.",
            "New devices are not asked for a code.",
        )
    };
    let mut tx = app.db.begin().await?;
    if codes::want(&mut *tx, user.id, wanted).await? {
        let event = Event::own(action, user.id);
        audit::record(&app, &mut *tx, &caller, event).await?;
        let letter = letters::second_factor_changed(&app, told);
        email::send(&app, &mut tx, &user.email, &letter, None).await?;
    }
    tx.commit().await?;
    Ok(Flash::success(flash).then_go(&app, "/settings/security"))
}
