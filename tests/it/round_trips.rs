//! How often a write goes to the database and back. Over a long line each time is time that a person waits, and everybody
//! behind them.

use std::time::Duration;

use uuid::Uuid;

use crate::harness::{Client, Form, Line, PASSWORD, TestApp};

/// Sends a form and counts the trips for which its sender waits. Everything before it is as a person does it: what is kept
/// from page to page is there.
async fn counted(line: &Line, client: &mut Client, form: &Form) -> u64 {
    settled(line).await;
    let before = line.waited_for();
    client.send_form(form).await.is(303);
    settled(line).await;
    line.waited_for() - before
}

/// Waits until nothing goes to and fro any more: a connection is looked at after the answer.
async fn settled(line: &Line) {
    loop {
        let before = line.trips();
        tokio::time::sleep(Duration::from_millis(30)).await;
        if line.trips() == before {
            return;
        }
    }
}

/// So often that each connection has met each statement: what is met first is asked about first.
const ROUNDS: usize = 12;

/// The fewest trips of many rounds of a write, each with a form of its own.
async fn least(
    line: &Line,
    client: &mut Client,
    mut form: impl AsyncFnMut(&mut Client) -> Form,
) -> u64 {
    let mut least = u64::MAX;
    for _ in 0..ROUNDS {
        let form = form(client).await;
        least = least.min(counted(line, client, &form).await);
    }
    least
}

async fn entry_form(client: &mut Client, kind: &str, fields: &[(&str, &str)]) -> Form {
    let page = client.open(&format!("/entries/new?kind={kind}")).await;
    let mut form = page.form("main form[method=post]:has([name=date])");
    for (name, value) in fields {
        form.set(name, value);
    }
    form
}

/// A form that is only a button.
async fn button(client: &mut Client, action: String) -> Form {
    let page = client.open("/entries").await;
    let token = page.attr("meta[name=form-token]", "content");
    Form {
        action,
        fields: vec![
            ("form_token".to_owned(), token),
            ("form_key".to_owned(), Uuid::new_v4().to_string()),
        ],
        controls: Vec::new(),
    }
}

/// Fails if each of them reads the ledger for itself.
#[tokio::test]
async fn several_requests_of_one_user_read_the_ledger_once() {
    let (app, line) = TestApp::on_a_line(|_| ()).await;
    let mut user = app.user().await;
    let site = app.account(&user, "site", "Stars", "EUR").await;
    let (mut one, mut two, mut three) = (
        app.another(&user).await,
        app.another(&user).await,
        app.another(&user).await,
    );
    let mut least = u64::MAX;
    for amount in 1..=ROUNDS {
        let amount = amount.to_string();
        user.add_entry("balance", &[("account", &site), ("amount", &amount)])
            .await;
        settled(&line).await;
        let before = line.waited_for();
        line.delay(Duration::from_millis(20));
        let pages = tokio::join!(
            one.get("/accounts"),
            two.get("/accounts"),
            three.get("/accounts")
        );
        line.delay(Duration::ZERO);
        for page in [pages.0, pages.1, pages.2] {
            page.is(200);
            assert!(
                page.text().contains(&format!("€{amount}.00")),
                "{}",
                page.text()
            );
        }
        settled(&line).await;
        least = least.min(line.waited_for() - before);
    }
    // Three sessions and one ledger.
    assert_eq!(least, 4);
}

/// Fails if any of these writes takes one more round trip.
#[tokio::test]
async fn writes_go_to_the_database_and_back_a_few_times_only() {
    let (app, line) = TestApp::on_a_line(|_| ()).await;
    let mut user = app.user().await;
    let site = app
        .account_with(&user, "site", "Stars", "EUR", "1000")
        .await;
    let bank = app.account_with(&user, "bank", "Bank", "EUR", "0").await;
    let mut seen = Vec::new();

    for (kind, fields) in [
        ("deposit", vec![("account", &*site), ("amount", "5")]),
        ("balance", vec![("account", &*site), ("amount", "1000")]),
        (
            "transfer",
            vec![("from", &*site), ("to", &*bank), ("sent", "5")],
        ),
    ] {
        let form = async |client: &mut Client| entry_form(client, kind, &fields).await;
        seen.push((kind, least(&line, &mut user, form).await));
    }

    let check = async |client: &mut Client| {
        let page = client.open("/accounts/check").await;
        let mut form = page.form("form[data-check]");
        form.set(&format!("balance_{site}"), "1000");
        form.set(&format!("unchanged_{bank}"), "on");
        form
    };
    seen.push(("check", least(&line, &mut user, check).await));

    let entry = user
        .add_entry("deposit", &[("account", &site), ("amount", "7")])
        .await;
    let mut amount = 10;
    let edit = async |client: &mut Client| {
        let page = client.open(&format!("/entries/{entry}")).await;
        let mut form = page.form(&format!("form[action='/entries/{entry}']"));
        amount += 1;
        form.set("amount", &amount.to_string());
        form
    };
    seen.push(("edit", least(&line, &mut user, edit).await));

    let delete = async |client: &mut Client| {
        let fields = [("account", &*site), ("amount", "8")];
        let entry = client.add_entry("deposit", &fields).await;
        button(client, format!("/entries/{entry}/delete")).await
    };
    seen.push(("delete", least(&line, &mut user, delete).await));

    let undo = async |client: &mut Client| {
        let fields = [("account", &*site), ("amount", "9")];
        let entry = client.add_entry("deposit", &fields).await;
        let change: Uuid = sqlx::query_scalar("select id from changes where entry_ids = array[$1]")
            .bind(entry.parse::<Uuid>().unwrap())
            .fetch_one(&app.db)
            .await
            .unwrap();
        button(client, format!("/entries/history/{change}/undo")).await
    };
    seen.push(("undo", least(&line, &mut user, undo).await));

    let account = async |client: &mut Client| {
        let page = client.open("/accounts/new").await;
        let mut form = page.form("form[method=post]:has([name=opening])");
        form.set("kind", "site");
        form.set("name", &Uuid::new_v4().simple().to_string());
        form.set("currency", "EUR");
        form.set("opening", "12");
        form.set("start", "now");
        form
    };
    seen.push(("account", least(&line, &mut user, account).await));

    let goal = async |client: &mut Client| {
        let page = client.open("/goals/new").await;
        let mut form = page.form(".goal-form");
        form.set("target", "1000000");
        form
    };
    seen.push(("goal", least(&line, &mut user, goal).await));

    let email = {
        let registered = app.register().await;
        registered
            .value("select email from users where id = $1")
            .await
    };
    let registration = async |client: &mut Client| {
        *client = app.visitor();
        let page = client.open("/register").await;
        let mut form = page.form("form[action='/register']");
        let email = format!("{}@example.org", Uuid::new_v4().simple());
        for (name, value) in [
            ("name", "Robin"),
            ("email", &email),
            ("password", PASSWORD),
            ("home", "EUR"),
        ] {
            form.set(name, value);
        }
        form
    };
    let mut visitor = app.visitor();
    seen.push((
        "registration",
        least(&line, &mut visitor, registration).await,
    ));

    let mut cookies = std::collections::BTreeMap::new();
    let login = async |client: &mut Client| {
        // The device is the same each time.
        cookies.append(&mut client.cookies);
        client.cookies = cookies
            .iter()
            .filter(|(name, _)| *name != "session")
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let page = client.open("/login").await;
        let mut form = page.form("form[action='/login']");
        form.set("email", &email);
        form.set("password", PASSWORD);
        form
    };
    let mut visitor = app.visitor();
    seen.push(("login", least(&line, &mut visitor, login).await));

    // Of each: the session, what the write stands on, and the write itself; and what else its page tells.
    let waited_for = [
        ("deposit", 3),
        ("balance", 4),
        ("transfer", 3),
        ("check", 3),
        ("edit", 4),
        ("delete", 3),
        ("undo", 4),
        ("account", 3),
        ("goal", 3),
        ("registration", 1),
        ("login", 12),
    ];
    assert_eq!(seen, waited_for);
}

/// Fails without `token::is_ours` in `session::load`: a flood of such cookies kept those of signed-in users waiting.
#[tokio::test]
async fn a_session_that_was_made_up_asks_nothing_of_the_database() {
    let (app, line) = TestApp::on_a_line(|_| ()).await;
    let mut owner = app.user().await;
    let real = owner.cookies["session"].clone();
    let (begin, end) = real.split_at(real.len() / 2);
    let made_up = [
        "made up".to_owned(),
        String::new(),
        begin.to_owned(),
        format!("{end}{begin}"),
        format!("{real}{real}"),
        "A".repeat(real.len()),
    ];
    let before = line.waited_for();
    for token in made_up {
        let mut visitor = app.visitor();
        visitor.cookies.insert("session".to_owned(), token);
        visitor.open("/about").await;
        visitor.get("/dashboard").await.is(303);
    }
    assert_eq!(line.waited_for(), before);
    owner.open("/about").await;
    assert_ne!(line.waited_for(), before);
}
