//! Codes of eight digits by mail, for whoever has nothing stronger to show that it is them.
//!
//! Each defence names what was taken away once to see its test fail.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

mod new_devices;

use axum::http::HeaderMap;
use stakeeasy::ids::UserId;
use stakeeasy::web::Caller;
use stakeeasy::web::session::{self, Method, NewSession};

use crate::harness::{Client, Mail, Page, TestApp};

const WRONG: &str = "00000000";

/// The code in a mail, which both of its parts have and its subject has not.
fn code_in(mail: &Mail) -> String {
    let is_code = |line: &&str| line.len() == 8 && line.bytes().all(|b| b.is_ascii_digit());
    let code = mail.text.lines().map(str::trim).find(is_code).unwrap();
    assert!(mail.html.contains(code), "{}", mail.html);
    assert!(!mail.subject.contains(code));
    code.to_owned()
}

/// Goes to `/sudo` after the quarter of an hour is over, and has a code sent.
async fn asked_for_a_code(app: &TestApp, client: &mut Client) -> (Page, String) {
    let page = client.open("/sudo?next=%2Fsettings%2Fpassword").await;
    let here = "/sudo?next=%2Fsettings%2Fpassword";
    client.submit(&page, "#send-code", &[]).await.leads_to(here);
    let code = code_in(&app.mail().await);
    (client.open(here).await, code)
}

async fn typed(client: &mut Client, page: &Page, code: &str) -> Page {
    client.submit(page, "#by-mail", &[("mailed", code)]).await
}

#[tokio::test]
async fn whoever_has_no_password_shows_a_code_from_their_mail() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    app.set_now("2026-10-30T12:15:01Z");
    client
        .get("/settings/password")
        .await
        .leads_to("/sudo?next=%2Fsettings%2Fpassword");
    let page = client.open("/sudo").await;
    assert!(!page.has("[name=mailed]") && !page.has("[name=password]"));
    let (page, code) = asked_for_a_code(&app, &mut client).await;
    assert!(page.html().contains("Code sent."));
    let wrong = typed(&mut client, &page, WRONG).await;
    wrong.is(422);
    assert!(wrong.text().contains("This is not the code."));
    assert!(wrong.has("#mailed[aria-invalid]"));
    client.get("/settings/password").await.is(303);
    // As people read it out.
    let spaced = format!("{} {} ", &code[..4], &code[4..]);
    typed(&mut client, &page, &spaced)
        .await
        .leads_to("/settings/password");
    client.open("/settings/password").await;
    let done = "select count(*) from audit_log where action = 'reauthenticated' and detail ->> 'method' = 'mail'";
    assert_eq!(app.number(done).await, 1);
}

/// Broken once: `closed_at = case …` in `codes::take`, and `expires_at > $4`.
#[tokio::test]
async fn a_code_works_once_and_for_ten_minutes() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let (page, code) = asked_for_a_code(&app, &mut client).await;
    let passes = |answer: &Page| answer.header("location") == "/settings/password";
    let mut tries = tokio::task::JoinSet::new();
    // As many as cost nothing: the wrong ones would slow the next.
    for _ in 0..5 {
        let (mut tab, form, code) = (client.clone(), page.form("#by-mail"), code.clone());
        tries.spawn(async move {
            let mut form = form;
            form.set("mailed", &code);
            (tab.send_form(&form).await, tab)
        });
    }
    let mut tabs = tries.join_all().await;
    tabs.retain(|(answer, _)| passes(answer));
    assert_eq!(tabs.len(), 1);
    let again = typed(&mut tabs[0].1, &page, &code).await;
    again.is(422);
    assert!(again.text().contains("does not work any more"));

    let mut client = app.user().await;
    let (page, code) = asked_for_a_code(&app, &mut client).await;
    app.set_now("2026-10-30T12:10:00Z");
    let late = typed(&mut client, &page, &code).await;
    late.is(422);
    assert!(late.text().contains("does not work any more"));
}

/// Broken once: `tries < $3` in `codes::take`.
#[tokio::test]
async fn a_code_has_five_tries() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let (page, code) = asked_for_a_code(&app, &mut client).await;
    for _ in 0..5 {
        let wrong = typed(&mut client, &page, WRONG).await;
        assert!(wrong.text().contains("This is not the code."));
    }
    app.set_now("2026-10-30T12:01:00Z");
    let over = typed(&mut client, &page, &code).await;
    over.is(422);
    assert!(over.text().contains("does not work any more"));
}

/// Broken once: the `update` in `codes::replace`, and the session in `mailed_code::hash` together with the one in
/// `codes::take`.
#[tokio::test]
async fn only_the_newest_code_works_and_only_in_the_session_that_asked() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let (_, first) = asked_for_a_code(&app, &mut client).await;
    let (page, second) = asked_for_a_code(&app, &mut client).await;
    assert_ne!(first, second);
    typed(&mut client, &page, &first).await.is(422);

    let new = NewSession {
        user: UserId(client.user),
        method: Method::Google,
        remember: false,
        second_factor_due: false,
    };
    let jar = session::start(&app.app, &Caller::default(), &HeaderMap::new(), new)
        .await
        .unwrap();
    let mut other = app.visitor();
    for cookie in jar.iter() {
        let (name, value) = (cookie.name().to_owned(), cookie.value().to_owned());
        other.cookies.insert(name, value);
    }
    other
        .post_form("/sudo", &[("mailed", &second)])
        .await
        .is(422);
    typed(&mut client, &page, &second)
        .await
        .leads_to("/settings/password");
}

/// Broken once: the secret key in `mailed_code::hash`.
#[tokio::test]
async fn the_database_does_not_know_the_codes() {
    use sha2::{Digest, Sha256};

    let app = TestApp::new().await;
    let mut client = app.user().await;
    let (_, code) = asked_for_a_code(&app, &mut client).await;
    let row: String = sqlx::query_scalar("select m::text from mailed_codes m")
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert!(!row.contains(&code), "{row}");
    let kept: (Vec<u8>, uuid::Uuid) = sqlx::query_as("select hash, session_id from mailed_codes")
        .fetch_one(&app.db)
        .await
        .unwrap();
    for known in [
        Sha256::digest(&code).to_vec(),
        Sha256::new()
            .chain_update(b"mailed code:")
            .chain_update(kept.1)
            .chain_update(&code)
            .finalize()
            .to_vec(),
    ] {
        assert_ne!(kept.0, known);
    }
}

/// Broken once: `MOST_AN_HOUR`, and `for no key update` in `codes::count`.
#[tokio::test]
async fn three_mails_an_hour_however_often_the_button_is_pressed() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let page = client.open("/sudo").await;
    let mut presses = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (mut tab, form) = (client.clone(), page.form("#send-code"));
        presses.spawn(async move { tab.send_form(&form).await.status == 303 });
    }
    assert!(presses.join_all().await.into_iter().all(|led| led));
    assert_eq!(app.mails().await.len(), 3);
    client.submit(&page, "#send-code", &[]).await;
    let told = client.open("/sudo").await;
    assert!(
        told.html()
            .contains("Three codes were sent within the hour.")
    );
    assert!(app.mails().await.is_empty());
    app.set_now("2026-10-30T13:00:01Z");
    client.submit(&page, "#send-code", &[]).await;
    app.mail().await;
}

/// Broken once: `only_by_mail` made true, for `send_code` and for `create`.
#[tokio::test]
async fn mail_never_stands_in_for_a_password_or_an_app() {
    let app = TestApp::new().await;
    app.register().await;
    let mut client = app.user().await;
    for stronger in [
        "update users set password_hash = (select max(password_hash) from users)",
        "update users set password_hash = null, totp_secret = 'x', totp_enabled_at = now()",
    ] {
        sqlx::query("update users set password_hash = null, totp_enabled_at = null where id = $1")
            .bind(client.user)
            .execute(&app.db)
            .await
            .unwrap();
        let (_, code) = asked_for_a_code(&app, &mut client).await;
        sqlx::query(stronger).execute(&app.db).await.unwrap();
        let page = client.open("/sudo").await;
        assert!(!page.has("#send-code") && !page.has("[name=mailed]"));
        client
            .post_form("/sudo", &[("mailed", &code)])
            .await
            .is(422);
        client.post_form("/sudo/mail", &[]).await.is(303);
        assert!(app.mails().await.is_empty());
    }
}
