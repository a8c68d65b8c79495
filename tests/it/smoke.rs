//! Every page of every list opens, for whom it should.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, header};
use stakeeasy::menu;

use crate::harness::{TODAY, TestApp};

#[tokio::test]
async fn every_menu_item_leads_to_a_page() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    app.account_with(&client, "site", "Stars", "EUR", "100")
        .await;
    let items = menu::MAIN
        .iter()
        .chain(&menu::SECOND)
        .chain(&menu::MORE)
        .chain(&menu::PUBLIC)
        .chain(&menu::FOOT);
    let paths: BTreeSet<&str> = items.map(|item| item.path).collect();
    for path in paths {
        let page = client.open(path).await;
        assert_eq!(page.count("h1"), 1, "{path}");
        assert_eq!(page.count("main"), 1, "{path}");
        assert!(page.has("title"), "{path}");
    }
}

#[tokio::test]
async fn public_pages_are_open_to_everybody() {
    let app = TestApp::new().await;
    let items = menu::PUBLIC.iter().chain(&menu::FOOT);
    let mut paths: BTreeSet<&str> = items.map(|item| item.path).collect();
    paths.extend(["/", "/login", "/register"]);
    for path in paths {
        let page = app.visitor().open(path).await;
        assert_eq!(page.count("h1"), 1, "{path}");
        assert_eq!(page.count("form[action='/logout']"), 0, "{path}");
    }
}

/// The ids of a page, in order.
fn ids_of(document: &scraper::Html) -> Vec<String> {
    let all = document.tree.values().filter_map(|node| node.as_element());
    all.filter_map(|element| element.id().map(str::to_owned))
        .collect()
}

/// Follows every link of every page that a user with a small ledger can reach. No page repeats an id, with the sheet of a
/// new entry over it or without.
#[tokio::test]
async fn no_link_leads_nowhere() {
    let app = TestApp::new().await;
    app.set_rate("USD", TODAY, "1.25").await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "USD", "100")
        .await;
    let bank = app
        .account_with(&client, "bank", "Bank", "EUR", "100")
        .await;
    app.account_with(&client, "crypto", "Coins", "BTC", "1")
        .await;
    client
        .add_entry(
            "balance",
            &[("account", &site), ("amount", "150"), ("tags", "live, a&b")],
        )
        .await;
    client
        .add_entry("balance", &[("account", &bank), ("amount", "50")])
        .await;
    let transfer = [
        ("from", &*site),
        ("to", &*bank),
        ("sent", "10"),
        ("received", "7"),
    ];
    client.add_entry("transfer", &transfer).await;
    // The sheet that a script opens over a page that leads to it.
    let request = client
        .request(Method::GET, "/entries/new?kind=deposit")
        .header("hx-request", "true")
        .header("x-sheet", "1");
    let sheet = client
        .send(request.body(Body::empty()).unwrap_or_default())
        .await;
    let sheet = ids_of(&sheet.document());
    assert!(sheet.len() > 10 && sheet.iter().all(|id| id.starts_with("sheet-")));
    let mut waiting: Vec<String> = vec!["/".to_owned(), "/dashboard".to_owned()];
    let mut seen: BTreeSet<String> = waiting.iter().cloned().collect();
    while let Some(path) = waiting.pop() {
        let page = client.get(&path).await;
        assert!(
            [200, 303].contains(&page.status.as_u16()),
            "{path} is {}: {}",
            page.status,
            page.text()
        );
        if !page.header("content-type").starts_with("text/html") {
            continue;
        }
        let document = page.document();
        let sheet = if page.has("a[data-sheet]") {
            &sheet[..]
        } else {
            &[]
        };
        let mut ids: BTreeSet<String> = sheet.iter().cloned().collect();
        for id in ids_of(&document) {
            assert!(
                ids.insert(id.clone()),
                "{path} has {id} twice, or the sheet over it"
            );
        }
        let Ok(links) =
            scraper::Selector::parse("a[href], link[href], script[src], img[src], use[href]")
        else {
            continue;
        };
        for link in document.select(&links) {
            let target = link.attr("href").or(link.attr("src")).unwrap_or_default();
            let target = target.split('#').next().unwrap_or_default();
            // Filters multiply: one of each is enough.
            let known = target.split('?').next().unwrap_or_default();
            let many = target.matches('&').count() > 1;
            if target.starts_with('/')
                && !many
                && seen.len() < 400
                && seen.insert(target.to_owned())
            {
                waiting.push(target.to_owned());
            }
            assert!(
                known.is_empty()
                    || known.starts_with('/')
                    || known.starts_with("http")
                    || known.starts_with("mailto:"),
                "{path} links to {target}"
            );
        }
    }
    assert!(seen.len() > 40, "only {}", seen.len());
}

#[tokio::test]
async fn pages_of_an_empty_ledger_open() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    for item in menu::MAIN.iter().chain(&menu::SECOND).chain(&menu::MORE) {
        client.open(item.path).await;
    }
    for kind in [
        "balance",
        "deposit",
        "withdrawal",
        "transfer",
        "bonus",
        "expense",
    ] {
        client.open(&format!("/entries/new?kind={kind}")).await;
    }
}

#[tokio::test]
async fn health_is_told_to_everybody_and_readiness_needs_the_database() {
    let app = TestApp::new().await;
    let mut visitor = app.visitor();
    assert_eq!(visitor.open("/healthz").await.html(), "ok");
    assert_eq!(visitor.open("/readyz").await.html(), "ready");
    app.app.db.close().await;
    visitor.get("/readyz").await.is(503);
    visitor.open("/healthz").await;
}

#[tokio::test]
async fn the_demo_user_is_offered_only_where_it_is_switched_on() {
    let app = TestApp::new().await;
    assert!(
        !app.visitor()
            .open("/login")
            .await
            .has("form[action='/login/demo']")
    );
    app.visitor().post("/login/demo", &[]).await.is(404);
}

/// Fails if a file is compressed anew for each request: a few bytes of whoever asks for many would take a processor.
#[tokio::test]
async fn files_are_sent_as_they_were_compressed_when_they_were_built() {
    let app = TestApp::new().await;
    let mut visitor = app.visitor();
    let page = visitor.open("/login").await;
    let files = [
        page.attr("script[src]", "src"),
        page.attr("link[rel=stylesheet]", "href"),
    ];
    for file in files {
        let plain = visitor.open(&file).await;
        assert_eq!(plain.header("content-encoding"), "");
        for (encoding, ending) in [("br", "br"), ("gzip", "gz")] {
            let request = visitor.request(Method::GET, &file);
            let request = request.header(header::ACCEPT_ENCODING, encoding);
            let sent = visitor.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(sent.header("content-encoding"), encoding, "{file}");
            let built = std::fs::read(format!("{}.{ending}", &file[1..])).unwrap();
            assert!(
                sent.body == built && built.len() < plain.body.len(),
                "{file}"
            );
            assert_eq!(sent.header("vary"), "Accept-Encoding");
            assert!(sent.header("cache-control").contains("immutable"), "{file}");
        }
    }
}
