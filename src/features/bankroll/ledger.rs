//! The words of the ledger: accounts, entries, and the kinds of both. Plain data.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, EntryId, TransferId};
use crate::money::Currency;

/// Defines an enum whose variants have a fixed text, for forms, URLs, the database and exports.
macro_rules! kinds {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal, $label:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $(#[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// Every one, in the order in which they are offered.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The text in forms, URLs, the database and exports.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// The name on a page.
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownKind;

            fn from_str(text: &str) -> Result<Self, UnknownKind> {
                match text { $($text => Ok(Self::$variant),)* _ => Err(UnknownKind(text.to_owned())) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = UnknownKind;

            fn try_from(text: String) -> Result<Self, UnknownKind> {
                text.parse()
            }
        }
    };
}

/// The text names no kind.
#[derive(Debug)]
pub struct UnknownKind(pub String);

impl std::fmt::Display for UnknownKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "there is no kind {:?}", self.0)
    }
}

impl std::error::Error for UnknownKind {}

kinds! {
    /// What holds the money. A `Site` is a poker room; all others are assets.
    AccountKind {
        Site = "site", "Poker site";
        Wallet = "wallet", "Wallet";
        Bank = "bank", "Bank";
        Cash = "cash", "Cash";
        Crypto = "crypto", "Crypto";
        Investment = "investment", "Investment";
        Other = "other", "Other";
    }
}

kinds! {
    /// What an entry says.
    EntryKind {
        Balance = "balance", "Balance";
        Deposit = "deposit", "Deposit";
        Withdrawal = "withdrawal", "Withdrawal";
        Transfer = "transfer", "Transfer";
        Bonus = "bonus", "Bonus";
        Expense = "expense", "Expense";
    }
}

impl AccountKind {
    /// Whether the account is listed under "Poker sites", not under "Assets".
    pub fn is_site(self) -> bool {
        self == AccountKind::Site
    }

    /// Whether its balance may be below zero: an overdraft or a debt.
    pub fn may_be_negative(self) -> bool {
        matches!(self, AccountKind::Bank | AccountKind::Other)
    }

    /// The name of the icon in the sprite.
    pub fn icon(self) -> &'static str {
        match self {
            AccountKind::Site => "suit-spade-fill",
            AccountKind::Wallet => "wallet",
            AccountKind::Bank => "bank",
            AccountKind::Cash => "cash",
            AccountKind::Crypto => "currency-bitcoin",
            AccountKind::Investment => "graph-up-arrow",
            AccountKind::Other => "piggy-bank",
        }
    }
}

impl EntryKind {
    /// The name of the icon in the sprite.
    pub fn icon(self) -> &'static str {
        match self {
            EntryKind::Balance => "check-lg",
            EntryKind::Deposit => "box-arrow-in-down",
            EntryKind::Withdrawal => "box-arrow-up",
            EntryKind::Transfer => "arrow-left-right",
            EntryKind::Bonus => "gift",
            EntryKind::Expense => "receipt",
        }
    }

    /// The name where there is little room.
    pub fn short(self) -> &'static str {
        if self == EntryKind::Withdrawal {
            "Withdraw"
        } else {
            self.label()
        }
    }

    /// Whether its money may come from, or go to, somewhere that is no account here.
    pub fn may_be_outside(self) -> bool {
        matches!(self, EntryKind::Deposit | EntryKind::Withdrawal)
    }

    /// What the form asks, before and after the name of the account.
    pub fn asks(self) -> (&'static str, &'static str) {
        match self {
            EntryKind::Balance => ("", " shows"),
            EntryKind::Deposit => ("Put into ", ""),
            EntryKind::Withdrawal => ("Taken out of ", ""),
            EntryKind::Transfer => ("Moved from ", ""),
            EntryKind::Bonus => ("Bonus on ", ""),
            EntryKind::Expense => ("Paid from ", ""),
        }
    }

    /// The same without an account, and where nothing can follow the account that is chosen.
    pub fn asks_plainly(self) -> &'static str {
        match self {
            EntryKind::Balance => "Balance shown",
            EntryKind::Deposit => "Put in",
            EntryKind::Withdrawal => "Taken out",
            EntryKind::Transfer => "Moved",
            EntryKind::Bonus => "Bonus",
            EntryKind::Expense => "Paid",
        }
    }

    /// Whether its amount is a result (shown as a gain or a loss) and not money that only moves.
    pub fn is_result(self) -> bool {
        matches!(
            self,
            EntryKind::Balance | EntryKind::Bonus | EntryKind::Expense
        )
    }
}

/// A place that holds money, in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    pub kind: AccountKind,
    pub name: String,
    pub currency: Currency,
    /// Where it stands among the user's accounts: smallest first.
    pub position: i32,
    /// Archived accounts are listed apart; their history stays in the totals of the past.
    pub archived_at: Option<DateTime<Utc>>,
    /// Grows with each edit.
    pub version: i32,
}

impl Account {
    /// Whether it is put away.
    pub fn is_archived(&self) -> bool {
        self.archived_at.is_some()
    }
}

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub id: EntryId,
    /// `None` only for deposits and withdrawals whose account is not kept here.
    pub account: Option<AccountId>,
    pub kind: EntryKind,
    /// As the account sees it: in is positive, out is negative; for `Balance` what the account showed.
    pub amount: Decimal,
    /// The part of a transfer's outgoing amount that was its fee.
    pub fee: Decimal,
    pub currency: Currency,
    pub occurred_at: DateTime<Utc>,
    /// Orders entries of the same instant.
    pub position: i64,
    /// What the two rows of a transfer share.
    pub transfer: Option<TransferId>,
    pub note: String,
    pub tags: Vec<String>,
    /// Grows with each edit.
    pub version: i32,
}

/// What the figures need of an entry.
#[derive(Clone, Debug)]
pub struct Line {
    pub id: EntryId,
    pub account: Option<AccountId>,
    pub kind: EntryKind,
    /// See [`Entry::amount`].
    pub amount: Decimal,
    pub currency: Currency,
    pub occurred_at: DateTime<Utc>,
}

impl From<&Entry> for Line {
    fn from(entry: &Entry) -> Self {
        Self {
            id: entry.id,
            account: entry.account,
            kind: entry.kind,
            amount: entry.amount,
            currency: entry.currency,
            occurred_at: entry.occurred_at,
        }
    }
}
