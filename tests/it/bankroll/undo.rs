//! Taking back, and what cannot be taken back.

use super::{edit_form, newest_change, undo};
use crate::harness::{Client, TestApp};

#[tokio::test]
async fn every_kind_of_write_on_entries_can_be_taken_back_and_the_taking_back_too() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "1000")
        .await;
    let bank = app
        .account_with(&client, "bank", "Bank", "EUR", "1000")
        .await;
    let deposit = client
        .add_entry(
            "deposit",
            &[("account", &site), ("amount", "5"), ("tags", "live")],
        )
        .await;
    let balance = client
        .add_entry("balance", &[("account", &site), ("amount", "1100")])
        .await;
    let transfer = client
        .add_entry(
            "transfer",
            &[("from", &site), ("to", &bank), ("sent", "50"), ("fee", "2")],
        )
        .await;
    let mut edit = edit_form(&mut client, &deposit).await;
    edit.set("amount", "6");
    edit.set("account", &bank);
    let mut edit_transfer = edit_form(&mut client, &transfer).await;
    edit_transfer.set("sent", "60");
    edit_transfer.set("received", "55");
    let s = site.as_str();
    let add: [(&str, Vec<(&str, &str)>); 6] = [
        ("balance", vec![("account", s), ("amount", "7")]),
        ("deposit", vec![("account", s), ("amount", "7")]),
        (
            "withdrawal",
            vec![("account", ""), ("currency", "USD"), ("amount", "7")],
        ),
        ("transfer", vec![("from", s), ("to", &bank), ("sent", "7")]),
        ("bonus", vec![("account", s), ("amount", "7")]),
        ("expense", vec![("account", s), ("amount", "7")]),
    ];
    for (kind, fields) in add {
        let before = client.ledger().await;
        client.add_entry(kind, &fields).await;
        check_undo(&mut client, &before, kind).await;
    }
    for form in [edit, edit_transfer] {
        let before = client.ledger().await;
        assert_eq!(client.send_form(&form).await.status.as_u16(), 303);
        check_undo(&mut client, &before, "edit").await;
    }
    for (path, fields) in [
        (format!("/entries/{deposit}/delete"), vec![]),
        (format!("/entries/{transfer}/delete"), vec![]),
        (format!("/entries/{balance}/gap"), vec![("kind", "bonus")]),
    ] {
        let before = client.ledger().await;
        assert_eq!(
            client.post_form(&path, &fields).await.status.as_u16(),
            303,
            "{path}"
        );
        check_undo(&mut client, &before, &path).await;
    }
}

/// Takes the newest change back, and then takes that back, and back again.
async fn check_undo(client: &mut Client, before: &str, what: &str) {
    let after = client.ledger().await;
    assert_ne!(after, before, "{what} did nothing");
    for expected in [before, after.as_str(), before] {
        let change = newest_change(client).await;
        let sent = undo(client, &change).await;
        assert_eq!(sent.status.as_u16(), 303, "{what}: {}", sent.text());
        assert_eq!(client.ledger().await, expected, "{what}");
    }
}

#[tokio::test]
async fn every_kind_of_write_on_accounts_can_be_taken_back() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "1000")
        .await;
    let bank = app
        .account_with(&client, "bank", "Bank", "EUR", "1000")
        .await;
    client
        .add_entry(
            "transfer",
            &[("from", &site), ("to", &bank), ("sent", "50"), ("fee", "2")],
        )
        .await;
    let before = client.ledger().await;
    client
        .add_account_with("cash", "Safe", "EUR", "20", true)
        .await;
    check_undo(&mut client, &before, "add").await;

    let page = client.open(&format!("/accounts/{site}/edit")).await;
    let mut form = page.form("form:has([name=name])");
    form.set("name", "Full Tilt");
    assert_eq!(client.send_form(&form).await.status.as_u16(), 303);
    check_undo(&mut client, &before, "edit").await;

    for path in [
        format!("/accounts/{site}/archive"),
        format!("/accounts/{bank}/delete"),
    ] {
        let before = client.ledger().await;
        let sent = client.post_form(&path, &[]).await;
        assert_eq!(sent.status.as_u16(), 303, "{path}: {}", sent.text());
        check_undo(&mut client, &before, &path).await;
    }
    let sent = client
        .post_form("/accounts/order", &[("order", &bank), ("order", &site)])
        .await;
    assert_eq!(sent.status.as_u16(), 303, "{}", sent.text());
    check_undo(&mut client, &before, "order").await;
}

#[tokio::test]
async fn a_change_cannot_be_taken_back_over_a_later_one() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "EUR").await;
    let entry = client
        .add_entry("deposit", &[("account", &site), ("amount", "70")])
        .await;
    let added = newest_change(&client).await;
    let mut form = edit_form(&mut client, &entry).await;
    form.set("amount", "71");
    assert_eq!(client.send_form(&form).await.status.as_u16(), 303);
    let before = client.ledger().await;
    undo(&mut client, &added).await.is(409);
    assert_eq!(client.ledger().await, before);
}

#[tokio::test]
async fn a_deleted_entry_does_not_come_back_without_its_account() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "EUR").await;
    let entry = client
        .add_entry("deposit", &[("account", &site), ("amount", "7")])
        .await;
    client
        .post_form(&format!("/entries/{entry}/delete"), &[])
        .await
        .is(303);
    let deleted = newest_change(&client).await;
    client
        .post_form(&format!("/accounts/{site}/delete"), &[])
        .await
        .is(303);
    undo(&mut client, &deleted).await.is(409);
    assert_eq!(client.ledger().await, "");
}

#[tokio::test]
async fn a_deleted_entry_does_not_come_back_into_an_account_of_another_currency() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "EUR").await;
    let entry = client
        .add_entry("deposit", &[("account", &site), ("amount", "7")])
        .await;
    client
        .post_form(&format!("/entries/{entry}/delete"), &[])
        .await
        .is(303);
    let deleted = newest_change(&client).await;
    let page = client.open(&format!("/accounts/{site}/edit")).await;
    client
        .submit(&page, "form:has([name=name])", &[("currency", "USD")])
        .await
        .is(303);
    undo(&mut client, &deleted).await.is(409);
}

#[tokio::test]
async fn an_entry_does_not_move_back_into_an_account_that_is_gone() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "EUR").await;
    let bank = app.account(&client, "bank", "Bank", "EUR").await;
    let entry = client
        .add_entry("deposit", &[("account", &site), ("amount", "7")])
        .await;
    let mut form = edit_form(&mut client, &entry).await;
    form.set("account", &bank);
    client.send_form(&form).await.is(303);
    let moved = newest_change(&client).await;
    client
        .post_form(&format!("/accounts/{site}/delete"), &[])
        .await
        .is(303);
    undo(&mut client, &moved).await.is(409);
}
