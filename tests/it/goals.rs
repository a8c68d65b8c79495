//! Goals: set, reached by what happens, completed once, and taken along.

use std::io::Write;
use std::process::{Command, Stdio};

use stakeeasy::events::RatesChanged;
use stakeeasy::jobs;
use stakeeasy::web::session;

use crate::harness::{Client, Page, TODAY, TestApp};

/// Sets a goal with its form, which must be taken. Returns its key.
pub async fn set(client: &mut Client, fields: &[(&str, &str)]) -> String {
    let sent = try_set(client, fields).await;
    sent.leads_to("/goals");
    client
        .value("select id::text from goals where user_id = $1 order by created_at desc, xmin::text::bigint desc limit 1")
        .await
}

/// Sends the form of a new goal.
async fn try_set(client: &mut Client, fields: &[(&str, &str)]) -> Page {
    let page = client.open("/goals/new").await;
    client.submit(&page, ".goal-form", fields).await
}

async fn press(client: &mut Client, goal: &str, what: &str) -> Page {
    client
        .post_form(&format!("/goals/{goal}/{what}"), &[])
        .await
}

/// `status completed_on` of the only goal.
async fn state(client: &Client) -> String {
    client
        .value("select concat_ws(' ', status, completed_on) from goals where user_id = $1")
        .await
}

async fn observe(client: &mut Client, account: &str, amount: &str, day: &str) {
    let fields = [("account", account), ("amount", amount), ("date", day)];
    client.add_entry("balance", &fields).await;
}

/// Fails without `goals::review` in the job of `LedgerChanged`, and without the `status = 'active'` of
/// `queries::complete`: then it would be told twice.
#[tokio::test]
async fn a_goal_is_completed_by_the_job_of_the_entry_that_reaches_it() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "500")
        .await;
    let goal = set(&mut client, &[("target", "1000")]).await;
    let page = client.open("/goals").await;
    assert!(page.text().contains("Bankroll €1,000"), "{}", page.text());
    assert!(
        page.text()
            .contains("50.0 % 50.0 % €500.00 of €1,000.00 €500.00 to go"),
        "{}",
        page.text()
    );
    assert_eq!(page.attr("progress", "value"), "50.0");
    assert!(page.text().contains("no pace yet"), "{}", page.text());

    observe(&mut client, &site, "1000", TODAY).await;
    // Nobody has looked: the job alone does it.
    assert_eq!(state(&client).await, "active");
    app.run_jobs().await;
    assert_eq!(state(&client).await, format!("completed {TODAY}"));
    let page = client.open("/accounts").await;
    assert!(page.html().contains("Goal reached."), "{}", page.html());
    assert!(!client.open("/accounts").await.has(".toast"));
    assert!(
        client
            .open("/goals")
            .await
            .text()
            .contains("Completed on 30 Oct 2026")
    );

    // It stays completed when the money falls, and is not told again when it rises.
    for amount in ["10", "2000"] {
        observe(&mut client, &site, amount, TODAY).await;
        app.run_jobs().await;
        assert_eq!(state(&client).await, format!("completed {TODAY}"));
    }
    assert_eq!(
        app.number("select count(*) from notices where path = '/goals'")
            .await,
        0
    );
    // Badges count it, also when it is archived.
    let counted = "select goals::text from badge_facts where user_id = $1";
    assert_eq!(client.value(counted).await, format!("{{{TODAY}}}"));
    press(&mut client, &goal, "archive").await.is(303);
    assert_eq!(client.value(counted).await, format!("{{{TODAY}}}"));
    let badge = "select earned_on::text from achievements where user_id = $1 and key = 'GOAL_CRUSHER' and tier = 1";
    assert_eq!(client.value(badge).await, TODAY);
}

/// Fails if `reached_on` looks at today alone.
#[tokio::test]
async fn it_is_dated_by_the_day_on_which_it_was_first_reached() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "EUR").await;
    set(&mut client, &[("target", "1000")]).await;
    app.set_now("2026-11-05T12:00:00Z");
    observe(&mut client, &site, "1000", "2026-11-02").await;
    observe(&mut client, &site, "400", "2026-11-04").await;
    app.run_jobs().await;
    assert_eq!(state(&client).await, "completed 2026-11-02");
}

/// Fails if `reopen` keeps the day from which reaching it counts.
#[tokio::test]
async fn a_reopened_goal_is_completed_again_only_by_what_comes() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "EUR").await;
    let goal = set(&mut client, &[("target", "1000")]).await;
    observe(&mut client, &site, "1000", TODAY).await;
    app.run_jobs().await;
    app.set_now("2026-11-05T12:00:00Z");
    observe(&mut client, &site, "10", "2026-11-04").await;
    press(&mut client, &goal, "reopen")
        .await
        .leads_to(&format!("/goals/{goal}"));
    observe(&mut client, &site, "20", "2026-11-05").await;
    app.run_jobs().await;
    assert_eq!(state(&client).await, "active");
    observe(&mut client, &site, "1000", "2026-11-05").await;
    app.run_jobs().await;
    assert_eq!(state(&client).await, "completed 2026-11-05");

    // Still reached: nothing happens by itself, and the page says what will.
    press(&mut client, &goal, "reopen").await.is(303);
    let page = client.open(&format!("/goals/{goal}")).await;
    assert!(page.html().contains("raise its target"), "{}", page.html());
    app.run_jobs().await;
    assert_eq!(state(&client).await, "active");
    observe(&mut client, &site, "1001", "2026-11-05").await;
    app.run_jobs().await;
    assert_eq!(state(&client).await, "completed 2026-11-05");
}

/// Only a slip is taken back, and that is seen within a week.
#[tokio::test]
async fn a_goal_stays_reached_after_a_week_whatever_becomes_of_its_entries() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "EUR").await;
    set(&mut client, &[("target", "1000")]).await;
    observe(&mut client, &site, "1000", TODAY).await;
    app.run_jobs().await;
    let reached = format!("completed {TODAY}");
    assert_eq!(state(&client).await, reached);
    app.set_now("2026-11-07T12:00:00Z");
    app.sign_in(&mut client, session::Method::Password).await;
    let entry = client.newest_entry().await;
    client
        .post_form(&format!("/entries/{entry}/delete"), &[])
        .await
        .is(303);
    app.run_jobs().await;
    assert_eq!(state(&client).await, reached);
}

/// Fails without `RatesChanged` after an import or a correction, and if a book has only the rates of its accounts.
#[tokio::test]
async fn new_rates_can_reach_a_goal() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let mut other = app.user().await;
    app.account_with(&client, "bank", "Bank", "EUR", "100")
        .await;
    app.set_rate("USD", TODAY, "1.25").await;
    app.set_rate("GBP", TODAY, "0.80").await;
    set(&mut client, &[("target", "90"), ("currency", "GBP")]).await;
    set(&mut other, &[("target", "90"), ("currency", "GBP")]).await;
    app.run_jobs().await;
    let page = client.open("/goals").await;
    assert!(
        page.text().contains("£80.00 GBP of £90.00 GBP"),
        "{}",
        page.text()
    );

    let mut admin = app.admin().await;
    let rate = [
        ("currency", "GBP"),
        ("day", TODAY),
        ("per_eur", "0.90"),
        ("reason", "A test"),
        ("sure", "on"),
    ];
    admin.post_form("/admin/rates/correct", &rate).await.is(303);
    app.run_jobs().await;
    assert_eq!(state(&client).await, format!("completed {TODAY}"));
    assert_eq!(state(&other).await, "active");

    // The operator's import puts the same job down.
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"Date,USD\n2026-10-29,1.25\n").unwrap();
    let import = Command::new(env!("CARGO_BIN_EXE_stakeeasy"))
        .args(["rates", "import"])
        .arg(file.path())
        .env("DATABASE_URL", app.database_url())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(import.success());
    let waiting = "select count(*) from graphile_worker._private_jobs j
                   join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'rates_changed'";
    assert_eq!(app.number(waiting).await, 1);
    app.run_jobs().await;
}

/// Fails if one job reviews everybody, one after the other.
#[tokio::test]
async fn what_fails_for_one_stops_nobody_else() {
    let app = TestApp::new().await;
    app.set_rate("USD", TODAY, "1.25").await;
    let mut clients = vec![app.user().await, app.user().await, app.user().await];
    for client in &mut clients {
        app.account_with(client, "bank", "Bank", "EUR", "100").await;
        set(client, &[("target", "130"), ("currency", "USD")]).await;
    }
    app.run_jobs().await;
    let first: i64 = clients[0].user;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "create function fail() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
         create trigger fail before update on goals for each row when (old.user_id = {first}) execute function fail()"
    )))
    .execute(&app.db)
    .await
    .unwrap();
    app.set_rate("USD", TODAY, "1.40").await;
    let mut db = app.db.acquire().await.unwrap();
    jobs::enqueue(&mut db, RatesChanged {}).await.unwrap();
    app.run_jobs().await;
    let mut states = Vec::new();
    for client in &clients {
        states.push(state(client).await);
    }
    let reached = format!("completed {TODAY}");
    assert_eq!(states, ["active", &reached, &reached]);
}

/// A currency without any rate is said, and never one to one. With a rate it is completed where that is enough.
#[tokio::test]
async fn a_goal_without_a_rate_says_so() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    app.account_with(&client, "bank", "Bank", "EUR", "1000")
        .await;
    set(&mut client, &[("target", "500"), ("currency", "KWD")]).await;
    app.run_jobs().await;
    let page = client.open("/goals").await;
    assert!(
        page.text().contains("There is no rate for KWD"),
        "{}",
        page.text()
    );
    assert!(!page.has("progress"));
    let rate = [("currency", "KWD"), ("day", TODAY), ("price", "1")];
    client.post_form("/settings/rates", &rate).await.is(303);
    app.run_jobs().await;
    assert_eq!(state(&client).await, format!("completed {TODAY}"));
}

/// What is no profit in euro is one in dollars, which were dearer when the money came. Fails without the job of the
/// settings.
#[tokio::test]
async fn another_home_currency_can_reach_a_goal() {
    let app = TestApp::new().await;
    app.set_rate("USD", "2026-01-01", "1").await;
    app.set_rate("USD", TODAY, "1.5").await;
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "EUR").await;
    let deposit = [
        ("account", &*site),
        ("amount", "100"),
        ("date", "2026-01-01"),
    ];
    client.add_entry("deposit", &deposit).await;
    let profit = [
        ("kind", "profit"),
        ("target", "40"),
        ("currency", "USD"),
        ("since", ""),
    ];
    set(&mut client, &profit).await;
    app.run_jobs().await;
    assert_eq!(state(&client).await, "active");
    let page = client.open("/settings").await;
    client
        .submit(&page, "form[action='/settings']", &[("home", "USD")])
        .await
        .leads_to("/settings");
    app.run_jobs().await;
    assert!(state(&client).await.starts_with("completed 2026-"));
}

#[tokio::test]
async fn a_profit_counts_no_deposits_and_starts_where_it_is_told() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "EUR").await;
    let deposit = [
        ("account", &*site),
        ("amount", "100"),
        ("date", "2026-01-01"),
    ];
    client.add_entry("deposit", &deposit).await;
    observe(&mut client, &site, "300", "2026-05-01").await;
    observe(&mut client, &site, "350", "2026-10-01").await;
    let profit = [("kind", "profit"), ("target", "1000"), ("since", "")];
    let all = set(&mut client, &profit).await;
    let page = client.open("/goals").await;
    assert!(
        page.text().contains("€250.00 of €1,000.00"),
        "{}",
        page.text()
    );
    assert!(page.text().contains("Play +€250.00"), "{}", page.text());
    // 50 in the past 90 days: 0.56 a day, and 750 are missing.
    assert!(
        page.text()
            .contains("was €0.56 a day. At that pace you get there on 11 Jul 2030"),
        "{}",
        page.text()
    );
    let edit = client.open(&format!("/goals/{all}")).await;
    let fields = [("since", "2026-10-01")];
    client
        .submit(&edit, ".goal-form", &fields)
        .await
        .leads_to("/goals");
    let page = client.open("/goals").await;
    assert!(
        page.text().contains("€50.00 of €1,000.00"),
        "{}",
        page.text()
    );
    assert!(
        page.text().contains("Profit from 1 Oct 2026 on"),
        "{}",
        page.text()
    );
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_what_was_typed_stays() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    app.account_with(&client, "bank", "Bank", "EUR", "1000")
        .await;
    let stranger = app.user().await;
    let theirs = app.account(&stranger, "site", "Stars", "EUR").await;
    for (fields, field, why) in [
        (vec![("target", "")], "target", "Type an amount"),
        (vec![("target", "-5")], "target", "above zero"),
        (
            vec![("target", "1000")],
            "target",
            "You are there already: it is €1,000.00 EUR.",
        ),
        (
            vec![("target", "2000"), ("due", "2026-10-29")],
            "due",
            "This day is over",
        ),
        (
            vec![("target", "2000"), ("due", "2026-02-30")],
            "due",
            "February has 28 days",
        ),
        (
            vec![
                ("target", "2000"),
                ("currency", "JPY"),
                ("target", "2000.5"),
            ],
            "target",
            "no decimals",
        ),
        (
            vec![
                ("target", "2000"),
                ("kind", "account"),
                ("account", &theirs),
            ],
            "account",
            "one of your accounts",
        ),
        (
            vec![("target", "2000"), ("kind", "wish")],
            "kind",
            "what it is about",
        ),
        (
            vec![
                ("target", "2000"),
                ("kind", "profit"),
                ("since", "2026-10-31"),
            ],
            "since",
            "an earlier day",
        ),
    ] {
        let page = client.open("/goals/new").await;
        let mut form = page.form(".goal-form");
        for (name, value) in &fields {
            form.put(name, value);
        }
        let sent = client.send_form(&form).await;
        sent.is(422);
        assert!(sent.text().contains(why), "{fields:?}: {}", sent.text());
        assert!(sent.has(&format!("#{field}-e")), "{fields:?}");
        assert_eq!(sent.form(".goal-form").value("due"), form.value("due"));
    }
    assert_eq!(app.number("select count(*) from goals").await, 0);
}

/// Fails without the version in `queries::update`.
#[tokio::test]
async fn an_old_form_overwrites_nothing() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let goal = set(&mut client, &[("target", "1000")]).await;
    let path = format!("/goals/{goal}");
    let old = client.open(&path).await;
    client
        .submit(&old, ".goal-form", &[("name", "First")])
        .await
        .is(303);
    let late = client
        .submit(
            &old,
            ".goal-form",
            &[("name", "Second"), ("target", "1500")],
        )
        .await;
    late.is(409);
    let rows = late.texts(".changed tr.strong");
    assert_eq!(rows, ["Target 1,000.00 1500", "Name First Second"]);
    let again = late.attr(".cta a.btn-primary", "href");
    assert_eq!(
        client.open(&again).await.form(".goal-form").value("name"),
        "First"
    );
    assert_eq!(
        client
            .value("select name from goals where user_id = $1")
            .await,
        "First"
    );
    // One that is put away has no form at all.
    press(&mut client, &goal, "archive").await.is(303);
    assert!(!client.open(&path).await.has(".goal-form"));
    client
        .submit(&old, ".goal-form", &[("name", "Third")])
        .await
        .is(409);
    press(&mut client, &goal, "complete").await.is(409);
}

#[tokio::test]
async fn a_deleted_account_leaves_its_goal_and_comes_back_with_undo() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "100")
        .await;
    let fields = [("kind", "account"), ("account", &*site), ("target", "1000")];
    set(&mut client, &fields).await;
    assert!(client.open("/goals").await.text().contains("Stars €1,000"));
    client
        .post_form(&format!("/accounts/{site}/delete"), &[])
        .await
        .is(303);
    app.run_jobs().await;
    let page = client.open("/goals").await;
    assert!(
        page.text().contains("Its account is deleted"),
        "{}",
        page.text()
    );
    let change = client
        .value("select id::text from changes where user_id = $1 order by made_at desc, xmin::text::bigint desc limit 1")
        .await;
    client
        .post_form(&format!("/entries/history/{change}/undo"), &[])
        .await
        .is(303);
    assert!(
        client
            .open("/goals")
            .await
            .text()
            .contains("€100.00 of €1,000.00")
    );
}

#[tokio::test]
async fn an_overdue_goal_says_so_and_can_be_renamed() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let goal = set(&mut client, &[("target", "1000"), ("due", "2026-10-31")]).await;
    app.set_now("2026-11-05T12:00:00Z");
    assert!(
        client
            .open("/goals")
            .await
            .text()
            .contains("overdue since 31 Oct 2026")
    );
    let page = client.open(&format!("/goals/{goal}")).await;
    client
        .submit(&page, ".goal-form", &[("name", "A roof")])
        .await
        .leads_to("/goals");
    let page = client.open(&format!("/goals/{goal}")).await;
    client
        .submit(&page, ".goal-form", &[("due", "2026-11-01")])
        .await
        .is(422);
}

/// Fails without the lock or the limit in `service::add`.
#[tokio::test]
async fn there_are_at_most_a_hundred() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    set(&mut client, &[("target", "1000")]).await;
    sqlx::query(
        "insert into goals (id, user_id, kind, name, target, currency, due_on, started_on, status, created_at)
         select gen_random_uuid(), user_id, kind, name, target, currency, due_on, started_on, status, created_at
         from goals, generate_series(1, 98)",
    )
    .execute(&app.db)
    .await
    .unwrap();
    set(&mut client, &[("target", "1000")]).await;
    let sent = try_set(&mut client, &[("target", "1000")]).await;
    sent.is(422);
    assert!(
        sent.text().contains("there can be no more"),
        "{}",
        sent.text()
    );
    client.open("/goals").await;
}

#[tokio::test]
async fn hidden_amounts_are_hidden_and_kept() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    app.account_with(&client, "bank", "Bank", "EUR", "4711.17")
        .await;
    let goal = set(&mut client, &[("target", "8642.97")]).await;
    client
        .post_form("/settings/hide", &[("next", "/goals")])
        .await
        .is(303);
    for path in [
        "/goals",
        &format!("/goals/{goal}"),
        &format!("/goals/{goal}/delete"),
        "/goals/new",
        "/tools/bankroll-goals",
    ] {
        let html = client.open(path).await.html();
        for amount in [
            "4711.17", "4,711.17", "8642.97", "8,642.97", "3931.80", "3,931.80",
        ] {
            assert!(!html.contains(amount), "{path}: {amount}");
        }
    }
    let page = client.open(&format!("/goals/{goal}")).await;
    client
        .submit(&page, ".goal-form", &[("name", "A roof")])
        .await
        .is(303);
    assert_eq!(
        client
            .value("select concat(name, ' ', trim_scale(target)) from goals where user_id = $1")
            .await,
        "A roof 8642.97"
    );
}

/// Fails if a file is written or read without goals, or with the file's keys of accounts.
#[tokio::test]
async fn goals_are_exported_imported_and_emptied() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "100")
        .await;
    let fields = [
        ("kind", "account"),
        ("account", &*site),
        ("target", "1000.5"),
        ("name", "=A roof"),
    ];
    set(&mut client, &fields).await;
    let done = set(&mut client, &[("target", "5000")]).await;
    press(&mut client, &done, "complete").await.is(303);
    let all = "select string_agg(concat_ws(' ', g.kind, a.name, g.name, g.target, g.currency, g.since, g.due_on,
                                          g.started_on, g.status, g.completed_on, g.created_at), '|' order by g.target)
               from goals g left join accounts a on a.id = g.account_id and a.user_id = g.user_id where g.user_id = $1";
    let before = client.value(all).await;
    let exported = client.open("/settings/data/export.json").await;

    let mut other = app.user().await;
    crate::account::upload(&mut other, &exported.body)
        .await
        .leads_to("/settings/data/import");
    let page = other.open("/settings/data/import").await;
    assert!(page.text().contains("Goals 2"), "{}", page.text());
    other
        .submit(&page, "form[action='/settings/data/import/confirm']", &[])
        .await
        .is(303);
    assert_eq!(other.value(all).await, before);
    // Goals alone are enough for a second file to be refused.
    sqlx::query("delete from accounts where user_id = $1")
        .bind(other.user)
        .execute(&app.db)
        .await
        .unwrap();
    crate::account::upload(&mut other, &exported.body)
        .await
        .is(422);

    let page = client.open("/settings/data/reset").await;
    client
        .submit(
            &page,
            "form[action='/settings/data/reset']",
            &[("confirm", "RESET")],
        )
        .await
        .is(303);
    assert_eq!(
        client
            .value("select count(*)::text from goals where user_id = $1")
            .await,
        "0"
    );
}

/// What is drawn of goals on the dashboard is kept by `page_version`, so every change must be seen by it; and nothing that
/// was computed of the ledger is thrown away for it. Fails without the triggers of the table, and with those of the ledger.
#[tokio::test]
async fn the_dashboards_card_follows_every_change() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    app.account_with(&client, "bank", "Bank", "EUR", "100")
        .await;
    let version = "select page_version::text from users where id = $1";
    let ledger = "select ledger_version::text from users where id = $1";
    let before = client.value(ledger).await;
    let mut seen = vec![client.value(version).await];
    let goal = set(&mut client, &[("target", "1000")]).await;
    seen.push(client.value(version).await);
    for step in ["complete", "reopen", "archive", "delete"] {
        press(&mut client, &goal, step).await.is(303);
        seen.push(client.value(version).await);
    }
    assert!(seen.windows(2).all(|pair| pair[0] != pair[1]), "{seen:?}");
    assert_eq!(client.value(ledger).await, before);
}
