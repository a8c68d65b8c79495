//! Forms that were sent after the session had ended: what was typed is kept through logging in.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use axum::http::{HeaderValue, Method, header};

use crate::harness::{Client, Form, PASSWORD, Page, TODAY, TestApp};

/// Takes the session away, as time does.
async fn end_session(app: &TestApp, client: &Client) {
    sqlx::query("delete from sessions where user_id = $1")
        .bind(client.user)
        .execute(&app.db)
        .await
        .unwrap();
}

/// Sends a form from a page, with a script or without.
async fn send(client: &mut Client, form: &Form, from: &str, script: bool) -> Page {
    let fields: Vec<(&str, &str)> = form
        .fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let mut request = client.post_request(&form.action, &fields);
    let headers = request.headers_mut();
    let from = format!("http://127.0.0.1:8000{from}");
    headers.insert(header::REFERER, HeaderValue::from_str(&from).unwrap());
    if script {
        headers.insert("hx-request", HeaderValue::from_static("true"));
    }
    client.send(request).await
}

/// Logs in on the page that an answer leads to: the path that it leads on to.
async fn log_in_there(client: &mut Client, sent: &Page, email: &str, script: bool) -> String {
    let to = sent
        .header(if script { "hx-redirect" } else { "location" })
        .to_owned();
    assert!(to.starts_with("/login?next="), "{to}");
    let page = client.open(&to).await;
    let said = "You were signed out; nothing has been saved yet";
    assert!(page.text().contains(said), "{}", page.text());
    let fields = [("email", email), ("password", PASSWORD)];
    let sent = client.submit(&page, "form[action='/login']", &fields).await;
    sent.is(303);
    sent.header("location").to_owned()
}

/// Fails if the form is answered with nothing but the way to the login page.
#[tokio::test]
async fn an_entry_comes_back_filled_in_after_logging_in() {
    let app = TestApp::new().await;
    let mut client = app.register().await;
    let email = client.value("select email from users where id = $1").await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "100")
        .await;
    for script in [false, true] {
        let before = client.ledger().await;
        let page = client
            .open("/entries/new?kind=expense&next=/accounts")
            .await;
        let mut form = page.form("form[data-entry]");
        form.set("account", &site);
        form.set("amount", "12.34");
        form.set("note", "Coffee & “cake”");
        form.set("tags", "live");
        end_session(&app, &client).await;
        let sent = send(&mut client, &form, "/accounts", script).await;
        let next = log_in_there(&mut client, &sent, &email, script).await;
        assert_eq!(client.ledger().await, before);
        let page = client.open(&next).await;
        assert!(
            page.text().contains("nothing has been saved yet"),
            "{}",
            page.text()
        );
        let back = page.form("form[data-entry]");
        for name in ["kind", "account", "amount", "note", "tags", "date", "next"] {
            assert_eq!(back.value(name), form.value(name), "{name}");
        }
        client.send_form(&back).await.leads_to("/accounts");
        // It is offered no more.
        let page = client.open(&next).await;
        assert_eq!(page.form("form[data-entry]").value("note"), "");
    }
    // An entry that is edited, too.
    let entry = client.newest_entry().await;
    let path = format!("/entries/{entry}");
    let mut form = client.open(&path).await.form("form[data-entry]");
    form.set("amount", "43.21");
    end_session(&app, &client).await;
    let sent = send(&mut client, &form, &path, false).await;
    let next = log_in_there(&mut client, &sent, &email, false).await;
    let back = client.open(&next).await.form("form[data-entry]");
    assert_eq!(back.value("amount"), "43.21");
    client.send_form(&back).await.is(303);
}

#[tokio::test]
async fn any_form_is_offered_again_with_names_and_without_secrets() {
    let app = TestApp::new().await;
    let mut client = app.register().await;
    let email = client.value("select email from users where id = $1").await;
    let site = app
        .account_with(&client, "site", "Stars", "EUR", "100")
        .await;
    let goals = "/goals/new";
    let mut form = client.open(goals).await.form(".goal-form");
    form.set("target", "1000");
    form.put("chosen", &site);
    form.put("password", "a secret of mine");
    form.put("totp_code", "271828");
    form.put("passkey", "a key of mine");
    end_session(&app, &client).await;
    let sent = send(&mut client, &form, goals, false).await;
    let next = log_in_there(&mut client, &sent, &email, false).await;
    assert_eq!(next, "/again");
    let page = client.open(&next).await;
    let said = page.text();
    assert!(
        said.contains("Target 1000") && said.contains("Chosen Stars"),
        "{said}"
    );
    for secret in ["a secret of mine", "271828", "a key of mine"] {
        assert!(!page.html().contains(secret), "{secret}");
    }
    // Another person at the same browser is told nothing of it.
    let mut other = app.user().await;
    let kept = client.cookies["kept"].clone();
    other.cookies.insert("kept".to_owned(), kept);
    other.get("/again").await.leads_to("/dashboard");
    // No other form is filled in with it, and sending another takes nothing from it.
    let entry = client.open("/entries/new?again=1").await;
    assert!(!entry.text().contains("nothing has been saved yet"));
    let eye = entry.form("form[action='/settings/hide']");
    client.send_form(&eye).await.is(303);
    assert!(client.open("/again").await.text().contains("Target 1000"));
    let again = page.form(&format!("form[action='{goals}']"));
    let saved = client.send_form(&again).await;
    saved.is(303);
    assert_eq!(
        client
            .value("select count(*)::text from goals where user_id = $1")
            .await,
        "1"
    );
    client.get("/again").await.leads_to("/dashboard");
}

#[tokio::test]
async fn what_is_only_a_button_or_too_much_is_not_kept() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let page = client.open("/dashboard").await;
    let mut eye = page.form("form[action='/settings/hide']");
    eye.put("chosen", "on");
    let mut form = client.open("/entries/new").await.form("form[data-entry]");
    form.set("note", &"é".repeat(500));
    form.put("tags", &"x".repeat(3_000));
    end_session(&app, &client).await;
    let sent = send(&mut client, &eye, "/dashboard", false).await;
    sent.leads_to("/login?next=%2Fdashboard");
    assert!(!client.cookies.contains_key("kept"));
    // What no cookie holds is on the page, to be sent again.
    let sent = send(&mut client, &form, "/accounts", false).await;
    sent.is(401);
    assert!(sent.text().contains("nothing has been saved yet"));
    let again = sent.form("form:has([name=tags])");
    assert_eq!(again.value("note"), form.value("note"));
    // A page that is only opened has nothing to keep.
    let request = client.request(Method::GET, &format!("/entries?from={TODAY}"));
    let sent = client
        .send(request.body(axum::body::Body::empty()).unwrap())
        .await;
    sent.leads_to(&format!("/login?next=%2Fentries%3Ffrom%3D{TODAY}"));
}
