//! What was typed or asked for does no harm, whatever it is.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};

use super::headers::check_headers;
use super::{FORM, ledger};
use crate::harness::TestApp;

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
        "/accounts/check".to_owned(),
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
        .chain(std::iter::repeat_n(("order", "x"), 1_100))
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
        "/accounts/check",
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
