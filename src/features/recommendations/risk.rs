//! The card "Risk": how likely a bankroll is to be lost at the level it is advised for, and what lowers that. Typed in are
//! a win rate, its deviation, the hands that it comes from, and what is to be taken out.

mod odds;

use askama::Template;
use askama::filters::HtmlSafe;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Deserialize;

use self::odds::{AHEAD, Odds, RISKS};
use super::levels::CashLevel;
use super::rules::Rung;
use crate::features::currency::Exchange;
use crate::money::Currency;
use crate::web::form::Parsed;
use crate::web::ui::Given;
use crate::web::{Field, Ui, parse};

/// Big blinds for 100 hands, where no deviation is typed.
const USUAL_DEVIATION: i64 = 100;
/// Win rates and deviations have at most this many decimals.
const DECIMALS: u32 = 4;
/// Win rates, up and down.
const MOST_WON: i64 = 1000;
const MOST_DEVIATION: i64 = 10_000;
const MOST_HANDS: i64 = 1_000_000_000;

/// A level of cash games, in US dollars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stake {
    /// `$0.50/1`
    pub name: String,
    pub big_blind: Decimal,
    /// The buy-in that bankrolls are counted in.
    pub buy_in: Decimal,
}

/// What the card is told of the page that it is on.
pub struct Context<'a> {
    /// In US dollars.
    pub bankroll: Decimal,
    /// From the home currency to US dollars. `None` if there is no rate.
    pub to_usd: Option<Exchange>,
    /// The level that a bankroll in US dollars is advised for, if it is enough for one.
    pub level: &'a dyn Fn(Decimal) -> Option<Stake>,
    /// The other parameters of the page, as names and values: the card's form hands them on.
    pub others: Vec<(&'static str, String)>,
}

/// The parameters of the card, as they were typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RiskForm {
    pub win_rate: Field,
    /// `on` if it is below zero: keyboards of digits have no minus.
    pub losing: String,
    pub deviation: Field,
    pub hands: Field,
    pub withdraw: Field,
}

/// A form that was filled in right.
struct Question {
    /// Big blinds for 100 hands, as is the deviation.
    win_rate: Decimal,
    deviation: Decimal,
    /// What the win rate comes from. `None`: it is taken as certain.
    hands: Option<Decimal>,
    /// In the home currency; zero is nothing.
    withdraw: Decimal,
    /// The same in US dollars.
    withdraw_usd: Decimal,
}

impl Stake {
    /// A rung of the ladder of levels, and its level. `None` without a big blind or a buy-in to count in.
    pub fn new(rung: &Rung, level: &CashLevel) -> Option<Self> {
        let counts = level.big_blind > Decimal::ZERO && rung.buy_in > Decimal::ZERO;
        counts.then(|| Self {
            name: rung.name.clone(),
            big_blind: level.big_blind,
            buy_in: rung.buy_in,
        })
    }
}

impl RiskForm {
    /// What was typed, as a query string that begins with `?` or `&`. Empty if nothing was.
    pub fn query(&self, start: char) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, text) in self.pairs() {
            if !text.is_empty() {
                query.append_pair(name, text);
            }
        }
        match query.finish() {
            query if query.is_empty() => query,
            query => format!("{start}{query}"),
        }
    }

    /// The parameters as names and values.
    fn pairs(&self) -> [(&'static str, &str); 5] {
        [
            ("win_rate", &self.win_rate.text),
            ("losing", &self.losing),
            ("deviation", &self.deviation.text),
            ("hands", &self.hands.text),
            ("withdraw", &self.withdraw.text),
        ]
        .map(|(name, text)| (name, text.as_str()))
    }

    fn is_empty(&self) -> bool {
        self.pairs().iter().all(|(_, text)| text.trim().is_empty())
    }

    fn read(&mut self, ui: &Ui, context: &Context) -> Option<Question> {
        let format = ui.numbers.format;
        let number = |text: &str| parse::number(text, format, DECIMALS).ok();
        let losing = !self.losing.is_empty();
        let win_rate = self.win_rate.read(|text| {
            number(&parse::signed(text, losing))
                .filter(|rate| rate.abs() <= MOST_WON.into())
                .ok_or_else(|| "Type big blinds for 100 hands, such as 4.5 or −2.".into())
        });
        let deviation = self.deviation.read(|text| {
            if text.trim().is_empty() {
                return Ok(USUAL_DEVIATION.into());
            }
            number(text)
                .filter(|swing| *swing > Decimal::ZERO && *swing <= MOST_DEVIATION.into())
                .ok_or_else(|| "Type big blinds for 100 hands, above zero, such as 100.".into())
        });
        let hands = self.hands.read(|text| {
            if text.trim().is_empty() {
                return Ok(None);
            }
            parse::number(text, format, 0)
                .ok()
                .filter(|hands| *hands >= Decimal::ONE && *hands <= MOST_HANDS.into())
                .map(Some)
                .ok_or_else(|| "Type a whole number of hands, up to a thousand million.".into())
        });
        let withdraw = self
            .withdraw
            .read(|text| withdrawal(text, ui, context.to_usd, context.bankroll));
        let (withdraw, withdraw_usd) = withdraw?;
        Some(Question {
            win_rate: win_rate?,
            deviation: deviation?,
            hands: hands?,
            withdraw,
            withdraw_usd,
        })
    }
}

/// What is taken out, in the home currency and in US dollars.
fn withdrawal(
    text: &str,
    ui: &Ui,
    to_usd: Option<Exchange>,
    bankroll: Decimal,
) -> Parsed<(Decimal, Decimal)> {
    let amount = parse::optional_positive(text, ui.numbers.format, ui.home())?;
    if amount.is_zero() {
        return Ok((amount, amount));
    }
    match to_usd.and_then(|rate| rate.convert(amount)) {
        None => Err("There is no rate for this currency today.".into()),
        Some(usd) if usd > bankroll => Err("This is more than the whole bankroll.".into()),
        Some(usd) => Ok((amount, usd)),
    }
}

/// What would be after a withdrawal.
struct After {
    /// What is taken out, in the home currency.
    taken: Decimal,
    /// What is left, in US dollars.
    left: Decimal,
    /// At the level of before.
    staying: Odds,
    /// The level that the rest is advised for, and the odds there. `None` if it is enough for none.
    moved: Option<(Stake, Odds)>,
}

/// The answer to a question.
struct Answer {
    question: Question,
    stake: Stake,
    now: Odds,
    after: Option<After>,
}

impl Answer {
    fn new(question: Question, stake: Stake, context: &Context) -> Option<Self> {
        let odds = |bankroll, stake: &Stake| {
            Odds::new(
                question.win_rate.to_f64()?,
                question.deviation.to_f64()?,
                question.hands.and_then(|hands| hands.to_f64()),
                bankroll,
                stake.big_blind,
            )
        };
        let now = odds(context.bankroll, &stake)?;
        let after = if question.withdraw.is_zero() {
            None
        } else {
            let left = context.bankroll - question.withdraw_usd;
            let moved = match (context.level)(left) {
                Some(level) => Some((odds(left, &level)?, level)),
                None => None,
            };
            Some(After {
                taken: question.withdraw,
                left,
                staying: odds(left, &stake)?,
                moved: moved.map(|(odds, level)| (level, odds)),
            })
        };
        Some(Self {
            question,
            stake,
            now,
            after,
        })
    }

    fn wins(&self) -> bool {
        self.question.win_rate > Decimal::ZERO
    }

    /// The chance that nothing is won in truth, if that is more than the smallest risk that bankrolls are told for.
    fn doubt(&self) -> Option<f64> {
        let losing = self.now.uncertain.as_ref()?.losing;
        (losing * 100.0 > RISKS[0].into()).then_some(losing)
    }
}

/// The card.
#[derive(Template)]
#[template(path = "recommendations/risk.html")]
pub struct Risk {
    ui: Ui,
    form: RiskForm,
    others: Vec<(&'static str, String)>,
    /// In US dollars.
    bankroll: Decimal,
    /// What the bankroll is advised for.
    stake: Option<Stake>,
    answer: Option<Answer>,
}

impl HtmlSafe for Risk {}

impl Risk {
    /// Answers what was typed; what is wrong with it stays at its field.
    pub fn new(ui: &Ui, mut form: RiskForm, context: Context) -> Self {
        let stake = (context.level)(context.bankroll);
        let question = if form.is_empty() {
            None
        } else {
            form.read(ui, &context)
        };
        let answer = question
            .zip(stake.clone())
            .and_then(|(question, stake)| Answer::new(question, stake, &context));
        Self {
            ui: ui.clone(),
            form,
            bankroll: context.bankroll,
            stake,
            answer,
            others: context.others,
        }
    }

    /// Whether something typed is wrong.
    pub fn is_refused(&self) -> bool {
        let form = &self.form;
        [&form.win_rate, &form.deviation, &form.hands, &form.withdraw]
            .iter()
            .any(|field| field.error.is_some())
    }

    /// An amount that is the user's, and hidden when they want it so.
    fn usd(&self, amount: &Decimal) -> String {
        self.ui.money(amount, Currency::USD)
    }

    /// An amount that follows from what was typed alone, in US dollars.
    fn shown(&self, amount: &Decimal) -> String {
        self.ui.numbers.shown().with_symbol(*amount, Currency::USD)
    }

    /// How many big blinds the bankroll is. It tells the amount, so it is hidden with it.
    fn held_blinds(&self, stake: &Stake) -> String {
        let blinds = self.bankroll.checked_div(stake.big_blind);
        self.ui.plain(blinds.unwrap_or_default(), Currency::USD)
    }

    /// How many big blinds a shown amount is.
    fn blinds(&self, amount: &Decimal, stake: &Stake) -> String {
        let blinds = amount.checked_div(stake.big_blind).unwrap_or_default();
        self.ui.shown(blinds, Currency::USD)
    }

    /// How many buy-ins a shown amount is: `150.7`
    fn buy_ins(&self, amount: &Decimal, stake: &Stake) -> String {
        self.ui.numbers.shown().buy_ins(*amount, stake.buy_in)
    }

    /// A chance that follows from the bankroll.
    fn chance(&self, chance: impl Given<f64>) -> String {
        self.ui.numbers.own_chance(chance.given())
    }

    /// The hands of "within the next so many hands", and the hundreds of them.
    fn ahead(&self) -> (String, String) {
        let hands = i64::from(AHEAD);
        (self.ui.count(hands), self.ui.count(hands / 100))
    }

    /// A number of a formula.
    fn number(&self, number: impl Given<f64>) -> String {
        let number = Decimal::from_f64(number.given()).unwrap_or_default();
        let rounding = RoundingStrategy::MidpointAwayFromZero;
        self.exact(&number.round_dp_with_strategy(4, rounding))
    }

    fn exact(&self, number: &Decimal) -> String {
        self.ui.numbers.exact(*number)
    }
}
