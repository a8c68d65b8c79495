//! `/tools/bankroll-goals`: how long it takes to a bankroll, or what it takes each month.

mod plan;

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use chrono::{Months, NaiveDate};
use rust_decimal::Decimal;
use serde::Deserialize;

use self::plan::{Plan, in_words};
use super::{Tool, note_use};
use crate::app::App;
use crate::chart::{Caption, Ground, LineChart, LineFigure, Series, Unit};
use crate::error::Result;
use crate::features::bankroll::{self, Book};
use crate::money::Currency;
use crate::web::{Field, Form, Ui, User, parse, ui};

pub static TOOL: Tool = Tool {
    slug: "bankroll-goals",
    title: "Bankroll goals",
    summary: "How long it takes to a bankroll at so much a month, or how much a month gets you there in time.",
    icon: "bullseye",
    router: || Router::new().route(PATH, get(show).post(calculate)),
};

const PATH: &str = "/tools/bankroll-goals";

/// The longest plan that is typed, and the longest that is drawn: a hundred years.
const LONGEST: u32 = 1_200;

/// Lines of the table.
const LINES: usize = 25;

/// Which of the two is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Time,
    Profit,
}

impl Mode {
    fn named(text: &str) -> Self {
        if text == "profit" {
            Mode::Profit
        } else {
            Mode::Time
        }
    }
}

/// The form, and the query string.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct PlanForm {
    mode: String,
    bankroll: Field,
    target: Field,
    monthly: Field,
    months: Field,
    growth: Field,
}

/// What the form asks for.
struct Asked {
    plan: Plan,
    given: Given,
}

enum Given {
    Monthly(Decimal),
    Months(u32),
}

impl PlanForm {
    /// Whether anything is asked: the page alone is only the form.
    fn is_blank(&self) -> bool {
        [&self.target, &self.monthly, &self.months]
            .iter()
            .all(|field| field.text.is_empty())
            && self.mode.is_empty()
    }

    fn mode(&self) -> Mode {
        Mode::named(&self.mode)
    }

    /// The address of what is asked.
    fn path(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("mode", &self.mode);
        for (name, field) in [
            ("target", &self.target),
            ("monthly", &self.monthly),
            ("months", &self.months),
            ("bankroll", &self.bankroll),
            ("growth", &self.growth),
        ] {
            if !field.text.is_empty() {
                query.append_pair(name, &field.text);
            }
        }
        format!("{PATH}?{}", query.finish())
    }

    /// Without a bankroll it is the user's own.
    fn read(&mut self, ui: &Ui, own: Decimal) -> Option<Asked> {
        let (format, home) = (ui.numbers.format, ui.home());
        let start = self.bankroll.read(|text| match text.trim() {
            // How long it takes from there tells where "there" is.
            "" if ui.numbers.hidden => {
                Err("Your own is hidden, and the answer would tell it. Type one.".into())
            }
            "" => Ok(own.max(Decimal::ZERO)),
            text => parse::optional_positive(text, format, home),
        });
        let positive = |field: &mut Field| field.read(|text| parse::positive(text, format, home));
        let target = positive(&mut self.target);
        let growth = self.growth.read(|text| {
            let growth = match text.trim().trim_end_matches('%').trim_end() {
                "" => Decimal::ZERO,
                text => parse::number(text, format, 4)?,
            };
            if (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&growth) {
                Ok(growth / Decimal::ONE_HUNDRED)
            } else {
                Err("Type a number of per cent from 0 to 100.".into())
            }
        });
        let given = match self.mode() {
            Mode::Time => positive(&mut self.monthly).map(Given::Monthly),
            Mode::Profit => self.months.read(|text| match text.trim().parse() {
                Ok(months @ 1..=LONGEST) => Ok(Given::Months(months)),
                _ => Err("Type a whole number of months from 1 to 1200.".into()),
            }),
        };
        let plan = Plan {
            start: start?,
            target: target?,
            growth: growth?,
        };
        Some(Asked {
            plan,
            given: given?,
        })
    }

    fn wrong(&self) -> Vec<(&'static str, &'static str)> {
        [
            ("target", "Target", &self.target),
            ("monthly", "Profit a month", &self.monthly),
            ("months", "Months", &self.months),
            ("bankroll", "Bankroll now", &self.bankroll),
            ("growth", "Growth", &self.growth),
        ]
        .into_iter()
        .filter(|(.., field)| field.error.is_some())
        .map(|(name, label, _)| (name, label))
        .collect()
    }
}

/// What came out.
enum Answer {
    /// The bankroll is there already.
    There,
    /// It takes more than a thousand years.
    TooLong,
    Way(Box<Way>),
}

/// The way to the target.
struct Way {
    monthly: Decimal,
    months: u32,
    /// The day it ends. `None`: beyond the years that dates can be in.
    ends: Option<NaiveDate>,
    chart: Option<LineFigure>,
    /// Some of the months, with the bankroll at their end.
    lines: Vec<(NaiveDate, u32, Decimal)>,
}

#[derive(Template, WebTemplate)]
#[template(path = "tools/bankroll_goals.html")]
struct Page {
    ui: Ui,
    book: Arc<Book>,
    form: PlanForm,
    /// With the bankroll it starts from.
    answer: Option<(Plan, Answer)>,
}

impl Page {
    fn home(&self) -> Currency {
        self.ui.home()
    }

    fn is_mode(&self, mode: &str) -> bool {
        self.form.mode() == Mode::named(mode)
    }

    /// What the user's own bankroll leaves out, where the plan begins with it.
    fn left_out(&self) -> BTreeMap<Currency, Decimal> {
        let is_own = self.form.bankroll.text.trim().is_empty();
        let excluded = &self.book.figures.excluded;
        if is_own {
            excluded.clone()
        } else {
            BTreeMap::new()
        }
    }

    fn own_help(&self) -> String {
        if self.ui.numbers.hidden {
            return "Yours is hidden: type one.".to_owned();
        }
        let now = self.book.figures.now().bankroll;
        format!(
            "Leave it empty for your own: {}.",
            self.ui.full(now, self.home())
        )
    }

    /// Where the plan becomes a goal.
    fn goal(&self, plan: &Plan, way: &Way) -> String {
        let target = self.ui.numbers.for_input(plan.target, self.home());
        let mut query = form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("kind", "bankroll")
            .append_pair("target", &target)
            .append_pair("currency", self.home().code());
        if let Some(day) = way.ends {
            query.append_pair("due", &day.to_string());
        }
        format!("/goals/new?{}", query.finish())
    }
}

fn answer(ui: &Ui, asked: &Asked) -> Answer {
    let plan = &asked.plan;
    if plan.target <= plan.start {
        return Answer::There;
    }
    let (monthly, months) = match asked.given {
        Given::Monthly(monthly) => match plan.months(monthly) {
            Some(months) => (monthly, months),
            None => return Answer::TooLong,
        },
        Given::Months(months) => (plan.monthly(months, ui.home().minor_units()), months),
    };
    Answer::Way(Box::new(Way::new(ui, plan, monthly, months)))
}

impl Way {
    fn new(ui: &Ui, plan: &Plan, monthly: Decimal, months: u32) -> Self {
        let day = |month| ui.today.checked_add_months(Months::new(month));
        let points: Vec<(NaiveDate, u32, Decimal)> = plan
            .points(monthly, months)
            .into_iter()
            .filter_map(|(month, bankroll)| Some((day(month)?, month, bankroll)))
            .collect();
        let stride = points.len().div_ceil(LINES - 1).max(1);
        let last = points.len().saturating_sub(1);
        let lines = points.iter().enumerate();
        let lines = lines.filter(|(i, _)| i % stride == 0 || *i == last);
        Self {
            monthly,
            months,
            ends: day(months).filter(|day| chrono::Datelike::year(day) < 2200),
            lines: lines.map(|(_, line)| *line).collect(),
            chart: (months <= LONGEST).then(|| chart(ui, &points)),
        }
    }

    fn count(&self) -> i64 {
        self.months.into()
    }

    fn in_words(&self) -> String {
        in_words(self.months)
    }
}

fn chart(ui: &Ui, points: &[(NaiveDate, u32, Decimal)]) -> LineFigure {
    let home = ui.home();
    let ends = points.first().zip(points.last());
    let summary = ends.map_or_else(String::new, |(first, last)| {
        format!(
            "From {} on {} to {} on {}. The same figures are in the table below.",
            ui.money(first.2, home),
            ui.day(first.0),
            ui.money(last.2, home),
            ui.day(last.0)
        )
    });
    LineChart {
        caption: Caption {
            id: "plan".to_owned(),
            title: "Planned bankroll".to_owned(),
            summary,
        },
        days: points.iter().map(|(day, ..)| *day).collect(),
        series: vec![Series::new(
            "Planned bankroll",
            points
                .iter()
                .map(|(.., bankroll)| Some(*bankroll))
                .collect(),
        )],
        ground: Ground::Axis,
        unit: Unit {
            prefix: home.symbol().to_owned(),
            suffix: String::new(),
            decimals: home.minor_units(),
        },
        numbers: ui.numbers,
        ..LineChart::default()
    }
    .figure()
}

async fn show(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Query(mut form): Query<PlanForm>,
) -> Result<Response> {
    let book = bankroll::book(&app, &user, ui.today).await?;
    let page = |ui, form, answer| Page {
        ui,
        book: book.clone(),
        form,
        answer,
    };
    if form.is_blank() {
        return Ok(page(ui, form, None).into_response());
    }
    let Some(asked) = form.read(&ui, book.figures.now().bankroll) else {
        return Ok(ui::refused(page(ui, form, None)));
    };
    let answer = answer(&ui, &asked);
    Ok(page(ui, form, Some((asked.plan, answer))).into_response())
}

/// Leads to the page of what was asked. A use is noted, which no GET may do.
async fn calculate(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Form(mut form, _): Form<PlanForm>,
) -> Result<Response> {
    let book = bankroll::book(&app, &user, ui.today).await?;
    let path = form.path();
    if form.read(&ui, book.figures.now().bankroll).is_none() {
        let answer = None;
        return Ok(ui::refused(Page {
            ui,
            book,
            form,
            answer,
        }));
    }
    note_use(&app, &user, &TOOL).await?;
    Ok(Redirect::to(&path).into_response())
}
