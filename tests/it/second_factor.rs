//! Codes from an app and recovery codes: setting them up, logging in with them, and what guessing or repeating gives.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

mod losing;
mod trying;

use totp_rs::{Builder, Secret};

use crate::harness::{Client, Page, TestApp};

const PAGE: &str = "/settings/security/totp";
/// In whole half-minutes.
const START: &str = "2026-10-30T12:00:00Z";

fn at(seconds: i64) -> i64 {
    START
        .parse::<chrono::DateTime<chrono::Utc>>()
        .unwrap()
        .timestamp()
        + seconds
}

fn set(app: &TestApp, seconds: i64) {
    let at = chrono::DateTime::from_timestamp(at(seconds), 0).unwrap();
    app.set_now(&at.to_rfc3339());
}

/// What the app shows at a time.
fn code(key: &str, seconds: i64) -> String {
    let secret = Secret::try_from_base32(key).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    totp.generate(at(seconds).try_into().unwrap()).to_string()
}

/// Somebody who has set up an app at second 0: their browser, the key, and the recovery codes.
async fn enrolled(app: &TestApp) -> (Client, String, Vec<String>) {
    set(app, 0);
    let mut client = app.user().await;
    let page = client.open(PAGE).await;
    let start = "form[action='/settings/security/totp/start']";
    client.submit(&page, start, &[]).await.leads_to(PAGE);
    let page = client.open(PAGE).await;
    let key: String = text_of(&page, "[data-key]")[0].replace(' ', "");
    client
        .submit(&page, "#confirm", &[("code", "000000")])
        .await
        .is(422);
    let codes = client
        .submit(&page, "#confirm", &[("code", &code(&key, 0))])
        .await;
    codes.is(200);
    let codes = text_of(&codes, "[data-codes] code");
    assert_eq!(codes.len(), 10);
    (client, key, codes)
}

/// Somebody with an app and a password, and their address.
async fn with_password(app: &TestApp) -> (Client, String, String) {
    let other = app.register().await;
    let (client, key, _) = enrolled(app).await;
    sqlx::query("update users set password_hash = (select password_hash from users where id = $2) where id = $1")
        .bind(client.user)
        .bind(other.user)
        .execute(&app.db)
        .await
        .unwrap();
    let email = client.value("select email from users where id = $1").await;
    app.mails().await;
    (client, key, email)
}

fn text_of(page: &Page, selector: &str) -> Vec<String> {
    let selector = scraper::Selector::parse(selector).unwrap();
    let document = page.document();
    document
        .select(&selector)
        .map(|e| e.text().collect())
        .collect()
}

async fn try_with(client: &mut Client, field: &str, code: &str) -> Page {
    let page = client.open("/login/2fa").await;
    client
        .submit(
            &page,
            &format!("#by-{field}"),
            &[(if field == "code" { "code" } else { "recovery" }, code)],
        )
        .await
}

/// Fails without `totp_last_step < $2` in `take_step`.
#[tokio::test]
async fn a_code_works_once_however_many_send_it_and_the_last_half_minute_counts() {
    let app = TestApp::new().await;
    let (client, key, _) = enrolled(&app).await;
    set(&app, 60);
    let mut browsers = Vec::new();
    for _ in 0..15 {
        browsers.push(app.half_way(client.user).await);
    }
    // The code of the half-minute before.
    let now = code(&key, 30);
    let mut tries = tokio::task::JoinSet::new();
    for mut browser in browsers {
        let now = now.clone();
        tries.spawn(async move { try_with(&mut browser, "code", &now).await.status == 303 });
    }
    let passed = tries
        .join_all()
        .await
        .into_iter()
        .filter(|passed| *passed)
        .count();
    assert_eq!(passed, 1);
    // Two steps old.
    set(&app, 150);
    try_with(
        &mut app.half_way(client.user).await,
        "code",
        &code(&key, 90),
    )
    .await
    .is(422);
    // As many wrong tries as there were have a wait after them, of a minute at most.
    set(&app, 240);
    try_with(
        &mut app.half_way(client.user).await,
        "code",
        &code(&key, 240),
    )
    .await
    .leads_to("/dashboard");
}

/// What completes a login answers nothing that is asked after it: whoever holds the session later was not there. Fails if
/// `session::renew` sets `asked_again` where a second factor was due.
#[tokio::test]
async fn the_code_of_a_login_does_not_stand_in_for_being_asked_again() {
    let app = TestApp::new().await;
    let (client, key, _) = enrolled(&app).await;
    set(&app, 60);
    let mut browser = app.half_way(client.user).await;
    try_with(&mut browser, "code", &code(&key, 60))
        .await
        .leads_to("/dashboard");
    let renewed = browser
        .post_form("/settings/security/recovery-codes", &[])
        .await;
    let to = renewed.header("location").split('?').next().unwrap();
    assert_eq!((renewed.status.as_u16(), to), (303, "/sudo"));
}

/// Fails without `and used_at is null` in `take_code`.
#[tokio::test]
async fn a_recovery_code_works_once_and_its_owner_is_told() {
    let app = TestApp::new().await;
    let (client, _, codes) = enrolled(&app).await;
    app.mail().await;
    let (mut one, mut two) = (
        app.half_way(client.user).await,
        app.half_way(client.user).await,
    );
    let (a, b) = tokio::join!(
        try_with(&mut one, "recovery", &codes[0]),
        try_with(&mut two, "recovery", &codes[0])
    );
    assert_eq!([a, b].iter().filter(|page| page.status == 303).count(), 1);
    assert!(app.mail().await.subject.contains("recovery code"));
    assert_eq!(
        app.number("select count(*) from recovery_codes where used_at is null")
            .await,
        9
    );
}

/// Fails without `second_factor_failures < $2` in `session::count_try`.
#[tokio::test]
async fn half_way_there_are_no_rights_and_five_tries() {
    let app = TestApp::new().await;
    let (client, key, _) = enrolled(&app).await;
    set(&app, 60);
    let mut browser = app.half_way(client.user).await;
    for path in [
        "/dashboard",
        "/accounts",
        "/settings",
        "/settings/data",
        "/sudo",
        PAGE,
    ] {
        let to = browser.get(path).await;
        assert!(
            to.header("location").starts_with("/login/2fa?next="),
            "{path}"
        );
    }
    for _ in 0..5 {
        try_with(&mut browser, "code", "000000").await.is(422);
    }
    try_with(&mut browser, "code", &code(&key, 60))
        .await
        .leads_to("/login");
    browser
        .get("/login/2fa")
        .await
        .leads_to("/login?next=%2Flogin%2F2fa");
}

#[tokio::test]
async fn it_is_switched_off_by_a_form_only_and_the_secret_is_not_readable() {
    let app = TestApp::new().await;
    let (mut client, key, _) = enrolled(&app).await;
    let secret = Secret::try_from_base32(&key).unwrap();
    let kept: Vec<u8> = sqlx::query_scalar("select totp_secret from users where id = $1")
        .bind(client.user)
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert!(!kept.windows(20).any(|part| part == secret.as_ref()));
    client.get("/settings/security/totp/off").await.is(405);
    assert_eq!(
        app.number("select count(*) from users where totp_enabled_at is not null")
            .await,
        1
    );
    let page = client.open(PAGE).await;
    client
        .submit(&page, "form[action='/settings/security/totp/off']", &[])
        .await
        .leads_to(PAGE);
    assert_eq!(app.number("select count(*) from recovery_codes").await, 0);
}

#[tokio::test]
async fn administrators_without_a_second_factor_are_told_why_they_need_one() {
    let app = TestApp::new().await;
    set(&app, 0);
    let mut client = app.user().await;
    client
        .get("/login/2fa")
        .await
        .leads_to("/login?next=%2Flogin%2F2fa");
    let page = client.open(PAGE).await;
    assert!(!page.text().contains("Administrators need"));
    sqlx::query("update users set role = 'admin'")
        .execute(&app.db)
        .await
        .unwrap();
    let page = client.open(PAGE).await;
    assert!(page.text().contains("Administrators need"));
}

/// What was added to an account since its owner was last known for certain may be somebody else's: a login with it proves
/// nothing. Fails without `prove_by_app`, and without its look at `proven_at`.
#[tokio::test]
async fn a_login_with_an_app_shows_the_owner_only_if_it_was_theirs_before() {
    let app = TestApp::new().await;
    let (client, key, _) = enrolled(&app).await;
    let proven = "select extract(epoch from proven_at - totp_enabled_at)::bigint::text from users where id = $1";
    for (known, seconds, then) in [("-3600", 60, "-3600"), ("0", 150, "150")] {
        sqlx::query("update users set proven_at = totp_enabled_at + make_interval(secs => $2::float8) where id = $1")
            .bind(client.user)
            .bind(known.parse::<f64>().unwrap())
            .execute(&app.db)
            .await
            .unwrap();
        set(&app, seconds);
        let mut browser = app.half_way(client.user).await;
        try_with(&mut browser, "code", &code(&key, seconds))
            .await
            .leads_to("/dashboard");
        assert_eq!(client.value(proven).await, then);
    }
}
