//! Pages come compressed, but not to whom another site has sent.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use std::io::Read;

use axum::body::Body;
use axum::http::Method;

use crate::harness::{Client, Page, TestApp};

async fn asked(client: &mut Client, path: &str, headers: &[(&str, &str)]) -> Page {
    let mut request = client.request(Method::GET, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(request.body(Body::empty()).unwrap()).await
}

fn unpacked(page: &Page) -> String {
    let mut text = String::new();
    let read = match page.header("content-encoding") {
        "zstd" => zstd::Decoder::new(&page.body[..])
            .unwrap()
            .read_to_string(&mut text),
        "gzip" => flate2::read::GzDecoder::new(&page.body[..]).read_to_string(&mut text),
        other => panic!("{other:?} is no encoding of ours"),
    };
    read.unwrap();
    text
}

#[tokio::test]
async fn a_page_comes_as_the_browser_takes_it() {
    let app = TestApp::new().await;
    let mut user = app.user().await;
    for (taken, encoding) in [
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd, br, gzip", "zstd"),
        ("gzip, deflate, br", "gzip"),
        ("zstd;q=0, gzip", "gzip"),
    ] {
        let page = asked(&mut user, "/dashboard", &[("accept-encoding", taken)]).await;
        assert_eq!(page.header("content-encoding"), encoding, "{taken}");
        assert!(page.header("vary").contains("Accept-Encoding"));
        let text = unpacked(&page);
        assert!(text.ends_with("</html>") && text.len() > 2 * page.body.len());
    }
    for taken in ["", "identity", "br"] {
        let page = asked(&mut user, "/dashboard", &[("accept-encoding", taken)]).await;
        assert_eq!(page.header("content-encoding"), "", "{taken}");
    }
}

/// Who chooses the address of a page and sees how long the answer is could otherwise find out what is in it.
#[tokio::test]
async fn what_another_site_asks_for_in_my_name_is_not_compressed() {
    let app = TestApp::new().await;
    let mut user = app.user().await;
    let mut visitor = app.visitor();
    for (site, mine, anybodys) in [
        ("cross-site", "", "zstd"),
        ("same-site", "", "zstd"),
        ("same-origin", "zstd", "zstd"),
        ("none", "zstd", "zstd"),
    ] {
        let headers = [("accept-encoding", "zstd"), ("sec-fetch-site", site)];
        let page = asked(&mut user, "/entries?text=guess", &headers).await;
        assert_eq!(page.header("content-encoding"), mine, "{site}");
        let page = asked(&mut visitor, "/help", &headers).await;
        assert_eq!(page.header("content-encoding"), anybodys, "{site}");
    }
}

/// What stands in every page of a session, and must not be found out, is never written the same way twice.
#[tokio::test]
async fn no_two_pages_have_the_same_form_token() {
    let app = TestApp::new().await;
    let mut user = app.user().await;
    let mut seen = std::collections::HashSet::new();
    for path in ["/dashboard", "/accounts", "/accounts"] {
        let page = user.open(path).await;
        let token = page.attr("meta[name=form-token]", "content");
        assert!(token.len() > 80);
        assert!(seen.insert(token), "{path}");
    }
}
