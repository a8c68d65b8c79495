//! The audit log and its filters.

use crate::harness::TestApp;

/// Writes lines down: when, who, to whom, what.
async fn write(app: &TestApp, lines: &[(&str, Option<i64>, Option<i64>, &str)]) {
    for (at, actor, subject, action) in lines {
        sqlx::query(
            "insert into audit_log (at, actor_id, subject_id, action, detail, place, agent, request_id)
             values ($1::timestamptz, $2, $3, $4, '{\"reason\": \"=1+1\"}', '192.0.2.0/24', 'Firefox/1 Linux', '')",
        )
        .bind(at)
        .bind(actor)
        .bind(subject)
        .bind(action)
        .execute(&app.db)
        .await
        .unwrap();
    }
}

/// Fails without any line of the `where` in `audit::lines`.
#[tokio::test]
async fn the_log_is_filtered_by_what_whom_who_and_when() {
    let app = TestApp::new().await;
    let user = app.user().await;
    let mut admin = app.admin().await;
    // Midnight is theirs: 22:30 UTC is the day after in Helsinki.
    sqlx::query(
        "update users set time_zone = 'Europe/Helsinki', email = 'admin@example.org' where id = $1",
    )
    .bind(admin.user)
    .execute(&app.db)
    .await
    .unwrap();
    sqlx::query("update users set email = 'Robin@example.org' where id = $1")
        .bind(user.user)
        .execute(&app.db)
        .await
        .unwrap();
    let (a, u) = (Some(admin.user), Some(user.user));
    write(
        &app,
        &[
            ("2026-10-01T12:00:00Z", u, u, "password-changed"),
            ("2026-10-02T22:30:00Z", a, u, "user-disabled"),
            ("2026-10-04T12:00:00Z", a, None, "rate-corrected"),
            ("2026-10-05T12:00:00Z", None, Some(987_654), "deleted"),
        ],
    )
    .await;
    let mut found = async |query: &str| {
        let page = admin.open(&format!("/admin/audit?{query}")).await;
        page.count("ol.history > li")
    };
    for (query, wanted) in [
        ("", 4),
        ("action=user-disabled", 1),
        ("action=no-such-thing", 4),
        ("user=robin@example.org", 2),
        ("by=admin@example.org", 2),
        ("user=robin@example.org&by=admin@example.org", 1),
        (
            "user=robin@example.org&by=admin@example.org&action=password-changed",
            0,
        ),
        ("user=987654", 1),
        ("user=nobody@example.org", 0),
        ("from=2026-10-03", 3),
        ("to=2026-10-02", 1),
        ("from=2026-10-03&to=2026-10-03", 1),
        ("from=2026-10-05&to=2026-10-01", 0),
        ("from=soon", 0),
    ] {
        assert_eq!(found(query).await, wanted, "{query}");
    }
    let page = admin.open("/admin/audit?user=nobody@example.org").await;
    assert!(page.has("#user[aria-invalid]"));
    let page = admin.open("/admin/audit?action=user-disabled").await;
    assert!(
        page.text().contains(
            "User disabled for Robin@example.org 3 Oct 2026, 01:30 · by admin@example.org · Firefox on Linux · 192.0.2.0/24 \
             reason: =1+1"
        ),
        "{}",
        page.text()
    );
    let page = admin.open("/admin/audit?user=987654").await;
    assert!(page.text().contains("user 987654"), "{}", page.text());

    let file = admin.open("/admin/audit.csv?action=user-disabled").await;
    assert!(file.header("content-disposition").contains("audit-log.csv"));
    let text = file.html();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(
        text.contains(
            "2026-10-02T22:30:00+00:00,user-disabled,admin@example.org,Robin@example.org,"
        )
    );
}

#[tokio::test]
async fn the_log_has_pages_that_keep_the_filter() {
    let app = TestApp::new().await;
    let mut admin = app.admin().await;
    sqlx::query(
        "insert into audit_log (at, actor_id, subject_id, action, place, agent, request_id)
         select now() - make_interval(mins => n), $1, $1, case when n <= 120 then 'signed-in' else 'signed-out' end, '', '', ''
         from generate_series(1, 6000) n",
    )
    .bind(admin.user)
    .execute(&app.db)
    .await
    .unwrap();
    let page = admin.open("/admin/audit?action=signed-in").await;
    assert!(page.text().contains("1 to 50 of 120"));
    let next = page.attr("a[rel=next]", "href");
    assert!(next.contains("action=signed-in"));
    let page = admin.open("/admin/audit?action=signed-in&page=3").await;
    assert_eq!(page.count("ol.history > li"), 20);
    // Counting ends, however long the log is.
    let page = admin.open("/admin/audit?page=1000").await;
    assert!(
        page.text().contains("4,951 to 5,000 of 5,000"),
        "{}",
        page.text()
    );
    assert!(page.text().contains("The pages end here"));
}
