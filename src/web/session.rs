//! Sessions: the cookie, its row, and the extractors for who is signed in.

mod store;
mod token;

pub use store::{
    Device, NewSession, change_token, count_try, devices, end, end_all, end_one,
    forget_second_factor, id, renew, start, sweep, trust_browser,
};

use std::sync::{Arc, OnceLock};

use axum::extract::{FromRequestParts, OptionalFromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use axum::middleware::Next;
use axum::response::Response;
use axum_extra::extract::CookieJar;
use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use subtle::ConstantTimeEq;
use tokio::sync::{Semaphore, SemaphorePermit};
use uuid::Uuid;

use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::money::Currency;
use crate::web::form_token::FormToken;
use crate::web::format::{Measure, NumberFormat, Numbers};
use crate::web::ui::{Admin, Sudo, User, Vouched};

/// How old "last used" may become before it is written again.
const SEEN_EVERY: Duration = Duration::minutes(5);
/// For how long somebody who showed who they are may do what needs it.
pub const SUDO: Duration = Duration::minutes(15);

/// What pages and services know of the signed-in user: their row, as it was when the request came.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about a person"
)]
pub struct Viewer {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub is_admin: bool,
    pub is_demo: bool,
    /// When the account is deleted, if that is decided.
    pub deletes_at: Option<DateTime<Utc>>,
    /// This session, as pages name it.
    pub session: Uuid,
    /// This session has shown a second factor.
    pub has_second_factor: bool,
    /// When they last showed who they are.
    pub sudo_at: DateTime<Utc>,
    /// That was after the login, because they were asked again.
    pub asked_again: bool,
    /// The browser is known to be theirs: it has been so for long, or showed a code from their mail.
    pub is_browser_trusted: bool,
    pub home: Currency,
    pub zone: Tz,
    /// `system`, `dark` or `light`
    pub theme: String,
    pub numbers: Numbers,
    /// What the top of the dashboard is counted in.
    pub measure: Measure,
    /// Something waits to be told: see [`crate::web::notices`].
    pub has_notices: bool,
    /// Grows with every change of the user's accounts, entries and own rates: of all that their figures are made of.
    pub ledger_version: i64,
    /// Grows with every change of what their pages show beside the figures: goals, badges and choices.
    pub page_version: i64,
    /// Grows with every change of the exchange rates.
    pub rates_version: i64,
    /// Grows with every change of what can be played.
    pub stakes_version: i64,
}

impl Viewer {
    /// The same without names, rights and theme: see [`crate::web::Ui::impersonal`].
    #[must_use]
    pub fn impersonal(&self) -> Self {
        Self {
            email: String::new(),
            name: String::new(),
            is_admin: false,
            has_notices: false,
            deletes_at: None,
            session: Uuid::nil(),
            sudo_at: DateTime::UNIX_EPOCH,
            asked_again: false,
            is_browser_trusted: false,
            theme: String::new(),
            ..self.clone()
        }
    }
}

/// What the request's session is kept under, and what its form token is made of.
#[derive(Clone, Copy)]
struct SessionKey {
    token_hash: [u8; 32],
    form_seed: [u8; 32],
}

/// Somebody whose password was right and whose second factor is still to come. They have no rights.
#[derive(Clone, Debug)]
pub struct HalfWay {
    pub id: UserId,
    /// The session that waits, as it will be named.
    pub session: Uuid,
    pub email: String,
    pub name: String,
    /// How they showed who they are so far.
    pub methods: Vec<String>,
}

/// How somebody showed who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Password,
    Totp,
    RecoveryCode,
    /// Whoever reads the user's mail: no second factor.
    MailedCode,
    Passkey,
    Google,
    Facebook,
    /// Anybody may be the demo user.
    Demo,
}

impl Method {
    /// As sessions keep it.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Password => "password",
            Method::Totp => "totp",
            Method::RecoveryCode => "recovery",
            Method::MailedCode => "mail",
            Method::Passkey => "passkey",
            Method::Google => "google",
            Method::Facebook => "facebook",
            Method::Demo => "demo",
        }
    }
}

/// Whether a method that a session keeps is more than a password or another's word.
fn is_second_factor(method: &str) -> bool {
    [Method::Totp, Method::RecoveryCode, Method::Passkey]
        .iter()
        .any(|factor| factor.as_str() == method)
}

/// The database did not say who this is.
#[derive(Clone)]
struct Unknown(Arc<str>);

fn cookie_name(app: &App) -> &'static str {
    // The prefix makes browsers refuse the cookie from anything but this very host over https.
    if app.config.secure() {
        "__Host-session"
    } else {
        "session"
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Whether the request carries a session cookie, valid or not.
pub fn has_cookie(app: &App, headers: &HeaderMap) -> bool {
    CookieJar::from_headers(headers)
        .get(cookie_name(app))
        .is_some()
}

/// Middleware: looks the session up once and puts the user into the request.
pub async fn load(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let token = CookieJar::from_headers(request.headers())
        .get(cookie_name(&app))
        .map(|c| c.value().to_owned())
        .filter(|token| token::is_ours(&app, token));
    if let Some(token) = token {
        let key = hash(&token);
        let looked = tokio::time::timeout(app.config.times.session, found(&app, &key)).await;
        match looked.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
            Ok(Some((key, Who::Viewer(viewer)))) => {
                request.extensions_mut().insert(key);
                request.extensions_mut().insert(Arc::new(*viewer));
            }
            Ok(Some((key, Who::HalfWay(user)))) => {
                request.extensions_mut().insert(key);
                request.extensions_mut().insert(user);
            }
            Ok(None) => {}
            Err(error) => {
                request
                    .extensions_mut()
                    .insert(Unknown(error.to_string().into()));
            }
        }
    }
    next.run(request).await
}

/// Whether the request is from somebody who has at least shown a password.
pub fn is_known(extensions: &Extensions) -> bool {
    extensions.get::<SessionKey>().is_some()
}

enum Who {
    Viewer(Box<Viewer>),
    HalfWay(HalfWay),
}

/// Finding out who a request is from takes no more than a share of the connections. When the database is far away and many
/// come at once, those who have been found get the rest and are served soon, and the others are told soon.
#[derive(Default)]
struct Lookups(OnceLock<Semaphore>);

impl Lookups {
    /// One of so many connections: every fourth, at least one.
    const SHARE: u32 = 4;

    async fn place(&self, db: &PgPool) -> sqlx::Result<SemaphorePermit<'_>> {
        let options = db.options();
        let most = (options.get_max_connections() / Self::SHARE).max(1);
        let places = self.0.get_or_init(|| Semaphore::new(most as usize));
        let place = tokio::time::timeout(options.get_acquire_timeout(), places.acquire()).await;
        match place {
            Ok(Ok(place)) => Ok(place),
            _ => Err(sqlx::Error::PoolTimedOut),
        }
    }
}

async fn found(app: &App, key: &[u8; 32]) -> sqlx::Result<Option<(SessionKey, Who)>> {
    let now = app.now();
    let lookups = app.kept::<Lookups>();
    let place = lookups.place(&app.db).await?;
    let mut db = app.db.acquire().await?;
    let row = sqlx::query!(
        r#"
        select u.id, u.email, u.name, u.role, u.is_demo, u.home_currency, u.time_zone, u.theme, u.number_format,
               u.hide_amounts, u.counted_in, u.ledger_version, u.page_version, u.deletes_at,
               r.version as rates_version, r.stakes_version,
               exists (select from notices n where n.user_id = u.id) as "has_notices!", s.id as session, s.last_seen_at, s.form_seed, s.second_factor_due, s.methods, s.sudo_at,
               s.asked_again, s.browser_trusted
        from sessions s
        join users u on u.id = s.user_id
        cross join rates_state r
        where s.token_hash = $1 and s.expires_at > $2 and s.last_seen_at + s.idle > $2 and u.disabled_at is null
        "#,
        &key[..],
        now,
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    // Also when the clock was set back.
    if (now - row.last_seen_at).abs() > SEEN_EVERY {
        sqlx::query!(
            "update sessions set last_seen_at = $2 where token_hash = $1",
            &key[..],
            now
        )
        .execute(&mut *db)
        .await?;
    }
    drop((db, place));
    let session_key = SessionKey {
        token_hash: *key,
        form_seed: row.form_seed.try_into().unwrap_or_default(),
    };
    if row.second_factor_due {
        let half_way = HalfWay {
            id: UserId(row.id),
            session: row.session,
            email: row.email,
            name: row.name,
            methods: row.methods,
        };
        return Ok(Some((session_key, Who::HalfWay(half_way))));
    }
    let viewer = Viewer {
        id: UserId(row.id),
        is_admin: row.role == "admin",
        email: row.email,
        name: row.name,
        has_second_factor: row.methods.iter().any(|method| is_second_factor(method)),
        is_browser_trusted: row.browser_trusted,
        asked_again: row.asked_again,
        is_demo: row.is_demo,
        deletes_at: row.deletes_at,
        session: row.session,
        sudo_at: row.sudo_at,
        home: row.home_currency.parse().unwrap_or(Currency::EUR),
        zone: row.time_zone.parse().unwrap_or(Tz::UTC),
        theme: row.theme,
        numbers: Numbers {
            format: NumberFormat::named(&row.number_format),
            hidden: row.hide_amounts,
        },
        measure: Measure::named(&row.counted_in),
        has_notices: row.has_notices,
        ledger_version: row.ledger_version,
        page_version: row.page_version,
        rates_version: row.rates_version,
        stakes_version: row.stakes_version,
    };
    Ok(Some((session_key, Who::Viewer(Box::new(viewer)))))
}

/// The token that forms of this session must carry. `None` for a visitor.
pub fn form_token(app: &App, extensions: &Extensions) -> Option<FormToken> {
    let key = extensions.get::<SessionKey>()?;
    let mac = Hmac::<Sha256>::new_from_slice(app.config.secret_key()).ok()?;
    let tag = mac
        .chain_update(b"form token")
        .chain_update(key.form_seed)
        .finalize()
        .into_bytes();
    Some(FormToken::new(tag.into()))
}

/// Compares two tokens in a time that says nothing about them.
pub fn same_token(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// Whether somebody has shown who they are within the last [`SUDO`]. Not sliding: doing what needs it does not make it last
/// longer. It does not last until a clock that was set back gets there again, either.
fn has_shown_lately(viewer: &Viewer, now: DateTime<Utc>) -> bool {
    (now - viewer.sudo_at).abs() < SUDO
}

/// Whether they did so after logging in, too: a login that somebody else goes on with is not enough.
pub fn ask_again(user: &Sudo) -> Result<()> {
    if user.asked_again {
        Ok(())
    } else {
        Err(Error::SudoRequired)
    }
}

/// What a way into an account needs, before it is added or changed: somebody who showed who they are after logging in, and
/// from a browser that is new to them also that they read their mail.
pub fn vouch(user: &Sudo) -> Result<()> {
    ask_again(user)?;
    if user.is_browser_trusted {
        Ok(())
    } else {
        Err(Error::MailRequired)
    }
}

/// Who the request is from. The database may not have said.
fn viewer(parts: &Parts) -> Result<Arc<Viewer>> {
    if let Some(Unknown(why)) = parts.extensions.get() {
        return Err(Error::Unavailable(anyhow::anyhow!(
            "the session could not be read: {why}"
        )));
    }
    if parts.extensions.get::<HalfWay>().is_some() {
        return Err(Error::SecondFactorDue);
    }
    parts
        .extensions
        .get::<Arc<Viewer>>()
        .cloned()
        .ok_or(Error::LoginRequired)
}

impl FromRequestParts<App> for User {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self> {
        viewer(parts).map(User)
    }
}

impl OptionalFromRequestParts<App> for User {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>> {
        match <User as FromRequestParts<App>>::from_request_parts(parts, app).await {
            Ok(user) => Ok(Some(user)),
            Err(Error::LoginRequired | Error::SecondFactorDue) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl FromRequestParts<App> for Sudo {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let user = <User as FromRequestParts<App>>::from_request_parts(parts, app).await?;
        if user.is_demo {
            return Err(Error::Forbidden(
                "The demo user belongs to everybody. Open an account of your own to do this."
                    .into(),
            ));
        }
        if has_shown_lately(&user, app.now()) {
            Ok(Sudo(user))
        } else {
            Err(Error::SudoRequired)
        }
    }
}

impl FromRequestParts<App> for Vouched {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let sudo = Sudo::from_request_parts(parts, app).await?;
        vouch(&sudo)?;
        Ok(Vouched(sudo.0))
    }
}

impl FromRequestParts<App> for Admin {
    type Rejection = Error;

    /// For everybody else the page is not there.
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        match <User as FromRequestParts<App>>::from_request_parts(parts, app).await {
            Ok(user) if user.is_admin && !user.has_second_factor => {
                Err(Error::SecondFactorRequired)
            }
            // What an administrator changes asks first who they are.
            Ok(user)
                if user.is_admin
                    && !parts.method.is_safe()
                    && !has_shown_lately(&user, app.now()) =>
            {
                Err(Error::SudoRequired)
            }
            Ok(user) if user.is_admin => Ok(Admin(user)),
            Err(error @ Error::Unavailable(_)) => Err(error),
            _ => Err(Error::NotFound),
        }
    }
}

impl FromRequestParts<App> for HalfWay {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self> {
        parts
            .extensions
            .get::<HalfWay>()
            .cloned()
            .ok_or(Error::LoginRequired)
    }
}
