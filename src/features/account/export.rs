//! `/settings/data/export.*`: everything of the user as a file.

use anyhow::Context;
use axum::Router;
use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;

use super::archive::{SettingsRecord, Writer};
use super::tables::Tables;
use super::{queries, turn};
use crate::app::App;
use crate::error::Result;
use crate::features::achievements::{self, Earned};
use crate::features::audit::{self, Action, Event};
use crate::features::bankroll::ledger::{Account, Entry};
use crate::features::{bankroll, currency, goals};
use crate::ids::UserId;
use crate::web::limits::{self, limited};
use crate::web::{Caller, Sudo, Ui, User, csv};

pub const JSON: &str = "/settings/data/export.json";
pub const ZIP: &str = "/settings/data/export.zip";

pub fn router(app: &App) -> Router<App> {
    let limited = |route| limited(app, limits::EXPORT, Method::GET, route);
    Router::new()
        .route(JSON, limited(get(json)))
        .route(ZIP, limited(get(zip)))
}

/// What everything is written into, the entries part by part: a long ledger is never held as rows and as text at once.
trait Output: Sized + Send + 'static {
    fn begin(ui: &Ui, head: &Head) -> anyhow::Result<Self>;
    fn entries(&mut self, part: &[Entry]) -> anyhow::Result<()>;
    fn finish(self) -> anyhow::Result<Vec<u8>>;
}

/// Everything but the entries.
struct Head {
    settings: SettingsRecord,
    rates: Vec<currency::OwnRate>,
    badges: Vec<Earned>,
    accounts: Vec<Account>,
    goals: Vec<goals::Goal>,
}

impl Output for Writer {
    fn begin(ui: &Ui, head: &Head) -> anyhow::Result<Self> {
        Writer::new(
            ui.now,
            &head.settings,
            &head.rates,
            &head.badges,
            &head.accounts,
            &head.goals,
        )
    }

    fn entries(&mut self, part: &[Entry]) -> anyhow::Result<()> {
        Writer::entries(self, part)
    }

    fn finish(self) -> anyhow::Result<Vec<u8>> {
        Ok(Writer::finish(self))
    }
}

impl Output for Tables {
    fn begin(ui: &Ui, head: &Head) -> anyhow::Result<Self> {
        Tables::new(
            ui.now,
            &head.settings,
            &head.rates,
            &head.badges,
            &head.accounts,
            &head.goals,
        )
    }

    fn entries(&mut self, part: &[Entry]) -> anyhow::Result<()> {
        Tables::entries(self, part)
    }

    fn finish(self) -> anyhow::Result<Vec<u8>> {
        Tables::finish(self)
    }
}

async fn json(State(app): State<App>, user: Sudo, ui: Ui, caller: Caller) -> Result<Response> {
    let content = everything::<Writer>(&app, user.id, &ui).await?;
    note(&app, &caller, &user).await?;
    Ok(download(&ui, "json", "application/json", content))
}

async fn zip(State(app): State<App>, user: Sudo, ui: Ui, caller: Caller) -> Result<Response> {
    let content = everything::<Tables>(&app, user.id, &ui).await?;
    note(&app, &caller, &user).await?;
    Ok(download(&ui, "zip", "application/zip", content))
}

async fn note(app: &App, caller: &Caller, user: &User) -> Result<()> {
    let event = Event::own(Action::DataExported, user.id);
    audit::record(app, &app.db, caller, event).await
}

async fn everything<O: Output>(app: &App, owner: UserId, ui: &Ui) -> Result<Vec<u8>> {
    let _turn = turn(app).await?;
    // All of it as of one instant, whatever is saved meanwhile.
    let mut tx = queries::begin_snapshot(&app.db).await?;
    let head = Head {
        settings: queries::settings(&mut *tx, owner).await?,
        rates: currency::own_rates(&mut *tx, owner).await?,
        badges: achievements::unlocked(&mut *tx, owner).await?,
        accounts: bankroll::all_accounts(&mut *tx, owner).await?,
        goals: goals::all(&mut *tx, owner).await?,
    };
    let mut output = O::begin(ui, &head)?;
    let mut last: Option<Entry> = None;
    loop {
        let mut part = bankroll::entries_after(&mut *tx, owner, last.as_ref()).await?;
        if part.is_empty() {
            break;
        }
        let write = move || {
            output.entries(&part)?;
            anyhow::Ok((output, part.pop()))
        };
        (output, last) = tokio::task::spawn_blocking(write)
            .await
            .context("writing the export stopped")??;
    }
    tx.commit().await?;
    Ok(output.finish()?)
}

fn download(ui: &Ui, ending: &str, kind: &'static str, content: Vec<u8>) -> Response {
    csv::download(&format!("stakeeasy-{}.{ending}", ui.today), kind, content)
}
