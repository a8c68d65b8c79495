//! The examples of the public pages, computed by the code that computes every user's figures.

use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

use crate::features::bankroll::figures::{AccountFigures, Figures, Parts, Range};
use crate::features::bankroll::ledger::{Account, AccountKind, EntryKind, Line};
use crate::features::currency::{Rates, Series};
use crate::ids::{AccountId, EntryId};
use crate::money::Currency;

/// A ledger in the making. Its days are counted from an arbitrary one.
struct Ledger {
    home: Currency,
    rates: Rates,
    accounts: Vec<Account>,
    lines: Vec<Line>,
}

impl Ledger {
    /// `dollars` are US dollars for one euro, by day.
    fn new(home: Currency, dollars: &[(u64, Decimal)]) -> Self {
        let series = Series::new(dollars.iter().map(|(n, rate)| (day(*n), *rate)));
        Self {
            home,
            rates: Rates::new(series.map(|series| (Currency::USD, Arc::new(series)))),
            accounts: Vec::new(),
            lines: Vec::new(),
        }
    }

    fn account(&mut self, kind: AccountKind, currency: Currency) -> AccountId {
        let id = AccountId::random();
        self.accounts.push(Account {
            id,
            kind,
            name: kind.label().to_owned(),
            currency,
            position: 0,
            archived_at: None,
            version: 1,
        });
        id
    }

    /// Entries must come in the order of their days.
    fn enter(&mut self, n: u64, account: AccountId, kind: EntryKind, amount: Decimal) {
        let of_account = self.accounts.iter().find(|one| one.id == account);
        self.lines.push(Line {
            id: EntryId::random(),
            account: Some(account),
            kind,
            amount,
            currency: of_account.map_or(self.home, |one| one.currency),
            occurred_at: DateTime::<Utc>::default() + Days::new(n),
        });
    }

    /// Everything, as of a day.
    fn figures(&self, n: u64) -> Figures {
        Figures::new(
            self.home,
            Tz::UTC,
            day(n),
            self.rates.clone(),
            &self.accounts,
            &self.lines,
        )
    }
}

fn day(n: u64) -> NaiveDate {
    NaiveDate::default() + Days::new(n)
}

fn whole(amount: i64) -> Decimal {
    Decimal::from(amount)
}

/// Where an entry of the worked example goes.
#[derive(Clone, Copy, Debug)]
enum Place {
    Site,
    Bitcoin,
}

/// A step of the worked example, and what is entered for it.
#[derive(Clone, Debug)]
struct Step {
    words: &'static str,
    how: &'static str,
    entries: Vec<(Place, EntryKind, i64)>,
}

fn owner_steps() -> Vec<Step> {
    let step = |words, how, entries| Step {
        words,
        how,
        entries,
    };
    vec![
        step(
            "Deposit 50 on a site",
            "Deposit 50 to the site",
            vec![(Place::Site, EntryKind::Deposit, 50)],
        ),
        step(
            "Site grows to 200",
            "Update balance: 200",
            vec![(Place::Site, EntryKind::Balance, 200)],
        ),
        step(
            "Move 50 into Bitcoin",
            "Transfer 50 from the site to Bitcoin",
            vec![
                (Place::Site, EntryKind::Transfer, -50),
                (Place::Bitcoin, EntryKind::Transfer, 50),
            ],
        ),
        step(
            "Site grows to 350",
            "Update balance: 350",
            vec![(Place::Site, EntryKind::Balance, 350)],
        ),
        step(
            "Withdraw 100, site now 250",
            "Withdrawal of 100 from the site",
            vec![(Place::Site, EntryKind::Withdrawal, -100)],
        ),
    ]
}

/// The totals after a step of the worked example.
#[derive(Debug, PartialEq, Eq)]
pub struct OwnerRow {
    pub words: &'static str,
    pub how: &'static str,
    pub sites: Decimal,
    pub assets: Decimal,
    pub deposits: Decimal,
    pub withdrawals: Decimal,
    pub bankroll: Decimal,
    pub profit: Decimal,
}

/// The worked example: one step a day, all in US dollars.
pub fn owner() -> Vec<OwnerRow> {
    follow(&owner_steps())
}

fn follow(steps: &[Step]) -> Vec<OwnerRow> {
    let mut ledger = Ledger::new(Currency::USD, &[]);
    let site = ledger.account(AccountKind::Site, Currency::USD);
    let bitcoin = ledger.account(AccountKind::Crypto, Currency::USD);
    (0..)
        .zip(steps)
        .map(|(n, step)| {
            for (place, kind, amount) in &step.entries {
                let account = match place {
                    Place::Site => site,
                    Place::Bitcoin => bitcoin,
                };
                ledger.enter(n, account, *kind, whole(*amount));
            }
            let figures = ledger.figures(n);
            let held = |sites: bool| {
                let accounts = ledger.accounts.iter().zip(&figures.accounts);
                accounts
                    .filter(|(account, _)| account.kind.is_site() == sites)
                    .map(|(_, held)| held.balance())
                    .sum()
            };
            let parts = figures.parts(figures.window(Range::All));
            OwnerRow {
                words: step.words,
                how: step.how,
                sites: held(true),
                assets: held(false),
                deposits: parts.deposits,
                withdrawals: parts.withdrawals,
                bankroll: figures.now().bankroll,
                profit: figures.now().profit(),
            }
        })
        .collect()
}

/// The totals of the second example at the end of a day.
#[derive(Debug, PartialEq, Eq)]
pub struct CurrencyRow {
    pub words: &'static str,
    /// US dollars for one euro.
    pub rate: Decimal,
    /// In US dollars.
    pub balance: Decimal,
    pub bankroll: Decimal,
    pub put_in: Decimal,
    pub profit: Decimal,
}

/// Dollars on a site, totals in euros: what play did, and what the exchange rate did.
#[derive(Debug)]
pub struct TwoCurrencies {
    pub days: Vec<CurrencyRow>,
    /// Of both days together, in euros.
    pub parts: Parts,
}

/// The example with two currencies.
pub fn two_currencies() -> TwoCurrencies {
    let rates = [(0, Decimal::new(125, 2)), (1, Decimal::new(100, 2))];
    let entries = [
        ("Deposit 100 USD", EntryKind::Deposit, 100),
        ("Site shows 150 USD", EntryKind::Balance, 150),
    ];
    let mut ledger = Ledger::new(Currency::EUR, &rates);
    let site = ledger.account(AccountKind::Site, Currency::USD);
    let days = rates
        .into_iter()
        .zip(entries)
        .map(|((n, rate), (words, kind, amount))| {
            ledger.enter(n, site, kind, whole(amount));
            let figures = ledger.figures(n);
            let now = figures.now();
            CurrencyRow {
                words,
                rate,
                balance: figures.accounts.iter().map(AccountFigures::balance).sum(),
                bankroll: now.bankroll,
                put_in: now.put_in,
                profit: now.profit(),
            }
        })
        .collect();
    let figures = ledger.figures(1);
    TwoCurrencies {
        days,
        parts: figures.parts(figures.window(Range::All)),
    }
}

/// A month in which a bit of everything happened, in euros.
#[derive(Debug)]
pub struct Month {
    pub start: Decimal,
    pub parts: Parts,
    pub end: Decimal,
}

/// The example of the front page: a site in US dollars and a bank in euros.
pub fn month() -> Month {
    let rates = [(0, Decimal::new(125, 2)), (30, Decimal::new(120, 2))];
    let mut ledger = Ledger::new(Currency::EUR, &rates);
    let site = ledger.account(AccountKind::Site, Currency::USD);
    let bank = ledger.account(AccountKind::Bank, Currency::EUR);
    for (n, account, kind, amount) in [
        (0, site, EntryKind::Balance, whole(1500)),
        (0, bank, EntryKind::Deposit, whole(800)),
        (4, bank, EntryKind::Deposit, whole(200)),
        (12, bank, EntryKind::Expense, Decimal::new(-455, 1)),
        (30, site, EntryKind::Balance, whole(1860)),
        (30, site, EntryKind::Bonus, whole(60)),
        (30, bank, EntryKind::Withdrawal, whole(-150)),
    ] {
        ledger.enter(n, account, kind, amount);
    }
    let figures = ledger.figures(30);
    Month {
        start: figures.on(day(0)).bankroll,
        parts: figures.parts(figures.window(Range::Month)),
        end: figures.now().bankroll,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sites, assets, deposits, withdrawals, bankroll, profit after each step.
    const OWNER: [[i64; 6]; 5] = [
        [50, 0, 50, 0, 50, 0],
        [200, 0, 50, 0, 200, 150],
        [150, 50, 50, 0, 200, 150],
        [350, 50, 50, 0, 400, 350],
        [250, 50, 50, 100, 300, 350],
    ];

    fn table(rows: &[OwnerRow]) -> Vec<[Decimal; 6]> {
        rows.iter()
            .map(|row| {
                [
                    row.sites,
                    row.assets,
                    row.deposits,
                    row.withdrawals,
                    row.bankroll,
                    row.profit,
                ]
            })
            .collect()
    }

    fn expected() -> Vec<[Decimal; 6]> {
        OWNER.iter().map(|row| row.map(whole)).collect()
    }

    #[test]
    fn the_worked_example_holds_to_the_last_decimal() {
        assert_eq!(table(&owner()), expected());
    }

    #[test]
    fn the_worked_example_fails_when_any_of_its_entries_is_wrong_or_missing() {
        for (i, step) in owner_steps().iter().enumerate() {
            for j in 0..step.entries.len() {
                let mut wrong = owner_steps();
                wrong[i].entries[j].2 += 1;
                assert_ne!(table(&follow(&wrong)), expected(), "step {i}, entry {j}");
                let mut missing = owner_steps();
                missing[i].entries.remove(j);
                assert_ne!(table(&follow(&missing)), expected(), "step {i}, entry {j}");
            }
        }
    }

    #[test]
    fn the_example_with_two_currencies_holds_to_the_last_decimal() {
        let TwoCurrencies { days, parts } = two_currencies();
        let rows: Vec<_> = days
            .iter()
            .map(|row| [row.balance, row.bankroll, row.put_in, row.profit])
            .collect();
        assert_eq!(
            rows,
            [[100, 80, 80, 0], [150, 150, 80, 70]].map(|row| row.map(whole))
        );
        let both = Parts {
            play: whole(50),
            currency: whole(20),
            deposits: whole(80),
            ..Parts::default()
        };
        assert_eq!(parts, both);
        assert_eq!(parts.result(), days[1].profit);
    }

    #[test]
    fn the_parts_of_the_month_add_up() {
        let Month { start, parts, end } = month();
        let expected = Parts {
            play: whole(300),
            bonus: whole(50),
            expenses: Decimal::new(455, 1),
            currency: whole(50),
            deposits: whole(200),
            withdrawals: whole(150),
            moved: Decimal::ZERO,
        };
        assert_eq!((start, &parts), (whole(2_000), &expected));
        assert_eq!(start + parts.change(), end);
    }
}
