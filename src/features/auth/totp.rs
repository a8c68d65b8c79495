//! Codes from an app: six digits from a shared secret and the time, as RFC 6238 has them. Also recovery codes, for when
//! the app is gone.

use anyhow::{Context, anyhow, ensure};
use qrcodegen::{QrCode, QrCodeEcc};
use subtle::ConstantTimeEq;
use totp_rs::{Builder, Totp};

use super::hashing;
use super::queries::factors as queries;
use crate::app::App;
use crate::error::Result;
use crate::ids::UserId;
use crate::seal::{self, Purpose};

const STEP: u64 = 30;
/// Wrong codes of an account a day, from anywhere. Recovery codes go on working.
const A_DAY: i32 = 20;
const CODES: usize = 10;
/// What base32 is written with.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What a code was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Right,
    /// It is another, too old, or was used before.
    Wrong,
    /// There were too many wrong ones today.
    TooMany,
}

/// A new secret of 160 bit.
pub fn new_secret() -> anyhow::Result<[u8; 20]> {
    random()
}

fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("no random numbers: {error}"))?;
    Ok(bytes)
}

fn totp(secret: &[u8], email: &str) -> anyhow::Result<Totp> {
    ensure!(secret.len() == 20, "a secret has the wrong length");
    Builder::new()
        .with_skew(0)
        .with_secret(secret)
        .with_issuer(Some("StakeEasy"))
        .with_account_name(email)
        .build()
        .map_err(|error| anyhow!("no codes from this secret: {error}"))
}

/// The half-minute whose code this is: the present one or the one before.
pub fn step(secret: &[u8], code: &str, now: i64) -> anyhow::Result<Option<i64>> {
    let totp = totp(secret, "")?;
    let now = u64::try_from(now)?;
    let found = totp
        .check(code, now)
        .or_else(|| totp.check(code, now.saturating_sub(STEP)));
    Ok(found.map(i64::try_from).transpose()?)
}

/// The secret to be typed, in groups of four.
pub fn typed(secret: &[u8]) -> String {
    let text = totp_rs::Secret::from(secret).to_base32();
    let groups: Vec<&str> = (0..text.len())
        .step_by(4)
        .filter_map(|at| text.get(at..(at + 4).min(text.len())))
        .collect();
    groups.join(" ")
}

/// The squares of a QR code.
pub struct Squares {
    /// How many there are from side to side, with the margin.
    pub size: i32,
    /// The dark ones, as an SVG path.
    pub path: String,
}

/// The secret as apps scan it.
pub fn squares(secret: &[u8], email: &str) -> anyhow::Result<Squares> {
    let url = totp(secret, email)?
        .to_url()
        .map_err(|error| anyhow!("no address for this secret: {error}"))?;
    let code = QrCode::encode_text(&url, QrCodeEcc::Medium).context("too long for a QR code")?;
    let dark = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
    let squares: Vec<String> = dark
        .filter(|(x, y)| code.get_module(*x, *y))
        .map(|(x, y)| format!("M{} {}h1v1h-1z", x + 4, y + 4))
        .collect();
    let path = squares.concat();
    Ok(Squares {
        size: code.size() + 8,
        path,
    })
}

/// Looks at a code, and uses it up. It counts as wrong before it is looked at, so that a thousand at once are a thousand.
pub async fn take(app: &App, user: UserId, code: &str) -> Result<Verdict> {
    let known = queries::factors(&app.db, user).await?;
    let (Some(sealed), Some(_)) = (known.totp_secret, known.totp_enabled_at) else {
        return Ok(Verdict::Wrong);
    };
    if queries::count_try(&app.db, user, app.now().date_naive()).await? > A_DAY {
        return Ok(Verdict::TooMany);
    }
    let secret = open(app, &sealed)?;
    let Some(step) = step(&secret, &digits(code), app.now().timestamp())? else {
        return Ok(Verdict::Wrong);
    };
    if !queries::take_step(&app.db, user, step).await? {
        return Ok(Verdict::Wrong);
    }
    queries::forgive(&app.db, user).await?;
    Ok(Verdict::Right)
}

/// A code as it was meant: apps show it with a space in the middle.
pub fn digits(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace()).collect()
}

/// A secret as the database keeps it.
pub fn sealed(app: &App, secret: &[u8]) -> anyhow::Result<Vec<u8>> {
    seal::seal(app.config.secret_key(), Purpose::SecondFactor, secret)
}

/// A secret that the database kept.
pub fn open(app: &App, sealed: &[u8]) -> anyhow::Result<Vec<u8>> {
    seal::open(app.config.secret_key(), Purpose::SecondFactor, sealed)
}

/// New recovery codes, of 50 bit each, and what to keep of them.
pub struct NewCodes {
    pub codes: Vec<String>,
    pub salt: [u8; 16],
    pub hashes: Vec<Vec<u8>>,
}

/// Makes recovery codes.
pub async fn new_codes(app: &App) -> Result<NewCodes> {
    let salt: [u8; 16] = random()?;
    let bytes: [u8; CODES * 10] = random()?;
    let codes: Vec<String> = bytes
        .chunks(10)
        .map(|code| {
            let letter = |byte: &u8| char::from(ALPHABET[usize::from(byte & 31)]);
            code.iter().map(letter).collect()
        })
        .collect();
    let hashes = hashing::derive(app, codes.clone(), salt).await?;
    Ok(NewCodes {
        codes,
        salt,
        hashes,
    })
}

/// A recovery code as it was meant, if it can be one.
pub fn recovery_code(typed: &str) -> Option<String> {
    let code: String = typed
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_uppercase())
        .collect();
    (code.len() == 10 && code.bytes().all(|byte| ALPHABET.contains(&byte))).then_some(code)
}

/// The hash of the unused recovery code that this is. It costs one hash, however many there are.
pub async fn known_code(app: &App, user: UserId, typed: &str) -> Result<Option<Vec<u8>>> {
    let salt = queries::factors(&app.db, user).await?.recovery_salt;
    let (Some(code), Some(salt)) = (recovery_code(typed), salt) else {
        return Ok(None);
    };
    let salt = salt.try_into().unwrap_or_default();
    let hash = hashing::derive(app, vec![code], salt).await?.concat();
    let known = queries::unused_codes(&app.db, user).await?;
    // Every one is compared, in a time that says nothing about them.
    let matches = known.iter().fold(0, |found, one| {
        found | u8::from(bool::from(one.ct_eq(&hash)))
    });
    Ok((matches == 1).then_some(hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret and a time of RFC 6238, appendix B; its last six digits.
    #[test]
    fn codes_are_those_of_the_standard_for_this_and_the_last_half_minute() {
        let secret = b"12345678901234567890";
        let code = "005924";
        assert_eq!(step(secret, code, 1_234_567_890).unwrap(), Some(41_152_263));
        assert_eq!(step(secret, code, 1_234_567_919).unwrap(), Some(41_152_263));
        assert_eq!(step(secret, code, 1_234_567_950).unwrap(), None);
        assert_eq!(step(secret, code, 1_234_567_869).unwrap(), None);
        assert_eq!(step(secret, "", 1_234_567_890).unwrap(), None);
    }

    #[test]
    fn a_secret_is_typed_in_groups_of_four() {
        let text = typed(b"12345678901234567890");
        assert_eq!(text, "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
    }
}
