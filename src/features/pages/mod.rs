//! Public pages: a new one is a template, a struct that names it, and a line in [`ALL`].

mod examples;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

use crate::app::App;
use crate::money::Currency;
use crate::web::{Ui, ui};

pub use examples::{Month, month};

/// A page that everybody may read.
#[derive(Debug)]
pub struct Page {
    pub path: &'static str,
    pub title: &'static str,
    /// What search engines show below the title.
    pub summary: &'static str,
    show: fn(Ui, &'static Page) -> Response,
}

/// Every public page, in the order of the footer.
pub static ALL: [Page; 5] = [
    Page {
        path: "/about",
        title: "About",
        summary: "What StakeEasy is for, what it does not do, and whose work it stands on.",
        show: |ui, page| ui::html(About { ui, page }),
    },
    Page {
        path: "/help",
        title: "Help",
        summary: "From the first account to the daily balance: every kind of entry, with two examples worked out.",
        show: |ui, page| ui::html(Help::new(ui, page)),
    },
    Page {
        path: "/formulas",
        title: "Formulas",
        summary: "How every figure is computed: bankroll, profit, play, currency effect, rates and rounding.",
        show: |ui, page| ui::html(Formulas { ui, page }),
    },
    Page {
        path: "/privacy",
        title: "Privacy",
        summary: "What is kept about you, which cookies are set, and how to take everything with you.",
        show: |ui, page| ui::html(Privacy { ui, page }),
    },
    Page {
        path: "/terms",
        title: "Terms",
        summary: "What you may expect of this service, and what it expects of you.",
        show: |ui, page| ui::html(Terms { ui, page }),
    },
];

/// One route for each page.
pub fn router() -> Router<App> {
    ALL.iter().fold(Router::new(), |router, page| {
        router.route(page.path, get(async |ui: Ui| (page.show)(ui, page)))
    })
}

#[derive(Template)]
#[template(path = "pages/about.html")]
struct About {
    ui: Ui,
    page: &'static Page,
}

#[derive(Template)]
#[template(path = "pages/help.html")]
struct Help {
    ui: Ui,
    page: &'static Page,
    owner: Vec<examples::OwnerRow>,
    two: examples::TwoCurrencies,
    home: Currency,
    foreign: Currency,
}

impl Help {
    fn new(mut ui: Ui, page: &'static Page) -> Self {
        // The examples are nobody's money: they are never hidden.
        ui.numbers.hidden = false;
        Self {
            ui,
            page,
            owner: examples::owner(),
            two: examples::two_currencies(),
            home: Currency::EUR,
            foreign: Currency::USD,
        }
    }
}

#[derive(Template)]
#[template(path = "pages/formulas.html")]
struct Formulas {
    ui: Ui,
    page: &'static Page,
}

#[derive(Template)]
#[template(path = "pages/privacy.html")]
struct Privacy {
    ui: Ui,
    page: &'static Page,
}

#[derive(Template)]
#[template(path = "pages/terms.html")]
struct Terms {
    ui: Ui,
    page: &'static Page,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_footer_leads_to_every_page_and_to_nothing_else() {
        let foot: Vec<_> = crate::menu::FOOT
            .iter()
            .map(|item| (item.path, item.label))
            .collect();
        let pages: Vec<_> = ALL.iter().map(|page| (page.path, page.title)).collect();
        assert_eq!(foot, pages);
    }
}
