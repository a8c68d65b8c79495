//! Codes by mail on devices that are new to somebody who wants that.

use super::{WRONG, code_in};
use crate::harness::{Client, PASSWORD, TestApp};

const SETTING: &str = "/settings/security/new-devices";

/// Somebody who registered and wants to be asked for a code on new devices, with their address.
async fn cautious(app: &TestApp) -> (Client, String) {
    let mut client = app.register().await;
    let email = client.value("select email from users where id = $1").await;
    let page = client.open(SETTING).await;
    let mut form = page.form("#new-devices");
    form.tick("codes", true);
    client.send_form(&form).await.leads_to("/settings/security");
    let mail = app.mail().await;
    assert!(mail.text.contains("devices that are new"), "{}", mail.text);
    (client, email)
}

/// Broken once: `codes::are_wanted` in `sign_in`, and `second_factor_due || code_due` in `begin`.
#[tokio::test]
async fn a_new_device_shows_a_code_first_if_its_owner_wants_that() {
    let app = TestApp::new().await;
    let (mut client, email) = cautious(&app).await;
    let mut phone = app.visitor();
    phone
        .log_in(&email, PASSWORD)
        .await
        .leads_to("/login/code?next=%2Fdashboard");
    let code = code_in(&app.mail().await);
    for path in ["/dashboard", "/settings", "/sudo", SETTING] {
        let to = phone.get(path).await;
        assert!(
            to.header("location").starts_with("/login/2fa?next="),
            "{path}"
        );
    }
    phone
        .get("/login/2fa?next=%2Fcharts")
        .await
        .leads_to("/login/code?next=%2Fcharts");
    let page = phone.open("/login/code?next=%2Fcharts").await;
    let wrong = phone.submit(&page, "#by-mail", &[("code", WRONG)]).await;
    wrong.is(422);
    assert!(wrong.has("#code[aria-invalid]"));
    phone
        .submit(&page, "#by-mail", &[("code", &code)])
        .await
        .leads_to("/charts");
    assert!(app.mail().await.subject.contains("new device"));
    phone.open("/dashboard").await;

    // Both browsers are known now.
    for browser in [&mut phone, &mut client] {
        browser.cookies.remove("session");
        browser
            .log_in(&email, PASSWORD)
            .await
            .leads_to("/dashboard");
    }
    assert!(app.mails().await.is_empty());

    // It is switched off the same way.
    let page = client.open(SETTING).await;
    let mut form = page.form("#new-devices");
    form.tick("codes", false);
    client.send_form(&form).await.leads_to("/settings/security");
    app.mail().await;
    app.visitor()
        .log_in(&email, PASSWORD)
        .await
        .leads_to("/dashboard");
}

/// Broken once: `session::count_try` in `new_device::create`.
#[tokio::test]
async fn five_wrong_codes_end_the_login_whatever_was_sent_meanwhile() {
    let app = TestApp::new().await;
    let (_, email) = cautious(&app).await;
    let mut phone = app.visitor();
    phone.log_in(&email, PASSWORD).await;
    let page = phone.open("/login/code").await;
    for _ in 0..4 {
        phone
            .submit(&page, "#by-mail", &[("code", WRONG)])
            .await
            .is(422);
    }
    app.mail().await;
    phone
        .submit(&page, "#send-code", &[])
        .await
        .leads_to("/login/code?next=%2Fdashboard");
    let code = code_in(&app.mail().await);
    phone
        .submit(&page, "#by-mail", &[("code", WRONG)])
        .await
        .is(422);
    phone
        .submit(&page, "#by-mail", &[("code", &code)])
        .await
        .leads_to("/login");
    phone
        .get("/dashboard")
        .await
        .leads_to("/login?next=%2Fdashboard");
}

/// Broken once: `has_second_factor` in `new_device::create` and `send_again`.
#[tokio::test]
async fn a_mailed_code_does_not_stand_in_for_a_second_factor() {
    let app = TestApp::new().await;
    let (_, email) = cautious(&app).await;
    let mut phone = app.visitor();
    phone.log_in(&email, PASSWORD).await;
    let code = code_in(&app.mail().await);
    let page = phone.open("/login/code").await;
    sqlx::query("update users set totp_secret = 'x', totp_enabled_at = now()")
        .execute(&app.db)
        .await
        .unwrap();
    phone
        .submit(&page, "#by-mail", &[("code", &code)])
        .await
        .leads_to("/login/2fa");
    phone
        .submit(&page, "#send-code", &[])
        .await
        .leads_to("/login/2fa");
    assert!(app.mails().await.is_empty());
    phone.get("/dashboard").await.is(303);
    // Nor is anything mailed to somebody who has an app.
    app.visitor()
        .log_in(&email, PASSWORD)
        .await
        .leads_to("/login/2fa?next=%2Fdashboard");
    assert!(app.mails().await.is_empty());
}

#[tokio::test]
async fn a_password_set_by_mail_does_not_stand_in_for_the_code() {
    const OTHER: &str = "another set of plain words";
    let app = TestApp::new().await;
    let (_, email) = cautious(&app).await;
    app.visitor()
        .post("/password/forgot", &[("email", &email)])
        .await;
    let link = app.mail().await.link();
    let mut visitor = app.visitor();
    visitor.get(&link).await;
    let page = visitor.open("/password/reset").await;
    visitor
        .submit(
            &page,
            "form[action='/password/reset']",
            &[("password", OTHER)],
        )
        .await
        .leads_to("/login");
    app.mail().await;
    visitor
        .log_in(&email, OTHER)
        .await
        .leads_to("/login/code?next=%2Fdashboard");
}
