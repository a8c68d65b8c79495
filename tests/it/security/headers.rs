//! What every answer says to the browser: the header set, and what may be kept.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha384};

use super::ledger;
use crate::harness::{PASSWORD, Page, TestApp, set_cookies};

#[track_caller]
pub(super) fn check_headers(page: &Page) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "strict-origin-when-cross-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cross-origin-embedder-policy", "require-corp"),
    ] {
        assert_eq!(
            page.header(name),
            value,
            "{name} of {} {}",
            page.status,
            page.path
        );
    }
    let policy = page.header("permissions-policy");
    for feature in ["camera=()", "geolocation=()", "microphone=()", "payment=()"] {
        assert!(policy.contains(feature), "{policy}");
    }
    let csp = page.header("content-security-policy");
    let directives: BTreeSet<&str> = csp.split("; ").collect();
    for directive in [
        "default-src 'none'",
        "style-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
        "connect-src 'self'",
    ] {
        assert!(directives.contains(directive), "{directive} in {csp}");
    }
    assert!(csp.contains("script-src 'self' 'nonce-"), "{csp}");
    for bad in ["unsafe-", "http:", "https:", "*", "script-src 'self' data:"] {
        assert!(!csp.contains(bad), "{bad} in {csp}");
    }
    assert_ne!(page.header("cache-control"), "");
    assert_ne!(page.header("x-request-id"), "");
    assert_eq!(page.header("server"), "");
}

fn nonce(page: &Page) -> String {
    let csp = page.header("content-security-policy");
    let (_, rest) = csp.split_once("'nonce-").unwrap();
    rest.split('\'').next().unwrap().to_owned()
}

/// Fails if files vary by cookie, if what is missing is kept like what is there, or if a name that no file can have is a
/// fault of ours.
#[tokio::test]
async fn browsers_keep_files_whoever_is_signed_in_but_not_that_one_is_missing() {
    let app = TestApp::new().await;
    let mut visitor = app.visitor();
    let asset = app.app.assets.url("frontend/main.js").to_owned();
    for (path, kept) in [
        (asset.as_str(), "public, max-age=31536000, immutable"),
        ("/static/favicon.svg", "public, max-age=3600"),
    ] {
        let file = visitor.get(path).await;
        file.is(200);
        assert_eq!(file.header("cache-control"), kept);
        assert_eq!(file.header("vary"), "Accept-Encoding");
    }
    let long = "x".repeat(300);
    for folder in ["/static", "/static/dist"] {
        for name in [
            "nothing.js",
            long.as_str(),
            "%00",
            "..%2f..%2fCargo.toml",
            "",
        ] {
            let missing = visitor.get(&format!("{folder}/{name}")).await;
            missing.is(404);
            assert_eq!(missing.header("cache-control"), "no-store");
        }
    }
    let page = visitor.get("/login").await;
    assert!(page.header("vary").contains("Cookie"));
}

#[tokio::test]
async fn every_answer_has_the_header_set() {
    let app = TestApp::new().await;
    let mut visitor = app.visitor();
    let mut client = app.user().await;
    let asset = app.app.assets.url("frontend/main.js").to_owned();
    for (path, status) in [
        ("/login", 200),
        ("/dashboard", 303),
        ("/nowhere", 404),
        ("/static/favicon.svg", 200),
        ("/static/nothing.js", 404),
        ("/static/dist/nothing.js", 404),
        ("/favicon.ico", 200),
        ("/robots.txt", 200),
        ("/healthz", 200),
        ("/readyz", 200),
        (&asset, 200),
        ("/logout", 405),
        ("/login?next=a&next=b", 400),
    ] {
        let page = visitor.get(path).await;
        page.is(status);
        check_headers(&page);
    }
    let page = client.get("/dashboard").await;
    page.is(200);
    check_headers(&page);
    for (path, fields, status) in [
        ("/register", vec![("name", "")], 422),
        ("/healthz", vec![], 405),
        ("/nowhere", vec![], 404),
    ] {
        let page = visitor.post(path, &fields).await;
        page.is(status);
        check_headers(&page);
    }
    let large = "x".repeat(70_000);
    let page = visitor.post("/login", &[("email", &large)]).await;
    page.is(413);
    check_headers(&page);
    let page = client
        .post("/settings/rates", &[("form_token", "wrong")])
        .await;
    page.is(403);
    check_headers(&page);
}

#[tokio::test]
async fn each_answer_has_a_nonce_of_its_own_and_its_scripts_carry_it() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let mut seen = BTreeSet::new();
    for path in [
        "/dashboard",
        "/dashboard",
        "/entries",
        "/nowhere",
        "/settings/rates",
    ] {
        let page = client.get(path).await;
        let nonce = nonce(&page);
        assert!(nonce.len() >= 22, "{nonce}");
        assert!(page.has("script"));
        assert_eq!(
            page.count("script"),
            page.count(&format!("script[nonce='{nonce}']")),
            "{path}"
        );
        // Only what is imported is said in the page, and nothing is run of it.
        assert_eq!(
            page.count("script:not([src])"),
            page.count("script[type=importmap]"),
            "{path}"
        );
        assert_eq!(page.count("[style]") + page.count("style"), 0, "{path}");
        assert!(seen.insert(nonce), "a nonce came twice");
    }
}

#[tokio::test]
async fn private_pages_are_not_kept_at_all() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let own = ledger(&app, &mut client).await;
    let mut paths: Vec<String> = [
        "/dashboard",
        "/accounts",
        "/accounts/new",
        "/accounts/check",
        "/accounts/order",
        "/entries",
        "/entries/new",
        "/entries/history",
        "/entries/gap?kind=balance",
        "/deposits",
        "/withdrawals",
        "/settings",
        "/settings/rates",
        "/settings/data",
        "/settings/data/export.json",
        "/settings/data/export.zip",
        "/charts",
        "/nowhere",
    ]
    .map(str::to_owned)
    .to_vec();
    paths.extend(own.pages());
    for path in paths {
        let page = client.get(&path).await;
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        assert!(
            page.header("vary").to_lowercase().contains("cookie"),
            "{path}"
        );
    }
    let page = client.post_form("/settings/rates", &[]).await;
    assert_eq!(page.header("cache-control"), "no-store");
    let page = app.visitor().get("/dashboard").await;
    assert_eq!(page.header("cache-control"), "no-store");
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_the_host_and_hsts_is_on() {
    let app = TestApp::with(|settings| {
        settings.public_url = Some("https://stakeeasy.example".to_owned());
    })
    .await;
    let client = app.register().await;
    assert!(
        client.cookies.contains_key("__Host-session"),
        "{:?}",
        client.cookies
    );
    let mut visitor = app.visitor();
    let page = visitor.get("/login").await;
    assert_eq!(
        page.header("strict-transport-security"),
        "max-age=63072000; includeSubDomains"
    );
    let email: String = sqlx::query_scalar("select email from users")
        .fetch_one(&app.db)
        .await
        .unwrap();
    let page = visitor
        .post("/login", &[("email", &email), ("password", PASSWORD)])
        .await;
    page.leads_to("/dashboard");
    let cookie = set_cookies(&page).join("\n");
    for part in [
        "__Host-session=",
        "; HttpOnly",
        "; Secure",
        "; SameSite=Lax",
        "; Path=/",
    ] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
}

/// The kind: a cookie that another host of the same domain could set or overwrite. Fails if any cookie lacks the prefix, or
/// what the prefix asks for: also when it is taken back, for browsers refuse the removal otherwise.
#[tokio::test]
async fn over_https_every_cookie_is_bound_to_this_host_also_when_it_is_taken_back() {
    let app = TestApp::with(|settings| {
        settings.public_url = Some("https://stakeeasy.example".to_owned());
    })
    .await;
    let mut seen = BTreeSet::new();
    let mut look = |page: &Page| {
        for line in set_cookies(page) {
            let (name, rest) = line.split_once('=').unwrap();
            assert!(name.starts_with("__Host-"), "{line}");
            for part in ["; Secure", "; Path=/", "; HttpOnly", "; SameSite="] {
                assert!(line.contains(part), "{line}");
            }
            assert!(!rest.contains("Domain"), "{line}");
            let is_removal = line.contains("Max-Age=0");
            seen.insert((name.to_owned(), is_removal));
        }
    };
    let mut client = app.user().await;
    look(&client.get("/confirm/ofalink").await);
    look(&client.get("/password/reset/ofalink").await);
    let page = client.post_form("/settings/sessions/end", &[]).await;
    page.leads_to("/settings/sessions");
    look(&page);
    let told = client.open("/settings/sessions").await;
    assert!(told.has(".toast"));
    look(&told);
    assert!(!client.open("/settings/sessions").await.has(".toast"));
    let mut visitor = app.visitor();
    let fields = [
        ("name", "Robin"),
        ("email", "robin@example.org"),
        ("password", PASSWORD),
        ("home", "EUR"),
    ];
    look(&visitor.post("/register", &fields).await);
    look(&visitor.follow_link(&app.mail().await.link()).await);
    look(&client.post_form("/logout", &[]).await);
    let kept: Vec<_> = seen.iter().map(|(name, gone)| (&**name, *gone)).collect();
    for wanted in [
        ("__Host-flash", false),
        ("__Host-flash", true),
        ("__Host-link", false),
        ("__Host-link", true),
        ("__Host-session", true),
    ] {
        assert!(kept.contains(&wanted), "{kept:?}");
    }
}

/// Fails if a script or a style of ours comes without its hash, or with another than that of the file; also one that another
/// script imports.
#[tokio::test]
async fn scripts_and_styles_are_checked_by_the_browser() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    app.account_with(&client, "site", "Stars", "EUR", "100")
        .await;
    let mut visitor = app.visitor();
    let mut files = BTreeSet::new();
    for path in [
        "/",
        "/login",
        "/dashboard",
        "/charts",
        "/accounts",
        "/entries",
    ] {
        let page = client.get(path).await;
        let page = if page.status.is_success() {
            page
        } else {
            visitor.open(path).await
        };
        let document = page.document();
        let tags = scraper::Selector::parse("script[src], link[rel=stylesheet]").unwrap();
        for tag in document.select(&tags) {
            let file = tag.attr("src").or_else(|| tag.attr("href")).unwrap();
            files.insert((
                file.to_owned(),
                tag.attr("integrity").unwrap_or_default().to_owned(),
            ));
        }
        // Browsers take no map for scripts that they are loading already.
        let first = page.attr("script", "type");
        assert_eq!(first, "importmap", "{path}");
        assert!(page.attr("script", "nonce").len() > 20, "{path}");
        let script = scraper::Selector::parse("script[type=importmap]").unwrap();
        let map: String = document
            .select(&script)
            .flat_map(|map| map.text())
            .collect();
        let map: serde_json::Value = serde_json::from_str(&map).unwrap();
        for (file, integrity) in map["integrity"].as_object().unwrap() {
            files.insert((file.clone(), integrity.as_str().unwrap().to_owned()));
        }
    }
    assert!(files.len() >= 3, "{files:?}");
    let built: Vec<String> = std::fs::read_dir("static/dist")
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| Path::new(name).extension() == Some(OsStr::new("js")))
        .collect();
    let mut imported = 0;
    for (file, integrity) in &files {
        let sent = visitor.open(file).await;
        let hash = STANDARD.encode(Sha384::digest(&sent.body));
        assert_eq!(*integrity, format!("sha384-{hash}"), "{file}");
        for name in &built {
            if sent.html().contains(&format!("./{name}")) {
                imported += 1;
                let known = files.iter().any(|(file, _)| file.ends_with(name));
                assert!(known, "{file} imports {name}, which nothing checks");
            }
        }
    }
    assert!(imported >= 2, "scripts are looked for in vain: {built:?}");
}
