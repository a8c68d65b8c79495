//! ★ Table of contents: the features' routes, then the middleware, from the outside in.

use std::io::ErrorKind::{InvalidFilename, NotADirectory, NotFound};
use std::path::PathBuf;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use tower::ServiceBuilder;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::services::{ServeDir, ServeFile};
use tower_http::timeout::TimeoutLayer;

use crate::app::App;
use crate::error::Error;
use crate::features;
use crate::web::errors::Names;
use crate::web::form::FORM_LIMIT;
use crate::web::{client, errors, headers, limits, notices, origin, refusals, session, ui};

/// A request is answered within this time, or refused. Uploads and downloads of everything have longer.
const REQUEST_TIME: Duration = Duration::from_secs(15);
const TRANSFER_TIME: Duration = Duration::from_secs(180);

/// Pages are compressed anew for each request: this level takes a third of the time of the usual one, and a twentieth
/// more bytes.
const PAGE_COMPRESSION: CompressionLevel = CompressionLevel::Precise(3);

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
        .layer(within(REQUEST_TIME))
        .merge(features::account::transfers(&app).layer(within(TRANSFER_TIME)))
        .fallback(async || Error::NotFound)
        .method_not_allowed_fallback(async || StatusCode::METHOD_NOT_ALLOWED)
        .layer(
            ServiceBuilder::new()
                .layer(from_fn_with_state(app.clone(), session::load))
                .layer(from_fn_with_state(app.clone(), notices::tell))
                .layer(from_fn_with_state(app.clone(), take_flash_back))
                .layer(Extension(NAMES))
                .layer(from_fn_with_state(app.clone(), errors::render))
                .layer(CatchPanicLayer::custom(panicked))
                .layer(from_fn_with_state(app.clone(), origin::require_same))
                .layer(DefaultBodyLimit::max(FORM_LIMIT)),
        );
    let folder = &app.assets.folder;
    let statics = Router::new()
        .nest("/static/dist", files(folder.join("dist"), FOREVER))
        .nest("/static", files(folder.clone(), AN_HOUR))
        .layer(CompressionLayer::new());
    Router::new()
        .merge(statics)
        .route("/favicon.ico", get(favicon))
        .route("/robots.txt", get(robots))
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready))
        .route(
            "/csp-report",
            limits::limited(&app, limits::REPORT, Method::POST, post(csp_report))
                .layer(DefaultBodyLimit::max(16 * 1024)),
        )
        .merge(pages)
        .layer(
            ServiceBuilder::new()
                .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
                .layer(PropagateRequestIdLayer::new(REQUEST_ID))
                .layer(from_fn_with_state(app.clone(), client::find))
                .layer(from_fn(refusals::log))
                .layer(from_fn_with_state(app.clone(), headers::set))
                .layer(CompressionLayer::new().quality(PAGE_COMPRESSION)),
        )
        .with_state(app)
}

fn within(time: Duration) -> TimeoutLayer {
    TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, time)
}

/// The files of a folder. Browsers keep what is found as `kept` says, and ask again for what is not there.
fn files(folder: PathBuf, kept: HeaderValue) -> Router<App> {
    let folder = ServeDir::new(folder).append_index_html_on_directories(false);
    Router::new().fallback(async move |request: Request| {
        let mut response = sent(folder.clone().try_call(request).await);
        if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
            response.headers_mut().insert(header::CACHE_CONTROL, kept);
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

/// A notice is shown once.
async fn take_flash_back(State(app): State<App>, request: Request, next: Next) -> Response {
    let brought = ui::brought_flash(&app, request.headers());
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

/// Whether requests can be answered: the database is there and has its migrations.
async fn ready(State(app): State<App>) -> Response {
    let applied = tokio::time::timeout(
        Duration::from_secs(1),
        sqlx::query_scalar!(r#"select count(*) as "n!" from _sqlx_migrations where success"#)
            .fetch_one(&app.db),
    );
    match applied.await {
        Ok(Ok(n)) if usize::try_from(n).is_ok_and(|n| n >= crate::MIGRATOR.iter().count()) => {
            "ready".into_response()
        }
        Ok(Ok(_)) => (StatusCode::SERVICE_UNAVAILABLE, "migrations are pending").into_response(),
        _ => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer",
        )
            .into_response(),
    }
}

/// What browsers say of scripts and styles that the policy stopped.
async fn csp_report(body: String) -> StatusCode {
    tracing::warn!(report = body, "content security policy report");
    StatusCode::NO_CONTENT
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
