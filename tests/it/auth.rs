//! Registering, confirming, forgetting, and how long a session lasts: through the forms and the mails.

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};

use crate::harness::{Client, PASSWORD, Page, TestApp, set_cookies};

const EMAIL: &str = "robin@example.org";
const OTHER: &str = "another set of plain words";

/// Sends the form that opens an account.
async fn register(app: &TestApp, email: &str, password: &str) -> Page {
    let mut visitor = app.visitor();
    let page = visitor.open("/register").await;
    let fields = [
        ("name", "Robin"),
        ("email", email),
        ("password", password),
        ("home", "EUR"),
        ("time_zone", "UTC"),
    ];
    visitor
        .submit(&page, "form[action='/register']", &fields)
        .await
}

/// Somebody whose address is confirmed, not signed in.
async fn member(app: &TestApp) -> Client {
    register(app, EMAIL, PASSWORD)
        .await
        .leads_to("/register/sent");
    let link = app.mail().await.link();
    let mut visitor = app.visitor();
    visitor.follow_link(&link).await.leads_to("/login");
    visitor
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
    let free = register(&app, "sam@example.org", PASSWORD).await;
    app.mail().await;
    let taken = register(&app, &EMAIL.to_uppercase(), OTHER).await;
    free.leads_to("/register/sent");
    taken.leads_to("/register/sent");
    assert_eq!(set_cookies(&free), set_cookies(&taken));
    assert_eq!(free.html(), taken.html());
    let mail = app.mail().await;
    assert_eq!((mail.to.as_str(), mail.link().as_str()), (EMAIL, "/login"));
    assert_eq!(app.number("select count(*) from users").await, 2);
    // Whoever tried it has changed nothing.
    let mut visitor = app.visitor();
    visitor.log_in(EMAIL, OTHER).await.is(422);
    visitor.log_in(EMAIL, PASSWORD).await.leads_to("/dashboard");
}

#[tokio::test]
async fn who_has_not_confirmed_sees_one_page_only() {
    let app = TestApp::new().await;
    register(&app, EMAIL, PASSWORD).await;
    let mut client = app.visitor();
    client.log_in(EMAIL, PASSWORD).await.leads_to("/dashboard");
    for path in [
        "/dashboard",
        "/accounts",
        "/settings",
        "/settings/data",
        "/entries/new",
        "/sudo",
    ] {
        let page = client.get(path).await;
        let to = page.header("location");
        assert!(to.starts_with("/confirm?next="), "{path} leads to {to}");
    }
    let token = client.token().await;
    let sent = client
        .post(
            "/settings/theme",
            &[("theme", "dark"), ("form_token", &token)],
        )
        .await;
    assert!(sent.header("location").starts_with("/confirm"));
    let dark = "select count(*) from users where theme = 'dark'";
    assert_eq!(app.number(dark).await, 0);
    let page = client.open("/confirm").await;
    assert!(page.text().contains(EMAIL));
    // Its own link confirms, and the session goes on.
    let link = app.mail().await.link();
    client.follow_link(&link).await.leads_to("/dashboard");
    client.open("/dashboard").await;
}

/// Fails if a GET consumes: mail programs open links, too.
#[tokio::test]
async fn opening_a_link_changes_nothing_and_takes_its_token_out_of_the_address() {
    let app = TestApp::new().await;
    register(&app, EMAIL, PASSWORD).await;
    let link = app.mail().await.link();
    let confirmed = "select count(*) from users where email_confirmed_at is not null";
    let mut visitor = app.visitor();
    for _ in 0..2 {
        let opened = visitor.get(&link).await;
        opened.leads_to("/confirm/link");
        assert_eq!(opened.header("referrer-policy"), "no-referrer");
        let page = visitor.open("/confirm/link").await;
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert!(!page.html().contains(link.rsplit('/').next().unwrap()));
    }
    assert_eq!(app.number(confirmed).await, 0);
    visitor.follow_link(&link).await.leads_to("/login");
    assert_eq!(app.number(confirmed).await, 1);
}

/// Fails without the call of `consume` in `confirm::follow`.
#[tokio::test]
async fn a_link_works_once() {
    let app = TestApp::new().await;
    register(&app, EMAIL, PASSWORD).await;
    let link = app.mail().await.link();
    let mut visitor = app.visitor();
    visitor.get(&link).await;
    let page = visitor.open("/confirm/link").await;
    let mut twin = visitor.clone();
    visitor
        .submit(&page, "main form", &[])
        .await
        .leads_to("/login");
    twin.submit(&page, "main form", &[]).await.is(422);
    assert!(
        behind(&mut visitor, &link)
            .await
            .contains("does not work any more")
    );
}

/// Fails without `close_all` in `tokens::issue`.
#[tokio::test]
async fn only_the_newest_link_works_and_no_more_than_three_are_sent_in_an_hour() {
    let app = TestApp::new().await;
    register(&app, EMAIL, PASSWORD).await;
    let first = app.mail().await.link();
    let mut client = app.visitor();
    client.log_in(EMAIL, PASSWORD).await;
    client
        .post_form("/confirm/resend", &[])
        .await
        .leads_to("/confirm");
    let second = app.mail().await.link();
    assert!(
        behind(&mut client, &first)
            .await
            .contains("does not work any more")
    );
    client.post_form("/confirm/resend", &[]).await;
    app.mail().await;
    client.post_form("/confirm/resend", &[]).await;
    assert!(app.mails().await.is_empty());
    assert!(
        behind(&mut client, &second)
            .await
            .contains("does not work any more")
    );
    app.set_now("2026-10-30T13:00:01Z");
    client.post_form("/confirm/resend", &[]).await;
    let last = app.mail().await.link();
    client.follow_link(&last).await.leads_to("/dashboard");
}

#[tokio::test]
async fn a_link_is_for_one_purpose_and_for_a_time() {
    let app = TestApp::new().await;
    register(&app, EMAIL, PASSWORD).await;
    let confirm = app.mail().await.link();
    let mut visitor = app.visitor();
    let token = confirm.rsplit('/').next().unwrap();
    visitor.get(&format!("/password/reset/{token}")).await;
    let page = visitor.open("/password/reset").await;
    assert!(page.text().contains("does not work any more"));
    forget(&app, EMAIL).await;
    let other = app.mail().await.link();
    let token = other.rsplit('/').next().unwrap();
    assert!(
        behind(&mut visitor, &format!("/confirm/{token}"))
            .await
            .contains("does not work any more")
    );
    app.set_now("2026-10-30T12:30:01Z");
    visitor.get(&other).await;
    let page = visitor.open("/password/reset").await;
    assert!(page.text().contains("does not work any more"));
    app.set_now("2026-10-31T12:00:01Z");
    assert!(
        behind(&mut visitor, &confirm)
            .await
            .contains("does not work any more")
    );
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
    register(&app, "robni@example.org", PASSWORD).await;
    let wrong = app.mail().await.link();
    let mut client = app.visitor();
    client.log_in("robni@example.org", PASSWORD).await;
    let page = client.open("/confirm").await;
    let selector = "form[action='/confirm/address']";
    client
        .submit(&page, selector, &[("email", "nonsense")])
        .await
        .is(422);
    client
        .submit(&page, selector, &[("email", EMAIL)])
        .await
        .leads_to("/confirm");
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

/// Who reads an address' mail owns it: the link confirms it too.
#[tokio::test]
async fn a_new_password_by_mail_confirms_the_address() {
    let app = TestApp::new().await;
    register(&app, EMAIL, PASSWORD).await;
    app.mail().await;
    forget(&app, EMAIL).await;
    let link = app.mail().await.link();
    let mut visitor = app.visitor();
    reset(&mut visitor, &link, OTHER).await.leads_to("/login");
    visitor.log_in(EMAIL, OTHER).await;
    visitor.open("/dashboard").await;
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

/// Fails without the second statement of `session::start`.
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
    let visitor = member(&app).await;
    let mut first = visitor.clone();
    first.log_in(EMAIL, PASSWORD).await;
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
