//! Wrong passwords, counted by account: guessing gets slow, and the owner is never locked out. Addresses that nobody has
//! are counted alike.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sqlx::PgExecutor;

use super::queries::attempts as queries;
use crate::app::App;
use crate::error::Result;
use crate::web::client::Client;

/// So many wrong tries cost nothing.
const FREE: i32 = 5;
/// The longest wait between two tries.
const LONGEST: u32 = 60;
/// After so many in a row, from anywhere, only browsers that are known to the account may try. Others set a new password
/// by mail, which starts the counting anew.
const MOST: i64 = 100;

/// Whether a password may be tried now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Go,
    /// Not before this time has passed.
    Wait(Duration),
    /// Not from a browser that has never signed in here.
    KnownDevicesOnly,
}

/// Counts a try as wrong before it is looked at, so that a thousand at once are a thousand: [`forgive`] takes it back.
pub async fn attempt(app: &App, email: &str, client: Client) -> Result<Verdict> {
    let now = app.now();
    let (key, network) = (key(app, email), client.network().to_string());
    let mut tx = app.db.begin().await?;
    let here = queries::of_network(&mut *tx, &key, &network, now).await?;
    if queries::of_account(&mut *tx, &key).await? >= MOST {
        return Ok(Verdict::KnownDevicesOnly);
    }
    if here.failures >= FREE {
        let doublings = u32::try_from(here.failures - FREE).unwrap_or(0).min(6);
        let wait = Duration::from_secs(2_u64.pow(doublings).min(LONGEST.into()));
        let passed = (now - here.last_at).to_std().unwrap_or_default();
        if let Some(left) = wait.checked_sub(passed).filter(|left| !left.is_zero()) {
            return Ok(Verdict::Wait(left));
        }
    }
    queries::add(&mut *tx, &key, &network, now).await?;
    tx.commit().await?;
    Ok(Verdict::Go)
}

/// The password was right, or there is a new one: the counting starts anew.
pub async fn forgive(app: &App, db: impl PgExecutor<'_>, email: &str) -> Result<()> {
    queries::clear(db, &key(app, email)).await?;
    Ok(())
}

/// The table tells nobody whose counters these are.
fn key(app: &App, email: &str) -> [u8; 32] {
    // A key of any length will do for HMAC.
    let mac = Hmac::<Sha256>::new_from_slice(app.config.secret_key());
    mac.map_or([0; 32], |mac| {
        mac.chain_update(b"login attempts:")
            .chain_update(email.trim().to_lowercase())
            .finalize()
            .into_bytes()
            .into()
    })
}
