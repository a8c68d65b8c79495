//! While amounts are hidden, nothing on any page tells the bankroll: neither an amount, nor what one can be computed from.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use scraper::Selector;
use stakeeasy::features::bankroll::figures::{Range, Window};
use stakeeasy::features::bankroll::{Book, book_of};
use stakeeasy::ids::UserId;
use stakeeasy::money::Currency;

use crate::goals::set;
use crate::harness::{Client, TODAY, TestApp};

/// A player's browser, with the keys of what they have.
struct Player {
    client: Client,
    accounts: Vec<String>,
    entries: Vec<String>,
    goals: Vec<String>,
}

/// Pages that have nothing to do with anybody's money, that lead elsewhere, and files to keep.
const WITHOUT_MONEY: [&str; 23] = [
    "/about",
    "/admin",
    "/again",
    "/auth",
    "/confirm",
    "/favicon.ico",
    "/healthz",
    "/login",
    "/password",
    "/privacy",
    "/readyz",
    "/register",
    "/robots.txt",
    "/settings/data/export",
    "/settings/data/import",
    "/settings/email",
    "/settings/password",
    "/settings/profile",
    "/settings/security",
    "/stakes",
    "/static",
    "/sudo",
    "/terms",
];

const DAY: &str = "2026-10-30T12:00:00Z";

/// Somebody with a ledger of everything, all of it times `factor`: several currencies, one without a rate and one with an
/// own one, a bank account that owes, every kind of entry, goals of all kinds.
async fn player(app: &TestApp, factor: &str) -> Player {
    let factor: Decimal = factor.parse().expect("a number");
    let times = |units: &str| {
        (units.parse::<Decimal>().expect(units) * factor)
            .normalize()
            .to_string()
    };
    app.set_now(DAY);
    let mut client = app.user().await;
    let rate = [
        ("currency", "BTC"),
        ("price", "80000"),
        ("day", "2025-01-01"),
    ];
    client
        .post_form("/settings/rates", &rate)
        .await
        .leads_to("/settings/rates");
    let mut accounts = Vec::new();
    // Each change has a moment of its own, which decides their order.
    let mut at: DateTime<Utc> = DAY.parse().expect("a moment");
    for (kind, name, currency) in [
        ("site", "Stars", "USD"),
        ("site", "Hall", "EUR"),
        ("bank", "Bank", "EUR"),
        ("crypto", "Coins", "BTC"),
        ("site", "Gulf", "KWD"),
    ] {
        at += TimeDelta::seconds(1);
        app.clock.set(at);
        accounts.push(app.account(&client, kind, name, currency).await);
    }
    let [stars, hall, bank, coins, gulf] = [0, 1, 2, 3, 4].map(|at| accounts[at].as_str());
    let mut entries = Vec::new();
    for (kind, account, units, day) in [
        ("deposit", stars, "2100", "2025-03-03"),
        ("deposit", hall, "900", "2025-06-10"),
        ("deposit", bank, "300", "2025-06-12"),
        ("balance", bank, "-700", "2026-05-02"),
        ("deposit", coins, "0.02", "2026-02-02"),
        ("deposit", gulf, "1300", "2026-02-03"),
        ("balance", stars, "1700", "2026-03-20"),
        ("bonus", stars, "100", "2026-08-01"),
        ("expense", hall, "200", "2026-08-15"),
        ("withdrawal", hall, "300", "2026-10-05"),
        ("deposit", "", "400", "2026-10-06"),
        ("balance", hall, "1500", "2026-10-20"),
        ("balance", coins, "0.03", "2026-10-21"),
        ("balance", gulf, "1100", "2026-10-22"),
        ("balance", stars, "2900", "2026-10-28"),
    ] {
        let amount = times(units);
        at += TimeDelta::seconds(1);
        app.clock.set(at);
        let mut fields = vec![
            ("account", account),
            ("amount", amount.as_str()),
            ("date", day),
        ];
        if account.is_empty() {
            fields.push(("currency", "EUR"));
        }
        entries.push(client.add_entry(kind, &fields).await);
    }
    app.clock.set(at + TimeDelta::seconds(1));
    let (sent, fee, received) = (times("500"), times("100"), times("300"));
    let transfer = [
        ("from", stars),
        ("to", hall),
        ("sent", sent.as_str()),
        ("fee", fee.as_str()),
        ("received", received.as_str()),
        ("date", "2026-10-29"),
    ];
    entries.push(client.add_entry("transfer", &transfer).await);
    let mut goals = Vec::new();
    for (kind, units, account, due) in [
        ("bankroll", "9000", "", "2026-11-30"),
        ("profit", "8000", "", "2026-12-30"),
        ("account", "7000", hall, "2027-01-30"),
    ] {
        let target = times(units);
        let fields = [
            ("kind", kind),
            ("account", account),
            ("target", target.as_str()),
            ("due", due),
        ];
        goals.push(set(&mut client, &fields).await);
    }
    app.run_jobs().await;
    // What the jobs say is not of this test.
    client.open("/dashboard").await;
    Player {
        client,
        accounts,
        entries,
        goals,
    }
}

impl Player {
    /// Every page of theirs.
    fn paths(&self) -> Vec<String> {
        let mut paths: Vec<String> = [
            "/accounts",
            "/accounts/new",
            "/accounts/check",
            "/accounts/order",
            "/entries",
            "/entries?sort=largest",
            "/entries/history",
            "/deposits",
            "/withdrawals",
            "/charts",
            "/goals",
            "/goals/new",
            "/achievements",
            "/tools",
            "/tools/bankroll-goals",
            "/stakes/cash",
            "/stakes/cash?win_rate=5&deviation=97&hands=50000&withdraw=1000",
            "/stakes/tournaments",
            "/settings",
            "/settings/rates",
            "/settings/data",
            "/settings/data/reset",
            "/settings/data/delete",
            "/settings/activity",
            "/settings/sessions",
            "/settings/notifications",
            "/help",
            "/formulas",
        ]
        .map(str::to_owned)
        .into();
        for kind in [
            "balance",
            "deposit",
            "withdrawal",
            "transfer",
            "bonus",
            "expense",
        ] {
            paths.push(format!(
                "/entries/new?kind={kind}&account={}",
                self.accounts[0]
            ));
        }
        for account in &self.accounts {
            paths.push(format!("/accounts/{account}?range=all"));
            paths.push(format!("/accounts/{account}/edit"));
            paths.push(format!("/accounts/{account}/delete"));
            paths.push(format!("/entries?account={account}"));
            paths.push(format!("/entries/new?kind=transfer&from={account}"));
            paths.push(format!(
                "/entries/gap?kind=balance&account={account}&amount=5&date={TODAY}"
            ));
        }
        let [from, to] = [&self.accounts[0], &self.accounts[1]];
        paths.push(format!(
            "/entries/gap?kind=transfer&from={from}&to={to}&sent=7&received=5&date={TODAY}"
        ));
        paths.extend(self.entries.iter().map(|entry| format!("/entries/{entry}")));
        for goal in &self.goals {
            paths.push(format!("/goals/{goal}"));
            paths.push(format!("/goals/{goal}/delete"));
        }
        for range in Range::ALL {
            paths.push(format!("/dashboard?range={}", range.as_str()));
        }
        for (chart, style) in [
            ("bankroll", ""),
            ("profit", ""),
            ("accounts", "areas"),
            ("accounts", "bars"),
            ("accounts", "lines"),
            ("distribution", "doughnut"),
            ("distribution", "polar"),
            ("distribution", "radar"),
            ("currencies", ""),
            ("flows", ""),
            ("attribution", ""),
        ] {
            for range in ["30d", "1y", "all"] {
                paths.push(format!("/charts/{chart}?range={range}&style={style}"));
            }
        }
        paths
    }

    /// The pages that the matrix of rights knows and that are not among them.
    fn forgotten(&self) -> Vec<String> {
        let plain = |path: &str| {
            let path = path.split('?').next().unwrap_or_default();
            let part = |part: &str| match part {
                part if part.len() == 36 => "{id}".to_owned(),
                part => part.to_owned(),
            };
            let path: Vec<String> = path.split('/').map(part).collect();
            let path = path.join("/");
            match path.strip_prefix("/charts/") {
                Some(_) => "/charts/{name}".to_owned(),
                None => path,
            }
        };
        let known: BTreeSet<String> = self.paths().iter().map(|path| plain(path)).collect();
        let lines = include_str!("matrix.txt").lines();
        let pages = lines.filter_map(|line| line.strip_prefix("GET "));
        let pages = pages.filter_map(|line| line.split_whitespace().next());
        pages
            .filter(|page| !known.contains(*page))
            .filter(|page| {
                !WITHOUT_MONEY.iter().any(|start| page.starts_with(start)) && *page != "/"
            })
            .map(str::to_owned)
            .collect()
    }

    /// All of their pages with all ways to count, as they stand in the HTML.
    async fn pages(&mut self) -> Vec<(String, String)> {
        let mut pages = Vec::new();
        for path in self.paths() {
            let page = self.client.get(&path).await;
            page.is(200);
            pages.push((path, Self::impersonal(&page.html())));
        }
        for measure in ["buy-ins", "percent"] {
            self.client
                .post_form("/settings/measure", &[("measure", measure)])
                .await;
            for range in Range::ALL {
                let path = format!("/dashboard?range={}", range.as_str());
                let html = self.client.open(&path).await.html();
                pages.push((format!("{path} in {measure}"), Self::impersonal(&html)));
            }
        }
        self.client
            .post_form("/settings/measure", &[("measure", "money")])
            .await;
        pages
    }

    /// Without what belongs to one request or one row: keys, tokens and the like.
    fn impersonal(html: &str) -> String {
        let mut html = html.replace("%2F", "/").replace("%3D", "=");
        for start in [
            "name=\"form-token\" content=\"",
            "name=\"person\" content=\"",
            "nonce=\"",
        ] {
            let key = html
                .split_once(start)
                .and_then(|(_, rest)| rest.split_once('"'));
            if let Some(key) = key
                .map(|(key, _)| key.to_owned())
                .filter(|key| key.len() > 8)
            {
                html = html.replace(&key, "");
            }
        }
        let is_part = |c: char| c.is_ascii_hexdigit() || c == '-';
        let without_key = |part: &str| {
            let word = part.trim_end_matches(|c| !is_part(c));
            let dashes = word.matches('-').count();
            let is_key = matches!((word.len(), dashes), (36, 4) | (32, 0));
            if is_key {
                part[word.len()..].to_owned()
            } else {
                part.to_owned()
            }
        };
        html.split_inclusive(|c| !is_part(c))
            .map(without_key)
            .collect()
    }

    async fn hide(&mut self) {
        self.client.post_form("/settings/hide", &[]).await.is(303);
    }

    async fn book(&self, app: &TestApp) -> std::sync::Arc<Book> {
        book_of(&app.app, UserId(self.client.user))
            .await
            .expect("a book")
            .expect("a user")
    }
}

/// Every amount that follows from a ledger, in its own currency and in the home currency and dollars.
fn amounts(book: &Book) -> Vec<Decimal> {
    let figures = &book.figures;
    let dollars = |amount| {
        let rates = &figures.rates;
        rates.convert(amount, figures.home, Currency::USD, figures.today)
    };
    let mut amounts = Vec::new();
    for account in &figures.accounts {
        for step in &account.steps {
            let parts = &step.parts;
            amounts.extend([
                step.balance,
                parts.play,
                parts.bonus,
                parts.expenses,
                parts.deposits,
                parts.withdrawals,
                parts.moved,
            ]);
        }
        amounts.extend(figures.value_on(account, figures.today));
        amounts.extend(figures.value_on(account, figures.today).and_then(dollars));
    }
    for day in &figures.days {
        amounts.extend([day.bankroll, day.put_in, day.profit()]);
    }
    amounts.extend(dollars(figures.now().bankroll));
    amounts.extend(figures.excluded.values());
    amounts.extend(figures.excluded_flows.values());
    for range in Range::ALL {
        let window: Window = figures.window(range);
        let mut sum = |parts: stakeeasy::features::bankroll::figures::Parts| {
            amounts.extend([
                parts.play,
                parts.bonus,
                parts.expenses,
                parts.currency,
                parts.deposits,
                parts.withdrawals,
            ]);
            amounts.extend([
                parts.result(),
                parts.change(),
                parts.moved,
                parts.deposits - parts.withdrawals,
            ]);
        };
        sum(figures.parts(window));
        for account in &figures.accounts {
            sum(figures.account_parts(account, window));
            sum(account.native_parts(window));
        }
    }
    amounts
}

/// An amount in every way in which it may be written. Three digits at least: fewer stand anywhere.
fn written(amount: Decimal) -> Vec<String> {
    let amount = amount.abs();
    let mut texts = Vec::new();
    for decimals in [0, 2, 3, 8] {
        let mut rounded =
            amount.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
        rounded.rescale(decimals);
        let (whole, fraction) = {
            let text = rounded.to_string();
            let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
            (whole.to_owned(), fraction.to_owned())
        };
        for group in [",", ".", "\u{a0}", "'", ""] {
            let mut grouped = String::new();
            for (at, digit) in whole.chars().enumerate() {
                if at > 0 && (whole.len() - at) % 3 == 0 {
                    grouped.push_str(group);
                }
                grouped.push(digit);
            }
            for point in [".", ","] {
                texts.push(if fraction.is_empty() {
                    grouped.clone()
                } else {
                    format!("{grouped}{point}{fraction}")
                });
            }
        }
        // As scripts read it.
        texts.push(
            format!("{whole}{fraction}")
                .trim_start_matches('0')
                .to_owned(),
        );
    }
    texts.push(amount.normalize().to_string());
    texts.retain(|text| {
        text.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
            .trim_matches('0')
            .len()
            >= 4
    });
    texts
}

/// Whether a number stands in a text as a whole one.
fn has_number(text: &str, number: &str) -> bool {
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.match_indices(number).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + number.len()..].chars().next();
        !is_digit(before) && !is_digit(after)
    })
}

/// The kind: an amount that a page writes although they are hidden, in its text or where only a script reads it.
#[tokio::test]
async fn no_amount_of_a_ledger_stands_in_any_page() {
    let app = rated().await;
    let mut player = player(&app, "1.0137").await;
    assert_eq!(player.forgotten(), Vec::<String>::new());
    let book = player.book(&app).await;
    let mut secrets: BTreeSet<String> = amounts(&book).into_iter().flat_map(written).collect();
    // And whatever the pages mark as an amount while they show them: distances, paces, what a goal needs.
    let marked = Selector::parse(".amt, [data-value]").expect("a selector");
    // Those of stakes are told apart from what anybody may know by the other test.
    let pages = player.pages().await.into_iter();
    for (_, html) in pages.filter(|(path, _)| !path.starts_with("/stakes")) {
        let document = scraper::Html::parse_document(&html);
        for element in document.select(&marked) {
            let text: String = element.text().collect();
            secrets.extend(numbers(&text));
            secrets.extend(element.attr("data-value").map(str::to_owned));
        }
    }
    secrets.retain(|secret| {
        secret
            .chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
            .trim_matches('0')
            .len()
            >= 4
    });
    let is_year = |secret: &String| {
        secret
            .parse()
            .is_ok_and(|year: i32| (1990..2100).contains(&year))
    };
    secrets.retain(|secret| !is_year(secret));
    assert!(secrets.len() > 300, "{}", secrets.len());
    player.hide().await;
    let mut found = Vec::new();
    for (path, html) in player.pages().await {
        let there = secrets.iter().filter(|secret| has_number(&html, secret));
        found.extend(there.map(|secret| format!("{path}: {secret}")));
    }
    assert!(found.is_empty(), "{} {found:#?}", found.len());
}

/// The numbers of a text, as they are written.
fn numbers(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !(c.is_ascii_digit() || ".,".contains(c)));
    let parts = parts.map(|part| part.trim_matches(['.', ',']).to_owned());
    parts.filter(|part| !part.is_empty()).collect()
}

/// The kind: what the bankroll can be computed from, such as a count of things whose price stands there, a chance that
/// follows from it, or a drawing on a scale of round numbers. Two ledgers that are the same but for their size have the same
/// pages to the last letter.
#[tokio::test]
async fn pages_with_hidden_amounts_are_the_same_whatever_the_amounts() {
    let app = rated().await;
    let mut told = Vec::new();
    for factor in ["1.0137", "1.0261"] {
        let mut player = player(&app, factor).await;
        player.hide().await;
        told.push(player.pages().await);
    }
    let mut found = Vec::new();
    // The two rows of a transfer have no order: lines are compared, wherever they are.
    let sorted = |html: &str| {
        let mut lines: Vec<String> = html.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        lines
    };
    for ((path, one), (_, other)) in told[0].iter().zip(&told[1]) {
        let (one, other) = (sorted(one), sorted(other));
        assert_eq!(one.len(), other.len(), "{path}");
        let differs = one.iter().zip(&other).find(|(one, other)| one != other);
        if let Some((one, other)) = differs {
            let from = one
                .char_indices()
                .zip(other.chars())
                .find(|((_, a), b)| a != b);
            let from = from.map_or(0, |((at, _), _)| at);
            let start = one[..from]
                .char_indices()
                .rev()
                .nth(60)
                .map_or(0, |(at, _)| at);
            let part = |text: &str| text[start..].chars().take(130).collect::<String>();
            found.push(format!("{path}:\n  {}\n  {}", part(one), part(other)));
        }
    }
    assert!(
        found.is_empty(),
        "{} pages tell the amounts:\n{}",
        found.len(),
        found.join("\n")
    );
}

/// A field cannot hide what stands in it: it is empty, and empty keeps it.
#[tokio::test]
async fn an_entry_is_edited_without_showing_its_amounts() {
    let app = rated().await;
    let mut player = player(&app, "1.0137").await;
    player.hide().await;
    let before = player.client.ledger().await;
    let (balance, transfer) = (player.entries[14].clone(), player.entries[15].clone());
    let client = &mut player.client;
    for entry in [&balance, &transfer] {
        let path = format!("/entries/{entry}");
        let page = client.open(&path).await;
        let mut form = page.form(&format!("form[action='{path}']"));
        // Refused for something else, it shows them no more than before.
        form.set("date", "2031-01-01");
        let refused = client.send_form(&form).await;
        refused.is(422);
        for amount in ["2,939.73", "2939.73", "506.85", "304.11", "101.37"] {
            assert!(!refused.html().contains(amount), "{amount}");
        }
        let mut form = page.form(&format!("form[action='{path}']"));
        form.set("note", "late");
        client.send_form(&form).await.is(303);
        assert_eq!(
            client.ledger().await.matches(" late ").count(),
            if *entry == balance { 1 } else { 3 }
        );
    }
    assert_eq!(client.ledger().await.replace(" late ", "  "), before);
    // What is typed is what it becomes.
    let path = format!("/entries/{balance}");
    let page = client.open(&path).await;
    let mut form = page.form(&format!("form[action='{path}']"));
    form.set("amount", "3000");
    client.send_form(&form).await.is(303);
    assert!(
        client.ledger().await.contains("balance Stars 3000 "),
        "{}",
        client.ledger().await
    );
}

/// What was saved before, and what differs, are amounts too.
#[tokio::test]
async fn back_change_save_tells_no_amount() {
    let app = rated().await;
    let mut player = player(&app, "1").await;
    player.hide().await;
    let client = &mut player.client;
    let page = client.open("/entries/new?kind=deposit").await;
    let mut form = page.form("form[data-entry]");
    form.set("account", &player.accounts[1]);
    form.set("amount", "71.23");
    client.send_form(&form).await.is(303);
    form.set("amount", "82.34");
    let said = client.send_form(&form).await.text();
    assert!(
        said.contains("This was saved before") && said.contains("Amount: ••• instead of •••"),
        "{said}"
    );
    assert!(!said.contains("71.23"), "{said}");
}

/// The months that it takes from a bankroll tell the bankroll.
#[tokio::test]
async fn a_plan_from_a_hidden_bankroll_is_not_computed() {
    let app = rated().await;
    let mut player = player(&app, "1").await;
    player.hide().await;
    let asked = "/tools/bankroll-goals?mode=time&target=90000&monthly=100";
    let page = player.client.get(asked).await;
    page.is(422);
    assert!(!page.text().contains("It takes"), "{}", page.text());
    let page = player.client.open(&format!("{asked}&bankroll=1000")).await;
    assert!(
        page.text().contains("It takes 74 years and 2 months"),
        "{}",
        page.text()
    );
}

/// Dollars and dinars: of these there is no rate.
async fn rated() -> TestApp {
    let app = TestApp::new().await;
    app.set_rate("USD", "2025-01-01", "1.25").await;
    app.set_rate("USD", "2026-06-01", "1.6").await;
    app.set_rate("USD", TODAY, "1.25").await;
    app
}
