//! The main job through the forms: enter what happened, read what it adds up to.

use crate::harness::{Client, Form, Page, TODAY, TestApp};

/// Deposits of all time, sites, assets and so on, as the dashboard says them.
async fn dashboard(client: &mut Client) -> Page {
    client.open("/dashboard?range=all").await
}

async fn figures(client: &mut Client, names: &[&str]) -> Vec<String> {
    let page = dashboard(client).await;
    names.iter().map(|name| page.figure(name)).collect()
}

/// The key of the change that was made last.
async fn newest_change(client: &Client) -> String {
    client
        .value(
            "select id::text from changes where user_id = $1 and undone_by is null
                order by xmin::text::bigint desc limit 1",
        )
        .await
}

async fn undo(client: &mut Client, change: &str) -> Page {
    client
        .post_form(&format!("/entries/history/{change}/undo"), &[])
        .await
}

/// The form on an entry's page that edits it.
async fn edit_form(client: &mut Client, id: &str) -> Form {
    let page = client.open(&format!("/entries/{id}")).await;
    page.form(&format!("form[action='/entries/{id}']"))
}

#[tokio::test]
async fn the_owners_worked_example_adds_up_on_the_dashboard() {
    let app = TestApp::new().await;
    let mut client = app.user_at_home("USD").await;
    let row = [
        "sites",
        "assets",
        "deposits",
        "withdrawals",
        "bankroll",
        "profit",
    ];
    app.set_now("2026-10-26T12:00:00Z");
    let site = client
        .add_account_with("site", "Stars", "USD", "50", true)
        .await;
    assert_eq!(
        figures(&mut client, &row).await,
        ["50", "0", "50", "0", "50", "0"]
    );

    app.set_now("2026-10-27T12:00:00Z");
    client
        .add_entry("balance", &[("account", &site), ("amount", "200")])
        .await;
    assert_eq!(
        figures(&mut client, &row).await,
        ["200", "0", "50", "0", "200", "150"]
    );

    app.set_now("2026-10-28T12:00:00Z");
    let coins = client.add_account("crypto", "Bitcoin", "USD").await;
    client
        .add_entry(
            "transfer",
            &[("from", &site), ("to", &coins), ("sent", "50")],
        )
        .await;
    assert_eq!(
        figures(&mut client, &row).await,
        ["150", "50", "50", "0", "200", "150"]
    );

    app.set_now("2026-10-29T12:00:00Z");
    client
        .add_entry("balance", &[("account", &site), ("amount", "350")])
        .await;
    assert_eq!(
        figures(&mut client, &row).await,
        ["350", "50", "50", "0", "400", "350"]
    );

    app.set_now("2026-10-30T12:00:00Z");
    client
        .add_entry("withdrawal", &[("account", &site), ("amount", "100")])
        .await;
    assert_eq!(
        figures(&mut client, &row).await,
        ["250", "50", "50", "100", "300", "350"]
    );
}

#[tokio::test]
async fn the_multi_currency_example_adds_up_on_the_dashboard() {
    let app = TestApp::new().await;
    app.set_rate("USD", "2026-10-29", "1.25").await;
    app.set_rate("USD", "2026-10-30", "1.00").await;
    let mut client = app.user().await;
    app.set_now("2026-10-29T12:00:00Z");
    let site = client
        .add_account_with("site", "Stars", "USD", "100", true)
        .await;
    assert_eq!(
        figures(&mut client, &["bankroll", "profit"]).await,
        ["80", "0"]
    );
    app.set_now("2026-10-30T12:00:00Z");
    client
        .add_entry("balance", &[("account", &site), ("amount", "150")])
        .await;
    assert_eq!(
        figures(
            &mut client,
            &["bankroll", "deposits", "profit", "currency", "play"]
        )
        .await,
        ["150", "80", "70", "20", "50"]
    );
}

#[tokio::test]
async fn an_opening_balance_that_was_not_put_in_counts_as_won() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    client
        .add_account_with("site", "Old winnings", "EUR", "500", false)
        .await;
    assert_eq!(
        figures(&mut client, &["bankroll", "deposits", "profit", "play"]).await,
        ["500", "0", "500", "500"]
    );
}

#[tokio::test]
async fn a_rate_that_comes_later_is_used_at_once() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    app.account_with(&client, "site", "Stars", "USD", "100")
        .await;
    let page = dashboard(&mut client).await;
    assert_eq!(page.figure("bankroll"), "0");
    app.set_rate("USD", TODAY, "1.25").await;
    assert_eq!(dashboard(&mut client).await.figure("bankroll"), "80");
}

#[tokio::test]
async fn a_currency_without_a_rate_is_left_out_and_named() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    app.account_with(&client, "site", "Stars", "EUR", "100")
        .await;
    app.account_with(&client, "crypto", "Coins", "BTC", "120")
        .await;
    let page = dashboard(&mut client).await;
    assert_eq!(page.figure("bankroll"), "100");
    assert_eq!(page.figure("profit"), "0");
    let says = page.text();
    assert!(
        says.contains("excludes 120.00000000 BTC : no rate")
            || says.contains("excludes 120.00000000 BTC: no rate"),
        "{says}"
    );
    let sent = client
        .post_form(
            "/settings/rates",
            &[("currency", "BTC"), ("price", "0.5"), ("day", TODAY)],
        )
        .await;
    sent.leads_to("/settings/rates");
    let page = dashboard(&mut client).await;
    assert_eq!(page.figure("bankroll"), "160");
    assert!(!page.has("[data-excluded]"));
}

#[tokio::test]
async fn the_steepest_own_rates_can_be_set_and_shown() {
    let app = TestApp::new().await;
    app.set_rate("IDR", TODAY, "20345.67").await;
    let mut client = app.user_at_home("IDR").await;
    app.account_with(&client, "crypto", "Coins", "BTC", "99999999999.99999999")
        .await;
    for price in [
        "0.00000001",
        "0.00000003",
        "3",
        "61234.56789",
        "99999999.999",
        "100000000",
    ] {
        let fields = [("currency", "BTC"), ("price", price), ("day", TODAY)];
        client
            .post_form("/settings/rates", &fields)
            .await
            .leads_to("/settings/rates");
        client.open("/settings/rates").await;
        let page = dashboard(&mut client).await;
        assert_ne!(page.figure("bankroll"), "0", "{price}");
    }
}

#[tokio::test]
async fn deposits_and_withdrawals_need_no_account() {
    let app = TestApp::new().await;
    app.set_rate("USD", TODAY, "1.25").await;
    let mut client = app.user().await;
    app.account_with(&client, "site", "Stars", "EUR", "100")
        .await;
    client
        .add_entry(
            "deposit",
            &[("account", ""), ("currency", "USD"), ("amount", "50")],
        )
        .await;
    client
        .add_entry(
            "withdrawal",
            &[("account", ""), ("currency", "EUR"), ("amount", "10")],
        )
        .await;
    assert_eq!(
        figures(
            &mut client,
            &["bankroll", "deposits", "withdrawals", "profit"]
        )
        .await,
        ["100", "140", "10", "-30"]
    );
}

#[tokio::test]
async fn a_transfer_between_currencies_keeps_both_amounts_and_its_loss_is_an_expense() {
    let app = TestApp::new().await;
    app.set_rate("USD", TODAY, "1.25").await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "USD", "1000")
        .await;
    let bank = app.account(&client, "bank", "Bank", "EUR").await;
    let fields = [
        ("from", &*site),
        ("to", &*bank),
        ("sent", "500"),
        ("fee", "25"),
        ("received", "390"),
    ];
    client.add_entry("transfer", &fields).await;
    // 525 USD are 420 EUR: 30 of them did not arrive.
    assert_eq!(
        figures(&mut client, &["bankroll", "expenses", "profit", "deposits"]).await,
        ["770", "30", "-30", "800"]
    );
    let rows = client
        .value("select string_agg(trim_scale(amount) || ' ' || trim_scale(fee) || ' ' || currency, ', ' order by amount)
                from entries where user_id = $1 and kind = 'transfer'")
        .await;
    assert_eq!(rows, "-525 25 USD, 390 0 EUR");
}

#[tokio::test]
async fn a_transfer_within_a_currency_needs_no_second_amount_and_across_currencies_it_does() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "100")
        .await;
    let bank = app.account(&client, "bank", "Bank", "EUR").await;
    let dollars = app.account(&client, "bank", "Dollars", "USD").await;
    client
        .add_entry(
            "transfer",
            &[("from", &site), ("to", &bank), ("sent", "40")],
        )
        .await;
    let sent = client
        .try_entry(
            "transfer",
            &[("from", &site), ("to", &dollars), ("sent", "40")],
        )
        .await;
    sent.is(422);
    assert!(sent.has("#received[aria-invalid=true]"));
    let sent = client
        .try_entry(
            "transfer",
            &[("from", &site), ("to", &site), ("sent", "40")],
        )
        .await;
    sent.is(422);
    assert!(sent.has("#to[aria-invalid=true]"));
}

#[tokio::test]
async fn a_back_dated_entry_corrects_every_later_figure() {
    let app = TestApp::new().await;
    app.set_rate("USD", "2026-01-01", "1.25").await;
    app.set_rate("USD", "2026-10-30", "1.00").await;
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "USD").await;
    client
        .add_entry("balance", &[("account", &site), ("amount", "300")])
        .await;
    assert_eq!(
        figures(&mut client, &["profit", "play"]).await,
        ["300", "300"]
    );
    let fields = [
        ("account", &*site),
        ("amount", "100"),
        ("date", "2026-01-05"),
    ];
    client.add_entry("deposit", &fields).await;
    assert_eq!(
        figures(
            &mut client,
            &["bankroll", "deposits", "profit", "play", "currency"]
        )
        .await,
        ["300", "80", "220", "200", "20"]
    );
}

#[tokio::test]
async fn the_time_zone_decides_the_day() {
    let app = TestApp::new().await;
    app.set_rate("USD", "2026-10-29", "1.25").await;
    app.set_rate("USD", "2026-10-30", "1.00").await;
    let mut client = app.user().await;
    sqlx::query("update users set time_zone = 'Pacific/Auckland' where id = $1")
        .bind(client.user)
        .execute(&app.db)
        .await
        .expect("the zone");
    // Half past midnight on the 30th there, still the 29th in UTC.
    app.set_now("2026-10-29T11:30:00Z");
    app.account_with(&client, "site", "Stars", "USD", "100")
        .await;
    assert_eq!(figures(&mut client, &["deposits"]).await, ["100"]);
}

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
    assert!(sent.text().contains("72.5"), "{}", sent.text());
    assert_eq!(figures(&mut client, &["deposits"]).await, ["71"]);
}

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

/// What profit leaves out is said as well, not only what the bankroll does.
#[tokio::test]
async fn a_deposit_that_no_rate_converts_is_named_whether_or_not_an_account_holds_it() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    app.account_with(&client, "site", "Stars", "EUR", "100")
        .await;
    let fields = [("account", ""), ("currency", "KWD"), ("amount", "120")];
    client.add_entry("deposit", &fields).await;
    let page = dashboard(&mut client).await;
    assert_eq!(page.figure("deposits"), "100");
    assert!(page.text().contains("120.000"), "{}", page.text());
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
    assert!(sent.text().contains("Second"), "{}", sent.text());
    client.account("First").await;
}
