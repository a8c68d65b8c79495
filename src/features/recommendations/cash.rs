//! `/stakes/cash`: which cash game a bankroll supports.

use std::sync::Arc;

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use rust_decimal::Decimal;

use super::advice::{self, Row, Told};
use super::asked::{Answers, Asked};
use super::data::Mode;
use super::levels::{short, stakes};
use super::profiles::{self, ProfileRow};
use super::reasons::Reasons;
use super::risk::{Context, Risk, RiskForm, Stake};
use super::rules::{Multiple, Place, Rung, advise};
use super::spread::{self, Spread};
use super::standing::{Source, Standing, at_home};
use crate::app::App;
use crate::error::Result;
use crate::features::bankroll::{Book, RateNote, book};
use crate::money::Currency;
use crate::web::{Form, Ui, User, ui};

const PATH: &str = "/stakes/cash";

pub fn router() -> Router<App> {
    Router::new().route(PATH, get(show).post(choose))
}

#[derive(Template, WebTemplate)]
#[template(path = "recommendations/cash.html", blocks = ["main"])]
struct CashPage {
    ui: Ui,
    book: Arc<Book>,
    asked: Asked,
    standing: Standing,
    /// `None` while no factor applies, or nobody can say what there is.
    advice: Option<Advised>,
    profiles: Vec<ProfileRow>,
    tournaments: bool,
    /// Where the form of the answers is sent.
    action: String,
}

/// All that follows from a number of buy-ins.
struct Advised {
    reasons: Reasons,
    told: Told,
    rows: Vec<Row>,
    spread: Spread,
    risk: Risk,
}

/// By the address, or as it was chosen last.
async fn show(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Query(answers): Query<Answers>,
    Query(risk): Query<RiskForm>,
) -> Result<Response> {
    let asked = Asked::of(&app, &user, &ui, &answers).await?;
    let book = book(&app, &user, ui.today).await?;
    let stakes = stakes(&app, user.stakes_version).await?;
    let ladder = stakes.cash_ladder(ui.numbers);
    let standing = Standing::new(&book, asked.tried);
    let action = format!("{PATH}{}", risk.query('?'));
    let multiple = Multiple::of(Mode::Cash, &asked.chosen).filter(|_| standing.is_known());
    let advice = multiple.and_then(|multiple| {
        let (bankroll, times) = (standing.bankroll, multiple.value());
        let told = Told::new(&ui, bankroll, times, &ladder);
        let level = |bankroll| match advise(bankroll, times, &ladder).place {
            Place::On(at) => Stake::new(ladder.get(at)?, stakes.cash.get(at)?),
            Place::Short | Place::Below => None,
        };
        let context = Context {
            bankroll,
            to_usd: book
                .figures
                .rates
                .exchange(ui.home(), Currency::USD, ui.today),
            level: &level,
            others: asked.pairs(),
        };
        // What is spread over accounts is looked at for the level that is played, or the lowest.
        let played: &Rung = ladder.get(told.rung.unwrap_or_default())?;
        Some(Advised {
            reasons: Reasons::new(&ui, Mode::Cash, &asked.chosen, multiple),
            rows: advice::rows(ui.numbers, bankroll, times, &ladder),
            spread: Spread::new(ui.numbers, &book, times, &ladder, played),
            risk: Risk::new(&ui, risk, context),
            told,
        })
    });
    let refused = asked.is_refused()
        || advice
            .as_ref()
            .is_some_and(|advised| advised.risk.is_refused());
    let page = CashPage {
        profiles: profiles::rows(standing.bankroll, &ladder),
        tournaments: false,
        ui,
        book,
        asked,
        standing,
        advice,
        action,
    };
    // A script that sent the form exchanges the content; a browser gets a page.
    Ok(if page.ui.fragment {
        ui::html(page.as_main())
    } else if refused {
        ui::refused(page)
    } else {
        page.into_response()
    })
}

/// Remembers the choice, and shows it.
async fn choose(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Query(risk): Query<RiskForm>,
    Form(answers, _): Form<Answers>,
) -> Result<Redirect> {
    super::remember(&app, &user, &ui, &answers).await?;
    let (answers, risk) = (answers.query(), risk.query('&'));
    Ok(Redirect::to(&format!("{PATH}?{answers}{risk}")))
}

impl CashPage {
    fn rate_notes(&self) -> Vec<RateNote> {
        self.standing.rate_notes(&self.ui, &self.book)
    }

    fn at_home(&self, dollars: &Decimal) -> Option<String> {
        let amount = at_home(&self.book, *dollars)?;
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
