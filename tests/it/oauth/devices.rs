//! The browser that comes back from a provider: whether it stays signed in, and whether it is known.

use super::{sign_in, with_google};
use crate::harness::set_cookies;

/// Whether an answer's session outlives the browser.
fn stays(page: &crate::harness::Page) -> bool {
    let cookies = set_cookies(page);
    let session = cookies.iter().find(|line| line.starts_with("session="));
    session.is_some_and(|line| line.contains("Max-Age=2592000"))
}

/// Broken once: `flow.remember` in `welcome`.
#[tokio::test]
async fn whoever_ticked_the_box_stays_signed_in() {
    let (app, google) = with_google().await;
    let page = app.visitor().open("/login?next=/charts").await;
    let once = page.attr("a.if-not-remembered", "href");
    let kept = page.attr("a.if-remembered", "href");
    assert_eq!(once, "/auth/google?next=%2Fcharts");
    assert_eq!(kept, "/auth/google?remember=on&next=%2Fcharts");
    let page = app.visitor().open("/register").await;
    assert_eq!(page.count("a[href^='/auth/google']"), 1);

    assert!(!stays(&sign_in(&mut app.visitor(), &google, &once).await));
    assert!(stays(&sign_in(&mut app.visitor(), &google, &kept).await));
    let kept = "select count(*) from sessions where remembered and idle = interval '14 days'";
    assert_eq!(app.number(kept).await, 1);
}

/// Broken once: `codes::are_wanted` in `sign_in`.
#[tokio::test]
async fn a_provider_does_not_make_a_device_known() {
    let (app, google) = with_google().await;
    let mut ann = app.visitor();
    sign_in(&mut ann, &google, "/auth/google").await;
    sqlx::query("update users set codes_on_new_devices = true")
        .execute(&app.db)
        .await
        .expect("there is the setting");
    let mut phone = app.visitor();
    let page = sign_in(&mut phone, &google, "/auth/google?next=/charts&remember=on").await;
    page.leads_to("/login/code?next=%2Fcharts");
    assert!(!stays(&page));
    let mail = app.mail().await;
    let code = mail.text.lines().find(|line| line.trim().len() == 8);
    let page = phone.open("/login/code?next=%2Fcharts").await;
    let done = phone
        .submit(&page, "#by-mail", &[("code", code.unwrap_or_default())])
        .await;
    done.leads_to("/charts");
    assert!(stays(&done));

    ann.cookies.remove("session");
    let page = sign_in(&mut ann, &google, "/auth/google?next=/charts").await;
    page.leads_to("/charts");
}
