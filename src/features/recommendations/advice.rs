//! Advice in words: the recommended rung, the ways up and down, and the whole ladder.

use rust_decimal::Decimal;

use super::levels::short;
use super::rules::{Advice, Move, Place, Rung, advise};
use crate::chart::{Stop, Track, TrackFigure};
use crate::money::Currency;
use crate::web::Ui;
use crate::web::format::Numbers;

/// What a bankroll supports on a ladder, ready to be shown.
#[derive(Debug)]
pub struct Told {
    /// The name of the rung, or what to say where there is none.
    pub name: String,
    /// The recommended rung's place on the ladder.
    pub rung: Option<usize>,
    /// `150.7 buy-ins of $200`
    pub held: Option<String>,
    /// A sentence where the name does not say it all.
    pub note: Option<String>,
    /// `None` while amounts are hidden: its marks are known amounts, and the rest could be measured.
    pub track: Option<TrackFigure>,
    pub up: Option<Way>,
    pub down: Option<Way>,
    /// `13,100 ≤ 30,134.82 < 32,750`
    pub check: String,
}

/// A way up or down.
#[derive(Debug)]
pub struct Way {
    /// The name of the rung that it leads to.
    pub to: String,
    /// The bankroll at which one moves, and how far that is, in US dollars.
    pub at: Decimal,
    pub distance: Decimal,
    /// How the mark is computed: `65.5 × $500`.
    pub how: String,
}

/// A rung of the ladder as a row.
#[derive(Debug)]
pub struct Row {
    pub name: String,
    pub buy_in: String,
    /// The bankroll from which it is played.
    pub needed: Decimal,
    /// What is missing: above zero for what is out of reach.
    pub missing: Decimal,
    /// How many of its buy-ins the bankroll is.
    pub held: String,
    pub state: State,
}

/// How a rung stands to the bankroll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Lower,
    Now,
    Next,
    Higher,
}

impl Told {
    /// The advice for a bankroll. `multiple` is how many buy-ins to hold.
    pub fn new(ui: &Ui, bankroll: Decimal, multiple: Decimal, ladder: &[Rung]) -> Self {
        let advice = advise(bankroll, multiple, ladder);
        let numbers = ui.numbers;
        let usd = |amount: Decimal| ui.money(amount, Currency::USD);
        let lowest = ladder.first();
        let rung = match advice.place {
            Place::On(rung) => Some(rung),
            Place::Short | Place::Below => None,
        };
        let current = rung.and_then(|rung| ladder.get(rung));
        let missing = |of: fn(&Rung, Decimal) -> Decimal| {
            lowest.map_or(Decimal::ZERO, |rung| of(rung, multiple) - bankroll)
        };
        let (name, note) = match (advice.place, lowest) {
            (Place::On(_), _) => (
                current.map(|rung| rung.name.clone()).unwrap_or_default(),
                None,
            ),
            (Place::Short, Some(rung)) => (
                format!("{}, short", rung.name),
                Some(format!(
                    "The bankroll is enough for {} with the smallest buy-in of {}, and {} short of what the full one of {} asks for. Buy in for the smallest, or top up.",
                    rung.name,
                    usd(rung.least),
                    usd(missing(Rung::needed)),
                    usd(rung.buy_in),
                )),
            ),
            (_, Some(rung)) if rung.least < rung.buy_in => (
                "Below the smallest".to_owned(),
                Some(format!(
                    "Top up by {} to play {} with the smallest buy-in, or by {} to play it with the full one.",
                    usd(missing(Rung::floor)),
                    rung.name,
                    usd(missing(Rung::needed)),
                )),
            ),
            (_, Some(rung)) => (
                "Below the smallest".to_owned(),
                Some(format!(
                    "Top up by {} to play {}.",
                    usd(missing(Rung::needed)),
                    rung.name
                )),
            ),
            (_, None) => ("Nothing to play".to_owned(), None),
        };
        let way = |way: Option<Move>, how: &dyn Fn(&Move) -> String| {
            way.and_then(|way| {
                Some(Way {
                    to: ladder.get(way.to)?.name.clone(),
                    at: way.at,
                    distance: way.distance,
                    how: how(&way),
                })
            })
        };
        let times = numbers.exact(multiple);
        let dollars = |amount: Decimal| format!("${}", short(numbers, amount));
        let up = way(advice.up, &|way| {
            let buy_in = ladder
                .get(way.to)
                .map(|rung| rung.buy_in)
                .unwrap_or_default();
            format!("{times} × {}", dollars(buy_in))
        });
        let down = way(advice.down, &|_| {
            let least = current.map(|rung| rung.least).unwrap_or_default();
            let smallest = current.is_some_and(|rung| rung.least < rung.buy_in);
            format!(
                "{times} × {}{}",
                dollars(least),
                if smallest {
                    ", the smallest buy-in"
                } else {
                    ""
                }
            )
        });
        Self {
            held: current.map(|rung| {
                format!(
                    "{} buy-ins of {}",
                    numbers.buy_ins(bankroll, rung.buy_in),
                    dollars(rung.buy_in)
                )
            }),
            track: (!numbers.hidden).then(|| track(ui, bankroll, multiple, ladder, &advice)),
            check: check(
                ui,
                bankroll,
                current.map(|rung| rung.needed(multiple)),
                up.as_ref(),
            ),
            name,
            rung,
            note,
            up,
            down,
        }
    }

    /// Whether the recommended rung is one of the ladder.
    pub fn is_on_ladder(&self) -> bool {
        self.rung.is_some()
    }
}

fn check(ui: &Ui, bankroll: Decimal, needed: Option<Decimal>, up: Option<&Way>) -> String {
    let plain = |amount: Decimal| ui.plain(amount, Currency::USD);
    let low = needed.map_or_else(String::new, |needed| format!("{} ≤ ", plain(needed)));
    let high = up.map_or_else(String::new, |up| format!(" < {}", plain(up.at)));
    format!("{low}{}{high}", plain(bankroll))
}

fn track(
    ui: &Ui,
    bankroll: Decimal,
    multiple: Decimal,
    ladder: &[Rung],
    advice: &Advice,
) -> TrackFigure {
    let mut stops = Vec::new();
    let mut words = Vec::new();
    let mut stop = |at: Decimal, label: &str, before: &str| {
        let text = short(ui.numbers, Currency::USD.round(at));
        words.push(format!("{before} ${text}"));
        stops.push(Stop {
            at,
            text,
            label: label.to_owned(),
        });
    };
    if let Some(down) = advice.down {
        stop(down.at, "Down at", "move down below");
    }
    if let Place::On(rung) = advice.place
        && let Some(current) = ladder.get(rung)
        && advice
            .down
            .is_none_or(|down| down.at < current.needed(multiple))
    {
        stop(current.needed(multiple), "Needed", "this needs");
    }
    if let Some(up) = advice.up {
        stop(up.at, "Up at", "move up at");
    }
    Track {
        summary: format!(
            "Bankroll {}: {}.",
            ui.money(bankroll, Currency::USD),
            words.join(", ")
        ),
        now: bankroll,
        marks: stops,
    }
    .figure()
}

/// The rows of a ladder, the highest first.
pub fn rows(numbers: Numbers, bankroll: Decimal, multiple: Decimal, ladder: &[Rung]) -> Vec<Row> {
    let next = match advise(bankroll, multiple, ladder).place {
        Place::On(rung) => rung + 1,
        Place::Short | Place::Below => 0,
    };
    let row = |(at, rung): (usize, &Rung)| {
        let needed = rung.needed(multiple);
        let least = if rung.least < rung.buy_in {
            format!("${} to ", short(numbers, rung.least))
        } else {
            String::new()
        };
        Row {
            name: rung.name.clone(),
            buy_in: format!("{least}${}", short(numbers, rung.buy_in)),
            needed,
            missing: (needed - bankroll).max(Decimal::ZERO),
            held: numbers.buy_ins(bankroll, rung.buy_in),
            state: match at {
                at if at == next => State::Next,
                at if at + 1 == next => State::Now,
                at if at < next => State::Lower,
                _ => State::Higher,
            },
        }
    };
    ladder.iter().enumerate().rev().map(row).collect()
}
