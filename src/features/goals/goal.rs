//! The words of goals. Plain data.

use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::features::bankroll::Book;
use crate::ids::{AccountId, GoalId};
use crate::money::Currency;
use crate::web::format::{Numbers, isolated};

/// What a goal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Kind {
    /// The total bankroll.
    Bankroll,
    /// All profit, or the profit from a day on.
    Profit,
    /// What one account holds.
    Account,
}

impl Kind {
    /// In the order of the form.
    pub const ALL: [Kind; 3] = [Kind::Bankroll, Kind::Profit, Kind::Account];

    /// The text in forms, URLs and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Bankroll => "bankroll",
            Kind::Profit => "profit",
            Kind::Account => "account",
        }
    }

    /// The name on a page.
    pub fn label(self) -> &'static str {
        match self {
            Kind::Bankroll => "Bankroll",
            Kind::Profit => "Profit",
            Kind::Account => "One account",
        }
    }

    /// What counts, in a few words.
    pub fn hint(self) -> &'static str {
        match self {
            Kind::Bankroll => "All accounts together. Deposits count, withdrawals take from it.",
            Kind::Profit => "What you win. Deposits and withdrawals change nothing.",
            Kind::Account => "What one account holds.",
        }
    }

    /// The name of the icon in the sprite.
    pub fn icon(self) -> &'static str {
        match self {
            Kind::Bankroll => "piggy-bank",
            Kind::Profit => "graph-up-arrow",
            Kind::Account => "wallet2",
        }
    }
}

impl FromStr for Kind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(())
    }
}

/// Where a goal is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Status {
    Active,
    /// It was reached, or the user said so. It stays so when the money falls again.
    Completed,
    Archived,
}

impl Status {
    /// The text in exports and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::Completed => "completed",
            Status::Archived => "archived",
        }
    }
}

/// What is wanted, and by when: what the form asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aim {
    pub kind: Kind,
    /// Only of a goal for one account. `None` there: the account was gone when the goal was imported.
    pub account: Option<AccountId>,
    /// May be empty.
    pub name: String,
    /// Above zero, in `currency`.
    pub target: Decimal,
    pub currency: Currency,
    /// The first day whose profit counts; `None` counts all of it.
    pub since: Option<NaiveDate>,
    pub due_on: NaiveDate,
}

impl Aim {
    /// Whether the same figure has to reach the same amount.
    pub fn is_same_mark(&self, other: &Aim) -> bool {
        let mark = |aim: &Aim| (aim.kind, aim.account, aim.target, aim.currency, aim.since);
        mark(self) == mark(other)
    }
}

/// Something that a user wants to reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    pub id: GoalId,
    pub aim: Aim,
    /// The first day on which reaching it counts: when it was made, aimed elsewhere, or reopened.
    pub started_on: NaiveDate,
    pub status: Status,
    /// Stays when it is archived.
    pub completed_on: Option<NaiveDate>,
    pub archived_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub version: i32,
}

impl Goal {
    /// Whether it is still to be reached.
    pub fn is_active(&self) -> bool {
        self.status == Status::Active
    }

    /// What it is called without any amount: its name, or what it is about.
    pub fn plain_title(&self, book: &Book) -> String {
        let account = || self.aim.account.and_then(|id| book.account(id));
        match self.aim.kind {
            _ if !self.aim.name.is_empty() => isolated(&self.aim.name),
            Kind::Account => {
                account().map_or_else(|| "Account".to_owned(), |account| isolated(&account.name))
            }
            kind => kind.label().to_owned(),
        }
    }

    /// Its name, or what it is about and how much: `Bankroll €30,000`.
    pub fn title(&self, book: &Book, numbers: Numbers) -> String {
        let plain = self.plain_title(book);
        if self.aim.name.is_empty() {
            format!(
                "{plain} {}",
                brief(numbers, self.aim.target, self.aim.currency)
            )
        } else {
            plain
        }
    }
}

/// An amount without decimals that say nothing: `€30,000`, `€99.50`, `2 BTC`. They do say something of a thousand coins:
/// that it is not one and a part.
fn brief(numbers: Numbers, amount: Decimal, currency: Currency) -> String {
    let is_plain = currency.minor_units() < 3 || amount < Decimal::ONE_THOUSAND;
    let digits = if amount.fract().is_zero() && is_plain && !numbers.hidden {
        numbers.exact(amount)
    } else {
        numbers.plain(amount, currency)
    };
    match currency.symbol() {
        "" => format!("{digits} {currency}"),
        symbol => format!("{symbol}{digits}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_has_no_decimals_that_say_nothing_and_no_amount_that_is_hidden() {
        let of = |text: &str, code: &str, hidden| {
            let numbers = Numbers {
                hidden,
                ..Numbers::default()
            };
            brief(numbers, text.parse().unwrap(), code.parse().unwrap())
        };
        assert_eq!(of("30000.00000000", "EUR", false), "€30,000");
        assert_eq!(of("99.5", "EUR", false), "€99.50");
        assert_eq!(of("2", "BTC", false), "2 BTC");
        assert_eq!(of("1234", "KWD", false), "1,234.000 KWD");
        assert_eq!(of("30000", "EUR", true), "€•••");
    }
}
