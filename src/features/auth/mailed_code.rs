//! Codes of eight digits, sent by mail: each for one session, for ten minutes, used once, and only the newest works.

use chrono::Duration;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;
use sqlx::PgConnection;
use uuid::Uuid;

use super::queries::codes::{self as queries, NewCode};
use super::totp;
use crate::app::App;
use crate::email::{self, Letter};
use crate::error::Result;
use crate::ids::UserId;
use crate::web::next::Next;
use crate::web::{Field, Flash};

const LIFE: Duration = Duration::minutes(10);
/// Tries at one code.
const TRIES: i32 = 5;
/// Mails to one user, at most, within an hour. With the tries of each, a code is guessed once in 760 years.
const MOST_AN_HOUR: i64 = 3;

/// Whom a code is for, and where it is sent.
#[derive(Clone, Copy, Debug)]
pub struct Recipient<'a> {
    pub user: UserId,
    pub session: Uuid,
    pub email: &'a str,
}

/// The form of a page that asks for nothing but a code.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CodeForm {
    pub code: Field,
    /// Where to go on to.
    pub next: Next,
}

/// What a typed code was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Right,
    Wrong,
    /// There is none that works: its time or its tries are over, or none was sent.
    Over,
}

impl Verdict {
    /// What to say at the field.
    pub fn complaint(self) -> Option<&'static str> {
        match self {
            Verdict::Right => None,
            Verdict::Wrong => Some("This is not the code. Look into the newest of our mails."),
            Verdict::Over => Some("Your code does not work any more. Have a new one sent."),
        }
    }
}

/// Sends a code in the letter that is made of it, once the transaction is committed. `false` when the user has had enough
/// such mails for now: what was sent before goes on working where it was asked for.
pub async fn send(
    app: &App,
    db: &mut PgConnection,
    to: Recipient<'_>,
    letter: impl FnOnce(&str) -> Letter,
) -> Result<bool> {
    let now = app.now();
    if queries::count(db, to.user, now - Duration::hours(1), now).await? >= MOST_AN_HOUR {
        return Ok(false);
    }
    let code = new_code()?;
    let new = NewCode {
        user: to.user,
        session: to.session,
        hash: hash(app, to.session, &code)?,
        created_at: now,
        expires_at: now + LIFE,
    };
    queries::replace(db, &new).await?;
    email::send(app, db, to.email, &letter(&code), Some(now + LIFE)).await?;
    Ok(true)
}

/// What to say after [`send`].
pub fn told(sent: bool) -> Flash {
    if sent {
        Flash::success("Code sent.").detail("Only the newest one works, for 10 minutes.")
    } else {
        Flash::success("Three codes were sent within the hour.")
            .detail("Each works only where it was asked for. Wait an hour for another one.")
    }
}

/// Counts a try at a session's code, and uses the code up if it is right.
pub async fn take(app: &App, session: Uuid, typed: &str) -> Result<Verdict> {
    let hash = hash(app, session, &totp::digits(typed))?;
    let taken = queries::take(&app.db, session, &hash, TRIES, app.now()).await?;
    Ok(match taken {
        Some(true) => Verdict::Right,
        Some(false) => Verdict::Wrong,
        None => Verdict::Over,
    })
}

/// Whether a code is on its way to a session, or there.
pub async fn is_sent(app: &App, session: Uuid) -> Result<bool> {
    Ok(queries::is_open(&app.db, session, TRIES, app.now()).await?)
}

fn new_code() -> Result<String> {
    let mut bytes = [0_u8; 8];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    // Of so many numbers the remainders are as good as equally likely.
    Ok(format!("{:08}", u64::from_le_bytes(bytes) % 100_000_000))
}

/// So few digits are soon tried out: without the secret key the table says nothing about them.
fn hash(app: &App, session: Uuid, code: &str) -> Result<[u8; 32]> {
    let mac = Hmac::<Sha256>::new_from_slice(app.config.secret_key());
    let mac = mac.map_err(anyhow::Error::from)?;
    Ok(mac
        .chain_update(b"mailed code:")
        .chain_update(session)
        .chain_update(code)
        .finalize()
        .into_bytes()
        .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_eight_digits_of_which_the_first_is_any() {
        let mut seen = [0; 10];
        for _ in 0..2_000 {
            let code = new_code().unwrap();
            assert!(code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_digit()));
            seen[usize::from(code.as_bytes()[0] - b'0')] += 1;
        }
        assert!(seen.iter().all(|n| (100..300).contains(n)), "{seen:?}");
    }
}
