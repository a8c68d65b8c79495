//! Passkeys: adding, showing and removing them, and every answer that must not be taken.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

mod device;

use axum::http::HeaderMap;
use serde_json::Value;
use stakeeasy::ids::UserId;
use stakeeasy::web::Caller;
use stakeeasy::web::session::{self, Method, NewSession};

use self::device::Device;
use crate::harness::{Client, Form, PASSWORD, Page, TestApp, set_cookies};

const ORIGIN: &str = "http://localhost:8000";
const PAGE: &str = "/settings/security/passkeys";

async fn site() -> TestApp {
    TestApp::with(|settings| settings.public_url = Some(ORIGIN.to_owned())).await
}

/// Asks for the challenge of a page's button: the form that waits for the answer, and the question.
async fn ask(client: &mut Client, page: &Page) -> (Form, Value) {
    let form = page.form("form[data-passkey]");
    let fields: Vec<(&str, &str)> = form
        .fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let asked = client
        .post(&page.attr("form[data-passkey]", "data-ask"), &fields)
        .await;
    asked.is(200);
    (form, serde_json::from_slice(&asked.body).unwrap())
}

/// Presses the button of a page with a device at hand.
async fn press(client: &mut Client, path: &str, device: &mut Device) -> Page {
    let page = client.open(path).await;
    let (mut form, question) = ask(client, &page).await;
    form.set("passkey", &device.answer(&question));
    client.send_form(&form).await
}

async fn add(client: &mut Client) -> Device {
    let mut device = Device::new(ORIGIN);
    press(client, PAGE, &mut device).await.leads_to(PAGE);
    device
}

/// Somebody who has a passkey and no password.
async fn enrolled(app: &TestApp) -> (Client, Device) {
    let mut client = app.user().await;
    let device = add(&mut client).await;
    (client, device)
}

/// A browser with a session that has shown a password.
async fn with_password(app: &TestApp, user: i64, second_factor_due: bool) -> Client {
    let new = NewSession {
        user: UserId(user),
        method: Method::Password,
        remember: false,
        second_factor_due,
    };
    let jar = session::start(&app.app, &Caller::default(), &HeaderMap::new(), new)
        .await
        .unwrap();
    let mut client = app.visitor();
    client.user = user;
    for cookie in jar.iter() {
        let (name, value) = (cookie.name().to_owned(), cookie.value().to_owned());
        client.cookies.insert(name, value);
    }
    client
}

async fn execute(app: &TestApp, sql: &'static str) {
    sqlx::query(sql).execute(&app.db).await.unwrap();
}

#[tokio::test]
async fn a_passkey_logs_in_by_itself_and_its_owner_hears_of_it() {
    let app = site().await;
    let mut client = app.user().await;
    let mut elsewhere = with_password(&app, client.user, false).await;
    let token = client.cookies["session"].clone();
    let page = client.open(PAGE).await;
    assert_eq!(page.form("#add").value("name"), "Firefox on Linux");
    let mut device = Device::new(ORIGIN);
    press(&mut client, PAGE, &mut device).await.leads_to(PAGE);
    let mail = app.mail().await;
    assert_eq!(mail.subject, "A passkey was added");
    // The others have ended, and this session's token is another one.
    assert_eq!(elsewhere.get("/settings").await.status, 303);
    assert_ne!(client.cookies["session"], token);
    let page = client.open(PAGE).await;
    assert!(page.text().contains("never used"), "{}", page.text());
    assert!(page.text().contains("Two are better"), "{}", page.text());

    // With codes from an app switched on: a passkey is both factors.
    execute(&app, "update users set totp_enabled_at = now()").await;
    app.set_now("2026-10-30T12:01:00Z");
    let mut phone = app.visitor();
    press(&mut phone, "/login?next=/accounts?archived=1", &mut device)
        .await
        .leads_to("/accounts?archived=1");
    phone.open("/dashboard").await;
    let shown = "select array_to_string(methods, ' ') from sessions where user_id = $1 order by created_at desc limit 1";
    assert_eq!(client.value(shown).await, "passkey");
    let told =
        "select detail->>'method' from audit_log where action = 'signed-in' and subject_id = $1";
    assert_eq!(client.value(told).await, "passkey");
    let page = client.open(PAGE).await;
    assert!(page.text().contains("last used 30 Oct 2026, 12:01"));
    assert!(
        client
            .open("/settings/security")
            .await
            .text()
            .contains("Two are better")
    );
}

/// Fails if `take_challenge` only selects: the answer then works as long as the challenge lasts.
#[tokio::test]
async fn an_answer_works_once() {
    let app = site().await;
    let (_, mut device) = enrolled(&app).await;
    let mut phone = app.visitor();
    let page = phone.open("/login").await;
    let (mut form, question) = ask(&mut phone, &page).await;
    form.set("passkey", &device.answer(&question));
    let mut again = phone.clone();
    phone.send_form(&form).await.leads_to("/dashboard");
    let refused = again.send_form(&form).await;
    refused.is(422);
    assert!(refused.text().contains("sent before"), "{}", refused.text());
    // A wrong answer uses the challenge up, too.
    let mut phone = app.visitor();
    let (mut form, question) = ask(&mut phone, &page).await;
    form.set("passkey", &device.forged().answer(&question));
    phone.send_form(&form).await.is(422);
    form.set("passkey", &device.answer(&question));
    phone.send_form(&form).await.is(422);
}

/// Fails if the state is looked up by the challenge instead of by the cookie.
#[tokio::test]
async fn a_challenge_works_in_the_browser_that_asked_for_it() {
    let app = site().await;
    let (_, mut device) = enrolled(&app).await;
    let mut phone = app.visitor();
    let page = phone.open("/login").await;
    let (mut form, question) = ask(&mut phone, &page).await;
    form.set("passkey", &device.answer(&question));
    let mut other = app.visitor();
    other.send_form(&form).await.is(422);
    ask(&mut other, &page).await;
    other.send_form(&form).await.is(422);
    phone.send_form(&form).await.leads_to("/dashboard");
}

/// Fails without `kept.expires_at > app.now()` in `ceremony::take`.
#[tokio::test]
async fn a_challenge_lasts_five_minutes() {
    let app = site().await;
    let (_, mut device) = enrolled(&app).await;
    for (time, status) in [("12:04:59", 303), ("12:05:00", 422)] {
        app.set_now("2026-10-30T12:00:00Z");
        let mut phone = app.visitor();
        let page = phone.open("/login").await;
        let (mut form, question) = ask(&mut phone, &page).await;
        form.set("passkey", &device.answer(&question));
        app.set_now(&format!("2026-10-30T{time}Z"));
        phone.send_form(&form).await.is(status);
    }
}

/// Each is refused by one check of the library; they fail if its settings are loosened.
#[tokio::test]
async fn answers_from_elsewhere_unverified_or_forged_are_refused() {
    let app = site().await;
    let (mut client, device) = enrolled(&app).await;
    let bad: [fn(&mut Device); 5] = [
        |device| device.is_verified = false,
        |device| device.origin = "http://localhost:8001".to_owned(),
        |device| device.origin = "https://localhost:8000".to_owned(),
        |device| device.origin = "http://evil.localhost:8000".to_owned(),
        |device| *device = device.forged(),
    ];
    for (i, change) in bad.into_iter().enumerate() {
        let mut changed = device.clone();
        change(&mut changed);
        let refused = press(&mut app.visitor(), "/login", &mut changed).await;
        assert_eq!(refused.status, 422, "{i}");
        assert!(refused.text().contains("not accepted"), "{i}");
        // Nor is a new one made like that; a forged one is a new one.
        let mut new = Device::new(ORIGIN);
        change(&mut new);
        let status = if i < 4 { 422 } else { 303 };
        press(&mut client, PAGE, &mut new).await.is(status);
    }
    // Who logs in has not said who they are: the passkey must.
    let mut silent = device.clone();
    silent.names_its_user = false;
    press(&mut app.visitor(), "/login", &mut silent)
        .await
        .is(422);
    for nonsense in ["", "{}", "[]", "null", "\0"] {
        let mut phone = app.visitor();
        let page = phone.open("/login").await;
        let (mut form, _) = ask(&mut phone, &page).await;
        form.set("passkey", nonsense);
        phone.send_form(&form).await.is(422);
    }
    assert_eq!(app.number("select count(*) from passkeys").await, 2);
    press(&mut app.visitor(), "/login", &mut device.clone())
        .await
        .leads_to("/dashboard");
}

/// Fails without `known.is_disabled` in `ceremony::check`.
#[tokio::test]
async fn removed_passkeys_and_those_of_closed_accounts_are_refused() {
    let app = site().await;
    let (mut client, mut first) = enrolled(&app).await;
    app.set_now("2026-10-30T12:00:01Z");
    let mut second = add(&mut client).await;
    // Asked for while it is still there.
    let mut phone = app.visitor();
    let page = phone.open("/login").await;
    let (mut form, question) = ask(&mut phone, &page).await;
    form.set("passkey", &first.answer(&question));
    let path = client.open(PAGE).await.attr(".link-list a", "href");
    let page = client.open(&path).await;
    let token = client.cookies["session"].clone();
    let mut elsewhere = with_password(&app, client.user, false).await;
    app.mails().await;
    client.submit(&page, "#remove", &[]).await.leads_to(PAGE);
    assert_eq!(app.mail().await.subject, "A passkey was removed");
    assert_eq!(elsewhere.get("/settings").await.status, 303);
    assert_ne!(client.cookies["session"], token);
    phone.send_form(&form).await.is(422);
    press(&mut app.visitor(), "/login", &mut first)
        .await
        .is(422);
    press(&mut app.visitor(), "/login", &mut second)
        .await
        .leads_to("/dashboard");
    execute(&app, "update users set disabled_at = now()").await;
    let refused = press(&mut app.visitor(), "/login", &mut second).await;
    refused.is(422);
    assert!(refused.text().contains("not accepted"));
}

/// Fails without `user == known.user` in `ceremony::belongs`.
#[tokio::test]
async fn as_second_factor_and_for_sudo_only_ones_own_passkeys_count() {
    let app = site().await;
    let (client, mut own) = enrolled(&app).await;
    let (_, mut strange) = enrolled(&app).await;
    execute(&app, "update users set totp_enabled_at = now()").await;
    let mut half_way = with_password(&app, client.user, true).await;
    press(&mut half_way, "/login/2fa?next=/accounts", &mut strange)
        .await
        .is(422);
    half_way
        .get("/accounts")
        .await
        .leads_to("/login/2fa?next=%2Faccounts");
    // It need not name its user: it was asked for by its own name.
    own.names_its_user = false;
    press(&mut half_way, "/login/2fa?next=/accounts", &mut own)
        .await
        .leads_to("/accounts");
    half_way.open("/accounts").await;

    let mut again = with_password(&app, client.user, false).await;
    app.set_now("2026-10-30T12:16:00Z");
    let sudo = again.get(PAGE).await;
    let path = sudo.header("location").to_owned();
    press(&mut again, &path, &mut strange).await.is(422);
    again.get(PAGE).await.leads_to(&path);
    press(&mut again, &path, &mut own).await.leads_to(PAGE);
    again.open(PAGE).await;
}

/// Fails without `kept.user == user` in `ceremony::take`.
#[tokio::test]
async fn a_challenge_is_for_the_user_who_was_asked() {
    let app = site().await;
    let (client, mut device) = enrolled(&app).await;
    execute(&app, "update users set totp_enabled_at = now()").await;
    let mut half_way = with_password(&app, client.user, true).await;
    let page = half_way.open("/login/2fa").await;
    let (mut form, question) = ask(&mut half_way, &page).await;
    form.set("passkey", &device.answer(&question));
    "/login".clone_into(&mut form.action);
    half_way.send_form(&form).await.is(422);
    // Who is half way there can go back to the login page, and log in without the password.
    press(&mut half_way.clone(), "/login", &mut device)
        .await
        .leads_to("/dashboard");
    // One for showing a passkey makes none.
    let mut client = client;
    let page = client.open("/sudo").await;
    let (_, question) = ask(&mut client, &page).await;
    let answer = device.answer(&question);
    let page = client.open(PAGE).await;
    client
        .submit(&page, "#add", &[("passkey", &answer)])
        .await
        .is(422);
}

/// Fails without `session::count_try` in `second_factor::create`.
#[tokio::test]
async fn half_way_there_are_five_tries() {
    let app = site().await;
    let (client, mut device) = enrolled(&app).await;
    let mut half_way = with_password(&app, client.user, true).await;
    for _ in 0..5 {
        press(&mut half_way, "/login/2fa", &mut device.forged())
            .await
            .is(422);
    }
    press(&mut half_way, "/login/2fa", &mut device)
        .await
        .leads_to("/login");
}

/// Fails if the error `CredentialPossibleCompromise` is taken for success in `ceremony::check`.
#[tokio::test]
async fn a_counter_that_goes_back_is_refused_and_written_down() {
    let app = site().await;
    let (client, mut device) = enrolled(&app).await;
    device.counter = 7;
    press(&mut app.visitor(), "/login", &mut device)
        .await
        .leads_to("/dashboard");
    for counter in [7, 6] {
        device.counter = counter;
        let refused = press(&mut app.visitor(), "/login", &mut device).await;
        refused.is(422);
        assert!(refused.text().contains("may have been copied"));
    }
    let refused =
        "select count(*)::text from audit_log where action = 'passkey-refused' and subject_id = $1";
    assert_eq!(client.value(refused).await, "2");
    device.counter = 8;
    press(&mut app.visitor(), "/login", &mut device)
        .await
        .leads_to("/dashboard");
}

/// Fails without the passkeys in `has_another_way_in`, or without the one that is given up being left out of them.
#[tokio::test]
async fn the_last_way_in_stays() {
    let app = TestApp::with(|settings| {
        settings.public_url = Some(ORIGIN.to_owned());
        settings.google_client_id = Some("id".to_owned());
        settings.google_client_secret = Some("secret".to_owned());
    })
    .await;
    let (mut client, _) = enrolled(&app).await;
    let path = client.open(PAGE).await.attr(".link-list a", "href");
    let page = client.open(&path).await;
    let refused = client.submit(&page, "#remove", &[]).await;
    refused.is(422);
    assert!(refused.text().contains("the only way into your account"));
    // With a passkey the account elsewhere can go, and with the account elsewhere the passkey.
    let linked = "insert into identities (issuer, subject, user_id, linked_at)
                  select 'https://accounts.google.com', '1', id, now() from users";
    execute(&app, linked).await;
    let unlink = "/settings/security/identities/google/unlink";
    let identities = "/settings/security/identities";
    client.post_form(unlink, &[]).await.leads_to(identities);
    execute(&app, linked).await;
    client.submit(&page, "#remove", &[]).await.leads_to(PAGE);
    client
        .post_form(unlink, &[])
        .await
        .leads_to("/settings/security/identities?problem=last&with=google");
    // A second passkey is another way, as is a password.
    execute(&app, "delete from identities").await;
    add(&mut client).await;
    add(&mut client).await;
    let path = client.open(PAGE).await.attr(".link-list a", "href");
    let page = client.open(&path).await;
    client.submit(&page, "#remove", &[]).await.leads_to(PAGE);
    let path = client.open(PAGE).await.attr(".link-list a", "href");
    let page = client.open(&path).await;
    client.submit(&page, "#remove", &[]).await.is(422);
    execute(&app, "update users set password_hash = 'a hash'").await;
    client.submit(&page, "#remove", &[]).await.leads_to(PAGE);
}

/// Fails without `forget_second_factor` in `settings::remove`, and if `remove` renews the session as one that has shown a
/// passkey.
#[tokio::test]
async fn administrators_need_no_app_once_they_have_shown_a_passkey() {
    let app = site().await;
    let (client, mut device) = enrolled(&app).await;
    execute(
        &app,
        "update users set role = 'admin', password_hash = 'a hash'",
    )
    .await;
    let needs = async |client: &mut Client| {
        let page = client.open("/settings/security/totp").await;
        page.text().contains("Administrators need a second factor")
    };
    let mut desk = with_password(&app, client.user, false).await;
    assert!(needs(&mut desk).await);
    press(&mut desk, "/sudo", &mut device)
        .await
        .leads_to("/dashboard");
    assert!(!needs(&mut desk).await);
    let mut phone = app.visitor();
    press(&mut phone, "/login", &mut device)
        .await
        .leads_to("/dashboard");
    assert!(!needs(&mut phone).await);
    // Who removes one of two without having shown one has not shown one.
    add(&mut phone).await;
    let mut desk = with_password(&app, client.user, false).await;
    for left in [1, 0] {
        let path = desk.open(PAGE).await.attr(".link-list a", "href");
        let page = desk.open(&path).await;
        desk.submit(&page, "#remove", &[]).await.leads_to(PAGE);
        assert!(needs(&mut desk).await, "{left} left");
    }
    // The rights go with the last one.
    add(&mut desk).await;
    assert!(!needs(&mut desk).await);
    let path = desk.open(PAGE).await.attr(".link-list a", "href");
    let page = desk.open(&path).await;
    desk.submit(&page, "#remove", &[]).await.leads_to(PAGE);
    assert!(needs(&mut desk).await);
}

#[tokio::test]
async fn a_passkey_does_not_ask_for_itself_after_a_password() {
    let app = site().await;
    let mut client = app.register().await;
    add(&mut client).await;
    let page = client.open(PAGE).await;
    assert!(
        page.text()
            .contains("Your password alone goes on logging you in")
    );
    let email = client.value("select email from users where id = $1").await;
    app.visitor()
        .log_in(&email, PASSWORD)
        .await
        .leads_to("/dashboard");
}

#[tokio::test]
async fn a_name_is_typed_and_can_be_changed_and_all_of_it_asks_who_they_are() {
    let app = site().await;
    let (mut client, mut device) = enrolled(&app).await;
    let page = client.open(PAGE).await;
    // Without a name there is no challenge; the form says why when it is sent as it is.
    let mut form = page.form("#add");
    form.set("name", " ");
    client
        .post_form(&page.attr("#add", "data-ask"), &[("name", " ")])
        .await
        .is(422);
    let refused = client.send_form(&form).await;
    refused.is(422);
    assert!(refused.text().contains("Type something here."));
    // The same passkey once more.
    press(&mut client, PAGE, &mut device).await.is(422);
    let path = page.attr(".link-list a", "href");
    let page = client.open(&path).await;
    client
        .submit(&page, "#rename", &[("name", "")])
        .await
        .is(422);
    client
        .submit(&page, "#rename", &[("name", "My <b>phone")])
        .await
        .leads_to(PAGE);
    assert!(client.open(PAGE).await.text().contains("My <b>phone"));
    let mut stranger = app.user().await;
    stranger.get(&path).await.is(404);
    stranger.post_form(&path, &[("name", "Mine")]).await.is(404);
    add(&mut stranger).await;
    stranger
        .post_form(&format!("{path}/remove"), &[])
        .await
        .is(404);
    app.set_now("2026-10-30T12:16:00Z");
    for path in [PAGE, &path] {
        let to = client.get(path).await.header("location").to_owned();
        assert!(to.starts_with("/sudo"), "{to}");
    }
    for path in [
        PAGE.to_owned(),
        format!("{PAGE}/ask"),
        format!("{path}/remove"),
        path,
    ] {
        let to = client.post_form(&path, &[("name", "x")]).await;
        assert!(to.header("location").starts_with("/sudo"), "{path}");
    }
    assert_eq!(app.number("select count(*) from passkeys").await, 2);
}

#[tokio::test]
async fn at_an_address_of_numbers_there_are_none() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let page = app.visitor().open("/login").await;
    assert!(!page.has("[data-passkey]") && !page.has("script[src*=passkeys]"));
    let page = client.open(PAGE).await;
    assert!(!page.has("[data-passkey]"));
    assert!(
        page.text().contains("http://localhost:8000"),
        "{}",
        page.text()
    );
    client.post_form("/login/passkey", &[]).await.is(404);
    client
        .post_form(&format!("{PAGE}/ask"), &[("name", "x")])
        .await
        .is(404);
    app.visitor()
        .post("/login", &[("passkey", "{}")])
        .await
        .is(404);
}

/// Fails without `limited` around `/login/passkey`.
#[tokio::test]
async fn challenges_are_bound_to_the_site_and_limited() {
    let app = TestApp::with(|s| s.public_url = Some("https://stakeeasy.example".to_owned())).await;
    let mut phone = app.visitor();
    let asked = phone.post("/login/passkey", &[]).await;
    asked.is(200);
    let cookie = set_cookies(&asked).concat();
    for part in [
        "__Host-passkey=",
        "HttpOnly",
        "SameSite=Strict",
        "Secure",
        "Path=/",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let asked: Value = serde_json::from_slice(&asked.body).unwrap();
    let asked = &asked["publicKey"];
    assert_eq!(asked["rpId"], "stakeeasy.example");
    assert_eq!(asked["userVerification"], "required");
    // 256 bit.
    assert_eq!(asked["challenge"].as_str().unwrap().len(), 43);
    for _ in 0..9 {
        phone.post("/login/passkey", &[]).await.is(200);
    }
    phone.post("/login/passkey", &[]).await.is(429);
}

/// Fails without `passkeys::delete_all` in `confirm::follow`.
#[tokio::test]
async fn taking_a_changed_address_back_removes_what_a_thief_may_have_added() {
    let app = site().await;
    let mut client = app.register().await;
    let mut device = add(&mut client).await;
    app.mail().await;
    let page = client.open("/settings/email").await;
    client
        .submit(&page, "main form", &[("email", "thief@example.org")])
        .await
        .leads_to("/settings/security");
    let link = app.mail().await.link();
    client.follow_link(&link).await.leads_to("/dashboard");
    let told = app.mail().await;
    assert_eq!(told.subject, "Your address was changed");
    let mut owner = app.visitor();
    owner
        .follow_link(&told.link())
        .await
        .leads_to("/password/reset");
    press(&mut app.visitor(), "/login", &mut device)
        .await
        .is(422);
}
