//! The pages for administrators: who gets them, and what they never show.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

mod jobs;
mod log;
mod rates;
mod stakes;
mod users;

use std::collections::BTreeSet;

use stakeeasy::web::session::Method;

use crate::harness::{Client, Page, TODAY, TestApp};

/// A line that the test's own set-up does not write.
async fn lines(app: &TestApp, action: &str) -> Vec<(Option<i64>, Option<i64>, serde_json::Value)> {
    sqlx::query_as(
        "select actor_id, subject_id, detail from audit_log where action = $1 order by id",
    )
    .bind(action)
    .fetch_all(&app.db)
    .await
    .unwrap()
}

/// Presses the button of a form on a page.
async fn press(client: &mut Client, page: &Page, action: &str) -> Page {
    client
        .submit(page, &format!("form[action='{action}']"), &[])
        .await
}

fn pages(user: i64) -> Vec<String> {
    let mut pages = [
        "/admin",
        "/admin/users",
        "/admin/users?q=a&show=admins",
        "/admin/rates",
        "/admin/rates?currency=BTC",
        "/admin/rates/correct",
        "/admin/rates/correct?currency=USD&day=2026-10-30",
        "/admin/currencies",
        "/admin/stakes",
        "/admin/stakes?room=gg",
        "/admin/stakes/levels/new",
        "/admin/stakes/levels/1",
        "/admin/stakes/buy-ins/new?room=gg",
        "/admin/stakes/buy-ins/1",
        "/admin/jobs",
        "/admin/jobs?state=dead",
        "/admin/audit",
        "/admin/audit?action=signed-in&user=x&by=y&from=z&to=2026-10-30",
        "/admin/audit.csv",
    ]
    .map(str::to_owned)
    .to_vec();
    for part in ["", "/disable", "/delete"] {
        pages.push(format!("/admin/users/{user}{part}"));
    }
    pages
}

fn writes(user: i64) -> Vec<String> {
    let mut writes = [
        "/admin/rates/correct",
        "/admin/rates/restore",
        "/admin/stakes/levels/new",
        "/admin/stakes/levels/1",
        "/admin/stakes/levels/1/delete",
        "/admin/stakes/buy-ins/new",
        "/admin/stakes/buy-ins/1",
        "/admin/stakes/buy-ins/1/delete",
        "/admin/jobs/1/retry",
        "/admin/jobs/1/drop",
    ]
    .map(str::to_owned)
    .to_vec();
    for part in [
        "disable",
        "enable",
        "delete",
        "keep",
        "sessions/end",
        "sessions/00000000-0000-0000-0000-000000000000/end",
    ] {
        writes.push(format!("/admin/users/{user}/{part}"));
    }
    writes
}

/// Fails for each page whose handler lacks `Admin`.
#[tokio::test]
async fn for_everybody_else_there_is_nothing() {
    let app = TestApp::new().await;
    let user = app.user().await;
    let mut visitor = app.visitor();
    let mut other = app.user().await;
    assert!(!other.open("/dashboard").await.has("a[href='/admin']"));
    for path in pages(user.user) {
        for client in [&mut visitor, &mut other] {
            client.get(&path).await.is(404);
        }
    }
    let before = app.fingerprint().await;
    for path in writes(user.user) {
        let fields = [("reason", "x"), ("confirm", "x")];
        visitor.post(&path, &fields).await.is(404);
        other.post_form(&path, &fields).await.is(404);
    }
    assert_eq!(app.fingerprint().await, before);
}

#[tokio::test]
async fn every_page_opens_for_an_administrator() {
    let app = TestApp::new().await;
    let user = app.user().await;
    let mut admin = app.admin().await;
    assert!(admin.open("/dashboard").await.has("a[href='/admin']"));
    let mut links = BTreeSet::new();
    for path in pages(user.user) {
        let page = admin.open(&path).await;
        if page.header("content-type").starts_with("text/html") {
            assert_eq!(page.count("h1"), 1, "{path}");
            links.extend(page.links("main a[href^='/']"));
        }
    }
    assert!(links.len() > 30, "only {}", links.len());
    for link in links {
        admin.open(&link).await;
    }
    admin.get("/admin/users/999999999").await.is(404);
    admin.get("/admin/users/robin").await.is(404);
    admin.get("/admin/jobs/1/drop").await.is(404);
}

#[tokio::test]
async fn an_administrator_without_a_second_factor_is_led_to_one() {
    let app = TestApp::new().await;
    let user = app.user().await;
    let mut admin = app.admin().await;
    app.sign_in(&mut admin, Method::Password).await;
    for path in pages(user.user) {
        let page = admin.get(&path).await;
        page.is(303);
        assert!(
            page.header("location")
                .starts_with("/settings/security/totp?next=")
        );
    }
    for path in writes(user.user) {
        let page = admin.post_form(&path, &[]).await;
        assert!(
            page.header("location")
                .starts_with("/settings/security/totp")
        );
    }
}

/// Fails without the question for `sudo_at` in the extractor `Admin`.
#[tokio::test]
async fn a_write_asks_anew_who_the_administrator_is() {
    let app = TestApp::new().await;
    let user = app.user().await;
    let mut admin = app.admin().await;
    sqlx::query("update sessions set sudo_at = sudo_at - interval '15 minutes' where user_id = $1")
        .bind(admin.user)
        .execute(&app.db)
        .await
        .unwrap();
    let before = app.fingerprint().await;
    for path in writes(user.user) {
        let page = admin.post_form(&path, &[("reason", "x")]).await;
        page.is(303);
        assert!(page.header("location").starts_with("/sudo"), "{path}");
    }
    assert_eq!(app.fingerprint().await, before);
    // Looking does not ask, and what has something to type asks first.
    admin.open("/admin/users").await;
    admin.open(&format!("/admin/users/{}", user.user)).await;
    let path = format!("/admin/users/{}/disable", user.user);
    let asked = admin.get(&path).await;
    assert!(asked.header("location").starts_with("/sudo?next="));
}

/// Fails when a page selects an account's name or an entry's amount.
#[tokio::test]
async fn no_page_shows_what_a_user_owns() {
    let app = TestApp::new().await;
    let mut user = app.user().await;
    let site = app
        .account_with(&user, "site", "Secret Site", "EUR", "987654.32")
        .await;
    user.add_entry("balance", &[("account", &site), ("amount", "987654.32")])
        .await;
    user.open("/settings/data/export.json").await;
    let mut admin = app.admin().await;
    for path in pages(user.user) {
        let html = admin.open(&path).await.html();
        for secret in ["Secret Site", "987654", "987,654"] {
            assert!(!html.contains(secret), "{path} shows {secret}");
        }
    }
    let page = admin.open(&format!("/admin/users/{}", user.user)).await;
    assert!(
        page.text().contains("1 account, 2 entries"),
        "{}",
        page.text()
    );
    let row = admin.open("/admin/currencies").await;
    assert!(row.text().contains("EUR · Euro"), "{}", row.text());
}

#[tokio::test]
async fn the_overview_counts_and_warns() {
    let app = TestApp::new().await;
    app.user().await;
    let mut admin = app.admin().await;
    let page = admin.open("/admin").await.text();
    assert!(page.contains("Registered 2"), "{page}");
    assert!(page.contains("Live sessions 2"), "{page}");
    assert!(page.contains("There are no exchange rates"), "{page}");
    // A Friday; the Monday before it lacks.
    app.set_rate("USD", "2026-10-26", "1.1").await;
    let page = admin.open("/admin").await.text();
    assert!(page.contains("3 working days are missing since"), "{page}");
    app.set_rate("USD", TODAY, "1.1").await;
    let page = admin.open("/admin").await.text();
    assert!(!page.contains("missing"), "{page}");
}

/// What users and administrators typed is text on every page.
#[tokio::test]
async fn nothing_that_was_typed_becomes_markup() {
    let app = TestApp::new().await;
    let evil = "<script>alert(1)</script>\"'><img src=x>";
    let user = app.user().await;
    sqlx::query(
        "update users set name = $2, email = $2, disabled_at = now(), disabled_reason = $2 where id = $1",
    )
    .bind(user.user)
    .bind(evil)
    .execute(&app.db)
    .await
    .unwrap();
    sqlx::query(
        "insert into audit_log (at, actor_id, subject_id, action, detail, place, agent, request_id)
         values (now(), $1, $1, $2, jsonb_build_object($2, $2), $2, $2, $2)",
    )
    .bind(user.user)
    .bind(evil)
    .execute(&app.db)
    .await
    .unwrap();
    let mut admin = app.admin().await;
    let query: String = form_urlencoded::byte_serialize(evil.as_bytes()).collect();
    let mut paths = pages(user.user);
    paths.push(format!("/admin/users?q={query}&show={query}&page={query}"));
    paths.push(format!(
        "/admin/audit?action={query}&user={query}&by={query}&from={query}&to={query}"
    ));
    paths.push(format!("/admin/rates?currency={query}"));
    paths.push(format!("/admin/stakes?room={query}"));
    paths.push(format!("/admin/stakes/buy-ins/new?room={query}"));
    paths.push(format!("/admin/rates/correct?currency={query}&day={query}"));
    paths.push(format!("/admin/jobs?state={query}"));
    for path in paths {
        let page = admin.open(&path).await;
        if page.header("content-type").starts_with("text/html") {
            assert!(!page.html().contains("<script>alert"), "{path}");
            assert_eq!(page.count("img[src=x]"), 0, "{path}");
        }
    }
}
