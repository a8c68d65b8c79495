//! Money without a rate: every total says what it leaves out, and nothing judges what cannot be valued.

use crate::goals::set;
use crate::harness::{Client, TODAY, TestApp};

/// What is said beside a total, and leads to where a rate is set.
const LEFT_OUT: &str = "50,000.000 KWD isn't included: no rate yet. Set one";

/// A site with 100 euros, and one with 50,000 dinars, which have no rate.
async fn player(app: &TestApp) -> Client {
    app.set_rate("USD", TODAY, "1.1172").await;
    let client = app.user().await;
    app.account_with(&client, "site", "Eurohall", "EUR", "100")
        .await;
    app.account_with(&client, "site", "Gulf Room", "KWD", "50000")
        .await;
    client
}

/// A goal by its name.
async fn goal(client: &mut Client, kind: &str, name: &str, target: &str) {
    set(
        client,
        &[("kind", kind), ("name", name), ("target", target)],
    )
    .await;
}

#[tokio::test]
async fn every_total_and_every_judgement_says_what_it_leaves_out() {
    let app = TestApp::new().await;
    let mut client = player(&app).await;
    goal(&mut client, "bankroll", "A roof", "5000").await;
    goal(&mut client, "profit", "A boat", "5000").await;
    let pages = [
        // How often it is said: of each total, card and goal.
        ("/dashboard", 4),
        ("/accounts", 1),
        ("/charts", 1),
        ("/charts/bankroll", 1),
        ("/charts/profit", 1),
        ("/charts/accounts", 1),
        ("/charts/distribution", 1),
        ("/charts/currencies", 1),
        ("/charts/flows", 1),
        ("/charts/attribution", 1),
        ("/deposits", 1),
        ("/stakes/cash", 2),
        ("/stakes/tournaments", 1),
        ("/goals", 2),
        ("/achievements", 1),
        ("/tools/bankroll-goals", 1),
        ("/tools/bankroll-goals?mode=time&target=5000&monthly=100", 2),
    ];
    for (path, times) in pages {
        let page = client.open(path).await;
        let told = page.text();
        assert_eq!(told.matches(LEFT_OUT).count(), times, "{path}: {told}");
        assert!(
            page.has("[data-excluded] a[href='/settings/rates']"),
            "{path}"
        );
    }
    // Of the sites, and of all accounts.
    for path in ["/dashboard", "/accounts"] {
        let told = client.open(path).await.text();
        let sum = "100.00 without 50,000.000 KWD, no rate";
        assert_eq!(told.matches(sum).count(), 2, "{path}: {told}");
    }
}

#[tokio::test]
async fn a_file_says_what_its_totals_leave_out() {
    let app = TestApp::new().await;
    let mut client = player(&app).await;
    let files = [
        (
            "bankroll",
            "Date,\"Bankroll, EUR, without KWD\",\"Put in, EUR, without KWD\",\"Profit, EUR, without KWD\"",
        ),
        ("profit", "Date,\"Profit, EUR, without KWD\""),
        (
            "accounts",
            "Date,Eurohall,Gulf Room\r\n2026-10-30,100.00,\r\n",
        ),
        ("distribution", "Gulf Room,50000.000,KWD,,\r\n"),
        ("currencies", "KWD,50000.000,,\r\n"),
        ("flows", "Month,\"Deposits, EUR, without KWD\""),
        ("attribution", "Part,\"Amount, EUR, without KWD\""),
    ];
    for (name, line) in files {
        let csv = client
            .open(&format!("/charts/{name}.csv?range=all"))
            .await
            .html();
        assert!(csv.contains(line), "{name}: {csv:?}");
    }
}

#[tokio::test]
async fn a_place_that_cannot_be_valued_is_not_judged() {
    let app = TestApp::new().await;
    let mut client = player(&app).await;
    let told = client.open("/stakes/cash").await.text();
    let row = told.split("Gulf Room 50,000.000").nth(1).expect(&told);
    let row = row.split("Total").next().expect(&told);
    assert!(row.contains("No rate"), "{row}");
    for judged in ["Short", "short", "Thin", "nothing", "buy-ins"] {
        assert!(!row.contains(judged), "{judged}: {row}");
    }
    // Its result is not known either.
    for path in ["/dashboard", "/accounts"] {
        let told = client.open(path).await.text();
        let row = told.split("Gulf Room").last().expect(&told);
        let row = row.split("Total").next().expect(&told);
        assert!(
            row.contains("no rate") && !row.contains("±"),
            "{path}: {row}"
        );
    }
}

#[tokio::test]
async fn money_that_has_no_rate_at_all_is_given_no_advice() {
    let app = TestApp::new().await;
    app.set_rate("USD", TODAY, "1.1172").await;
    let mut client = app.user().await;
    app.account_with(&client, "site", "Gulf Room", "KWD", "50000")
        .await;
    for path in ["/stakes/cash", "/stakes/tournaments", "/dashboard"] {
        let page = client.open(path).await;
        let told = page.text();
        assert!(told.contains(LEFT_OUT), "{path}: {told}");
        assert!(!page.has("[data-level]"), "{path}: {told}");
        for judged in [
            "Below the smallest",
            "Top up",
            "to play",
            "nothing yet",
            "You are here",
        ] {
            assert!(!told.contains(judged), "{path}: {judged}: {told}");
        }
    }
    // Another bankroll can be tried all the same.
    let page = client.open("/stakes/cash?bankroll=5000").await;
    assert!(page.has("[data-level]"), "{}", page.text());
}

/// Stakes are told in dollars: what has no rate to them is judged by none.
#[tokio::test]
async fn a_bankroll_without_a_rate_to_dollars_is_given_no_advice() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    app.account_with(&client, "site", "Eurohall", "EUR", "1500")
        .await;
    for path in ["/stakes/cash", "/stakes/tournaments", "/dashboard"] {
        let page = client.open(path).await;
        assert!(!page.has("[data-level]"), "{path}: {}", page.text());
        assert!(!page.text().contains("Top up"), "{path}: {}", page.text());
    }
    let told = client.open("/stakes/cash").await.text();
    assert!(told.contains("There is no rate from EUR to USD"), "{told}");
}

/// A debt without a rate could make it less than what is told: nobody can say that the goal is reached, or the badge
/// earned.
#[tokio::test]
async fn a_goal_or_a_badge_is_not_reached_by_leaving_a_debt_out() {
    let app = TestApp::new().await;
    app.set_rate("USD", TODAY, "1").await;
    let mut client = app.user().await;
    app.account_with(&client, "site", "Eurohall", "EUR", "1500")
        .await;
    let bank = app.account(&client, "bank", "Gulf Bank", "KWD").await;
    client
        .add_entry("balance", &[("account", &bank), ("amount", "-50000")])
        .await;
    goal(&mut client, "bankroll", "A roof", "1000").await;
    app.run_jobs().await;
    let told = client.open("/goals").await.text();
    assert!(told.contains("1 active · 0 completed"), "{told}");
    assert!(told.contains("What has a rate is enough."), "{told}");
    let badges = "select count(*) from achievements where key = 'BANKROLL_1K'";
    assert_eq!(app.number(badges).await, 0);
    // With a rate it is told what there is, and the goal is far.
    let rate = [("currency", "KWD"), ("price", "3"), ("day", TODAY)];
    client
        .post_form("/settings/rates", &rate)
        .await
        .leads_to("/settings/rates");
    app.run_jobs().await;
    let told = client.open("/goals").await.text();
    assert!(
        told.contains("1 active · 0 completed") && !told.contains("no rate"),
        "{told}"
    );
    // And without the debt it is reached.
    client
        .add_entry("balance", &[("account", &bank), ("amount", "0")])
        .await;
    app.run_jobs().await;
    let told = client.open("/goals").await.text();
    assert!(told.contains("0 active · 1 completed"), "{told}");
    assert!(app.number(badges).await > 0);
}
