//! `/settings/sessions`: where somebody is signed in; `/settings/activity`: what happened to their account.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use uuid::Uuid;

use crate::app::App;
use crate::error::{Error, Result};
use crate::features::audit::{self, Action, Event, Record};
use crate::web::caller;
use crate::web::form::Blank;
use crate::web::session::{self, Device};
use crate::web::{Caller, Flash, Form, Path, Sudo, Ui, User};

/// Lines of activity on a page.
const LINES: i64 = 50;

pub fn router() -> Router<App> {
    Router::new()
        .route("/settings/sessions", get(show))
        .route("/settings/sessions/end", post(end_others))
        .route("/settings/sessions/{id}/end", post(end))
        .route("/settings/activity", get(activity))
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/devices.html")]
struct DevicesPage {
    ui: Ui,
    devices: Vec<Device>,
    /// The one that asks.
    this: Uuid,
}

async fn show(State(app): State<App>, user: User, ui: Ui) -> Result<DevicesPage> {
    // The demo user is signed in on the devices of strangers.
    let mut devices = session::devices(&app.db, user.id, ui.now).await?;
    devices.retain(|device| !user.is_demo || device.id == user.session);
    Ok(DevicesPage {
        ui,
        devices,
        this: user.session,
    })
}

async fn end(
    State(app): State<App>,
    user: Sudo,
    caller: Caller,
    Path(id): Path<Uuid>,
    _: Form<Blank>,
) -> Result<Response> {
    let mut tx = app.db.begin().await?;
    if !session::end_one(&mut *tx, user.id, id).await? {
        return Err(Error::NotFound);
    }
    let event = Event::own(Action::SessionEnded, user.id);
    audit::record(&app, &mut *tx, &caller, event).await?;
    tx.commit().await?;
    Ok(Flash::success("Signed out there.").then_go(&app, "/settings/sessions"))
}

async fn end_others(
    State(app): State<App>,
    user: Sudo,
    caller: Caller,
    _: Form<Blank>,
) -> Result<Response> {
    let mut tx = app.db.begin().await?;
    let count = session::end_all(&mut *tx, user.id, Some(user.session)).await?;
    let event = Event::own(Action::SessionsEnded, user.id).with("count", count);
    audit::record(&app, &mut *tx, &caller, event).await?;
    tx.commit().await?;
    Ok(Flash::success("Signed out everywhere else.").then_go(&app, "/settings/sessions"))
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/activity.html")]
struct ActivityPage {
    ui: Ui,
    records: Vec<Record>,
    page: i64,
    has_more: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    page: String,
}

async fn activity(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Query(asked): Query<Asked>,
) -> Result<ActivityPage> {
    let page = asked.page.parse().unwrap_or(1).clamp(1, 10_000);
    let mut records = Vec::new();
    if !user.is_demo {
        records = audit::of_user(&app.db, user.id, LINES + 1, (page - 1) * LINES).await?;
    }
    let most = usize::try_from(LINES).unwrap_or(usize::MAX);
    let has_more = records.len() > most;
    records.truncate(most);
    Ok(ActivityPage {
        ui,
        records,
        page,
        has_more,
    })
}
