//! One line in the log for each request that was refused, so that an operator sees who knocks at what.

use std::borrow::Cow;

use axum::extract::{MatchedPath, Request};
use axum::http::{Extensions, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::request_id::RequestId;

use crate::web::client::Client;

/// A part of a path longer than this may be a token, and is not logged.
const LONGEST_PART: usize = 20;
/// Nobody fills the log with one line.
const LONGEST_PATH: usize = 200;

/// Middleware: logs what was refused, or was not there, or came too often.
pub async fn log(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let path = path(request.extensions(), request.uri()).into_owned();
    let client = request.extensions().get::<Client>().copied();
    let id = request.extensions().get::<RequestId>().cloned();
    let response = next.run(request).await;
    let status = response.status();
    if matches!(
        status,
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::TOO_MANY_REQUESTS
    ) {
        let id = id.as_ref().and_then(|id| id.header_value().to_str().ok());
        let network = client.map(|client| client.network().to_string());
        tracing::info!(
            request.id = id,
            status = status.as_u16(),
            method = %method,
            path,
            network,
            "refused"
        );
    }
    response
}

/// A request's path without what may be a secret: links from mails have theirs in it.
pub fn path<'a>(extensions: &'a Extensions, uri: &'a Uri) -> Cow<'a, str> {
    if let Some(route) = extensions.get::<MatchedPath>() {
        return Cow::Borrowed(route.as_str());
    }
    let parts: Vec<_> = uri
        .path()
        .split('/')
        .map(|part| {
            if part.len() > LONGEST_PART {
                "..."
            } else {
                part
            }
        })
        .collect();
    Cow::Owned(parts.join("/").chars().take(LONGEST_PATH).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_no_route_takes_is_logged_without_what_may_be_a_token() {
        let none = Extensions::new();
        for (asked, logged) in [
            ("/wp-login.php?user=admin", "/wp-login.php"),
            ("/confirm/8kD0v7yq2nQm1xW5tZrLb9cAeGhJ/", "/confirm/.../"),
        ] {
            assert_eq!(path(&none, &asked.parse().unwrap()), logged);
        }
        let long: Uri = "/a/b".repeat(200).parse().unwrap();
        assert_eq!(path(&none, &long).len(), LONGEST_PATH);
    }
}
