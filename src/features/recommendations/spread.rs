//! Where the money is: what each account, and each currency on the sites, would support by itself.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::rules::{Place, Rung, advise};
use crate::features::bankroll::Book;
use crate::features::bankroll::figures::AccountFigures;
use crate::features::bankroll::ledger::Account;
use crate::money::Currency;
use crate::web::format::Numbers;

/// With fewer buy-ins on a site a bad evening ends the session,
pub const SHORT: u32 = 10;
/// and with so many it does not.
pub const ENOUGH: u32 = 20;
/// How many sites a notice names.
pub const NAMED: usize = 5;

/// Money in one place.
#[derive(Debug)]
pub struct Money<T> {
    pub what: T,
    /// In its own currency.
    pub balance: Decimal,
    /// `None` without a rate: nothing is said of it then.
    pub worth: Option<Worth>,
    pub state: State,
    /// What would have to come from elsewhere for [`ENOUGH`] buy-ins, in US dollars: of a site that has fewer.
    pub missing: Option<Decimal>,
}

/// What the money in one place comes to.
#[derive(Debug)]
pub struct Worth {
    /// In US dollars, as it is printed.
    pub value: Decimal,
    /// In buy-ins.
    pub held: String,
    /// The highest rung that it is enough for alone.
    pub alone: Option<String>,
}

/// Whether the money in one place can be played with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Ready,
    Thin,
    Short,
    /// Not on a poker site.
    Reserve,
    /// Without a rate nobody can say.
    Unknown,
}

impl State {
    /// In a word, where there is little room.
    pub fn word(self) -> &'static str {
        match self {
            State::Ready => "Ready",
            State::Thin => "Thin",
            State::Short => "Short",
            State::Reserve => "Reserve",
            State::Unknown => "No rate",
        }
    }

    /// In a few words.
    pub fn label(self) -> &'static str {
        match self {
            State::Ready => "Ready to play",
            State::Thin => "Thin: under 20",
            State::Short => "Short: under 10",
            State::Reserve => "Reserve",
            State::Unknown => "No rate",
        }
    }

    /// Its colour.
    pub fn class(self) -> &'static str {
        match self {
            State::Ready => "tag-accent",
            State::Short => "tag-warn",
            State::Thin | State::Reserve | State::Unknown => "",
        }
    }
}

/// All places that hold something.
#[derive(Debug)]
pub struct Spread {
    pub accounts: Vec<Money<Account>>,
    /// The poker sites' money by currency.
    pub currencies: Vec<Money<Currency>>,
    /// One buy-in, in US dollars.
    pub buy_in: Decimal,
    pub rung: String,
    /// What all accounts come to, in US dollars.
    pub total: Decimal,
    pub held: String,
    /// What has no rate and is not in the total.
    pub left_out: BTreeMap<Currency, Decimal>,
}

impl Spread {
    /// By the balances of now. `rung` is the level that is played.
    pub fn new(
        numbers: Numbers,
        book: &Book,
        multiple: Decimal,
        ladder: &[Rung],
        rung: &Rung,
    ) -> Self {
        let figures = &book.figures;
        let in_dollars = |amount, currency| {
            figures
                .rates
                .convert(amount, currency, Currency::USD, figures.today)
        };
        let alone = |value: Decimal| match advise(value, multiple, ladder).place {
            Place::On(at) => ladder.get(at).map(|rung| rung.name.clone()),
            Place::Short | Place::Below => None,
        };
        let (short, enough) = (
            rung.buy_in * Decimal::from(SHORT),
            rung.buy_in * Decimal::from(ENOUGH),
        );
        let held = |value: Decimal| numbers.buy_ins(value, rung.buy_in);
        let worth = |value: Decimal| Worth {
            value,
            held: held(value),
            alone: alone(value),
        };
        let mut by_currency: BTreeMap<Currency, Decimal> = BTreeMap::new();
        let mut accounts = Vec::new();
        for account in &book.accounts {
            let balance = figures
                .account(account.id)
                .map_or(Decimal::ZERO, AccountFigures::balance);
            if balance.is_zero() {
                continue;
            }
            let value = in_dollars(balance, account.currency);
            let is_site = account.kind.is_site();
            if is_site {
                *by_currency.entry(account.currency).or_default() += balance;
            }
            let state = match value {
                _ if !is_site => State::Reserve,
                None => State::Unknown,
                Some(value) if value >= enough => State::Ready,
                Some(value) if value >= short => State::Thin,
                Some(_) => State::Short,
            };
            accounts.push(Money {
                worth: value.map(worth),
                missing: value
                    .filter(|value| is_site && *value < enough)
                    .map(|value| enough - value),
                what: account.clone(),
                balance,
                state,
            });
        }
        accounts.sort_by_key(|place| {
            (
                place.state == State::Reserve,
                std::cmp::Reverse(place.worth.as_ref().map(|worth| worth.value)),
            )
        });
        let currencies = by_currency
            .into_iter()
            .map(|(currency, balance)| {
                let value = in_dollars(balance, currency);
                Money {
                    what: currency,
                    balance,
                    worth: value.map(worth),
                    state: State::Reserve,
                    missing: None,
                }
            })
            .collect();
        let worths = || accounts.iter().filter_map(|place| place.worth.as_ref());
        let values: Vec<Decimal> = worths().map(|worth| worth.value).collect();
        let total: Decimal = values.iter().sum();
        // What is printed adds up to the total that is.
        let printed = Currency::USD.round_parts(Currency::USD.round(total), &values);
        let worths = accounts.iter_mut().filter_map(|place| place.worth.as_mut());
        for (worth, printed) in worths.zip(printed) {
            worth.value = printed;
        }
        let mut left_out: BTreeMap<Currency, Decimal> = BTreeMap::new();
        for place in accounts.iter().filter(|place| place.worth.is_none()) {
            *left_out.entry(place.what.currency).or_default() += place.balance;
        }
        Self {
            accounts,
            currencies,
            buy_in: rung.buy_in,
            rung: rung.name.clone(),
            total,
            held: held(total),
            left_out,
        }
    }

    /// The sites that hold too little for the level, although all the money together is enough there.
    pub fn short(&self) -> Vec<&Money<Account>> {
        let is_enough = self.total >= self.buy_in * Decimal::from(ENOUGH);
        let short = |place: &&Money<Account>| is_enough && place.missing.is_some();
        self.accounts.iter().filter(short).collect()
    }
}
