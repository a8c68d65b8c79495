//! `/admin/currencies`: which there are and how much each is used. They are part of the program, so there is nothing to
//! change here.

use std::borrow::Cow;

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use chrono::Datelike;

use super::queries::{self, Used};
use crate::app::App;
use crate::error::Result;
use crate::features::currency;
use crate::money::Currency;
use crate::web::{Admin, Ui};

pub fn router() -> Router<App> {
    Router::new().route("/admin/currencies", get(list))
}

#[derive(Template, WebTemplate)]
#[template(path = "admin/currencies.html")]
struct ListPage {
    ui: Ui,
    currencies: Vec<Used>,
}

impl ListPage {
    /// Where its rates come from.
    fn source(used: &Used) -> Cow<'_, str> {
        let currency = used.currency;
        if currency == Currency::EUR {
            return "All rates are quoted in it".into();
        }
        if let Some(fixed) = currency::joined(currency) {
            let (rate, year) = (fixed.per_eur.normalize(), fixed.day.year());
            return format!("Became the euro in {year}, at {rate}").into();
        }
        match used.source.as_deref() {
            Some(source) if source != currency::BANK && source != currency::BY_HAND => {
                format!("Quoted by {source}").into()
            }
            _ if currency.is_quoted() => "Quoted by the central bank".into(),
            _ if currency.is_crypto() => "Users set its rates".into(),
            _ => "Not quoted today".into(),
        }
    }
}

async fn list(_: Admin, State(app): State<App>, ui: Ui) -> Result<ListPage> {
    let currencies = queries::currencies(&app.db, ui.today).await?;
    Ok(ListPage { ui, currencies })
}
