//! Streaks and badges, from the forms to the page.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use axum::body::Body;
use axum::http::{Method, header};
use scraper::Selector;
use stakeeasy::features::achievements;
use stakeeasy::ids::UserId;
use stakeeasy::web::session;

use crate::bankroll::newest_change;
use crate::goals;
use crate::harness::{Client, Page, TestApp};

/// Somebody with one account, and its key.
async fn with_site(app: &TestApp) -> (Client, String) {
    let client = app.user().await;
    let site = app.account(&client, "site", "Stars", "EUR").await;
    (client, site)
}

/// Updates the balance as the form does, on a day.
async fn update(client: &mut Client, site: &str, amount: &str, day: &str) -> String {
    let fields = [("account", site), ("amount", amount), ("date", day)];
    client.add_entry("balance", &fields).await
}

/// What the page says of a badge.
fn badge(page: &Page, name: &str) -> String {
    let document = page.document();
    let badges = Selector::parse(".badge-c").unwrap();
    let texts = document.select(&badges).map(|one| {
        let text: String = one.text().collect::<Vec<_>>().join(" ");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    });
    let mut of_it = texts.filter(|text| text.starts_with(name));
    of_it
        .next()
        .unwrap_or_else(|| panic!("no {name}: {}", page.text()))
}

/// Key, tier and day of all that somebody has.
async fn unlocked(client: &Client) -> String {
    client
        .value(
            "select coalesce(string_agg(concat_ws(' ', key, tier, earned_on), ', ' order by key, tier), '')
             from achievements where user_id = $1",
        )
        .await
}

/// Fails without the line in `schedule.rs` that reviews, and if notices are put again for what is there.
#[tokio::test]
async fn a_streak_made_with_the_form_earns_a_badge_that_is_told_once() {
    let app = TestApp::new().await;
    let (mut client, site) = with_site(&app).await;
    let page = client.open("/achievements").await;
    assert!(page.text().contains("Streak 0 days"), "{}", page.text());
    assert!(badge(&page, "Daily tracker").ends_with("Bronze: 0 of 3 days"));
    update(&mut client, &site, "100", "2026-10-28").await;
    update(&mut client, &site, "120", "2026-10-29").await;
    app.run_jobs().await;
    let page = client.open("/achievements").await;
    assert!(!page.html().contains("New badge") && page.text().contains("Streak 2 days"));
    assert!(
        page.text().contains("Daily tracker, Bronze"),
        "{}",
        page.text()
    );
    update(&mut client, &site, "110", "2026-10-30").await;
    app.run_jobs().await;
    let page = client.open("/dashboard").await;
    // The form's own toast, and this one.
    assert!(page.html().contains("New badge: Daily tracker"));
    assert_eq!(page.attr(".toast:last-child a", "href"), "/achievements");
    let page = client.open("/achievements").await;
    assert!(!page.has(".toast"));
    assert!(page.text().contains("Streak 3 days"), "{}", page.text());
    let words = "Last 30 days: 3 with a record, 0 rest days, 27 missed.";
    assert_eq!(page.attr(".streak", "aria-label"), words);
    let tracker = badge(&page, "Daily tracker");
    assert!(
        tracker.contains("Bronze, 3 days · earned 30 Oct 2026"),
        "{tracker}"
    );
    assert!(tracker.ends_with("Silver: 3 of 4 days"), "{tracker}");
    // Another entry of the day changes nothing.
    update(&mut client, &site, "111", "2026-10-30").await;
    app.run_jobs().await;
    assert!(
        !client
            .open("/achievements")
            .await
            .html()
            .contains("New badge")
    );
    assert_eq!(unlocked(&client).await, "STREAK_3_DAY 1 2026-10-30");
    // It is nobody else's.
    let mut other = app.user().await;
    let page = other.open("/achievements").await;
    assert!(page.text().contains("0 of 22 badges") && !page.has(".toast"));
}

#[tokio::test]
async fn what_is_entered_late_is_dated_by_its_entry_and_told_in_one_notice() {
    let app = TestApp::new().await;
    let (mut client, site) = with_site(&app).await;
    for day in ["2020-01-06", "2020-01-07", "2020-01-08"] {
        update(&mut client, &site, "2000", day).await;
    }
    let cost = [("account", &*site), ("amount", "7"), ("date", "2020-02-29")];
    client.add_entry("expense", &cost).await;
    app.run_jobs().await;
    let page = client.open("/dashboard").await;
    assert!(page.html().contains("2 new badges"), "{}", page.html());
    assert!(page.html().contains("Daily tracker, Costs counted"));
    let all = "EXPENSES 1 2020-02-29, STREAK_3_DAY 1 2020-01-08";
    assert_eq!(unlocked(&client).await, all);
    // There is a rate now: the bankroll was high enough all along.
    app.set_rate("USD", "2020-01-01", "1.25").await;
    update(&mut client, &site, "1", "2026-10-30").await;
    app.run_jobs().await;
    let page = client.open("/dashboard").await;
    assert!(
        page.html().contains("New badge: $1K club"),
        "{}",
        page.html()
    );
    let all = unlocked(&client).await;
    assert!(
        all.starts_with("BANKROLL_1K 1 2020-01-06, BANKROLL_1K 2 2020-01-06, EXPENSES"),
        "{all}"
    );
}

/// Guards `on conflict do nothing` and that the notice tells only of rows that were written.
#[tokio::test]
async fn two_reviews_at_once_give_each_badge_once() {
    let app = TestApp::new().await;
    let (mut client, site) = with_site(&app).await;
    for day in ["2026-10-28", "2026-10-29", "2026-10-30"] {
        update(&mut client, &site, "5", day).await;
    }
    let owner = UserId(client.user);
    let review = || achievements::review(&app.app, owner);
    // All four have seen that there is nothing yet, and wait for somebody who gives the badge and thinks better of it.
    let mut first = app.db.begin().await.unwrap();
    let insert = "insert into achievements values ($1, 'STREAK_3_DAY', 1, '2026-10-30', now())";
    sqlx::query(insert)
        .bind(client.user)
        .execute(&mut *first)
        .await
        .unwrap();
    let let_go = async {
        let waiting = "select count(*) from pg_stat_activity
                       where datname = current_database() and wait_event_type = 'Lock'";
        while app.number(waiting).await < 4 {}
        first.rollback().await.unwrap();
    };
    let (a, b, c, d, ()) = tokio::join!(review(), review(), review(), review(), let_go);
    for done in [a, b, c, d] {
        done.unwrap();
    }
    review().await.unwrap();
    assert_eq!(unlocked(&client).await, "STREAK_3_DAY 1 2026-10-30");
    assert_eq!(app.number("select count(*) from notices").await, 1);
    // Somebody who is gone is given nothing.
    achievements::review(&app.app, UserId(i64::MAX))
        .await
        .unwrap();
}

/// Fails if a badge, or a goal, stays that only an amount with a digit too many has reached.
#[tokio::test]
async fn what_a_slip_has_reached_goes_with_it() {
    let app = TestApp::new().await;
    app.set_rate("USD", "2026-10-01", "1.00").await;
    let (mut client, site) = with_site(&app).await;
    let goal = goals::set(&mut client, &[("target", "20000")]).await;
    let status = "select string_agg(status || ' ' || coalesce(completed_on::text, '-'), ',') from goals where user_id = $1";
    let before = unlocked(&client).await;
    for way in ["undo", "delete", "edit"] {
        let slip = update(&mut client, &site, "50000", "2026-10-30").await;
        app.run_jobs().await;
        assert!(unlocked(&client).await.contains("BANKROLL_10K"), "{way}");
        assert_eq!(client.value(status).await, "completed 2026-10-30");
        match way {
            "undo" => {
                let change = newest_change(&client).await;
                let path = format!("/entries/history/{change}/undo");
                client.post_form(&path, &[]).await.is(303);
            }
            "delete" => {
                let path = format!("/entries/{slip}/delete");
                client.post_form(&path, &[]).await.is(303);
            }
            _ => {
                let page = client.open(&format!("/entries/{slip}")).await;
                let mut form = page.form("form[data-entry]");
                form.set("amount", "500");
                form.set("sure", &format!("{site} 500"));
                client.send_form(&form).await.is(303);
            }
        }
        app.run_jobs().await;
        assert!(!unlocked(&client).await.contains("BANKROLL"), "{way}");
        assert_eq!(client.value(status).await, "active -", "{way}");
        // The badge for the goal is one of the slip's, too.
        let badges = unlocked(&client).await;
        assert!(!badges.contains("GOAL_CRUSHER"), "{way}: {badges}");
        // What was never true is not told either.
        let page = client.open("/dashboard").await;
        assert!(!page.html().contains("badges") || !page.has(".toast a[href='/achievements']"));
    }
    assert!(unlocked(&client).await.len() >= before.len());
    // One that was completed by hand stays so.
    client
        .post_form(&format!("/goals/{goal}/complete"), &[])
        .await
        .is(303);
    let slip = update(&mut client, &site, "60000", "2026-10-30").await;
    app.run_jobs().await;
    client
        .post_form(&format!("/entries/{slip}/delete"), &[])
        .await
        .is(303);
    app.run_jobs().await;
    assert!(client.value(status).await.starts_with("completed"));
    assert!(unlocked(&client).await.contains("GOAL_CRUSHER"));
}

/// Only a goal that opens again takes its badge along: one that is deleted was reached all the same.
#[tokio::test]
async fn the_badge_for_a_goal_stays_when_the_goal_is_deleted() {
    let app = TestApp::new().await;
    let (mut client, site) = with_site(&app).await;
    let goal = goals::set(&mut client, &[("target", "1000")]).await;
    update(&mut client, &site, "1500", "2026-10-30").await;
    app.run_jobs().await;
    assert!(unlocked(&client).await.contains("GOAL_CRUSHER"));
    let fields = [("account", &*site), ("amount", "5")];
    let cost = client.add_entry("expense", &fields).await;
    for path in [
        format!("/goals/{goal}/delete"),
        format!("/entries/{cost}/delete"),
    ] {
        client.post_form(&path, &[]).await.is(303);
    }
    app.run_jobs().await;
    assert!(unlocked(&client).await.contains("GOAL_CRUSHER"));
}

/// The kind: a notice that waits of what was never true.
#[tokio::test]
async fn what_a_slip_has_reached_is_not_told_once_it_is_gone() {
    let app = TestApp::new().await;
    app.set_rate("USD", "2026-10-01", "1.00").await;
    let (mut client, site) = with_site(&app).await;
    goals::set(&mut client, &[("target", "20000")]).await;
    // A page would tell what waits: the token is asked for before there is anything.
    let token = client.token().await;
    update(&mut client, &site, "50000", "2026-10-30").await;
    app.run_jobs().await;
    let waiting =
        "select coalesce(string_agg(path, ' ' order by path), '') from notices where user_id = $1";
    assert_eq!(client.value(waiting).await, "/achievements /goals");
    let change = newest_change(&client).await;
    let path = format!("/entries/history/{change}/undo");
    let key = uuid::Uuid::new_v4().to_string();
    let fields = [("form_token", token.as_str()), ("form_key", key.as_str())];
    client.post(&path, &fields).await.is(303);
    app.run_jobs().await;
    assert_eq!(client.value(waiting).await, "");
}

/// Guards that after a week nothing takes badges away: entries that go, another time zone, and the reset.
#[tokio::test]
async fn a_badge_is_kept_whatever_becomes_of_its_entries() {
    let app = TestApp::new().await;
    let (mut client, site) = with_site(&app).await;
    app.set_now("2026-10-30T09:45:00Z");
    // Noon in UTC, three days in a row; in Kiritimati it is past midnight of the day after.
    for day in ["2026-10-28", "2026-10-29", "2026-10-30"] {
        update(&mut client, &site, "5", day).await;
    }
    app.run_jobs().await;
    let has = "STREAK_3_DAY 1 2026-10-30";
    assert_eq!(unlocked(&client).await, has);
    let page = client.open("/settings").await;
    let zone = [("time_zone", "Pacific/Kiritimati")];
    client
        .submit(&page, "form[action='/settings']", &zone)
        .await
        .is(303);
    // There it is a quarter to midnight of the 30th, and noon of the 28th in UTC was the 29th.
    let page = client.open("/achievements").await;
    assert!(page.text().contains("Streak 2 days"), "{}", page.text());
    assert!(badge(&page, "Daily tracker").contains("30 Oct 2026"));
    app.set_now("2026-11-07T09:45:00Z");
    app.sign_in(&mut client, session::Method::Password).await;
    let entry = client.newest_entry().await;
    client
        .post_form(&format!("/entries/{entry}/delete"), &[])
        .await
        .is(303);
    app.run_jobs().await;
    assert_eq!(unlocked(&client).await, has);
    let page = client.open("/settings/data/reset").await;
    assert!(page.text().contains("your badges"), "{}", page.text());
    let reset = [("confirm", "RESET")];
    client
        .post_form("/settings/data/reset", &reset)
        .await
        .is(303);
    app.run_jobs().await;
    let page = client.open("/achievements").await;
    assert!(page.text().contains("Streak 0 days") && page.text().contains("1 of 22 badges"));
    assert_eq!(unlocked(&client).await, has);
}

#[tokio::test]
async fn the_zone_of_the_user_decides_the_day() {
    let app = TestApp::new().await;
    for (zone, streak) in [
        ("Pacific/Pago_Pago", 2),
        ("UTC", 1),
        ("Pacific/Kiritimati", 2),
    ] {
        let (mut client, site) = with_site(&app).await;
        let page = client.open("/settings").await;
        client
            .submit(&page, "form[action='/settings']", &[("time_zone", zone)])
            .await
            .is(303);
        // Two instants of one day in UTC, with midnight between them in the two zones at the date line.
        for now in ["2026-10-30T09:30:00Z", "2026-10-30T11:30:00Z"] {
            app.set_now(now);
            let fields = [("account", &*site), ("amount", "5")];
            client.add_entry("balance", &fields).await;
        }
        let page = client.open("/achievements").await;
        assert!(
            page.text().contains(&format!("Streak {streak} day")),
            "{zone}: {}",
            page.text()
        );
    }
}

#[tokio::test]
async fn amounts_of_badges_are_hidden_like_all_others() {
    let app = TestApp::new().await;
    app.set_rate("USD", "2026-01-01", "1.25").await;
    let mut client = app.user().await;
    app.account_with(&client, "site", "Stars", "EUR", "400")
        .await;
    let page = client.open("/achievements").await;
    assert!(badge(&page, "$1K club").ends_with("Bronze: $500.00 of $1,000.00"));
    client
        .post_form("/settings/hide", &[("next", "/achievements")])
        .await
        .is(303);
    let page = client.open("/achievements").await;
    assert!(
        !page.html().contains("500.00"),
        "{}",
        badge(&page, "$1K club")
    );
}

async fn upload(client: &mut Client, content: &str) -> Page {
    let token = client.token().await;
    let body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"form_token\"\r\n\r\n{token}\r\n--x\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"a.json\"\r\nContent-Type: application/json\r\n\r\n\
         {content}\r\n--x--\r\n"
    );
    let request = client
        .request(Method::POST, "/settings/data/import")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
        .body(Body::from(body));
    client.send(request.unwrap()).await
}

/// Guards the badges of the export, their import, and what is refused of them.
#[tokio::test]
async fn badges_travel_with_the_ledger_and_keep_their_days() {
    let app = TestApp::new().await;
    let (mut client, site) = with_site(&app).await;
    let mut last = String::new();
    for day in ["2020-01-06", "2020-01-07", "2020-01-08"] {
        last = update(&mut client, &site, "5", day).await;
    }
    app.run_jobs().await;
    // What earned the badge is gone: only the file can bring it.
    client
        .post_form(&format!("/entries/{last}/delete"), &[])
        .await
        .is(303);
    let cost = [("account", &*site), ("amount", "1"), ("date", "2021-03-01")];
    client.add_entry("expense", &cost).await;
    let file = client.open("/settings/data/export.json").await.html();
    let wrong = file.replace("STREAK_3_DAY", "STREAK_X");
    let mut other = app.user().await;
    let sent = upload(&mut other, &wrong).await;
    sent.is(422);
    let why = "Badge 1 (STREAK_X, tier 1): there is no such badge.";
    assert!(sent.text().contains(why), "{}", sent.text());
    upload(&mut other, &file).await.is(303);
    let page = other.open("/settings/data/import").await;
    assert!(page.text().contains("Badges 1"), "{}", page.text());
    let confirm = "form[action='/settings/data/import/confirm']";
    other
        .submit(&page, confirm, &[])
        .await
        .leads_to("/dashboard");
    assert_eq!(unlocked(&other).await, "STREAK_3_DAY 1 2020-01-08");
    // What the entries themselves earn is added, and told of alone.
    app.run_jobs().await;
    assert_eq!(
        unlocked(&other).await,
        "EXPENSES 1 2021-03-01, STREAK_3_DAY 1 2020-01-08"
    );
    assert!(
        other
            .open("/dashboard")
            .await
            .html()
            .contains("New badge: Costs counted")
    );
    // A file from before there were badges.
    let begins = file.find("\"badges\"").unwrap();
    let ends = file.find("\"accounts\"").unwrap();
    let old = file
        .replace(&file[begins..ends], "")
        .replace("\"version\": 2", "\"version\": 1");
    let mut third = app.user().await;
    upload(&mut third, &old).await.is(303);
    let page = third.open("/settings/data/import").await;
    third
        .submit(&page, confirm, &[])
        .await
        .leads_to("/dashboard");
    assert_eq!(unlocked(&third).await, "");
}

/// Guards the triggers on the table: what is drawn of badges is kept under the version of pages.
#[tokio::test]
async fn a_badge_makes_what_was_drawn_old() {
    let app = TestApp::new().await;
    let (mut client, site) = with_site(&app).await;
    for day in ["2026-10-28", "2026-10-29", "2026-10-30"] {
        update(&mut client, &site, "5", day).await;
    }
    let sql = "select page_version::text from users where id = $1";
    let before = client.value(sql).await;
    app.run_jobs().await;
    let after = client.value(sql).await;
    assert_ne!(before, after);
    // Nothing new, nothing old.
    achievements::review(&app.app, UserId(client.user))
        .await
        .unwrap();
    assert_eq!(client.value(sql).await, after);
}
