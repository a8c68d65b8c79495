//! `/stakes/cash`: which cash game a bankroll supports.

use std::sync::Arc;

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_decimal::Decimal;

use super::advice::{self, Row, Told};
use super::asked::{Answers, Asked};
use super::data::Mode;
use super::levels::{short, stakes};
use super::profiles::{self, ProfileRow};
use super::reasons::Reasons;
use super::rules::{Multiple, Rung};
use super::spread::{self, Spread};
use super::standing::{Source, Standing};
use crate::app::App;
use crate::error::Result;
use crate::features::bankroll::{Book, book};
use crate::money::Currency;
use crate::web::{Form, Ui, User, ui};

pub fn router() -> Router<App> {
    Router::new().route("/stakes/cash", get(show).post(choose))
}

#[derive(Template, WebTemplate)]
#[template(path = "recommendations/cash.html", blocks = ["main"])]
struct CashPage {
    ui: Ui,
    book: Arc<Book>,
    asked: Asked,
    standing: Standing,
    /// `None` while no factor applies.
    advice: Option<Advised>,
    profiles: Vec<ProfileRow>,
    tournaments: bool,
}

/// All that follows from a number of buy-ins.
struct Advised {
    reasons: Reasons,
    told: Told,
    rows: Vec<Row>,
    spread: Spread,
}

/// By the address, or as it was chosen last.
async fn show(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Query(answers): Query<Answers>,
) -> Result<Response> {
    let asked = Asked::of(&app, &user, &ui, &answers).await?;
    let book = book(&app, &user, ui.today).await?;
    let ladder = stakes(&app, user.rates_version)
        .await?
        .cash_ladder(ui.numbers);
    let standing = Standing::new(&book, asked.tried);
    let advice = Multiple::of(Mode::Cash, &asked.chosen).and_then(|multiple| {
        let (bankroll, times) = (standing.bankroll, multiple.value());
        let told = Told::new(&ui, bankroll, times, &ladder);
        // What is spread over accounts is looked at for the level that is played, or the lowest.
        let played: &Rung = ladder.get(told.rung.unwrap_or_default())?;
        Some(Advised {
            reasons: Reasons::new(&ui, Mode::Cash, &asked.chosen, multiple),
            rows: advice::rows(ui.numbers, bankroll, times, &ladder),
            spread: Spread::new(ui.numbers, &book, times, &ladder, played),
            told,
        })
    });
    let page = CashPage {
        profiles: profiles::rows(standing.bankroll, &ladder),
        tournaments: false,
        ui,
        book,
        asked,
        standing,
        advice,
    };
    // A script that sent the form exchanges the content; a browser gets a page.
    Ok(if page.ui.fragment {
        ui::html(page.as_main())
    } else {
        page.into_response()
    })
}

/// Remembers the choice, and shows it.
async fn choose(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Form(answers, _): Form<Answers>,
) -> Result<Response> {
    super::remember(&app, &user, &ui, &answers, "/stakes/cash").await
}

impl CashPage {
    fn at_home(&self, dollars: &Decimal) -> Option<String> {
        let amount = self.standing.at_home(&self.book, *dollars)?;
        Some(self.ui.money(amount, self.book.figures.home))
    }

    /// The rate to dollars, as precise as anybody needs to follow the computation.
    fn rate(&self, rate: &Decimal) -> String {
        self.ui.numbers.exact(rate.round_sf(6).unwrap_or(*rate))
    }

    fn short(&self, dollars: &Decimal) -> String {
        short(self.ui.numbers, *dollars)
    }
}
