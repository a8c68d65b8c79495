//! How many buy-ins to hold, and which stakes a bankroll supports. Nothing here reads or writes anything.

use rust_decimal::{Decimal, RoundingStrategy};

use super::data::{Choice, FACTORS, Factor, Mode, PROFILES};

/// An answer to each factor, in their order. `None`: it does not apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen(pub [Option<usize>; FACTORS.len()]);

impl Default for Chosen {
    fn default() -> Self {
        Self(FACTORS.map(|factor| Some(factor.usual)))
    }
}

/// The word for a factor that does not apply.
pub const NONE: &str = "na";

impl Chosen {
    /// Reads the answers by the factors' parameters. An answer that there is not counts as the usual one; the labels of
    /// such factors come with it.
    pub fn read<'a>(answer: impl Fn(&str) -> Option<&'a str>) -> (Self, Vec<&'static str>) {
        let mut chosen = Self::default();
        let mut unknown = Vec::new();
        for (place, factor) in chosen.0.iter_mut().zip(&FACTORS) {
            match answer(factor.parameter) {
                None | Some("") => {}
                Some(NONE) => *place = None,
                Some(value) => match factor.options.iter().position(|one| one.value == value) {
                    Some(found) => *place = Some(found),
                    None => unknown.push(factor.label),
                },
            }
        }
        (chosen, unknown)
    }

    /// The factors that apply, with their answers.
    pub fn answers(&self) -> impl Iterator<Item = (&'static Factor, &'static Choice)> {
        FACTORS
            .iter()
            .zip(self.0)
            .filter_map(|(factor, place)| Some((factor, factor.options.get(place?)?)))
    }
}

/// How many buy-ins to hold: the middle of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multiple {
    /// The weighted mean of the factors' lower ends, rounded to a whole number, half to even.
    pub low: Decimal,
    /// The same of their upper ends.
    pub high: Decimal,
}

impl Multiple {
    /// By the factors that apply. `None` when none does.
    pub fn of(mode: Mode, chosen: &Chosen) -> Option<Self> {
        let weight: u32 = chosen.answers().map(|(factor, _)| factor.weight).sum();
        if weight == 0 {
            return None;
        }
        let mean = |end: fn((u32, u32)) -> u32| {
            let sum: u32 = chosen
                .answers()
                .map(|(factor, choice)| end(choice.range(mode)) * factor.weight)
                .sum();
            let mean = Decimal::from(sum) / Decimal::from(weight);
            mean.round_dp_with_strategy(0, RoundingStrategy::MidpointNearestEven)
        };
        Some(Self {
            low: mean(|(low, _)| low),
            high: mean(|(_, high)| high),
        })
    }

    /// A whole or half number.
    pub fn value(self) -> Decimal {
        (self.low + self.high) / Decimal::TWO
    }
}

/// A step of the ladder: a level of cash games, or a tournament's buy-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rung {
    /// As people call it: `$0.25/0.50`, `$11`.
    pub name: String,
    /// The buy-in that is held so many times to play here.
    pub buy_in: Decimal,
    /// The smallest buy-in: whoever holds fewer of these moves down. Never more than `buy_in`.
    pub least: Decimal,
}

impl Rung {
    /// The bankroll from which this is played.
    pub fn needed(&self, multiple: Decimal) -> Decimal {
        self.buy_in * multiple
    }

    /// The bankroll below which it is played no longer.
    pub fn floor(&self, multiple: Decimal) -> Decimal {
        self.least * multiple
    }
}

/// Where a bankroll stands on a ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is too small even for the lowest rung.
    Below,
    /// It is enough for the lowest rung with the smallest buy-in, and not with the largest.
    Short,
    /// The highest rung that it is enough for.
    On(usize),
}

/// Where to go from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// The rung that it leads to.
    pub to: usize,
    /// The bankroll at which one moves.
    pub at: Decimal,
    /// How far the bankroll is from that: never negative.
    pub distance: Decimal,
}

/// What a bankroll supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    pub place: Place,
    /// `None` at the top.
    pub up: Option<Move>,
    /// `None` where there is nothing lower.
    pub down: Option<Move>,
}

/// Finds the place of a bankroll on a ladder whose rungs rise. Moving down has a lower mark than moving up had, so that
/// nobody goes up and down with every session.
///
/// Amounts below 10^20 and multiples below 10^6 cannot overflow.
pub fn advise(bankroll: Decimal, multiple: Decimal, ladder: &[Rung]) -> Advice {
    let enough = |rung: &Rung| bankroll >= rung.needed(multiple);
    let place = match ladder.iter().rposition(enough) {
        Some(rung) => Place::On(rung),
        None if ladder
            .first()
            .is_some_and(|rung| bankroll >= rung.floor(multiple)) =>
        {
            Place::Short
        }
        None => Place::Below,
    };
    let next = match place {
        Place::On(rung) => rung + 1,
        Place::Short | Place::Below => 0,
    };
    let up = ladder.get(next).map(|rung| {
        let at = rung.needed(multiple);
        Move {
            to: next,
            at,
            distance: at - bankroll,
        }
    });
    let down = match place {
        Place::On(rung) if rung > 0 => ladder.get(rung).map(|current| {
            let at = current.floor(multiple);
            Move {
                to: rung - 1,
                at,
                distance: bankroll - at,
            }
        }),
        _ => None,
    };
    Advice { place, up, down }
}

/// Another way to choose: one of five profiles, by the buy-ins that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    pub name: &'static str,
    /// How many buy-ins it holds.
    pub buy_ins: u32,
    /// The highest rung that the bankroll is enough for. `None`: for none.
    pub rung: Option<usize>,
    pub up: Option<Move>,
    /// Down as soon as the bankroll is not enough for the rung any more.
    pub down: Option<Move>,
    /// Down when it would only be enough for the rung below: twice as far, and too late for many.
    pub late_down: Option<Move>,
}

/// Where a bankroll stands with each profile.
pub fn profiles(bankroll: Decimal, ladder: &[Rung]) -> [Profile; PROFILES.len()] {
    PROFILES.map(|(name, buy_ins)| {
        let multiple = Decimal::from(buy_ins);
        let advice = advise(bankroll, multiple, ladder);
        let rung = match advice.place {
            Place::On(rung) => Some(rung),
            Place::Short | Place::Below => None,
        };
        let down_at = |of: usize| {
            let below = rung?.checked_sub(1)?;
            let at = ladder.get(of)?.needed(multiple);
            Some(Move {
                to: below,
                at,
                distance: bankroll - at,
            })
        };
        Profile {
            name,
            buy_ins,
            rung,
            up: advice.up,
            down: rung.and_then(down_at),
            late_down: rung.and_then(|rung| down_at(rung.checked_sub(1)?)),
        }
    })
}

#[cfg(test)]
mod tests;
