//! Five kinds of players, by how many buy-ins they hold: another way to choose.

use super::rules::{self, Move, Profile, Rung};
use rust_decimal::Decimal;

/// A profile as a row.
#[derive(Debug)]
pub struct ProfileRow {
    pub profile: Profile,
    /// The level that it plays.
    pub level: Option<String>,
    pub up: Option<(String, Move)>,
    pub down: Option<(String, Move)>,
    pub late_down: Option<Move>,
}

/// All five.
pub fn rows(bankroll: Decimal, ladder: &[Rung]) -> Vec<ProfileRow> {
    let name = |at: usize| ladder.get(at).map(|rung| rung.name.clone());
    let way = |way: Option<Move>| way.and_then(|way| Some((name(way.to)?, way)));
    rules::profiles(bankroll, ladder)
        .into_iter()
        .map(|profile| ProfileRow {
            level: profile.rung.and_then(name),
            up: way(profile.up),
            down: way(profile.down),
            late_down: profile.late_down,
            profile,
        })
        .collect()
}
