//! Accounts that somebody wants to open. None of them is one before the link in the mail is followed: until then nobody
//! has shown that the address is theirs, and what they have set counts in their own browser only.

use axum::http::HeaderMap;
use axum_extra::extract::cookie::{Cookie, SameSite};
use axum_extra::extract::{CookieJar, PrivateCookieJar};
use chrono::Duration;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::mail_limits::{self, Asker};
use super::queries::registrations::{self as queries, NewRegistration, Registration};
use super::tokens::{self, Purpose, hash, random};
use super::{letters, queries as users};
use crate::app::App;
use crate::email;
use crate::error::{Error, Result};
use crate::jobs::{self, Job, Slip};
use crate::money::Currency;

/// How long somebody may take to follow the link.
const LIFE: Duration = Duration::hours(72);

/// What a person says who wants to open an account.
pub struct Wish<'a> {
    pub email: &'a str,
    pub name: &'a str,
    pub password_hash: Option<&'a str>,
    /// An account elsewhere: who vouches, and for whom.
    pub identity: Option<(&'a str, &'a str)>,
    pub home: Currency,
    /// An IANA name.
    pub time_zone: &'a str,
}

/// Writes down who wants to open an account, and mails the link. Returns the cookie that the browser is known by: what was
/// set in it counts if the link is followed in it.
pub async fn begin(app: &App, asker: Asker, wish: &Wish<'_>) -> Result<PrivateCookieJar> {
    let secret = random()?;
    let new = NewRegistration {
        email: wish.email,
        name: wish.name,
        password_hash: wish.password_hash,
        identity: wish.identity,
        home: wish.home,
        time_zone: wish.time_zone,
        browser_hash: hash(&secret),
        created_at: app.now(),
        expires_at: app.now() + LIFE,
    };
    let registration = Uuid::new_v4();
    let follows = Slip::of(&Greet {
        registration,
        asker,
    })?;
    queries::insert(&app.db, registration, &new, &follows).await?;
    let jar = PrivateCookieJar::new(app.cookie_key.clone());
    Ok(jar.add(cookie(app, secret)))
}

/// What the browser that sent a request has begun.
pub async fn of_browser(app: &App, headers: &HeaderMap) -> Result<Option<Registration>> {
    let Some(secret) = secret(app, headers) else {
        return Ok(None);
    };
    Ok(queries::of_browser(&app.db, &hash(&secret), app.now()).await?)
}

/// Whether a registration was begun in the browser that sent a request, and what was set there still counts.
pub fn is_of_browser(app: &App, headers: &HeaderMap, registration: &Registration) -> bool {
    let is_whole = registration.password_hash.is_some() || registration.issuer.is_some();
    let is_own = |secret: String| registration.browser_hash.ct_eq(&hash(&secret)[..]).into();
    is_whole && secret(app, headers).is_some_and(is_own)
}

/// The registration that a link is for, if it works. Looking does not use it up: mail programs look at links too.
pub async fn of_link(
    app: &App,
    db: &mut PgConnection,
    token: &str,
) -> Result<Option<Registration>> {
    Ok(queries::of_link(db, &hash(token), app.now()).await?)
}

/// The address has its account: nothing that waits for it is of any use. The rows stay for their time, so that no browser
/// sees from its own that somebody has come.
pub async fn end_all(db: &mut PgConnection, email: &str) -> Result<()> {
    queries::blank_all(db, email).await?;
    Ok(())
}

/// The same, by one of their links. `false` if that was used up already.
pub async fn end(db: &mut PgConnection, email: &str, token: &str) -> Result<bool> {
    let links = queries::blank_all(db, email).await?;
    let hash = hash(token);
    Ok(links.iter().flatten().any(|link| link[..] == hash))
}

/// Mails the link once more, to another address if it was mistyped.
pub async fn send_again(
    app: &App,
    registration: &Registration,
    email: Option<&str>,
    asker: Asker,
) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if let Some(email) = email {
        queries::set_email(&mut *tx, registration.id, email).await?;
    }
    let greet = Greet {
        registration: registration.id,
        asker,
    };
    jobs::enqueue(&mut tx, greet).await?;
    tx.commit().await?;
    Ok(())
}

/// Removes what nobody confirmed.
pub async fn sweep(app: &App) -> Result<()> {
    queries::forget(&app.db, app.now()).await?;
    Ok(())
}

/// Writes to somebody who wants to open an account, or tried to open a second one. It finds out by itself whether the
/// address has an account: the request takes the same time either way.
#[derive(Serialize, Deserialize)]
pub struct Greet {
    registration: Uuid,
    asker: Asker,
}

impl Job for Greet {
    const NAME: &'static str = "greet";

    async fn run(self, app: App) -> anyhow::Result<()> {
        self.write(&app).await.map_err(Error::into_anyhow)
    }
}

impl Greet {
    async fn write(self, app: &App) -> Result<()> {
        let mut tx = app.db.begin().await?;
        let Some(to) = queries::lock(&mut *tx, self.registration, app.now()).await? else {
            return Ok(());
        };
        if !mail_limits::may_send(app, &mut tx, &self.asker, &to).await? {
            return Ok(tx.commit().await?);
        }
        match users::standing(&mut *tx, &to).await? {
            Some(known) if known.is_out_of_reach => {}
            Some(known) => {
                // Counted like any other notice, so that nobody's box is filled.
                let purpose = Purpose::Notice;
                let to = known.email;
                let notice = tokens::issue(app, &mut tx, known.id, purpose, &to).await?;
                if notice.is_some() {
                    let until = Some(app.now() + purpose.life());
                    let letter = letters::known_already(app);
                    email::send(app, &mut tx, &to, &letter, until).await?;
                }
            }
            None => {
                let token = random()?;
                let until = app.now() + LIFE;
                queries::set_link(&mut *tx, self.registration, &hash(&token), until).await?;
                let letter = letters::open_account(app, &token);
                email::send(app, &mut tx, &to, &letter, Some(until)).await?;
            }
        }
        Ok(tx.commit().await?)
    }
}

fn cookie_name(app: &App) -> &'static str {
    if app.config.secure() {
        "__Host-registration"
    } else {
        "registration"
    }
}

fn cookie(app: &App, secret: String) -> Cookie<'static> {
    Cookie::build((cookie_name(app), secret))
        .path("/")
        .http_only(true)
        .secure(app.config.secure())
        // The mail program's page leads here: a strict cookie would not come along.
        .same_site(SameSite::Lax)
        .max_age(time::Duration::seconds(LIFE.num_seconds()))
        .build()
}

/// The browser's account is open: it need not be known any more.
pub fn forgotten(app: &App) -> CookieJar {
    let mut cookie = cookie(app, String::new());
    cookie.set_max_age(time::Duration::ZERO);
    CookieJar::new().add(cookie)
}

fn secret(app: &App, headers: &HeaderMap) -> Option<String> {
    PrivateCookieJar::from_headers(headers, app.cookie_key.clone())
        .get(cookie_name(app))
        .map(|cookie| cookie.value().to_owned())
}
