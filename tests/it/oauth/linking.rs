//! Accounts elsewhere in the settings, and Facebook's wish to have one forgotten.

use axum::http::{Method, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{IDENTITIES, leave, sign_in, with_both, with_google};
use crate::harness::{Client, Page};
use crate::provider::{Provider, SECRET};

async fn link(client: &mut Client, provider: &Provider, name: &str) -> Page {
    let page = sign_in(client, provider, &format!("{IDENTITIES}/{name}/link")).await;
    page.leads_to(&format!("{IDENTITIES}/{name}/confirm"));
    let page = client.open(page.header("location")).await;
    client
        .submit(&page, "main form[action$='/confirm']", &[])
        .await
}

#[tokio::test]
async fn an_account_is_linked_and_unlinked_in_the_settings() {
    let (app, google, facebook) = with_both().await;
    let mut robin = app.user().await;
    link(&mut robin, &google, "google")
        .await
        .leads_to(IDENTITIES);
    let page = robin.open(IDENTITIES).await;
    assert!(
        page.text().contains("ann@example.org, linked 30 Oct 2026"),
        "{}",
        page.text()
    );
    let mail = app.mail().await;
    assert_eq!(mail.subject, "Google signs you in from now on");
    let mut elsewhere = app.visitor();
    sign_in(&mut elsewhere, &google, "/auth/google")
        .await
        .leads_to("/dashboard");
    assert_eq!(
        elsewhere.open("/settings").await.text(),
        robin.open("/settings").await.text()
    );
    // Once more is the same; another one is not.
    link(&mut robin, &google, "google")
        .await
        .leads_to(IDENTITIES);
    google.mood().sub = "2002";
    let page = link(&mut robin, &google, "google").await;
    page.leads_to("/settings/security/identities?problem=another&with=google");
    assert!(
        robin
            .open(page.header("location"))
            .await
            .text()
            .contains("Unlink it first.")
    );
    google.mood().sub = "1001";
    let mut other = app.user().await;
    let page = link(&mut other, &google, "google").await;
    page.leads_to("/settings/security/identities?problem=taken&with=google");
    app.mails().await;

    // Broken once: the condition before `Problem::Last`.
    let unlink = "main form[action$='/google/unlink']";
    let page = robin.open(IDENTITIES).await;
    let page = robin.submit(&page, unlink, &[]).await;
    page.leads_to("/settings/security/identities?problem=last&with=google");
    assert_eq!(app.number("select count(*) from identities").await, 1);
    link(&mut robin, &facebook, "facebook")
        .await
        .leads_to(IDENTITIES);
    let page = robin.open(IDENTITIES).await;
    robin.submit(&page, unlink, &[]).await.leads_to(IDENTITIES);
    let page = robin.open(IDENTITIES).await;
    let unlink = "main form[action$='/facebook/unlink']";
    robin
        .submit(&page, unlink, &[])
        .await
        .leads_to("/settings/security/identities?problem=last&with=facebook");
    sqlx::query("update users set password_hash = 'x'")
        .execute(&app.db)
        .await
        .unwrap();
    robin.submit(&page, unlink, &[]).await.leads_to(IDENTITIES);
    assert_eq!(app.number("select count(*) from identities").await, 0);
    let written = "select count(*) from audit_log where action = 'identity-unlinked'";
    assert_eq!(app.number(written).await, 2);
    let subjects: Vec<String> = app
        .mails()
        .await
        .into_iter()
        .map(|mail| mail.subject)
        .collect();
    assert!(
        subjects.contains(&"Facebook no longer signs you in".to_owned()),
        "{subjects:?}"
    );
}

/// Broken once: the time in `Sudo`, the comparison of the flow's user and session, and that of `found.user`.
#[tokio::test]
async fn linking_needs_the_same_session_a_button_and_a_fresh_proof() {
    let (app, google) = with_google().await;
    let strange = "/settings/security/identities?problem=strange&with=google";
    let start = format!("{IDENTITIES}/google/link");
    let confirm = format!("{IDENTITIES}/google/confirm");
    let mut robin = app.user().await;
    // The browser has come to another session since.
    let back = leave(&mut robin, &google, &start).await;
    let mut swapped = app.user().await;
    swapped
        .cookies
        .insert("oauth".to_owned(), robin.cookies["oauth"].clone());
    swapped.get(&back).await.leads_to(strange);
    let mut visitor = app.visitor();
    let back = leave(&mut robin, &google, &start).await;
    visitor
        .cookies
        .insert("oauth".to_owned(), robin.cookies["oauth"].clone());
    visitor
        .get(&back)
        .await
        .leads_to("/login?problem=strange&with=google");
    // What one found, another cannot link.
    let page = sign_in(&mut robin, &google, &start).await;
    page.leads_to(&confirm);
    swapped
        .cookies
        .insert("oauth-link".to_owned(), robin.cookies["oauth-link"].clone());
    swapped.get(&confirm).await.leads_to(strange);
    swapped.post_form(&confirm, &[]).await.leads_to(strange);
    // Coming back has changed nothing, nor does a form of another site.
    robin.post(&confirm, &[]).await.is(403);
    assert_eq!(app.number("select count(*) from identities").await, 0);
    // Cookies are ours to read only.
    robin
        .cookies
        .insert("oauth-link".to_owned(), "{}".to_owned());
    robin.get(&confirm).await.leads_to(strange);

    app.set_now("2026-10-30T12:16:00Z");
    for path in [&start, &confirm] {
        let page = robin.get(path).await;
        assert!(page.header("location").starts_with("/sudo?next="), "{path}");
    }
    for path in [confirm, format!("{IDENTITIES}/google/unlink")] {
        let page = robin.post_form(&path, &[]).await;
        assert!(page.header("location").starts_with("/sudo"), "{path}");
    }
}

fn signed(secret: &str, payload: &Value) -> String {
    let payload = URL_SAFE_NO_PAD.encode(payload.to_string());
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let tag = mac.chain_update(&payload).finalize().into_bytes();
    format!("{}.{payload}", URL_SAFE_NO_PAD.encode(tag))
}

/// Broken once: `verify_slice`, and the path in `FROM_ELSEWHERE`.
#[tokio::test]
async fn facebook_can_ask_for_deletion_and_nobody_else() {
    let (app, _google, facebook) = with_both().await;
    let mut robin = app.user().await;
    link(&mut robin, &facebook, "facebook")
        .await
        .leads_to(IDENTITIES);
    let path = "/auth/facebook/data-deletion";
    let wish = json!({ "algorithm": "HMAC-SHA256", "user_id": "1001", "issued_at": 1 });
    let right = signed(SECRET, &wish);
    let other = json!({ "algorithm": "none", "user_id": "1001" });
    let wrong = [
        String::new(),
        "a.b".to_owned(),
        signed("another", &wish),
        format!(".{}", right.split('.').nth(1).unwrap()),
        signed(SECRET, &other),
        signed(
            SECRET,
            &json!({ "algorithm": "HMAC-SHA256", "user_id": "nul\0" }),
        ),
        signed(SECRET, &json!([])),
    ];
    let mut server = app.visitor();
    for request in &wrong {
        server
            .post(path, &[("signed_request", request)])
            .await
            .is(400);
    }
    assert_eq!(app.number("select count(*) from identities").await, 1);
    // From a server, or from a form of Facebook's.
    let mut codes = Vec::new();
    for origin in [None, Some("https://www.facebook.com")] {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("signed_request", &right)
            .finish();
        let mut request = axum::http::Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(origin) = origin {
            request = request
                .header(header::ORIGIN, origin)
                .header("sec-fetch-site", "cross-site");
        }
        let page = server.send(request.body(body.into()).unwrap()).await;
        page.is(200);
        codes.push(serde_json::from_slice::<Value>(&page.body).unwrap());
    }
    assert_eq!(codes[0], codes[1]);
    assert_eq!(app.number("select count(*) from identities").await, 0);
    assert_eq!(app.number("select count(*) from users").await, 1);
    let written =
        "select count(*) from audit_log where action = 'identity-unlinked' and actor_id is null";
    assert_eq!(app.number(written).await, 1);
    let code = codes[0]["confirmation_code"].as_str().unwrap();
    assert!(code.chars().all(|c| c.is_ascii_alphanumeric()));
    let url = codes[0]["url"].as_str().unwrap();
    assert_eq!(url, format!("http://127.0.0.1:8000{path}/{code}"));
    assert!(
        server
            .open(&format!("{path}/{code}"))
            .await
            .text()
            .contains(code)
    );
    server
        .get(&format!("{path}/{}", code.replace(&code[..1], "x")))
        .await
        .is(404);
    server.get(&format!("{path}/short")).await.is(404);
}
