//! Every road to an account: only whoever has shown that the address is theirs comes into being behind it, and what anybody
//! else has set before counts for nothing.

use crate::harness::{Client, PASSWORD, TestApp};
use crate::provider::{CLIENT, SECRET};

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

/// Somebody with an account, whose browser has just opened it.
async fn member(app: &TestApp) -> Client {
    let (mut client, link) = register(app, OWN).await;
    client.follow_link(&link).await.leads_to("/dashboard");
    client.user = app.number("select id from users").await;
    client
}

/// What somebody with a session adds, without the ceremonies: an app, a passkey, an account elsewhere.
async fn add_everything(app: &TestApp, at: &str) {
    for statement in [
        "update users set totp_secret = 'x', totp_enabled_at = $1",
        "insert into passkeys (user_id, credential_id, credential, name, created_at)
         select id, decode(md5($1::text), 'hex'), '{}', 'Phone', $1 from users",
        "insert into identities (issuer, subject, user_id, linked_at)
         select 'https://accounts.google.com', $1::text, id, $1 from users on conflict do nothing",
    ] {
        sqlx::query(statement)
            .bind(at.parse::<chrono::DateTime<chrono::Utc>>().expect(at))
            .execute(&app.db)
            .await
            .expect(statement);
    }
}

/// Sets a new password by mail. Returns where it leads.
async fn reset(app: &TestApp, client: &mut Client) -> String {
    client.post("/password/forgot", &[("email", EMAIL)]).await;
    let mails = app.mails().await;
    let mail = mails
        .iter()
        .find(|mail| mail.subject == "Set a new password");
    client.get(&mail.expect("a mail").link()).await;
    let page = client.open("/password/reset").await;
    let selector = "form[action='/password/reset']";
    let sent = client
        .submit(&page, selector, &[("password", PASSWORD)])
        .await;
    sent.header("location").to_owned()
}

async fn ways_in(app: &TestApp) -> [i64; 4] {
    [
        app.number("select count(*) from users where totp_enabled_at is not null")
            .await,
        app.number("select count(*) from passkeys").await,
        app.number("select count(*) from identities").await,
        app.number("select count(*) from factor_removals").await,
    ]
}

/// Failed before: a passkey, an account elsewhere and an app that a thief had added outlived the new password unseen.
/// Broken once: `remove_added`, and `lost::begin` in `answer`.
#[tokio::test]
async fn a_new_password_by_mail_offers_to_remove_what_was_added_since_the_owner_was_known() {
    let app = TestApp::with(|settings| {
        settings.google_client_id = Some(CLIENT.to_owned());
        settings.google_client_secret = Some(SECRET.to_owned());
    })
    .await;
    let mut owner = member(&app).await;
    app.set_now("2026-10-30T14:00:00Z");
    add_everything(&app, "2026-10-30T13:00:00Z").await;
    assert_eq!(reset(&app, &mut owner).await, "/password/review");
    owner.get("/dashboard").await.is(303);
    let page = owner.open("/password/review").await;
    for what in [
        "An app for codes",
        "A passkey , Phone",
        "An account elsewhere , Google",
    ] {
        assert!(page.text().contains(what), "{what}: {}", page.text());
    }
    let mut twin = owner.clone();
    owner
        .submit(&page, "main form", &[("these", "remove")])
        .await
        .leads_to("/login");
    // The app guards against whoever reads the mail: it takes its three days.
    assert_eq!(ways_in(&app).await, [1, 0, 0, 1]);
    twin.submit(&page, "main form", &[("these", "keep")])
        .await
        .is(422);
    let told = app.mails().await;
    assert!(
        told.iter()
            .any(|mail| mail.to == EMAIL && mail.link().starts_with("/confirm/")),
        "a mail calls it off"
    );
}

/// Broken once: `prove` in `answer`.
#[tokio::test]
async fn what_is_the_owners_own_is_not_asked_about_twice() {
    let app = TestApp::new().await;
    let mut owner = member(&app).await;
    app.set_now("2026-10-30T14:00:00Z");
    add_everything(&app, "2026-10-30T13:00:00Z").await;
    assert_eq!(reset(&app, &mut owner).await, "/password/review");
    let page = owner.open("/password/review").await;
    owner
        .submit(&page, "main form", &[("these", "keep")])
        .await
        .leads_to("/login");
    assert_eq!(ways_in(&app).await, [1, 1, 1, 0]);
    app.set_now("2026-10-30T16:00:00Z");
    assert_eq!(reset(&app, &mut owner).await, "/login");
    // And what is as old as a login with it.
    app.set_now("2026-10-30T18:00:00Z");
    add_everything(&app, "2026-10-30T17:00:00Z").await;
    assert_eq!(reset(&app, &mut owner).await, "/password/review");
}

/// Failed before: an app that a thief had added after changing the address kept its owner out for good.
/// Broken once: `disable_newer` in `confirm::follow`.
#[tokio::test]
async fn taking_a_change_of_the_address_back_takes_back_what_was_added_after_it() {
    for (added, is_gone) in [
        ("2026-10-30T14:30:00Z", true),
        ("2026-10-30T11:30:00Z", false),
    ] {
        let app = TestApp::new().await;
        let mut thief = member(&app).await;
        thief.show_password(OWN).await;
        let page = thief.open("/settings/email").await;
        thief
            .submit(
                &page,
                "form[action='/settings/email']",
                &[("email", "thief@example.org")],
            )
            .await
            .is(303);
        let link = app.mail().await.link();
        app.set_now("2026-10-30T12:30:00Z");
        thief.follow_link(&link).await;
        let mails = app.mails().await;
        let back = mails.iter().find(|mail| mail.to == EMAIL).expect("a mail");
        app.set_now("2026-10-30T15:00:00Z");
        add_everything(&app, added).await;
        let mut owner = app.visitor();
        owner
            .follow_link(&back.link())
            .await
            .leads_to("/password/reset");
        let left = ways_in(&app).await;
        assert_eq!(left, [i64::from(!is_gone), 0, 0, 0], "{added}");
        thief.get("/dashboard").await.is(303);
        let own = "select count(*) from users where email = 'victim@example.org'";
        assert_eq!(app.number(own).await, 1);
    }
}
