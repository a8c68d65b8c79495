//! How far the story is, how high the stakes are, and what things are worth.

use rust_decimal::Decimal;

use super::Story;
use crate::features::demo::cast::{CAST, COURSE, Role};
use crate::money::Currency;

impl Story<'_> {
    /// Whether something can happen on an account on this day.
    pub(super) fn is_open(&self, i: usize) -> bool {
        let role: &Role = &CAST[i];
        self.progress() >= role.opens
            && self.accounts()[i].archived_at.is_none()
            && (self.today - self.day).num_days() >= role.quiet
    }

    /// Per mille of the time that is over.
    pub(super) fn progress(&self) -> i64 {
        let whole = (self.today - self.first).num_days().max(1);
        (self.day - self.first).num_days() * 1_000 / whole
    }

    /// What the player should have won by this day.
    pub(super) fn course(&self) -> Decimal {
        let now = self.progress();
        let next = COURSE
            .iter()
            .position(|(at, _)| *at > now)
            .unwrap_or(COURSE.len() - 1)
            .max(1);
        let ((t0, v0), (t1, v1)) = (COURSE[next - 1], COURSE[next]);
        Decimal::from(v0) + Decimal::from((v1 - v0) * (now - t0)) / Decimal::from(t1 - t0)
    }

    /// How high the stakes are: from 0.05 in the beginning to about 1.
    pub(super) fn scale(&self) -> Decimal {
        let share = self.course().max(Decimal::ZERO) / Decimal::from(COURSE[COURSE.len() - 1].1);
        Decimal::new(5, 2) + share * Decimal::new(95, 2)
    }

    /// What an account holds at most on this day, in euros.
    pub(super) fn most(&self, i: usize) -> Decimal {
        (Decimal::from(CAST[i].most) * self.scale()).max(Decimal::from(90))
    }

    pub(super) fn profit(&self) -> Decimal {
        let total: Decimal = (0..CAST.len()).map(|i| self.in_euros(i)).sum();
        total - self.put_in
    }

    pub(super) fn in_euros(&self, i: usize) -> Decimal {
        self.to_euros(i, self.balances[i])
    }

    pub(super) fn to_euros(&self, i: usize, amount: Decimal) -> Decimal {
        self.converted(amount, self.accounts()[i].currency, Currency::EUR)
    }

    pub(super) fn in_currency(&self, i: usize, euros: Decimal) -> Decimal {
        let currency = self.accounts()[i].currency;
        currency.round(self.converted(euros, Currency::EUR, currency))
    }

    /// At the day's rate; nothing without one, and then nothing is moved or won.
    pub(super) fn converted(&self, amount: Decimal, from: Currency, to: Currency) -> Decimal {
        self.rates
            .convert(amount, from, to, self.day)
            .unwrap_or_default()
    }
}
