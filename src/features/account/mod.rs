//! The user's own settings, and everything of theirs as a file: out and in.

mod archive;
mod check_day;
mod closing;
mod data;
mod export;
mod import;
mod queries;
mod settings;
mod tables;
mod zones;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use chrono::{DateTime, Utc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::UserId;

pub use closing::NOTICE;

/// `/settings` and what is below it.
pub fn router() -> Router<App> {
    Router::new()
        .merge(settings::router())
        .merge(closing::router())
        .merge(data::router())
}

/// Uploads and downloads of everything: these may take longer than a page.
pub const TRANSFERS: [&str; 3] = [export::JSON, export::ZIP, import::PATH];

/// Their routes.
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
    /// Taking a file in, which goes as slowly as its sender's line. It lies on the disk meanwhile.
    uploads: Arc<Semaphore>,
    /// Who sends one.
    senders: Arc<Mutex<HashSet<UserId>>>,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            ledgers: Arc::new(Semaphore::new(2)),
            uploads: Arc::new(Semaphore::new(16)),
            senders: Arc::default(),
        }
    }
}

/// How long an export or import waits for its turn before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for a turn to hold a whole ledger in memory; it ends when it is dropped.
async fn turn(app: &App) -> Result<OwnedSemaphorePermit> {
    wait(app.kept::<Turns>().ledgers.clone()).await
}

/// Waits for a turn to take a file of this user in, who has one at a time.
async fn upload_turn(app: &App, user: UserId) -> Result<(Sender, OwnedSemaphorePermit)> {
    let turns = app.kept::<Turns>();
    let sender = Sender::new(&turns.senders, user).ok_or(Error::TooMany(PATIENCE))?;
    Ok((sender, wait(turns.uploads.clone()).await?))
}

/// Somebody who is sending a file.
struct Sender(Arc<Mutex<HashSet<UserId>>>, UserId);

impl Sender {
    fn new(senders: &Arc<Mutex<HashSet<UserId>>>, user: UserId) -> Option<Self> {
        let mut all = senders.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(user).then(|| Self(Arc::clone(senders), user))
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&self.1);
    }
}

async fn wait(turns: Arc<Semaphore>) -> Result<OwnedSemaphorePermit> {
    if let Ok(Ok(turn)) = tokio::time::timeout(PATIENCE, turns.acquire_owned()).await {
        return Ok(turn);
    }
    tracing::warn!("somebody was told to come back: too many exports and imports at once");
    Err(Error::Busy)
}
