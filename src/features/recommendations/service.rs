//! Changing what can be played, in the caller's transaction. A list rises from each of its rows to the next, and is never
//! empty: the rules climb it.

use sqlx::PgConnection;

use super::levels::{CashLevel, Tournament};
use super::queries::editing::{self, Listed};
use crate::error::{Error, Result};
use crate::ids::{BuyInId, LevelId};

/// What became of a row, in words: `$0.50/1, buy-in 40 to 100`. `None`: there was none, or is none any more.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    pub before: Option<String>,
    pub after: Option<String>,
}

impl Change {
    /// Whether it is the same as before.
    pub fn is_none(&self) -> bool {
        self.before == self.after
    }
}

/// Why a list stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Another row has this big blind, or this buy-in in the same room.
    Taken,
    /// The buy-ins or the small blinds would not rise with the big blinds.
    Falls,
    /// It is the last one of its list.
    Last,
}

/// Adds a cash level, or changes the one that was seen with this version.
pub async fn save_level(
    db: &mut PgConnection,
    seen: Option<(LevelId, i32)>,
    new: &CashLevel,
) -> Result<Result<Change, Refusal>> {
    editing::lock(&mut *db).await?;
    let mut levels = editing::levels(&mut *db).await?;
    let before = match seen {
        Some((id, version)) => Some(taken_out(&mut levels, id, version)?.to_string()),
        None => None,
    };
    let mut rising: Vec<&CashLevel> = levels.iter().map(|level| &level.what).collect();
    rising.push(new);
    if let Some(refusal) = misfit(rising) {
        return Ok(Err(refusal));
    }
    match seen {
        Some((id, _)) => editing::update_level(db, id, new).await?,
        None => editing::insert_level(db, new).await?,
    }
    let after = Some(new.to_string());
    Ok(Ok(Change { before, after }))
}

/// Deletes the cash level that was seen with this version.
pub async fn delete_level(
    db: &mut PgConnection,
    (id, version): (LevelId, i32),
) -> Result<Result<Change, Refusal>> {
    editing::lock(&mut *db).await?;
    let mut levels = editing::levels(&mut *db).await?;
    let before = Some(taken_out(&mut levels, id, version)?.to_string());
    if levels.is_empty() {
        return Ok(Err(Refusal::Last));
    }
    editing::delete_level(db, id).await?;
    let after = None;
    Ok(Ok(Change { before, after }))
}

/// Adds a tournament's buy-in, or changes the one that was seen with this version. It stays in its room.
pub async fn save_buy_in(
    db: &mut PgConnection,
    seen: Option<(BuyInId, i32)>,
    new: &Tournament,
) -> Result<Result<Change, Refusal>> {
    editing::lock(&mut *db).await?;
    let mut buy_ins = editing::buy_ins(&mut *db).await?;
    let before = match seen {
        Some((id, version)) => Some(taken_out(&mut buy_ins, id, version)?.to_string()),
        None => None,
    };
    let same = |other: &Tournament| other.room == new.room && other.buy_in == new.buy_in;
    if buy_ins.iter().any(|other| same(&other.what)) {
        return Ok(Err(Refusal::Taken));
    }
    match seen {
        Some((id, _)) => editing::update_buy_in(db, id, new).await?,
        None => editing::insert_buy_in(db, new).await?,
    }
    let after = Some(new.to_string());
    Ok(Ok(Change { before, after }))
}

/// Deletes the buy-in that was seen with this version.
pub async fn delete_buy_in(
    db: &mut PgConnection,
    (id, version): (BuyInId, i32),
) -> Result<Result<Change, Refusal>> {
    editing::lock(&mut *db).await?;
    let mut buy_ins = editing::buy_ins(&mut *db).await?;
    let before = taken_out(&mut buy_ins, id, version)?;
    if !buy_ins.iter().any(|other| other.what.room == before.room) {
        return Ok(Err(Refusal::Last));
    }
    editing::delete_buy_in(db, id).await?;
    let before = Some(before.to_string());
    Ok(Ok(Change {
        before,
        after: None,
    }))
}

/// Takes the row out of its list that somebody saw with this version.
fn taken_out<K: Copy + PartialEq, T>(
    list: &mut Vec<Listed<K, T>>,
    id: K,
    version: i32,
) -> Result<T> {
    let at = list.iter().position(|row| row.id == id);
    let row = list.remove(at.ok_or(Error::NotFound)?);
    if row.version == version {
        Ok(row.what)
    } else {
        Err(Error::Changed(Vec::new()))
    }
}

/// What is wrong with a list of levels: two of them are for the same blinds, or something falls while the blinds rise.
fn misfit(mut levels: Vec<&CashLevel>) -> Option<Refusal> {
    levels.sort_by_key(|level| level.big_blind);
    levels.windows(2).find_map(|pair| {
        let (low, high) = (pair[0], pair[1]);
        if low.big_blind == high.big_blind {
            Some(Refusal::Taken)
        } else if low.most_buy_in >= high.most_buy_in
            || low.least_buy_in > high.least_buy_in
            || low.small_blind > high.small_blind
        {
            Some(Refusal::Falls)
        } else {
            None
        }
    })
}
