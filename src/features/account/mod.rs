//! The user's own settings, and everything of theirs as a file: out and in.

mod archive;
mod closing;
mod data;
mod export;
mod import;
mod queries;
mod settings;
mod tables;
mod zones;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use chrono::{DateTime, Utc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::App;
use crate::error::{Error, Result};

pub use closing::NOTICE;

/// `/settings` and what is below it.
pub fn router() -> Router<App> {
    Router::new()
        .merge(settings::router())
        .merge(closing::router())
        .merge(data::router())
}

/// Uploads and downloads of everything: they may take longer than a page.
pub fn transfers(app: &App) -> Router<App> {
    Router::new()
        .merge(export::router(app))
        .merge(import::router(app))
}

/// Removes uploaded files that nobody confirmed, and users whose time is over.
pub async fn sweep(app: &App, now: DateTime<Utc>) -> Result<()> {
    closing::delete_due(app, now).await?;
    Ok(queries::forget_imports(&app.db, now - import::KEPT).await?)
}

/// How many of the large things are done at once, on the whole server.
struct Turns {
    /// Holding a whole ledger in memory.
    ledgers: Arc<Semaphore>,
    /// Taking a file in, which goes as slowly as its sender's line.
    uploads: Arc<Semaphore>,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            ledgers: Arc::new(Semaphore::new(2)),
            uploads: Arc::new(Semaphore::new(4)),
        }
    }
}

/// How long an export or import waits for its turn before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for a turn to hold a whole ledger in memory; it ends when it is dropped.
async fn turn(app: &App) -> Result<OwnedSemaphorePermit> {
    wait(app.kept::<Turns>().ledgers.clone()).await
}

/// Waits for a turn to take a file in.
async fn upload_turn(app: &App) -> Result<OwnedSemaphorePermit> {
    wait(app.kept::<Turns>().uploads.clone()).await
}

async fn wait(turns: Arc<Semaphore>) -> Result<OwnedSemaphorePermit> {
    match tokio::time::timeout(PATIENCE, turns.acquire_owned()).await {
        Ok(Ok(turn)) => Ok(turn),
        _ => Err(Error::Unavailable(anyhow::anyhow!(
            "too many exports and imports at once"
        ))),
    }
}
