//! Mail: written with what caused it, sent by a job, to a folder or a server.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;

use chrono::Duration;
use stakeeasy::email::{self, Action, Letter};

use crate::harness::{TestApp, keep_log, log};

fn letter() -> Letter {
    Letter {
        subject: "Confirm your address".to_owned(),
        paragraphs: vec!["Ein Satz mit Ümlaut & <b>Klammern</b>.".to_owned()],
        code: None,
        action: Some(Action {
            label: "Confirm".to_owned(),
            url: "http://127.0.0.1:8000/confirm/tokenoftest".to_owned(),
        }),
        otherwise: "If this was not you, do nothing.".to_owned(),
    }
}

async fn send(app: &TestApp, commit: bool, for_minutes: i64) {
    let mut tx = app.db.begin().await.unwrap();
    let until = app.app.now() + Duration::minutes(for_minutes);
    email::send(
        &app.app,
        &mut tx,
        "robin@example.org",
        &letter(),
        Some(until),
    )
    .await
    .unwrap();
    if commit {
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_mail_has_a_text_and_an_html_part_and_says_the_same_in_both() {
    let app = TestApp::new().await;
    send(&app, true, 30).await;
    let mail = app.mail().await;
    assert_eq!(mail.to, "robin@example.org");
    assert_eq!(mail.subject, "Confirm your address");
    assert!(
        mail.text.contains("Ein Satz mit Ümlaut & <b>Klammern</b>."),
        "{}",
        mail.text
    );
    assert_eq!(mail.link(), "/confirm/tokenoftest");
    assert!(mail.raw.contains("multipart/alternative"));
    assert!(mail.html.contains("&#60;b&#62;Klammern"), "{}", mail.html);
    assert!(
        mail.html
            .contains("href=\"http://127.0.0.1:8000/confirm/tokenoftest\"")
    );
    assert!(mail.raw.contains("Auto-Submitted: auto-generated"));
    assert!(
        mail.raw.contains("From: StakeEasy <no-reply@localhost>"),
        "{}",
        mail.raw
    );
}

/// Fails if the job is put down beside the transaction instead of in it.
#[tokio::test]
async fn a_write_that_did_not_happen_sends_no_mail() {
    let app = TestApp::new().await;
    send(&app, false, 30).await;
    assert!(app.mails().await.is_empty());
}

/// Fails without the question whether `until` is over.
#[tokio::test]
async fn a_mail_whose_link_is_over_is_not_sent() {
    let app = TestApp::new().await;
    send(&app, true, -1).await;
    assert!(app.mails().await.is_empty());
    let left = app.number("select count(*) from graphile_worker._private_jobs");
    assert_eq!(left.await, 0);
}

/// Fails if the payload holds the letter itself.
#[tokio::test]
async fn what_a_mail_says_cannot_be_read_in_the_database() {
    let app = TestApp::new().await;
    send(&app, true, 30).await;
    let payload: String =
        sqlx::query_scalar("select payload::text from graphile_worker._private_jobs")
            .fetch_one(&app.db)
            .await
            .unwrap();
    assert!(payload.contains("robin@example.org"));
    assert!(!payload.contains("tokenoftest"), "{payload}");
}

/// Speaks enough SMTP for one message, and hands it over.
fn mail_server() -> (u16, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        sender.send(receive(stream)).unwrap();
    });
    (port, receiver)
}

fn receive(mut stream: TcpStream) -> String {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut say = |text: &str| stream.write_all(format!("{text}\r\n").as_bytes()).unwrap();
    let mut message = String::new();
    say("220 here");
    while let Some(Ok(line)) = lines.next() {
        match line.split(' ').next().unwrap() {
            "EHLO" => say("250 here"),
            "DATA" => {
                say("354 go on");
                for line in lines.by_ref() {
                    let line = line.unwrap();
                    if line == "." {
                        break;
                    }
                    message += &(line + "\n");
                }
                say("250 kept");
                return message;
            }
            _ => say("250 fine"),
        }
    }
    panic!("no message came");
}

#[tokio::test]
async fn a_mail_goes_to_the_mail_server() {
    let (port, message) = mail_server();
    let app = TestApp::with(|settings| {
        settings.mail_url = Some(format!("smtp://127.0.0.1:{port}"));
        settings.mail_from = Some("Desk <desk@stakeeasy.example>".to_owned());
    })
    .await;
    send(&app, true, 30).await;
    app.run_jobs().await;
    let message = message
        .recv_timeout(std::time::Duration::from_secs(5))
        .unwrap();
    assert!(
        message.contains("From: Desk <desk@stakeeasy.example>"),
        "{message}"
    );
    assert!(message.contains("Subject: Confirm your address"));
}

/// Fails if an error of the mail server counts as sent.
#[tokio::test]
async fn a_mail_that_the_server_does_not_take_waits_for_its_next_try() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let app = TestApp::with(|settings| {
        settings.mail_url = Some(format!("smtp://127.0.0.1:{closed}"));
    })
    .await;
    send(&app, true, 30).await;
    app.run_jobs().await;
    let (tries, most, waits, error): (i16, i16, bool, String) = sqlx::query_as(
        "select attempts, max_attempts, run_at > now(), last_error from graphile_worker._private_jobs",
    )
    .fetch_one(&app.db)
    .await
    .unwrap();
    assert_eq!((tries, most, waits), (1, 13, true));
    assert!(error.to_lowercase().contains("connect"), "{error}");
    assert!(!error.contains("tokenoftest"));
}

/// Fails if the worker takes its pause after a break before it looks whether it is to stop.
#[tokio::test]
async fn whoever_does_the_jobs_stops_when_told_to() {
    let app = TestApp::new().await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let working = tokio::spawn(stakeeasy::schedule::work(app.app.clone(), stopped));
    send(&app, true, 30).await;
    let waiting = "select count(*) from graphile_worker._private_jobs";
    while app.number(waiting).await > 0 {
        tokio::task::yield_now().await;
    }
    stop.send_replace(true);
    // Far less than the pause, far more than it takes.
    tokio::time::timeout(std::time::Duration::from_secs(4), working)
        .await
        .unwrap()
        .unwrap();
}

/// A mail server that answers each command as it is told to, and tells what it heard.
fn server(
    answer: impl Fn(&str) -> Option<&'static str> + Send + 'static,
) -> (u16, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (heard, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            stream.write_all(b"220 here\r\n").unwrap();
            while let Some(Ok(line)) = lines.next() {
                let command = line.split([' ', ':']).next().unwrap().to_owned();
                heard.send(line).ok();
                if let Some(refusal) = answer(&command) {
                    stream.write_all(refusal.as_bytes()).unwrap();
                    continue;
                }
                if command == "DATA" {
                    stream.write_all(b"354 go on\r\n").unwrap();
                    for line in lines.by_ref().map_while(Result::ok) {
                        if line == "." {
                            break;
                        }
                        heard.send(line).ok();
                    }
                    let end = answer(".").unwrap_or("250 kept\r\n");
                    stream.write_all(end.as_bytes()).unwrap();
                    continue;
                }
                stream.write_all(b"250 fine\r\n").unwrap();
            }
        }
    });
    (port, receiver)
}

async fn app_with(port: u16) -> TestApp {
    TestApp::with(|settings| settings.mail_url = Some(format!("smtp://127.0.0.1:{port}"))).await
}

/// The tries of the job and how many it may have, and its error.
async fn waiting(app: &TestApp) -> (i16, i16, String) {
    let sql = "select attempts, max_attempts, last_error from graphile_worker._private_jobs";
    sqlx::query_as(sql).fetch_one(&app.db).await.unwrap()
}

/// The kind: what a server says of an address, in a log that is read by others. Fails if its words are passed on, or if
/// what it refuses for good is tried again.
#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_not_tried_again_and_its_address_is_in_no_log() {
    for (command, said) in [
        (
            "RCPT",
            "550 5.1.1 <robin@example.org>: nobody of that name\r\n",
        ),
        ("MAIL", "553 no mail for robin@example.org\r\n"),
        (".", "554 5.7.1 robin@example.org does not want this\r\n"),
    ] {
        keep_log();
        let (port, _heard) = server(move |heard| (heard == command).then_some(said));
        let app = app_with(port).await;
        send(&app, true, 30).await;
        app.run_jobs().await;
        let (tries, most, error) = waiting(&app).await;
        assert_eq!(tries, most, "{error}");
        assert!(error.contains(&said[..3]), "{error}");
        let log = log();
        assert!(log.contains("for good"), "{log}");
        for text in [&error, &log] {
            assert!(!text.contains("robin"), "{text}");
        }
        // An administrator may try it again all the same.
        let id = app
            .number("select id from graphile_worker._private_jobs")
            .await;
        let mut db = app.db.acquire().await.unwrap();
        assert!(
            stakeeasy::jobs::retry(&app.app, &mut db, id)
                .await
                .unwrap()
                .is_some()
        );
        assert_eq!(waiting(&app).await.0, 0);
        assert_eq!(waiting(&app).await.1, 13);
    }
}

/// Fails if a mail that is tried again has another Message-ID, by which readers know copies.
#[tokio::test]
async fn a_mail_that_is_refused_for_now_is_tried_again_under_the_same_message_id() {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let (port, heard) = server(move |heard| {
        (heard == "." && asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0)
            .then_some("451 robin@example.org is busy\r\n")
    });
    let app = app_with(port).await;
    keep_log();
    send(&app, true, 30).await;
    app.run_jobs().await;
    let (tries, most, error) = waiting(&app).await;
    assert_eq!((tries, most), (1, 13));
    assert!(error.contains("451"), "{error}");
    assert!(!error.contains("robin") && !log().contains("robin"));
    sqlx::query("update graphile_worker._private_jobs set run_at = now()")
        .execute(&app.db)
        .await
        .unwrap();
    app.run_jobs().await;
    let ids: Vec<_> = heard
        .try_iter()
        .filter(|line| line.to_lowercase().starts_with("message-id:"))
        .collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    assert_eq!(ids[0], ids[1]);
}

/// Fails if what is wrong with us counts as wrong with the mail.
#[tokio::test]
async fn mail_waits_for_an_operator_who_puts_the_password_right() {
    let (port, _heard) = server(|heard| (heard == "MAIL").then_some("530 5.7.0 log in first\r\n"));
    let app = app_with(port).await;
    send(&app, true, 30).await;
    app.run_jobs().await;
    let (tries, most, error) = waiting(&app).await;
    assert_eq!((tries, most), (1, 13), "{error}");
}
