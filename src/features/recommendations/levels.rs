//! What can be played, as administrators keep it, and as ladders that the rules climb.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rust_decimal::Decimal;

use super::data::ROOMS;
use super::queries;
use super::rules::Rung;
use crate::app::App;
use crate::error::Result;
use crate::money::Currency;
use crate::web::format::Numbers;

/// A level of cash games. Amounts are in US dollars.
#[derive(Clone, Debug)]
pub struct CashLevel {
    pub small_blind: Decimal,
    pub big_blind: Decimal,
    /// The smallest buy-in.
    pub least_buy_in: Decimal,
    /// The largest.
    pub most_buy_in: Decimal,
}

/// A tournament's buy-in in one room, in US dollars.
#[derive(Clone, Debug)]
pub struct Tournament {
    pub room: String,
    pub buy_in: Decimal,
    /// What is played for it.
    pub examples: String,
}

/// Everything that can be played, lowest first.
#[derive(Debug, Default)]
pub struct Stakes {
    pub cash: Vec<CashLevel>,
    pub tournaments: Vec<Tournament>,
}

/// The stakes of one version.
#[derive(Default)]
struct Kept(Mutex<Option<(i64, Arc<Stakes>)>>);

/// Everything that can be played, at a version as the session read it: as long as it is the same this asks the database
/// nothing.
pub async fn stakes(app: &App, version: i64) -> Result<Arc<Stakes>> {
    let kept = app.kept::<Kept>();
    let lock = || kept.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((of, stakes)) = lock().as_ref()
        && *of == version
    {
        return Ok(stakes.clone());
    }
    let stakes = Arc::new(Stakes {
        cash: queries::cash_levels(&app.db).await?,
        tournaments: queries::tournaments(&app.db).await?,
    });
    *lock() = Some((version, stakes.clone()));
    Ok(stakes)
}

impl Stakes {
    /// The levels of cash games.
    pub fn cash_ladder(&self, numbers: Numbers) -> Vec<Rung> {
        let rung = |level: &CashLevel| Rung {
            name: format!(
                "${}/{}",
                short(numbers, level.small_blind),
                short(numbers, level.big_blind)
            ),
            buy_in: level.most_buy_in,
            least: level.least_buy_in,
        };
        self.cash.iter().map(rung).collect()
    }

    /// The different buy-ins of tournaments, of one room or of all.
    pub fn tournament_ladder(&self, numbers: Numbers, room: Option<&str>) -> Vec<Rung> {
        let mut buy_ins: Vec<Decimal> = self
            .tournaments
            .iter()
            .filter(|one| room.is_none_or(|room| one.room == room))
            .map(|one| one.buy_in)
            .collect();
        buy_ins.dedup();
        let rung = |buy_in: Decimal| Rung {
            name: format!("${}", short(numbers, buy_in)),
            buy_in,
            least: buy_in,
        };
        buy_ins.into_iter().map(rung).collect()
    }
}

impl fmt::Display for CashLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |amount| short(Numbers::default(), amount);
        let (small, big) = (short(self.small_blind), short(self.big_blind));
        let (least, most) = (short(self.least_buy_in), short(self.most_buy_in));
        write!(f, "${small}/{big}, buy-in {least} to {most}")
    }
}

impl fmt::Display for Tournament {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let room = ROOMS.iter().find(|room| room.value == self.room);
        let name = room.map_or(self.room.as_str(), |room| room.name);
        let buy_in = short(Numbers::default(), self.buy_in);
        write!(f, "{name} ${buy_in}, {}", self.examples)
    }
}

/// An amount of dollars as names of stakes have it: `0.50`, `1`, `10,300`. It is public, and never hidden.
pub fn short(numbers: Numbers, amount: Decimal) -> String {
    let shown = numbers.shown();
    if amount.fract().is_zero() {
        shown.exact(amount)
    } else {
        shown.plain(amount, Currency::USD)
    }
}
