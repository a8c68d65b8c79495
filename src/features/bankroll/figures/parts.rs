//! What a change of value consists of.

use std::ops::AddAssign;

use rust_decimal::Decimal;

/// What a change of value consists of. `expenses` and `withdrawals` are positive numbers that count against it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The gaps of balances: what was won or lost at the tables.
    pub play: Decimal,
    pub bonus: Decimal,
    pub expenses: Decimal,
    /// What the change of exchange rates did to money that lay still.
    pub currency: Decimal,
    pub deposits: Decimal,
    pub withdrawals: Decimal,
    /// One account's transfers, in minus out. Zero in the parts of the whole bankroll.
    pub moved: Decimal,
}

impl Parts {
    /// The change of profit.
    pub fn result(&self) -> Decimal {
        self.play + self.bonus - self.expenses + self.currency
    }

    /// The change of value.
    pub fn change(&self) -> Decimal {
        self.result() + self.deposits - self.withdrawals + self.moved
    }

    /// Deposits and withdrawals alone.
    pub(super) fn flows(&self) -> Parts {
        Parts {
            deposits: self.deposits,
            withdrawals: self.withdrawals,
            ..Parts::default()
        }
    }

    /// Each part as `convert` values it. `currency` stays: it exists in the home currency only.
    pub(super) fn converted(&self, mut convert: impl FnMut(Decimal) -> Decimal) -> Parts {
        let mut convert = |amount: Decimal| {
            if amount.is_zero() {
                amount
            } else {
                convert(amount)
            }
        };
        Parts {
            play: convert(self.play),
            bonus: convert(self.bonus),
            expenses: convert(self.expenses),
            currency: self.currency,
            deposits: convert(self.deposits),
            withdrawals: convert(self.withdrawals),
            moved: convert(self.moved),
        }
    }
}

impl AddAssign<Parts> for Parts {
    fn add_assign(&mut self, other: Parts) {
        self.play += other.play;
        self.bonus += other.bonus;
        self.expenses += other.expenses;
        self.currency += other.currency;
        self.deposits += other.deposits;
        self.withdrawals += other.withdrawals;
        self.moved += other.moved;
    }
}
