//! Accounts: names, order, archive, deletion, balance.

use super::{edit_form, figures};
use crate::harness::TestApp;

#[tokio::test]
async fn an_account_is_renamed_and_keeps_its_currency_once_it_has_entries() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let empty = client.add_account("site", "Empty", "EUR").await;
    let full = app.account_with(&client, "site", "Full", "EUR", "10").await;
    let mut form = client
        .open(&format!("/accounts/{empty}/edit"))
        .await
        .form("form:has([name=name])");
    form.set("name", "Renamed");
    form.put("currency", "USD");
    assert_eq!(client.send_form(&form).await.status.as_u16(), 303);
    assert_eq!(
        client
            .value("select currency from accounts where user_id = $1 and name = 'Renamed'")
            .await,
        "USD"
    );
    let mut form = client
        .open(&format!("/accounts/{full}/edit"))
        .await
        .form("form:has([name=name])");
    form.put("currency", "USD");
    let sent = client.send_form(&form).await;
    sent.is(422);
    // A name stands once in each group, whatever its case.
    let mut form = client
        .open(&format!("/accounts/{full}/edit"))
        .await
        .form("form:has([name=name])");
    form.set("name", "RENAMED");
    let sent = client.send_form(&form).await;
    sent.is(422);
    assert!(
        sent.has("[name=name][aria-invalid=true]"),
        "{}",
        sent.text()
    );
    client.add_account("bank", "renamed", "EUR").await;
}

#[tokio::test]
async fn accounts_are_put_in_order_by_list_and_by_button() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let mut ids = Vec::new();
    for name in ["A", "B", "C"] {
        ids.push(app.account(&client, "site", name, "EUR").await);
    }
    let order = "select string_agg(name, '' order by position) from accounts where user_id = $1";
    let all = [
        ("order", &*ids[2]),
        ("order", &*ids[0]),
        ("order", &*ids[1]),
    ];
    let sent = client.post_form("/accounts/order", &all).await;
    assert_eq!(sent.status.as_u16(), 303, "{}", sent.text());
    assert_eq!(client.value(order).await, "CAB");
    let page = client.open("/accounts/order").await;
    assert!(page.has("button[name=move]"));
    let up = format!("up:{}", ids[1]);
    let fields = [
        ("order", &*ids[2]),
        ("order", &*ids[0]),
        ("order", &*ids[1]),
        ("move", &*up),
    ];
    let sent = client.post_form("/accounts/order", &fields).await;
    assert_eq!(sent.status.as_u16(), 303, "{}", sent.text());
    assert_eq!(client.value(order).await, "CBA");
    let down = format!("down:{}", ids[2]);
    let fields = [
        ("order", &*ids[2]),
        ("order", &*ids[1]),
        ("order", &*ids[0]),
        ("move", &*down),
    ];
    client.post_form("/accounts/order", &fields).await;
    assert_eq!(client.value(order).await, "BCA");
}

#[tokio::test]
async fn an_archived_account_keeps_its_history_and_is_offered_no_more() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Closed room", "EUR", "100")
        .await;
    app.account_with(&client, "site", "Stars", "EUR", "10")
        .await;
    client
        .add_entry("balance", &[("account", &site), ("amount", "0")])
        .await;
    let before = figures(&mut client, &["bankroll", "profit", "deposits"]).await;
    let sent = client
        .post_form(&format!("/accounts/{site}/archive"), &[])
        .await;
    assert_eq!(sent.status.as_u16(), 303, "{}", sent.text());
    assert_eq!(
        figures(&mut client, &["bankroll", "profit", "deposits"]).await,
        before
    );
    let page = client.open("/entries/new?kind=deposit").await;
    assert!(!page.html().contains("Closed room"));
    client.open(&format!("/accounts/{site}")).await;
    client
        .post_form(&format!("/accounts/{site}/restore"), &[])
        .await;
    assert!(
        client
            .open("/entries/new?kind=deposit")
            .await
            .html()
            .contains("Closed room")
    );
}

#[tokio::test]
async fn deleting_an_account_says_what_goes_and_leaves_the_other_halves_of_its_transfers() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "100")
        .await;
    let bank = app
        .account_with(&client, "bank", "Bank", "EUR", "500")
        .await;
    client
        .add_entry(
            "transfer",
            &[("from", &bank), ("to", &site), ("sent", "50")],
        )
        .await;
    client
        .add_entry(
            "transfer",
            &[("from", &site), ("to", &bank), ("sent", "20"), ("fee", "1")],
        )
        .await;
    let page = client.open(&format!("/accounts/{site}/delete")).await;
    assert!(
        page.text().contains('3'),
        "it has three entries: {}",
        page.text()
    );
    let sent = client
        .post_form(&format!("/accounts/{site}/delete"), &[])
        .await;
    assert_eq!(sent.status.as_u16(), 303, "{}", sent.text());
    assert_eq!(
        figures(
            &mut client,
            &["bankroll", "deposits", "withdrawals", "profit"]
        )
        .await,
        ["470", "520", "50", "0"]
    );
    client.get(&format!("/accounts/{site}")).await.is(404);
}

#[tokio::test]
async fn the_balance_of_an_account_is_updated_on_its_page() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "100")
        .await;
    let page = client.open(&format!("/accounts/{site}")).await;
    let sent = client
        .submit(
            &page,
            &format!("form[action='/accounts/{site}/balance']"),
            &[("amount", "140")],
        )
        .await;
    assert_eq!(sent.status.as_u16(), 303, "{}", sent.text());
    assert_eq!(
        figures(&mut client, &["bankroll", "play"]).await,
        ["140", "40"]
    );
    let page = client.open(&format!("/accounts/{site}")).await;
    let sent = client
        .submit(
            &page,
            &format!("form[action='/accounts/{site}/balance']"),
            &[("amount", "-1")],
        )
        .await;
    sent.is(422);
    assert_eq!(
        figures(&mut client, &["bankroll", "play"]).await,
        ["140", "40"]
    );
}

/// Fails without `before.version != edit.version` in `edit_account`.
#[tokio::test]
async fn of_two_edits_of_the_same_account_the_second_is_refused() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "EUR").await;
    let page = client.open(&format!("/accounts/{site}/edit")).await;
    let name = "form:has([name=name])";
    client
        .submit(&page, name, &[("name", "First")])
        .await
        .is(303);
    let token = page.form(name).value("form_token").to_owned();
    let fields = [
        ("form_token", &*token),
        ("kind", "site"),
        ("name", "Second"),
        ("currency", "EUR"),
        ("version", "1"),
    ];
    let sent = client
        .post(&format!("/accounts/{site}/edit"), &fields)
        .await;
    sent.is(409);
    assert!(
        sent.texts(".changed tbody tr")
            .contains(&"Name First Second".to_owned()),
        "{:?}",
        sent.texts(".changed tbody tr")
    );
    client.account("First").await;
}

/// The kind: a sign that a form shows apart from the digits, and loses.
#[tokio::test]
async fn what_is_owed_keeps_its_sign_in_the_forms_that_show_it() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let bank = app.account(&client, "bank", "Bank", "EUR").await;
    let entry = client
        .add_entry("balance", &[("account", &bank), ("amount", "-600")])
        .await;
    let before = client.ledger().await;
    let mut form = edit_form(&mut client, &entry).await;
    assert_eq!(form.value("amount"), "600.00");
    form.set("note", "Overdraft");
    client.send_form(&form).await.is(303);
    assert_eq!(client.ledger().await.replace(" Overdraft ", "  "), before);
    // On the account's own page as well.
    let page = client.open(&format!("/accounts/{bank}")).await;
    let mut form = page.form("form[data-entry]");
    assert_eq!(form.value("amount"), "600.00");
    form.set("amount", "650");
    client.send_form(&form).await.is(303);
    assert_eq!(figures(&mut client, &["bankroll"]).await, ["-650"]);
}
