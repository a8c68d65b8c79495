//! What each route is bounded by: who is asked again, how long it may take, how large its body may be, how often one
//! network and one account may ask for it. Found out by asking, never by reading the code.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, header};
use stakeeasy::config::Times;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{Line, STALE, ask, everything_on, filled, set_up, table};
use crate::harness::{Client, PASSWORD, TestApp};
use crate::provider::Provider;
use crate::slow::{FORM, endless};

const REPORT: &str = "application/csp-report";
const MULTIPART: &str = "multipart/form-data; boundary=x";

/// What a route takes bodies of.
fn kind(path: &str) -> &'static str {
    match path {
        "/csp-report" => REPORT,
        "/settings/data/import" => MULTIPART,
        _ => FORM,
    }
}

/// What was found of each line, against what the table says.
#[derive(Default)]
struct Found(BTreeMap<(String, String), String>);

impl Found {
    fn put(&mut self, line: &Line, found: impl Into<String>) {
        let key = (line.method.clone(), line.path.clone());
        self.0.insert(key, found.into());
    }

    fn compare(&self, said: impl Fn(&Line) -> &str) {
        let wrong: Vec<String> = table()
            .iter()
            .filter_map(|line| {
                let found = &self.0[&(line.method.clone(), line.path.clone())];
                (found != said(line))
                    .then(|| format!("{:<5} {:<50} {found}", line.method, line.path))
            })
            .collect();
        assert!(
            wrong.is_empty(),
            "others than the table says:\n{}",
            wrong.join("\n")
        );
    }
}

async fn execute(app: &TestApp, sql: &'static str, user: i64) {
    sqlx::query(sql).bind(user).execute(&app.db).await.unwrap();
}

const NOT_ASKED: &str = "update sessions set asked_again = false where user_id = $1";
const NEW_BROWSER: &str = "update sessions set browser_trusted = false where user_id = $1";

/// `sudo`: whoever showed who they are more than a quarter of an hour ago is asked again. `again`: so is whoever has only
/// logged in. `vouch`: in a browser that is new to them they show a code from their mail, too.
#[tokio::test]
async fn the_table_says_who_is_asked_again() {
    let app = everything_on().await;
    let mut found = Found::default();
    for line in table() {
        let asked = async |change: Option<&'static str>| {
            let mut owner = app.user().await;
            let path = filled(&app, &mut owner, &line.path).await;
            let mut client = if line.path.starts_with("/admin") {
                app.admin().await
            } else {
                owner
            };
            if let Some(change) = change {
                execute(&app, change, client.user).await;
            }
            ask(&mut client, &line.method, &path).await
        };
        // What sends a code leads to where it is typed, whoever asks.
        let usual = asked(None).await;
        let is_asked = async |change, gate| usual != gate && asked(Some(change)).await == gate;
        let gates = [
            is_asked(STALE, "sudo").await,
            is_asked(NOT_ASKED, "sudo").await,
            is_asked(NEW_BROWSER, "vouch").await,
        ];
        let again = match gates {
            [false, false, false] => "-",
            [true, false, false] => "sudo",
            [true, true, false] => "again",
            [true, true, true] => "vouch",
            _ => "neither",
        };
        found.put(&line, again);
    }
    found.compare(|line| &line.bounds.again);
}

/// Before this is over, nobody else gives up waiting.
const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(3600);

/// The request that a route is asked with while the database hangs.
fn hanging(client: &Client, line: &Line, path: &str) -> Request<Body> {
    let body = match kind(&line.path) {
        // It does not wait for the database.
        REPORT => endless("{", None),
        _ => Body::empty(),
    };
    client
        .request(line.method.parse().unwrap(), path)
        .header(header::CONTENT_TYPE, kind(&line.path))
        .body(body)
        .unwrap()
}

/// Which time a route has shows when the database hangs: of two servers, one is in a hurry with pages, and the other with
/// what moves everything. Where both wait, the one that is in a hurry answers first.
#[tokio::test]
async fn the_table_says_how_long_a_route_may_take() {
    let provider = Provider::start().await;
    let (app, database) = TestApp::on_a_line(|settings| set_up(settings, &provider)).await;
    let times = |request, transfer| Times {
        request,
        transfer,
        session: LONG / 2,
        ..Times::default()
    };
    let pages = app.with_times(times(SHORT, LONG));
    let transfers = app.with_times(times(LONG, SHORT));
    let mut prepared = Vec::new();
    for line in table() {
        let mut owner = app.user().await;
        let path = filled(&app, &mut owner, &line.path).await;
        prepared.push((line, owner, path));
    }
    database.hang();
    let mut answers = JoinSet::new();
    for (line, owner, path) in prepared {
        let (mut one, mut other) = (owner.at(&pages), owner.at(&transfers));
        let requests = [hanging(&one, &line, &path), hanging(&other, &line, &path)];
        answers.spawn(async move {
            let [first, second] = requests;
            let (page, time) = tokio::select! {
                page = one.send(first) => (page, "page"),
                page = other.send(second) => (page, "transfer"),
            };
            // Whatever answers otherwise waits for nothing.
            let is_cut = matches!(page.status.as_u16(), 408 | 503);
            (line, if is_cut { time } else { "-" })
        });
    }
    let mut found = Found::default();
    for (line, time) in answers.join_all().await {
        found.put(&line, time);
    }
    found.compare(|line| &line.bounds.time);
}

/// `64K`, in bytes.
fn bytes(said: &str) -> usize {
    let number = said.strip_suffix('K').expect("a number of kibibytes");
    number.parse::<usize>().expect(said) * 1024
}

/// A form of so many bytes, or one with a file of so many, at fault for nothing but its length.
fn sized(path: &str, token: &str, size: usize) -> Body {
    let large = |mut begin: Vec<u8>, size: usize| {
        begin.resize(size, b'x');
        begin
    };
    Body::from(match kind(path) {
        MULTIPART => {
            let part =
                |name: &str| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"");
            let (token, file) = (
                format!("{}\r\n\r\n{token}\r\n", part("form_token")),
                format!("{}; filename=\"a.json\"\r\n\r\n", part("file")),
            );
            let begin = format!("{token}{file}").into_bytes();
            let size = begin.len() + size;
            [large(begin, size), b"\r\n--x--\r\n".to_vec()].concat()
        }
        FORM => large(format!("form_token={token}&note=").into_bytes(), size),
        _ => large(Vec::new(), size),
    })
}

/// A form may be so large, or the file in it, and not a byte larger.
#[tokio::test]
async fn the_table_says_how_large_a_body_may_be() {
    let app = everything_on().await;
    let mut found = Found::default();
    for line in table() {
        if line.method != "POST" {
            found.put(&line, "-");
            continue;
        }
        let size = bytes(&line.bounds.body);
        let is_too_large = async |size: usize| {
            let mut owner = app.user().await;
            let path = filled(&app, &mut owner, &line.path).await;
            let token = owner.token().await;
            let request = owner
                .request(Method::POST, &path)
                .header(header::CONTENT_TYPE, kind(&line.path))
                .body(sized(&line.path, &token, size));
            let page = owner.send(request.unwrap()).await;
            page.status.as_u16() == 413 || page.text().contains("The file is larger than")
        };
        let said = match (is_too_large(size).await, is_too_large(size + 1).await) {
            (false, true) => line.bounds.body.as_str(),
            (true, _) => "less",
            (_, false) => "more",
        };
        found.put(&line, said);
    }
    found.compare(|line| &line.bounds.body);
}

/// A site behind a proxy, which others reach: on a machine that only its owner reaches no network is limited.
async fn public() -> TestApp {
    let provider = Provider::start().await;
    TestApp::with(|settings| {
        set_up(settings, &provider);
        settings.public_url = Some("https://stakeeasy.example".to_owned());
        settings.trusted_proxies = Some("127.0.0.1".to_owned());
    })
    .await
}

/// `10/30s`: ten at once from one network, and then one more every 30 seconds.
#[tokio::test]
async fn the_table_says_how_often_a_network_may_ask() {
    /// More than any route gives a network at once but the one that is asked while somebody types.
    const MANY: u64 = 11;
    let app = public().await;
    let mut found = Found::default();
    for (number, line) in table().into_iter().enumerate() {
        let mut owner = app.user().await;
        // There is no adding one at the address of this site, and what it names does not matter here.
        let path = line
            .path
            .replace("/passkeys/{id}", &format!("/passkeys/{}", Uuid::nil()));
        let path = filled(&app, &mut owner, &path).await;
        let network = format!("198.51.{}.{}", number / 250, number % 250 + 1);
        let mut visitor = app.visitor();
        let said = &line.bounds.network;
        let (burst, every) = said
            .strip_suffix('s')
            .and_then(|said| said.split_once('/'))
            .map_or((MANY, 0), |(burst, every)| {
                (burst.parse().unwrap(), every.parse().unwrap())
            });
        let mut limit = "-".to_owned();
        for n in 0..=burst {
            // Tries at one address are slowed before those of one network are refused.
            let email = format!("{n}@example.org");
            let mut request = match line.method.as_str() {
                "POST" => visitor.post_request(&path, &[("email", &email)]),
                _ => visitor
                    .request(Method::GET, &path)
                    .body(Body::empty())
                    .unwrap(),
            };
            let from = network.parse().unwrap();
            request.headers_mut().insert("x-forwarded-for", from);
            let page = visitor.send(request).await;
            if page.status.as_u16() == 429 {
                let wait: u64 = page.header("retry-after").parse().unwrap();
                // Some of it is over by now.
                limit = if n == burst && (1..=every).contains(&wait) {
                    said.clone()
                } else {
                    format!("{n}/{wait}s")
                };
                break;
            }
        }
        found.put(&line, limit);
    }
    found.compare(|line| &line.bounds.network);
}

/// Wrong tries that are counted against an account, and mails that are: to it, or at its request.
async fn counted(app: &TestApp) -> (i64, i64) {
    app.run_jobs().await;
    let tries = app.number("select coalesce(sum(failures), 0)::int8 from login_attempts");
    let mails = app.number(
        "select (select count(*) from mails_asked_for) + (select count(*) from mailed_codes)",
    );
    (tries.await, mails.await)
}

/// `tries`: wrong secrets are counted by account, in the database. `mails`: so are the mails that are sent.
#[tokio::test]
async fn the_table_says_what_is_counted_by_account() {
    let app = everything_on().await;
    let mut found = Found::default();
    for line in table() {
        if line.method != "POST" {
            found.put(&line, "-");
            continue;
        }
        let mut owner = app.user().await;
        let path = filled(&app, &mut owner, &line.path).await;
        let email = owner.value("select email from users where id = $1").await;
        let hash = "update users set password_hash = 'a hash' where id = $1";
        let with_password = app.user().await;
        execute(&app, hash, with_password.user).await;
        let strange = app.user().await;
        execute(&app, hash, strange.user).await;
        execute(&app, NEW_BROWSER, strange.user).await;
        let half_way = app.half_way(with_password.user).await;
        let with_app = app.user().await;
        let enabled = "update users set totp_enabled_at = now() where id = $1";
        execute(&app, enabled, with_app.user).await;
        let losing = app.half_way(with_app.user).await;
        // Somebody whose mail is on its way.
        let mut registering = app.visitor();
        let address = format!("{}@example.org", Uuid::new_v4().simple());
        let fields = [
            ("email", address.as_str()),
            ("name", "Robin"),
            ("password", PASSWORD),
            ("home", "EUR"),
            ("time_zone", "UTC"),
        ];
        registering.post("/register", &fields).await.is(303);
        let before = counted(&app).await;
        let others = [
            app.visitor(),
            registering,
            half_way,
            losing,
            owner,
            with_password,
            strange,
        ];
        for mut client in others {
            let is_visitor = client.user == 0;
            // Only a visitor says who they are by their address.
            let email = if is_visitor && path != "/register" {
                email.clone()
            } else {
                format!("{}@example.org", Uuid::new_v4().simple())
            };
            let token = match client.get("/login/code").await {
                page if page.has("[name=form_token]") => page.attr("[name=form_token]", "value"),
                _ if is_visitor => String::new(),
                _ => client.token().await,
            };
            let fields = [
                ("form_token", token.as_str()),
                ("email", &email),
                ("name", "Robin"),
                ("password", "not the right words"),
                ("code", "00000000"),
                ("home", "EUR"),
                ("time_zone", "UTC"),
            ];
            client.post(&path, &fields).await;
        }
        let after = counted(&app).await;
        let said = match (after.0 > before.0, after.1 > before.1) {
            (true, false) => "tries",
            (false, true) => "mails",
            (true, true) => "both",
            (false, false) => "-",
        };
        found.put(&line, said);
    }
    found.compare(|line| &line.bounds.account);
}
