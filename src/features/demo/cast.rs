//! Who is in the demo user's story: the accounts, when they come and go, and what is played there.

use crate::features::bankroll::ledger::AccountKind;
use crate::money::Currency;

/// An account and its part in the story. Times are per mille of the ten years.
#[derive(Debug)]
pub struct Role {
    pub name: &'static str,
    pub kind: AccountKind,
    pub code: &'static str,
    pub opens: i64,
    /// When it is emptied and archived.
    pub closes: Option<i64>,
    /// How often it is played on, against the others; 0 for what is no poker site.
    pub weight: u32,
    /// In euros: what it holds at most, once the story is at its end.
    pub most: i64,
    /// How many days before today it was last looked at.
    pub quiet: i64,
    /// The tags of what happens there.
    pub tags: &'static [&'static str],
}

const fn site(
    name: &'static str,
    code: &'static str,
    opens: i64,
    weight: u32,
    most: i64,
    tags: &'static [&'static str],
) -> Role {
    Role {
        name,
        kind: AccountKind::Site,
        code,
        opens,
        closes: None,
        weight,
        most,
        quiet: 0,
        tags,
    }
}

const fn asset(
    name: &'static str,
    kind: AccountKind,
    code: &'static str,
    opens: i64,
    most: i64,
) -> Role {
    Role {
        name,
        kind,
        code,
        opens,
        closes: None,
        weight: 0,
        most,
        quiet: 0,
        tags: &[],
    }
}

/// The indices of the accounts that have a part of their own in [`CAST`].
pub const NORTHGATE: usize = 0;
pub const RIVERHOUSE: usize = 1;
pub const FJORDPAY: usize = 8;
pub const LARKPAY: usize = 9;
pub const BANK: usize = 10;
pub const FUND: usize = 11;
pub const CASH: usize = 12;
pub const PURSE: usize = 13;

/// In the user's order.
pub static CAST: [Role; 14] = [
    site("Northgate Poker", "USD", 0, 10, 4_600, &["cash", "nlh"]),
    site("Riverhouse", "EUR", 12, 8, 3_600, &["mtt"]),
    site("Kingfisher Rooms", "GBP", 120, 6, 3_000, &["plo", "cash"]),
    site("Cardinal Club", "USD", 300, 5, 2_400, &["mtt", "sunday"]),
    site("Maple Tables", "CAD", 450, 4, 2_000, &["cash"]),
    Role {
        quiet: 24,
        ..site("Lantern Room", "SEK", 550, 2, 1_300, &["sng"])
    },
    Role {
        closes: Some(400),
        ..site("Old Mill Poker", "EUR", 30, 5, 2_200, &["sng"])
    },
    Role {
        closes: Some(620),
        ..site("Tidewater", "USD", 150, 4, 2_600, &["cash", "plo"])
    },
    asset("Fjordpay", AccountKind::Wallet, "EUR", 0, 3_000),
    asset("Larkpay", AccountKind::Wallet, "USD", 220, 1_600),
    asset("Harbour Bank", AccountKind::Bank, "EUR", 0, 100_000),
    Role {
        quiet: 9,
        ..asset("Summit Fund", AccountKind::Investment, "CHF", 350, 100_000)
    },
    asset("Cash at the table", AccountKind::Cash, "EUR", 80, 1_800),
    Role {
        closes: Some(750),
        ..asset("Festival purse", AccountKind::Cash, "GBP", 200, 900)
    },
];

impl Role {
    /// The currency of its code.
    pub fn currency(&self) -> Currency {
        self.code.parse().unwrap_or(Currency::EUR)
    }
}

/// Every currency in the story.
pub fn currencies() -> Vec<Currency> {
    let mut currencies: Vec<Currency> = CAST.iter().map(Role::currency).collect();
    currencies.sort_unstable();
    currencies.dedup();
    currencies
}

/// What the player has won when this much of the time is over: (per mille, euros). Low stakes first, and two long
/// downswings.
pub static COURSE: [(i64, i64); 17] = [
    (0, 0),
    (50, -180),
    (100, 160),
    (180, 900),
    (250, 2_300),
    (330, 5_200),
    (352, 5_000),
    (395, 3_100),
    (470, 5_900),
    (560, 9_900),
    (650, 14_600),
    (668, 14_400),
    (725, 10_700),
    (800, 13_900),
    (880, 16_400),
    (960, 20_300),
    (1_000, 20_900),
];

/// What the player writes about an evening.
pub static NOTES: [&str; 12] = [
    "Good tables all evening",
    "Short session, tired",
    "Stopped at three buy-ins down",
    "Final table, fourth",
    "Deep run, out on the bubble",
    "Moved up for one session",
    "Back to the usual stakes",
    "Four tables, no mistakes I noticed",
    "Coolers. Played fine.",
    "Tilted in the last hour",
    "Friendly regulars away, soft tables",
    "Tried the new format",
];

/// What money is taken out for.
pub static TREATS: [&str; 7] = [
    "Holiday",
    "New laptop",
    "Bicycle",
    "Dentist",
    "Presents",
    "Sofa",
    "Summer cottage",
];

/// What playing costs.
pub static COSTS: [(&str, &str, i64, i64); 5] = [
    ("Train to the casino", "travel", 18, 60),
    ("Hotel for the series", "travel", 70, 190),
    ("Hand tracker, a year", "software", 45, 95),
    ("Solver subscription", "software", 20, 60),
    ("Coaching, one hour", "coaching", 50, 140),
];
