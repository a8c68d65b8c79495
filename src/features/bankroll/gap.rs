//! `/entries/gap`: what an amount that is being typed would mean. A fragment for scripts; the form works without it.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::routing::get;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::book::{Book, book};
use super::figures::Running;
use super::ledger::Account;
use super::queries;
use crate::app::App;
use crate::error::Result;
use crate::ids::AccountId;
use crate::money::Currency;
use crate::web::{Ui, User, parse};

pub fn router() -> Router<App> {
    Router::new().route("/entries/gap", get(show))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    kind: String,
    account: String,
    amount: String,
    from: String,
    sent: String,
    fee: String,
    to: String,
    received: String,
    date: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "bankroll/entries/gap.html")]
struct Gap {
    ui: Ui,
    meaning: Meaning,
}

enum Meaning {
    /// Nothing can be said of what is typed so far.
    Nothing,
    /// A balance differs from what the account should hold.
    Balance {
        gap: Decimal,
        currency: Currency,
        held: Decimal,
        since: Option<DateTime<Utc>>,
    },
    /// What arrives is worth more or less than what left.
    Transfer {
        worth: Decimal,
        lost: Decimal,
        home: Currency,
        day: NaiveDate,
    },
}

async fn show(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Query(asked): Query<Asked>,
) -> Result<Gap> {
    let book = book(&app, &user, ui.today).await?;
    let meaning = match asked.kind.as_str() {
        "transfer" => transfer(&ui, &book, &asked),
        "balance" => balance(&app, &user, &ui, &book, &asked).await?,
        _ => None,
    };
    Ok(Gap {
        ui,
        meaning: meaning.unwrap_or(Meaning::Nothing),
    })
}

fn account<'a>(book: &'a Book, id: &str) -> Option<&'a Account> {
    book.account(AccountId(id.parse().ok()?))
}

async fn balance(
    app: &App,
    user: &User,
    ui: &Ui,
    book: &Book,
    asked: &Asked,
) -> Result<Option<Meaning>> {
    let Some(account) = account(book, &asked.account) else {
        return Ok(None);
    };
    let Ok(amount) = parse::amount(&asked.amount, ui.numbers.format, account.currency) else {
        return Ok(None);
    };
    let day = parse::date(&asked.date).unwrap_or(ui.today);
    let lines = queries::entries::lines_of(&app.db, user.id, &[account.id.0]).await?;
    let mut running = Running::default();
    let mut since = None;
    let zone = ui.zone();
    for line in lines
        .iter()
        .take_while(|line| line.occurred_at.with_timezone(&zone).date_naive() <= day)
    {
        running.apply(line.kind, line.amount);
        since = Some(line.occurred_at);
    }
    let held = running.balance;
    Ok(Some(Meaning::Balance {
        gap: amount - held,
        currency: account.currency,
        held,
        since,
    }))
}

fn transfer(ui: &Ui, book: &Book, asked: &Asked) -> Option<Meaning> {
    let (from, to) = (account(book, &asked.from)?, account(book, &asked.to)?);
    let format = ui.numbers.format;
    let day = parse::date(&asked.date).unwrap_or(ui.today).min(ui.today);
    let sent = parse::positive(&asked.sent, format, from.currency).ok()?;
    let fee = parse::optional_positive(&asked.fee, format, from.currency).ok()?;
    let home = |amount, account: &Account| book.figures.to_home(amount, account.currency, day);
    let worth = home(sent + fee, from)?;
    let received = match asked.received.trim() {
        "" if from.currency == to.currency => sent,
        text => parse::positive(text, format, to.currency).ok()?,
    };
    let lost = worth - home(received, to)?;
    Some(Meaning::Transfer {
        worth,
        lost,
        home: book.figures.home,
        day,
    })
}
