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
const LONGEST: Duration = Duration::from_secs(60);
/// After so many in a row, from anywhere, a password alone opens the account to no browser that is not known to it, and all
/// of those together have one try in [`LONGEST`]: whoever guesses from many networks is as slow as from one.
const MOST: i64 = 100;

/// Whether a password may be tried now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Go,
    /// The right one is not enough: it was guessed at too often.
    Doubt,
    /// Not before this time has passed.
    Wait(Duration),
}

/// Counts a try as wrong before it is looked at, so that a thousand at once are a thousand: [`forgive`] takes it back.
pub async fn attempt(app: &App, email: &str, client: Client) -> Result<Verdict> {
    let now = app.now();
    let (key, network) = (key(app, email), client.network().to_string());
    let mut tx = app.db.begin().await?;
    let everywhere = queries::of_account(&mut tx, &key).await?;
    let here = queries::of_network(&mut *tx, &key, &network, now).await?;
    let in_doubt = everywhere.failures >= MOST;
    let (wait, since) = if in_doubt {
        (LONGEST, everywhere.last_at)
    } else {
        (wait(here.failures), here.last_at)
    };
    let passed = (now - since).to_std().unwrap_or_default();
    if let Some(left) = wait.checked_sub(passed).filter(|left| !left.is_zero()) {
        return Ok(Verdict::Wait(left));
    }
    queries::add(&mut *tx, &key, &network, now).await?;
    tx.commit().await?;
    Ok(if in_doubt {
        Verdict::Doubt
    } else {
        Verdict::Go
    })
}

/// After so many wrong tries from one network.
fn wait(failures: i32) -> Duration {
    match u32::try_from(failures - FREE) {
        Ok(doublings) => Duration::from_secs(2_u64.pow(doublings.min(6))).min(LONGEST),
        Err(_) => Duration::ZERO,
    }
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
