//! What the player writes down: every entry of the story is made here, and every balance changed.

use rust_decimal::Decimal;

use super::Story;
use super::chance::random_id;
use crate::features::bankroll::ledger::{Entry, EntryKind};
use crate::features::demo::cast::{BANK, CAST};
use crate::ids::{EntryId, TransferId};

impl Story<'_> {
    /// Looks an account up and finds what was expected.
    pub(super) fn look_at(&mut self, i: usize) {
        if self.is_open(i) {
            self.observe(i, self.balances[i], "", &[]);
        }
    }

    pub(super) fn observe(&mut self, i: usize, amount: Decimal, note: &str, tags: &[&str]) {
        let amount = self.accounts[i].currency.round(amount.max(Decimal::ZERO));
        self.balances[i] = amount;
        self.note_down(i, EntryKind::Balance, amount, note, tags);
    }

    /// Adds a signed amount.
    pub(super) fn put(
        &mut self,
        kind: EntryKind,
        i: usize,
        amount: Decimal,
        note: &str,
        tags: &[&str],
    ) {
        let amount = self.accounts[i].currency.round(amount);
        if amount.is_zero() {
            return;
        }
        self.balances[i] += amount;
        if matches!(kind, EntryKind::Deposit | EntryKind::Withdrawal) {
            self.put_in += self.to_euros(i, amount);
        }
        self.note_down(i, kind, amount, note, tags);
    }

    pub(super) fn move_all(&mut self, from: usize, to: usize, note: &str) {
        let (all, currency) = (self.balances[from], self.accounts[from].currency);
        let received = self.converted(all, currency, self.accounts[to].currency);
        self.record_transfer((from, to), (all, Decimal::ZERO), received, note);
    }

    /// Moves an amount of the first account's currency, less a fee now and then, and less what the exchange takes.
    pub(super) fn transfer(&mut self, from: usize, to: usize, amount: Decimal, note: &str) {
        let (ours, theirs) = (self.accounts[from].currency, self.accounts[to].currency);
        let amount = ours.round(amount);
        if amount <= Decimal::ONE || self.balances[from] < amount || !self.is_open(to) {
            return;
        }
        let fee = if CAST[from].kind != CAST[BANK].kind && self.chance(240) {
            ours.round(amount * Decimal::new(self.roll(4..=14), 3))
        } else {
            Decimal::ZERO
        };
        let mut received = self.converted(amount - fee, ours, theirs);
        if ours != theirs {
            received *= Decimal::new(1_000 - self.roll(3..=16), 3);
        }
        self.record_transfer((from, to), (amount, fee), received, note);
    }

    fn record_transfer(
        &mut self,
        (from, to): (usize, usize),
        (amount, fee): (Decimal, Decimal),
        received: Decimal,
        note: &str,
    ) {
        let currency = self.accounts[to].currency;
        let received = received.trunc_with_scale(currency.minor_units());
        if received <= Decimal::ZERO {
            return;
        }
        let transfer = Some(TransferId(random_id(&mut self.rng)));
        self.wait(2..=6);
        self.balances[from] -= amount;
        self.balances[to] += received;
        let position = self.position();
        for (i, amount, fee) in [(from, -amount, fee), (to, received, Decimal::ZERO)] {
            let entry = self.entry(i, EntryKind::Transfer, amount, note, &[]);
            self.entries.push(Entry {
                fee,
                position,
                transfer,
                ..entry
            });
        }
    }

    fn note_down(&mut self, i: usize, kind: EntryKind, amount: Decimal, note: &str, tags: &[&str]) {
        self.wait(1..=4);
        let entry = self.entry(i, kind, amount, note, tags);
        self.entries.push(entry);
    }

    fn entry(
        &mut self,
        i: usize,
        kind: EntryKind,
        amount: Decimal,
        note: &str,
        tags: &[&str],
    ) -> Entry {
        Entry {
            id: EntryId(random_id(&mut self.rng)),
            account: Some(self.accounts[i].id),
            kind,
            amount,
            fee: Decimal::ZERO,
            currency: self.accounts[i].currency,
            occurred_at: self.now(),
            position: self.position(),
            transfer: None,
            note: note.to_owned(),
            tags: tags.iter().map(ToString::to_string).collect(),
            version: 1,
        }
    }

    fn position(&self) -> i64 {
        i64::try_from(self.entries.len()).unwrap_or(i64::MAX)
    }
}
