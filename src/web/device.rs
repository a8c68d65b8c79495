//! The cookie by which a browser is known to somebody: it has signed in as them before. Wrong passwords from elsewhere do
//! not slow it down, and no mail tells of a new device.

use axum::http::HeaderMap;
use axum_extra::extract::PrivateCookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};

use crate::app::App;
use crate::ids::UserId;

/// A browser is known to so many people, at most.
const MOST: usize = 5;
/// The longest that browsers keep any cookie.
const LIFE: time::Duration = time::Duration::days(400);

fn name(app: &App) -> &'static str {
    if app.config.secure() {
        "__Host-dev"
    } else {
        "dev"
    }
}

fn known(app: &App, headers: &HeaderMap) -> Vec<i64> {
    PrivateCookieJar::from_headers(headers, app.cookie_key.clone())
        .get(name(app))
        .and_then(|cookie| serde_json::from_str(cookie.value()).ok())
        .unwrap_or_default()
}

/// Who has signed in with this browser last.
pub fn last(app: &App, headers: &HeaderMap) -> Option<UserId> {
    known(app, headers).first().copied().map(UserId)
}

/// Whether this browser has signed in as a user before.
pub fn is_known(app: &App, headers: &HeaderMap, user: UserId) -> bool {
    known(app, headers).contains(&user.0)
}

/// The cookie of a browser that has signed in as a user now.
pub fn remember(app: &App, headers: &HeaderMap, user: UserId) -> PrivateCookieJar {
    let mut users = known(app, headers);
    users.retain(|id| *id != user.0);
    users.insert(0, user.0);
    users.truncate(MOST);
    let text = serde_json::to_string(&users).unwrap_or_default();
    let cookie = Cookie::build((name(app), text))
        .path("/")
        .http_only(true)
        .secure(app.config.secure())
        .same_site(SameSite::Lax)
        .max_age(LIFE)
        .build();
    PrivateCookieJar::new(app.cookie_key.clone()).add(cookie)
}
