//! Risk of ruin: the chance that a bankroll is ever lost at a game, and how much money makes that chance small.
//!
//! Results are taken as Brownian motion with a drift (the win rate) and a deviation, which is what many hands of a cash
//! game come close to. The formulas are the first-passage probabilities of that motion: forever, exp(−2wB/σ²); within a
//! time, the inverse Gaussian distribution (Borodin and Salminen, Handbook of Brownian Motion, 2.0.2). For poker they
//! are told in Chen and Ankenman, The Mathematics of Poker, part IV, together with the case of an uncertain win rate.

use std::f64::consts::{PI, SQRT_2};

#[cfg(test)]
mod tests;

/// Nothing in poker is beyond these, and between them no formula here overflows.
const LEAST: f64 = 1e-9;
const MOST: f64 = 1e15;

/// What somebody wins at a game, and how much that swings.
///
/// Both for the same stretch of play (a hundred hands) and in the same unit (big blinds); bankrolls are in that unit too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Game {
    win_rate: f64,
    deviation: f64,
}

impl Game {
    /// `None` unless the deviation is from 10⁻⁹ to 10¹⁵, and the win rate from −10¹⁵ to 10¹⁵.
    pub fn new(win_rate: f64, deviation: f64) -> Option<Self> {
        let known = win_rate.abs() <= MOST && (LEAST..=MOST).contains(&deviation);
        known.then_some(Self {
            win_rate,
            deviation,
        })
    }

    /// How far the win rate of so many stretches is from the true one: the deviation of their mean.
    pub fn standard_error(self, stretches: f64) -> f64 {
        self.deviation / stretches.sqrt()
    }

    /// The chance to lose a bankroll sooner or later. 1 when nothing is won, and for a bankroll that is not above zero.
    pub fn ruin(self, bankroll: f64) -> f64 {
        if self.win_rate <= 0.0 {
            return 1.0;
        }
        (-self.decay() * held(bankroll)).exp()
    }

    /// The smallest bankroll whose chance of ruin is at most `risk`. `None` if none up to 10¹⁵ is enough: always so when
    /// nothing is won.
    pub fn required(self, risk: f64) -> Option<f64> {
        if risk >= 1.0 {
            return Some(0.0);
        }
        let bankroll = -risk.ln() / self.decay();
        (self.win_rate > 0.0 && bankroll <= MOST).then_some(bankroll)
    }

    /// The chance to lose a bankroll within so many stretches.
    pub fn ruin_within(self, bankroll: f64, stretches: f64) -> f64 {
        let (bankroll, stretches) = (held(bankroll), held(stretches));
        if bankroll == 0.0 {
            return 1.0;
        }
        if stretches == 0.0 {
            return 0.0;
        }
        let spread = self.deviation * stretches.sqrt();
        let won = self.win_rate * stretches;
        let (above, below) = ((bankroll + won) / spread, (bankroll - won) / spread);
        let touched = reflected(-self.decay() * bankroll, below, above);
        (upper_tail(above) + touched).min(1.0)
    }

    /// The chance to win `gain` before a bankroll is lost.
    pub fn reach(self, gain: f64, bankroll: f64) -> f64 {
        let (bankroll, gain) = (held(bankroll), held(gain));
        if bankroll == 0.0 {
            return 0.0;
        }
        let (decay, whole) = (self.decay().abs(), bankroll + gain);
        // So little drift that both ends are reached as by tossing a coin.
        if decay * whole < 1e-12 {
            return bankroll / whole;
        }
        let share = (-decay * bankroll).exp_m1() / (-decay * whole).exp_m1();
        if self.win_rate > 0.0 {
            share
        } else {
            (-decay * gain).exp() * share
        }
    }

    /// The bankroll for which the game is the size that makes money grow fastest (Kelly); twice as much is "half Kelly".
    /// `None` when nothing is won.
    pub fn kelly(self) -> Option<f64> {
        let bankroll = self.deviation * self.deviation / self.win_rate;
        (self.win_rate > 0.0 && bankroll <= MOST).then_some(bankroll)
    }

    /// How fast the risk falls with the bankroll: 2w/σ².
    fn decay(self) -> f64 {
        2.0 * self.win_rate / (self.deviation * self.deviation)
    }
}

/// A game whose win rate is an estimate: the true one is normally distributed around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    game: Game,
    error: f64,
}

impl Estimate {
    /// With the win rate's standard error; see [`Game::standard_error`]. `None` unless that is from 10⁻⁹ to 10¹⁵.
    pub fn new(game: Game, error: f64) -> Option<Self> {
        let known = (LEAST..=MOST).contains(&error);
        known.then_some(Self { game, error })
    }

    /// The chance that the true win rate is zero or less: no bankroll lowers the risk below it.
    pub fn losing(self) -> f64 {
        upper_tail(self.game.win_rate / self.error)
    }

    /// The chance to lose a bankroll sooner or later: the mean of [`Game::ruin`] over the true win rates.
    pub fn ruin(self, bankroll: f64) -> f64 {
        let (game, error) = (self.game, self.error);
        let a = 2.0 * held(bankroll) / (game.deviation * game.deviation);
        let above = game.win_rate / error;
        let winning = reflected(
            a * (a * error * error / 2.0 - game.win_rate),
            a * error - above,
            above,
        );
        (self.losing() + winning).min(1.0)
    }

    /// The smallest bankroll whose chance of ruin is at most `risk`, to 15 digits. `None` if none up to 10¹⁵ is enough:
    /// always so when the chance that the game is a losing one is larger than `risk` already.
    pub fn required(self, risk: f64) -> Option<f64> {
        // The risk falls as the bankroll grows, so it is enclosed and halved.
        let enough = |bankroll: f64| self.ruin(bankroll) <= risk;
        if !enough(MOST) {
            return None;
        }
        if enough(0.0) {
            return Some(0.0);
        }
        let mut high = LEAST;
        while !enough(high) {
            high *= 2.0;
        }
        let mut low = high / 2.0;
        for _ in 0..50 {
            let middle = f64::midpoint(low, high);
            if enough(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }
        Some(high)
    }
}

/// A bankroll or a time that formulas can use: what is no number or below zero counts as none.
fn held(amount: f64) -> f64 {
    if amount > 0.0 { amount.min(MOST) } else { 0.0 }
}

/// The chance that a standard normal number is above `x`, with all its digits far out in the tail too.
fn upper_tail(x: f64) -> f64 {
    libm::erfc(x / SQRT_2) / 2.0
}

/// exp(`exponent`) × the upper tail at `x`, where `exponent` = (x² − z²) / 2.
///
/// Far out the first factor is too large for a number and the second too small, and their product is neither: there the
/// tail is the density times a series (Abramowitz and Stegun, 26.2.12), and the large parts cancel.
fn reflected(exponent: f64, x: f64, z: f64) -> f64 {
    if x < 35.0 {
        return exponent.exp() * upper_tail(x);
    }
    let square = x * x;
    let series = 1.0 - (1.0 - (3.0 - (15.0 - 105.0 / square) / square) / square) / square;
    (-z * z / 2.0).exp() / (x * (2.0 * PI).sqrt()) * series
}
