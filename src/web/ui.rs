//! What every page needs beside its own content: who looks at it, how they want figures written, and a notice.

use std::convert::Infallible;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use askama::Template;
use askama::filters::HtmlSafe;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, SameSite};
use axum_extra::extract::{CookieJar, PrivateCookieJar};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;
use uuid::Uuid;

use crate::app::App;
use crate::ids::ChangeId;
use crate::money::Currency;
use crate::notices::Notice;
use crate::web::assets::Assets;
use crate::web::form_token::FormToken;
use crate::web::format::{self, Numbers, Trend};
use crate::web::headers::Nonce;
use crate::web::kept;
use crate::web::local_time;
use crate::web::notices::Waiting;
use crate::web::session::{self, Viewer};

/// The first field of every page.
#[derive(Clone, Debug)]
pub struct Ui {
    /// The signed-in user.
    pub viewer: Option<Arc<Viewer>>,
    /// A notice from the page before.
    pub flash: Option<Flash>,
    /// What happened since the page before.
    pub notices: Arc<[Notice]>,
    /// The path and query of this page.
    pub path: String,
    /// Where a form that is opened here leads back to: this page, if it can be asked for again.
    pub here: String,
    /// The page of ours on which the link or the form to this one was, as far as the browser says.
    pub came_from: Option<String>,
    pub nonce: Nonce,
    pub assets: Arc<Assets>,
    /// Goes into every form of a signed-in user; see [`crate::web::Form`].
    pub form_token: String,
    /// A new one for each page: a form that is sent twice is saved once.
    pub form_key: Uuid,
    pub now: DateTime<Utc>,
    /// The day it is for the user.
    pub today: NaiveDate,
    pub numbers: Numbers,
    /// Only a part of a page was asked for, by a script.
    pub fragment: bool,
    /// What ids begin with: a form that is opened over a page keeps its ids apart from the page's. See [`Ui::id`].
    scope: &'static str,
    /// A form waits for its sender to log in: see [`crate::web::Kept`].
    pub has_kept: bool,
    /// Signing in as the demo user is offered.
    pub demo: bool,
}

impl FromRequestParts<App> for Ui {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let viewer = parts.extensions.get::<Arc<Viewer>>().cloned();
        let now = app.now();
        let zone = viewer.as_ref().map_or(Tz::UTC, |viewer| viewer.zone);
        let jar = PrivateCookieJar::from_headers(&parts.headers, app.cookie_key.clone());
        let fragment = parts.headers.contains_key("hx-request");
        Ok(Ui {
            flash: jar
                .get(flash_name(app))
                .filter(|_| !fragment)
                .and_then(|cookie| serde_json::from_str(cookie.value()).ok()),
            notices: parts
                .extensions
                .get::<Waiting>()
                .cloned()
                .unwrap_or_default()
                .0,
            path: parts
                .uri
                .path_and_query()
                .map_or_else(String::new, ToString::to_string),
            here: here(parts),
            came_from: came_from(app, parts),
            nonce: parts.extensions.get::<Nonce>().cloned().unwrap_or_default(),
            assets: app.assets.clone(),
            form_token: session::form_token(app, &parts.extensions)
                .and_then(FormToken::masked)
                .unwrap_or_default(),
            form_key: Uuid::new_v4(),
            now,
            today: now.with_timezone(&zone).date_naive(),
            numbers: viewer
                .as_ref()
                .map(|viewer| viewer.numbers)
                .unwrap_or_default(),
            fragment,
            scope: if parts.headers.contains_key("x-sheet") {
                "sheet-"
            } else {
                ""
            },
            has_kept: kept::waits(app, &parts.headers),
            demo: app.config.demo,
            viewer,
        })
    }
}

fn here(parts: &Parts) -> String {
    let path = parts.uri.path_and_query().map(ToString::to_string);
    // A form that leads back to itself would lead nowhere, and its address would grow with each step.
    let returns = |path: &String| parts.method == Method::GET && !path.starts_with("/entries/new");
    path.filter(returns)
        .unwrap_or_else(|| "/dashboard".to_owned())
}

fn came_from(app: &App, parts: &Parts) -> Option<String> {
    let from = parts.headers.get(header::REFERER)?.to_str().ok()?;
    let from = Url::parse(from).ok()?;
    if from.origin() != app.config.public_url().origin() {
        return None;
    }
    Some(match from.query() {
        Some(query) => format!("{}?{query}", from.path()),
        None => from.path().to_owned(),
    })
}

impl Ui {
    /// The same without what belongs to one request, one session, or one name or theme of the user: what is drawn with it
    /// depends on nothing but the day and how the user wants figures written, and can be kept.
    #[must_use]
    pub fn impersonal(&self) -> Self {
        Self {
            viewer: self
                .viewer
                .as_ref()
                .map(|viewer| Arc::new(viewer.impersonal())),
            flash: None,
            notices: Arc::default(),
            path: String::new(),
            here: String::new(),
            came_from: None,
            nonce: Nonce::default(),
            assets: self.assets.clone(),
            form_token: String::new(),
            form_key: Uuid::nil(),
            now: self.today.and_time(NaiveTime::MIN).and_utc(),
            today: self.today,
            numbers: self.numbers,
            fragment: false,
            scope: "",
            has_kept: false,
            demo: self.demo,
        }
    }

    /// `data-bs-theme` of the page: the user's choice, or nothing to follow the system.
    pub fn theme(&self) -> &str {
        self.viewer
            .as_ref()
            .map(|viewer| viewer.theme.as_str())
            .unwrap_or_default()
    }

    /// When the account is deleted, if that is decided.
    pub fn deletes_at(&self) -> Option<DateTime<Utc>> {
        self.viewer.as_ref().and_then(|viewer| viewer.deletes_at)
    }

    /// Whether the pages for administrators are there.
    pub fn is_admin(&self) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| viewer.is_admin)
    }

    /// What stands for the user in what a script keeps in the browser: the same in every session, and nothing else.
    pub fn person(&self) -> String {
        let Some(viewer) = &self.viewer else {
            return String::new();
        };
        let digest = Sha256::new()
            .chain_update(b"drafts ")
            .chain_update(viewer.email.as_bytes())
            .chain_update(viewer.id.0.to_be_bytes())
            .finalize();
        URL_SAFE_NO_PAD.encode(&digest[..9])
    }

    /// The home currency; the euro for a visitor.
    pub fn home(&self) -> Currency {
        self.viewer
            .as_ref()
            .map_or(Currency::EUR, |viewer| viewer.home)
    }

    /// The user's time zone; UTC for a visitor.
    pub fn zone(&self) -> Tz {
        self.viewer.as_ref().map_or(Tz::UTC, |viewer| viewer.zone)
    }

    /// See [`local_time::start_of`], for the user.
    pub fn start_of(&self, day: NaiveDate) -> DateTime<Utc> {
        local_time::start_of(self.zone(), day)
    }

    /// See [`local_time::end_of`], for the user.
    pub fn end_of(&self, day: NaiveDate) -> DateTime<Utc> {
        local_time::end_of(self.zone(), day)
    }

    /// The id of a part of a form. In a sheet, which a script opens over a page that has forms of its own and says so in
    /// the header `X-Sheet`, it is another one than the page's.
    pub fn id(&self, name: &str) -> String {
        format!("{}{name}", self.scope)
    }

    /// The URL of an asset by its name in the source tree.
    pub fn asset(&self, name: &str) -> &str {
        self.assets.url(name)
    }

    /// What a browser checks a script or a style with before it is used.
    pub fn integrity(&self, name: &str) -> &str {
        self.assets.integrity(name)
    }

    /// Whether a navigation link is the current page or leads to its section.
    pub fn is_at(&self, link: &str) -> bool {
        let path = self.path.split('?').next().unwrap_or_default();
        path == link
            || path
                .strip_prefix(link)
                .is_some_and(|rest| rest.starts_with('/'))
    }

    /// An amount with all its decimals, for programs that read the page. Nothing while amounts are hidden.
    pub fn exact(&self, amount: impl Given<Decimal>) -> String {
        if self.numbers.hidden {
            String::new()
        } else {
            amount.given().normalize().to_string()
        }
    }

    /// See [`Numbers::plain`].
    pub fn plain(&self, amount: impl Given<Decimal>, currency: impl Given<Currency>) -> String {
        self.numbers.plain(amount.given(), currency.given())
    }

    /// The same even while amounts are hidden: for those that are nobody's secret.
    pub fn shown(&self, amount: impl Given<Decimal>, currency: impl Given<Currency>) -> String {
        self.numbers.shown().plain(amount.given(), currency.given())
    }

    /// See [`Numbers::signed`].
    pub fn signed(&self, amount: impl Given<Decimal>, currency: impl Given<Currency>) -> String {
        self.numbers.signed(amount.given(), currency.given())
    }

    /// See [`Numbers::with_symbol`].
    pub fn money(&self, amount: impl Given<Decimal>, currency: impl Given<Currency>) -> String {
        self.numbers.with_symbol(amount.given(), currency.given())
    }

    /// See [`Numbers::signed_with_symbol`].
    pub fn signed_money(
        &self,
        amount: impl Given<Decimal>,
        currency: impl Given<Currency>,
    ) -> String {
        self.numbers
            .signed_with_symbol(amount.given(), currency.given())
    }

    /// See [`Numbers::full`].
    pub fn full(&self, amount: impl Given<Decimal>, currency: impl Given<Currency>) -> String {
        self.numbers.full(amount.given(), currency.given())
    }

    /// See [`Numbers::figure`].
    pub fn figure(
        &self,
        amount: impl Given<Decimal>,
        currency: impl Given<Currency>,
    ) -> format::Figure {
        self.numbers.figure(amount.given(), currency.given())
    }

    /// Whether a change of an amount is shown as a gain, a loss or neither.
    pub fn trend(&self, amount: impl Given<Decimal>, currency: impl Given<Currency>) -> Trend {
        Trend::of(currency.given().round(amount.given()))
    }

    /// How many days ago a day was.
    pub fn days_since(&self, day: impl Given<NaiveDate>) -> i64 {
        (self.today - day.given()).num_days()
    }

    /// `30 Oct 2026`
    pub fn day(&self, day: impl Given<NaiveDate>) -> String {
        format::day(day.given())
    }

    /// `Today, 21:40`, `Yesterday`, `Wed 28 Oct`.
    pub fn spoken(&self, at: impl Given<DateTime<Utc>>) -> String {
        format::spoken(at.given(), self.zone(), self.today)
    }

    /// See [`format::isolated`]: a name in an attribute, an option or a title.
    pub fn isolated(&self, name: impl AsRef<str>) -> String {
        format::isolated(name.as_ref())
    }

    /// How many there are: `6,153`
    pub fn count(&self, number: impl Given<i64>) -> String {
        self.numbers.exact(number.given().into())
    }

    /// See [`Numbers::chance`].
    pub fn chance(&self, chance: impl Given<f64>) -> String {
        self.numbers.chance(chance.given())
    }

    /// How long ago an instant was, in the user's days.
    pub fn age(&self, at: impl Given<DateTime<Utc>>) -> String {
        format::age(
            at.given().with_timezone(&self.zone()).date_naive(),
            self.today,
        )
    }

    /// Whether a balance was last seen more than a week ago.
    pub fn is_old(&self, at: impl Given<DateTime<Utc>>) -> bool {
        (self.today - at.given().with_timezone(&self.zone()).date_naive()).num_days() > 7
    }

    /// `30 Oct 2026, 21:40`
    pub fn moment(&self, at: impl Given<DateTime<Utc>>) -> String {
        at.given()
            .with_timezone(&self.zone())
            .format("%-d %b %Y, %H:%M")
            .to_string()
    }
}

/// A value as templates hand it over: behind as many references as it took to get there.
pub trait Given<T> {
    /// The value itself.
    fn given(&self) -> T;
}

impl<T, G: Given<T> + ?Sized> Given<T> for &G {
    fn given(&self) -> T {
        (**self).given()
    }
}

macro_rules! given {
    ($($value:ty),*) => {$(
        impl Given<$value> for $value {
            fn given(&self) -> $value {
                *self
            }
        }
    )*};
}

given!(Decimal, Currency, NaiveDate, DateTime<Utc>, i64, f64);

/// A notice for the next page, kept in a short-lived encrypted cookie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// What happened, in a few words.
    pub text: String,
    /// What else there is to say.
    pub detail: String,
    /// Where there is more to it: what the link says, and our path.
    #[serde(default)]
    pub link: Option<(String, String)>,
    /// The change that "Undo" takes back.
    pub undo: Option<ChangeId>,
}

fn flash_name(app: &App) -> &'static str {
    if app.config.secure() {
        "__Host-flash"
    } else {
        "flash"
    }
}

fn flash_cookie(app: &App, text: String, life: time::Duration) -> Cookie<'static> {
    Cookie::build((flash_name(app), text))
        .path("/")
        .http_only(true)
        .secure(app.config.secure())
        .same_site(SameSite::Lax)
        .max_age(life)
        .build()
}

impl Flash {
    /// Something was done.
    pub fn success(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            detail: String::new(),
            link: None,
            undo: None,
        }
    }

    /// Adds a sentence.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Adds a link to a path of ours.
    #[must_use]
    pub fn link(mut self, text: impl Into<String>, path: impl Into<String>) -> Self {
        self.link = Some((text.into(), path.into()));
        self
    }

    /// Offers to take a change back.
    #[must_use]
    pub fn undo(mut self, change: Option<ChangeId>) -> Self {
        self.undo = change;
        self
    }

    /// Redirects to a path of ours; the page there shows the notice.
    pub fn then_go(self, app: &App, to: &str) -> Response {
        self.beside(app, Redirect::to(to).into_response())
    }

    /// Puts the notice beside an answer that redirects: the page that it leads to shows it.
    pub fn beside(self, app: &App, response: Response) -> Response {
        let text = serde_json::to_string(&self).unwrap_or_default();
        let cookie = flash_cookie(app, text, time::Duration::minutes(1));
        let jar = PrivateCookieJar::new(app.cookie_key.clone()).add(cookie);
        (jar, response).into_response()
    }
}

/// Whether a request brought a notice: the page that shows it takes the cookie back.
pub fn brought_flash(app: &App, headers: &axum::http::HeaderMap) -> bool {
    CookieJar::from_headers(headers)
        .get(flash_name(app))
        .is_some()
}

/// What takes the notice back: over https a browser overwrites a cookie with `__Host-` only by one that is all it asks for.
pub fn take_flash_back(app: &App) -> CookieJar {
    CookieJar::new().add(flash_cookie(app, String::new(), time::Duration::ZERO))
}

/// HTML that a template has made: pages print it as it is. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Html(Arc<str>);

impl Html {
    /// Renders a template.
    pub fn of(template: &impl Template) -> askama::Result<Self> {
        Ok(Self(template.render()?.into()))
    }

    /// How many bytes it has.
    pub fn size(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Html {}

/// A page with a form that was refused: the same page, with what was typed and what is wrong.
pub fn refused(page: impl Template) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, html(page)).into_response()
}

/// A page as a response.
pub fn html(page: impl Template) -> Response {
    html_around(page, 0)
}

/// A page that prints `drawn` bytes of finished HTML: it is not moved about while the page grows.
pub fn html_around(page: impl Template, drawn: usize) -> Response {
    let mut text = String::with_capacity(drawn + 16 * 1024);
    match page.render_into(&mut text) {
        Ok(()) => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response(),
        Err(error) => crate::error::Error::Internal(error.into()).into_response(),
    }
}

/// A redirect that scripts follow too: htmx loads the page anew instead of swapping the redirect's body in.
pub fn go(ui: &Ui, response: Response) -> Response {
    if !ui.fragment {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    if let Some(location) = parts.headers.remove(header::LOCATION) {
        parts.headers.insert("hx-redirect", location);
        parts.status = StatusCode::NO_CONTENT;
    }
    Response::from_parts(parts, body)
}

/// A signed-in user; without one the request is sent to the login page.
#[derive(Clone, Debug)]
pub struct User(pub Arc<Viewer>);

/// A user who has shown a short while ago who they are; without one the request is sent to where that is asked. What
/// could cost somebody their account needs it.
#[derive(Clone, Debug)]
pub struct Sudo(pub User);

/// The same, who was asked after logging in, and from a browser that is new to them showed a code from their mail. Ways into
/// an account are added and changed by nobody else; without it the request is sent to where that is asked.
#[derive(Clone, Debug)]
pub struct Vouched(pub User);

/// An administrator; for everybody else the page is not there.
#[derive(Clone, Debug)]
pub struct Admin(pub User);

impl Deref for User {
    type Target = Viewer;

    fn deref(&self) -> &Viewer {
        &self.0
    }
}

impl Deref for Sudo {
    type Target = User;

    fn deref(&self) -> &User {
        &self.0
    }
}

impl Deref for Vouched {
    type Target = User;

    fn deref(&self) -> &User {
        &self.0
    }
}

impl Deref for Admin {
    type Target = User;

    fn deref(&self) -> &User {
        &self.0
    }
}
