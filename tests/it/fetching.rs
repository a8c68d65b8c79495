//! Fetching rates: from a bank that is late, wrong, broken off or hostile, and from a second provider.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use stakeeasy::features::currency::{self, Feed};

use crate::bank::{Answer, Bank, DAILY, JSON, OF_90_DAYS, OF_ALL_DAYS, xml, zipped};
use crate::harness::TestApp;

/// A day's rates as the days around it have them.
const USUAL: [(&str, &str); 3] = [("USD", "1.10"), ("GBP", "0.84"), ("ISK", "140")];

/// Friday evening, with rates up to the day before.
async fn evening() -> (TestApp, Bank) {
    let bank = Bank::start().await;
    let url = bank.url.clone();
    let app = TestApp::with(|settings| settings.rates_url = Some(url)).await;
    held(&app).await;
    (app, bank)
}

async fn held(app: &TestApp) {
    app.set_now("2026-10-30T17:00:00Z");
    for day in ["2026-10-28", "2026-10-29"] {
        for (currency, rate) in USUAL {
            app.set_rate(currency, day, rate).await;
        }
    }
}

/// The queue comes to the bank's job, whatever the time that it was put down for.
async fn come_to_it(app: &TestApp) {
    sqlx::query(
        "update graphile_worker._private_jobs set run_at = now() where key = 'fetch_rates:bank'",
    )
    .execute(&app.db)
    .await
    .unwrap();
    app.run_jobs().await;
}

async fn fetch(app: &TestApp) -> Result<String, String> {
    let fetched = currency::update(&app.app, Feed::Bank).await;
    fetched
        .map(|fetched| fetched.unwrap().to_string())
        .map_err(|error| format!("{error:#}"))
}

/// The rates of a day.
async fn rates(app: &TestApp, day: &str) -> Vec<String> {
    sqlx::query_scalar(
        "select currency || ' ' || trim_scale(per_eur) || ' ' || source from exchange_rates
         where day = $1::text::date order by currency",
    )
    .bind(day)
    .fetch_all(&app.db)
    .await
    .unwrap()
}

/// How many minutes after the app's now the next fetch is, as it is kept and as the queue has it.
async fn next(app: &TestApp) -> i64 {
    let now = app.app.now();
    let kept: chrono::DateTime<chrono::Utc> =
        sqlx::query_scalar("select next_at from rate_updates where provider = 'bank'")
            .fetch_one(&app.db)
            .await
            .unwrap();
    let queued: Vec<f64> = sqlx::query_scalar(
        "select extract(epoch from run_at - now())::float8 from graphile_worker._private_jobs
         where key = 'fetch_rates:bank' and attempts < max_attempts",
    )
    .fetch_all(&app.db)
    .await
    .unwrap();
    let wait = kept - now;
    assert_eq!(queued.len(), 1, "one fetch is on the list");
    // However long ago that was.
    let seconds = f64::from(i32::try_from(wait.num_seconds()).unwrap());
    assert!(
        queued[0] <= seconds + 1.0 && queued[0] > seconds - 600.0,
        "{queued:?} {wait}"
    );
    wait.num_minutes()
}

async fn version(app: &TestApp) -> i64 {
    app.number("select version from rates_state").await
}

async fn told(app: &TestApp) -> i64 {
    let jobs = "select count(*) from graphile_worker._private_jobs where key = 'rates_changed:all'";
    app.number(jobs).await
}

#[tokio::test]
async fn the_queue_fetches_the_daily_file_and_puts_down_the_next_time() {
    let (app, bank) = evening().await;
    let mut user = app.user().await;
    app.account_with(&user, "site", "Stars", "USD", "100").await;
    bank.quotes(
        "2026-10-30",
        &[
            ("USD", "1.25"),
            ("GBP", "0.85"),
            ("ISK", "141"),
            ("XXY", "7"),
        ],
    );
    // Both processes of a site put it down.
    for _ in 0..2 {
        currency::plan(&app.app).await.unwrap();
    }
    app.run_jobs().await;
    assert_eq!(bank.asked(), [DAILY]);
    assert!(bank.mood().agent.starts_with("stakeeasy/"));
    let day = ["GBP 0.85 ECB", "ISK 141 ECB", "USD 1.25 ECB"];
    assert_eq!(rates(&app, "2026-10-30").await, day);
    assert_eq!(user.open("/dashboard").await.figure("bankroll"), "80");
    // Monday, at a random minute after half past three: it is winter time by then.
    let minutes = next(&app).await;
    let monday = (2 * 24 + 21) * 60 + 30;
    assert!((monday..monday + 60).contains(&minutes), "{minutes}");
    // Whatever puts it down again until then, nobody is asked.
    currency::plan(&app.app).await.unwrap();
    app.run_jobs().await;
    assert_eq!(bank.asked(), [""; 0]);
    // On Monday the queue has come to it.
    app.set_now("2026-11-02T16:00:00Z");
    bank.quotes("2026-11-02", &USUAL);
    come_to_it(&app).await;
    assert_eq!(rates(&app, "2026-11-02").await.len(), 3);
}

#[tokio::test]
async fn new_rates_are_told_once_and_the_same_again_changes_nothing() {
    let (app, bank) = evening().await;
    bank.quotes("2026-10-30", &USUAL);
    let before = version(&app).await;
    assert_eq!(
        fetch(&app).await.unwrap(),
        "ECB: 3 new rates, the newest are of 2026-10-30."
    );
    let after = version(&app).await;
    assert!(after > before);
    assert_eq!(told(&app).await, 1);
    app.run_jobs().await;
    assert_eq!(
        fetch(&app).await.unwrap(),
        "ECB: no new rates, the newest are of 2026-10-30."
    );
    assert_eq!((version(&app).await, told(&app).await), (after, 0));
}

/// A correction of an administrator stays, with what the bank says beside it.
#[tokio::test]
async fn a_correction_outlives_a_fetch() {
    let (app, bank) = evening().await;
    sqlx::query("insert into exchange_rates (currency, day, per_eur, source) values ('USD', '2026-10-30', 9, 'manual')")
        .execute(&app.db)
        .await
        .unwrap();
    bank.quotes("2026-10-30", &USUAL);
    // Compared with the correction it is far off.
    fetch(&app).await.unwrap_err();
    fetch(&app).await.unwrap();
    assert_eq!(rates(&app, "2026-10-30").await[2], "USD 9 manual");
    let quoted = "select count(*) from exchange_rates where source = 'manual' and quoted_per_eur = 1.1 and quoted_source = 'ECB'";
    assert_eq!(app.number(quoted).await, 1);
    let before = version(&app).await;
    fetch(&app).await.unwrap();
    assert_eq!(version(&app).await, before);
}

#[tokio::test]
async fn days_that_are_missing_come_from_the_90_days_and_then_from_the_history() {
    let (app, bank) = evening().await;
    // The program did not run for a week.
    app.set_now("2026-11-06T17:00:00Z");
    let week = [
        "2026-11-05",
        "2026-11-04",
        "2026-11-03",
        "2026-11-02",
        "2026-10-30",
    ];
    let of_90: Vec<_> = week.iter().map(|day| (*day, &USUAL[..])).collect();
    bank.quotes("2026-11-06", &USUAL);
    bank.says(OF_90_DAYS, xml(&of_90));
    assert_eq!(
        fetch(&app).await.unwrap(),
        "ECB: 18 new rates, the newest are of 2026-11-06."
    );
    assert_eq!(bank.asked(), [DAILY, OF_90_DAYS]);
    // Days that are missing before the 90 are in the history.
    app.set_now("2026-11-09T17:00:00Z");
    bank.quotes("2026-11-09", &USUAL);
    sqlx::raw_sql("delete from exchange_rates where day = '2026-11-03'; update rate_updates set whole_until = null")
        .execute(&app.db)
        .await
        .unwrap();
    bank.says(OF_90_DAYS, xml(&[("2026-11-09", &USUAL)]));
    let history = "Date,USD,GBP,ISK,\n2026-11-09,1.10,0.84,140,\n2026-11-03,1.11,0.84,N/A,\n";
    bank.says(OF_ALL_DAYS, zipped("eurofxref-hist.csv", history));
    let doubted = fetch(&app).await.unwrap_err();
    assert!(
        doubted.contains("ISK is missing on 2026-11-03"),
        "{doubted}"
    );
    fetch(&app).await.unwrap();
    assert_eq!(
        rates(&app, "2026-11-03").await,
        ["GBP 0.84 ECB", "USD 1.11 ECB"]
    );
    bank.asked();
    // What is missing in the history too is not looked for every day.
    app.set_now("2026-11-10T17:00:00Z");
    bank.quotes("2026-11-10", &USUAL);
    sqlx::query("delete from exchange_rates where day = '2026-11-04'")
        .execute(&app.db)
        .await
        .unwrap();
    fetch(&app).await.unwrap();
    assert_eq!(bank.asked(), [DAILY]);
}

#[tokio::test]
async fn a_bank_that_is_late_is_asked_again_soon() {
    let (app, bank) = evening().await;
    bank.quotes("2026-10-29", &USUAL);
    for minutes in [1, 2, 4, 8, 15, 30, 60, 60] {
        assert_eq!(
            fetch(&app).await.unwrap(),
            "ECB: no new rates, the newest are of 2026-10-29. Those of 2026-10-30 are not there yet."
        );
        assert_eq!(next(&app).await, minutes);
    }
    bank.quotes("2026-10-30", &USUAL);
    fetch(&app).await.unwrap();
    assert!(next(&app).await > 24 * 60);
}

/// Each rule of what is refused, with everything else right: nothing of the file is taken, and what was there still holds.
#[tokio::test]
async fn what_is_wrong_is_refused_whole() {
    let (app, bank) = evening().await;
    let right = xml(&[("2026-10-30", &USUAL)]);
    let mut before = version(&app).await;
    let mut wrong: Vec<String> = Vec::new();
    let with =
        |rate: &str| Answer::Bytes(right.replace("'1.10'", &format!("'{rate}'")).into_bytes());
    let padded = format!("{right}<!--{}-->", " ".repeat(1024 * 1024));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, padded.as_bytes()).unwrap();
    let entities = format!(
        "<!DOCTYPE x [<!ENTITY a \"1.10\">]>{}",
        right.split_once("?>").unwrap().1.replace("'1.10'", "'&a;'")
    );
    let elsewhere = Bank::start().await;
    elsewhere.quotes("2026-10-30", &USUAL);
    for (name, answer, said) in [
        ("zero", with("0"), "USD: a rate is above 0"),
        ("below zero", with("-1.1"), "USD: a rate is above 0"),
        ("NaN", with("NaN"), "USD: this is not a number: NaN"),
        ("infinity", with("inf"), "USD: this is not a number"),
        ("text", with("n/a"), "USD: this is not a number"),
        (
            "huge",
            with("99999999999999"),
            "USD: a rate is above 0 and below",
        ),
        (
            "an entity",
            Answer::Bytes(entities.into_bytes()),
            "USD: this is not a number",
        ),
        (
            "tomorrow",
            Answer::Bytes(right.replace("2026-10-30", "2026-10-31").into_bytes()),
            "2026-10-31 has not come yet",
        ),
        (
            "cut short",
            Answer::Bytes(right.replace("</gesmes:Envelope>", "").into_bytes()),
            "the file breaks off before its end",
        ),
        (
            "broken off",
            Answer::BrokenOff(right.clone().into_bytes()),
            "it could not be fetched",
        ),
        (
            "a page",
            Answer::Bytes(b"<html><body>Busy</body></html>".to_vec()),
            "no rate of a currency",
        ),
        ("nothing", Answer::Bytes(Vec::new()), "the file is empty"),
        (
            "too long",
            Answer::Bytes(padded.into_bytes()),
            "the answer is too long",
        ),
        ("endless", Answer::Endless, "the answer is too long"),
        (
            "a bomb",
            Answer::Bytes(gzip.finish().unwrap()),
            "larger than 1 MiB",
        ),
        ("500", Answer::Status(500), "the answer is 500"),
        ("204", Answer::Status(204), "the answer is 204"),
        ("404", Answer::Status(404), "the answer is 404"),
        (
            "a redirect",
            Answer::Redirect(format!("{}{DAILY}", elsewhere.url)),
            "the answer is 302",
        ),
    ] {
        bank.put(DAILY, answer);
        let refused = fetch(&app).await.err().unwrap_or_default();
        if !refused.starts_with(DAILY) || !refused.contains(said) || version(&app).await != before {
            wrong.push(format!("{name}: {refused} does not say {said}"));
            sqlx::query("delete from exchange_rates where day = '2026-10-30'")
                .execute(&app.db)
                .await
                .unwrap();
            before = version(&app).await;
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert_eq!(elsewhere.asked(), [""; 0]);
    assert_eq!(rates(&app, "2026-10-30").await, [""; 0]);
    assert_eq!(told(&app).await, 0);
    bank.says(DAILY, right);
    fetch(&app).await.unwrap();
    assert_eq!(rates(&app, "2026-10-30").await.len(), 3);
}

#[tokio::test]
async fn a_jump_of_more_than_a_fifth_is_taken_when_a_second_fetch_says_the_same() {
    let (app, bank) = evening().await;
    let jump = |usd: &'static str| [("USD", usd), ("GBP", "0.84"), ("ISK", "140")];
    bank.quotes("2026-10-30", &jump("1.33"));
    let said = fetch(&app).await.unwrap_err();
    assert_eq!(
        said,
        "eurofxref-daily.xml: USD jumps from 1.1 to 1.33 on 2026-10-30. Nothing of it is taken unless another fetch says the same"
    );
    // A quarter of an hour later, so that a slip is mended by then.
    assert_eq!(next(&app).await, 15);
    // Another jump confirms nothing, and neither does a bank that is away.
    bank.quotes("2026-10-30", &jump("11.0"));
    fetch(&app).await.unwrap_err();
    bank.put(DAILY, Answer::Status(503));
    fetch(&app).await.unwrap_err();
    assert_eq!(rates(&app, "2026-10-30").await, [""; 0]);
    bank.quotes("2026-10-30", &jump("11.0"));
    fetch(&app).await.unwrap();
    assert_eq!(rates(&app, "2026-10-30").await[2], "USD 11 ECB");
    // What stands is changed by as much only in the same way.
    bank.quotes("2026-10-30", &jump("1.1"));
    fetch(&app).await.unwrap_err();
    assert_eq!(rates(&app, "2026-10-30").await[2], "USD 11 ECB");
    // A fifth is no jump.
    app.set_now("2026-11-02T17:00:00Z");
    bank.quotes("2026-11-02", &jump("8.8"));
    fetch(&app).await.unwrap();
}

#[tokio::test]
async fn a_missing_currency_holds_a_file_back_once_and_not_for_ever() {
    let (app, bank) = evening().await;
    bank.quotes("2026-10-30", &USUAL[..2]);
    let said = fetch(&app).await.unwrap_err();
    assert!(said.contains("ISK is missing on 2026-10-30"), "{said}");
    assert_eq!(rates(&app, "2026-10-30").await, [""; 0]);
    // Fewer still are missing: that is something else.
    bank.quotes("2026-10-30", &USUAL[..1]);
    fetch(&app).await.unwrap_err();
    bank.quotes("2026-10-30", &USUAL[..2]);
    fetch(&app).await.unwrap();
    assert_eq!(rates(&app, "2026-10-30").await.len(), 2);
    let mut admin = app.admin().await;
    let page = admin.open("/admin").await.text();
    let told = "The central bank has left out ISK since 29 Oct 2026.";
    assert!(page.contains(told), "{page}");
    // The others go on.
    app.set_now("2026-11-02T17:00:00Z");
    bank.quotes("2026-11-02", &USUAL[..2]);
    fetch(&app).await.unwrap();
    assert_eq!(rates(&app, "2026-11-02").await.len(), 2);
    app.set_now("2026-11-03T17:00:00Z");
    bank.quotes("2026-11-03", &USUAL);
    fetch(&app).await.unwrap();
    app.sign_in(&mut admin, stakeeasy::web::session::Method::Totp)
        .await;
    let page = admin.open("/admin").await.text();
    assert!(!page.contains("left out"), "{page}");
}

#[tokio::test]
async fn after_five_failures_the_bank_is_left_alone_for_a_quarter_of_an_hour() {
    let (app, bank) = evening().await;
    bank.put(DAILY, Answer::Status(503));
    for minutes in [1, 2, 4, 8, 15] {
        fetch(&app).await.unwrap_err();
        assert_eq!(next(&app).await, minutes);
    }
    bank.asked();
    // Whatever does the job earlier: a restart, or an administrator who has it tried again.
    app.set_now("2026-10-30T17:14:59Z");
    come_to_it(&app).await;
    assert_eq!(bank.asked(), [""; 0]);
    assert_eq!(next(&app).await, 0);
    app.set_now("2026-10-30T17:15:00Z");
    bank.quotes("2026-10-30", &USUAL);
    come_to_it(&app).await;
    assert_eq!(bank.asked(), [DAILY]);
    assert!(next(&app).await > 24 * 60);
}

/// A bank may take ten seconds, and here a second and a half.
#[tokio::test]
async fn a_bank_that_says_nothing_is_given_up() {
    let bank = Bank::start().await;
    let url = bank.url.clone();
    let app = TestApp::in_a_hurry(|settings| settings.rates_url = Some(url)).await;
    held(&app).await;
    let right = xml(&[("2026-10-30", &USUAL)]).into_bytes();
    bank.put(DAILY, Answer::TooLate(right));
    let said = fetch(&app).await.unwrap_err();
    assert!(said.contains("it could not be fetched"), "{said}");
    assert_eq!(bank.asked(), [DAILY]);
}

#[tokio::test]
async fn nothing_is_fetched_when_the_address_is_empty() {
    let app = TestApp::with(|settings| settings.rates_url = Some(String::new())).await;
    currency::plan(&app.app).await.unwrap();
    let jobs = "select count(*) from graphile_worker._private_jobs";
    assert_eq!(app.number(jobs).await, 0);
    assert!(
        currency::update(&app.app, Feed::Bank)
            .await
            .unwrap()
            .is_none()
    );
    let mut admin = app.admin().await;
    let page = admin.open("/admin/rates").await.text();
    assert!(
        page.contains("No rates are fetched: RATES_URL is empty."),
        "{page}"
    );
}

#[tokio::test]
async fn administrators_see_how_fetching_goes() {
    let (app, bank) = evening().await;
    let mut admin = app.admin().await;
    let says = async |admin: &mut crate::harness::Client, words: &[&str]| {
        let page = admin.open("/admin/rates").await.text();
        for words in words {
            assert!(page.contains(words), "{words} is not in {page}");
        }
    };
    says(&mut admin, &["ECB Not fetched yet"]).await;
    bank.quotes("2026-10-30", &USUAL);
    fetch(&app).await.unwrap();
    says(
        &mut admin,
        &[
            "Last fetched 30 Oct 2026, 17:00",
            "3 new rates",
            "Next 2 Nov 2026",
        ],
    )
    .await;
    bank.put(DAILY, Answer::Status(503));
    fetch(&app).await.unwrap_err();
    let failed = "eurofxref-daily.xml: it could not be fetched: the answer is 503";
    says(
        &mut admin,
        &[
            "Last fetched 30 Oct 2026, 17:00",
            failed,
            "Next 30 Oct 2026, 17:01",
        ],
    )
    .await;
}

/// As an operator does it.
#[tokio::test]
async fn the_program_fetches_rates_when_it_is_told_to_and_says_what_went_wrong() {
    let app = TestApp::new().await;
    let bank = Bank::start().await;
    let dir = tempfile::tempdir().unwrap();
    let update = async |url: &str| {
        let ended = tokio::process::Command::new(env!("CARGO_BIN_EXE_stakeeasy"))
            .args(["rates", "update"])
            .env_clear()
            .env("DATABASE_URL", app.database_url())
            .env("DATA_DIR", dir.path())
            .env("RATES_URL", url)
            .output()
            .await
            .unwrap();
        let said = [ended.stdout, ended.stderr].concat();
        (ended.status.code(), String::from_utf8(said).unwrap())
    };
    bank.quotes("2020-01-02", &USUAL);
    let (code, said) = update(&bank.url).await;
    assert_eq!(code, Some(0), "{said}");
    let new = "ECB: 3 new rates, the newest are of 2020-01-02. Those of ";
    assert!(
        said.contains(new) && said.contains("are not there yet."),
        "{said}"
    );
    bank.put(DAILY, Answer::Status(503));
    let (code, said) = update(&bank.url).await;
    assert_eq!(code, Some(1), "{said}");
    let failed = "stakeeasy: rates could not be fetched: eurofxref-daily.xml: it could not be fetched: the answer is 503";
    assert!(said.contains(failed), "{said}");
    let (code, said) = update("").await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("RATES_URL (--rates-url) is empty"), "{said}");
    let (code, said) = update("http://bank.example/x.xml").await;
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("is not https, and is not on this machine"),
        "{said}"
    );
}

/// It says what the bank does not, and pages name it.
#[tokio::test]
async fn a_second_provider_quotes_what_the_bank_does_not() {
    let second = Bank::start().await;
    // The key in its address is nobody's business.
    let url = format!("{}SECRET/{JSON}?key=SECRET", second.url);
    let app = TestApp::with(|settings| settings.rates_fallback_url = Some(url)).await;
    held(&app).await;
    app.set_rate("HRK", "2022-12-30", "7.5365").await;
    app.set_rate("RUB", "2022-03-01", "117.201").await;
    let fetch = async || {
        let fetched = currency::update(&app.app, Feed::Second).await;
        fetched
            .map(|fetched| fetched.unwrap().to_string())
            .map_err(|error| format!("{error:#}"))
    };
    let says = |rates: &str| {
        let json = format!(
            r#"{{"result":"success","base_code":"EUR","rates":{{"EUR":1,"USD":9,"ISK":9,"HRK":9,{rates}}}}}"#
        );
        second.says(JSON, json);
    };
    says(r#""RUB":100,"KWD":0.34,"BTC":1.05e-5"#);
    assert_eq!(
        fetch().await.unwrap(),
        "127.0.0.1: 3 new rates, the newest are of 2026-10-30."
    );
    let kept = [
        "BTC 0.0000105 127.0.0.1",
        "KWD 0.34 127.0.0.1",
        "RUB 100 127.0.0.1",
    ];
    assert_eq!(rates(&app, "2026-10-30").await, kept);
    let mut admin = app.admin().await;
    let page = admin.open("/admin/rates?currency=KWD").await.text();
    assert!(page.contains("30 Oct 2026 127.0.0.1 0.34"), "{page}");
    let page = admin.open("/admin/currencies").await.text();
    assert!(page.contains("Bitcoin Quoted by 127.0.0.1"), "{page}");
    let mut user = app.user().await;
    let page = user.open("/settings/rates").await.text();
    assert!(
        page.contains("the European Central Bank doesn't quote come from 127.0.0.1."),
        "{page}"
    );
    // The same rules as for the bank, every day of the week.
    app.set_now("2026-10-31T17:00:00Z");
    says(r#""RUB":100,"KWD":0.34,"BTC":2e-5"#);
    let said = fetch().await.unwrap_err();
    assert!(
        said.contains("BTC jumps from 0.0000105 to 0.00002 on 2026-10-31"),
        "{said}"
    );
    says(r#""RUB":100,"KWD":0.34"#);
    let said = fetch().await.unwrap_err();
    assert!(said.contains("BTC is missing on 2026-10-31"), "{said}");
    for (answer, wrong) in [
        (Answer::Bytes(b"{".to_vec()), "not the JSON"),
        (Answer::Bytes(vec![b' '; 1024 * 1024 + 1]), "too long"),
        (Answer::Status(401), "the answer is 401"),
        (
            Answer::Redirect("https://bank.example/".to_owned()),
            "the answer is 302",
        ),
        (Answer::BrokenOff(b"{".to_vec()), "could not be fetched"),
    ] {
        second.put(JSON, answer);
        let said = fetch().await.unwrap_err();
        assert!(
            said.starts_with("127.0.0.1: ") && said.contains(wrong),
            "{said}"
        );
        assert!(!said.contains("SECRET"), "{said}");
    }
    assert_eq!(rates(&app, "2026-10-31").await, [""; 0]);
    // A correction that is taken back is the provider's again, and not the bank's.
    let correct = "update exchange_rates set per_eur = 9, source = 'manual', quoted_per_eur = per_eur, quoted_source = source
                   where currency = 'KWD'";
    sqlx::query(correct).execute(&app.db).await.unwrap();
    let mut db = app.db.acquire().await.unwrap();
    let (kwd, day) = ("KWD".parse().unwrap(), "2026-10-30".parse().unwrap());
    let back = currency::take_correction_back(&mut db, kwd, day)
        .await
        .unwrap();
    assert!(back.is_some());
    assert_eq!(rates(&app, "2026-10-30").await, kept);
}
