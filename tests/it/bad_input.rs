//! Nonsense in every field of every form: never a fault, never a silent change of what was typed.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use std::collections::HashMap;

use axum::http::StatusCode;
use scraper::{ElementRef, Selector};

use crate::harness::{Client, Form, PASSWORD, Page, TODAY, TestApp};

/// What people, scripts and accidents type.
fn nonsense() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "-",
        "0",
        "-0",
        "-5",
        "-0.01",
        "+5",
        "0.123456789012345678901234567890",
        "123456789012345678901234567890.12",
        "99999999999.99999999",
        "100000000000",
        "79228162514264337593543950335",
        "1e5",
        "1E-5",
        "NaN",
        "Infinity",
        "0x10",
        "1,234.56",
        "1.234,56",
        "1,234",
        "1.2.3",
        "12,3456,789",
        "½",
        "٣",
        "🂡♠️👨‍👩‍👧",
        "a\0b",
        "\u{202e}txet",
        "a\nb\tc",
        "<b>bold</b>\"'&amp;",
        "'; drop table entries; --",
        "%00%ff",
        "00000000-0000-4000-8000-000000000000",
        "2026-02-30",
        "0000-00-00",
        "9999-12-31",
        "10/30/2026",
        "25:61",
        "XXX",
        "eur",
        "../../etc/passwd",
        "{{ 7 * 7 }}",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("9".repeat(10_240));
    texts.push("x".repeat(10_240));
    texts.push("🂡".repeat(2_560));
    texts
}

/// What the fields say that a person types into.
fn typed(page: &Page, selector: &str) -> HashMap<String, String> {
    let document = page.document();
    let (forms, inputs) = (
        Selector::parse(selector).unwrap(),
        Selector::parse("input[name]").unwrap(),
    );
    let form = document.select(&forms).next().unwrap();
    let written = |input: &ElementRef| {
        let kind = input.attr("type").unwrap_or("text");
        !["hidden", "password", "radio", "checkbox", "submit"].contains(&kind)
    };
    form.select(&inputs)
        .filter(written)
        .map(|input| {
            let text = |name| input.attr(name).unwrap_or_default().to_owned();
            (text("name"), text("value"))
        })
        .collect()
}

/// Puts every nonsense into every field, or only into some, of a form that is right otherwise.
async fn try_every_field(
    client: &mut Client,
    path: &str,
    selector: &str,
    right: &[(&str, &str)],
    only: &[&str],
) {
    let page = client.open(path).await;
    let mut form = page.form(selector);
    for (name, value) in right {
        form.put(name, value);
    }
    let mut names: Vec<String> = form.fields.iter().map(|(name, _)| name.clone()).collect();
    names.retain(|name| {
        if only.is_empty() {
            name != "form_token"
        } else {
            only.contains(&name.as_str())
        }
    });
    names.sort();
    names.dedup();
    assert!(
        names.len() >= only.len(),
        "the form has not all of {only:?}"
    );
    for name in &names {
        for text in nonsense() {
            let mut form = form.clone();
            if name != "form_key" {
                form.put("form_key", &uuid::Uuid::new_v4().to_string());
            }
            form.put(name, &text);
            let sent = client.send_form(&form).await;
            check_answer(&sent, selector, &form, name, &text);
        }
    }
}

#[track_caller]
fn check_answer(sent: &Page, selector: &str, form: &Form, name: &str, text: &str) {
    let short: String = text.chars().take(40).collect();
    let said = format!("{} {name}={short:?}: {}", form.action, sent.status);
    match sent.status {
        StatusCode::SEE_OTHER => {}
        // A version that is not the newest, whatever it is.
        StatusCode::CONFLICT => assert_eq!(name, "version", "{said}"),
        StatusCode::NOT_FOUND => assert_eq!(name, "before", "{said}"),
        StatusCode::UNPROCESSABLE_ENTITY => {
            // The kind of an entry is no field that anybody types into: the summary alone says it.
            assert!(
                sent.has("[aria-invalid=true], .err, [data-question]")
                    || name == "kind" && sent.has("[role=alert]"),
                "{said}: no field says what is wrong: {}",
                sent.text()
            );
            let shown = typed(sent, selector);
            for (field, value) in &form.fields {
                // HTML has no NUL; a browser would not send one, and line breaks end at an input.
                if !value.contains(['\0', '\n'])
                    && let Some(shown) = shown.get(field)
                {
                    assert_eq!(shown, value, "{said}: {field} is not as it was typed");
                }
            }
        }
        _ => panic!("{said}: {}", sent.text()),
    }
}

const ENTRY: &str = "main form[method=post]:has([name=date])";

async fn try_entry(kind: &str, right: &[(&str, &str)], only: &[&str]) {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let bank = app
        .account_with(&client, "bank", "Bank", "EUR", "1000")
        .await;
    let yen = app
        .account_with(&client, "other", "Yen", "JPY", "1000")
        .await;
    let mut all = vec![("date", TODAY), ("account", bank.as_str())];
    if kind == "transfer" {
        all = vec![
            ("date", TODAY),
            ("from", bank.as_str()),
            ("to", yen.as_str()),
        ];
    }
    all.extend(right);
    try_every_field(
        &mut client,
        &format!("/entries/new?kind={kind}"),
        ENTRY,
        &all,
        only,
    )
    .await;
    let stored = "select count(*) from entries where amount <> round(amount, (select minor_units from currencies where code = currency))";
    assert_eq!(app.number(stored).await, 0);
}

#[tokio::test]
async fn a_balance_takes_no_nonsense() {
    try_entry("balance", &[("amount", "5")], &["amount"]).await;
}

#[tokio::test]
async fn a_deposit_takes_no_nonsense() {
    try_entry("deposit", &[("amount", "5"), ("currency", "EUR")], &[]).await;
}

#[tokio::test]
async fn a_deposit_without_an_account_takes_no_nonsense() {
    try_entry(
        "deposit",
        &[("amount", "5"), ("account", ""), ("currency", "KWD")],
        &["amount", "currency"],
    )
    .await;
}

#[tokio::test]
async fn a_transfer_takes_no_nonsense() {
    try_entry(
        "transfer",
        &[("sent", "5"), ("received", "800"), ("fee", "1")],
        &["sent", "received", "fee", "from", "to"],
    )
    .await;
}

#[tokio::test]
async fn an_expense_takes_no_nonsense() {
    try_entry("expense", &[("amount", "5")], &["amount"]).await;
}

#[tokio::test]
async fn an_edited_entry_takes_no_nonsense() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let bank = app
        .account_with(&client, "bank", "Bank", "EUR", "1000")
        .await;
    let entry = client
        .add_entry("bonus", &[("account", &bank), ("amount", "5")])
        .await;
    let path = format!("/entries/{entry}");
    let selector = format!("form[action='{path}']");
    let names = [
        "amount", "date", "time", "note", "tags", "account", "version", "next", "before",
    ];
    for name in names {
        let mut right = client.open(&path).await.form(&selector);
        for text in nonsense() {
            let mut form = right.clone();
            form.put(name, &text);
            let sent = client.send_form(&form).await;
            check_answer(&sent, &selector, &form, name, &text);
            if sent.status == StatusCode::SEE_OTHER {
                right = client.open(&path).await.form(&selector);
            }
        }
    }
}

#[tokio::test]
async fn a_new_account_takes_no_nonsense() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let selector = "form[method=post]:has([name=opening])";
    let right = [
        ("kind", "bank"),
        ("name", "Bank"),
        ("currency", "EUR"),
        ("opening", "5"),
        ("start", "now"),
    ];
    let form = client.open("/accounts/new").await.form(selector);
    let mut number = 0;
    for name in [
        "kind", "name", "currency", "opening", "start", "version", "form_key",
    ] {
        for text in nonsense() {
            let mut form = form.clone();
            number += 1;
            for (name, value) in right {
                form.put(name, value);
            }
            form.put("name", &format!("Bank {number}"));
            form.put("form_key", &uuid::Uuid::new_v4().to_string());
            form.put(name, &text);
            let sent = client.send_form(&form).await;
            check_answer(&sent, selector, &form, name, &text);
            sqlx::query("delete from accounts")
                .execute(&app.db)
                .await
                .unwrap();
        }
    }
}

#[tokio::test]
async fn an_edited_account_takes_no_nonsense() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let bank = app.account(&client, "bank", "Bank", "EUR").await;
    let path = format!("/accounts/{bank}/edit");
    let selector = "form:has([name=name])";
    for name in ["kind", "name", "currency", "version"] {
        let mut right = client.open(&path).await.form(selector);
        for text in nonsense() {
            let mut form = right.clone();
            form.put(name, &text);
            let sent = client.send_form(&form).await;
            check_answer(&sent, selector, &form, name, &text);
            if sent.status == StatusCode::SEE_OTHER {
                right = client.open(&path).await.form(selector);
            }
        }
    }
    let selector = format!("form[action='/accounts/{bank}/balance']");
    try_every_field(
        &mut client,
        &format!("/accounts/{bank}"),
        &selector,
        &[("amount", "5")],
        &["amount"],
    )
    .await;
}

#[tokio::test]
async fn an_order_takes_no_nonsense() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let a = app.account(&client, "bank", "A", "EUR").await;
    let b = app.account(&client, "bank", "B", "EUR").await;
    for text in nonsense() {
        for fields in [
            vec![
                ("order", text.as_str()),
                ("order", &b),
                ("order", &b),
                ("order", &a),
            ],
            vec![("order", &a), ("order", &b), ("move", &text)],
            vec![("order", &a), ("move", "up:nobody")],
        ] {
            let sent = client.post_form("/accounts/order", &fields).await;
            sent.is(303);
        }
    }
    assert_eq!(
        app.number("select count(distinct position) from accounts")
            .await,
        2
    );
}

#[tokio::test]
async fn own_rates_take_no_nonsense() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let right = [("currency", "BTC"), ("price", "61000"), ("day", TODAY)];
    try_every_field(
        &mut client,
        "/settings/rates",
        "form:has([name=price])",
        &right,
        &[],
    )
    .await;
    client.open("/settings/rates").await;
    client.open("/dashboard").await;
    for (currency, day) in [
        ("XXX", TODAY),
        ("BTC", "2026-02-30"),
        ("BTC", "2025-01-01"),
        ("%00", "%00"),
    ] {
        let sent = client
            .post_form(&format!("/settings/rates/{currency}/{day}/delete"), &[])
            .await;
        assert!(
            [400, 404].contains(&sent.status.as_u16()),
            "{}",
            sent.status
        );
    }
}

#[tokio::test]
async fn settings_take_no_nonsense() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let selector = "form[action='/settings']";
    for name in ["name", "home", "time_zone", "number_format"] {
        let right = client.open("/settings").await.form(selector);
        for text in nonsense() {
            let mut form = right.clone();
            form.put(name, &text);
            let sent = client.send_form(&form).await;
            check_answer(&sent, selector, &form, name, &text);
        }
    }
    for text in nonsense() {
        let sent = client
            .post_form("/settings/theme", &[("theme", &text)])
            .await;
        sent.is(422);
        let sent = client.post_form("/settings/hide", &[("next", &text)]).await;
        sent.leads_to("/dashboard");
    }
}

#[tokio::test]
async fn registering_takes_no_nonsense() {
    let app = TestApp::new().await;
    let selector = "form[action='/register']";
    let mut number = 0;
    let right = app.visitor().open("/register").await.form(selector);
    for name in ["name", "email", "password", "home", "time_zone"] {
        for text in nonsense() {
            let mut visitor = app.visitor();
            number += 1;
            let mut form = right.clone();
            let email = format!("user{number}@example.org");
            for (name, value) in [
                ("name", "Robin"),
                ("email", &*email),
                ("password", PASSWORD),
                ("home", "EUR"),
            ] {
                form.set(name, value);
            }
            form.put(name, &text);
            let sent = visitor.send_form(&form).await;
            check_answer(&sent, selector, &form, name, &text);
            assert!(!sent.html().contains(PASSWORD));
        }
    }
}

#[tokio::test]
async fn signing_in_takes_no_nonsense() {
    let app = TestApp::new().await;
    for text in ["", "a\0b", "🂡♠️", "'; drop table users; --"] {
        for fields in [
            [("email", text), ("password", PASSWORD)],
            [("email", "nobody@example.org"), ("password", text)],
        ] {
            let page = app.visitor().post("/login", &fields).await;
            page.is(422);
            assert!(page.has(".err"));
        }
    }
}

#[tokio::test]
async fn addresses_with_nonsense_in_them_are_no_fault() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let bank = app
        .account_with(&client, "bank", "Bank", "EUR", "1000")
        .await;
    for text in nonsense() {
        // Longer addresses than this are none.
        let text: String = text.chars().take(300).collect();
        let query: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        for path in [
            format!("/dashboard?range={query}"),
            format!(
                "/entries?kind={query}&account={query}&currency={query}&from={query}&to={query}&tag={query}&q={query}&sort={query}&page={query}"
            ),
            format!(
                "/entries/new?kind={query}&account={query}&amount={query}&date={query}&before={query}"
            ),
            format!("/entries/gap?kind=balance&account={bank}&amount={query}&date={query}"),
            format!(
                "/entries/gap?kind=transfer&from={bank}&to={bank}&sent={query}&received={query}&fee={query}&date={query}"
            ),
            format!("/entries/history?page={query}"),
            format!("/charts?range={query}"),
            format!("/accounts/{bank}?range={query}&page={query}"),
            format!("/login?next={query}"),
        ] {
            let page = client.get(&path).await;
            let short: String = path.chars().take(80).collect();
            assert!(
                page.status.as_u16() < 500 && page.status != StatusCode::NOT_FOUND,
                "{short}: {}",
                page.status
            );
        }
    }
}

/// What is typed, in which currency, and what is in the ledger after it.
#[tokio::test]
async fn an_amount_that_is_taken_is_stored_exactly_as_it_was_meant() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    for (currency, text, stored) in [
        ("USD", "1234.56", "1234.56"),
        ("USD", "1,234.56", "1234.56"),
        ("USD", "1.234,56", "1234.56"),
        ("USD", "1 234,5", "1234.5"),
        ("USD", "1'234.50", "1234.5"),
        ("USD", "$12.30", "12.3"),
        ("USD", " 12.30 USD ", "12.3"),
        ("USD", "1,234", "1234"),
        ("USD", "0.01", "0.01"),
        ("USD", "99999999999.99", "99999999999.99"),
        ("JPY", "1234", "1234"),
        ("JPY", "5.0", "5"),
        ("KWD", "1.005", "1.005"),
        ("BTC", "0.00000001", "0.00000001"),
        ("BTC", "99999999999.99999999", "99999999999.99999999"),
        ("USDC", "0.123456", "0.123456"),
    ] {
        let fields = [("account", ""), ("currency", currency), ("amount", text)];
        client.add_entry("deposit", &fields).await;
        let found = client
            .value("select currency || ' ' || trim_scale(amount) from entries where user_id = $1 order by position desc limit 1")
            .await;
        assert_eq!(found, format!("{currency} {stored}"), "{text}");
    }
}

#[tokio::test]
async fn decimals_that_a_currency_lacks_are_refused_and_not_rounded() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    for (currency, text) in [
        ("JPY", "0.5"),
        ("JPY", "1000.01"),
        ("USD", "0.001"),
        ("USD", "1.0055"),
        ("KWD", "0.0005"),
        ("BTC", "0.000000001"),
        ("USDC", "0.1234567"),
        ("USD", "0.123456789012345678901234567890"),
    ] {
        let fields = [("account", ""), ("currency", currency), ("amount", text)];
        let sent = client.try_entry("deposit", &fields).await;
        sent.is(422);
        assert!(sent.has("#amount[aria-invalid=true]"), "{currency} {text}");
        assert_eq!(sent.attr("#amount", "value"), text);
    }
    assert_eq!(app.number("select count(*) from entries").await, 0);
}

#[tokio::test]
async fn every_mistake_of_a_form_is_said_at_once() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    app.account(&client, "bank", "Bank", "EUR").await;
    let fields = [
        ("amount", "1e5"),
        ("date", "yesterday"),
        ("note", "a\0b"),
        ("tags", "a,b,c,d,e,f,g,h,i,j,k"),
    ];
    let sent = client.try_entry("deposit", &fields).await;
    sent.is(422);
    for field in ["amount", "date", "note", "tags"] {
        assert!(sent.has(&format!("#{field}[aria-invalid=true]")), "{field}");
        assert!(sent.has(&format!("a[href='#{field}']")), "{field}");
    }
}

/// The amount of the row is what left: both together.
#[tokio::test]
async fn an_amount_and_a_fee_that_are_too_large_together_are_refused() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let from = app.account(&client, "bank", "From", "EUR").await;
    let to = app.account(&client, "bank", "To", "EUR").await;
    let most = "99999999999";
    let fields = [
        ("from", &*from),
        ("to", &*to),
        ("sent", most),
        ("fee", most),
        ("received", "1"),
    ];
    let sent = client.try_entry("transfer", &fields).await;
    sent.is(422);
    assert!(sent.has(".err"));
}

/// From the lowest balance to the highest is more than one entry can say.
#[tokio::test]
async fn a_gap_that_is_too_large_for_an_entry_is_refused() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let bank = app.account(&client, "bank", "Bank", "EUR").await;
    client
        .add_entry("balance", &[("account", &bank), ("amount", "-99999999999")])
        .await;
    let up = client
        .add_entry("balance", &[("account", &bank), ("amount", "99999999999")])
        .await;
    let sent = client
        .post_form(&format!("/entries/{up}/gap"), &[("kind", "deposit")])
        .await;
    assert!(
        [409, 422].contains(&sent.status.as_u16()),
        "{} {}",
        sent.status,
        sent.text()
    );
}

/// The first day that can be typed begins on the day before, east of Greenwich.
#[tokio::test]
async fn the_first_day_is_taken_or_refused_in_every_time_zone() {
    let app = TestApp::new().await;
    for zone in ["Pacific/Auckland", "America/Los_Angeles"] {
        let mut client = app.user().await;
        sqlx::query("update users set time_zone = $2 where id = $1")
            .bind(client.user)
            .bind(zone)
            .execute(&app.db)
            .await
            .unwrap();
        let bank = app.account(&client, "bank", "Bank", "EUR").await;
        for time in ["00:00", "23:59", ""] {
            let fields = [
                ("account", &*bank),
                ("amount", "5"),
                ("date", "1970-01-01"),
                ("time", time),
            ];
            let sent = client.try_entry("deposit", &fields).await;
            assert!(
                [303, 422].contains(&sent.status.as_u16()),
                "{zone} {time}: {}",
                sent.text()
            );
        }
    }
}

#[tokio::test]
async fn the_same_address_registered_ten_times_at_once_is_one_user() {
    let app = TestApp::new().await;
    let fields = [
        ("name", "Robin"),
        ("email", "one@example.org"),
        ("password", PASSWORD),
        ("home", "EUR"),
    ];
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let mut visitor = app.visitor();
            tokio::spawn(async move { visitor.post("/register", &fields).await.status.as_u16() })
        })
        .collect();
    for task in tasks {
        let status = task.await.unwrap();
        // Too many at once are told to come back; nobody gets a fault.
        assert!([303, 503].contains(&status), "{status}");
    }
    let mails = app.mails().await;
    assert!((1..=5).contains(&mails.len()), "{} mails", mails.len());
    // All of them look at the page before the first opens the account.
    let mut browsers = Vec::new();
    for mail in &mails {
        let mut visitor = app.visitor();
        visitor.get(&mail.link()).await;
        let page = visitor.open("/register/open").await;
        browsers.push((visitor, page.form("form[action='/register/open']")));
    }
    let tasks: Vec<_> = browsers
        .into_iter()
        .map(|(mut visitor, mut form)| {
            for (name, value) in [("name", "Robin"), ("password", PASSWORD), ("home", "EUR")] {
                form.set(name, value);
            }
            tokio::spawn(async move { visitor.send_form(&form).await.status.as_u16() })
        })
        .collect();
    let mut opened = 0;
    for task in tasks {
        let status = task.await.unwrap();
        assert!([303, 422, 503].contains(&status), "{status}");
        opened += u32::from(status == 303);
    }
    assert_eq!(opened, 1);
    assert_eq!(app.number("select count(*) from users").await, 1);
}

#[tokio::test]
async fn a_goal_takes_no_nonsense() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let site = app.account(&client, "site", "Stars", "EUR").await;
    for kind in ["bankroll", "profit", "account"] {
        let right = [
            ("kind", kind),
            ("account", &*site),
            ("target", "1000"),
            ("currency", "EUR"),
            ("due", "2027-03-31"),
        ];
        // Only what this kind reads: the rest is ignored.
        let only: &[&str] = match kind {
            "bankroll" => &[],
            "profit" => &["since", "target"],
            _ => &["account", "target"],
        };
        try_every_field(&mut client, "/goals/new", ".goal-form", &right, only).await;
    }
    client.open("/goals").await;
    let stored = "select count(*) from goals where target <> round(target, (select minor_units from currencies where code = currency))";
    assert_eq!(app.number(stored).await, 0);
}
