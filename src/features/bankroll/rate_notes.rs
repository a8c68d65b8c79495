//! What pages say of the rates that values were computed with: which are the user's own, which are old, and
//! which are fixed for good.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::figures::{Figures, OldRate, Window};
use crate::features::currency::{self, OwnRate};
use crate::money::Currency;
use crate::web::Ui;
use crate::web::format;

/// A sentence for beside the values.
#[derive(Debug, PartialEq, Eq)]
pub struct RateNote {
    pub text: String,
    /// Of a rate that was not renewed for over 31 days.
    pub is_old: bool,
}

/// A rate that was not renewed, and its last day; `None` if it still holds.
type Old = (OldRate, Option<NaiveDate>);

/// Of one currency and kind, so many are told each by itself.
const EACH: usize = 3;

/// Of the values of a window.
pub fn rate_notes(ui: &Ui, figures: &Figures, window: Window) -> Vec<RateNote> {
    rate_notes_of(ui, figures, window, |_| true)
}

/// Of the values of a window that took the rates of some currencies.
pub fn rate_notes_of(
    ui: &Ui,
    figures: &Figures,
    window: Window,
    is_used: impl Fn(Currency) -> bool,
) -> Vec<RateNote> {
    let mut own = figures.own_rates(window);
    own.retain(|rate| is_used(rate.currency));
    let mut old = figures.old_rates(window);
    old.retain(|(rate, _)| is_used(rate.currency));
    let is_old = |rate: &OwnRate| {
        let still = old.iter().filter(|(_, until)| until.is_none());
        let same = |(old, _): &Old| (old.currency, old.of) == (rate.currency, rate.day);
        still.filter(|(old, _)| old.is_own).any(same)
    };
    let mut notes: Vec<RateNote> = own
        .iter()
        .map(|rate| RateNote {
            text: own_rate(ui, rate),
            is_old: is_old(rate),
        })
        .collect();
    let fixed = figures.fixed_rates(window).filter(|c| is_used(*c));
    notes.extend(fixed.filter_map(|currency| {
        let text = became_the_euro(ui, currency)?;
        let is_old = false;
        Some(RateNote { text, is_old })
    }));
    notes.extend(
        old_rates(&old)
            .into_iter()
            .map(|text| RateNote { text, is_old: true }),
    );
    notes
}

/// Of the value that one currency has now.
pub fn rate_notes_now(ui: &Ui, figures: &Figures, currency: Currency) -> Vec<RateNote> {
    let today = figures.today;
    let used = figures.rates.used(currency, figures.home, today);
    let now = Window {
        start: today,
        end: today,
    };
    rate_notes_of(ui, figures, now, |currency| {
        used.iter().any(|rate| rate.currency == currency)
    })
}

fn own_rate(ui: &Ui, rate: &OwnRate) -> String {
    let price = ui.numbers.exact(rate.price.normalize());
    let since = if rate.is_peg() {
        String::new()
    } else {
        format!(" on {}", ui.day(rate.day))
    };
    let OwnRate {
        currency,
        quoted_in,
        ..
    } = rate;
    format!("1 {currency} counts as {price} {quoted_in}, as you set{since}.")
}

fn became_the_euro(ui: &Ui, currency: Currency) -> Option<String> {
    let fixed = currency::joined(currency)?;
    let (rate, day) = (
        ui.numbers.exact(fixed.per_eur.normalize()),
        ui.day(fixed.day),
    );
    Some(format!(
        "{rate} {currency} always count as 1 EUR: {currency} became the euro on {day}."
    ))
}

fn old_rates(old: &[Old]) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut ended: BTreeMap<(Currency, bool), Vec<(NaiveDate, NaiveDate)>> = BTreeMap::new();
    let mut unrenewed: BTreeMap<NaiveDate, Vec<Currency>> = BTreeMap::new();
    for (rate, until) in old {
        let (currency, of) = (rate.currency, rate.of);
        match until {
            Some(until) => {
                let all = ended.entry((currency, rate.is_own)).or_default();
                all.push((of, *until));
            }
            // The sentence on the own rate has its day.
            None if rate.is_own => {}
            None if currency.is_quoted() => unrenewed.entry(of).or_default().push(currency),
            None => sentences.push(format!(
                "{currency} is valued at the rate of {}: the bank has quoted none since.",
                format::day(of)
            )),
        }
    }
    for ((currency, is_own), rates) in ended {
        let (whose, why) = if is_own {
            ("your rate", "")
        } else {
            ("the rate", ": the bank quoted none in between")
        };
        if rates.len() > EACH {
            let more = rates.len() - EACH;
            let days: Vec<String> = rates[..EACH]
                .iter()
                .map(|(of, _)| format::day(*of))
                .collect();
            sentences.push(format!(
                "{currency} is valued at rates that were not renewed for over a month: of {} and {more} more.",
                days.join(", ")
            ));
            continue;
        }
        sentences.extend(rates.iter().map(|(of, until)| {
            let (of, until) = (format::day(*of), format::day(*until));
            format!("{currency} is valued at {whose} of {of} until {until}{why}.")
        }));
    }
    for (of, currencies) in unrenewed {
        let codes: Vec<&str> = currencies.iter().map(|currency| currency.code()).collect();
        let (of, is) = (format::day(of), if codes.len() == 1 { "is" } else { "are" });
        sentences.push(format!(
            "{} {is} valued at the rate of {of}: no newer one is loaded.",
            codes.join(", ")
        ));
    }
    sentences
}
