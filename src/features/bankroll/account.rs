//! `/accounts/{id}`: one account, and the daily job: typing what it shows.

use std::sync::Arc;

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::accounts::own;
use super::book::{Book, book};
use super::commands::{Moment, NewEntry, Note, Tags, What};
use super::dashboard::unit;
use super::entries::saved_flash;
use super::entry_form::{sentence, unusual};
use super::figures::{AccountFigures, Order, Parts, Range, Window};
use super::ledger::{Account, Entry, EntryKind};
use super::listing::{Shown, shown};
use super::queries;
use super::rate_notes::{RateNote, rate_notes_now};
use super::selection::{Filter, Sums, selected};
use super::service::{self, Answers, Refusal, Saved};
use crate::app::App;
use crate::chart::{Caption, Ground, LineChart, LineFigure, Mark, Period, Series};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::money::Amount;
use crate::web::format;
use crate::web::{Field, Form, Paging, Path, Ui, User, parse, ui};

pub fn router() -> Router<App> {
    Router::new()
        .route("/accounts/{id}", get(show))
        .route("/accounts/{id}/balance", post(observe))
}

const ROWS: u32 = 13;

#[derive(Template, WebTemplate)]
#[template(path = "bankroll/accounts/show.html")]
struct ShowPage {
    ui: Ui,
    book: Arc<Book>,
    account: Account,
    form: BalanceForm,
    range: Range,
    window: Window,
    chart: Option<LineFigure>,
    months: Vec<(String, Decimal)>,
    native: Parts,
    start: Decimal,
    rows: Vec<Shown>,
    total: i64,
    /// The newest entry if it is a balance with a gap, and the gap.
    unexplained: Option<(Entry, Decimal)>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct BalanceForm {
    amount: Field,
    /// `on` if it is below zero: keyboards of digits have no minus.
    negative: String,
    /// The amount that was asked about, in the form that asked: sent once more, it is meant.
    sure: String,
    /// What is asked before this is saved.
    #[serde(skip)]
    question: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    range: String,
}

impl ShowPage {
    async fn new(
        app: &App,
        user: &User,
        ui: Ui,
        id: AccountId,
        form: Option<BalanceForm>,
        range: &str,
    ) -> Result<Self> {
        let book = book(app, user, ui.today).await?;
        let account = book.account(id).ok_or(Error::NotFound)?.clone();
        let figures = book.figures.account(id).ok_or(Error::NotFound)?;
        let range = if range.is_empty() {
            Range::Quarter
        } else {
            Range::named(range)
        };
        let first = figures.steps.first().map(|step| step.day);
        let window = match (range, first) {
            (Range::All, Some(first)) => Window {
                start: first - chrono::Days::new(1),
                end: ui.today,
            },
            _ => book.figures.window(range),
        };
        let filter = Filter {
            account: Some(id),
            ..Filter::default()
        };
        let first_rows = |total| Paging::new(1, total, ROWS, String::new());
        let selection = selected(&book, filter, Order::NewestFirst, Sums::None, first_rows).await?;
        let total = selection.paging.total;
        let listed = queries::lists::listed(&app.db, user.id, &selection.ids).await?;
        let rows = shown(listed, &book);
        let unexplained = match rows.first() {
            Some(row) if row.entry.kind == EntryKind::Balance && !row.effect.change.is_zero() => {
                let rows = queries::entries::whole(&app.db, user.id, row.entry.id).await?;
                rows.into_iter().next()
            }
            _ => None,
        };
        let unexplained = unexplained.zip(rows.first().map(|row| row.effect.change));
        let form = form.unwrap_or_else(|| {
            let held = figures.balance();
            // A field cannot hide what stands in it.
            if ui.numbers.hidden {
                BalanceForm::default()
            } else {
                let typed = ui.numbers.for_input(held.abs(), account.currency);
                BalanceForm {
                    amount: Field::filled(typed),
                    negative: if held < Decimal::ZERO { "on" } else { "" }.to_owned(),
                    ..BalanceForm::default()
                }
            }
        });
        let native = figures.native_parts(window);
        Ok(Self {
            chart: first.map(|first| chart(&ui, &account, figures, window, first)),
            months: months(figures, window),
            start: figures.balance_on(window.start),
            native,
            window,
            range,
            form,
            rows,
            total,
            unexplained,
            account,
            book,
            ui,
        })
    }

    fn figures(&self) -> Option<&AccountFigures> {
        self.book.figures.account(self.account.id)
    }

    fn balance(&self) -> Decimal {
        self.figures()
            .map(AccountFigures::balance)
            .unwrap_or_default()
    }

    fn rate_notes(&self) -> Vec<RateNote> {
        rate_notes_now(&self.ui, &self.book.figures, self.account.currency)
    }

    /// As the list of accounts prints it.
    fn value(&self) -> Option<Decimal> {
        let figures = &self.book.figures;
        let at = figures
            .accounts
            .iter()
            .position(|a| a.id == self.account.id)?;
        figures.printed_values()[at]
    }

    /// Play, bonus and expenses of the window, in the account's currency.
    fn result(&self) -> Decimal {
        self.native.result()
    }

    fn share(&self) -> Option<String> {
        if self.start <= Decimal::ZERO {
            None
        } else {
            self.ui.numbers.percent(self.result(), self.start)
        }
    }

    fn verified(&self) -> Option<chrono::DateTime<chrono::Utc>> {
        self.figures()?.verified_at
    }

    /// What the window's change consists of, as rows.
    fn parts(&self) -> Vec<(&'static str, Decimal, bool)> {
        let native = &self.native;
        let moved = if native.moved.is_sign_negative() {
            "Transfers out"
        } else {
            "Transfers in"
        };
        [
            ("Play", native.play, true),
            ("Bonus", native.bonus, true),
            ("Expenses", -native.expenses, true),
            ("Deposits", native.deposits, false),
            ("Withdrawals", -native.withdrawals, false),
            (moved, native.moved, false),
        ]
        .into_iter()
        .filter(|(_, amount, _)| !amount.is_zero())
        .collect()
    }
}

/// The balance of each day, in the account's own currency.
fn chart(
    ui: &Ui,
    account: &Account,
    figures: &AccountFigures,
    window: Window,
    first: chrono::NaiveDate,
) -> LineFigure {
    let from = window.start.max(first);
    let days: Vec<_> = from
        .iter_days()
        .take_while(|day| *day <= window.end)
        .collect();
    let values: Vec<Decimal> = days.iter().map(|day| figures.balance_on(*day)).collect();
    let marks = figures.steps_in(window).iter().filter_map(|step| {
        let flow = step.parts.deposits - step.parts.withdrawals;
        let (label, weight) = if flow.is_zero() {
            ("Moved", step.parts.moved)
        } else {
            (if flow.is_sign_negative() { "Out" } else { "In" }, flow)
        };
        if weight.is_zero() {
            return None;
        }
        let amount = ui
            .numbers
            .whole_signed(weight.abs())
            .trim_start_matches(['+', '±'])
            .to_owned();
        Some(Mark {
            day: step.day,
            label: label.to_owned(),
            amount,
            weight,
        })
    });
    let ends = values.first().zip(values.last());
    let summary = ends.map_or_else(String::new, |(first, last)| {
        let (first, last) = (
            ui.money(first, account.currency),
            ui.money(last, account.currency),
        );
        let (from, to) = (format::day(from), format::day(window.end));
        format!(
            "From {first} on {from} to {last} on {to}. The same figures are in the table below."
        )
    });
    LineChart {
        caption: Caption {
            id: "balance".to_owned(),
            title: "Balance over time".to_owned(),
            summary,
        },
        series: vec![Series::new(
            "Balance",
            values.into_iter().map(Some).collect(),
        )],
        marks: marks.collect(),
        days,
        ground: Ground::Axis,
        unit: unit(account.currency),
        numbers: ui.numbers,
        ..LineChart::default()
    }
    .figure()
}

/// The balance at the end of each month of a window, with the month's name.
fn months(figures: &AccountFigures, window: Window) -> Vec<(String, Decimal)> {
    Period::Month
        .spans(window.start, window.end)
        .into_iter()
        .map(|(from, to)| {
            let name = Period::Month.name(Period::Month.begun(from), to);
            (name, figures.balance_on(to))
        })
        .collect()
}

async fn show(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Path(id): Path<AccountId>,
    Query(asked): Query<Asked>,
) -> Result<ShowPage> {
    ShowPage::new(&app, &user, ui, id, None, &asked.range).await
}

/// The daily job: what the account shows, typed on its page.
async fn observe(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Path(id): Path<AccountId>,
    Form(mut form, submission): Form<BalanceForm>,
) -> Result<Response> {
    let account = own(&app, &user, id).await?;
    let negative = !form.negative.is_empty();
    let shows = form.amount.read(|text| {
        let text = parse::signed(text, negative);
        let value = parse::amount(&text, ui.numbers.format, account.currency)?;
        Ok(Amount::new(value, account.currency)?)
    });
    let at = Moment::new(ui.now, ui.now).ok();
    let (Some(shows), Some(at)) = (shows, at) else {
        return Ok(ui::refused(
            ShowPage::new(&app, &user, ui, id, Some(form), "").await?,
        ));
    };
    let new = NewEntry {
        what: What::Balance { account: id, shows },
        at,
        note: Note::default(),
        tags: Tags::default(),
    };
    let answers = Answers {
        is_meant: form.sure == form.amount.text,
        earlier: None,
    };
    match service::add_entry(&app, user.id, &submission, &new, None, answers).await? {
        Saved::Done(change) => {
            let book = book(&app, &user, ui.today).await?;
            let flash = saved_flash(&app, &user, &ui, &book, &change).await?;
            Ok(flash.then_go(&app, &format!("/accounts/{id}")))
        }
        Saved::Refused(refusal) => {
            if let Refusal::Unusual {
                currency,
                held,
                amount,
                ..
            } = refusal
            {
                let book = book(&app, &user, ui.today).await?;
                form.sure.clone_from(&form.amount.text);
                form.question = Some(unusual(&ui, &book, currency, held, amount));
            } else {
                form.amount.refuse(sentence(&refusal, &ui));
            }
            Ok(ui::refused(
                ShowPage::new(&app, &user, ui, id, Some(form), "").await?,
            ))
        }
    }
}
