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

/// Whether something has happened to a user since an instant. What is dated after `now` was written by a clock that was
/// wrong, and does not count.
pub async fn has_happened(
    db: impl PgExecutor<'_>,
    user: UserId,
    action: Action,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from audit_log where subject_id = $1 and action = $2 and at > $3 and at <= $4) as "has!""#,
        user.0,
        action.as_str(),
        since,
        now,
    )
    .fetch_one(db)
    .await
}

/// A line of the log with everything it holds, for those who may read all of it.
#[derive(Clone, Debug)]
pub struct Line {
    pub at: DateTime<Utc>,
    /// See [`super::Action`].
    pub action: String,
    pub actor_id: Option<i64>,
    /// The address they have now; `None` if they are no longer there.
    pub actor: Option<String>,
    pub subject_id: Option<i64>,
    /// The address they have now; `None` if they are no longer there.
    pub subject: Option<String>,
    pub detail: Value,
    pub place: String,
    pub agent: String,
}

impl Line {
    /// What happened: see [`super::Action::title`].
    pub fn title(&self) -> String {
        Action::ALL
            .iter()
            .find(|known| known.as_str() == self.action)
            .map_or_else(|| self.action.clone(), |action| action.title())
    }

    /// What else there is to know, as names and values; what was and has become stands together.
    pub fn details(&self) -> Vec<(String, String)> {
        let said = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Null => "none".to_owned(),
            other => other.to_string(),
        };
        let known = |name| self.detail.get(name).map(said);
        let change = known("before").zip(known("after"));
        let rest = self.detail.as_object().into_iter().flatten();
        change
            .map(|(before, after)| ("change".to_owned(), format!("{before} → {after}")))
            .into_iter()
            .chain(
                rest.filter(|(name, _)| !matches!(name.as_str(), "before" | "after"))
                    .map(|(name, value)| (name.replace('_', " "), said(value))),
            )
            .collect()
    }
}

/// Which lines of the log are asked for: those that pass all that is not `None`.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Any of these; see [`super::Action::as_str`].
    pub actions: Option<Vec<String>>,
    pub actor: Option<UserId>,
    pub subject: Option<UserId>,
    pub from: Option<DateTime<Utc>>,
    /// Not this instant itself.
    pub until: Option<DateTime<Utc>>,
}

/// The lines that pass a filter, the newest first.
pub async fn lines(
    db: impl PgExecutor<'_>,
    filter: &Filter,
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<Line>> {
    sqlx::query_as!(
        Line,
        r#"
        select l.at, l.action, l.actor_id, a.email as "actor?", l.subject_id, s.email as "subject?", l.detail, l.place,
               l.agent
        from audit_log l
        left join users a on a.id = l.actor_id
        left join users s on s.id = l.subject_id
        where ($1::text[] is null or l.action = any($1))
          and ($2::bigint is null or l.actor_id = $2)
          and ($3::bigint is null or l.subject_id = $3)
          and ($4::timestamptz is null or l.at >= $4)
          and ($5::timestamptz is null or l.at < $5)
        order by l.at desc, l.id desc
        limit $6 offset $7
        "#,
        filter.actions.as_deref(),
        filter.actor.map(|id| id.0),
        filter.subject.map(|id| id.0),
        filter.from,
        filter.until,
        limit,
        offset,
    )
    .fetch_all(db)
    .await
}

/// How many lines pass a filter, counted up to `most`: the log is long.
pub async fn count(db: impl PgExecutor<'_>, filter: &Filter, most: i64) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "n!" from (
            select from audit_log
            where ($1::text[] is null or action = any($1))
              and ($2::bigint is null or actor_id = $2)
              and ($3::bigint is null or subject_id = $3)
              and ($4::timestamptz is null or at >= $4)
              and ($5::timestamptz is null or at < $5)
            limit $6) counted
        "#,
        filter.actions.as_deref(),
        filter.actor.map(|id| id.0),
        filter.subject.map(|id| id.0),
        filter.from,
        filter.until,
        most,
    )
    .fetch_one(db)
    .await
}

/// Whom somebody means by an address, or by the number that the log calls a user who is no longer there.
pub async fn user_named(db: impl PgExecutor<'_>, name: &str) -> sqlx::Result<Option<UserId>> {
    if let Ok(number) = name.parse() {
        return Ok(Some(UserId(number)));
    }
    sqlx::query_scalar!(
        r#"select id as "id: UserId" from users where lower(email) = lower($1)"#,
        name,
    )
    .fetch_optional(db)
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
