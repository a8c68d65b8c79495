//! Browsers, and what people do with them.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use sqlx::PgPool;
use tower::ServiceExt;
use uuid::Uuid;

use super::{Form, Page};

/// Pages behind the links of mails.
const OF_LINKS: [&str; 4] = [
    "/confirm/link",
    "/password/reset",
    "/password/review",
    "/register/open",
];

/// A browser: keeps cookies, and follows nothing by itself.
#[derive(Clone)]
pub struct Client {
    pub(super) router: Router,
    pub(super) db: PgPool,
    pub cookies: BTreeMap<String, String>,
    /// What the browser calls itself.
    pub agent: String,
    /// The key of the signed-in user.
    pub user: i64,
}

impl Client {
    /// The same browser at another server of the site.
    pub fn at(&self, router: &Router) -> Self {
        Self {
            router: router.clone(),
            ..self.clone()
        }
    }

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
    ///
    /// Fails if what a mailed link was for is done, and the browser still has its token.
    pub async fn send(&mut self, request: Request<Body>) -> Page {
        let path = request.uri().to_string();
        let uses_link = request.method() == Method::POST && OF_LINKS.contains(&path.as_str());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let page = Page::read(path.clone(), response).await;
        for line in page.headers.get_all(header::SET_COOKIE) {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() || line.to_str().unwrap().contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let to = page.header("location");
        if uses_link && page.status == StatusCode::SEE_OTHER && !OF_LINKS.contains(&to) {
            let names = self.cookies.keys();
            let left: Vec<_> = names.filter(|name| name.ends_with("link")).collect();
            assert!(left.is_empty(), "{path} is done, and leaves {left:?}");
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

    /// Opens an account with the link of a mail, in a browser that has not registered: what was set elsewhere does not
    /// count.
    pub async fn open_account(&mut self, link: &str, password: &str) -> Page {
        self.get(link).await.leads_to("/register/open");
        let page = self.open("/register/open").await;
        let fields = [("name", "Robin"), ("password", password), ("home", "EUR")];
        self.submit(&page, "form[action='/register/open']", &fields)
            .await
    }

    /// Logs in with the form.
    pub async fn log_in(&mut self, email: &str, password: &str) -> Page {
        let page = self.open("/login").await;
        let fields = [("email", email), ("password", password)];
        self.submit(&page, "form[action='/login']", &fields).await
    }

    /// Shows once more who they are, where that is asked.
    pub async fn show_password(&mut self, password: &str) {
        self.post_form("/sudo", &[("password", password)])
            .await
            .leads_to("/dashboard");
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
        form.set("start", if is_deposit { "now" } else { "profit" });
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
        let sent = self.save_entry(kind, fields).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
        self.newest_entry().await
    }

    /// Sends the form of a new entry. What is asked about is meant, and accounts that were started later stay as they are.
    pub async fn save_entry(&mut self, kind: &str, fields: &[(&str, &str)]) -> Page {
        let mut sent = self.try_entry(kind, fields).await;
        // Each of the two is asked once.
        for _ in 0..2 {
            if sent.status != StatusCode::UNPROCESSABLE_ENTITY || !sent.has("[data-question]") {
                break;
            }
            let mut form = sent.form("form[data-entry]:has([name=date])");
            form.put("earlier", "keep");
            sent = self.send_form(&form).await;
        }
        sent
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
