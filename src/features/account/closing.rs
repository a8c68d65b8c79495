//! `/settings/data/reset` empties the ledger, `/settings/data/delete` ends the account seven days later.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;

use super::queries;
use crate::app::App;
use crate::error::Result;
use crate::events::LedgerChanged;
use crate::features::audit::{self, Action, Event};
use crate::features::{auth, goals};
use crate::jobs;
use crate::web::form::Blank;
use crate::web::{Caller, Field, Flash, Form, Sudo, Ui, User, ui};

/// How long somebody may change their mind.
pub const NOTICE: Duration = Duration::days(7);

/// What is typed to empty the ledger.
const WORD: &str = "RESET";

pub fn router() -> Router<App> {
    Router::new()
        .route("/settings/data/reset", get(show_reset).post(reset))
        .route("/settings/data/delete", get(show_delete).post(delete))
        .route("/settings/data/keep", post(keep))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ConfirmForm {
    confirm: Field,
}

#[derive(Template, WebTemplate)]
#[template(path = "account/reset.html")]
struct ResetPage {
    ui: Ui,
    form: ConfirmForm,
}

async fn show_reset(_: Sudo, ui: Ui) -> ResetPage {
    let form = ConfirmForm::default();
    ResetPage { ui, form }
}

async fn reset(
    State(app): State<App>,
    user: Sudo,
    ui: Ui,
    caller: Caller,
    Form(mut form, _): Form<ConfirmForm>,
) -> Result<Response> {
    if form.confirm.text.trim() != WORD {
        form.confirm.refuse("Type RESET, in capitals.");
        return Ok(ui::refused(ResetPage { ui, form }));
    }
    let mut tx = app.db.begin().await?;
    queries::empty_ledger(&mut tx, user.id).await?;
    goals::empty(&mut *tx, user.id).await?;
    let event = Event::own(Action::DataReset, user.id);
    audit::record(&app, &mut *tx, &caller, event).await?;
    jobs::enqueue(&mut tx, LedgerChanged { owner: user.id }).await?;
    tx.commit().await?;
    Ok(Flash::success("Everything is deleted.")
        .detail("You can start anew, or import a file.")
        .then_go(&app, "/dashboard"))
}

#[derive(Template, WebTemplate)]
#[template(path = "account/delete.html")]
struct DeletePage {
    ui: Ui,
    /// When it is decided already.
    deletes_at: Option<DateTime<Utc>>,
    form: ConfirmForm,
}

impl DeletePage {
    fn new(ui: Ui, user: &User, form: ConfirmForm) -> Self {
        Self {
            ui,
            deletes_at: user.deletes_at,
            form,
        }
    }
}

async fn show_delete(user: Sudo, ui: Ui) -> DeletePage {
    DeletePage::new(ui, &user, ConfirmForm::default())
}

async fn delete(
    State(app): State<App>,
    user: Sudo,
    ui: Ui,
    caller: Caller,
    Form(mut form, _): Form<ConfirmForm>,
) -> Result<Response> {
    if !form.confirm.text.trim().eq_ignore_ascii_case(&user.email) {
        form.confirm
            .refuse("This is not the address of this account.");
        return Ok(ui::refused(DeletePage::new(ui, &user, form)));
    }
    let at = app.now() + NOTICE;
    auth::schedule_deletion(&app, &caller, &user, at).await?;
    Ok(Flash::success("The account will be deleted.")
        .detail(format!("On {}. Until then you can keep it.", ui.moment(at)))
        .then_go(&app, "/dashboard"))
}

/// The button on every page of an account that is about to be deleted.
async fn keep(
    State(app): State<App>,
    user: User,
    caller: Caller,
    _: Form<Blank>,
) -> Result<Response> {
    auth::cancel_deletion(&app, &caller, &user).await?;
    Ok(Flash::success("Your account stays.").then_go(&app, "/dashboard"))
}

/// Deletes the users whose time is over. Only the log still knows that they were there.
pub async fn delete_due(app: &App, now: DateTime<Utc>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    for user in queries::delete_users(&mut *tx, now).await? {
        let event = Event::own(Action::Deleted, user).by(None);
        audit::record(app, &mut *tx, &Caller::default(), event).await?;
    }
    tx.commit().await?;
    Ok(())
}
