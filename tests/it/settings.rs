//! What somebody does to their own account: password, address, devices, deletion. Each asks once more who they are, is
//! written down, and is told by mail.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use crate::harness::{Client, PASSWORD, TestApp};

const OTHER: &str = "another set of plain words";

/// Somebody who registered and has just shown their password once more, with their address.
async fn member(app: &TestApp) -> (Client, String) {
    let mut client = app.register().await;
    client.show_password(PASSWORD).await;
    let email = client.value("select email from users where id = $1").await;
    (client, email)
}

/// The same person on another device.
async fn elsewhere(app: &TestApp, email: &str) -> Client {
    let mut other = app.visitor();
    other.log_in(email, PASSWORD).await.leads_to("/dashboard");
    app.mail().await;
    other
}

fn actions(app: &TestApp, action: &'static str) -> impl Future<Output = i64> {
    let db = app.db.clone();
    async move {
        sqlx::query_scalar("select count(*) from audit_log where action = $1")
            .bind(action)
            .fetch_one(&db)
            .await
            .unwrap()
    }
}

/// Fails if `Sudo` lets everybody through who is signed in.
#[tokio::test]
async fn what_matters_asks_again_after_a_quarter_of_an_hour() {
    let app = TestApp::new().await;
    let (mut client, _) = member(&app).await;
    let gates = [
        "/settings/password",
        "/settings/email",
        "/settings/data/reset",
        "/settings/data/delete",
        "/settings/data/export.json",
        "/settings/data/export.zip",
    ];
    for path in gates {
        client.open(path).await;
    }
    app.set_now("2026-10-30T12:15:01Z");
    for path in gates {
        let asked: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
        client
            .get(path)
            .await
            .leads_to(&format!("/sudo?next={asked}"));
    }
    for path in [
        "/settings/sessions/end",
        "/settings/password",
        "/settings/data/delete",
    ] {
        let sent = client.post_form(path, &[("password", OTHER)]).await;
        assert!(sent.header("location").starts_with("/sudo"), "{path}");
    }
    let before = client.cookies["session"].clone();
    let page = client.open("/sudo?next=%2Fsettings%2Fpassword").await;
    let wrong = client
        .submit(&page, "form[action='/sudo']", &[("password", OTHER)])
        .await;
    wrong.is(422);
    client.get("/settings/password").await.is(303);
    client
        .submit(&page, "form[action='/sudo']", &[("password", PASSWORD)])
        .await
        .leads_to("/settings/password");
    // The session has a new token, and the old one is dead; pages that are open go on working.
    assert_ne!(client.cookies["session"], before);
    client.open("/settings/password").await;
    client
        .submit(&page, "form[action='/sudo']", &[("password", PASSWORD)])
        .await
        .is(303);
    let mut thief = app.visitor();
    thief.cookies.insert("session".to_owned(), before);
    thief.get("/dashboard").await.is(303);
    // It does not last longer because it is used.
    app.set_now("2026-10-30T12:29:00Z");
    client.open("/settings/password").await;
    app.set_now("2026-10-30T12:30:02Z");
    client.get("/settings/password").await.is(303);
}

/// Fails without `session::end_all` in `security::set_password`.
#[tokio::test]
async fn a_new_password_signs_all_other_devices_out() {
    let app = TestApp::new().await;
    let (mut client, email) = member(&app).await;
    let mut other = elsewhere(&app, &email).await;
    let page = client.open("/settings/password").await;
    let selector = "main form";
    let weak = [("password", "password1234")];
    client.submit(&page, selector, &weak).await.is(422);
    let before = client.cookies["session"].clone();
    client
        .submit(&page, selector, &[("password", OTHER)])
        .await
        .leads_to("/settings/security");
    assert_ne!(client.cookies["session"], before);
    client.open("/dashboard").await;
    other.get("/dashboard").await.is(303);
    assert_eq!(app.mail().await.subject, "Your password was changed");
    assert_eq!(actions(&app, "password-changed").await, 1);
    app.visitor().log_in(&email, PASSWORD).await.is(422);
    app.visitor()
        .log_in(&email, OTHER)
        .await
        .leads_to("/dashboard");
}

#[tokio::test]
async fn a_new_address_is_confirmed_before_it_counts_and_the_old_one_can_take_it_back() {
    let app = TestApp::new().await;
    let (mut client, old) = member(&app).await;
    let page = client.open("/settings/email").await;
    for wrong in ["nonsense", &*old.to_uppercase()] {
        client
            .submit(&page, "main form", &[("email", wrong)])
            .await
            .is(422);
    }
    client
        .submit(&page, "main form", &[("email", "new@example.org")])
        .await
        .leads_to("/settings/security");
    let address = "select email from users where id = $1";
    assert_eq!(client.value(address).await, old);
    let ask = app.mail().await;
    assert_eq!(ask.to, "new@example.org");
    client.follow_link(&ask.link()).await.leads_to("/dashboard");
    assert_eq!(client.value(address).await, "new@example.org");
    let notice = app.mail().await;
    assert_eq!(notice.to, old);
    // Three days later it is too late; until then the old address wins, and whoever changed it knows no password.
    app.set_now("2026-11-02T11:59:00Z");
    let mut owner = app.visitor();
    owner
        .follow_link(&notice.link())
        .await
        .leads_to("/password/reset");
    assert_eq!(client.value(address).await, old);
    client.get("/dashboard").await.is(303);
    app.visitor().log_in(&old, PASSWORD).await.is(422);
    let page = owner.open("/password/reset").await;
    let selector = "form[action='/password/reset']";
    owner
        .submit(&page, selector, &[("password", OTHER)])
        .await
        .leads_to("/login");
    owner.log_in(&old, OTHER).await.leads_to("/dashboard");
}

/// Fails if the page says whose address it is.
#[tokio::test]
async fn somebody_elses_address_is_answered_like_a_free_one() {
    let app = TestApp::new().await;
    let (mut client, _) = member(&app).await;
    let (_, taken) = member(&app).await;
    let page = client.open("/settings/email").await;
    let free = client
        .submit(&page, "main form", &[("email", "free@example.org")])
        .await;
    app.mail().await;
    let refused = client
        .submit(&page, "main form", &[("email", &taken)])
        .await;
    assert_eq!(free.status, refused.status);
    assert_eq!(free.header("location"), refused.header("location"));
    assert!(app.mails().await.is_empty());
}

/// Fails without the owner in `session::end_one`.
#[tokio::test]
async fn devices_are_listed_and_signed_out_at_once() {
    let app = TestApp::new().await;
    let (mut client, email) = member(&app).await;
    let mut other = elsewhere(&app, &email).await;
    let mut third = elsewhere(&app, &email).await;
    let (mut stranger, _) = member(&app).await;
    let page = client.open("/settings/sessions").await;
    assert_eq!(page.count("form[action$='/end'] button[aria-label]"), 2);
    assert!(page.text().contains("Firefox on Linux"));
    let end = page.attr(
        "form[action^='/settings/sessions/'][action$='/end']",
        "action",
    );
    stranger.post_form(&end, &[]).await.is(404);
    client
        .post_form(&end, &[])
        .await
        .leads_to("/settings/sessions");
    client.post_form(&end, &[]).await.is(404);
    let mut alive = 0;
    for device in [&mut other, &mut third] {
        alive += i32::from(device.get("/dashboard").await.status.as_u16() == 200);
    }
    assert_eq!(alive, 1);
    client
        .post_form("/settings/sessions/end", &[])
        .await
        .leads_to("/settings/sessions");
    other.get("/dashboard").await.is(303);
    third.get("/dashboard").await.is(303);
    stranger.open("/dashboard").await;
    client.open("/dashboard").await;
    assert_eq!(actions(&app, "session-ended").await, 1);
    assert_eq!(actions(&app, "sessions-ended").await, 1);
}

#[tokio::test]
async fn people_see_what_happened_to_their_account_and_to_nobody_elses() {
    let app = TestApp::new().await;
    let (mut client, email) = member(&app).await;
    app.visitor().log_in(&email, OTHER).await.is(422);
    let said = client.open("/settings/activity").await.text();
    for words in [
        "You opened the account",
        "You signed in",
        "Somebody tried to sign in",
        "Firefox on Linux",
    ] {
        assert!(said.contains(words), "{words} in {said}");
    }
    let (mut stranger, _) = member(&app).await;
    let said = stranger.open("/settings/activity").await.text();
    assert!(!said.contains("Somebody tried"), "{said}");
    for page in ["0", "-1", "x", "9999999999999999999"] {
        stranger
            .open(&format!("/settings/activity?page={page}"))
            .await;
    }
}

/// Fails without the owner in any statement of `queries::empty_ledger`.
#[tokio::test]
async fn emptying_the_ledger_takes_ones_own_only() {
    let app = TestApp::new().await;
    let (mut client, _) = member(&app).await;
    let (mut stranger, _) = member(&app).await;
    for who in [&mut client, &mut stranger] {
        let account = who.add_account("site", "Riverhouse", "EUR").await;
        who.add_entry("deposit", &[("account", &account), ("amount", "50")])
            .await;
        who.post_form(
            "/settings/rates",
            &[
                ("currency", "BTC"),
                ("price", "50000"),
                ("day", "2026-10-30"),
            ],
        )
        .await;
    }
    let others = stranger.ledger().await;
    let page = client.open("/settings/data/reset").await;
    client
        .submit(&page, "main form", &[("confirm", "reset")])
        .await
        .is(422);
    client
        .submit(&page, "main form", &[("confirm", "RESET")])
        .await
        .leads_to("/dashboard");
    for table in ["accounts", "entries", "changes", "own_rates"] {
        let sql = format!("select count(*)::text from {table} where user_id = $1");
        let of = |client: &Client| {
            sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(sql.clone()))
                .bind(client.user)
                .fetch_one(&app.db)
        };
        assert_eq!(of(&client).await.unwrap(), "0", "{table}");
        assert_ne!(of(&stranger).await.unwrap(), "0", "{table}");
    }
    assert_eq!(stranger.ledger().await, others);
    client.add_account("site", "Riverhouse", "EUR").await;
}

/// Fails without `deletes_at <= now` in `queries::delete_users`.
#[tokio::test]
async fn an_account_is_deleted_seven_days_later_unless_it_is_kept() {
    let app = TestApp::new().await;
    let (mut client, email) = member(&app).await;
    let mut other = elsewhere(&app, &email).await;
    let (mut kept, kept_email) = member(&app).await;
    for (who, email) in [(&mut client, &email), (&mut kept, &kept_email)] {
        let page = who.open("/settings/data/delete").await;
        who.submit(&page, "main form", &[("confirm", "somebody@example.org")])
            .await
            .is(422);
        who.submit(&page, "main form", &[("confirm", email)])
            .await
            .leads_to("/dashboard");
        let page = who.open("/dashboard").await;
        assert!(page.text().contains("This account is deleted on"));
    }
    other.get("/dashboard").await.is(303);
    let mails = app.mails().await;
    let link = mails
        .iter()
        .find(|mail| mail.to == kept_email)
        .unwrap()
        .link();
    app.visitor().follow_link(&link).await.leads_to("/login");
    app.set_now("2026-11-06T11:59:59Z");
    stakeeasy::features::account::sweep(&app.app, app.app.now())
        .await
        .unwrap();
    assert_eq!(app.number("select count(*) from users").await, 2);
    app.set_now("2026-11-06T12:00:01Z");
    stakeeasy::features::account::sweep(&app.app, app.app.now())
        .await
        .unwrap();
    let left: Vec<String> = sqlx::query_scalar("select email from users")
        .fetch_all(&app.db)
        .await
        .unwrap();
    assert_eq!(left, [kept_email]);
    app.visitor().log_in(&email, PASSWORD).await.is(422);
    assert_eq!(actions(&app, "deleted").await, 1);
    assert_eq!(actions(&app, "deletion-cancelled").await, 1);
}

#[tokio::test]
async fn the_button_on_every_page_keeps_the_account() {
    let app = TestApp::new().await;
    let (mut client, email) = member(&app).await;
    let page = client.open("/settings/data/delete").await;
    client
        .submit(&page, "main form", &[("confirm", &email)])
        .await;
    let page = client.open("/accounts").await;
    client
        .submit(&page, "form[action='/settings/data/keep']", &[])
        .await
        .leads_to("/dashboard");
    assert!(
        !client
            .open("/accounts")
            .await
            .text()
            .contains("is deleted on")
    );
}

/// Fails if `Sudo` does not look at `is_demo`.
#[tokio::test]
async fn the_demo_user_is_changed_by_nobody() {
    let app = TestApp::with(|settings| settings.demo = Some("true".to_owned())).await;
    stakeeasy::features::demo::fill(&app.app).await.unwrap();
    let mut visitor = app.visitor();
    visitor
        .post("/login/demo", &[("form_key", "")])
        .await
        .leads_to("/dashboard");
    for path in [
        "/settings/password",
        "/settings/email",
        "/settings/data/reset",
        "/settings/data/delete",
    ] {
        let page = visitor.get(path).await;
        page.is(403);
        assert!(page.text().contains("demo user belongs to everybody"));
        visitor
            .post_form(path, &[("confirm", "RESET"), ("password", OTHER)])
            .await
            .is(403);
    }
    visitor.open("/settings/security").await;
    assert!(
        visitor
            .open("/settings/activity")
            .await
            .text()
            .contains("Nothing yet")
    );
}
