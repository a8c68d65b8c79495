//! The demo user, who belongs to everybody and begins anew every day.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use stakeeasy::features::demo;

use crate::harness::{Client, TestApp};

async fn with_demo() -> TestApp {
    let app = TestApp::with(|settings| settings.demo = Some("true".to_owned())).await;
    app.set_now("2026-11-20T14:00:00Z");
    demo::fill(&app.app).await.unwrap();
    app
}

async fn look_around(app: &TestApp) -> Client {
    let mut visitor = app.visitor();
    visitor
        .post("/login/demo", &[("form_key", "")])
        .await
        .leads_to("/dashboard");
    visitor
}

async fn add_account(visitor: &mut Client, name: &str) {
    let page = visitor.open("/accounts/new").await;
    let fields = [("name", name), ("currency", "EUR"), ("opening", "12")];
    let form = "form[method=post]:has([name=opening])";
    visitor.submit(&page, form, &fields).await.is(303);
}

const DEMO_USERS: &str = "select count(*) from users where is_demo";
const ENTRIES: &str = "select count(*) from entries";

/// Fails if the day is not looked at.
#[tokio::test]
async fn on_the_same_day_the_demo_stays_as_visitors_left_it() {
    let app = with_demo().await;
    let mut visitor = look_around(&app).await;
    add_account(&mut visitor, "Mine").await;
    let entries = app.number(ENTRIES).await;
    // Half a minute before midnight in Helsinki.
    app.set_now("2026-11-20T21:59:30Z");
    demo::fill(&app.app).await.unwrap();
    demo::renew(&app.app).await.unwrap();
    assert_eq!(app.number(ENTRIES).await, entries);
    let mut visitor = look_around(&app).await;
    assert!(visitor.open("/accounts").await.text().contains("Mine"));
}

/// Fails if the days are those of UTC.
#[tokio::test]
async fn a_day_later_the_story_ends_a_day_later_and_what_visitors_did_is_gone() {
    let app = with_demo().await;
    let mut visitor = look_around(&app).await;
    add_account(&mut visitor, "Mine").await;
    app.set_now("2026-11-20T22:40:00Z");
    // Two instances at once make one user.
    let (one, other) = tokio::join!(demo::renew(&app.app), demo::renew(&app.app));
    one.unwrap();
    other.unwrap();
    assert_eq!(app.number(DEMO_USERS).await, 1);
    // The jobs of the user who is gone have nothing to do.
    app.run_jobs().await;
    let failed = "select count(*) from graphile_worker._private_jobs";
    assert_eq!(app.number(failed).await, 0);

    visitor
        .get("/dashboard")
        .await
        .leads_to("/login?next=%2Fdashboard");
    let mut visitor = look_around(&app).await;
    assert!(!visitor.open("/accounts").await.text().contains("Mine"));
    // The last night went on past midnight.
    let today = "select count(*) from entries where occurred_at > '2026-11-20T22:00:00Z'";
    assert!(app.number(today).await > 0);
}
