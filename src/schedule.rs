//! ★ What happens by the clock.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;
use crate::features::account;
use crate::web::session;

/// Removes what is over: sessions, and uploads that nobody confirmed. Both are ignored once they are over, so it does
/// not matter when this runs.
const SWEEP: Duration = Duration::from_secs(60 * 60);

/// Runs for as long as the server does.
pub async fn run(app: App) {
    let mut hours = interval(SWEEP);
    hours.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        hours.tick().await;
        let now = app.now();
        for (what, done) in [
            ("sessions", session::sweep(&app, now).await),
            ("uploads", account::sweep(&app, now).await),
        ] {
            if let Err(error) = done {
                tracing::error!(what, ?error, "what is over could not be removed");
            }
        }
    }
}
