//! SQL of the audit log.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use super::{Action, Event};
use crate::ids::UserId;
use crate::web::Caller;

/// A line of the log.
#[derive(Clone, Debug)]
pub struct Record {
    pub at: DateTime<Utc>,
    /// See [`super::Action`].
    pub action: String,
    pub place: String,
    pub agent: String,
}

impl Record {
    /// What happened, in words.
    pub fn words(&self) -> &str {
        match Action::ALL
            .iter()
            .find(|known| known.as_str() == self.action)
        {
            Some(action) => action.words(),
            None => &self.action,
        }
    }
}

/// Adds a line.
pub async fn insert(
    db: impl PgExecutor<'_>,
    at: DateTime<Utc>,
    caller: &Caller,
    event: &Event,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into audit_log (at, actor_id, subject_id, action, detail, place, agent, request_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        at,
        event.actor.map(|id| id.0),
        event.subject.map(|id| id.0),
        event.action.as_str(),
        event.detail,
        caller.place,
        caller.agent,
        caller.request_id,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What happened to one user, the newest first.
pub async fn of_user(
    db: impl PgExecutor<'_>,
    user: UserId,
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<Record>> {
    sqlx::query_as!(
        Record,
        "select at, action, place, agent from audit_log
         where subject_id = $1
         order by at desc, id desc
         limit $2 offset $3",
        user.0,
        limit,
        offset,
    )
    .fetch_all(db)
    .await
}

/// Deletes lines that are older than 400 days: the only ones that can be.
pub async fn forget(db: impl PgExecutor<'_>, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from audit_log where at < $1::timestamptz - interval '400 days'",
        now
    )
    .execute(db)
    .await?;
    Ok(())
}
