//! `/goals/{id}/…`: completing, putting away, reopening and deleting a goal.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};

use super::goal::{Goal, Status};
use super::progress::Progress;
use super::{queries, service};
use crate::app::App;
use crate::error::{Error, Result};
use crate::features::bankroll::{self, Book};
use crate::ids::GoalId;
use crate::web::form::Blank;
use crate::web::{Flash, Form, Path, Ui, User};

pub fn router() -> Router<App> {
    Router::new()
        .route("/goals/{id}/complete", post(complete))
        .route("/goals/{id}/archive", post(archive))
        .route("/goals/{id}/reopen", post(reopen))
        .route("/goals/{id}/delete", get(confirm).post(delete))
}

/// One of the user's goals.
pub async fn own(app: &App, user: &User, id: GoalId) -> Result<Goal> {
    let found = queries::find(&app.db, user.id, id).await?;
    found.ok_or(Error::NotFound)
}

/// A goal that is completed or put away.
#[derive(Template, WebTemplate)]
#[template(path = "goals/done.html")]
pub struct DonePage {
    ui: Ui,
    goal: Goal,
    title: String,
}

impl DonePage {
    pub fn new(ui: Ui, goal: Goal, book: &Book) -> Self {
        let title = goal.title(book, ui.numbers);
        Self { ui, goal, title }
    }

    fn is_archived(&self) -> bool {
        self.goal.status == Status::Archived
    }
}

/// Says of a goal that it is done, whatever its progress.
async fn complete(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Path(id): Path<GoalId>,
    _: Form<Blank>,
) -> Result<Response> {
    let goal = own(&app, &user, id).await?;
    if goal.status == Status::Archived {
        return Err(Error::Conflict(
            "This goal is archived. Reopen it first.".into(),
        ));
    }
    service::complete(&app, user.id, &goal, ui.today).await?;
    Ok(Flash::success("Goal completed.").then_go(&app, "/goals"))
}

async fn archive(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Path(id): Path<GoalId>,
    _: Form<Blank>,
) -> Result<Response> {
    own(&app, &user, id).await?;
    queries::archive(&app.db, user.id, id, ui.now).await?;
    Ok(Flash::success("Goal archived.").then_go(&app, "/goals"))
}

async fn reopen(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Path(id): Path<GoalId>,
    _: Form<Blank>,
) -> Result<Response> {
    let goal = own(&app, &user, id).await?;
    queries::reopen(&app.db, user.id, id, ui.today).await?;
    let book = bankroll::book(&app, &user, ui.today).await?;
    let mut flash = Flash::success("Goal reopened.");
    if Progress::of(&goal, &book.figures).is_ok_and(|progress| progress.is_reached()) {
        flash = flash.detail(
            "It is reached as it stands: raise its target, or the next change of your money completes it again.",
        );
    }
    Ok(flash.then_go(&app, &format!("/goals/{id}")))
}

#[derive(Template, WebTemplate)]
#[template(path = "goals/delete.html")]
struct DeletePage {
    ui: Ui,
    goal: Goal,
    title: String,
}

async fn confirm(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Path(id): Path<GoalId>,
) -> Result<DeletePage> {
    let goal = own(&app, &user, id).await?;
    let book = bankroll::book(&app, &user, ui.today).await?;
    let title = goal.title(&book, ui.numbers);
    Ok(DeletePage { ui, goal, title })
}

async fn delete(
    State(app): State<App>,
    user: User,
    Path(id): Path<GoalId>,
    _: Form<Blank>,
) -> Result<Response> {
    if !queries::delete(&app.db, user.id, id).await? {
        return Err(Error::NotFound);
    }
    Ok(Flash::success("Goal deleted.").then_go(&app, "/goals"))
}
