//! Every answer that must not be taken.

use super::device::Device;
use super::{ORIGIN, PAGE, add, ask, enrolled, execute, press, site};

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
    let mut elsewhere = app.another(&client).await;
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

/// Fails without `kept.user == user` in `ceremony::take`.
#[tokio::test]
async fn a_challenge_is_for_the_user_who_was_asked() {
    let app = site().await;
    let (client, mut device) = enrolled(&app).await;
    execute(&app, "update users set totp_enabled_at = now()").await;
    let mut half_way = app.half_way(client.user).await;
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
