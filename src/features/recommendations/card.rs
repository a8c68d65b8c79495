//! The card on the dashboard: the stakes that the money supports, and the way up.

use askama::Template;
use askama::filters::HtmlSafe;

use super::advice::Told;
use super::asked::{Answers, Asked};
use super::data::Mode;
use super::levels::Stakes;
use super::reasons::Reasons;
use super::rules::Multiple;
use super::standing::Standing;
use crate::features::bankroll::Book;
use crate::features::bankroll::measure::BuyIn;
use crate::money::Currency;
use crate::web::Ui;

/// What the dashboard shows of the stakes.
#[derive(Template)]
#[template(path = "recommendations/card.html")]
pub struct Card {
    ui: Ui,
    standing: Standing,
    /// `None` while no factor applies, or nobody can say what there is.
    told: Option<(Told, String)>,
    /// What one buy-in is to this user. `None` while no factor applies, or nobody can say what there is in dollars.
    pub buy_in: Option<BuyIn>,
}

impl HtmlSafe for Card {}

impl Card {
    /// By what the user chose last. Cash games: whoever plays tournaments has a page for them.
    pub fn new(ui: Ui, book: &Book, stakes: &Stakes, chosen: &Answers) -> Self {
        let asked = Asked::new(chosen, &ui);
        let mut buy_in = None;
        let standing = Standing::new(book, None);
        let multiple = Multiple::of(Mode::Cash, &asked.chosen).filter(|_| standing.is_known());
        let told = multiple.map(|multiple| {
            let ladder = stakes.cash_ladder(ui.numbers);
            let told = Told::new(&ui, standing.bankroll, multiple.value(), &ladder);
            // Below the smallest level, the money is counted in its buy-ins.
            let figures = &book.figures;
            buy_in = figures
                .rates
                .exchange(figures.home, Currency::USD, figures.today)
                .zip(ladder.get(told.rung.unwrap_or_default()))
                .map(|(to_usd, rung)| BuyIn {
                    level: rung.name.clone(),
                    price: rung.buy_in,
                    to_usd,
                });
            (
                told,
                Reasons::new(&ui, Mode::Cash, &asked.chosen, multiple).words,
            )
        });
        Self {
            ui,
            standing,
            told,
            buy_in,
        }
    }
}
