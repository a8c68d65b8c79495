//! Passwords' hashes. Hashing runs off the async threads, a few at a time: each takes 64 MiB
//! and a good part of a second, and the pages of everybody else must not wait for it.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use anyhow::{Context, anyhow};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;

use super::password::normal;
use crate::app::App;
use crate::error::{Error, Result};

/// argon2id over 64 MiB, twice, on one lane.
static PARAMS: LazyLock<Params> =
    LazyLock::new(|| Params::new(65_536, 2, 1, Some(32)).unwrap_or_default());

/// The same over 19 MiB, for codes that we make: nobody guesses their 50 bits, and a person gets ten of them at once.
static PARAMS_OF_CODES: LazyLock<Params> =
    LazyLock::new(|| Params::new(19_456, 2, 1, Some(32)).unwrap_or_default());

/// How long a login waits for its turn before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(3);

/// How many passwords are hashed at once: as many as there are processors.
struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new(Semaphore::new(processors)))
    }
}

/// What a password was found to be.
pub struct Outcome {
    pub matches: bool,
    /// The hash to keep from now on: the old one was made with weaker parameters.
    pub rehashed: Option<String>,
}

/// Hashes a new password in its normal form.
pub async fn hash(app: &App, password: String) -> Result<String> {
    in_turn(app, move || hash_now(&normal(&password))).await
}

/// Compares a password, in its normal form, with a hash. Without a hash it takes as long, and does not match: the time must not say
/// whether there is such a user.
pub async fn verify(app: &App, password: String, known: Option<String>) -> Result<Outcome> {
    in_turn(app, move || {
        let password = normal(&password);
        let text = known.as_deref().unwrap_or(&DUMMY);
        let parsed =
            PasswordHash::new(text).map_err(|error| anyhow!("a stored hash is broken: {error}"))?;
        let matches = hasher(&PARAMS)
            .verify_password(password.as_bytes(), &parsed)
            .is_ok()
            && known.is_some();
        let params = Params::try_from(&parsed).ok();
        let weaker =
            params.is_none_or(|p| p.m_cost() < PARAMS.m_cost() || p.t_cost() < PARAMS.t_cost());
        let rehashed = if matches && weaker {
            Some(hash_now(&password)?)
        } else {
            None
        };
        Ok(Outcome { matches, rehashed })
    })
    .await
}

/// Nobody's password.
static DUMMY: LazyLock<String> =
    LazyLock::new(|| hash_now("nobody's password").unwrap_or_default());

fn hasher(params: &Params) -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
}

fn hash_now(password: &str) -> anyhow::Result<String> {
    let hash = hasher(&PARAMS)
        .hash_password(password.as_bytes())
        .map_err(|error| anyhow!("hashing failed: {error}"))?;
    Ok(hash.to_string())
}

/// Hashes codes with a salt that they share, in one turn.
pub async fn derive(app: &App, codes: Vec<String>, salt: [u8; 16]) -> Result<Vec<Vec<u8>>> {
    in_turn(app, move || {
        let derive = |code: String| {
            let mut hash = vec![0; 32];
            hasher(&PARAMS_OF_CODES)
                .hash_password_into(code.as_bytes(), &salt, &mut hash)
                .map_err(|error| anyhow!("hashing failed: {error}"))?;
            Ok(hash)
        };
        codes.into_iter().map(derive).collect()
    })
    .await
}

/// Does what takes a processor for long, when it is its turn.
pub async fn in_turn<T: Send + 'static>(
    app: &App,
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> Result<T> {
    let turns: Arc<Turns> = app.kept();
    let turn = tokio::time::timeout(PATIENCE, turns.0.clone().acquire_owned())
        .await
        .map_err(|_| Error::Unavailable(anyhow!("too many people sign in at once")))?;
    let result = tokio::task::spawn_blocking(move || {
        // The turn ends with the work, not with whoever waits for it: a browser that hangs up must not make room for
        // more work beside this.
        let _turn = turn;
        work()
    })
    .await
    .context("hashing stopped")?;
    Ok(result?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_argon2id_with_our_parameters() {
        let hash = hash_now("four random words").unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=65536,t=2,p=1$"),
            "{hash}"
        );
    }
}
