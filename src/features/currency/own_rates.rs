//! `/settings/rates`: rates that the user sets for currencies no central bank quotes.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::queries::{self, OwnRate};
use crate::app::App;
use crate::error::{Error, Result};
use crate::events::LedgerChanged;
use crate::jobs;
use crate::money::Currency;
use crate::web::form::Blank;
use crate::web::{Field, Flash, Form, Path, Ui, User, parse, ui};

pub fn router() -> Router<App> {
    Router::new()
        .route("/settings/rates", get(list).post(create))
        .route("/settings/rates/{currency}/{day}/delete", post(delete))
}

#[derive(Template, WebTemplate)]
#[template(path = "currency/own_rates.html")]
struct ListPage {
    ui: Ui,
    form: RateForm,
    rates: Vec<OwnRate>,
    currencies: Vec<(String, String)>,
}

/// "1 BTC is 61,000 EUR on 30 Oct": people think of the price, the table holds its inverse.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RateForm {
    currency: Field,
    price: Field,
    day: Field,
}

impl RateForm {
    fn read(&mut self, ui: &Ui) -> Option<OwnRate> {
        let currency = self.currency.read(|text| {
            parse::currency(text).and_then(|currency| {
                if currency.takes_own_rates() {
                    Ok(currency)
                } else {
                    Err("The central bank quotes this currency: its rates are used.".into())
                }
            })
        });
        let price = self.price.read(|text| {
            let price = parse::number(text, ui.numbers.format, 12)?;
            // The table holds the inverse, between 1e-8 and 1e8.
            let range = Decimal::new(1, 8)..=Decimal::from(100_000_000);
            if range.contains(&price) {
                Ok(price)
            } else {
                Err("Type a price between 0.00000001 and 100,000,000.".into())
            }
        });
        let day = self.day.read(|text| match parse::date(text)? {
            day if day > ui.today => Err("Type a date up to today.".into()),
            day => Ok(day),
        });
        let per_eur = Decimal::ONE.checked_div(price?)?.round_sf(20)?;
        Some(OwnRate {
            currency: currency?,
            day: day?,
            per_eur,
        })
    }

    fn wrong(&self) -> Vec<(&'static str, &'static str)> {
        [
            ("currency", "Currency", &self.currency),
            ("price", "Price", &self.price),
            ("day", "Date", &self.day),
        ]
        .into_iter()
        .filter(|(.., field)| field.error.is_some())
        .map(|(name, label, _)| (name, label))
        .collect()
    }
}

impl ListPage {
    async fn new(app: &App, user: &User, ui: Ui, form: RateForm) -> Result<Self> {
        let rates = queries::own_rates(&app.db, user.id).await?;
        let currencies = Currency::all()
            .filter(|currency| currency.takes_own_rates())
            .map(|currency| {
                (
                    currency.code().to_owned(),
                    format!("{} · {}", currency.code(), currency.name()),
                )
            })
            .collect();
        Ok(Self {
            ui,
            form,
            rates,
            currencies,
        })
    }

    /// Euros for one unit.
    fn price(&self, rate: &OwnRate) -> String {
        let price = Decimal::ONE.checked_div(rate.per_eur).unwrap_or_default();
        // The inverse of an inverse: eight digits are the person's own.
        self.ui.numbers.exact(price.round_sf(8).unwrap_or(price))
    }
}

async fn list(State(app): State<App>, user: User, ui: Ui) -> Result<ListPage> {
    let form = RateForm {
        day: Field::filled(ui.today.to_string()),
        ..RateForm::default()
    };
    ListPage::new(&app, &user, ui, form).await
}

async fn create(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Form(mut form, _): Form<RateForm>,
) -> Result<Response> {
    let Some(rate) = form.read(&ui) else {
        return Ok(ui::refused(ListPage::new(&app, &user, ui, form).await?));
    };
    let mut tx = app.db.begin().await?;
    queries::set_own_rate(&mut *tx, user.id, &rate).await?;
    jobs::enqueue(&app, &mut tx, LedgerChanged { owner: user.id }).await?;
    tx.commit().await?;
    let text = format!("Rate of {} for {} saved.", rate.currency, ui.day(rate.day));
    Ok(Flash::success(text).then_go(&app, "/settings/rates"))
}

async fn delete(
    State(app): State<App>,
    user: User,
    Path((currency, day)): Path<(Currency, NaiveDate)>,
    _: Form<Blank>,
) -> Result<Response> {
    let mut tx = app.db.begin().await?;
    if queries::delete_own_rate(&mut *tx, user.id, currency, day).await? == 0 {
        return Err(Error::NotFound);
    }
    jobs::enqueue(&app, &mut tx, LedgerChanged { owner: user.id }).await?;
    tx.commit().await?;
    Ok(Flash::success(format!("Rate of {currency} removed.")).then_go(&app, "/settings/rates"))
}
