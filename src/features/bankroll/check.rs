//! `/accounts/check`: the balances of all accounts on one page, saved at once.

mod form;

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;

use self::form::{CheckForm, Typed};
use super::book::{Book, book};
use super::commands::{BalanceCheck, Difference, Moment, Seen, Shows};
use super::entry_form::{sentence, unusual};
use super::figures::AccountFigures;
use super::history;
use super::ledger::{Account, Entry, EntryKind};
use super::overview::balances;
use super::queries::changes::Change;
use super::service::{self, Refusal, Saved};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::money::Currency;
use crate::web::format::{Trend, isolated};
use crate::web::next::Next;
use crate::web::{Flash, Form, Kept, Ui, User, ui};

pub fn router() -> Router<App> {
    Router::new().route("/accounts/check", get(show).post(save))
}

/// Where it is, and the page that fills it in with what waits.
const PATH: &str = "/accounts/check";

#[derive(Template)]
#[template(path = "bankroll/accounts/check.html", blocks = ["form"])]
struct CheckPage {
    ui: Ui,
    home: Currency,
    book: Arc<Book>,
    /// The version of the ledger that it shows.
    version: i64,
    groups: Vec<Group>,
    next: Next,
    /// What is wrong with the form as a whole.
    problem: Option<Problem>,
    /// It was sent before, without being logged in.
    is_back: bool,
}

/// What is wrong with the form as a whole.
enum Problem {
    /// Nothing is typed.
    Nothing,
    /// Something else was saved since the page was opened.
    Changed,
    /// The same form was saved with something else in it: this.
    SavedBefore(String),
    Other(String),
}

/// Poker sites, or assets.
struct Group {
    title: &'static str,
    rows: Vec<Row>,
}

/// One account.
struct Row {
    account: Account,
    /// What it should hold.
    held: Decimal,
    /// When that was last seen; `None` if it never was.
    seen_at: Option<DateTime<Utc>>,
    typed: Typed,
    /// What that says, if anything and if it can be read.
    seen: Option<Seen>,
    /// Whether it is as far from what it should be as it looks.
    question: Option<String>,
}

impl Row {
    fn new(ui: &Ui, book: &Book, account: &Account, typed: Option<Typed>) -> Self {
        let figures = book.figures.account(account.id);
        let held = figures.map(AccountFigures::balance).unwrap_or_default();
        let mut typed = typed.unwrap_or_else(|| Typed::nothing(held));
        Self {
            seen: typed.read(ui, account, held),
            seen_at: figures.and_then(|of_it| of_it.verified_at.or(of_it.updated_at)),
            account: account.clone(),
            held,
            typed,
            question: None,
        }
    }

    /// The name of one of its fields, and its id.
    fn name(&self, field: &str) -> String {
        format!("{field}_{}", self.account.id)
    }

    /// What is typed or ticked, less what it should hold.
    fn difference(&self) -> Option<Decimal> {
        Some(match self.seen?.shows {
            Shows::Amount(amount) => amount.value() - self.held,
            Shows::Unchanged => Decimal::ZERO,
        })
    }

    fn is_meant(&self) -> bool {
        self.seen.is_some_and(|seen| seen.is_meant)
    }

    /// Which of its parts the row shows: see `_check.scss`.
    fn state(&self) -> &'static str {
        match self.difference() {
            Some(difference) if !difference.is_zero() => "differs",
            Some(_) if self.typed.balance.text.trim().is_empty() => "ticked",
            Some(_) => "same",
            None if self.typed.balance.text.trim().is_empty() => "open",
            None => "typed",
        }
    }

    /// The last balance as it would be typed, without its sign, for the script: nothing while amounts are hidden.
    fn last(&self, ui: &Ui) -> String {
        if ui.numbers.hidden {
            String::new()
        } else {
            let size = self.held.abs();
            ui.numbers.for_input(size, self.account.currency)
        }
    }

    /// Whether it is asked what a difference was: on a poker site it was won or lost.
    fn asks(&self) -> bool {
        !self.account.kind.is_site()
    }

    /// What a difference was, in a word.
    fn word(&self, was: Difference) -> &'static str {
        let is_more = self.difference().is_some_and(|by| by > Decimal::ZERO);
        match (was, is_more) {
            (Difference::Result, _) => "Winnings",
            (Difference::Moved, true) => "Deposit",
            (Difference::Moved, false) => "Withdrawal",
            (Difference::Other, true) => "Bonus",
            (Difference::Other, false) => "Expense",
        }
    }

    /// The same as a part of a sentence: `counts as winnings`.
    fn counts_as(&self) -> String {
        let is_loss = self.difference().is_some_and(|by| by < Decimal::ZERO);
        match self.typed.difference {
            Difference::Result if is_loss => "counts as a loss".to_owned(),
            Difference::Result => "counts as winnings".to_owned(),
            other => self.word(other).to_lowercase(),
        }
    }
}

/// What all that is typed comes to, in the home currency.
struct Sum {
    total: Decimal,
    result: Decimal,
    /// What came in from outside, less what went there.
    moved: Decimal,
    /// What has no rate and is not in the total.
    left_out: BTreeMap<Currency, Decimal>,
}

impl CheckPage {
    fn new(ui: Ui, user: &User, book: Arc<Book>, mut form: CheckForm) -> Self {
        let groups = [("Poker sites", true), ("Assets", false)].map(|(title, sites)| {
            let accounts = book.accounts.iter();
            let accounts = accounts
                .filter(|account| account.kind.is_site() == sites && !account.is_archived());
            let rows = accounts.map(|account| {
                let typed = if form.is_blank {
                    None
                } else {
                    Some(form.rows.remove(&account.id).unwrap_or_default())
                };
                Row::new(&ui, &book, account, typed)
            });
            let rows = rows.collect();
            Group { title, rows }
        });
        let is_gone = form.rows.values().any(Typed::says_something);
        let gone = "An account you typed a balance for was archived or deleted. The others are still here.";
        Self {
            home: user.home,
            version: user.ledger_version,
            groups: groups
                .into_iter()
                .filter(|group| !group.rows.is_empty())
                .collect(),
            next: form.next,
            problem: is_gone.then(|| Problem::Other(gone.to_owned())),
            is_back: false,
            book,
            ui,
        }
    }

    fn rows(&self) -> impl Iterator<Item = &Row> {
        self.groups.iter().flat_map(|group| &group.rows)
    }

    fn row(&mut self, id: AccountId) -> Option<&mut Row> {
        let mut rows = self.groups.iter_mut().flat_map(|group| &mut group.rows);
        rows.find(|row| row.account.id == id)
    }

    /// How many balances would be saved.
    fn checked(&self) -> usize {
        self.rows().filter(|row| row.seen.is_some()).count()
    }

    fn differing(&self) -> Vec<&Row> {
        self.rows().filter(|row| row.state() == "differs").collect()
    }

    /// The names of accounts that hold what they should.
    fn unchanged(&self) -> Vec<String> {
        let is_same = |row: &&Row| row.difference().is_some_and(|by| by.is_zero());
        let rows = self.rows().filter(is_same);
        rows.map(|row| isolated(&row.account.name)).collect()
    }

    fn sum(&self) -> Sum {
        let figures = &self.book.figures;
        let mut sum = Sum {
            total: figures.now().bankroll,
            result: Decimal::ZERO,
            moved: Decimal::ZERO,
            left_out: figures.excluded.clone(),
        };
        for row in self.rows() {
            let difference = row.difference().unwrap_or_default();
            let currency = row.account.currency;
            let Some(worth) = figures.to_home(difference, currency, self.ui.today) else {
                *sum.left_out.entry(currency).or_default() += difference;
                continue;
            };
            sum.total += worth;
            match row.typed.difference {
                Difference::Moved => sum.moved += worth,
                Difference::Result | Difference::Other => sum.result += worth,
            }
        }
        sum.left_out.retain(|_, amount| !amount.is_zero());
        sum
    }

    fn save_label(&self) -> String {
        match (&self.problem, self.checked()) {
            (Some(Problem::SavedBefore(_)), _) => "Save this too".to_owned(),
            (_, 0) => "Save balances".to_owned(),
            (_, count) => format!("Save {}", balances(count).to_lowercase()),
        }
    }

    /// The fields that are wrong and those that ask something, for the summary.
    fn wrong(&self) -> Vec<(String, String)> {
        let rows = self.rows().filter_map(|row| {
            let field = if row.question.is_some() {
                "sure"
            } else if row.typed.balance.error.is_some() {
                "balance"
            } else {
                return None;
            };
            Some((row.name(field), isolated(&row.account.name)))
        });
        rows.collect()
    }

    /// All that is said, if nothing is wrong with it.
    fn command(&mut self) -> Option<BalanceCheck> {
        let is_wrong = self.rows().any(|row| row.typed.balance.error.is_some());
        if is_wrong || self.problem.is_some() {
            return None;
        }
        let seen = self.rows().filter_map(|row| row.seen).collect();
        // A clock that cannot be is ours.
        let at = Moment::new(self.ui.now, self.ui.now).ok()?;
        // No row is there twice.
        let check = BalanceCheck::new(at, self.version, seen).ok();
        if check.is_none() {
            self.problem = Some(Problem::Nothing);
        }
        check
    }

    /// Says what the ledger says, at its field; what is only unusual is asked.
    fn refuse(&mut self, refusal: &Refusal) {
        let Refusal::Checked(all) = refusal else {
            self.problem = Some(Problem::Other(sentence(refusal, &self.ui)));
            return;
        };
        let (ui, book) = (self.ui.clone(), self.book.clone());
        for (account, why) in all {
            let Some(row) = self.row(*account) else {
                continue;
            };
            if let Refusal::Unusual {
                currency,
                held,
                amount,
                ..
            } = why
            {
                row.question = Some(unusual(&ui, &book, *currency, *held, *amount));
            } else {
                row.typed.balance.refuse(sentence(why, &ui));
            }
        }
    }

    /// Only its form, for a script; or the whole page.
    fn shown(self) -> Response {
        if self.ui.fragment {
            ui::html(self.as_form())
        } else {
            ui::html(self)
        }
    }

    fn refused(self) -> Response {
        ui::refused(self)
    }

    /// What was saved, and what came of it.
    fn flash(&self, change: &Change) -> Flash {
        let is_balance = |entry: &&Entry| entry.kind == EntryKind::Balance;
        let rows = change.entries.0.iter();
        let saved = rows.filter_map(|row| row.after.as_ref()).filter(is_balance);
        let flash = Flash::success(format!("{} saved.", balances(saved.count())));
        let result = self.sum().result;
        let amount = self.ui.signed_money(result, self.home);
        let text = match self.ui.trend(result, self.home) {
            Trend::Up => format!("{amount} as winnings"),
            Trend::Down => format!("{amount} as a loss"),
            Trend::Flat => return flash.undo(Some(change.id)),
        };
        flash
            .detail(text)
            .link("Not all of it?", "/entries?kind=balance")
            .undo(Some(change.id))
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    next: Next,
    again: String,
}

async fn show(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response> {
    let book = book(&app, &user, ui.today).await?;
    let kept = Kept::of(&app, &headers, user.id).filter(|_| !asked.again.is_empty());
    let kept = kept.filter(|kept| kept.path == PATH);
    let kept: Option<CheckForm> = kept.and_then(|kept| kept.form());
    let is_back = kept.is_some();
    let form = kept.unwrap_or_else(|| CheckForm::blank(asked.next));
    let mut page = CheckPage::new(ui, &user, book, form);
    page.is_back = is_back;
    Ok(page.shown())
}

async fn save(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Form(form, submission): Form<CheckForm>,
) -> Result<Response> {
    let book = book(&app, &user, ui.today).await?;
    let (seen_version, is_preview) = (form.version, form.is_preview);
    let mut page = CheckPage::new(ui, &user, book.clone(), form);
    if is_preview {
        return Ok(page.shown());
    }
    let now = std::mem::replace(&mut page.version, seen_version);
    let command = page.command();
    page.version = now;
    let Some(command) = command else {
        return Ok(page.refused());
    };
    match service::check_balances(&app, user.id, &submission, &command).await {
        Ok(Saved::Done(change)) => {
            let flash = page.flash(&change);
            Ok(flash.then_go(&app, page.next.path()))
        }
        Ok(Saved::Refused(refusal)) => {
            page.refuse(&refusal);
            Ok(page.refused())
        }
        Err(Error::Changed(_)) => {
            page.problem = Some(Problem::Changed);
            Ok(page.refused())
        }
        Err(Error::AlreadySaved) => {
            let first = service::saved_before(&app, user.id, &submission).await?;
            let told = history::told(&first, &book, &page.ui).details.join("; ");
            page.problem = Some(Problem::SavedBefore(told));
            Ok(page.refused())
        }
        Err(error) => Err(error),
    }
}
