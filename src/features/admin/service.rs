//! What administrators do to users: each a transaction with its line in the log. What is so already is done once and
//! written down once.

use chrono_tz::Tz;
use sqlx::{PgPool, Postgres, Transaction};
use uuid::Uuid;

use super::queries::users::{self as queries, Profile};
use crate::app::App;
use crate::error::{Error, Result};
use crate::features::account;
use crate::features::audit::{self, Action, Event};
use crate::features::auth;
use crate::ids::UserId;
use crate::web::{Admin, Caller, session};

/// Who does it, and from where.
pub struct By<'a> {
    pub admin: UserId,
    pub caller: &'a Caller,
}

impl<'a> By<'a> {
    /// The administrator who sent a request.
    pub fn of(admin: &Admin, caller: &'a Caller) -> Self {
        Self {
            admin: admin.id,
            caller,
        }
    }

    fn event(&self, action: Action, user: UserId) -> Event {
        Event::by_admin(action, self.admin, Some(user))
    }
}

/// Why administrators cannot change a user, if they cannot.
pub fn untouchable(user: &Profile, admin: UserId) -> Option<&'static str> {
    if user.is_demo {
        Some("The demo user belongs to everybody and cannot be changed.")
    } else if user.id == admin {
        Some("This is you. Your own settings have what you can do to yourself.")
    } else {
        None
    }
}

/// A change of somebody that has begun.
struct Change {
    tx: Transaction<'static, Postgres>,
    /// As they are.
    user: Profile,
    /// Administrators who can sign in and will stay.
    admins: Vec<UserId>,
}

impl Change {
    /// Locks the administrators first and whom it is about then, always in this order: two changes wait for one another
    /// at most once.
    async fn begin(db: &PgPool, by: &By<'_>, user: UserId) -> Result<Self> {
        let mut tx = db.begin().await?;
        let admins = queries::lock_admins(&mut *tx).await?;
        queries::lock(&mut *tx, user).await?;
        let user = queries::profile(&mut *tx, user).await?;
        match untouchable(&user, by.admin) {
            Some(why) => Err(Error::Forbidden(why.into())),
            None => Ok(Self { tx, user, admins }),
        }
    }

    /// Somebody else stays who can look after the site.
    fn keeps_an_admin(&self) -> Result<()> {
        if self.admins.iter().any(|admin| *admin != self.user.id) {
            Ok(())
        } else {
            Err(Error::Forbidden(
                "This is the last administrator who can sign in.".into(),
            ))
        }
    }

    /// Writes it down, and it is done.
    async fn commit(mut self, app: &App, by: &By<'_>, event: Event) -> Result<()> {
        audit::record(app, &mut *self.tx, by.caller, event).await?;
        Ok(self.tx.commit().await?)
    }
}

/// Closes an account: all its sessions end at once, and nobody can sign in. `false` if it is closed already.
pub async fn disable(app: &App, by: &By<'_>, user: UserId, reason: &str) -> Result<bool> {
    let mut change = Change::begin(&app.db, by, user).await?;
    change.keeps_an_admin()?;
    if !queries::disable(&mut *change.tx, user, reason, app.now()).await? {
        return Ok(false);
    }
    let ended = session::end_all(&mut *change.tx, user, None).await?;
    let event = by
        .event(Action::UserDisabled, user)
        .with("reason", reason)
        .with("sessions_ended", ended);
    change.commit(app, by, event).await?;
    Ok(true)
}

/// Opens an account again. `false` if it is open.
pub async fn enable(app: &App, by: &By<'_>, user: UserId) -> Result<bool> {
    let mut change = Change::begin(&app.db, by, user).await?;
    if !queries::enable(&mut *change.tx, user).await? {
        return Ok(false);
    }
    let event = by
        .event(Action::UserEnabled, user)
        .with("disabled_because", change.user.disabled_reason.clone());
    change.commit(app, by, event).await?;
    Ok(true)
}

/// Ends one session. `false` if there is none such any more.
pub async fn end_session(app: &App, by: &By<'_>, user: UserId, id: Uuid) -> Result<bool> {
    let mut change = Change::begin(&app.db, by, user).await?;
    if !session::end_one(&mut *change.tx, user, id).await? {
        return Ok(false);
    }
    let event = by.event(Action::SessionEndedByAdmin, user);
    change.commit(app, by, event).await?;
    Ok(true)
}

/// Ends all sessions. Returns how many there were.
pub async fn end_sessions(app: &App, by: &By<'_>, user: UserId) -> Result<u64> {
    let mut change = Change::begin(&app.db, by, user).await?;
    let ended = session::end_all(&mut *change.tx, user, None).await?;
    if ended > 0 {
        let event = by
            .event(Action::SessionsEndedByAdmin, user)
            .with("count", ended);
        change.commit(app, by, event).await?;
    }
    Ok(ended)
}

/// Decides that a user is deleted, as they could themselves: in seven days, told by mail, and to be called off. All their
/// sessions end. `false` if that is decided already.
pub async fn schedule_deletion(app: &App, by: &By<'_>, user: UserId, reason: &str) -> Result<bool> {
    let mut change = Change::begin(&app.db, by, user).await?;
    change.keeps_an_admin()?;
    if change.user.deletes_at.is_some() {
        return Ok(false);
    }
    let at = app.now() + account::NOTICE;
    let zone = change.user.time_zone.parse().unwrap_or(Tz::UTC);
    auth::set_deletion(app, &mut change.tx, user, &change.user.email, zone, at).await?;
    session::end_all(&mut *change.tx, user, None).await?;
    let event = by
        .event(Action::DeletionScheduledByAdmin, user)
        .with("reason", reason)
        .with("deletes_at", at.to_rfc3339());
    change.commit(app, by, event).await?;
    Ok(true)
}

/// Decides that a user stays. `false` if nobody meant to delete them.
pub async fn cancel_deletion(app: &App, by: &By<'_>, user: UserId) -> Result<bool> {
    let mut change = Change::begin(&app.db, by, user).await?;
    if !queries::keep(&mut *change.tx, user).await? {
        return Ok(false);
    }
    let event = by.event(Action::DeletionCancelledByAdmin, user);
    change.commit(app, by, event).await?;
    Ok(true)
}
