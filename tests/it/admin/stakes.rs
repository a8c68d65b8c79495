//! The lists of stakes that advice is given for.

use super::lines;
use crate::harness::{Client, Page, TestApp};

const LIST: &str = "/admin/stakes";
const NEW: &str = "/admin/stakes/levels/new";
const BUY_IN: &str = "/admin/stakes/buy-ins/new?room=gg";
const SAVE: &str = "form:not([action$='/delete']).card[method=post]";
const DELETE: &str = "form[action$='/delete']";

/// Fills the form of a page in and sends it.
async fn save(admin: &mut Client, path: &str, fields: &[(&str, &str)]) -> Page {
    let page = admin.open(path).await;
    admin.submit(&page, SAVE, fields).await
}

/// A level between 2/5 and 5/10.
const LEVEL: [(&str, &str); 4] = [
    ("small_blind", "3"),
    ("big_blind", "6"),
    ("least_buy_in", "240"),
    ("most_buy_in", "600"),
];

/// The page that changes the level of this big blind.
async fn level(app: &TestApp, big_blind: &'static str) -> String {
    let id: i64 = sqlx::query_scalar("select id from cash_levels where big_blind = $1::numeric")
        .bind(big_blind)
        .fetch_one(&app.db)
        .await
        .unwrap();
    format!("/admin/stakes/levels/{id}")
}

/// The level that somebody with 40,000 dollars is advised.
async fn advised(user: &mut Client) -> String {
    let page = user.open("/stakes/cash?bankroll=40000").await;
    page.attr("[data-level]", "data-level")
}

/// Advice follows at once, whatever was kept. Fails without the triggers on the tables, and without a line in the log for
/// each way to change a list.
#[tokio::test]
async fn a_level_is_added_changed_and_deleted_and_advice_follows() {
    let app = TestApp::new().await;
    let mut user = app.user().await;
    let mut admin = app.admin().await;
    assert_eq!(advised(&mut user).await, "$2/5");
    save(&mut admin, NEW, &LEVEL).await.leads_to(LIST);
    // 65.5 buy-ins of 600 are 39,300.
    assert_eq!(advised(&mut user).await, "$3/6");
    let path = level(&app, "6").await;
    save(&mut admin, &path, &[("most_buy_in", "700")])
        .await
        .leads_to(LIST);
    assert_eq!(advised(&mut user).await, "$2/5");
    // The same again is nothing new.
    save(&mut admin, &path, &[]).await.leads_to(LIST);
    let page = admin.open(&path).await;
    admin.submit(&page, DELETE, &[]).await.leads_to(LIST);
    admin.get(&path).await.is(404);

    let written: Vec<_> = lines(&app, "stakes-changed")
        .await
        .into_iter()
        .map(|(actor, subject, detail)| {
            assert_eq!((actor, subject), (Some(admin.user), None));
            [detail["before"].clone(), detail["after"].clone()]
        })
        .collect();
    let first = serde_json::json!("$3/6, buy-in 240 to 600");
    let second = serde_json::json!("$3/6, buy-in 240 to 700");
    let none = serde_json::Value::Null;
    assert_eq!(
        written,
        [
            [none.clone(), first.clone()],
            [first, second.clone()],
            [second, none]
        ]
    );
    let history = admin.open(LIST).await.text();
    assert!(
        history.contains("change: $3/6, buy-in 240 to 600 → $3/6, buy-in 240 to 700"),
        "{history}"
    );
}

#[tokio::test]
async fn a_buy_in_is_added_changed_and_deleted_and_advice_follows() {
    let app = TestApp::new().await;
    let mut user = app.user().await;
    let mut admin = app.admin().await;
    let asked = "/stakes/tournaments?site_filter=gg&bankroll=2900";
    // 131 buy-ins to hold: 22.14 dollars at most.
    assert_eq!(
        user.open(asked).await.attr("[data-level]", "data-level"),
        "$15"
    );
    let list = "/admin/stakes?room=gg";
    let new = [("buy_in", "22"), ("examples", "Sunday Twenty-Two")];
    save(&mut admin, BUY_IN, &new).await.leads_to(list);
    assert_eq!(
        user.open(asked).await.attr("[data-level]", "data-level"),
        "$22"
    );
    let path = admin
        .open(list)
        .await
        .attr("a[aria-label='Change the buy-in of 22.00']", "href");
    // The room is not the form's to change.
    save(
        &mut admin,
        &path,
        &[("buy_in", "21"), ("examples", "Nightly")],
    )
    .await
    .leads_to(list);
    let page = admin.open(&path).await;
    let page = admin.submit(&page, DELETE, &[]).await;
    page.leads_to(list);
    assert_eq!(
        user.open(asked).await.attr("[data-level]", "data-level"),
        "$15"
    );
    let written = lines(&app, "stakes-changed").await;
    assert_eq!(written.len(), 3);
    assert_eq!(written[1].2["before"], "GG Poker $22, Sunday Twenty-Two");
    assert_eq!(written[1].2["after"], "GG Poker $21, Nightly");
}

#[tokio::test]
async fn what_is_no_level_is_refused_at_its_field() {
    let app = TestApp::new().await;
    let mut admin = app.admin().await;
    for (field, typed, wrong) in [
        ("small_blind", "0", "small_blind"),
        ("small_blind", "", "small_blind"),
        ("small_blind", "-3", "small_blind"),
        ("small_blind", "x", "small_blind"),
        ("small_blind", "0.001", "small_blind"),
        ("small_blind", "7", "big_blind"),
        ("big_blind", "1000000000", "big_blind"),
        ("least_buy_in", "601", "most_buy_in"),
        ("most_buy_in", "99999999999", "most_buy_in"),
        // There is one with this big blind, and then the order of the list.
        ("big_blind", "10", "big_blind"),
        ("most_buy_in", "500", "most_buy_in"),
        ("most_buy_in", "1000", "most_buy_in"),
        ("least_buy_in", "199", "most_buy_in"),
        ("least_buy_in", "401", "most_buy_in"),
        ("small_blind", "1.99", "most_buy_in"),
        ("small_blind", "5.01", "most_buy_in"),
    ] {
        let mut fields = LEVEL.to_vec();
        fields.push((field, typed));
        let page = save(&mut admin, NEW, &fields).await;
        page.is(422);
        assert!(
            page.has(&format!("#{wrong}[aria-invalid]")),
            "{field} {typed}"
        );
        assert_eq!(page.count("[aria-invalid]"), 1, "{field} {typed}");
        assert_eq!(page.attr(&format!("#{field}"), "value"), typed);
    }
    // A change is measured by the others, and not by what it was.
    let path = level(&app, "5").await;
    save(&mut admin, &path, &[("most_buy_in", "1000")])
        .await
        .is(422);
    save(&mut admin, &path, &[("most_buy_in", "999")])
        .await
        .leads_to(LIST);
    assert_eq!(app.number("select count(*) from cash_levels").await, 14);
    assert_eq!(lines(&app, "stakes-changed").await.len(), 1);
}

#[tokio::test]
async fn what_is_no_buy_in_is_refused_at_its_field() {
    let app = TestApp::new().await;
    let mut admin = app.admin().await;
    let long = "x".repeat(201);
    for (field, typed) in [
        ("room", "bodog"),
        ("buy_in", "0"),
        ("buy_in", "1e3"),
        ("buy_in", "1000000000"),
        // The room has it.
        ("buy_in", "25"),
        ("examples", ""),
        ("examples", long.as_str()),
        ("examples", "a\u{0}b"),
    ] {
        let mut form = admin.open(BUY_IN).await.form(SAVE);
        for (name, value) in [("buy_in", "26"), ("examples", "Daily"), (field, typed)] {
            form.put(name, value);
        }
        let page = admin.send_form(&form).await;
        page.is(422);
        assert!(
            page.has(&format!("#{field}[aria-invalid]")),
            "{field} {typed}"
        );
        assert_eq!(page.count("[aria-invalid]"), 1, "{field} {typed}");
    }
    // Another room has 25 only after this.
    let other = [
        ("room", "partypoker"),
        ("buy_in", "25"),
        ("examples", "Daily"),
    ];
    save(&mut admin, BUY_IN, &other)
        .await
        .leads_to("/admin/stakes?room=partypoker");
    assert_eq!(
        app.number("select count(*) from tournament_buy_ins").await,
        81
    );
}

/// Fails without the comparison of versions, and if the page does not say what has become of the row.
#[tokio::test]
async fn who_saw_an_older_one_changes_nothing() {
    let app = TestApp::new().await;
    let mut admin = app.admin().await;
    let path = level(&app, "5").await;
    let seen = admin.open(&path).await;
    save(&mut admin, &path, &[("most_buy_in", "550")])
        .await
        .leads_to(LIST);
    let late = admin.submit(&seen, SAVE, &[("most_buy_in", "560")]).await;
    late.is(409);
    assert_eq!(late.texts(".changed tr.strong"), ["Most buy in 550.00 560"]);
    let late = admin.submit(&seen, DELETE, &[]).await;
    late.is(409);
    let now = "It is $2/5, buy-in 200 to 550 now.";
    assert!(late.text().contains(now), "{}", late.text());
    let kept = "select most_buy_in::bigint from cash_levels where big_blind = 5";
    assert_eq!(app.number(kept).await, 550);
    // The same of a tournament.
    let path = "/admin/stakes/buy-ins/30";
    let seen = admin.open(path).await;
    save(&mut admin, path, &[("examples", "Other")])
        .await
        .is(303);
    let late = admin.submit(&seen, SAVE, &[("examples", "Late")]).await;
    late.is(409);
    assert_eq!(late.texts(".changed tr.strong"), ["Examples Other Late"]);
    let late = admin.submit(&seen, DELETE, &[]).await;
    late.is(409);
    assert!(late.text().contains(", Other now."), "{}", late.text());
    // One that somebody deleted is not found.
    let page = admin.open(path).await;
    admin.submit(&page, DELETE, &[]).await.is(303);
    admin.submit(&page, SAVE, &[]).await.is(404);
    admin.submit(&page, DELETE, &[]).await.is(404);
    admin.get("/admin/stakes/levels/999999").await.is(404);
    admin.get("/admin/stakes/levels/x").await.is(404);
}

/// Fails without the question whether it is the last one.
#[tokio::test]
async fn a_list_keeps_its_last_row() {
    let app = TestApp::new().await;
    let mut admin = app.admin().await;
    sqlx::raw_sql("delete from cash_levels where big_blind > 0.02; delete from tournament_buy_ins where room = 'gg' and buy_in > 0.25")
        .execute(&app.db)
        .await
        .unwrap();
    for path in [
        level(&app, "0.02").await,
        admin
            .open("/admin/stakes?room=gg")
            .await
            .attr("tbody a", "href"),
    ] {
        let page = admin.open(&path).await;
        let page = admin.submit(&page, DELETE, &[]).await;
        page.is(409);
        assert!(
            page.text().contains("a list cannot be empty"),
            "{}",
            page.text()
        );
        admin.open(&path).await;
    }
    assert!(lines(&app, "stakes-changed").await.is_empty());
}

/// Two who save at once, each of a level that the other's would not fit beside: one of them is refused. Fails without the
/// lock on the tables.
#[tokio::test]
async fn two_at_once_leave_a_list_that_rises() {
    let app = TestApp::new().await;
    let mut one = app.admin().await;
    let mut other = app.admin().await;
    let page = one.open(NEW).await;
    let other_page = other.open(NEW).await;
    let lower = [
        ("big_blind", "6"),
        ("most_buy_in", "800"),
        ("small_blind", "3"),
        ("least_buy_in", "300"),
    ];
    let higher = [
        ("big_blind", "7"),
        ("most_buy_in", "700"),
        ("small_blind", "3"),
        ("least_buy_in", "300"),
    ];
    let (first, second) = tokio::join!(
        one.submit(&page, SAVE, &lower),
        other.submit(&other_page, SAVE, &higher),
    );
    let mut answers = [first.status.as_u16(), second.status.as_u16()];
    answers.sort_unstable();
    assert_eq!(answers, [303, 422]);
    assert_eq!(app.number("select count(*) from cash_levels").await, 15);
}
