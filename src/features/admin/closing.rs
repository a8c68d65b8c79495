//! Closing a user's account and opening it again, deleting it and calling that off.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::queries::users::{self as queries, Profile};
use super::service::{self, By};
use super::users::back;
use crate::app::App;
use crate::error::Result;
use crate::ids::UserId;
use crate::text;
use crate::web::form::Blank;
use crate::web::{Admin, Caller, Field, Flash, Form, Path, Sudo, Ui, ui};

/// Letters of a reason, at most.
pub const REASON: usize = 200;

pub fn router() -> Router<App> {
    Router::new()
        .route("/admin/users/{id}/disable", get(show_disable).post(disable))
        .route("/admin/users/{id}/enable", post(enable))
        .route("/admin/users/{id}/delete", get(show_delete).post(delete))
        .route("/admin/users/{id}/keep", post(keep))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ReasonForm {
    reason: Field,
}

#[derive(Template, WebTemplate)]
#[template(path = "admin/users/disable.html")]
struct DisablePage {
    ui: Ui,
    user: Profile,
    form: ReasonForm,
}

/// Asks who they are before anything is typed: a form that is sent too late would lose it.
async fn show_disable(
    _: Admin,
    _: Sudo,
    State(app): State<App>,
    ui: Ui,
    Path(id): Path<UserId>,
) -> Result<DisablePage> {
    let user = queries::profile(&app.db, id).await?;
    let form = ReasonForm::default();
    Ok(DisablePage { ui, user, form })
}

async fn disable(
    admin: Admin,
    State(app): State<App>,
    ui: Ui,
    caller: Caller,
    Path(id): Path<UserId>,
    Form(mut form, _): Form<ReasonForm>,
) -> Result<Response> {
    let Some(reason) = form.reason.read(|text| Ok(text::line(text, REASON)?)) else {
        let user = queries::profile(&app.db, id).await?;
        return Ok(ui::refused(DisablePage { ui, user, form }));
    };
    let done = service::disable(&app, &By::of(&admin, &caller), id, &reason).await?;
    let flash = if done {
        Flash::success("Account disabled.").detail("All its sessions have ended.")
    } else {
        Flash::success("This account is disabled already.")
    };
    Ok(back(&app, id, flash))
}

async fn enable(
    admin: Admin,
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<UserId>,
    _: Form<Blank>,
) -> Result<Response> {
    let done = service::enable(&app, &By::of(&admin, &caller), id).await?;
    let flash = if done {
        Flash::success("Account enabled.").detail("Its user can sign in again.")
    } else {
        Flash::success("This account is enabled already.")
    };
    Ok(back(&app, id, flash))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DeleteForm {
    confirm: Field,
    reason: Field,
}

impl DeleteForm {
    /// The reason, if the address is this one.
    fn read(&mut self, email: &str) -> Option<String> {
        let confirmed = self.confirm.read(|text| {
            if text.trim().eq_ignore_ascii_case(email) {
                Ok(())
            } else {
                Err("This is not the address of this account.".into())
            }
        });
        let reason = self.reason.read(|text| Ok(text::line(text, REASON)?));
        confirmed.and(reason)
    }

    fn wrong(&self) -> Vec<(&'static str, &'static str)> {
        [
            ("confirm", "Address", &self.confirm),
            ("reason", "Reason", &self.reason),
        ]
        .into_iter()
        .filter(|(.., field)| field.error.is_some())
        .map(|(name, label, _)| (name, label))
        .collect()
    }
}

#[derive(Template, WebTemplate)]
#[template(path = "admin/users/delete.html")]
struct DeletePage {
    ui: Ui,
    user: Profile,
    form: DeleteForm,
}

async fn show_delete(
    _: Admin,
    _: Sudo,
    State(app): State<App>,
    ui: Ui,
    Path(id): Path<UserId>,
) -> Result<DeletePage> {
    let user = queries::profile(&app.db, id).await?;
    let form = DeleteForm::default();
    Ok(DeletePage { ui, user, form })
}

async fn delete(
    admin: Admin,
    State(app): State<App>,
    ui: Ui,
    caller: Caller,
    Path(id): Path<UserId>,
    Form(mut form, _): Form<DeleteForm>,
) -> Result<Response> {
    let user = queries::profile(&app.db, id).await?;
    let Some(reason) = form.read(&user.email) else {
        return Ok(ui::refused(DeletePage { ui, user, form }));
    };
    let by = By::of(&admin, &caller);
    let flash = if service::schedule_deletion(&app, &by, id, &reason).await? {
        Flash::success("The account will be deleted.")
            .detail("In seven days. Its user has been told by mail and can keep it until then.")
    } else {
        Flash::success("The deletion of this account is decided already.")
    };
    Ok(back(&app, id, flash))
}

async fn keep(
    admin: Admin,
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<UserId>,
    _: Form<Blank>,
) -> Result<Response> {
    let done = service::cancel_deletion(&app, &By::of(&admin, &caller), id).await?;
    let flash = if done {
        Flash::success("The account stays.")
    } else {
        Flash::success("This account was not going to be deleted.")
    };
    Ok(back(&app, id, flash))
}
