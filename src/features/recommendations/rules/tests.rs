use proptest::prelude::*;

use super::*;

/// Chosen answers by their values, `na` for none.
fn chosen(values: [&str; 4]) -> Chosen {
    let asked = |parameter: &str| {
        let at = FACTORS.iter().position(|one| one.parameter == parameter)?;
        Some(values[at])
    };
    let (chosen, unknown) = Chosen::read(asked);
    assert!(unknown.is_empty(), "{unknown:?}");
    chosen
}

/// The big blinds of the cash levels, which have buy-ins of 40 to 100 of them.
const BIG_BLINDS: &str = "0.02 0.05 0.10 0.25 0.50 1 2 5 10 20 50 100 200 400";
/// The buy-ins of tournaments: of all rooms, and of two.
const ALL: &str = "0.01 0.25 0.55 1 1.10 2.20 2.50 3.30 5 5.50 10 10.50 11 15 20 22 25 27 31.50 50 54 55 100 108 109 110 \
    150 162 215 300 320 400 500 525 530 777 800 840 1000 1050 1100 1500 2100 2500 5000 5200 5300 10000 10300 20000 25000 \
    30000 50000 100000";
const GG: &str = "0.25 1 2.50 5 10.50 11 15 25 31.50 50 54 100 108 150 215 300 320 400 500 525 777 800 840 1000 1050 \
    1500 2100 2500 5000 10000 10300 25000";
const PARTY: &str =
    "0.01 0.55 1.10 2.20 2.50 5 10 11 20 50 100 109 110 215 300 1100 5300 10000 100000";

fn amount(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn cash() -> Vec<Rung> {
    let rung = |blind: &str| Rung {
        name: blind.to_owned(),
        buy_in: amount(blind) * amount("100"),
        least: amount(blind) * amount("40"),
    };
    BIG_BLINDS.split(' ').map(rung).collect()
}

fn tournaments(buy_ins: &str) -> Vec<Rung> {
    let rung = |buy_in: &str| Rung {
        name: buy_in.to_owned(),
        buy_in: amount(buy_in),
        least: amount(buy_in),
    };
    buy_ins.split_whitespace().map(rung).collect()
}

/// Rows of game and risk, columns of opponents and place: `low-high=middle`.
const CASH: &str = "
nlhe conservative 45-86=65.5 43-83=63 46-89=67.5 36-65=50.5 34-62=48 36-66=51 43-80=61.5 40-76=58 43-83=63
nlhe aggressive 33-58=45.5 31-55=43 32-58=45 24-37=30.5 22-34=28 22-34=28 26-40=33 23-36=29.5 23-37=30
nlhe na 42-77=59.5 38-72=55 42-80=61 27-42=34.5 23-37=30 24-38=31 33-53=43 27-43=35 30-50=40
na conservative 49-95=72 46-91=68.5 50-100=75 38-69=53.5 35-65=50 37-70=53.5 48-92=70 44-86=65 50-100=75
na aggressive 34-60=47 31-56=43.5 33-60=46.5 22-34=28 20-30=25 20-30=25 24-36=30 20-30=25 20-30=25
na na 48-90=69 42-82=62 50-100=75 25-38=31.5 20-30=25 20-30=25 40-60=50 20-30=25 0-0=0
";
const TOURNAMENTS: &str = "
nlhe conservative 90-172=131 86-166=126 91-178=134.5 72-130=101 68-124=96 71-131=101 86-160=123 80-151=115.5 87-167=127
nlhe aggressive 66-116=91 62-110=86 64-116=90 48-74=61 44-68=56 44-69=56.5 51-80=65.5 46-71=58.5 47-73=60
nlhe na 83-153=118 77-143=110 84-160=122 53-83=68 47-73=60 48-76=62 67-107=87 53-87=70 60-100=80
na conservative 98-190=144 92-182=137 100-200=150 75-138=106.5 70-130=100 74-140=107 96-184=140 88-172=130 100-200=150
na aggressive 68-120=94 62-112=87 66-120=93 45-68=56.5 40-60=50 40-60=50 48-72=60 40-60=50 40-60=50
na na 95-180=137.5 85-165=125 100-200=150 50-75=62.5 40-60=50 40-60=50 80-120=100 40-60=50 0-0=0
";

#[test]
fn the_multiples_are_those_of_the_tables() {
    for (mode, table) in [(Mode::Cash, CASH), (Mode::Tournaments, TOURNAMENTS)] {
        for row in table.trim().lines() {
            let mut words = row.split(' ');
            let (game, risk) = (words.next().unwrap(), words.next().unwrap());
            let places = ["tough", "soft", "na"]
                .into_iter()
                .flat_map(|skill| ["online", "live", "na"].map(|place| (skill, place)));
            for (skill, place) in places {
                let found = Multiple::of(mode, &chosen([game, skill, risk, place]));
                let shown = found.map_or("0-0=0".to_owned(), |found| {
                    format!("{}-{}={}", found.low, found.high, found.value().normalize())
                });
                assert_eq!(
                    words.next(),
                    Some(&*shown),
                    "{mode:?} {game} {risk} {skill} {place}"
                );
            }
        }
    }
    // The one that the original's documents give.
    let found = Multiple::of(
        Mode::Tournaments,
        &chosen(["plo", "tough", "conservative", "online"]),
    );
    assert_eq!(found.map(Multiple::value), Some(amount("145")));
}

#[test]
fn an_answer_that_there_is_not_counts_as_the_usual_one_and_is_named() {
    let asked = |parameter: &str| match parameter {
        "game_type" => Some("badugi"),
        "skill_level" => Some(""),
        "risk_tolerance" => Some("aggressive"),
        _ => None,
    };
    let (found, unknown) = Chosen::read(asked);
    assert_eq!(found, chosen(["nlhe", "tough", "aggressive", "online"]));
    assert_eq!(unknown, ["Game"]);
}

/// What a bankroll supports: the rung, the bankroll to move up at and what is missing, the one to move down at and what
/// may be lost. Amounts are in dollars.
type Case<'a> = (
    &'a str,
    &'a str,
    Option<(&'a str, &'a str)>,
    Option<(&'a str, &'a str)>,
);

fn check(multiple: &str, ladder: &[Rung], cases: &[Case]) {
    for (bankroll, buy_in, up, down) in cases {
        let found = advise(amount(bankroll), amount(multiple), ladder);
        let place = match found.place {
            Place::On(rung) => ladder[rung].buy_in.normalize().to_string(),
            Place::Short => "short".to_owned(),
            Place::Below => "below".to_owned(),
        };
        assert_eq!(place, *buy_in, "{multiple} × {bankroll}");
        let told = |way: Option<Move>| way.map(|way| (way.at, way.distance));
        let wanted = |way: &Option<(&str, &str)>| way.map(|(at, far)| (amount(at), amount(far)));
        assert_eq!(told(found.up), wanted(up), "{multiple} × {bankroll}, up");
        assert_eq!(
            told(found.down),
            wanted(down),
            "{multiple} × {bankroll}, down"
        );
    }
}

#[test]
fn cash_advice_is_that_of_the_tables() {
    check(
        "72",
        &cash(),
        &[
            ("50", "below", Some(("144", "94")), None),
            ("100", "short", Some(("144", "44")), None),
            ("144", "2", Some(("360", "216")), None),
            ("1000", "10", Some(("1800", "800")), Some(("288", "712"))),
            (
                "10000",
                "100",
                Some(("14400", "4400")),
                Some(("2880", "7120")),
            ),
            ("3000000", "40000", None, Some(("1152000", "1848000"))),
        ],
    );
    check(
        "65.5",
        &cash(),
        &[
            ("52.39", "below", Some(("131", "78.61")), None),
            ("52.40", "short", Some(("131", "78.60")), None),
            ("131", "2", Some(("327.50", "196.50")), None),
            (
                "1000",
                "10",
                Some(("1637.50", "637.50")),
                Some(("262", "738")),
            ),
            (
                "50000",
                "500",
                Some(("65500", "15500")),
                Some(("13100", "36900")),
            ),
        ],
    );
}

#[test]
fn tournament_advice_is_that_of_the_tables() {
    let all = tournaments(ALL);
    assert_eq!(all.len(), 54);
    check(
        "134.5",
        &all,
        &[
            ("1", "below", Some(("1.345", "0.345")), None),
            (
                "500",
                "3.3",
                Some(("672.5", "172.5")),
                Some(("443.85", "56.15")),
            ),
            (
                "5000",
                "31.5",
                Some(("6725", "1725")),
                Some(("4236.75", "763.25")),
            ),
        ],
    );
    check(
        "131",
        &all,
        &[
            (
                "200",
                "1.1",
                Some(("288.2", "88.2")),
                Some(("144.1", "55.9")),
            ),
            (
                "20000",
                "150",
                Some(("21222", "1222")),
                Some(("19650", "350")),
            ),
            ("20000000", "100000", None, Some(("13100000", "6900000"))),
        ],
    );
    let before = |buy_in: Decimal| {
        let at = all.iter().position(|rung| rung.buy_in == buy_in).unwrap();
        all[at - 1].buy_in
    };
    let pairs = [
        (amount("3.30"), amount("2.50")),
        (amount("31.50"), amount("27")),
        (amount("1.10"), amount("1")),
        (amount("150"), amount("110")),
        (amount("100000"), amount("50000")),
    ];
    for (buy_in, lower) in pairs {
        assert_eq!(before(buy_in), lower);
    }
    for (room, to_go) in [(GG, amount("412.25")), (PARTY, amount("345"))] {
        let ladder = tournaments(room);
        let found = advise(amount("1000"), amount("134.5"), &ladder);
        let Place::On(rung) = found.place else {
            panic!("{found:?}")
        };
        assert_eq!(
            (ladder[rung].buy_in, found.up.unwrap().distance),
            (amount("5"), to_go)
        );
    }
}

fn any_chosen() -> impl Strategy<Value = Chosen> {
    let answer = |factor: &Factor| proptest::option::of(0..factor.options.len());
    let [game, skill, risk, place] = FACTORS.map(|factor| answer(&factor));
    (game, skill, risk, place).prop_map(|(a, b, c, d)| Chosen([a, b, c, d]))
}

fn any_bankroll() -> impl Strategy<Value = Decimal> {
    (-100_000_000_000_000_i64..=100_000_000_000_000, 0_u32..60)
        .prop_map(|(cents, shift)| Decimal::new(cents >> shift, 2))
}

/// How high a place is.
fn height(place: Place) -> usize {
    match place {
        Place::Below => 0,
        Place::Short => 1,
        Place::On(rung) => 2 + rung,
    }
}

proptest! {
    #[test]
    fn more_money_is_never_lower_and_each_way_leads_exactly_where_it_says(
        chosen in any_chosen(),
        is_cash: bool,
        bankroll in any_bankroll(),
        more in 0_i64..100_000_000,
    ) {
        let (mode, ladder) = if is_cash {
            (Mode::Cash, cash())
        } else {
            (Mode::Tournaments, tournaments(ALL))
        };
        let Some(multiple) = Multiple::of(mode, &chosen) else { return Ok(()) };
        let multiple = multiple.value();
        prop_assert!(multiple >= amount("20") && multiple <= amount("200"));
        let found = advise(bankroll, multiple, &ladder);
        let richer = advise(bankroll + Decimal::new(more, 2), multiple, &ladder);
        prop_assert!(height(richer.place) >= height(found.place));
        let cent = amount("0.000001");
        if let Some(up) = found.up {
            prop_assert!(up.distance > Decimal::ZERO);
            prop_assert_eq!(bankroll + up.distance, up.at);
            prop_assert_eq!(advise(up.at, multiple, &ladder).place, Place::On(up.to));
            prop_assert_ne!(advise(up.at - cent, multiple, &ladder).place, Place::On(up.to));
        } else {
            prop_assert_eq!(found.place, Place::On(ladder.len() - 1));
        }
        if let (Place::On(rung), Some(down)) = (found.place, found.down) {
            prop_assert!(down.distance >= Decimal::ZERO);
            prop_assert_eq!(bankroll - down.distance, down.at);
            prop_assert!(down.at <= ladder[rung].needed(multiple));
            prop_assert_eq!(down.to + 1, rung);
        }
    }
}

#[test]
fn an_empty_ladder_and_no_money_are_no_fault() {
    for bankroll in [amount("0"), amount("-5"), amount("1000000000000")] {
        let found = advise(bankroll, amount("72"), &[]);
        assert_eq!(
            (found.place, found.up, found.down),
            (Place::Below, None, None)
        );
    }
    let found = advise(amount("-5"), amount("72"), &cash());
    assert_eq!(found.up.map(|up| up.distance), Some(amount("149")));
}

/// Rung, up to and missing, late mark and what may be lost before it: of 30, 50, 75, 100 and 200 buy-ins.
#[test]
fn the_profiles_are_those_of_the_table() {
    let ladder = cash();
    let told = |bankroll: Decimal| {
        profiles(bankroll, &ladder).map(|profile| {
            let rung = profile.rung.map_or("-", |rung| &ladder[rung].name);
            let way = |way: Option<Move>| {
                way.map_or("-".to_owned(), |way| format!("{} {}", way.at, way.distance))
            };
            format!("{rung}, {}, {}", way(profile.up), way(profile.late_down))
        })
    };
    assert_eq!(
        told(amount("1000")),
        [
            "0.25, 1500.00 500.00, 300.00 700.00",
            "0.10, 1250.00 250.00, 250.00 750.00",
            "0.10, 1875.00 875.00, 375.00 625.00",
            "0.10, 2500.00 1500.00, 500.00 500.00",
            "0.05, 2000.00 1000.00, 400.00 600.00",
        ]
    );
    assert_eq!(
        told(amount("50")),
        [
            "60.00 10.00",
            "100.00 50.00",
            "150.00 100.00",
            "200.00 150.00",
            "400.00 350.00"
        ]
        .map(|up| format!("-, {up}, -"))
    );
    // The sooner mark is the requirement of the rung itself.
    let down = profiles(amount("1000"), &ladder)[0].down.unwrap();
    assert_eq!((down.at, down.distance), (amount("750"), amount("250")));
    assert!(
        profiles(amount("1000000000000"), &ladder)
            .iter()
            .all(|one| one.up.is_none())
    );
}
