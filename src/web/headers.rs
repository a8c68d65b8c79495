//! The header set of every response, errors included.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::app::App;
use crate::config::Config;

/// 128 random bits that mark the scripts of one response as ours.
#[derive(Clone, Debug, Default)]
pub struct Nonce(pub String);

impl Nonce {
    fn new() -> Self {
        Self(STANDARD_NO_PAD.encode(uuid::Uuid::new_v4().into_bytes()))
    }
}

impl std::fmt::Display for Nonce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

const FIXED: [(HeaderName, HeaderValue); 7] = [
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("strict-origin-when-cross-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-embedder-policy"),
        HeaderValue::from_static("require-corp"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), midi=(), \
             payment=(), usb=(), serial=(), hid=(), browsing-topics=(), publickey-credentials-get=(self), \
             publickey-credentials-create=(self)",
        ),
    ),
];

const VARY: HeaderValue = HeaderValue::from_static("Cookie, HX-Request, Accept-Encoding");

/// Of what everybody gets alike: a browser whose cookies have changed need not ask for it again.
const VARY_PUBLIC: HeaderValue = HeaderValue::from_static("Accept-Encoding");

/// The policy where there is no page: nothing may be done with it.
const NOTHING: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
);

const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

/// The headers of an answer without a page.
pub fn of_refusals(config: &Config) -> HeaderMap {
    let mut headers: HeaderMap = FIXED.into_iter().collect();
    headers.insert(header::CONTENT_SECURITY_POLICY, NOTHING);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if config.secure() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    headers
}

/// Middleware: a nonce for the page, and the headers on whatever answers.
pub async fn set(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let nonce = Nonce::new();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'; object-src 'none'; report-uri /csp-report"
    );
    request.extensions_mut().insert(nonce);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.entry(name).or_insert(value);
    }
    let is_public = headers
        .get(header::CACHE_CONTROL)
        .is_some_and(|kept| kept.as_bytes().starts_with(b"public"));
    // Compression has said that it matters which encodings a browser takes.
    headers.insert(header::VARY, if is_public { VARY_PUBLIC } else { VARY });
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if app.config.secure() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    // Whatever does not say that it may be kept is private.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
