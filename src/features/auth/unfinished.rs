//! A notice to whoever's password was right and whose second factor did not follow: somebody may know the password.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use super::tokens::{self, Purpose};
use super::{letters, queries};
use crate::app::App;
use crate::email;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::jobs::{self, Job};
use crate::web::{Caller, caller};

/// How long somebody may look for their phone.
const PATIENCE: Duration = Duration::from_secs(3 * 60);

/// Looks later whether a sign-in that waits for a second factor was finished.
pub async fn watch(app: &App, db: &mut PgConnection, caller: &Caller, user: UserId) -> Result<()> {
    let job = WarnOfUnfinished {
        user,
        place: caller.place.clone(),
        agent: caller.agent.clone(),
        begun_at: app.now(),
    };
    jobs::enqueue_later(db, job, PATIENCE).await
}

/// Tells a user of a sign-in that was begun and not finished. Another one from the same browser and network that was
/// finished since will do: people begin anew when they mistype.
#[derive(Debug, Serialize, Deserialize)]
pub struct WarnOfUnfinished {
    user: UserId,
    place: String,
    agent: String,
    begun_at: DateTime<Utc>,
}

impl Job for WarnOfUnfinished {
    const NAME: &'static str = "warn_of_unfinished";

    async fn run(self, app: App) -> anyhow::Result<()> {
        let mut tx = app.db.begin().await?;
        let begun_at = self.begun_at;
        if queries::has_signed_in_since(&mut *tx, self.user, &self.place, &self.agent, begun_at)
            .await?
        {
            return Ok(());
        }
        let person = queries::person(&mut *tx, self.user).await?;
        let purpose = Purpose::Unfinished;
        let issued = tokens::issue(&app, &mut tx, self.user, purpose, &person.email).await;
        if issued.map_err(Error::into_anyhow)?.is_some() {
            let device = caller::device(&self.agent);
            let letter = letters::unfinished(&app, &device, &self.place, begun_at);
            email::send(&app, &mut tx, &person.email, &letter, None)
                .await
                .map_err(Error::into_anyhow)?;
        }
        tx.commit().await?;
        Ok(())
    }
}
