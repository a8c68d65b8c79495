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
}

impl Book {
    fn new(accounts: Vec<Account>, figures: Figures) -> Arc<Self> {
        Arc::new(Self {
            accounts,
            figures,
            tags: OnceCell::new(),
        })
    }

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

impl Key {
    /// Whether nothing but the ledger is another.
    fn is_like(&self, other: &Self) -> bool {
        let ledger_version = other.ledger_version;
        Self {
            ledger_version,
            ..self.clone()
        } == *other
    }

    fn of(viewer: &Viewer, today: NaiveDate) -> Self {
        Self {
            ledger_version: viewer.ledger_version,
            rates_version: viewer.rates_version,
            today,
            home: viewer.home,
            zone: viewer.zone,
        }
    }
}

/// Books by user, each with what it depends on, by their weight in bytes.
struct Books(Cache<UserId, (Key, Arc<Book>)>);

/// Bytes of all kept books together.
const MOST_BOOKS: u64 = 160 << 20;

impl Default for Books {
    fn default() -> Self {
        Self(cache(MOST_BOOKS, |(_, book): &(Key, Arc<Book>)| {
            book.figures.bytes() + book.accounts.len() * size_of::<Account>()
        }))
    }
}

/// A cache that holds so many bytes.
fn cache<T: Clone + Send + Sync + 'static>(most: u64, bytes: fn(&T) -> usize) -> Cache<UserId, T> {
    Cache::builder()
        .weigher(move |_, kept| u32::try_from(bytes(kept)).unwrap_or(u32::MAX))
        .max_capacity(most)
        .build()
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

/// A dashboard as it was drawn.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// Without an account there is nothing to draw, but a welcome.
    pub has_accounts: bool,
    /// The day of the newest rates that it was computed with, if any were needed.
    pub rates_as_of: Option<NaiveDate>,
    /// What it shows must come from the book, the look, and what the look's versions count; see
    /// [`crate::web::Ui::impersonal`].
    pub html: Html,
}

/// Dashboards by user, each in some looks, with what they depend on. They are kept apart from the books, of which each is a
/// hundredth, because they are what most people open, and nothing else.
struct Dashboards(Cache<UserId, (Key, Looks)>);

/// One user's dashboards.
type Looks = Arc<[(Look, Drawn)]>;

/// Bytes of all kept dashboards together.
const MOST_DASHBOARDS: u64 = 160 << 20;

/// Looks that are kept for one user, at most.
const MOST_LOOKS: usize = 4;

impl Default for Dashboards {
    fn default() -> Self {
        Self(cache(MOST_DASHBOARDS, |(_, drawn)| {
            drawn.iter().map(|(_, drawn)| 200 + drawn.html.size()).sum()
        }))
    }
}

/// The user's dashboard in a look, if it was drawn before and nothing has changed since.
pub fn drawn(app: &App, viewer: &Viewer, today: NaiveDate, look: Look) -> Option<Drawn> {
    let (key, all) = app.kept::<Dashboards>().0.get(&viewer.id)?;
    let found = all.iter().find(|(of, _)| *of == look)?;
    (key == Key::of(viewer, today)).then(|| found.1.clone())
}

/// Keeps the user's dashboard in a look for as long as nothing changes.
pub fn keep(app: &App, viewer: &Viewer, today: NaiveDate, look: Look, dashboard: Drawn) {
    let dashboards = app.kept::<Dashboards>();
    let key = Key::of(viewer, today);
    let before = dashboards.0.get(&viewer.id);
    let before = before.filter(|(of, _)| *of == key);
    let versions = |look: &Look| (look.page_version, look.stakes_version);
    let is_kept = |(of, _): &&(Look, Drawn)| *of != look && versions(of) == versions(&look);
    let mut all = vec![(look, dashboard)];
    if let Some((_, before)) = &before {
        all.extend(before.iter().filter(is_kept).take(MOST_LOOKS - 1).cloned());
    }
    dashboards.0.insert(viewer.id, (key, all.into()));
}

/// The user's book. One round trip if their ledger, the rates or the day have changed since it was last asked for,
/// none otherwise. It has the rates of every currency: goals and prices may be in any.
pub async fn book(app: &App, viewer: &Viewer, today: NaiveDate) -> Result<Arc<Book>> {
    kept_or_new(app, viewer.id, Key::of(viewer, today)).await
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

/// Users whose books are being computed; other requests for the same book wait for it.
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
    let before = books.0.get(&owner);
    let book = match before {
        Some((of, before)) if of.is_like(&key) => {
            renewed(app, owner, &before, &of, key.zone).await?
        }
        _ => None,
    };
    let book = match book {
        Some(book) => book,
        None => computed(app, owner, &key).await?,
    };
    books.0.insert(owner, (key, book.clone()));
    Ok(book)
}

/// How many entries are read again after a change, at least: most changes are among the newest.
const READ_AGAIN: usize = 300;

/// The current book, computed from the previous one. `None` if all of it has to be computed again. One round trip.
async fn renewed(
    app: &App,
    owner: UserId,
    before: &Arc<Book>,
    of: &Key,
    zone: Tz,
) -> Result<Option<Arc<Book>>> {
    let Some(seam) = before.figures.seam(READ_AGAIN) else {
        return Ok(None);
    };
    let Some(tail) = queries::tail(&app.db, owner, of.ledger_version, seam.at).await? else {
        return Ok(None);
    };
    let before = before.clone();
    let accounts = tail.accounts.0;
    let compute = move || {
        let figures = before.figures.renewed(seam, zone, &accounts, &tail.lines)?;
        Some(Book::new(accounts, figures))
    };
    in_background(compute).await
}

/// The current book, computed from the whole ledger. One round trip.
async fn computed(app: &App, owner: UserId, key: &Key) -> Result<Arc<Book>> {
    let ledger = queries::ledger(&app.db, owner).await?;
    let (accounts, lines, own_rates) = (ledger.accounts.0, ledger.lines, ledger.own_rates.0);
    let all: Vec<Currency> = Currency::all().collect();
    let rates = currency::rates(app, key.rates_version, &all, &own_rates).await?;
    let (home, zone, today) = (key.home, key.zone, key.today);
    let compute = move || {
        let figures = Figures::new(home, zone, today, rates, &accounts, &lines);
        Book::new(accounts, figures)
    };
    in_background(compute).await
}

async fn in_background<T: Send + 'static>(
    compute: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let computed = tokio::task::spawn_blocking(compute).await;
    Ok(computed.context("computing the figures stopped")?)
}
