//! What becomes of somebody whom a provider vouches for.

use axum_extra::extract::PrivateCookieJar;
use chrono_tz::Tz;
use sqlx::PgConnection;

use super::super::mail_limits::Asker;
use super::super::queries::identities::{self as queries, NewIdentity};
use super::super::queries::{self as users, NewUser};
use super::super::registrations::{self, Wish};
use super::Provider;
use super::problem::Problem;
use super::verify::Claims;
use crate::app::App;
use crate::error::{Result, is_violation};
use crate::features::audit::{self, Action, Event};
use crate::ids::UserId;
use crate::money::Currency;
use crate::text;
use crate::web::Caller;

/// A name longer than this is cut off.
const LONGEST_NAME: usize = 50;

/// What happens next.
#[derive(Debug)]
pub enum Arrival {
    /// They are this user.
    Known(UserId),
    /// They are this user, who was made just now.
    New(UserId),
    /// The address is still to be proven, by the link in a mail. It is said whether or not there is an account. The cookie
    /// is what the browser is known by when the link is followed.
    CheckMail(PrivateCookieJar),
    Refused(Problem),
}

/// Somebody, by whom and under which name.
#[derive(Clone, Copy, Debug)]
pub struct Guest<'a> {
    pub provider: Provider,
    pub issuer: &'a str,
    pub claims: &'a Claims,
}

impl<'a> Guest<'a> {
    fn identity(&self, app: &App, user: UserId, email: &'a str) -> NewIdentity<'a> {
        NewIdentity {
            issuer: self.issuer,
            subject: &self.claims.sub,
            user,
            email: Some(email),
            linked_at: app.now(),
        }
    }

    fn name(&self, email: &str) -> String {
        let told = self.claims.name.as_deref().unwrap_or_default();
        let told: String = told.trim().chars().take(LONGEST_NAME).collect();
        text::name(&told, LONGEST_NAME).unwrap_or_else(|_| {
            let local = email.split('@').next().unwrap_or_default();
            local.chars().take(LONGEST_NAME).collect()
        })
    }
}

/// Finds the user, or makes one. All of it happens, or nothing.
pub async fn arrive(app: &App, caller: &Caller, asker: Asker, guest: Guest<'_>) -> Result<Arrival> {
    let mut tx = app.db.begin().await?;
    let subject = &guest.claims.sub;
    let email = guest.claims.address();
    if let Some(known) = queries::identity(&mut *tx, guest.issuer, subject).await? {
        if known.is_disabled {
            return Ok(Arrival::Refused(Problem::Closed));
        }
        // The user's own address stays as it is: it is theirs to change.
        queries::set_email(&mut *tx, guest.issuer, subject, email.as_deref()).await?;
        tx.commit().await?;
        return Ok(Arrival::Known(known.user));
    }
    let Some(email) = email else {
        return Ok(Arrival::Refused(Problem::Unnamed));
    };
    if !guest.provider.confirms_addresses() || !guest.claims.is_email_verified() {
        drop(tx);
        return unproven(app, asker, guest, &email).await;
    }
    // Nobody is linked by an address: it may have changed hands at the provider.
    if let Some(owner) = users::standing(&mut *tx, &email).await? {
        let event = Event::own(Action::SignInFailed, owner.id).by(None);
        let event = event.with("method", guest.provider.slug());
        audit::record(app, &mut *tx, caller, event).await?;
        tx.commit().await?;
        return Ok(Arrival::Refused(Problem::Exists));
    }
    let arrival = match make(app, caller, &mut tx, guest, &email).await? {
        Some(user) => Arrival::New(user),
        None => return Ok(Arrival::Refused(Problem::Strange)),
    };
    tx.commit().await?;
    Ok(arrival)
}

/// The address is only claimed: its owner gets a mail, and the answer is the same whether or not they have an account.
async fn unproven(app: &App, asker: Asker, guest: Guest<'_>, email: &str) -> Result<Arrival> {
    let wish = Wish {
        email,
        name: &guest.name(email),
        password_hash: None,
        identity: Some((guest.issuer, &guest.claims.sub)),
        home: Currency::EUR,
        time_zone: Tz::UTC.name(),
    };
    let jar = registrations::begin(app, asker, &wish).await?;
    Ok(Arrival::CheckMail(jar))
}

/// Makes a user without a password. `None` if somebody has the address or came first; the transaction is of no use then.
async fn make(
    app: &App,
    caller: &Caller,
    db: &mut PgConnection,
    guest: Guest<'_>,
    email: &str,
) -> Result<Option<UserId>> {
    let new = NewUser {
        email,
        name: &guest.name(email),
        password_hash: None,
        home: Currency::EUR,
        time_zone: Tz::UTC.name(),
        is_demo: false,
        confirmed_at: app.now(),
    };
    let user = match users::insert_user(&mut *db, &new).await {
        Ok(user) => user,
        Err(error) if is_violation(&error, "users_email_key") => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let event = Event::own(Action::Registered, user).with("method", guest.provider.slug());
    audit::record(app, &mut *db, caller, event).await?;
    registrations::end_all(&mut *db, email).await?;
    let new = guest.identity(app, user, email);
    let linked = link(app, caller, db, guest.provider, &new).await?;
    Ok(linked.then_some(user))
}

/// Ties the account elsewhere that somebody registered with to the user whom the link in their mail has made. `false` if it
/// is tied to somebody already, or the provider lets nobody in any more; the transaction is of no use then.
pub async fn link_registered(
    app: &App,
    caller: &Caller,
    db: &mut PgConnection,
    new: &NewIdentity<'_>,
) -> Result<bool> {
    match Provider::of_issuer(app, new.issuer) {
        Some(provider) => link(app, caller, db, provider, new).await,
        None => Ok(false),
    }
}

/// Ties an account elsewhere to a user. `false` if it or one like it is tied already; the transaction is of no use then.
pub async fn link(
    app: &App,
    caller: &Caller,
    db: &mut PgConnection,
    provider: Provider,
    new: &NewIdentity<'_>,
) -> Result<bool> {
    let taken = |error: &sqlx::Error| {
        is_violation(error, "identities_pkey")
            || is_violation(error, "identities_user_id_issuer_key")
    };
    match queries::insert(&mut *db, new).await {
        Ok(()) => {}
        Err(error) if taken(&error) => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    let event = Event::own(Action::IdentityLinked, new.user).with("provider", provider.slug());
    audit::record(app, &mut *db, caller, event).await?;
    Ok(true)
}
