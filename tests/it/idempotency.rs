//! A form that is sent twice is saved once, and answered alike.

use axum::http::StatusCode;

use crate::harness::{Client, Form, Page, TestApp};

/// Sends a form twice: the second time nothing changes and the answer is the same.
async fn check_twice(app: &TestApp, client: &mut Client, form: &Form) {
    let first = client.send_form(form).await;
    assert_eq!(
        first.status,
        StatusCode::SEE_OTHER,
        "{}: {}",
        form.action,
        first.text()
    );
    let after = app.fingerprint().await;
    let second = client.send_form(form).await;
    assert_eq!(
        (second.status, second.header("location")),
        (first.status, first.header("location")),
        "{}: {}",
        form.action,
        second.text()
    );
    assert_eq!(app.fingerprint().await, after, "{}", form.action);
}

/// A form that is only a button, as the pages have them.
async fn button(client: &mut Client, action: &str, fields: &[(&str, &str)]) -> Form {
    let token = client.token().await;
    let key = uuid::Uuid::new_v4().to_string();
    let mut all = vec![("form_token", token.as_str()), ("form_key", key.as_str())];
    all.extend(fields);
    Form {
        action: action.to_owned(),
        fields: all
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect(),
        controls: Vec::new(),
    }
}

async fn entry_form(client: &mut Client, kind: &str, fields: &[(&str, &str)]) -> Form {
    let page = client.open(&format!("/entries/new?kind={kind}")).await;
    let mut form = page.form("main form[method=post]:has([name=date])");
    for (name, value) in fields {
        form.set(name, value);
    }
    form
}

/// Fails without the look at what the key was used for in `Sent::attempt`.
#[tokio::test]
async fn entries_of_every_kind_are_made_once() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "1000")
        .await;
    let bank = app.account(&client, "bank", "Bank", "EUR").await;
    for (kind, fields) in [
        ("balance", vec![("account", &*site), ("amount", "900")]),
        ("deposit", vec![("account", &*site), ("amount", "7")]),
        ("withdrawal", vec![("account", &*site), ("amount", "7")]),
        (
            "transfer",
            vec![("from", &*site), ("to", &*bank), ("sent", "7")],
        ),
        ("bonus", vec![("account", &*site), ("amount", "7")]),
        ("expense", vec![("account", &*site), ("amount", "7")]),
    ] {
        let form = entry_form(&mut client, kind, &fields).await;
        check_twice(&app, &mut client, &form).await;
    }
}

#[tokio::test]
async fn edits_and_deletions_and_undos_happen_once() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "1000")
        .await;
    let entry = client
        .add_entry("deposit", &[("account", &site), ("amount", "7")])
        .await;
    let page = client.open(&format!("/entries/{entry}")).await;
    let mut form = page.form(&format!("form[action='/entries/{entry}']"));
    form.set("amount", "8");
    check_twice(&app, &mut client, &form).await;
    let form = button(&mut client, &format!("/entries/{entry}/delete"), &[]).await;
    check_twice(&app, &mut client, &form).await;
    let change = client
        .value("select id::text from changes where user_id = $1 and action = 'delete'")
        .await;
    let form = button(&mut client, &format!("/entries/history/{change}/undo"), &[]).await;
    check_twice(&app, &mut client, &form).await;
}

#[tokio::test]
async fn a_gap_is_explained_once() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "1000")
        .await;
    let balance = client
        .add_entry("balance", &[("account", &site), ("amount", "1100")])
        .await;
    let form = button(
        &mut client,
        &format!("/entries/{balance}/gap"),
        &[("kind", "deposit")],
    )
    .await;
    check_twice(&app, &mut client, &form).await;
}

#[tokio::test]
async fn accounts_are_made_and_changed_once() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "1000")
        .await;
    let bank = app
        .account_with(&client, "bank", "Bank", "EUR", "1000")
        .await;
    let page = client.open("/accounts/new").await;
    let mut form = page.form("form[method=post]:has([name=opening])");
    form.set("name", "Party");
    form.set("kind", "site");
    form.set("currency", "EUR");
    form.set("opening", "12.34");
    check_twice(&app, &mut client, &form).await;
    let page = client.open(&format!("/accounts/{site}/edit")).await;
    let mut form = page.form("form:has([name=name])");
    form.set("name", "Full Tilt");
    check_twice(&app, &mut client, &form).await;
    for (action, fields) in [
        (format!("/accounts/{site}/archive"), vec![]),
        (format!("/accounts/{site}/restore"), vec![]),
        (
            "/accounts/order".to_owned(),
            vec![("order", &*bank), ("order", &*site)],
        ),
        (format!("/accounts/{site}/balance"), vec![("amount", "900")]),
        (format!("/accounts/{site}/delete"), vec![]),
    ] {
        let form = button(&mut client, &action, &fields).await;
        check_twice(&app, &mut client, &form).await;
    }
}

/// Fails if `database::in_turn` does not begin again, and if `changes::save` does not look at the version.
#[tokio::test]
async fn twenty_at_once_make_one_row() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "1000")
        .await;
    let form = entry_form(
        &mut client,
        "deposit",
        &[("account", &site), ("amount", "7")],
    )
    .await;
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (mut client, form) = (client.clone(), form.clone());
            tokio::spawn(async move { client.send_form(&form).await })
        })
        .collect();
    let mut answers: Vec<Page> = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    for answer in &answers {
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        assert_eq!(answer.header("location"), answers[0].header("location"));
    }
    assert_eq!(
        app.number("select count(*) from entries where amount = 7")
            .await,
        1
    );
    assert_eq!(app.number("select count(*) from submissions").await, 1);
}

#[tokio::test]
async fn twenty_at_once_with_keys_of_their_own_make_twenty_rows_and_lose_none() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "1000")
        .await;
    let form = entry_form(
        &mut client,
        "withdrawal",
        &[("account", &site), ("amount", "50")],
    )
    .await;
    let tasks: Vec<_> = (0..21)
        .map(|_| {
            let (mut client, mut form) = (client.clone(), form.clone());
            form.set("form_key", &uuid::Uuid::new_v4().to_string());
            tokio::spawn(async move { client.send_form(&form).await })
        })
        .collect();
    let mut taken = 0;
    for task in tasks {
        let answer = task.await.unwrap();
        taken += i64::from(answer.status == StatusCode::SEE_OTHER);
    }
    // The twenty-first finds the account empty.
    assert_eq!(taken, 20);
    assert_eq!(
        app.number("select count(*) from entries where amount = -50")
            .await,
        20
    );
    let page = client.open("/dashboard?range=all").await;
    assert_eq!(page.figure("bankroll"), "0");
}

/// Fails if `changes::save` does not look at the version: then what was decided on a hundred is saved onto forty.
#[tokio::test]
async fn two_writes_that_have_read_the_same_are_not_both_saved_onto_it() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "100")
        .await;
    let fields = [("account", &*site), ("amount", "60")];
    let form = entry_form(&mut client, "withdrawal", &fields).await;
    let mut other = app.db.begin().await.unwrap();
    sqlx::query("select from users where id = $1 for update")
        .bind(client.user)
        .execute(&mut *other)
        .await
        .unwrap();
    let tasks = [1, 2].map(|_| {
        let (mut client, mut form) = (client.clone(), form.clone());
        form.set("form_key", &uuid::Uuid::new_v4().to_string());
        tokio::spawn(async move { client.send_form(&form).await.status.as_u16() })
    });
    // Both have read, and wait to save.
    let waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while app.number(waiting).await < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    other.rollback().await.unwrap();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers.sort_unstable();
    assert_eq!(answers, [303, 422]);
    assert_eq!(app.violations().await, Vec::<String>::new());
}

/// Fails without the comparison with `request_hash` in `Sent::attempt`.
#[tokio::test]
async fn the_same_key_with_something_else_is_refused_and_can_be_sent_again() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "1000")
        .await;
    let mut form = entry_form(
        &mut client,
        "deposit",
        &[("account", &site), ("amount", "7")],
    )
    .await;
    assert_eq!(client.send_form(&form).await.status, StatusCode::SEE_OTHER);
    let after = app.fingerprint().await;
    form.set("amount", "8");
    let refused = client.send_form(&form).await;
    refused.is(422);
    assert_eq!(app.fingerprint().await, after);
    // What was typed is there, under a key that is free.
    let again = refused.form("form:has([name=amount])");
    assert_eq!(again.value("amount"), "8");
    assert_ne!(again.value("form_key"), form.value("form_key"));
    let sent = client.send_form(&again).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    assert_eq!(
        app.number("select count(*) from entries where amount in (7, 8)")
            .await,
        2
    );
}

#[tokio::test]
async fn a_key_belongs_to_its_user() {
    let app = TestApp::new().await;
    let (mut robin, mut sam) = (app.user().await, app.user().await);
    let key = uuid::Uuid::new_v4().to_string();
    for client in [&mut robin, &mut sam] {
        let account = app
            .account_with(client, "site", "Stars", "EUR", "1000")
            .await;
        let mut form =
            entry_form(client, "deposit", &[("account", &account), ("amount", "7")]).await;
        form.set("form_key", &key);
        assert_eq!(client.send_form(&form).await.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(
        app.number("select count(*) from entries where amount = 7")
            .await,
        2
    );
}

#[tokio::test]
async fn a_change_is_taken_back_once() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "1000")
        .await;
    client
        .add_entry("deposit", &[("account", &site), ("amount", "7")])
        .await;
    let change = client
        .value("select id::text from changes where user_id = $1 and action = 'add'")
        .await;
    let path = format!("/entries/history/{change}/undo");
    assert_eq!(
        client.post_form(&path, &[]).await.status,
        StatusCode::SEE_OTHER
    );
    let after = app.fingerprint().await;
    client.post_form(&path, &[]).await.is(409);
    assert_eq!(app.fingerprint().await, after);
}

#[tokio::test]
async fn a_refused_form_leaves_its_key_free() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "10")
        .await;
    let mut form = entry_form(
        &mut client,
        "withdrawal",
        &[("account", &site), ("amount", "11")],
    )
    .await;
    client.send_form(&form).await.is(422);
    form.set("amount", "10");
    assert_eq!(client.send_form(&form).await.status, StatusCode::SEE_OTHER);
}

/// Fails if a goal's key is not its form's, and if a status is changed that is so already.
#[tokio::test]
async fn goals_are_made_and_changed_once() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let page = client.open("/goals/new").await;
    let mut form = page.form(".goal-form");
    form.set("target", "1000");
    check_twice(&app, &mut client, &form).await;
    // The same form with something else in it is another goal, and says that it is not saved.
    form.set("target", "2000");
    client.send_form(&form).await.is(422);
    let goal = client
        .value("select id::text from goals where user_id = $1")
        .await;
    let path = format!("/goals/{goal}");
    let mut form = client.open(&path).await.form(".goal-form");
    form.set("name", "A roof");
    check_twice(&app, &mut client, &form).await;
    for step in ["complete", "archive", "reopen"] {
        let form = button(&mut client, &format!("{path}/{step}"), &[]).await;
        check_twice(&app, &mut client, &form).await;
    }
}
