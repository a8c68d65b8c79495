//! A real app on a real database for each test, and a browser that keeps cookies.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

mod client;
mod line;
mod log;
mod mail;
mod page;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, header};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};
use stakeeasy::app::{App, Clock};
use stakeeasy::config::{Config, HashingCost, Settings, Times};
use stakeeasy::database::embedded::{self, Cluster};
use stakeeasy::features::auth::{self, NewUser};
use stakeeasy::features::bankroll::commands::{AccountName, NewAccount, Start};
use stakeeasy::features::bankroll::service::{self, Saved};
use stakeeasy::ids::UserId;
use stakeeasy::money::Amount;
use stakeeasy::submission::Submission;
use stakeeasy::web::Caller;
use stakeeasy::web::session::{self, NewSession};
use uuid::Uuid;

pub use client::Client;
pub use line::Line;
pub use log::{keep_log, log};
pub use mail::Mail;
pub use page::{Form, Page, set_cookies};
pub use walk::reached;

/// Every test's now.
pub const NOW: &str = "2026-10-30T12:00:00Z";
/// The day of it.
pub const TODAY: &str = "2026-10-30";

pub const PASSWORD: &str = "four plain random words";

/// The database that every test's is copied from.
const TEMPLATE: &str = "template_of_tests";

/// One throw-away server for this process. It ends with the process.
struct Server {
    cluster: Cluster,
    /// Databases of tests that have ended.
    done: Mutex<Vec<String>>,
}

/// Where the machine's PostgreSQL programs are, if it says so: the one setting that is the machine's and not a user's.
pub fn programs() -> Option<PathBuf> {
    std::env::var_os("POSTGRES_BIN")
        .filter(|dir| !dir.is_empty())
        .map(PathBuf::from)
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        // The tests wait here together, each in a runtime of its own: the first sets up in a thread beside them.
        std::thread::spawn(|| {
            let cluster = Cluster::temporary(programs().as_deref()).unwrap();
            let url = cluster.url(TEMPLATE);
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                stakeeasy::database::create_if_missing(&url).await.unwrap();
                stakeeasy::database::create_worker(&url).await.unwrap();
                let db = PgPool::connect(&url).await.unwrap();
                stakeeasy::database::migrate(&db).await.unwrap();
                stakeeasy::database::admit_worker(&db).await.unwrap();
                // A database that somebody is connected to cannot be copied.
                db.close().await;
            });
            Server {
                cluster,
                done: Mutex::default(),
            }
        })
        .join()
        .unwrap()
    })
}

/// The name of a new copy of the template.
async fn new_database() -> String {
    let server = server();
    let mut db = PgConnection::connect(&server.cluster.url("postgres"))
        .await
        .unwrap();
    let done = server.done.lock().unwrap().pop();
    if let Some(done) = done {
        execute(
            &mut db,
            format!("drop database if exists {done} with (force)"),
        )
        .await;
    }
    let name = format!("test_{}", Uuid::new_v4().simple());
    execute(
        &mut db,
        format!("create database {name} template {TEMPLATE} strategy file_copy"),
    )
    .await;
    db.close().await.unwrap();
    name
}

/// A database's name cannot be a parameter.
async fn execute(db: &mut PgConnection, sql: String) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(db)
        .await
        .unwrap();
}

/// The real app with the real router on a database of its own. Its clock stands at [`NOW`].
pub struct TestApp {
    pub app: App,
    /// For what a test does itself, as the owner of all tables.
    pub db: PgPool,
    pub clock: Clock,
    router: Router,
    database: String,
    data_dir: tempfile::TempDir,
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.database);
        server().done.lock().unwrap().push(name);
    }
}

/// Next to nothing.
const HASHING: HashingCost = HashingCost {
    password_memory: 8,
    code_memory: 8,
    passes: 2,
};

/// Long enough for what is done here, and short enough to wait for.
const HURRY: Times = Times {
    request: Duration::from_secs(4),
    transfer: Duration::from_secs(8),
    body: Duration::from_secs(2),
    pause: Duration::from_millis(700),
    session: Duration::from_millis(1500),
    outgoing: Duration::from_millis(1500),
};

impl TestApp {
    /// With the settings as they are by default.
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// With some settings changed.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let database = new_database().await;
        let owner = server().cluster.url(&database);
        let pool = |url: &str| {
            let options = PgConnectOptions::from_str(url).unwrap();
            PgPoolOptions::new()
                .max_connections(8)
                .connect_lazy_with(options)
        };
        let db = pool(&owner);
        // The program may do no more with its own database than it needs, also here.
        let worker = pool(&embedded::as_worker(&owner));
        Self::built(database, &db, &worker, change, Times::default())
    }

    /// In a hurry, and with the pool that a site has, on a line that can fail. Tests look at the database past it.
    pub async fn on_a_line(change: impl FnOnce(&mut Settings)) -> (Self, Line) {
        Self::on_a_line_for(HURRY, change).await
    }

    /// The same with the time that a site has.
    pub async fn far_away() -> (Self, Line) {
        Self::on_a_line_for(Times::default(), |_| ()).await
    }

    async fn on_a_line_for(times: Times, change: impl FnOnce(&mut Settings)) -> (Self, Line) {
        let database = new_database().await;
        let direct = PgConnectOptions::from_str(&server().cluster.url(&database)).unwrap();
        let line = Line::to(&direct).await;
        let pool = stakeeasy::database::pool(line.options(&direct), 16);
        let db = PgPoolOptions::new()
            .max_connections(2)
            .connect_lazy_with(direct);
        let app = Self::built(database, &db, &pool, change, times);
        (app, line)
    }

    /// With little patience.
    pub async fn in_a_hurry(change: impl FnOnce(&mut Settings)) -> Self {
        Self::on_a_line(change).await.0
    }

    fn built(
        database: String,
        db: &PgPool,
        pool: &PgPool,
        change: impl FnOnce(&mut Settings),
        times: Times,
    ) -> Self {
        // Every test does it, the first one counts.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let data_dir = tempfile::tempdir().unwrap();
        let mut settings = Settings {
            data_dir: Some(data_dir.path().display().to_string()),
            ..Settings::default()
        };
        change(&mut settings);
        let clock = Clock::stopped(NOW.parse().unwrap());
        let mut config = Config::new(&settings).unwrap();
        // At its full cost hashing takes a third of the whole run.
        config.hashing = HASHING;
        config.times = times;
        let app = App::new(config, pool.clone(), clock.clone())
            .unwrap_or_else(|error| panic!("{error:#}. Run `npm run build` first."));
        Self {
            router: stakeeasy::routes::router(app.clone()),
            app,
            db: db.clone(),
            clock,
            database,
            data_dir,
        }
    }

    /// The same program once more, with other times, on the same database and with the same keys: its routes.
    pub fn with_times(&self, times: Times) -> Router {
        let mut config = Config::clone(&self.app.config);
        config.times = times;
        let app = App::new(config, self.app.db.clone(), self.clock.clone()).unwrap();
        stakeeasy::routes::router(app)
    }

    /// The path of every route, as the router itself lists them.
    pub fn paths(&self) -> BTreeSet<String> {
        let shown = format!("{:?}", self.router);
        let ids = shown.split("RouteId(").skip(1);
        ids.filter_map(|part| part.split_once("): \"")?.1.split_once('"'))
            .map(|(path, _)| path.to_owned())
            // The router's own, for what nothing else takes.
            .filter(|path| !path.contains("__private__"))
            .collect()
    }

    /// Where the program keeps its files.
    pub fn data_dir(&self) -> &std::path::Path {
        self.data_dir.path()
    }

    /// Where the database is, for programs of their own.
    pub fn database_url(&self) -> String {
        server().cluster.url(&self.database)
    }

    /// A browser that has never been here.
    pub fn visitor(&self) -> Client {
        Client {
            router: self.router.clone(),
            db: self.db.clone(),
            cookies: BTreeMap::new(),
            agent: "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Firefox/141.0".to_owned(),
            user: 0,
        }
    }

    /// A browser of somebody who registered with the form just now. Their home currency is the euro.
    pub async fn register(&self) -> Client {
        let mut client = self.visitor();
        let email = format!("{}@example.org", Uuid::new_v4().simple());
        let page = client.get("/register").await;
        let sent = client
            .submit(
                &page,
                "form[action='/register']",
                &[
                    ("name", "Robin"),
                    ("email", &email),
                    ("password", PASSWORD),
                    ("home", "EUR"),
                    ("time_zone", "UTC"),
                ],
            )
            .await;
        sent.leads_to("/register/sent");
        let link = self.mail().await.link();
        client.follow_link(&link).await.leads_to("/dashboard");
        client.user = sqlx::query_scalar("select id from users where email = $1")
            .bind(&email)
            .fetch_one(&self.db)
            .await
            .unwrap();
        client
    }

    /// A browser of somebody who is signed in, without the time that a password takes. It has long been theirs, and they were
    /// asked again since: nothing is asked of them for a quarter of an hour.
    pub async fn user(&self) -> Client {
        self.user_at_home("EUR").await
    }

    /// The same with another home currency.
    pub async fn user_at_home(&self, home: &str) -> Client {
        let id = self.person(home).await;
        self.signed_in(id, session::Method::Password).await
    }

    /// An administrator's browser, who has shown a second factor.
    pub async fn admin(&self) -> Client {
        let id = self.person("EUR").await;
        sqlx::query("update users set role = 'admin' where id = $1")
            .bind(id.0)
            .execute(&self.db)
            .await
            .unwrap();
        self.signed_in(id, session::Method::Totp).await
    }

    /// Another browser of the same person.
    pub async fn another(&self, of: &Client) -> Client {
        self.signed_in(UserId(of.user), session::Method::Password)
            .await
    }

    async fn person(&self, home: &str) -> UserId {
        let email = format!("{}@example.org", Uuid::new_v4().simple());
        let new = NewUser {
            email: &email,
            name: "Robin",
            password_hash: None,
            home: home.parse().unwrap(),
            time_zone: "UTC",
            is_demo: false,
            confirmed_at: self.app.now(),
        };
        auth::insert_user(&self.db, &new).await.unwrap()
    }

    async fn signed_in(&self, user: UserId, method: session::Method) -> Client {
        let mut client = self.visitor();
        client.user = user.0;
        self.sign_in(&mut client, method).await;
        client
    }

    /// A browser of somebody whose password was right, and who has shown nothing else.
    pub async fn half_way(&self, user: i64) -> Client {
        let mut client = self.visitor();
        client.user = user;
        let method = session::Method::Password;
        self.begin(&mut client, method, true).await;
        client
    }

    /// Begins another session of a browser's user, in place of the one it has.
    pub async fn sign_in(&self, client: &mut Client, method: session::Method) {
        self.begin(client, method, false).await;
    }

    async fn begin(&self, client: &mut Client, method: session::Method, second_factor_due: bool) {
        let session = NewSession {
            user: UserId(client.user),
            method,
            remember: !second_factor_due,
            second_factor_due,
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, client.cookie_header().parse().unwrap());
        let jar = session::start(&self.app, &Caller::default(), &headers, session)
            .await
            .unwrap();
        for cookie in jar.iter() {
            client
                .cookies
                .insert(cookie.name().to_owned(), cookie.value().to_owned());
        }
        // One of too many may have ended at once.
        if let Ok(id) = session::id(&self.app, &jar).await {
            sqlx::query(
                "update sessions set asked_again = true, browser_trusted = true where id = $1",
            )
            .bind(id)
            .execute(&self.db)
            .await
            .unwrap();
        }
    }

    /// Gives somebody an account, without its screen. Returns its key.
    pub async fn account(&self, of: &Client, kind: &str, name: &str, currency: &str) -> String {
        self.account_with(of, kind, name, currency, "0").await
    }

    /// The same with an opening balance that was put in.
    pub async fn account_with(
        &self,
        of: &Client,
        kind: &str,
        name: &str,
        currency: &str,
        opening: &str,
    ) -> String {
        let new = NewAccount {
            kind: kind.parse().unwrap(),
            name: AccountName::new(name).unwrap(),
            opening: Amount::new(opening.parse().unwrap(), currency.parse().unwrap()).unwrap(),
            start: Start::FromNow,
        };
        let submission = Submission {
            key: None,
            hash: [0; 32],
        };
        let saved = service::add_account(&self.app, UserId(of.user), &submission, &new)
            .await
            .unwrap();
        match saved {
            Saved::Done(change) => change.account().unwrap().to_string(),
            Saved::Refused(refusal) => panic!("{refusal:?}"),
        }
    }

    /// Sets the central bank's rate of a currency on a day: units for one euro.
    pub async fn set_rate(&self, currency: &str, day: &str, per_eur: &str) {
        sqlx::query(
            "insert into exchange_rates (currency, day, per_eur, source) values ($1, $2, $3, 'ECB')
             on conflict (currency, day) do update set per_eur = excluded.per_eur",
        )
        .bind(currency)
        .bind(day.parse::<NaiveDate>().unwrap())
        .bind(per_eur.parse::<Decimal>().unwrap())
        .execute(&self.db)
        .await
        .unwrap();
    }

    /// Does the jobs that are waiting now, and those that they put down.
    pub async fn run_jobs(&self) {
        let worker = stakeeasy::schedule::worker(&self.app).await.unwrap();
        let due = "select count(*) from graphile_worker._private_jobs
                   where run_at <= now() and attempts < max_attempts";
        while self.number(due).await > 0 {
            worker.run_once().await.unwrap();
        }
    }

    /// Does the jobs, and returns the mails that are there: those that a test has not seen yet.
    pub async fn mails(&self) -> Vec<Mail> {
        self.run_jobs().await;
        let Ok(files) = std::fs::read_dir(self.data_dir.path().join("mail")) else {
            return Vec::new();
        };
        let mails = files.map(|file| {
            let path = file.unwrap().path();
            let mail = Mail::parse(&std::fs::read_to_string(&path).unwrap());
            std::fs::remove_file(path).unwrap();
            mail
        });
        mails.collect()
    }

    /// The one mail that was sent since the last look.
    pub async fn mail(&self) -> Mail {
        let mut mails = self.mails().await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        mails.remove(0)
    }

    /// Moves the clock.
    pub fn set_now(&self, at: &str) {
        self.clock.set(at.parse::<DateTime<Utc>>().unwrap());
    }

    /// One number from the database.
    pub async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.db).await.unwrap()
    }

    /// The rules that the ledgers break, each once.
    pub async fn violations(&self) -> Vec<String> {
        sqlx::query_scalar("select distinct rule from invariant_violations order by rule")
            .fetch_all(&self.db)
            .await
            .unwrap()
    }

    /// How often every row of every table that people write to has changed: the same twice means that nothing has.
    pub async fn fingerprint(&self) -> String {
        sqlx::query_scalar(
            "select md5(concat_ws('|',
                (select string_agg(u::text, ',' order by id) from users u),
                (select string_agg(a::text, ',' order by id) from accounts a),
                (select string_agg(e::text, ',' order by id) from entries e),
                (select string_agg(c::text, ',' order by id) from changes c),
                (select string_agg(o::text, ',' order by o::text) from own_rates o),
                (select string_agg(g::text, ',' order by id) from goals g),
                (select string_agg(s::text, ',' order by s::text) from submissions s),
                (select string_agg(token_hash::text, ',' order by token_hash) from sessions)))",
        )
        .fetch_one(&self.db)
        .await
        .unwrap()
    }
}
