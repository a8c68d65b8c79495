//! Links from mails: `/confirm/{token}` and `/password/reset/{token}`. Opening one only takes its token out of the address
//! and shows a button: mail programs open links too. The button is what counts.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, SameSite};
use axum_extra::extract::{CookieJar, PrivateCookieJar};

use crate::app::App;

fn name(app: &App) -> &'static str {
    // The prefix makes browsers refuse the cookie from anything but this very host over https.
    if app.config.secure() {
        "__Host-link"
    } else {
        "link"
    }
}

/// How long the page with the button may stay open.
const LIFE: time::Duration = time::Duration::minutes(30);

/// Tells browsers not to tell anybody where they come from.
const NO_REFERRER: (header::HeaderName, HeaderValue) = (
    header::REFERRER_POLICY,
    HeaderValue::from_static("no-referrer"),
);

fn cookie(app: &App, token: &str, life: time::Duration) -> Cookie<'static> {
    Cookie::build((name(app), token.to_owned()))
        .path("/")
        .http_only(true)
        .secure(app.config.secure())
        // The mail program's page led here: a strict cookie would not come along.
        .same_site(SameSite::Lax)
        .max_age(life)
        .build()
}

/// Takes a token out of the address, and leads to the page that uses it.
pub fn take(app: &App, token: &str, to: &str) -> Response {
    let jar = PrivateCookieJar::new(app.cookie_key.clone()).add(cookie(app, token, LIFE));
    ([NO_REFERRER], jar, Redirect::to(to)).into_response()
}

/// What the link was for is done: the browser need not keep its token.
pub fn used(app: &App, done: impl IntoResponse) -> Response {
    let jar = CookieJar::new().add(cookie(app, "", time::Duration::ZERO));
    (jar, done).into_response()
}

/// The token that was taken, if any.
pub fn taken(app: &App, headers: &axum::http::HeaderMap) -> Option<String> {
    PrivateCookieJar::from_headers(headers, app.cookie_key.clone())
        .get(name(app))
        .map(|cookie| cookie.value().to_owned())
}

/// A page about a token: it tells nobody where its links were followed from.
pub fn page(page: impl IntoResponse) -> Response {
    ([NO_REFERRER], page).into_response()
}
