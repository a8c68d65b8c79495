//! Email addresses: what no mail can reach is refused where it is typed, and one address is one account however it is
//! spelled.

use serde_json::json;
use stakeeasy::features::auth;

use crate::harness::{Client, PASSWORD, Page, TestApp};
use crate::provider::{CLIENT, Provider, SECRET};

/// Dots where none may be, hosts that no name can be, what came along unseen, and what is too long.
fn unreachable() -> Vec<String> {
    let long = "a".repeat(64);
    let labels = [
        "na..me@example.org",
        ".name@example.org",
        "name.@example.org",
        "name@example..test",
        "name@.example.test",
        "name@example.test.",
        "name@-example.test",
        "name@example-.test",
        "name@exam_ple.test",
        "name@example.123",
        "name@127.0.0.1",
        "name@[127.0.0.1]",
        "na\u{200b}me@example.org",
        "name@exam\u{200b}ple.org\u{200b}",
        "\u{202e}name@example.org",
        "na\u{a0}me@example.org",
        "na me@example.org",
        "\"na me\"@example.org",
        "name@example",
        "name@bu\u{308}cher.-x",
        "name",
        "@example.org",
    ];
    let mut all: Vec<String> = labels.map(str::to_owned).to_vec();
    all.push(format!("name@{long}.org"));
    all.push(format!("{long}a@example.org"));
    all.push(format!("name@{}org", "abcdefghi.".repeat(26)));
    all
}

async fn register(app: &TestApp, email: &str) -> Page {
    let mut visitor = app.visitor();
    let page = visitor.open("/register").await;
    let fields = [
        ("name", "Robin"),
        ("email", email),
        ("password", PASSWORD),
        ("home", "EUR"),
        ("time_zone", "UTC"),
    ];
    visitor
        .submit(&page, "form[action='/register']", &fields)
        .await
}

async fn forget(app: &TestApp, email: &str) -> Page {
    app.visitor()
        .post("/password/forgot", &[("email", email)])
        .await
}

/// Sends a page's form with another address.
async fn change(client: &mut Client, path: &str, email: &str) -> Page {
    let page = client.open(path).await;
    client
        .submit(&page, "main form:has([name=email])", &[("email", email)])
        .await
}

#[track_caller]
fn is_refused(page: &Page, email: &str) {
    assert_eq!(page.status, 422, "{email:?} was taken");
    assert!(page.has("[name=email][aria-invalid=true]"), "{email:?}");
    assert_eq!(page.attr("[name=email]", "value"), email);
}

#[tokio::test]
async fn what_no_mail_can_reach_is_refused_where_it_is_typed() {
    let app = TestApp::new().await;
    is_refused(
        &register(&app, "na..me@example.org").await,
        "na..me@example.org",
    );
    is_refused(
        &forget(&app, "na..me@example.org").await,
        "na..me@example.org",
    );
    let mut user = app.user().await;
    for email in unreachable() {
        is_refused(&change(&mut user, "/settings/email", &email).await, &email);
        let changed = app
            .visitor()
            .post("/register/address", &[("email", &email)])
            .await;
        assert_eq!(changed.status, 422, "{email:?} was taken");
    }
    assert!(app.mails().await.is_empty());
}

const LETTERS: &str = "Robin@Bücher.example";
const ASCII: &str = "Robin@xn--bcher-kva.example";

/// A host in letters is what mail servers call it: stored so, sent so, found by both.
#[tokio::test]
async fn a_host_in_letters_is_one_address_in_both_spellings() {
    let app = TestApp::new().await;
    register(&app, LETTERS).await.leads_to("/register/sent");
    let mail = app.mail().await;
    assert_eq!(mail.to, ASCII);
    let mut client = app.visitor();
    client
        .open_account(&mail.link(), PASSWORD)
        .await
        .leads_to("/dashboard");
    // The letters may be put together of two, and the case is nobody's.
    for email in [LETTERS, ASCII, "robin@BU\u{308}CHER.example"] {
        let mut visitor = app.visitor();
        visitor.log_in(email, PASSWORD).await.leads_to("/dashboard");
    }
    // Those of new devices.
    app.mails().await;
    register(&app, &ASCII.to_lowercase())
        .await
        .leads_to("/register/sent");
    let mail = app.mail().await;
    assert_eq!(mail.link(), "/login");
    forget(&app, "robin@bücher.example").await.is(303);
    assert_eq!(app.mail().await.to, ASCII);
    assert_eq!(app.number("select count(*) from users").await, 1);
    assert!(
        auth::set_admin(&app.app, LETTERS, true)
            .await
            .is_ok_and(|found| found)
    );
}

/// Of a change of address, and of one that a provider names.
#[tokio::test]
async fn a_host_in_letters_is_found_wherever_an_address_is_named() {
    let google = Provider::start().await;
    let app = TestApp::with(|settings| {
        settings.google_client_id = Some(CLIENT.to_owned());
        settings.google_client_secret = Some(SECRET.to_owned());
        settings.google_issuer_url = Some(google.url.clone());
    })
    .await;
    let mut user = app.user().await;
    change(&mut user, "/settings/email", LETTERS)
        .await
        .leads_to("/settings/security");
    let ask = app.mail().await;
    assert_eq!(ask.to, ASCII);
    user.follow_link(&ask.link()).await;
    assert_eq!(
        user.value("select email from users where id = $1").await,
        ASCII
    );
    app.mails().await;
    is_refused(
        &change(&mut user, "/settings/email", "robin@bücher.example").await,
        "robin@bücher.example",
    );
    // An administrator finds whose it is.
    let mut admin = app.admin().await;
    let named: String = form_urlencoded::byte_serialize(LETTERS.as_bytes()).collect();
    admin.open(&format!("/admin/audit?user={named}")).await;
    let found = admin.open(&format!("/admin/users?q={named}")).await;
    assert!(found.text().contains(ASCII), "{}", found.text());
    // Somebody else at Google has the address: it is taken.
    google.mood().email = Some(LETTERS.to_owned());
    google.mood().email_verified = json!(true);
    let mut stranger = app.visitor();
    let page = stranger.get("/auth/google").await;
    let back = google.visit(page.header("location")).await;
    let page = stranger.get(&back).await;
    assert!(
        page.header("location").starts_with("/login?"),
        "{}",
        page.header("location")
    );
    assert_eq!(app.number("select count(*) from users").await, 2);
}

/// Those who registered before addresses were stored so are found too. Who has both spellings keeps two accounts.
#[tokio::test]
async fn an_address_of_before_is_spelled_anew_by_the_migration() {
    let app = TestApp::new().await;
    for (before, after) in [
        ("Robin@Bücher.example", "Robin@xn--bcher-kva.example"),
        ("a@mañana.com", "a@xn--maana-pta.com"),
        (
            "a@ليهمابتكلموشعربي؟.example",
            "a@xn--egbpdaj6bu4bxfgehfvwxn.example",
        ),
        (
            "a@3年b組金八先生.example",
            "a@xn--3b-ww4c5e180e575a65lsy2b.example",
        ),
        ("a@пример.испытание", "a@xn--e1afmkfd.xn--80akhbyknj4f"),
        ("plain@example.org", "plain@example.org"),
        ("jürgen@example.org", "jürgen@example.org"),
    ] {
        let user = app.user().await;
        let set = "update users set email = $2 where id = $1";
        sqlx::query(set)
            .bind(user.user)
            .bind(before)
            .execute(&app.db)
            .await
            .expect("an address");
        let spell =
            include_str!("../../migrations/20261128120000_spell_hosts_as_mail_servers_do.sql");
        sqlx::raw_sql(spell)
            .execute(&app.db)
            .await
            .expect("the migration");
        assert_eq!(
            user.value("select email from users where id = $1").await,
            after
        );
    }
}
