//! What somebody typed into a form that could not be taken before they had logged in: it is kept in their browser, in an
//! encrypted cookie, until they have, and then offered to them again. It is nobody else's: the browser knows who was
//! logged in last.

use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum_extra::extract::PrivateCookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::ids::UserId;
use crate::web::device;
use crate::web::next::Next;

/// A form that waits for its sender to log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Where it was sent,
    pub path: String,
    /// and the page it stood on.
    pub from: String,
    /// The page that shows the form as it is filled in, if the form named one.
    page: Option<String>,
    /// What was typed and chosen, with what the form carries for its own handler.
    pub fields: Vec<(String, String)>,
    owner: Option<UserId>,
}

/// More was typed than a cookie holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMuch;

/// Browsers keep cookies of up to 4,096 bytes, and encryption makes them a third longer.
const MOST_BYTES: usize = 2_800;

/// For so long it waits.
const LIFE: time::Duration = time::Duration::hours(1);

/// A page that fills its form in with what is kept asks for it with this in its address.
pub const AGAIN: &str = "again";

fn name(app: &App) -> &'static str {
    if app.config.secure() {
        "__Host-kept"
    } else {
        "kept"
    }
}

/// Whether a field must not be kept: what proves who somebody is, and what is of one page.
pub fn is_secret(field: &str) -> bool {
    field.contains("password")
        || field.contains("code")
        || field == "passkey"
        || field == "form_token"
        || field == "form_key"
}

/// Whether a field says something about the form and nothing that a person typed.
pub fn is_own(field: &str) -> bool {
    field.starts_with("form_")
        || field.starts_with("sure_")
        || matches!(
            field,
            "next" | "version" | "before" | "sure" | "show" | "then"
        )
}

impl Kept {
    /// Of a form as it was sent. `None` if nothing was typed into it.
    pub fn new(
        app: &App,
        request: &Parts,
        came_from: Option<String>,
        sent: &[u8],
    ) -> Result<Option<Self>, TooMuch> {
        let sent: Vec<(String, String)> = form_urlencoded::parse(sent).into_owned().collect();
        // What is only a button has no key.
        let has_key = sent.iter().any(|(name, _)| name == "form_key");
        let page = sent.iter().find(|(name, _)| name == "form_page");
        let page = page.map(|(_, page)| Next::from(page.as_str()).path().to_owned());
        let fields: Vec<(String, String)> = sent
            .into_iter()
            .filter(|(name, _)| !is_secret(name) && name != "form_page")
            .collect();
        let says = |(name, value): &(String, String)| !is_own(name) && !value.trim().is_empty();
        if !has_key || !fields.iter().any(says) {
            return Ok(None);
        }
        let kept = Self {
            path: request.uri.path().to_owned(),
            from: came_from.unwrap_or_else(|| "/dashboard".to_owned()),
            page,
            fields,
            owner: device::last(app, &request.headers),
        };
        let size = serde_json::to_string(&kept).map_or(usize::MAX, |text| text.len());
        if size > MOST_BYTES {
            return Err(TooMuch);
        }
        Ok(Some(kept))
    }

    /// What waits in a browser, if it is this user's.
    pub fn of(app: &App, headers: &HeaderMap, user: UserId) -> Option<Self> {
        let jar = PrivateCookieJar::from_headers(headers, app.cookie_key.clone());
        let kept: Self = serde_json::from_str(jar.get(name(app))?.value()).ok()?;
        kept.owner.is_none_or(|owner| owner == user).then_some(kept)
    }

    /// The cookie that keeps it.
    pub fn cookie(&self, app: &App) -> PrivateCookieJar {
        let text = serde_json::to_string(self).unwrap_or_default();
        let cookie = Cookie::build((name(app), text))
            .path("/")
            .http_only(true)
            .secure(app.config.secure())
            .same_site(SameSite::Lax)
            .max_age(LIFE)
            .build();
        PrivateCookieJar::new(app.cookie_key.clone()).add(cookie)
    }

    /// Where the user goes on once they have logged in.
    pub fn next(&self) -> String {
        self.page
            .as_ref()
            .map_or_else(|| "/again".to_owned(), |page| format!("{page}?{AGAIN}=1"))
    }

    /// The form, as it was filled in.
    pub fn form<T: DeserializeOwned>(&self) -> Option<T> {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.fields)
            .finish();
        serde_html_form::from_str(&body).ok()
    }
}

/// Whether something waits in a browser.
pub fn waits(app: &App, headers: &HeaderMap) -> bool {
    let jar = axum_extra::extract::CookieJar::from_headers(headers);
    jar.get(name(app)).is_some()
}

/// The cookie that throws away what waits.
pub fn forget(app: &App) -> PrivateCookieJar {
    let cookie = Cookie::build((name(app), ""))
        .path("/")
        .http_only(true)
        .secure(app.config.secure())
        .same_site(SameSite::Lax)
        .max_age(time::Duration::ZERO)
        .build();
    PrivateCookieJar::new(app.cookie_key.clone()).add(cookie)
}
