//! Pure: ten years of a player's money, day by day, out of a seed. The same seed and the same day tell the same story.

mod chance;
mod records;
mod worth;

use anyhow::anyhow;
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc, Weekday};
use chrono_tz::Tz;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rust_decimal::Decimal;

use super::cast::{
    BANK, CASH, CAST, COSTS, FJORDPAY, FUND, LARKPAY, NORTHGATE, NOTES, PURSE, RIVERHOUSE, TREATS,
};
use crate::features::bankroll::commands::{AccountName, Moment};
use crate::features::bankroll::ledger::{Account, EntryKind};
use crate::features::bankroll::{Draft, Ledger, Refusal};
use crate::features::currency::Rates;
use crate::ids::AccountId;
use chance::random_id;

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
pub fn told(seed: u64, now: DateTime<Utc>, zone: Tz, rates: &Rates) -> anyhow::Result<Ledger> {
    let today = now.with_timezone(&zone).date_naive();
    let mut story = Story::new(seed, now, zone, rates)?;
    while story.day < today {
        story.live_one_day();
        story.day = story.day + Days::new(1);
        story.clock = 9 * 3_600;
    }
    story.play_past_midnight();
    story.draft.finish().map_err(|refusal| refused(&refusal))
}

fn refused(refusal: &Refusal) -> anyhow::Error {
    anyhow!("the story does not add up: {refusal:?}")
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
    /// The moment at which it is told.
    end: DateTime<Utc>,
    /// What the player has written down, with an account for each of the cast.
    draft: Draft,
    balances: Vec<Decimal>,
    /// Deposits less withdrawals, in euros.
    put_in: Decimal,
}

impl<'a> Story<'a> {
    fn new(seed: u64, end: DateTime<Utc>, zone: Tz, rates: &'a Rates) -> anyhow::Result<Self> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut draft = Draft::default();
        for role in &CAST {
            let id = AccountId(random_id(&mut rng));
            let name = AccountName::new(role.name)?;
            draft
                .add_account(id, role.kind, &name, role.currency())
                .map_err(|refusal| refused(&refusal))?;
        }
        let today = end.with_timezone(&zone).date_naive();
        let first = today
            .checked_sub_months(Months::new(12 * YEARS))
            .unwrap_or(today);
        Ok(Self {
            rng,
            rates,
            zone,
            first,
            today,
            day: first,
            clock: 9 * 3_600,
            end,
            draft,
            balances: vec![Decimal::ZERO; CAST.len()],
            put_in: Decimal::ZERO,
        })
    }

    /// One for each of the cast.
    fn accounts(&self) -> &[Account] {
        self.draft.accounts()
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
            if over && self.accounts()[i].archived_at.is_none() {
                self.move_all(i, FJORDPAY, "Account closed");
                self.wait(5..=20);
                if let Ok(at) = Moment::new(self.now(), self.end) {
                    self.draft.archive(self.accounts()[i].id, at);
                }
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
}

/// Round sums are what people move.
fn tens(amount: Decimal) -> Decimal {
    (amount / Decimal::TEN).trunc() * Decimal::TEN
}

#[cfg(test)]
mod tests;
