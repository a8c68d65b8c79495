//! What belongs to somebody is there for nobody else.

use axum::http::StatusCode;

use super::{ledger, plain_writes, words};
use crate::harness::{TODAY, TestApp};

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
