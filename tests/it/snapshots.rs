//! What figures are made of belongs together, whatever others do meanwhile.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use std::time::Duration;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::{Connection, PgConnection};
use stakeeasy::features::bankroll::{self, figures::AccountFigures};
use stakeeasy::features::currency::{self, Rates};
use stakeeasy::ids::UserId;
use stakeeasy::money::Currency;

use crate::harness::{TODAY, TestApp};

const RATES: [(&str, &str); 4] = [
    ("USD", "1.25"),
    ("GBP", "0.80"),
    ("SEK", "10"),
    ("CHF", "0.95"),
];

fn code(code: &str) -> Currency {
    code.parse().unwrap()
}

/// Those of some currencies that convert into euros.
fn known(rates: &Rates, codes: &[&'static str]) -> Vec<&'static str> {
    let today: NaiveDate = TODAY.parse().unwrap();
    let converts = |from: &str| {
        rates
            .convert(Decimal::ONE, code(from), Currency::EUR, today)
            .is_some()
    };
    codes
        .iter()
        .copied()
        .filter(|code| converts(code))
        .collect()
}

/// Fails if an answer is built from what is kept at the end: a request of another version had emptied that meanwhile, and
/// currencies counted as ones without a rate.
#[tokio::test]
async fn rates_are_what_was_read_for_this_request_whatever_others_ask_for_meanwhile() {
    let (app, line) = TestApp::on_a_line(|_| ()).await;
    for (currency, per_eur) in RATES {
        app.set_rate(currency, TODAY, per_eur).await;
    }
    let version = app.number("select version from rates_state").await;
    let rates = async |version: i64, codes: &[&str]| {
        let currencies: Vec<Currency> = codes.iter().map(|of| code(of)).collect();
        let rates = currency::rates(&app.app, version, &currencies, &[]);
        rates.await.unwrap()
    };
    rates(version, &["USD"]).await;
    // Each asks for something that is not kept yet: otherwise there is nothing to wait for.
    for (other, asked) in [
        (version - 1, ["USD", "GBP", "JPY"]),
        (version + 1, ["USD", "SEK", "ISK"]),
    ] {
        line.delay(Duration::from_millis(150));
        let before = line.waited_for();
        let late = async {
            while line.waited_for() == before {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            rates(other, &["CHF"]).await
        };
        let (mine, others) = tokio::join!(rates(version, &asked), late);
        assert_eq!(known(&mine, &asked), asked[..2], "{other}");
        assert_eq!(known(&others, &["CHF"]), ["CHF"], "{other}");
        line.delay(Duration::ZERO);
        // An older request has not taken away what is kept for those of now.
        if other < version {
            let before = line.waited_for();
            rates(version, &asked).await;
            assert_eq!(line.waited_for(), before);
        }
    }
}

/// Waits until somebody waits for a lock.
async fn until_somebody_waits(app: &TestApp) {
    let waiting = "select count(*) from pg_locks where not granted";
    while app.number(waiting).await == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Fails if accounts and entries are read by two statements: the account that was deleted in between was there, and held
/// nothing.
#[tokio::test]
async fn a_book_is_read_in_one_piece() {
    let app = TestApp::new().await;
    let owner = app.user().await;
    app.account_with(&owner, "site", "Stars", "EUR", "100")
        .await;
    let gone = app.account_with(&owner, "site", "GG", "EUR", "50").await;
    let mut other = PgConnection::connect(&app.database_url()).await.unwrap();
    let mut held = other.begin().await.unwrap();
    sqlx::raw_sql("lock table entries in access exclusive mode")
        .execute(&mut *held)
        .await
        .unwrap();
    let deleted = async {
        until_somebody_waits(&app).await;
        for delete in [
            "delete from entries where account_id::text = $1",
            "delete from accounts where id::text = $1",
        ] {
            let delete = sqlx::query(delete).bind(&gone);
            delete.execute(&mut *held).await.unwrap();
        }
        held.commit().await.unwrap();
    };
    let (book, ()) = tokio::join!(bankroll::book_of(&app.app, UserId(owner.user)), deleted);
    let book = book.unwrap().unwrap();
    let balances = book.figures.accounts.iter().map(AccountFigures::balance);
    let held = (book.accounts.len(), balances.sum::<Decimal>());
    let (before, after) = ((2, Decimal::from(150)), (1, Decimal::from(100)));
    assert!(held == before || held == after, "{held:?}");
}
