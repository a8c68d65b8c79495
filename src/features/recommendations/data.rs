//! ★ What the advice is made of: the factors with their weights and ranges. Every number that the rules use stands here;
//! the levels and buy-ins are in the database, where administrators edit them.

/// What is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Cash,
    Tournaments,
}

/// One of the questions, and how much its answer counts.
#[derive(Debug)]
pub struct Factor {
    /// In the address.
    pub parameter: &'static str,
    pub label: &'static str,
    pub weight: u32,
    /// What counts when nothing is chosen: its place in `options`.
    pub usual: usize,
    pub options: &'static [Choice],
}

/// An answer, and how many buy-ins it asks for, from the least to the most.
#[derive(Debug)]
pub struct Choice {
    /// In the address.
    pub value: &'static str,
    pub label: &'static str,
    pub cash: (u32, u32),
    pub tournaments: (u32, u32),
}

impl Choice {
    /// The range of a mode.
    pub fn range(&self, mode: Mode) -> (u32, u32) {
        match mode {
            Mode::Cash => self.cash,
            Mode::Tournaments => self.tournaments,
        }
    }
}

const fn choice(
    value: &'static str,
    label: &'static str,
    cash: (u32, u32),
    tournaments: (u32, u32),
) -> Choice {
    Choice {
        value,
        label,
        cash,
        tournaments,
    }
}

/// The four questions, in the order of the page.
pub const FACTORS: [Factor; 4] = [
    Factor {
        parameter: "game_type",
        label: "Game",
        weight: 2,
        usual: 1,
        options: &[
            choice("limit_holdem", "Limit hold’em", (20, 30), (40, 60)),
            choice("nlhe", "No-limit hold’em", (30, 50), (60, 100)),
            choice("plo", "Pot-limit Omaha", (50, 100), (100, 200)),
        ],
    },
    Factor {
        parameter: "skill_level",
        label: "Opponents",
        weight: 3,
        usual: 1,
        options: &[
            choice("soft", "Soft", (20, 30), (40, 60)),
            choice("tough", "Tough", (50, 100), (100, 200)),
        ],
    },
    Factor {
        parameter: "risk_tolerance",
        label: "Risk",
        weight: 4,
        usual: 0,
        options: &[
            choice("conservative", "Careful", (50, 100), (100, 200)),
            choice("aggressive", "Bold", (20, 30), (40, 60)),
        ],
    },
    Factor {
        parameter: "game_environment",
        label: "Where",
        weight: 1,
        usual: 1,
        options: &[
            choice("live", "Live", (20, 30), (40, 60)),
            choice("online", "Online", (40, 60), (80, 120)),
        ],
    },
];

/// How bold somebody is, by the buy-ins that they hold.
pub const PROFILES: [(&str, u32); 5] = [
    ("Aggressive", 30),
    ("Solid regular", 50),
    ("Serious grinder", 75),
    ("Cautious", 100),
    ("Nit", 200),
];

/// A poker room whose tournaments are listed.
#[derive(Debug, PartialEq, Eq)]
pub struct Room {
    /// In the address and the database.
    pub value: &'static str,
    pub name: &'static str,
}

/// The rooms, in the order of the page.
pub static ROOMS: [Room; 3] = [
    Room {
        value: "pokerstars",
        name: "PokerStars",
    },
    Room {
        value: "gg",
        name: "GG Poker",
    },
    Room {
        value: "partypoker",
        name: "PartyPoker",
    },
];
