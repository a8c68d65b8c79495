//! What is said to the ledger: commands that cannot be wrong in themselves. Forms, files, the demo user and the tests make
//! them alike; whether the ledger takes them, beside what it holds already, is decided in `service`.

use std::fmt;

use chrono::{DateTime, Timelike, Utc};
use rust_decimal::Decimal;

use super::ledger::{AccountKind, Entry, EntryKind};
use crate::ids::{AccountId, EntryId, TransferId};
use crate::money::{Amount, Currency, Positive};
use crate::text::{self, Unfit};

mod check;

pub use check::{BalanceCheck, Difference, NoCheck, Seen, Shows};

/// What an account is called: 1 to 50 characters of which something can be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountName(String);

impl AccountName {
    /// Without spaces around it.
    pub fn new(text: &str) -> Result<Self, Unfit> {
        text::name(text, 50).map(Self)
    }

    /// The text of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is written beside an entry: a line of at most 500 characters, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note(String);

impl Note {
    /// Without spaces around it.
    pub fn new(text: &str) -> Result<Self, Unfit> {
        text::optional_line(text, 500).map(Self)
    }

    /// The text of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What entries are found by: at most 10 tags, each a name of at most 30 characters, in small letters, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(Vec<String>);

/// Why a text is refused as tags. It displays as a sentence for the person who typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnfitTags {
    TooMany,
    TooLong,
    Unfit(Unfit),
}

impl fmt::Display for UnfitTags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UnfitTags::TooMany => f.write_str("An entry takes at most 10 tags."),
            UnfitTags::TooLong => f.write_str("A tag has at most 30 characters."),
            UnfitTags::Unfit(unfit) => unfit.fmt(f),
        }
    }
}

impl std::error::Error for UnfitTags {}

impl From<Unfit> for UnfitTags {
    fn from(unfit: Unfit) -> Self {
        UnfitTags::Unfit(unfit)
    }
}

impl Tags {
    /// Tags separated by commas or `#`.
    pub fn read(text: &str) -> Result<Self, UnfitTags> {
        let mut tags: Vec<String> = Vec::new();
        for tag in text::optional_line(text, 400)?.split([',', '#']) {
            let tag = tag.trim().to_lowercase();
            if tag.chars().count() > 30 {
                return Err(UnfitTags::TooLong);
            }
            let tag = text::optional_name(&tag, 30)?;
            if !tag.is_empty() && !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        if tags.len() > 10 {
            return Err(UnfitTags::TooMany);
        }
        Ok(Self(tags))
    }

    /// Each of them.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

/// When something happened: from 1970 on, not in the future, and as precise as the database, to the microsecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(DateTime<Utc>);

/// Why nothing can have happened at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoMoment {
    BeforeAll,
    ToCome,
    TooPrecise,
}

impl Moment {
    /// An instant, seen from another, which is now.
    pub fn new(at: DateTime<Utc>, now: DateTime<Utc>) -> Result<Self, NoMoment> {
        if at < DateTime::UNIX_EPOCH {
            return Err(NoMoment::BeforeAll);
        }
        if at > now {
            return Err(NoMoment::ToCome);
        }
        // The database has no leap seconds, and would round.
        if !at.nanosecond().is_multiple_of(1_000) || at.nanosecond() >= 1_000_000_000 {
            return Err(NoMoment::TooPrecise);
        }
        Ok(Self(at))
    }

    /// When an entry happened that the ledger has.
    pub fn of(entry: &Entry) -> Self {
        Self(entry.occurred_at)
    }

    /// The instant.
    pub fn at(self) -> DateTime<Utc> {
        self.0
    }
}

/// Something that happened, to be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    pub what: What,
    pub at: Moment,
    pub note: Note,
    pub tags: Tags,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Somebody looked what an account holds.
    Balance { account: AccountId, shows: Amount },
    /// Money was put in; `None` if its account is not tracked here.
    Deposit {
        into: Option<AccountId>,
        amount: Positive,
    },
    /// Money was taken out for good; `None` if its account is not tracked here.
    Withdrawal {
        from: Option<AccountId>,
        amount: Positive,
    },
    /// Rakeback, a bonus or a reward came in.
    Bonus {
        account: AccountId,
        amount: Positive,
    },
    /// Something was paid.
    Expense {
        account: AccountId,
        amount: Positive,
    },
    /// Money went from one account to another.
    Transfer(Transfer),
}

/// Money on its way from one account to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    from: AccountId,
    to: AccountId,
    sent: Positive,
    fee: Option<Positive>,
    received: Positive,
}

/// Why there can be no such transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTransfer {
    /// It goes from one account to another.
    SameAccount,
    /// The fee is in the currency of what is sent.
    OtherCurrency,
    /// What is sent and the fee are together more than can be kept.
    TooLarge,
}

impl Transfer {
    /// `sent` is what left for the other account, in the currency of `from`, and `fee` what was charged on top of it;
    /// `received` is what arrived, in the currency of `to`.
    pub fn new(
        (from, to): (AccountId, AccountId),
        sent: Positive,
        fee: Option<Positive>,
        received: Positive,
    ) -> Result<Self, NoTransfer> {
        if from == to {
            return Err(NoTransfer::SameAccount);
        }
        if let Some(fee) = fee {
            if fee.currency() != sent.currency() {
                return Err(NoTransfer::OtherCurrency);
            }
            Positive::new(sent.value() + fee.value(), sent.currency())
                .map_err(|_| NoTransfer::TooLarge)?;
        }
        Ok(Self {
            from,
            to,
            sent,
            fee,
            received,
        })
    }

    /// Where it comes from.
    pub fn from(&self) -> AccountId {
        self.from
    }

    /// Where it goes.
    pub fn to(&self) -> AccountId {
        self.to
    }

    /// What left the first account, with the fee.
    pub fn paid(&self) -> Decimal {
        self.sent.value() + self.fee()
    }

    /// What arrived.
    pub fn received(&self) -> Decimal {
        self.received.value()
    }

    fn fee(&self) -> Decimal {
        self.fee.map_or(Decimal::ZERO, Positive::value)
    }
}

/// The keys of an entry's rows: one, or the two halves of a transfer.
#[derive(Clone, Copy, Debug)]
pub struct Keys {
    /// Of the one row, or of what goes out.
    pub first: EntryId,
    /// Of what comes in.
    pub second: EntryId,
    pub transfer: TransferId,
}

impl Keys {
    /// Those that nothing has.
    pub fn random() -> Self {
        Self {
            first: EntryId::random(),
            second: EntryId::random(),
            transfer: TransferId::random(),
        }
    }
}

impl What {
    /// What kind of entry that is.
    pub fn kind(&self) -> EntryKind {
        match self {
            What::Balance { .. } => EntryKind::Balance,
            What::Deposit { .. } => EntryKind::Deposit,
            What::Withdrawal { .. } => EntryKind::Withdrawal,
            What::Bonus { .. } => EntryKind::Bonus,
            What::Expense { .. } => EntryKind::Expense,
            What::Transfer(_) => EntryKind::Transfer,
        }
    }

    /// The accounts that it names.
    pub fn accounts(&self) -> Vec<AccountId> {
        let sides = self.sides();
        sides.into_iter().filter_map(|side| side.account).collect()
    }

    /// What it means for each account: one, or two for a transfer, out and in.
    fn sides(&self) -> Vec<Side> {
        let side = |account, amount: Decimal, currency| Side {
            account,
            amount,
            fee: Decimal::ZERO,
            currency,
        };
        match *self {
            What::Balance { account, shows } => {
                vec![side(Some(account), shows.value(), shows.currency())]
            }
            What::Deposit {
                into: account,
                amount,
            } => {
                vec![side(account, amount.value(), amount.currency())]
            }
            What::Withdrawal {
                from: account,
                amount,
            } => {
                vec![side(account, -amount.value(), amount.currency())]
            }
            What::Bonus { account, amount } => {
                vec![side(Some(account), amount.value(), amount.currency())]
            }
            What::Expense { account, amount } => {
                vec![side(Some(account), -amount.value(), amount.currency())]
            }
            What::Transfer(transfer) => {
                let (sent, received) = (transfer.sent, transfer.received);
                let out = side(Some(transfer.from), -transfer.paid(), sent.currency());
                let into = side(Some(transfer.to), received.value(), received.currency());
                vec![
                    Side {
                        fee: transfer.fee(),
                        ..out
                    },
                    into,
                ]
            }
        }
    }
}

/// What an entry means for an account.
struct Side {
    account: Option<AccountId>,
    /// Signed as the account sees it.
    amount: Decimal,
    fee: Decimal,
    currency: Currency,
}

impl NewEntry {
    /// Its rows, as they stand in the ledger: one, or two for a transfer, out and in. `None` if one of its accounts is not
    /// there, or is in another currency.
    pub fn rows(
        &self,
        currency_of: impl Fn(AccountId) -> Option<Currency>,
        keys: Keys,
        occurred_at: DateTime<Utc>,
        position: i64,
    ) -> Option<Vec<Entry>> {
        let transfer = matches!(self.what, What::Transfer(_)).then_some(keys.transfer);
        let ids = [keys.first, keys.second].into_iter();
        let rows = ids.zip(self.what.sides()).map(|(id, side)| {
            let fits = side
                .account
                .is_none_or(|account| currency_of(account) == Some(side.currency));
            fits.then(|| Entry {
                id,
                account: side.account,
                kind: self.what.kind(),
                amount: side.amount,
                fee: side.fee,
                currency: side.currency,
                occurred_at,
                position,
                transfer,
                note: self.note.0.clone(),
                tags: self.tags.0.clone(),
                version: 1,
            })
        });
        rows.collect()
    }
}

/// An account to be made, in the currency of what it holds.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub kind: AccountKind,
    pub name: AccountName,
    /// What it holds when it is added.
    pub opening: Amount,
    pub start: Start,
}

/// What an opening balance is, of which nobody has kept records so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Profit counts from now: all of it was put in. What is owed counts as taken out.
    FromNow,
    /// This much was put in, the rest was won or lost before.
    PutIn(Option<Positive>),
    /// All of it was won before.
    Profit,
}

impl NewAccount {
    /// What there is to say of its opening, in order. Nothing for nothing.
    pub fn opened(&self, account: AccountId) -> Vec<What> {
        let shows = self.opening;
        let balance = What::Balance { account, shows };
        match (self.start, shows.size()) {
            (Start::PutIn(put_in), _) => {
                let put_in = put_in.map(|amount| deposit(account, amount));
                put_in.into_iter().chain([balance]).collect()
            }
            (_, None) => Vec::new(),
            (Start::Profit, Some(_)) => vec![balance],
            (Start::FromNow, Some(amount)) if shows.value().is_sign_negative() => {
                vec![What::Withdrawal {
                    from: Some(account),
                    amount,
                }]
            }
            (Start::FromNow, Some(amount)) => vec![deposit(account, amount)],
        }
    }
}

fn deposit(account: AccountId, amount: Positive) -> What {
    What::Deposit {
        into: Some(account),
        amount,
    }
}

/// What an edit of an account says.
#[derive(Clone, Debug)]
pub struct AccountEdit {
    pub kind: AccountKind,
    pub name: AccountName,
    pub currency: Currency,
    /// The version that was edited.
    pub version: i32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_few_short_and_unique() {
        let read = |text: &str| Tags::read(text).map(|tags| tags.0);
        assert_eq!(
            read(" Live, plo ,#live,, "),
            Ok(vec!["live".to_owned(), "plo".to_owned()])
        );
        assert_eq!(read(&"x".repeat(31)), Err(UnfitTags::TooLong));
        assert_eq!(read("a,b,c,d,e,f,g,h,i,j,k"), Err(UnfitTags::TooMany));
        for text in ["Stars\u{202e}", "Sta\u{200b}rs", "Stars\u{3164}", "a\u{0}b"] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_moment_is_past_and_no_more_precise_than_the_database() {
        let now = "2026-11-28T12:00:00Z".parse().unwrap();
        let moment = |text: &str| Moment::new(text.parse().unwrap(), now).map(Moment::at);
        assert_eq!(moment("2026-11-28T12:00:00Z"), Ok(now));
        assert!(moment("1970-01-01T00:00:00Z").is_ok());
        for (text, why) in [
            ("1969-12-31T23:59:59Z", NoMoment::BeforeAll),
            ("2026-11-28T12:00:00.000001Z", NoMoment::ToCome),
            ("2026-11-28T11:00:00.0000001Z", NoMoment::TooPrecise),
            ("2026-11-27T23:59:60Z", NoMoment::TooPrecise),
        ] {
            assert_eq!(moment(text), Err(why), "{text}");
        }
    }

    #[test]
    fn a_transfer_goes_elsewhere_and_its_fee_is_in_what_it_sends() {
        let amount = |value: i64, code: &str| {
            Positive::new(Decimal::from(value), code.parse().unwrap()).unwrap()
        };
        let accounts = (AccountId::random(), AccountId::random());
        let transfer = |fee| Transfer::new(accounts, amount(10, "USD"), fee, amount(9, "EUR"));
        let with_fee = transfer(Some(amount(1, "USD"))).unwrap();
        assert_eq!(with_fee.paid(), Decimal::from(11));
        assert_eq!(transfer(None).unwrap().paid(), Decimal::TEN);
        let refused = |fee| transfer(Some(fee)).unwrap_err();
        assert_eq!(refused(amount(1, "EUR")), NoTransfer::OtherCurrency);
        let all = amount(99_999_999_999, "USD");
        assert_eq!(refused(all), NoTransfer::TooLarge);
        let same = (accounts.0, accounts.0);
        assert_eq!(
            Transfer::new(same, amount(1, "USD"), None, amount(1, "USD")),
            Err(NoTransfer::SameAccount)
        );
    }
}
