//! Fetching rates: when, from whom, and what of it is taken. A job of the queue does it, so that several processes on one
//! database do it once, and nobody who opens a page waits for it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;

use super::bank::Bank;
use super::calendar::gaps;
use super::doubts::{self, Doubts};
use super::joined;
use super::provider::{self, File, Provider};
use super::queries::updates::{self, State};
use super::second::Second;
use super::service;
use crate::app::App;
use crate::error::{Error, Result};
use crate::events::RatesChanged;
use crate::jobs::{self, Job};
use crate::money::Currency;

/// Whom rates are fetched from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feed {
    Bank,
    /// Who quotes what the bank does not.
    Second,
}

impl Feed {
    /// All of them.
    pub const ALL: [Feed; 2] = [Feed::Bank, Feed::Second];

    fn as_str(self) -> &'static str {
        match self {
            Feed::Bank => "bank",
            Feed::Second => "second",
        }
    }

    /// Where it is. `None` if the settings say that nothing is fetched from there.
    fn provider(self, app: &App) -> anyhow::Result<Option<Arc<dyn Provider>>> {
        Ok(match self {
            Feed::Bank => match &app.config.rates {
                Some(url) => Some(Arc::new(Bank::at(url)?)),
                None => None,
            },
            Feed::Second => match &app.config.rates_fallback {
                Some(address) => Some(Arc::new(Second::at(address)?)),
                None => None,
            },
        })
    }
}

/// After so many tries in a row that failed, whoever does not answer is left alone for a while.
const MANY: i32 = 5;
/// So long.
const PAUSE: TimeDelta = TimeDelta::minutes(15);
/// The longest wait for another try.
const LONGEST: TimeDelta = TimeDelta::hours(1);
/// That it leaves a currency out is told for so many days.
const LEFT_OUT_DAYS: Days = Days::new(62);

/// The wait after a number of tries in a row that brought nothing: it grows.
fn wait(tries: i32) -> TimeDelta {
    let doubled = |first: TimeDelta, times: i32| {
        first * 2_i32.saturating_pow(times.clamp(0, 8).unsigned_abs())
    };
    if tries < MANY {
        doubled(TimeDelta::minutes(1), tries - 1)
    } else {
        doubled(PAUSE, tries - MANY).min(LONGEST)
    }
}

/// The job.
#[derive(Debug, Serialize, Deserialize)]
pub struct FetchRates {
    from: Feed,
}

impl Job for FetchRates {
    const NAME: &'static str = "fetch_rates";

    fn key(&self) -> Option<String> {
        Some(self.from.as_str().to_owned())
    }

    async fn run(self, app: App) -> anyhow::Result<()> {
        let state = updates::state(&app.db, self.from.as_str()).await?;
        if let Some(state) = state.filter(|state| state.next_at > app.now()) {
            // Somebody had it done at once, or another try came first: who does not answer is left alone all the same.
            let mut db = app.db.acquire().await?;
            let later = jobs::enqueue_later(&mut db, self, until(&app, state.next_at)).await;
            return later.map_err(Error::into_anyhow);
        }
        // How it went is kept, and so is when it is tried again.
        update(&app, self.from).await.map(drop)
    }
}

/// Sees to it that each fetch is on the queue's list.
pub async fn plan(app: &App) -> Result<()> {
    for from in Feed::ALL {
        plan_one(app, from).await?;
    }
    Ok(())
}

async fn plan_one(app: &App, from: Feed) -> Result<()> {
    if from.provider(app)?.is_none() {
        return Ok(());
    }
    let state = updates::state(&app.db, from.as_str()).await?;
    let mut db = app.db.acquire().await?;
    let job = FetchRates { from };
    if !jobs::waits(&mut db, &job).await? {
        let next_at = state.map_or_else(|| app.now(), |state| state.next_at);
        jobs::enqueue_later(&mut db, job, until(app, next_at)).await?;
    }
    Ok(())
}

fn until(app: &App, at: DateTime<Utc>) -> Duration {
    (at - app.now()).to_std().unwrap_or_default()
}

/// What fetching brought.
#[derive(Debug)]
pub struct Fetched {
    /// Whom from.
    pub name: String,
    /// Rates that are new or have changed.
    pub new_rates: i64,
    /// The newest day with any.
    pub newest: Option<NaiveDate>,
    /// The day that rates are due of, if these are older.
    pub late: Option<NaiveDate>,
}

impl fmt::Display for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match self.new_rates {
            0 => write!(f, "{name}: no new rates")?,
            1 => write!(f, "{name}: 1 new rate")?,
            count => write!(f, "{name}: {count} new rates")?,
        }
        match self.newest {
            Some(newest) => write!(f, ", the newest are of {newest}.")?,
            None => f.write_str(".")?,
        }
        match self.late {
            Some(day) => write!(f, " Those of {day} are not there yet."),
            None => Ok(()),
        }
    }
}

/// What is known of fetching from somebody, for administrators.
pub struct Standing {
    pub name: String,
    /// `None` if nobody has tried yet.
    pub state: Option<State>,
}

/// How it goes with each that the settings name.
pub async fn standing(app: &App) -> Result<Vec<Standing>> {
    let mut all = Vec::new();
    for from in Feed::ALL {
        if let Some(provider) = from.provider(app)? {
            let state = updates::state(&app.db, from.as_str()).await?;
            let name = provider.name().to_owned();
            all.push(Standing { name, state });
        }
    }
    Ok(all)
}

/// Who quotes what the bank does not. `None` if the settings name nobody.
pub fn second_provider(app: &App) -> Result<Option<String>> {
    let second = Feed::Second.provider(app)?;
    Ok(second.map(|second| second.name().to_owned()))
}

/// Currencies that the bank quoted within the last two months and not on the newest day, with the last day of each: those
/// that became the euro aside.
pub async fn left_out(app: &App, today: NaiveDate) -> Result<Vec<(Currency, NaiveDate)>> {
    let mut all = updates::left_out(&app.db, today - LEFT_OUT_DAYS, today).await?;
    all.retain(|(currency, day)| !joined::is_the_euro(*currency, *day + Days::new(7)));
    Ok(all)
}

/// Fetches now, whatever the clock says, and puts down when the next fetch is. `None` if the settings name nobody.
pub async fn update(app: &App, from: Feed) -> anyhow::Result<Option<Fetched>> {
    let Some(provider) = from.provider(app)? else {
        return Ok(None);
    };
    let now = app.now();
    let before = updates::state(&app.db, from.as_str()).await?;
    let mut state = before.unwrap_or(State {
        tried_at: now,
        worked_at: None,
        failure: None,
        new_rates: 0,
        tries: 0,
        next_at: now,
        held_back: None,
        whole_until: None,
    });
    state.tried_at = now;
    let fetched = bring(app, &provider, &mut state).await;
    let is_done = matches!(&fetched, Ok(fetched) if fetched.late.is_none());
    state.tries = if is_done {
        0
    } else {
        state.tries.saturating_add(1)
    };
    let regular = provider::next(&*provider, now, getrandom::u32().unwrap_or_default() % 60);
    state.next_at = if is_done {
        regular
    } else if state.held_back.is_some() {
        now + PAUSE.max(wait(state.tries))
    } else {
        now + wait(state.tries)
    };
    match &fetched {
        Ok(fetched) => {
            state.worked_at = Some(now);
            state.failure = None;
            state.new_rates = fetched.new_rates;
            tracing::info!(from = provider.name(), new = fetched.new_rates, next = %state.next_at, "rates were fetched");
        }
        Err(error) => {
            let error = format!("{error:#}");
            tracing::warn!(from = provider.name(), error, tries = state.tries, next = %state.next_at, "rates could not be fetched");
            state.failure = Some(error);
        }
    }
    let mut tx = app.db.begin().await?;
    updates::keep_state(&mut *tx, from.as_str(), &state).await?;
    let next = jobs::enqueue_later(&mut tx, FetchRates { from }, until(app, state.next_at)).await;
    next.map_err(Error::into_anyhow)?;
    tx.commit().await?;
    fetched.map(Some)
}

/// The newest rates, and then, as long as days are missing, files that reach further back.
async fn bring(
    app: &App,
    provider: &Arc<dyn Provider>,
    state: &mut State,
) -> anyhow::Result<Fetched> {
    let doubted = state.held_back.clone();
    let mut new_rates = 0;
    let mut newest = None;
    for file in provider.files() {
        let taken = take(app, provider, file, doubted.as_deref()).await;
        match taken.with_context(|| file.name.clone())? {
            Taken::Rates(count) => new_rates += count,
            Taken::Doubted(doubts) => {
                let said = anyhow!(
                    "{}: {doubts}. Nothing of it is taken unless another fetch says the same",
                    file.name
                );
                state.held_back = Some(Json(doubts));
                return Err(said);
            }
        }
        let days = updates::quoted_days(&app.db, provider.name(), state.whole_until).await?;
        newest = days.last().copied();
        if newest.is_none_or(|newest| gaps(&days, newest).is_empty()) {
            break;
        }
    }
    state.held_back = None;
    // What is missing now is missing in the longest file as well.
    state.whole_until = newest;
    let due = provider::due(&**provider, app.now());
    Ok(Fetched {
        name: provider.name().to_owned(),
        new_rates,
        newest,
        late: due.filter(|due| newest.is_none_or(|newest| newest < *due)),
    })
}

enum Taken {
    /// So many were new.
    Rates(i64),
    /// Nothing yet.
    Doubted(Doubts),
}

/// Takes a file, all of it or nothing.
async fn take(
    app: &App,
    provider: &Arc<dyn Provider>,
    file: &File,
    doubted: Option<&Doubts>,
) -> anyhow::Result<Taken> {
    let content = provider::fetch(file, app.config.times.outgoing).await?;
    let (reader, of, now) = (provider.clone(), file.clone(), app.now());
    let read = move || reader.read(&content, &of, now);
    // The history takes a while.
    let mut columns = tokio::task::spawn_blocking(read).await??;
    if provider.gives_way() {
        let quoted = updates::quoted(&app.db).await?;
        columns = doubts::without(columns, |currency, day| {
            quoted.contains(&currency) || joined::is_the_euro(currency, day)
        });
    }
    let Some(first) = columns.1.iter().min().copied() else {
        bail!("it has no rate that is of use here");
    };
    let kept = updates::kept(&app.db, provider.name(), first).await?;
    let judged = tokio::task::spawn_blocking(move || doubts::judge(&kept, columns)).await?;
    let (news, doubts) = judged;
    if !doubts.are_all_in(doubted.unwrap_or(&Doubts::default())) {
        return Ok(Taken::Doubted(doubts));
    }
    let mut tx = app.db.begin().await?;
    let count = service::save_rates(&mut tx, &news, provider.name()).await?;
    if count > 0 {
        let told = jobs::enqueue(&mut tx, RatesChanged {}).await;
        told.map_err(Error::into_anyhow)?;
    }
    tx.commit().await?;
    Ok(Taken::Rates(i64::try_from(count)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_the_fifth_failure_is_followed_by_a_pause() {
        let minutes: Vec<i64> = (1..=9).map(|tries| wait(tries).num_minutes()).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 15, 30, 60, 60, 60]);
        assert_eq!(wait(i32::MAX), LONGEST);
    }
}
