//! Exchange rates: how a user's own join the bank's, which files are taken, and what pages say of both.

use std::io::{Cursor, Write};

use stakeeasy::features::currency;

use crate::harness::{Client, Page, TODAY, TestApp};

async fn import(app: &TestApp, file: impl Into<Vec<u8>>) -> anyhow::Result<u64> {
    let today = app.app.now().date_naive();
    currency::import_rates(&app.db, today, Cursor::new(file.into())).await
}

fn zipped(name: &str, content: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(name, zip::write::SimpleFileOptions::default())
        .expect("a zip");
    zip.write_all(content.as_bytes()).expect("a zip");
    zip.finish().expect("a zip").into_inner()
}

async fn set(client: &mut Client, fields: &[(&str, &str)]) -> Page {
    let page = client.open("/settings/rates").await;
    client.submit(&page, "form:has([name=price])", fields).await
}

/// The cells of a day in a chart's file.
async fn row(client: &mut Client, chart: &str, day: &str) -> Vec<String> {
    let file = client
        .open(&format!("/charts/{chart}.csv?range=all"))
        .await
        .html();
    let line = file.lines().find(|line| line.starts_with(day));
    let line = line.unwrap_or_else(|| panic!("no {day} in {file}"));
    line.split(',').map(str::to_owned).collect()
}

/// The kind: a rate that is set for a day changes days before it.
#[tokio::test]
async fn an_own_rate_joins_the_banks_by_day_and_leaves_the_past_alone() {
    let app = TestApp::new().await;
    for (day, rate) in [("2020-01-10", "68.041"), ("2022-03-01", "117.201")] {
        app.set_rate("RUB", day, rate).await;
    }
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "RUB").await;
    let fields = [
        ("account", &*site),
        ("amount", "100000"),
        ("date", "2020-01-10"),
    ];
    client.add_entry("deposit", &fields).await;
    let fields = [
        ("currency", "RUB"),
        ("price", "0.0103"),
        ("day", "2024-01-15"),
    ];
    set(&mut client, &fields).await.leads_to("/settings/rates");
    let rounded = |cells: Vec<String>| -> Vec<String> {
        let amount = |cell: &String| cell.parse::<rust_decimal::Decimal>().unwrap();
        cells[1..]
            .iter()
            .map(|cell| format!("{:.2}", amount(cell).round_dp(2)))
            .collect()
    };
    for (day, cells) in [
        ("2020-01-10", ["1469.70", "1469.70", "0.00"]),
        ("2022-03-01", ["853.24", "1469.70", "-616.47"]),
        ("2024-01-14", ["853.24", "1469.70", "-616.47"]),
        ("2024-01-15", ["1030.00", "1469.70", "-439.70"]),
        (TODAY, ["1030.00", "1469.70", "-439.70"]),
    ] {
        assert_eq!(
            rounded(row(&mut client, "bankroll", day).await),
            cells,
            "{day}"
        );
    }
    let said = client.open("/dashboard?range=all").await.text();
    assert!(!said.contains("had no rate"), "{said}");
}

/// The kind: what the page prints is not what its form takes.
#[tokio::test]
async fn a_price_is_taken_as_the_page_prints_it() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    for (format, price) in [
        ("comma-point", "86,500"),
        ("comma-point", "1,086,500.25"),
        ("comma-point", "0.00001234"),
        ("point-comma", "86.500"),
        ("space-comma", "86\u{a0}500,25"),
        ("apostrophe-point", "86'500"),
    ] {
        sqlx::query("update users set number_format = $2 where id = $1")
            .bind(client.user)
            .bind(format)
            .execute(&app.db)
            .await
            .unwrap();
        let fields = [("currency", "BTC"), ("price", price), ("day", TODAY)];
        set(&mut client, &fields).await.leads_to("/settings/rates");
        let page = client.open("/settings/rates").await;
        assert!(
            page.html().contains(&format!(">{price} "))
                || page.text().contains(&price.replace('\u{a0}', " ")),
            "{price} in {}",
            page.text()
        );
    }
    // Where a sign means nothing in the user's format, both readings are named.
    let fields = [("currency", "BTC"), ("price", "86,512"), ("day", TODAY)];
    let page = set(&mut client, &fields).await;
    page.is(422);
    assert!(
        page.text().contains("86,512 can mean 86512 or 86.512."),
        "{}",
        page.text()
    );
}

/// A currency that the bank quotes every day takes one too.
#[tokio::test]
async fn an_own_rate_of_a_quoted_currency_ends_when_the_bank_quotes_or_after_its_last_day() {
    let app = TestApp::new().await;
    for (day, rate) in [
        ("2026-10-01", "1.25"),
        ("2026-10-12", "1.00"),
        ("2026-10-20", "1.60"),
    ] {
        app.set_rate("USD", day, rate).await;
    }
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "USD").await;
    let fields = [
        ("account", &*site),
        ("amount", "100"),
        ("date", "2026-10-01"),
    ];
    client.add_entry("deposit", &fields).await;
    let bankroll = async |client: &mut Client, days: &[(&str, &str)]| {
        for (day, euros) in days {
            let cells = row(client, "bankroll", day).await;
            let found: rust_decimal::Decimal = cells[1].parse().unwrap();
            assert_eq!(found.normalize().to_string(), *euros, "{day}");
        }
    };
    let fields = [
        ("currency", "USD"),
        ("price", "0.9"),
        ("quoted_in", "EUR"),
        ("day", "2026-10-10"),
    ];
    set(&mut client, &fields).await.leads_to("/settings/rates");
    let days = [
        ("2026-10-09", "80"),
        ("2026-10-10", "90"),
        ("2026-10-11", "90"),
        ("2026-10-12", "100"),
        (TODAY, "62.5"),
    ];
    bankroll(&mut client, &days).await;
    let said = client.open("/settings/rates").await.text();
    assert!(
        said.contains("from 10 Oct 2026, until the bank quotes it again 0.9 EUR"),
        "{said}"
    );
    // The same day again replaces it.
    let mut through = fields.to_vec();
    through.push(("until", "2026-10-24"));
    set(&mut client, &through).await.leads_to("/settings/rates");
    let days = [
        ("2026-10-09", "80"),
        ("2026-10-24", "90"),
        ("2026-10-25", "62.5"),
        (TODAY, "62.5"),
    ];
    bankroll(&mut client, &days).await;
    let said = client.open("/settings/rates").await.text();
    assert!(said.contains("through 24 Oct 2026 0.9 EUR"), "{said}");
}

/// What is wrong with a rate is said at its field; nothing is saved.
#[tokio::test]
async fn a_rate_that_says_nothing_is_refused_at_its_field() {
    let app = TestApp::new().await;
    for (currency, rate) in [("USD", "1.25"), ("SEK", "11")] {
        app.set_rate(currency, "2026-10-01", rate).await;
    }
    let mut client = app.user_at_home("SEK").await;
    let right = [
        ("currency", "USD"),
        ("price", "10"),
        ("quoted_in", "SEK"),
        ("day", TODAY),
    ];
    for (field, value, said) in [
        ("day", "2026-10-31", "up to today, 30 Oct 2026"),
        ("day", "9999-12-31", "date"),
        ("day", "0001-01-01", "date"),
        ("until", "2026-10-29", "before the day"),
        ("until", "9999-12-31", "date"),
        ("quoted_in", "USD", "1 USD is always 1 USD"),
        ("quoted_in", "JPY", "from the list"),
        ("currency", "EUR", "The euro has no rate"),
        ("price", "0", "above zero"),
        ("price", "-10", "above zero"),
        ("price", "0.00000000001", "less than a unit"),
        ("price", "9,999,999,999", "more than a unit"),
        ("price", "0.1234567890123", "12 decimals"),
    ] {
        let mut fields = right.to_vec();
        fields.push((field, value));
        let page = set(&mut client, &fields).await;
        page.is(422);
        let error = page.attr(&format!("#{field}[aria-invalid=true]"), "aria-describedby");
        let document = page.document();
        let selector = scraper::Selector::parse(&format!("#{error}")).unwrap();
        let text: String = document.select(&selector).next().unwrap().text().collect();
        assert!(text.contains(said), "{field} {value}: {text}");
    }
    assert_eq!(app.number("select count(*) from own_rates").await, 0);
    set(&mut client, &right).await.leads_to("/settings/rates");
    // Now neither would have a value.
    let circle = [
        ("currency", "SEK"),
        ("price", "0.1"),
        ("quoted_in", "USD"),
        ("day", TODAY),
    ];
    let page = set(&mut client, &circle).await;
    page.is(422);
    assert!(
        page.text()
            .contains("USD is priced in SEK by another rate of yours"),
        "{}",
        page.text()
    );
    assert_eq!(app.number("select count(*) from own_rates").await, 1);
}

/// One tap, and it is said wherever it counts.
#[tokio::test]
async fn a_dollar_coin_counts_as_a_dollar_with_one_tap_and_pages_say_so() {
    let app = TestApp::new().await;
    for (day, rate) in [("2026-10-01", "1.25"), (TODAY, "1.00")] {
        app.set_rate("USD", day, rate).await;
    }
    let mut client = app.user().await;
    let page = client.open("/settings/rates").await;
    assert!(!page.has("#coins"), "nothing to offer");
    let site = app.account(&client, "site", "Coins", "USDT").await;
    let fields = [
        ("account", &*site),
        ("amount", "100"),
        ("date", "2026-10-01"),
    ];
    client.add_entry("deposit", &fields).await;
    let page = client.open("/dashboard?range=all").await;
    assert_eq!(page.figure("bankroll"), "0");
    assert_eq!(page.links("[data-excluded] a")[1], "/settings/rates#coins");
    let page = client.open("/settings/rates").await;
    let sent = client
        .submit(&page, "form[action='/settings/rates/peg']", &[])
        .await;
    sent.leads_to("/settings/rates");
    let page = client.open("/settings/rates").await;
    assert!(!page.has("#coins"));
    assert!(
        page.text()
            .contains("USDT from 6 Oct 2014, until your next rate 1 USD"),
        "{}",
        page.text()
    );
    // It follows the dollar: 80 then, 100 now, and nothing is estimated.
    let page = client.open("/dashboard?range=all").await;
    assert_eq!(page.figure("bankroll"), "100");
    assert_eq!(page.figure("deposits"), "80");
    assert!(!page.text().contains("estimated"), "{}", page.text());
    let account = format!("/accounts/{site}");
    for path in [
        "/dashboard",
        "/accounts",
        &*account,
        "/charts",
        "/charts/bankroll",
        "/charts/distribution",
        "/charts/attribution",
        "/deposits",
        "/stakes/cash",
        "/stakes/tournaments",
    ] {
        let said = client.open(path).await.text();
        assert!(
            said.contains("1 USDT counts as 1 USD, as you set."),
            "{path}: {said}"
        );
    }
    // The peg ages as little as the dollar does.
    let said = client.open("/dashboard").await.text();
    assert!(said.contains("rates as of 30 Oct 2026"), "{said}");
    for coin in ["BTC", "USD", "", "x"] {
        client
            .post_form("/settings/rates/peg", &[("currency", coin)])
            .await
            .is(404);
    }
    // Where there are rates already, the past keeps them.
    let fields = [
        ("currency", "USDC"),
        ("price", "0.9"),
        ("day", "2026-10-05"),
    ];
    set(&mut client, &fields).await.leads_to("/settings/rates");
    client
        .post_form("/settings/rates/peg", &[("currency", "USDC")])
        .await
        .leads_to("/settings/rates");
    let said = client.open("/settings/rates").await.text();
    assert!(
        said.contains("USDC from 30 Oct 2026") && said.contains("USDC from 5 Oct 2026"),
        "{said}"
    );
    // It is said of the past as well, where nothing is left.
    app.set_now("2026-11-02T12:00:00Z");
    let fields = [("account", &*site), ("amount", "100")];
    client.add_entry("withdrawal", &fields).await;
    app.set_now("2026-11-04T12:00:00Z");
    let said = client.open("/charts/bankroll?range=30d").await.text();
    assert!(
        said.contains("1 USDT counts as 1 USD, as you set."),
        "{said}"
    );
}

/// "1 BTC costs 95,000 USD" stays 95,000 dollars, and a price in the home currency stands still.
#[tokio::test]
async fn a_price_follows_the_currency_that_it_is_in() {
    let app = TestApp::new().await;
    for (day, rate) in [("2026-10-01", "1.25"), ("2026-10-20", "1.00")] {
        app.set_rate("USD", day, rate).await;
    }
    let mut client = app.user().await;
    let coins = app.account(&client, "crypto", "Coins", "BTC").await;
    let fields = [
        ("account", &*coins),
        ("amount", "2"),
        ("date", "2026-10-01"),
    ];
    client.add_entry("deposit", &fields).await;
    for (quoted_in, then, now) in [("USD", "152000", "190000"), ("EUR", "190000", "190000")] {
        let fields = [
            ("currency", "BTC"),
            ("price", "95,000"),
            ("quoted_in", quoted_in),
            ("day", "2026-10-01"),
        ];
        set(&mut client, &fields).await.leads_to("/settings/rates");
        let page = client.open("/dashboard?range=all").await;
        assert_eq!(
            (page.figure("deposits"), page.figure("bankroll")),
            (then.to_owned(), now.to_owned())
        );
        let said = format!("1 BTC counts as 95,000 {quoted_in}, as you set on 1 Oct 2026.");
        assert!(page.text().contains(&said), "{}", page.text());
    }
}

/// The migration: what was kept as units for one euro is worth the same as a price.
#[tokio::test]
async fn rates_of_before_are_the_prices_that_were_typed() {
    let app = TestApp::new().await;
    let client = app.user().await;
    let before = "drop table own_rates;
        create table own_rates (
            user_id bigint not null references users on delete cascade,
            currency text not null references currencies,
            day date not null,
            per_eur numeric not null constraint own_rates_per_eur_range check (per_eur >= 1e-8 and per_eur <= 1e8),
            primary key (user_id, currency, day)
        )";
    let migration =
        include_str!("../../migrations/20261128100000_keep_own_rates_as_they_were_said.sql");
    sqlx::raw_sql(before).execute(&app.db).await.unwrap();
    for (currency, per_eur) in [
        ("BTC", "0.000016393442622950819672"),
        ("ETH", "100000000"),
        ("RUB", "97.087378640776699029"),
        ("USDC", "0.00000001"),
        ("USDT", "1.0869565217391304348"),
    ] {
        sqlx::query("insert into own_rates values ($1, $2, '2026-01-01', $3::numeric)")
            .bind(client.user)
            .bind(currency)
            .bind(per_eur.parse::<rust_decimal::Decimal>().unwrap())
            .execute(&app.db)
            .await
            .unwrap();
    }
    sqlx::raw_sql(migration).execute(&app.db).await.unwrap();
    let prices = client
        .value("select string_agg(price || ' ' || quoted_in, ', ' order by currency) from own_rates where user_id = $1")
        .await;
    assert_eq!(
        prices,
        "61000 EUR, 0.00000001 EUR, 0.0103 EUR, 100000000 EUR, 0.92 EUR"
    );
}

/// The kind: a file that the bank or a spreadsheet makes is refused, or read wrong.
#[tokio::test]
async fn rate_files_are_read_as_they_come() {
    let app = TestApp::new().await;
    let text = "Date,USD,JPY,\n2026-10-29,1.1,170,\n";
    let daily = "Date, USD, JPY, \n30 October 2026, 1.2, 171, \n";
    assert_eq!(import(&app, format!("\u{feff}{text}")).await.unwrap(), 2);
    assert_eq!(import(&app, daily).await.unwrap(), 2);
    let zip = zipped("eurofxref-hist.csv", "Date,USD\n2026-10-28,1.3\n");
    assert_eq!(import(&app, zip).await.unwrap(), 1);
    let wide: Vec<u8> = "\u{feff}Date,USD\n2026-10-28,1.3\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let refused = import(&app, wide).await.unwrap_err().to_string();
    assert!(refused.contains("UTF-16"), "{refused}");
    let refused = import(&app, b"Date,USD,Caf\xe9\n2026-10-28,1.3,1\n".to_vec())
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("UTF-8"), "{refused:#}");
}

/// The kind: what is wrong with a file is said in the database's words, or not at all.
#[tokio::test]
async fn a_wrong_rate_file_is_refused_with_its_line_and_the_reason() {
    let app = TestApp::new().await;
    for (file, line, reason) in [
        (
            "Date,USD\n2026-10-29,1.1\n2026-10-28,1.1\n2026-10-29,1.2\n",
            "line 4",
            "twice",
        ),
        (
            "Date,USD,JPY,USD\n2026-10-29,1.1,170,1.2\n",
            "line 1",
            "twice",
        ),
        ("Date,USD\n2026-10-29,0\n", "line 2", "0"),
        (
            "Date,USD\n2026-10-29,0.0000000000001\n",
            "line 2",
            "0.0000000000001",
        ),
        (
            "Date,USD\n2026-10-29,1000000000000\n",
            "line 2",
            "1000000000000",
        ),
        (
            "Date,USD\n2026-10-29,1.1\n2026-10-31,1.1\n",
            "line 3",
            "2026-10-31",
        ),
        ("Date,USD\n9999-12-31,1.1\n", "line 2", "9999-12-31"),
        ("Date,USD\n0001-01-01,1.1\n", "line 2", "0001-01-01"),
    ] {
        let refused = match import(&app, file).await {
            Ok(count) => panic!("{file} was taken: {count}"),
            Err(error) => format!("{error:#}"),
        };
        assert!(
            refused.contains(line) && refused.contains(reason),
            "{file}: {refused}"
        );
        for word in [
            "constraint",
            "ON CONFLICT",
            "violates",
            "database",
            "relation",
        ] {
            assert!(!refused.contains(word), "{file}: {refused}");
        }
    }
    assert_eq!(app.number("select count(*) from exchange_rates").await, 0);
}

/// The kind: a rate of a day that has not come is used, or names the day that rates are of.
#[tokio::test]
async fn rates_of_the_future_are_neither_used_nor_named() {
    let app = TestApp::new().await;
    app.set_rate("USD", "2026-10-01", "1.25").await;
    app.set_rate("USD", "2027-05-01", "2").await;
    app.set_rate("EUR", "2026-10-30", "1").await;
    app.set_rate("JPY", "2027-05-01", "100").await;
    let mut client = app.user().await;
    app.account_with(&client, "site", "Stars", "USD", "100")
        .await;
    app.account_with(&client, "site", "Yen", "JPY", "5000")
        .await;
    let page = client.open("/dashboard?range=all").await;
    assert_eq!(page.figure("bankroll"), "80");
    assert!(
        page.text().contains("rates as of 1 Oct 2026"),
        "{}",
        page.text()
    );
    assert!(
        page.text()
            .contains("5,000 JPY isn't included: no rate yet"),
        "{}",
        page.text()
    );
    let mut admin = app.admin().await;
    let page = admin.open("/admin").await.text();
    assert!(page.contains("Newest exchange rates 1 Oct 2026"), "{page}");
    let page = admin.open("/admin/rates?currency=USD").await.text();
    assert!(
        page.contains("One more is dated after today") && !page.contains("2027"),
        "{page}"
    );
    let page = admin.open("/admin/currencies").await.text();
    assert!(!page.contains("2027"), "{page}");
    // A column of the euro says nothing, and a rate that an administrator sets is not the bank's.
    import(&app, "Date,USD,EUR\n2026-10-02,1.25,\n2026-10-05,,1\n")
        .await
        .unwrap();
    app.set_rate("GBP", "2026-10-03", "0.8").await;
    let manual = "insert into exchange_rates (currency, day, per_eur, source) values ('BTC', '2026-10-29', 0.00001, 'manual')";
    sqlx::query(manual).execute(&app.db).await.unwrap();
    let page = admin.open("/admin").await.text();
    assert!(page.contains("Newest exchange rates 3 Oct 2026"), "{page}");
    // On its day it holds.
    app.set_now("2027-05-01T12:00:00Z");
    app.sign_in(&mut client, stakeeasy::web::session::Method::Password)
        .await;
    assert_eq!(
        client.open("/dashboard?range=all").await.figure("bankroll"),
        "100"
    );
}

/// As an operator loads them: the bank's zip as it comes, and the reason where a file is wrong.
#[tokio::test]
async fn the_program_loads_the_banks_zip_and_says_what_is_wrong_with_another_file() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let load = |name: &str, content: &[u8]| {
        let file = dir.path().join(name);
        std::fs::write(&file, content).unwrap();
        let ended = std::process::Command::new(env!("CARGO_BIN_EXE_stakeeasy"))
            .args(["rates", "import"])
            .arg(&file)
            .env_clear()
            .env("DATABASE_URL", app.database_url())
            .env("DATA_DIR", dir.path().join("data"))
            .output()
            .unwrap();
        let said = [ended.stdout, ended.stderr].concat();
        (ended.status.success(), String::from_utf8(said).unwrap())
    };
    std::fs::create_dir(dir.path().join("data")).unwrap();
    let (loaded, said) = load(
        "eurofxref.zip",
        &zipped("eurofxref.csv", "Date, USD, \n2 January 2020, 1.1193, \n"),
    );
    assert!(loaded && said.contains("1 rates are loaded."), "{said}");
    let (loaded, said) = load("twice.csv", b"Date,USD\n2020-01-02,1.1\n2020-01-02,1.2\n");
    assert!(
        !loaded && said.contains("line 3: 2020-01-02 stands twice, first on line 2"),
        "{said}"
    );
    let (loaded, said) = load("later.csv", b"Date,USD\n2199-01-01,1.1\n");
    assert!(
        !loaded && said.contains("line 2: 2199-01-01 has not come yet"),
        "{said}"
    );
    assert_eq!(app.number("select count(*) from exchange_rates").await, 1);
}

/// The kind: values of the past take a rate that nobody had renewed for years, and no page says so.
#[tokio::test]
async fn old_rates_of_the_past_are_marked_where_they_are_used_even_if_nothing_is_left() {
    const ISK: &str = "ISK is valued at the rate of 9 Dec 2008 until 31 Jan 2018: the bank quoted none in between.";
    const RUB: &str = "RUB is valued at the rate of 1 Mar 2022: the bank has quoted none since.";
    const UNTIL: &str = "RUB is valued at the rate of 1 Mar 2022 until 14 Jan 2024: the bank quoted none in between.";
    const OWN: &str = "1 RUB counts as 0.0103 EUR, as you set on 15 Jan 2024.";

    let app = TestApp::new().await;
    for (currency, day, rate) in [
        ("ISK", "2008-12-01", "180"),
        ("ISK", "2008-12-09", "290"),
        ("ISK", "2018-02-01", "125.01"),
        ("RUB", "2022-02-28", "115"),
        ("RUB", "2022-03-01", "117.201"),
        ("ISK", TODAY, "140"),
        ("USD", TODAY, "1.1"),
    ] {
        app.set_rate(currency, day, rate).await;
    }
    let mut client = app.user().await;
    let crowns = app.account(&client, "bank", "Crowns", "ISK").await;
    let roubles = app.account(&client, "site", "Roubles", "RUB").await;
    for (account, kind, amount, day) in [
        (&crowns, "deposit", "100000", "2008-12-05"),
        (&crowns, "withdrawal", "100000", "2012-05-01"),
        (&roubles, "deposit", "50000", "2022-03-01"),
    ] {
        let fields = [("account", &**account), ("amount", amount), ("date", day)];
        client.add_entry(kind, &fields).await;
    }
    let says = async |client: &mut Client, path: &str, said: &[&str], not: &[&str]| {
        let page = client.open(path).await.text();
        for words in said {
            assert!(page.contains(words), "{path} does not say {words}: {page}");
        }
        for words in not {
            assert!(!page.contains(words), "{path} says {words}: {page}");
        }
    };
    // Nothing is left in crowns: the past is valued at them all the same.
    let account = format!("/accounts/{roubles}");
    for (path, said, not) in [
        ("/charts/bankroll?range=all", &[ISK, RUB][..], &[][..]),
        ("/charts/profit?range=all", &[ISK, RUB], &[]),
        ("/charts/accounts?range=all", &[ISK, RUB], &[]),
        ("/charts/attribution?range=all", &[ISK, RUB], &[]),
        ("/charts/flows?range=all", &[ISK, RUB], &[]),
        ("/dashboard?range=all", &[ISK, RUB], &[]),
        ("/charts/bankroll?range=1y", &[RUB], &["ISK"]),
        ("/charts/distribution", &[RUB], &["ISK is valued"]),
        ("/dashboard", &[RUB], &[ISK]),
        ("/accounts", &[RUB], &[ISK]),
        ("/withdrawals", &[ISK], &["RUB is"]),
        ("/deposits", &[ISK], &[]),
        (&account, &[RUB], &["ISK"]),
        ("/stakes/cash", &[RUB], &[ISK]),
    ] {
        says(&mut client, path, said, not).await;
    }
    // The rows of a table too: of the years that were valued at an old rate, and of no others.
    let page = client.open("/charts/bankroll?range=all").await.text();
    for (year, is_old) in [
        (2008, false),
        (2009, true),
        (2011, true),
        (2012, false),
        (2021, false),
        (2022, true),
    ] {
        assert_eq!(
            page.contains(&format!("{year} old rate")),
            is_old,
            "{year}: {page}"
        );
    }
    // An own rate ends the one, and grows old itself.
    let fields = [
        ("currency", "RUB"),
        ("price", "0.0103"),
        ("day", "2024-01-15"),
    ];
    set(&mut client, &fields).await.leads_to("/settings/rates");
    says(
        &mut client,
        "/charts/bankroll?range=all",
        &[ISK, UNTIL, OWN],
        &[RUB],
    )
    .await;
    says(&mut client, "/dashboard", &[OWN], &[UNTIL, RUB]).await;
    let page = client.open("/dashboard").await;
    assert!(page.has("[data-rate-note].age-old"));
    let fields = [("currency", "RUB"), ("price", "0.01"), ("day", TODAY)];
    set(&mut client, &fields).await.leads_to("/settings/rates");
    let past = "RUB is valued at your rate of 15 Jan 2024 until 29 Oct 2026.";
    says(
        &mut client,
        "/dashboard",
        &["1 RUB counts as 0.01 EUR, as you set on 30 Oct 2026.", past],
        &[],
    )
    .await;
    assert!(
        client
            .open("/charts/distribution")
            .await
            .has("[data-rate-note]:not(.age-old)")
    );
    // What the bank quotes and nobody has loaded is called that.
    app.set_now("2026-12-24T12:00:00Z");
    app.sign_in(&mut client, stakeeasy::web::session::Method::Password)
        .await;
    let fields = [("account", &*crowns), ("amount", "5000")];
    client.add_entry("balance", &fields).await;
    says(
        &mut client,
        "/charts/distribution",
        &["ISK is valued at the rate of 30 Oct 2026: no newer one is loaded."],
        &[],
    )
    .await;
    // Everything that is told in a currency takes its rate.
    let mut client = app.user_at_home("ISK").await;
    let bank = app.account(&client, "bank", "Bank", "EUR").await;
    let fields = [
        ("account", &*bank),
        ("amount", "100"),
        ("date", "2010-01-01"),
    ];
    client.add_entry("deposit", &fields).await;
    says(&mut client, "/charts/bankroll?range=all", &[ISK], &[]).await;
}

/// What became the euro is worth what it was exchanged for, whatever the bank said last, and pages say so.
#[tokio::test]
async fn a_currency_that_became_the_euro_counts_at_the_rate_that_was_fixed() {
    const HRK: &str = "7.5345 HRK always count as 1 EUR: HRK became the euro on 1 Jan 2023.";
    const BGN: &str = "1.95583 BGN always count as 1 EUR: BGN became the euro on 1 Jan 2026.";

    let app = TestApp::new().await;
    for (currency, day, rate) in [
        ("HRK", "2022-12-30", "7.5365"),
        ("BGN", "2025-12-31", "1.9558"),
        ("USD", "2022-12-30", "1.0666"),
        ("USD", TODAY, "1.25"),
    ] {
        app.set_rate(currency, day, rate).await;
    }
    let mut client = app.user().await;
    let kuna = app.account(&client, "bank", "Kuna", "HRK").await;
    let lev = app.account(&client, "site", "Lev", "BGN").await;
    for (account, amount, day) in [
        (&kuna, "7534.5", "2022-12-30"),
        (&lev, "195.58", "2026-02-02"),
    ] {
        let fields = [("account", &**account), ("amount", amount), ("date", day)];
        client.add_entry("deposit", &fields).await;
    }
    for (day, euros) in [
        ("2022-12-31", "999.73"),
        ("2023-01-01", "1000.00"),
        (TODAY, "1100.00"),
    ] {
        let cells = row(&mut client, "bankroll", day).await;
        let euro: rust_decimal::Decimal = cells[1].parse().unwrap();
        assert_eq!(format!("{:.2}", euro.round_dp(2)), euros, "{day}");
    }
    for (path, said) in [
        ("/dashboard", &[HRK, BGN][..]),
        ("/accounts", &[HRK, BGN]),
        ("/charts/bankroll?range=all", &[HRK, BGN]),
        (&format!("/accounts/{kuna}"), &[HRK]),
    ] {
        let page = client.open(path).await.text();
        for words in said {
            assert!(page.contains(words), "{path} does not say {words}: {page}");
        }
        // It neither ages nor is it an estimate.
        for words in [
            "is valued at the rate of",
            "rates as of",
            "old rate",
            "estimated",
        ] {
            assert!(!page.contains(words), "{path} says {words}: {page}");
        }
    }
    // Into another home currency that one's rate ages as ever.
    sqlx::query("update users set home_currency = 'USD' where id = $1")
        .bind(client.user)
        .execute(&app.db)
        .await
        .unwrap();
    let page = client.open("/dashboard").await;
    assert!(page.figure("bankroll").starts_with("1374.998"));
    assert!(
        page.text().contains("rates as of 30 Oct 2026"),
        "{}",
        page.text()
    );
    // A rate of one's own from a later day on counts, as for any other currency.
    let fields = [
        ("currency", "HRK"),
        ("price", "0.2"),
        ("quoted_in", "EUR"),
        ("day", TODAY),
    ];
    set(&mut client, &fields).await.leads_to("/settings/rates");
    let page = client.open("/accounts").await.text();
    assert!(
        page.contains("1 HRK counts as 0.2 EUR, as you set"),
        "{page}"
    );
}

/// Before 2005 a lira of today had no rate: the oldest counts, and the page says that it is an estimate.
#[tokio::test]
async fn a_value_of_before_the_first_rate_is_an_estimate() {
    let app = TestApp::new().await;
    for (currency, day, rate) in [
        ("TRL", "2004-12-31", "1836200"),
        ("TRY", "2005-01-03", "1.815"),
        ("TRY", TODAY, "55"),
    ] {
        app.set_rate(currency, day, rate).await;
    }
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Lira", "TRY").await;
    let fields = [
        ("account", &*site),
        ("amount", "181.5"),
        ("date", "2004-05-01"),
    ];
    client.add_entry("deposit", &fields).await;
    let cells = row(&mut client, "bankroll", "2004-05-01").await;
    let euros: rust_decimal::Decimal = cells[1].parse().unwrap();
    assert_eq!(euros.normalize().to_string(), "100");
    let page = client.open("/dashboard?range=all").await.text();
    assert!(page.contains("estimated"), "{page}");
}
