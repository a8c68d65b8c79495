//! Every road to an account: only whoever has shown that the address is theirs comes into being behind it, and what anybody
//! else has set before counts for nothing.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use crate::harness::{Client, PASSWORD, TestApp};

const EMAIL: &str = "victim@example.org";
/// What the thief set,
const STOLEN: &str = "the plain words of a thief";
/// and what the owner sets.
const OWN: &str = "the owner has other words";

/// Registers with the form, in a browser of its own. Returns it, and the link of the mail.
async fn register(app: &TestApp, password: &str) -> (Client, String) {
    let mut client = app.visitor();
    let page = client.open("/register").await;
    let fields = [
        ("name", "Robin"),
        ("email", EMAIL),
        ("password", password),
        ("home", "EUR"),
    ];
    client
        .submit(&page, "form[action='/register']", &fields)
        .await
        .leads_to("/register/sent");
    (client, app.mail().await.link())
}

/// What opens the account of EMAIL: the passwords, of both people.
async fn opens(app: &TestApp) -> Vec<&'static str> {
    let mut opens = Vec::new();
    for password in [STOLEN, OWN, PASSWORD] {
        let mut visitor = app.visitor();
        let page = visitor.log_in(EMAIL, password).await;
        if page.header("location") == "/dashboard" {
            visitor.open("/dashboard").await;
            opens.push(password);
        }
    }
    opens
}

/// Failed before accounts came into being with the proof of their address: the thief's password opened it, and the session
/// that waited went live.
#[tokio::test]
async fn whoever_registers_an_address_first_has_nothing_when_its_owner_comes() {
    let app = TestApp::new().await;
    let (mut thief, _) = register(&app, STOLEN).await;
    thief.log_in(EMAIL, STOLEN).await.is(422);
    let (mut owner, link) = register(&app, OWN).await;
    owner.follow_link(&link).await.leads_to("/dashboard");
    assert_eq!(opens(&app).await, [OWN]);
    thief.get("/dashboard").await.is(303);
    // Nor with what is left of the thief's registration.
    for path in ["/register/again", "/register/address"] {
        thief.post(path, &[("email", EMAIL)]).await;
    }
    assert!(
        thief.open("/register/sent").await.text().contains(EMAIL),
        "the thief sees that somebody has come"
    );
    assert!(
        thief
            .log_in(EMAIL, STOLEN)
            .await
            .text()
            .contains("follow the link in our mail first")
    );
    assert_eq!(opens(&app).await, [OWN]);
    assert_eq!(app.number("select count(*) from users").await, 1);
}

/// The owner follows whichever mail: also the one that the thief had sent.
#[tokio::test]
async fn the_link_that_a_thief_had_sent_opens_it_for_its_owner_only() {
    let app = TestApp::new().await;
    let (mut thief, link) = register(&app, STOLEN).await;
    let mut owner = app.visitor();
    // A short password is refused, and nothing is opened.
    owner.open_account(&link, "short").await.is(422);
    assert_eq!(app.number("select count(*) from users").await, 0);
    owner.open_account(&link, OWN).await.leads_to("/dashboard");
    owner.open("/dashboard").await;
    assert_eq!(opens(&app).await, [OWN]);
    thief.get("/dashboard").await.is(303);
    thief.get(&link).await;
    let page = thief.open("/register/open").await;
    assert!(page.text().contains("does not work any more"));
}

/// The same link in another browser that has registered, too: only its own registration counts there.
#[tokio::test]
async fn a_browser_is_known_by_its_own_registration_only() {
    let app = TestApp::new().await;
    let (_, link_of_thief) = register(&app, STOLEN).await;
    let (mut owner, _) = register(&app, OWN).await;
    owner.get(&link_of_thief).await;
    let page = owner.open("/register/open").await;
    assert!(page.has("#password"), "{}", page.text());
    owner
        .open_account(&link_of_thief, PASSWORD)
        .await
        .leads_to("/dashboard");
    assert_eq!(opens(&app).await, [PASSWORD]);
}

/// Two people press at once: one account, one password.
#[tokio::test]
async fn two_links_of_one_address_open_one_account() {
    let app = TestApp::new().await;
    let (mut one, link) = register(&app, STOLEN).await;
    let (mut two, other) = register(&app, OWN).await;
    one.get(&link).await;
    two.get(&other).await;
    let (page, page_two) = (
        one.open("/register/open").await,
        two.open("/register/open").await,
    );
    let (a, b) = tokio::join!(
        one.submit(&page, "main form", &[]),
        two.submit(&page_two, "main form", &[])
    );
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422]);
    assert_eq!(app.number("select count(*) from users").await, 1);
    assert_eq!(opens(&app).await.len(), 1);
}
