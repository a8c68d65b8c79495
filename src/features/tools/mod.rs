//! Tools: calculators that need nothing but a form. A new one is a file, a template, and a line in [`ALL`].

mod bankroll_goals;
mod queries;

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::routing::get;

use crate::app::App;
use crate::error::Result;
use crate::events::LedgerChanged;
use crate::jobs;
use crate::web::{Ui, User};

/// A tool, for the list of them.
#[derive(Debug)]
pub struct Tool {
    /// The end of its address, and its name in the database.
    pub slug: &'static str,
    pub title: &'static str,
    /// What it answers, in a sentence.
    pub summary: &'static str,
    /// The name of the icon in the sprite.
    pub icon: &'static str,
    router: fn() -> Router<App>,
}

/// Every tool, in the order of `/tools`.
pub static ALL: [&Tool; 1] = [&bankroll_goals::TOOL];

/// `/tools` and what is below it.
pub fn router() -> Router<App> {
    ALL.iter()
        .fold(Router::new().route("/tools", get(list)), |router, tool| {
            router.merge((tool.router)())
        })
}

#[derive(Template, WebTemplate)]
#[template(path = "tools/list.html")]
struct ListPage {
    ui: Ui,
}

async fn list(_: User, ui: Ui) -> ListPage {
    ListPage { ui }
}

/// Notes that a user computed something with a tool: the first time may earn a badge.
async fn note_use(app: &App, user: &User, tool: &Tool) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if queries::note_use(&mut *tx, user.id, tool.slug, app.now()).await? {
        jobs::enqueue(&mut tx, LedgerChanged { owner: user.id }).await?;
    }
    tx.commit().await?;
    Ok(())
}
