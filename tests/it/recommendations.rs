//! Advice through its pages.

use crate::harness::{Client, Page, TestApp};

/// The four-factor default of the original, without its game: 72 buy-ins.
const NO_GAME: &str =
    "game_type=na&skill_level=tough&risk_tolerance=conservative&game_environment=online";
/// Without a game and a place, tournaments: 150 buy-ins.
const CAREFUL: &str =
    "game_type=na&skill_level=tough&risk_tolerance=conservative&game_environment=na";

async fn cash(client: &mut Client, query: &str) -> Page {
    client.open(&format!("/stakes/cash?{query}")).await
}

async fn tournaments(client: &mut Client, query: &str) -> Page {
    client.open(&format!("/stakes/tournaments?{query}")).await
}

/// The recommended level, what is missing for the next, what may be lost: for programs.
fn told(page: &Page) -> [String; 3] {
    let one = |selector: &str, name: &str| {
        if page.has(selector) {
            page.attr(selector, name)
        } else {
            "-".to_owned()
        }
    };
    [
        one("[data-level]", "data-level"),
        one("[data-up]", "data-up"),
        one("[data-down]", "data-down"),
    ]
}

/// Guards the levels in the database and the way from an address to the rules.
#[tokio::test]
async fn cash_advice_is_that_of_the_tables() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    for (bankroll, wanted) in [
        ("50", ["Below the smallest", "94", "-"]),
        ("100", ["$0.01/0.02, short", "44", "-"]),
        ("144", ["$0.01/0.02", "216", "-"]),
        ("1000", ["$0.05/0.10", "800", "712"]),
        ("10000", ["$0.50/1", "4400", "7120"]),
        ("3000000", ["$200/400", "-", "1848000"]),
    ] {
        let page = cash(&mut client, &format!("{NO_GAME}&bankroll={bankroll}")).await;
        assert_eq!(told(&page), wanted, "{bankroll}");
        assert_eq!(page.attr("[data-multiple]", "data-multiple"), "72");
    }
    // The usual answers, and the edges of the gap below the lowest level.
    for (bankroll, wanted) in [
        ("52.39", ["Below the smallest", "78.61", "-"]),
        ("52.40", ["$0.01/0.02, short", "78.6", "-"]),
        ("131", ["$0.01/0.02", "196.5", "-"]),
        ("50000", ["$2/5", "15500", "36900"]),
    ] {
        let page = cash(&mut client, &format!("bankroll={bankroll}")).await;
        assert_eq!(told(&page), wanted, "{bankroll}");
    }
}

#[tokio::test]
async fn tournament_advice_is_that_of_the_tables() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let all = "game_type=nlhe&skill_level=tough&risk_tolerance=conservative&game_environment=na";
    for (query, wanted, ideal) in [
        (
            format!("{all}&bankroll=1"),
            ["Below the smallest", "0.345", "-"],
            "0.0074",
        ),
        (
            format!("{all}&bankroll=500"),
            ["$3.30", "172.5", "56.15"],
            "3.7175",
        ),
        (
            format!("{all}&bankroll=5000"),
            ["$31.50", "1725", "763.25"],
            "37.1747",
        ),
        (
            format!("{all}&bankroll=1000&site_filter=gg"),
            ["$5", "412.25", "327.5"],
            "7.4349",
        ),
        (
            format!("{all}&bankroll=1000&site_filter=partypoker"),
            ["$5", "345", "327.5"],
            "7.4349",
        ),
        (
            "bankroll=20000".to_owned(),
            ["$150", "1222", "350"],
            "152.6718",
        ),
        (
            "bankroll=20000000".to_owned(),
            ["$100,000", "-", "6900000"],
            "152671.7557",
        ),
    ] {
        let page = tournaments(&mut client, &query).await;
        assert_eq!(told(&page), wanted, "{query}");
        assert_eq!(page.attr("[data-ideal]", "data-ideal"), ideal, "{query}");
    }
    // Each room has its own list, and a room that is asked for stands alone.
    let page = tournaments(&mut client, "").await;
    let rows = |room: &str| page.count(&format!("#{room} .ladder li"));
    assert_eq!(
        (rows("pokerstars"), rows("gg"), rows("partypoker")),
        (29, 32, 19)
    );
    // What is far from the recommended one is folded away: nobody passes it on the way there.
    for (bankroll, near, far) in [("20000", 7, 2), ("1", 3, 1), ("100000000", 4, 1)] {
        let page = tournaments(&mut client, &format!("bankroll={bankroll}")).await;
        for room in ["pokerstars", "gg", "partypoker"] {
            assert_eq!(page.count(&format!("#{room} .ladder > ol > li")), near);
            assert_eq!(page.count(&format!("#{room} .ladder > details")), far);
            assert!(!page.has(&format!("#{room} details .now")));
        }
        assert_eq!(page.has(".ladder > ol > .now"), bankroll != "1");
    }
    let page = tournaments(&mut client, "site_filter=gg").await;
    assert_eq!(page.count(".ladder"), 1);
}

#[tokio::test]
async fn every_choice_and_every_bankroll_has_an_answer() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    for game in ["limit_holdem", "nlhe", "plo", "na"] {
        for skill in ["soft", "tough", "na"] {
            for risk in ["conservative", "aggressive", "na"] {
                for place in ["live", "online", "na"] {
                    let query = format!(
                        "game_type={game}&skill_level={skill}&risk_tolerance={risk}&game_environment={place}&bankroll=-7"
                    );
                    let nothing = [game, skill, risk, place] == ["na"; 4];
                    for page in [
                        cash(&mut client, &query).await,
                        tournaments(&mut client, &query).await,
                    ] {
                        assert_eq!(page.has("[data-level]"), !nothing, "{query}");
                        assert_eq!(
                            page.text().contains("Nothing is chosen"),
                            nothing,
                            "{query}"
                        );
                    }
                }
            }
        }
    }
    for bankroll in [
        "0",
        "-1",
        "-0.01",
        "1000000000000",
        "0.00",
        "1000000000000000",
    ] {
        let query = format!("bankroll={bankroll}");
        assert!(
            cash(&mut client, &query).await.has("[data-level]"),
            "{bankroll}"
        );
        assert!(
            tournaments(&mut client, &query).await.has("[data-level]"),
            "{bankroll}"
        );
    }
    // What is no amount stays typed, and says what is wrong with it.
    for bankroll in [
        "lots",
        "1e9",
        "99999999999999999999999999999999",
        "10000000000000000",
        "NaN",
        "5.1234",
    ] {
        for path in ["/stakes/cash", "/stakes/tournaments"] {
            let page = client.get(&format!("{path}?bankroll={bankroll}")).await;
            assert_eq!(page.status, 422, "{path} {bankroll}");
            assert_eq!(page.attr("#bankroll", "value"), bankroll);
            assert!(
                page.has("#bankroll[aria-invalid=true]") && page.has("[data-level]"),
                "{path} {bankroll}"
            );
        }
    }
}

#[tokio::test]
async fn an_unknown_answer_is_the_usual_one_with_a_notice() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let page = cash(
        &mut client,
        "game_type=badugi&skill_level=tough&bankroll=131",
    )
    .await;
    assert_eq!(told(&page)[0], "$0.01/0.02");
    assert!(page.has("#odd .notice") && page.text().contains("Game: the address has an answer"));
    let page = tournaments(&mut client, "site_filter=nowhere&bankroll=20000").await;
    assert_eq!(told(&page)[0], "$150");
    assert!(page.text().contains("Room: the address"));
    assert!(
        !cash(&mut client, "game_type=nlhe")
            .await
            .has("#odd .notice")
    );
}

/// Fails when a page that only asks is remembered, and when the answers of the form are not.
#[tokio::test]
async fn a_choice_is_remembered_and_looking_is_not_choosing() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let mut other = app.user().await;
    let page = cash(&mut client, CAREFUL).await;
    assert_eq!(page.attr("[data-multiple]", "data-multiple"), "75");
    let page = client.open("/stakes/cash").await;
    assert_eq!(page.attr("[data-multiple]", "data-multiple"), "65.5");

    let mut form = page.form("form.question");
    form.set("game_type", "plo");
    form.set("game_environment", "na");
    form.set("bankroll", "1000");
    let answer = client.send_form(&form).await;
    answer.leads_to(
        "/stakes/cash?game_type=plo&skill_level=tough&risk_tolerance=conservative&game_environment=na&bankroll=1000",
    );
    let page = client.open("/stakes/tournaments").await;
    assert_eq!(page.attr("[data-multiple]", "data-multiple"), "150");
    assert_eq!(
        page.attr("#bankroll", "value"),
        "",
        "a bankroll to try is not remembered"
    );
    let page = other.open("/stakes/cash").await;
    assert_eq!(page.attr("[data-multiple]", "data-multiple"), "65.5");
    // The room is chosen on the other page, and what was chosen here stays.
    let mut form = client
        .open("/stakes/tournaments")
        .await
        .form("form.question");
    form.set("site_filter", "gg");
    client.send_form(&form).await;
    assert_eq!(client.open("/stakes/tournaments").await.count(".ladder"), 1);
    let form = client.open("/stakes/cash").await.form("form.question");
    client.send_form(&form).await;
    assert_eq!(
        client.open("/stakes/tournaments").await.count(".ladder"),
        1,
        "the page of cash games has no rooms, and forgets none"
    );
    // An answer that there is not is not remembered.
    let token = client.token().await;
    client
        .post(
            "/stakes/cash",
            &[
                ("form_token", &token),
                ("game_type", "badugi"),
                ("skill_level", "soft"),
            ],
        )
        .await;
    let kept: String = sqlx::query_scalar(
        "select game_type || ' ' || skill_level from stakes_choices where user_id = $1",
    )
    .bind(client.user)
    .fetch_one(&app.db)
    .await
    .unwrap();
    assert_eq!(kept, "nlhe soft");
}

/// Somebody with 400 dollars on a site and 1,040 euro in a bank: 1,360 euro or 1,700 dollars, at 1.25.
async fn divided(app: &TestApp) -> Client {
    app.set_rate("USD", "2026-10-01", "1.25").await;
    let mut client = app.user().await;
    for (kind, name, currency, opening) in [
        ("site", "Northgate", "USD", "400"),
        ("bank", "Harbour", "EUR", "1040"),
    ] {
        client
            .add_account_with(kind, name, currency, opening, true)
            .await;
    }
    client
}

#[tokio::test]
async fn the_page_says_where_the_money_is() {
    let app = TestApp::new().await;
    let mut client = divided(&app).await;
    let page = client.open("/stakes/cash").await;
    // 400 + 1040 × 1.25 = 1700: 65.5 × 25 = 1637.50 is the level of 0.10/0.25.
    assert_eq!(page.attr("[data-bankroll]", "data-bankroll"), "1700");
    assert_eq!(told(&page), ["$0.10/0.25", "1575", "1045"]);
    let text = page.text();
    assert!(text.contains("68 buy-ins for $0.10/0.25"), "{text}");
    let places = page.texts("main li");
    let northgate = "16 on Northgate: moving $100.00 USD there would give 20.";
    assert!(places.iter().any(|place| place == northgate), "{places:?}");
    assert!(text.contains("Thin: under 20") && text.contains("Reserve"));
    // Hidden amounts hide what is the user's, not what anybody may know.
    client.post_form("/settings/hide", &[]).await;
    let page = client.open("/stakes/cash").await;
    assert!(
        !page.html().contains("1,700")
            && !page.html().contains("\"1700\"")
            && !page.html().contains("1,045")
    );
    // A count of what has a price tells the amount, and so would a place between known amounts.
    assert!(page.text().contains("1,637.50") && !page.text().contains("68 buy-ins"));
    assert!(!page.has("svg.track"));
    // Of many sites five are named.
    for name in ["Riverhouse", "Kingfisher", "Cardinal", "Maple", "Lantern"] {
        client
            .add_account_with("site", name, "EUR", "1", true)
            .await;
    }
    let text = client.open("/stakes/cash").await.text();
    assert_eq!(text.matches(" there would give 20").count(), 5, "{text}");
    assert!(text.contains("and 1 more, in the table"), "{text}");
}

/// 1,700 dollars are 68 buy-ins of 25.
#[tokio::test]
async fn the_dashboard_counts_in_money_in_buy_ins_or_in_per_cent() {
    let app = TestApp::new().await;
    let mut client = divided(&app).await;
    let mut counted_in = async |measure: &str, hide: bool| {
        let fields = [("measure", measure), ("next", "/dashboard?range=all")];
        client
            .post_form("/settings/measure", &fields)
            .await
            .leads_to("/dashboard?range=all");
        if hide {
            client.post_form("/settings/hide", &[]).await;
        }
        let page = client.open("/dashboard?range=all").await;
        let pressed = page.attr("[form=measure][aria-pressed=true]", "value");
        let text = page.text();
        let from = text.find("Total bankroll").unwrap();
        let to = text.find("How is this computed").unwrap();
        (pressed, text[from..to].to_owned())
    };
    let has = |text: &str, all: &[&str]| {
        for one in all {
            assert!(text.contains(one), "{one}: {text}");
        }
    };

    let (pressed, text) = counted_in("money", false).await;
    assert_eq!(pressed, "money");
    has(
        &text,
        &["€ 1,360 .00", "On poker sites €320.00", "Assets €1,040.00"],
    );
    let (pressed, text) = counted_in("buy-ins", false).await;
    assert_eq!(pressed, "buy-ins");
    has(
        &text,
        &[
            "68 buy-ins",
            "On poker sites 16 Assets 52",
            "One buy-in is $25.00, the full one of $0.10/0.25",
        ],
    );
    // Buy-ins with their price tell the amount, shares do not.
    let (_, text) = counted_in("buy-ins", true).await;
    has(&text, &["••• buy-ins", "On poker sites ••• Assets •••"]);
    let (pressed, text) = counted_in("percent", false).await;
    assert_eq!(pressed, "percent");
    has(&text, &["On poker sites 23.5 % Assets 76.5 %"]);
    assert!(!text.contains("1,360"), "{text}");
    assert_eq!(counted_in("chips", false).await.0, "money");

    // Who chooses nothing to play has no buy-in.
    counted_in("buy-ins", false).await;
    let nothing = [
        "game_type",
        "skill_level",
        "risk_tolerance",
        "game_environment",
    ]
    .map(|factor| (factor, "na"));
    client.post_form("/stakes/cash", &nothing).await;
    let page = client.open("/dashboard").await;
    assert!(!page.has("[form=measure][value=buy-ins]"));
    assert!(page.has("[form=measure][value=money][aria-pressed=true]"));
}

/// Fails when levels are kept under anything but their version.
#[tokio::test]
async fn a_level_that_is_added_is_seen_at_once() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let query = format!("{NO_GAME}&bankroll=10000000");
    assert_eq!(told(&cash(&mut client, &query).await)[0], "$200/400");
    sqlx::query("insert into cash_levels (small_blind, big_blind, least_buy_in, most_buy_in) values (500, 1000, 40000, 100000)")
        .execute(&app.db)
        .await
        .unwrap();
    assert_eq!(told(&cash(&mut client, &query).await)[0], "$500/1,000");
}
