//! `/csp-report`: what browsers say of scripts and styles that the policy stopped. Anybody may send them, so they are
//! small, and the log has a few of them only.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use serde_json::Value;
use tokio::time::Instant;

use crate::app::App;
use crate::web::admission;

/// Bytes of a report, at most.
pub const LARGEST: usize = 4 * 1024;

/// What browsers send, with the older directive and with the newer one.
const KINDS: [&str; 2] = ["application/csp-report", "application/reports+json"];

/// From one line in the log to the next.
const EVERY: Duration = Duration::from_secs(10);

/// Of a value, at most so many characters are logged.
const LONGEST: usize = 200;

/// When a report was last logged, and how many have come since.
#[derive(Default)]
struct Sample(Mutex<(Option<Instant>, u64)>);

impl Sample {
    /// Whether this one is logged; how many were not since the last that was.
    fn takes(&self) -> Option<u64> {
        let mut sample = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, skipped) = &mut *sample;
        if last.is_some_and(|last| last.elapsed() < EVERY) {
            *skipped += 1;
            return None;
        }
        *last = Some(Instant::now());
        Some(std::mem::take(skipped))
    }
}

/// Takes a report.
pub async fn take(State(app): State<App>, request: Request) -> StatusCode {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !KINDS.contains(&kind.split(';').next().unwrap_or_default().trim()) {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST).await else {
        return if admission::was_cut(&parts.extensions) {
            StatusCode::REQUEST_TIMEOUT
        } else {
            StatusCode::PAYLOAD_TOO_LARGE
        };
    };
    let Ok(report) = serde_json::from_slice::<Value>(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    let Some(skipped) = app.kept::<Sample>().takes() else {
        return StatusCode::NO_CONTENT;
    };
    let report = report.get(0).unwrap_or(&report);
    let report = report.get("csp-report").or(report.get("body"));
    let said = |names: [&str; 2]| {
        let value = names.iter().find_map(|name| report?.get(name)?.as_str());
        // The rest of an address can be somebody's.
        let value = value.unwrap_or_default().split(['?', '#']).next();
        let value = value.unwrap_or_default().chars().take(LONGEST);
        value.collect::<String>()
    };
    tracing::warn!(
        page = said(["document-uri", "documentURL"]),
        directive = said(["effective-directive", "effectiveDirective"]),
        blocked = said(["blocked-uri", "blockedURL"]),
        skipped,
        "content security policy report"
    );
    StatusCode::NO_CONTENT
}
