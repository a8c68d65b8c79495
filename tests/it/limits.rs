//! Guessing gets slow, floods are stopped, and nobody is locked out.

use axum::body::Body;
use axum::http::{Method, header};

use crate::harness::{Client, PASSWORD, Page, TestApp};

const WRONG: &str = "not the right words";

async fn try_login(client: &mut Client, email: &str, password: &str) -> Page {
    client
        .post("/login", &[("email", email), ("password", password)])
        .await
}

/// Somebody who has registered and never logged in on the device that is returned.
async fn known(app: &TestApp) -> (Client, String) {
    let client = app.register().await;
    let email = client.value("select email from users where id = $1").await;
    (client, email)
}

/// Fails without `throttle::attempt` in `login::create`, and if it does not look at `FREE`.
#[tokio::test]
async fn after_five_wrong_passwords_each_try_waits_longer_for_known_and_unknown_addresses_alike() {
    let app = TestApp::new().await;
    let (_, email) = known(&app).await;
    for address in [&*email, "nobody@example.org"] {
        app.set_now("2026-10-30T12:00:00Z");
        for _ in 0..5 {
            try_login(&mut app.visitor(), address, WRONG).await.is(422);
        }
        let mut now = 0;
        for wait in [1, 2, 4, 8, 16, 32, 60, 60] {
            let slowed = try_login(&mut app.visitor(), address, PASSWORD).await;
            slowed.is(429);
            let after: i64 = slowed.header("retry-after").parse().unwrap_or_default();
            assert!(
                (wait..=wait + 1).contains(&after),
                "{address}: {after}, not {wait}"
            );
            assert!(
                slowed.text().contains("Too many wrong tries")
                    || slowed.text().contains("too many wrong tries")
            );
            assert_eq!(slowed.form("form[action='/login']").value("email"), address);
            now += wait;
            app.set_now(&format!("2026-10-30T12:{:02}:{:02}Z", now / 60, now % 60));
            try_login(&mut app.visitor(), address, WRONG).await.is(422);
        }
    }
}

/// Fails without `throttle::forgive` in `login::create`.
#[tokio::test]
async fn the_right_password_starts_the_counting_anew() {
    let app = TestApp::new().await;
    let (_, email) = known(&app).await;
    for _ in 0..3 {
        for _ in 0..4 {
            try_login(&mut app.visitor(), &email, WRONG).await.is(422);
        }
        try_login(&mut app.visitor(), &email, PASSWORD)
            .await
            .leads_to("/dashboard");
    }
}

/// Fails without `device::is_known` in `login::create`.
#[tokio::test]
async fn the_owners_own_browser_is_not_slowed_down_by_what_others_try() {
    let app = TestApp::new().await;
    let (mut owner, email) = known(&app).await;
    owner.cookies.remove("session");
    for _ in 0..6 {
        try_login(&mut app.visitor(), &email, WRONG).await;
    }
    try_login(&mut app.visitor(), &email, PASSWORD)
        .await
        .is(429);
    try_login(&mut owner, &email, PASSWORD)
        .await
        .leads_to("/dashboard");
}

/// A hundred wrong passwords in a row, the last of them now.
async fn after_a_hundred(app: &TestApp, email: &str) {
    try_login(&mut app.visitor(), email, WRONG).await.is(422);
    sqlx::query("update login_attempts set failures = 100")
        .execute(&app.db)
        .await
        .expect("the counters are there");
}

/// Fails if a hundred wrong passwords lock the account instead of asking for more than a password.
#[tokio::test]
async fn a_hundred_wrong_passwords_leave_the_owner_three_ways_in() {
    let app = TestApp::new().await;
    let (mut owner, email) = known(&app).await;
    owner.cookies.remove("session");
    after_a_hundred(&app, &email).await;
    try_login(&mut owner, &email, PASSWORD)
        .await
        .leads_to("/dashboard");

    // What the owner's browser shows forgives strangers nothing.
    app.set_now("2026-10-30T12:01:00Z");
    let mut visitor = app.visitor();
    try_login(&mut visitor, &email, PASSWORD)
        .await
        .leads_to("/login/code?next=%2Fdashboard");
    let mail = app.mail().await;
    let code = mail.text.lines().find(|line| line.trim().len() == 8);
    let page = visitor.open("/login/code").await;
    let fields = [("code", code.unwrap_or_default())];
    visitor
        .submit(&page, "#by-mail", &fields)
        .await
        .leads_to("/dashboard");
    try_login(&mut app.visitor(), &email, PASSWORD)
        .await
        .leads_to("/dashboard");

    after_a_hundred(&app, &email).await;
    app.mails().await;
    app.visitor()
        .post("/password/forgot", &[("email", &email)])
        .await;
    let link = app.mail().await.link();
    let mut visitor = app.visitor();
    visitor.get(&link).await;
    let page = visitor.open("/password/reset").await;
    let fields = [("password", "another set of plain words")];
    visitor
        .submit(&page, "form[action='/password/reset']", &fields)
        .await
        .leads_to("/login");
    try_login(&mut app.visitor(), &email, "another set of plain words")
        .await
        .leads_to("/dashboard");
}

/// Fails if `login::create` forgives before the code: whoever has guessed the password types it twice.
#[tokio::test]
async fn after_a_hundred_wrong_passwords_the_right_one_is_not_enough_the_second_time_either() {
    let app = TestApp::new().await;
    let (_, email) = known(&app).await;
    after_a_hundred(&app, &email).await;
    for minute in 1..4 {
        app.set_now(&format!("2026-10-30T12:{minute:02}:00Z"));
        try_login(&mut app.visitor(), &email, PASSWORD)
            .await
            .leads_to("/login/code?next=%2Fdashboard");
    }
}

/// Fails if `throttle::attempt` waits for `here.last_at` when an account is in doubt: a thousand networks had a thousand
/// tries. Fails without the lock in `attempts::of_account`, too.
#[tokio::test]
async fn after_a_hundred_wrong_passwords_all_networks_together_have_one_try_a_minute() {
    let app = public(Some("127.0.0.1")).await;
    for address in ["robin@example.org", "nobody@example.org"] {
        app.set_now("2026-10-30T12:00:00Z");
        let fields = [("email", address), ("password", WRONG)];
        let mut visitor = app.visitor();
        let request = visitor.post_request("/login", &fields);
        visitor.send(request).await.is(422);
        sqlx::query("update login_attempts set failures = 100")
            .execute(&app.db)
            .await
            .expect("the counters are there");
        app.set_now("2026-10-30T12:01:00Z");
        // With connections that are open already, what is sent at once runs at once.
        let mut open = Vec::new();
        for _ in 0..8 {
            open.push(app.app.db.acquire().await);
        }
        drop(open);
        let mut tries = tokio::task::JoinSet::new();
        for n in 0..12 {
            let mut visitor = app.visitor();
            let mut request = visitor.post_request("/login", &fields);
            let from = format!("203.0.{n}.9").parse().expect("it is text");
            request.headers_mut().insert("x-forwarded-for", from);
            tries.spawn(async move { visitor.send(request).await.status.as_u16() });
        }
        let mut answers = tries.join_all().await;
        answers.sort_unstable();
        assert_eq!(answers[0], 422, "{address}");
        assert!(
            answers[1..].iter().all(|status| *status == 429),
            "{answers:?}"
        );
    }
}

/// A login from an address that a header speaks of.
async fn login_from(app: &TestApp, forwarded: &str) -> Page {
    let mut visitor = app.visitor();
    let request = visitor
        .request(Method::POST, "/login")
        .header("x-forwarded-for", forwarded)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!(
            "email=nobody{forwarded}@example.org&password=x"
        )));
    let request = request.unwrap_or_default();
    visitor.send(request).await
}

async fn public(trusted: Option<&str>) -> TestApp {
    TestApp::with(|settings| {
        settings.public_url = Some("https://stakeeasy.example".to_owned());
        settings.trusted_proxies = trusted.map(str::to_owned);
    })
    .await
}

/// Fails without `limited` around the route, and if the header is believed whoever sends it.
#[tokio::test]
async fn the_eleventh_login_from_one_network_is_told_when_to_come_back() {
    let app = public(None).await;
    for n in 0..10 {
        login_from(&app, &format!("198.51.100.{n}")).await.is(422);
    }
    let refused = login_from(&app, "198.51.100.77").await;
    refused.is(429);
    let after: u64 = refused.header("retry-after").parse().unwrap_or_default();
    assert!((1..=30).contains(&after), "{after}");
    assert!(
        refused.text().contains("Try again in"),
        "{}",
        refused.text()
    );
    assert_eq!(refused.header("x-frame-options"), "DENY");
    // Looking at the page is no login.
    app.visitor().open("/login").await;
}

/// Fails if behind our proxy everybody counts as the proxy.
#[tokio::test]
async fn behind_our_proxy_each_client_has_a_limit_of_its_own() {
    let app = public(Some("127.0.0.1")).await;
    for _ in 0..10 {
        login_from(&app, "198.51.100.7").await;
    }
    login_from(&app, "198.51.100.7").await.is(429);
    login_from(&app, "203.0.113.9, 198.51.100.7").await.is(429);
    login_from(&app, "198.51.100.8").await.is(422);
}

#[tokio::test]
async fn accounts_are_opened_three_at_a_time() {
    let app = public(None).await;
    let mut answers = Vec::new();
    for n in 0..4 {
        let fields = [
            ("name", "Robin"),
            ("email", &*format!("robin{n}@example.org")),
            ("password", PASSWORD),
            ("home", "EUR"),
        ];
        answers.push(
            app.visitor()
                .post("/register", &fields)
                .await
                .status
                .as_u16(),
        );
    }
    assert_eq!(answers, [303, 303, 303, 429]);
}

/// Asks for other addresses, one after the other. How many mails went out.
async fn cannon(app: &TestApp, client: &mut Client, shots: u32) -> usize {
    for shot in 0..shots {
        let email = format!("stranger{shot}@example.org");
        let fields = [("email", email.as_str())];
        let answer = client.post_form("/settings/email", &fields).await;
        assert!([303, 422].contains(&answer.status.as_u16()));
    }
    app.mails().await.len()
}

/// Fails without `FROM_SESSION` and `FROM_ACCOUNT` together: a session sent as many mails to strangers as it liked.
#[tokio::test]
async fn nobody_has_us_write_to_many_strangers() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    assert_eq!(cannon(&app, &mut client, 30).await, 5);
    // Another session of the same account is no new one.
    let mut other = app.another(&client).await;
    assert_eq!(cannon(&app, &mut other, 5).await, 0);
    let refused = other
        .post_form("/settings/email", &[("email", "one@example.org")])
        .await;
    refused.is(422);
    assert!(refused.text().contains("Try again in an hour"));
    assert_eq!(refused.attr("#email", "value"), "one@example.org");
    // An hour later there are some again.
    app.set_now("2026-10-30T13:00:01Z");
    app.sign_in(&mut client, stakeeasy::web::session::Method::Password)
        .await;
    assert_eq!(cannon(&app, &mut client, 1).await, 1);
}

/// Fails without the look at `sent.all`.
#[tokio::test]
async fn all_together_have_a_ceiling_of_which_administrators_hear() {
    let app = TestApp::with(|settings| settings.mails_per_hour = Some("3".to_owned())).await;
    let mut admin = app.admin().await;
    let said = "get no mail for now";
    assert!(!admin.open("/admin").await.text().contains(said));
    let mut sent = 0;
    for _ in 0..3 {
        let mut client = app.user().await;
        sent += cannon(&app, &mut client, 2).await;
    }
    assert_eq!(sent, 3);
    assert!(admin.open("/admin").await.text().contains(said));
}
