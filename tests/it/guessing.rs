//! Whoever guesses a secret is slow wherever it is asked for, the owner hears of it, and strangers slow nobody but
//! themselves.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use chrono::{DateTime, Duration, Utc};
use totp_rs::{Builder, Secret};

use crate::harness::{Client, Mail, NOW, PASSWORD, Page, TestApp};

const WRONG: &str = "not the right words";
/// A code that no app shows on these days and no mail holds.
const NO_CODE: &str = "none";

fn later(app: &TestApp, seconds: i64) {
    let at = NOW.parse::<DateTime<Utc>>().unwrap() + Duration::seconds(seconds);
    app.set_now(&at.to_rfc3339());
}

/// Somebody who has registered and logged in, and their address.
async fn known(app: &TestApp) -> (Client, String) {
    let client = app.register().await;
    let email = client.value("select email from users where id = $1").await;
    app.mails().await;
    (client, email)
}

/// Behind a proxy that says from where each request comes, without the limits of networks in memory.
async fn behind_a_proxy() -> TestApp {
    TestApp::with(|settings| settings.trusted_proxies = Some("127.0.0.1".to_owned())).await
}

async fn login_from(app: &TestApp, network: &str, email: &str, password: &str) -> Page {
    let mut visitor = app.visitor();
    let fields = [("email", email), ("password", password)];
    let mut request = visitor.post_request("/login", &fields);
    request
        .headers_mut()
        .insert("x-forwarded-for", network.parse().unwrap());
    visitor.send(request).await
}

async fn sudo(client: &mut Client, field: &str, secret: &str) -> Page {
    client.post_form("/sudo", &[(field, secret)]).await
}

fn is_slowed(page: &Page, seconds: u64) {
    page.is(429);
    let after: u64 = page.header("retry-after").parse().unwrap();
    assert!((seconds..=seconds + 1).contains(&after), "{after}");
    let text = page.text();
    assert!(text.contains("too many wrong tries"), "{text}");
}

/// Gives somebody an app. Returns its key.
async fn with_app(client: &mut Client) -> String {
    const PAGE: &str = "/settings/security/totp";
    client.show_password(PASSWORD).await;
    let page = client.open(PAGE).await;
    let start = "form[action='/settings/security/totp/start']";
    client.submit(&page, start, &[]).await.leads_to(PAGE);
    let page = client.open(PAGE).await;
    let key = page.texts("[data-key]")[0].replace(' ', "");
    let now = code(&key, 0);
    client
        .submit(&page, "#confirm", &[("code", &now)])
        .await
        .is(200);
    key
}

/// What the app shows so many seconds after the first instant of the tests.
fn code(key: &str, seconds: i64) -> String {
    let at = NOW.parse::<DateTime<Utc>>().unwrap().timestamp() + seconds;
    let secret = Secret::try_from_base32(key).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    totp.generate(at.try_into().unwrap()).to_string()
}

fn is_about(mail: &Mail, to: &str, said: &str) {
    assert_eq!(mail.to, to);
    assert!(mail.text.contains(said), "{}", mail.text);
}

/// The kind: a secret that a session is asked for once more. Fails without `throttle::attempt` in `sudo::create`, and if
/// it is counted by network, of which a thief has many.
#[tokio::test]
async fn whoever_has_a_session_guesses_its_password_no_faster_than_at_the_login() {
    let app = behind_a_proxy().await;
    let (mut thief, email) = known(&app).await;
    let mut owner = app.visitor();
    owner.log_in(&email, PASSWORD).await;
    app.mails().await;
    for n in 0..5 {
        let token = thief.token().await;
        let fields = [("form_token", &*token), ("password", WRONG)];
        let mut request = thief.post_request("/sudo", &fields);
        let from = format!("203.0.{n}.9").parse().unwrap();
        request.headers_mut().insert("x-forwarded-for", from);
        thief.send(request).await.is(422);
    }
    let mut now = 0;
    for wait in [1, 2, 4, 8, 16, 32, 60] {
        is_slowed(&sudo(&mut thief, "password", PASSWORD).await, wait);
        now += i64::try_from(wait).unwrap();
        later(&app, now);
        sudo(&mut thief, "password", WRONG).await.is(422);
    }
    // Nobody else is slowed: neither the owner's session, nor a login.
    sudo(&mut owner, "password", PASSWORD)
        .await
        .leads_to("/dashboard");
    login_from(&app, "198.51.100.1", &email, PASSWORD)
        .await
        .leads_to("/dashboard");
    // Beside that of the new device.
    let said = "10 wrong passwords in a row";
    let mails = app.mails().await;
    assert!(
        mails
            .iter()
            .any(|mail| mail.to == email && mail.text.contains(said))
    );
    // What was right starts the counting anew.
    later(&app, now + 60);
    sudo(&mut thief, "password", PASSWORD)
        .await
        .leads_to("/dashboard");
    sudo(&mut thief, "password", WRONG).await.is(422);
    sudo(&mut thief, "password", PASSWORD)
        .await
        .leads_to("/dashboard");
}

/// Fails if what strangers try at the login slows a session down.
#[tokio::test]
async fn strangers_do_not_slow_down_the_question_who_the_owner_is() {
    let app = behind_a_proxy().await;
    let (mut owner, email) = known(&app).await;
    for n in 0..8 {
        login_from(&app, "203.0.113.9", &email, WRONG).await;
        login_from(&app, &format!("203.0.{n}.7"), &email, WRONG).await;
    }
    raise_to(&app, 200).await;
    sudo(&mut owner, "password", PASSWORD)
        .await
        .leads_to("/dashboard");
}

/// Fails if `sudo::create` looks at codes without the throttle: twenty a day were all that slowed them.
#[tokio::test]
async fn codes_are_as_slow_to_guess_as_passwords_where_a_session_is_asked_for_them() {
    let app = TestApp::new().await;
    let (mut client, _) = known(&app).await;
    let key = with_app(&mut client).await;
    for _ in 0..5 {
        sudo(&mut client, "code", NO_CODE).await.is(422);
    }
    is_slowed(&sudo(&mut client, "code", &code(&key, 30)).await, 1);
    // The password is another secret.
    sudo(&mut client, "password", PASSWORD)
        .await
        .leads_to("/dashboard");
    later(&app, 30);
    sudo(&mut client, "code", &code(&key, 30))
        .await
        .leads_to("/dashboard");
}

/// The kind: a secret after the password, which whoever knows the password may ask for as often as they like. Fails without
/// `throttle::attempt` in `second_factor::create`: each login brought five tries more.
#[tokio::test]
async fn recovery_codes_are_not_guessed_five_at_a_time_with_ever_new_logins() {
    let app = TestApp::new().await;
    let (mut owner, email) = known(&app).await;
    let key = with_app(&mut owner).await;
    app.mails().await;
    let guess = async |code: &str| {
        let mut thief = app.visitor();
        thief.log_in(&email, PASSWORD).await.is(303);
        let page = thief.open("/login/2fa").await;
        let form = page.form("form:has([name=recovery])");
        let fields = [("recovery", code), ("form_token", form.value("form_token"))];
        thief.post("/login/2fa", &fields).await
    };
    for _ in 0..5 {
        guess("AAAAAAAAAA").await.is(422);
    }
    let mut now = 0;
    for wait in [1, 2, 4, 8, 16] {
        is_slowed(&guess("AAAAAAAAAA").await, wait);
        now += i64::try_from(wait).unwrap();
        later(&app, now);
        guess("AAAAAAAAAA").await.is(422);
    }
    let mails = app.mails().await;
    let told: Vec<_> = mails
        .iter()
        .filter(|mail| mail.text.contains("10 wrong codes"))
        .collect();
    assert_eq!(told.len(), 1, "{mails:?}");
    is_about(told[0], &email, "knows your password");
    // A browser of the owner's has tries of its own.
    owner.cookies.remove("session");
    owner.log_in(&email, PASSWORD).await.is(303);
    let page = owner.open("/login/2fa").await;
    let fields = [("code", &*code(&key, now))];
    let form = "form[action^='/login/2fa']:has([name=code])";
    owner
        .submit(&page, form, &fields)
        .await
        .leads_to("/dashboard");
}

/// Fails without `throttle::attempt` in `new_device::create`.
#[tokio::test]
async fn mailed_codes_are_as_slow_to_guess() {
    let app = TestApp::new().await;
    let (owner, _) = known(&app).await;
    let guess = async || {
        let mut thief = app.half_way(owner.user).await;
        let page = thief.open("/login/code").await;
        let fields = [("code", NO_CODE)];
        let form = "form[action='/login/code']";
        thief.submit(&page, form, &fields).await
    };
    for _ in 0..5 {
        guess().await.is(422);
    }
    is_slowed(&guess().await, 1);
}

/// Fails if a browser that is known may guess as fast as it likes: it may be a library's.
#[tokio::test]
async fn a_known_browser_is_slowed_by_its_own_tries_and_by_no_others() {
    let app = TestApp::new().await;
    let (mut shared, email) = known(&app).await;
    let mut own = app.visitor();
    own.log_in(&email, PASSWORD).await.leads_to("/dashboard");
    for browser in [&mut shared, &mut own] {
        browser.cookies.remove("session");
    }
    app.mails().await;
    for _ in 0..5 {
        shared.log_in(&email, WRONG).await.is(422);
    }
    is_slowed(&shared.log_in(&email, PASSWORD).await, 1);
    // Another login in between is no way around it, and does not take the browser's memory away.
    let (other, elsewhere) = known(&app).await;
    drop(other);
    shared
        .log_in(&elsewhere, PASSWORD)
        .await
        .leads_to("/dashboard");
    shared.cookies.remove("session");
    is_slowed(&shared.log_in(&email, PASSWORD).await, 1);
    own.log_in(&email, PASSWORD).await.leads_to("/dashboard");
    is_slowed(&shared.log_in(&email, PASSWORD).await, 1);
    later(&app, 1);
    shared.log_in(&email, PASSWORD).await.leads_to("/dashboard");
}

/// All that is counted of strangers becomes as many as this, by the network that tried last.
async fn raise_to(app: &TestApp, failures: i32) {
    sqlx::query(
        "update login_attempts set failures = $1
         where ctid = (select ctid from login_attempts order by last_at desc limit 1)",
    )
    .bind(failures)
    .execute(&app.db)
    .await
    .unwrap();
}

/// The kind: tries that strangers share with the owner. Fails if all browsers that are not known share one try a minute.
#[tokio::test]
async fn an_owner_on_a_new_device_gets_in_while_strangers_guess_all_day() {
    let app = behind_a_proxy().await;
    let (_, email) = known(&app).await;
    login_from(&app, "203.0.113.9", &email, WRONG).await.is(422);
    raise_to(&app, 100).await;
    let strangers: Vec<_> = (0..4).map(|n| format!("203.0.{n}.9")).collect();
    // They take whatever they get, all the time.
    let mut looked_at = 0;
    for second in 1..=600 {
        later(&app, second);
        for network in &strangers {
            let answer = login_from(&app, network, &email, WRONG).await;
            looked_at += i32::from(answer.status.as_u16() == 422);
        }
    }
    // Five of each network as of one that is new, and one a minute for all together.
    assert!((20..=32).contains(&looked_at), "{looked_at}");
    later(&app, 601);
    for network in &strangers {
        login_from(&app, network, &email, WRONG).await;
    }
    login_from(&app, "198.51.100.1", &email, PASSWORD)
        .await
        .leads_to("/login/code?next=%2Fdashboard");
    // Guessing stays slow from however many networks: they have one new try in ten seconds together.
    let mut looked_at = 0;
    for n in 0..40 {
        later(&app, 620 + n / 4);
        let answer = login_from(&app, &format!("192.0.{n}.9"), &email, WRONG).await;
        looked_at += i32::from(answer.status.as_u16() == 422);
    }
    assert_eq!(looked_at, 1);
    // Networks within one larger one are one: whoever has a house full of IPv6 has no more tries.
    let mut looked_at = 0;
    for n in 0..120 {
        later(&app, 700 + n * 10);
        let network = format!("2001:db8:7:{n:x}::9");
        let answer = login_from(&app, &network, &email, WRONG).await;
        looked_at += i32::from(answer.status.as_u16() == 422);
    }
    assert!((20..=26).contains(&looked_at), "{looked_at}");
}

/// Fails without `attempts::is_familiar`: whoever has thousands of networks took every try of those that are new.
#[tokio::test]
async fn where_the_owner_has_logged_in_before_a_new_device_waits_for_nobody() {
    let app = behind_a_proxy().await;
    let (_, email) = known(&app).await;
    login_from(&app, "198.51.100.1", &email, PASSWORD)
        .await
        .leads_to("/dashboard");
    login_from(&app, "203.0.113.9", &email, WRONG).await.is(422);
    raise_to(&app, 100).await;
    later(&app, 60);
    login_from(&app, "203.0.1.9", &email, WRONG).await.is(422);
    login_from(&app, "203.0.2.9", &email, WRONG).await.is(429);
    login_from(&app, "198.51.100.7", &email, PASSWORD)
        .await
        .leads_to("/login/code?next=%2Fdashboard");
}

/// Fails without the job that tells, if it tells each time, and if it tells of addresses that nobody has.
#[tokio::test]
async fn the_owner_hears_of_a_hundred_wrong_passwords_once_a_day() {
    let app = behind_a_proxy().await;
    let (mut owner, email) = known(&app).await;
    for address in [&*email, "nobody@example.org"] {
        later(&app, 0);
        login_from(&app, "203.0.113.9", address, WRONG)
            .await
            .is(422);
        raise_to(&app, 98).await;
        later(&app, 60);
        login_from(&app, "203.0.113.9", address, WRONG)
            .await
            .is(422);
        assert!(app.mails().await.is_empty());
        later(&app, 120);
        login_from(&app, "203.0.113.9", address, WRONG)
            .await
            .is(422);
        let mails = app.mails().await;
        if address == email {
            assert_eq!(mails.len(), 1, "{mails:?}");
            is_about(&mails[0], address, "100 wrong passwords in a row");
        } else {
            assert!(mails.is_empty(), "{mails:?}");
        }
        later(&app, 180);
        raise_to(&app, 199).await;
        login_from(&app, "203.0.113.9", address, WRONG)
            .await
            .is(422);
        assert!(app.mails().await.is_empty());
    }
    let activity = owner.open("/settings/activity").await;
    assert!(activity.text().contains("We told you of many wrong tries"));
    let day = 24 * 60 * 60;
    sqlx::query("update login_attempts set failures = 299")
        .execute(&app.db)
        .await
        .unwrap();
    later(&app, day + 240);
    login_from(&app, "203.0.113.9", &email, WRONG).await.is(422);
    assert_eq!(app.mails().await.len(), 1);
}

/// The kind: a clock that was ahead and was set back. Fails if an instant that has not come yet makes anybody wait.
#[tokio::test]
async fn a_clock_that_was_set_back_slows_nobody() {
    let app = behind_a_proxy().await;
    let (mut owner, email) = known(&app).await;
    let key = with_app(&mut owner).await;
    later(&app, 1_000_000);
    owner.log_in(&email, PASSWORD).await;
    let page = owner.open("/login/2fa").await;
    let fields = [("code", &*code(&key, 1_000_000))];
    let form = "form[action^='/login/2fa']:has([name=code])";
    owner
        .submit(&page, form, &fields)
        .await
        .leads_to("/dashboard");
    for _ in 0..5 {
        login_from(&app, "203.0.113.9", &email, WRONG).await.is(422);
        login_from(&app, "203.0.113.10", &email, WRONG)
            .await
            .is(422);
    }
    raise_to(&app, 100).await;

    later(&app, 60);
    login_from(&app, "203.0.113.9", &email, WRONG).await.is(422);
    is_slowed(&login_from(&app, "203.0.113.9", &email, WRONG).await, 60);
    // A code of now is not older than one of a time that has not come.
    sudo(&mut owner, "code", &code(&key, 60))
        .await
        .leads_to("/dashboard");
    sudo(&mut owner, "code", &code(&key, 60)).await.is(422);
}
