//! What the player writes down: every entry of the story is made here, and every balance changed.

use rust_decimal::Decimal;

use super::Story;
use super::chance::random_id;
use crate::features::bankroll::commands::{Keys, Moment, NewEntry, Note, Tags, Transfer, What};
use crate::features::bankroll::ledger::EntryKind;
use crate::features::demo::cast::{BANK, CAST};
use crate::ids::{EntryId, TransferId};
use crate::money::{Amount, Positive};

impl Story<'_> {
    /// Looks an account up and finds what was expected.
    pub(super) fn look_at(&mut self, i: usize) {
        if self.is_open(i) {
            self.observe(i, self.balances[i], "", &[]);
        }
    }

    pub(super) fn observe(&mut self, i: usize, amount: Decimal, note: &str, tags: &[&str]) {
        let amount = self.accounts()[i].currency.round(amount.max(Decimal::ZERO));
        self.balances[i] = amount;
        let account = self.accounts()[i].id;
        let shows = Amount::new(amount, self.accounts()[i].currency);
        let what = shows.map(|shows| What::Balance { account, shows });
        self.note_down(what.ok(), note, tags);
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
        let amount = self.accounts()[i].currency.round(amount);
        if amount.is_zero() {
            return;
        }
        self.balances[i] += amount;
        if matches!(kind, EntryKind::Deposit | EntryKind::Withdrawal) {
            self.put_in += self.to_euros(i, amount);
        }
        let (account, currency) = (self.accounts()[i].id, self.accounts()[i].currency);
        let size = Amount::new(amount, currency).ok().and_then(Amount::size);
        let what = size.and_then(|amount| match kind {
            EntryKind::Deposit => Some(What::Deposit {
                into: Some(account),
                amount,
            }),
            EntryKind::Withdrawal => Some(What::Withdrawal {
                from: Some(account),
                amount,
            }),
            EntryKind::Bonus => Some(What::Bonus { account, amount }),
            EntryKind::Expense => Some(What::Expense { account, amount }),
            EntryKind::Balance | EntryKind::Transfer => None,
        });
        self.note_down(what, note, tags);
    }

    pub(super) fn move_all(&mut self, from: usize, to: usize, note: &str) {
        let (all, currency) = (self.balances[from], self.accounts()[from].currency);
        let received = self.converted(all, currency, self.accounts()[to].currency);
        self.record_transfer((from, to), (all, Decimal::ZERO), received, note);
    }

    /// Moves an amount of the first account's currency, less a fee now and then, and less what the exchange takes.
    pub(super) fn transfer(&mut self, from: usize, to: usize, amount: Decimal, note: &str) {
        let (ours, theirs) = (self.accounts()[from].currency, self.accounts()[to].currency);
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
        let currency = self.accounts()[to].currency;
        let received = received.trunc_with_scale(currency.minor_units());
        if received <= Decimal::ZERO {
            return;
        }
        let (ours, keys) = (self.accounts()[from].currency, self.keys());
        self.wait(2..=6);
        self.balances[from] -= amount;
        self.balances[to] += received;
        let positive = |value, currency| Positive::new(value, currency).ok();
        let transfer = positive(amount - fee, ours)
            .zip(positive(received, currency))
            .and_then(|(sent, received)| {
                let accounts = (self.accounts()[from].id, self.accounts()[to].id);
                Transfer::new(accounts, sent, positive(fee, ours), received).ok()
            });
        self.write(transfer.map(What::Transfer), keys, note, &[]);
    }

    fn note_down(&mut self, what: Option<What>, note: &str, tags: &[&str]) {
        self.wait(1..=4);
        let keys = self.keys();
        self.write(what, keys, note, tags);
    }

    /// Writes down what happened now. What is still to come, shortly after midnight, is left out.
    fn write(&mut self, what: Option<What>, keys: Keys, note: &str, tags: &[&str]) {
        let place = i64::try_from(self.draft.entries().len()).unwrap_or(i64::MAX);
        let new = || {
            Some(NewEntry {
                what: what?,
                at: Moment::new(self.now(), self.end).ok()?,
                note: Note::new(note).ok()?,
                tags: Tags::read(&tags.join(",")).ok()?,
            })
        };
        if let Some(new) = new() {
            let added = self.draft.add(&new, keys, [place; 2]);
            debug_assert_eq!(added, Ok(()), "{new:?}");
        }
    }

    fn keys(&mut self) -> Keys {
        Keys {
            first: EntryId(random_id(&mut self.rng)),
            second: EntryId(random_id(&mut self.rng)),
            transfer: TransferId(random_id(&mut self.rng)),
        }
    }
}
