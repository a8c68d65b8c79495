//! What a stranger, another site and another user cannot do.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

mod headers;
mod input;
mod other_sites;
mod owners;
mod sessions;

use crate::harness::{Client, Page, TODAY, TestApp};

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
                ("start", "now"),
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
