//! Passwords' hashes. Hashing runs off the async threads, a few at a time: each takes 64 MiB
//! and a good part of a second, and the pages of everybody else must not wait for it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context, anyhow};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;

use super::password::normal;
use crate::app::App;
use crate::config::HashingCost;
use crate::error::{Error, Result};

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

/// Nobody's password.
#[derive(Default)]
struct Dummy(OnceLock<String>);

/// What a password was found to be.
pub struct Outcome {
    pub matches: bool,
    /// The hash to keep from now on: the old one was made with weaker parameters.
    pub rehashed: Option<String>,
}

/// Hashes a new password in its normal form.
pub async fn hash(app: &App, password: String) -> Result<String> {
    let cost = app.config.hashing;
    in_turn(app, move || hash_now(&normal(&password), cost)).await
}

/// Compares a password, in its normal form, with a hash. Without a hash it takes as long, and does not match: the time must not say
/// whether there is such a user.
pub async fn verify(app: &App, password: String, known: Option<String>) -> Result<Outcome> {
    let cost = app.config.hashing;
    let dummy: Arc<Dummy> = app.kept();
    in_turn(app, move || {
        let password = normal(&password);
        let nobodys = || hash_now("nobody's password", cost).unwrap_or_default();
        let text = match &known {
            Some(hash) => hash,
            None => dummy.0.get_or_init(nobodys),
        };
        let parsed =
            PasswordHash::new(text).map_err(|error| anyhow!("a stored hash is broken: {error}"))?;
        let matches = hasher(cost.password_memory, cost)?
            .verify_password(password.as_bytes(), &parsed)
            .is_ok()
            && known.is_some();
        let params = Params::try_from(&parsed).ok();
        let weaker =
            params.is_none_or(|p| p.m_cost() < cost.password_memory || p.t_cost() < cost.passes);
        let rehashed = if matches && weaker {
            Some(hash_now(&password, cost)?)
        } else {
            None
        };
        Ok(Outcome { matches, rehashed })
    })
    .await
}

fn hash_now(password: &str, cost: HashingCost) -> anyhow::Result<String> {
    let hash = hasher(cost.password_memory, cost)?
        .hash_password(password.as_bytes())
        .map_err(|error| anyhow!("hashing failed: {error}"))?;
    Ok(hash.to_string())
}

/// argon2id over this much memory, in KiB.
fn hasher(memory: u32, cost: HashingCost) -> anyhow::Result<Argon2<'static>> {
    let params = Params::new(memory, cost.passes, 1, Some(32))
        .map_err(|error| anyhow!("no way to hash: {error}"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hashes codes with a salt that they share, in one turn.
pub async fn derive(app: &App, codes: Vec<String>, salt: [u8; 16]) -> Result<Vec<Vec<u8>>> {
    let cost = app.config.hashing;
    in_turn(app, move || {
        let hasher = hasher(cost.code_memory, cost)?;
        let derive = |code: String| {
            let mut hash = vec![0; 32];
            hasher
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
        .map_err(|_| {
            tracing::warn!("somebody was told to come back: too many passwords are waiting");
            Error::Busy
        })?;
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
        let hash = hash_now("four random words", HashingCost::default()).unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=65536,t=2,p=1$"),
            "{hash}"
        );
    }
}
