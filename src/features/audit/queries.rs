//! SQL of the audit log.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgExecutor;

use super::{Action, Event};
use crate::ids::UserId;
use crate::web::Caller;

/// A line of the log.
#[derive(Clone, Debug)]
pub struct Record {
    pub id: i64,
    pub at: DateTime<Utc>,
    pub actor: Option<UserId>,
    pub subject: Option<UserId>,
    /// See [`super::Action`].
    pub action: String,
    pub detail: Value,
    pub place: String,
    pub agent: String,
    pub request_id: String,
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

    /// What else there is to know: names and values.
    pub fn details(&self) -> Vec<(String, String)> {
        let text = |value: &Value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        };
        let object = self.detail.as_object().into_iter().flatten();
        object
            .map(|(name, value)| (name.clone(), text(value)))
            .collect()
    }
}

/// Which lines are shown. What is not set lets all pass.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub action: Option<String>,
    pub actor: Option<UserId>,
    pub subject: Option<UserId>,
    /// Before this instant.
    pub until: Option<DateTime<Utc>>,
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

/// The lines that pass a filter, the newest first.
pub async fn records(
    db: impl PgExecutor<'_>,
    filter: &Filter,
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<Record>> {
    sqlx::query_as!(
        Record,
        r#"
        select id, at, actor_id as "actor: UserId", subject_id as "subject: UserId", action, detail, place, agent,
               request_id
        from audit_log
        where ($1::text is null or action = $1)
          and ($2::bigint is null or actor_id = $2)
          and ($3::bigint is null or subject_id = $3)
          and ($4::timestamptz is null or at < $4)
        order by at desc, id desc
        limit $5 offset $6
        "#,
        filter.action.as_deref(),
        filter.actor.map(|id| id.0),
        filter.subject.map(|id| id.0),
        filter.until,
        limit,
        offset,
    )
    .fetch_all(db)
    .await
}

/// What happened to one user, the newest first.
pub async fn of_user(
    db: impl PgExecutor<'_>,
    user: UserId,
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<Record>> {
    let filter = Filter {
        subject: Some(user),
        ..Filter::default()
    };
    records(db, &filter, limit, offset).await
}

/// The addresses of the users that some lines name, those that are still there.
pub async fn actors(db: impl PgExecutor<'_>, ids: &[i64]) -> sqlx::Result<Vec<(UserId, String)>> {
    let rows = sqlx::query!(
        r#"select id as "id: UserId", email from users where id = any($1)"#,
        ids
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.email)).collect())
}
