//! How sessions begin and end, and where signing in leads.

use stakeeasy::config::{Config, Settings};
use uuid::Uuid;

use super::{ledger, words};
use crate::harness::{PASSWORD, TODAY, TestApp};

#[tokio::test]
async fn the_database_keeps_only_the_hash_of_a_session_and_of_a_password() {
    let app = TestApp::new().await;
    let client = app.register().await;
    let kept: String = sqlx::query_scalar(
        "select concat((select string_agg(s::text, ' ') from sessions s), (select string_agg(u::text, ' ') from users u))",
    )
    .fetch_one(&app.db)
    .await
    .unwrap();
    assert!(!kept.contains(&client.cookies["session"]) && !kept.contains(PASSWORD));
    assert!(kept.contains("$argon2id$v=19$m=8,t=2,p=1$"));
    // What a test hashes is cheap; the program hashes so:
    let program = Config::new(&Settings::default()).unwrap().hashing;
    assert_eq!((program.password_memory, program.passes), (65_536, 2));
}

#[tokio::test]
async fn signing_out_is_a_post_and_ends_the_session() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    client.get("/logout").await.is(405);
    client.open("/dashboard").await;
    let cookie = client.cookies.clone();
    let page = client.post_form("/logout", &[]).await;
    page.leads_to("/");
    assert!(page.header("clear-site-data").contains("storage"));
    assert!(client.cookies.is_empty());
    assert_eq!(app.number("select count(*) from sessions").await, 0);
    client.cookies = cookie;
    client
        .get("/dashboard")
        .await
        .leads_to("/login?next=%2Fdashboard");
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_or_old() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    app.set_now("2026-11-13T11:00:00Z");
    client.open("/dashboard").await;
    app.set_now("2026-11-27T10:00:00Z");
    client.open("/dashboard").await;
    app.set_now("2026-11-29T12:00:01Z");
    client.get("/dashboard").await.is(303);
    let mut idle = app.user().await;
    app.set_now("2026-12-13T12:00:02Z");
    idle.get("/dashboard").await.is(303);
}

#[tokio::test]
async fn signing_in_makes_a_new_session_and_ends_the_one_before() {
    let app = TestApp::new().await;
    let mut client = app.register().await;
    let before = client.cookies["session"].clone();
    let email: String = sqlx::query_scalar("select email from users")
        .fetch_one(&app.db)
        .await
        .unwrap();
    let token = client.token().await;
    let page = client
        .post(
            "/login",
            &[
                ("email", &email.to_uppercase()),
                ("password", PASSWORD),
                ("form_token", &token),
            ],
        )
        .await;
    page.leads_to("/dashboard");
    assert_ne!(client.cookies["session"], before);
    assert_eq!(app.number("select count(*) from sessions").await, 1);
    // A cookie of one's own making is nobody's.
    client.cookies.insert("session".to_owned(), "A".repeat(43));
    client.get("/dashboard").await.is(303);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_answered_alike() {
    let app = TestApp::new().await;
    app.register().await;
    let email: String = sqlx::query_scalar("select email from users")
        .fetch_one(&app.db)
        .await
        .unwrap();
    let mut answers = Vec::new();
    for address in [email.as_str(), "nobody@example.org", "no\0body@example.org"] {
        let page = app
            .visitor()
            .post(
                "/login",
                &[("email", address), ("password", "not it at all")],
            )
            .await;
        page.is(422);
        assert!(!page.html().contains("not it at all"));
        answers.push(words(&page));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
}

#[tokio::test]
async fn next_leads_only_to_pages_of_ours() {
    let app = TestApp::new().await;
    app.register().await;
    let email: String = sqlx::query_scalar("select email from users")
        .fetch_one(&app.db)
        .await
        .unwrap();
    let mut signed_in = app.user().await;
    let token = signed_in.token().await;
    for (next, to) in [
        ("/entries?kind=deposit", "/entries?kind=deposit"),
        ("//evil.example", "/dashboard"),
        ("/\\evil.example", "/dashboard"),
        ("\\\\evil.example", "/dashboard"),
        ("https://evil.example/", "/dashboard"),
        ("javascript:alert(1)", "/dashboard"),
        ("/\t/evil.example", "/dashboard"),
        ("/\r\nLocation: https://evil.example", "/dashboard"),
        ("evil.example", "/dashboard"),
        ("", "/dashboard"),
    ] {
        let query: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        signed_in
            .get(&format!("/login?next={query}"))
            .await
            .leads_to(to);
        for (path, fields) in [
            (
                "/entries/new",
                vec![
                    ("kind", "deposit"),
                    ("account", ""),
                    ("currency", "EUR"),
                    ("amount", "5"),
                    ("date", TODAY),
                ],
            ),
            ("/settings/hide", vec![]),
        ] {
            let mut all = vec![("form_token", token.as_str()), ("next", next)];
            all.extend(fields);
            let page = signed_in.post(path, &all).await;
            page.leads_to(to);
        }
    }
    for (next, to) in [("/entries", "/entries"), ("//evil.example", "/dashboard")] {
        let page = app
            .visitor()
            .post(
                "/login",
                &[("email", &email), ("password", PASSWORD), ("next", next)],
            )
            .await;
        page.leads_to(to);
    }
    // What a visitor asked for is where they go after signing in.
    let page = app.visitor().get("/entries?kind=bonus").await;
    page.leads_to("/login?next=%2Fentries%3Fkind%3Dbonus");
}

#[tokio::test]
async fn keys_are_random() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let own = ledger(&app, &mut client).await;
    for id in [&own.site, &own.deposit, &own.change] {
        assert_eq!(id.parse::<Uuid>().unwrap().get_version_num(), 4);
    }
    let form = client
        .open("/entries/new")
        .await
        .form("main form[method=post]:has([name=date])");
    let again = client
        .open("/entries/new")
        .await
        .form("main form[method=post]:has([name=date])");
    assert_ne!(form.value("form_key"), again.value("form_key"));
}
