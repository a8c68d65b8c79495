//! Wrong tries at a secret, counted by account: guessing gets slow wherever the secret is asked for, and the owner is never
//! locked out. Addresses that nobody has are counted alike.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use askama::Template;
use axum::http::{Extensions, HeaderMap, StatusCode, header};
use axum::response::Response;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::guessing::WarnOfGuessing;
use super::queries::attempts::{self as queries, Row, Strangers};
use crate::app::App;
use crate::error::Result;
use crate::ids::UserId;
use crate::jobs;
use crate::web::client::Client;
use crate::web::{Caller, device, errors, ui};

/// So many wrong tries cost nothing.
const FREE: i32 = 5;
/// The longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(60);
/// After so many wrong passwords in a row, from anywhere, a password alone opens the account to no browser that is not
/// known to it. Those of all places that have had their free tries have one in [`LONGEST`] together, and those of all
/// others one in [`NEWCOMERS`]: whoever guesses from many networks is nearly as slow as from one, and does not use up
/// the tries of an owner who has just arrived.
const MOST: i64 = 100;
/// See [`MOST`].
const NEWCOMERS: Duration = Duration::from_secs(10);
/// The owner hears of so many wrong tries in a row by somebody who has a session, a browser or the password of theirs.
const MANY: i64 = 10;

/// What is guessed at. What is right about one forgives nothing of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Secret {
    Password,
    /// Codes from apps and mails, recovery codes, passkeys: whatever comes after a password.
    SecondFactor,
}

impl Secret {
    /// What the keys of its counters are made with.
    fn domain(self) -> &'static [u8] {
        match self {
            Secret::Password => b"login attempts:",
            Secret::SecondFactor => b"second factor attempts:",
        }
    }
}

/// By what somebody's tries are counted. The tries of each make only its own wait, but that strangers in doubt have some in
/// common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whence {
    /// A session of the user's, wherever it is used from.
    Session(Uuid),
    /// A browser that has signed in as the user before.
    Device(Uuid),
    /// Anybody else.
    Stranger(Client),
}

impl Whence {
    /// A browser that wants to sign in as somebody. Nobody's browser is known to an address that nobody has.
    /// `request` is what the middleware has found out about the request.
    pub fn browser(
        app: &App,
        headers: &HeaderMap,
        request: &Extensions,
        user: Option<UserId>,
    ) -> Self {
        let device = user.and_then(|user| device::known_as(app, headers, user));
        device.map_or_else(
            || {
                let unknown = Client(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
                Whence::Stranger(request.get().copied().unwrap_or(unknown))
            },
            Whence::Device,
        )
    }

    fn name(self) -> String {
        match self {
            Whence::Session(id) => format!("session {id}"),
            Whence::Device(id) => format!("device {id}"),
            Whence::Stranger(client) => client.network().to_string(),
        }
    }

    fn place(self) -> Option<String> {
        match self {
            Whence::Session(_) | Whence::Device(_) => None,
            Whence::Stranger(client) => Some(client.place().to_string()),
        }
    }
}

/// A secret that somebody is about to try.
#[derive(Clone, Copy, Debug)]
pub struct Try<'a> {
    pub secret: Secret,
    /// The account's address, whether or not anybody has it.
    pub email: &'a str,
    /// Who has it.
    pub user: Option<UserId>,
    pub whence: Whence,
}

/// Whether a secret may be tried now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Go,
    /// The right password is not enough: it was guessed at too often.
    Doubt,
    /// Not before this time has passed.
    Wait(Wait),
}

/// How long somebody must wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(Duration);

impl Wait {
    /// In whole seconds, after which it is surely over.
    fn rounded(self) -> Duration {
        Duration::from_secs(self.0.as_secs() + 1)
    }

    /// What to say at the field.
    pub fn complaint(self) -> String {
        let when = errors::soon(self.rounded());
        format!("There were too many wrong tries. Try again {when}.")
    }

    /// The form again, with when to come back.
    pub fn answer(self, page: impl Template) -> Response {
        let mut page = ui::refused(page);
        *page.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        let seconds = self.rounded().as_secs();
        page.headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
        page
    }
}

/// Counts a try as wrong before it is looked at, so that a thousand at once are a thousand: [`forgive_try`] takes it back.
/// The owner is told when they have become many.
pub async fn attempt(app: &App, caller: &Caller, attempt: &Try<'_>) -> Result<Verdict> {
    let now = app.now();
    let (name, place) = (attempt.whence.name(), attempt.whence.place());
    let row = Row {
        key: &key(app, attempt.secret, attempt.email),
        name: &name,
        place: place.as_deref(),
    };
    let mut tx = app.db.begin().await?;
    // What is known waits for no stranger, not even for their turn to be counted.
    let strangers = match attempt.whence {
        Whence::Stranger(_) => queries::of_strangers(&mut tx, &row, FREE.into(), now).await?,
        Whence::Session(_) | Whence::Device(_) => Strangers::default(),
    };
    let own = queries::own(&mut *tx, &row, now).await?;
    let mut left = time_left(wait(own.failures), own.last_at, now);
    let in_doubt = strangers.failures >= MOST;
    if in_doubt {
        let (wait, last_at) = if strangers.of_place < i64::from(FREE) {
            (NEWCOMERS, strangers.newcomers_at)
        } else {
            (LONGEST, strangers.others_at)
        };
        let shared = time_left(wait, last_at, now);
        if shared > left && !queries::is_familiar(&mut *tx, attempt.user, &row, now).await? {
            left = shared;
        }
    }
    if !left.is_zero() {
        return Ok(Verdict::Wait(Wait(left)));
    }
    queries::add(&mut *tx, &row, now).await?;
    let (counted, many) = match (attempt.whence, attempt.secret) {
        (Whence::Stranger(_), Secret::Password) => (strangers.failures, MOST),
        (Whence::Stranger(_), Secret::SecondFactor) => (strangers.failures, MANY),
        _ => (i64::from(own.failures), MANY),
    };
    // A NUL cannot be in the database, nor in anybody's address.
    if (counted + 1) % many == 0 && !attempt.email.contains('\0') {
        let told = WarnOfGuessing {
            secret: attempt.secret,
            by_stranger: place.is_some(),
            tries: many,
            email: attempt.email.to_owned(),
            place: caller.place.clone(),
            agent: caller.agent.clone(),
            at: now,
        };
        jobs::enqueue(&mut tx, told).await?;
    }
    tx.commit().await?;
    Ok(if in_doubt {
        Verdict::Doubt
    } else {
        Verdict::Go
    })
}

/// After so many wrong tries.
fn wait(failures: i32) -> Duration {
    match u32::try_from(failures - FREE) {
        Ok(doublings) => Duration::from_secs(2_u64.pow(doublings.min(6))).min(LONGEST),
        Err(_) => Duration::ZERO,
    }
}

/// What is left of a wait. A clock that was set back leaves nobody waiting for it to get there again.
fn time_left(wait: Duration, since: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Duration {
    let passed = since.and_then(|since| (now - since).to_std().ok());
    passed.map_or(Duration::ZERO, |passed| wait.saturating_sub(passed))
}

/// It was right: the counting starts anew. For a browser or a session that is known it is only its own that does, for what
/// strangers try is none of its business.
pub async fn forgive_try(app: &App, db: impl PgExecutor<'_>, right: &Try<'_>) -> Result<()> {
    let key = key(app, right.secret, right.email);
    match right.whence {
        Whence::Stranger(_) => queries::clear(db, &[key]).await?,
        known => queries::clear_own(db, &key, &known.name()).await?,
    }
    Ok(())
}

/// There is a new password: the counting starts anew for everything and everybody.
pub async fn forgive(app: &App, db: impl PgExecutor<'_>, email: &str) -> Result<()> {
    let keys = [Secret::Password, Secret::SecondFactor].map(|secret| key(app, secret, email));
    queries::clear(db, &keys).await?;
    Ok(())
}

fn key(app: &App, secret: Secret, email: &str) -> [u8; 32] {
    address_key(app, secret.domain(), email)
}

/// What an address is counted under: the table tells nobody whose counters these are, nor that two of different domains
/// are of the same address.
pub fn address_key(app: &App, domain: &[u8], email: &str) -> [u8; 32] {
    // A key of any length will do for HMAC.
    let mac = Hmac::<Sha256>::new_from_slice(app.config.secret_key());
    mac.map_or([0; 32], |mac| {
        mac.chain_update(domain)
            .chain_update(email.trim().to_lowercase())
            .finalize()
            .into_bytes()
            .into()
    })
}
