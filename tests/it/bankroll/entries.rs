//! What an entry may say, editing it, and finding it.

use super::{edit_form, figures};
use crate::harness::{Page, TestApp};

/// Fails without the call of `impossible_balance` in `Write::save`.
#[tokio::test]
async fn only_banks_and_others_may_be_below_zero() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    for kind in ["site", "wallet", "cash", "crypto", "investment"] {
        let account = app.account_with(&client, kind, kind, "EUR", "50").await;
        let before = client.ledger().await;
        for (entry, amount) in [
            ("withdrawal", "50.01"),
            ("expense", "51"),
            ("balance", "-1"),
        ] {
            let sent = client
                .try_entry(entry, &[("account", &account), ("amount", amount)])
                .await;
            sent.is(422);
            assert!(sent.has("#amount[aria-invalid=true]"), "{kind} {entry}");
        }
        assert_eq!(client.ledger().await, before);
        client
            .add_entry("balance", &[("account", &account), ("amount", "0")])
            .await;
    }
    for kind in ["bank", "other"] {
        let account = app.account_with(&client, kind, kind, "EUR", "50").await;
        client
            .add_entry("withdrawal", &[("account", &account), ("amount", "80")])
            .await;
        client
            .add_entry("balance", &[("account", &account), ("amount", "-40")])
            .await;
    }
    assert_eq!(figures(&mut client, &["bankroll"]).await, ["-80"]);
}

#[tokio::test]
async fn no_write_may_make_a_past_balance_impossible() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "EUR").await;
    let first = [
        ("account", &*site),
        ("amount", "100"),
        ("date", "2026-10-01"),
    ];
    let deposit = client.add_entry("deposit", &first).await;
    let second = [
        ("account", &*site),
        ("amount", "80"),
        ("date", "2026-10-10"),
    ];
    client.add_entry("withdrawal", &second).await;
    let before = client.ledger().await;
    // Without the deposit, with less of it, or with it after the withdrawal, that one took money that was not there.
    let sent = client
        .post_form(&format!("/entries/{deposit}/delete"), &[])
        .await;
    sent.is(409);
    for (field, value) in [("amount", "79.99"), ("date", "2026-10-11")] {
        let mut form = edit_form(&mut client, &deposit).await;
        form.set(field, value);
        client.send_form(&form).await.is(422);
    }
    let between = [
        ("account", &*site),
        ("amount", "21"),
        ("date", "2026-10-05"),
    ];
    client.try_entry("expense", &between).await.is(422);
    assert_eq!(client.ledger().await, before);
}

#[tokio::test]
async fn an_entry_cannot_be_in_the_future() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "EUR").await;
    let tomorrow = [("account", &*site), ("amount", "1"), ("date", "2026-10-31")];
    let sent = client.try_entry("deposit", &tomorrow).await;
    sent.is(422);
    assert!(sent.has("#date[aria-invalid=true]"));
    let later = [("account", &*site), ("amount", "1"), ("time", "12:01")];
    let sent = client.try_entry("deposit", &later).await;
    sent.is(422);
    assert!(sent.has("#time[aria-invalid=true]"));
}

#[tokio::test]
async fn an_edit_changes_the_figures_and_keeps_what_was_there_before() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "EUR").await;
    let fields = [
        ("account", &*site),
        ("amount", "123.45"),
        ("note", "first"),
        ("tags", "live, plo"),
    ];
    let entry = client.add_entry("deposit", &fields).await;
    let mut form = edit_form(&mut client, &entry).await;
    assert_eq!(form.value("amount"), "123.45");
    assert_eq!(form.value("note"), "first");
    assert_eq!(form.value("tags"), "live, plo");
    form.set("amount", "200");
    form.set("note", "second");
    let sent = client.send_form(&form).await;
    assert_eq!(sent.status.as_u16(), 303, "{}", sent.text());
    assert_eq!(figures(&mut client, &["deposits"]).await, ["200"]);
    let says = client.open(&format!("/entries/{entry}")).await.text();
    assert!(says.contains("123.45") && says.contains("200"), "{says}");
    let says = client.open("/entries/history").await.text();
    assert!(says.contains("123.45") && says.contains("200"), "{says}");
}

#[tokio::test]
async fn an_edit_that_changes_nothing_moves_nothing() {
    let app = TestApp::new().await;
    app.set_now("2026-10-29T12:00:42.123456Z");
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "EUR").await;
    let bank = app.account(&client, "bank", "Bank", "EUR").await;
    client
        .add_entry("deposit", &[("account", &site), ("amount", "70")])
        .await;
    let balance = client
        .add_entry("balance", &[("account", &site), ("amount", "90")])
        .await;
    let transfer = [
        ("from", &*site),
        ("to", &*bank),
        ("sent", "20"),
        ("fee", "1"),
        ("received", "19.5"),
    ];
    let transfer = client.add_entry("transfer", &transfer).await;
    let before = client.ledger().await;
    app.set_now("2026-10-30T12:00:00Z");
    for entry in [balance, transfer] {
        let form = edit_form(&mut client, &entry).await;
        let sent = client.send_form(&form).await;
        assert_eq!(sent.status.as_u16(), 303, "{}", sent.text());
        assert_eq!(client.ledger().await, before);
    }
}

/// Fails without `edited.version != version` in `edit_entry`.
#[tokio::test]
async fn of_two_edits_of_the_same_version_the_second_is_refused_and_shows_what_was_typed() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "EUR").await;
    let entry = client
        .add_entry("deposit", &[("account", &site), ("amount", "70")])
        .await;
    let mut first = edit_form(&mut client, &entry).await;
    let mut second = edit_form(&mut client, &entry).await;
    first.set("amount", "71");
    second.set("amount", "72.5");
    assert_eq!(client.send_form(&first).await.status.as_u16(), 303);
    let sent = client.send_form(&second).await;
    sent.is(409);
    // Both are there, and only what differs stands out.
    assert_eq!(sent.texts(".changed tr.strong"), ["Amount 71.00 72.5"]);
    assert!(
        sent.text().contains("Account Stars Stars"),
        "{}",
        sent.text()
    );
    assert_eq!(figures(&mut client, &["deposits"]).await, ["71"]);
}

#[tokio::test]
async fn entries_are_filtered_sorted_and_paged() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "100")
        .await;
    let bank = app
        .account_with(&client, "bank", "Bank", "USD", "500")
        .await;
    let fields = [
        ("account", &*site),
        ("amount", "11"),
        ("note", "100% of it_"),
        ("tags", "live"),
    ];
    client.add_entry("bonus", &fields).await;
    let fields = [
        ("account", &*bank),
        ("amount", "22"),
        ("date", "2026-09-01"),
        ("note", "hotel"),
    ];
    client.add_entry("deposit", &fields).await;
    let rows = |page: &Page| page.count("main table.tbl tbody tr");
    for (query, expected) in [
        ("", 4),
        ("?kind=deposit", 3),
        ("?kind=bonus", 1),
        ("?currency=USD", 2),
        ("?tag=live", 1),
        ("?q=HOTEL", 1),
        ("?q=100%25", 1),
        ("?q=it_", 1),
        ("?q=nothing", 0),
        ("?from=2026-10-01", 3),
        ("?to=2026-09-01", 1),
        ("?from=2026-09-02&to=2026-10-29", 0),
        (
            "?kind=nonsense&account=nonsense&from=nonsense&page=nonsense&sort=nonsense",
            4,
        ),
        ("?page=99999999999999999999", 4),
        ("?page=4000000000", 4),
        ("?q=%00&tag=%00", 4),
    ] {
        let page = client.open(&format!("/entries{query}")).await;
        assert_eq!(rows(&page), expected, "{query}: {}", page.text());
    }
    assert_eq!(
        rows(&client.open(&format!("/entries?account={bank}")).await),
        2
    );
    assert_eq!(rows(&client.open("/deposits").await), 3);
    assert_eq!(rows(&client.open("/withdrawals").await), 0);
    let largest = client.open("/entries?sort=largest").await.text();
    let smallest = client.open("/entries?sort=smallest").await.text();
    let at = |text: &str, what: &str| text.find(what).expect(what);
    assert!(at(&largest, "500.00") < at(&largest, "22.00"));
    assert!(at(&smallest, "22.00") < at(&smallest, "500.00"));
    for _ in 0..50 {
        sqlx::query(
            "insert into entries (id, user_id, kind, amount, currency, occurred_at)
             values (gen_random_uuid(), $1, 'deposit', 1, 'EUR', '2026-01-01Z')",
        )
        .bind(client.user)
        .execute(&app.db)
        .await
        .expect("an entry");
    }
    assert_eq!(rows(&client.open("/entries").await), 50);
    assert_eq!(rows(&client.open("/entries?page=2").await), 4);
}
