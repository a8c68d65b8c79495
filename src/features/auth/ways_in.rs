//! What logs a user in, and that something always does.

use sqlx::PgConnection;
use uuid::Uuid;

use super::oauth::Provider;
use super::queries::{identities, passkeys};
use crate::app::App;
use crate::error::Result;
use crate::ids::UserId;

/// A way in that is to be given up.
#[derive(Clone, Copy, Debug)]
pub enum GivenUp<'a> {
    /// The account at the provider with this issuer.
    Identity(&'a str),
    Passkey(Uuid),
}

/// Whether something else logs the user in: a password, an account at a provider, or a passkey, as far as each is
/// offered here now. The user's row is locked, so that two ways in are not given up at once.
pub async fn has_another_way_in(
    app: &App,
    db: &mut PgConnection,
    user: UserId,
    given_up: GivenUp<'_>,
) -> Result<bool> {
    if identities::lock_password(&mut *db, user).await? {
        return Ok(true);
    }
    let (issuer, passkey) = match given_up {
        GivenUp::Identity(issuer) => (Some(issuer), None),
        GivenUp::Passkey(id) => (None, Some(id)),
    };
    if app.passkeys.is_some() && passkeys::count(&mut *db, user, passkey).await? > 0 {
        return Ok(true);
    }
    let offered = Provider::issuers(app);
    let known = identities::of_user(&mut *db, user).await?;
    Ok(known.iter().any(|known| {
        Some(&*known.issuer) != issuer && offered.iter().any(|other| **other == known.issuer)
    }))
}
