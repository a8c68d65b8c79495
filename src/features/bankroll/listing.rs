//! `/entries`, `/deposits`, `/withdrawals`: lists of entries. The filter is the query string.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use anyhow::Context;
use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::routing::get;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::book::{Book, book};
use super::figures::{Effect, Range, Window};
use super::ledger::EntryKind;
use super::queries::{
    self,
    lists::{DaySum, Filter, Listed, Sort},
};
use super::rate_notes::{RateNote, rate_notes_of};
use crate::app::App;
use crate::error::Result;
use crate::ids::{AccountId, EntryId};
use crate::money::Currency;
use crate::web::format::isolated;
use crate::web::{Paging, Ui, User, parse};

pub fn router() -> Router<App> {
    Router::new()
        .route("/entries", get(list))
        .route("/deposits", get(deposits))
        .route("/withdrawals", get(withdrawals))
}

const PAGE: u32 = 50;

/// The query string, as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub kind: String,
    pub account: String,
    pub currency: String,
    pub from: String,
    pub to: String,
    pub tag: String,
    pub q: String,
    pub sort: String,
    pub page: String,
}

/// A list that is reached under its own name.
struct Fixed {
    path: &'static str,
    title: &'static str,
    kind: Option<EntryKind>,
}

#[derive(Template, WebTemplate)]
#[template(path = "bankroll/entries/list.html")]
struct ListPage {
    ui: Ui,
    fixed: Fixed,
    asked: Asked,
    book: Arc<Book>,
    rows: Vec<Shown>,
    tags: Vec<String>,
    totals: Option<Totals>,
    /// What comes last in an order by size. `None` in an order by time.
    last: Option<Unvalued>,
    paging: Paging,
}

/// What an order by size cannot compare.
#[derive(Debug, Default)]
struct Unvalued {
    count: usize,
    currencies: BTreeSet<Currency>,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    InTime(Sort),
    LargestFirst,
    SmallestFirst,
}

/// An entry as a row of a list.
pub struct Shown {
    pub entry: Listed,
    pub effect: Effect,
}

/// What deposits or withdrawals come to.
struct Totals {
    /// Positive, by currency.
    by_currency: BTreeMap<Currency, Decimal>,
    /// Each at the rate of its own day, as it is printed.
    home: Decimal,
    /// What has no rate and is not in `home`.
    excluded: BTreeMap<Currency, Decimal>,
    /// The first and the last day of them.
    window: Option<Window>,
}

impl Totals {
    /// `all` is what all there are come to, if nothing is left out by a filter.
    fn new(sums: &[DaySum], book: &Book, all: Option<Decimal>) -> Self {
        let mut by_currency: BTreeMap<Currency, Decimal> = BTreeMap::new();
        let mut home = Decimal::ZERO;
        let mut excluded: BTreeMap<Currency, Decimal> = BTreeMap::new();
        for sum in sums {
            *by_currency.entry(sum.currency).or_default() += sum.sum.abs();
            match book.figures.to_home(sum.sum.abs(), sum.currency, sum.day) {
                Some(amount) => home += amount,
                None => *excluded.entry(sum.currency).or_default() += sum.sum.abs(),
            }
        }
        // What the dashboard says of the same.
        let home = all.unwrap_or_else(|| book.figures.home.round(home));
        let days = || sums.iter().map(|sum| sum.day);
        Self {
            by_currency,
            home,
            excluded,
            window: days()
                .min()
                .zip(days().max())
                .map(|(start, end)| Window { start, end }),
        }
    }
}

impl Asked {
    /// What was asked for, as far as it makes sense.
    pub fn filter(&self, ui: &Ui) -> Filter {
        let text = |text: &str| {
            Some(text.trim().to_owned()).filter(|t| !t.is_empty() && !t.contains('\0'))
        };
        Filter {
            kind: self.kind.parse().ok(),
            account: self.account.parse().ok().map(AccountId),
            currency: self.currency.parse().ok(),
            from: parse::date(&self.from).ok().map(|day| ui.start_of(day)),
            until: parse::date(&self.to).ok().map(|day| ui.end_of(day)),
            tag: text(&self.tag).map(|tag| tag.to_lowercase()),
            text: text(&self.q),
        }
    }

    fn order(&self) -> Order {
        match self.sort.as_str() {
            "oldest" => Order::InTime(Sort::Oldest),
            "largest" => Order::LargestFirst,
            "smallest" => Order::SmallestFirst,
            _ => Order::InTime(Sort::Newest),
        }
    }

    /// The query string with one value changed, from its first page.
    fn with(&self, name: &str, value: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (key, old) in self.pairs() {
            let value = if key == name { value } else { old };
            if !value.is_empty() {
                query.append_pair(key, value);
            }
        }
        match query.finish() {
            query if query.is_empty() => String::new(),
            query => format!("?{query}"),
        }
    }

    fn pairs(&self) -> [(&'static str, &str); 8] {
        [
            ("kind", &self.kind),
            ("account", &self.account),
            ("currency", &self.currency),
            ("from", &self.from),
            ("to", &self.to),
            ("tag", &self.tag),
            ("q", &self.q),
            ("sort", &self.sort),
        ]
    }

    fn is_narrowed(&self) -> bool {
        self.pairs()
            .iter()
            .any(|(name, value)| !value.is_empty() && !matches!(*name, "kind" | "sort"))
    }
}

/// Rows with what each did to its account.
pub fn shown(rows: Vec<Listed>, book: &Book) -> Vec<Shown> {
    rows.into_iter()
        .map(|entry| {
            let nothing = Effect {
                change: entry.amount,
                balance: Decimal::ZERO,
            };
            Shown {
                effect: book.figures.effect(entry.id).unwrap_or(nothing),
                entry,
            }
        })
        .collect()
}

impl Shown {
    /// What a list says below the kind: the other account, what a gap counts as, the note.
    pub fn says(&self, book: &Book) -> String {
        let entry = &self.entry;
        let mut parts = Vec::new();
        match entry.kind {
            EntryKind::Balance if self.effect.change.is_zero() => {
                parts.push("unchanged".to_owned());
            }
            EntryKind::Balance => parts.push("as play".to_owned()),
            EntryKind::Transfer => {
                let way = if entry.amount.is_sign_negative() {
                    "to"
                } else {
                    "from"
                };
                parts.push(format!("{way} {}", isolated(book.name(entry.other))));
            }
            _ => {}
        }
        if !entry.note.is_empty() {
            parts.push(isolated(&entry.note));
        }
        parts.join(" · ")
    }
}

impl ListPage {
    fn link(&self, name: &str, value: &str) -> String {
        format!("{}{}", self.fixed.path, self.asked.with(name, value))
    }

    /// Those that the accounts are in.
    fn currencies(&self) -> Vec<Currency> {
        let mut currencies: Vec<Currency> = self
            .book
            .accounts
            .iter()
            .map(|account| account.currency)
            .collect();
        currencies.sort_unstable();
        currencies.dedup();
        currencies
    }

    /// Of the rates that the total was computed with.
    fn rate_notes(&self) -> Vec<RateNote> {
        let Some((totals, window)) = self.totals.as_ref().and_then(|t| Some((t, t.window?))) else {
            return Vec::new();
        };
        let figures = &self.book.figures;
        let is_in = |currency: Currency| {
            currency == figures.home || totals.by_currency.contains_key(&currency)
        };
        rate_notes_of(&self.ui, figures, window, is_in)
    }

    /// There are no entries at all.
    fn is_all(&self) -> bool {
        self.paging.total == 0 && self.asked.kind.is_empty() && !self.asked.is_narrowed()
    }
}

async fn list(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Query(asked): Query<Asked>,
) -> Result<ListPage> {
    page(
        &app,
        &user,
        ui,
        asked,
        Fixed {
            path: "/entries",
            title: "Entries",
            kind: None,
        },
    )
    .await
}

async fn deposits(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Query(asked): Query<Asked>,
) -> Result<ListPage> {
    let fixed = Fixed {
        path: "/deposits",
        title: "Deposits",
        kind: Some(EntryKind::Deposit),
    };
    page(&app, &user, ui, asked, fixed).await
}

async fn withdrawals(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Query(asked): Query<Asked>,
) -> Result<ListPage> {
    let fixed = Fixed {
        path: "/withdrawals",
        title: "Withdrawals",
        kind: Some(EntryKind::Withdrawal),
    };
    page(&app, &user, ui, asked, fixed).await
}

async fn page(app: &App, user: &User, ui: Ui, asked: Asked, fixed: Fixed) -> Result<ListPage> {
    let book = book(app, user, ui.today).await?;
    let mut filter = asked.filter(&ui);
    filter.kind = fixed.kind.or(filter.kind);
    let (total, totals) = if fixed.kind.is_some() {
        let sums = queries::lists::sums(&app.db, user.id, &filter, user.zone.name()).await?;
        let all = (!asked.is_narrowed()).then(|| {
            let flows = book.figures.printed_flows(book.figures.window(Range::All));
            match fixed.kind {
                Some(EntryKind::Withdrawal) => flows.withdrawals,
                _ => flows.deposits,
            }
        });
        (
            sums.iter().map(|sum| sum.count).sum(),
            Some(Totals::new(&sums, &book, all)),
        )
    } else {
        (
            queries::lists::count(&app.db, user.id, &filter).await?,
            None,
        )
    };
    let base = format!("{}{}", fixed.path, asked.with("", ""));
    let paging = Paging::new(asked.page.parse().unwrap_or(1), total, PAGE, base);
    let (rows, last) = match asked.order() {
        Order::InTime(sort) => {
            let (limit, offset) = (i64::from(PAGE), paging.offset());
            let rows = queries::lists::page(&app.db, user.id, &filter, sort, limit, offset).await?;
            (rows, None)
        }
        order => {
            let (ids, last) = by_size(app, user, &book, &filter, order, paging.offset()).await?;
            let rows = queries::lists::listed(&app.db, user.id, &ids).await?;
            (rows, Some(last))
        }
    };
    let tags = queries::lists::tags(&app.db, user.id).await?;
    Ok(ListPage {
        rows: shown(rows, &book),
        ui,
        fixed,
        asked,
        book,
        tags,
        totals,
        last,
        paging,
    })
}

/// The keys of one page of a list by size, and what of the whole list comes last.
async fn by_size(
    app: &App,
    user: &User,
    book: &Arc<Book>,
    filter: &Filter,
    order: Order,
    offset: i64,
) -> Result<(Vec<EntryId>, Unvalued)> {
    let passing: Option<HashSet<EntryId>> = if *filter == Filter::default() {
        None
    } else {
        let keys = queries::lists::keys(&app.db, user.id, filter).await?;
        Some(keys.into_iter().collect())
    };
    let skipped = usize::try_from(offset).unwrap_or_default();
    let book = book.clone();
    let choose = move || {
        let passes = |id: &EntryId| passing.as_ref().is_none_or(|keys| keys.contains(id));
        let all = book.figures.by_size();
        let page = |all: &mut dyn Iterator<Item = EntryId>| {
            let passing = all.filter(passes).skip(skipped);
            passing.take(PAGE as usize).collect()
        };
        let ids = if order == Order::SmallestFirst {
            page(&mut all.smallest_first())
        } else {
            page(&mut all.largest_first())
        };
        let mut last = Unvalued::default();
        for (currency, _) in all.unvalued().filter(|(_, id)| passes(id)) {
            last.count += 1;
            last.currencies.insert(currency);
        }
        (ids, last)
    };
    Ok(tokio::task::spawn_blocking(choose)
        .await
        .context("putting entries in order stopped")?)
}
