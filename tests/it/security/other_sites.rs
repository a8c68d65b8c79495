//! Writes that do not come from a page of ours.

use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, header};
use scraper::Selector;

use super::{FORM, ledger, plain_writes};
use crate::harness::{Client, PASSWORD, Page, TODAY, TestApp};

/// A write that nothing but the gate can stop: the token is right. `site` and `origin` are what a browser would say of
/// where it came from.
async fn write_from(client: &mut Client, site: Option<&str>, origin: Option<&str>) -> Page {
    let token = client.token().await;
    let body = format!("form_token={token}&currency=BTC&price=5&day={TODAY}");
    let mut request = client
        .request(Method::POST, "/settings/rates")
        .header(header::CONTENT_TYPE, FORM)
        .body(Body::from(body))
        .unwrap();
    let headers = request.headers_mut();
    headers.remove("sec-fetch-site");
    if let Some(site) = site {
        headers.insert("sec-fetch-site", HeaderValue::from_str(site).unwrap());
    }
    if let Some(origin) = origin {
        headers.insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
    }
    client.send(request).await
}

/// Fails without the layer `origin::require_same` in `routes::router`.
#[tokio::test]
async fn a_write_from_another_site_is_refused() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let before = app.fingerprint().await;
    let ours = "http://127.0.0.1:8000";
    for (site, origin) in [
        (Some("cross-site"), None),
        (Some("same-site"), None),
        (Some("cross-site"), Some(ours)),
        (Some("same-site"), Some(ours)),
        (Some("nonsense"), Some(ours)),
        (None, Some("https://evil.example")),
        (None, Some("null")),
        (None, Some("http://127.0.0.1:8001")),
        (None, Some("https://127.0.0.1:8000")),
        (None, Some("http://127.0.0.1:8000.evil.example")),
        (None, None),
    ] {
        let page = write_from(&mut client, site, origin).await;
        page.is(403);
        assert_eq!(app.fingerprint().await, before, "{site:?} {origin:?}");
    }
    for (site, origin) in [
        (Some("same-origin"), Some(ours)),
        (Some("none"), None),
        (None, Some(ours)),
    ] {
        write_from(&mut client, site, origin)
            .await
            .leads_to("/settings/rates");
    }
}

#[tokio::test]
async fn over_https_another_name_of_the_host_is_another_site() {
    let app = TestApp::with(|settings| {
        settings.public_url = Some("https://stakeeasy.example".to_owned());
    })
    .await;
    let mut client = app.user().await;
    let before = app.fingerprint().await;
    // A rebound name: Host and Origin agree with each other, not with the configuration.
    let page = write_from(&mut client, None, Some("http://127.0.0.1:8000")).await;
    page.is(403);
    assert_eq!(app.fingerprint().await, before);
    write_from(&mut client, None, Some("https://stakeeasy.example"))
        .await
        .leads_to("/settings/rates");
}

#[tokio::test]
async fn a_login_from_another_site_is_refused() {
    let app = TestApp::new().await;
    let mut visitor = app.visitor();
    let mut request = visitor.post_request(
        "/login",
        &[("email", "a@example.org"), ("password", PASSWORD)],
    );
    request
        .headers_mut()
        .insert("sec-fetch-site", HeaderValue::from_static("cross-site"));
    visitor.send(request).await.is(403);
}

/// Fails without `require_token` in `web/form.rs`.
#[tokio::test]
async fn a_form_without_the_token_of_this_session_changes_nothing() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let own = ledger(&app, &mut client).await;
    let mut other = app.user().await;
    let foreign = other.token().await;
    let right = client.token().await;
    let truncated = right[..right.len() - 1].to_owned();
    let before = app.fingerprint().await;
    let keyed = own.writes();
    let mut writes: Vec<(&str, Vec<(&str, &str)>)> = keyed
        .iter()
        .map(|(path, fields)| {
            (
                path.as_str(),
                fields.iter().map(|(n, v)| (*n, v.as_str())).collect(),
            )
        })
        .collect();
    let plain = plain_writes();
    writes.extend(plain.iter().map(|(path, fields)| (*path, fields.clone())));
    for (path, fields) in &writes {
        for token in [
            None,
            Some(""),
            Some("wrong"),
            Some(foreign.as_str()),
            Some(truncated.as_str()),
        ] {
            let mut all = fields.clone();
            all.extend(token.map(|token| ("form_token", token)));
            let page = client.post(path, &all).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{path} with {token:?}");
            assert_eq!(app.fingerprint().await, before, "{path} with {token:?}");
        }
    }
    // A script may send it in a header.
    let mut request = client.post_request(
        "/settings/rates",
        &[("currency", "BTC"), ("price", "5"), ("day", TODAY)],
    );
    request
        .headers_mut()
        .insert("x-form-token", HeaderValue::from_str(&right).unwrap());
    client.send(request).await.leads_to("/settings/rates");
}

/// Where a page leads, as far as its own address has a say in it.
fn leads_to(page: &Page) -> Vec<String> {
    let document = page.document();
    let any = Selector::parse("*").unwrap();
    let attributes = [
        "href",
        "action",
        "formaction",
        "src",
        "value",
        "hx-get",
        "hx-post",
    ];
    let values = document
        .select(&any)
        .flat_map(|element| attributes.map(|name| element.attr(name).map(str::to_owned)));
    values
        .flatten()
        .filter(|value| value.contains("evil.example"))
        .collect()
}

/// A page's links and forms lead to its own site, whatever its address says. Failed for the cross of the entry's sheet, and
/// for every form that carries where to go on to.
#[tokio::test]
async fn no_address_makes_a_page_lead_elsewhere() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "EUR").await;
    let entry = client
        .add_entry("deposit", &[("account", &*site), ("amount", "5")])
        .await;
    let mut visitor = app.visitor();
    for elsewhere in [
        "https://evil.example/",
        "//evil.example/",
        "/%5Cevil.example",
        "javascript:evil.example",
        "%09//evil.example",
    ] {
        let entry = format!("/entries/{entry}");
        let mut pages = Vec::new();
        for path in ["/entries/new", &entry, "/sudo", "/settings", "/dashboard"] {
            pages.push(client.open(&format!("{path}?next={elsewhere}")).await);
        }
        pages.push(visitor.open(&format!("/login?next={elsewhere}")).await);
        for page in pages {
            let is_ours = |value: &String| {
                value.starts_with('/') && !value.starts_with("//") && !value.starts_with("/\\")
            };
            let mut leads = leads_to(&page);
            leads.retain(|value| !is_ours(value));
            assert_eq!(leads, Vec::<String>::new(), "{}", page.path);
        }
    }
}
