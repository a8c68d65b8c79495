use proptest::prelude::*;

use super::*;

fn game(win_rate: f64, deviation: f64) -> Game {
    Game::new(win_rate, deviation).unwrap()
}

fn estimate(win_rate: f64, error: f64, deviation: f64) -> Estimate {
    Estimate::new(game(win_rate, deviation), error).unwrap()
}

/// So many digits are the same.
fn same(found: f64, expected: f64, digits: i32) -> bool {
    (found - expected).abs() <= expected.abs() * 10_f64.powi(-digits)
}

/// A published value is told with a fixed number of decimals.
fn to_decimals(found: f64, expected: f64, decimals: i32) -> bool {
    (found - expected).abs() <= 0.5 * 10_f64.powi(-decimals)
}

#[test]
fn the_risk_of_ruin_is_the_known_one() {
    for (w, sd, b, risk) in [
        (30.0, 600.0, 15_000.0, 0.082_084_998_623_898_8),
        (5.0, 100.0, 2000.0, 0.135_335_283_236_612_7),
    ] {
        let found = game(w, sd).ruin(b);
        assert!(same(found, risk, 14), "{w} {sd} {b}: {found}");
    }
}

#[test]
fn the_bankroll_for_a_risk_is_the_known_one() {
    for (w, sd, risk, b) in [
        (20.0, 200.0, 0.05, 2995.7323),
        (20.0, 200.0, 0.001, 6907.7553),
        (10.0, 50.0, 0.002, 776.826),
    ] {
        let found = game(w, sd).required(risk).unwrap();
        assert!(to_decimals(found, b, 4), "{w} {sd} {risk}: {found}");
    }
}

#[test]
fn the_risk_within_a_time_is_the_known_one() {
    // The first two are published, the others computed with 60 digits.
    for (w, sd, b, n, risk) in [
        (2.5, 100.0, 2000.0, 1000.0, 0.284_413_07),
        (5.0, 100.0, 3000.0, 1000.0, 0.042_371_97),
    ] {
        let found = game(w, sd).ruin_within(b, n);
        assert!(to_decimals(found, risk, 8), "{w} {sd} {b} {n}: {found}");
    }
    for (w, sd, b, n, risk) in [
        (50.0, 100.0, 1e4, 100.0, 1.433_462_245_967_674_2e-50),
        (5.0, 100.0, 5000.0, 1e9, 0.006_737_946_999_085_467),
        (0.0, 100.0, 1000.0, 100.0, 0.317_310_507_862_914_1),
        (-80.0, 100.0, 4000.0, 100.0, 0.999_979_405_388_975_1),
        (-50.0, 100.0, 100.0, 1e6, 1.0),
    ] {
        let found = game(w, sd).ruin_within(b, n);
        assert!(same(found, risk, 12), "{w} {sd} {b} {n}: {found}");
    }
}

#[test]
fn the_chance_to_win_so_much_first_is_the_known_one() {
    for (w, b, g, chance) in [
        (5.0, 2000.0, 2000.0, 0.880_797_08),
        (2.5, 2000.0, 3000.0, 0.688_648_25),
        (0.0, 2000.0, 3000.0, 0.4),
        // Losing is winning seen from the other side.
        (-5.0, 2000.0, 2000.0, 1.0 - 0.880_797_08),
    ] {
        let found = game(w, 100.0).reach(g, b);
        assert!(to_decimals(found, chance, 8), "{w} {b} {g}: {found}");
    }
}

#[test]
fn the_risk_with_an_uncertain_win_rate_is_the_known_one() {
    // The first is published, the others computed with 60 digits.
    for (m, s, sd, b, risk) in [
        (5.0, 10_f64.sqrt(), 100.0, 5000.0, 0.113_846_298_006_658_1),
        (0.5, 10.0, 100.0, 1e6, 0.480_260_421_049_539_2),
        (5.0, 0.1, 100.0, 50_000.0, 3.179_970_900_197_75e-22),
        (5.0, 0.001, 100.0, 20_000.0, 2.061_170_111_733_494_4e-9),
        (-3.0, 2.0, 100.0, 4000.0, 0.971_554_777_028_284_4),
        (30.0, 1.0, 80.0, 1e5, 9.014_687_830_210_341e-197),
        // Without the series this is infinity times nothing.
        (0.001, 5.0, 90.0, 1e9, 0.499_920_534_687_692_3),
        (40.0, 1.0, 100.0, 1e5, 2.650_396_553_004_311e-261),
    ] {
        let found = estimate(m, s, sd).ruin(b);
        assert!(same(found, risk, 12), "{m} {s} {sd} {b}: {found}");
    }
}

#[test]
fn the_bankroll_for_a_risk_with_an_uncertain_win_rate_is_the_known_one() {
    // Solved with 60 digits.
    for (m, s, sd, risk, b) in [
        (5.0, 10_f64.sqrt(), 100.0, 0.1, 6_157.538_298_632_49),
        (5.0, 10_f64.sqrt(), 100.0, 0.06, 61_193.621_106_673_4),
        (5.0, 1.0, 100.0, 0.01, 5_131.889_190_233_76),
        (10.0, 2.0, 100.0, 0.05, 1_600.304_763_340_1),
        (10.0, 2.0, 100.0, 0.01, 2_565.944_595_116_88),
    ] {
        let found = estimate(m, s, sd).required(risk).unwrap();
        assert!(same(found, b, 11), "{m} {s} {sd} {risk}: {found}");
    }
}

#[test]
fn the_chance_to_lose_is_the_known_one() {
    // Over so many stretches one loses exactly if their mean is below zero.
    for (w, sd, stretches, chance) in [
        (2.5, 100.0, 1000.0, 0.214_598),
        (5.0, 100.0, 100.0, 0.308_538),
    ] {
        let game = game(w, sd);
        let found = Estimate::new(game, game.standard_error(stretches))
            .unwrap()
            .losing();
        assert!(to_decimals(found, chance, 6), "{w} {sd}: {found}");
    }
    assert!(same(
        game(5.0, 100.0).standard_error(1000.0),
        3.162_277_660_168_379_5,
        15
    ));
}

#[test]
fn kelly_is_the_variance_over_the_win_rate() {
    assert_eq!(game(5.0, 100.0).kelly(), Some(2000.0));
    assert_eq!(game(0.0, 100.0).kelly(), None);
    assert_eq!(game(-5.0, 100.0).kelly(), None);
}

#[test]
fn no_bankroll_is_enough_where_nothing_is_won() {
    for win_rate in [0.0, -1e-300, -5.0] {
        let game = game(win_rate, 100.0);
        assert!(same(game.ruin(1e9), 1.0, 15));
        assert_eq!(game.required(0.5), None);
    }
    // 5.69 % is the chance that the true win rate is zero or less.
    let estimate = estimate(5.0, 10_f64.sqrt(), 100.0);
    assert!(to_decimals(estimate.losing(), 0.056_923, 6));
    assert_eq!(estimate.required(0.05), None);
    assert!(estimate.required(0.0570).is_some());
}

#[test]
fn what_is_no_number_is_no_game_and_no_bankroll() {
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    for odd in odd {
        assert_eq!(Game::new(odd, 100.0), None);
        assert_eq!(Game::new(5.0, odd), None);
        assert_eq!(Estimate::new(game(5.0, 100.0), odd), None);
    }
    assert_eq!(Game::new(5.0, 0.0), None);
    assert_eq!(Game::new(5.0, -100.0), None);
    assert_eq!(Estimate::new(game(5.0, 100.0), 0.0), None);
    for none in [f64::NAN, f64::NEG_INFINITY, -1.0, 0.0] {
        assert!(same(game(5.0, 100.0).ruin(none), 1.0, 15));
        assert!(same(estimate(5.0, 1.0, 100.0).ruin(none), 1.0, 15));
        assert_eq!(game(5.0, 100.0).required(none), None);
        assert_eq!(estimate(5.0, 1.0, 100.0).required(none), None);
    }
    assert_eq!(game(5.0, 100.0).required(1.0), Some(0.0));
    assert_eq!(estimate(5.0, 1.0, 100.0).required(1.0), Some(0.0));
}

/// Of any size, and often not a number that makes sense.
fn any() -> impl Strategy<Value = f64> {
    prop_oneof![
        proptest::num::f64::ANY,
        (-20.0..20.0).prop_map(|power: f64| 10_f64.powf(power)),
        (-20.0..20.0).prop_map(|power: f64| -(10_f64.powf(power))),
        -1000.0..1000.0,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn whatever_is_asked_a_chance_is_a_chance(
        win_rate in any(), deviation in any(), error in any(), bankroll in any(), other in any(),
    ) {
        let chance = |value: f64| (0.0..=1.0).contains(&value);
        if let Some(game) = Game::new(win_rate, deviation) {
            prop_assert!(chance(game.ruin(bankroll)));
            prop_assert!(chance(game.ruin_within(bankroll, other)));
            prop_assert!(chance(game.reach(other, bankroll)));
            prop_assert!(game.required(other).is_none_or(|b| (0.0..=MOST).contains(&b)));
            prop_assert!(game.kelly().is_none_or(|b| (0.0..=MOST).contains(&b)));
            if let Some(estimate) = Estimate::new(game, error) {
                prop_assert!(chance(estimate.ruin(bankroll)));
                prop_assert!(estimate.required(other).is_none_or(|b| (0.0..=2.0 * MOST).contains(&b)));
            }
        }
    }

    #[test]
    fn more_money_never_raises_the_risk_and_less_certainty_never_lowers_the_floor(
        win_rate in -20.0..40.0, deviation in 20.0..400.0, error in 0.01..30.0,
        bankroll in 0.0..100_000.0, more in 0.0..100_000.0,
    ) {
        let game = game(win_rate, deviation);
        let estimate = Estimate::new(game, error).unwrap();
        let (least, slack) = (bankroll + more, 1.0 + 1e-12);
        prop_assert!(game.ruin(least) <= game.ruin(bankroll) * slack);
        prop_assert!(estimate.ruin(least) <= estimate.ruin(bankroll) * slack);
        prop_assert!(estimate.ruin(bankroll) * slack >= estimate.losing());
        prop_assert!(game.ruin_within(bankroll, 1e3) <= game.ruin_within(bankroll, 1e4) * slack);
        prop_assert!(game.ruin_within(bankroll, 1e4) <= game.ruin(bankroll) * slack);
    }

    #[test]
    fn the_bankroll_for_a_risk_has_that_risk(
        win_rate in 0.1..40.0, deviation in 20.0..400.0, error in 0.01..30.0, risk in 0.0001..0.9999,
    ) {
        let game = game(win_rate, deviation);
        let required = game.required(risk).unwrap();
        prop_assert!(same(game.ruin(required), risk, 9));
        let estimate = Estimate::new(game, error).unwrap();
        match estimate.required(risk) {
            Some(required) => prop_assert!(same(estimate.ruin(required), risk, 9)),
            None => prop_assert!(estimate.losing() >= risk * (1.0 - 1e-9)),
        }
    }
}
