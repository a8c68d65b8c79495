//! A user's accounts with every figure computed from them, kept in memory for as long as nothing has changed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use chrono::NaiveDate;
use chrono_tz::Tz;
use moka::sync::Cache;
use tokio::sync::OnceCell;

use super::figures::{Figures, Range};
use super::ledger::Account;
use super::queries;
use crate::app::App;
use crate::error::Result;
use crate::features::currency;
use crate::ids::{AccountId, UserId};
use crate::money::Currency;
use crate::web::Html;
use crate::web::format::{Measure, Numbers};
use crate::web::session::Viewer;

/// One user's accounts and figures.
#[derive(Debug)]
pub struct Book {
    /// In the user's order.
    pub accounts: Vec<Account>,
    pub figures: Figures,
    tags: OnceCell<Arc<[String]>>,
    dashboards: Mutex<Vec<(Look, Html)>>,
}

/// What a dashboard depends on beside its book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub range: Range,
    pub numbers: Numbers,
    pub measure: Measure,
    /// Of the user's goals, badges and choices.
    pub page_version: i64,
    /// Of what can be played.
    pub stakes_version: i64,
}

/// Dashboards that a book keeps, at most.
const MOST_DASHBOARDS: usize = 4;

impl Book {
    /// One account. `None` if it is not the user's.
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id == id)
    }

    /// The name of an account, for lists.
    pub fn name(&self, id: Option<AccountId>) -> &str {
        id.and_then(|id| self.account(id))
            .map_or("No account", |account| account.name.as_str())
    }

    /// The tags that the entries have, the most used first. One round trip, once for each version of the ledger.
    pub async fn tags(&self, app: &App, owner: UserId) -> Result<Arc<[String]>> {
        let read = async || Ok(queries::lists::tags(&app.db, owner).await?.into());
        self.tags.get_or_try_init(read).await.cloned()
    }

    /// The dashboard's HTML in a look, if it was drawn before.
    pub fn drawn(&self, look: Look) -> Option<Html> {
        let kept = self
            .dashboards
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|(of, _)| *of == look);
        found.map(|(_, html)| html.clone())
    }

    /// Keeps the dashboard's HTML for as long as nothing changes. What it shows must come from this book, the look, and
    /// what the look's versions count; see [`crate::web::Ui::impersonal`].
    pub fn keep(&self, look: Look, html: Html) {
        let mut kept = self
            .dashboards
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let (page, stakes) = (look.page_version, look.stakes_version);
        kept.retain(|(of, _)| {
            *of != look && (of.page_version, of.stakes_version) == (page, stakes)
        });
        if kept.len() == MOST_DASHBOARDS {
            kept.remove(0);
        }
        kept.push((look, html));
    }
}

/// Everything that a book depends on: as long as all of it is the same, so is the book.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    ledger_version: i64,
    rates_version: i64,
    today: NaiveDate,
    home: Currency,
    zone: Tz,
}

/// Books by user, each with what it depends on. The weight is the number of lines, about 300 bytes each; a dashboard
/// weighs as much as 200.
struct Books(Cache<UserId, (Key, Arc<Book>)>);

/// Lines of all kept books together.
const MOST_LINES: u64 = 500_000;

impl Default for Books {
    fn default() -> Self {
        let weigh = |_: &UserId, (_, book): &(Key, Arc<Book>)| {
            let steps: usize = book
                .figures
                .accounts
                .iter()
                .map(|account| account.steps.len())
                .sum();
            u32::try_from(steps + book.figures.days.len() / 8 + 100 + 200 * MOST_DASHBOARDS)
                .unwrap_or(u32::MAX)
        };
        Self(
            Cache::builder()
                .weigher(weigh)
                .max_capacity(MOST_LINES)
                .build(),
        )
    }
}

/// The user's book. One round trip if their ledger, the rates or the day have changed since it was last asked for,
/// none otherwise. It has the rates of every currency: goals and prices may be in any.
pub async fn book(app: &App, viewer: &Viewer, today: NaiveDate) -> Result<Arc<Book>> {
    let key = Key {
        ledger_version: viewer.ledger_version,
        rates_version: viewer.rates_version,
        today,
        home: viewer.home,
        zone: viewer.zone,
    };
    kept_or_new(app, viewer.id, key).await
}

/// The same for work that no request asked for: the book of this moment. `None` if there is no such user any more.
pub async fn book_of(app: &App, owner: UserId) -> Result<Option<Arc<Book>>> {
    let Some(reader) = queries::reader(&app.db, owner).await? else {
        return Ok(None);
    };
    let zone: Tz = reader.time_zone.parse().unwrap_or(Tz::UTC);
    let key = Key {
        ledger_version: reader.ledger_version,
        rates_version: reader.rates_version,
        today: app.now().with_timezone(&zone).date_naive(),
        home: reader.home,
        zone,
    };
    kept_or_new(app, owner, key).await.map(Some)
}

/// Users whose books are being computed. Whoever asks for one of them meanwhile waits for it.
#[derive(Default)]
struct Computing(Mutex<HashMap<UserId, Arc<Turns>>>);

/// One computes, the others wait.
type Turns = tokio::sync::Mutex<()>;

impl Computing {
    fn turns(&self, owner: UserId) -> Arc<Turns> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that nobody waits for are over.
        all.retain(|of, turns| *of == owner || Arc::strong_count(turns) > 1);
        all.entry(owner).or_default().clone()
    }
}

async fn kept_or_new(app: &App, owner: UserId, key: Key) -> Result<Arc<Book>> {
    let books = app.kept::<Books>();
    let kept = || {
        let (of, book) = books.0.get(&owner)?;
        (of == key).then_some(book)
    };
    if let Some(book) = kept() {
        return Ok(book);
    }
    let turns = app.kept::<Computing>().turns(owner);
    let _turn = turns.lock().await;
    if let Some(book) = kept() {
        return Ok(book);
    }
    let ledger = queries::ledger(&app.db, owner).await?;
    let (accounts, lines, own_rates) = (ledger.accounts.0, ledger.lines, ledger.own_rates.0);
    let all: Vec<Currency> = Currency::all().collect();
    let rates = currency::rates(app, key.rates_version, &all, &own_rates).await?;
    let (home, zone, today) = (key.home, key.zone, key.today);
    let compute = move || {
        let figures = Figures::new(home, zone, today, rates, &accounts, &lines);
        Arc::new(Book {
            accounts,
            figures,
            tags: OnceCell::new(),
            dashboards: Mutex::default(),
        })
    };
    let book = tokio::task::spawn_blocking(compute)
        .await
        .context("computing the figures stopped")?;
    books.0.insert(owner, (key, book.clone()));
    Ok(book)
}
