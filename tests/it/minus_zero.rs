//! Minus zero is zero: no page, drawing, script or file ever writes it.

use std::io::{Cursor, Read};

use stakeeasy::web::session::Method;

use crate::goals::set;
use crate::harness::{Client, TODAY, TestApp};

/// The first minus before nothing but zeros, with what stands around it. A hyphen inside of a word is none.
fn minus_zero(text: &str) -> Option<String> {
    let mut before = ' ';
    for (at, sign) in text.char_indices() {
        if matches!(sign, '-' | '−') && !before.is_alphanumeric() && before != '-' {
            let after = &text[at + sign.len_utf8()..];
            let after = after.trim_start_matches(['€', '$', '£']);
            let end = after.find(|c: char| !c.is_ascii_digit() && !".,'\u{a0}".contains(c));
            let number = &after[..end.unwrap_or(after.len())];
            let digits = number.chars().filter(char::is_ascii_digit);
            if digits.clone().count() > 0 && digits.clone().all(|digit| digit == '0') {
                let start = text[..at]
                    .char_indices()
                    .rev()
                    .nth(60)
                    .map_or(0, |(at, _)| at);
                return Some(text[start..].chars().take(120).collect());
            }
        }
        before = sign;
    }
    None
}

#[test]
fn what_is_looked_for_is_found() {
    for wrong in [
        "a,-0.00\r\n",
        "<b>−0</b>",
        "x=\"-0\"",
        "[-0.0,",
        "−€0.00",
        "-0,00 ",
    ] {
        assert!(minus_zero(wrong).is_some(), "{wrong}");
    }
    for right in [
        "-0.01",
        "2026-01-01",
        "mb-0",
        "−10",
        "l-.5 0",
        "-",
        "a - 0.5",
    ] {
        assert_eq!(minus_zero(right), None, "{right}");
    }
}

/// A ledger of which much is nothing: no expenses, no withdrawals, an empty account, a profit that rounds to zero.
async fn nothing_much(app: &TestApp) -> Client {
    app.set_rate("USD", "2026-10-01", "1.25").await;
    app.set_rate("USD", TODAY, "1.2500001").await;
    app.set_now("2026-10-20T12:00:00Z");
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "USD", "100")
        .await;
    let bank = app.account(&client, "bank", "Bank", "EUR").await;
    client
        .add_entry("balance", &[("account", &bank), ("amount", "-5")])
        .await;
    app.set_now("2026-10-30T12:00:00Z");
    client
        .add_entry("balance", &[("account", &bank), ("amount", "-0.00")])
        .await;
    client
        .add_entry("balance", &[("account", &site), ("amount", "100")])
        .await;
    let coins = app.account(&client, "crypto", "Coins", "BTC").await;
    client
        .add_entry("balance", &[("account", &coins), ("amount", "0")])
        .await;
    for (kind, target) in [("profit", "1000"), ("bankroll", "5000")] {
        set(
            &mut client,
            &[("kind", kind), ("name", kind), ("target", target)],
        )
        .await;
    }
    // Files are for who has just said who they are.
    app.sign_in(&mut client, Method::Password).await;
    client
}

#[tokio::test]
async fn no_output_has_a_minus_before_nothing() {
    let app = TestApp::new().await;
    let mut client = nothing_much(&app).await;
    let mut paths: Vec<String> = [
        "/accounts",
        "/entries",
        "/entries/history",
        "/deposits",
        "/withdrawals",
        "/charts",
        "/goals",
        "/achievements",
        "/stakes/cash",
        "/stakes/cash?bankroll=5000&win_rate=0&hands=10000&withdraw=1",
        "/stakes/tournaments",
        "/tools/bankroll-goals?mode=profit&target=500&months=3",
        "/settings/data/export.json",
    ]
    .map(str::to_owned)
    .into();
    for name in ["Stars", "Bank", "Coins"] {
        paths.push(format!(
            "/accounts/{}?range=all",
            client.account(name).await
        ));
    }
    for range in ["1d", "7d", "30d", "1y", "all"] {
        paths.push(format!("/dashboard?range={range}"));
        for chart in [
            "bankroll",
            "profit",
            "accounts",
            "distribution",
            "currencies",
            "flows",
            "attribution",
        ] {
            paths.push(format!("/charts/{chart}?range={range}"));
            paths.push(format!("/charts/{chart}.csv?range={range}"));
        }
        paths.push(format!("/charts/accounts?range={range}&style=bars"));
        paths.push(format!("/charts/accounts?range={range}&style=lines"));
    }
    let mut wrong = Vec::new();
    for measure in ["money", "percent", "buy-ins"] {
        client
            .post_form("/settings/measure", &[("measure", measure)])
            .await;
        for path in &paths {
            let page = client.get(path).await;
            page.is(200);
            let text = page.html();
            wrong.extend(minus_zero(&text).map(|found| format!("{path}: {found:?}")));
        }
    }
    let archive = client.open("/settings/data/export.zip").await.body;
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).expect("a zip");
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).expect("a file");
        let mut text = String::new();
        file.read_to_string(&mut text).expect("text");
        wrong.extend(minus_zero(&text).map(|found| format!("file {at}: {found:?}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
