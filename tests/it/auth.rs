//! Registering, confirming, forgetting, and how long a session lasts: through the forms and the mails.

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};

use stakeeasy::features::auth;

use crate::harness::{Client, PASSWORD, Page, TestApp, set_cookies};

const EMAIL: &str = "robin@example.org";
const OTHER: &str = "another set of plain words";

/// Sends the form that asks for an account, in a browser of its own.
async fn register(app: &TestApp, email: &str, password: &str) -> (Client, Page) {
    let mut visitor = app.visitor();
    let page = visitor.open("/register").await;
    let fields = [
        ("name", "Robin"),
        ("email", email),
        ("password", password),
        ("home", "EUR"),
        ("time_zone", "UTC"),
    ];
    let sent = visitor
        .submit(&page, "form[action='/register']", &fields)
        .await;
    (visitor, sent)
}

/// A browser that has nothing to do with EMAIL, which has an account.
async fn member(app: &TestApp) -> Client {
    let (mut client, sent) = register(app, EMAIL, PASSWORD).await;
    sent.leads_to("/register/sent");
    let link = app.mail().await.link();
    client.follow_link(&link).await.leads_to("/dashboard");
    sqlx::query("delete from sessions")
        .execute(&app.db)
        .await
        .expect("sessions end");
    app.visitor()
}

/// What the page behind a link says.
async fn behind(client: &mut Client, link: &str) -> String {
    let opened = client.get(link).await;
    let to = opened.header("location").to_owned();
    client.open(&to).await.text()
}

async fn forget(app: &TestApp, email: &str) -> Page {
    app.visitor()
        .post("/password/forgot", &[("email", email)])
        .await
}

/// Sets a password with the link of a mail.
async fn reset(client: &mut Client, link: &str, password: &str) -> Page {
    client.get(link).await.leads_to("/password/reset");
    let page = client.open("/password/reset").await;
    let selector = "form[action='/password/reset']";
    client
        .submit(&page, selector, &[("password", password)])
        .await
}

/// The line that sets the session's cookie.
fn session_cookie(page: &Page) -> String {
    let lines = set_cookies(page).into_iter();
    lines.filter(|line| line.starts_with("session=")).collect()
}

/// Fails if the error of a taken address is said on the page.
#[tokio::test]
async fn a_taken_address_is_answered_like_a_free_one_and_its_owner_is_told() {
    let app = TestApp::new().await;
    member(&app).await;
    let (mut sam, free) = register(&app, "sam@example.org", PASSWORD).await;
    app.mail().await;
    let (mut robin, taken) = register(&app, &EMAIL.to_uppercase(), OTHER).await;
    let mail = app.mail().await;
    assert_eq!((mail.to.as_str(), mail.link().as_str()), (EMAIL, "/login"));
    free.leads_to("/register/sent");
    taken.leads_to("/register/sent");
    assert_eq!(free.html(), taken.html());
    // And so are all pages that come after it.
    let mut after = Vec::new();
    for (client, email, next) in [
        (&mut sam, "sam@example.org", "free@example.org"),
        (&mut robin, &*EMAIL.to_uppercase(), EMAIL),
    ] {
        let page = client.open("/register/sent").await;
        assert!(page.text().to_lowercase().contains(&email.to_lowercase()));
        let again = client.post("/register/again", &[]).await;
        let other = client.post("/register/address", &[("email", next)]).await;
        let page = client.open("/register/sent").await;
        assert!(page.text().contains(next));
        let names = client.cookies.keys().cloned().collect::<Vec<_>>();
        after.push((
            (again.status, again.header("location").to_owned()),
            (other.status, other.header("location").to_owned()),
            names,
            page.text().replace(next, ""),
        ));
    }
    assert_eq!(after[0], after[1]);
    assert_eq!(app.number("select count(*) from users").await, 1);
    // Whoever tried it has changed nothing.
    let mut visitor = app.visitor();
    visitor.log_in(EMAIL, OTHER).await.is(422);
    visitor.log_in(EMAIL, PASSWORD).await.leads_to("/dashboard");
}

#[tokio::test]
async fn whoever_has_not_confirmed_has_no_account() {
    let app = TestApp::new().await;
    let (mut client, _) = register(&app, EMAIL, PASSWORD).await;
    let refused = client.log_in(EMAIL, PASSWORD).await;
    refused.is(422);
    assert!(refused.text().contains("follow the link in our mail first"));
    for path in ["/dashboard", "/settings", "/entries/new", "/sudo"] {
        let page = client.get(path).await;
        let to = page.header("location");
        assert!(to.starts_with("/login?next="), "{path} leads to {to}");
    }
    forget(&app, EMAIL).await;
    let link = app.mail().await.link();
    assert!(link.starts_with("/register/open/"), "{link}");
    assert_eq!(app.number("select count(*) from users").await, 0);
    // Its own link opens it, and signs in: nobody else has a way into it.
    client.follow_link(&link).await.leads_to("/dashboard");
    assert!(
        client
            .open("/dashboard")
            .await
            .text()
            .contains("Welcome, Robin")
    );
}

/// Fails if `of_link` does not look at `expires_at`, and without `forget`.
#[tokio::test]
async fn what_nobody_confirms_is_forgotten_after_three_days() {
    let app = TestApp::new().await;
    let (mut client, _) = register(&app, EMAIL, PASSWORD).await;
    let link = app.mail().await.link();
    app.set_now("2026-11-02T12:00:01Z");
    assert!(
        behind(&mut client, &link)
            .await
            .contains("does not work any more")
    );
    assert!(!client.open("/register/sent").await.text().contains(EMAIL));
    auth::sweep(&app.app, app.app.now()).await.unwrap();
    assert_eq!(app.number("select count(*) from registrations").await, 0);
}

/// Fails if a GET consumes: mail programs open links, too.
#[tokio::test]
async fn opening_a_link_changes_nothing_and_takes_its_token_out_of_the_address() {
    let app = TestApp::new().await;
    let (mut visitor, _) = register(&app, EMAIL, PASSWORD).await;
    let link = app.mail().await.link();
    for _ in 0..2 {
        let opened = visitor.get(&link).await;
        opened.leads_to("/register/open");
        assert_eq!(opened.header("referrer-policy"), "no-referrer");
        let page = visitor.open("/register/open").await;
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert!(!page.html().contains(link.rsplit('/').next().unwrap()));
    }
    assert_eq!(app.number("select count(*) from users").await, 0);
    visitor.follow_link(&link).await.leads_to("/dashboard");
    assert_eq!(app.number("select count(*) from users").await, 1);
}

/// Fails without `registrations::end` in `open_account::open`.
#[tokio::test]
async fn a_link_works_once() {
    let app = TestApp::new().await;
    let (mut visitor, _) = register(&app, EMAIL, PASSWORD).await;
    let link = app.mail().await.link();
    visitor.get(&link).await;
    let page = visitor.open("/register/open").await;
    let mut twin = visitor.clone();
    visitor
        .submit(&page, "main form", &[])
        .await
        .leads_to("/dashboard");
    twin.submit(&page, "main form", &[]).await.is(422);
    assert!(
        behind(&mut visitor, &link)
            .await
            .contains("does not work any more")
    );
}

/// Fails without `set_link`, and without the count of `may_send`.
#[tokio::test]
async fn only_the_newest_link_works_and_no_more_than_five_are_sent_in_an_hour() {
    let app = TestApp::new().await;
    let (mut client, _) = register(&app, EMAIL, PASSWORD).await;
    let mut links = vec![app.mail().await.link()];
    for _ in 0..4 {
        client
            .post("/register/again", &[])
            .await
            .leads_to("/register/sent");
        links.push(app.mail().await.link());
        let before = links[links.len() - 2].clone();
        assert!(
            behind(&mut client, &before)
                .await
                .contains("does not work any more")
        );
    }
    // From another browser, too.
    client.post("/register/again", &[]).await;
    register(&app, EMAIL, OTHER).await;
    forget(&app, EMAIL).await;
    assert!(app.mails().await.is_empty());
    app.set_now("2026-10-30T13:00:01Z");
    client.post("/register/again", &[]).await;
    let last = app.mail().await.link();
    client.follow_link(&last).await.leads_to("/dashboard");
}

#[tokio::test]
async fn a_link_is_for_one_purpose_and_for_a_time() {
    let app = TestApp::new().await;
    let mut visitor = member(&app).await;
    register(&app, "sam@example.org", PASSWORD).await;
    let open = app.mail().await.link();
    let token = open.rsplit('/').next().unwrap();
    visitor.get(&format!("/password/reset/{token}")).await;
    let page = visitor.open("/password/reset").await;
    assert!(page.text().contains("does not work any more"));
    forget(&app, EMAIL).await;
    let other = app.mail().await.link();
    let token = other.rsplit('/').next().unwrap();
    for path in ["/confirm", "/register/open"] {
        assert!(
            behind(&mut visitor, &format!("{path}/{token}"))
                .await
                .contains("does not work any more")
        );
    }
    app.set_now("2026-10-30T12:30:01Z");
    visitor.get(&other).await;
    let page = visitor.open("/password/reset").await;
    assert!(page.text().contains("does not work any more"));
    for token in ["", "x", "%00", "🂡"] {
        let page = visitor.get(&format!("/confirm/{token}")).await;
        assert!(page.status.as_u16() < 500, "{token}");
        assert!(
            visitor
                .open("/confirm/link")
                .await
                .text()
                .contains("does not work")
        );
    }
}

#[tokio::test]
async fn a_typing_mistake_in_the_address_is_put_right_before_it_is_confirmed() {
    let app = TestApp::new().await;
    let (mut client, _) = register(&app, "robni@example.org", PASSWORD).await;
    let wrong = app.mail().await.link();
    let page = client.open("/register/sent").await;
    let selector = "form[action='/register/address']";
    let refused = client
        .submit(&page, selector, &[("email", "nonsense")])
        .await;
    refused.is(422);
    assert_eq!(refused.attr("#email", "value"), "nonsense");
    client
        .submit(&page, selector, &[("email", EMAIL)])
        .await
        .leads_to("/register/sent");
    let mail = app.mail().await;
    assert_eq!(mail.to, EMAIL);
    assert!(
        behind(&mut client, &wrong)
            .await
            .contains("does not work any more")
    );
    client
        .follow_link(&mail.link())
        .await
        .leads_to("/dashboard");
    // A browser that has not registered is asked for the rest.
    let mut other = app.visitor();
    other
        .post("/register/address", &[("email", "sam@example.org")])
        .await
        .leads_to("/register?email=sam%40example.org");
    let page = other.open("/register?email=sam%40example.org").await;
    assert_eq!(page.attr("#email", "value"), "sam@example.org");
}

/// Fails if `forgot::create` looks the user up itself and says so.
#[tokio::test]
async fn forgetting_is_answered_alike_for_everybody() {
    let app = TestApp::new().await;
    member(&app).await;
    let known = forget(&app, EMAIL).await;
    let unknown = forget(&app, "nobody@example.org").await;
    known.leads_to("/password/forgot/sent");
    unknown.leads_to("/password/forgot/sent");
    assert_eq!(known.html(), unknown.html());
    let mail = app.mail().await;
    assert_eq!(mail.to, EMAIL);
    assert!(mail.link().starts_with("/password/reset/"));
}

/// Fails without `session::end_all` in `forgot::reset`.
#[tokio::test]
async fn a_new_password_ends_every_session_and_does_not_sign_in() {
    let app = TestApp::new().await;
    let mut before = member(&app).await;
    before.log_in(EMAIL, PASSWORD).await.leads_to("/dashboard");
    // Of the new device.
    app.mail().await;
    forget(&app, EMAIL).await;
    let link = app.mail().await.link();
    let mut visitor = app.visitor();
    reset(&mut visitor, &link, "short").await.is(422);
    reset(&mut visitor, &link, OTHER).await.leads_to("/login");
    assert!(!visitor.cookies.contains_key("session"));
    before.get("/dashboard").await.is(303);
    assert_eq!(app.mail().await.subject, "Your password was changed");
    reset_page_is_over(&mut visitor, &link).await;
    visitor.log_in(EMAIL, PASSWORD).await.is(422);
    visitor.log_in(EMAIL, OTHER).await.leads_to("/dashboard");
}

async fn reset_page_is_over(client: &mut Client, link: &str) {
    client.get(link).await;
    let page = client.open("/password/reset").await;
    assert!(page.text().contains("does not work any more"));
}

#[tokio::test]
async fn a_session_lasts_as_long_as_its_kind() {
    let app = TestApp::new().await;
    let mut visitor = member(&app).await;
    let mut short = visitor.clone();
    let page = short.log_in(EMAIL, PASSWORD).await;
    assert!(!session_cookie(&page).contains("Max-Age"));
    let login = visitor.open("/login").await;
    let fields = [("email", EMAIL), ("password", PASSWORD), ("remember", "on")];
    let page = visitor
        .submit(&login, "form[action='/login']", &fields)
        .await;
    assert!(session_cookie(&page).contains("Max-Age=2592000"));
    app.set_now("2026-10-30T13:59:00Z");
    short.open("/dashboard").await;
    app.set_now("2026-10-30T15:59:01Z");
    short.get("/dashboard").await.is(303);
    visitor.open("/dashboard").await;
    app.set_now("2026-11-13T15:58:00Z");
    visitor.open("/dashboard").await;
    app.set_now("2026-11-29T12:00:01Z");
    visitor.get("/dashboard").await.is(303);
}

#[tokio::test]
async fn an_administrator_is_never_remembered() {
    let app = TestApp::new().await;
    let mut visitor = member(&app).await;
    sqlx::query("update users set role = 'admin'")
        .execute(&app.db)
        .await
        .unwrap();
    let login = visitor.open("/login").await;
    let fields = [("email", EMAIL), ("password", PASSWORD), ("remember", "on")];
    let page = visitor
        .submit(&login, "form[action='/login']", &fields)
        .await;
    assert!(!session_cookie(&page).contains("Max-Age"));
    app.set_now("2026-10-30T12:14:00Z");
    visitor.open("/dashboard").await;
    app.set_now("2026-10-30T12:29:01Z");
    visitor.get("/dashboard").await.is(303);
}

/// Fails without `oldest` in the statement of `session::start`.
#[tokio::test]
async fn the_twenty_first_session_ends_the_oldest() {
    let app = TestApp::new().await;
    let visitor = member(&app).await;
    let mut first = visitor.clone();
    first.log_in(EMAIL, PASSWORD).await;
    for second in 1..=20 {
        app.set_now(&format!("2026-10-30T12:00:{second:02}Z"));
        visitor
            .clone()
            .log_in(EMAIL, PASSWORD)
            .await
            .leads_to("/dashboard");
    }
    assert_eq!(app.number("select count(*) from sessions").await, 20);
    first.get("/dashboard").await.is(303);
}

#[tokio::test]
async fn signing_in_from_another_browser_is_told_by_mail() {
    let app = TestApp::new().await;
    let visitor = app.visitor();
    let (mut first, _) = register(&app, EMAIL, PASSWORD).await;
    let link = app.mail().await.link();
    first.follow_link(&link).await.leads_to("/dashboard");
    assert!(app.mails().await.is_empty(), "the first device is no news");
    first.cookies.remove("session");
    first.log_in(EMAIL, PASSWORD).await;
    assert!(app.mails().await.is_empty(), "it is known");
    let mut phone = visitor.clone();
    phone.agent = "Mozilla/5.0 (Android 16; Mobile; rv:141.0) Firefox/141.0".to_owned();
    phone.log_in(EMAIL, PASSWORD).await;
    let mail = app.mail().await;
    assert!(mail.text.contains("Firefox on Android"), "{}", mail.text);
    phone.cookies.remove("session");
    phone.log_in(EMAIL, PASSWORD).await;
    assert!(app.mails().await.is_empty());
}

/// Fails without `disabled_at is null` where sessions are looked up.
#[tokio::test]
async fn a_closed_account_has_no_session_and_answers_like_a_wrong_password() {
    let app = TestApp::new().await;
    let mut client = member(&app).await;
    client.log_in(EMAIL, PASSWORD).await.leads_to("/dashboard");
    app.mail().await;
    sqlx::query("update users set disabled_at = now()")
        .execute(&app.db)
        .await
        .unwrap();
    client.get("/dashboard").await.is(303);
    app.visitor().log_in(EMAIL, PASSWORD).await.is(422);
    forget(&app, EMAIL).await;
    assert!(app.mails().await.is_empty());
}

/// Fails if `audit_log_rows` or `audit_log_table` is dropped.
#[tokio::test]
async fn the_audit_log_is_only_added_to() {
    let app = TestApp::new().await;
    member(&app).await;
    let lines = "select count(*) from audit_log";
    let before = app.number(lines).await;
    assert!(before >= 2);
    for sql in [
        "update audit_log set action = 'x'",
        "delete from audit_log",
        "truncate audit_log",
    ] {
        let refused = sqlx::query(sql).execute(&app.db).await.unwrap_err();
        assert!(refused.to_string().contains("only added to"), "{refused}");
    }
    assert_eq!(app.number(lines).await, before);
}

/// A login is the one moment at which the password is there to be hashed again.
#[tokio::test]
async fn a_hash_of_weaker_parameters_is_replaced_at_the_next_login() {
    let app = TestApp::new().await;
    member(&app).await;
    let weaker = Argon2::new(
        Algorithm::Argon2id,
        Version::V0x13,
        Params::new(8, 1, 1, Some(32)).unwrap(),
    );
    let hash = weaker.hash_password(PASSWORD.as_bytes()).unwrap();
    sqlx::query("update users set password_hash = $1")
        .bind(hash.to_string())
        .execute(&app.db)
        .await
        .unwrap();

    let kept = async || -> String {
        sqlx::query_scalar("select password_hash from users")
            .fetch_one(&app.db)
            .await
            .unwrap()
    };
    app.visitor().log_in(EMAIL, "not this one").await.is(422);
    assert!(kept().await.starts_with("$argon2id$v=19$m=8,t=1,"));
    for _ in 0..2 {
        app.visitor()
            .log_in(EMAIL, PASSWORD)
            .await
            .leads_to("/dashboard");
        assert!(kept().await.starts_with("$argon2id$v=19$m=8,t=2,"));
    }
}
