//! ★ What the advice is made of: the factors with their weights and ranges, the levels of cash games, and the tournaments
//! of three rooms. Every number that the rules use stands here.

use rust_decimal::Decimal;

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

/// How many big blinds the smallest and the largest buy-in of a cash game are.
pub const BUY_IN: (u32, u32) = (40, 100);

/// Small and big blind of each cash level, in US cents.
pub const BLINDS: [(u32, u32); 14] = [
    (1, 2),
    (2, 5),
    (5, 10),
    (10, 25),
    (25, 50),
    (50, 1_00),
    (1_00, 2_00),
    (2_00, 5_00),
    (5_00, 10_00),
    (10_00, 20_00),
    (25_00, 50_00),
    (50_00, 100_00),
    (100_00, 200_00),
    (200_00, 400_00),
];

/// How bold somebody is, by the buy-ins that they hold.
pub const PROFILES: [(&str, u32); 5] = [
    ("Aggressive", 30),
    ("Solid regular", 50),
    ("Serious grinder", 75),
    ("Cautious", 100),
    ("Nit", 200),
];

/// A poker room's tournaments.
#[derive(Debug)]
pub struct Room {
    /// In the address.
    pub value: &'static str,
    pub name: &'static str,
    /// Buy-ins in US cents, smallest first, and what is played for each, as of August 2025.
    pub buy_ins: &'static [(u32, &'static str)],
}

/// The rooms, in the order of the page.
pub const ROOMS: [Room; 3] = [
    Room {
        value: "pokerstars",
        name: "PokerStars",
        buy_ins: &[
            (1, "Micro satellites"),
            (1_10, "MicroMillions, daily micros"),
            (2_20, "SCOOP low, daily tournaments"),
            (3_30, "Saturday Micro, Jet Set low"),
            (5_00, "Winter Series lowest, turbos"),
            (5_50, "WCOOP direct, Spin & Go"),
            (10_00, "Winter Series, daily Bigs ($10,000 guaranteed)"),
            (11_00, "Nightly Stars, Sunday Special satellites"),
            (20_00, "Winter Series, rebuys"),
            (22_00, "Stars Season mid, Sunday satellites"),
            (27_00, "Daily tournaments (25 + 2)"),
            (50_00, "SCOOP low freezeouts"),
            (55_00, "Power Path Express, high-roller satellites"),
            (109_00, "Sunday Warm-Up, SCOOP Main, Sunday Million satellites"),
            (110_00, "Stars Season high"),
            (162_00, "Nightly ($100,000 guaranteed)"),
            (215_00, "Sunday Million ($1,000,000 guaranteed), EPT satellites"),
            (320_00, "High-roller dailies"),
            (530_00, "EPT satellites, WCOOP mid to high"),
            (1_050_00, "SCOOP and WCOOP high, Sunday High Roller"),
            (1_100_00, "PokerStars Open, NAPT Open"),
            (2_100_00, "Super Tuesday"),
            (5_200_00, "EPT High Roller"),
            (5_300_00, "NAPT Las Vegas Main ($3,000,000 guaranteed)"),
            (10_000_00, "BSOP super high roller, EPT qualifiers"),
            (10_300_00, "Super High Roller (up to $1,000,000 guaranteed), WSOP and PCA satellites"),
            (20_000_00, "BSOP Millions super high roller"),
            (30_000_00, "BSOP multi-day super high roller"),
            (50_000_00, "BSOP top super high roller"),
        ],
    },
    Room {
        value: "gg",
        name: "GG Poker",
        buy_ins: &[
            (25, "Rake-free micros, all-in or fold"),
            (1_00, "Daily bounty hunters, Spin & Gold, Omaholic"),
            (2_50, "Bounty low"),
            (5_00, "Mini Global Millions ($300,000)"),
            (10_50, "Mystery bounty mini"),
            (11_00, "Sunday Hundred Grand ($101,000)"),
            (15_00, "Bounty dailies"),
            (25_00, "Daily Special, festival low"),
            (31_50, "Bounty mid"),
            (50_00, "GGMasters satellites, Weekender ($250,000)"),
            (54_00, "Omaha Weekender ($100,000)"),
            (100_00, "Global Millions ($1,000,000 weekly), Flip & Go"),
            (108_00, "Mystery kick-off"),
            (150_00, "GGMasters ($300,000)"),
            (215_00, "Mystery Millions ($1,000,000 top bounty)"),
            (300_00, "Gladiators ($3,000,000), Circuit Ladies"),
            (320_00, "Bounty no-limit hold’em"),
            (400_00, "Colossus ($4,000,000), Plossus ($1,000,000)"),
            (500_00, "WSOP kick-off bounty, Ladies, Mini Main ($4,000,000)"),
            (525_00, "Superstack turbo, high-roller knock-outs"),
            (777_00, "Lucky Sevens"),
            (800_00, "Ultra Deepstack"),
            (840_00, "Bounty Omaha"),
            (1_000_00, "Double Chance, five-card Omaha, daily high rollers"),
            (1_050_00, "Mystery Omaha, Tuesday Classic high roller"),
            (1_500_00, "Monster Stack, Millionaire Maker, World Festival Main ($8,000,000)"),
            (2_100_00, "Bounty championships"),
            (2_500_00, "Turbo championship, Super Million satellites"),
            (5_000_00, "WSOP Online Main ($25,000,000), 6-max, short deck, Omaha high roller"),
            (10_000_00, "Omaha and heads-up championships, festival super high roller"),
            (10_300_00, "GGMillion$ ($10,000,000), Super Million$"),
            (25_000_00, "GGMillion$ super high roller championship, PSPC qualifiers"),
        ],
    },
    Room {
        value: "partypoker",
        name: "PartyPoker",
        buy_ins: &[
            (1, "Micro satellites"),
            (55, "Monster entry, McLaren turbo low"),
            (1_10, "Big Bounty Hunter low"),
            (2_20, "Daily Legends lowest"),
            (2_50, "Fast Five, SPINS"),
            (5_00, "Fast Five, turbos"),
            (10_00, "Fast Five, SPINS"),
            (11_00, "Big Quarter ($150,000), missions"),
            (20_00, "SPINS top, rebuys"),
            (50_00, "Daily Legends mid"),
            (100_00, "Fast Five high, Turbo Series"),
            (109_00, "Sunday Party ($125,000 and more)"),
            (110_00, "Daily Legends high"),
            (215_00, "Monster high, Bounty Hunter top"),
            (300_00, "WPT Rising Star, Ladies"),
            (1_100_00, "Tour packages, WPT Online low"),
            (5_300_00, "Live-linked high rollers and Main"),
            (10_000_00, "Powerfest and WPT high rollers"),
            (100_000_00, "Ultra high roller (rare)"),
        ],
    },
];

/// An amount of this file in US dollars.
pub fn dollars(cents: u32) -> Decimal {
    Decimal::new(i64::from(cents), 2)
}
