//! The story is always the same, and could be somebody's.

use std::collections::{HashMap, HashSet};

use super::*;
use crate::features::bankroll::figures::Figures;
use crate::features::bankroll::ledger::Line;
use crate::features::bankroll::service::impossible_balance;
use crate::features::demo::{SEED, ZONE, cast};
use crate::money::Currency;

fn now() -> DateTime<Utc> {
    "2026-11-20T14:00:00Z".parse().unwrap()
}

fn story(seed: u64, now: DateTime<Utc>) -> (Ledger, Rates) {
    let rates = crate::features::currency::shipped_rates(&cast::currencies());
    (told(seed, now, ZONE, &rates).unwrap(), rates)
}

fn lines(ledger: &Ledger) -> Vec<Line> {
    ledger.entries().iter().map(Line::from).collect()
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
    let figures = Figures::new(Currency::EUR, ZONE, today, rates, ledger.accounts(), &lines);
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
        .zip(ledger.accounts())
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
        let figures = Figures::new(Currency::EUR, ZONE, today, rates, ledger.accounts(), &lines);
        let last = figures.days.last().unwrap();
        assert!(last.bankroll > Decimal::from(22_000), "{}", last.bankroll);
        assert!(last.profit() > Decimal::from(16_000), "{}", last.profit());
    }
}

#[test]
fn there_are_fourteen_accounts_six_currencies_and_every_kind() {
    let (ledger, _) = story(SEED, now());
    assert_eq!(ledger.accounts().len(), 14);
    assert_eq!(cast::currencies().len(), 6);
    assert_eq!(
        ledger.accounts().iter().filter(|a| a.is_archived()).count(),
        3
    );
    assert!(
        (5_600..6_400).contains(&ledger.entries().len()),
        "{}",
        ledger.entries().len()
    );
    let mut kinds: HashMap<EntryKind, usize> = HashMap::new();
    for entry in ledger.entries() {
        *kinds.entry(entry.kind).or_default() += 1;
    }
    assert!(
        EntryKind::ALL.iter().all(|kind| kinds[kind] >= 20),
        "{kinds:?}"
    );
    assert!(ledger.entries().iter().any(|entry| !entry.fee.is_zero()));
    let recent = now() - chrono::Duration::hours(24);
    assert!(
        ledger
            .entries()
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
        assert_eq!(impossible_balance(ledger.accounts(), &lines(&ledger)), None);
        let ids: HashSet<_> = ledger.entries().iter().map(|entry| entry.id).collect();
        assert_eq!(ids.len(), ledger.entries().len());
        assert!(
            ledger
                .entries()
                .is_sorted_by_key(|e| (e.occurred_at, e.position))
        );
        for entry in ledger.entries() {
            assert_eq!(entry.currency.round(entry.amount), entry.amount);
            let in_currency = |account: &Account| {
                Some(account.id) == entry.account && account.currency == entry.currency
            };
            assert!(ledger.accounts().iter().any(in_currency));
        }
        let accounts: Vec<_> = ledger.accounts().iter().map(Into::into).collect();
        let entries: Vec<_> = ledger.entries().iter().map(Into::into).collect();
        assert!(crate::features::bankroll::restored(&accounts, &entries, now()).is_ok());
    }
}

#[test]
fn just_after_midnight_nothing_is_ahead_of_now() {
    let midnight: DateTime<Utc> = "2026-11-19T22:00:30Z".parse().unwrap();
    let (ledger, _) = story(SEED, midnight);
    assert!(
        ledger
            .entries()
            .iter()
            .all(|entry| entry.occurred_at <= midnight)
    );
}
