//! What a session's cookie holds: a random number, and what only we can make of it. One that was made up is told by that,
//! so that whoever sends many of them keeps the database from nobody.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::store::random;
use crate::app::App;
use crate::error::Result;

const RANDOM: usize = 32;

fn mac(app: &App, random: &[u8]) -> Result<Hmac<Sha256>> {
    let mac = Hmac::<Sha256>::new_from_slice(app.config.secret_key());
    let mac = mac.map_err(anyhow::Error::from)?;
    Ok(mac.chain_update(b"session").chain_update(random))
}

/// A new one.
pub fn new(app: &App) -> Result<String> {
    let random = random()?;
    let tag = mac(app, &random)?.finalize().into_bytes();
    Ok(URL_SAFE_NO_PAD.encode([&random[..], &tag].concat()))
}

/// Whether a cookie is one of ours: whose it is, and whether it still counts, only the database knows.
pub fn is_ours(app: &App, token: &str) -> bool {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(token) else {
        return false;
    };
    let Some((random, tag)) = bytes.split_at_checked(RANDOM) else {
        return false;
    };
    mac(app, random).is_ok_and(|mac| mac.verify_slice(tag).is_ok())
}
