//! `/entries`, `/deposits`, `/withdrawals`: lists of entries. The filter is the query string.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::routing::get;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::book::{Book, book};
use super::figures::{Effect, Order, Range, Window};
use super::ledger::EntryKind;
use super::queries::{
    self,
    lists::{Listed, Words},
};
use super::rate_notes::{RateNote, rate_notes_of};
use super::selection::{Filter, Sums, Unvalued, selected};
use crate::app::App;
use crate::error::Result;
use crate::ids::AccountId;
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
    tags: Arc<[String]>,
    totals: Option<Totals>,
    /// What comes last in an order by size. `None` in an order by time.
    last: Option<Unvalued>,
    paging: Paging,
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
    fn new(
        sums: &BTreeMap<(Currency, NaiveDate), Decimal>,
        book: &Book,
        all: Option<Decimal>,
    ) -> Self {
        let mut by_currency: BTreeMap<Currency, Decimal> = BTreeMap::new();
        let mut home = Decimal::ZERO;
        let mut excluded: BTreeMap<Currency, Decimal> = BTreeMap::new();
        for ((currency, day), sum) in sums {
            let sum = sum.abs();
            *by_currency.entry(*currency).or_default() += sum;
            match book.figures.to_home(sum, *currency, *day) {
                Some(amount) => home += amount,
                None => *excluded.entry(*currency).or_default() += sum,
            }
        }
        // What the dashboard says of the same.
        let home = all.unwrap_or_else(|| book.figures.home.round(home));
        let days = || sums.keys().map(|(_, day)| *day);
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
    /// What was asked for, as far as it makes sense, but for its words.
    fn filter(&self) -> Filter {
        Filter {
            kind: self.kind.parse().ok(),
            account: self.account.parse().ok().map(AccountId),
            currency: self.currency.parse().ok(),
            from: parse::date(&self.from).ok(),
            to: parse::date(&self.to).ok(),
            among: None,
        }
    }

    fn words(&self) -> Words {
        let text = |text: &str| {
            Some(text.trim().to_owned()).filter(|t| !t.is_empty() && !t.contains('\0'))
        };
        Words {
            tag: text(&self.tag).map(|tag| tag.to_lowercase()),
            text: text(&self.q),
        }
    }

    fn order(&self) -> Order {
        match self.sort.as_str() {
            "oldest" => Order::OldestFirst,
            "largest" => Order::LargestFirst,
            "smallest" => Order::SmallestFirst,
            _ => Order::NewestFirst,
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
    let mut filter = asked.filter();
    filter.kind = fixed.kind.or(filter.kind);
    let words = asked.words();
    if !words.is_empty() {
        let with_words = queries::lists::with_words(&app.db, user.id, &words).await?;
        filter.among = Some(with_words.into_iter().collect());
    }
    let base = format!("{}{}", fixed.path, asked.with("", ""));
    let number = asked.page.parse().unwrap_or(1);
    let order = asked.order();
    let sums = fixed.kind.map_or(Sums::None, |_| Sums::ByDay);
    let paging = move |total| Paging::new(number, total, PAGE, base);
    let selection = selected(&book, filter, order, sums, paging).await?;
    let totals = fixed.kind.map(|kind| {
        let all = (!asked.is_narrowed()).then(|| {
            let flows = book.figures.printed_flows(book.figures.window(Range::All));
            match kind {
                EntryKind::Withdrawal => flows.withdrawals,
                _ => flows.deposits,
            }
        });
        Totals::new(&selection.sums, &book, all)
    });
    let rows = queries::lists::listed(&app.db, user.id, &selection.ids).await?;
    let is_in_time = matches!(order, Order::NewestFirst | Order::OldestFirst);
    Ok(ListPage {
        rows: shown(rows, &book),
        tags: book.tags(app, user.id).await?,
        ui,
        fixed,
        asked,
        book,
        totals,
        last: (!is_in_time).then_some(selection.unvalued),
        paging: selection.paging,
    })
}
