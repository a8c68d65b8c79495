//! How often one network may do what is dear or dangerous. Counted in memory: what must outlive a restart is counted
//! by account, in the database.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::{Method, Request, Response};
use axum::response::IntoResponse;
use axum::routing::MethodRouter;
use ipnet::IpNet;
use tower_governor::governor::GovernorConfigBuilder;
use tower_governor::key_extractor::KeyExtractor;
use tower_governor::{GovernorError, GovernorLayer};

use crate::app::App;
use crate::error::Error;
use crate::web::client::Client;

/// So many at once, and then one more each so often.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    pub burst: u32,
    pub every: Duration,
}

impl Limit {
    const fn new(burst: u32, seconds: u64) -> Self {
        Self {
            burst,
            every: Duration::from_secs(seconds),
        }
    }
}

/// Passwords and codes.
pub const LOGIN: Limit = Limit::new(10, 30);
/// Words on a password while it is typed.
pub const CHECK: Limit = Limit::new(60, 1);
/// New accounts: three an hour.
pub const REGISTER: Limit = Limit::new(3, 20 * 60);
/// Mails to whoever forgot: three an hour.
pub const FORGOT: Limit = Limit::new(3, 20 * 60);
/// Files taken in: six an hour.
pub const IMPORT: Limit = Limit::new(6, 10 * 60);
/// Files of everything: ten an hour.
pub const EXPORT: Limit = Limit::new(10, 6 * 60);
/// Reports of browsers: ten a minute.
pub const REPORT: Limit = Limit::new(10, 6);

/// A network's key. Every request has one.
#[derive(Clone, Debug)]
struct ByNetwork;

impl KeyExtractor for ByNetwork {
    type Key = IpNet;

    fn extract<T>(&self, request: &Request<T>) -> Result<IpNet, GovernorError> {
        request
            .extensions()
            .get::<Client>()
            .map(|client| client.network())
            .ok_or(GovernorError::UnableToExtractKey)
    }
}

/// Limits the requests of one method to a route. Not on a machine that only its owner reaches: all come from one
/// address there, and it is theirs.
pub fn limited(
    app: &App,
    limit: Limit,
    method: Method,
    route: MethodRouter<App>,
) -> MethodRouter<App> {
    let config = GovernorConfigBuilder::default()
        .period(limit.every)
        .burst_size(limit.burst)
        .methods(vec![method])
        .key_extractor(ByNetwork)
        .finish();
    let Some(config) = config.filter(|_| !app.config.is_private()) else {
        return route;
    };
    let limiter = config.limiter().clone();
    app.kept::<Limiters>().add(move || limiter.retain_recent());
    route.layer(GovernorLayer::new(config).error_handler(refuse))
}

fn refuse(error: GovernorError) -> Response<axum::body::Body> {
    match error {
        GovernorError::TooManyRequests { wait_time, .. } => {
            Error::TooMany(Duration::from_secs(wait_time.max(1))).into_response()
        }
        other => Error::Internal(anyhow::anyhow!("a limit could not be counted: {other}"))
            .into_response(),
    }
}

/// What forgets networks that have not been heard of for a while, one for each limit.
#[derive(Default)]
pub struct Limiters(Mutex<Vec<Box<dyn Fn() + Send + Sync>>>);

impl Limiters {
    fn add(&self, forget: impl Fn() + Send + Sync + 'static) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(Box::new(forget));
    }

    /// Forgets networks whose limit is full again: they are like new ones.
    pub fn sweep(&self) {
        for forget in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            forget();
        }
    }
}
