//! The table of accounts, as the dashboard and the list of accounts show it.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::book::Book;
use super::figures::{AccountFigures, Range, Window};
use super::ledger::Account;
use crate::chart::{Caption, Part, Parts, Spark, shares};
use crate::ids::AccountId;
use crate::money::Currency;
use crate::web::Ui;
use crate::web::format::Trend;

/// Balances older than this many days are worth a look.
const FRESH_DAYS: i64 = 7;

/// How many balances, at the start of a sentence: `Two balances`.
pub fn balances(count: usize) -> String {
    match count {
        1 => "One balance".to_owned(),
        2 => "Two balances".to_owned(),
        3 => "Three balances".to_owned(),
        n => format!("{n} balances"),
    }
}

/// One account as a row.
#[derive(Debug)]
pub struct Row {
    pub account: Account,
    /// In its own currency.
    pub balance: Decimal,
    /// In the home currency; `None` without a rate.
    pub value: Option<Decimal>,
    /// The same as it is printed: those of all rows add up to the printed total.
    pub printed: Option<Decimal>,
    /// Play, bonus, expenses and currency over 30 days, in the home currency, as it is printed. `None` without a rate.
    pub result: Option<Decimal>,
    /// What came in from outside or from other accounts over 30 days, less what went there.
    pub moved: Decimal,
    pub spark: Spark,
    /// When its balance was last observed; `None` if it never was.
    pub verified_at: Option<DateTime<Utc>>,
}

/// Poker sites, or assets.
#[derive(Debug)]
pub struct Group {
    pub title: &'static str,
    /// Of the whole, in per cent; the shares of both groups sum to 100.0.
    pub share: Option<Decimal>,
    /// The values and results of its rows, as they are printed.
    pub value: Decimal,
    /// What has no rate and is not in the value.
    pub left_out: BTreeMap<Currency, Decimal>,
    pub result: Decimal,
    pub rows: Vec<Row>,
}

/// Both groups, and what they come to.
#[derive(Debug)]
pub struct Overview {
    /// Those that have accounts.
    pub groups: Vec<Group>,
    pub total: Decimal,
    /// Over 30 days, as it is printed.
    pub result: Decimal,
    /// The part of the result that is in no account's: what transfers cost, and deposits and withdrawals without one.
    pub elsewhere: Decimal,
}

impl Overview {
    /// All accounts but those that are archived and empty.
    pub fn new(book: &Book) -> Self {
        let figures = &book.figures;
        let window = figures.window(Range::Month);
        let (values, results) = (figures.printed_values(), figures.printed_results(window));
        let printed: HashMap<AccountId, (Option<Decimal>, Decimal)> = figures
            .accounts
            .iter()
            .zip(values.into_iter().zip(&results.accounts))
            .map(|(account, (value, result))| (account.id, (value, *result)))
            .collect();
        let mut groups = [("Poker sites", true), ("Assets", false)].map(|(title, sites)| {
            let of_group = |account: &&Account| {
                account.kind.is_site() == sites && is_shown(book, account, window)
            };
            let rows: Vec<Row> = book
                .accounts
                .iter()
                .filter(of_group)
                .map(|account| {
                    let printed = printed.get(&account.id).copied().unwrap_or_default();
                    row(book, account, window, printed)
                })
                .collect();
            Group {
                title,
                share: None,
                value: rows.iter().filter_map(|row| row.printed).sum(),
                left_out: left_out(&rows),
                result: rows.iter().filter_map(|row| row.result).sum(),
                rows,
            }
        });
        let exact = |group: &Group| group.rows.iter().filter_map(|row| row.value).sum();
        let values: Vec<Decimal> = groups.iter().map(exact).collect();
        if values.iter().all(|value| *value >= Decimal::ZERO)
            && values.iter().any(|value| !value.is_zero())
        {
            for (group, share) in groups.iter_mut().zip(shares(&values)) {
                group.share = Some(share);
            }
        }
        Self {
            groups: groups
                .into_iter()
                .filter(|group| !group.rows.is_empty())
                .collect(),
            total: figures.now().bankroll,
            result: results.accounts.iter().sum::<Decimal>() + results.elsewhere,
            elsewhere: results.elsewhere,
        }
    }

    /// Every row, in order.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.groups.iter().flat_map(|group| &group.rows)
    }

    /// Accounts that hold something and whose balance was not looked at for over a week, the oldest first.
    pub fn to_check(&self, ui: &Ui) -> Vec<&Row> {
        let old = |row: &&Row| {
            let days = |at: DateTime<Utc>| {
                (ui.today - at.with_timezone(&ui.zone()).date_naive()).num_days()
            };
            !row.balance.is_zero()
                && !row.account.is_archived()
                && row.verified_at.is_some_and(|at| days(at) > FRESH_DAYS)
        };
        let mut rows: Vec<&Row> = self.rows().filter(old).collect();
        rows.sort_by_key(|row| row.verified_at);
        rows
    }

    /// The share of each account in what is above zero, largest first.
    pub fn distribution(&self, ui: &Ui, home: Currency) -> Parts {
        let values = self.rows().filter_map(|row| {
            Some(Named::new(
                row.account.name.clone(),
                row.value?,
                row.printed,
            ))
        });
        parts(ui, home, Caption::default(), values, self.total)
    }
}

/// What somebody has in one place, in the home currency.
pub struct Named {
    name: String,
    value: Decimal,
    /// As it is printed beside the others.
    printed: Decimal,
}

impl Named {
    /// What is printed is the value itself, if nothing else is said.
    pub fn new(name: String, value: Decimal, printed: Option<Decimal>) -> Self {
        Self {
            name,
            value,
            printed: printed.unwrap_or(value),
        }
    }
}

/// What is where: named values in the home currency, apart by whether they are above zero or below it.
pub fn parts(
    ui: &Ui,
    home: Currency,
    caption: Caption,
    values: impl Iterator<Item = Named>,
    total: Decimal,
) -> Parts {
    let mut values: Vec<Named> = values.collect();
    values.sort_by_key(|named| std::cmp::Reverse(named.value));
    let above = values.iter().filter(|named| named.value > Decimal::ZERO);
    let above: Decimal = above.map(|named| named.printed).sum();
    let mut parts: Vec<Part> = values
        .into_iter()
        .map(|named| Part {
            text: ui.money(named.printed, home),
            name: named.name,
            value: named.value,
        })
        .collect();
    let mut below: Vec<Part> = parts
        .extract_if(.., |part| part.value <= Decimal::ZERO)
        .filter(|part| ui.trend(part.value, home) == Trend::Down)
        .collect();
    below.reverse();
    Parts {
        caption,
        above: ui.money(above, home),
        parts,
        below,
        total: ui.money(total, home),
        numbers: ui.numbers,
    }
}

/// An archived account is listed while it holds something or has moved: totals must be the sums of what is listed.
fn is_shown(book: &Book, account: &Account, window: Window) -> bool {
    let moved = |figures: &AccountFigures| {
        !figures.balance().is_zero() || !figures.steps_in(window).is_empty()
    };
    !account.is_archived() || book.figures.account(account.id).is_some_and(moved)
}

fn row(
    book: &Book,
    account: &Account,
    window: Window,
    (printed, result): (Option<Decimal>, Decimal),
) -> Row {
    let figures = &book.figures;
    let nothing = AccountFigures::from(account);
    let of_it = figures.account(account.id).unwrap_or(&nothing);
    let parts = figures.account_parts(of_it, window);
    let value = figures.value_on(of_it, figures.today);
    Row {
        balance: of_it.balance(),
        value,
        printed,
        result: value.map(|_| result),
        moved: parts.moved + parts.deposits - parts.withdrawals,
        spark: spark(of_it, figures.window(Range::Quarter)),
        verified_at: of_it.verified_at.or(of_it.updated_at),
        account: account.clone(),
    }
}

/// What accounts hold in currencies without a rate.
fn left_out(rows: &[Row]) -> BTreeMap<Currency, Decimal> {
    let mut left_out = BTreeMap::new();
    for row in rows.iter().filter(|row| row.value.is_none()) {
        *left_out.entry(row.account.currency).or_default() += row.balance;
    }
    left_out.retain(|_, balance: &mut Decimal| !balance.is_zero());
    left_out
}

/// The balance of every day, in the account's own currency.
fn spark(account: &AccountFigures, window: Window) -> Spark {
    let first = account.steps.first().map(|step| step.day);
    let values: Vec<Option<Decimal>> = window
        .start
        .iter_days()
        .take_while(|day| *day <= window.end)
        .map(|day| {
            first
                .is_some_and(|first| first <= day)
                .then(|| account.balance_on(day))
        })
        .collect();
    Spark::new(&values)
}
