//! What the dashboard adds up, and at which rates.

use rust_decimal::Decimal;
use scraper::Selector;

use super::{dashboard, figures};
use crate::harness::{Page, TODAY, TestApp};

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

/// The amounts that a selector finds, as they are printed.
fn amounts(page: &Page, selector: &str) -> Vec<Decimal> {
    let document = page.document();
    let selector = Selector::parse(selector).expect("selector");
    let read = |element: scraper::ElementRef| {
        let text: String = element.text().collect::<String>().replace('−', "-");
        let is_digit = |c: &char| c.is_ascii_digit() || matches!(c, '-' | '.');
        let digits: String = text.chars().filter(is_digit).collect();
        digits
            .parse()
            .unwrap_or_else(|_| panic!("{text} is no amount"))
    };
    document.select(&selector).map(read).collect()
}

/// What a chart's table says in the column after the name.
fn table(page: &Page, column: usize) -> Vec<(String, Decimal)> {
    let names: Vec<String> = {
        let document = page.document();
        let cells = Selector::parse(".figs tbody tr td:first-child").expect("selector");
        let name = |cell: scraper::ElementRef| cell.text().collect::<String>();
        document.select(&cells).map(name).collect()
    };
    let cells = amounts(page, &format!(".figs tbody tr td:nth-child({column})"));
    names.into_iter().zip(cells).collect()
}

/// The kind: each figure is rounded by itself, so what is printed together does not add up.
#[tokio::test]
async fn what_is_printed_together_adds_up() {
    let app = TestApp::new().await;
    for (day, dollars, crowns) in [
        ("2026-10-01", "1.17", "11.13"),
        ("2026-10-10", "1.13", "11.29"),
        ("2026-10-20", "1.19", "10.97"),
        (TODAY, "1.09", "11.01"),
    ] {
        app.set_rate("USD", day, dollars).await;
        app.set_rate("SEK", day, crowns).await;
    }
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "USD").await;
    let other = app.account(&client, "site", "Crowns", "SEK").await;
    let bank = app.account(&client, "bank", "Bank", "EUR").await;
    for (account, kind, amount, day) in [
        (&site, "deposit", "100.01", "2026-10-01"),
        (&other, "deposit", "777.77", "2026-10-02"),
        (&bank, "deposit", "55.55", "2026-10-03"),
        (&site, "balance", "137.77", "2026-10-10"),
        (&site, "bonus", "20.03", "2026-10-12"),
        (&other, "balance", "800.81", "2026-10-14"),
        (&site, "expense", "11.11", "2026-10-20"),
        (&site, "withdrawal", "33.33", "2026-10-21"),
        (&bank, "balance", "50.05", "2026-10-22"),
        (&site, "balance", "171.19", "2026-10-28"),
    ] {
        let fields = [("account", &**account), ("amount", amount), ("date", day)];
        client.add_entry(kind, &fields).await;
    }
    let fields = [
        ("from", &*site),
        ("to", &*other),
        ("sent", "10"),
        ("received", "99.99"),
        ("date", "2026-10-29"),
    ];
    client.add_entry("transfer", &fields).await;
    for range in ["1d", "7d", "30d", "90d", "1y", "ytd", "all"] {
        let page = client.open(&format!("/dashboard?range={range}")).await;
        let moved = amounts(&page, "#main .moved-list li .amt");
        let [
            start,
            play,
            bonus,
            expenses,
            currency,
            deposits,
            withdrawals,
            end,
        ] = moved[..]
        else {
            panic!("{moved:?}");
        };
        let profit = play + bonus + expenses + currency;
        assert_eq!(
            start + profit + deposits + withdrawals,
            end,
            "{range}: {moved:?}"
        );
        // It is the same profit wherever it stands.
        assert_eq!(amounts(&page, ".proof b.amt"), [profit], "{range}");
        assert_eq!(amounts(&page, ".hero .pill .amt"), [profit], "{range}");
        let button = amounts(&page, ".ranges [aria-current] .amt");
        assert_eq!(
            button,
            [profit
                .round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero)]
        );
        let all = amounts(&page, "[data-figure=profit] .amt");
        let how = |paragraph: usize| {
            amounts(
                &page,
                &format!(".kpis ~ .how p:nth-of-type({paragraph}) .amt"),
            )
        };
        let [bankroll, put_in, taken_out, all_time] = how(2)[..] else {
            panic!("{:?}", how(2));
        };
        assert_eq!(bankroll - put_in + taken_out, all_time, "{range}");
        assert_eq!(all, [all_time], "{range}");
        let [now, then, put_in, taken_out, of_range] = how(3)[..] else {
            panic!("{:?}", how(3));
        };
        assert_eq!(
            (now - then - put_in + taken_out, of_range),
            (profit, profit),
            "{range}"
        );
        let halves = [
            amounts(&page, "[data-figure=sites]"),
            amounts(&page, "[data-figure=assets]"),
        ]
        .concat();
        assert_eq!(halves[0] + halves[1], end, "{range}");
        if range == "all" {
            assert_eq!(profit, all_time);
        }
        // The page of the chart says the same, the results of the accounts come to the profit, and the file is exact.
        let page = client
            .open(&format!("/charts/attribution?range={range}"))
            .await;
        let rows = table(&page, 2);
        let told: Vec<Decimal> = rows.iter().map(|(_, amount)| *amount).collect();
        assert_eq!(told[..8], moved[..], "{range}");
        assert_eq!(told[8], profit, "{range}");
        assert_eq!(
            told[9..].iter().sum::<Decimal>(),
            profit,
            "{range}: {rows:?}"
        );
        let file = client
            .open(&format!("/charts/attribution.csv?range={range}"))
            .await
            .html();
        let exact: Vec<Decimal> = file
            .lines()
            .skip(1)
            .map(|line| {
                line.rsplit(',')
                    .next()
                    .and_then(|cell| cell.parse().ok())
                    .expect("a number")
            })
            .collect();
        let near = |a: Decimal, b: Decimal| (a - b).abs() < Decimal::new(1, 15);
        assert!(near(exact[..7].iter().sum(), exact[7]), "{file}");
        assert!(near(exact[1..5].iter().sum(), exact[8]), "{file}");
        for (printed, exact) in told.iter().zip(&exact) {
            assert!(
                (printed - exact).abs() < Decimal::new(1, 2),
                "{range}: {printed} {exact}"
            );
        }
        // Every row of a table, and its last one what the dashboard says.
        let page = client
            .open(&format!("/charts/bankroll?range={range}"))
            .await;
        let [bankroll, put_in, profit] = [2, 3, 4].map(|column| table(&page, column));
        for ((bankroll, put_in), profit) in bankroll.iter().zip(&put_in).zip(&profit) {
            assert_eq!(bankroll.1 - put_in.1, profit.1, "{range} {}", bankroll.0);
        }
        assert_eq!(
            profit.last().map(|(_, profit)| *profit),
            Some(all_time),
            "{range}"
        );
    }
    let page = client.open("/accounts").await;
    for column in [4, 5] {
        let of = |rows: &str| {
            amounts(
                &page,
                &format!(
                    "{rows} td:nth-child({column}) > .amt, {rows} td:nth-child({column}) > .delta .amt"
                ),
            )
        };
        let (rows, groups, total) = (of("tbody tr:not(.sub)"), of("tbody tr.sub"), of("tfoot tr"));
        assert_eq!(rows.iter().sum::<Decimal>(), total[0], "{rows:?}");
        let elsewhere = if column == 5 {
            rows[rows.len() - 1]
        } else {
            Decimal::ZERO
        };
        assert_eq!(
            groups.iter().sum::<Decimal>() + elsewhere,
            total[0],
            "{groups:?}"
        );
    }
    let bankroll = amounts(&page, "tfoot tr td:nth-child(4) .amt")[0];
    for (chart, column) in [("distribution", 4), ("currencies", 3)] {
        let page = client.open(&format!("/charts/{chart}")).await;
        let values = amounts(&page, &format!(".figs tbody tr td:nth-child({column})"));
        assert_eq!(
            values.iter().sum::<Decimal>(),
            bankroll,
            "{chart}: {values:?}"
        );
    }
    let page = client.open("/charts/accounts?range=30d").await;
    let days = [2, 3, 4].map(|column| table(&page, column));
    let of_day: Decimal = days.iter().map(|column| column[column.len() - 1].1).sum();
    assert_eq!(of_day, bankroll);
    let dashboard = client.open("/dashboard?range=all").await;
    for (path, figure) in [("/deposits", "deposits"), ("/withdrawals", "withdrawals")] {
        let listed = amounts(
            &client.open(path).await,
            ".hero .figure, .hero .figure-long",
        );
        let told = amounts(&dashboard, &format!("[data-figure={figure}]"));
        assert_eq!(listed[0], told[0], "{path}");
    }
    let page = client.open("/stakes/cash").await;
    let table = |rows: &str| {
        amounts(
            &page,
            &format!("#advice .tbl-flow:not(.profiles) {rows} td:nth-child(2) .amt"),
        )
    };
    let values = table("tbody tr:has(.avatar)");
    assert_eq!(
        values.iter().sum::<Decimal>(),
        table("tfoot tr")[0],
        "{values:?}"
    );
}

/// The kind: a spreadsheet shows other letters, one column, or a text for a number.
#[tokio::test]
async fn files_open_right_in_the_spreadsheet_of_the_users_country() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    app.account_with(&client, "site", "Café; =1", "EUR", "1234.5")
        .await;
    for (format, line, said) in [
        (
            "comma-point",
            "Café; =1,1234.50,EUR,1234.50,100.0",
            "commas, and decimals follow a point",
        ),
        (
            "point-comma",
            "\"Café; =1\";1234,50;EUR;1234,50;100,0",
            "semicolons, and decimals follow a comma",
        ),
        (
            "apostrophe-point",
            "\"Café; =1\";1234.50;EUR;1234.50;100.0",
            "semicolons, and decimals follow a point",
        ),
    ] {
        sqlx::query("update users set number_format = $2 where id = $1")
            .bind(client.user)
            .bind(format)
            .execute(&app.db)
            .await
            .expect("the format");
        let file = client.open("/charts/distribution.csv").await.html();
        assert!(file.starts_with('\u{feff}'), "{file}");
        assert_eq!(file.lines().nth(1), Some(line));
        for path in ["/charts/distribution", "/dashboard", "/settings/data"] {
            let page = client.open(path).await.text();
            assert!(page.contains(said), "{path}: {page}");
        }
    }
}

/// What adds up on a page is rounded for it. A file is for computing.
#[tokio::test]
async fn a_file_holds_what_a_page_has_rounded() {
    let app = TestApp::new().await;
    app.set_rate("USD", TODAY, "3").await;
    let mut client = app.user().await;
    app.account_with(&client, "site", "Stars", "USD", "10")
        .await;
    for chart in [
        "bankroll",
        "accounts",
        "distribution",
        "flows",
        "attribution",
    ] {
        let path = format!("/charts/{chart}.csv?range=all");
        let file = client.open(&path).await.html();
        assert!(file.contains("3.33333333"), "{chart}: {file}");
    }
}
