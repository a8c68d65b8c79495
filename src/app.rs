//! All that a handler or a job may reach.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use axum_extra::extract::cookie::Key;
use chrono::{DateTime, SubsecRound, Utc};
use sha2::{Digest, Sha512};
use sqlx::PgPool;
use webauthn_rs::{Webauthn, WebauthnBuilder};

use crate::config::Config;
use crate::web::assets::Assets;

/// Cheap to clone; one for each running server.
#[derive(Clone, Debug)]
pub struct App {
    pub db: PgPool,
    pub config: Arc<Config>,
    pub assets: Arc<Assets>,
    /// Encrypts what a cookie carries for the next page.
    pub cookie_key: Key,
    /// Asks for passkeys and checks them. `None` where browsers have none: at a public URL with an IP address.
    pub passkeys: Option<Arc<Webauthn>>,
    clock: Clock,
    kept: Kept,
}

impl App {
    /// Reads the built assets; fails if there are none.
    pub fn new(config: Config, db: PgPool, clock: Clock) -> anyhow::Result<Self> {
        Ok(Self {
            assets: Arc::new(Assets::read(&static_dir())?),
            cookie_key: Key::from(
                &Sha512::new()
                    .chain_update(b"cookies")
                    .chain_update(config.secret_key())
                    .finalize(),
            ),
            passkeys: passkeys(&config)?.map(Arc::new),
            db,
            config: Arc::new(config),
            clock,
            kept: Kept::default(),
        })
    }

    /// The time: the machine's, or a test's.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The one `T` of this server, made when it is first asked for: caches and semaphores of features.
    pub fn kept<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        self.kept.one()
    }
}

/// Passkeys belong to the name of one host, and work on pages of one origin.
fn passkeys(config: &Config) -> anyhow::Result<Option<Webauthn>> {
    let url = config.public_url();
    let made = url.domain().map(|domain| {
        let passkeys = WebauthnBuilder::new(domain, url)?.rp_name("StakeEasy");
        passkeys.build()
    });
    Ok(made.transpose()?)
}

/// Where the time comes from.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// Stands still until it is set.
    Stopped(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// A clock that stands at an instant.
    pub fn stopped(at: DateTime<Utc>) -> Self {
        Clock::Stopped(Arc::new(Mutex::new(at)))
    }

    /// Sets a stopped clock. The machine's goes on as it is.
    pub fn set(&self, at: DateTime<Utc>) {
        if let Clock::Stopped(time) = self {
            *time.lock().unwrap_or_else(PoisonError::into_inner) = at;
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the machine's clock"
    )]
    fn now(&self) -> DateTime<Utc> {
        match self {
            // The database keeps microseconds: what is compared with it later must not have more.
            Clock::System => Utc::now().trunc_subsecs(6),
            Clock::Stopped(time) => *time.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

/// One value of each type that was asked for.
#[derive(Clone, Default)]
struct Kept(Arc<RwLock<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>>);

impl Kept {
    fn one<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let id = TypeId::of::<T>();
        let found = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&id)
            .cloned();
        let any = found.unwrap_or_else(|| {
            let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
            kept.entry(id)
                .or_insert_with(|| Arc::new(T::default()))
                .clone()
        });
        any.downcast().unwrap_or_default()
    }
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kept")
    }
}

/// The folder of static files: `static` where the program was started, else beside the program or above it.
pub fn static_dir() -> PathBuf {
    let executable = std::env::current_exe().unwrap_or_default();
    let beside = executable
        .ancestors()
        .skip(1)
        .map(|folder| folder.join("static"));
    let here = PathBuf::from("static");
    std::iter::once(here.clone())
        .chain(beside)
        .find(|folder| folder.join("dist").is_dir())
        .unwrap_or(here)
}
