//! Random ledgers with random rates, edits, deletions and back-dating.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use proptest::prelude::*;
use rust_decimal::Decimal;
use stakeeasy::features::bankroll::figures::{Figures, Range, Window};
use stakeeasy::features::bankroll::ledger::{Account, AccountKind, EntryKind, Line};
use stakeeasy::ids::EntryId;
use stakeeasy::money::Currency;

use super::naive::Case;
use super::{account, code};

/// The ledger's first day in the random cases; the last is `DAYS` later.
const FIRST: (i32, u32, u32) = (2025, 6, 1);

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
        // Few different times, so that some entries share an instant and some stand beside midnight.
        prop_oneof![Just(0_i64), Just(1439), Just(720), 0_i64..1440],
        prop_oneof![Just(0_i64), -50_000_i64..1_000_000_000, 0_i64..100_000],
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
    pub rates: BTreeMap<Currency, BTreeMap<NaiveDate, Decimal>>,
    pub accounts: Vec<Account>,
}

const CODES: [&str; 6] = ["EUR", "USD", "JPY", "IDR", "BTC", "KWD"];

pub fn first() -> NaiveDate {
    NaiveDate::from_ymd_opt(FIRST.0, FIRST.1, FIRST.2).unwrap()
}

/// Rates of one currency: none at all, a late first one, gaps.
fn rates() -> impl Strategy<Value = BTreeMap<NaiveDate, Decimal>> {
    let rate = (0..=DAYS, 100_i64..300_000_000);
    prop_oneof![
        1 => Just(Vec::new()),
        1 => prop::collection::vec((DAYS - 60..=DAYS, 100_i64..300_000_000), 1..3),
        4 => prop::collection::vec(rate, 1..12),
    ]
    .prop_map(|rates| {
        rates
            .into_iter()
            .map(|(day, rate)| (first() + Days::new(day), Decimal::new(rate, 4)))
            .collect()
    })
}

pub fn ground() -> impl Strategy<Value = Ground> {
    let zones = [
        Tz::UTC,
        Tz::Pacific__Auckland,
        Tz::America__Los_Angeles,
        Tz::Asia__Kolkata,
        Tz::Europe__Helsinki,
    ];
    (
        0_usize..4,
        prop::sample::select(zones.to_vec()),
        prop::collection::vec(rates(), CODES.len() - 1),
        prop::collection::vec((0_usize..CODES.len(), 0_usize..7), 1..6),
    )
        .prop_map(|(home, zone, rates, accounts)| Ground {
            home: code(CODES[home]),
            zone,
            today: first() + Days::new(DAYS),
            rates: CODES[1..]
                .iter()
                .map(|c| code(c))
                .zip(rates)
                .filter(|(_, rates)| !rates.is_empty())
                .collect(),
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
