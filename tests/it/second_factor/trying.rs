//! How often codes may be tried, what they are good for beside logging in, and who hears of it.

use super::{PAGE, code, enrolled, set, text_of, try_with, with_password};
use crate::harness::{Client, PASSWORD, TestApp};

/// Fails if `count_try(..) > A_DAY` is not looked at in `totp::take`, or counted by session instead of by account.
#[tokio::test]
async fn twenty_wrong_codes_a_day_are_too_many_however_many_sessions_try() {
    let app = TestApp::new().await;
    let (client, key, codes) = enrolled(&app).await;
    // Each waits for as long as it must.
    let mut now = 0;
    for _ in 0..4 {
        let mut browser = app.half_way(client.user).await;
        for _ in 0..5 {
            now += 60;
            set(&app, now);
            let wrong = try_with(&mut browser, "code", "000000").await;
            assert!(wrong.text().contains("This code is wrong"));
        }
    }
    now += 60;
    set(&app, now);
    let mut browser = app.half_way(client.user).await;
    let refused = try_with(&mut browser, "code", &code(&key, now)).await;
    refused.is(422);
    assert!(refused.text().contains("too many wrong codes today"));
    // A recovery code still gets its owner in, and the next day the app does.
    set(&app, now + 60);
    try_with(&mut browser, "recovery", &codes[0])
        .await
        .leads_to("/dashboard");
    let tomorrow = 24 * 60 * 60;
    set(&app, tomorrow);
    let mut browser = app.half_way(client.user).await;
    try_with(&mut browser, "code", &code(&key, tomorrow))
        .await
        .leads_to("/dashboard");
}

/// Fails without `queries::forgive` in `totp::take`.
#[tokio::test]
async fn a_right_code_starts_the_counting_of_the_day_anew() {
    let app = TestApp::new().await;
    let (client, key, _) = enrolled(&app).await;
    for round in 1..=6 {
        let now = 60 * round;
        set(&app, now);
        let mut browser = app.half_way(client.user).await;
        for _ in 0..4 {
            try_with(&mut browser, "code", "000000").await.is(422);
        }
        try_with(&mut browser, "code", &code(&key, now))
            .await
            .leads_to("/dashboard");
    }
}

/// Fails without the `delete` in `factors::replace_codes`.
#[tokio::test]
async fn new_recovery_codes_take_the_place_of_the_old_ones() {
    let app = TestApp::new().await;
    let (mut client, _, old) = enrolled(&app).await;
    app.mails().await;
    let page = client.open(PAGE).await;
    let renew = "form[action='/settings/security/recovery-codes']";
    let page = client.submit(&page, renew, &[]).await;
    page.is(200);
    let new = text_of(&page, "[data-codes] code");
    assert_eq!(new.len(), 10);
    assert!(new.iter().all(|code| !old.contains(code)));
    let mail = app.mail().await;
    assert!(mail.text.contains("The old ones no longer work."));
    let mut browser = app.half_way(client.user).await;
    try_with(&mut browser, "recovery", &old[0]).await.is(422);
    try_with(&mut browser, "recovery", &new[0])
        .await
        .leads_to("/dashboard");
}

#[tokio::test]
async fn recovery_codes_can_be_taken_along() {
    let app = TestApp::new().await;
    let (mut client, ..) = enrolled(&app).await;
    let page = client.open(PAGE).await;
    let renew = "form[action='/settings/security/recovery-codes']";
    let page = client.submit(&page, renew, &[]).await;
    let codes = text_of(&page, "[data-codes] code");
    // Only scripts can copy and print: without them the buttons are not there.
    assert!(
        page.has("button[data-copy-words][hidden]") && page.has("button[data-print].needs-script")
    );
    assert_eq!(text_of(&page, "[data-words] code"), codes);
    // A browser sends every field of a name.
    let mut all = page.form("form[action$='/file']");
    all.fields.retain(|(name, _)| name != "codes");
    all.fields
        .extend(codes.iter().map(|code| ("codes".to_owned(), code.clone())));
    let file = client.send_form(&all).await;
    assert!(file.header("content-disposition").starts_with("attachment"));
    assert!(codes.iter().all(|code| file.html().contains(code)));
}

async fn sudo_by(client: &mut Client, code: &str) -> crate::harness::Page {
    let page = client.open("/sudo?next=%2Fsettings%2Fpassword").await;
    client
        .submit(&page, "form[action='/sudo']", &[("code", code)])
        .await
}

/// Fails if `sudo::create` renews whatever `totp::take` says, and if the code of the login is good for another step.
#[tokio::test]
async fn a_code_from_the_app_shows_that_it_is_you() {
    let app = TestApp::new().await;
    let (mut client, key, _) = enrolled(&app).await;
    let later = 16 * 60;
    set(&app, later);
    client.get("/settings/password").await.is(303);
    sudo_by(&mut client, "000000").await.is(422);
    client.get("/settings/password").await.is(303);
    let now = code(&key, later);
    sudo_by(&mut client, &now)
        .await
        .leads_to("/settings/password");
    client.open("/settings/password").await;
    sudo_by(&mut client, &now).await.is(422);
}

/// The queue's clock is the machine's: what waits in it is due now.
async fn after_a_while(app: &TestApp) {
    sqlx::query("update graphile_worker._private_jobs set run_at = now()")
        .execute(&app.db)
        .await
        .expect("the queue is there");
}

/// Fails without `unfinished::watch` in `sign_in`, and if the queue does not wait with it.
#[tokio::test]
async fn a_right_password_without_a_second_factor_is_told_after_three_minutes() {
    let app = TestApp::new().await;
    let (_, _, email) = with_password(&app).await;
    let mut thief = app.visitor();
    thief
        .log_in(&email, PASSWORD)
        .await
        .leads_to("/login/2fa?next=%2Fdashboard");
    assert!(app.mails().await.is_empty());
    let waits = "select count(*) from graphile_worker._private_jobs
                 where run_at between now() + interval '2 minutes' and now() + interval '3 minutes'";
    assert_eq!(app.number(waits).await, 1);
    after_a_while(&app).await;
    let mail = app.mail().await;
    assert_eq!(
        (mail.to, &*mail.subject),
        (email.clone(), "A login was not finished")
    );
    assert!(mail.text.contains("Firefox on Linux"), "{}", mail.text);
    // Nobody's box is filled.
    for _ in 0..4 {
        app.visitor().log_in(&email, PASSWORD).await.is(303);
    }
    after_a_while(&app).await;
    assert_eq!(app.mails().await.len(), 2);
}

/// Fails without `has_signed_in_since`, and if another browser's success counts.
#[tokio::test]
async fn a_login_that_was_finished_is_not_told_unless_somewhere_else() {
    let app = TestApp::new().await;
    let (_, key, email) = with_password(&app).await;
    set(&app, 60);
    let mut phone = app.visitor();
    phone.agent = "Mozilla/5.0 (Android 16; Mobile; rv:141.0) Firefox/141.0".to_owned();
    phone.log_in(&email, PASSWORD).await;
    // Mistyped and begun anew.
    phone.log_in(&email, PASSWORD).await;
    try_with(&mut phone, "code", &code(&key, 60))
        .await
        .leads_to("/dashboard");
    app.mails().await;
    after_a_while(&app).await;
    assert!(app.mails().await.is_empty());

    set(&app, 120);
    app.visitor().log_in(&email, PASSWORD).await;
    phone.cookies.remove("session");
    phone.log_in(&email, PASSWORD).await;
    try_with(&mut phone, "code", &code(&key, 120))
        .await
        .leads_to("/dashboard");
    after_a_while(&app).await;
    let mail = app.mail().await;
    assert!(mail.text.contains("Firefox on Linux"), "{}", mail.text);
}
