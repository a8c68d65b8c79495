//! `/`: the landing page for visitors, and the dashboard for everybody else.

mod dashboard;
mod queries;

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use rust_decimal::Decimal;

use crate::app::App;
use crate::chart::{Step, StepKind, Waterfall};
use crate::features::pages::{self, Month};
use crate::money::Currency;
use crate::web::format::Numbers;
use crate::web::{Ui, User};

/// `/`, `/dashboard`
pub fn router() -> Router<App> {
    Router::new()
        .route("/", get(show))
        .merge(dashboard::router())
}

#[derive(Template, WebTemplate)]
#[template(path = "home/landing.html")]
struct LandingPage {
    ui: Ui,
    month: Month,
    home: Currency,
}

impl LandingPage {
    /// What moved the bankroll of the example month, drawn like every user's.
    fn moved(&self) -> Waterfall {
        let Month { start, parts, end } = &self.month;
        Waterfall {
            steps: vec![
                self.step("Start", StepKind::Total, *start),
                self.step("Play", StepKind::Result, parts.play),
                self.step("Bonus", StepKind::Result, parts.bonus),
                self.step("Expenses", StepKind::Result, -parts.expenses),
                self.step("Currency", StepKind::Result, parts.currency),
                self.step("Deposits", StepKind::Flow, parts.deposits),
                self.step("Withdrawals", StepKind::Flow, -parts.withdrawals),
                self.step("End", StepKind::Total, *end),
            ],
            hide: false,
        }
    }

    fn step(&self, label: &str, kind: StepKind, value: Decimal) -> Step {
        let numbers = Numbers::default();
        Step {
            label: label.to_owned(),
            kind,
            value,
            text: match kind {
                StepKind::Total => numbers.plain(value, self.home),
                StepKind::Result | StepKind::Flow => numbers.signed(value, self.home),
            },
        }
    }

    fn signed(&self, amount: Decimal) -> String {
        Numbers::default().signed_with_symbol(amount, self.home)
    }
}

async fn show(user: Option<User>, ui: Ui) -> Response {
    if user.is_some() {
        return Redirect::to("/dashboard").into_response();
    }
    LandingPage {
        ui,
        month: pages::month(),
        home: Currency::EUR,
    }
    .into_response()
}
