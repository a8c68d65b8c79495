//! How many mails people may have us send: by the address that they go to, the network, the session and the account that
//! they are asked for from, and by all of them together. Counted in the database, so that no restart begins anew.

use chrono::Duration;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use super::queries::mails::{self as queries, Asked, Counts};
use super::throttle::address_key;
use crate::app::App;
use crate::error::Result;
use crate::ids::UserId;
use crate::web::User;
use crate::web::client::Client;

/// Within an hour, to one address.
const TO_ONE: i64 = 5;
/// From one network: a club's players may sit behind one.
const FROM_NETWORK: i64 = 20;
/// From one session, which is all that a stranger has.
const FROM_SESSION: i64 = 5;
/// From one account, whichever of its devices they are asked for on.
const FROM_ACCOUNT: i64 = 5;

/// Who asks for a mail.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Asker {
    network: String,
    session: Option<Uuid>,
    user: Option<UserId>,
}

impl Asker {
    /// Somebody who is not signed in.
    pub fn visitor(client: Client) -> Self {
        Self {
            network: client.network().to_string(),
            session: None,
            user: None,
        }
    }

    /// Somebody who is.
    pub fn user(client: Client, user: &User) -> Self {
        Self {
            session: Some(user.session),
            user: Some(user.id),
            ..Self::visitor(client)
        }
    }
}

/// Counts a mail that somebody asks for. `false` if there were enough of them within the hour.
pub async fn may_send(app: &App, db: &mut PgConnection, asker: &Asker, to: &str) -> Result<bool> {
    let now = app.now();
    let mail = Asked {
        at: now,
        target: address_key(app, b"mails asked for:", to),
        network: &asker.network,
        session: asker.session,
        user: asker.user.map(|user| user.0),
    };
    queries::one_at_a_time(&mut *db).await?;
    let sent = queries::count(&mut *db, &mail, now - Duration::hours(1)).await?;
    let ceiling = app.config.mails_per_hour;
    if sent.all >= ceiling {
        tracing::error!(
            ceiling,
            "more mails are asked for than there may be in an hour: none is sent until there are fewer"
        );
        return Ok(false);
    }
    // On a machine that only its owner reaches all come from one network, and it is theirs.
    let is_enough = sent.is_enough(!app.config.is_private());
    if !is_enough {
        queries::insert(&mut *db, &mail).await?;
    }
    Ok(!is_enough)
}

impl Counts {
    fn is_enough(&self, by_network: bool) -> bool {
        self.target >= TO_ONE
            || by_network && self.network >= FROM_NETWORK
            || self.session >= FROM_SESSION
            || self.user >= FROM_ACCOUNT
    }
}

/// How many mails people have asked for within the hour.
pub async fn asked_for(app: &App) -> Result<i64> {
    let since = app.now() - Duration::hours(1);
    Ok(queries::count_all(&app.db, since).await?)
}

/// Forgets mails of which none counts any more.
pub async fn sweep(app: &App) -> Result<()> {
    queries::forget(&app.db, app.now() - Duration::hours(1)).await?;
    Ok(())
}
