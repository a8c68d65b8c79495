//! Tools: what they compute, and that a plan becomes a goal.

use stakeeasy::features::tools::ALL;

use crate::harness::{Client, TestApp};

const PATH: &str = "/tools/bankroll-goals";
const TIME: &str = "/tools/bankroll-goals?mode=time&bankroll=1000&target=5000&monthly=300";

#[tokio::test]
async fn every_tool_is_listed_and_opens() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let list = client.open("/tools").await;
    let links = list.links("main a[href^='/tools/']");
    for tool in ALL {
        let path = format!("/tools/{}", tool.slug);
        assert!(links.contains(&path), "{links:?}");
        assert!(client.open(&path).await.text().contains(tool.title));
    }
    client.get("/tools/nothing").await.is(404);
}

/// Appendix C.5, and the edges of 5.10.
#[tokio::test]
async fn a_plan_is_computed_from_its_address() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let page = client.open(TIME).await;
    assert!(
        page.text()
            .contains("It takes 1 year and 2 months 14 months"),
        "{}",
        page.text()
    );
    assert!(
        page.text().contains("You get there on 30 Dec 2027"),
        "{}",
        page.text()
    );
    assert!(page.has("figure svg") && page.count("table tbody tr") == 15);
    let page = client
        .open("/tools/bankroll-goals?mode=profit&bankroll=1000&target=5000&months=10")
        .await;
    assert!(
        page.text().contains("It takes each month € 400 .00"),
        "{}",
        page.text()
    );
    let page = client
        .open("/tools/bankroll-goals?mode=profit&bankroll=1000&target=1100&months=12&growth=10")
        .await;
    assert!(
        page.text().contains("Growth alone does it"),
        "{}",
        page.text()
    );
    let page = client
        .open("/tools/bankroll-goals?target=5000&bankroll=5000&monthly=1")
        .await;
    assert!(
        page.text().contains("You are there already"),
        "{}",
        page.text()
    );
    assert!(!page.has("figure"));
}

/// Fails without the limits of `plan.rs`: a request would take for ever.
#[tokio::test]
async fn the_longest_plan_is_cut_short() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    for growth in ["", "&growth=0.0001"] {
        let path = format!("/tools/bankroll-goals?target=99999999999&monthly=0.01{growth}");
        let page = client.open(&path).await;
        assert!(
            page.text().contains("More than a thousand years"),
            "{}",
            page.text()
        );
    }
    let page = client
        .open("/tools/bankroll-goals?target=100000&monthly=10")
        .await;
    assert!(
        page.text().contains("beyond the year 2199"),
        "{}",
        page.text()
    );
    let page = client
        .open("/tools/bankroll-goals?target=12000&monthly=10")
        .await;
    assert!(
        page.has("figure svg") && page.count("table tbody tr") <= 26,
        "{}",
        page.count("table tbody tr")
    );
    assert!(page.body.len() < 80_000, "{}", page.body.len());
}

#[tokio::test]
async fn what_is_wrong_is_said_and_counts_as_no_use() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    for query in [
        "mode=time",
        "mode=time&target=abc&monthly=5",
        "mode=time&target=5000&monthly=0",
        "mode=profit&target=5000&months=0",
        "mode=profit&target=5000&months=1.5",
        "mode=profit&target=5000&months=99999999999999999999",
        "mode=time&target=5000&monthly=5&growth=101",
        "mode=time&target=5000&monthly=5&growth=-1",
        "mode=time&target=5000&monthly=5&bankroll=-1",
    ] {
        let page = client.get(&format!("{PATH}?{query}")).await;
        page.is(422);
        assert!(page.has(".err"), "{query}");
        let fields: Vec<(&str, &str)> = query
            .split('&')
            .filter_map(|one| one.split_once('='))
            .collect();
        let page = client.post_form(PATH, &fields).await;
        page.is(422);
        for (name, text) in fields.into_iter().filter(|(name, _)| *name != "mode") {
            assert_eq!(page.attr(&format!("#{name}"), "value"), text);
        }
    }
    // Looking counts as none either.
    client.open(TIME).await;
    assert_eq!(app.number("select count(*) from tool_uses").await, 0);
    // A mode that is unknown is the first one.
    let fields = [("mode", "🂡"), ("target", "5"), ("monthly", "5")];
    client
        .post_form(PATH, &fields)
        .await
        .leads_to("/tools/bankroll-goals?mode=%F0%9F%82%A1&target=5&monthly=5");
    assert_eq!(app.number("select count(*) from tool_uses").await, 1);
}

/// Fails without `note_use`, or if it overwrites the first time.
#[tokio::test]
async fn the_first_use_is_kept() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let calculate = async |client: &mut Client| {
        let page = client.open(TIME).await;
        let sent = client.submit(&page, ".plan-form", &[]).await;
        sent.leads_to("/tools/bankroll-goals?mode=time&target=5000&monthly=300&bankroll=1000");
    };
    calculate(&mut client).await;
    let used = "select tools::text from badge_facts where user_id = $1";
    assert_eq!(client.value(used).await, "{2026-10-30}");
    app.set_now("2026-11-05T12:00:00Z");
    calculate(&mut client).await;
    assert_eq!(client.value(used).await, "{2026-10-30}");
    assert_eq!(app.user().await.value(used).await, "{}");
    // It earns a badge, without any change of the ledger.
    app.run_jobs().await;
    let badge =
        "select earned_on::text from achievements where user_id = $1 and key = 'THE_TECHNICIAN'";
    assert_eq!(client.value(badge).await, "2026-10-30");
}

#[tokio::test]
async fn a_plan_becomes_a_goal() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    app.account_with(&client, "bank", "Bank", "EUR", "1000")
        .await;
    // Without a bankroll it is the user's own.
    let page = client
        .open("/tools/bankroll-goals?mode=time&target=5000&monthly=300")
        .await;
    assert!(
        page.text().contains("1 year and 2 months"),
        "{}",
        page.text()
    );
    let link = page.attr("a[href^='/goals/new?']", "href");
    let form = client.open(&link).await;
    client
        .submit(&form, ".goal-form", &[])
        .await
        .leads_to("/goals");
    let goal = client.value("select concat_ws(' ', kind, trim_scale(target), currency, due_on) from goals where user_id = $1").await;
    assert_eq!(goal, "bankroll 5000 EUR 2027-12-30");
}
