//! ★ Every kind of job, and what happens by the clock.

use std::time::Duration;

use graphile_worker::Worker;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::app::App;
use crate::email::SendMail;
use crate::error::Error;
use crate::events::{LedgerChanged, RatesChanged};
use crate::features::{account, achievements, audit, auth, currency, demo, goals};
use crate::jobs::{self, Job};
use crate::web::admission::Places;
use crate::web::limits::Limiters;
use crate::web::session;

/// How often what is over is removed: sessions, links, and uploads that nobody confirmed, which are ignored once they are
/// over, so it does not matter when; whether rates are being fetched; and whether the demo user is looked after.
const SWEEP: Duration = Duration::from_secs(60 * 60);

/// How often networks are forgotten whose limits are full again.
const LIMITS: Duration = Duration::from_secs(60);

/// How long the queue is left alone after it broke off.
const AGAIN: Duration = Duration::from_secs(5);

/// What does the jobs. Every kind of job is listed here.
pub async fn worker(app: &App) -> anyhow::Result<Worker> {
    let kinds = [
        jobs::kind::<SendMail>(),
        jobs::kind::<LedgerChanged>(),
        jobs::kind::<RatesChanged>(),
        jobs::kind::<currency::FetchRates>(),
        jobs::kind::<auth::Greet>(),
        jobs::kind::<auth::SendReset>(),
        jobs::kind::<auth::WarnOfGuessing>(),
        jobs::kind::<auth::WarnOfUnfinished>(),
    ];
    jobs::worker(app, kinds).await
}

/// What follows from a change of a ledger.
impl Job for LedgerChanged {
    const NAME: &'static str = "ledger_changed";

    fn key(&self) -> Option<String> {
        Some(self.owner.to_string())
    }

    async fn run(self, app: App) -> anyhow::Result<()> {
        let owner = self.owner;
        // Badges count goals that were reached.
        goals::review(&app, owner)
            .await
            .map_err(Error::into_anyhow)?;
        achievements::review(&app, owner)
            .await
            .map_err(Error::into_anyhow)
    }
}

/// What follows from a change of the rates.
impl Job for RatesChanged {
    const NAME: &'static str = "rates_changed";

    fn key(&self) -> Option<String> {
        Some("all".to_owned())
    }

    async fn run(self, app: App) -> anyhow::Result<()> {
        let owners = goals::owners(&app).await.map_err(Error::into_anyhow)?;
        let each = owners.into_iter().map(|owner| LedgerChanged { owner });
        let mut db = app.db.acquire().await?;
        jobs::enqueue_all(&mut db, each)
            .await
            .map_err(Error::into_anyhow)
    }
}

/// Does the jobs until it is told to stop. What a job is in the middle of is finished first.
pub async fn work(app: App, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        match worker(&app).await {
            Ok(worker) => {
                let run = worker.run();
                tokio::pin!(run);
                let done = tokio::select! {
                    done = &mut run => done,
                    _ = stopped.changed() => {
                        worker.request_shutdown();
                        run.await
                    }
                };
                if let Err(error) = done {
                    tracing::error!(error = format!("{error:#}"), "the job queue broke off");
                }
            }
            Err(error) => tracing::error!(error = format!("{error:#}"), "no job is done"),
        }
        if *stopped.borrow() {
            return;
        }
        // The database may be away for a while.
        tokio::select! {
            () = sleep(AGAIN) => {}
            _ = stopped.changed() => {}
        }
    }
}

/// Runs for as long as the server does.
pub async fn run(app: App) {
    let mut hours = interval(SWEEP);
    hours.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut minutes = interval(LIMITS);
    loop {
        tokio::select! {
            _ = minutes.tick() => {
                app.kept::<Limiters>().sweep();
                app.kept::<Places>().tell();
                continue;
            }
            _ = hours.tick() => {}
        }
        let now = app.now();
        for (what, done) in [
            ("sessions", session::sweep(&app, now).await),
            ("links", auth::sweep(&app, now).await),
            ("log", audit::sweep(&app, now).await),
            ("uploads", account::sweep(&app, now).await),
        ] {
            if let Err(error) = done {
                tracing::error!(what, ?error, "what is over could not be removed");
            }
        }
        if let Err(error) = currency::plan(&app).await {
            tracing::error!(?error, "it could not be put down when rates are fetched");
        }
        if app.config.demo
            && let Err(error) = demo::renew(&app).await
        {
            tracing::error!(
                error = format!("{error:#}"),
                "the demo user is of yesterday"
            );
        }
    }
}
