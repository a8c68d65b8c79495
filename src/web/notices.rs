//! What happened while nobody was looking, told once: a toast on the next page that the user opens.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::Response;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::app::App;
use crate::ids::UserId;
use crate::web::session::Viewer;

/// A toast that comes by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What happened, in a few words.
    pub text: String,
    /// What else there is to say; may be empty.
    pub detail: String,
    /// Our page that shows more.
    pub path: String,
}

/// Those that wait for a request's user. They are told together.
#[derive(Clone, Debug, Default)]
pub struct Waiting(pub Arc<[Notice]>);

/// At most so many are told on one page; the others come with the next.
const AT_ONCE: i64 = 3;

/// Keeps a notice for the user's next page.
pub async fn put(
    db: &mut PgConnection,
    owner: UserId,
    notice: &Notice,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into notices (user_id, text, detail, path, made_at) values ($1, $2, $3, $4, $5)",
        owner.0,
        notice.text,
        notice.detail,
        notice.path,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes back what waits to be told of a page: it is not true any more.
pub async fn forget(db: &mut PgConnection, owner: UserId, path: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from notices where user_id = $1 and path = $2",
        owner.0,
        path
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Middleware: gives pages the notices that wait, and forgets them once a page has told them. Parts of pages tell none,
/// and the session says whether there are any: other requests ask the database nothing.
pub async fn tell(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let viewer = request.extensions().get::<Arc<Viewer>>();
    let owner = viewer
        .filter(|viewer| viewer.has_notices)
        .map(|viewer| viewer.id);
    let is_page = request.method() == Method::GET && !request.headers().contains_key("hx-request");
    let (Some(owner), true) = (owner, is_page) else {
        return next.run(request).await;
    };
    let rows = sqlx::query!(
        "select id, text, detail, path from notices where user_id = $1 order by id limit $2",
        owner.0,
        AT_ONCE
    )
    .fetch_all(&app.db);
    // A page without them is better than none.
    let Ok(Ok(rows)) = tokio::time::timeout(app.config.times.session, rows).await else {
        return next.run(request).await;
    };
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let notices = rows.into_iter().map(|row| Notice {
        text: row.text,
        detail: row.detail,
        path: row.path,
    });
    request.extensions_mut().insert(Waiting(notices.collect()));
    let response = next.run(request).await;
    let told = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if told {
        let forgotten = sqlx::query!(
            "delete from notices where user_id = $1 and id = any($2)",
            owner.0,
            &ids
        )
        .execute(&app.db);
        match tokio::time::timeout(app.config.times.session, forgotten).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "a notice will be told again"),
            Err(_) => tracing::warn!("a notice will be told again: the database does not answer"),
        }
    }
    response
}
