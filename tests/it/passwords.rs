//! New passwords: what is refused and how that is said, the meter, and passphrases.

use axum::body::Body;
use axum::http::{Method, header};

use crate::harness::{Client, PASSWORD, Page, TestApp};

const FORM: &str = "form[action='/register']";

async fn try_password(client: &mut Client, password: &str) -> Page {
    let page = client.open("/register").await;
    let fields = [
        ("name", "Robin Fletcher"),
        ("email", "robin.hood@sherwood.example"),
        ("password", password),
        ("home", "SEK"),
    ];
    client.submit(&page, FORM, &fields).await
}

/// Follows the link of the mail where the password was set.
async fn open(app: &TestApp, client: &mut Client) {
    let link = app.mail().await.link();
    client.follow_link(&link).await.leads_to("/dashboard");
}

/// Fails if `register::create` keeps the typed text and the macro prints it, or if any rule of `password::weigh` goes.
#[tokio::test]
async fn a_password_that_is_guessed_is_refused_at_its_field_and_the_rest_stays() {
    let app = TestApp::new().await;
    let mut client = app.visitor();
    for (password, said) in [
        ("short", "Use at least 12 characters, 7 more."),
        // Common, in four disguises.
        ("leavemealone", "tried first"),
        ("LeaveMeAlone", "tried first"),
        ("leavemealone2026!", "tried first"),
        ("L34v3m34lone", "tried first"),
        // Guessable.
        ("abcabcabcabcabc", "easily guessed"),
        // What is known of them, and of this site.
        ("robin.hood@sherwood.example", "Leave out your name"),
        ("hoodrobin1234", "Leave out your name"),
        ("FletcherRobin1", "Leave out your name"),
        ("stakeeasypoker", "Leave out your name"),
    ] {
        let sent = try_password(&mut client, password).await;
        sent.is(422);
        assert_eq!(sent.attr("#password", "aria-invalid"), "true");
        assert_eq!(sent.attr("#password", "aria-describedby"), "password-e");
        assert!(sent.text().contains(said), "{password}: {}", sent.text());
        assert!(sent.has("[role=alert] a[href='#password']"));
        let form = sent.form(FORM);
        assert_eq!(form.value("name"), "Robin Fletcher");
        assert_eq!(form.value("email"), "robin.hood@sherwood.example");
        assert_eq!(form.value("home"), "SEK");
        assert_eq!(form.value("password"), "", "{password} came back");
        // An address is also in its own field.
        if !password.contains('@') {
            assert!(!sent.html().contains(password), "{password} came back");
        }
    }
    assert_eq!(app.number("select count(*) from users").await, 0);
    try_password(&mut client, PASSWORD)
        .await
        .leads_to("/register/sent");
}

/// Fails if the macro `new_password` prints `field.text`, and `register::create` does not take it.
#[tokio::test]
async fn a_password_does_not_come_back_when_something_else_is_wrong() {
    let app = TestApp::new().await;
    for email in ["", "nonsense"] {
        let mut client = app.visitor();
        let page = client.open("/register").await;
        let fields = [("name", "Robin"), ("email", email), ("password", PASSWORD)];
        let sent = client.submit(&page, FORM, &fields).await;
        sent.is(422);
        assert!(!sent.html().contains(PASSWORD), "{}", sent.html());
        assert!(sent.has("#email[aria-invalid]") && !sent.has("#password[aria-invalid]"));
    }
    let mut client = app.visitor();
    let page = client.open("/login").await;
    let fields = [("email", "nobody@example.org"), ("password", PASSWORD)];
    let sent = client.submit(&page, "form[action='/login']", &fields).await;
    sent.is(422);
    assert!(!sent.html().contains(PASSWORD), "{}", sent.html());
}

/// Fails without `normal` in `hashing::verify`.
#[tokio::test]
async fn a_password_is_the_same_however_a_keyboard_composes_it() {
    let app = TestApp::new().await;
    let (composed, decomposed) = (
        "caf\u{e9} \u{fb01}ord jetty saddle",
        "cafe\u{301} fiord jetty saddle",
    );
    let mut client = app.visitor();
    try_password(&mut client, composed)
        .await
        .leads_to("/register/sent");
    open(&app, &mut client).await;
    for (typed, status) in [
        (composed, 303),
        (decomposed, 303),
        ("cafe fiord jetty saddle", 422),
    ] {
        let mut client = app.visitor();
        let fields = [
            ("email", "robin.hood@sherwood.example"),
            ("password", typed),
        ];
        client.post("/login", &fields).await.is(status);
    }
}

#[tokio::test]
async fn all_128_characters_count() {
    let app = TestApp::new().await;
    let long = "jetty fjord 17 quibble, saddle! ".repeat(4);
    let mut client = app.visitor();
    try_password(&mut client, &format!("{long}x")).await.is(422);
    try_password(&mut client, &long)
        .await
        .leads_to("/register/sent");
    open(&app, &mut client).await;
    for (typed, status) in [(&long[..], 303), (&long[..127], 422)] {
        let mut client = app.visitor();
        let fields = [
            ("email", "robin.hood@sherwood.example"),
            ("password", typed),
        ];
        client.post("/login", &fields).await.is(status);
    }
}

#[tokio::test]
async fn without_scripts_a_passphrase_comes_with_the_form_as_it_was_filled_in() {
    let app = TestApp::new().await;
    let mut client = app.visitor();
    let page = client.open("/register").await;
    let button = format!("{FORM} button[name=propose]");
    assert_eq!(page.attr(&button, "type"), "submit");
    assert!(page.has(&format!("{button}[formnovalidate]")));
    // Enter presses the first submit button of a form.
    assert!(!page.has(&format!("{FORM} [type=submit]:first-of-type[name=propose]")));
    assert!(!page.has("[data-words]"));
    let fields = [
        ("name", "Robin"),
        ("email", "not yet an address"),
        ("password", "half a pass"),
        ("home", "SEK"),
        ("propose", "password"),
    ];
    let proposed = client.submit(&page, FORM, &fields).await;
    proposed.is(200);
    assert!(!proposed.has(".err") && !proposed.has("[role=alert]"));
    assert!(!proposed.html().contains("half a pass"));
    let mut form = proposed.form(FORM);
    assert_eq!(form.value("name"), "Robin");
    assert_eq!(form.value("email"), "not yet an address");
    assert_eq!(form.value("home"), "SEK");
    let words = form.value("password").to_owned();
    assert_eq!(words.split(' ').count(), 5, "{words}");
    assert!(proposed.text().contains(&words), "{}", proposed.text());

    let again = client.submit(&page, FORM, &fields).await;
    assert_ne!(again.form(FORM).value("password"), words);
    assert_eq!(app.number("select count(*) from users").await, 0);

    form.set("email", "robin@example.org");
    client.send_form(&form).await.leads_to("/register/sent");
    open(&app, &mut client).await;
    let login = [("email", "robin@example.org"), ("password", &words)];
    app.visitor()
        .post("/login", &login)
        .await
        .leads_to("/dashboard");
}

#[tokio::test]
async fn the_meter_agrees_with_the_form() {
    let app = TestApp::new().await;
    let mut client = app.visitor();
    for (password, bar, said) in [
        ("", 0, "Too short"),
        ("brief", 1, "Too short"),
        ("leavemealone2026!", 1, "Easily guessed"),
        ("hoodrobin1234", 1, "Easily guessed"),
        ("riverhouse99!x", 3, "Good"),
        (PASSWORD, 4, "Strong"),
    ] {
        let fields = [
            ("password", password),
            ("email", "robin.hood@sherwood.example"),
            ("name", "Robin"),
        ];
        let meter = client.post("/password/check", &fields).await;
        meter.is(200);
        assert!(meter.has(&format!(".strength-{bar}")), "{}", meter.html());
        assert_eq!(meter.count(".strength-bar > i"), 4);
        assert!(meter.text().contains(said), "{}", meter.text());
        assert!(password.is_empty() || !meter.html().contains(password));
        assert!(!meter.html().contains("<html"), "a piece, not a page");
        assert_eq!(meter.header("cache-control"), "no-store");
        let refused = try_password(&mut app.visitor(), password).await;
        assert_eq!(refused.status == 422, bar < 3, "{password}");
        sqlx::query("delete from users")
            .execute(&app.db)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn the_meter_knows_who_is_signed_in() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let email: String = sqlx::query_scalar("select email from users")
        .fetch_one(&app.db)
        .await
        .unwrap();
    let meter = client
        .post_form("/password/check", &[("password", &email)])
        .await;
    assert!(
        meter.text().contains("Leave out your name"),
        "{}",
        meter.text()
    );
    // As everybody's writes, theirs carry the token.
    client
        .post("/password/check", &[("password", PASSWORD)])
        .await
        .is(403);
}

#[tokio::test]
async fn a_passphrase_for_scripts_is_a_piece_with_five_words() {
    let app = TestApp::new().await;
    let mut client = app.visitor();
    let mut words = Vec::new();
    for _ in 0..2 {
        let piece = client.post("/password/passphrase", &[]).await;
        piece.is(200);
        assert!(!piece.html().contains("<html"), "a piece, not a page");
        assert_eq!(piece.header("cache-control"), "no-store");
        assert!(piece.has("button[data-copy-words][hidden]"));
        let text: String = piece
            .document()
            .select(&scraper::Selector::parse("[data-words]").unwrap())
            .flat_map(|part| part.text().collect::<Vec<_>>())
            .collect();
        assert_eq!(text.split(' ').count(), 5, "{text:?}");
        words.push(text);
    }
    assert_ne!(words[0], words[1]);
}

#[tokio::test]
async fn no_password_stands_in_an_address_and_no_other_site_may_ask() {
    let app = TestApp::new().await;
    let mut client = app.visitor();
    for path in ["/password/check", "/password/passphrase"] {
        client
            .get(&format!("{path}?password=iloveyouforever"))
            .await
            .is(405);
        let request = client
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let mut request = request
            .body(Body::from("password=iloveyouforever"))
            .unwrap();
        request
            .headers_mut()
            .insert("sec-fetch-site", "cross-site".parse().unwrap());
        client.send(request).await.is(403);
    }
}

#[tokio::test]
async fn a_password_field_may_be_filled_in_and_pasted_into() {
    let app = TestApp::new().await;
    let mut client = app.visitor();
    for (path, kind) in [
        ("/register", "new-password"),
        ("/login", "current-password"),
    ] {
        let page = client.open(path).await;
        assert_eq!(page.attr("#password", "autocomplete"), kind);
        assert_eq!(page.attr("#password", "type"), "password");
        for hindrance in ["onpaste", "maxlength", "readonly", "pattern"] {
            assert!(!page.has(&format!("#password[{hindrance}]")), "{hindrance}");
        }
        // Only scripts can show a password, so only they show the button.
        assert!(page.has("button[data-reveal][hidden]"));
    }
}
