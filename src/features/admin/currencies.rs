//! `/admin/currencies`: which there are and how much each is used. They are part of the program, so there is nothing to
//! change here.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::State;
use axum::routing::get;

use super::queries::{self, Used};
use crate::app::App;
use crate::error::Result;
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
    fn source(used: &Used) -> &'static str {
        if used.currency == Currency::EUR {
            "All rates are quoted in it"
        } else if used.currency.is_crypto() {
            "Users set its rates"
        } else if !used.currency.is_quoted() {
            "Not quoted today"
        } else {
            "Quoted by the central bank"
        }
    }
}

async fn list(_: Admin, State(app): State<App>, ui: Ui) -> Result<ListPage> {
    let currencies = queries::currencies(&app.db, ui.today).await?;
    Ok(ListPage { ui, currencies })
}
