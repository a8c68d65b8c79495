//! Pure: ten years of a player's money, day by day, out of a seed. The same seed and the same day tell the same story.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::cast::{
    BANK, CASH, CAST, COSTS, COURSE, FJORDPAY, FUND, LARKPAY, NORTHGATE, NOTES, PURSE, RIVERHOUSE,
    Role, TREATS,
};
use crate::features::bankroll::Ledger;
use crate::features::bankroll::ledger::{Account, Entry, EntryKind};
use crate::features::currency::Rates;
use crate::ids::{AccountId, EntryId, TransferId};
use crate::money::Currency;

const YEARS: u32 = 10;

/// The day on which the player has looked at an account last, before today: (days ago, account).
const LOOKED_AT: [(i64, usize); 9] = [
    (3, BANK),
    (2, LARKPAY),
    (2, CASH),
    (1, FJORDPAY),
    (1, NORTHGATE),
    (1, RIVERHOUSE),
    (1, 2),
    (1, 3),
    (2, 4),
];

/// The whole story up to now.
pub fn told(seed: u64, now: DateTime<Utc>, zone: Tz, rates: &Rates) -> Ledger {
    let today = now.with_timezone(&zone).date_naive();
    let mut story = Story::new(seed, today, zone, rates);
    while story.day < today {
        story.live_one_day();
        story.day = story.day + Days::new(1);
        story.clock = 9 * 3_600;
    }
    story.play_past_midnight();
    // Only the last night's can be ahead of now, shortly after midnight.
    story.entries.retain(|entry| entry.occurred_at <= now);
    Ledger {
        accounts: story.accounts,
        entries: story.entries,
    }
}

struct Story<'a> {
    rng: ChaCha8Rng,
    rates: &'a Rates,
    zone: Tz,
    first: NaiveDate,
    today: NaiveDate,
    day: NaiveDate,
    /// Seconds since midnight: whatever happens takes a while.
    clock: u32,
    /// One for each of the cast.
    accounts: Vec<Account>,
    balances: Vec<Decimal>,
    entries: Vec<Entry>,
    /// Deposits less withdrawals, in euros.
    put_in: Decimal,
}

impl<'a> Story<'a> {
    fn new(seed: u64, today: NaiveDate, zone: Tz, rates: &'a Rates) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let accounts: Vec<Account> = (1..)
            .zip(&CAST)
            .map(|(position, role)| Account {
                id: AccountId(random_id(&mut rng)),
                kind: role.kind,
                name: role.name.to_owned(),
                currency: role.currency(),
                position,
                archived_at: None,
                version: 1,
            })
            .collect();
        let first = today
            .checked_sub_months(Months::new(12 * YEARS))
            .unwrap_or(today);
        Self {
            rng,
            rates,
            zone,
            first,
            today,
            day: first,
            clock: 9 * 3_600,
            balances: vec![Decimal::ZERO; accounts.len()],
            accounts,
            entries: Vec::new(),
            put_in: Decimal::ZERO,
        }
    }

    fn live_one_day(&mut self) {
        if self.day == self.first {
            self.begin();
        }
        self.close_accounts();
        self.go_to_the_bank();
        let weekend = matches!(
            self.day.weekday(),
            Weekday::Fri | Weekday::Sat | Weekday::Sun
        );
        // Last night there was play in any story: pages have something fresh to show.
        let last_night = (self.today - self.day).num_days() == 1;
        if self.chance(if weekend { 680 } else { 455 }) || last_night {
            self.play_online();
        }
        if weekend && self.chance(170) {
            self.play_live();
        }
        self.look_at_quiet_accounts();
    }

    fn begin(&mut self) {
        self.put(
            EntryKind::Deposit,
            BANK,
            Decimal::from(900),
            "The start",
            &[],
        );
        self.put(EntryKind::Deposit, FJORDPAY, Decimal::from(150), "", &[]);
        let tags = &["first"];
        self.put(
            EntryKind::Deposit,
            NORTHGATE,
            Decimal::from(100),
            "First deposit",
            tags,
        );
    }

    /// Accounts whose time is over are emptied into a wallet and put away.
    fn close_accounts(&mut self) {
        for (i, role) in CAST.iter().enumerate() {
            let over = role.closes.is_some_and(|closes| self.progress() >= closes);
            if over && self.accounts[i].archived_at.is_none() {
                self.move_all(i, FJORDPAY, "Account closed");
                self.wait(5..=20);
                self.accounts[i].archived_at = Some(self.now());
            }
        }
    }

    /// What happens on fixed days of the month.
    fn go_to_the_bank(&mut self) {
        let (day, month) = (self.day.day(), self.day.month());
        let year = i64::from(self.day.year() - self.first.year());
        match day {
            1 => {
                let saved = Decimal::from(self.roll(9..=14 + year / 2) * 10);
                self.put(EntryKind::Deposit, BANK, saved, "Monthly saving", &[]);
            }
            3 => self.look_at(BANK),
            5 => self.collect_rakeback(),
            8 if month % 3 == 1 && self.is_open(FUND) => {
                let most = self.balances[BANK] / Decimal::from(4);
                let part = Decimal::from(self.roll(10..=30) * 10).min(tens(most));
                self.transfer(BANK, FUND, part, "Into the fund");
            }
            12 if month % 3 == 0 => self.pay_something(),
            15 if self.is_open(FUND) => self.look_at_the_fund(),
            18 if month % 4 == 2 && year > 0 => self.treat_oneself(),
            20 => {
                self.look_at(FJORDPAY);
                self.look_at(LARKPAY);
            }
            _ => {}
        }
    }

    fn collect_rakeback(&mut self) {
        for (i, role) in CAST.iter().enumerate() {
            if role.weight > 3 && self.is_open(i) && self.chance(380) {
                let euros = Decimal::from(self.roll(3..=9)) + self.scale() * Decimal::from(70);
                let share = Decimal::new(self.roll(300..=1_000), 3);
                let amount = self.in_currency(i, euros * share);
                self.put(EntryKind::Bonus, i, amount, "Rakeback", &["rakeback"]);
            }
        }
    }

    fn pay_something(&mut self) {
        let pick = self.index(COSTS.len());
        let (note, tag, least, most) = COSTS[pick];
        let price = Decimal::new(self.roll(least * 100..=most * 100), 2);
        if self.balances[BANK] > price * Decimal::from(2) {
            self.put(EntryKind::Expense, BANK, -price, note, &[tag]);
        }
    }

    /// The fund moves with the markets, a little upwards over the years.
    fn look_at_the_fund(&mut self) {
        let change = self.noise() * Decimal::new(16, 3) + Decimal::new(3, 3);
        let value = self.balances[FUND] * (Decimal::ONE + change);
        self.observe(FUND, value, "", &[]);
    }

    fn treat_oneself(&mut self) {
        let wish = Decimal::from(120) + self.scale() * Decimal::from(560);
        let share = Decimal::new(self.roll(600..=1_300), 3);
        let amount = tens(wish * share).max(Decimal::from(50));
        if self.balances[BANK] > amount * Decimal::from(2) && self.profit() > amount {
            let note = TREATS[self.index(TREATS.len())];
            self.put(EntryKind::Withdrawal, BANK, -amount, note, &[]);
        }
    }

    /// An evening on one to four sites.
    fn play_online(&mut self) {
        self.evening();
        let mut left: Vec<usize> = (0..CAST.len())
            .filter(|i| CAST[*i].weight > 0 && self.is_open(*i))
            .collect();
        let tables = match self.roll(0..=99) {
            0..=24 => 1,
            25..=59 => 2,
            60..=87 => 3,
            _ => 4,
        };
        for _ in 0..tables {
            let Some(i) = self.pick_by_weight(&mut left) else {
                break;
            };
            self.top_up(i);
            self.play(i);
            self.cash_out(i);
        }
        self.tidy_wallets();
    }

    fn pick_by_weight(&mut self, left: &mut Vec<usize>) -> Option<usize> {
        let total: u32 = left.iter().map(|i| CAST[*i].weight).sum();
        if total == 0 {
            return None;
        }
        let mut ticket = self.rng.random_range(0..total);
        let at = left.iter().position(|i| {
            let weight = CAST[*i].weight;
            let hit = ticket < weight;
            ticket = ticket.saturating_sub(weight);
            hit
        })?;
        Some(left.remove(at))
    }

    /// One session. Chance decides it, and the course of the story leans on chance a little.
    fn play(&mut self, i: usize) {
        self.wait(18..=42);
        let stake = Decimal::from(6) + self.scale() * Decimal::from(165);
        let behind = (self.course() - self.profit()) * Decimal::new(22, 3);
        let lean = behind.clamp(-stake, stake);
        let euros = self.noise() * stake + lean;
        let result = self.in_currency(i, euros);
        let held = self.balances[i];
        let left = held + result.max(-held * Decimal::new(7, 1));
        let note = if self.chance(80) {
            NOTES[self.index(NOTES.len())]
        } else {
            ""
        };
        let tags = if self.chance(350) { CAST[i].tags } else { &[] };
        self.observe(i, left, note, tags);
        if self.chance(14) {
            self.wait(2..=9);
            let share = Decimal::new(self.roll(100..=500), 3);
            let prize = self.in_currency(i, stake * share);
            self.put(EntryKind::Bonus, i, prize, "Reload bonus", &["bonus"]);
        }
    }

    /// Brings money to a site that has too little to play with.
    fn top_up(&mut self, i: usize) {
        let most = self.most(i);
        if self.in_euros(i) > most * Decimal::new(15, 2) {
            return;
        }
        let wanted = tens(most * Decimal::new(45, 2)).max(Decimal::from(20));
        let from =
            if CAST[i].code == "USD" && self.is_open(LARKPAY) && self.in_euros(LARKPAY) > wanted {
                LARKPAY
            } else {
                if self.balances[FJORDPAY] < wanted {
                    self.transfer(BANK, FJORDPAY, wanted + Decimal::TEN, "");
                }
                FJORDPAY
            };
        if self.in_euros(from) >= wanted {
            let amount = self.in_currency(from, wanted);
            self.transfer(from, i, amount, "Reload");
        }
    }

    /// Takes what a site holds beyond its most.
    fn cash_out(&mut self, i: usize) {
        let (held, most) = (self.in_euros(i), self.most(i));
        if held > most && self.chance(420) {
            let amount = tens(self.in_currency(i, held - most * Decimal::new(55, 2)));
            let to = if CAST[i].code == "USD" && self.is_open(LARKPAY) {
                LARKPAY
            } else {
                FJORDPAY
            };
            self.transfer(i, to, amount, "Cash-out");
        }
    }

    /// Wallets are for moving money: what they hold beyond their most goes to the bank.
    fn tidy_wallets(&mut self) {
        for wallet in [FJORDPAY, LARKPAY] {
            let most = self.most(wallet);
            if self.is_open(wallet) && self.in_euros(wallet) > most {
                let half = tens(self.balances[wallet] / Decimal::TWO);
                self.transfer(wallet, BANK, half, "");
            }
        }
    }

    /// An evening with cards and chips, out of one of the two purses.
    fn play_live(&mut self) {
        let festival = matches!(self.day.month(), 6 | 11);
        let purse = if festival && self.is_open(PURSE) {
            PURSE
        } else {
            CASH
        };
        if !self.is_open(purse) {
            return;
        }
        self.evening();
        let buy_in = tens(Decimal::from(60) + self.scale() * Decimal::from(340));
        if self.in_euros(purse) < buy_in {
            self.transfer(BANK, purse, buy_in * Decimal::TWO, "Cash for the weekend");
        }
        if self.in_euros(purse) < buy_in {
            return;
        }
        self.wait(30..=70);
        let stake = buy_in * Decimal::new(6, 1);
        let euros = (self.noise() * stake + stake * Decimal::new(1, 1)).max(-buy_in);
        let left = self.balances[purse] + self.in_currency(purse, euros);
        // Chips come in fives.
        let left = (left / Decimal::from(5)).round() * Decimal::from(5);
        self.observe(purse, left, "", &["live"]);
        if self.chance(330) {
            self.wait(5..=15);
            let price = Decimal::from(self.roll(5..=14) * 2);
            if self.balances[purse] > price {
                self.put(
                    EntryKind::Expense,
                    purse,
                    -price,
                    "Food and taxi",
                    &["live"],
                );
            }
        }
        if self.in_euros(purse) > self.most(purse) {
            let half = tens(self.balances[purse] / Decimal::TWO);
            self.transfer(purse, BANK, half, "Paid in");
        }
    }

    /// The days on which an account was last looked at are fixed.
    fn look_at_quiet_accounts(&mut self) {
        let ago = (self.today - self.day).num_days();
        for (i, role) in CAST.iter().enumerate() {
            if role.quiet > 0 && role.quiet == ago {
                self.look_at(i);
            }
        }
        for (days, i) in LOOKED_AT {
            if days == ago {
                self.look_at(i);
            }
        }
    }

    /// The last night goes on after midnight, so that there is something of today.
    fn play_past_midnight(&mut self) {
        self.clock = 4 * 60;
        for i in [RIVERHOUSE, NORTHGATE] {
            self.clock += 60 * u32::try_from(self.roll(6..=15)).unwrap_or(6);
            let stake = Decimal::from(40);
            let change = self.noise() * stake;
            let result = self.in_currency(i, change);
            let left = self.balances[i] + result.max(-self.balances[i] / Decimal::TWO);
            self.observe(i, left, "", CAST[i].tags);
        }
    }

    /// Looks an account up and finds what was expected.
    fn look_at(&mut self, i: usize) {
        if self.is_open(i) {
            self.observe(i, self.balances[i], "", &[]);
        }
    }

    fn observe(&mut self, i: usize, amount: Decimal, note: &str, tags: &[&str]) {
        let amount = self.accounts[i].currency.round(amount.max(Decimal::ZERO));
        self.balances[i] = amount;
        self.note_down(i, EntryKind::Balance, amount, note, tags);
    }

    /// Adds a signed amount.
    fn put(&mut self, kind: EntryKind, i: usize, amount: Decimal, note: &str, tags: &[&str]) {
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

    fn move_all(&mut self, from: usize, to: usize, note: &str) {
        let (all, currency) = (self.balances[from], self.accounts[from].currency);
        let received = self.converted(all, currency, self.accounts[to].currency);
        self.record_transfer((from, to), (all, Decimal::ZERO), received, note);
    }

    /// Moves an amount of the first account's currency, less a fee now and then, and less what the exchange takes.
    fn transfer(&mut self, from: usize, to: usize, amount: Decimal, note: &str) {
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

    /// Whether something can happen on an account on this day.
    fn is_open(&self, i: usize) -> bool {
        let role: &Role = &CAST[i];
        self.progress() >= role.opens
            && self.accounts[i].archived_at.is_none()
            && (self.today - self.day).num_days() >= role.quiet
    }

    /// Per mille of the time that is over.
    fn progress(&self) -> i64 {
        let whole = (self.today - self.first).num_days().max(1);
        (self.day - self.first).num_days() * 1_000 / whole
    }

    /// What the player should have won by this day.
    fn course(&self) -> Decimal {
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
    fn scale(&self) -> Decimal {
        let share = self.course().max(Decimal::ZERO) / Decimal::from(COURSE[COURSE.len() - 1].1);
        Decimal::new(5, 2) + share * Decimal::new(95, 2)
    }

    /// What an account holds at most on this day, in euros.
    fn most(&self, i: usize) -> Decimal {
        (Decimal::from(CAST[i].most) * self.scale()).max(Decimal::from(90))
    }

    fn profit(&self) -> Decimal {
        let total: Decimal = (0..CAST.len()).map(|i| self.in_euros(i)).sum();
        total - self.put_in
    }

    fn in_euros(&self, i: usize) -> Decimal {
        self.to_euros(i, self.balances[i])
    }

    fn to_euros(&self, i: usize, amount: Decimal) -> Decimal {
        self.converted(amount, self.accounts[i].currency, Currency::EUR)
    }

    fn in_currency(&self, i: usize, euros: Decimal) -> Decimal {
        let currency = self.accounts[i].currency;
        currency.round(self.converted(euros, Currency::EUR, currency))
    }

    /// At the day's rate; nothing without one, and then nothing is moved or won.
    fn converted(&self, amount: Decimal, from: Currency, to: Currency) -> Decimal {
        self.rates
            .convert(amount, from, to, self.day)
            .unwrap_or_default()
    }

    fn now(&self) -> DateTime<Utc> {
        let time = NaiveTime::from_num_seconds_from_midnight_opt(self.clock.min(86_399), 0)
            .unwrap_or_default();
        let local = self.day.and_time(time);
        // There is always such a time: clocks are set at three in the morning, when nothing happens here.
        self.zone
            .from_local_datetime(&local)
            .earliest()
            .map_or_else(|| local.and_utc(), |at| at.with_timezone(&Utc))
    }

    fn evening(&mut self) {
        let start = 18 * 3_600 + u32::try_from(self.roll(0..=3_000)).unwrap_or_default();
        self.clock = self.clock.max(start);
    }

    /// Lets some minutes go by.
    fn wait(&mut self, minutes: RangeInclusive<i64>) {
        let seconds = self.roll(minutes.start() * 60..=minutes.end() * 60);
        self.clock += u32::try_from(seconds).unwrap_or_default();
    }

    fn roll(&mut self, range: RangeInclusive<i64>) -> i64 {
        self.rng.random_range(range)
    }

    fn chance(&mut self, per_mille: i64) -> bool {
        self.roll(1..=1_000) <= per_mille
    }

    fn index(&mut self, length: usize) -> usize {
        self.rng.random_range(0..length)
    }

    /// About normal: most within one of zero, nearly all within three.
    fn noise(&mut self) -> Decimal {
        let sum: i64 = (0..12).map(|_| self.rng.random_range(-500..=500_i64)).sum();
        Decimal::new(sum, 3)
    }
}

/// Round sums are what people move.
fn tens(amount: Decimal) -> Decimal {
    (amount / Decimal::TEN).trunc() * Decimal::TEN
}

fn random_id(rng: &mut ChaCha8Rng) -> Uuid {
    uuid::Builder::from_random_bytes(rng.random()).into_uuid()
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;
    use crate::features::bankroll::figures::Figures;
    use crate::features::bankroll::ledger::Line;
    use crate::features::bankroll::service::impossible_balance;
    use crate::features::demo::{SEED, ZONE, cast};

    fn now() -> DateTime<Utc> {
        "2026-11-20T14:00:00Z".parse().unwrap()
    }

    fn story(seed: u64, now: DateTime<Utc>) -> (Ledger, Rates) {
        let rates = crate::features::currency::shipped_rates(&cast::currencies());
        (told(seed, now, ZONE, &rates), rates)
    }

    fn lines(ledger: &Ledger) -> Vec<Line> {
        ledger.entries.iter().map(Line::from).collect()
    }

    #[test]
    fn the_same_seed_and_day_tell_the_same_story() {
        let (first, _) = story(SEED, now());
        let (later, _) = story(SEED, now() + chrono::Duration::hours(3));
        assert_eq!(first, later);
        let (other, _) = story(SEED + 1, now());
        assert_ne!(first, other);
    }

    #[test]
    fn the_figures_are_those_of_a_winning_player() {
        let (ledger, rates) = story(SEED, now());
        let today = now().with_timezone(&ZONE).date_naive();
        let lines = lines(&ledger);
        let figures = Figures::new(Currency::EUR, ZONE, today, rates, &ledger.accounts, &lines);
        let last = figures.days.last().unwrap();
        assert!(
            (Decimal::from(25_000)..Decimal::from(30_000)).contains(&last.bankroll),
            "{}",
            last.bankroll
        );
        assert!(
            (Decimal::from(18_500)..Decimal::from(21_500)).contains(&last.profit()),
            "{}",
            last.profit()
        );
        assert!(figures.days.iter().all(|day| day.bankroll > Decimal::ZERO));
        // Two long downswings: more than a tenth below the best so far.
        let (mut best, mut below, mut downswings) = (Decimal::ZERO, false, 0);
        for day in figures.days.iter().skip(900) {
            best = best.max(day.profit());
            let deep = day.profit() < best * Decimal::new(8, 1);
            downswings += i32::from(deep && !below);
            below = deep || below && day.profit() < best;
        }
        assert_eq!(downswings, 2);
        let ages: Vec<i64> = figures
            .accounts
            .iter()
            .zip(&ledger.accounts)
            .filter(|(_, account)| !account.is_archived())
            .map(|(figures, _)| {
                let at = figures.verified_at.unwrap().with_timezone(&ZONE);
                (today - at.date_naive()).num_days()
            })
            .collect();
        assert_eq!(ages.iter().filter(|days| **days > 3).count(), 2, "{ages:?}");
        assert!(ages.contains(&9) && ages.contains(&24), "{ages:?}");
    }

    #[test]
    fn the_story_ends_alike_on_other_days() {
        for now in ["2026-10-30T05:00:00Z", "2027-02-28T20:00:00Z"] {
            let now = now.parse().unwrap();
            let (ledger, rates) = story(SEED, now);
            let today = now.with_timezone(&ZONE).date_naive();
            let lines = lines(&ledger);
            let figures = Figures::new(Currency::EUR, ZONE, today, rates, &ledger.accounts, &lines);
            let last = figures.days.last().unwrap();
            assert!(last.bankroll > Decimal::from(22_000), "{}", last.bankroll);
            assert!(last.profit() > Decimal::from(16_000), "{}", last.profit());
        }
    }

    #[test]
    fn there_are_fourteen_accounts_six_currencies_and_every_kind() {
        let (ledger, _) = story(SEED, now());
        assert_eq!(ledger.accounts.len(), 14);
        assert_eq!(cast::currencies().len(), 6);
        assert_eq!(
            ledger.accounts.iter().filter(|a| a.is_archived()).count(),
            3
        );
        assert!(
            (5_600..6_400).contains(&ledger.entries.len()),
            "{}",
            ledger.entries.len()
        );
        let mut kinds: HashMap<EntryKind, usize> = HashMap::new();
        for entry in &ledger.entries {
            *kinds.entry(entry.kind).or_default() += 1;
        }
        assert!(
            EntryKind::ALL.iter().all(|kind| kinds[kind] >= 20),
            "{kinds:?}"
        );
        assert!(ledger.entries.iter().any(|entry| !entry.fee.is_zero()));
        let recent = now() - chrono::Duration::hours(24);
        assert!(
            ledger
                .entries
                .iter()
                .filter(|e| e.occurred_at > recent)
                .count()
                > 3
        );
    }

    #[test]
    fn the_ledger_would_take_every_row() {
        for seed in [SEED, 1, 2, 3] {
            let (ledger, _) = story(seed, now());
            assert_eq!(impossible_balance(&ledger.accounts, &lines(&ledger)), None);
            let ids: HashSet<_> = ledger.entries.iter().map(|entry| entry.id).collect();
            assert_eq!(ids.len(), ledger.entries.len());
            assert!(
                ledger
                    .entries
                    .is_sorted_by_key(|e| (e.occurred_at, e.position))
            );
            for entry in &ledger.entries {
                assert_eq!(entry.currency.round(entry.amount), entry.amount);
                let in_currency = |account: &Account| {
                    Some(account.id) == entry.account && account.currency == entry.currency
                };
                assert!(ledger.accounts.iter().any(in_currency));
            }
            let accounts = ledger.accounts.iter().map(Into::into).collect();
            let entries = ledger.entries.iter().map(Into::into).collect();
            assert!(crate::features::bankroll::restored(accounts, entries, now()).is_ok());
        }
    }

    #[test]
    fn just_after_midnight_nothing_is_ahead_of_now() {
        let midnight: DateTime<Utc> = "2026-11-19T22:00:30Z".parse().unwrap();
        let (ledger, _) = story(SEED, midnight);
        assert!(
            ledger
                .entries
                .iter()
                .all(|entry| entry.occurred_at <= midnight)
        );
    }
}
