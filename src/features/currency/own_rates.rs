//! `/settings/rates`: rates that the user sets. They join the central bank's by day.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::queries;
use super::rates::{OwnRate, Rates};
use super::{service, update};
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
        .route("/settings/rates/peg", post(peg))
        .route("/settings/rates/{currency}/{day}/delete", post(delete))
}

/// A peg to the dollar begins here if there is no other rate: older than any entry in such a coin.
const FIRST_DOLLAR_COIN: Option<NaiveDate> = NaiveDate::from_ymd_opt(2014, 10, 6);

#[derive(Template, WebTemplate)]
#[template(path = "currency/own_rates.html")]
struct ListPage {
    ui: Ui,
    form: RateForm,
    rates: Vec<OwnRate>,
    currencies: Vec<(String, String)>,
    /// What a price may be in, the home currency first.
    quoted_in: Vec<(String, String)>,
    /// Dollar coins that the user has and that do not count as dollars.
    coins: Vec<Currency>,
    /// Who quotes what the bank does not.
    second: Option<String>,
}

/// "1 BTC is 95,000 USD from 30 Oct on."
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RateForm {
    currency: Field,
    price: Field,
    quoted_in: Field,
    day: Field,
    until: Field,
}

impl RateForm {
    fn read(&mut self, ui: &Ui) -> Option<OwnRate> {
        let currency = self.currency.read(|text| match parse::currency(text)? {
            Currency::EUR => Err("The euro has no rate: all others are told in it.".into()),
            currency => Ok(currency),
        });
        // Without a choice it is in the currency that the user thinks in.
        let quoted_in = self.quoted_in.read(|text| match text.trim() {
            "" => Ok(ui.home()),
            text => match parse::currency(text)? {
                of if !quoted_in(ui.home()).contains(&of) => {
                    Err("Choose a currency from the list.".into())
                }
                of if Some(of) == currency => {
                    Err(format!("1 {of} is always 1 {of}. Choose another currency.").into())
                }
                of => Ok(of),
            },
        });
        let price = self.price.read(|text| {
            let in_it = quoted_in.unwrap_or(ui.home());
            parse::price(text, ui.numbers.format, in_it)
        });
        let day = self.day.read(|text| match parse::date(text)? {
            day if day > ui.today => {
                Err(format!("Type a date up to today, {}.", ui.day(ui.today)).into())
            }
            day => Ok(day),
        });
        let until = self.until.read(|text| match text.trim() {
            "" => Ok(None),
            text => match parse::date(text)? {
                until if day.is_some_and(|day| until < day) => {
                    Err("This is before the day from which it holds.".into())
                }
                until => Ok(Some(until)),
            },
        });
        Some(OwnRate {
            currency: currency?,
            day: day?,
            price: price?,
            quoted_in: quoted_in?,
            until: until?,
        })
    }

    fn wrong(&self) -> Vec<(&'static str, &'static str)> {
        [
            ("currency", "Currency", &self.currency),
            ("price", "Price of one unit", &self.price),
            ("quoted_in", "In", &self.quoted_in),
            ("day", "From", &self.day),
            ("until", "Through", &self.until),
        ]
        .into_iter()
        .filter(|(.., field)| field.error.is_some())
        .map(|(name, label, _)| (name, label))
        .collect()
    }
}

/// What a price may be in: the home currency, the dollar or the euro.
fn quoted_in(home: Currency) -> Vec<Currency> {
    let mut currencies = vec![home];
    for currency in [Currency::USD, Currency::EUR] {
        if currency != home {
            currencies.push(currency);
        }
    }
    currencies
}

impl ListPage {
    async fn new(app: &App, user: &User, ui: Ui, form: RateForm) -> Result<Self> {
        let rates = queries::own_rates(&app.db, user.id).await?;
        let option = |currency: Currency| {
            let label = format!("{} · {}", currency.code(), currency.name());
            (currency.code().to_owned(), label)
        };
        // Those first that have no other rate.
        let all = || Currency::all().filter(|currency| *currency != Currency::EUR);
        let currencies = all()
            .filter(|c| !c.is_quoted())
            .chain(all().filter(|c| c.is_quoted()));
        Ok(Self {
            currencies: currencies.map(option).collect(),
            quoted_in: quoted_in(user.home).into_iter().map(option).collect(),
            coins: dollar_coins(app, user, &rates).await?,
            second: update::second_provider(app)?,
            ui,
            form,
            rates,
        })
    }

    /// Until when a rate holds.
    fn until(&self, rate: &OwnRate) -> String {
        match rate.until {
            Some(day) => format!("through {}", self.ui.day(day)),
            None if rate.currency.is_crypto() => "until your next rate".to_owned(),
            None => "until the bank quotes it again".to_owned(),
        }
    }
}

/// Coins made to be worth one dollar that the user has and has not said so of.
async fn dollar_coins(app: &App, user: &User, own: &[OwnRate]) -> Result<Vec<Currency>> {
    let coins = Currency::all().filter(|currency| currency.is_dollar_coin());
    let codes: Vec<String> = coins.map(|coin| coin.code().to_owned()).collect();
    let mut coins = queries::in_use(&app.db, user.id, &codes).await?;
    // The newest come first.
    let is_pegged = |coin: &Currency| {
        let newest = own.iter().find(|rate| rate.currency == *coin);
        newest.is_some_and(|rate| rate.is_peg() && rate.quoted_in == Currency::USD)
    };
    coins.retain(|coin| !is_pegged(coin));
    Ok(coins)
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
    if !is_usable(&app, &user, ui.today, &rate, &mut form).await? {
        return Ok(ui::refused(ListPage::new(&app, &user, ui, form).await?));
    }
    save(&app, &user, &rate).await?;
    let text = format!("Rate of {} from {} saved.", rate.currency, ui.day(rate.day));
    Ok(Flash::success(text).then_go(&app, "/settings/rates"))
}

/// Whether a rate gives its currency a value together with the others; if not, the form says why.
async fn is_usable(
    app: &App,
    user: &User,
    today: NaiveDate,
    rate: &OwnRate,
    form: &mut RateForm,
) -> Result<bool> {
    let mut own = queries::own_rates(&app.db, user.id).await?;
    own.retain(|other| (other.currency, other.day) != (rate.currency, rate.day));
    own.push(rate.clone());
    if Rates::circle(&own).is_some() {
        form.quoted_in.refuse(format!(
            "{} is priced in {} by another rate of yours, so neither would have a value. Choose another currency.",
            rate.quoted_in, rate.currency
        ));
        return Ok(false);
    }
    let rates = service::rates(app, user.rates_version, &[rate.currency], &own).await?;
    let rates = rates.up_to(today);
    let in_euros = |of| rates.convert(Decimal::ONE, of, Currency::EUR, rate.day);
    // Even the largest amounts can be converted at it, also into it if it can be a home currency.
    let is_large = match in_euros(rate.currency) {
        Some(euros) => euros > Decimal::from(100_000_000),
        None => in_euros(rate.quoted_in).is_some(),
    };
    if is_large {
        form.price
            .refuse("This is more than a unit can be worth: 100,000,000 euros.");
    } else if rate.currency.can_be_home()
        && in_euros(rate.currency).is_some_and(|euros| euros < Decimal::new(1, 8))
    {
        form.price
            .refuse("This is less than a unit can be worth: 0.00000001 euros.");
    }
    Ok(form.price.error.is_none())
}

async fn save(app: &App, user: &User, rate: &OwnRate) -> Result<()> {
    let mut tx = app.db.begin().await?;
    queries::set_own_rates(&mut *tx, user.id, std::slice::from_ref(rate)).await?;
    jobs::enqueue(&mut tx, LedgerChanged { owner: user.id }).await?;
    Ok(tx.commit().await?)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PegForm {
    currency: String,
}

/// One tap: a dollar coin counts as one dollar. All its past does too, unless that has rates of its own.
async fn peg(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Form(form, _): Form<PegForm>,
) -> Result<Response> {
    let coin: Option<Currency> = form.currency.parse().ok();
    let coin = coin
        .filter(|coin| coin.is_dollar_coin())
        .ok_or(Error::NotFound)?;
    let own = queries::own_rates(&app.db, user.id).await?;
    let has_others = own.iter().any(|rate| rate.currency == coin)
        || queries::held_until(&app.db, coin, ui.today)
            .await?
            .is_some();
    let rate = OwnRate {
        currency: coin,
        day: FIRST_DOLLAR_COIN
            .filter(|_| !has_others)
            .unwrap_or(ui.today),
        price: Decimal::ONE,
        quoted_in: Currency::USD,
        until: None,
    };
    save(&app, &user, &rate).await?;
    let text = format!("1 {coin} counts as 1 USD.");
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
    jobs::enqueue(&mut tx, LedgerChanged { owner: user.id }).await?;
    tx.commit().await?;
    Ok(Flash::success(format!("Rate of {currency} removed.")).then_go(&app, "/settings/rates"))
}
