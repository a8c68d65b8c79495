//! A book after a change, from the one before it: it is the one that a program without any memory computes.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use std::sync::Arc;

use rust_decimal::Decimal;
use stakeeasy::app::App;
use stakeeasy::config::Config;
use stakeeasy::features::bankroll::figures::Window;
use stakeeasy::features::bankroll::{self, Book};
use stakeeasy::ids::UserId;

use crate::harness::{Client, TestApp};

/// A user of 900 entries in three accounts, one a day at noon.
async fn long(app: &TestApp) -> (Client, String, String) {
    for day in ["2023-01-02", "2025-06-02", "2026-10-01"] {
        app.set_rate("USD", day, if day < "2024" { "1.25" } else { "1.5" })
            .await;
    }
    let client = app.user().await;
    let site = app.account(&client, "site", "Stars", "USD").await;
    let bank = app.account(&client, "bank", "Bank", "HRK").await;
    app.account(&client, "site", "Empty", "EUR").await;
    let filled = format!(
        "insert into entries (id, user_id, account_id, kind, amount, currency, occurred_at)
         select gen_random_uuid(), a.user_id, a.id, case n % 3 when 0 then 'balance' when 1 then 'deposit' else 'bonus' end,
                100 + n % 37, a.currency, timestamptz '2024-05-01 12:00Z' + n * interval '1 day'
         from generate_series(1, 900) n
         join accounts a on a.id = (case n % 2 when 0 then '{site}' else '{bank}' end)::uuid"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(filled))
        .execute(&app.app.db)
        .await
        .unwrap();
    (client, site, bank)
}

async fn book(app: &App, of: &Client) -> Arc<Book> {
    bankroll::book_of(app, UserId(of.user))
        .await
        .unwrap()
        .unwrap()
}

/// The same program, with nothing in its memory.
fn another(app: &TestApp) -> App {
    let config = Config::clone(&app.app.config);
    App::new(config, app.app.db.clone(), app.clock.clone()).unwrap()
}

fn told(book: &Book) -> String {
    let figures = &book.figures;
    let long_ago = Window {
        start: "2024-01-01".parse().unwrap(),
        end: "2025-01-01".parse().unwrap(),
    };
    format!(
        "{:?} {:?} {:?} {:?} {} {:?}",
        book.accounts,
        figures.accounts,
        figures.days,
        figures.estimated,
        figures.count(),
        figures.fixed_rates(long_ago).collect::<Vec<_>>(),
    )
}

#[tokio::test]
async fn after_every_change_the_book_is_the_one_computed_anew() {
    let app = TestApp::new().await;
    let (mut client, site, bank) = long(&app).await;
    let user = client.user;
    let before = told(&*book(&app.app, &client).await);
    let mut all = vec![before];
    let sql = async |sql: String| {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(&app.app.db)
            .await
            .unwrap();
    };
    let newest = format!(
        "(select id from entries where user_id = {user} order by occurred_at desc limit 1)"
    );
    let oldest =
        format!("(select id from entries where user_id = {user} order by occurred_at limit 1)");
    for step in 0..12 {
        match step {
            0 => {
                let fields = [("account", &*site), ("amount", "500")];
                client.add_entry("balance", &fields).await;
            }
            1 => {
                let fields = [
                    ("account", &*bank),
                    ("amount", "70"),
                    ("date", "2026-01-05"),
                ];
                client.add_entry("deposit", &fields).await;
            }
            // Before all that is read again.
            2 => {
                let fields = [
                    ("account", &*bank),
                    ("amount", "80"),
                    ("date", "2024-05-20"),
                ];
                client.add_entry("deposit", &fields).await;
            }
            3 => sql(format!("delete from entries where id = {newest}")).await,
            4 => sql(format!("delete from entries where id = {oldest}")).await,
            5 => {
                sql(format!(
                    "update entries set amount = 333 where id = {newest}"
                ))
                .await;
            }
            // From the newest to the oldest.
            6 => {
                let long_ago = "occurred_at = occurred_at - interval '2 years'";
                sql(format!("update entries set {long_ago} where id = {newest}")).await;
            }
            7 => {
                sql(format!(
                    "update accounts set name = 'Renamed' where id = '{site}'"
                ))
                .await;
            }
            8 => {
                sql(format!(
                    "insert into own_rates (user_id, currency, day, price, quoted_in)
                     values ({user}, 'USD', '2025-01-05', 0.5, 'EUR')"
                ))
                .await;
            }
            9 => {
                client.add_account("wallet", "New", "USD").await;
            }
            // More changes than are kept count of, the first of them to what is old.
            10 => {
                sql(format!(
                    "update entries set amount = 444 where id = {oldest}"
                ))
                .await;
                for _ in 0..120 {
                    sql(format!(
                        "update entries set amount = amount + 1 where id = {newest}"
                    ))
                    .await;
                }
            }
            _ => sql(format!("delete from entries where user_id = {user}")).await,
        }
        let now = told(&*book(&app.app, &client).await);
        assert_eq!(
            now,
            told(&*book(&another(&app), &client).await),
            "step {step}"
        );
        assert!(!all.contains(&now), "step {step} changed nothing");
        all.push(now);
    }
}

/// Fails if all is computed anew: then what was changed behind everybody's back would be there.
#[tokio::test]
async fn what_lies_long_before_a_change_is_not_read_again() {
    let app = TestApp::new().await;
    let (mut client, site, _) = long(&app).await;
    book(&app.app, &client).await;
    sqlx::raw_sql(
        "alter table entries disable trigger user;
         update entries set amount = 5000 where occurred_at < '2024-06-01' and kind = 'balance';
         alter table entries enable trigger user;",
    )
    .execute(&app.db)
    .await
    .unwrap();
    let held = |book: &Book| {
        let days = &book.figures.days;
        days.iter().map(|day| day.bankroll).max().unwrap()
    };
    client
        .add_entry("balance", &[("account", &*site), ("amount", "500")])
        .await;
    assert!(held(&*book(&app.app, &client).await) < Decimal::from(2_000));
    assert!(held(&*book(&another(&app), &client).await) > Decimal::from(2_000));
}
