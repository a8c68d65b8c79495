//! What charts draw and say of a ledger.

use stakeeasy::web::session::Method;

use crate::harness::{Client, TestApp};

/// Somebody who puts 1,000 on a site on 26 October, then has these balances, each with its day.
async fn player(app: &TestApp, balances: &[(&str, &str)]) -> Client {
    app.set_now("2026-10-26T12:00:00Z");
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "1000")
        .await;
    for (day, balance) in balances {
        app.set_now(&format!("{day}T12:00:00Z"));
        client
            .add_entry("balance", &[("account", &site), ("amount", balance)])
            .await;
    }
    client
}

/// Every page with a band of results.
const BANDS: [&str; 4] = [
    "/dashboard?range=all",
    "/charts",
    "/charts/bankroll?range=all",
    "/charts/profit?range=all",
];

/// The kind: a loss in the colour or the words of a profit.
#[tokio::test]
async fn a_loss_is_drawn_and_called_a_loss_and_nothing_else() {
    let app = TestApp::new().await;
    let mut client = player(&app, &[("2026-10-28", "400")]).await;
    for path in BANDS {
        let page = client.open(path).await;
        let legend = legend(&page);
        assert!(page.has("svg.chart .area-down"), "{path}");
        assert!(!page.has("svg.chart :is(.area, .area-up)"), "{path}");
        assert!(legend.contains("loss"), "{path}: {legend}");
        assert!(!legend.contains("profit"), "{path}: {legend}");
        // For those who do not see it, and for the tooltip.
        let told = page.text();
        assert!(
            told.contains("a loss of €600.00") || told.contains("A loss of €600.00"),
            "{path}: {told}"
        );
        assert!(page.html().contains("Loss"), "{path}");
        // The legend has the colour of what it names.
        assert!(page.has(".legend .area-down"), "{path}");
        assert!(!page.has(".legend :is(.area, .area-up)"), "{path}");
    }
    // A line of results has the colour of each side, and so has its end.
    let page = client.open("/charts/profit?range=all").await;
    assert!(page.has("svg.chart .line[stroke$='-z)']"));
    assert!(page.has("svg.chart .stop-gain + .stop-loss"));
    assert!(page.has("svg.chart .dot.dot-loss"));
}

#[tokio::test]
async fn a_profit_is_drawn_and_called_a_profit_and_nothing_else() {
    let app = TestApp::new().await;
    let mut client = player(&app, &[("2026-10-28", "1600")]).await;
    for path in BANDS {
        let page = client.open(path).await;
        let legend = legend(&page);
        assert!(!page.has("svg.chart .area-down"), "{path}");
        assert!(page.has("svg.chart :is(.area, .area-up)"), "{path}");
        assert!(
            legend.contains("profit") && !legend.contains("loss"),
            "{path}: {legend}"
        );
        assert!(page.has(".legend .area-up"), "{path}");
        assert!(!page.has(":is(.legend .area-down, .dot-loss)"), "{path}");
    }
}

#[tokio::test]
async fn a_band_that_changes_sides_has_both_colours_and_both_words() {
    let app = TestApp::new().await;
    let mut client = player(&app, &[("2026-10-28", "400"), ("2026-10-29", "1300")]).await;
    for path in BANDS {
        let page = client.open(path).await;
        let legend = legend(&page);
        assert!(page.has("svg.chart .area-down"), "{path}");
        assert!(page.has("svg.chart :is(.area, .area-up)"), "{path}");
        assert!(
            legend.contains("profit") && legend.contains("loss"),
            "{path}: {legend}"
        );
    }
}

/// The kind: money that only moves, in the colour of a result. A cash-out draws the bankroll under what was put in until
/// the evening before, if the one is drawn as a slope and the other as a step.
#[tokio::test]
async fn money_that_only_moves_is_neither_a_profit_nor_a_loss() {
    let app = TestApp::new().await;
    let mut client = player(&app, &[]).await;
    let site = client.account("Stars").await;
    app.set_now("2026-10-28T12:00:00Z");
    client
        .add_entry("withdrawal", &[("account", &site), ("amount", "800")])
        .await;
    app.set_now("2026-10-29T12:00:00Z");
    client
        .add_entry("deposit", &[("account", &site), ("amount", "500")])
        .await;
    for path in BANDS {
        let page = client.open(path).await;
        assert!(
            !page.has("svg.chart :is(.area, .area-up, .area-down)"),
            "{path}"
        );
        let legend = legend(&page);
        assert!(
            !legend.contains("profit") && !legend.contains("loss"),
            "{path}: {legend}"
        );
    }
}

/// A room with 1,100 and a bank account that owes 600.
async fn debtor(app: &TestApp) -> Client {
    app.set_now("2026-10-26T12:00:00Z");
    let mut client = app.user().await;
    app.account_with(&client, "site", "Room", "EUR", "1100")
        .await;
    let bank = app.account(&client, "bank", "Bank", "EUR").await;
    client
        .add_entry("balance", &[("account", &bank), ("amount", "-600")])
        .await;
    app.set_now("2026-10-30T12:00:00Z");
    client
}

/// The kind: what is owed has no place in a drawing, and is left out of it without a word.
#[tokio::test]
async fn an_account_below_zero_is_drawn_or_named() {
    let app = TestApp::new().await;
    let mut client = debtor(&app).await;
    for style in ["areas", "bars"] {
        let page = client
            .open(&format!("/charts/accounts?range=all&style={style}"))
            .await;
        assert!(
            page.has(".chart-wide path.c1") && page.has(".chart-wide path.c2"),
            "{style}"
        );
    }
    let shares = [
        ("/charts/distribution?style=doughnut", "slice"),
        ("/charts/distribution?style=polar", "slice"),
        ("/charts/distribution?style=radar", "share"),
        ("/charts", "share"),
        ("/dashboard", "share"),
        ("/accounts", "share"),
    ];
    for (path, place) in shares {
        let told = client.open(path).await.text();
        let sentence = format!(
            "Bank (−€600.00) is below zero and has no {place}: the shares are of the €1,100.00 above zero."
        );
        assert!(told.contains(&sentence), "{path}: {told}");
        // Room is all that is above zero.
        assert!(told.contains("Room 100.0"), "{path}: {told}");
    }
    // Nor has a group a share, where another is below zero.
    for path in ["/dashboard", "/accounts"] {
        assert!(!client.open(path).await.has("tr.group .tag"), "{path}");
    }
    // A currency owes when all accounts in it together do: here they hold 500.
    let told = client.open("/charts/currencies").await.text();
    assert!(!told.contains("below zero"), "{told}");
    let csv = client.open("/charts/distribution.csv").await.html();
    assert!(
        csv.contains("Room,1100.00,EUR,1100.00,100.0")
            && csv.contains("Bank,-600.00,EUR,-600.00,\r"),
        "{csv:?}"
    );
}

#[tokio::test]
async fn nothing_but_accounts_below_zero_is_said_and_not_an_empty_drawing() {
    let app = TestApp::new().await;
    app.set_rate("USD", "2026-10-26", "1.25").await;
    let mut client = app.user().await;
    let bank = app.account(&client, "bank", "Bank", "USD").await;
    client
        .add_entry("balance", &[("account", &bank), ("amount", "-600")])
        .await;
    for path in [
        "/charts/distribution",
        "/charts/distribution?style=radar",
        "/charts",
        "/dashboard",
        "/accounts",
    ] {
        let page = client.open(path).await;
        let told = page.text();
        assert!(
            told.contains("Nothing is above zero")
                && told.contains("Bank (−€480.00) is below zero."),
            "{path}: {told}"
        );
        assert!(
            !page.has("svg.dist") && !page.has(".chart-round svg.chart"),
            "{path}"
        );
    }
    let told = client.open("/charts/currencies").await.text();
    assert!(
        told.contains("USD · US dollar (−€480.00) is below zero."),
        "{told}"
    );
    for style in ["areas", "bars"] {
        let page = client
            .open(&format!("/charts/accounts?range=all&style={style}"))
            .await;
        assert!(
            page.has(".chart-wide path.c1") || style == "areas",
            "{style}"
        );
    }
}

/// The names beside the first chart of a page.
fn legend(page: &crate::harness::Page) -> String {
    let document = page.document();
    let legends = scraper::Selector::parse(".legend").expect("a selector");
    let legend = document.select(&legends).next();
    legend.map_or_else(String::new, |legend| {
        legend.text().collect::<String>().to_lowercase()
    })
}

/// The kind: part of a month beside whole ones, as if it were one.
#[tokio::test]
async fn the_first_month_of_a_range_and_the_one_of_today_say_what_they_have() {
    let app = TestApp::new().await;
    app.set_now("2026-11-28T12:00:00Z");
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "EUR").await;
    let first = [
        ("account", site.as_str()),
        ("amount", "1000"),
        ("date", "2024-03-12"),
    ];
    client.add_entry("deposit", &first).await;
    let month_tables = [
        "/dashboard?range=1y".to_owned(),
        format!("/accounts/{site}?range=1y"),
        "/charts/bankroll?range=1y".to_owned(),
        "/charts/profit?range=1y".to_owned(),
        "/charts/accounts?range=1y".to_owned(),
        "/charts/flows?range=1y".to_owned(),
    ];
    for path in month_tables {
        let told = client.open(&path).await.text();
        for month in ["Nov 2025, from the 28th", "Dec 2025 ", "Nov 2026, to date"] {
            assert!(told.contains(month), "{path} without {month}: {told}");
        }
    }
    let csv = client.open("/charts/flows.csv?range=1y").await.html();
    assert!(
        csv.contains("\"Nov 2025, from the 28th\",0.00,0.00"),
        "{csv}"
    );
    assert!(
        csv.contains("\r\nDec 2025,0.00") && csv.contains("\"Nov 2026, to date\","),
        "{csv}"
    );
    // What begins with the first entry has its day, and what is told by years has theirs.
    let csv = client.open("/charts/flows.csv?range=all").await.html();
    assert!(csv.contains("\"Mar 2024, from the 12th\",1000.00"), "{csv}");
    app.set_now("2028-11-30T12:00:00Z");
    app.sign_in(&mut client, Method::Password).await;
    let told = client.open("/charts/bankroll?range=all").await.text();
    assert!(
        told.contains("2024, from 12 Mar")
            && told.contains("2025 ")
            && told.contains("2028, to date"),
        "{told}"
    );
    // The last day of a month makes it a whole one.
    let csv = client.open("/charts/flows.csv?range=ytd").await.html();
    assert!(
        csv.contains("\r\nJan 2028,") && csv.contains("\r\nNov 2028,"),
        "{csv}"
    );
    // In drawings: said by the script, and paler.
    app.set_now("2026-11-28T12:00:00Z");
    app.sign_in(&mut client, Method::Password).await;
    client
        .add_entry("deposit", &[("account", &site), ("amount", "50")])
        .await;
    let page = client.open("/charts/flows?range=1y").await;
    assert!(page.has(".bar-part"));
    for path in [
        "/charts/flows?range=1y",
        "/charts/accounts?range=1y&style=bars",
    ] {
        let told = client.open(path).await.attr("[data-chart]", "data-chart");
        assert!(
            told.contains(r#""partial":{"0":"from the 28th","12":"to date"}"#),
            "{path}: {told}"
        );
    }
}
