//! How sessions begin and end, and where signing in leads.

use axum::http::HeaderMap;
use stakeeasy::config::{Config, Settings};
use stakeeasy::ids::UserId;
use stakeeasy::web::Caller;
use stakeeasy::web::session::{self, Method, NewSession};
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

/// The kind: what whoever has only the password does to the owner. Fails if sessions that wait for a second factor count
/// among those that have rights, or if those of one place push out those of another.
#[tokio::test]
async fn logins_that_show_only_a_password_end_neither_live_sessions_nor_the_owners_login() {
    let app = TestApp::new().await;
    let mut owner = app.user().await;
    let wait = async |place: &str| {
        let new = NewSession {
            user: UserId(owner.user),
            method: Method::Password,
            remember: false,
            second_factor_due: true,
        };
        let caller = Caller {
            place: place.to_owned(),
            ..Caller::default()
        };
        let jar = session::start(&app.app, &caller, &HeaderMap::new(), new).await;
        let mut browser = app.visitor();
        for cookie in jar.unwrap().iter() {
            let (name, value) = (cookie.name().to_owned(), cookie.value().to_owned());
            browser.cookies.insert(name, value);
        }
        browser
    };
    let mut logging_in = wait("198.51.100.0/24").await;
    for n in 0..90 {
        app.set_now(&format!("2026-10-30T12:01:{:02}Z", n % 60));
        wait(&format!("203.0.{}.0/24", n % 3)).await;
    }
    owner.open("/dashboard").await;
    logging_in.open("/login/code").await;
    assert_eq!(
        app.number("select count(*) from sessions where second_factor_due")
            .await,
        20
    );
}

/// Fails if `renew` does not count.
#[tokio::test]
async fn there_are_never_more_than_twenty_sessions_also_not_by_second_factors() {
    let app = TestApp::new().await;
    let owner = app.user().await;
    let new = NewSession {
        user: UserId(owner.user),
        method: Method::Password,
        remember: false,
        second_factor_due: true,
    };
    let mut waiting = app.visitor();
    let jar = session::start(&app.app, &Caller::default(), &HeaderMap::new(), new).await;
    for cookie in jar.unwrap().iter() {
        let (name, value) = (cookie.name().to_owned(), cookie.value().to_owned());
        waiting.cookies.insert(name, value);
    }
    app.set_now("2026-10-30T12:01:00Z");
    for _ in 0..25 {
        app.another(&owner).await;
    }
    assert_eq!(app.number("select count(*) from sessions").await, 21);
    app.set_now("2026-10-30T12:02:00Z");
    let page = waiting.open("/login/code").await;
    let sent = page.form("form[action='/login/code/mail']");
    waiting.send_form(&sent).await.is(303);
    let mail = app.mail().await;
    let code = mail.text.lines().find(|line| line.trim().len() == 8);
    let page = waiting.open("/login/code").await;
    waiting
        .submit(&page, "#by-mail", &[("code", code.unwrap())])
        .await
        .is(303);
    waiting.open("/dashboard").await;
    assert_eq!(app.number("select count(*) from sessions").await, 20);
}

/// The kind: a clock that was ahead and was set back. Fails if `last_seen_at` is written only when it is old, and if
/// somebody who showed who they are at a time that has not come has shown it until then.
#[tokio::test]
async fn a_clock_that_was_set_back_makes_nothing_last_longer() {
    let app = TestApp::new().await;
    app.set_now("2027-03-01T12:00:00Z");
    let mut client = app.user().await;
    sqlx::query("update sessions set expires_at = '2028-01-01'")
        .execute(&app.db)
        .await
        .unwrap();
    app.set_now("2026-10-30T12:00:00Z");
    let asked = client.get("/settings/password").await;
    assert!(asked.header("location").starts_with("/sudo"));
    app.set_now("2026-11-13T12:00:01Z");
    client.get("/dashboard").await.is(303);
}
