//! The day that is typed is the day that is meant, in every time zone: an entry lands on it or is refused.

use crate::harness::{Client, Page, TestApp};

/// Somebody in a time zone, with an account in it. Returns the account's key.
async fn at_home_in(app: &TestApp, zone: &str) -> (Client, String) {
    let client = app.user().await;
    sqlx::query("update users set time_zone = $2 where id = $1")
        .bind(client.user)
        .bind(zone)
        .execute(&app.db)
        .await
        .expect("the zone");
    // Nothing is put in at its opening, so that it has no entry yet.
    let account = app.account(&client, "bank", "Bank", "EUR").await;
    (client, account)
}

async fn deposit(client: &mut Client, account: &str, date: &str, time: &str) -> Page {
    let fields = [
        ("account", account),
        ("amount", "5"),
        ("date", date),
        ("time", time),
    ];
    client.try_entry("deposit", &fields).await
}

/// When the newest entry happened, by the database's own calendar of the user's zone.
async fn local(client: &Client) -> String {
    client
        .value(
            "select to_char(e.occurred_at at time zone u.time_zone, 'YYYY-MM-DD HH24:MI')
             from entries e join users u on u.id = e.user_id
             where u.id = $1 order by e.position desc limit 1",
        )
        .await
}

/// Clocks are set forward over midnight there, so that the last minute of the day is an hour before.
#[tokio::test]
async fn a_day_without_a_time_is_its_last_minute_wherever_that_is() {
    let app = TestApp::new().await;
    for (zone, day, last) in [
        ("America/Nuuk", "2026-03-28", "22:59"),
        ("Africa/Cairo", "2026-04-23", "23:59"),
        ("America/Scoresbysund", "2024-03-30", "23:59"),
        ("Australia/Lord_Howe", "2026-10-03", "23:59"),
        ("Pacific/Apia", "2011-12-29", "23:59"),
    ] {
        let (mut client, account) = at_home_in(&app, zone).await;
        let sent = deposit(&mut client, &account, day, "").await;
        assert_eq!(sent.status, 303, "{zone}: {}", sent.text());
        assert_eq!(local(&client).await, format!("{day} {last}"), "{zone}");
    }
}

/// Clocks that are set forward by an hour, by two, by half of one, and over midnight.
#[tokio::test]
async fn a_time_that_the_clock_skipped_is_refused_where_it_is_typed() {
    let app = TestApp::new().await;
    for (zone, day, time, says) in [
        (
            "Europe/Helsinki",
            "2026-03-29",
            "03:30",
            "The clock skipped 03:00 to 04:00 on 29 Mar 2026 in Europe/Helsinki. Use 04:00 or later.",
        ),
        (
            "Antarctica/Troll",
            "2024-03-31",
            "01:30",
            "The clock skipped 01:00 to 03:00 on 31 Mar 2024 in Antarctica/Troll. Use 03:00 or later.",
        ),
        (
            "Australia/Lord_Howe",
            "2026-10-04",
            "02:10",
            "The clock skipped 02:00 to 02:30 on 4 Oct 2026 in Australia/Lord Howe. Use 02:30 or later.",
        ),
        (
            "America/Nuuk",
            "2026-03-28",
            "23:30",
            "The clock skipped 23:00 to 00:00 on 28 Mar 2026 in America/Nuuk. Use 22:59 or earlier.",
        ),
        (
            "Africa/Cairo",
            "2026-04-24",
            "00:15",
            "The clock skipped 00:00 to 01:00 on 24 Apr 2026 in Africa/Cairo. Use 01:00 or later.",
        ),
    ] {
        let (mut client, account) = at_home_in(&app, zone).await;
        let sent = deposit(&mut client, &account, day, time).await;
        assert_eq!(
            sent.status,
            422,
            "{zone}: saved as {}",
            local(&client).await
        );
        assert!(sent.has("#time[aria-invalid=true]"), "{zone}");
        assert!(sent.text().contains(says), "{zone}: {}", sent.text());
    }
}

/// Two days that were left out at the date line.
#[tokio::test]
async fn an_entry_on_a_day_that_never_was_is_refused_and_a_filter_works() {
    let app = TestApp::new().await;
    for (zone, before, day, after) in [
        ("Pacific/Apia", "2011-12-29", "2011-12-30", "2011-12-31"),
        (
            "Pacific/Kwajalein",
            "1993-08-20",
            "1993-08-21",
            "1993-08-22",
        ),
    ] {
        let (mut client, account) = at_home_in(&app, zone).await;
        for time in ["", "00:00", "12:00", "23:59"] {
            let sent = deposit(&mut client, &account, day, time).await;
            assert_eq!(sent.status, 422, "{zone} {time}");
            assert!(sent.has("#date[aria-invalid=true]"), "{zone} {time}");
            assert!(
                sent.text()
                    .contains(&format!("in {zone}. Use the day before or after it.")),
                "{zone} {time}: {}",
                sent.text()
            );
        }
        for (day, time) in [(before, "23:59"), (after, "00:00")] {
            let sent = deposit(&mut client, &account, day, time).await;
            assert_eq!(sent.status, 303, "{zone} {day}: {}", sent.text());
            assert_eq!(local(&client).await, format!("{day} {time}"), "{zone}");
        }
        for (query, rows) in [
            (format!("from={day}"), 1),
            (format!("to={day}"), 1),
            (format!("from={day}&to={day}"), 0),
            (format!("from={before}&to={after}"), 2),
        ] {
            let page = client.open(&format!("/entries?{query}")).await;
            assert_eq!(page.count("table.tbl tbody tr"), rows, "{zone} {query}");
        }
    }
}

/// A second that some clocks count and the database does not is none that can be typed: it would be the next day's.
#[tokio::test]
async fn a_leap_second_is_no_time_of_day() {
    let app = TestApp::new().await;
    let (mut client, account) = at_home_in(&app, "UTC").await;
    let sent = deposit(&mut client, &account, "2016-12-31", "23:59:60").await;
    assert_eq!(sent.status, 422, "saved as {}", local(&client).await);
    assert!(sent.has("#time[aria-invalid=true]"));
}
