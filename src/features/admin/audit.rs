//! `/admin/audit`: the whole log. The filter is the query string.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use chrono::NaiveDate;
use serde::Deserialize;

use crate::app::App;
use crate::error::Result;
use crate::features::audit::{self, Action, Filter, Line};
use crate::ids::UserId;
use crate::web::csv::{self, Sheet};
use crate::web::{Admin, Field, Paging, Ui, caller, parse};

/// Lines on a page.
const PAGE: u32 = 50;
/// Lines that pages and the file go back, at most: a filter finds what is older.
const MOST: i64 = 5_000;

pub fn router() -> Router<App> {
    Router::new()
        .route("/admin/audit", get(list))
        .route("/admin/audit.csv", get(file))
}

/// The query string, as it was typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    action: String,
    /// Whom it was done to.
    user: Field,
    /// Who did it.
    by: Field,
    from: Field,
    to: Field,
    page: String,
}

impl Asked {
    /// What was asked for; `None` if something in it is wrong, which stays at its field.
    async fn filter(&mut self, app: &App, ui: &Ui) -> Result<Option<Filter>> {
        let known = Action::ALL
            .iter()
            .any(|action| action.as_str() == self.action);
        let filter = Filter {
            actions: known.then(|| vec![self.action.clone()]),
            subject: named(app, &mut self.user).await?,
            actor: named(app, &mut self.by).await?,
            from: day(&mut self.from).map(|day| ui.start_of(day)),
            until: day(&mut self.to).map(|day| ui.end_of(day)),
        };
        let fields = [&self.user, &self.by, &self.from, &self.to];
        let is_right = fields.iter().all(|field| field.error.is_none());
        Ok(is_right.then_some(filter))
    }

    /// The query string without the page.
    fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("action", &self.action),
            ("user", &self.user.text),
            ("by", &self.by.text),
            ("from", &self.from.text),
            ("to", &self.to.text),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        match query.finish() {
            query if query.is_empty() => query,
            query => format!("?{query}"),
        }
    }
}

/// The day that a field names. An empty one is right and names none.
fn day(field: &mut Field) -> Option<NaiveDate> {
    if field.text.trim().is_empty() {
        None
    } else {
        field.read(parse::date)
    }
}

/// The user that a field names. An empty one is right and names nobody.
async fn named(app: &App, field: &mut Field) -> Result<Option<UserId>> {
    let name = field.text.trim();
    if name.is_empty() {
        return Ok(None);
    }
    // A NUL cannot be in the database, nor in anybody's address.
    let found = if name.contains('\0') {
        None
    } else {
        audit::user_named(&app.db, &parse::known_email(name)).await?
    };
    if found.is_none() {
        field.refuse("Nobody has this address.");
    }
    Ok(found)
}

#[derive(Template, WebTemplate)]
#[template(path = "admin/audit.html")]
struct ListPage {
    ui: Ui,
    asked: Asked,
    /// All actions as choices.
    actions: Vec<(&'static str, String)>,
    lines: Vec<Line>,
    paging: Paging,
}

impl ListPage {
    fn sheet(&self) -> Sheet {
        Sheet::from(self.ui.numbers.format)
    }

    /// There is more than the pages show.
    fn is_cut(&self) -> bool {
        self.paging.total == MOST
    }
}

async fn list(
    _: Admin,
    State(app): State<App>,
    ui: Ui,
    Query(mut asked): Query<Asked>,
) -> Result<ListPage> {
    let filter = asked.filter(&app, &ui).await?;
    let total = match &filter {
        Some(filter) => audit::count(&app.db, filter, MOST).await?,
        None => 0,
    };
    let base = format!("/admin/audit{}", asked.query());
    let paging = Paging::new(asked.page.parse().unwrap_or(1), total, PAGE, base);
    let lines = match &filter {
        Some(filter) => audit::lines(&app.db, filter, PAGE.into(), paging.offset()).await?,
        None => Vec::new(),
    };
    let mut actions: Vec<_> = Action::ALL
        .iter()
        .map(|action| (action.as_str(), action.title()))
        .collect();
    actions.sort_unstable();
    Ok(ListPage {
        ui,
        asked,
        actions,
        lines,
        paging,
    })
}

/// The same as a table for a spreadsheet. Times are UTC, to be compared with other logs.
async fn file(
    _: Admin,
    State(app): State<App>,
    ui: Ui,
    Query(mut asked): Query<Asked>,
) -> Result<Response> {
    let lines = match asked.filter(&app, &ui).await? {
        Some(filter) => audit::lines(&app.db, &filter, MOST, 0).await?,
        None => Vec::new(),
    };
    let head = [
        "time", "action", "by", "user", "details", "network", "device",
    ];
    let rows = lines.iter().map(|line| {
        let told = |name: Option<&str>, id: Option<i64>| match (name, id) {
            (Some(name), _) => csv::text(name),
            (None, Some(id)) => id.to_string(),
            (None, None) => String::new(),
        };
        vec![
            line.at.to_rfc3339(),
            line.action.clone(),
            told(line.actor.as_deref(), line.actor_id),
            told(line.subject.as_deref(), line.subject_id),
            csv::text(&line.detail.to_string()),
            csv::text(&line.place),
            csv::text(&line.agent),
        ]
    });
    let head = head.map(str::to_owned).to_vec();
    let sheet = Sheet::from(ui.numbers.format);
    let bytes = sheet.write(std::iter::once(head).chain(rows))?;
    Ok(csv::download(
        "audit-log.csv",
        "text/csv; charset=utf-8",
        bytes,
    ))
}
