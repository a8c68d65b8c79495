//! A posted file. The route says how large it may be, with axum's `DefaultBodyLimit`.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;
use uuid::Uuid;

use crate::app::App;
use crate::error::{Error, Result};
use crate::web::form::require_token;
use crate::web::session;

/// The one file of a posted form; empty if none was chosen. Its name is ignored: it is the sender's word only.
/// As in [`crate::web::Form`], a signed-in user's form must carry the session's form token, before the file.
///
/// It goes to the disk as it comes: what many senders send slowly would fill the memory.
#[derive(Debug)]
pub struct Upload {
    file: File,
    /// In bytes.
    pub length: usize,
}

impl Upload {
    fn new(folder: &Path) -> io::Result<Self> {
        let path = folder.join(format!(".upload-{}", Uuid::new_v4()));
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        // Only we have it from now on, and the system removes it however we end.
        std::fs::remove_file(&path)?;
        Ok(Self { file, length: 0 })
    }

    async fn receive(folder: &Path, mut part: Field<'_>) -> Result<Self> {
        let mut upload = Self::new(folder).map_err(unkept)?;
        while let Some(chunk) = part.chunk().await.map_err(unread)? {
            let written = tokio::task::spawn_blocking(move || {
                upload.length += chunk.len();
                upload.file.write_all(&chunk).map(|()| upload)
            });
            let written = written.await.context("writing an upload stopped")?;
            upload = written.map_err(unkept)?;
        }
        Ok(upload)
    }

    /// All of it. Blocks.
    pub fn read(mut self) -> io::Result<Vec<u8>> {
        let mut content = Vec::with_capacity(self.length);
        self.file.rewind()?;
        self.file.read_to_end(&mut content)?;
        Ok(content)
    }
}

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
                    require_token(token, sent.as_deref().unwrap_or_default())?;
                    return Upload::receive(&app.config.data_dir, part).await;
                }
                _ => {}
            }
        }
        require_token(token, sent.as_deref().unwrap_or_default())?;
        Upload::new(&app.config.data_dir).map_err(unkept)
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

/// The disk is full, or only reads.
fn unkept(error: io::Error) -> Error {
    Error::Unavailable(anyhow::Error::from(error).context("an upload could not be kept"))
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err passes")]
fn unread(error: MultipartError) -> Error {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Error::TooLarge
    } else {
        Error::BadRequest("The file did not arrive whole. Send it again.".into())
    }
}
