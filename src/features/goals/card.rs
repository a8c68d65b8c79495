//! A goal as pages show it: on `/goals`, and small on the dashboard.

use std::collections::BTreeMap;

use askama::Template;
use askama::filters::HtmlSafe;
use rust_decimal::Decimal;

use super::goal::{Goal, Kind};
use super::progress::{self, Pace, Progress, Unknown};
use crate::features::bankroll::Book;
use crate::features::bankroll::figures::Parts;
use crate::money::Currency;
use crate::web::Ui;
use crate::web::ui::Given;

/// Goals that the dashboard shows.
const MOST: usize = 3;

/// An active goal, ready to print.
#[derive(Debug)]
pub struct Shown {
    pub goal: Goal,
    pub title: String,
    pub progress: Result<Progress, Unknown>,
    /// What a profit consists of as it is printed, where the goal is in the home currency.
    pub parts: Option<Parts>,
    /// What has no rate and is not in it.
    pub left_out: BTreeMap<Currency, Decimal>,
    home: Currency,
}

impl Shown {
    /// Of a goal, as of the book's today.
    pub fn new(goal: &Goal, book: &Book, ui: &Ui) -> Self {
        let figures = &book.figures;
        let is_counted = goal.aim.kind == Kind::Profit && goal.aim.currency == figures.home;
        Self {
            title: goal.title(book, ui.numbers),
            progress: Progress::of(goal, figures),
            parts: is_counted.then(|| {
                let window = progress::window(&goal.aim, figures);
                figures.printed(window).parts
            }),
            left_out: progress::left_out(&goal.aim, figures),
            home: figures.home,
            goal: goal.clone(),
        }
    }

    /// Where it stands, as it is printed: a profit is the sum of its parts.
    pub fn now(&self, progress: &Progress) -> Decimal {
        self.parts.as_ref().map_or(progress.now, Parts::result)
    }

    /// What is missing to the target, as it is printed.
    pub fn to_go(&self, progress: &Progress) -> Decimal {
        match &self.parts {
            Some(parts) if !progress.is_reached() => progress.target - parts.result(),
            _ => progress.to_go(),
        }
    }

    /// With its code, unless it is in the home currency.
    pub fn money(&self, ui: &Ui, amount: impl Given<Decimal>) -> String {
        if self.goal.aim.currency == self.home {
            ui.money(amount, self.home)
        } else {
            ui.full(amount, self.goal.aim.currency)
        }
    }

    /// The same as a change, with its sign.
    pub fn signed(&self, ui: &Ui, amount: impl Given<Decimal>) -> String {
        ui.signed_money(amount, self.home)
    }

    /// `89.9 %`
    pub fn percent(ui: &Ui, progress: &Progress) -> String {
        ui.numbers.percent_of(progress.share())
    }

    /// Whether its day is over and it is not reached.
    pub fn is_overdue(&self, ui: &Ui) -> bool {
        let is_reached = self.progress.as_ref().is_ok_and(Progress::is_reached);
        self.goal.aim.due_on < ui.today && !is_reached
    }

    /// `25 days early`, `1 day late`, `just in time`.
    pub fn against_the_day(&self, progress: &Progress) -> Option<String> {
        let early = progress.days_early(self.goal.aim.due_on)?;
        let days = match early.abs() {
            1 => "1 day".to_owned(),
            days => format!("{days} days"),
        };
        Some(match early {
            0 => "just in time".to_owned(),
            1.. => format!("{days} early"),
            _ => format!("{days} late"),
        })
    }
}

/// The goals on the dashboard: those that are due first.
#[derive(Debug, Template)]
#[template(path = "goals/card.html")]
pub struct Card {
    ui: Ui,
    goals: Vec<Shown>,
    /// How many more there are.
    more: usize,
}

impl HtmlSafe for Card {}

impl Card {
    /// Of all active goals, the first due first.
    pub fn new(goals: &[Goal], book: &Book, ui: &Ui) -> Self {
        let shown = goals.iter().take(MOST);
        Self {
            goals: shown.map(|goal| Shown::new(goal, book, ui)).collect(),
            more: goals.len().saturating_sub(MOST),
            ui: ui.clone(),
        }
    }
}
