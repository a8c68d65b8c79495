//! What pages say of the rates that values were computed with: which are the user's own, and which are old.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::figures::{Figures, OldRate, Window};
use crate::features::currency::OwnRate;
use crate::money::Currency;
use crate::web::Ui;
use crate::web::format;

/// A sentence for beside the values.
#[derive(Debug, PartialEq, Eq)]
pub struct RateNote {
    /// Whose rate it is about.
    pub currency: Currency,
    pub text: String,
    /// Of a rate that was not renewed for over 31 days.
    pub is_old: bool,
}

/// Of the values of a window.
pub fn rate_notes(ui: &Ui, figures: &Figures, window: Window) -> Vec<RateNote> {
    let own = figures.own_rates(window);
    let old = figures.old_rates(window);
    notes(ui, &own, &old)
}

/// Of the value that one currency has now.
pub fn rate_notes_now(ui: &Ui, figures: &Figures, currency: Currency) -> Vec<RateNote> {
    let today = figures.today;
    let used = figures.rates.used(currency, figures.home, today);
    let is_used = |currency: Currency| used.iter().any(|rate| rate.currency == currency);
    let now = Window {
        start: today,
        end: today,
    };
    let mut own = figures.own_rates(now);
    own.retain(|rate| is_used(rate.currency));
    let mut old = figures.old_rates(now);
    old.retain(|(rate, _)| is_used(rate.currency));
    notes(ui, &own, &old)
}

fn notes(ui: &Ui, own: &[&OwnRate], old: &[(OldRate, Option<NaiveDate>)]) -> Vec<RateNote> {
    let is_old = |rate: &OwnRate| {
        let same =
            |old: &OldRate| old.is_own && (old.currency, old.of) == (rate.currency, rate.day);
        old.iter().any(|(old, until)| same(old) && until.is_none())
    };
    let own = own.iter().map(|rate| {
        let price = ui.numbers.exact(rate.price.normalize());
        let since = if rate.is_peg() {
            String::new()
        } else {
            format!(" on {}", ui.day(rate.day))
        };
        RateNote {
            currency: rate.currency,
            text: format!(
                "1 {} counts as {price} {}, as you set{since}.",
                rate.currency, rate.quoted_in
            ),
            is_old: is_old(rate),
        }
    });
    // What the user set and what still holds is said above.
    let past = old
        .iter()
        .filter(|(rate, until)| !(rate.is_own && until.is_none()));
    let mut by_currency: BTreeMap<Currency, Vec<_>> = BTreeMap::new();
    for rate in past {
        by_currency.entry(rate.0.currency).or_default().push(rate);
    }
    let old = by_currency.into_iter().map(|(currency, rates)| RateNote {
        currency,
        text: match rates[..] {
            [(rate, until)] => one(currency, *rate, *until),
            _ => several(currency, &rates),
        },
        is_old: true,
    });
    own.chain(old).collect()
}

fn one(currency: Currency, rate: OldRate, until: Option<NaiveDate>) -> String {
    let of = format::day(rate.of);
    match (until.map(format::day), rate.is_own) {
        (Some(until), false) => format!(
            "{currency} is valued at the rate of {of} until {until}: the bank quoted none in between."
        ),
        (Some(until), true) => format!("{currency} is valued at your rate of {of} until {until}."),
        (None, _) => {
            format!("{currency} is valued at the rate of {of}: the bank has quoted none since.")
        }
    }
}

fn several(currency: Currency, rates: &[&(OldRate, Option<NaiveDate>)]) -> String {
    let days = rates.iter().map(|(rate, until)| match until {
        Some(until) => format!("{} (until {})", format::day(rate.of), format::day(*until)),
        None => format::day(rate.of),
    });
    let days: Vec<String> = days.collect();
    let more = days.len().saturating_sub(NAMED);
    let named = days[..days.len().min(NAMED)].join(", ");
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!(
        "{currency} is valued at rates that were not renewed for over a month: of {named}{rest}."
    )
}

/// Old rates of a currency that a note names.
const NAMED: usize = 4;
