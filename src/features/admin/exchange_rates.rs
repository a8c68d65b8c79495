//! `/admin/rates`: the exchange rates of a currency, the days that lack one, and correcting a rate by hand.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::closing::REASON;
use crate::app::App;
use crate::error::{Error, Result};
use crate::events::RatesChanged;
use crate::features::audit::{self, Action, Event};
use crate::features::currency::{self, Gap, Held, RateChange, Standing};
use crate::ids::UserId;
use crate::jobs;
use crate::money::Currency;
use crate::text;
use crate::web::form::Parsed;
use crate::web::{Admin, Caller, Field, Flash, Form, Paging, Sudo, Ui, parse, ui};

/// Rates on a page.
const PAGE: u32 = 50;
/// Runs of missing days on a page.
const GAPS: usize = 12;
/// A rate that moves by more than this share is more often a slip of the hand than news.
const LEAP: Decimal = Decimal::from_parts(2, 0, 0, false, 1);

pub fn router() -> Router<App> {
    Router::new()
        .route("/admin/rates", get(list))
        .route("/admin/rates/correct", get(show_correct).post(correct))
        .route("/admin/rates/restore", post(restore))
}

/// Currencies as choices; the euro's rate is always 1.
fn choices() -> Vec<(String, String)> {
    Currency::all()
        .filter(|currency| *currency != Currency::EUR)
        .map(|c| (c.code().to_owned(), format!("{} · {}", c.code(), c.name())))
        .collect()
}

fn quoted(text: &str) -> Parsed<Currency> {
    match parse::currency(text)? {
        Currency::EUR => Err("The euro's rate is always 1.".into()),
        currency => Ok(currency),
    }
}

fn list_of(currency: Currency) -> String {
    format!("/admin/rates?currency={currency}")
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    currency: String,
    page: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "admin/rates/list.html")]
struct ListPage {
    ui: Ui,
    currency: Currency,
    /// As the choice of another currency is filled in.
    chosen: Field,
    /// How fetching goes.
    fetching: Vec<Standing>,
    /// See [`currency::left_out`].
    left_out: Vec<(Currency, NaiveDate)>,
    rates: Vec<Held>,
    paging: Paging,
    /// The newest of them.
    gaps: Vec<Gap>,
    /// Days in all of them.
    missing: i64,
    /// How many rates are of days after today: they do not hold yet.
    future: usize,
}

async fn list(
    _: Admin,
    State(app): State<App>,
    ui: Ui,
    Query(asked): Query<Asked>,
) -> Result<ListPage> {
    let currency = quoted(&asked.currency).unwrap_or(Currency::USD);
    let mut days = currency::days(&app.db, currency).await?;
    let come = days.partition_point(|day| *day <= ui.today);
    let future = days.split_off(come).len();
    // What the central bank quotes today is complete up to yesterday; the rest was complete when it ended.
    let until = if currency.is_quoted() {
        ui.now.date_naive() - Days::new(1)
    } else {
        days.last().copied().unwrap_or_default()
    };
    let mut gaps = if currency.is_crypto() {
        Vec::new()
    } else {
        currency::gaps(&days, until)
    };
    let missing = gaps.iter().map(|gap| gap.days).sum();
    gaps.truncate(GAPS);
    let total = i64::try_from(days.len()).unwrap_or(i64::MAX);
    let page = asked.page.parse().unwrap_or(1);
    let paging = Paging::new(page, total, PAGE, list_of(currency));
    let rates = currency::held(&app.db, currency, ui.today, PAGE.into(), paging.offset()).await?;
    Ok(ListPage {
        fetching: currency::standing(&app).await?,
        left_out: currency::left_out(&app, ui.today).await?,
        ui,
        currency,
        chosen: Field::filled(currency.code()),
        rates,
        paging,
        gaps,
        missing,
        future,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RateForm {
    currency: Field,
    day: Field,
    per_eur: Field,
    reason: Field,
    /// `on`: the rate did move that much.
    sure: String,
}

/// A form that was filled in right.
struct Correction {
    currency: Currency,
    day: NaiveDate,
    per_eur: Decimal,
    reason: String,
}

impl RateForm {
    fn read(&mut self, ui: &Ui) -> Option<Correction> {
        let currency = self.currency.read(quoted);
        let day = self.day.read(|text| match parse::date(text)? {
            day if day > ui.today => {
                Err(format!("Type a date up to today, {}.", ui.day(ui.today)).into())
            }
            day => Ok(day),
        });
        let per_eur = self.per_eur.read(|text| {
            let rate = parse::number(text, ui.numbers.format, 12)?;
            if rate > Decimal::ZERO && rate < Decimal::from(1_000_000_000_000_i64) {
                Ok(rate)
            } else {
                Err("Type a rate above zero and below a million million.".into())
            }
        });
        let reason = self.reason.read(|text| Ok(text::line(text, REASON)?));
        Some(Correction {
            currency: currency?,
            day: day?,
            per_eur: per_eur?,
            reason: reason?,
        })
    }

    /// What the form is about, as far as that makes sense.
    fn about(&self) -> Option<(Currency, NaiveDate)> {
        let currency = quoted(&self.currency.text).ok()?;
        Some((currency, parse::date(&self.day.text).ok()?))
    }

    fn wrong(&self) -> Vec<(&'static str, &'static str)> {
        [
            ("currency", "Currency", &self.currency),
            ("day", "Day", &self.day),
            ("per_eur", "Rate", &self.per_eur),
            ("reason", "Reason", &self.reason),
        ]
        .into_iter()
        .filter(|(.., field)| field.error.is_some())
        .map(|(name, label, _)| (name, label))
        .collect()
    }
}

#[derive(Template, WebTemplate)]
#[template(path = "admin/rates/correct.html")]
struct CorrectPage {
    ui: Ui,
    form: RateForm,
    currencies: Vec<(String, String)>,
    /// The rate that holds on the day.
    held: Option<Held>,
    /// The rate leaps, and somebody must say that it should.
    asks: bool,
}

impl CorrectPage {
    async fn new(app: &App, ui: Ui, form: RateForm, asks: bool) -> Result<Self> {
        let held = match form.about() {
            Some((currency, day)) => {
                currency::held_until(&app.db, currency, day.min(ui.today)).await?
            }
            None => None,
        };
        Ok(Self {
            ui,
            form,
            currencies: choices(),
            held,
            asks,
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Proposed {
    currency: String,
    day: String,
}

/// Asks who they are before anything is typed: a form that is sent too late would lose it.
async fn show_correct(
    _: Admin,
    _: Sudo,
    State(app): State<App>,
    ui: Ui,
    Query(proposed): Query<Proposed>,
) -> Result<CorrectPage> {
    let form = RateForm {
        currency: Field::filled(proposed.currency),
        day: Field::filled(proposed.day),
        ..RateForm::default()
    };
    CorrectPage::new(&app, ui, form, false).await
}

async fn correct(
    admin: Admin,
    State(app): State<App>,
    ui: Ui,
    caller: Caller,
    Form(mut form, _): Form<RateForm>,
) -> Result<Response> {
    let Some(new) = form.read(&ui) else {
        let page = CorrectPage::new(&app, ui, form, false).await?;
        return Ok(ui::refused(page));
    };
    let held = currency::held_until(&app.db, new.currency, new.day).await?;
    let leaps = held.is_some_and(|held| (new.per_eur - held.per_eur).abs() > held.per_eur * LEAP);
    if leaps && form.sure != "on" {
        form.per_eur
            .refuse("This is more than a fifth away from the rate that holds now.");
        let page = CorrectPage::new(&app, ui, form, true).await?;
        return Ok(ui::refused(page));
    }
    let mut tx = app.db.begin().await?;
    let changed = currency::correct_rate(&mut tx, new.currency, new.day, new.per_eur).await?;
    let Some(change) = changed else {
        return Ok(Flash::success("This rate is set to that already.")
            .then_go(&app, &list_of(new.currency)));
    };
    let event = event(
        Action::RateCorrected,
        admin.id,
        new.currency,
        new.day,
        change,
    );
    let event = event.with("reason", new.reason);
    audit::record(&app, &mut *tx, &caller, event).await?;
    jobs::enqueue(&mut tx, RatesChanged {}).await?;
    tx.commit().await?;
    let text = format!(
        "Rate of {} for {} corrected.",
        new.currency,
        ui.day(new.day)
    );
    Ok(Flash::success(text).then_go(&app, &list_of(new.currency)))
}

#[derive(Debug, Deserialize)]
struct Which {
    currency: String,
    day: String,
}

/// Takes a correction back.
async fn restore(
    admin: Admin,
    State(app): State<App>,
    ui: Ui,
    caller: Caller,
    Form(which, _): Form<Which>,
) -> Result<Response> {
    let currency = quoted(&which.currency).map_err(|_| Error::NotFound)?;
    let day = parse::date(&which.day).map_err(|_| Error::NotFound)?;
    let mut tx = app.db.begin().await?;
    let Some(change) = currency::take_correction_back(&mut tx, currency, day).await? else {
        return Ok(Flash::success("This rate is not corrected.").then_go(&app, &list_of(currency)));
    };
    let event = event(Action::RateRestored, admin.id, currency, day, change);
    audit::record(&app, &mut *tx, &caller, event).await?;
    jobs::enqueue(&mut tx, RatesChanged {}).await?;
    tx.commit().await?;
    let text = format!("Correction of {currency} for {} taken back.", ui.day(day));
    Ok(Flash::success(text).then_go(&app, &list_of(currency)))
}

fn event(
    action: Action,
    admin: UserId,
    currency: Currency,
    day: NaiveDate,
    change: RateChange,
) -> Event {
    let said = |rate: Option<Decimal>| rate.map(|rate| rate.normalize().to_string());
    Event::by_admin(action, admin, None)
        .with("currency", currency.code())
        .with("day", day.to_string())
        .with("before", said(change.before))
        .with("after", said(change.after))
}
