//! What is believed of what a browser and a provider bring.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;

use super::{leave, sign_in, with_both, with_google};
use crate::harness::{TestApp, set_cookies};
use crate::provider::{CLIENT, Provider, SECRET, Signing};

/// Broken once, each in `verify`: `set_issuer`, `set_audience`, `set_required_spec_claims`, the checks of `azp`, of several
/// `aud`, of `exp`, of an `iat` ahead and behind, of `nonce` and of `sub`, and the signature's, by reading the token without
/// it. The algorithm is guarded twice, by the rules and by the kind of the key: either alone is enough.
#[tokio::test]
async fn a_token_that_lies_signs_nobody_in() {
    let (app, google) = with_google().await;
    let now = google.mood().now.timestamp();
    let lies = [
        json!({ "iss": "https://accounts.google.com" }),
        json!({ "iss": null }),
        json!({ "aud": "somebody-else" }),
        json!({ "aud": ["somebody-else", "and-another"] }),
        json!({ "aud": [CLIENT, "somebody-else"] }),
        json!({ "aud": null }),
        json!({ "azp": "somebody-else" }),
        json!({ "nonce": "another" }),
        json!({ "nonce": null }),
        json!({ "exp": now - 61 }),
        json!({ "exp": null }),
        json!({ "iat": now + 61 }),
        json!({ "iat": now - 16 * 60 }),
        json!({ "iat": null }),
        json!({ "sub": null }),
        json!({ "sub": "" }),
        json!({ "sub": "nul\0" }),
        json!({ "sub": "x".repeat(256) }),
    ];
    for lie in lies {
        google.mood().lies = lie.clone();
        let page = sign_in(&mut app.visitor(), &google, "/auth/google").await;
        assert_eq!(
            page.header("location"),
            "/login?problem=untrusted&with=google",
            "{lie}"
        );
    }
    google.mood().lies = json!({});
    for signing in [Signing::Nothing, Signing::Shared, Signing::StrangeKey] {
        google.mood().signing = signing;
        let page = sign_in(&mut app.visitor(), &google, "/auth/google").await;
        assert_eq!(
            page.header("location"),
            "/login?problem=untrusted&with=google",
            "{signing:?}"
        );
    }
    assert_eq!(app.number("select count(*) from users").await, 0);
    google.mood().signing = Signing::Right;
    google.mood().lies = json!({ "aud": [CLIENT], "azp": CLIENT });
    sign_in(&mut app.visitor(), &google, "/auth/google")
        .await
        .leads_to("/settings");
}

/// Broken once: the comparison of `secrets.state`, the `delete` of `take_flow` made a `select`, the checks of `expires_at`,
/// of `flow.provider` and of `iss`.
#[tokio::test]
async fn a_visit_ends_once_in_time_and_in_its_own_browser() {
    let (app, google, _facebook) = with_both().await;
    let strange = "/login?problem=strange&with=google";
    let mut ann = app.visitor();
    let back = leave(&mut ann, &google, "/auth/google").await;
    // Another browser, with and without a visit of its own.
    let mut mallory = app.visitor();
    mallory.get(&back).await.leads_to(strange);
    leave(&mut mallory, &google, "/auth/google").await;
    mallory.get(&back).await.leads_to(strange);
    // Somebody's answer under another provider's name.
    let other = back.replace("google", "facebook");
    let mut twin = ann.clone();
    twin.cookies = ann.cookies.clone();
    twin.get(&other)
        .await
        .leads_to("/login?problem=strange&with=facebook");

    let mut ann = app.visitor();
    let back = leave(&mut ann, &google, "/auth/google").await;
    let cookies = ann.cookies.clone();
    ann.get(&back).await.leads_to("/settings");
    let mut again = app.visitor();
    again.cookies = cookies;
    again.get(&back).await.leads_to(strange);

    let mut late = app.visitor();
    let back = leave(&mut late, &google, "/auth/google").await;
    app.set_now("2026-10-30T12:10:00Z");
    let page = late.get(&back).await;
    page.leads_to("/login?problem=late&with=google");
    assert!(
        late.open(page.header("location"))
            .await
            .text()
            .contains("took too long")
    );

    google.mood().now = app.app.now();
    google.mood().iss = Some("https://evil.example".to_owned());
    sign_in(&mut app.visitor(), &google, "/auth/google")
        .await
        .leads_to(strange);
    google.mood().iss = Some(google.url.clone());
    sign_in(&mut app.visitor(), &google, "/auth/google")
        .await
        .leads_to("/dashboard");
    for query in [
        "",
        "?state=a",
        "?code=b",
        "?error=access_denied",
        "?state=%00&code=%00",
    ] {
        let page = app
            .visitor()
            .get(&format!("/auth/google/callback{query}"))
            .await;
        page.leads_to(strange);
    }
    app.visitor()
        .get("/auth/google/callback?state=a&state=b")
        .await
        .is(400);
}

/// The provider refuses it by the verifier, which each browser carries for its own visit. Broken once: the verifier in
/// `exchange` replaced by a fixed one, and nobody gets in at all.
#[tokio::test]
async fn a_code_of_another_visit_is_of_no_use() {
    let (app, google) = with_google().await;
    let stolen = leave(&mut app.visitor(), &google, "/auth/google").await;
    let code = |path: &str| {
        let query = path.split('?').nth(1).unwrap().to_owned();
        form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "code")
            .map(|(_, code)| code.into_owned())
            .unwrap()
    };
    let mut mallory = app.visitor();
    let own = leave(&mut mallory, &google, "/auth/google").await;
    let mixed = own.replace(&code(&own), &code(&stolen));
    mallory
        .get(&mixed)
        .await
        .leads_to("/login?problem=down&with=google");
    assert_eq!(app.number("select count(*) from users").await, 0);
}

/// Broken once: the check of `LONGEST`, and `timeout(ANSWER)`.
#[tokio::test]
async fn a_provider_that_refuses_or_fails_is_a_sentence_on_the_login_page() {
    let (app, google) = with_google().await;
    google.mood().error = Some("access_denied");
    let mut ann = app.visitor();
    let page = sign_in(&mut ann, &google, "/auth/google").await;
    page.leads_to("/login?problem=denied&with=google");
    let page = ann.open(page.header("location")).await;
    assert!(
        page.text()
            .contains("You did not let Google tell us who you are.")
    );
    assert!(page.has("[role=alert]"));
    let down = "/login?problem=down&with=google";
    google.mood().error = Some("temporarily_unavailable");
    sign_in(&mut app.visitor(), &google, "/auth/google")
        .await
        .leads_to(down);
    google.mood().error = None;
    for status in [
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::FOUND,
        StatusCode::OK,
    ] {
        google.mood().refusal = Some(status);
        sign_in(&mut app.visitor(), &google, "/auth/google")
            .await
            .leads_to(down);
    }
    google.mood().refusal = None;
    google.mood().is_huge = true;
    sign_in(&mut app.visitor(), &google, "/auth/google")
        .await
        .leads_to(down);
    google.mood().is_huge = false;
    google.mood().delay = Duration::from_secs(11);
    let began = std::time::Instant::now();
    sign_in(&mut app.visitor(), &google, "/auth/google")
        .await
        .leads_to(down);
    assert!(began.elapsed() < Duration::from_secs(13));

    let nowhere = TestApp::with(|settings| {
        settings.google_client_id = Some(CLIENT.to_owned());
        settings.google_client_secret = Some(SECRET.to_owned());
        settings.google_issuer_url = Some("http://127.0.0.1:1".to_owned());
    })
    .await;
    nowhere.visitor().get("/auth/google").await.leads_to(down);
    for query in [
        "?problem=nonsense&with=google",
        "?problem=down",
        "?with=google",
    ] {
        let page = app.visitor().get(&format!("/login{query}")).await;
        assert!(!page.has("[role=alert]"));
    }
}

/// Broken once: the comparison with `KEYS_AGAIN`.
#[tokio::test]
async fn keys_are_kept_and_a_new_one_is_asked_for_once_a_minute() {
    let (app, google) = with_google().await;
    for _ in 0..3 {
        sign_in(&mut app.visitor(), &google, "/auth/google").await;
    }
    assert_eq!(google.mood().keys_asked, 1);
    google.mood().kid = "second";
    let page = sign_in(&mut app.visitor(), &google, "/auth/google").await;
    page.leads_to("/login?problem=untrusted&with=google");
    assert_eq!(google.mood().keys_asked, 1);
    app.set_now("2026-10-30T12:01:00Z");
    let page = sign_in(&mut app.visitor(), &google, "/auth/google").await;
    page.leads_to("/dashboard");
    assert_eq!(google.mood().keys_asked, 2);
}

/// Broken once: the comparison of `found.issuer`, and `permit` of the endpoints.
#[tokio::test]
async fn a_provider_that_describes_itself_as_another_is_not_gone_to() {
    let down = "/login?problem=down&with=google";
    for lie in [
        json!({ "issuer": "https://accounts.google.com" }),
        json!({ "authorization_endpoint": "https://evil.example/authorize" }),
        json!({ "token_endpoint": "http://127.0.0.1:1/token" }),
        json!({ "jwks_uri": "https://evil.example/keys" }),
        json!({ "token_endpoint": null }),
    ] {
        let (app, google) = with_google().await;
        google.mood().description = lie.clone();
        let page = app.visitor().get("/auth/google").await;
        assert_eq!(page.header("location"), down, "{lie}");
    }
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_the_host() {
    let google = Provider::start().await;
    let app = TestApp::with(|settings| {
        settings.public_url = Some("https://stakeeasy.example".to_owned());
        settings.google_client_id = Some(CLIENT.to_owned());
        settings.google_client_secret = Some(SECRET.to_owned());
        settings.google_issuer_url = Some(google.url.clone());
    })
    .await;
    let page = app.visitor().get("/auth/google").await;
    let cookie = set_cookies(&page).remove(0);
    assert!(cookie.starts_with("__Host-oauth="), "{cookie}");
    for part in [
        "Path=/",
        "Secure",
        "HttpOnly",
        "SameSite=Lax",
        "Max-Age=600",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let back = "redirect_uri=https%3A%2F%2Fstakeeasy.example%2Fauth%2Fgoogle%2Fcallback";
    assert!(page.header("location").contains(back));
}
