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
use super::commands::{Moment, Transfer, What};
use super::entries::hint;
use super::entry_form::EntryForm;
use super::queries;
use super::service::{self, Held};
use crate::app::App;
use crate::error::Result;
use crate::ids::{AccountId, EntryId};
use crate::money::Currency;
use crate::web::{Field, Ui, User};

pub fn router() -> Router<App> {
    Router::new().route("/entries/gap", get(show))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// The entry that is edited.
    entry: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "bankroll/entries/gap.html")]
struct Gap {
    ui: Ui,
    meaning: Meaning,
}

enum Meaning {
    /// Nothing can be said of what is typed so far. What the account held last, and when.
    Nothing(Option<(String, DateTime<Utc>)>),
    /// The same of a transfer.
    NoTransfer,
    /// A balance differs from what the account should hold.
    Balance {
        difference: Decimal,
        currency: Currency,
        held: Held,
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
    Query(mut form): Query<EntryForm>,
    Query(asked): Query<Asked>,
) -> Result<Gap> {
    let book = book(&app, &user, ui.today).await?;
    let edited = match asked.entry.parse().map(EntryId) {
        Ok(id) => {
            let rows = queries::entries::whole(&app.db, user.id, id).await?;
            rows.into_iter().find(|entry| entry.id == id)
        }
        Err(_) => None,
    };
    let last = |form: &EntryForm| {
        let id = form.account.text.parse().ok().map(AccountId)?;
        hint(&ui, &book, book.account(id)?)
    };
    let nothing = if form.is("transfer") {
        Meaning::NoTransfer
    } else {
        Meaning::Nothing(last(&form).filter(|_| edited.is_none()))
    };
    // What is wrong with these says nothing about the amount.
    form.note = Field::default();
    form.tags = Field::default();
    let original = edited.as_ref().map(|entry| entry.occurred_at);
    let read = form.read(&ui, &book.accounts, original);
    let meaning = match read.map(|new| (new.what, new.at)) {
        Some((What::Balance { account, shows }, at)) => {
            let at = at.at();
            let held = service::held(&app.db, user.id, account, at, edited.as_ref()).await?;
            Some(Meaning::Balance {
                difference: shows.value() - held.balance,
                currency: shows.currency(),
                held,
            })
        }
        Some((What::Transfer(moved), at)) => transfer(&ui, &book, &moved, at),
        _ => None,
    };
    Ok(Gap {
        ui,
        meaning: meaning.unwrap_or(nothing),
    })
}

fn transfer(ui: &Ui, book: &Book, moved: &Transfer, at: Moment) -> Option<Meaning> {
    let day = at.at().with_timezone(&ui.zone()).date_naive();
    let home = |amount, id: AccountId| {
        let currency = book.account(id)?.currency;
        book.figures.to_home(amount, currency, day)
    };
    let worth = home(moved.paid(), moved.from())?;
    Some(Meaning::Transfer {
        worth,
        lost: worth - home(moved.received(), moved.to())?,
        home: book.figures.home,
        day,
    })
}
