//! The demo user: somebody to look at when there is nothing of one's own yet.

mod cast;
mod queries;
mod story;
mod wishes;

use anyhow::anyhow;
use chrono_tz::Tz;

use crate::app::App;
use crate::error::is_violation;
use crate::events::LedgerChanged;
use crate::features::auth::{self, NewUser};
use crate::features::{bankroll, currency, goals};
use crate::jobs;
use crate::money::Currency;

/// Where the demo user lives.
const ZONE: Tz = Tz::Europe__Helsinki;

/// Any other number tells another story.
const SEED: u64 = 12;

/// Makes the demo user with ten years of play that end today, unless there is one.
pub async fn fill(app: &App) -> anyhow::Result<()> {
    if auth::demo_user(&app.db).await?.is_some() {
        return Ok(());
    }
    currency::seed_rates(&app.db).await?;
    let version = queries::rates_version(&app.db).await?;
    let rates = currency::rates(app, version, &cast::currencies(), &[])
        .await
        .map_err(|error| anyhow!("the rates could not be read: {error:?}"))?;
    let now = app.now();
    let tell = move || story::told(SEED, now, ZONE, &rates);
    let ledger = tokio::task::spawn_blocking(tell).await?;

    let mut tx = app.db.begin().await?;
    let user = NewUser {
        email: "demo@stakeeasy.invalid",
        name: "Demo player",
        password_hash: None,
        home: Currency::EUR,
        time_zone: ZONE.name(),
        is_demo: true,
        confirmed_at: Some(now),
    };
    let owner = match auth::insert_user(&mut *tx, &user).await {
        Ok(owner) => owner,
        // Another instance was faster.
        Err(error) if is_violation(&error, "users_email_key") => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let count = ledger.entries.len();
    bankroll::insert_ledger(&mut tx, owner, ledger).await?;
    let today = now.with_timezone(&ZONE).date_naive();
    goals::insert_all(&mut tx, owner, &wishes::goals(today, now)).await?;
    jobs::enqueue(app, &mut tx, LedgerChanged { owner })
        .await
        .map_err(|error| anyhow!("the job could not be put down: {error:?}"))?;
    tx.commit().await?;
    tracing::info!(entries = count, "made the demo user");
    Ok(())
}
