//! The gate: a write must come from one of our own pages.

use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::error::{Error, Result};
use crate::web::session;

const REFUSAL: &str =
    "This request did not come from one of our pages. Open the page here and try again.";

/// Where Facebook's servers tell that somebody wants to be forgotten.
pub const DATA_DELETION: &str = "/auth/facebook/data-deletion";

/// Writes that come from other places by their nature. Each proves by itself where it comes from: by a signature.
const FROM_ELSEWHERE: [&str; 1] = [DATA_DELETION];

/// Middleware: an unsafe request must be same-origin by `Sec-Fetch-Site`, else by `Origin`. One with neither header
/// does not come from a browser: it is let through unless it carries a session cookie.
pub async fn require_same(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response> {
    if request.method().is_safe() || FROM_ELSEWHERE.contains(&request.uri().path()) {
        return Ok(next.run(request).await);
    }
    let headers = request.headers();
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let ours = match (text("sec-fetch-site"), text(header::ORIGIN.as_str())) {
        (Some(site), _) => is_ours(site),
        (None, Some(origin)) => {
            origin == app.config.origin() || Some(origin) == own_host(&app, headers).as_deref()
        }
        (None, None) => !session::has_cookie(&app, headers),
    };
    if !ours {
        return Err(Error::Forbidden(REFUSAL.into()));
    }
    Ok(next.run(request).await)
}

/// Whether a browser says, in `Sec-Fetch-Site`, that one of our own pages has asked, or a person.
pub fn is_ours(site: &str) -> bool {
    matches!(site, "same-origin" | "none")
}

/// The origin as the browser sees it when it is not the configured one: on a developer's machine, by another name.
fn own_host(app: &App, headers: &axum::http::HeaderMap) -> Option<String> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    (!app.config.secure()).then(|| format!("http://{host}"))
}
