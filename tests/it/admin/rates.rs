//! Correcting exchange rates by hand.

use std::io::Cursor;

use stakeeasy::features::currency;

use super::{lines, press};
use crate::harness::{Client, Page, TODAY, TestApp};

const CORRECT: &str = "/admin/rates/correct";
const LIST: &str = "/admin/rates?currency=USD";

async fn correct(admin: &mut Client, fields: &[(&str, &str)]) -> Page {
    let page = admin
        .open(&format!("{CORRECT}?currency=USD&day={TODAY}"))
        .await;
    let mut form = page.form(&format!("form[action='{CORRECT}']"));
    for (name, value) in fields {
        form.put(name, value);
    }
    admin.send_form(&form).await
}

async fn import(app: &TestApp, file: &'static str) {
    let today = app.app.now().date_naive();
    currency::import_rates(&app.db, today, Cursor::new(file))
        .await
        .unwrap();
}

/// Fails without the `case e.source` of the import.
#[tokio::test]
async fn a_correction_changes_figures_outlives_an_import_and_can_be_taken_back() {
    let app = TestApp::new().await;
    app.set_rate("USD", TODAY, "1.25").await;
    let mut user = app.user().await;
    app.account_with(&user, "site", "Stars", "USD", "100").await;
    assert_eq!(user.open("/dashboard").await.figure("bankroll"), "80");
    let mut admin = app.admin().await;
    let fields = [("per_eur", "1.0"), ("reason", "a slip of the bank")];
    correct(&mut admin, &fields).await.leads_to(LIST);
    assert_eq!(user.open("/dashboard").await.figure("bankroll"), "100");
    // The same again is nothing new.
    correct(&mut admin, &fields).await.leads_to(LIST);
    let written = lines(&app, "rate-corrected").await;
    assert_eq!(written.len(), 1);
    assert_eq!((written[0].0, written[0].1), (Some(admin.user), None));
    let detail = &written[0].2;
    assert_eq!(detail["before"], "1.25");
    assert_eq!(detail["after"], "1");
    assert_eq!(detail["reason"], "a slip of the bank");
    assert_eq!(
        (&detail["currency"], &detail["day"]),
        (&"USD".into(), &TODAY.into())
    );

    import(&app, "Date,USD\n2026-10-30,1.6\n").await;
    assert_eq!(user.open("/dashboard").await.figure("bankroll"), "100");
    let page = admin.open(LIST).await;
    assert!(
        page.text().contains("by hand central bank: 1.6"),
        "{}",
        page.text()
    );

    for _ in 0..2 {
        press(&mut admin, &page, "/admin/rates/restore")
            .await
            .leads_to(LIST);
    }
    assert_eq!(user.open("/dashboard").await.figure("bankroll"), "62.5");
    assert_eq!(lines(&app, "rate-restored").await.len(), 1);
    // From now on it is the bank's again.
    import(&app, "Date,USD\n2026-10-30,2\n").await;
    assert_eq!(user.open("/dashboard").await.figure("bankroll"), "50");
}

#[tokio::test]
async fn a_rate_for_a_day_without_one_goes_when_it_is_taken_back() {
    let app = TestApp::new().await;
    let mut admin = app.admin().await;
    let fields = [
        ("currency", "BTC"),
        ("per_eur", "0.0000163"),
        ("reason", "exchange"),
    ];
    correct(&mut admin, &fields)
        .await
        .leads_to("/admin/rates?currency=BTC");
    let rates = "select count(*) from exchange_rates where source = 'manual'";
    assert_eq!(app.number(rates).await, 1);
    let page = admin.open("/admin/rates?currency=BTC").await;
    assert!(page.text().contains("0.0000163"), "{}", page.text());
    press(&mut admin, &page, "/admin/rates/restore")
        .await
        .is(303);
    assert_eq!(app.number("select count(*) from exchange_rates").await, 0);
    let restored = lines(&app, "rate-restored").await;
    assert_eq!(restored[0].2["after"], serde_json::Value::Null);
}

#[tokio::test]
async fn what_is_no_rate_is_refused_at_its_field() {
    let app = TestApp::new().await;
    app.set_rate("USD", TODAY, "1.25").await;
    let mut admin = app.admin().await;
    for (field, value) in [
        ("currency", "EUR"),
        ("currency", "XXX"),
        ("day", "2026-10-31"),
        ("day", "yesterday"),
        ("per_eur", "0"),
        ("per_eur", "-1.25"),
        ("per_eur", "1000000000000"),
        ("per_eur", "1.1234567890123"),
        ("per_eur", "NaN"),
        ("per_eur", ""),
        ("reason", ""),
        ("reason", "a\u{0}b"),
    ] {
        let mut fields = vec![("per_eur", "1.2"), ("reason", "why")];
        fields.push((field, value));
        let page = correct(&mut admin, &fields).await;
        page.is(422);
        assert!(
            page.has(&format!("#{field}[aria-invalid]")),
            "{field} {value}"
        );
        assert_eq!(page.count("[aria-invalid]"), 1, "{field} {value}");
    }
    // A leap is asked about, and taken when it is meant.
    let leap = [("per_eur", "12.5"), ("reason", "why")];
    let page = correct(&mut admin, &leap).await;
    page.is(422);
    let mut form = page.form(&format!("form[action='{CORRECT}']"));
    assert_eq!(form.value("per_eur"), "12.5");
    form.tick("sure", true);
    assert!(lines(&app, "rate-corrected").await.is_empty());
    admin.send_form(&form).await.leads_to(LIST);
    assert_eq!(lines(&app, "rate-corrected").await.len(), 1);
    let nothing = [("currency", "USD"), ("day", "x")];
    admin
        .post_form("/admin/rates/restore", &nothing)
        .await
        .is(404);
}

#[tokio::test]
async fn days_that_lack_a_rate_are_told() {
    let app = TestApp::new().await;
    for day in ["2026-10-21", "2026-10-22", "2026-10-28", TODAY] {
        app.set_rate("USD", day, "1.1").await;
    }
    let mut admin = app.admin().await;
    let page = admin.open(LIST).await.text();
    assert!(page.contains("23 Oct 2026 to 27 Oct 2026 3 days"), "{page}");
    assert!(page.contains("29 Oct 2026 one day"), "{page}");
}
