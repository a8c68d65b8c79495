//! Ways into an account are added and changed by its owner: not by whoever holds a session of theirs, nor by whoever only
//! knows their password.
//!
//! Each defence names what was taken away once to see its test fail.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use crate::harness::{Client, Mail, PASSWORD, Page, TestApp};
use crate::matrix;
use crate::passkeys;

const TOTP: &str = "/settings/security/totp";
const PASSKEYS: &str = "/settings/security/passkeys";
const ASK: &str = "/sudo";
const BROWSER: &str = "/sudo/browser";

/// Every request that adds a way in or changes one, or leads to it.
const WAYS_IN: [(&str, &str); 14] = [
    ("GET", TOTP),
    ("POST", "/settings/security/totp/start"),
    ("POST", TOTP),
    ("POST", "/settings/security/recovery-codes"),
    ("GET", PASSKEYS),
    ("POST", "/settings/security/passkeys/ask"),
    ("POST", PASSKEYS),
    ("GET", "/settings/security/identities/google/link"),
    ("GET", "/settings/security/identities/google/confirm"),
    ("POST", "/settings/security/identities/google/confirm"),
    ("GET", "/settings/password"),
    ("POST", "/settings/password"),
    ("GET", "/settings/email"),
    ("POST", "/settings/email"),
];

/// What decides who gets in.
const DOORS: &str =
    "select md5(concat_ws('|', totp_secret is null, totp_enabled_at, password_hash, email,
        (select count(*) from passkeys p where p.user_id = u.id),
        (select count(*) from passkey_challenges),
        (select count(*) from identities i where i.user_id = u.id),
        (select count(*) from recovery_codes r where r.user_id = u.id),
        (select count(*) from mail_tokens t where t.user_id = u.id)))
    from users u where id = $1";

/// Somebody who has registered in another browser, and their address.
async fn known(app: &TestApp) -> (Client, String) {
    let client = app.register().await;
    let email = client.value("select email from users where id = $1").await;
    app.mails().await;
    (client, email)
}

/// A browser that has never been here, in which somebody logs in.
async fn new_browser(app: &TestApp, of: &Client, email: &str) -> Client {
    let mut client = app.visitor();
    client.user = of.user;
    client.log_in(email, PASSWORD).await.leads_to("/dashboard");
    app.mails().await;
    client
}

async fn ask(client: &mut Client, (method, path): (&str, &str)) -> Page {
    let fields = [
        ("code", "000000"),
        ("name", "A phone"),
        ("passkey", "{}"),
        ("password", "other words than those before"),
        ("email", "thief@example.org"),
    ];
    match method {
        "POST" => client.post_form(path, &fields).await,
        _ => client.get(path).await,
    }
}

/// All of it leads to a page, and changes nothing.
async fn all_lead_to(app: &TestApp, client: &mut Client, gate: &str) {
    let before = client.value(DOORS).await;
    for way in WAYS_IN {
        let page = ask(client, way).await;
        let to = page.header("location").split('?').next().unwrap();
        assert_eq!((page.status.as_u16(), to), (303, gate), "{way:?}");
    }
    assert_eq!(client.value(DOORS).await, before);
    assert!(app.mails().await.is_empty());
}

fn code_in(mail: &Mail) -> String {
    let is_code = |line: &&str| line.len() == 8 && line.bytes().all(|b| b.is_ascii_digit());
    mail.text
        .lines()
        .map(str::trim)
        .find(is_code)
        .unwrap()
        .to_owned()
}

/// Has a code sent to a session, and returns it.
async fn code_for(app: &TestApp, client: &mut Client) -> String {
    let page = client.open(BROWSER).await;
    client
        .submit(&page, "#send-code", &[])
        .await
        .leads_to("/sudo/browser?next=%2Fdashboard");
    let mail = app.mail().await;
    assert_eq!(mail.subject, "Your code to change how you log in");
    code_in(&mail)
}

/// Fails without `asked_again` in `session::ask_again`, which a login itself does not set.
#[tokio::test]
async fn whoever_holds_a_session_adds_nothing_to_it() {
    let app = matrix::everything_on().await;
    let (mut thief, _) = known(&app).await;
    all_lead_to(&app, &mut thief, ASK).await;
    // Nor do they have mails sent, or type codes of them.
    thief
        .get(BROWSER)
        .await
        .leads_to("/sudo?next=%2Fsudo%2Fbrowser");
    for path in [BROWSER, "/sudo/browser/mail"] {
        thief.post_form(path, &[("code", "00000000")]).await.is(303);
    }
    assert!(app.mails().await.is_empty());
}

/// Where the address was proven the password is enough. Fails if it asks for a code by mail wherever it is.
#[tokio::test]
async fn the_owner_types_the_password_once_more_where_they_registered() {
    let app = matrix::everything_on().await;
    let (mut owner, _) = known(&app).await;
    owner
        .get(TOTP)
        .await
        .leads_to("/sudo?next=%2Fsettings%2Fsecurity%2Ftotp");
    owner.show_password(PASSWORD).await;
    for way in WAYS_IN {
        let page = ask(&mut owner, way).await;
        let to = page.header("location");
        assert!(!to.starts_with(ASK), "{way:?} led to {to}");
    }
    owner.open(PASSKEYS).await;
    // For a quarter of an hour, as everything that asks again.
    app.set_now("2026-10-30T12:15:00Z");
    owner.get("/settings/password").await.is(303);
}

/// Fails without the question for `is_browser_trusted` in `Viewer::can_change_ways_in`.
#[tokio::test]
async fn whoever_knows_the_password_in_a_new_browser_shows_a_code_from_the_mail() {
    let app = matrix::everything_on().await;
    let (registered, email) = known(&app).await;
    let mut client = new_browser(&app, &registered, &email).await;
    all_lead_to(&app, &mut client, ASK).await;
    client.show_password(PASSWORD).await;
    all_lead_to(&app, &mut client, BROWSER).await;

    let code = code_for(&app, &mut client).await;
    let page = client
        .open("/sudo/browser?next=%2Fsettings%2Fpassword")
        .await;
    let wrong = client
        .submit(&page, "#by-mail", &[("code", "00000000")])
        .await;
    wrong.is(422);
    assert!(wrong.has("#code[aria-invalid]"));
    client.get("/settings/password").await.is(303);
    let token = client.cookies["session"].clone();
    let sudo_at = "select max(sudo_at)::text from sessions where user_id = $1";
    let before = client.value(sudo_at).await;
    app.set_now("2026-10-30T12:09:00Z");
    client
        .submit(&page, "#by-mail", &[("code", &code)])
        .await
        .leads_to("/settings/password");
    client.open("/settings/password").await;
    // Mail does not stand in for the password: what was shown lasts no longer. Fails if `trust_browser` sets `sudo_at`.
    assert_eq!(client.value(sudo_at).await, before);
    assert_ne!(client.cookies["session"], token);
    client.get(BROWSER).await.leads_to("/dashboard");
    app.set_now("2026-10-30T12:15:00Z");
    client.get("/settings/password").await.is(303);
    client.show_password(PASSWORD).await;
    client.open("/settings/password").await;
    // Once for each browser.
    client.cookies.remove("session");
    client.log_in(&email, PASSWORD).await.leads_to("/dashboard");
    client.show_password(PASSWORD).await;
    client.open("/settings/password").await;
}

/// Fails if `mailed_code::take` does not look at the session.
#[tokio::test]
async fn a_code_vouches_for_the_browser_that_asked_for_it() {
    let app = matrix::everything_on().await;
    let (registered, email) = known(&app).await;
    let mut client = new_browser(&app, &registered, &email).await;
    let mut thief = new_browser(&app, &registered, &email).await;
    client.show_password(PASSWORD).await;
    thief.show_password(PASSWORD).await;
    let code = code_for(&app, &mut client).await;
    thief.post_form(BROWSER, &[("code", &code)]).await.is(422);
    all_lead_to(&app, &mut thief, BROWSER).await;
}

/// Fails with `device::is_known` in place of `is_trusted`: whoever knows the password logs in twice.
#[tokio::test]
async fn a_browser_is_trusted_once_its_owner_has_had_a_week_to_object() {
    let app = matrix::everything_on().await;
    let (registered, email) = known(&app).await;
    let mut client = new_browser(&app, &registered, &email).await;
    for (at, gate) in [
        ("2026-10-30T12:05:00Z", BROWSER),
        ("2026-11-06T11:59:59Z", BROWSER),
        // From the first login on, however often it logs in.
        ("2026-11-06T12:00:00Z", ""),
        // The clock was set back.
        ("2026-10-29T12:00:00Z", BROWSER),
    ] {
        app.set_now(at);
        client.cookies.remove("session");
        client.log_in(&email, PASSWORD).await.leads_to("/dashboard");
        client.show_password(PASSWORD).await;
        let page = client.get("/settings/password").await;
        let to = page.header("location").split('?').next().unwrap();
        assert_eq!(to, gate, "{at}");
    }
}

/// Passkeys are removed from any browser: the one that is lost may be the only other. Fails if the list asks for a code.
#[tokio::test]
async fn what_is_there_can_be_looked_at_and_removed_without_a_mail() {
    let app = matrix::everything_on().await;
    let (mut owner, email) = known(&app).await;
    owner.show_password(PASSWORD).await;
    passkeys::add(&mut owner).await;
    app.mails().await;
    let mut client = new_browser(&app, &owner, &email).await;
    let page = client.open(PASSKEYS).await;
    assert!(!page.has("#add"));
    let add = page.attr(".cta a", "href");
    client
        .get(&add)
        .await
        .leads_to("/sudo?next=%2Fsettings%2Fsecurity%2Fpasskeys%3Fadd%3D1");
    let passkey = page.attr(".link-list a", "href");
    client
        .post_form(&format!("{passkey}/remove"), &[])
        .await
        .leads_to(PASSKEYS);
}
