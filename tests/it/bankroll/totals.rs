//! What the dashboard adds up, and at which rates.

use super::{dashboard, figures};
use crate::harness::{TODAY, TestApp};

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
        says.contains("120.00000000 BTC isn't included: no rate yet"),
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
