//! A real app on a real database for each test, and a browser that keeps cookies.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Mutex, OnceLock};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, header};
use chrono::{DateTime, NaiveDate, Utc};
use http_body_util::BodyExt;
use rust_decimal::Decimal;
use scraper::{ElementRef, Html, Selector};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};
use stakeeasy::app::{App, Clock};
use stakeeasy::config::{Config, HashingCost, Settings};
use stakeeasy::database::embedded::Cluster;
use stakeeasy::features::auth::{self, NewUser};
use stakeeasy::features::bankroll::service::{self, NewAccount, Saved};
use stakeeasy::ids::UserId;
use stakeeasy::web::session::{self, NewSession};
use stakeeasy::web::{Caller, Submission};
use tower::ServiceExt;
use uuid::Uuid;

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
                let db = PgPool::connect(&url).await.unwrap();
                stakeeasy::database::migrate(&db).await.unwrap();
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

impl TestApp {
    /// With the settings as they are by default.
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// With some settings changed.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        // Every test does it, the first one counts.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let database = new_database().await;
        let options = PgConnectOptions::from_str(&server().cluster.url(&database)).unwrap();
        let db = PgPoolOptions::new()
            .max_connections(8)
            .connect_lazy_with(options);
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
        let app = App::new(config, db.clone(), clock.clone())
            .unwrap_or_else(|error| panic!("{error:#}. Run `npm run build` first."));
        Self {
            router: stakeeasy::routes::router(app.clone()),
            app,
            db,
            clock,
            database,
            data_dir,
        }
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
        client.follow_link(&link).await;
        client.log_in(&email, PASSWORD).await.leads_to("/dashboard");
        client.user = sqlx::query_scalar("select id from users where email = $1")
            .bind(&email)
            .fetch_one(&self.db)
            .await
            .unwrap();
        client
    }

    /// A browser of somebody who is signed in, without the time that a password takes.
    pub async fn user(&self) -> Client {
        self.user_at_home("EUR").await
    }

    /// The same with another home currency.
    pub async fn user_at_home(&self, home: &str) -> Client {
        let id = self.person(home, true).await;
        self.signed_in(id, session::Method::Password).await
    }

    /// The same with an address that is not confirmed.
    pub async fn unconfirmed(&self) -> Client {
        let id = self.person("EUR", false).await;
        self.signed_in(id, session::Method::Password).await
    }

    /// An administrator's browser, who has shown a second factor.
    pub async fn admin(&self) -> Client {
        let id = self.person("EUR", true).await;
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

    async fn person(&self, home: &str, is_confirmed: bool) -> UserId {
        let email = format!("{}@example.org", Uuid::new_v4().simple());
        let new = NewUser {
            email: &email,
            name: "Robin",
            password_hash: None,
            home: home.parse().unwrap(),
            time_zone: "UTC",
            is_demo: false,
            confirmed_at: is_confirmed.then(|| self.app.now()),
        };
        auth::insert_user(&self.db, &new).await.unwrap()
    }

    async fn signed_in(&self, user: UserId, method: session::Method) -> Client {
        let mut client = self.visitor();
        client.user = user.0;
        self.sign_in(&mut client, method).await;
        client
    }

    /// Begins another session of a browser's user, in place of the one it has.
    pub async fn sign_in(&self, client: &mut Client, method: session::Method) {
        let session = NewSession {
            user: UserId(client.user),
            method,
            remember: true,
            second_factor_due: false,
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
            name: name.to_owned(),
            currency: currency.parse().unwrap(),
            opening: opening.parse().unwrap(),
            is_deposit: true,
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

/// A mail as it left.
#[derive(Clone, Debug)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    /// All of the message, as it was sent.
    pub raw: String,
    /// The part without HTML, decoded.
    pub text: String,
    pub html: String,
}

impl Mail {
    fn parse(raw: &str) -> Self {
        let header = |name: &str| {
            raw.lines()
                .find_map(|line| line.strip_prefix(&format!("{name}: ")))
                .unwrap_or_else(|| panic!("no {name} in {raw}"))
                .trim()
                .to_owned()
        };
        let boundary = raw.split("boundary=\"").nth(1).unwrap();
        let boundary = boundary.split('"').next().unwrap();
        let part = |kind: &str| {
            let part = raw.split(kind).nth(1).unwrap();
            let (head, body) = part.split_once("\r\n\r\n").unwrap();
            // All of it: a line of a link that was wrapped may begin with two hyphens as well.
            let body = body.split(&format!("\r\n--{boundary}")).next().unwrap();
            match head.rsplit_once("Encoding: ").map(|(_, name)| name.trim()) {
                Some("quoted-printable") => unquoted(body),
                Some("7bit") => body.to_owned(),
                other => panic!("{other:?} is not known"),
            }
        };
        Self {
            to: header("To"),
            subject: header("Subject"),
            raw: raw.to_owned(),
            text: part("text/plain"),
            html: part("text/html"),
        }
    }

    /// The path and query of the address that the mail is about.
    pub fn link(&self) -> String {
        let at = self
            .text
            .find("http")
            .unwrap_or_else(|| panic!("no link in {self:?}"));
        let url = self.text[at..].split_whitespace().next().unwrap();
        let after = url.split_once("://").unwrap().1;
        after[after.find('/').unwrap()..].to_owned()
    }
}

/// Quoted-printable text as it was.
fn unquoted(text: &str) -> String {
    let joined = text.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'=' {
            let code: Vec<u8> = rest.by_ref().take(2).collect();
            let code = std::str::from_utf8(&code).unwrap();
            bytes.push(u8::from_str_radix(code, 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// A browser: keeps cookies, and follows nothing by itself.
#[derive(Clone)]
pub struct Client {
    router: Router,
    db: PgPool,
    pub cookies: BTreeMap<String, String>,
    /// What the browser calls itself.
    pub agent: String,
    /// The key of the signed-in user.
    pub user: i64,
}

impl Client {
    /// A request as this browser would send it from one of our own pages.
    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "127.0.0.1:8000")
            .header(header::USER_AGENT, &self.agent)
            .header("sec-fetch-site", "same-origin");
        if !self.cookies.is_empty() {
            request = request.header(header::COOKIE, self.cookie_header());
        }
        request
    }

    pub fn cookie_header(&self) -> String {
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    /// Sends any request, and keeps the cookies that the answer sets.
    pub async fn send(&mut self, request: Request<Body>) -> Page {
        let path = request.uri().to_string();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let page = Page::read(path, response).await;
        for line in page.headers.get_all(header::SET_COOKIE) {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() || line.to_str().unwrap().contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        page
    }

    pub async fn get(&mut self, path: &str) -> Page {
        let request = self.request(Method::GET, path).body(Body::empty()).unwrap();
        self.send(request).await
    }

    /// A page that must be there.
    pub async fn open(&mut self, path: &str) -> Page {
        let page = self.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text());
        page
    }

    /// Posts exactly these fields.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let request = self.post_request(path, fields);
        self.send(request).await
    }

    pub fn post_request(&self, path: &str, fields: &[(&str, &str)]) -> Request<Body> {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        self.request(Method::POST, path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.finish()))
            .unwrap()
    }

    /// The token that this browser's forms carry.
    pub async fn token(&mut self) -> String {
        let page = self.open("/about").await;
        page.attr("meta[name=form-token]", "content")
    }

    /// Posts these fields with the form's token and a new key.
    pub async fn post_form(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let (token, key) = (self.token().await, Uuid::new_v4().to_string());
        let mut all = vec![("form_token", token.as_str()), ("form_key", key.as_str())];
        all.extend(fields);
        self.post(path, &all).await
    }

    /// Sends a form as it stands.
    pub async fn send_form(&mut self, form: &Form) -> Page {
        let fields: Vec<(&str, &str)> = form
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        self.post(&form.action, &fields).await
    }

    /// Fills in some fields of a page's form and sends it, as a browser would.
    pub async fn submit(&mut self, page: &Page, selector: &str, fields: &[(&str, &str)]) -> Page {
        let mut form = page.form(selector);
        for (name, value) in fields {
            form.set(name, value);
        }
        self.send_form(&form).await
    }

    /// Opens a link of a mail, and presses its button.
    pub async fn follow_link(&mut self, link: &str) -> Page {
        let opened = self.get(link).await;
        let to = opened.header("location").to_owned();
        let page = self.open(&to).await;
        self.submit(&page, "main form", &[]).await
    }

    /// Logs in with the form.
    pub async fn log_in(&mut self, email: &str, password: &str) -> Page {
        let page = self.open("/login").await;
        let fields = [("email", email), ("password", password)];
        self.submit(&page, "form[action='/login']", &fields).await
    }

    /// Adds an account with the form. Returns its key.
    pub async fn add_account(&mut self, kind: &str, name: &str, currency: &str) -> String {
        self.add_account_with(kind, name, currency, "", true).await
    }

    /// The same with an opening balance.
    pub async fn add_account_with(
        &mut self,
        kind: &str,
        name: &str,
        currency: &str,
        opening: &str,
        is_deposit: bool,
    ) -> String {
        let page = self.open("/accounts/new").await;
        let mut form = page.form("form[method=post]:has([name=opening])");
        form.set("kind", kind);
        form.set("name", name);
        form.set("currency", currency);
        form.set("opening", opening);
        form.tick("is_deposit", is_deposit);
        let sent = self.send_form(&form).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
        self.account(name).await
    }

    /// The key of an account.
    pub async fn account(&self, name: &str) -> String {
        sqlx::query_scalar("select id::text from accounts where user_id = $1 and name = $2")
            .bind(self.user)
            .bind(name)
            .fetch_one(&self.db)
            .await
            .unwrap()
    }

    /// Makes an entry with its form, which must be taken. Returns its key.
    pub async fn add_entry(&mut self, kind: &str, fields: &[(&str, &str)]) -> String {
        let sent = self.try_entry(kind, fields).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
        self.newest_entry().await
    }

    /// Sends the form of a new entry.
    pub async fn try_entry(&mut self, kind: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.open(&format!("/entries/new?kind={kind}")).await;
        self.submit(&page, "main form[method=post]:has([name=date])", fields)
            .await
    }

    /// The key of the entry that was made last. Of a transfer, its outgoing row.
    pub async fn newest_entry(&self) -> String {
        sqlx::query_scalar(
            "select e.id::text from entries e join changes c on e.id = any(c.entry_ids) and c.user_id = e.user_id
             where e.user_id = $1 order by position desc, amount limit 1",
        )
        .bind(self.user)
        .fetch_one(&self.db)
        .await
        .unwrap()
    }

    /// One value of this user's, as text.
    pub async fn value(&self, sql: &'static str) -> String {
        sqlx::query_scalar(sql)
            .bind(self.user)
            .fetch_one(&self.db)
            .await
            .unwrap()
    }

    /// What this user's ledger holds, without keys and versions: kind, account, amount, fee, currency, time, note, tags
    /// and the accounts themselves.
    pub async fn ledger(&self) -> String {
        self.value(
            "select concat_ws(E'\\n',
                (select string_agg(concat_ws(' ', kind, name, currency, position, archived_at is not null), E'\\n'
                                   order by position, name)
                 from accounts where user_id = $1),
                (select string_agg(concat_ws(' ', e.kind, a.name, trim_scale(e.amount), trim_scale(e.fee), e.currency,
                                             e.occurred_at, e.note, e.tags), E'\\n' order by occurred_at, e.position, e.id)
                 from entries e left join accounts a on a.id = e.account_id where e.user_id = $1))",
        )
        .await
    }
}

/// An answer.
pub struct Page {
    pub path: String,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Page {
    async fn read(path: String, response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        Self {
            path,
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes(),
        }
    }

    pub fn html(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn document(&self) -> Html {
        Html::parse_document(&self.html())
    }

    /// What a person reads, one space between words.
    pub fn text(&self) -> String {
        let document = self.document();
        let main = Selector::parse("main").unwrap();
        let words = |element: ElementRef| {
            let text: String = element.text().collect::<Vec<_>>().join(" ");
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        document
            .select(&main)
            .next()
            .map_or_else(|| self.html(), words)
    }

    /// An attribute of the first element that a selector finds.
    pub fn attr(&self, selector: &str, name: &str) -> String {
        self.document()
            .select(&Selector::parse(selector).unwrap())
            .find_map(|element| element.attr(name).map(str::to_owned))
            .unwrap_or_else(|| {
                panic!(
                    "{} has no {selector} with {name}: {}",
                    self.path,
                    self.text()
                )
            })
    }

    /// Where the links lead that a selector finds.
    pub fn links(&self, selector: &str) -> Vec<String> {
        self.document()
            .select(&Selector::parse(selector).unwrap())
            .filter_map(|element| element.attr("href").map(str::to_owned))
            .collect()
    }

    pub fn has(&self, selector: &str) -> bool {
        self.count(selector) > 0
    }

    pub fn count(&self, selector: &str) -> usize {
        self.document()
            .select(&Selector::parse(selector).unwrap())
            .count()
    }

    /// An exact figure of the page.
    pub fn figure(&self, name: &str) -> String {
        let value = self.attr(&format!("[data-figure={name}]"), "data-value");
        let value: Decimal = value.parse().unwrap();
        value.normalize().to_string()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The answer sends the browser to this path.
    #[track_caller]
    pub fn leads_to(&self, path: &str) {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text());
        assert_eq!(self.header("location"), path);
    }

    #[track_caller]
    pub fn is(&self, status: u16) {
        assert_eq!(
            self.status.as_u16(),
            status,
            "{}: {}",
            self.path,
            self.text()
        );
    }

    /// A form of the page, as it is filled in.
    #[track_caller]
    pub fn form(&self, selector: &str) -> Form {
        let document = self.document();
        let form = document
            .select(&Selector::parse(selector).unwrap())
            .next()
            .unwrap_or_else(|| panic!("{} has no {selector}: {}", self.path, self.text()));
        let action = form
            .attr("action")
            .filter(|action| !action.is_empty())
            .unwrap_or(&self.path)
            .to_owned();
        let mut filled = Form {
            action,
            fields: Vec::new(),
            controls: Vec::new(),
        };
        let controls = Selector::parse("input, textarea, select, button[name]").unwrap();
        for control in form.select(&controls) {
            filled.read(control);
        }
        filled
    }
}

/// What a browser would send of a form.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
    /// The names of all controls, ticked or not.
    pub controls: Vec<String>,
}

impl Form {
    fn read(&mut self, control: ElementRef) {
        let Some(name) = control.attr("name").filter(|name| !name.is_empty()) else {
            return;
        };
        self.controls.push(name.to_owned());
        let kind = control.attr("type").unwrap_or_default();
        if control.attr("disabled").is_some()
            || control.value().name() == "button"
            || kind == "submit"
        {
            return;
        }
        let value = match control.value().name() {
            "textarea" => control.text().collect::<String>(),
            "select" => {
                let options = Selector::parse("option").unwrap();
                let all: Vec<ElementRef> = control.select(&options).collect();
                let chosen = all
                    .iter()
                    .find(|option| option.attr("selected").is_some())
                    .or(all.first());
                chosen
                    .map(|option| {
                        option
                            .attr("value")
                            .map_or_else(|| option.text().collect(), str::to_owned)
                    })
                    .unwrap_or_default()
            }
            _ if matches!(kind, "checkbox" | "radio") => {
                if control.attr("checked").is_none() {
                    return;
                }
                control.attr("value").unwrap_or("on").to_owned()
            }
            _ => control.attr("value").unwrap_or_default().to_owned(),
        };
        self.fields.push((name.to_owned(), value));
    }

    /// Fills in a field that the form has.
    #[track_caller]
    pub fn set(&mut self, name: &str, value: &str) {
        assert!(
            self.controls.iter().any(|control| control == name),
            "the form {} has no {name}, only {:?}",
            self.action,
            self.controls
        );
        self.put(name, value);
    }

    /// Sends a field whether the form has it or not.
    pub fn put(&mut self, name: &str, value: &str) {
        self.fields.retain(|(field, _)| field != name);
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    /// Ticks a box, or takes the tick away.
    #[track_caller]
    pub fn tick(&mut self, name: &str, ticked: bool) {
        self.set(name, "on");
        if !ticked {
            self.fields.retain(|(field, _)| field != name);
        }
    }

    pub fn value(&self, name: &str) -> &str {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map_or("", |(_, value)| value)
    }
}

/// The cookies that an answer sets.
pub fn set_cookies(page: &Page) -> Vec<String> {
    page.headers
        .get_all(header::SET_COOKIE)
        .iter()
        .map(|value| value.to_str().unwrap().to_owned())
        .collect()
}
