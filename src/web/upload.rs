//! A posted file. The route says how large it may be, with axum's `DefaultBodyLimit`.

use axum::body::Bytes;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;

use crate::app::App;
use crate::error::{Error, Result};
use crate::web::form::require_token;
use crate::web::session;

/// The one file of a posted form; empty if none was chosen. Its name is ignored: it is the sender's word only.
/// As in [`crate::web::Form`], a signed-in user's form must carry the session's form token, before the file.
#[derive(Debug)]
pub struct Upload(pub Bytes);

impl FromRequest<App> for Upload {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let token = session::form_token(app, request.extensions());
        let mut sent = request
            .headers()
            .get("x-form-token")
            .and_then(|header| header.to_str().ok())
            .map(str::to_owned);
        let mut parts = Multipart::from_request(request, app)
            .await
            .map_err(|_| Error::BadRequest("The form could not be read.".into()))?;
        while let Some(part) = parts.next_field().await.map_err(unread)? {
            match part.name() {
                Some("form_token") if sent.is_none() => sent = Some(short_text(part).await?),
                Some("file") => {
                    // Nothing large is read for a form that is not ours.
                    require_token(token.as_deref(), sent.as_deref().unwrap_or_default())?;
                    return Ok(Upload(part.bytes().await.map_err(unread)?));
                }
                _ => {}
            }
        }
        require_token(token.as_deref(), sent.as_deref().unwrap_or_default())?;
        Ok(Upload(Bytes::new()))
    }
}

async fn short_text(mut part: Field<'_>) -> Result<String> {
    let mut text = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(unread)? {
        text.extend_from_slice(&chunk);
        if text.len() > 1_000 {
            return Err(Error::BadRequest("The form could not be read.".into()));
        }
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err passes")]
fn unread(error: MultipartError) -> Error {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Error::TooLarge
    } else {
        Error::BadRequest("The file did not arrive whole. Send it again.".into())
    }
}
