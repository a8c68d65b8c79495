//! `/admin/stakes`: the levels of cash games and the tournaments' buy-ins that advice is given for, and what became of
//! them.

mod buy_ins;
mod levels;

use std::fmt::Display;

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use rust_decimal::Decimal;
use serde::Deserialize;
use sqlx::{Postgres, Transaction};

use crate::app::App;
use crate::error::{Error, Result};
use crate::features::audit::{self, Action, Event, Filter, Line};
use crate::features::recommendations::{
    self, CashLevel, Change, Listed, ROOMS, Refusal, Room, Tournament,
};
use crate::ids::{BuyInId, LevelId};
use crate::money::Currency;
use crate::web::form::Parsed;
use crate::web::{Admin, Caller, Flash, Ui, caller, parse};

const LIST: &str = "/admin/stakes";
/// Changes on the page; the audit log has the others.
const LINES: i64 = 10;
/// Amounts are below this, in US dollars.
const MOST: i64 = 1_000_000_000;

pub fn router() -> Router<App> {
    Router::new()
        .route(LIST, get(list))
        .merge(levels::router())
        .merge(buy_ins::router())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    room: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "admin/stakes/list.html")]
struct ListPage {
    ui: Ui,
    /// `None`: the levels of cash games.
    room: Option<&'static Room>,
    levels: Vec<Listed<LevelId, CashLevel>>,
    /// Of the room.
    buy_ins: Vec<Listed<BuyInId, Tournament>>,
    lines: Vec<Line>,
}

async fn list(
    _: Admin,
    State(app): State<App>,
    ui: Ui,
    Query(asked): Query<Asked>,
) -> Result<ListPage> {
    let room = ROOMS.iter().find(|room| room.value == asked.room);
    let mut buy_ins = recommendations::buy_ins(&app.db).await?;
    buy_ins.retain(|row| room.is_some_and(|room| room.value == row.what.room));
    let filter = Filter {
        actions: Some(vec![Action::StakesChanged.as_str().to_owned()]),
        ..Filter::default()
    };
    Ok(ListPage {
        levels: recommendations::levels(&app.db).await?,
        lines: audit::lines(&app.db, &filter, LINES, 0).await?,
        ui,
        room,
        buy_ins,
    })
}

/// An amount of US dollars above zero.
fn amount(text: &str, ui: &Ui) -> Parsed<Decimal> {
    match parse::positive(text, ui.numbers.format, Currency::USD)? {
        amount if amount < MOST.into() => Ok(amount),
        _ => Err("Type an amount below a thousand million.".into()),
    }
}

/// Writes a change down, and it is done. Leads to the list.
async fn written(
    app: &App,
    mut tx: Transaction<'static, Postgres>,
    admin: &Admin,
    caller: &Caller,
    change: Change,
    list: &str,
) -> Result<Response> {
    if change.is_none() {
        return Ok(Flash::success("It is the same as before.").then_go(app, list));
    }
    let flash = Flash::success(match (&change.before, &change.after) {
        (None, _) => "Added.",
        (_, Some(_)) => "Changed.",
        (_, None) => "Deleted.",
    });
    let detail = [&change.before, &change.after].map(|words| words.clone().unwrap_or_default());
    let event = Event::by_admin(Action::StakesChanged, admin.id, None)
        .with("before", change.before)
        .with("after", change.after);
    audit::record(app, &mut *tx, caller, event).await?;
    tx.commit().await?;
    let [before, after] = detail;
    let named = if after.is_empty() { before } else { after };
    Ok(flash.detail(named).then_go(app, list))
}

/// Why a row was not deleted that somebody saw before it was changed. There is nothing that they typed.
fn changed(now: &impl Display) -> Error {
    let why = format!(
        "Somebody changed it after you opened it. It is {now} now. Open it again before you delete it."
    );
    Error::Conflict(why.into())
}

/// Why nothing was deleted.
fn kept(refusal: Refusal) -> Error {
    Error::Conflict(
        match refusal {
            Refusal::Last => "This is the last one, and a list cannot be empty.",
            Refusal::Taken | Refusal::Falls => "The list does not allow it.",
        }
        .into(),
    )
}

/// What a form says that deletes a row.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DeleteForm {
    /// The one that was seen.
    version: String,
}
