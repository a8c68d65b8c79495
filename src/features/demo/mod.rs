//! The demo user: somebody to look at when there is nothing of one's own yet.

mod cast;
mod queries;
mod story;
mod wishes;

use anyhow::anyhow;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::app::App;
use crate::error::is_violation;
use crate::events::LedgerChanged;
use crate::features::auth::{self, NewUser};
use crate::features::{bankroll, currency, goals};
use crate::ids::UserId;
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
    make(app, None).await
}

/// Makes the demo user anew when a day is over, so that the story ends today again and what visitors have changed is
/// gone. Signs them out.
pub async fn renew(app: &App) -> anyhow::Result<()> {
    match auth::demo_user(&app.db).await? {
        Some(old) if day(old.made_at) < day(app.now()) => make(app, Some(old.id)).await,
        _ => Ok(()),
    }
}

/// The day where the demo user lives.
fn day(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&ZONE).date_naive()
}

/// Makes the demo user, in the place of an `old` one if there is one. Does nothing where another instance was faster.
async fn make(app: &App, old: Option<UserId>) -> anyhow::Result<()> {
    let version = queries::rates_version(&app.db).await?;
    let rates = currency::rates(app, version, &cast::currencies(), &[])
        .await
        .map_err(|error| anyhow!("the rates could not be read: {error:?}"))?;
    let now = app.now();
    let rates = rates.up_to(day(now));
    let tell = move || story::told(SEED, now, ZONE, &rates);
    let ledger = tokio::task::spawn_blocking(tell).await??;

    let mut tx = app.db.begin().await?;
    if let Some(old) = old {
        auth::delete_demo_user(&mut *tx, old).await?;
    }
    let user = NewUser {
        email: "demo@stakeeasy.invalid",
        name: "Demo player",
        password_hash: None,
        home: Currency::EUR,
        time_zone: ZONE.name(),
        is_demo: true,
        confirmed_at: now,
    };
    let owner = match auth::insert_user(&mut *tx, &user).await {
        Ok(owner) => owner,
        Err(error) if is_violation(&error, "users_email_key") => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let count = ledger.entries().len();
    bankroll::insert_ledger(&mut tx, owner, ledger).await?;
    goals::insert_all(&mut tx, owner, &wishes::goals(day(now), now)).await?;
    jobs::enqueue(&mut tx, LedgerChanged { owner })
        .await
        .map_err(|error| anyhow!("the job could not be put down: {error:?}"))?;
    tx.commit().await?;
    tracing::info!(entries = count, "made the demo user");
    Ok(())
}
