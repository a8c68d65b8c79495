//! Signing in with Google and Facebook, as their browsers and those of others see it.
//!
//! Each defence names what was taken away once to see its test fail.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

mod devices;
mod linking;
mod trust;

use axum::http::StatusCode;
use serde_json::json;
use stakeeasy::features::auth::{self, NewUser};

use crate::harness::{Client, PASSWORD, Page, TestApp};
use crate::provider::{CLIENT, Provider, SECRET};

const IDENTITIES: &str = "/settings/security/identities";

/// Somebody who is at Google and nowhere else.
async fn with_google() -> (TestApp, Provider) {
    let google = Provider::start().await;
    let app = TestApp::with(|settings| {
        settings.google_client_id = Some(CLIENT.to_owned());
        settings.google_client_secret = Some(SECRET.to_owned());
        settings.google_issuer_url = Some(google.url.clone());
    })
    .await;
    (app, google)
}

async fn with_both() -> (TestApp, Provider, Provider) {
    let (google, facebook) = (Provider::start().await, Provider::start().await);
    let app = TestApp::with(|settings| {
        settings.google_client_id = Some(CLIENT.to_owned());
        settings.google_client_secret = Some(SECRET.to_owned());
        settings.google_issuer_url = Some(google.url.clone());
        settings.facebook_client_id = Some(CLIENT.to_owned());
        settings.facebook_client_secret = Some(SECRET.to_owned());
        settings.facebook_issuer_url = Some(facebook.url.clone());
    })
    .await;
    (app, google, facebook)
}

/// Goes to a provider from a page of ours: the path that it sends back to.
async fn leave(client: &mut Client, provider: &Provider, from: &str) -> String {
    let page = client.get(from).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text());
    provider.visit(page.header("location")).await
}

/// There and back.
async fn sign_in(client: &mut Client, provider: &Provider, from: &str) -> Page {
    let back = leave(client, provider, from).await;
    client.get(&back).await
}

async fn confirmed(app: &TestApp, email: &str) {
    let new = NewUser {
        email,
        name: "Robin",
        password_hash: None,
        home: "EUR".parse().unwrap(),
        time_zone: "UTC",
        is_demo: false,
        confirmed_at: app.app.now(),
    };
    auth::insert_user(&app.db, &new).await.unwrap();
}

#[tokio::test]
async fn somebody_new_gets_an_account_and_is_the_same_the_next_time() {
    let (app, google) = with_google().await;
    let mut ann = app.visitor();
    let page = sign_in(&mut ann, &google, "/auth/google?next=/charts").await;
    page.leads_to("/settings");
    assert!(!ann.cookies.contains_key("oauth"), "{:?}", ann.cookies);
    let settings = ann.open("/settings").await;
    assert!(settings.text().contains("ann@example.org"));
    assert!(settings.html().contains("Choose your home currency"));
    let made = "select count(*) from users where email = 'ann@example.org' and name = 'Ann'
                and password_hash is null and email_confirmed_at is not null
                and home_currency = 'EUR' and time_zone = 'UTC'";
    assert_eq!(app.number(made).await, 1);
    let written = "select count(*) from audit_log
                   where action in ('registered', 'identity-linked', 'signed-in')";
    assert_eq!(app.number(written).await, 3);
    assert!(app.mails().await.is_empty());

    // The address may change there: who they are does not.
    google.mood().email = Some("ann@new.example".to_owned());
    let mut elsewhere = app.visitor();
    let page = sign_in(&mut elsewhere, &google, "/auth/google?next=/charts").await;
    page.leads_to("/charts");
    elsewhere.open("/charts").await;
    assert_eq!(app.number("select count(*) from users").await, 1);
    let told = "select count(*) from identities i join users u on u.id = i.user_id
                where i.email = 'ann@new.example' and u.email = 'ann@example.org'";
    assert_eq!(app.number(told).await, 1);

    // Whoever is here already is not sent there.
    elsewhere.get("/auth/google").await.leads_to("/dashboard");
}

#[tokio::test]
async fn another_subject_with_the_same_address_is_somebody_else() {
    let (app, google) = with_google().await;
    sign_in(&mut app.visitor(), &google, "/auth/google")
        .await
        .leads_to("/settings");
    google.mood().sub = "2002";
    let page = sign_in(&mut app.visitor(), &google, "/auth/google").await;
    page.leads_to("/login?problem=exists&with=google");
}

/// Broken once: `owner.is_confirmed` in `arrive` made false.
#[tokio::test]
async fn nobody_is_linked_by_an_address() {
    let (app, google) = with_google().await;
    confirmed(&app, "Ann@Example.org").await;
    let mut ann = app.visitor();
    let page = sign_in(&mut ann, &google, "/auth/google").await;
    page.leads_to("/login?problem=exists&with=google");
    let page = ann.open(page.header("location")).await;
    assert!(
        page.text()
            .contains("Log in, then link Google in the security settings.")
    );
    assert!(!ann.cookies.contains_key("session"));
    assert_eq!(app.number("select count(*) from identities").await, 0);
    let written =
        "select count(*) from audit_log where action = 'sign-in-failed' and actor_id is null";
    assert_eq!(app.number(written).await, 1);
}

/// Broken once: `end_all` in `make`.
#[tokio::test]
async fn whoever_waits_for_an_address_has_nothing_once_its_owner_comes() {
    let (app, google, facebook) = with_both().await;
    let mut waiting = app.visitor();
    let page = waiting.open("/register").await;
    let fields = [
        ("name", "Mallory"),
        ("email", "ann@example.org"),
        ("password", PASSWORD),
        ("home", "EUR"),
    ];
    let form = "form[action='/register']";
    waiting
        .submit(&page, form, &fields)
        .await
        .leads_to("/register/sent");
    let link = app.mail().await.link();
    sign_in(&mut waiting, &facebook, "/auth/facebook")
        .await
        .leads_to("/register/sent");
    app.mail().await;

    let mut ann = app.visitor();
    sign_in(&mut ann, &google, "/auth/google")
        .await
        .leads_to("/settings");
    ann.open("/dashboard").await;
    let again = waiting.log_in("ann@example.org", PASSWORD).await;
    again.is(422);
    let opened = waiting.get(&link).await;
    let page = waiting.open(opened.header("location")).await;
    assert!(
        page.text().contains("does not work any more"),
        "{}",
        page.text()
    );
    sign_in(&mut waiting, &facebook, "/auth/facebook")
        .await
        .leads_to("/register/sent");
    assert_eq!(app.number("select count(*) from users").await, 1);
    assert_eq!(app.number("select count(*) from identities").await, 1);
}

/// Broken once: the two conditions before `unproven`.
#[tokio::test]
async fn an_address_that_is_only_claimed_is_confirmed_by_mail_and_tells_nothing_of_accounts() {
    let (app, google, facebook) = with_both().await;
    confirmed(&app, "known@example.org").await;
    google.mood().email_verified = json!("true");
    for (provider, from) in [(&google, "/auth/google"), (&facebook, "/auth/facebook")] {
        let new = format!("{}@example.org", from.replace('/', ""));
        let mut client = app.visitor();
        for email in ["known@example.org", &new] {
            provider.mood().email = Some(email.to_owned());
            // The second time looks like the first.
            for _ in 0..2 {
                let page = sign_in(&mut client, provider, from).await;
                page.leads_to("/register/sent");
                assert!(!client.cookies.contains_key("session"));
            }
        }
        let mails = app.mails().await;
        let to = |to: &str| {
            mails
                .iter()
                .filter(|mail| mail.to == to)
                .collect::<Vec<_>>()
        };
        let known = to("known@example.org");
        assert!(!known.is_empty());
        assert!(
            known
                .iter()
                .all(|mail| mail.subject == "You have an account already")
        );
        // In the browser that came from there the account elsewhere is tied to it: each registration has a link of its own.
        for mail in to(&new) {
            let opened = client.get(&mail.link()).await;
            let page = client.open(opened.header("location")).await;
            if page.has("main form") && !page.has("[name=password]") {
                client
                    .submit(&page, "main form", &[])
                    .await
                    .leads_to("/settings");
            }
        }
        let mut client = app.visitor();
        sign_in(&mut client, provider, from)
            .await
            .leads_to("/dashboard");
        client.open("/dashboard").await;
    }
    let linked = "select count(*) from identities i join users u on u.id = i.user_id
                  where u.email = 'known@example.org'";
    assert_eq!(app.number(linked).await, 0);
}

#[tokio::test]
async fn without_an_address_there_is_no_account() {
    let (app, google) = with_google().await;
    for email in [
        None,
        Some("no address".to_owned()),
        Some("a\0@b.example".to_owned()),
    ] {
        google.mood().email = email;
        let page = sign_in(&mut app.visitor(), &google, "/auth/google").await;
        page.leads_to("/login?problem=unnamed&with=google");
    }
    google.mood().email = Some("ann@example.org".to_owned());
    google.mood().name = "A\0nn";
    sign_in(&mut app.visitor(), &google, "/auth/google")
        .await
        .leads_to("/settings");
}

/// Broken once: the check of `known.is_disabled`.
#[tokio::test]
async fn a_closed_account_stays_closed() {
    let (app, google) = with_google().await;
    sign_in(&mut app.visitor(), &google, "/auth/google").await;
    sqlx::query("update users set disabled_at = now()")
        .execute(&app.db)
        .await
        .unwrap();
    let page = sign_in(&mut app.visitor(), &google, "/auth/google").await;
    page.leads_to("/login?problem=closed&with=google");
    google.mood().sub = "another";
    let page = sign_in(&mut app.visitor(), &google, "/auth/google").await;
    page.leads_to("/login?problem=exists&with=google");
}

#[tokio::test]
async fn what_is_not_set_up_is_not_there() {
    let app = TestApp::new().await;
    for path in [
        "/auth/google",
        "/auth/facebook",
        "/auth/google/callback",
        "/auth/other",
    ] {
        app.visitor().get(path).await.is(404);
    }
    app.visitor()
        .post("/auth/facebook/data-deletion", &[])
        .await
        .is(404);
    for page in ["/login", "/register"] {
        assert!(!app.visitor().open(page).await.has("a[href^='/auth/']"));
    }
    let mut user = app.user().await;
    user.open(IDENTITIES).await;
    user.get(&format!("{IDENTITIES}/google/link")).await.is(404);

    let (app, _google) = with_google().await;
    for page in ["/login?next=/charts", "/register"] {
        let page = app.visitor().open(page).await;
        assert!(page.html().contains("Continue with Google"));
        assert!(!page.html().contains("Continue with Facebook"));
    }
    let page = app.visitor().open("/login?next=/charts").await;
    assert_eq!(
        page.attr("a[href^='/auth/google']", "href"),
        "/auth/google?next=%2Fcharts"
    );
    app.visitor().get("/auth/facebook").await.is(404);
}
