//! Telling what happened while nobody was looking: a toast on the next page that the user opens.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::notices::{self, Notice};
use crate::web::session::Viewer;

/// Those that wait for a request's user. They are told together.
#[derive(Clone, Debug, Default)]
pub struct Waiting(pub Arc<[Notice]>);

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
    let waiting = notices::next(&app.db, owner);
    // A page without them is better than none.
    let Ok(Ok((keys, waiting))) = tokio::time::timeout(app.config.times.session, waiting).await
    else {
        return next.run(request).await;
    };
    request.extensions_mut().insert(Waiting(waiting.into()));
    let response = next.run(request).await;
    let told = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if told {
        let forgotten = notices::told(&app.db, owner, &keys);
        match tokio::time::timeout(app.config.times.session, forgotten).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "a notice will be told again"),
            Err(_) => tracing::warn!("a notice will be told again: the database does not answer"),
        }
    }
    response
}
