//! What a browser carries for us through a visit to a provider: cookies that only we can read.

use axum::http::{HeaderMap, header};
use axum_extra::extract::PrivateCookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use chrono::Duration;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::app::App;

/// How long somebody may stay at a provider, and think about what they found there.
pub const LIFE: Duration = Duration::minutes(10);

/// What a browser carries for us, encrypted.
#[derive(Clone, Copy, Debug)]
pub enum Carried {
    /// Through a visit to a provider: [`super::exchange::Secrets`].
    Visit,
    /// To the button that links what was found there.
    Link,
}

impl Carried {
    fn cookie(self, app: &App) -> &'static str {
        match (self, app.config.secure()) {
            (Carried::Visit, true) => "__Host-oauth",
            (Carried::Visit, false) => "oauth",
            (Carried::Link, true) => "__Host-oauth-link",
            (Carried::Link, false) => "oauth-link",
        }
    }
}

fn cookie(app: &App, what: Carried, value: String, life: Duration) -> Cookie<'static> {
    Cookie::build((what.cookie(app), value))
        .path("/")
        .http_only(true)
        .secure(app.config.secure())
        // The provider's page leads back: a strict cookie would not come along.
        .same_site(SameSite::Lax)
        .max_age(time::Duration::seconds(life.num_seconds()))
        .build()
}

/// Gives a browser something to carry.
pub fn put(app: &App, what: Carried, value: &impl Serialize) -> PrivateCookieJar {
    let text = serde_json::to_string(value).unwrap_or_default();
    PrivateCookieJar::new(app.cookie_key.clone()).add(cookie(app, what, text, LIFE))
}

/// What a browser has carried.
pub fn taken<T: DeserializeOwned>(app: &App, what: Carried, headers: &HeaderMap) -> Option<T> {
    let jar = PrivateCookieJar::from_headers(headers, app.cookie_key.clone());
    serde_json::from_str(jar.get(what.cookie(app))?.value()).ok()
}

/// The `Set-Cookie` that takes it from the browser.
pub fn cleared(app: &App, what: Carried) -> header::HeaderValue {
    let cookie = cookie(app, what, String::new(), Duration::zero());
    header::HeaderValue::from_str(&cookie.to_string())
        .unwrap_or(header::HeaderValue::from_static(""))
}
