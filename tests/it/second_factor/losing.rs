//! Neither app nor recovery codes: the second factor is removed after three days, unless anybody who should objects.

use stakeeasy::features::auth;

use super::{code, set, try_with, with_password};
use crate::harness::{Client, Mail, PASSWORD, Page, TestApp};

const LOST: &str = "/login/2fa/lost";
const WAITS: &str = "select count(*) from factor_removals";
const HOUR: i64 = 60 * 60;

/// Somebody who has the password says that the rest is lost. Returns the mail that the owner gets.
async fn ask(app: &TestApp, email: &str) -> Mail {
    let mut visitor = app.visitor();
    visitor.log_in(email, PASSWORD).await;
    let page = visitor.open("/login/2fa").await;
    assert!(page.has(&format!("a[href='{LOST}']")));
    let page = visitor.open(LOST).await;
    let form = format!("form[action='{LOST}']");
    visitor.submit(&page, &form, &[]).await.leads_to(LOST);
    let mail = app.mail().await;
    assert_eq!(mail.to, email);
    let page = visitor.open(LOST).await;
    assert!(page.text().contains("will be removed on"));
    assert!(!page.has(&form));
    mail
}

/// Asks from a page that has no such button.
async fn unoffered(client: &mut Client, page: &str) -> Page {
    let page = client.open(page).await;
    let token = page.attr("input[name=form_token]", "value");
    client.post(LOST, &[("form_token", &token)]).await
}

/// What happens by the clock at a time.
async fn at(app: &TestApp, seconds: i64) {
    set(app, seconds);
    auth::sweep(&app.app, app.app.now())
        .await
        .expect("the sweep works");
}

async fn seen(client: &mut Client) -> bool {
    let page = client.open("/settings/security").await;
    page.has("#keep-factor")
}

/// Fails without `end_all` in `lost::remove`, and if `next_due` looks for less than a day.
#[tokio::test]
async fn it_is_removed_after_three_days_and_three_mails() {
    let app = TestApp::new().await;
    let (mut owner, _, email) = with_password(&app).await;
    let told = ask(&app, &email).await;
    assert!(
        told.text.contains("On 2 November 2026, 12:00 UTC"),
        "{}",
        told.text
    );
    assert!(seen(&mut owner).await);
    for hour in [24, 48] {
        at(&app, hour * HOUR - 1).await;
        assert!(app.mails().await.is_empty(), "{hour}");
        at(&app, hour * HOUR).await;
        let mail = app.mail().await;
        assert!(
            mail.text.contains("On 2 November 2026, 12:00 UTC"),
            "{}",
            mail.text
        );
    }
    at(&app, 72 * HOUR - 1).await;
    let mut visitor = app.visitor();
    visitor
        .log_in(&email, PASSWORD)
        .await
        .leads_to("/login/2fa?next=%2Fdashboard");
    at(&app, 72 * HOUR).await;
    let mail = app.mail().await;
    assert!(mail.text.contains("was removed"), "{}", mail.text);
    assert_eq!(app.number("select count(*) from recovery_codes").await, 0);
    assert_eq!(app.number(WAITS).await, 0);
    owner.get("/settings").await.is(303);
    visitor.get(LOST).await.is(303);
    app.visitor()
        .log_in(&email, PASSWORD)
        .await
        .leads_to("/dashboard");
}

/// Fails if `lost::sweep` counts from when it was asked for: after days away all mails and the end came at once.
#[tokio::test]
async fn the_owner_has_three_days_however_long_the_program_was_away() {
    let app = TestApp::new().await;
    let (_, _, email) = with_password(&app).await;
    ask(&app, &email).await;
    for day in [10, 20, 30] {
        assert_eq!(app.number(WAITS).await, 1);
        at(&app, day * 24 * HOUR).await;
        app.mail().await;
    }
    assert_eq!(app.number(WAITS).await, 0);
}

/// Fails without `lost::call_off` in `follow`, and if `tokens::issue` closes the links of the mails before.
#[tokio::test]
async fn the_link_of_any_mail_calls_it_off_with_its_button() {
    let app = TestApp::new().await;
    let (_, _, email) = with_password(&app).await;
    let link = ask(&app, &email).await.link();
    at(&app, 24 * HOUR).await;
    let newer = app.mail().await.link();
    let mut visitor = app.visitor();
    let opened = visitor.get(&link).await;
    let page = visitor.open(opened.header("location")).await;
    assert_eq!(app.number(WAITS).await, 1, "looking changes nothing");
    visitor
        .submit(&page, "main form", &[])
        .await
        .leads_to("/login");
    assert_eq!(app.number(WAITS).await, 0);
    visitor.get("/dashboard").await.is(303);
    // There is nothing left to call off.
    visitor.follow_link(&newer).await.is(422);
    at(&app, 72 * HOUR).await;
    assert!(app.mails().await.is_empty());
}

/// Fails without `lost::call_off` in `welcome`, and without the one in `keep`.
#[tokio::test]
async fn logging_in_with_the_factor_calls_it_off_and_so_does_the_button_in_the_settings() {
    let app = TestApp::new().await;
    let (mut owner, key, email) = with_password(&app).await;
    ask(&app, &email).await;
    set(&app, 60);
    let mut browser = app.half_way(owner.user).await;
    try_with(&mut browser, "code", "000000").await.is(422);
    assert_eq!(app.number(WAITS).await, 1);
    try_with(&mut browser, "code", &code(&key, 60))
        .await
        .leads_to("/dashboard");
    assert_eq!(app.number(WAITS).await, 0);
    app.mails().await;

    ask(&app, &email).await;
    let page = owner.open("/settings/security").await;
    owner
        .submit(&page, "#keep-factor", &[])
        .await
        .leads_to("/settings/security");
    assert!(!seen(&mut owner).await);
    assert_eq!(app.number(WAITS).await, 0);
}

/// Fails without `lost::call_off` in `forgot::reset`, and without the one in `set_password`: whoever asked knew the password
/// before, and the links of the mails are closed with all others.
#[tokio::test]
async fn a_new_password_calls_it_off() {
    const OTHER: &str = "another set of plain words";
    let app = TestApp::new().await;
    let (mut owner, _, email) = with_password(&app).await;
    ask(&app, &email).await;
    let page = owner.open("/settings/password").await;
    let form = "form[action='/settings/password']";
    owner
        .submit(&page, form, &[("password", PASSWORD)])
        .await
        .leads_to("/settings/security");
    assert_eq!(app.number(WAITS).await, 0);
    app.mails().await;

    ask(&app, &email).await;
    app.visitor()
        .post("/password/forgot", &[("email", &email)])
        .await;
    let link = app.mail().await.link();
    let mut visitor = app.visitor();
    visitor.get(&link).await;
    let page = visitor.open("/password/reset").await;
    let form = "form[action='/password/reset']";
    visitor
        .submit(&page, form, &[("password", OTHER)])
        .await
        .leads_to("/login");
    assert_eq!(app.number(WAITS).await, 0);
}

/// Fails without `lost::call_off` in `totp_settings::off`: the app that is set up next would be the one to go.
#[tokio::test]
async fn switching_the_app_off_ends_the_waiting() {
    let app = TestApp::new().await;
    let (mut owner, _, email) = with_password(&app).await;
    ask(&app, &email).await;
    let page = owner.open(super::PAGE).await;
    owner
        .submit(&page, "form[action='/settings/security/totp/off']", &[])
        .await
        .is(303);
    assert_eq!(app.number(WAITS).await, 0);
}

/// Fails if `ask` puts a removal down although no mail could be sent.
#[tokio::test]
async fn it_is_never_asked_for_without_a_mail() {
    let app = TestApp::new().await;
    let (mut owner, _, email) = with_password(&app).await;
    for _ in 0..3 {
        ask(&app, &email).await;
        let page = owner.open("/settings/security").await;
        owner.submit(&page, "#keep-factor", &[]).await.is(303);
    }
    let mut visitor = app.visitor();
    visitor.log_in(&email, PASSWORD).await;
    let page = visitor.open(LOST).await;
    let form = format!("form[action='{LOST}']");
    visitor.submit(&page, &form, &[]).await.leads_to(LOST);
    let page = visitor.open(LOST).await;
    assert!(page.html().contains("Try again in an hour."));
    assert_eq!(app.number(WAITS).await, 0);
    assert!(app.mails().await.is_empty());
}

/// Fails without `is_admin` in `ask`, and without the one in `remove`; without `has_second_factor` in `ask`.
#[tokio::test]
async fn it_is_not_for_administrators_nor_for_who_has_nothing_to_lose() {
    let app = TestApp::new().await;
    let (owner, _, email) = with_password(&app).await;
    app.visitor().get(LOST).await.is(303);
    ask(&app, &email).await;
    sqlx::query("update users set role = 'admin' where id = $1")
        .bind(owner.user)
        .execute(&app.db)
        .await
        .expect("there is the role");
    for day in 1..=3 {
        at(&app, day * 24 * HOUR).await;
    }
    let left = "select count(*) from users where totp_enabled_at is not null";
    assert_eq!(app.number(left).await, 1);
    assert_eq!(app.mails().await.len(), 2);
    let mut visitor = app.visitor();
    visitor.log_in(&email, PASSWORD).await;
    let page = visitor.open(LOST).await;
    assert!(page.text().contains("Ask whoever runs the server."));
    assert!(!page.has(&format!("form[action='{LOST}']")));
    unoffered(&mut visitor, "/login/2fa").await.is(404);

    let nobody = app.user().await;
    let mut browser = app.half_way(nobody.user).await;
    browser.get(LOST).await.leads_to("/login/2fa");
    unoffered(&mut browser, "/login/code").await.is(404);
    assert_eq!(app.number(WAITS).await, 0);
}
