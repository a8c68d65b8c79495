//! The cookie by which a browser is known to somebody: it has signed in as them before. Wrong passwords from elsewhere do
//! not slow it down, and no mail tells of a new device. Once it has been known for a week, or has shown a code from their
//! mail, it is trusted.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use axum_extra::extract::PrivateCookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::App;
use crate::ids::UserId;

/// A browser is known to so many people, at most.
const MOST: usize = 5;
/// The longest that browsers keep any cookie.
const LIFE: time::Duration = time::Duration::days(400);
/// By then the owner has had a week to read the email about the new device. Somebody who only knows their password gains
/// nothing by logging in twice.
const TRUSTED_AFTER: Duration = Duration::days(7);

fn name(app: &App) -> &'static str {
    if app.config.secure() {
        "__Host-dev"
    } else {
        "dev"
    }
}

/// What the cookie says.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Known {
    /// The browser's own, for as long as it keeps the cookie. Nil until it signs in again, in a cookie without one.
    id: Uuid,
    /// The last one first.
    users: Vec<i64>,
    /// From when on it is trusted to be each one's.
    #[serde(default)]
    trusted_from: BTreeMap<i64, DateTime<Utc>>,
}

fn known(app: &App, headers: &HeaderMap) -> Known {
    let jar = PrivateCookieJar::from_headers(headers, app.cookie_key.clone());
    let Some(cookie) = jar.get(name(app)) else {
        return Known::default();
    };
    serde_json::from_str(cookie.value()).unwrap_or_else(|_| Known {
        // A cookie of an older version is a list of users.
        users: serde_json::from_str(cookie.value()).unwrap_or_default(),
        ..Known::default()
    })
}

/// Who has signed in with this browser last.
pub fn last(app: &App, headers: &HeaderMap) -> Option<UserId> {
    known(app, headers).users.first().copied().map(UserId)
}

/// Whether this browser has signed in as a user before.
pub fn is_known(app: &App, headers: &HeaderMap, user: UserId) -> bool {
    known_as(app, headers, user).is_some()
}

/// Which of the browsers this is that have signed in as a user before; `None` if it is none of them.
pub fn known_as(app: &App, headers: &HeaderMap, user: UserId) -> Option<Uuid> {
    let known = known(app, headers);
    known.users.contains(&user.0).then_some(known.id)
}

/// Whether this browser is known to be a user's: they would have objected by now if it was not, or showed a code from
/// their mail with it.
pub fn is_trusted(app: &App, headers: &HeaderMap, user: UserId) -> bool {
    let known = known(app, headers);
    let from = known.trusted_from.get(&user.0);
    known.users.contains(&user.0) && from.is_some_and(|at| *at <= app.now())
}

/// The cookie of a browser that has signed in as a user now.
pub fn remember(app: &App, headers: &HeaderMap, user: UserId) -> PrivateCookieJar {
    remembered(app, headers, user, app.now() + TRUSTED_AFTER)
}

/// The same when it has shown a code from their mail.
pub fn trust(app: &App, headers: &HeaderMap, user: UserId) -> PrivateCookieJar {
    remembered(app, headers, user, app.now())
}

fn remembered(
    app: &App,
    headers: &HeaderMap,
    user: UserId,
    trusted_from: DateTime<Utc>,
) -> PrivateCookieJar {
    let mut known = known(app, headers);
    if known.id.is_nil() {
        known.id = Uuid::new_v4();
    }
    known.users.retain(|id| *id != user.0);
    known.users.insert(0, user.0);
    known.users.truncate(MOST);
    // The first time counts, however often it signs in. Also when the clock was ahead then.
    let from = known.trusted_from.entry(user.0).or_insert(trusted_from);
    *from = (*from).min(trusted_from);
    known.trusted_from.retain(|id, _| known.users.contains(id));
    let text = serde_json::to_string(&known).unwrap_or_default();
    let cookie = Cookie::build((name(app), text))
        .path("/")
        .http_only(true)
        .secure(app.config.secure())
        .same_site(SameSite::Lax)
        .max_age(LIFE)
        .build();
    PrivateCookieJar::new(app.cookie_key.clone()).add(cookie)
}
