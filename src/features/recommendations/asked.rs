//! What a page of stakes is asked: by its address, or as its user chose the last time.

use rust_decimal::Decimal;
use serde::Deserialize;

use super::data::{FACTORS, Factor, ROOMS, Room};
use super::queries;
use super::rules::{Chosen, NONE};
use crate::app::App;
use crate::error::Result;
use crate::money::{self, Currency};
use crate::web::form::Parsed;
use crate::web::{Field, Ui, User, parse};

/// All rooms, in the address.
pub const ALL_ROOMS: &str = "all";

/// The answers as the address, the form and the database have them. Empty: not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Answers {
    pub game_type: String,
    pub skill_level: String,
    pub risk_tolerance: String,
    pub game_environment: String,
    pub site_filter: String,
    /// Another bankroll to try, in US dollars. It is not remembered.
    pub bankroll: String,
}

impl Answers {
    fn answer(&self, parameter: &str) -> Option<&str> {
        match parameter {
            "game_type" => Some(&self.game_type),
            "skill_level" => Some(&self.skill_level),
            "risk_tolerance" => Some(&self.risk_tolerance),
            "game_environment" => Some(&self.game_environment),
            _ => None,
        }
    }

    /// Whether anything but a bankroll is asked.
    fn is_asked(&self) -> bool {
        let given = |parameter: &str| self.answer(parameter).is_some_and(|text| !text.is_empty());
        !self.site_filter.is_empty() || FACTORS.iter().any(|factor| given(factor.parameter))
    }

    /// As the address of a page has them.
    pub fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for factor in &FACTORS {
            query.append_pair(
                factor.parameter,
                self.answer(factor.parameter).unwrap_or_default(),
            );
        }
        for (name, text) in [
            ("site_filter", &self.site_filter),
            ("bankroll", &self.bankroll),
        ] {
            if !text.is_empty() {
                query.append_pair(name, text);
            }
        }
        query.finish()
    }
}

/// What a page is asked, understood.
#[derive(Debug)]
pub struct Asked {
    pub chosen: Chosen,
    /// `None`: all rooms.
    pub room: Option<&'static Room>,
    /// What was typed as another bankroll.
    pub bankroll: Field,
    /// The same as an amount of US dollars.
    pub tried: Option<Decimal>,
    /// Labels of what could not be understood: the usual answers stand instead.
    pub unknown: Vec<&'static str>,
}

impl Asked {
    /// Nothing remembered and nothing asked: the usual answers.
    pub fn new(answers: &Answers, ui: &Ui) -> Self {
        let (chosen, mut unknown) = Chosen::read(|parameter| answers.answer(parameter));
        let room = match answers.site_filter.as_str() {
            "" | ALL_ROOMS => None,
            value => {
                let found = ROOMS.iter().find(|room| room.value == value);
                if found.is_none() {
                    unknown.push("Room");
                }
                found
            }
        };
        let mut bankroll = Field::filled(answers.bankroll.trim());
        let tried = (!bankroll.text.is_empty())
            .then(|| bankroll.read(|text| dollars(text, ui)))
            .flatten();
        Self {
            chosen,
            room,
            bankroll,
            tried,
            unknown,
        }
    }

    /// By an address; what its user chose last, if the address asks for nothing. One round trip then.
    pub async fn of(app: &App, user: &User, ui: &Ui, answers: &Answers) -> Result<Self> {
        if answers.is_asked() {
            return Ok(Self::new(answers, ui));
        }
        let remembered = queries::choice(&app.db, user.id).await?.unwrap_or_default();
        let bankroll = answers.bankroll.clone();
        Ok(Self::new(
            &Answers {
                bankroll,
                ..remembered
            },
            ui,
        ))
    }

    /// Whether something that was typed could not be read.
    pub fn is_refused(&self) -> bool {
        self.bankroll.error.is_some()
    }

    /// What is remembered of it.
    pub fn answers(&self) -> Answers {
        let [game_type, skill_level, risk_tolerance, game_environment] =
            FACTORS.map(|factor| self.answer(&factor).to_owned());
        Answers {
            game_type,
            skill_level,
            risk_tolerance,
            game_environment,
            site_filter: self.room.map_or(ALL_ROOMS, |room| room.value).to_owned(),
            bankroll: String::new(),
        }
    }

    /// What a page shows, as names and values of its address.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let bankroll = Some(self.bankroll.text.clone()).filter(|text| !text.is_empty());
        FACTORS
            .iter()
            .map(|factor| (factor.parameter, self.answer(factor).to_owned()))
            .chain(bankroll.map(|text| ("bankroll", text)))
            .collect()
    }

    /// Whether this is the answer to a factor.
    pub fn is(&self, factor: &Factor, value: &str) -> bool {
        self.answer(factor) == value
    }

    /// The answer to a factor, as the address has it.
    fn answer(&self, factor: &Factor) -> &'static str {
        let found = self
            .chosen
            .answers()
            .find(|(of, _)| of.parameter == factor.parameter);
        found.map_or(NONE, |(_, choice)| choice.value)
    }
}

/// More than anybody has, and little enough to compute with.
const MOST: i64 = 1_000_000_000_000_000;

/// An amount of dollars of any sign: as addresses have it, or as people type it.
fn dollars(text: &str, ui: &Ui) -> Parsed<Decimal> {
    let plain = money::exact(text).filter(|amount| amount.scale() <= 2);
    match plain {
        Some(amount) if amount.abs() <= Decimal::from(MOST) => Ok(amount),
        Some(_) => Err("This is more than anybody has. Type an amount below 10^15.".into()),
        None => parse::amount(text, ui.numbers.format, Currency::USD),
    }
}
