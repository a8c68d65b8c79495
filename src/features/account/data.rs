//! `/settings/data`: the user's data, out and in.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::State;
use axum::routing::get;

use super::import::KEPT;
use super::queries;
use crate::app::App;
use crate::error::Result;
use crate::features::bankroll;
use crate::web::csv::Sheet;
use crate::web::{Field, Ui, User};

pub fn router() -> Router<App> {
    Router::new().route("/settings/data", get(show))
}

/// Also what an import that was refused shows.
#[derive(Template, WebTemplate)]
#[template(path = "account/data.html")]
pub struct DataPage {
    ui: Ui,
    /// Only what is wrong with it: browsers send no file twice.
    file: Field,
    /// There is nothing in the ledger: it may be filled from a file.
    is_empty: bool,
    /// A file was uploaded and waits to be confirmed.
    is_waiting: bool,
}

impl DataPage {
    pub async fn new(app: &App, user: &User, ui: Ui, file: Field) -> Result<Self> {
        let since = ui.now - KEPT;
        let is_empty = bankroll::is_empty(&mut *app.db.acquire().await?, user.id).await?;
        Ok(Self {
            file,
            is_empty,
            is_waiting: is_empty
                && queries::import_summary(&app.db, user.id, since)
                    .await?
                    .is_some(),
            ui,
        })
    }

    fn sheet(&self) -> Sheet {
        Sheet::from(self.ui.numbers.format)
    }

    fn wrong(&self) -> Vec<(&'static str, &'static str)> {
        let wrong = self.file.error.is_some() && self.is_empty;
        if wrong {
            vec![("file", "File")]
        } else {
            Vec::new()
        }
    }
}

async fn show(State(app): State<App>, user: User, ui: Ui) -> Result<DataPage> {
    DataPage::new(&app, &user, ui, Field::default()).await
}
