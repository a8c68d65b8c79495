//! Which rate holds on a day.

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn code(code: &str) -> Currency {
    code.parse().unwrap()
}

fn rates() -> Rates {
    let usd = Series::new([
        (day("2026-01-02"), dec("1.25")),
        (day("2026-01-05"), dec("1.00")),
    ]);
    Rates::new([(Currency::USD, Arc::new(usd.unwrap()))])
}

fn own(currency: &str, from: &str, price: &str, quoted_in: &str, until: Option<&str>) -> OwnRate {
    OwnRate {
        currency: code(currency),
        day: day(from),
        price: dec(price),
        quoted_in: code(quoted_in),
        until: until.map(day),
    }
}

/// What one unit is worth in euros, as far as 12 decimals tell it.
fn worth(rates: &Rates, currency: &str, on: &str) -> Option<Decimal> {
    let worth = rates.convert(Decimal::ONE, code(currency), Currency::EUR, day(on))?;
    Some(worth.round_dp(12).normalize())
}

#[test]
fn a_day_without_a_rate_takes_the_newest_before_it() {
    for (on, rate, of) in [
        ("2026-01-04", "1.25", "2026-01-02"),
        ("2026-01-05", "1.00", "2026-01-05"),
        ("2027-01-01", "1.00", "2026-01-05"),
    ] {
        let quote = rates().quote(Currency::USD, day(on));
        let (per_eur, of) = (dec(rate), day(of));
        assert_eq!(quote, Some(Quote { per_eur, day: of }));
    }
}

#[test]
fn a_day_before_every_rate_takes_the_oldest_and_is_marked() {
    let (rates, on) = (rates(), day("2020-01-01"));
    let rate = rates.in_force(Currency::USD, on).unwrap();
    assert!(rate.is_estimate(on) && !rate.is_old(on));
    assert_eq!(rate.day(), day("2026-01-02"));
    assert_eq!(worth(&rates, "USD", "2020-01-01"), Some(dec("0.8")));
}

#[test]
fn a_missing_rate_is_never_one_to_one() {
    let (kwd, usd) = (code("KWD"), Currency::USD);
    let on = day("2026-01-05");
    assert_eq!(rates().convert(dec("5"), kwd, Currency::EUR, on), None);
    assert_eq!(rates().convert(dec("0"), usd, kwd, on), None);
    assert_eq!(rates().convert(dec("5"), kwd, kwd, on), Some(dec("5")));
}

#[test]
fn conversion_multiplies_before_it_divides() {
    let on = day("2026-01-02");
    let (usd, eur) = (Currency::USD, Currency::EUR);
    assert_eq!(rates().convert(dec("100"), usd, eur, on), Some(dec("80")));
    let back = rates().convert(dec("80"), eur, usd, on);
    assert_eq!(back, Some(dec("100.00")));
}

/// What is set for a day changes no day before it that has a rate.
#[test]
fn an_own_rate_holds_until_the_bank_quotes_again_or_through_its_last_day() {
    let until_quoted = rates().with_own(&[own("USD", "2026-01-03", "0.5", "EUR", None)]);
    for (on, euros) in [
        ("2026-01-02", "0.8"),
        ("2026-01-03", "0.5"),
        ("2026-01-04", "0.5"),
        ("2026-01-05", "1"),
    ] {
        assert_eq!(worth(&until_quoted, "USD", on), Some(dec(euros)), "{on}");
    }
    let last = Some("2026-01-06");
    let through = rates().with_own(&[own("USD", "2026-01-03", "0.5", "EUR", last)]);
    for (on, euros) in [
        ("2026-01-02", "0.8"),
        ("2026-01-05", "0.5"),
        ("2026-01-06", "0.5"),
        ("2026-01-07", "1"),
    ] {
        assert_eq!(worth(&through, "USD", on), Some(dec(euros)), "{on}");
    }
    // Of the same day it is the user's; the user's next one ends it.
    let two = [
        own("USD", "2026-01-05", "0.5", "EUR", last),
        own("USD", "2026-01-06", "0.6", "EUR", None),
    ];
    let two = rates().with_own(&two);
    assert_eq!(worth(&two, "USD", "2026-01-05"), Some(dec("0.5")));
    assert_eq!(worth(&two, "USD", "2026-01-06"), Some(dec("0.6")));
    assert_eq!(worth(&two, "USD", "2027-01-06"), Some(dec("0.6")));
}

#[test]
fn an_own_rate_follows_the_currency_that_it_is_told_in() {
    let own = [
        own("BTC", "2026-01-01", "95000", "USD", None),
        own("USDT", "2026-01-01", "1", "USD", None),
    ];
    let rates = rates().with_own(&own);
    assert_eq!(worth(&rates, "BTC", "2026-01-02"), Some(dec("76000")));
    assert_eq!(worth(&rates, "BTC", "2026-01-05"), Some(dec("95000")));
    // Of what it is told in it stays what was said, even before there is any rate of that.
    for rates in [rates, Rates::default().with_own(&own)] {
        let tether = rates
            .exchange(code("USDT"), Currency::USD, day("2026-01-03"))
            .unwrap();
        assert_eq!(tether.convert(dec("12.5")), Some(dec("12.5")));
        assert_eq!(
            rates.as_of(code("USDT"), Currency::USD, day("2026-01-03")),
            None
        );
    }
}

#[test]
fn what_an_administrator_sets_for_crypto_is_for_users_who_set_nothing() {
    let btc = Series::new([
        (day("2026-01-01"), dec("0.00001")),
        (day("2026-02-01"), dec("0.00002")),
    ]);
    let rates = Rates::new([(code("BTC"), Arc::new(btc.unwrap()))]);
    let rates = rates.with_own(&[own("BTC", "2026-01-10", "90000", "EUR", None)]);
    for (on, euros) in [
        ("2026-01-09", "100000"),
        ("2026-01-10", "90000"),
        ("2026-03-01", "90000"),
    ] {
        assert_eq!(worth(&rates, "BTC", on), Some(dec(euros)), "{on}");
    }
}

#[test]
fn rates_that_are_told_in_each_other_are_found_and_do_not_hold() {
    let circle = [
        own("USD", "2026-01-03", "10", "SEK", None),
        own("SEK", "2026-01-04", "0.1", "USD", None),
    ];
    assert_eq!(Rates::circle(&circle), Some(&circle[1]));
    assert_eq!(Rates::circle(&circle[..1]), None);
    // The next one of the same currency leads out of it.
    let out = [
        circle[0].clone(),
        own("USD", "2026-01-04", "0.9", "EUR", None),
        circle[1].clone(),
    ];
    assert_eq!(Rates::circle(&out), None);
    let rates = rates().with_own(&circle);
    assert_eq!(worth(&rates, "USD", "2026-01-04"), Some(dec("0.8")));
    assert_eq!(worth(&rates, "SEK", "2026-01-04"), None);
}

#[test]
fn rates_of_days_that_have_not_come_do_not_hold() {
    let own = [
        own("BTC", "2026-01-04", "90000", "EUR", None),
        own("USD", "2026-01-03", "0.5", "EUR", None),
    ];
    let rates = rates().with_own(&own).up_to(day("2026-01-03"));
    assert_eq!(worth(&rates, "BTC", "2026-01-03"), None);
    assert_eq!(worth(&rates, "USD", "2026-01-03"), Some(dec("0.5")));
    assert!(
        rates
            .clone()
            .up_to(day("2026-01-01"))
            .in_force(Currency::USD, day("2026-01-01"))
            .is_none()
    );
}

/// However the user's rates lie, sums of what is converted at them cannot overflow.
#[test]
fn a_unit_is_worth_at_most_so_many_of_another() {
    let own = [
        own("BTC", "2026-01-01", "999999999999", "USD", None),
        own("USD", "2026-01-01", "999", "EUR", Some("2026-12-31")),
    ];
    let rates = rates().with_own(&own);
    assert_eq!(worth(&rates, "BTC", "2026-01-02"), None);
    assert!(
        rates
            .convert(Decimal::ONE, code("BTC"), Currency::USD, day("2026-01-02"))
            .is_some()
    );
}

#[test]
fn a_rate_that_is_not_renewed_grows_old() {
    let rates = rates().with_own(&[own("USDT", "2026-01-01", "1", "USD", None)]);
    for (on, is_old) in [("2026-02-05", false), ("2026-02-06", true)] {
        let used = rates.used(code("USDT"), Currency::EUR, day(on));
        let old: Vec<Currency> = used
            .iter()
            .filter(|rate| rate.is_old(day(on)))
            .map(|rate| rate.currency)
            .collect();
        // The dollar's rate does, the peg to it does not.
        assert_eq!(
            old,
            if is_old {
                vec![Currency::USD]
            } else {
                Vec::new()
            },
            "{on}"
        );
        assert_eq!(
            rates.as_of(code("USDT"), Currency::EUR, day(on)),
            Some(day("2026-01-05"))
        );
    }
}
