//! Passkeys: adding and naming them, and logging in.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

mod answers;
mod device;
mod rights;

use serde_json::Value;

use self::device::Device;
use crate::harness::{Client, Form, PASSWORD, Page, TestApp, set_cookies};

/// Where the site is: passkeys need a name.
pub const ORIGIN: &str = "http://localhost:8000";
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

/// Gives somebody a passkey, and returns the device that has it.
pub async fn add(client: &mut Client) -> Device {
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

async fn execute(app: &TestApp, sql: &'static str) {
    sqlx::query(sql).execute(&app.db).await.unwrap();
}

#[tokio::test]
async fn a_passkey_logs_in_by_itself_and_its_owner_hears_of_it() {
    let app = site().await;
    let mut client = app.user().await;
    let mut elsewhere = app.another(&client).await;
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

#[tokio::test]
async fn a_passkey_does_not_ask_for_itself_after_a_password() {
    let app = site().await;
    let mut client = app.register().await;
    client.show_password(PASSWORD).await;
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

/// Fails without `MOST` in `settings::ask` and `settings::add`.
#[tokio::test]
async fn twenty_are_enough() {
    let app = site().await;
    let (mut client, _) = enrolled(&app).await;
    let page = client.open(PAGE).await;
    let more = "insert into passkeys (user_id, credential_id, credential, name, created_at)
                select user_id, int4send(i), credential, name, created_at from passkeys, generate_series(1, 19) i";
    execute(&app, more).await;
    let asked = client
        .post_form(&page.attr("#add", "data-ask"), &[("name", "One more")])
        .await;
    asked.is(422);
    let refused = client.submit(&page, "#add", &[]).await;
    refused.is(422);
    assert!(refused.text().contains("You have 20 passkeys"));
}

/// Fails without `prove_by_passkey`, and without its look at `proven_at`.
#[tokio::test]
async fn a_login_with_a_passkey_shows_the_owner_only_if_it_was_theirs_before() {
    let app = site().await;
    let (client, mut device) = enrolled(&app).await;
    let is_proven = "select (proven_at > p.created_at)::text from users u join passkeys p on p.user_id = u.id where u.id = $1";
    for (known, then) in [
        (
            "update users set proven_at = proven_at - interval '1 hour'",
            "false",
        ),
        (
            "update users set proven_at = (select created_at from passkeys)",
            "true",
        ),
    ] {
        execute(&app, known).await;
        app.set_now("2026-10-30T13:00:00Z");
        press(&mut app.visitor(), "/login", &mut device)
            .await
            .leads_to("/dashboard");
        assert_eq!(client.value(is_proven).await, then);
    }
}
