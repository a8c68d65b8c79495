//! Sessions: the cookie, its row, and the extractors for who is signed in.

use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use axum::middleware::Next;
use axum::response::Response;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use sqlx::PgExecutor;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::money::Currency;
use crate::web::caller::Caller;
use crate::web::format::{NumberFormat, Numbers};
use crate::web::ui::{Admin, SignedIn, Sudo, User};

/// A session that is remembered stays in the browser for as long as it can last at all.
const REMEMBERED: Duration = Duration::days(30);
/// How old "last used" may become before it is written again.
const SEEN_EVERY: Duration = Duration::minutes(5);
/// For how long somebody who showed who they are may do what needs it.
pub const SUDO: Duration = Duration::minutes(15);
/// Wrong second factors, before a session that waits for one ends.
const TRIES: i32 = 5;
/// A user's live sessions, at most: one more removes the oldest.
const MOST: i64 = 20;

/// What pages and services know of the signed-in user: their row, as it was when the request came.
#[derive(Clone, Debug)]
pub struct Viewer {
    pub id: UserId,
    pub email: String,
    pub name: String,
    /// Their address is confirmed.
    pub is_confirmed: bool,
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
    pub home: Currency,
    pub zone: Tz,
    /// `system`, `dark` or `light`
    pub theme: String,
    pub numbers: Numbers,
    /// Grows with every change of the user's ledger.
    pub ledger_version: i64,
    /// Grows with every change of the exchange rates.
    pub rates_version: i64,
}

impl Viewer {
    /// The same without names, rights and theme: see [`crate::web::Ui::impersonal`].
    #[must_use]
    pub fn impersonal(&self) -> Self {
        Self {
            email: String::new(),
            name: String::new(),
            is_admin: false,
            deletes_at: None,
            session: Uuid::nil(),
            sudo_at: DateTime::UNIX_EPOCH,
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
        .map(|c| c.value().to_owned());
    if let Some(token) = token {
        match found(&app, &hash(&token)).await {
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

enum Who {
    Viewer(Box<Viewer>),
    HalfWay(HalfWay),
}

async fn found(app: &App, key: &[u8; 32]) -> sqlx::Result<Option<(SessionKey, Who)>> {
    let now = app.now();
    let row = sqlx::query!(
        r#"
        select u.id, u.email, u.name, u.role, u.is_demo, u.home_currency, u.time_zone, u.theme, u.number_format,
               u.hide_amounts, u.ledger_version, u.email_confirmed_at, u.deletes_at, r.version as rates_version,
               s.id as session, s.last_seen_at, s.form_seed, s.second_factor_due, s.methods, s.sudo_at
        from sessions s
        join users u on u.id = s.user_id
        cross join rates_state r
        where s.token_hash = $1 and s.expires_at > $2 and s.last_seen_at + s.idle > $2 and u.disabled_at is null
        "#,
        &key[..],
        now,
    )
    .fetch_optional(&app.db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.last_seen_at < now - SEEN_EVERY {
        sqlx::query!(
            "update sessions set last_seen_at = $2 where token_hash = $1",
            &key[..],
            now
        )
        .execute(&app.db)
        .await?;
    }
    let session_key = SessionKey {
        token_hash: *key,
        form_seed: row.form_seed.try_into().unwrap_or_default(),
    };
    if row.second_factor_due {
        let half_way = HalfWay {
            id: UserId(row.id),
            email: row.email,
            name: row.name,
            methods: row.methods,
        };
        return Ok(Some((session_key, Who::HalfWay(half_way))));
    }
    let viewer = Viewer {
        id: UserId(row.id),
        is_confirmed: row.email_confirmed_at.is_some(),
        is_admin: row.role == "admin",
        email: row.email,
        name: row.name,
        has_second_factor: row.methods.iter().any(|method| is_second_factor(method)),
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
        ledger_version: row.ledger_version,
        rates_version: row.rates_version,
    };
    Ok(Some((session_key, Who::Viewer(Box::new(viewer)))))
}

/// A session to begin.
#[derive(Clone, Copy, Debug)]
pub struct NewSession {
    pub user: UserId,
    pub method: Method,
    /// Stay signed in on this device. Administrators never do.
    pub remember: bool,
    /// Something else must be shown before the session has any rights.
    pub second_factor_due: bool,
}

fn random() -> Result<[u8; 32]> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    Ok(bytes)
}

/// Begins a session: returns its cookie. Any session that the request came with ends, and the oldest of too many.
///
/// How long it lasts: 24 hours, or 2 unused; remembered, 30 days, or 14 unused; an administrator's, 8 hours, or 15
/// minutes unused; one that waits for the second factor, 10 minutes.
pub async fn start(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    new: NewSession,
) -> Result<CookieJar> {
    let token = URL_SAFE_NO_PAD.encode(random()?);
    let now = app.now();
    let mut tx = app.db.begin().await?;
    if let Some(cookie) = CookieJar::from_headers(headers).get(cookie_name(app)) {
        delete(&mut *tx, &hash(cookie.value())).await?;
    }
    let is_admin = sqlx::query_scalar!(
        r#"select role = 'admin' as "is_admin!" from users where id = $1"#,
        new.user.0
    )
    .fetch_one(&mut *tx)
    .await?;
    let remembered = new.remember && !is_admin;
    let limits = Limits::of(is_admin, remembered, new.second_factor_due);
    sqlx::query!(
        "insert into sessions (token_hash, form_seed, user_id, created_at, last_seen_at, expires_at, idle, remembered,
                               second_factor_due, methods, sudo_at, place, agent)
         values ($1, $2, $3, $4, $4, $5, make_interval(secs => $6), $7, $8, array[$9], $4, $10, $11)",
        &hash(&token)[..],
        &random()?[..],
        new.user.0,
        now,
        now + limits.life,
        limits.idle.as_seconds_f64(),
        remembered,
        new.second_factor_due,
        new.method.as_str(),
        caller.place,
        caller.agent,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "delete from sessions where user_id = $1 and id not in (
             select id from sessions where user_id = $1 order by created_at desc, id limit $2)",
        new.user.0,
        MOST,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(CookieJar::new().add(cookie(app, token, remembered && !new.second_factor_due)))
}

/// How long a session lasts.
struct Limits {
    /// Unused.
    idle: Duration,
    /// At all.
    life: Duration,
}

impl Limits {
    fn of(is_admin: bool, remembered: bool, second_factor_due: bool) -> Self {
        let (idle, life) = match (second_factor_due, is_admin, remembered) {
            (true, ..) => (Duration::minutes(10), Duration::minutes(10)),
            (_, true, _) => (Duration::minutes(15), Duration::hours(8)),
            (.., true) => (Duration::days(14), REMEMBERED),
            _ => (Duration::hours(2), Duration::hours(24)),
        };
        Self { idle, life }
    }
}

/// The user has shown once more who they are: the session gets a new token, and with it whatever rights it waited for.
/// Open pages go on working. The old token is dead at once.
pub async fn renew(app: &App, extensions: &Extensions, method: Method) -> Result<CookieJar> {
    let key = extensions
        .get::<SessionKey>()
        .copied()
        .ok_or(Error::LoginRequired)?;
    let token = URL_SAFE_NO_PAD.encode(random()?);
    let mut tx = app.db.begin().await?;
    let was = sqlx::query!(
        r#"select s.remembered, s.second_factor_due, u.role = 'admin' as "is_admin!"
           from sessions s join users u on u.id = s.user_id
           where s.token_hash = $1 for update of s"#,
        &key.token_hash[..],
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::LoginRequired)?;
    sqlx::query!(
        "update sessions
         set token_hash = $2, sudo_at = $3, last_seen_at = $3, second_factor_due = false,
             methods = case when $4 = any(methods) then methods else methods || $4 end
         where token_hash = $1",
        &key.token_hash[..],
        &hash(&token)[..],
        app.now(),
        method.as_str(),
    )
    .execute(&mut *tx)
    .await?;
    if was.second_factor_due {
        let limits = Limits::of(was.is_admin, was.remembered, false);
        sqlx::query!(
            "update sessions set idle = make_interval(secs => $2), expires_at = $3 where token_hash = $1",
            &hash(&token)[..],
            limits.idle.as_seconds_f64(),
            app.now() + limits.life,
        )
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    Ok(CookieJar::new().add(cookie(app, token, was.remembered)))
}

/// Counts a second factor as wrong before it is looked at: `false` if this session has had its tries, and is over.
pub async fn count_try(app: &App, extensions: &Extensions) -> Result<bool> {
    let key = extensions
        .get::<SessionKey>()
        .copied()
        .ok_or(Error::LoginRequired)?;
    let counted = sqlx::query!(
        "update sessions set second_factor_failures = second_factor_failures + 1
         where token_hash = $1 and second_factor_due and second_factor_failures < $2",
        &key.token_hash[..],
        TRIES,
    )
    .execute(&app.db)
    .await?;
    Ok(counted.rows_affected() == 1)
}

/// Ends the session that the request came with, if any: returns what clears its cookie.
pub async fn end(app: &App, headers: &HeaderMap) -> Result<CookieJar> {
    if let Some(cookie) = CookieJar::from_headers(headers).get(cookie_name(app)) {
        delete(&app.db, &hash(cookie.value())).await?;
    }
    let mut cleared = cookie(app, String::new(), false);
    cleared.set_max_age(time::Duration::ZERO);
    Ok(CookieJar::new().add(cleared))
}

/// Ends every session of a user but the one that pages name `but`. Returns how many there were.
pub async fn end_all(
    db: impl PgExecutor<'_>,
    user: UserId,
    but: Option<Uuid>,
) -> sqlx::Result<u64> {
    sqlx::query!(
        "delete from sessions where user_id = $1 and id is distinct from $2",
        user.0,
        but
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected())
}

async fn delete(db: impl PgExecutor<'_>, key: &[u8; 32]) -> sqlx::Result<()> {
    sqlx::query!("delete from sessions where token_hash = $1", &key[..])
        .execute(db)
        .await?;
    Ok(())
}

/// Without `remember` it ends with the browser.
fn cookie(app: &App, token: String, remember: bool) -> Cookie<'static> {
    let mut cookie = Cookie::build((cookie_name(app), token))
        .path("/")
        .http_only(true)
        .secure(app.config.secure())
        .same_site(SameSite::Lax)
        .build();
    if remember {
        cookie.set_max_age(time::Duration::seconds(REMEMBERED.num_seconds()));
    }
    cookie
}

/// The token that forms of this session must carry. `None` for a visitor.
pub fn form_token(app: &App, extensions: &Extensions) -> Option<String> {
    let key = extensions.get::<SessionKey>()?;
    let mac = Hmac::<Sha256>::new_from_slice(app.config.secret_key()).ok()?;
    let tag = mac
        .chain_update(b"form token")
        .chain_update(key.form_seed)
        .finalize()
        .into_bytes();
    Some(URL_SAFE_NO_PAD.encode(tag))
}

/// Compares two tokens in a time that says nothing about them.
pub fn same_token(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
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

impl FromRequestParts<App> for SignedIn {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self> {
        viewer(parts).map(SignedIn)
    }
}

impl FromRequestParts<App> for User {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self> {
        let viewer = viewer(parts)?;
        if viewer.is_confirmed {
            Ok(User(viewer))
        } else {
            Err(Error::NotConfirmed)
        }
    }
}

impl OptionalFromRequestParts<App> for User {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>> {
        match <User as FromRequestParts<App>>::from_request_parts(parts, app).await {
            Ok(user) => Ok(Some(user)),
            Err(Error::LoginRequired | Error::NotConfirmed | Error::SecondFactorDue) => Ok(None),
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
        // Not sliding: doing what needs it does not make it last longer.
        if user.sudo_at + SUDO > app.now() {
            Ok(Sudo(user))
        } else {
            Err(Error::SudoRequired)
        }
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
                if user.is_admin && !parts.method.is_safe() && user.sudo_at + SUDO <= app.now() =>
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

/// Where to go after signing in: a path of ours, else the dashboard.
pub fn safe_next(next: &str) -> &str {
    let ours = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && !next.chars().any(char::is_control);
    if ours { next } else { "/dashboard" }
}

/// Removes sessions that are over.
pub async fn sweep(app: &App, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "delete from sessions where expires_at < $1 or last_seen_at + idle < $1",
        now
    )
    .execute(&app.db)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_ours_are_gone_to_next() {
        assert_eq!(safe_next("/entries?kind=deposit"), "/entries?kind=deposit");
        for next in [
            "",
            "entries",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\nb",
            "/a\u{0}",
        ] {
            assert_eq!(safe_next(next), "/dashboard", "{next:?}");
        }
    }
}
