//! What the dashboard shows of it.

use std::cmp::Reverse;

use askama::Template;
use chrono::NaiveDate;

use super::rules::History;
use super::service::{self, Known};
use super::standing::Standing;
use super::streak::{Mark, Streaks};
use crate::features::bankroll::Book;
use crate::web::Ui;

/// So many of the last days are drawn.
const BARS: u64 = 30;

/// The streak, and the badge that comes next.
#[derive(Debug)]
pub struct Summary {
    pub streaks: Streaks,
    /// The last 30 days, today last.
    pub bars: Vec<(NaiveDate, Mark)>,
    /// The badge that is nearest to its next tier.
    pub next: Option<Standing>,
}

impl Summary {
    /// From what is loaded already.
    pub fn new(book: &Book, known: &Known) -> Self {
        let history = service::history(book, known);
        let standings = Standing::all(&history, &known.unlocked);
        Self::of(history, &standings)
    }

    pub(super) fn of(history: History, standings: &[Standing]) -> Self {
        let near = standings.iter().filter(|standing| standing.is_near());
        // Of those that are equally near, the first.
        let next = near
            .min_by_key(|standing| Reverse(standing.share()))
            .cloned();
        Self {
            bars: history.streaks.last_days(BARS, history.figures.today),
            streaks: history.streaks,
            next,
        }
    }

    /// What the bars show: `Last 30 days: 21 with a record, 3 rest days, 6 missed.`
    pub fn words(&self) -> String {
        let count = |mark| self.bars.iter().filter(|(_, one)| *one == mark).count();
        let rest = match count(Mark::Rest) {
            1 => "1 rest day".to_owned(),
            many => format!("{many} rest days"),
        };
        let today = match count(Mark::Open) {
            0 => "",
            _ => " Today is still open.",
        };
        format!(
            "Last {BARS} days: {} with a record, {rest}, {} missed.{today}",
            count(Mark::Record),
            count(Mark::Missed)
        )
    }
}

/// The card in the dashboard's side column.
#[derive(Template)]
#[template(path = "achievements/card.html")]
pub struct Card<'a> {
    pub ui: &'a Ui,
    pub summary: Summary,
}
