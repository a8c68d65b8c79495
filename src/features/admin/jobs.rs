//! `/admin/jobs`: what waits to be done, and what failed for the last time.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use crate::app::App;
use crate::error::{Error, Result};
use crate::features::audit::{self, Action, Event};
use crate::ids::UserId;
use crate::jobs::{self, Counts, Queued, State as JobState};
use crate::web::form::Blank;
use crate::web::{Admin, Caller, Flash, Form, Paging, Path, Sudo, Ui};

/// Jobs on a page.
const PAGE: u32 = 50;

pub fn router() -> Router<App> {
    Router::new()
        .route("/admin/jobs", get(list))
        .route("/admin/jobs/{id}/retry", post(retry))
        .route("/admin/jobs/{id}/drop", get(show_drop).post(discard))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    state: String,
    page: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "admin/jobs/list.html")]
struct ListPage {
    ui: Ui,
    state: Option<JobState>,
    counts: Counts,
    jobs: Vec<Queued>,
    paging: Paging,
}

/// A job's kind in words: `Send mail`.
fn words(job: &Queued) -> String {
    let mut words = job.kind.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

async fn list(
    _: Admin,
    State(app): State<App>,
    ui: Ui,
    Query(asked): Query<Asked>,
) -> Result<ListPage> {
    let named = |state: &JobState| state.as_str() == asked.state;
    let state = JobState::ALL.into_iter().find(named);
    let counts = jobs::count(&app.db).await?;
    let (total, base) = match state {
        Some(state) => (
            counts.of(state),
            format!("/admin/jobs?state={}", state.as_str()),
        ),
        None => (counts.total(), "/admin/jobs".to_owned()),
    };
    let paging = Paging::new(asked.page.parse().unwrap_or(1), total, PAGE, base);
    let jobs = jobs::queued(&app.db, state, PAGE.into(), paging.offset()).await?;
    Ok(ListPage {
        ui,
        state,
        counts,
        jobs,
        paging,
    })
}

async fn retry(
    admin: Admin,
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<i64>,
    _: Form<Blank>,
) -> Result<Response> {
    let mut tx = app.db.begin().await?;
    let Some(job) = jobs::retry(&app, &mut tx, id).await? else {
        return Ok(gone(&app));
    };
    let event = event(Action::JobRetried, admin.id, &job);
    audit::record(&app, &mut *tx, &caller, event).await?;
    tx.commit().await?;
    Ok(Flash::success("Back in the queue.")
        .detail("It is tried at once.")
        .then_go(&app, "/admin/jobs"))
}

#[derive(Template, WebTemplate)]
#[template(path = "admin/jobs/drop.html")]
struct DropPage {
    ui: Ui,
    job: Queued,
}

async fn show_drop(
    _: Admin,
    _: Sudo,
    State(app): State<App>,
    ui: Ui,
    Path(id): Path<i64>,
) -> Result<DropPage> {
    let job = jobs::find(&app.db, id).await?.ok_or(Error::NotFound)?;
    Ok(DropPage { ui, job })
}

async fn discard(
    admin: Admin,
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<i64>,
    _: Form<Blank>,
) -> Result<Response> {
    let mut tx = app.db.begin().await?;
    let Some(job) = jobs::discard(&app, &mut tx, id).await? else {
        return Ok(gone(&app));
    };
    let event = event(Action::JobDropped, admin.id, &job);
    audit::record(&app, &mut *tx, &caller, event).await?;
    tx.commit().await?;
    Ok(Flash::success("Job dropped.").then_go(&app, "/admin/jobs"))
}

/// Somebody else was faster: the queue, or another administrator.
fn gone(app: &App) -> Response {
    Flash::success("Nothing was changed.")
        .detail("The job is done, being done, or waits for its turn already.")
        .then_go(app, "/admin/jobs")
}

fn event(action: Action, admin: UserId, job: &Queued) -> Event {
    Event::by_admin(action, admin, None)
        .with("job", job.id)
        .with("kind", job.kind.as_str())
        .with("subject", job.subject.as_deref())
        .with("state", job.state.as_str())
        .with("tries", job.tries)
}
