//! `/settings/security/totp`: switching codes from an app on and off, and the recovery codes that go with them.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::State;
use axum::http::{Extensions, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use sqlx::PgConnection;

use super::queries::factors as queries;
use super::totp::{self, NewCodes, Squares};
use super::{letters, lost, passkeys};
use crate::app::App;
use crate::email;
use crate::error::{Error, Result};
use crate::features::audit::{self, Action, Event};
use crate::web::form::Blank;
use crate::web::session::{self, Method};
use crate::web::{Caller, Field, Flash, Form, Sudo, Ui, User, Vouched, ui};

const PAGE: &str = "/settings/security/totp";

pub fn router() -> Router<App> {
    Router::new()
        .route(PAGE, get(show).post(confirm))
        .route("/settings/security/totp/start", post(start))
        .route("/settings/security/totp/off", post(off))
        .route("/settings/security/recovery-codes", post(renew_codes))
        .route("/settings/security/recovery-codes/file", post(file))
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/totp.html")]
struct TotpPage {
    ui: Ui,
    state: Progress,
    /// An administrator who was led here, because they need it.
    is_required: bool,
    /// A passkey would do, too.
    can_show_passkey: bool,
    form: CodeForm,
}

/// How far somebody is.
enum Progress {
    Off,
    /// The app is to be told the secret.
    Started {
        squares: Squares,
        key: String,
    },
    On {
        codes_left: i64,
    },
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CodeForm {
    code: Field,
}

/// New codes, shown once.
#[derive(Template, WebTemplate)]
#[template(path = "auth/recovery_codes.html")]
struct CodesPage {
    ui: Ui,
    codes: Vec<String>,
}

async fn show(State(app): State<App>, user: Sudo, ui: Ui) -> Result<TotpPage> {
    let page = page(&app, ui, &user, CodeForm::default()).await?;
    if !matches!(page.state, Progress::On { .. }) {
        // Better before somebody has taken out their phone.
        session::vouch(&user)?;
    }
    Ok(page)
}

async fn page(app: &App, ui: Ui, user: &User, form: CodeForm) -> Result<TotpPage> {
    let known = queries::factors(&app.db, user.id).await?;
    let state = match (known.totp_enabled_at, known.totp_secret) {
        (Some(_), _) => Progress::On {
            codes_left: known.codes_left,
        },
        (None, Some(sealed)) => {
            let secret = totp::open(app, &sealed)?;
            Progress::Started {
                squares: totp::squares(&secret, &user.email)?,
                key: totp::typed(&secret),
            }
        }
        (None, None) => Progress::Off,
    };
    Ok(TotpPage {
        ui,
        state,
        is_required: user.is_admin && !user.has_second_factor,
        can_show_passkey: passkeys::can_show(app, user.id).await?,
        form,
    })
}

/// Makes a secret, which counts once a code shows that the app has it.
async fn start(State(app): State<App>, user: Vouched, _: Form<Blank>) -> Result<Response> {
    let sealed = totp::sealed(&app, &totp::new_secret()?)?;
    queries::set_pending(&app.db, user.id, &sealed).await?;
    Ok(Redirect::to(PAGE).into_response())
}

async fn confirm(
    State(app): State<App>,
    user: Vouched,
    ui: Ui,
    caller: Caller,
    extensions: Extensions,
    Form(mut form, _): Form<CodeForm>,
) -> Result<Response> {
    let known = queries::factors(&app.db, user.id).await?;
    let (Some(sealed), None) = (known.totp_secret, known.totp_enabled_at) else {
        return Ok(Redirect::to(PAGE).into_response());
    };
    let code = totp::digits(&std::mem::take(&mut form.code.text));
    let secret = totp::open(&app, &sealed)?;
    let Some(step) = totp::step(&secret, &code, app.now().timestamp())? else {
        form.code
            .refuse("This code is wrong. Check the clock of your phone, and type the newest code.");
        return Ok(ui::refused(page(&app, ui, &user, form).await?));
    };
    let new = totp::new_codes(&app).await?;
    let mut tx = app.db.begin().await?;
    if !queries::enable(&mut *tx, user.id, &sealed, step, app.now()).await? {
        return Ok(Redirect::to(PAGE).into_response());
    }
    queries::replace_codes(&mut tx, user.id, &new.salt, &new.hashes).await?;
    let told = "Codes from an app were switched on for your StakeEasy account. All other sessions have ended.";
    changed(&app, &mut tx, &caller, &user, Action::TotpEnabled, told).await?;
    session::end_all(&mut *tx, user.id, Some(user.session)).await?;
    tx.commit().await?;
    let jar = session::renew(&app, &extensions, Method::Totp).await?;
    Ok((jar, shown(ui, new)).into_response())
}

fn shown(ui: Ui, new: NewCodes) -> CodesPage {
    CodesPage {
        ui,
        codes: new.codes,
    }
}

/// Writes a change down and tells the user by mail.
async fn changed(
    app: &App,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    action: Action,
    what: &str,
) -> Result<()> {
    audit::record(app, &mut *db, caller, Event::own(action, user.id)).await?;
    let letter = letters::second_factor_changed(app, what);
    email::send(app, db, &user.email, &letter, None).await
}

async fn off(
    State(app): State<App>,
    user: Sudo,
    caller: Caller,
    extensions: Extensions,
    _: Form<Blank>,
) -> Result<Response> {
    let jar = session::change_token(&app, &extensions).await?;
    let mut tx = app.db.begin().await?;
    lost::call_off(&app, &mut tx, &caller, user.id).await?;
    if queries::disable(&mut *tx, user.id).await? {
        let told = "Codes from an app were switched off for your StakeEasy account.";
        changed(&app, &mut tx, &caller, &user, Action::TotpDisabled, told).await?;
        session::end_all(&mut *tx, user.id, Some(user.session)).await?;
    }
    // An administrator's rights go with it.
    session::forget_second_factor(&mut *tx, user.id, &[Method::Totp, Method::RecoveryCode]).await?;
    tx.commit().await?;
    let flash = Flash::success("Codes from an app are off.");
    Ok((jar, flash.then_go(&app, PAGE)).into_response())
}

async fn renew_codes(
    State(app): State<App>,
    user: Vouched,
    ui: Ui,
    caller: Caller,
    _: Form<Blank>,
) -> Result<Response> {
    let known = queries::factors(&app.db, user.id).await?;
    if known.totp_enabled_at.is_none() {
        return Ok(Redirect::to(PAGE).into_response());
    }
    let new = totp::new_codes(&app).await?;
    let mut tx = app.db.begin().await?;
    queries::replace_codes(&mut tx, user.id, &new.salt, &new.hashes).await?;
    let told =
        "New recovery codes were made for your StakeEasy account. The old ones no longer work.";
    changed(
        &app,
        &mut tx,
        &caller,
        &user,
        Action::RecoveryCodesMade,
        told,
    )
    .await?;
    tx.commit().await?;
    Ok(shown(ui, new).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FileForm {
    codes: Vec<String>,
}

/// The codes of the page as a file. The page sends them: nobody else knows them.
async fn file(_: Sudo, Form(form, _): Form<FileForm>) -> Result<Response> {
    let codes: Option<Vec<String>> = form
        .codes
        .iter()
        .map(|code| totp::recovery_code(code))
        .collect();
    let codes = codes.ok_or_else(|| Error::BadRequest("These are no recovery codes.".into()))?;
    let text = format!(
        "StakeEasy recovery codes. Each works once.\r\n\r\n{}\r\n",
        codes.join("\r\n")
    );
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"stakeeasy-recovery-codes.txt\"",
        ),
    ];
    Ok((headers, text).into_response())
}
