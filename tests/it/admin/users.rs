//! What administrators do to users.

use chrono::{DateTime, Utc};
use stakeeasy::features::auth;
use stakeeasy::web::session::Method;

use super::{lines, press};
use crate::harness::{Client, PASSWORD, TestApp};

async fn email(app: &TestApp, user: i64) -> String {
    sqlx::query_scalar("select email from users where id = $1")
        .bind(user)
        .fetch_one(&app.db)
        .await
        .unwrap()
}

async fn disable(admin: &mut Client, user: i64) -> crate::harness::Page {
    let path = format!("/admin/users/{user}/disable");
    let page = admin.open(&path).await;
    let form = format!("form[action='{path}']");
    admin.submit(&page, &form, &[("reason", "spam")]).await
}

#[tokio::test]
async fn users_are_found_by_part_of_their_address_or_name() {
    let app = TestApp::new().await;
    let user = app.user().await;
    let other = app.user().await;
    sqlx::query(
        "update users set email = 'Maria_Lind@example.org', name = 'Maria 100%' where id = $1",
    )
    .bind(user.user)
    .execute(&app.db)
    .await
    .unwrap();
    let mut admin = app.admin().await;
    let mut found = async |query: &str| {
        let page = admin.open(&format!("/admin/users?{query}")).await;
        let mut found: Vec<String> = [user.user, other.user, admin.user]
            .iter()
            .filter(|id| page.has(&format!("td a[href='/admin/users/{id}']")))
            .map(ToString::to_string)
            .collect();
        found.sort();
        (
            found.len(),
            page.has(&format!("td a[href='/admin/users/{}']", user.user)),
        )
    };
    assert_eq!(found("").await, (3, true));
    assert_eq!(found("q=ia_l").await, (1, true));
    assert_eq!(found("q=MARIA").await, (1, true));
    assert_eq!(found("q=0%25").await, (1, true));
    // No pattern of SQL.
    assert_eq!(found("q=m%25d").await, (0, false));
    assert_eq!(found("q=%00maria").await, (1, true));
    assert_eq!(found("show=admins").await, (1, false));
    assert_eq!(found("show=disabled").await, (0, false));
    assert_eq!(found("show=leaving").await, (0, false));
    assert_eq!(found("show=nonsense&page=99").await, (3, true));
}

/// Fails without `end_all` in `disable` together with `disabled_at is null` where sessions are looked up (each alone is
/// enough to stop the session), and without `disabled_at is null` in the statement that disables.
#[tokio::test]
async fn who_is_disabled_is_out_at_once_and_cannot_come_back() {
    let app = TestApp::new().await;
    let mut user = app.register().await;
    let address = email(&app, user.user).await;
    let mut admin = app.admin().await;
    let page = format!("/admin/users/{}", user.user);

    let refused = admin
        .post_form(&format!("{page}/disable"), &[("reason", " ")])
        .await;
    refused.is(422);
    assert!(refused.has("#reason[aria-invalid]"));
    assert!(lines(&app, "user-disabled").await.is_empty());

    disable(&mut admin, user.user).await.leads_to(&page);
    assert!(
        user.get("/dashboard")
            .await
            .header("location")
            .starts_with("/login")
    );
    assert_eq!(app.number("select count(*) from sessions").await, 1);
    let known = app.visitor().log_in(&address, PASSWORD).await;
    let unknown = app.visitor().log_in("nobody@example.org", PASSWORD).await;
    known.is(422);
    assert_eq!(
        known.text().replace(&address, ""),
        unknown.text().replace("nobody@example.org", "")
    );
    // A second time changes nothing and is not written down.
    disable(&mut admin, user.user).await.leads_to(&page);
    let written = lines(&app, "user-disabled").await;
    assert_eq!(written.len(), 1);
    assert_eq!(
        (written[0].0, written[0].1),
        (Some(admin.user), Some(user.user))
    );
    assert_eq!(written[0].2["reason"], "spam");
    let shown = admin.open(&page).await;
    assert!(shown.text().contains("spam"), "{}", shown.text());

    press(&mut admin, &shown, &format!("{page}/enable"))
        .await
        .leads_to(&page);
    admin
        .post_form(&format!("{page}/enable"), &[])
        .await
        .leads_to(&page);
    assert_eq!(lines(&app, "user-enabled").await.len(), 1);
    app.visitor()
        .log_in(&address, PASSWORD)
        .await
        .leads_to("/dashboard");
}

#[tokio::test]
async fn one_session_ends_or_all_of_them() {
    let app = TestApp::new().await;
    let mut user = app.user().await;
    let mut second = user.clone();
    second.cookies.clear();
    app.sign_in(&mut second, Method::Password).await;
    let mut third = second.clone();
    third.cookies.clear();
    app.sign_in(&mut third, Method::Password).await;
    let mut admin = app.admin().await;
    let path = format!("/admin/users/{}", user.user);
    let page = admin.open(&path).await;
    let one: String =
        sqlx::query_scalar("select id::text from sessions where user_id = $1 limit 1")
            .bind(user.user)
            .fetch_one(&app.db)
            .await
            .unwrap();
    press(&mut admin, &page, &format!("{path}/sessions/{one}/end"))
        .await
        .leads_to(&path);
    press(&mut admin, &page, &format!("{path}/sessions/{one}/end"))
        .await
        .leads_to(&path);
    let mut live = 0;
    for client in [&mut user, &mut second, &mut third] {
        live += usize::from(client.get("/dashboard").await.status == 200);
    }
    assert_eq!(live, 2);
    assert_eq!(lines(&app, "session-ended-by-admin").await.len(), 1);
    press(&mut admin, &page, &format!("{path}/sessions/end"))
        .await
        .leads_to(&path);
    press(&mut admin, &page, &format!("{path}/sessions/end"))
        .await
        .leads_to(&path);
    for client in [&mut user, &mut second, &mut third] {
        client.get("/dashboard").await.is(303);
    }
    let written = lines(&app, "sessions-ended-by-admin").await;
    assert_eq!(written.len(), 1);
    assert_eq!(written[0].2["count"], 2);
    // The session of somebody else is not theirs to be ended under their name.
    let other: String = sqlx::query_scalar("select id::text from sessions where user_id = $1")
        .bind(admin.user)
        .fetch_one(&app.db)
        .await
        .unwrap();
    admin
        .post_form(&format!("{path}/sessions/{other}/end"), &[])
        .await;
    admin.open("/admin").await;
}

#[tokio::test]
async fn a_deletion_takes_seven_days_and_can_be_called_off() {
    let app = TestApp::new().await;
    let mut user = app.user().await;
    let address = email(&app, user.user).await;
    let mut admin = app.admin().await;
    let path = format!("/admin/users/{}", user.user);
    let delete = format!("{path}/delete");
    let page = admin.open(&delete).await;
    let form = format!("form[action='{delete}']");
    let wrong = [("confirm", "x@example.org"), ("reason", "")];
    let refused = admin.submit(&page, &form, &wrong).await;
    refused.is(422);
    assert_eq!(refused.count("[aria-invalid]"), 2);
    assert_eq!(refused.attr("#confirm", "value"), "x@example.org");
    let right = [("confirm", address.as_str()), ("reason", "asked by mail")];
    for _ in 0..2 {
        admin.submit(&page, &form, &right).await.leads_to(&path);
    }
    user.get("/dashboard").await.is(303);
    let at: DateTime<Utc> = sqlx::query_scalar("select deletes_at from users where id = $1")
        .bind(user.user)
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!((at - app.app.now()).num_days(), 7);
    let mail = app.mail().await;
    assert_eq!(mail.to, address);
    assert_eq!(lines(&app, "deletion-scheduled-by-admin").await.len(), 1);
    let page = admin.open(&path).await;
    let keep = format!("{path}/keep");
    press(&mut admin, &page, &keep).await.leads_to(&path);
    press(&mut admin, &page, &keep).await.leads_to(&path);
    assert_eq!(lines(&app, "deletion-cancelled-by-admin").await.len(), 1);
    let left = "select count(*) from users where deletes_at is not null";
    assert_eq!(app.number(left).await, 0);
}

/// Fails without `untouchable`.
#[tokio::test]
async fn administrators_change_neither_themselves_nor_the_demo_user() {
    let app = TestApp::new().await;
    let demo = app.user().await;
    sqlx::query("update users set is_demo = true where id = $1")
        .bind(demo.user)
        .execute(&app.db)
        .await
        .unwrap();
    let mut admin = app.admin().await;
    let address = email(&app, admin.user).await;
    let before = app.fingerprint().await;
    for user in [demo.user, admin.user] {
        let page = admin.open(&format!("/admin/users/{user}")).await;
        assert_eq!(page.count("main form"), 0);
        for part in ["disable", "enable", "delete", "keep", "sessions/end"] {
            let confirm = email(&app, user).await;
            let fields = [("reason", "x"), ("confirm", confirm.as_str())];
            let path = format!("/admin/users/{user}/{part}");
            admin.post_form(&path, &fields).await.is(403);
        }
    }
    assert_eq!(app.fingerprint().await, before);
    assert!(!address.is_empty());
}

/// Fails without `keeps_an_admin`, and without `for update` in `lock_admins`: both are then out.
#[tokio::test]
async fn of_two_administrators_who_remove_one_another_one_stays() {
    for _ in 0..5 {
        let app = TestApp::new().await;
        let (mut one, mut other) = (app.admin().await, app.admin().await);
        let (first, second) = (one.user, other.user);
        let (first_token, second_token) = (one.token().await, other.token().await);
        let [first_fields, second_fields] = [&first_token, &second_token]
            .map(|token| [("form_token", token.as_str()), ("reason", "x")]);
        let [remove_first, remove_second] =
            [first, second].map(|user| format!("/admin/users/{user}/disable"));
        let (one_done, other_done) = tokio::join!(
            one.post(&remove_second, &first_fields),
            other.post(&remove_first, &second_fields),
        );
        let enabled = "select count(*) from users where role = 'admin' and disabled_at is null";
        assert_eq!(
            app.number(enabled).await,
            1,
            "{} {}",
            one_done.status,
            other_done.status
        );
    }
}

#[tokio::test]
async fn an_operator_makes_administrators_and_unmakes_them() {
    let app = TestApp::new().await;
    let mut user = app.user().await;
    let address = email(&app, user.user).await.to_uppercase();
    for (is_admin, action) in [(true, "admin-granted"), (false, "admin-revoked")] {
        app.sign_in(&mut user, Method::Totp).await;
        assert!(auth::set_admin(&app.app, &address, is_admin).await.unwrap());
        // Their sessions end: those of administrators are shorter.
        user.get("/dashboard").await.is(303);
        let written = lines(&app, action).await;
        assert_eq!((written[0].0, written[0].1), (None, Some(user.user)));
        app.sign_in(&mut user, Method::Totp).await;
        user.get("/admin")
            .await
            .is(if is_admin { 200 } else { 404 });
    }
    assert!(
        !auth::set_admin(&app.app, "nobody@example.org", true)
            .await
            .unwrap()
    );
}
