//! Tells the owner of an account that somebody guesses at its password or codes.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::throttle::Secret;
use super::{letters, queries};
use crate::app::App;
use crate::email;
use crate::error::Error;
use crate::features::audit::{self, Action, Event};
use crate::jobs::Job;
use crate::web::Caller;

/// Nobody's mailbox is filled by somebody who guesses.
fn quiet() -> Duration {
    Duration::hours(24)
}

/// Tells a user of many wrong tries in a row, once a day. Whether anybody has the address is found out here, where it
/// takes no time of the answer to the try.
#[derive(Debug, Serialize, Deserialize)]
pub struct WarnOfGuessing {
    pub secret: Secret,
    /// Not by somebody who has a browser or a session of the user's.
    pub by_stranger: bool,
    /// How many there were, at least.
    pub tries: i64,
    pub email: String,
    /// Where the last one came from.
    pub place: String,
    pub agent: String,
    pub at: DateTime<Utc>,
}

impl Job for WarnOfGuessing {
    const NAME: &'static str = "warn_of_guessing";

    async fn run(self, app: App) -> anyhow::Result<()> {
        let mut tx = app.db.begin().await?;
        let Some(person) = queries::person_at(&mut *tx, &self.email).await? else {
            return Ok(());
        };
        let since = app.now() - quiet();
        if audit::has_happened(&mut *tx, person.id, Action::GuessingTold, since, app.now()).await? {
            return Ok(());
        }
        let event = Event::own(Action::GuessingTold, person.id).by(None);
        audit::record(&app, &mut *tx, &Caller::default(), event)
            .await
            .map_err(Error::into_anyhow)?;
        let letter = letters::guessing(&app, &self);
        email::send(&app, &mut tx, &person.email, &letter, None)
            .await
            .map_err(Error::into_anyhow)?;
        tx.commit().await?;
        Ok(())
    }
}
