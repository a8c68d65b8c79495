//! All balances on one page: what is typed is saved at once, or not at all.

use super::{figures, newest_change, undo};
use crate::harness::{Client, Form, PASSWORD, Page, TestApp};

const BEFORE: &str = "2026-10-12T12:00:00Z";
const DAY: &str = "2026-10-30T12:00:00Z";

/// Somebody with two poker sites, and a bank account that owes; everything was looked at long ago.
struct Player {
    client: Client,
    stars: String,
    hall: String,
    bank: String,
}

async fn player(app: &TestApp) -> Player {
    app.set_now(BEFORE);
    let client = app.user().await;
    accounts_of(app, client).await
}

/// The same, who has a password.
async fn registered(app: &TestApp) -> (Player, String) {
    app.set_now(BEFORE);
    let client = app.register().await;
    let email = client.value("select email from users where id = $1").await;
    (accounts_of(app, client).await, email)
}

async fn accounts_of(app: &TestApp, mut client: Client) -> Player {
    app.set_rate("USD", "2026-10-01", "1.25").await;
    let stars = app
        .account_with(&client, "site", "Stars", "USD", "1000")
        .await;
    let hall = app
        .account_with(&client, "site", "Hall", "EUR", "500")
        .await;
    let bank = app
        .account_with(&client, "bank", "Bank", "EUR", "300")
        .await;
    let owed = [("account", &*bank), ("amount", "-200")];
    client.add_entry("balance", &owed).await;
    app.set_now(DAY);
    // The session of before is over.
    let client = app.another(&client).await;
    Player {
        client,
        stars,
        hall,
        bank,
    }
}

impl Player {
    async fn form(&mut self) -> Form {
        let page = self.client.open("/accounts/check").await;
        page.form("form[data-check]")
    }

    /// Fills the page in, as somebody without scripts does, and presses Save.
    async fn save(&mut self, fields: &[(String, &str)]) -> Page {
        let mut form = self.form().await;
        for (name, value) in fields {
            form.set(name, value);
        }
        self.client.send_form(&form).await
    }
}

fn balance(account: &str) -> String {
    format!("balance_{account}")
}

fn unchanged(account: &str) -> String {
    format!("unchanged_{account}")
}

/// What is wrong beside the fields of one account.
fn complaints(page: &Page, account: &str) -> Vec<String> {
    page.texts(&format!("[id='balance_{account}-e']"))
}

#[tokio::test]
async fn what_is_typed_is_one_change_and_what_is_not_is_left_alone() {
    let app = TestApp::new().await;
    let mut player = player(&app).await;
    let before = player.client.ledger().await;
    let page = player.client.open("/accounts/check").await;
    assert_eq!(
        page.texts(".check-row label[for^='balance_']"),
        ["Stars", "Hall", "Bank"]
    );
    assert!(page.text().contains("18 days ago"), "{}", page.text());

    let (stars, hall) = (balance(&player.stars), unchanged(&player.hall));
    let sent = player.save(&[(stars, "1,100.50"), (hall, "on")]).await;
    sent.leads_to("/dashboard");
    let names = ["bankroll", "profit", "play"];
    let found = figures(&mut player.client, &names).await;
    // 1,100.50 dollars at 1.25, 500 euros, and 200 that are owed; 100.50 dollars and 500 that are owed are play.
    assert_eq!(found, ["1180.4", "-419.6", "-419.6"]);
    let rows = "select string_agg(concat_ws(' ', a.name, e.kind, trim_scale(e.amount)), ', ' order by e.position)
                from entries e join accounts a on a.id = e.account_id
                where e.user_id = $1 and e.occurred_at > '2026-10-30'";
    assert_eq!(
        player.client.value(rows).await,
        "Stars balance 1100.5, Hall balance 500"
    );

    let page = player.client.open("/entries/history").await;
    assert_eq!(page.texts(".history b")[0], "Checked two balances");
    let change = newest_change(&player.client).await;
    let after = player.client.ledger().await;
    undo(&mut player.client, &change).await.is(303);
    assert_eq!(player.client.ledger().await, before);
    let page = player.client.open("/dashboard").await;
    let toast = page.texts(".toast").join(" ");
    assert!(toast.contains("Undone: check of two balances."), "{toast}");
    let change = newest_change(&player.client).await;
    undo(&mut player.client, &change).await.is(303);
    assert_eq!(player.client.ledger().await, after);
    assert_eq!(app.violations().await, Vec::<String>::new());
}

#[tokio::test]
async fn the_notice_says_what_came_of_it_and_undoes_all_of_it() {
    let app = TestApp::new().await;
    let mut player = player(&app).await;
    let (stars, hall) = (balance(&player.stars), balance(&player.hall));
    player
        .save(&[(stars, "1125"), (hall, "480")])
        .await
        .leads_to("/dashboard");
    let page = player.client.open("/dashboard").await;
    let toast = page.texts(".toast").join(" ");
    assert!(toast.contains("Two balances saved."), "{toast}");
    // 125 dollars more at 1.25, and 20 euros less.
    assert!(toast.contains("+€80.00 as winnings"), "{toast}");
    let before = player.client.ledger().await;
    let form = page.form(".toast form");
    player.client.send_form(&form).await.is(303);
    assert_ne!(player.client.ledger().await, before);
    let rows =
        "select count(*)::text from entries where user_id = $1 and occurred_at > '2026-10-30'";
    assert_eq!(player.client.value(rows).await, "0");
}

#[tokio::test]
async fn nothing_typed_is_nothing_saved_and_said() {
    let app = TestApp::new().await;
    let mut player = player(&app).await;
    let before = app.fingerprint().await;
    let blank = balance(&player.stars);
    for fields in [vec![], vec![(blank, "  ")]] {
        let page = player.save(&fields).await;
        page.is(422);
        let said = page.texts("[role=alert]").join(" ");
        assert!(said.contains("There is nothing to save yet."), "{said}");
    }
    assert_eq!(app.fingerprint().await, before);
}

/// Fails if a part of it is saved, if one of them is not told, or if what was typed is lost.
#[tokio::test]
async fn every_mistake_is_told_at_its_field_and_nothing_is_saved() {
    let app = TestApp::new().await;
    let mut player = player(&app).await;
    let cash = app
        .account_with(&player.client, "cash", "Safe", "EUR", "20")
        .await;
    let before = app.fingerprint().await;
    let page = player
        .save(&[
            (balance(&player.stars), "12,34,5"),
            (balance(&player.hall), "-5"),
            (balance(&player.bank), "7"),
            (balance(&cash), "100000000000"),
        ])
        .await;
    page.is(422);
    assert_eq!(app.fingerprint().await, before);
    for (account, why) in [
        (&player.stars, ""),
        (&player.hall, "Enter zero or more."),
        (&cash, ""),
    ] {
        let said = complaints(&page, account).join(" ");
        assert!(!said.is_empty() && said.contains(why), "{said}");
    }
    assert!(complaints(&page, &player.bank).is_empty());
    let form = page.form("form[data-check]");
    assert_eq!(form.value(&balance(&player.stars)), "12,34,5");
    assert_eq!(form.value(&balance(&player.bank)), "7");
    assert_eq!(page.texts("[role=alert] a"), ["Stars", "Hall", "Safe"]);
}

#[tokio::test]
async fn ticked_and_typed_otherwise_is_a_contradiction() {
    let app = TestApp::new().await;
    let mut player = player(&app).await;
    let both = |value| {
        [
            (balance(&player.hall), value),
            (unchanged(&player.hall), "on"),
        ]
    };
    let (other, same) = (both("501"), both("500"));
    let page = player.save(&other).await;
    page.is(422);
    let said = complaints(&page, &player.hall).join(" ");
    assert!(said.contains("You ticked Unchanged"), "{said}");
    player.save(&same).await.is(303);
}

/// Fails if all are asked about when one is, if the answer is not heard, or if it counts for another balance.
#[tokio::test]
async fn what_is_unusual_is_asked_of_each_and_answered_for_each() {
    let app = TestApp::new().await;
    let mut player = player(&app).await;
    let before = app.fingerprint().await;
    let (stars, hall) = (balance(&player.stars), balance(&player.hall));
    let typed = [(stars.clone(), "100500"), (hall.clone(), "5")];
    let page = player.save(&typed).await;
    page.is(422);
    assert_eq!(app.fingerprint().await, before);
    let (sure_stars, sure_hall) = (
        format!("sure_{}", player.stars),
        format!("sure_{}", player.hall),
    );
    for sure in [&sure_stars, &sure_hall] {
        assert!(page.has(&format!("[type=checkbox][name='{sure}']")));
    }
    let mut form = page.form("form[data-check]");
    form.set(&sure_stars, "100500");
    let page = player.client.send_form(&form).await;
    page.is(422);
    assert!(!page.has(&format!("[type=checkbox][name='{sure_stars}']")));
    let mut form = page.form("form[data-check]");
    form.set(&sure_hall, "5");
    // Meant was another one.
    form.set(&stars, "200500");
    let page = player.client.send_form(&form).await;
    page.is(422);
    assert_eq!(app.fingerprint().await, before);
    let mut form = page.form("form[data-check]");
    form.set(&sure_stars, "200500");
    player.client.send_form(&form).await.is(303);
    let balances = "select string_agg(trim_scale(amount)::text, ' ' order by position) from entries
                    where user_id = $1 and kind = 'balance' and occurred_at > '2026-10-30'";
    assert_eq!(player.client.value(balances).await, "200500 5");
}

/// Fails if what is unchanged is taken from a ledger that its sender has not seen.
#[tokio::test]
async fn unchanged_is_what_the_page_showed() {
    let app = TestApp::new().await;
    let mut player = player(&app).await;
    let mut form = player.form().await;
    form.set(&unchanged(&player.hall), "on");
    let hall = player.hall.clone();
    let deposit = [("account", &*hall), ("amount", "70")];
    player.client.add_entry("deposit", &deposit).await;
    let before = app.fingerprint().await;
    let page = player.client.send_form(&form).await;
    page.is(422);
    assert_eq!(app.fingerprint().await, before);
    let said = page.texts("[role=alert]").join(" ");
    assert!(said.contains("since you opened this page"), "{said}");
    assert!(page.text().contains("€570.00"), "{}", page.text());
    // Looked at again it is taken.
    let form = page.form("form[data-check]");
    assert_eq!(form.value(&unchanged(&player.hall)), "on");
    player.client.send_form(&form).await.is(303);
    let newest = "select trim_scale(amount)::text from entries where user_id = $1 order by position desc limit 1";
    assert_eq!(player.client.value(newest).await, "570");
    // What an account shows is so whatever else was saved.
    let mut form = player.form().await;
    form.set(&balance(&player.hall), "580");
    player.client.add_entry("deposit", &deposit).await;
    player.client.send_form(&form).await.is(303);
}

#[tokio::test]
async fn what_is_owed_stays_below_zero_without_a_minus() {
    let app = TestApp::new().await;
    let mut player = player(&app).await;
    let sign = format!("below_zero_{}", player.bank);
    let mut form = player.form().await;
    assert_eq!(form.value(&sign), "on");
    form.set(&balance(&player.bank), "150");
    player.client.send_form(&form).await.is(303);
    let newest = "select trim_scale(amount)::text from entries where user_id = $1 order by position desc limit 1";
    assert_eq!(player.client.value(newest).await, "-150");
    let mut form = player.form().await;
    form.set(&balance(&player.bank), "150");
    form.tick(&sign, false);
    player.client.send_form(&form).await.is(303);
    assert_eq!(player.client.value(newest).await, "150");
}

#[tokio::test]
async fn a_difference_of_an_asset_is_what_it_is_said_to_be() {
    let app = TestApp::new().await;
    let mut player = player(&app).await;
    let names = ["bankroll", "profit", "deposits", "expenses"];
    let before = figures(&mut player.client, &names).await;
    let bank = player.bank.clone();
    let mut form = player.form().await;
    form.set(&balance(&bank), "50");
    form.tick(&format!("below_zero_{bank}"), false);
    form.set(&format!("difference_{bank}"), "moved");
    player.client.send_form(&form).await.is(303);
    // 250 more that were put in.
    let after = figures(&mut player.client, &names).await;
    let number = |text: &String| text.parse::<f64>().unwrap_or(f64::NAN);
    let more: Vec<f64> = after
        .iter()
        .zip(&before)
        .map(|(after, before)| number(after) - number(before))
        .collect();
    assert_eq!(more, [250.0, 0.0, 250.0, 0.0]);
    let page = player.client.open("/entries/history").await;
    assert_eq!(page.texts(".history b")[0], "Checked one balance");
    let change = newest_change(&player.client).await;
    undo(&mut player.client, &change).await.is(303);
    assert_eq!(figures(&mut player.client, &names).await, before);
}

#[tokio::test]
async fn a_preview_shows_differences_and_saves_nothing() {
    let app = TestApp::new().await;
    let mut player = player(&app).await;
    let before = app.fingerprint().await;
    let mut form = player.form().await;
    form.set(&balance(&player.stars), "1,041.81");
    form.set(&balance(&player.hall), "500");
    form.set(&balance(&player.bank), "nonsense");
    form.set("preview", "on");
    let page = player.client.send_form(&form).await;
    page.is(200);
    assert_eq!(app.fingerprint().await, before);
    let says = |account: &str| page.texts(&format!("[id='says_{account}']")).join("");
    assert!(
        says(&player.stars).contains("+$41.81"),
        "{}",
        says(&player.stars)
    );
    assert!(says(&player.hall).contains("unchanged"));
    assert_eq!(says(&player.bank), "");
    let text = page.text();
    assert!(text.contains("2 of 3 checked"), "{text}");
    assert!(text.contains("Save two balances"), "{text}");
    // 1,041.81 dollars at 1.25, 500 euros, and 200 that are owed.
    assert!(text.contains("€ 1,133 .45"), "{text}");
    // The script is given the form alone.
    let request = player.client.post_request(
        "/accounts/check",
        &form
            .fields
            .iter()
            .map(|(n, v)| (&**n, &**v))
            .collect::<Vec<_>>(),
    );
    let (mut parts, body) = request.into_parts();
    parts
        .headers
        .insert("hx-request", "true".parse().expect("a header"));
    let page = player
        .client
        .send(axum::http::Request::from_parts(parts, body))
        .await;
    page.is(200);
    assert!(page.html().trim_start().starts_with("<form"));
}

/// Fails without the form's key: the second press would write everything once more.
#[tokio::test]
async fn sent_twice_it_is_saved_once_and_sent_otherwise_it_is_told() {
    let app = TestApp::new().await;
    let mut player = player(&app).await;
    let mut form = player.form().await;
    form.set(&balance(&player.stars), "1100");
    player.client.send_form(&form).await.is(303);
    let after = app.fingerprint().await;
    player.client.send_form(&form).await.is(303);
    assert_eq!(app.fingerprint().await, after);
    form.set(&balance(&player.stars), "1200");
    let page = player.client.send_form(&form).await;
    page.is(422);
    assert_eq!(app.fingerprint().await, after);
    let said = page.texts("[role=alert]").join(" ");
    assert!(said.contains("You saved this page before"), "{said}");
    let form = page.form("form[data-check]");
    player.client.send_form(&form).await.is(303);
    assert_ne!(app.fingerprint().await, after);
}

#[tokio::test]
async fn an_account_that_is_gone_is_said_and_nothing_is_saved() {
    let app = TestApp::new().await;
    let mut player = player(&app).await;
    let mut form = player.form().await;
    form.set(&balance(&player.stars), "1100");
    form.set(&balance(&player.hall), "501");
    let archive = format!("/accounts/{}/archive", player.hall);
    player.client.post_form(&archive, &[]).await.is(303);
    let before = app.fingerprint().await;
    let page = player.client.send_form(&form).await;
    page.is(422);
    assert_eq!(app.fingerprint().await, before);
    assert!(
        page.text().contains("archived or deleted"),
        "{}",
        page.text()
    );
    assert_eq!(
        page.form("form[data-check]").value(&balance(&player.stars)),
        "1100"
    );
    // Nor is another person's account one of theirs.
    let mut stranger = app.user().await;
    app.account(&stranger, "site", "Den", "EUR").await;
    let name = balance(&player.stars);
    let page = stranger
        .post_form("/accounts/check", &[(&*name, "5")])
        .await;
    page.is(422);
    assert!(!page.text().contains("Stars"));
    assert_eq!(
        player
            .client
            .value("select count(*)::text from entries where user_id = $1")
            .await,
        "4"
    );
}

#[tokio::test]
async fn two_hundred_accounts_are_checked_at_once() {
    let app = TestApp::new().await;
    app.set_now(BEFORE);
    let client = app.user().await;
    for n in 0..200 {
        app.account_with(&client, "bank", &format!("Bank {n}"), "EUR", "100")
            .await;
    }
    app.set_now(DAY);
    let mut client = app.another(&client).await;
    let page = client.open("/accounts/check").await;
    let mut form = page.form("form[data-check]");
    let names: Vec<String> = form
        .controls
        .iter()
        .filter(|name| name.starts_with("balance_"))
        .cloned()
        .collect();
    assert_eq!(names.len(), 200);
    for (n, name) in names.iter().enumerate() {
        form.set(name, "50");
        let sign = name.replace("balance_", "below_zero_");
        form.tick(&sign, n % 2 == 0);
    }
    client.send_form(&form).await.is(303);
    let count = "select count(*)::text from entries where user_id = $1 and kind = 'balance' and abs(amount) = 50";
    assert_eq!(client.value(count).await, "200");
    let places = "select count(distinct position)::text from entries where user_id = $1 and kind = 'balance'";
    assert_eq!(client.value(places).await, "200");
    let page = client.open("/entries/history").await;
    assert_eq!(page.texts(".history b")[0], "Checked 200 balances");
    assert!(page.text().contains("and 194 more"), "{}", page.text());
}

#[tokio::test]
async fn a_page_that_was_sent_after_logging_out_comes_back_filled_in() {
    let app = TestApp::new().await;
    let (mut player, email) = registered(&app).await;
    let mut form = player.form().await;
    form.set(&balance(&player.stars), "1100");
    player.client.cookies.remove("session");
    let sent = player.client.send_form(&form).await;
    let to = sent.header("location").to_owned();
    assert!(to.starts_with("/login"), "{to}");
    let login = player.client.open(&to).await;
    let fields = [("email", &*email), ("password", PASSWORD)];
    let sent = player
        .client
        .submit(&login, "form[action='/login']", &fields)
        .await;
    let to = sent.header("location").to_owned();
    let page = player.client.open(&to).await;
    let form = page.form("form[data-check]");
    assert_eq!(form.value(&balance(&player.stars)), "1100");
    player.client.send_form(&form).await.is(303);
}

#[tokio::test]
async fn the_page_is_offered_when_two_balances_are_old() {
    let app = TestApp::new().await;
    let mut player = player(&app).await;
    let offers = async |client: &mut Client| {
        let dashboard = client.open("/dashboard").await;
        let accounts = client.open("/accounts").await;
        (
            dashboard.has("main a[href='/accounts/check']"),
            accounts.has(".notice a[href^='/accounts/check']"),
            accounts.has(".page-head a[href^='/accounts/check']"),
        )
    };
    assert_eq!(offers(&mut player.client).await, (true, true, true));
    for account in [&player.stars, &player.hall] {
        let fields = [("account", &**account), ("amount", "900")];
        player.client.add_entry("balance", &fields).await;
    }
    assert_eq!(offers(&mut player.client).await, (false, false, true));
}

/// Fails if the day is another's, if it is asked for although somebody came for another page or has looked already, or
/// without having been chosen.
#[tokio::test]
async fn logging_in_on_the_chosen_day_leads_to_the_balances() {
    let app = TestApp::new().await;
    let (mut player, email) = registered(&app).await;
    // In Honolulu it is still Thursday.
    app.set_now("2026-10-30T05:00:00Z");
    let lands = async |app: &TestApp, next: &str| {
        let mut client = app.visitor();
        let page = client.open(&format!("/login?next={next}")).await;
        let fields = [("email", &*email), ("password", PASSWORD)];
        let sent = client.submit(&page, "form[action='/login']", &fields).await;
        sent.header("location").to_owned()
    };
    let choose = async |client: &mut Client, day: &str, zone: &str| {
        let page = client.open("/settings").await;
        let mut form = page.form("form[action='/settings']");
        form.set("check_on", day);
        form.set("time_zone", zone);
        client.send_form(&form).await.is(303);
        let page = client.open("/settings").await;
        assert_eq!(page.form("form[action='/settings']").value("check_on"), day);
    };
    assert_eq!(lands(&app, "").await, "/dashboard");
    choose(&mut player.client, "thursday", "Pacific/Honolulu").await;
    assert_eq!(lands(&app, "").await, "/accounts/check");
    assert_eq!(lands(&app, "/dashboard").await, "/accounts/check");
    assert_eq!(lands(&app, "/entries").await, "/entries");
    choose(&mut player.client, "friday", "Pacific/Honolulu").await;
    assert_eq!(lands(&app, "").await, "/dashboard");
    choose(&mut player.client, "friday", "Europe/Helsinki").await;
    assert_eq!(lands(&app, "").await, "/accounts/check");
    let mut form = player.form().await;
    for (account, amount) in [(&player.stars, "900"), (&player.hall, "500")] {
        form.set(&balance(account), amount);
    }
    player.client.send_form(&form).await.is(303);
    // One is left.
    assert_eq!(lands(&app, "").await, "/accounts/check");
    let archive = format!("/accounts/{}/archive", player.bank);
    player.client.post_form(&archive, &[]).await.is(303);
    assert_eq!(lands(&app, "").await, "/dashboard");
    // A week later all of them are old again.
    app.set_now("2026-11-06T05:00:00Z");
    assert_eq!(lands(&app, "").await, "/accounts/check");
}
