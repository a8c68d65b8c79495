//! Jobs that failed for the last time.

use stakeeasy::config::Mail;
use stakeeasy::email::{self, Letter};

use super::{lines, press};
use crate::harness::{Client, TestApp, keep_log, log};

/// A file stands where the folder for mail should be: no mail can be sent until it is gone.
fn block_mail(app: &TestApp) -> std::path::PathBuf {
    let Mail::Folder(folder) = &app.app.config.mail else {
        panic!("tests send mail to a folder")
    };
    std::fs::write(folder, "").unwrap();
    folder.clone()
}

/// Puts a mail down that has one try left.
async fn put_down(app: &TestApp) {
    let letter = Letter {
        subject: "Confirm your address".to_owned(),
        paragraphs: vec!["A secret sentence.".to_owned()],
        action: None,
        otherwise: String::new(),
        code: None,
    };
    let mut tx = app.db.begin().await.unwrap();
    email::send(&app.app, &mut tx, "robin@example.org", &letter, None)
        .await
        .unwrap();
    sqlx::query("update graphile_worker._private_jobs set attempts = max_attempts - 1")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn job(client: &mut Client) -> String {
    let page = client.open("/admin/jobs?state=dead").await;
    let path = page.attr("form[action$='/retry']", "action");
    path.trim_end_matches("/retry").to_owned()
}

/// The log line fails without `is_last`.
#[tokio::test]
async fn a_dead_letter_is_told_seen_and_sent_again() {
    let app = TestApp::new().await;
    let mut admin = app.admin().await;
    let blocked = block_mail(&app);
    put_down(&app).await;
    keep_log();
    app.run_jobs().await;
    let text = log();
    assert!(
        text.contains("ERROR") && text.contains("for the last time"),
        "{text}"
    );
    assert!(
        admin
            .open("/admin")
            .await
            .text()
            .contains("One job failed for the last time")
    );
    let path = job(&mut admin).await;
    let page = admin.open("/admin/jobs").await;
    let told = page.text();
    assert!(
        told.contains("Send mail: Confirm your address dead letter"),
        "{told}"
    );
    assert!(told.contains("13 of 13 tries"), "{told}");
    assert!(told.contains("could not make"), "{told}");
    // What it carries stays sealed, and is not shown even so.
    let payload: serde_json::Value =
        sqlx::query_scalar("select payload from graphile_worker._private_jobs")
            .fetch_one(&app.db)
            .await
            .unwrap();
    assert!(!page.html().contains(payload["sealed"].as_str().unwrap()));
    assert!(!page.html().contains("robin@example.org"));

    std::fs::remove_file(blocked).unwrap();
    for _ in 0..2 {
        press(&mut admin, &page, &format!("{path}/retry"))
            .await
            .leads_to("/admin/jobs");
    }
    assert_eq!(app.mail().await.to, "robin@example.org");
    let written = lines(&app, "job-retried").await;
    assert_eq!(written.len(), 1);
    assert_eq!((written[0].0, written[0].1), (Some(admin.user), None));
    assert_eq!(written[0].2["kind"], "send_mail");
    assert!(admin.open("/admin/jobs").await.has(".empty"));
    // Long done: nothing is changed, and nothing written down.
    press(&mut admin, &page, &format!("{path}/retry"))
        .await
        .leads_to("/admin/jobs");
    assert_eq!(lines(&app, "job-retried").await.len(), 1);
}

#[tokio::test]
async fn a_dropped_job_is_gone() {
    let app = TestApp::new().await;
    let mut admin = app.admin().await;
    let blocked = block_mail(&app);
    put_down(&app).await;
    app.run_jobs().await;
    std::fs::remove_file(blocked).unwrap();
    let path = job(&mut admin).await;
    let ask = format!("{path}/drop");
    let page = admin.open(&ask).await;
    for _ in 0..2 {
        press(&mut admin, &page, &ask).await.leads_to("/admin/jobs");
    }
    let written = lines(&app, "job-dropped").await;
    assert_eq!(written.len(), 1);
    assert_eq!(written[0].2["state"], "dead");
    assert!(app.mails().await.is_empty());
    admin.get(&ask).await.is(404);
}

/// Fails without the question for `State::Running` in `discard`.
#[tokio::test]
async fn a_job_that_waits_can_be_dropped_and_one_that_runs_cannot() {
    let app = TestApp::new().await;
    let mut admin = app.admin().await;
    put_down(&app).await;
    let page = admin.open("/admin/jobs?state=retrying").await;
    let path = page.attr("form[action$='/retry']", "action");
    let path = path.trim_end_matches("/retry");
    sqlx::query(
        "update graphile_worker._private_jobs set locked_at = now(), locked_by = 'somebody'",
    )
    .execute(&app.db)
    .await
    .unwrap();
    let running = admin.open("/admin/jobs?state=running").await;
    assert_eq!(
        (running.count("li.link-line"), running.count("main form")),
        (1, 0)
    );
    for part in ["retry", "drop"] {
        admin
            .post_form(&format!("{path}/{part}"), &[])
            .await
            .leads_to("/admin/jobs");
    }
    assert!(lines(&app, "job-retried").await.is_empty());
    assert!(lines(&app, "job-dropped").await.is_empty());
    sqlx::query(
        "update graphile_worker._private_jobs set locked_at = null, locked_by = null, attempts = 0",
    )
    .execute(&app.db)
    .await
    .unwrap();
    assert!(
        admin
            .open("/admin/jobs?state=waiting")
            .await
            .has("a[href$='/drop']")
    );
    admin
        .post_form(&format!("{path}/drop"), &[])
        .await
        .leads_to("/admin/jobs");
    assert_eq!(lines(&app, "job-dropped").await.len(), 1);
}
