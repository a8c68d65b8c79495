//! What is asked before an entry is saved: an amount that is probably a slip, a day before its account was started, and a
//! form that was saved before with something else in it.

use super::{edit_form, figures, newest_change, undo};
use crate::harness::{Page, TestApp};

const NAMES: [&str; 4] = ["bankroll", "profit", "play", "deposits"];

/// The form that asks, as it is filled in.
#[track_caller]
fn asks(page: &Page, text: &str) -> crate::harness::Form {
    page.is(422);
    let said = page.text();
    assert!(page.has("[data-question]") && said.contains(text), "{said}");
    page.form("form[data-entry]:has([name=amount])")
}

/// Fails if a slip of the point is saved without a word.
#[tokio::test]
async fn a_balance_that_jumps_more_than_tenfold_is_asked_about_once() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    app.set_rate("BTC", "2026-10-01", "0.0000125").await;
    let wallet = app
        .account_with(&client, "crypto", "Cold wallet", "BTC", "0.012")
        .await;
    let before = client.ledger().await;
    let balance = [("account", wallet.as_str()), ("amount", "1.012")];
    let sent = client.try_entry("balance", &balance).await;
    let form = asks(&sent, "1.01200000 BTC, was 0.01200000: +€80,000.00. Right?");
    assert_eq!(client.ledger().await, before);
    assert_eq!(form.value("amount"), "1.012");
    // Another amount that jumps is another question.
    let mut other = form.clone();
    other.set("amount", "12");
    asks(&client.send_form(&other).await, "12.00000000 BTC");
    // So is another account of which the same is said.
    let paper = app
        .account_with(&client, "crypto", "Paper wallet", "BTC", "0.02")
        .await;
    let mut other = form.clone();
    other.set("account", &paper);
    asks(
        &client.send_form(&other).await,
        "1.01200000 BTC, was 0.02000000",
    );
    let sent = client.send_form(&form).await;
    assert_eq!(sent.status.as_u16(), 303, "{}", sent.text());
    // What was meant is not asked about again when only its note is edited.
    let entry = client.newest_entry().await;
    let mut form = edit_form(&mut client, &entry).await;
    form.set("note", "From the other wallet");
    client.send_form(&form).await.is(303);
    // Down to less than a tenth is as unusual, and the account's own page asks as well.
    let page = client.open(&format!("/accounts/{wallet}")).await;
    let small = [("amount", "0.1")];
    let sent = client.submit(&page, "form[data-entry]", &small).await;
    let form = asks(&sent, "0.10000000 BTC, was 1.01200000");
    client.send_form(&form).await.is(303);
    // Nothing jumps from nothing, or to it, and a tenth of what it was is no more than that.
    for amount in ["0.01", "0", "5"] {
        let balance = [("account", wallet.as_str()), ("amount", amount)];
        client.try_entry("balance", &balance).await.is(303);
    }
    // An edit asks about what it changes.
    let balance = [("account", wallet.as_str()), ("amount", "5.5")];
    client.try_entry("balance", &balance).await.is(303);
    let entry = client.newest_entry().await;
    let mut form = edit_form(&mut client, &entry).await;
    form.set("amount", "555");
    asks(
        &client.send_form(&form).await,
        "555.00000000 BTC, was 5.00000000",
    );
}

/// Fails if what an account holds counts twice: once as the earlier balance, once as what was put in later.
#[tokio::test]
async fn an_entry_before_its_account_was_started_offers_to_move_the_start() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Riverhouse", "EUR", "1250.50")
        .await;
    let started = client.ledger().await;
    let balance = [
        ("account", site.as_str()),
        ("amount", "900"),
        ("date", "2026-10-01"),
    ];
    let sent = client.try_entry("balance", &balance).await;
    let mut form = asks(
        &sent,
        "You started Riverhouse on 30 Oct 2026 with €1,250.50 EUR. Start it on 1 Oct 2026 instead?",
    );
    assert_eq!(client.ledger().await, started);
    form.set("earlier", "move");
    client.send_form(&form).await.is(303);
    assert_eq!(
        figures(&mut client, &NAMES).await,
        ["1250.5", "350.5", "350.5", "900"]
    );
    // One change, and undone as one.
    let change = newest_change(&client).await;
    undo(&mut client, &change).await.is(303);
    assert_eq!(client.ledger().await, started);
    // Who says so keeps both.
    form.set("earlier", "keep");
    form.set("form_key", &uuid::Uuid::new_v4().to_string());
    client.send_form(&form).await.is(303);
    assert_eq!(
        figures(&mut client, &NAMES).await,
        ["2150.5", "900", "900", "1250.5"]
    );
}

#[tokio::test]
async fn a_deposit_or_transfer_before_the_start_leaves_what_the_account_holds() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Riverhouse", "EUR", "1250.50")
        .await;
    let bank = app
        .account_with(&client, "bank", "Bank", "EUR", "100")
        .await;
    let deposit = [
        ("account", site.as_str()),
        ("amount", "400"),
        ("date", "2026-10-01"),
    ];
    let sent = client.try_entry("deposit", &deposit).await;
    let mut form = asks(&sent, "Start it on 1 Oct 2026 instead?");
    form.set("earlier", "move");
    client.send_form(&form).await.is(303);
    assert_eq!(
        figures(&mut client, &NAMES).await,
        ["1350.5", "850.5", "850.5", "500"]
    );
    let transfer = [
        ("from", bank.as_str()),
        ("to", site.as_str()),
        ("sent", "30"),
        ("date", "2026-09-01"),
    ];
    let sent = client.try_entry("transfer", &transfer).await;
    let mut form = asks(&sent, "You started Bank on 30 Oct 2026 with €100.00 EUR.");
    form.set("earlier", "move");
    client.send_form(&form).await.is(303);
    assert_eq!(figures(&mut client, &["bankroll"]).await, ["1350.5"]);
}

/// What is edited to an earlier day asks like what is added there. The start itself may be on any day.
#[tokio::test]
async fn an_edit_to_a_day_before_the_start_is_asked_about_too() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let bank = app
        .account_with(&client, "bank", "Bank", "EUR", "100")
        .await;
    let opening = client.newest_entry().await;
    let balance = [("account", bank.as_str()), ("amount", "-50")];
    client.try_entry("balance", &balance).await.is(303);
    let entry = client.newest_entry().await;
    let before = client.ledger().await;
    let mut form = edit_form(&mut client, &entry).await;
    form.set("date", "2026-10-01");
    let sent = client.send_form(&form).await;
    let mut form = asks(
        &sent,
        "You started Bank on 30 Oct 2026 with €100.00 EUR. Start it on 1 Oct 2026 instead?",
    );
    assert_eq!(client.ledger().await, before);
    form.set("earlier", "move");
    client.send_form(&form).await.is(303);
    // It was owed on that day, and is no loss since.
    assert_eq!(
        figures(
            &mut client,
            &["bankroll", "profit", "deposits", "withdrawals"]
        )
        .await,
        ["100", "150", "0", "50"]
    );
    let change = newest_change(&client).await;
    undo(&mut client, &change).await.is(303);
    assert_eq!(client.ledger().await, before);
    let mut form = edit_form(&mut client, &opening).await;
    form.set("date", "2026-09-01");
    client.send_form(&form).await.is(303);
    assert_eq!(figures(&mut client, &["deposits"]).await, ["100"]);
}

#[tokio::test]
async fn what_an_account_starts_with_is_put_in_partly_or_all_profit() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    app.account_with(&client, "cash", "Purse", "EUR", "1").await;
    for (name, start, put_in, expected) in [
        ("A", "now", "", ["500", "0", "0", "500"]),
        ("B", "put-in", "200", ["500", "300", "300", "200"]),
        ("C", "profit", "", ["500", "500", "500", "0"]),
    ] {
        let before = figures(&mut client, &NAMES).await;
        let page = client.open("/accounts/new").await;
        let fields = [
            ("kind", "site"),
            ("name", name),
            ("currency", "EUR"),
            ("opening", "500"),
            ("start", start),
            ("put_in", put_in),
        ];
        let form = "form[method=post]:has([name=opening])";
        client.submit(&page, form, &fields).await.is(303);
        let after = figures(&mut client, &NAMES).await;
        let grown: Vec<String> = (0..4)
            .map(|i| {
                let number = |text: &str| text.parse::<rust_decimal::Decimal>().unwrap();
                (number(&after[i]) - number(&before[i]))
                    .normalize()
                    .to_string()
            })
            .collect();
        assert_eq!(grown, expected, "{name}");
    }
    // What a bank is owed is below zero from the beginning, and no loss of today.
    let page = client.open("/accounts/new").await;
    let fields = [
        ("kind", "bank"),
        ("name", "Bank"),
        ("currency", "EUR"),
        ("opening", "600"),
        ("negative", "on"),
    ];
    let form = "form[method=post]:has([name=opening])";
    client.submit(&page, form, &fields).await.is(303);
    assert_eq!(
        figures(&mut client, &["bankroll", "profit"]).await,
        ["901", "800"]
    );
    // What was put in is told apart from what was seen: another deposit before changes neither.
    let account = client.account("B").await;
    let before = figures(&mut client, &["bankroll", "profit"]).await;
    let deposit = [
        ("account", account.as_str()),
        ("amount", "40"),
        ("date", "2026-10-02"),
    ];
    client.try_entry("deposit", &deposit).await.is(303);
    assert_eq!(before, ["901", "800"]);
    assert_eq!(
        figures(&mut client, &["bankroll", "profit"]).await,
        ["901", "760"]
    );
    let change = newest_change(&client).await;
    undo(&mut client, &change).await.is(303);
    // A start that was said in part moves as a whole.
    let balance = [
        ("account", account.as_str()),
        ("amount", "150"),
        ("date", "2026-10-01"),
    ];
    let sent = client.try_entry("balance", &balance).await;
    let mut form = asks(&sent, "You started B on 30 Oct 2026 with €500.00 EUR.");
    form.set("earlier", "move");
    client.send_form(&form).await.is(303);
    assert_eq!(
        figures(&mut client, &["bankroll", "profit"]).await,
        ["901", "800"]
    );
}

/// Fails if it only says that something was saved before.
#[tokio::test]
async fn back_change_save_says_what_was_saved_and_what_differs() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Riverhouse", "EUR", "500")
        .await;
    let other = app
        .account_with(&client, "site", "Harbor", "EUR", "500")
        .await;
    let page = client.open("/entries/new?kind=deposit").await;
    let mut form = page.form("form[data-entry]");
    form.set("account", &site);
    form.set("amount", "70");
    client.send_form(&form).await.is(303);
    let after = client.ledger().await;
    form.set("account", &other);
    form.set("amount", "80");
    let sent = client.send_form(&form).await;
    sent.is(422);
    let said = sent.text();
    for words in [
        "This was saved before: Deposit +€70.00 EUR, Riverhouse",
        "Account: Harbor instead of Riverhouse",
        "Amount: 80 instead of 70.00",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!said.contains(&other), "{said}");
    // Nothing else does: the time of the first is when it was saved.
    assert_eq!(said.matches(" instead of ").count(), 2, "{said}");
    assert_eq!(client.ledger().await, after);
    let again = sent.form("form[data-entry]");
    client.send_form(&again).await.is(303);
    assert_eq!(figures(&mut client, &["deposits"]).await, ["1150"]);
    // The same with an edit.
    let entry = client.newest_entry().await;
    let mut form = edit_form(&mut client, &entry).await;
    form.set("amount", "90");
    client.send_form(&form).await.is(303);
    form.set("amount", "95");
    let sent = client.send_form(&form).await;
    assert!(
        sent.text().contains("Amount: 95 instead of 90.00"),
        "{}",
        sent.text()
    );
    let again = sent.form("form[data-entry]");
    client.send_form(&again).await.is(303);
    assert_eq!(figures(&mut client, &["deposits"]).await, ["1165"]);
}

/// The kind: a form without a page of its own for this says so, and sends the old key again, under which the first is kept.
#[tokio::test]
async fn back_change_save_of_any_form_offers_to_save_the_second() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Riverhouse", "EUR", "500")
        .await;
    let page = client.open(&format!("/accounts/{site}")).await;
    let mut form = page.form("form[data-entry]");
    form.set("amount", "510");
    client.send_form(&form).await.is(303);
    form.set("amount", "520");
    let sent = client.send_form(&form).await;
    sent.is(422);
    assert!(
        sent.text().contains("What you saved first is kept."),
        "{}",
        sent.text()
    );
    assert_eq!(figures(&mut client, &["bankroll"]).await, ["510"]);
    let again = sent.form("main form:has([name=amount])");
    client.send_form(&again).await.is(303);
    assert_eq!(figures(&mut client, &["bankroll"]).await, ["520"]);
}
