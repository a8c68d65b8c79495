//! Sessions: the cookie, its row, and the extractors for who is signed in.

use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, header};
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
use subtle::ConstantTimeEq;

use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::money::Currency;
use crate::web::format::{NumberFormat, Numbers};
use crate::web::ui::User;

/// A session ends this long after it began,
const LIFETIME: Duration = Duration::days(30);
/// or this long after it was last used.
const IDLE: Duration = Duration::days(14);
/// How old "last used" may become before it is written again.
const SEEN_EVERY: Duration = Duration::minutes(5);

/// What pages and services know of the signed-in user: their row, as it was when the request came.
#[derive(Clone, Debug)]
pub struct Viewer {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub is_admin: bool,
    pub is_demo: bool,
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
            theme: String::new(),
            ..self.clone()
        }
    }
}

/// The hash under which the request's session is kept.
#[derive(Clone, Copy)]
struct SessionKey([u8; 32]);

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
        let key = hash(&token);
        match viewer(&app, &key).await {
            Ok(Some(viewer)) => {
                request.extensions_mut().insert(SessionKey(key));
                request.extensions_mut().insert(Arc::new(viewer));
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

async fn viewer(app: &App, key: &[u8; 32]) -> sqlx::Result<Option<Viewer>> {
    let now = app.now();
    let row = sqlx::query!(
        r#"
        select u.id, u.email, u.name, u.role, u.is_demo, u.home_currency, u.time_zone, u.theme, u.number_format,
               u.hide_amounts, u.ledger_version, s.last_seen_at, r.version as rates_version
        from sessions s
        join users u on u.id = s.user_id
        cross join rates_state r
        where s.token_hash = $1 and s.expires_at > $2 and s.last_seen_at > $3
        "#,
        &key[..],
        now,
        now - IDLE,
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
    Ok(Some(Viewer {
        id: UserId(row.id),
        is_admin: row.role == "admin",
        email: row.email,
        name: row.name,
        is_demo: row.is_demo,
        home: row.home_currency.parse().unwrap_or(Currency::EUR),
        zone: row.time_zone.parse().unwrap_or(Tz::UTC),
        theme: row.theme,
        numbers: Numbers {
            format: NumberFormat::named(&row.number_format),
            hidden: row.hide_amounts,
        },
        ledger_version: row.ledger_version,
        rates_version: row.rates_version,
    }))
}

/// Begins a session for a user: returns its cookie. Any session that the request came with ends.
pub async fn start(app: &App, user: UserId, headers: &HeaderMap) -> Result<CookieJar> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    let token = URL_SAFE_NO_PAD.encode(bytes);
    let now = app.now();
    let agent: String = header_text(headers, header::USER_AGENT)
        .chars()
        .take(200)
        .collect();
    forget(app, headers).await?;
    sqlx::query!(
        "insert into sessions (token_hash, user_id, created_at, last_seen_at, expires_at, agent)
         values ($1, $2, $3, $3, $4, $5)",
        &hash(&token)[..],
        user.0,
        now,
        now + LIFETIME,
        agent,
    )
    .execute(&app.db)
    .await?;
    Ok(CookieJar::new().add(cookie(app, token, LIFETIME.num_seconds())))
}

/// Ends the session that the request came with, if any: returns what clears its cookie.
pub async fn end(app: &App, headers: &HeaderMap) -> Result<CookieJar> {
    forget(app, headers).await?;
    Ok(CookieJar::new().add(cookie(app, String::new(), 0)))
}

async fn forget(app: &App, headers: &HeaderMap) -> Result<()> {
    if let Some(cookie) = CookieJar::from_headers(headers).get(cookie_name(app)) {
        sqlx::query!(
            "delete from sessions where token_hash = $1",
            &hash(cookie.value())[..]
        )
        .execute(&app.db)
        .await?;
    }
    Ok(())
}

fn cookie(app: &App, token: String, seconds: i64) -> Cookie<'static> {
    Cookie::build((cookie_name(app), token))
        .path("/")
        .http_only(true)
        .secure(app.config.secure())
        .same_site(SameSite::Lax)
        .max_age(time::Duration::seconds(seconds))
        .build()
}

fn header_text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// The token that forms of this session must carry. `None` for a visitor.
pub fn form_token(app: &App, extensions: &Extensions) -> Option<String> {
    let key = extensions.get::<SessionKey>()?;
    let mac = Hmac::<Sha256>::new_from_slice(app.config.secret_key()).ok()?;
    let tag = mac
        .chain_update(b"form token")
        .chain_update(key.0)
        .finalize()
        .into_bytes();
    Some(URL_SAFE_NO_PAD.encode(tag))
}

/// Compares two tokens in a time that says nothing about them.
pub fn same_token(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

impl FromRequestParts<App> for User {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self> {
        if let Some(Unknown(why)) = parts.extensions.get() {
            return Err(Error::Unavailable(anyhow::anyhow!(
                "the session could not be read: {why}"
            )));
        }
        parts
            .extensions
            .get::<Arc<Viewer>>()
            .cloned()
            .map(User)
            .ok_or(Error::LoginRequired)
    }
}

impl OptionalFromRequestParts<App> for User {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>> {
        match <User as FromRequestParts<App>>::from_request_parts(parts, app).await {
            Ok(user) => Ok(Some(user)),
            Err(Error::LoginRequired) => Ok(None),
            Err(error) => Err(error),
        }
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
        "delete from sessions where expires_at < $1 or last_seen_at < $2",
        now,
        now - IDLE
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
