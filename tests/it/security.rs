//! What a stranger, another site and another user cannot do.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, header};
use stakeeasy::config::{Config, Settings};
use uuid::Uuid;

use crate::harness::{Client, PASSWORD, Page, TODAY, TestApp, set_cookies};

const FORM: &str = "application/x-www-form-urlencoded";

/// Two accounts, a gap, a transfer and a change: something behind every route with a key in it.
struct Ledger {
    site: String,
    bank: String,
    deposit: String,
    balance: String,
    transfer: String,
    change: String,
}

async fn ledger(app: &TestApp, client: &mut Client) -> Ledger {
    let site = app
        .account_with(client, "site", "Stars", "EUR", "1000")
        .await;
    let bank = app.account_with(client, "bank", "Bank", "EUR", "500").await;
    let deposit = client
        .add_entry("deposit", &[("account", &site), ("amount", "70")])
        .await;
    let balance = client
        .add_entry("balance", &[("account", &site), ("amount", "1100")])
        .await;
    let transfer = client
        .add_entry(
            "transfer",
            &[("from", &site), ("to", &bank), ("sent", "50")],
        )
        .await;
    let change = client
        .value("select id::text from changes where user_id = $1 order by xmin::text::bigint desc limit 1")
        .await;
    Ledger {
        site,
        bank,
        deposit,
        balance,
        transfer,
        change,
    }
}

impl Ledger {
    /// Every page of one thing of this ledger.
    fn pages(&self) -> Vec<String> {
        vec![
            format!("/entries/{}", self.deposit),
            format!("/entries/{}", self.transfer),
            format!("/accounts/{}", self.site),
            format!("/accounts/{}/edit", self.site),
            format!("/accounts/{}/delete", self.site),
        ]
    }

    /// Every write on one thing of this ledger, with a form that its owner could send.
    fn writes(&self) -> Vec<(String, Vec<(&'static str, String)>)> {
        let entry = |kind: &str| {
            vec![
                ("kind", kind.to_owned()),
                ("account", self.site.clone()),
                ("amount", "71".to_owned()),
                ("from", self.site.clone()),
                ("to", self.bank.clone()),
                ("sent", "51".to_owned()),
                ("date", TODAY.to_owned()),
                ("version", "1".to_owned()),
            ]
        };
        let account = || {
            vec![
                ("kind", "site".to_owned()),
                ("name", "Taken over".to_owned()),
                ("currency", "EUR".to_owned()),
                ("version", "1".to_owned()),
            ]
        };
        vec![
            (format!("/entries/{}", self.deposit), entry("deposit")),
            (format!("/entries/{}", self.transfer), entry("transfer")),
            (format!("/entries/{}/delete", self.deposit), vec![]),
            (
                format!("/entries/{}/gap", self.balance),
                vec![("kind", "deposit".to_owned())],
            ),
            (format!("/entries/history/{}/undo", self.change), vec![]),
            (format!("/accounts/{}/edit", self.site), account()),
            (
                format!("/accounts/{}/balance", self.site),
                vec![("amount", "1".to_owned())],
            ),
            (format!("/accounts/{}/archive", self.site), vec![]),
            (format!("/accounts/{}/restore", self.site), vec![]),
            (format!("/accounts/{}/delete", self.site), vec![]),
        ]
    }

    /// The same address with a key that nothing has.
    fn missing(&self, path: &str) -> String {
        [
            &self.site,
            &self.bank,
            &self.deposit,
            &self.balance,
            &self.transfer,
            &self.change,
        ]
        .into_iter()
        .fold(path.to_owned(), |path, id| {
            path.replace(id.as_str(), "00000000-0000-4000-8000-000000000000")
        })
    }
}

/// Writes that need no key.
fn plain_writes() -> Vec<(&'static str, Vec<(&'static str, &'static str)>)> {
    vec![
        (
            "/accounts/new",
            vec![
                ("kind", "site"),
                ("name", "New"),
                ("currency", "EUR"),
                ("opening", "5"),
                ("is_deposit", "on"),
            ],
        ),
        (
            "/entries/new",
            vec![
                ("kind", "deposit"),
                ("account", ""),
                ("currency", "EUR"),
                ("amount", "5"),
                ("date", TODAY),
            ],
        ),
        (
            "/settings/rates",
            vec![("currency", "BTC"), ("price", "5"), ("day", TODAY)],
        ),
        ("/settings/hide", vec![("next", "/dashboard")]),
        ("/settings/theme", vec![("theme", "dark")]),
        ("/logout", vec![]),
    ]
}

/// What the page says, without what is new on every page.
fn words(page: &Page) -> String {
    let text = page.text();
    match text.split_once("reference") {
        Some((before, _)) => before.to_owned(),
        None => text,
    }
}

#[track_caller]
fn check_headers(page: &Page) {
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
            page.count(&format!("script[src][nonce='{nonce}']")),
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

#[tokio::test]
async fn the_database_keeps_only_the_hash_of_a_session_and_of_a_password() {
    let app = TestApp::new().await;
    let client = app.register().await;
    let kept: String = sqlx::query_scalar(
        "select concat((select string_agg(s::text, ' ') from sessions s), (select string_agg(u::text, ' ') from users u))",
    )
    .fetch_one(&app.db)
    .await
    .unwrap();
    assert!(!kept.contains(&client.cookies["session"]) && !kept.contains(PASSWORD));
    assert!(kept.contains("$argon2id$v=19$m=8,t=2,p=1$"));
    // What a test hashes is cheap; the program hashes so:
    let program = Config::new(&Settings::default()).unwrap().hashing;
    assert_eq!((program.password_memory, program.passes), (65_536, 2));
}

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

#[tokio::test]
async fn signing_out_is_a_post_and_ends_the_session() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    client.get("/logout").await.is(405);
    client.open("/dashboard").await;
    let cookie = client.cookies.clone();
    let page = client.post_form("/logout", &[]).await;
    page.leads_to("/");
    assert!(page.header("clear-site-data").contains("storage"));
    assert!(client.cookies.is_empty());
    assert_eq!(app.number("select count(*) from sessions").await, 0);
    client.cookies = cookie;
    client
        .get("/dashboard")
        .await
        .leads_to("/login?next=%2Fdashboard");
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_or_old() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    app.set_now("2026-11-13T11:00:00Z");
    client.open("/dashboard").await;
    app.set_now("2026-11-27T10:00:00Z");
    client.open("/dashboard").await;
    app.set_now("2026-11-29T12:00:01Z");
    client.get("/dashboard").await.is(303);
    let mut idle = app.user().await;
    app.set_now("2026-12-13T12:00:02Z");
    idle.get("/dashboard").await.is(303);
}

#[tokio::test]
async fn signing_in_makes_a_new_session_and_ends_the_one_before() {
    let app = TestApp::new().await;
    let mut client = app.register().await;
    let before = client.cookies["session"].clone();
    let email: String = sqlx::query_scalar("select email from users")
        .fetch_one(&app.db)
        .await
        .unwrap();
    let token = client.token().await;
    let page = client
        .post(
            "/login",
            &[
                ("email", &email.to_uppercase()),
                ("password", PASSWORD),
                ("form_token", &token),
            ],
        )
        .await;
    page.leads_to("/dashboard");
    assert_ne!(client.cookies["session"], before);
    assert_eq!(app.number("select count(*) from sessions").await, 1);
    // A cookie of one's own making is nobody's.
    client.cookies.insert("session".to_owned(), "A".repeat(43));
    client.get("/dashboard").await.is(303);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_answered_alike() {
    let app = TestApp::new().await;
    app.register().await;
    let email: String = sqlx::query_scalar("select email from users")
        .fetch_one(&app.db)
        .await
        .unwrap();
    let mut answers = Vec::new();
    for address in [email.as_str(), "nobody@example.org", "no\0body@example.org"] {
        let page = app
            .visitor()
            .post(
                "/login",
                &[("email", address), ("password", "not it at all")],
            )
            .await;
        page.is(422);
        assert!(!page.html().contains("not it at all"));
        answers.push(words(&page));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
}

#[tokio::test]
async fn next_leads_only_to_pages_of_ours() {
    let app = TestApp::new().await;
    app.register().await;
    let email: String = sqlx::query_scalar("select email from users")
        .fetch_one(&app.db)
        .await
        .unwrap();
    let mut signed_in = app.user().await;
    let token = signed_in.token().await;
    for (next, to) in [
        ("/entries?kind=deposit", "/entries?kind=deposit"),
        ("//evil.example", "/dashboard"),
        ("/\\evil.example", "/dashboard"),
        ("\\\\evil.example", "/dashboard"),
        ("https://evil.example/", "/dashboard"),
        ("javascript:alert(1)", "/dashboard"),
        ("/\t/evil.example", "/dashboard"),
        ("/\r\nLocation: https://evil.example", "/dashboard"),
        ("evil.example", "/dashboard"),
        ("", "/dashboard"),
    ] {
        let query: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        signed_in
            .get(&format!("/login?next={query}"))
            .await
            .leads_to(to);
        for (path, fields) in [
            (
                "/entries/new",
                vec![
                    ("kind", "deposit"),
                    ("account", ""),
                    ("currency", "EUR"),
                    ("amount", "5"),
                    ("date", TODAY),
                ],
            ),
            ("/settings/hide", vec![]),
        ] {
            let mut all = vec![("form_token", token.as_str()), ("next", next)];
            all.extend(fields);
            let page = signed_in.post(path, &all).await;
            page.leads_to(to);
        }
    }
    for (next, to) in [("/entries", "/entries"), ("//evil.example", "/dashboard")] {
        let page = app
            .visitor()
            .post(
                "/login",
                &[("email", &email), ("password", PASSWORD), ("next", next)],
            )
            .await;
        page.leads_to(to);
    }
    // What a visitor asked for is where they go after signing in.
    let page = app.visitor().get("/entries?kind=bonus").await;
    page.leads_to("/login?next=%2Fentries%3Fkind%3Dbonus");
}

/// Fails without the owner in the `where` of `queries::account` and of `whole_entries`.
#[tokio::test]
async fn what_belongs_to_another_user_is_not_there() {
    let app = TestApp::new().await;
    let mut owner = app.user().await;
    let own = ledger(&app, &mut owner).await;
    let mut stranger = app.user().await;
    ledger(&app, &mut stranger).await;
    let token = stranger.token().await;
    let before = app.fingerprint().await;
    for path in own.pages() {
        let foreign = stranger.get(&path).await;
        let missing = stranger.get(&own.missing(&path)).await;
        foreign.is(404);
        missing.is(404);
        assert_eq!(words(&foreign), words(&missing), "{path}");
        owner.open(&path).await;
    }
    for (path, fields) in own.writes() {
        let mut all: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        all.push(("form_token", &token));
        let foreign = stranger.post(&path, &all).await;
        let missing = stranger.post(&own.missing(&path), &all).await;
        foreign.is(404);
        missing.is(404);
        assert_eq!(words(&foreign), words(&missing), "{path}");
        assert_eq!(app.fingerprint().await, before, "{path}");
    }
    // Not an id at all is not there either.
    for path in [
        "/entries/nonsense",
        "/accounts/nonsense",
        "/entries/%00",
        "/accounts/1' or '1'='1",
    ] {
        let path = path.replace(' ', "%20");
        let page = stranger.get(&path).await;
        assert!(
            [400, 404].contains(&page.status.as_u16()),
            "{path}: {}",
            page.status
        );
    }
}

/// Fails without the owner in the `where` of `queries::whole_entries`.
#[tokio::test]
async fn another_users_account_cannot_be_named_in_a_form() {
    let app = TestApp::new().await;
    let mut owner = app.user().await;
    let own = ledger(&app, &mut owner).await;
    let mut stranger = app.user().await;
    let theirs = ledger(&app, &mut stranger).await;
    let before = app.fingerprint().await;
    let missing = "00000000-0000-4000-8000-000000000000";
    for fields in [
        vec![
            ("kind", "balance"),
            ("account", "?"),
            ("amount", "1"),
            ("date", TODAY),
        ],
        vec![
            ("kind", "deposit"),
            ("account", "?"),
            ("amount", "1"),
            ("date", TODAY),
        ],
        vec![
            ("kind", "transfer"),
            ("from", "?"),
            ("to", &theirs.bank),
            ("sent", "1"),
            ("date", TODAY),
        ],
        vec![
            ("kind", "transfer"),
            ("from", &theirs.bank),
            ("to", "?"),
            ("sent", "1"),
            ("date", TODAY),
        ],
    ] {
        let with =
            |id: &'static str, fields: &[(&'static str, String)]| -> Vec<(&'static str, String)> {
                fields
                    .iter()
                    .map(|(n, v)| (*n, if v == "?" { id.to_owned() } else { v.clone() }))
                    .collect()
            };
        let fields: Vec<(&'static str, String)> =
            fields.into_iter().map(|(n, v)| (n, v.to_owned())).collect();
        let foreign: Vec<(&'static str, String)> = fields
            .iter()
            .map(|(n, v)| {
                (
                    *n,
                    if v == "?" {
                        own.site.clone()
                    } else {
                        v.clone()
                    },
                )
            })
            .collect();
        let mut said = Vec::new();
        for fields in [foreign, with(missing, &fields)] {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
            let page = stranger.post_form("/entries/new", &fields).await;
            page.is(422);
            said.push(words(&page));
            assert_eq!(app.fingerprint().await, before);
        }
        assert_eq!(said[0], said[1]);
    }
    // Nor as the balance that an entry explains, nor in an order, nor in a filter.
    let fields = [
        ("kind", "deposit"),
        ("account", &*theirs.site),
        ("amount", "1"),
        ("date", TODAY),
        ("before", &*own.balance),
    ];
    stranger.post_form("/entries/new", &fields).await.is(404);
    assert_eq!(app.fingerprint().await, before);
    let rows = stranger
        .open(&format!("/entries?account={}", own.site))
        .await;
    assert_eq!(rows.count("main table.tbl tbody tr"), 0);
    let gap = stranger
        .open(&format!(
            "/entries/gap?kind=balance&account={}&amount=5&date={TODAY}",
            own.site
        ))
        .await;
    assert!(!gap.html().contains("1,0"), "{}", gap.html());
    let ours =
        "select string_agg(concat(id, position), ',' order by id) from accounts where user_id = $1";
    let order = owner.value(ours).await;
    stranger
        .post_form(
            "/accounts/order",
            &[("order", &own.bank), ("order", &own.site)],
        )
        .await;
    assert_eq!(owner.value(ours).await, order);
}

#[tokio::test]
async fn every_private_page_asks_a_visitor_to_sign_in() {
    let app = TestApp::new().await;
    let mut owner = app.user().await;
    let own = ledger(&app, &mut owner).await;
    let mut paths: Vec<String> = [
        "/dashboard",
        "/accounts",
        "/accounts/new",
        "/accounts/order",
        "/entries",
        "/entries/new",
        "/entries/history",
        "/entries/gap",
        "/deposits",
        "/withdrawals",
        "/settings",
        "/settings/rates",
        "/settings/data",
        "/settings/data/export.json",
        "/settings/data/export.zip",
        "/charts",
    ]
    .map(str::to_owned)
    .to_vec();
    paths.extend(own.pages());
    for path in paths {
        let page = app.visitor().get(&path).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{path}");
        assert!(
            page.header("location").starts_with("/login?next="),
            "{path}"
        );
        assert!(page.body.is_empty(), "{path}");
    }
    let before = app.fingerprint().await;
    for (path, fields) in own.writes() {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let page = app.visitor().post(&path, &fields).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{path}");
        assert!(page.header("location").starts_with("/login"), "{path}");
    }
    for (path, fields) in plain_writes() {
        let page = app.visitor().post(path, &fields).await;
        if path != "/logout" {
            assert!(page.header("location").starts_with("/login"), "{path}");
        }
    }
    assert_eq!(app.fingerprint().await, before);
}

#[tokio::test]
async fn what_was_typed_is_text_wherever_it_stands() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let evil = "<script>alert(1)</script>\"'><img src=x>";
    sqlx::query("update users set name = $2 where id = $1")
        .bind(client.user)
        .bind(evil)
        .execute(&app.db)
        .await
        .unwrap();
    let welcome = client.open("/dashboard").await;
    let site = app.account_with(&client, "site", evil, "EUR", "1000").await;
    let bank = app.account_with(&client, "bank", evil, "EUR", "1000").await;
    let fields = [
        ("account", &*site),
        ("amount", "7"),
        ("note", evil),
        ("tags", "<img src=x>"),
    ];
    let entry = client.add_entry("deposit", &fields).await;
    client
        .add_entry(
            "transfer",
            &[
                ("from", &site),
                ("to", &bank),
                ("sent", "7"),
                ("note", evil),
            ],
        )
        .await;
    let balance = client
        .add_entry("balance", &[("account", &site), ("amount", "1500")])
        .await;
    let query: String = form_urlencoded::byte_serialize(evil.as_bytes()).collect();
    let mut pages = vec![welcome];
    for path in [
        "/dashboard".to_owned(),
        "/accounts".to_owned(),
        "/accounts/order".to_owned(),
        format!("/accounts/{site}"),
        format!("/accounts/{site}/edit"),
        format!("/accounts/{site}/delete"),
        "/entries".to_owned(),
        format!("/entries?q={query}&tag={query}&kind={query}&sort={query}&account={query}"),
        "/deposits".to_owned(),
        "/entries/new?kind=transfer".to_owned(),
        format!(
            "/entries/new?kind={query}&amount={query}&next={query}&before={query}&note={query}&date={query}"
        ),
        format!("/entries/{entry}"),
        format!("/entries/{balance}"),
        "/entries/history".to_owned(),
        "/settings".to_owned(),
        "/charts".to_owned(),
        format!("/nowhere/{query}"),
    ] {
        pages.push(client.get(&path).await);
    }
    let mut form = client
        .open(&format!("/entries/{entry}"))
        .await
        .form(&format!("form[action='/entries/{entry}']"));
    form.set("amount", evil);
    form.set("date", evil);
    pages.push(client.send_form(&form).await);
    form.set("form_token", "wrong");
    pages.push(client.send_form(&form).await);
    pages.push(app.visitor().get(&format!("/login?next={query}")).await);
    pages.push(
        app.visitor()
            .post("/login", &[("email", evil), ("next", evil)])
            .await,
    );
    for page in &pages {
        assert!(page.status.as_u16() < 500, "{} {}", page.status, page.path);
        let html = page.html();
        assert!(
            !html.contains("<script>alert") && !html.contains("<img src=x"),
            "{}",
            page.path
        );
        assert_eq!(page.count("img[src=x]"), 0, "{}", page.path);
        assert_eq!(page.count("script:not([nonce])"), 0, "{}", page.path);
    }
    assert!(
        pages
            .iter()
            .filter(|page| page.text().contains("alert(1)"))
            .count()
            > 5
    );
}

#[tokio::test]
async fn a_form_that_is_too_large_or_no_form_is_refused() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let token = client.token().await;
    let before = app.fingerprint().await;
    let large = "x".repeat(64 * 1024);
    let fields = [
        ("form_token", token.as_str()),
        ("note", &large),
        ("kind", "deposit"),
    ];
    client.post("/entries/new", &fields).await.is(413);
    let many: Vec<(&str, &str)> = std::iter::once(("form_token", token.as_str()))
        .chain(std::iter::repeat_n(("order", "x"), 600))
        .collect();
    client.post("/accounts/order", &many).await.is(413);
    for (kind, body, statuses) in [
        ("application/json", "{}".to_owned(), [400, 403, 415]),
        (
            FORM,
            "form_token=%ff%fe&note=%ff".to_owned(),
            [400, 403, 422],
        ),
        (
            FORM,
            format!("form_token={token}&note=a&note=b"),
            [400, 400, 400],
        ),
        ("text/plain", large.repeat(2), [413, 413, 413]),
        (
            "multipart/form-data; boundary=x",
            large.repeat(2),
            [413, 413, 413],
        ),
    ] {
        let request = client
            .request(Method::POST, "/entries/new")
            .header(header::CONTENT_TYPE, kind)
            .body(Body::from(body))
            .unwrap();
        let page = client.send(request).await;
        assert!(
            statuses.contains(&page.status.as_u16()),
            "{kind}: {} {}",
            page.status,
            page.text()
        );
        assert_eq!(app.fingerprint().await, before, "{kind}");
    }
}

#[tokio::test]
async fn an_address_that_is_nothing_has_a_page_that_says_so() {
    let app = TestApp::new().await;
    for mut client in [app.visitor(), app.user().await] {
        for path in [
            "/nowhere",
            "/entries/new/more",
            "/%00",
            "/..%2f..%2fetc%2fpasswd",
            "/static/../Cargo.toml",
        ] {
            let page = client.get(path).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
            assert!(!page.html().contains("[package]"), "{path}");
        }
        let page = client.get("/nowhere").await;
        assert!(
            page.text().contains("There is nothing here"),
            "{}",
            page.text()
        );
        assert!(page.has("a[href='/']"));
        let request = client
            .request(Method::DELETE, "/login")
            .body(Body::empty())
            .unwrap();
        let page = client.send(request).await;
        page.is(405);
        assert!(
            page.header("allow").contains("POST"),
            "{}",
            page.header("allow")
        );
    }
}

#[tokio::test]
async fn looking_changes_nothing() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let own = ledger(&app, &mut client).await;
    let before = app.fingerprint().await;
    let mut paths: Vec<String> = [
        "/",
        "/about",
        "/help",
        "/formulas",
        "/privacy",
        "/terms",
        "/login",
        "/register",
        "/dashboard",
        "/accounts",
        "/accounts/new",
        "/accounts/order",
        "/entries",
        "/entries/new",
        "/entries/history",
        "/entries/gap",
        "/deposits",
        "/withdrawals",
        "/settings",
        "/settings/rates",
        "/settings/data",
        "/settings/data/export.json",
        "/settings/data/export.zip",
        "/charts",
        "/logout",
        "/login/demo",
        "/settings/hide",
        "/settings/theme",
        "/settings/data/import",
    ]
    .map(str::to_owned)
    .to_vec();
    paths.extend(own.pages());
    paths.extend(own.writes().into_iter().map(|(path, _)| path));
    for path in paths {
        for method in [Method::GET, Method::HEAD] {
            let request = client.request(method, &path).body(Body::empty()).unwrap();
            let page = client.send(request).await;
            assert!(page.status.as_u16() < 500, "{path}");
            assert_eq!(app.fingerprint().await, before, "{path}");
        }
    }
}

#[tokio::test]
async fn a_fault_is_a_page_that_tells_nothing_of_the_inside() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    sqlx::query("alter table entries rename to gone")
        .execute(&app.db)
        .await
        .unwrap();
    let page = client.get("/dashboard").await;
    page.is(500);
    check_headers(&page);
    let says = page.html();
    for inside in ["relation", "sqlx", "src/", "panicked"] {
        assert!(!says.contains(inside), "{inside}");
    }
    assert!(says.contains(page.header("x-request-id")));
}

#[tokio::test]
async fn keys_are_random() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let own = ledger(&app, &mut client).await;
    for id in [&own.site, &own.deposit, &own.change] {
        assert_eq!(id.parse::<Uuid>().unwrap().get_version_num(), 4);
    }
    let form = client
        .open("/entries/new")
        .await
        .form("main form[method=post]:has([name=date])");
    let again = client
        .open("/entries/new")
        .await
        .form("main form[method=post]:has([name=date])");
    assert_ne!(form.value("form_key"), again.value("form_key"));
}
