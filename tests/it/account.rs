//! Settings, and everything as a file: out and in.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use axum::body::Body;
use axum::http::{Method, header};

use crate::harness::{Client, Page, TODAY, TestApp};

/// Uploads a file as the form of `/settings/data` does.
pub async fn upload(client: &mut Client, content: &[u8]) -> Page {
    let token = client.token().await;
    upload_with(client, &token, content).await
}

async fn upload_with(client: &mut Client, token: &str, content: &[u8]) -> Page {
    let mut body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"form_token\"\r\n\r\n{token}\r\n--x\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"../evil.json\"\r\nContent-Type: application/json\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(content);
    body.extend_from_slice(b"\r\n--x--\r\n");
    let request = client
        .request(Method::POST, "/settings/data/import")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
        .body(Body::from(body))
        .unwrap();
    client.send(request).await
}

/// A ledger with one of everything.
async fn fill(app: &TestApp, client: &mut Client) {
    app.set_rate("USD", TODAY, "1.25").await;
    let site = app
        .account_with(client, "site", "Stars \"♠\", =1+1", "USD", "1000.5")
        .await;
    let bank = app.account_with(client, "bank", "Bank", "EUR", "500").await;
    let coins = app
        .account_with(client, "crypto", "Coins", "BTC", "0.00000001")
        .await;
    let fields = [
        ("account", &*site),
        ("amount", "1200"),
        ("note", "=cmd|'/c'"),
        ("tags", "live, plo"),
    ];
    client.add_entry("balance", &fields).await;
    let fields = [
        ("from", &*site),
        ("to", &*bank),
        ("sent", "100"),
        ("fee", "2.5"),
        ("received", "75.25"),
    ];
    client.add_entry("transfer", &fields).await;
    client
        .add_entry(
            "deposit",
            &[("account", ""), ("currency", "KWD"), ("amount", "1.005")],
        )
        .await;
    client
        .add_entry(
            "bonus",
            &[("account", &site), ("amount", "7"), ("date", "2020-02-29")],
        )
        .await;
    client
        .add_entry("expense", &[("account", &bank), ("amount", "7")])
        .await;
    let rate = [("currency", "BTC"), ("price", "61234.5"), ("day", TODAY)];
    client
        .post_form("/settings/rates", &rate)
        .await
        .leads_to("/settings/rates");
    client
        .post_form(&format!("/accounts/{coins}/archive"), &[])
        .await
        .is(303);
}

#[tokio::test]
async fn an_export_can_be_imported_into_an_empty_account_and_is_the_same_again() {
    let app = TestApp::new().await;
    let mut owner = app.user().await;
    fill(&app, &mut owner).await;
    owner
        .post_form("/settings/measure", &[("measure", "percent")])
        .await;
    let exported = owner.open("/settings/data/export.json").await;
    assert!(
        exported
            .header("content-disposition")
            .starts_with("attachment")
    );
    let before = owner.open("/dashboard?range=all").await;
    let mut other = app.user_at_home("SEK").await;
    let sent = upload(&mut other, &exported.body).await;
    sent.leads_to("/settings/data/import");
    // Nothing is there before it is confirmed.
    assert_eq!(other.ledger().await, "");
    let page = other.open("/settings/data/import").await;
    assert!(page.text().contains("Entries 9"), "{}", page.text());
    let sent = other
        .submit(&page, "form[action='/settings/data/import/confirm']", &[])
        .await;
    assert_eq!(sent.status.as_u16(), 303, "{}", sent.text());
    assert_eq!(other.ledger().await, owner.ledger().await);
    let after = other.open("/dashboard?range=all").await;
    assert!(after.has("[value=percent][aria-pressed=true]"));
    for figure in [
        "bankroll", "profit", "deposits", "play", "expenses", "bonus", "sites", "assets",
    ] {
        assert_eq!(after.figure(figure), before.figure(figure), "{figure}");
    }
    other
        .get("/settings/data/import")
        .await
        .leads_to("/settings/data");
}

#[tokio::test]
async fn an_import_is_refused_whole_where_something_is() {
    let app = TestApp::new().await;
    let mut owner = app.user().await;
    fill(&app, &mut owner).await;
    let exported = owner.open("/settings/data/export.json").await;
    let before = app.fingerprint().await;
    upload(&mut owner, &exported.body).await.is(422);
    assert_eq!(app.fingerprint().await, before);
}

#[tokio::test]
async fn a_file_that_is_none_of_ours_changes_nothing() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let mut other = app.user().await;
    fill(&app, &mut other).await;
    let right = other.open("/settings/data/export.json").await.html();
    let before = app.fingerprint().await;
    let deep = "[".repeat(100_000);
    for wrong in [
        "",
        "{}",
        "null",
        "[]",
        "not json",
        "\u{0}\u{0}",
        &deep,
        &right[..right.len() / 2],
        &right.replace("1200", "1e400"),
        &right.replace("\"deposit\"", "\"gift\""),
        &right.replace("\"USD\"", "\"XXX\""),
        &right.replace("-02-29T", "-02-30T"),
        &right.replace("\"bonus\"", "\"transfer\""),
    ] {
        let sent = upload(&mut client, wrong.as_bytes()).await;
        let short: String = wrong.chars().take(40).collect();
        assert_eq!(sent.status.as_u16(), 422, "{short}: {}", sent.text());
        assert!(sent.has(".err"), "{short}");
        assert_eq!(app.fingerprint().await, before, "{short}");
    }
    upload(&mut client, b"\xff\xfe\xfd").await.is(422);
    upload_with(&mut client, "wrong", right.as_bytes())
        .await
        .is(403);
    assert_eq!(app.fingerprint().await, before);
}

#[tokio::test]
async fn a_spreadsheet_runs_nothing_of_the_tables() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    fill(&app, &mut client).await;
    let page = client.open("/settings/data/export.zip").await;
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(page.body.to_vec())).unwrap();
    let mut names = Vec::new();
    for i in 0..zip.len() {
        let mut file = zip.by_index(i).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut file, &mut text).unwrap();
        if file.name().unwrap() == "entries.csv" {
            assert!(
                text.contains("'=cmd|'/c'") && text.contains(",-102.50,"),
                "{text}"
            );
            assert_eq!(text.lines().count(), 10, "{text}");
        }
        names.push(file.name().unwrap().into_owned());
    }
    names.sort();
    assert_eq!(
        names,
        [
            "README.txt",
            "accounts.csv",
            "badges.csv",
            "entries.csv",
            "goals.csv",
            "rates.csv",
            "settings.csv"
        ]
    );
}

#[tokio::test]
async fn another_home_currency_shows_the_same_money_in_it() {
    let app = TestApp::new().await;
    app.set_rate("USD", TODAY, "1.25").await;
    let mut client = app.user().await;
    app.account_with(&client, "bank", "Bank", "EUR", "100")
        .await;
    let page = client.open("/settings").await;
    client
        .submit(&page, "form[action='/settings']", &[("home", "USD")])
        .await
        .leads_to("/settings");
    let page = client.open("/dashboard?range=all").await;
    assert_eq!(page.figure("bankroll"), "125");
    assert_eq!(page.figure("profit"), "0");
}

#[tokio::test]
async fn hidden_amounts_are_nowhere_in_the_page() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let bank = app
        .account_with(&client, "bank", "Bank", "EUR", "4711.17")
        .await;
    client
        .add_entry("balance", &[("account", &bank), ("amount", "8642.97")])
        .await;
    client
        .post_form("/settings/hide", &[("next", "/entries")])
        .await
        .leads_to("/entries");
    let hides = |page: &Page| {
        let html = page.html();
        // With their cents: four digits alone may stand in any key.
        [
            "4711.17", "4,711.17", "8642.97", "8,642.97", "3931.80", "3,931.80",
        ]
        .iter()
        .all(|amount| !html.contains(amount))
    };
    for path in [
        "/dashboard",
        "/accounts",
        "/entries",
        "/deposits",
        "/charts",
        "/entries/history",
        "/entries/new?kind=balance",
    ] {
        assert!(hides(&client.open(path).await), "{path}");
    }
    assert!(hides(&client.open(&format!("/accounts/{bank}")).await));
    client
        .post_form("/settings/hide", &[("next", "/dashboard")])
        .await;
    assert!(!hides(&client.open("/dashboard").await));
}

#[tokio::test]
async fn amounts_are_written_and_read_in_the_chosen_format() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let page = client.open("/settings").await;
    let fields = [("number_format", "point-comma")];
    client
        .submit(&page, "form[action='/settings']", &fields)
        .await
        .leads_to("/settings");
    let bank = app.account(&client, "bank", "Bank", "EUR").await;
    let entry = client
        .add_entry("deposit", &[("account", &bank), ("amount", "1.234,56")])
        .await;
    let page = client.open("/accounts").await;
    assert!(page.text().contains("1.234,56"), "{}", page.text());
    // What the form shows is read back as the same.
    let path = format!("/entries/{entry}");
    let form = client
        .open(&path)
        .await
        .form(&format!("form[action='{path}']"));
    let before = client.ledger().await;
    client.send_form(&form).await.is(303);
    assert_eq!(client.ledger().await, before);
}
