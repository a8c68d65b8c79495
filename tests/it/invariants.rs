//! What may never be in a ledger, as the database itself tells it.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use crate::harness::{Client, TestApp};

/// Somebody with an account of each sort that matters, and a transfer.
async fn ledger(app: &TestApp) -> (Client, String, String) {
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "USD", "100")
        .await;
    let bank = app
        .account_with(&client, "bank", "Bank", "EUR", "100")
        .await;
    let transfer = [
        ("from", &*site),
        ("to", &*bank),
        ("sent", "10"),
        ("received", "7"),
        ("fee", "1"),
    ];
    client.add_entry("transfer", &transfer).await;
    client
        .add_entry("balance", &[("account", &site), ("amount", "150")])
        .await;
    // A debt.
    client
        .add_entry("expense", &[("account", &bank), ("amount", "300")])
        .await;
    (client, site, bank)
}

/// Fails if the view calls anything wrong that people do.
#[tokio::test]
async fn what_people_do_breaks_no_rule() {
    let app = TestApp::new().await;
    app.set_rate("USD", crate::harness::TODAY, "1.25").await;
    let (mut client, ..) = ledger(&app).await;
    ledger(&app).await;
    assert_eq!(app.violations().await, Vec::<String>::new());
    let page = client.open("/entries/history").await;
    let undo = scraper::Selector::parse("form[action$='/undo']").unwrap();
    let paths: Vec<_> = page
        .document()
        .select(&undo)
        .filter_map(|form| form.attr("action").map(str::to_owned))
        .collect();
    assert!(!paths.is_empty());
    for path in paths {
        client.post_form(&path, &[]).await;
    }
    assert_eq!(app.violations().await, Vec::<String>::new());
}

/// Each rule is broken by hand, around what else watches over it. Fails if the view does not tell of it.
#[tokio::test]
async fn every_rule_that_is_broken_is_told() {
    for (rule, broken) in [
        (
            "a transfer has two halves",
            "delete from entries where kind = 'transfer' and amount > 0",
        ),
        (
            "one half of a transfer goes out and the other comes in",
            "update entries set amount = 5 where kind = 'transfer' and amount < 0",
        ),
        (
            "a transfer goes from one account to another",
            "update entries e set account_id = o.account_id, currency = o.currency
             from entries o where e.kind = 'transfer' and o.kind = 'transfer' and e.amount > 0 and o.amount < 0",
        ),
        (
            "both halves of a transfer are of one instant",
            "update entries set occurred_at = occurred_at - interval '1 second' where kind = 'transfer' and amount > 0",
        ),
        (
            "both halves of a transfer are of one user",
            "update entries set user_id = (select max(id) from users) where kind = 'transfer' and amount > 0",
        ),
        (
            "an account is below zero only where it may owe",
            "update entries set amount = -1 where kind = 'balance'",
        ),
        (
            "a balance is below 100 billion",
            "update entries set amount = 99999999999 where kind = 'deposit'",
        ),
        (
            "an amount has the sign of its kind",
            "update entries set amount = -amount where kind = 'expense'",
        ),
        (
            "an amount has no more decimals than its currency",
            "update entries set amount = 150.001 where kind = 'balance'",
        ),
        (
            "only a transfer is one of a pair",
            "update entries set transfer_id = id where kind = 'balance'",
        ),
        (
            "a fee is a part of what goes out",
            "update entries set fee = 1 where kind = 'balance'",
        ),
        (
            "an entry is on an account of its user and in its currency",
            "update entries set user_id = (select max(id) from users) where kind = 'balance'",
        ),
        (
            "a goal is about an account of its user",
            "insert into goals (id, user_id, kind, account_id, target, currency, due_on, started_on, created_at)
             select gen_random_uuid(), (select max(id) from users), 'account', id, 1, currency, '2027-01-01', '2026-01-01', now()
             from accounts",
        ),
        (
            "a change is undone by one of its user",
            "update changes set undone_by = id",
        ),
        (
            "a form is answered with a change of its user",
            "update submissions set user_id = (select max(id) from users)",
        ),
        ("a version counts from one", "update accounts set version = 0"),
    ] {
        let app = TestApp::new().await;
        ledger(&app).await;
        app.user().await;
        for table in ["entries", "goals"] {
            let sql = format!("alter table {table} disable trigger all");
            run(&app, sql).await;
        }
        let checks: Vec<String> = sqlx::query_scalar(
            "select format('alter table %s drop constraint %I', conrelid::regclass, conname)
             from pg_constraint where contype = 'c' and conrelid = 'entries'::regclass",
        )
        .fetch_all(&app.db)
        .await
        .unwrap();
        for sql in checks {
            run(&app, sql).await;
        }
        assert_eq!(app.violations().await, Vec::<String>::new());
        run(&app, broken.to_owned()).await;
        let told = app.violations().await;
        assert!(told.contains(&rule.to_owned()), "{rule}: {told:?}");
    }
}

async fn run(app: &TestApp, sql: String) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(&app.db)
        .await
        .unwrap();
}
