//! Which rates a user's figures are computed with, and how the central bank's come in.

use std::collections::{BTreeSet, HashMap};
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::{PgConnection, PgPool};

use super::queries;
use super::rate_file::{self, Columns};
use super::rates::{OwnRate, Rates};
use super::series::Series;
use super::{bank, joined};
use crate::app::App;
use crate::error::Result;
use crate::money::Currency;

/// The European Central Bank's euro foreign exchange reference rates, daily since 1999, as it publishes them.
static SEED: &[u8] = include_bytes!("eurofxref-hist.csv.gz");

/// `None` for a currency that was looked for and has no rate.
type ByCurrency = HashMap<Currency, Option<Arc<Series>>>;

/// The central bank's series that were needed so far, as of the newest version of the rates that was asked for.
#[derive(Default)]
struct Loaded(Mutex<(i64, Arc<ByCurrency>)>);

impl Loaded {
    /// Those of a version. None, if they are of another one.
    fn of(&self, version: i64) -> Arc<ByCurrency> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0 == version {
            kept.1.clone()
        } else {
            Arc::default()
        }
    }

    /// Keeps what was read of a version, beside what others have read of it. What is kept of a newer one stays.
    fn keep(&self, version: i64, read: &Arc<ByCurrency>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0 < version {
            *kept = (version, read.clone());
        } else if kept.0 == version {
            let missing = read.iter().map(|(currency, of)| (*currency, of.clone()));
            Arc::make_mut(&mut kept.1).extend(missing);
        }
    }
}

/// The rates of some currencies, with the user's own among them.
///
/// `version` is the rates' version as the session read it. The series are kept in memory under it: as long as the
/// rates do not change, this asks the database only for currencies it has not met. All of them are of one version: the
/// one that was asked for, or a newer one.
pub async fn rates(
    app: &App,
    mut version: i64,
    currencies: &[Currency],
    own: &[OwnRate],
) -> Result<Rates> {
    // Own rates are told in further currencies.
    let told_in = own.iter().map(|rate| rate.quoted_in);
    let currencies: BTreeSet<Currency> = currencies.iter().copied().chain(told_in).collect();
    let loaded = app.kept::<Loaded>();
    let known = loop {
        let known = loaded.of(version);
        let missing: Vec<Currency> = currencies
            .iter()
            .copied()
            .filter(|currency| !known.contains_key(currency))
            .collect();
        if missing.is_empty() {
            break known;
        }
        let (read_at, fetched) = queries::rates(&app.db, &missing).await?;
        if read_at != version && missing.len() < currencies.len() {
            // Some of them are of a time before the others.
            version = read_at;
            continue;
        }
        let mut all = ByCurrency::clone(&known);
        for currency in missing {
            let of_it = fetched.iter().filter(|rate| rate.currency == currency);
            let of_it = of_it.map(|rate| (rate.day, rate.per_eur));
            let series = Series::new(joined::up_to_the_euro(currency, of_it));
            all.insert(currency, series.map(Arc::new));
        }
        let all = Arc::new(all);
        loaded.keep(read_at, &all);
        break all;
    };
    let quoted = currencies
        .iter()
        .filter_map(|c| Some((*c, known.get(c)?.clone()?)));
    Ok(Rates::new(quoted).with_own(own))
}

/// Loads the shipped history, unless there are rates already.
pub async fn seed_rates(db: &PgPool) -> anyhow::Result<()> {
    if !queries::has_rates(db).await? {
        // Whatever the machine's clock says.
        import_rates(db, NaiveDate::MAX, SEED).await?;
    }
    Ok(())
}

/// Loads a file as the European Central Bank publishes it ([`rate_file::read`]). All or nothing. Returns how many rates
/// were new or changed.
pub async fn import_rates(
    db: &PgPool,
    today: NaiveDate,
    file: impl Read + Send + 'static,
) -> anyhow::Result<u64> {
    let read = move || rate_file::read(file, today);
    let rates = tokio::task::spawn_blocking(read).await??;
    let mut tx = db.begin().await?;
    let changed = save_rates(&mut tx, &rates, bank::SOURCE).await?;
    tx.commit().await?;
    Ok(changed)
}

/// Saves rates of somebody, in the caller's transaction. Returns how many were new or changed.
pub async fn save_rates(
    db: &mut PgConnection,
    (currencies, days, per_eur): &Columns,
    source: &str,
) -> sqlx::Result<u64> {
    let mut changed = 0;
    // In pieces, each of which is done well within the time that a statement has.
    for from in (0..days.len()).step_by(PIECE) {
        let piece = from..days.len().min(from + PIECE);
        changed += queries::upsert_rates(
            &mut *db,
            &currencies[piece.clone()],
            &days[piece.clone()],
            &per_eur[piece],
            source,
        )
        .await?;
    }
    Ok(changed)
}

/// What a rate was and has become: units for one euro, `None` for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateChange {
    pub before: Option<Decimal>,
    pub after: Option<Decimal>,
}

/// Sets a rate by hand, in the caller's transaction. No import overwrites it. `None` if it is set to that already.
pub async fn correct_rate(
    db: &mut PgConnection,
    currency: Currency,
    day: NaiveDate,
    per_eur: Decimal,
) -> Result<Option<RateChange>> {
    let held = queries::held_on(&mut *db, currency, day).await?;
    if held
        .as_ref()
        .is_some_and(|held| held.is_manual && held.per_eur == per_eur)
    {
        return Ok(None);
    }
    queries::correct_rate(db, currency, day, per_eur).await?;
    Ok(Some(RateChange {
        before: held.map(|held| held.per_eur),
        after: Some(per_eur),
    }))
}

/// Takes a correction back, in the caller's transaction: the central bank's rate holds again, or none if it has none.
/// `None` if there is no correction.
pub async fn take_correction_back(
    db: &mut PgConnection,
    currency: Currency,
    day: NaiveDate,
) -> Result<Option<RateChange>> {
    let held = queries::held_on(&mut *db, currency, day).await?;
    let Some(held) = held.filter(|held| held.is_manual) else {
        return Ok(None);
    };
    if held.quoted_per_eur.is_some() {
        queries::restore_rate(db, currency, day).await?;
    } else {
        queries::remove_manual_rate(db, currency, day).await?;
    }
    Ok(Some(RateChange {
        before: Some(held.per_eur),
        after: held.quoted_per_eur,
    }))
}

/// Rates in one statement.
const PIECE: usize = 20_000;

/// The shipped history of some currencies, for tests that need real rates and no database.
#[cfg(test)]
pub fn shipped_rates(currencies: &[Currency]) -> Rates {
    let (codes, days, per_eur) = rate_file::read(SEED, NaiveDate::MAX).unwrap_or_default();
    let mut by_currency: HashMap<Currency, Vec<(NaiveDate, Decimal)>> = HashMap::new();
    for ((code, day), rate) in codes.iter().zip(days).zip(per_eur) {
        match code.parse() {
            Ok(currency) if currencies.contains(&currency) => {
                by_currency.entry(currency).or_default().push((day, rate));
            }
            _ => {}
        }
    }
    Rates::new(by_currency.into_iter().filter_map(|(currency, mut rates)| {
        rates.sort_unstable();
        let rates = joined::up_to_the_euro(currency, rates.into_iter());
        Some((currency, Arc::new(Series::new(rates)?)))
    }))
}

/// The days of a currency in the shipped history, in their order.
#[cfg(test)]
pub fn shipped_days(code: &str) -> Vec<NaiveDate> {
    let (codes, days, _) = rate_file::read(SEED, NaiveDate::MAX).unwrap_or_default();
    let of_it = codes.iter().zip(days).filter(|(found, _)| *found == code);
    let mut days: Vec<NaiveDate> = of_it.map(|(_, day)| day).collect();
    days.sort_unstable();
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_history_is_whole() {
        let (currencies, days, per_eur) = rate_file::read(SEED, NaiveDate::MAX).unwrap();
        assert_eq!(
            days.iter().collect::<std::collections::HashSet<_>>().len(),
            7_126
        );
        assert_eq!(
            currencies
                .iter()
                .collect::<std::collections::HashSet<_>>()
                .len(),
            41
        );
        let first = currencies
            .iter()
            .zip(&days)
            .position(|(c, d)| c == "USD" && d.to_string() == "1999-01-04");
        assert_eq!(per_eur[first.unwrap()].to_string(), "1.1789");
    }
}
