//! What was typed and ticked on the page, for each account.

use std::collections::{HashMap, HashSet};

use rust_decimal::Decimal;
use serde::Deserialize;

use crate::features::bankroll::commands::{Difference, Seen, Shows};
use crate::features::bankroll::entry_form::amount;
use crate::features::bankroll::ledger::Account;
use crate::ids::AccountId;
use crate::web::form::{Complaint, Parsed};
use crate::web::next::Next;
use crate::web::{Field, Ui, parse};

/// Fields of accounts are named by what they are and whose: `balance_0c9c…`. Each is there once.
#[derive(Debug, Default, Deserialize)]
#[serde(try_from = "Vec<(String, String)>")]
pub struct CheckForm {
    pub rows: HashMap<AccountId, Typed>,
    /// Nothing of it was sent by anybody.
    pub is_blank: bool,
    /// The version of the ledger that the page showed.
    pub version: i64,
    /// Only to see what it would mean.
    pub is_preview: bool,
    /// Where to go when it is saved.
    pub next: Next,
}

/// What was typed and ticked for one account.
#[derive(Debug, Default)]
pub struct Typed {
    pub balance: Field,
    /// There is a switch for it, because keyboards of digits have no minus.
    pub below_zero: bool,
    pub unchanged: bool,
    /// What a difference was.
    pub difference: Difference,
    /// The balance that was asked about: it is meant.
    sure: String,
}

impl CheckForm {
    /// What the page begins with.
    pub fn blank(next: Next) -> Self {
        Self {
            is_blank: true,
            next,
            ..Self::default()
        }
    }
}

impl TryFrom<Vec<(String, String)>> for CheckForm {
    type Error = Complaint;

    fn try_from(fields: Vec<(String, String)>) -> Parsed<Self> {
        let mut form = Self::default();
        let mut names = HashSet::new();
        for (name, text) in fields {
            if !names.insert(name.clone()) {
                return Err("A field stands twice in the form.".into());
            }
            let of_account = name.rsplit_once('_').and_then(|(field, id)| {
                let id = parse::id(id).ok()?;
                Some((field, form.rows.entry(AccountId(id)).or_default()))
            });
            match of_account {
                Some(("balance", typed)) => typed.balance = Field::filled(text),
                Some(("below_zero", typed)) => typed.below_zero = !text.is_empty(),
                Some(("unchanged", typed)) => typed.unchanged = !text.is_empty(),
                Some(("difference", typed)) => typed.difference = Difference::named(&text),
                Some(("sure", typed)) => typed.sure = text,
                Some(_) => {}
                None => match name.as_str() {
                    "version" => form.version = text.parse().unwrap_or_default(),
                    "preview" => form.is_preview = !text.is_empty(),
                    "next" => form.next = Next::from(text),
                    _ => {}
                },
            }
        }
        Ok(form)
    }
}

impl Typed {
    /// Nothing is typed yet for an account that holds so much.
    pub fn nothing(held: Decimal) -> Self {
        Self {
            below_zero: held < Decimal::ZERO,
            ..Self::default()
        }
    }

    /// Whether there is anything that could be saved.
    pub fn says_something(&self) -> bool {
        self.unchanged || !self.balance.text.trim().is_empty()
    }

    /// The balance as it was meant.
    pub fn signed(&self) -> String {
        parse::signed(&self.balance.text, self.below_zero)
    }

    /// What it says of an account that should hold so much, if anything; what is wrong with it stays at its field.
    pub fn read(&mut self, ui: &Ui, account: &Account, held: Decimal) -> Option<Seen> {
        if !self.says_something() {
            return None;
        }
        let may_owe = account.kind.may_be_negative();
        self.below_zero &= may_owe;
        let signed = self.signed();
        let shows = if signed.is_empty() {
            Shows::Unchanged
        } else {
            let amount = self
                .balance
                .read(|_| amount(&signed, ui, Some(account.currency)))??;
            if amount.value() < Decimal::ZERO && !may_owe {
                let why = "Enter zero or more. Only a bank or other account can be below zero.";
                self.balance.refuse(why);
                return None;
            }
            if self.unchanged && amount.value() != held {
                let why = "You ticked Unchanged and typed another balance. Keep one of them.";
                self.balance.refuse(why);
                return None;
            }
            Shows::Amount(amount)
        };
        Some(Seen {
            account: account.id,
            shows,
            difference: self.difference,
            is_meant: !signed.is_empty() && self.sure == signed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_told_apart_by_their_accounts() {
        let (one, other) = (AccountId::random(), AccountId::random());
        let field =
            |name: &str, id: AccountId, text: &str| (format!("{name}_{id}"), text.to_owned());
        let form = CheckForm::try_from(vec![
            field("balance", one, "12"),
            field("unchanged", other, "on"),
            field("difference", other, "moved"),
            ("version".to_owned(), "7".to_owned()),
            ("next".to_owned(), "//evil.example".to_owned()),
        ])
        .unwrap();
        assert_eq!(form.rows[&one].balance.text, "12");
        assert!(!form.rows[&one].unchanged && form.rows[&other].unchanged);
        assert_eq!(form.rows[&other].difference, Difference::Moved);
        assert_eq!((form.version, form.next.path()), (7, "/dashboard"));
        assert!(!form.is_blank && !form.is_preview);
    }

    #[test]
    fn a_field_that_is_there_twice_is_refused() {
        let field = (format!("balance_{}", AccountId::random()), "5".to_owned());
        assert!(CheckForm::try_from(vec![field.clone(), field]).is_err());
    }
}
