//! `/admin/users`: finding users, what is known of them, and ending their sessions.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use uuid::Uuid;

use super::queries::users::{self as queries, Kind, Listed, Profile};
use super::service::{self, By};
use crate::app::App;
use crate::error::Result;
use crate::features::audit::{self, Filter, Line};
use crate::ids::UserId;
use crate::web::form::Blank;
use crate::web::session::{self, Device};
use crate::web::{Admin, Caller, Flash, Form, Paging, Path, Ui, caller, parse};

/// Users on a page.
const PAGE: u32 = 50;
/// Lines of the log on the page of one user.
const LINES: i64 = 20;

pub fn router() -> Router<App> {
    Router::new()
        .route("/admin/users", get(list))
        .route("/admin/users/{id}", get(show))
        .route("/admin/users/{id}/sessions/end", post(end_all))
        .route("/admin/users/{id}/sessions/{session}/end", post(end))
}

/// The query string, as it was typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    show: String,
    page: String,
}

impl Asked {
    fn kind(&self) -> Kind {
        let named = |kind: &Kind| kind.as_str() == self.show;
        Kind::ALL.into_iter().find(named).unwrap_or_default()
    }

    /// The list's address with another kind, from its first page.
    fn link(&self, kind: Kind) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("q", self.q.as_str()), ("show", kind.as_str())] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        match query.finish() {
            query if query.is_empty() => "/admin/users".to_owned(),
            query => format!("/admin/users?{query}"),
        }
    }
}

#[derive(Template, WebTemplate)]
#[template(path = "admin/users/list.html")]
struct ListPage {
    ui: Ui,
    asked: Asked,
    users: Vec<Listed>,
    paging: Paging,
}

async fn list(
    _: Admin,
    State(app): State<App>,
    ui: Ui,
    Query(asked): Query<Asked>,
) -> Result<ListPage> {
    let kind = asked.kind();
    // A NUL cannot be in the database, nor in anybody's name.
    let text = parse::known_email(&asked.q.replace('\0', ""));
    let total = queries::count_users(&app.db, &text, kind).await?;
    let page = asked.page.parse().unwrap_or(1);
    let paging = Paging::new(page, total, PAGE, asked.link(kind));
    let users = queries::users(&app.db, &text, kind, PAGE.into(), paging.offset()).await?;
    Ok(ListPage {
        ui,
        asked,
        users,
        paging,
    })
}

#[derive(Template, WebTemplate)]
#[template(path = "admin/users/show.html")]
struct ShowPage {
    ui: Ui,
    user: Profile,
    /// Why nothing here can be changed, if it cannot.
    untouchable: Option<&'static str>,
    devices: Vec<Device>,
    lines: Vec<Line>,
}

async fn show(
    admin: Admin,
    State(app): State<App>,
    ui: Ui,
    Path(id): Path<UserId>,
) -> Result<ShowPage> {
    let user = queries::profile(&app.db, id).await?;
    let filter = Filter {
        subject: Some(id),
        ..Filter::default()
    };
    Ok(ShowPage {
        untouchable: service::untouchable(&user, admin.id),
        devices: session::devices(&app.db, id, ui.now).await?,
        lines: audit::lines(&app.db, &filter, LINES, 0).await?,
        user,
        ui,
    })
}

/// Back to a user's page, with what was done.
pub fn back(app: &App, user: UserId, flash: Flash) -> Response {
    flash.then_go(app, &format!("/admin/users/{user}"))
}

async fn end(
    admin: Admin,
    State(app): State<App>,
    caller: Caller,
    Path((id, session)): Path<(UserId, Uuid)>,
    _: Form<Blank>,
) -> Result<Response> {
    let by = By::of(&admin, &caller);
    let ended = service::end_session(&app, &by, id, session).await?;
    let flash = if ended {
        Flash::success("Signed out there.")
    } else {
        Flash::success("This session was over already.")
    };
    Ok(back(&app, id, flash))
}

async fn end_all(
    admin: Admin,
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<UserId>,
    _: Form<Blank>,
) -> Result<Response> {
    let by = By::of(&admin, &caller);
    let flash = match service::end_sessions(&app, &by, id).await? {
        0 => Flash::success("There was no session."),
        1 => Flash::success("Signed out.").detail("One session ended."),
        ended => {
            Flash::success("Signed out everywhere.").detail(format!("{ended} sessions ended."))
        }
    };
    Ok(back(&app, id, flash))
}
