//! `/settings/data/import`: everything from a file, into an empty account. The file is read and checked as a whole,
//! then shown as counts, and saved all or nothing when that is confirmed.

use std::io::{Read, Write};

use anyhow::Context;
use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use chrono_tz::Tz;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use super::archive::{self, Restored};
use super::data::DataPage;
use super::{queries, turn, upload_turn};
use crate::app::App;
use crate::error::{Error, Result, is_violation};
use crate::events::LedgerChanged;
use crate::features::achievements;
use crate::features::audit::{self, Action, Event};
use crate::features::bankroll::ledger::EntryKind;
use crate::features::bankroll::{self, Problem};
use crate::features::{currency, goals};
use crate::ids::UserId;
use crate::jobs;
use crate::money::Currency;
use crate::web::form::Blank;
use crate::web::limits::{self, limited};
use crate::web::{Caller, Field, Flash, Form, Ui, Upload, User, ui};

pub const PATH: &str = "/settings/data/import";

/// A file is at most this large,
const FILE_LIMIT: usize = 64 * 1024 * 1024;
/// with what a form puts around it.
const BODY_LIMIT: usize = FILE_LIMIT + 16 * 1024;

/// How long an uploaded file waits to be confirmed.
pub const KEPT: Duration = Duration::days(1);

const NOT_EMPTY: &str = "There are accounts, entries or goals here already. A file can only be imported into an empty account: \
                         open a new one for it, or delete what is here.";

pub fn router(app: &App) -> Router<App> {
    let upload = limited(app, limits::IMPORT, Method::POST, post(create))
        .layer(DefaultBodyLimit::max(BODY_LIMIT));
    Router::new()
        .route(PATH, get(show).merge(upload))
        .route("/settings/data/import/confirm", post(confirm))
        .route("/settings/data/import/cancel", post(cancel))
}

/// What a file holds, in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    exported_at: DateTime<Utc>,
    name: String,
    home_currency: Currency,
    time_zone: String,
    accounts: usize,
    archived: usize,
    entries: usize,
    /// Only those that occur.
    kinds: Vec<(EntryKind, usize)>,
    rates: usize,
    /// Missing from a preview that was kept before there were goals.
    #[serde(default)]
    goals: usize,
    /// Summaries of uploads from before there were badges know none.
    #[serde(default)]
    badges: usize,
    /// The days of the first and the last entry, in the file's time zone.
    days: Option<(NaiveDate, NaiveDate)>,
}

impl Summary {
    fn of(file: &Restored) -> Self {
        let (accounts, entries) = (file.ledger.accounts(), file.ledger.entries());
        let zone = file.settings.time_zone.parse().unwrap_or(Tz::UTC);
        let day = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
        let kinds = EntryKind::ALL.iter().map(|kind| {
            let of_it = entries.iter().filter(|entry| entry.kind == *kind);
            (*kind, of_it.count())
        });
        let ends = entries.first().zip(entries.last());
        Self {
            exported_at: file.exported_at,
            name: file.settings.name.clone(),
            home_currency: file.settings.home_currency,
            time_zone: file.settings.time_zone.clone(),
            accounts: accounts.len(),
            archived: accounts.iter().filter(|a| a.is_archived()).count(),
            entries: entries.len(),
            kinds: kinds.filter(|(_, count)| *count > 0).collect(),
            rates: file.rates.len(),
            goals: file.goals.len(),
            badges: file.badges.len(),
            days: ends.map(|(first, last)| (day(first.occurred_at), day(last.occurred_at))),
        }
    }
}

#[derive(Template, WebTemplate)]
#[template(path = "account/import.html")]
struct PreviewPage {
    ui: Ui,
    summary: Summary,
}

impl PreviewPage {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "templates pass references"
    )]
    fn count(&self, count: &usize) -> String {
        self.ui.numbers.exact((*count).into())
    }
}

/// The upload: read, checked, and kept until it is confirmed.
async fn create(State(app): State<App>, user: User, ui: Ui, request: Request) -> Result<Response> {
    let upload = upload_turn(&app, user.id).await?;
    let file = match Upload::from_request(request, &app).await {
        Ok(file) if file.length <= FILE_LIMIT => file,
        Ok(_) | Err(Error::TooLarge) => {
            return refused(&app, &user, ui, "The file is larger than 64 MiB.").await;
        }
        Err(error) => return Err(error),
    };
    if !is_empty(&mut *app.db.acquire().await?, user.id).await? {
        return refused(&app, &user, ui, NOT_EMPTY).await;
    }
    let _turn = turn(&app).await?;
    let now = app.now();
    let checked = tokio::task::spawn_blocking(move || checked(&file.read()?, now))
        .await
        .context("reading the file stopped")?;
    drop(upload);
    match checked? {
        Ok((summary, packed)) => {
            queries::keep_import(&app.db, user.id, &packed, &summary, now).await?;
            Ok(Redirect::to("/settings/data/import").into_response())
        }
        Err(Problem(why)) => refused(&app, &user, ui, &why).await,
    }
}

fn checked(
    content: &[u8],
    now: DateTime<Utc>,
) -> anyhow::Result<Result<(Summary, Vec<u8>), Problem>> {
    let summary = match archive::read(content, now) {
        Ok(file) => Summary::of(&file),
        Err(problem) => return Ok(Err(problem)),
    };
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(content)?;
    Ok(Ok((summary, gzip.finish()?)))
}

async fn refused(app: &App, user: &User, ui: Ui, why: &str) -> Result<Response> {
    let mut file = Field::default();
    file.refuse(why.to_owned());
    Ok(ui::refused(DataPage::new(app, user, ui, file).await?))
}

/// The preview of what was uploaded.
async fn show(State(app): State<App>, user: User, ui: Ui) -> Result<Response> {
    let summary = queries::import_summary(&app.db, user.id, ui.now - KEPT).await?;
    Ok(match summary {
        Some(summary) => PreviewPage { ui, summary }.into_response(),
        None => Redirect::to("/settings/data").into_response(),
    })
}

/// Saves what was uploaded. The form that is sent twice finds nothing left to save, and says so.
async fn confirm(
    State(app): State<App>,
    user: User,
    ui: Ui,
    caller: Caller,
    _: Form<Blank>,
) -> Result<Response> {
    let _turn = turn(&app).await?;
    let now = app.now();
    let Some(kept) = queries::import(&app.db, user.id, now - KEPT).await? else {
        return gone(&app, &user, ui).await;
    };
    let packed = kept.content;
    let file = tokio::task::spawn_blocking(move || unpacked(&packed, now))
        .await
        .context("reading the file stopped")??;
    let file = match file {
        Ok(file) => file,
        Err(Problem(why)) => return refused(&app, &user, ui, &why).await,
    };
    let (accounts, entries) = (file.ledger.accounts().len(), file.ledger.entries().len());
    let mut tx = app.db.begin().await?;
    let is_empty = bankroll::lock_if_empty(&mut tx, user.id).await?
        && goals::all(&mut *tx, user.id).await?.is_empty();
    if !queries::delete_import(&mut *tx, user.id, Some(kept.made_at)).await? {
        drop(tx);
        return gone(&app, &user, ui).await;
    }
    if !is_empty {
        drop(tx);
        return refused(&app, &user, ui, NOT_EMPTY).await;
    }
    queries::set_settings(&mut *tx, user.id, &file.settings).await?;
    currency::set_own_rates(&mut *tx, user.id, &file.rates).await?;
    achievements::insert(&mut *tx, user.id, &file.badges, now).await?;
    match bankroll::insert_ledger(&mut tx, user.id, file.ledger).await {
        Ok(()) => {
            goals::insert_all(&mut tx, user.id, &file.goals).await?;
            let event = Event::own(Action::DataImported, user.id);
            audit::record(&app, &mut *tx, &caller, event).await?;
            jobs::enqueue(&mut tx, LedgerChanged { owner: user.id }).await?;
            tx.commit().await?;
        }
        // The database compares letters its own way: names can be the same to it that are not to us.
        Err(error) if is_violation(&error, "accounts_user_group_name_key") => {
            drop(tx);
            let why = "Two accounts have names that differ in capital letters only.";
            return refused(&app, &user, ui, why).await;
        }
        Err(error) => return Err(error.into()),
    }
    let count = |n: usize| ui.numbers.exact(n.into());
    let (accounts, entries) = (count(accounts), count(entries));
    Ok(Flash::success("Everything was imported.")
        .detail(format!("Accounts: {accounts}. Entries: {entries}."))
        .then_go(&app, "/dashboard"))
}

/// Whether nothing stands in the way of a file.
async fn is_empty(db: &mut PgConnection, owner: UserId) -> Result<bool> {
    Ok(bankroll::is_empty(&mut *db, owner).await? && goals::all(db, owner).await?.is_empty())
}

fn unpacked(packed: &[u8], now: DateTime<Utc>) -> anyhow::Result<Result<Restored, Problem>> {
    let mut content = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut content)?;
    Ok(archive::read(&content, now))
}

/// No file waits: it was imported a moment ago, or is too old.
async fn gone(app: &App, user: &User, ui: Ui) -> Result<Response> {
    if is_empty(&mut *app.db.acquire().await?, user.id).await? {
        return refused(
            app,
            user,
            ui,
            "The file is not kept any more. Choose it again.",
        )
        .await;
    }
    Ok(Flash::success("Everything was imported.").then_go(app, "/dashboard"))
}

async fn cancel(State(app): State<App>, user: User, _: Form<Blank>) -> Result<Response> {
    queries::delete_import(&app.db, user.id, None).await?;
    Ok(Flash::success("Nothing was imported.").then_go(&app, "/settings/data"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{
        "format": "StakeEasy ledger", "version": 1, "exported_at": "2026-10-30T12:00:00Z",
        "settings": {
            "name": "Mika", "home_currency": "SEK", "time_zone": "Europe/Helsinki", "theme": "system",
            "number_format": "comma-point", "hide_amounts": false
        },
        "rates": [],
        "accounts": [{
            "id": "00000000-0000-4000-8000-000000000001", "kind": "site", "name": "Northgate Poker",
            "currency": "USD", "archived_at": "2026-10-01T00:00:00Z"
        }],
        "entries": [{
            "id": "00000000-0000-4000-8000-000000000002", "account": "00000000-0000-4000-8000-000000000001",
            "kind": "balance", "amount": "5", "fee": "0", "currency": "USD", "occurred_at": "2026-09-30T22:00:00Z",
            "transfer": null, "note": "", "tags": []
        }]
    }"#;

    #[test]
    fn an_upload_is_summed_up_and_kept_as_it_was_sent() {
        let now = "2026-10-30T12:00:00Z".parse().unwrap();
        let (summary, packed) = checked(FILE.as_bytes(), now).unwrap().unwrap();
        let day = "2026-10-01".parse().unwrap();
        assert_eq!(
            (summary.accounts, summary.archived, summary.entries),
            (1, 1, 1)
        );
        assert_eq!(summary.kinds, [(EntryKind::Balance, 1)]);
        // Where the user lives it was past midnight.
        assert_eq!(summary.days, Some((day, day)));
        let file = unpacked(&packed, now).unwrap().unwrap();
        assert_eq!(Summary::of(&file), summary);
    }
}
