//! Texts that look separate are separate to those who hear or copy them: no letter or digit of one element stands right
//! beside one of another.

use std::collections::BTreeMap;

use scraper::{ElementRef, Html, Node};

use crate::harness::{Client, PASSWORD, Page, TODAY, TestApp, reached};
use crate::{goals, matrix, passkeys};

/// The elements of a text's place, from the one that it is in outwards, as far as they tell where it is.
fn place(parents: &[ElementRef]) -> String {
    let name = |element: &ElementRef| {
        let class = element.attr("class").unwrap_or_default();
        let class = class.split_whitespace().next().unwrap_or_default();
        format!("{}.{class}", element.value().name())
    };
    let names: Vec<String> = parents.iter().take(3).map(name).collect();
    names.join(" < ")
}

/// What touches, letter to letter, of two elements, and where they are.
fn touching(document: &Html) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut before: Option<(String, Vec<ElementRef>)> = None;
    for node in document.root_element().descendants() {
        let Node::Text(text) = node.value() else {
            continue;
        };
        let parents: Vec<ElementRef> = node.ancestors().filter_map(ElementRef::wrap).collect();
        let is_silent = parents
            .iter()
            .any(|parent| ["head", "script", "style"].contains(&parent.value().name()));
        if is_silent || text.is_empty() {
            continue;
        }
        if let Some((said, of)) = &before {
            let last = said.chars().next_back();
            let first = text.chars().next();
            let touch =
                last.is_some_and(char::is_alphanumeric) && first.is_some_and(char::is_alphanumeric);
            if touch && of.first() != parents.first() {
                let end: String = said.chars().rev().take(25).collect();
                let end: String = end.chars().rev().collect();
                let start: String = text.chars().take(25).collect();
                let at = format!("{} | {}", place(of), place(&parents));
                found.insert(format!("{end}|{start}"), at);
            }
        }
        before = Some((text.to_string(), parents));
    }
    found
}

/// What touches on some pages, each with the first page that it is on.
fn all_touching<'a>(pages: impl IntoIterator<Item = &'a Page>) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for page in pages {
        for (at, what) in touching(&page.document()) {
            all.entry(at)
                .or_insert_with(|| format!("{what} on {}", page.path));
        }
    }
    all
}

/// Somebody with one of everything, who won and lost in three currencies.
async fn ledger(app: &TestApp) -> Client {
    app.set_rate("USD", TODAY, "1.25").await;
    app.set_rate("USD", "2026-09-01", "1.2").await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "USD", "900")
        .await;
    let bank = app
        .account_with(&client, "bank", "Bank", "EUR", "9000")
        .await;
    let coins = app
        .account_with(&client, "crypto", "Coins", "BTC", "1")
        .await;
    let gone = app.account(&client, "wallet", "Gone", "EUR").await;
    for (kind, account, amount, date) in [
        ("balance", &site, "1000", "2026-10-20"),
        ("balance", &bank, "8000", "2026-10-01"),
        ("deposit", &bank, "50", "2026-10-22"),
        ("withdrawal", &bank, "20", "2026-10-22"),
        ("bonus", &site, "5", "2026-10-23"),
        ("expense", &bank, "10", "2026-10-24"),
        ("balance", &coins, "0.9", "2026-10-25"),
        ("balance", &site, "1300", TODAY),
    ] {
        let fields = [
            ("account", &**account),
            ("amount", amount),
            ("date", date),
            ("note", "Two tables"),
            ("tags", "live, plo"),
        ];
        client.add_entry(kind, &fields).await;
    }
    let fields = [
        ("from", &*site),
        ("to", &*bank),
        ("sent", "100"),
        ("received", "75"),
    ];
    client.add_entry("transfer", &fields).await;
    client
        .post_form(&format!("/accounts/{gone}/archive"), &[])
        .await
        .is(303);
    goals::set(&mut client, &[("target", "90000"), ("name", "A roof")]).await;
    let fields = [
        ("kind", "account"),
        ("account", &*site),
        ("target", "80000"),
    ];
    goals::set(&mut client, &fields).await;
    for what in ["complete", "archive"] {
        let goal = goals::set(&mut client, &[("target", "70000"), ("kind", "profit")]).await;
        client
            .post_form(&format!("/goals/{goal}/{what}"), &[])
            .await
            .is(303);
    }
    let rate = [("currency", "KWD"), ("day", TODAY), ("price", "2.9")];
    client.post_form("/settings/rates", &rate).await.is(303);
    passkeys::add(&mut client).await;
    app.another(&client).await;
    client
}

#[tokio::test]
async fn texts_of_different_elements_touch_on_no_page() {
    let app = matrix::everything_on().await;
    let mut client = ledger(&app).await;
    let risk = "win_rate=4&deviation=90&hands=5000&withdraw=10";
    let from = [
        "/".to_owned(),
        "/dashboard".to_owned(),
        "/dashboard?range=all&measure=percent".to_owned(),
        "/settings".to_owned(),
        "/settings/security".to_owned(),
        format!("/stakes/cash?game_type=plo&{risk}"),
        format!("/stakes/tournaments?{risk}"),
        "/stakes/cash?win_rate=-1&hands=x".to_owned(),
        "/tools/bankroll-goals?mode=time&target=90000&monthly=500&growth=1".to_owned(),
        "/tools/bankroll-goals?mode=profit&target=90000&months=20".to_owned(),
        "/entries?sort=largest".to_owned(),
        "/sudo".to_owned(),
        "/nowhere".to_owned(),
    ];
    let from: Vec<&str> = from.iter().map(String::as_str).collect();
    let mut pages = reached(&mut client, &from).await;
    assert!(pages.len() > 100, "only {}", pages.len());
    // Without a ledger, without an address, and without anybody.
    let mut empty = app.user().await;
    pages.extend(reached(&mut empty, &["/dashboard", "/accounts/new"]).await);
    pages.extend(reached(&mut app.visitor(), &["/", "/login", "/register"]).await);
    let mut admin = app.admin().await;
    let one = format!("/admin/users/{}", client.user);
    pages.extend(
        reached(
            &mut admin,
            &["/admin", &one, "/admin/users", "/admin/audit"],
        )
        .await,
    );
    // Hidden amounts, and forms that are refused.
    client.post_form("/settings/hide", &[("hide", "on")]).await;
    pages.push(client.open("/dashboard").await);
    let nothing = client.try_entry("transfer", &[("fee", "x")]).await;
    pages.push(nothing);
    let mut visitor = app.visitor();
    pages.push(visitor.post("/register", &[("password", PASSWORD)]).await);
    pages.push(visitor.post("/login", &[("email", "a@b.example")]).await);
    pages.push(client.get("/nowhere").await);
    let found = all_touching(&pages);
    let lines: Vec<String> = found
        .iter()
        .map(|(what, at)| format!("{what}   {at}"))
        .collect();
    assert!(
        found.is_empty(),
        "{} places:\n{}",
        lines.len(),
        lines.join("\n")
    );
}
