//! Whoever is slow, greedy or both takes nobody's place.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::{Method, Request, StatusCode, header};
use hyper::body::Frame;
use stakeeasy::config::Times;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::harness::{Client, PASSWORD, Page, TestApp};
use crate::matrix;
use crate::provider::Provider;

pub const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=x";

/// Longer than any answer may take in a hurry.
pub const LATE: Duration = Duration::from_secs(12);

/// Longer than any test takes.
const PATIENCE: Duration = Duration::from_secs(3600);

/// Longer than an answer that waits for nothing takes on a busy machine.
const SOON: Duration = Duration::from_secs(3);

/// A body that begins, and then gives a byte now and then for ever, or nothing at all.
struct Endless(mpsc::Receiver<Bytes>);

impl hyper::body::Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let part = self.0.poll_recv(context);
        part.map(|part| part.map(|part| Ok(Frame::data(part))))
    }
}

pub fn endless(begins: impl Into<Bytes>, every: Option<Duration>) -> Body {
    let (send, receive) = mpsc::channel(1);
    let mut part = begins.into();
    tokio::spawn(async move {
        while send.send(part).await.is_ok() {
            match every {
                Some(every) => tokio::time::sleep(every).await,
                None => send.closed().await,
            }
            part = Bytes::from_static(b"a");
        }
    });
    Body::new(Endless(receive))
}

/// The status of the answer, or why there is none.
async fn in_time(mut client: Client, request: Request<Body>) -> Result<StatusCode, String> {
    let what = format!("{} {}", request.method(), request.uri());
    let answer = tokio::time::timeout(LATE, client.send(request)).await;
    answer
        .map(|page| page.status)
        .map_err(|_| format!("{what} was not answered"))
}

fn posted(client: &Client, path: &str, kind: &str, body: Body) -> Request<Body> {
    let request = client.request(Method::POST, path);
    request
        .header(header::CONTENT_TYPE, kind)
        .body(body)
        .unwrap()
}

/// From another network, as the proxy says.
fn from_network(mut request: Request<Body>, network: usize) -> Request<Body> {
    let address = format!("198.51.{}.{}", network / 250, network % 250 + 1);
    request
        .headers_mut()
        .insert("x-forwarded-for", address.parse().unwrap());
    request
}

/// A site that others reach, behind a proxy.
async fn public() -> TestApp {
    TestApp::in_a_hurry(|settings| {
        settings.public_url = Some("https://stakeeasy.example".to_owned());
        settings.trusted_proxies = Some("127.0.0.1".to_owned());
    })
    .await
}

/// Fails without the outermost limit in `routes::router`: `/csp-report` waited for ever.
#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_in_time_whatever_body_does_not_come() {
    let provider = Provider::start().await;
    let app = TestApp::in_a_hurry(|settings| matrix::set_up(settings, &provider)).await;
    let mut answers = JoinSet::new();
    let mut count = 0;
    for path in app.paths() {
        let mut owner = app.user().await;
        let path = match path.as_str() {
            _ if path.starts_with("/static") => "/static/favicon.svg".to_owned(),
            _ => matrix::filled(&app, &mut owner, &path).await,
        };
        for client in [app.visitor(), app.another(&owner).await] {
            for kind in [FORM, MULTIPART, "application/csp-report"] {
                for every in [None, Some(Duration::from_millis(300))] {
                    for method in [Method::POST, Method::GET] {
                        let mut request = posted(&client, &path, kind, endless("a=b", every));
                        *request.method_mut() = method;
                        answers.spawn(in_time(client.clone(), request));
                        count += 1;
                    }
                }
            }
        }
    }
    assert!(count > 1000, "{count}");
    let late: Vec<String> = answers
        .join_all()
        .await
        .into_iter()
        .filter_map(Result::err)
        .collect();
    assert!(late.is_empty(), "{late:#?}");
}

/// Fails if a body may take as long as the whole request, or pause for longer than `Times::pause`.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_never_comes_is_cut_early() {
    let app = public().await;
    for kind in [FORM, "application/csp-report"] {
        let path = if kind == FORM {
            "/login"
        } else {
            "/csp-report"
        };
        let mut visitor = app.visitor();
        let request = posted(&visitor, path, kind, endless("", None));
        let began = Instant::now();
        let page = visitor.send(request).await;
        page.is(408);
        let request_time = app.app.config.times.request;
        assert!(
            began.elapsed() < request_time,
            "{path}: {:?}",
            began.elapsed()
        );
    }
}

/// Fails without a network's own count of open requests: whoever has one address had every place.
#[tokio::test(flavor = "multi_thread")]
async fn one_network_has_only_so_many_requests_open_and_gets_its_places_back() {
    let app = public().await;
    let visitor = app.visitor();
    let mut answers = JoinSet::new();
    for _ in 0..60 {
        let request = posted(&visitor, "/login", FORM, endless("email=", None));
        answers.spawn(in_time(visitor.clone(), from_network(request, 1)));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let other = from_network(visitor.post_request("/csp-report", &[]), 2);
    assert_ne!(visitor.clone().send(other).await.status, 503);
    let statuses = answers.join_all().await;
    let count = |status: u16| {
        let found = statuses.iter().flatten();
        found.filter(|found| found.as_u16() == status).count()
    };
    assert!(count(429) >= 40 && count(408) >= 4, "{statuses:?}");
    assert_eq!(count(429) + count(408), 60, "{statuses:?}");
    let again = from_network(
        visitor
            .request(Method::GET, "/about")
            .body(Body::empty())
            .unwrap(),
        1,
    );
    visitor.clone().send(again).await.is(200);
}

/// Fails without the share of bodies whose senders nobody knows: from enough networks they had every place.
#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_strangers_leave_places_for_whoever_is_signed_in() {
    const MANY: usize = 2000;
    let app = public().await;
    // Nobody is cut off before all have come, however busy the machine is.
    let server = app.with_times(Times {
        request: PATIENCE,
        body: PATIENCE,
        pause: PATIENCE,
        session: PATIENCE / 2,
        ..Times::default()
    });
    let mut owner = app.user().await.at(&server);
    let visitor = app.visitor().at(&server);
    let mut answers = JoinSet::new();
    for number in 0..MANY {
        let (path, kind) = match number % 2 {
            0 => ("/login", FORM),
            _ => ("/csp-report", "application/csp-report"),
        };
        // A cookie that is nobody's makes nobody known.
        let mut stranger = visitor.clone();
        let name = "__Host-session".to_owned();
        stranger.cookies.insert(name, format!("made up {number}"));
        let request = posted(&stranger, path, kind, endless("email=", None));
        let request = from_network(request, number / 4);
        answers.spawn(async move { stranger.send(request).await.status });
    }
    // Those for whom there is no place are told at once; the others keep what they have.
    for _ in 0..MANY / 2 {
        let status = answers.join_next().await.unwrap().unwrap();
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    }
    let request = owner
        .request(Method::GET, "/entries")
        .body(Body::empty())
        .unwrap();
    let page = owner.send(from_network(request, 3000)).await;
    page.is(200);
    let token = page.attr("meta[name=form-token]", "content");
    let fields = [("form_token", token.as_str()), ("theme", "dark")];
    let saved = from_network(owner.post_request("/settings/theme", &fields), 3000);
    let saved = owner.send(saved).await;
    assert_ne!(
        saved.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "{}",
        saved.text()
    );
    assert!(!answers.is_empty());
}

/// Fails if a report may be large, or of any kind.
#[tokio::test]
async fn reports_are_small_and_reports() {
    let app = public().await;
    let send = async |kind: &str, body: String, network: usize| -> Page {
        let mut visitor = app.visitor();
        let request = posted(&visitor, "/csp-report", kind, Body::from(body));
        visitor.send(from_network(request, network)).await
    };
    let report = r#"{"csp-report":{"document-uri":"https://stakeeasy.example/","effective-directive":"img-src","blocked-uri":"https://evil.example/?a"}}"#;
    send("application/csp-report", report.to_owned(), 1)
        .await
        .is(204);
    send("application/reports+json", format!("[{report}]"), 1)
        .await
        .is(204);
    send("application/csp-report", "not a report".to_owned(), 1)
        .await
        .is(400);
    send("application/csp-report", "[".repeat(3000), 1)
        .await
        .is(400);
    send(FORM, report.to_owned(), 1).await.is(415);
    send("application/csp-report", " ".repeat(5000), 1)
        .await
        .is(413);
}

fn file_begins(token: &str) -> String {
    format!(
        "--x\r\nContent-Disposition: form-data; name=\"form_token\"\r\n\r\n{token}\r\n--x\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"a.json\"\r\n\r\n{{"
    )
}

/// Fails if a file that is still coming has one of the few turns that an import needs.
#[tokio::test(flavor = "multi_thread")]
async fn slow_uploads_do_not_keep_others_from_importing() {
    let app = TestApp::in_a_hurry(|_| ()).await;
    let mut answers = JoinSet::new();
    for _ in 0..6 {
        let mut slow = app.user().await;
        let token = slow.token().await;
        let body = endless(file_begins(&token), Some(Duration::from_millis(300)));
        let request = posted(&slow, "/settings/data/import", MULTIPART, body);
        answers.spawn(in_time(slow, request));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut quick = app.user().await;
    let upload = crate::account::upload(&mut quick, b"not a ledger");
    let page = tokio::time::timeout(SOON, upload)
        .await
        .expect("it waits for the others");
    page.is(422);
    for answer in answers.join_all().await {
        assert_eq!(answer, Ok(StatusCode::REQUEST_TIMEOUT));
    }
}

/// Fails if one account can have several files coming at once.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_sends_one_file_at_a_time() {
    let app = TestApp::in_a_hurry(|_| ()).await;
    let mut user = app.user().await;
    let token = user.token().await;
    let body = endless(file_begins(&token), None);
    let first = posted(&user, "/settings/data/import", MULTIPART, body);
    let first = tokio::spawn(in_time(user.clone(), first));
    tokio::time::sleep(Duration::from_millis(200)).await;
    crate::account::upload(&mut user, b"not a ledger")
        .await
        .is(429);
    assert_eq!(first.await.unwrap(), Ok(StatusCode::REQUEST_TIMEOUT));
    crate::account::upload(&mut user, b"not a ledger")
        .await
        .is(422);
}

/// Fails if a page is told to wait because others log in: the share is of bodies, not of pages.
#[tokio::test]
async fn logging_in_works_as_ever() {
    let app = public().await;
    let mut visitor = app.visitor();
    let fields = [("email", "robin@example.org"), ("password", PASSWORD)];
    visitor.post("/login", &fields).await.is(422);
}
