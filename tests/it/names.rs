//! Names, notes and tags that people give: written from right to left they turn nothing around, and what would deceive is
//! refused.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use scraper::{ElementRef, Html, Node};
use serde_json::Value;

use crate::account::upload;
use crate::harness::{Client, Page, TODAY, TestApp, reached};
use crate::{goals, matrix, passkeys};

/// In the order of the alphabet of its kind, so that each is told from the others.
const SITE: &str = "חדר פוקר";
const BANK: &str = "بنك الفتح";
const GONE: &str = "ארנק ישן";
const NOTE: &str = "שיחקתי טוב (מאוד)";
const TAG: &str = "חי";
const GOAL: &str = "יעד ראשון";
const PERSON: &str = "רונית";
const KEY: &str = "המפתח שלי";

fn is_rtl(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}')
}

/// Whether every letter that is written from right to left stands between marks that isolate it.
fn is_isolated(text: &str) -> bool {
    let mut depth = 0;
    text.chars().all(|c| {
        match c {
            '\u{2066}'..='\u{2068}' => depth += 1,
            '\u{2069}' => depth -= 1,
            _ => {}
        }
        depth > 0 || !is_rtl(c)
    })
}

/// What of a document could turn its surroundings around: texts outside of `bdi` and attributes.
fn turning(document: &Html) -> Vec<String> {
    let mut found = Vec::new();
    for node in document.root_element().descendants() {
        let Some(element) = ElementRef::wrap(node) else {
            let Node::Text(text) = node.value() else {
                continue;
            };
            let parents: Vec<ElementRef> = node.ancestors().filter_map(ElementRef::wrap).collect();
            let is_in = |names: &[&str]| {
                let mut parents = parents.iter();
                parents.any(|parent| names.contains(&parent.value().name()))
            };
            if !is_in(&["bdi", "textarea", "script"]) && !is_isolated(text) {
                let parent = node.parent().and_then(ElementRef::wrap);
                let html = parent.map(|parent| parent.html()).unwrap_or_default();
                found.push(html.chars().take(300).collect());
            }
            continue;
        };
        for (name, value) in element.value().attrs() {
            // What is typed has a field of its own, and addresses are not read.
            let is_read = !["value", "href", "action", "data-here"].contains(&name);
            if is_read && !is_isolated(value) {
                found.push(format!(
                    "{name}: {}",
                    value.chars().take(300).collect::<String>()
                ));
            }
        }
    }
    found
}

#[track_caller]
fn turns_nothing(page: &Page) {
    let found = turning(&page.document());
    assert!(found.is_empty(), "{}: {found:#?}", page.path);
}

/// Somebody who writes from right to left, with one of everything. Returns the keys of two accounts.
async fn ledger(app: &TestApp) -> (Client, String, String) {
    app.set_rate("USD", TODAY, "1.25").await;
    app.set_rate("USD", "2026-09-01", "1.2").await;
    let mut client = app.user().await;
    sqlx::query("update users set name = $2 where id = $1")
        .bind(client.user)
        .bind(PERSON)
        .execute(&app.db)
        .await
        .unwrap();
    let site = app.account_with(&client, "site", SITE, "USD", "900").await;
    let bank = app.account_with(&client, "bank", BANK, "EUR", "9000").await;
    let gone = app.account(&client, "wallet", GONE, "EUR").await;
    for (kind, account, amount, date) in [
        ("balance", &site, "1000", "2026-10-20"),
        ("balance", &bank, "8000", "2026-10-21"),
        ("deposit", &bank, "50", "2026-10-22"),
        ("withdrawal", &bank, "20", "2026-10-22"),
        ("bonus", &site, "5", "2026-10-23"),
        ("expense", &bank, "10", "2026-10-24"),
        ("balance", &site, "1300", TODAY),
    ] {
        let fields = [
            ("account", &**account),
            ("amount", amount),
            ("date", date),
            ("note", NOTE),
            ("tags", TAG),
        ];
        client.add_entry(kind, &fields).await;
    }
    let fields = [
        ("from", &*site),
        ("to", &*bank),
        ("sent", "100"),
        ("received", "75"),
        ("note", NOTE),
    ];
    client.add_entry("transfer", &fields).await;
    client
        .post_form(&format!("/accounts/{gone}/archive"), &[])
        .await
        .is(303);
    goals::set(&mut client, &[("target", "90000"), ("name", GOAL)]).await;
    let fields = [
        ("kind", "account"),
        ("account", &*site),
        ("target", "80000"),
    ];
    goals::set(&mut client, &fields).await;
    let done = goals::set(&mut client, &[("target", "70000"), ("name", GOAL)]).await;
    client
        .post_form(&format!("/goals/{done}/complete"), &[])
        .await
        .is(303);
    let away = goals::set(&mut client, &[("target", "60000"), ("name", GOAL)]).await;
    client
        .post_form(&format!("/goals/{away}/archive"), &[])
        .await
        .is(303);
    passkeys::add(&mut client).await;
    sqlx::query("update passkeys set name = $1")
        .bind(KEY)
        .execute(&app.db)
        .await
        .unwrap();
    (client, site, bank)
}

/// Walks every page that its owner and an administrator reach.
#[tokio::test]
async fn names_from_right_to_left_turn_no_page_around() {
    let app = matrix::everything_on().await;
    let (mut client, ..) = ledger(&app).await;
    let pages = reached(
        &mut client,
        &[
            "/",
            "/dashboard",
            "/dashboard?range=all",
            "/settings",
            "/settings/security",
            "/stakes/cash",
            "/stakes/tournaments",
            "/sudo",
        ],
    )
    .await;
    assert!(pages.len() > 80, "only {}", pages.len());
    for name in [SITE, BANK, GONE, NOTE, TAG, GOAL, PERSON, KEY] {
        let holding = pages.iter().filter(|page| page.html().contains(name));
        assert!(holding.count() > 0, "{name} is nowhere");
    }
    let stakes = pages.iter().find(|page| page.path == "/stakes/cash");
    assert!(
        stakes
            .unwrap()
            .text()
            .contains("on \u{2068}חדר פוקר\u{2069}: moving")
    );
    let turned: Vec<(String, Vec<String>)> = pages
        .iter()
        .map(|page| (page.path.clone(), turning(&page.document())))
        .filter(|(_, found)| !found.is_empty())
        .collect();
    assert!(turned.is_empty(), "{turned:#?}");
    let mut admin = app.admin().await;
    let one = format!("/admin/users/{}", client.user);
    let pages = reached(&mut admin, &["/admin", "/admin/users", &one]).await;
    assert!(pages.iter().any(|page| page.html().contains(PERSON)));
    for page in &pages {
        turns_nothing(page);
    }
}

/// A web is drawn of three accounts or more, with their names around it.
#[tokio::test]
async fn names_from_right_to_left_turn_no_corner_of_a_web_around() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    for name in [SITE, BANK, GONE] {
        app.account_with(&client, "site", name, "EUR", "100").await;
    }
    let page = client.open("/charts/distribution?style=radar").await;
    assert!(page.has("svg.chart .radar-label"), "{}", page.text());
    turns_nothing(&page);
}

/// What is said after something was done, why something cannot be done, and what scripts ask for.
#[tokio::test]
async fn names_from_right_to_left_turn_no_sentence_around() {
    let app = matrix::everything_on().await;
    let (mut client, site, bank) = ledger(&app).await;
    // Every notice, on the page that it leads to.
    let fields = [("account", &*site), ("amount", "1350")];
    let mut sent = vec![client.try_entry("balance", &fields).await];
    let entry = client.newest_entry().await;
    for path in [
        format!("/entries/{entry}/delete"),
        format!("/accounts/{bank}/archive"),
        format!("/accounts/{bank}/restore"),
    ] {
        sent.push(client.post_form(&path, &[]).await);
    }
    let change = "select id::text from changes where user_id = $1 and undone_by is null
                  order by xmin::text::bigint desc limit 1";
    let change = client.value(change).await;
    let undo = format!("/entries/history/{change}/undo");
    sent.push(client.post_form(&undo, &[]).await);
    for sent in &sent {
        sent.is(303);
    }
    let fields = [("account", &*bank), ("amount", "460"), ("note", NOTE)];
    for kind in ["balance", "deposit", "bonus", "expense", "withdrawal"] {
        let sent = client.save_entry(kind, &fields).await;
        let page = client.open(sent.header("location")).await;
        assert!(page.has(".toast"), "{kind}");
        turns_nothing(&page);
    }
    // Refusals that name the account, and forms with what was typed.
    let fields = [("account", &*site), ("amount", "99999"), ("note", NOTE)];
    let refused = client.try_entry("withdrawal", &fields).await;
    refused.is(422);
    assert!(refused.text().contains(SITE));
    turns_nothing(&refused);
    let fields = [
        ("account", &*site),
        ("amount", "9999"),
        ("date", "2026-10-23"),
    ];
    let refused = client.try_entry("expense", &fields).await;
    refused.is(422);
    turns_nothing(&refused);
    let new = client.open("/accounts/new").await;
    let selector = "form[method=post]:has([name=opening])";
    let refused = client.submit(&new, selector, &[("name", SITE)]).await;
    refused.is(422);
    turns_nothing(&refused);
    // What scripts ask for.
    for path in [
        format!("/entries/gap?kind=balance&account={site}&amount=1"),
        format!("/entries/gap?kind=transfer&from={site}&to={bank}&sent=1&received=1"),
        format!("/entries/new?kind=transfer&from={site}"),
    ] {
        turns_nothing(&client.open(&path).await);
    }
}

/// In a mail's text there is no `bdi`, and in its HTML there may be.
#[tokio::test]
async fn names_from_right_to_left_turn_no_mail_around() {
    let app = matrix::everything_on().await;
    let (mut client, ..) = ledger(&app).await;
    app.mails().await;
    let path = client
        .open("/settings/security/passkeys")
        .await
        .attr(".link-list a", "href");
    // One is left to log in with.
    passkeys::add(&mut client).await;
    app.mails().await;
    let page = client.open(&path).await;
    client.submit(&page, "#remove", &[]).await.is(303);
    let mail = app.mail().await;
    assert!(mail.text.contains(KEY), "{}", mail.text);
    assert!(is_isolated(&mail.text), "{}", mail.text);
    assert!(is_isolated(&mail.subject), "{}", mail.subject);
    assert!(turning(&Html::parse_document(&mail.html)).is_empty());
}

/// Marks that turn text around, and what is not seen at all.
const DECEIVING: [&str; 9] = [
    "Stars\u{202e}",
    "\u{202a}Stars\u{202c}",
    "St\u{2066}a\u{2069}rs",
    "Sta\u{200b}rs",
    "\u{feff}Stars",
    "Sta\u{ad}rs",
    "Stars\u{200f}",
    "Stars\u{2060}",
    "Sta\u{7}rs",
];

/// What looks as if nothing was there.
const EMPTY: [&str; 7] = [
    "\u{200b}",
    "\u{ad}",
    "\u{3164}",
    "\u{2800}\u{2800}",
    "\u{301}\u{308}",
    "\u{200d}",
    "\u{a0}\u{2003}",
];

/// What people are called, and what they write.
const HONEST: [&str; 6] = [
    "👩‍👩‍👧‍👦 Family",
    "می‌خواهم",
    "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "❤\u{fe0f}",
    "e\u{301}té",
    "חדר פוקר",
];

/// Sends a name through every form that takes one. Returns what each is called and its answer.
async fn named(app: &TestApp, client: &mut Client, name: &str) -> Vec<(&'static str, Page)> {
    let mut sent = Vec::new();
    let page = client.open("/accounts/new").await;
    let selector = "form[method=post]:has([name=opening])";
    let fields = [("kind", "site"), ("name", name), ("currency", "EUR")];
    sent.push(("account", client.submit(&page, selector, &fields).await));
    let id = app.account(client, "other", "To be renamed", "EUR").await;
    let page = client.open(&format!("/accounts/{id}/edit")).await;
    let selector = "form[method=post]:has([name=version])";
    sent.push((
        "renamed",
        client.submit(&page, selector, &[("name", name)]).await,
    ));
    sqlx::query("delete from accounts where id = $1::uuid")
        .bind(&id)
        .execute(&app.db)
        .await
        .unwrap();
    let page = client.open("/goals/new").await;
    let fields = [("target", "90000"), ("name", name)];
    sent.push(("goal", client.submit(&page, ".goal-form", &fields).await));
    let page = client.open("/settings").await;
    let form = "form[action='/settings']";
    sent.push((
        "person",
        client.submit(&page, form, &[("name", name)]).await,
    ));
    let path = client
        .open("/settings/security/passkeys")
        .await
        .attr(".link-list a", "href");
    let page = client.open(&path).await;
    let form = "main form:has([name=name])";
    sent.push((
        "passkey",
        client.submit(&page, form, &[("name", name)]).await,
    ));
    sent
}

#[tokio::test]
async fn a_name_that_would_deceive_is_refused_in_every_form_that_takes_one() {
    let app = matrix::everything_on().await;
    let mut client = app.user().await;
    let bank = app.account(&client, "bank", "Bank", "EUR").await;
    passkeys::add(&mut client).await;
    for name in DECEIVING.iter().chain(&EMPTY) {
        for (what, sent) in named(&app, &mut client, name).await {
            // A goal may be without a name: one of spaces only is.
            let is_blank = what == "goal" && name.trim().is_empty();
            if is_blank {
                continue;
            }
            assert_eq!(sent.status, 422, "{what} {name:?}");
            assert!(
                sent.has("[name=name][aria-invalid=true]"),
                "{what} {name:?}"
            );
        }
        let fields = [("account", &*bank), ("amount", "1"), ("tags", name)];
        if !name.trim().is_empty() {
            let sent = client.try_entry("deposit", &fields).await;
            assert_eq!(sent.status, 422, "tag {name:?}");
            assert!(sent.has("[name=tags][aria-invalid=true]"), "tag {name:?}");
        }
    }
    for note in &DECEIVING[..3] {
        let fields = [("account", &*bank), ("amount", "1"), ("note", note)];
        let sent = client.try_entry("deposit", &fields).await;
        assert_eq!(sent.status, 422, "note {note:?}");
        assert!(sent.has("[name=note][aria-invalid=true]"), "note {note:?}");
    }
    for name in HONEST {
        for (what, sent) in named(&app, &mut client, name).await {
            assert_eq!(sent.status, 303, "{what} {name:?}: {}", sent.text());
        }
        let fields = [
            ("account", &*bank),
            ("amount", "1"),
            ("tags", name),
            ("note", name),
        ];
        let sent = client.try_entry("deposit", &fields).await;
        assert_eq!(sent.status, 303, "{name:?}: {}", sent.text());
    }
}

/// A file brings what the forms would take, and nothing else.
#[tokio::test]
async fn a_name_that_would_deceive_is_refused_in_a_file() {
    let app = matrix::everything_on().await;
    let (mut owner, ..) = ledger(&app).await;
    let file: Value =
        serde_json::from_slice(&owner.open("/settings/data/export.json").await.body).unwrap();
    let mut other = app.user().await;
    let places = [
        ("/accounts/0/name", true),
        ("/goals/0/name", true),
        ("/settings/name", true),
        ("/entries/0/tags/0", true),
        ("/entries/0/note", false),
    ];
    for (place, is_name) in places {
        assert!(file.pointer(place).is_some(), "{place}");
        let unseen = ["Sta\u{200b}rs", "\u{3164}"];
        for text in ["stars\u{202e}"]
            .iter()
            .chain(unseen.iter().filter(|_| is_name))
        {
            let mut changed = file.clone();
            *changed.pointer_mut(place).unwrap() = (*text).into();
            let sent = upload(&mut other, changed.to_string().as_bytes()).await;
            assert_eq!(sent.status, 422, "{place} {text:?}");
        }
    }
    upload(&mut other, file.to_string().as_bytes())
        .await
        .leads_to("/settings/data/import");
    turns_nothing(&other.open("/settings/data/import").await);
}
