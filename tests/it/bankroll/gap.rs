//! What the gap to the last balance was.

use super::{edit_form, figures, newest_change, undo};
use crate::harness::{Client, Page, TODAY, TestApp};

#[tokio::test]
async fn a_gap_counts_as_play_until_it_is_said_what_it_was() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "100")
        .await;
    let names = [
        "bankroll",
        "profit",
        "play",
        "deposits",
        "withdrawals",
        "bonus",
        "expenses",
    ];
    let up = client
        .add_entry("balance", &[("account", &site), ("amount", "150")])
        .await;
    assert_eq!(
        figures(&mut client, &names).await,
        ["150", "50", "50", "100", "0", "0", "0"]
    );
    let page = client.open(&format!("/entries/{up}")).await;
    for kind in ["deposit", "bonus"] {
        assert!(page.has(&format!(
            "form[action='/entries/{up}/gap'] [name=kind][value={kind}]"
        )));
    }
    for (kind, expected) in [
        ("deposit", ["150", "0", "0", "150", "0", "0", "0"]),
        ("bonus", ["150", "50", "0", "100", "0", "50", "0"]),
    ] {
        let sent = client
            .post_form(&format!("/entries/{up}/gap"), &[("kind", kind)])
            .await;
        assert_eq!(sent.status.as_u16(), 303, "{}", sent.text());
        assert_eq!(figures(&mut client, &names).await, expected, "{kind}");
        let change = newest_change(&client).await;
        assert_eq!(undo(&mut client, &change).await.status.as_u16(), 303);
    }
    let down = client
        .add_entry("balance", &[("account", &site), ("amount", "120")])
        .await;
    for (kind, expected) in [
        ("withdrawal", ["120", "50", "50", "100", "30", "0", "0"]),
        ("expense", ["120", "20", "50", "100", "0", "0", "30"]),
    ] {
        let sent = client
            .post_form(&format!("/entries/{down}/gap"), &[("kind", kind)])
            .await;
        assert_eq!(sent.status.as_u16(), 303, "{}", sent.text());
        assert_eq!(figures(&mut client, &names).await, expected, "{kind}");
        let change = newest_change(&client).await;
        assert_eq!(undo(&mut client, &change).await.status.as_u16(), 303);
    }
    // A gap down was no deposit; a gap of zero was nothing.
    let before = client.ledger().await;
    client
        .post_form(&format!("/entries/{down}/gap"), &[("kind", "deposit")])
        .await
        .is(409);
    assert_eq!(client.ledger().await, before);
}

#[tokio::test]
async fn a_gap_can_be_a_transfer_from_another_account() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "100")
        .await;
    let bank = app
        .account_with(&client, "bank", "Bank", "EUR", "500")
        .await;
    let up = client
        .add_entry("balance", &[("account", &site), ("amount", "150")])
        .await;
    let page = client.open(&format!("/entries/{up}")).await;
    let link = page.attr("a.chip[href*='kind=transfer']", "href");
    let page = client.open(&link).await;
    let mut form = page.form("main form[method=post]:has([name=date])");
    form.set("from", &bank);
    form.set("sent", "50");
    let sent = client.send_form(&form).await;
    assert_eq!(sent.status.as_u16(), 303, "{}", sent.text());
    assert_eq!(
        figures(&mut client, &["bankroll", "profit", "play", "deposits"]).await,
        ["600", "0", "0", "600"]
    );
}

#[tokio::test]
async fn what_an_amount_would_mean_is_said_while_it_is_typed() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "100")
        .await;
    let path = format!("/entries/gap?kind=balance&account={site}&amount=135.50&date={TODAY}");
    let says = client.open(&path).await.html();
    assert!(says.contains("35.50"), "{says}");
    let says = client
        .open("/entries/gap?kind=balance&account=nothing&amount=1e5&date=x")
        .await;
    assert!(!says.html().contains("35.50"));
}

/// Fails if the preview looks at days only, or counts the entry that is being edited.
#[tokio::test]
async fn what_is_previewed_is_what_is_saved() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "EUR").await;
    app.set_now("2026-10-30T22:30:00Z");
    let add = async |client: &mut Client, kind: &str, amount: &str, time: &str| {
        let fields = [
            ("account", site.as_str()),
            ("amount", amount),
            ("date", TODAY),
            ("time", time),
        ];
        client.add_entry(kind, &fields).await
    };
    add(&mut client, "deposit", "100", "09:00").await;
    let evening = add(&mut client, "balance", "180", "21:00").await;
    let preview = async |client: &mut Client, entry: &str, amount: &str, time: &str| {
        let path = format!(
            "/entries/gap?kind=balance&account={site}&amount={amount}&date={TODAY}&time={time}&entry={entry}"
        );
        let says = client.open(&path).await;
        says.text()
    };
    let says = preview(&mut client, "", "120", "12:00").await;
    assert!(says.contains("+€20.00"), "{says}");
    let noon = add(&mut client, "balance", "120", "12:00").await;
    let change = |page: &Page, id: &str| {
        let row = format!("tr:has(a[href^='/entries/{id}']) .delta");
        let document = page.document();
        let selector = scraper::Selector::parse(&row).unwrap();
        let found = document.select(&selector).next().unwrap();
        found.text().collect::<String>()
    };
    let list = client.open("/entries").await;
    assert!(change(&list, &noon).contains("+20.00"));
    assert!(change(&list, &evening).contains("+60.00"));
    // Editing leaves out what is edited: 120 stands before it.
    let says = preview(&mut client, &evening, "200", "21:00").await;
    assert!(says.contains("+€80.00"), "{says}");
    let mut form = edit_form(&mut client, &evening).await;
    form.set("amount", "200");
    client.send_form(&form).await.is(303);
    assert!(change(&client.open("/entries").await, &evening).contains("+80.00"));
    // Moved to a later time it is not before itself.
    let says = preview(&mut client, &evening, "210", "21:30").await;
    assert!(says.contains("+€90.00"), "{says}");
    // Entries of one instant keep their order while one of them is edited.
    let first = add(&mut client, "balance", "210", "22:00").await;
    add(&mut client, "balance", "230", "22:00").await;
    let says = preview(&mut client, &first, "205", "22:00").await;
    assert!(says.contains("+€5.00"), "{says}");
    // What is saved says the same.
    let page = client.open("/entries/new?kind=balance").await;
    let fields = [("account", site.as_str()), ("amount", "240.50")];
    client
        .submit(&page, "form[data-entry]", &fields)
        .await
        .is(303);
    let says = client.open("/dashboard").await;
    assert!(says.html().contains("+€10.50 as winnings"));
    // Also of a balance that others come after.
    let page = client.open("/entries/new?kind=balance").await;
    let fields = [
        ("account", site.as_str()),
        ("amount", "127.50"),
        ("time", "13:00"),
    ];
    client
        .submit(&page, "form[data-entry]", &fields)
        .await
        .is(303);
    let says = client.open("/dashboard").await;
    assert!(says.html().contains("+€7.50 as winnings"));
}

/// A form shows the minute of an entry, and the seconds decide what is before it.
#[tokio::test]
async fn an_edit_is_previewed_at_the_second_at_which_it_stays() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "EUR").await;
    let mut newest = String::new();
    for (now, amount) in [
        ("2026-10-30T12:00:10Z", "100"),
        ("2026-10-30T12:00:40Z", "130"),
    ] {
        app.set_now(now);
        let fields = [("account", site.as_str()), ("amount", amount)];
        newest = client.add_entry("balance", &fields).await;
    }
    let path = format!(
        "/entries/gap?kind=balance&account={site}&amount=140&date={TODAY}&time=12:00&entry={newest}"
    );
    let says = client.open(&path).await.text();
    assert!(says.contains("+€40.00"), "{says}");
}
