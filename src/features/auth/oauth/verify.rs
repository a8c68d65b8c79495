//! Whether an ID token is what it says. Pure: the keys and the time come from outside.

use anyhow::{Context, ensure};
use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::Value;

use crate::web::parse;
use crate::web::session::same_token;

/// By how much a provider's clock may differ from ours.
const LEEWAY: Duration = Duration::minutes(1);
/// A token is fresh: the browser comes straight from the provider.
const OLDEST: Duration = Duration::minutes(15);

/// What the token must say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    pub issuer: &'a str,
    /// Our id at the provider.
    pub audience: &'a str,
    pub nonce: &'a str,
    pub now: DateTime<Utc>,
}

/// Somebody, as a provider knows them.
#[derive(Clone, Debug, Deserialize)]
pub struct Claims {
    /// Never changes, and is never given to somebody else.
    pub sub: String,
    email: Option<String>,
    pub name: Option<String>,
    #[serde(default)]
    email_verified: Value,
    nonce: Option<String>,
    aud: Value,
    azp: Option<String>,
    exp: i64,
    iat: i64,
}

impl Claims {
    /// Their address, if it can be written to.
    pub fn address(&self) -> Option<String> {
        parse::email(self.email.as_deref()?).ok()
    }

    /// The provider says that the address is its user's.
    pub fn is_email_verified(&self) -> bool {
        self.email_verified == Value::Bool(true)
    }
}

/// The name of the key that a token says it was signed with.
pub fn key_name(token: &str) -> anyhow::Result<String> {
    decode_header(token)?.kid.context("it names no key")
}

/// What the token says, if all of it can be believed.
pub fn verify(token: &str, keys: &JwkSet, expected: &Expected<'_>) -> anyhow::Result<Claims> {
    let key = keys
        .find(&key_name(token)?)
        .context("its key is not known")?;
    ensure!(signs_rs256(key), "its key is not for RS256");
    // One algorithm, named here and not by the token: neither "none" nor a public key as a shared secret.
    let mut rules = Validation::new(Algorithm::RS256);
    rules.set_issuer(&[expected.issuer]);
    rules.set_audience(&[expected.audience]);
    rules.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
    // Times are checked below, by our clock.
    rules.validate_exp = false;
    let claims: Claims = decode(token, &DecodingKey::from_jwk(key)?, &rules)?.claims;
    let alone = match &claims.aud {
        Value::Array(all) => all.len() == 1,
        _ => true,
    };
    ensure!(
        alone || claims.azp.is_some(),
        "it is for several, and does not say for whom"
    );
    ensure!(
        claims
            .azp
            .as_deref()
            .is_none_or(|azp| azp == expected.audience),
        "it was made for somebody else"
    );
    let now = expected.now.timestamp();
    ensure!(claims.exp > now - LEEWAY.num_seconds(), "it is over");
    ensure!(
        claims.iat <= now + LEEWAY.num_seconds(),
        "it is from the future"
    );
    ensure!(claims.iat >= now - OLDEST.num_seconds(), "it is old");
    let nonce = claims.nonce.as_deref().context("it has no nonce")?;
    ensure!(same_token(nonce, expected.nonce), "its nonce is another");
    let plain = claims.sub.chars().all(|c| c.is_ascii_graphic());
    ensure!(
        plain && (1..=255).contains(&claims.sub.len()),
        "its subject is none"
    );
    Ok(claims)
}

fn signs_rs256(key: &Jwk) -> bool {
    let common = &key.common;
    matches!(key.algorithm, AlgorithmParameters::RSA(_))
        && matches!(common.key_algorithm, None | Some(KeyAlgorithm::RS256))
        && matches!(common.public_key_use, None | Some(PublicKeyUse::Signature))
}
