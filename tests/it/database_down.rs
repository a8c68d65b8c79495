//! The database hangs, is gone, or is far away: what is answered meanwhile, and that nothing is left of it afterwards.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use tokio::task::JoinSet;

use crate::harness::{Client, Form, Line, Page, TestApp};
use crate::matrix;
use crate::provider::Provider;
use crate::slow::LATE;

async fn on_a_line() -> (TestApp, Line) {
    let provider = Provider::start().await;
    TestApp::on_a_line(|settings| matrix::set_up(settings, &provider)).await
}

/// A request to every route by a visitor, a user and an administrator.
async fn everything(app: &TestApp) -> Vec<(Client, Request<Body>)> {
    let mut all = Vec::new();
    let admin = app.admin().await;
    for path in app.paths() {
        let mut owner = app.user().await;
        let token = owner.token().await;
        let people = [app.visitor(), owner.clone(), admin.clone()];
        let path = match path.as_str() {
            _ if path.starts_with("/static") => "/static/favicon.svg".to_owned(),
            _ => matrix::filled(app, &mut owner, &path).await,
        };
        for client in &people {
            let get = client.request(Method::GET, &path).body(Body::empty());
            all.push((client.clone(), get.unwrap()));
            let fields = [
                ("form_token", token.as_str()),
                ("kind", "deposit"),
                ("amount", "5"),
                ("email", "robin@example.org"),
                ("password", "not the right words"),
            ];
            all.push((client.clone(), client.post_request(&path, &fields)));
        }
    }
    all
}

/// What everything is answered with meanwhile, all of it at once.
async fn answers(all: Vec<(Client, Request<Body>)>) -> Vec<(String, bool, Option<Page>)> {
    let mut asked = JoinSet::new();
    for (mut client, request) in all {
        let what = format!("{} {}", request.method(), request.uri());
        let is_user = client.user != 0;
        asked.spawn(async move {
            let page = tokio::time::timeout(LATE, client.send(request)).await;
            (what, is_user, page.ok())
        });
    }
    asked.join_all().await
}

fn check(answers: &[(String, bool, Option<Page>)]) {
    let mut wrong = Vec::new();
    for (what, _, page) in answers {
        match page {
            None => wrong.push(format!("{what} was not answered")),
            Some(page) if page.status == StatusCode::INTERNAL_SERVER_ERROR => {
                wrong.push(format!("{what}: 500"));
            }
            Some(page)
                if page.status == StatusCode::SERVICE_UNAVAILABLE
                    && !what.contains("/readyz")
                    && (!page.text().contains("We could not reach your ledger")
                        || page.headers.get(header::RETRY_AFTER).is_none()) =>
            {
                wrong.push(format!("{what}: a bare 503: {}", page.text()));
            }
            Some(page) => {
                if ["/healthz", "/static/", "/robots.txt", "/favicon.ico"]
                    .iter()
                    .any(|path| what.contains(&format!("GET {path}")))
                    && page.status != StatusCode::OK
                {
                    wrong.push(format!("{what}: {}", page.status));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let down = answers.iter().filter(|(_, is_user, page)| {
        *is_user && page.as_ref().unwrap().status == StatusCode::SERVICE_UNAVAILABLE
    });
    assert!(down.count() > 200, "the database was not asked");
}

async fn works(client: &mut Client) {
    let began = Instant::now();
    loop {
        let page = client.get("/entries").await;
        if page.status == StatusCode::OK {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "{}", page.text());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Fails if the session's query lies outside the limit of time: its requests waited for as long as the database hung.
#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_hangs_every_route_says_so_in_time_and_afterwards_all_is_as_before() {
    let (app, line) = on_a_line().await;
    let mut user = app.user().await;
    user.open("/entries").await;
    let all = everything(&app).await;
    line.hang();
    let began = Instant::now();
    let page = user.get("/entries").await;
    page.is(503);
    assert!(
        began.elapsed() < app.app.config.times.request,
        "{:?}",
        began.elapsed()
    );
    check(&answers(all).await);
    line.mend();
    works(&mut user).await;
}

/// Fails if looking for the session has no limit of its own: then it takes all of the request's time, and nobody who has a
/// cookie sees any page, not even those that the database is not needed for.
#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_hangs_whoever_has_a_session_sees_the_pages_that_need_none() {
    let (app, line) = on_a_line().await;
    let mut user = app.user().await;
    user.open("/about").await;
    line.hang();
    user.get("/about").await.is(200);
    user.get("/help").await.is(200);
    line.mend();
    works(&mut user).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_gone_every_route_says_so_and_afterwards_all_is_as_before() {
    let (app, line) = on_a_line().await;
    let mut user = app.user().await;
    let all = everything(&app).await;
    line.cut();
    check(&answers(all).await);
    line.mend();
    works(&mut user).await;
}

/// Fails if any error of a broken line is a fault of ours, such as that of putting down a job.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_line_breaks_is_a_503_however_far_it_has_come() {
    let (app, line) = TestApp::on_a_line(|_| ()).await;
    let mut user = app.user().await;
    let account = app.account_with(&user, "site", "Stars", "EUR", "100").await;
    let mut seen = Vec::new();
    // What happens beside the request takes trips, too: the end is where nothing of it is cut off any more.
    for trips in 0..80 {
        works(&mut user).await;
        let page = user.open("/entries/new?kind=deposit").await;
        let mut form = page.form("main form[method=post]:has([name=date])");
        form.set("account", &account);
        form.set("amount", "5");
        line.cut_after(trips);
        let sent = user.send_form(&form).await;
        line.mend();
        seen.push(sent.status.as_u16());
        if sent.status == StatusCode::SEE_OTHER {
            if seen.ends_with(&[303; 8]) {
                break;
            }
            continue;
        }
        sent.is(503);
        assert!(
            sent.text().contains("We could not reach your ledger"),
            "{}",
            sent.text()
        );
        // Trying again is safe, whether or not the first try was saved.
        works(&mut user).await;
        user.send_form(&form).await.is(303);
    }
    assert!(seen.ends_with(&[303; 8]), "{seen:?}");
    assert!(
        seen.iter().filter(|status| **status == 503).count() > 3,
        "{seen:?}"
    );
    let saved = user
        .value("select count(*)::text from entries where user_id = $1 and amount = 5")
        .await;
    assert_eq!(saved, seen.len().to_string());
}

/// Somebody's form with which they put five euros in, as it is on the page.
async fn deposit(app: &TestApp) -> (Client, Form) {
    let mut user = app.user().await;
    let account = app.account_with(&user, "site", "Stars", "EUR", "100").await;
    let page = user.open("/entries/new?kind=deposit").await;
    let mut form = page.form("main form[method=post]:has([name=date])");
    form.set("account", &account);
    form.set("amount", "5");
    (user, form)
}

async fn deposits_saved(user: &Client) -> String {
    user.value("select count(*)::text from entries where user_id = $1 and amount = 5")
        .await
}

/// Fails if those who wait for a far database wait until it is their turn, and if anything is saved of what is answered
/// with 503.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_writes_to_a_far_database_some_are_saved_and_the_others_told_before_those_are() {
    let (app, line) = TestApp::far_away().await;
    let mut forms = Vec::new();
    for _ in 0..40 {
        forms.push(deposit(&app).await);
    }
    line.delay(Duration::from_millis(500));
    let began = Instant::now();
    let mut asked = JoinSet::new();
    for (mut user, form) in forms {
        asked.spawn(async move {
            let page = user.send_form(&form).await;
            (page, began.elapsed(), user, form)
        });
    }
    let answers = asked.join_all().await;
    line.delay(Duration::ZERO);
    let (saved, refused): (Vec<_>, Vec<_>) = answers
        .into_iter()
        .partition(|(page, ..)| page.status == StatusCode::SEE_OTHER);
    let last_saved = saved.iter().map(|(_, at, ..)| *at).max();
    let first_refused = refused.iter().map(|(_, at, ..)| *at).min();
    assert!(
        first_refused.is_some() && first_refused < last_saved,
        "{first_refused:?} {last_saved:?}"
    );
    for (_, _, user, _) in &saved {
        assert_eq!(deposits_saved(user).await, "1");
    }
    for (page, _, mut user, form) in refused {
        page.is(503);
        assert!(page.headers.get(header::RETRY_AFTER).is_some());
        assert!(
            page.text().contains("Nothing was changed"),
            "{}",
            page.text()
        );
        assert_eq!(deposits_saved(&user).await, "0");
        for _ in 0..2 {
            works(&mut user).await;
            user.send_form(&form).await.is(303);
        }
        assert_eq!(deposits_saved(&user).await, "1");
    }
}

/// Fails if a write waits for another one of the same user for longer than the database lets it, or is called a fault of
/// ours then.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_behind_one_that_does_not_end_says_so() {
    let (app, _line) = TestApp::far_away().await;
    let (mut user, form) = deposit(&app).await;
    let mut other = app.db.begin().await.unwrap();
    let lock = "select id from users where id = $1 for update";
    sqlx::query(lock)
        .bind(user.user)
        .execute(&mut *other)
        .await
        .unwrap();
    let page = user.send_form(&form).await;
    page.is(503);
    assert!(page.headers.get(header::RETRY_AFTER).is_some());
    let text = page.text();
    assert!(
        text.contains("Another change is still being saved")
            && text.contains("Nothing was changed"),
        "{text}"
    );
    other.rollback().await.unwrap();
    assert_eq!(deposits_saved(&user).await, "0");
    for _ in 0..2 {
        user.send_form(&form).await.is(303);
    }
    assert_eq!(deposits_saved(&user).await, "1");
}

/// Fails if `/readyz` looks at the database only.
#[tokio::test]
async fn a_site_whose_disk_takes_nothing_is_not_ready_and_says_so() {
    let app = TestApp::new().await;
    let mut visitor = app.visitor();
    visitor.get("/readyz").await.is(200);
    let app = TestApp::new().await;
    std::fs::remove_dir_all(app.data_dir()).unwrap();
    is_not_ready("the data directory cannot be written to", &app).await;
}

/// Checks what `/readyz` says of a site whose data directory was made to fail, which lives nevertheless.
async fn is_not_ready(fault: &str, app: &TestApp) {
    let mut visitor = app.visitor();
    let page = visitor.get("/readyz").await;
    page.is(503);
    assert_eq!(page.html(), fault);
    visitor.get("/healthz").await.is(200);
}

/// Root may write into a directory that is only to be read; nobody can write into a file as into a directory.
#[tokio::test]
async fn a_site_whose_data_directory_takes_no_files_is_not_ready() {
    let app = TestApp::new().await;
    std::fs::remove_dir_all(app.data_dir()).unwrap();
    std::fs::write(app.data_dir(), "").unwrap();
    is_not_ready("the data directory cannot be written to", &app).await;
    std::fs::remove_file(app.data_dir()).unwrap();
    std::fs::create_dir(app.data_dir()).unwrap();

    let app = TestApp::new().await;
    let only_read = std::fs::Permissions::from_mode(0o500);
    std::fs::set_permissions(app.data_dir(), only_read).unwrap();
    if std::fs::write(app.data_dir().join("root"), "").is_ok() {
        eprintln!("whoever runs this may write where nobody else may: the mode says nothing here");
        return;
    }
    is_not_ready("the data directory cannot be written to", &app).await;
}

/// A disk of its own, as far as this machine lets tests have one.
struct Disk<'a>(&'a Path);

impl<'a> Disk<'a> {
    fn at(dir: &'a Path) -> Option<Self> {
        run("mount", &["-t", "tmpfs", "-o", "size=1m", "tmpfs"], dir).then_some(Self(dir))
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        run("umount", &[], self.0);
    }
}

fn run(program: &str, words: &[&str], dir: &Path) -> bool {
    let done = Command::new(program).args(words).arg(dir).output();
    done.is_ok_and(|done| done.status.success())
}

/// Fails if `disk::writes` only opens a file, or opens it to read.
#[tokio::test]
async fn a_site_whose_disk_is_full_or_only_reads_is_not_ready() {
    let app = TestApp::new().await;
    let Some(disk) = Disk::at(app.data_dir()) else {
        eprintln!("not tried: whoever runs this may not mount a disk");
        return;
    };
    app.visitor().get("/readyz").await.is(200);
    let app = TestApp::new().await;
    drop(disk);
    let disk = Disk::at(app.data_dir()).unwrap();
    std::fs::write(disk.0.join("much"), vec![0; 1010 * 1024]).unwrap();
    is_not_ready("the disk of the data directory is full", &app).await;

    let app = TestApp::new().await;
    let disk = Disk::at(app.data_dir()).unwrap();
    // Not one block is left.
    std::fs::write(disk.0.join("all"), vec![0; 2 * 1024 * 1024]).unwrap_err();
    is_not_ready("the data directory cannot be written to", &app).await;

    let app = TestApp::new().await;
    let disk = Disk::at(app.data_dir()).unwrap();
    assert!(run("mount", &["-o", "remount,ro"], disk.0));
    is_not_ready("the data directory cannot be written to", &app).await;
}
