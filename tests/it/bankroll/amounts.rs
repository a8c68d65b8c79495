//! Amounts as people type them: everything that the pages print is taken back, nothing is guessed, and what is of another
//! currency is refused.

use super::dashboard;
use crate::harness::{Client, TestApp};

/// Somebody who wants figures written in a format.
async fn writing(app: &TestApp, format: &str) -> Client {
    let client = app.user().await;
    sqlx::query("update users set number_format = $2 where id = $1")
        .bind(client.user)
        .bind(format)
        .execute(&app.db)
        .await
        .expect("the format");
    client
}

/// The amount of the newest entry.
async fn newest(client: &Client) -> String {
    client
        .value(
            "select trim_scale(amount)::text from entries where user_id = $1
             order by position desc limit 1",
        )
        .await
}

const FORMATS: [&str; 4] = [
    "comma-point",
    "point-comma",
    "space-comma",
    "apostrophe-point",
];

/// A mark that cannot stand before decimals stands between groups, whatever the user's own marks are.
#[tokio::test]
async fn an_amount_that_can_be_read_one_way_only_is_read() {
    let app = TestApp::new().await;
    for format in FORMATS {
        let mut client = writing(&app, format).await;
        for (currency, typed, amount) in [
            ("JPY", "150.000", "150000"),
            ("JPY", "150,000", "150000"),
            ("ISK", "1.234", "1234"),
            ("USD", "1.234", "1234"),
            ("EUR", "1,234", "1234"),
        ] {
            let name = format!("{currency} {typed}");
            let account = app.account(&client, "bank", &name, currency).await;
            let fields = [("account", &*account), ("amount", typed)];
            let sent = client.try_entry("balance", &fields).await;
            assert_eq!(sent.status, 303, "{format} {name}: {}", sent.text());
            assert_eq!(newest(&client).await, amount, "{format} {name}");
        }
    }
}

/// What is refused for having two readings names both, in forms that have one.
#[tokio::test]
async fn an_amount_that_can_be_read_two_ways_is_refused_with_both() {
    let app = TestApp::new().await;
    for (format, typed, says) in [
        (
            "comma-point",
            "1,234",
            "1,234 can mean 1234 or 1.234. Type 1234 or 1.2340.",
        ),
        (
            "space-comma",
            "1.234",
            "1.234 can mean 1234 or 1,234. Type 1234 or 1,2340.",
        ),
        (
            "point-comma",
            "-1.234",
            "-1.234 can mean -1234 or -1,234. Type -1234 or -1,2340.",
        ),
    ] {
        let mut client = writing(&app, format).await;
        let account = app.account(&client, "other", "Coins", "BTC").await;
        let fields = [("account", &*account), ("amount", typed)];
        let sent = client.try_entry("balance", &fields).await;
        sent.is(422);
        assert!(
            sent.text().contains(says),
            "{format} {typed}: {}",
            sent.text()
        );
    }
}

/// Symbols, codes, signs and spaces as our own pages and others write them.
#[tokio::test]
async fn what_is_printed_can_be_typed() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let cases = [
        ("EUR", "−€50.00", "-50"),
        ("EUR", "+€35.50", "35.5"),
        ("EUR", "€-50", "-50"),
        ("EUR", "€−50.00", "-50"),
        ("EUR", "-€50", "-50"),
        ("EUR", "5 €", "5"),
        ("EUR", "5\u{202f}€", "5"),
        ("EUR", "5,50€", "5.5"),
        ("EUR", "1\u{a0}234,56 €", "1234.56"),
        ("EUR", "±€0.00", "0"),
        ("EUR", "−€1,234.50 EUR", "-1234.5"),
        ("SEK", "100 kr", "100"),
        ("SEK", "kr 100", "100"),
        ("DKK", "kr. 1.234,50", "1234.5"),
        ("USD", "$8,610.29 USD", "8610.29"),
        ("USD", "USD 50", "50"),
        ("USD", "usd 50", "50"),
        ("CAD", "$50", "50"),
        ("BRL", "R$ 20", "20"),
        ("CHF", "CHF 12.50", "12.5"),
        ("JPY", "¥150,000 JPY", "150000"),
        ("BTC", "0,02 ₿", "0.02"),
        ("BTC", "0.02 BTC", "0.02"),
        ("ZAR", "R 20", "20"),
    ];
    for (number, (currency, typed, amount)) in cases.into_iter().enumerate() {
        let account = app
            .account(&client, "bank", &number.to_string(), currency)
            .await;
        let fields = [("account", &*account), ("amount", typed)];
        let sent = client.try_entry("balance", &fields).await;
        assert_eq!(sent.status, 303, "{currency} {typed}: {}", sent.text());
        assert_eq!(newest(&client).await, amount, "{currency} {typed}");
    }
}

/// In every form that takes an amount.
#[tokio::test]
async fn an_amount_of_another_currency_is_refused_and_not_taken_for_ours() {
    let app = TestApp::new().await;
    app.set_rate("USD", "2026-10-30", "1.10").await;
    let mut client = app.user().await;
    let euro = app.account(&client, "bank", "Euro", "EUR").await;
    let kronor = app.account(&client, "bank", "Kronor", "SEK").await;
    for (account, typed) in [
        (&euro, "$50"),
        (&euro, "50 USD"),
        (&euro, "£50"),
        (&euro, "kr 50"),
        (&euro, "₿ 50"),
        (&kronor, "50 NOK"),
        (&kronor, "kr 50 NOK"),
    ] {
        for kind in ["balance", "deposit", "expense"] {
            let fields = [("account", &**account), ("amount", typed)];
            let sent = client.try_entry(kind, &fields).await;
            assert_eq!(sent.status, 422, "{typed}");
            assert!(
                sent.text().contains("another currency"),
                "{typed}: {}",
                sent.text()
            );
        }
    }
    let fields = [
        ("from", &*euro),
        ("sent", "$50"),
        ("fee", "£1"),
        ("to", &*kronor),
        ("received", "€500"),
    ];
    let sent = client.try_entry("transfer", &fields).await;
    sent.is(422);
    for name in ["sent", "fee", "received"] {
        assert!(sent.has(&format!("#{name}[aria-invalid=true]")), "{name}");
    }
    let page = client.open("/accounts/new").await;
    let fields = [("name", "Third"), ("currency", "EUR"), ("opening", "$50")];
    let selector = "form[method=post]:has([name=opening])";
    let sent = client.submit(&page, selector, &fields).await;
    sent.is(422);
    assert!(sent.has("#opening[aria-invalid=true]"));
    let page = client.open("/goals/new").await;
    let fields = [
        ("kind", "bankroll"),
        ("currency", "EUR"),
        ("target", "$5000"),
        ("due", "2027-10-30"),
    ];
    let selector = "form[method=post]:has([name=target])";
    let sent = client.submit(&page, selector, &fields).await;
    sent.is(422);
    assert!(sent.has("#target[aria-invalid=true]"));
    for (path, field) in [
        ("/stakes/cash?bankroll=%E2%82%AC50", "bankroll"),
        (
            "/tools/bankroll-goals?mode=time&target=%245000&monthly=10",
            "target",
        ),
        (
            "/tools/bankroll-goals?mode=time&target=5000&monthly=%2410",
            "monthly",
        ),
    ] {
        let page = client.get(path).await;
        assert!(
            page.has(&format!("[name={field}][aria-invalid=true]")),
            "{path}"
        );
        assert!(
            page.text().contains("another currency"),
            "{path}: {}",
            page.text()
        );
    }
}

/// Of a large figure as of a small one.
#[tokio::test]
async fn a_minus_stands_before_the_symbol() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let account = app.account(&client, "bank", "Bank", "EUR").await;
    client
        .add_entry("balance", &[("account", &account), ("amount", "-50")])
        .await;
    for page in [
        dashboard(&mut client).await,
        client.open(&format!("/accounts/{account}")).await,
        client.open("/accounts").await,
    ] {
        let figures = page.texts(".figure, .figure-2, .figure-3, .amt");
        assert!(figures.iter().any(|figure| figure.contains('−')));
        for figure in figures {
            assert!(!figure.contains("€−"), "{}: {figure}", page.path);
        }
    }
    let total = &dashboard(&mut client).await.texts("[data-figure=bankroll]")[0];
    assert!(total.starts_with("−€50.00"), "{total}");
}
