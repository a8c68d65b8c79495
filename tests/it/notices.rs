//! What is told once.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use axum::body::Body;
use axum::http::Method;
use stakeeasy::ids::UserId;
use stakeeasy::notices::{Notice, put};

use crate::harness::{Client, TestApp};

async fn tell(app: &TestApp, client: &Client, text: &str) {
    let notice = Notice {
        text: text.to_owned(),
        detail: "For thirty days of records.".to_owned(),
        path: "/accounts".to_owned(),
    };
    let mut db = app.db.acquire().await.unwrap();
    put(&mut db, UserId(client.user), &notice, app.app.now())
        .await
        .unwrap();
}

/// Fails when pages do not forget what they told, and when parts of pages take notices.
#[tokio::test]
async fn a_notice_is_told_on_one_page_of_its_user() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let mut other = app.user().await;
    tell(&app, &client, "New badge: Whole month").await;
    assert!(!other.open("/dashboard").await.has(".toast"));
    // A part of a page has no place for it.
    let part = client
        .request(Method::GET, "/entries/new")
        .header("hx-request", "true")
        .body(Body::empty());
    client.send(part.unwrap()).await.is(200);
    let page = client.open("/dashboard").await;
    assert!(page.html().contains("New badge: Whole month"));
    assert_eq!(page.attr(".toast a", "href"), "/accounts");
    assert!(!client.open("/dashboard").await.has(".toast"));
}

/// Fails when more are forgotten than were told.
#[tokio::test]
async fn many_notices_come_a_few_at_a_time() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    for number in 1..=4 {
        tell(&app, &client, &format!("Notice {number}")).await;
    }
    let page = client.open("/accounts").await;
    assert!(page.html().contains("Notice 3") && !page.html().contains("Notice 4"));
    assert!(client.open("/accounts").await.html().contains("Notice 4"));
}

/// What a script asks for beside the page, such as what an amount means, may be answered last of all: after what was saved,
/// and before the next page. Fails if the answer to it takes the toast.
#[tokio::test]
async fn a_part_of_a_page_takes_no_toast() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "EUR").await;
    client
        .add_entry("balance", &[("account", &site), ("amount", "5")])
        .await;
    for path in ["/entries/gap", "/entries/new", "/accounts"] {
        let part = client
            .request(Method::GET, path)
            .header("hx-request", "true");
        let part = client.send(part.body(Body::empty()).unwrap()).await;
        assert!(!part.has(".toast"), "{path}");
    }
    assert!(client.open("/accounts").await.has(".toast"));
    assert!(!client.open("/accounts").await.has(".toast"));
}
