//! ★ Table of contents: the features' routes, then the middleware, from the outside in.

use std::io::ErrorKind::{InvalidFilename, NotADirectory, NotFound};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::services::{ServeDir, ServeFile};

use crate::app::App;
use crate::disk;
use crate::error::Error;
use crate::features;
use crate::web::admission::Span;
use crate::web::errors::Names;
use crate::web::form::FORM_LIMIT;
use crate::web::{
    Path, admission, client, compression, errors, headers, limits, notices, origin, refusals,
    reports, session, ui,
};

/// Built assets have a hash in their names: they never change.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Pictures and icons keep their names when they change.
const AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// What a person chose in a form has a name, which pages about the form tell.
const NAMES: Names =
    Names(|app, owner, keys| Box::pin(features::bankroll::names(app, owner, keys)));

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Every route, with everything around it.
pub fn router(app: App) -> Router {
    let pages = Router::new()
        .merge(features::home::router())
        .merge(features::pages::router())
        .merge(features::auth::router(&app))
        .merge(features::account::router())
        .merge(features::bankroll::router())
        .merge(features::achievements::router())
        .merge(features::recommendations::router())
        .merge(features::tools::router())
        .merge(features::goals::router())
        .merge(features::currency::router())
        .merge(features::admin::router())
        .merge(features::account::transfers(&app))
        .fallback(async || Error::NotFound)
        .method_not_allowed_fallback(async || StatusCode::METHOD_NOT_ALLOWED)
        .layer(
            ServiceBuilder::new()
                .layer(from_fn_with_state(app.clone(), compression::only_for_us))
                .layer(from_fn(compression::compress))
                .layer(from_fn_with_state(app.clone(), session::load))
                .layer(from_fn(admission::share))
                .layer(from_fn_with_state(app.clone(), notices::tell))
                .layer(from_fn_with_state(app.clone(), take_flash_back))
                .layer(Extension(NAMES))
                .layer(from_fn_with_state(app.clone(), errors::render))
                .layer(CatchPanicLayer::custom(panicked))
                .layer(from_fn_with_state(app.clone(), admission::in_time))
                .layer(from_fn_with_state(app.clone(), origin::require_same))
                .layer(DefaultBodyLimit::max(FORM_LIMIT)),
        );
    let folder = &app.assets.folder;
    let statics = Router::new()
        .route("/static/dist/{file}", get(built))
        .nest("/static", files(folder.clone()));
    Router::new()
        .merge(statics)
        .route("/favicon.ico", get(favicon))
        .route("/robots.txt", get(robots))
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready))
        .route(
            "/csp-report",
            limits::limited(&app, limits::REPORT, Method::POST, post(reports::take))
                .layer(DefaultBodyLimit::max(reports::LARGEST))
                .layer(from_fn(admission::share)),
        )
        .merge(pages)
        .layer(
            ServiceBuilder::new()
                .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
                .layer(PropagateRequestIdLayer::new(REQUEST_ID))
                .layer(from_fn_with_state(app.clone(), client::find))
                .layer(from_fn(refusals::log))
                .layer(from_fn_with_state(app.clone(), headers::set))
                .layer(from_fn_with_state(app.clone(), admit)),
        )
        .with_state(app)
}

/// Around every route, so that none is without: see [`admission`].
async fn admit(State(app): State<App>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let is_transfer =
        route.is_some_and(|route| features::account::TRANSFERS.contains(&route.as_str()));
    let span = if is_transfer {
        Span::Transfer
    } else {
        Span::Page
    };
    admission::admit(app, span, request, next).await
}

/// What Vite built. Browsers ask again for what is not there.
async fn built(State(app): State<App>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    match app.assets.response(&name, &headers) {
        Some(file) => ([(header::CACHE_CONTROL, FOREVER)], file).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The other files of a folder. Browsers ask again for what is not there.
fn files(folder: PathBuf) -> Router<App> {
    let folder = ServeDir::new(folder).append_index_html_on_directories(false);
    Router::new().fallback(async move |request: Request| {
        let mut response = sent(folder.clone().try_call(request).await);
        if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
            response
                .headers_mut()
                .insert(header::CACHE_CONTROL, AN_HOUR);
        }
        response
    })
}

fn sent(file: std::io::Result<impl IntoResponse>) -> Response {
    match file {
        Ok(response) => response.into_response(),
        // Also when no file can have that name.
        Err(error) if matches!(error.kind(), NotFound | NotADirectory | InvalidFilename) => {
            StatusCode::NOT_FOUND.into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a file could not be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A notice is shown once, on a page: a part of one has no place for it.
async fn take_flash_back(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_page = !request.headers().contains_key("hx-request");
    let brought = is_page && ui::brought_flash(&app, request.headers());
    let response = next.run(request).await;
    let shown = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if brought && shown {
        return (ui::take_flash_back(&app), response).into_response();
    }
    response
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature is the layer's"
)]
fn panicked(cause: Box<dyn std::any::Any + Send>) -> Response {
    let text = cause
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| cause.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without words".to_owned());
    Error::Internal(anyhow::anyhow!("panic: {text}")).into_response()
}

/// How long each of what a site needs may take to say that it is there.
const CHECK_TIME: Duration = Duration::from_secs(1);

/// Whether requests can be answered: the database is there and has its migrations, and the disk takes what is written.
async fn ready(State(app): State<App>) -> Response {
    let faults = match tokio::join!(database_fault(&app), disk_fault(&app)) {
        (None, None) => return "ready".into_response(),
        (database, disk) => database.into_iter().chain(disk).collect::<Vec<_>>(),
    };
    (StatusCode::SERVICE_UNAVAILABLE, faults.join("; ")).into_response()
}

async fn database_fault(app: &App) -> Option<&'static str> {
    let applied = tokio::time::timeout(
        CHECK_TIME,
        sqlx::query_scalar!(r#"select count(*) as "n!" from _sqlx_migrations where success"#)
            .fetch_one(&app.db),
    );
    match applied.await {
        Ok(Ok(n)) if usize::try_from(n).is_ok_and(|n| n >= crate::MIGRATOR.iter().count()) => None,
        Ok(Ok(_)) => Some("migrations are pending"),
        _ => Some("the database does not answer"),
    }
}

/// When the disk was looked at last, and what was wrong. Looking writes to it: anybody may ask, and not each is a reason
/// to look again.
#[derive(Default)]
struct LastLook(tokio::sync::Mutex<Option<(Instant, Option<&'static str>)>>);

/// From one look at the disk to the next.
const LOOK_EVERY: Duration = Duration::from_secs(2);

async fn disk_fault(app: &App) -> Option<&'static str> {
    const SILENT: &str = "the disk of the data directory does not answer";
    let last = app.kept::<LastLook>();
    let look = async {
        let mut last = last.0.lock().await;
        if let Some((at, fault)) = *last
            && at.elapsed() < LOOK_EVERY
        {
            return fault;
        }
        let dir = app.config.data_dir.clone();
        let looked = tokio::task::spawn_blocking(move || {
            disk::writes(&dir)
                .map_err(|error| ("the data directory cannot be written to", error))?;
            disk::free(&dir).map_err(|error| ("the disk of the data directory is full", error))
        });
        let fault = match looked.await {
            Ok(Ok(_)) => None,
            Ok(Err((fault, error))) => {
                tracing::error!(error = format!("{error:#}"), "not ready: {fault}");
                Some(fault)
            }
            Err(_) => Some(SILENT),
        };
        *last = Some((Instant::now(), fault));
        fault
    };
    tokio::time::timeout(CHECK_TIME, look)
        .await
        .unwrap_or(Some(SILENT))
}

async fn favicon(State(app): State<App>, request: Request) -> Response {
    file(&app, "favicon.ico", request).await
}

async fn robots(State(app): State<App>, request: Request) -> Response {
    file(&app, "robots.txt", request).await
}

async fn file(app: &App, name: &str, request: Request) -> Response {
    let mut file = ServeFile::new(app.assets.folder.join(name));
    sent(file.try_call(request).await)
}
