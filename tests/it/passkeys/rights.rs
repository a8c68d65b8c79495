//! What a passkey stands in for, and when it may go.

use super::{ORIGIN, PAGE, add, enrolled, execute, press, site};
use crate::harness::{Client, PASSWORD, TestApp};

/// Fails without `user == known.user` in `ceremony::belongs`.
#[tokio::test]
async fn as_second_factor_and_for_sudo_only_ones_own_passkeys_count() {
    let app = site().await;
    let (client, mut own) = enrolled(&app).await;
    let (_, mut strange) = enrolled(&app).await;
    execute(&app, "update users set totp_enabled_at = now()").await;
    let mut half_way = app.half_way(client.user).await;
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

    let mut again = app.another(&client).await;
    app.set_now("2026-10-30T12:16:00Z");
    let sudo = again.get(PAGE).await;
    let path = sudo.header("location").to_owned();
    press(&mut again, &path, &mut strange).await.is(422);
    again.get(PAGE).await.leads_to(&path);
    press(&mut again, &path, &mut own).await.leads_to(PAGE);
    again.open(PAGE).await;
}

/// Fails without `session::count_try` in `second_factor::create`.
#[tokio::test]
async fn half_way_there_are_five_tries() {
    let app = site().await;
    let (client, mut device) = enrolled(&app).await;
    execute(&app, "update users set totp_enabled_at = now()").await;
    let mut half_way = app.half_way(client.user).await;
    for _ in 0..5 {
        press(&mut half_way, "/login/2fa", &mut device.forged())
            .await
            .is(422);
    }
    press(&mut half_way, "/login/2fa", &mut device)
        .await
        .leads_to("/login");
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
    // Whether the page of the app asks who they are is not what this looks at.
    let vouched = "update sessions set asked_again = true, browser_trusted = true";
    let needs = async |client: &mut Client| {
        execute(&app, vouched).await;
        let page = client.open("/settings/security/totp").await;
        page.text().contains("Administrators need a second factor")
    };
    let mut desk = app.another(&client).await;
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
    let mut desk = app.another(&client).await;
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

/// Fails without `passkeys::delete_all` in `confirm::follow`, and without `identities::delete_all` there.
#[tokio::test]
async fn taking_a_changed_address_back_removes_what_a_thief_may_have_added() {
    let app = site().await;
    let mut client = app.register().await;
    client.show_password(PASSWORD).await;
    let mut device = add(&mut client).await;
    execute(
        &app,
        "insert into identities (issuer, subject, user_id, linked_at)
         select 'https://accounts.google.com', 'thief', id, now() from users",
    )
    .await;
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
    assert_eq!(app.number("select count(*) from identities").await, 0);
}
