//! Errors become pages here, and are logged once.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use tower_http::request_id::RequestId;
use uuid::Uuid;

use crate::app::App;
use crate::error::Error;
use crate::ids::UserId;
use crate::web::admission;
use crate::web::form::FORM_LIMIT;
use crate::web::kept::{self, Kept, TooMuch};
use crate::web::refusals;
use crate::web::session::Viewer;
use crate::web::ui::Ui;

const FORM: &[u8] = b"application/x-www-form-urlencoded";

#[derive(Template)]
#[template(path = "error/page.html")]
struct ErrorPage {
    ui: Ui,
    status: u16,
    title: &'static str,
    text: String,
    /// What a person can tell us, to find the log line.
    reference: String,
    /// A posted form as it was sent, to send it again. Never with a password in it.
    again: Vec<(String, String)>,
    /// What it was to change, as it is now, if that is what is wrong.
    now: Vec<(String, String)>,
    /// What the keys in both are the names of.
    names: BTreeMap<Uuid, String>,
    /// Where to log in, if that is what is missing.
    log_in: Option<String>,
}

/// What a user's keys are the names of. Which features have such names, the routes say.
#[derive(Clone, Copy)]
pub struct Names(pub fn(App, UserId, Vec<Uuid>) -> Named);

/// Names by their keys, once they are found.
pub type Named = Pin<Box<dyn Future<Output = BTreeMap<Uuid, String>> + Send>>;

impl Names {
    /// The names of what was chosen in a form.
    pub async fn in_form(
        self,
        app: &App,
        user: UserId,
        fields: &[(String, String)],
    ) -> BTreeMap<Uuid, String> {
        let values = fields.iter().filter_map(|(_, value)| value.parse().ok());
        let keys = fields.iter().filter_map(|(name, _)| Some(keyed(name)?.1));
        (self.0)(app.clone(), user, values.chain(keys).collect()).await
    }
}

impl ErrorPage {
    /// What a person typed, without what the form carries for itself.
    fn typed(&self) -> Vec<(String, String)> {
        typed(&self.again, &self.names)
    }

    /// Field by field, as it is now and as it was typed: those in which one of the two says something.
    fn compared(&self) -> Vec<Compared> {
        let said = |fields: &[(String, String)], wanted: &str| {
            let mut fields = fields.iter().filter(|(name, _)| name == wanted).cloned();
            let one = Vec::from_iter(fields.next());
            typed(&one, &self.names).pop()
        };
        let rows = self.now.iter().filter_map(|(name, _)| {
            let (now, typed) = (said(&self.now, name), said(&self.again, name));
            let label = now.as_ref().or(typed.as_ref())?.0.clone();
            let [now, typed] =
                [now, typed].map(|said| said.map_or_else(String::new, |said| said.1));
            let differs = now != typed;
            Some(Compared {
                label,
                now,
                typed,
                differs,
            })
        });
        rows.collect()
    }
}

/// A field of a form that came too late.
struct Compared {
    label: String,
    now: String,
    typed: String,
    differs: bool,
}

/// The parts of the name of a field that a form has for each of many: `balance_0c9c…`
fn keyed(name: &str) -> Option<(&str, Uuid)> {
    let (field, id) = name.rsplit_once('_')?;
    Some((field, id.parse().ok()?))
}

/// What a person typed into a form, in words: the name of each field, and what stands in it.
pub fn typed(fields: &[(String, String)], names: &BTreeMap<Uuid, String>) -> Vec<(String, String)> {
    let words = fields
        .iter()
        .filter(|(name, value)| !kept::is_own(name) && !value.is_empty())
        .filter_map(|(name, value)| {
            let (field, of) = match keyed(name) {
                // What has no name any more says nothing to a person.
                Some((field, id)) => (field, format!(", {}", names.get(&id)?)),
                None => (name.as_str(), String::new()),
            };
            let mut label = field.replace('_', " ");
            if let Some(first) = label.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            let value = match value.parse::<Uuid>() {
                Ok(id) => names.get(&id)?.clone(),
                Err(_) if value == "on" => "yes".to_owned(),
                Err(_) => value.clone(),
            };
            Some((label + &of, value))
        });
    words.collect()
}

/// Middleware: gives every error a page with navigation, user and language, and logs ours.
pub async fn render(State(app): State<App>, request: Request, next: Next) -> Response {
    let reference = reference(request.extensions());
    let (parts, body) = request.into_parts();
    let mut before = parts.clone();
    let posted = parts
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(FORM));
    let (response, sent) = if posted {
        match to_bytes(body, FORM_LIMIT).await {
            Ok(sent) => (
                next.run(Request::from_parts(parts, Body::from(sent.clone())))
                    .await,
                sent,
            ),
            Err(_) => (Error::TooLarge.into_response(), Bytes::new()),
        }
    } else {
        (
            next.run(Request::from_parts(parts, body)).await,
            Bytes::new(),
        )
    };
    let mut response = if admission::was_cut(&before.extensions) {
        StatusCode::REQUEST_TIMEOUT.into_response()
    } else {
        response
    };
    let status = response.status();
    if posted
        && status.is_redirection()
        && kept::waits(&app, &before.headers)
        && before
            .extensions
            .get::<Arc<Viewer>>()
            .is_some_and(|viewer| {
                Kept::of(&app, &before.headers, viewer.id)
                    .is_some_and(|kept| kept.path == before.uri.path())
            })
    {
        // What waited has been taken.
        response = (kept::forget(&app), response).into_response();
    }
    let error = response.extensions().get::<Arc<Error>>().cloned();
    if error.is_none()
        && (!status.is_client_error() && !status.is_server_error() || has_body(&response))
    {
        return response;
    }
    let ui = match Ui::from_request_parts(&mut before, &app).await {
        Ok(ui) => ui,
        Err(never) => match never {},
    };
    if let Some(page) = error.as_deref().and_then(first) {
        let sent = if posted { &sent[..] } else { &[] };
        if let Some(response) = go_first(&app, page, &before, &ui, sent) {
            return response;
        }
    }
    let path = refusals::path(&before.extensions, &before.uri).into_owned();
    log(error.as_deref(), status, &reference, &ui, &path);
    let (title, text) = words(error.as_deref(), status);
    let again: Vec<(String, String)> = form_urlencoded::parse(&sent)
        .into_owned()
        .filter(|(name, _)| !name.contains("password") && name != "form_token")
        .map(|(name, value)| match name.as_str() {
            // The old key stands for what was saved under it.
            "form_key" if matches!(error.as_deref(), Some(Error::AlreadySaved)) => {
                (name, ui.form_key.to_string())
            }
            _ => (name, value),
        })
        .collect();
    let now: Vec<(String, String)> = match error.as_deref() {
        Some(Error::Changed(now)) => now
            .iter()
            .map(|(name, text)| ((*name).to_owned(), text.clone()))
            .collect(),
        _ => Vec::new(),
    };
    let both = [&now[..], &again[..]].concat();
    let names = match (&ui.viewer, before.extensions.get::<Names>()) {
        (Some(viewer), Some(names)) => {
            let names = names.in_form(&app, viewer.id, &both);
            // A page without them is better than none.
            tokio::time::timeout(app.config.times.session, names)
                .await
                .unwrap_or_default()
        }
        _ => BTreeMap::new(),
    };
    let page = ErrorPage {
        log_in: error.as_deref().and_then(first).map(|page| {
            let next: String = form_urlencoded::byte_serialize(ui.here.as_bytes()).collect();
            format!("{page}?next={next}")
        }),
        names,
        ui,
        status: status.as_u16(),
        title,
        text,
        reference,
        again,
        now,
    };
    let mut page = answer(page, status, error.as_deref());
    for kept in [header::ALLOW, header::CONNECTION] {
        if let Some(value) = response.headers().get(&kept) {
            page.headers_mut().insert(kept, value.clone());
        }
    }
    page
}

fn answer(page: ErrorPage, status: StatusCode, error: Option<&Error>) -> Response {
    let mut page = (status, crate::web::ui::html(page)).into_response();
    *page.status_mut() = status;
    if let Some(wait) = error.and_then(Error::retry_after) {
        page.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    page
}

/// The page of an error where nothing is known of who gets it, nor of what they sent.
pub async fn bare(
    app: &App,
    mut request: Parts,
    error: &Error,
    finish: impl FnOnce(Response) -> Response,
) -> Response {
    let ui = match Ui::from_request_parts(&mut request, app).await {
        Ok(ui) => ui,
        Err(never) => match never {},
    };
    let reference = reference(&request.extensions);
    let path = refusals::path(&request.extensions, &request.uri).into_owned();
    log(Some(error), error.status(), &reference, &ui, &path);
    let (title, text) = words(Some(error), error.status());
    let page = ErrorPage {
        ui,
        status: error.status().as_u16(),
        title,
        text,
        reference,
        again: Vec::new(),
        now: Vec::new(),
        names: BTreeMap::new(),
        log_in: None,
    };
    finish(answer(page, error.status(), Some(error)))
}

fn reference(extensions: &Extensions) -> String {
    extensions
        .get::<RequestId>()
        .and_then(|id| id.header_value().to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

/// A form that was refused, a health check, a file: answers that are complete as they are.
fn has_body(response: &Response) -> bool {
    response.headers().contains_key(header::CONTENT_TYPE)
        && response.headers().get(header::CONTENT_TYPE)
            != Some(&header::HeaderValue::from_static(
                "text/plain; charset=utf-8",
            ))
}

/// The page that a request must pass first.
fn first(error: &Error) -> Option<&'static str> {
    match error {
        Error::LoginRequired => Some("/login"),
        Error::SecondFactorDue => Some("/login/2fa"),
        Error::SecondFactorRequired => Some("/settings/security/totp"),
        Error::SudoRequired => Some("/sudo"),
        Error::MailRequired => Some("/sudo/browser"),
        _ => None,
    }
}

/// Leads to a page that leads back. A form cannot be opened again by its address: what was typed into it is kept, and
/// offered afterwards. `None` if it is more than can be kept.
fn go_first(app: &App, page: &str, request: &Parts, ui: &Ui, sent: &[u8]) -> Option<Response> {
    let (back, jar) = if request.method.is_safe() {
        (ui.path.clone(), None)
    } else {
        let from = ui.came_from.clone();
        match Kept::new(app, request, from.clone(), sent) {
            Ok(Some(kept)) => (kept.next(), Some(kept.cookie(app))),
            Ok(None) => (from.unwrap_or_default(), None),
            Err(TooMuch) => return None,
        }
    };
    let next: String = form_urlencoded::byte_serialize(back.as_bytes()).collect();
    let there = Redirect::to(&format!("{page}?next={next}"));
    Some(crate::web::ui::go(ui, (jar, there).into_response()))
}

fn log(error: Option<&Error>, status: StatusCode, reference: &str, ui: &Ui, path: &str) {
    let user = ui.viewer.as_ref().map(|viewer| viewer.id.0);
    match error {
        Some(Error::Internal(error)) => {
            tracing::error!(
                request.id = reference,
                user.id = user,
                path,
                error = format!("{error:#}"),
                "request failed"
            );
        }
        Some(Error::Unavailable(error)) => {
            tracing::error!(
                request.id = reference,
                user.id = user,
                path,
                error = format!("{error:#}"),
                "database unavailable"
            );
        }
        Some(Error::InLine(error)) => {
            tracing::warn!(
                request.id = reference,
                user.id = user,
                path,
                error = format!("{error:#}"),
                "another write took too long"
            );
        }
        // Those are counted where they are refused.
        Some(Error::Busy) => {}
        _ if status.is_server_error() => {
            tracing::error!(
                request.id = reference,
                user.id = user,
                path,
                status = status.as_u16(),
                "request failed"
            );
        }
        _ => {}
    }
}

/// `in 30 seconds`, `in 12 minutes`
pub fn soon(wait: Duration) -> String {
    match wait.as_secs() {
        0 | 1 => "in a second".to_owned(),
        seconds @ ..=90 => format!("in {seconds} seconds"),
        seconds => format!("in {} minutes", seconds.div_ceil(60)),
    }
}

fn words(error: Option<&Error>, status: StatusCode) -> (&'static str, String) {
    let kept = "Nothing was changed and nothing was lost.";
    match (error, status) {
        (Some(Error::LoginRequired), _) => (
            "You were signed out; nothing has been saved yet",
            "What you typed is below. Log in on another tab, come back here, and try again."
                .to_owned(),
        ),
        (Some(Error::AlreadySaved), _) => (
            "You saved this form before",
            "What you saved first is kept. What you typed now is something else, and isn't saved yet."
                .to_owned(),
        ),
        (Some(Error::Forbidden(why)), _) => ("This was not accepted", format!("{kept} {why}")),
        (Some(Error::BadRequest(why)), _) => {
            ("This request makes no sense to us", format!("{kept} {why}"))
        }
        (Some(Error::TooMany(wait)), _) => (
            "That was too often",
            format!("{kept} Try again {}.", soon(*wait)),
        ),
        (Some(Error::Changed(_)), _) => (
            "This has changed meanwhile",
            "It was changed on another page or device after you opened it, so what you typed isn't saved. Below is how it is \
             now, beside what you typed."
                .to_owned(),
        ),
        (Some(Error::Conflict(why)), _) => ("This has changed meanwhile", format!("{kept} {why}")),
        (Some(Error::Busy), _) => (
            "Too many people are here at once",
            format!("{kept} Try again in a moment: it can never be saved twice."),
        ),
        (Some(Error::InLine(_)), _) => (
            "Another change is still being saved",
            format!("{kept} Try again in a moment: it can never be saved twice."),
        ),
        (_, StatusCode::REQUEST_TIMEOUT) => (
            "This took too long to arrive",
            format!("{kept} Trying again is safe: it can never be saved twice."),
        ),
        (_, StatusCode::NOT_FOUND) => (
            "There is nothing here",
            "The page does not exist, or it is not yours to see.".to_owned(),
        ),
        (_, StatusCode::METHOD_NOT_ALLOWED) => (
            "This address does not take that",
            format!("{kept} Go to the page and use its form."),
        ),
        (_, StatusCode::PAYLOAD_TOO_LARGE) => {
            ("This is too large", format!("{kept} Send less at once."))
        }
        (_, StatusCode::SERVICE_UNAVAILABLE) => (
            "We could not reach your ledger",
            format!("{kept} Trying again is safe: it can never be saved twice."),
        ),
        (_, status) if status.is_server_error() => (
            "Something went wrong on our side",
            format!("{kept} It is in our log. Trying again is safe: it can never be saved twice."),
        ),
        _ => ("This request makes no sense to us", kept.to_owned()),
    }
}
