//! Every number on every page is written as its reader writes numbers: in texts, in drawings, in what a script will say.

use std::collections::BTreeMap;

use scraper::{Html, Node};
use stakeeasy::web::format::NumberFormat;

use crate::goals;
use crate::harness::{Client, TODAY, TestApp, reached};

/// What is said of an element beside its text.
const SPOKEN: [&str; 4] = ["alt", "aria-label", "placeholder", "title"];

fn is_mark(c: char) -> bool {
    matches!(c, ',' | '.' | '\'' | '\u{a0}' | '\u{202f}' | '\u{2019}')
}

/// Whether it may be a network: `127.0.0.0`.
fn is_address(text: &str) -> bool {
    text.parse::<std::net::Ipv4Addr>().is_ok()
}

/// Digits with marks among them: `1,234.56`.
fn numbers(text: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_ascii_digit() || is_mark(c);
    text.split(|c| !is_part(c))
        .map(|part| part.trim_matches(is_mark))
        .filter(|part| part.contains(is_mark) && !is_address(part))
        .collect()
}

/// Whether a number is written in a format: groups of three, and its own marks.
fn is_written(number: &str, format: NumberFormat) -> bool {
    let (whole, decimals) = match number.split_once(format.decimal()) {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (number, None),
    };
    let groups: Vec<&str> = whole.split(format.group()).collect();
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let is_grouped = groups.len() == 1
        || groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3);
    groups.iter().all(|group| is_digits(group)) && is_grouped && decimals.is_none_or(is_digits)
}

#[test]
fn what_is_looked_for_is_found() {
    let wrong = |text: &'static str, format| -> Vec<&str> {
        let mut all = numbers(text);
        all.retain(|number| !is_written(number, format));
        all
    };
    let text = "€1,234.56 and 7.5 %, 1 000, 12:30, 2026-10-30, 5. Then 1'000, 3";
    assert_eq!(wrong(text, NumberFormat::CommaPoint), ["1'000"]);
    assert_eq!(
        wrong(text, NumberFormat::PointComma),
        ["1,234.56", "7.5", "1'000"]
    );
    assert_eq!(
        wrong("1.234.567,8 10\u{a0}025", NumberFormat::PointComma),
        ["10\u{a0}025"]
    );
    assert_eq!(wrong("1,23", NumberFormat::CommaPoint), ["1,23"]);
}

/// All that a page says: its texts, what is said of its elements, and what its script will say.
fn said(document: &Html) -> Vec<String> {
    let mut said = Vec::new();
    for node in document.root_element().descendants() {
        match node.value() {
            Node::Text(text) => {
                let parent = node.parent().and_then(|parent| parent.value().as_element());
                if parent.is_none_or(|parent| !["script", "style"].contains(&parent.name())) {
                    said.push(text.to_string());
                }
            }
            Node::Element(element) => {
                let spoken = SPOKEN.iter().filter_map(|name| element.attr(name));
                said.extend(spoken.map(str::to_owned));
                if element.name() == "input" {
                    said.extend(element.attr("value").map(str::to_owned));
                }
            }
            _ => {}
        }
    }
    said
}

/// The marks with which the script of each chart of a page writes amounts, and the texts that it only repeats.
fn charts(document: &Html) -> (Vec<(String, String)>, Vec<String>) {
    let (mut marks, mut texts) = (Vec::new(), Vec::new());
    let elements = document.tree.values().filter_map(|node| node.as_element());
    for chart in elements.filter_map(|element| element.attr("data-chart")) {
        let chart: serde_json::Value = serde_json::from_str(chart).unwrap_or_default();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        if chart["unit"].is_array() {
            marks.push((text(&chart["unit"][3]), text(&chart["unit"][4])));
        }
        let parts = chart["parts"].as_array().into_iter().flatten();
        texts.extend(parts.flat_map(|part| {
            part.as_array()
                .into_iter()
                .flatten()
                .map(text)
                .collect::<Vec<_>>()
        }));
    }
    (marks, texts)
}

/// Somebody with thousands and with parts of everything, in currencies with two, three and eight decimals.
async fn player(app: &TestApp) -> Client {
    app.set_rate("USD", TODAY, "1.25").await;
    app.set_rate("USD", "2026-09-01", "1.2").await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "USD", "12345.67")
        .await;
    let bank = app
        .account_with(&client, "bank", "Bank", "EUR", "98765.43")
        .await;
    app.account_with(&client, "crypto", "Coins", "BTC", "1234.5678")
        .await;
    app.account_with(&client, "cash", "Dinars", "KWD", "4321.987")
        .await;
    for (kind, account, amount, date) in [
        ("balance", &site, "15000.25", "2026-10-20"),
        ("balance", &bank, "88000.5", "2026-10-01"),
        ("deposit", &bank, "5000.75", "2026-10-22"),
        ("withdrawal", &bank, "2000.1", "2026-10-22"),
        ("bonus", &site, "1005.5", "2026-10-23"),
        ("expense", &bank, "1010.99", "2026-10-24"),
        ("balance", &site, "23000.4", TODAY),
    ] {
        let fields = [("account", &**account), ("amount", amount), ("date", date)];
        client.add_entry(kind, &fields).await;
    }
    let fields = [
        ("from", &*site),
        ("to", &*bank),
        ("sent", "1000.5"),
        ("received", "750.25"),
        ("fee", "1.5"),
    ];
    client.add_entry("transfer", &fields).await;
    goals::set(&mut client, &[("target", "9000000.5")]).await;
    goals::set(
        &mut client,
        &[
            ("target", "80000.5"),
            ("kind", "account"),
            ("account", &site),
        ],
    )
    .await;
    for (currency, price) in [("BTC", "61234.5"), ("KWD", "2.9125")] {
        let rate = [("currency", currency), ("day", TODAY), ("price", price)];
        client.post_form("/settings/rates", &rate).await.is(303);
    }
    client
}

/// Fails with any of: a scale that groups by commas, a share with a point, a script that knows one format.
#[tokio::test]
async fn every_number_of_every_page_is_in_the_format_of_its_reader() {
    let app = TestApp::new().await;
    let mut client = player(&app).await;
    let from = [
        "/dashboard",
        "/dashboard?range=all&measure=percent",
        "/dashboard?measure=buy-ins",
        "/stakes/cash?game_type=plo&win_rate=4&deviation=90&hands=5000&withdraw=1000",
        "/stakes/tournaments?win_rate=4&hands=5000&withdraw=10",
        "/tools/bankroll-goals?mode=time&target=9000000&monthly=5000&growth=1",
        "/tools/bankroll-goals?mode=profit&target=9000000&months=20",
    ];
    for format in NumberFormat::ALL {
        sqlx::query("update users set number_format = $2 where id = $1")
            .bind(client.user)
            .bind(format.as_str())
            .execute(&app.db)
            .await
            .expect("a format");
        let mut wrong: BTreeMap<String, String> = BTreeMap::new();
        let (mut checked, mut drawn) = (0, 0);
        let pages = reached(&mut client, &from).await;
        // They show each format, or are the same for everybody.
        let others = ["/settings", "/help", "/formulas", "/about"];
        for page in pages.iter().filter(|page| !others.contains(&&*page.path)) {
            let document = page.document();
            let (marks, texts) = charts(&document);
            drawn += marks.len();
            let ours = (format.group().to_string(), format.decimal().to_string());
            for other in marks.into_iter().filter(|marks| *marks != ours) {
                wrong.insert(format!("{other:?} in a script"), page.path.clone());
            }
            for text in said(&document).into_iter().chain(texts) {
                for number in numbers(&text) {
                    checked += 1;
                    // Tournaments have the names that their rooms gave them.
                    let is_name = ["", "up to "]
                        .iter()
                        .any(|before| text.contains(&format!("({before}${number}")));
                    if !is_name && !is_written(number, format) {
                        let around: String = text.trim().chars().take(100).collect();
                        wrong.insert(format!("{number} in {around:?}"), page.path.clone());
                    }
                }
            }
        }
        assert!(
            checked > 1_000 && drawn > 10,
            "{checked} numbers, {drawn} charts"
        );
        let lines: Vec<String> = wrong
            .iter()
            .map(|(what, page)| format!("{what} on {page}"))
            .collect();
        assert!(
            wrong.is_empty(),
            "{format:?}, {} places:\n{}",
            lines.len(),
            lines.join("\n")
        );
    }
}
