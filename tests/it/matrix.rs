//! Who gets what: every route, every method, every kind of person; and what each of them is bounded by. The table is
//! `matrix.txt`.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

mod bounds;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use stakeeasy::config::Settings;
use uuid::Uuid;

use crate::goals;
use crate::harness::{Client, Page, TODAY, TestApp};
use crate::passkeys;
use crate::provider::{CLIENT, Provider, SECRET};

const TABLE: &str = include_str!("matrix.txt");

/// Those whom the table has a column for, in its order. What a path names is the owner's; the owner's stale session
/// showed who they are too long ago for what asks again.
const PEOPLE: [&str; 5] = ["visitor", "owner", "stale", "other", "admin"];

/// Makes a user's sessions ones that showed who they are too long ago.
const STALE: &str =
    "update sessions set sudo_at = sudo_at - interval '16 minutes' where user_id = $1";

/// A line of the table: what each of them gets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    path: String,
    method: String,
    answers: Vec<String>,
    bounds: Bounds,
}

/// What a route is bounded by, as the table says it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Bounds {
    again: String,
    time: String,
    body: String,
    network: String,
    account: String,
}

fn table() -> Vec<Line> {
    let lines = TABLE
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let mut words = line.split_whitespace().map(str::to_owned);
            Line {
                method: words.next().unwrap(),
                path: words.next().unwrap(),
                answers: words.by_ref().take(PEOPLE.len()).collect(),
                bounds: Bounds {
                    again: words.next().unwrap(),
                    time: words.next().unwrap(),
                    body: words.next().unwrap(),
                    network: words.next().unwrap(),
                    account: words.next().unwrap(),
                },
            }
        })
        .collect()
}

/// What the table says of an answer: its status, or where it leads if that is to show who one is.
fn told(page: &Page) -> String {
    let to = page.header("location");
    let gates = [
        ("/login", "login"),
        ("/sudo", "sudo"),
        ("/sudo/browser", "vouch"),
    ];
    let gate = gates.iter().find(|(path, _)| {
        to.strip_prefix(path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('?'))
    });
    match gate {
        Some((_, name)) if page.status == StatusCode::SEE_OTHER => (*name).to_owned(),
        _ => page.status.as_u16().to_string(),
    }
}

/// A path with something of the owner's for each part that varies.
pub async fn filled(app: &TestApp, owner: &mut Client, path: &str) -> String {
    let mut path = path.to_owned();
    let mut put = |part: &str, thing: &str| path = path.replace(part, thing);
    for (part, thing) in [
        ("/admin/jobs/{id}", "/admin/jobs/0"),
        ("/admin/stakes/levels/{id}", "/admin/stakes/levels/1"),
        ("/admin/stakes/buy-ins/{id}", "/admin/stakes/buy-ins/1"),
        ("/admin/users/{id}", &format!("/admin/users/{}", owner.user)),
        ("/charts/{name}", "/charts/bankroll"),
        ("{provider}", "google"),
        ("{token}", "none"),
        ("{code}", "none"),
    ] {
        put(part, thing);
    }
    if path.contains("/accounts/{id}") || path.contains("/entries/") {
        let account = app.account_with(owner, "site", "Stars", "EUR", "10").await;
        let balance = [("account", account.as_str()), ("amount", "11")];
        let entry = owner.add_entry("balance", &balance).await;
        let change = "select id::text from changes where user_id = $1 order by xmin::text::bigint desc limit 1";
        let change = owner.value(change).await;
        path = path
            .replace("/accounts/{id}", &format!("/accounts/{account}"))
            .replace(
                "/entries/history/{id}",
                &format!("/entries/history/{change}"),
            )
            .replace("/entries/{id}", &format!("/entries/{entry}"));
    }
    if path.contains("/goals/{id}") {
        let goal = goals::set(owner, &[("target", "1000")]).await;
        path = path.replace("/goals/{id}", &format!("/goals/{goal}"));
    }
    if path.contains("{currency}/{day}") {
        let rate = [("currency", "BTC"), ("day", TODAY), ("price", "90000")];
        owner.post_form("/settings/rates", &rate).await.is(303);
        path = path.replace("{currency}/{day}", &format!("BTC/{TODAY}"));
    }
    if path.contains("/sessions/{") {
        app.another(owner).await;
        let sessions = owner.open("/settings/sessions").await;
        let end = sessions.attr("form[action*='-'][action$='/end']", "action");
        let session = end.split('/').nth(3).unwrap();
        path = path
            .replace("/sessions/{id}", &format!("/sessions/{session}"))
            .replace("/sessions/{session}", &format!("/sessions/{session}"));
    }
    if path.contains("/passkeys/{id}") {
        passkeys::add(owner).await;
        let passkey = owner
            .value("select id::text from passkeys where user_id = $1")
            .await;
        path = path.replace("/passkeys/{id}", &format!("/passkeys/{passkey}"));
    }
    assert!(
        !path.contains('{'),
        "nothing stands for the part of {path} that varies"
    );
    path
}

/// A site on which nothing is missing because it is not set up.
pub async fn everything_on() -> TestApp {
    let provider = Provider::start().await;
    TestApp::with(|settings| set_up(settings, &provider)).await
}

/// Sets what makes routes do something.
pub fn set_up(settings: &mut Settings, provider: &Provider) {
    settings.public_url = Some(passkeys::ORIGIN.to_owned());
    settings.google_client_id = Some(CLIENT.to_owned());
    settings.google_client_secret = Some(SECRET.to_owned());
    settings.google_issuer_url = Some(provider.url.clone());
    settings.facebook_client_id = Some(CLIENT.to_owned());
    settings.facebook_client_secret = Some(SECRET.to_owned());
}

/// A request with nothing in it but what every form has, an address that is nobody's, and what the question of a gap
/// needs to know.
async fn ask(client: &mut Client, method: &str, path: &str) -> String {
    let email = format!("{}@example.org", Uuid::new_v4().simple());
    let fields = [("kind", "deposit"), ("email", email.as_str())];
    let is_visitor = client.user == 0;
    let page = match method {
        "POST" if is_visitor => client.post(path, &fields).await,
        "POST" => client.post_form(path, &fields).await,
        _ => client.get(path).await,
    };
    told(&page)
}

/// What everybody gets at one route. All of them are new, for some of the answers end a session.
async fn answers(app: &TestApp, method: &str, path: &str) -> Vec<String> {
    let mut stale = app.user().await;
    let of_stale = filled(app, &mut stale, path).await;
    sqlx::query(STALE)
        .bind(stale.user)
        .execute(&app.db)
        .await
        .unwrap();
    let stale = ask(&mut stale, method, &of_stale).await;

    let mut owner = app.user().await;
    let path = filled(app, &mut owner, path).await;
    let visitor = ask(&mut app.visitor(), method, &path).await;
    let other = ask(&mut app.user().await, method, &path).await;
    let mut admin = app.admin().await;
    // Whoever can remove what the path names comes last.
    let (owner, admin) = if path.starts_with("/admin") {
        let owner = ask(&mut owner, method, &path).await;
        (owner, ask(&mut admin, method, &path).await)
    } else {
        let admin = ask(&mut admin, method, &path).await;
        (ask(&mut owner, method, &path).await, admin)
    };
    vec![visitor, owner, stale, other, admin]
}

/// The methods that a route takes, as its answer to any other says.
pub async fn methods(app: &TestApp, path: &str) -> BTreeSet<String> {
    let mut visitor = app.visitor();
    let request = visitor.request(Method::PATCH, path);
    let refused = visitor.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(
        refused.status,
        StatusCode::METHOD_NOT_ALLOWED,
        "PATCH {path}"
    );
    let allowed = refused.header(header::ALLOW.as_str()).split(',');
    allowed
        .filter(|method| *method != "HEAD")
        .map(str::to_owned)
        .collect()
}

/// Every route is in the table with every method that it takes, and nothing else is.
///
/// Fails if a feature gets a route that the table does not name.
#[tokio::test]
async fn the_table_names_every_route() {
    let app = everything_on().await;
    let mut there = BTreeSet::new();
    for path in app
        .paths()
        .iter()
        .filter(|path| !path.starts_with("/static"))
    {
        let mut owner = app.user().await;
        let filled = filled(&app, &mut owner, path).await;
        for method in methods(&app, &filled).await {
            there.insert((path.clone(), method));
        }
    }
    assert!(
        there.len() > 100,
        "the router does not list its routes: {there:?}"
    );
    let named: BTreeSet<_> = table()
        .into_iter()
        .map(|line| (line.path, line.method))
        .collect();
    let missing: Vec<_> = there.difference(&named).collect();
    let gone: Vec<_> = named.difference(&there).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "missing: {missing:?}, gone: {gone:?}"
    );
}

/// Everybody gets what the table says, at every route.
///
/// Fails, for example, if a handler takes `ui: Ui` for `user: User`, or `app.user` for the owner in a query.
#[tokio::test]
async fn everybody_gets_what_the_table_says() {
    let app = everything_on().await;
    let mut wrong = String::new();
    for line in table() {
        assert_eq!(line.answers.len(), PEOPLE.len(), "{line:?}");
        let found = answers(&app, &line.method, &line.path).await;
        if found != line.answers {
            let Line { method, path, .. } = &line;
            writeln!(wrong, "{method:<5} {path:<50} {}", found.join(" ")).unwrap();
        }
    }
    assert!(wrong.is_empty(), "others than the table says:\n{wrong}");
}
