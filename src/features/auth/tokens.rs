//! Links that are sent by mail: random, kept as a hash, for one purpose, used once, and only the newest works.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use super::queries::tokens::{self as queries, Issued};
use crate::app::App;
use crate::error::Result;
use crate::ids::UserId;

/// What a link does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Set a new password.
    Reset,
    /// After that: say which ways in are the user's own.
    ReviewFactors,
    /// The new address is the user's too: use it from now on.
    ChangeAddress,
    /// Sent to the address before: back to it.
    RestoreAddress,
    /// Do not delete the account.
    KeepAccount,
    /// Do not remove the second factor.
    KeepFactor,
    /// No link, only a notice: counted so that nobody's box is filled.
    Notice,
    /// The same, of a sign-in that was not finished: no other notice uses its mails up.
    Unfinished,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Purpose::Reset => "reset",
            Purpose::ReviewFactors => "review-factors",
            Purpose::ChangeAddress => "change-address",
            Purpose::RestoreAddress => "restore-address",
            Purpose::KeepAccount => "keep-account",
            Purpose::KeepFactor => "keep-factor",
            Purpose::Notice => "notice",
            Purpose::Unfinished => "unfinished",
        }
    }

    fn of(text: &str) -> Option<Self> {
        [
            Purpose::Reset,
            Purpose::ReviewFactors,
            Purpose::ChangeAddress,
            Purpose::RestoreAddress,
            Purpose::KeepAccount,
            Purpose::KeepFactor,
        ]
        .into_iter()
        .find(|purpose| purpose.as_str() == text)
    }

    /// How long its link works.
    pub fn life(self) -> Duration {
        match self {
            Purpose::Reset | Purpose::ReviewFactors => Duration::minutes(30),
            Purpose::ChangeAddress | Purpose::Notice | Purpose::Unfinished => Duration::hours(1),
            Purpose::RestoreAddress | Purpose::KeepFactor => Duration::hours(72),
            Purpose::KeepAccount => Duration::days(7),
        }
    }
}

/// Mails of one purpose to one address, at most, within an hour.
const MOST_AN_HOUR: i64 = 3;

/// A link that works.
#[derive(Debug)]
pub struct Token {
    pub user: UserId,
    pub purpose: Purpose,
    /// The address it was sent to.
    pub email: String,
    /// When it was made.
    pub issued_at: DateTime<Utc>,
    hash: [u8; 32],
}

/// Makes a link's token for a mail to `email`; earlier ones of the same purpose stop working. `None` when that address
/// has had enough such mails for now.
pub async fn issue(
    app: &App,
    db: &mut PgConnection,
    user: UserId,
    purpose: Purpose,
    email: &str,
) -> Result<Option<String>> {
    let now = app.now();
    queries::one_at_a_time(&mut *db, purpose.as_str(), email).await?;
    let sent = queries::count(&mut *db, purpose.as_str(), email, now - Duration::hours(1)).await?;
    if sent >= MOST_AN_HOUR {
        return Ok(None);
    }
    let token = random()?;
    // Every address that a change was sent from may take it back, not only the last; and what removes a second factor is
    // called off by whichever mail is found first.
    if !matches!(purpose, Purpose::RestoreAddress | Purpose::KeepFactor) {
        queries::close_all(&mut *db, user, purpose.as_str(), now).await?;
    }
    let issued = Issued {
        token_hash: hash(&token),
        user,
        purpose: purpose.as_str(),
        email,
        created_at: now,
        expires_at: now + purpose.life(),
    };
    queries::insert(&mut *db, &issued).await?;
    Ok(Some(token))
}

/// What a link is for, if it works. Looking does not use it up: mail programs look at links too.
pub async fn look(app: &App, db: &mut PgConnection, token: &str) -> Result<Option<Token>> {
    let hash = hash(token);
    let found = queries::open(db, &hash, app.now()).await?;
    Ok(found.and_then(|found| {
        Some(Token {
            user: found.user,
            purpose: Purpose::of(&found.purpose)?,
            email: found.email,
            issued_at: found.created_at,
            hash,
        })
    }))
}

/// Uses a link up. `false` if somebody was faster.
pub async fn consume(app: &App, db: &mut PgConnection, token: &Token) -> Result<bool> {
    Ok(queries::close(db, &token.hash, app.now()).await?)
}

/// What nobody guesses, as it stands in a link or a cookie.
pub fn random() -> Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is kept of it: a stolen copy of the table is worth nothing.
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
