//! What was refused leaves one line in the log.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use axum::body::Body;
use axum::http::Method;

use crate::harness::{Client, TestApp, keep_log, log};

/// The lines of refusals since the last look.
fn refused() -> Vec<String> {
    let lines: Vec<_> = log()
        .lines()
        .filter(|line| line.contains("refused"))
        .map(str::to_owned)
        .collect();
    keep_log();
    lines
}

async fn send(client: &mut Client, method: Method, path: &str, id: &str) {
    let request = client
        .request(method, path)
        .header("x-forwarded-for", "198.51.100.7")
        .header("x-request-id", id)
        .body(Body::empty());
    client.send(request.unwrap()).await;
}

/// Fails without `refusals::log`, if it logs the path of a link from a mail, or if a page logs it once more.
#[tokio::test]
async fn what_is_forbidden_missing_or_too_often_leaves_one_line() {
    let app = TestApp::with(|settings| {
        settings.public_url = Some("https://stakeeasy.example".to_owned());
        settings.trusted_proxies = Some("127.0.0.1".to_owned());
    })
    .await;
    keep_log();
    let mut visitor = app.visitor();
    let token = "8kD0v7yq2nQm1xW5tZrLb9cAeGhJ";
    for (path, logged) in [
        ("/wp-login.php?password=hunter2", "/wp-login.php"),
        ("/static/nothing.js?x=hunter2", "/static"),
        (&*format!("/confirm/{token}/more"), "/confirm/.../more"),
    ] {
        send(&mut visitor, Method::GET, path, "of-this-request").await;
        let lines = refused();
        assert_eq!(lines.len(), 1, "{path}: {lines:?}");
        let line = &lines[0];
        for said in ["INFO", "status=404", "GET", logged, "198.51.100.7/32"] {
            assert!(line.contains(said), "{line}");
        }
        assert!(line.contains("of-this-request"), "{line}");
        assert!(!line.contains("hunter2") && !line.contains(token), "{line}");
    }

    // From another site, with a link of a mail.
    let request = visitor
        .request(Method::POST, &format!("/confirm/{token}"))
        .header("x-forwarded-for", "198.51.100.7");
    let mut request = request.body(Body::empty()).unwrap();
    let cross_site = "cross-site".parse().unwrap();
    request.headers_mut().insert("sec-fetch-site", cross_site);
    visitor.send(request).await.is(403);
    let lines = refused();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("status=403"), "{lines:?}");
    assert!(!lines[0].contains(token), "{lines:?}");

    for _ in 0..11 {
        visitor.post("/login", &[("email", "a@b.example")]).await;
    }
    let lines = refused();
    // Slowed by account, five tries are taken, then each is told when to come back; the last by network.
    assert!(lines.len() >= 6, "{lines:?}");
    assert!(
        lines
            .iter()
            .all(|line| line.contains("status=429") && line.contains("path=\"/login\"")),
        "{lines:?}"
    );

    visitor.get("/login").await.is(200);
    assert_eq!(refused(), Vec::<String>::new());
}
