//! `/goals`: those to be reached with their progress, and those that are done or put away.

use std::sync::Arc;

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::State;
use axum::routing::get;

use super::card::Shown;
use super::goal::{Goal, Kind, Status};
use super::progress::{Pace, Unknown};
use super::queries;
use crate::app::App;
use crate::error::Result;
use crate::features::bankroll::{self, Book};
use crate::web::{Ui, User};

pub fn router() -> Router<App> {
    Router::new().route("/goals", get(list))
}

#[derive(Template, WebTemplate)]
#[template(path = "goals/list.html")]
struct ListPage {
    ui: Ui,
    book: Arc<Book>,
    active: Vec<Shown>,
    /// The last one reached first.
    completed: Vec<Goal>,
    /// The last one put away first.
    archived: Vec<Goal>,
}

impl ListPage {
    /// `2 active · 3 completed`
    fn summary(&self) -> String {
        format!(
            "{} active · {} completed",
            self.active.len(),
            self.completed.len()
        )
    }

    fn is_empty(&self) -> bool {
        self.active.is_empty() && self.completed.is_empty() && self.archived.is_empty()
    }

    fn title(&self, goal: &Goal) -> String {
        goal.title(&self.book, self.ui.numbers)
    }
}

async fn list(State(app): State<App>, user: User, ui: Ui) -> Result<ListPage> {
    let book = bankroll::book(&app, &user, ui.today).await?;
    let goals = queries::all(&app.db, user.id).await?;
    let of = |status| {
        let chosen = goals.iter().filter(move |goal| goal.status == status);
        chosen.cloned().collect::<Vec<Goal>>()
    };
    let active = of(Status::Active);
    let (mut completed, mut archived) = (of(Status::Completed), of(Status::Archived));
    completed.sort_by_key(|goal| std::cmp::Reverse(goal.completed_on));
    archived.sort_by_key(|goal| std::cmp::Reverse(goal.archived_at));
    Ok(ListPage {
        active: active
            .iter()
            .map(|goal| Shown::new(goal, &book, &ui))
            .collect(),
        completed,
        archived,
        book,
        ui,
    })
}
