//! `/password/review`: after a new password by mail, what was added to the account since its owner was last known for
//! certain. Whoever had the password, or a session, may have added it to keep a way in.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use sqlx::PgConnection;

use super::confirm::LinkPage;
use super::oauth::Provider;
use super::queries::proofs::{self as queries, Added, Way};
use super::tokens::{self, Purpose, Token};
use super::{links, lost};
use crate::app::App;
use crate::error::Result;
use crate::features::audit::{self, Action, Event};
use crate::web::{Caller, Flash, Form, Ui, ui};

const PAGE: &str = "/password/review";

pub fn router() -> Router<App> {
    Router::new().route(PAGE, get(show).post(answer))
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/review.html")]
struct ReviewPage {
    ui: Ui,
    added: Vec<Added>,
}

impl ReviewPage {
    fn new(app: &App, ui: Ui, mut added: Vec<Added>) -> Self {
        for one in added.iter_mut().filter(|one| one.way == Way::Identity) {
            if let Some(provider) = Provider::of_issuer(app, &one.name) {
                provider.name().clone_into(&mut one.name);
            }
        }
        Self { ui, added }
    }

    fn has_app(&self) -> bool {
        has_app(&self.added)
    }
}

fn has_app(added: &[Added]) -> bool {
    added.iter().any(|added| added.way == Way::App)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    /// `remove`, or `keep`.
    these: String,
}

/// The page that comes after a new password. `None` if nothing was added that could be somebody else's: then the owner is
/// known for certain.
pub async fn begin(app: &App, db: &mut PgConnection, of: &Token) -> Result<Option<String>> {
    if queries::added_since(&mut *db, of.user).await?.is_empty() {
        queries::prove(&mut *db, of.user, app.now()).await?;
        return Ok(None);
    }
    tokens::issue(app, db, of.user, Purpose::ReviewFactors, &of.email).await
}

/// Leads to the page.
pub fn go(app: &App, token: &str) -> Response {
    links::take(app, token, PAGE)
}

async fn taken(app: &App, db: &mut PgConnection, headers: &HeaderMap) -> Result<Option<Token>> {
    let Some(text) = links::taken(app, headers) else {
        return Ok(None);
    };
    let token = tokens::look(app, db, &text).await?;
    Ok(token.filter(|token| token.purpose == Purpose::ReviewFactors))
}

async fn show(State(app): State<App>, ui: Ui, headers: HeaderMap) -> Result<Response> {
    let mut db = app.db.acquire().await?;
    let Some(token) = taken(&app, &mut db, &headers).await? else {
        return Ok(links::page(LinkPage::over(ui)));
    };
    let added = queries::added_since(&mut *db, token.user).await?;
    Ok(links::page(ReviewPage::new(&app, ui, added)))
}

async fn answer(
    State(app): State<App>,
    ui: Ui,
    caller: Caller,
    headers: HeaderMap,
    Form(form, _): Form<Answer>,
) -> Result<Response> {
    let mut tx = app.db.begin().await?;
    let Some(token) = taken(&app, &mut tx, &headers).await? else {
        return Ok(ui::refused(LinkPage::over(ui)));
    };
    if !tokens::consume(&app, &mut tx, &token).await? {
        return Ok(ui::refused(LinkPage::over(ui)));
    }
    let mut flash = Flash::success("Password set.").detail("Log in with it.");
    if form.these == "remove" {
        let added = queries::added_since(&mut *tx, token.user).await?;
        queries::remove_added(&mut *tx, token.user).await?;
        let event = Event::own(Action::AddedRemoved, token.user).by(None);
        audit::record(&app, &mut *tx, &caller, event).await?;
        flash = Flash::success("Removed.").detail("Log in with your new password.");
        // An app guards against whoever reads the mail, so it takes its time.
        if has_app(&added)
            && lost::begin(&app, &mut tx, &caller, token.user).await? == lost::Asked::Begun
        {
            flash = Flash::success("The app for codes goes in three days.")
                .detail("Everything else is removed. Mails tell you of it.");
        }
    }
    queries::prove(&mut *tx, token.user, app.now()).await?;
    tx.commit().await?;
    Ok(links::used(&app, flash.then_go(&app, "/login")))
}
