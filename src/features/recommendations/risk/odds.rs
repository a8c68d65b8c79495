//! The mathematics of the card, in US dollars on the outside and big blinds for 100 hands on the inside.

use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};

use crate::poker::risk::{Estimate, Game};

/// A win rate is told for so many hands.
const STRETCH: f64 = 100.0;
/// "Within the next so many hands".
pub const AHEAD: u32 = 100_000;
/// The risks that bankrolls are told for, in per cent.
pub const RISKS: [u32; 3] = [1, 5, 10];

/// How likely a bankroll is to be lost at a level, and how much is needed there.
pub struct Odds {
    /// With the win rate taken as certain.
    pub certain: f64,
    /// The bankroll for each of [`RISKS`], in US dollars. `None`: no bankroll is enough.
    pub needed: [Option<Decimal>; 3],
    /// The same with the win rate's uncertainty, if it is known what that comes from.
    pub uncertain: Option<Uncertain>,
    /// Within the next [`AHEAD`] hands, with the win rate taken as certain.
    pub soon: f64,
    /// The chance to win as much again before the bankroll is lost.
    pub doubling: f64,
    /// In US dollars. `None` where nothing is won.
    pub kelly: Option<Decimal>,
}

/// With the uncertainty of the win rate.
pub struct Uncertain {
    pub risk: f64,
    pub needed: [Option<Decimal>; 3],
    /// Big blinds for 100 hands.
    pub error: f64,
    /// How many errors zero is from the win rate: negative for who wins.
    pub shortfall: f64,
    /// The chance that nothing is won in truth: no bankroll lowers the risk below it.
    pub losing: f64,
}

impl Odds {
    /// The risk as well as it can be told.
    pub fn risk(&self) -> f64 {
        self.uncertain
            .as_ref()
            .map_or(self.certain, |uncertain| uncertain.risk)
    }

    /// Of a win rate and a deviation in big blinds for 100 hands, and of a bankroll and a big blind in US dollars. `None`
    /// for a game that cannot be.
    pub fn new(
        win_rate: f64,
        deviation: f64,
        hands: Option<f64>,
        bankroll: Decimal,
        big_blind: Decimal,
    ) -> Option<Self> {
        let game = Game::new(win_rate, deviation)?;
        let blinds = (bankroll.checked_div(big_blind)?).to_f64()?;
        let risks = RISKS.map(|per_cent| f64::from(per_cent) / 100.0);
        let dollars = |blinds| Decimal::from_f64(blinds)?.checked_mul(big_blind);
        let uncertain = match hands {
            None => None,
            Some(hands) => {
                let error = game.standard_error(hands / STRETCH);
                let estimate = Estimate::new(game, error)?;
                Some(Uncertain {
                    risk: estimate.ruin(blinds),
                    needed: risks.map(|risk| estimate.required(risk).and_then(dollars)),
                    error,
                    shortfall: -win_rate / error,
                    losing: estimate.losing(),
                })
            }
        };
        Some(Self {
            certain: game.ruin(blinds),
            needed: risks.map(|risk| game.required(risk).and_then(dollars)),
            uncertain,
            soon: game.ruin_within(blinds, f64::from(AHEAD) / STRETCH),
            doubling: game.reach(blinds, blinds),
            kelly: game.kelly().and_then(dollars),
        })
    }
}
