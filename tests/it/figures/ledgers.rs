//! Random ledgers with random rates, the bank's and the user's own, edits, deletions and back-dating.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use proptest::prelude::*;
use rust_decimal::Decimal;
use stakeeasy::features::bankroll::figures::{Figures, Range, Window};
use stakeeasy::features::bankroll::ledger::{Account, AccountKind, EntryKind, Line};
use stakeeasy::features::currency::OwnRate;
use stakeeasy::ids::EntryId;
use stakeeasy::money::Currency;

use super::naive::Case;
use super::{account, code};

/// The ledger's first day in the random cases; the last is `DAYS` later. Among them are a day that Samoa left out, a
/// leap day, and the clocks' changes of two half-years.
const FIRST: (i32, u32, u32) = (2011, 6, 1);

pub const DAYS: u64 = 420;

/// One thing that happened, before it is known where and in which currency.
#[derive(Clone, Debug)]
pub struct Event {
    kind: u8,
    account: usize,
    other: usize,
    day: u64,
    minute: i64,
    amount: i64,
    second: i64,
    fee: i64,
}

pub fn event() -> impl Strategy<Value = Event> {
    (
        0_u8..20,
        0_usize..8,
        0_usize..8,
        prop_oneof![0..=DAYS, Just(DAYS), Just(100), 96_u64..104],
        // Few different times, so that many entries share an instant and some stand beside midnight.
        prop_oneof![1 => Just(0_i64), 1 => Just(1439), 2 => Just(720), 1 => 0_i64..1440],
        // Some balances are below zero, and by a lot.
        prop_oneof![
            Just(0_i64),
            -50_000_i64..1_000_000_000,
            0_i64..100_000,
            -1_000_000_000_i64..0
        ],
        1_i64..1_000_000_000,
        0_i64..100_000,
    )
        .prop_map(
            |(kind, account, other, day, minute, amount, second, fee)| Event {
                kind,
                account,
                other,
                day,
                minute,
                amount,
                second,
                fee,
            },
        )
}

/// An edit or a deletion of the nth event, or a new one that may lie before all others.
#[derive(Clone, Debug)]
pub enum Mutation {
    Replace(usize, Event),
    Remove(usize),
    Add(Event),
}

pub fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        (0_usize..64, event()).prop_map(|(i, event)| Mutation::Replace(i, event)),
        (0_usize..64).prop_map(Mutation::Remove),
        event().prop_map(Mutation::Add),
    ]
}

pub fn mutate(events: &mut Vec<Event>, mutation: &Mutation) {
    let n = events.len();
    match mutation {
        Mutation::Add(event) => events.push(event.clone()),
        Mutation::Replace(i, event) if n > 0 => events[i % n] = event.clone(),
        Mutation::Remove(i) if n > 0 => {
            events.remove(i % n);
        }
        _ => {}
    }
}

/// What a ledger stands on.
#[derive(Clone, Debug)]
pub struct Ground {
    pub home: Currency,
    pub zone: Tz,
    pub today: NaiveDate,
    /// The bank's, also of days after today.
    pub rates: BTreeMap<Currency, BTreeMap<NaiveDate, Decimal>>,
    /// The user's, in any order, also of days after today.
    pub own: Vec<OwnRate>,
    pub accounts: Vec<Account>,
}

/// The last two are one after the other: the one's rates end where the other's begin.
const CODES: [&str; 8] = ["EUR", "USD", "JPY", "IDR", "BTC", "KWD", "TRL", "TRY"];

pub fn first() -> NaiveDate {
    NaiveDate::from_ymd_opt(FIRST.0, FIRST.1, FIRST.2).unwrap()
}

/// Rates of one currency: none at all, a late first one, gaps, none from some day on, none for most of the time and then
/// again, some of days that have not come.
fn rates() -> impl Strategy<Value = BTreeMap<NaiveDate, Decimal>> {
    let between = |from: u64, to: u64, most: usize| {
        prop::collection::vec((from..=to, 100_i64..300_000_000), 1..most)
    };
    let early_and_late = (between(0, 60, 6), between(DAYS - 60, DAYS, 6));
    prop_oneof![
        1 => Just(Vec::new()),
        1 => between(DAYS - 60, DAYS, 3),
        4 => between(0, DAYS, 12),
        1 => between(0, 60, 6),
        1 => early_and_late.prop_map(|(early, late)| [early, late].concat()),
        1 => between(DAYS - 20, DAYS + 40, 6),
    ]
    .prop_map(|rates| {
        rates
            .into_iter()
            .map(|(day, rate)| (first() + Days::new(day), Decimal::new(rate, 4)))
            .collect()
    })
}

/// A rate of the user's own before it is known what the accounts and the home currency are: the account whose currency it
/// is of, if not of any currency; day, price, what it is in, and for how many days it holds whatever the bank quotes.
type Said = (Option<usize>, usize, u64, i64, usize, Option<u64>);

fn said() -> impl Strategy<Value = Said> {
    (
        // Most are of a currency that is held: the others are heard of only where a price is told in them.
        prop::option::weighted(0.8, 0_usize..6),
        1_usize..CODES.len(),
        prop_oneof![0..=DAYS, DAYS - 20..=DAYS + 20],
        // One for one is said more often than any other price.
        prop_oneof![1 => Just(10_000_i64), 4 => 100_i64..1_000_000],
        0_usize..3,
        prop::option::of(0_u64..150),
    )
}

/// As the form takes them: one for a currency and a day, and none in the currency itself. Two may be told in each other.
fn own_rates(home: Currency, held: &[Currency], said: Vec<Said>) -> Vec<OwnRate> {
    let mut seen = BTreeSet::new();
    said.into_iter()
        .map(
            |(account, currency, day, price, quoted_in, until)| OwnRate {
                currency: account
                    .map_or(code(CODES[currency]), |account| held[account % held.len()]),
                day: first() + Days::new(day),
                price: Decimal::new(price, 4),
                quoted_in: [home, code("USD"), code("EUR")][quoted_in],
                until: until.map(|days| first() + Days::new(day + days)),
            },
        )
        .filter(|rate| ![code("EUR"), rate.quoted_in].contains(&rate.currency))
        .filter(|rate| seen.insert((rate.currency, rate.day)))
        .collect()
}

/// The one's rates up to a day, the other's from it on.
fn replaced(rates: &mut BTreeMap<Currency, BTreeMap<NaiveDate, Decimal>>, day: u64) {
    let day = first() + Days::new(day);
    for (currency, is_new) in [("TRL", false), ("TRY", true)] {
        if let Some(rates) = rates.get_mut(&code(currency)) {
            rates.retain(|of, _| (*of >= day) == is_new);
        }
    }
    rates.retain(|_, rates| !rates.is_empty());
}

pub fn ground() -> impl Strategy<Value = Ground> {
    let zones = [
        Tz::UTC,
        Tz::Pacific__Auckland,
        Tz::America__Los_Angeles,
        Tz::Asia__Kolkata,
        Tz::Europe__Helsinki,
        Tz::Pacific__Apia,
        Tz::Antarctica__Troll,
        Tz::America__Nuuk,
        Tz::Australia__Lord_Howe,
        Tz::Asia__Kathmandu,
        Tz::America__St_Johns,
    ];
    (
        0_usize..4,
        prop::sample::select(zones.to_vec()),
        prop::collection::vec(rates(), CODES.len() - 1),
        (prop::collection::vec(said(), 0..8), 0..=DAYS),
        prop::collection::vec((0_usize..CODES.len(), 0_usize..7), 1..6),
    )
        .prop_map(|(home, zone, rates, (said, day), accounts)| Ground {
            own: {
                let held = accounts.iter().map(|(currency, _)| code(CODES[*currency]));
                own_rates(code(CODES[home]), &held.collect::<Vec<_>>(), said)
            },
            home: code(CODES[home]),
            zone,
            today: first() + Days::new(DAYS),
            rates: {
                let currencies = CODES[1..].iter().map(|c| code(c));
                let mut rates = currencies.zip(rates).collect();
                replaced(&mut rates, day);
                rates
            },
            accounts: (1..)
                .zip(accounts)
                .map(|(number, (currency, kind))| {
                    account(number, AccountKind::ALL[kind], code(CODES[currency]))
                })
                .collect(),
        })
}

pub fn build(ground: &Ground, events: &[Event]) -> Case {
    let mut lines: Vec<(i64, Line)> = Vec::new();
    for (position, event) in (0..).zip(events) {
        let occurred_at = first().and_hms_opt(0, 0, 0).unwrap().and_utc()
            + chrono::Duration::minutes(i64::try_from(event.day).unwrap() * 1440 + event.minute);
        let n = ground.accounts.len();
        let here = &ground.accounts[event.account % n];
        let there = &ground.accounts[event.other % n];
        let mut push = |at: Option<&Account>, currency: Currency, kind, amount: i64| {
            let amount = Decimal::new(amount, currency.minor_units());
            lines.push((
                position,
                Line {
                    id: EntryId(uuid::Uuid::from_u128(lines.len() as u128 + 1)),
                    account: at.map(|account| account.id),
                    kind,
                    amount,
                    currency,
                    occurred_at,
                },
            ));
        };
        let above_zero = event.amount.abs() + 1;
        let outside = code(CODES[event.other % CODES.len()]);
        match event.kind {
            0..=5 => push(Some(here), here.currency, EntryKind::Balance, event.amount),
            6..=8 => push(Some(here), here.currency, EntryKind::Deposit, above_zero),
            9..=10 => push(
                Some(here),
                here.currency,
                EntryKind::Withdrawal,
                -above_zero,
            ),
            11 => push(Some(here), here.currency, EntryKind::Bonus, above_zero),
            12 => push(Some(here), here.currency, EntryKind::Expense, -above_zero),
            13..=16 if here.id != there.id => {
                push(
                    Some(here),
                    here.currency,
                    EntryKind::Transfer,
                    -(above_zero + event.fee),
                );
                push(
                    Some(there),
                    there.currency,
                    EntryKind::Transfer,
                    event.second,
                );
            }
            17 | 18 => push(None, outside, EntryKind::Deposit, above_zero),
            _ => push(None, outside, EntryKind::Withdrawal, -above_zero),
        }
    }
    lines.sort_by_key(|(position, line)| (line.occurred_at, *position));
    Case::new(ground, lines.into_iter().map(|(_, line)| line).collect())
}

/// Random windows: inside the ledger's time, before it and across its ends.
pub fn windows() -> impl Strategy<Value = Vec<Window>> {
    prop::collection::vec((0_u64..DAYS + 30, 1_u64..200), 1..5).prop_map(|windows| {
        windows
            .into_iter()
            .map(|(start, length)| {
                let start = first() - Days::new(30) + Days::new(start);
                let today = first() + Days::new(DAYS);
                Window {
                    start,
                    end: (start + Days::new(length))
                        .min(today)
                        .max(start + Days::new(1)),
                }
            })
            .collect()
    })
}

pub fn every_range_and(windows: &[Window], figures: &Figures) -> Vec<Window> {
    Range::ALL
        .into_iter()
        .map(|range| figures.window(range))
        .chain(windows.iter().copied())
        .collect()
}
