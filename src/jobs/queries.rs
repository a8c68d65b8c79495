//! SQL of the job queue, for those who look after it. The queue's tables are made by `graphile_worker` itself and not by
//! our migrations, so these statements cannot be checked when they are compiled: tests run each of them.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{FromRow, PgExecutor};

use super::Slip;

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum State {
    /// It has not been tried yet.
    Waiting,
    /// It is being done.
    Running,
    /// It failed and is tried again.
    Retrying,
    /// It failed for the last time.
    Dead,
}

impl State {
    /// All of them, those first that need somebody.
    pub const ALL: [State; 4] = [State::Dead, State::Retrying, State::Running, State::Waiting];

    /// As addresses name it.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Running => "running",
            State::Retrying => "retrying",
            State::Dead => "dead",
        }
    }

    /// `Dead letters`
    pub fn label(self) -> &'static str {
        match self {
            State::Waiting => "Waiting",
            State::Running => "Running",
            State::Retrying => "Failed, tried again",
            State::Dead => "Dead letters",
        }
    }
}

/// A job of the queue, without what it carries: that may be secret.
#[derive(Clone, Debug, FromRow)]
pub struct Queued {
    pub id: i64,
    /// See [`super::Job::NAME`].
    pub kind: String,
    /// Of a mail.
    pub subject: Option<String>,
    pub state: State,
    pub tries: i16,
    pub most_tries: i16,
    /// When it is tried next.
    pub run_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub last_error: Option<String>,
}

/// How many jobs there are of each state.
#[derive(Clone, Copy, Debug, FromRow)]
pub struct Counts {
    pub waiting: i64,
    pub running: i64,
    pub retrying: i64,
    pub dead: i64,
}

impl Counts {
    /// Of one state.
    pub fn of(self, state: State) -> i64 {
        match state {
            State::Waiting => self.waiting,
            State::Running => self.running,
            State::Retrying => self.retrying,
            State::Dead => self.dead,
        }
    }

    /// Of all.
    pub fn total(self) -> i64 {
        self.waiting + self.running + self.retrying + self.dead
    }
}

/// Puts a job down, to be done at once or at a time.
pub async fn put(
    db: impl PgExecutor<'_>,
    job: &Slip,
    at: Option<DateTime<Utc>>,
) -> sqlx::Result<()> {
    sqlx::query("select put_job($1, $2, $3, $4, $5)")
        .bind(job.name)
        .bind(Json(&job.payload))
        .bind(job.tries)
        .bind(&job.key)
        .bind(at)
        .execute(db)
        .await?;
    Ok(())
}

/// Whether a job with the same key is on the list, and not there for good.
pub async fn waits(db: impl PgExecutor<'_>, job: &Slip) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "select exists (select from graphile_worker._private_jobs where key = $1 and attempts < max_attempts)",
    )
    .bind(&job.key)
    .fetch_one(db)
    .await
}

/// Puts jobs down, to be done at once.
pub async fn put_all(db: impl PgExecutor<'_>, jobs: &[Slip]) -> sqlx::Result<()> {
    let names: Vec<&str> = jobs.iter().map(|job| job.name).collect();
    let payloads: Vec<Json<&Value>> = jobs.iter().map(|job| Json(&job.payload)).collect();
    let tries: Vec<i32> = jobs.iter().map(|job| job.tries).collect();
    let keys: Vec<Option<&str>> = jobs.iter().map(|job| job.key.as_deref()).collect();
    sqlx::query(
        "select put_job(name, payload, tries, key, null)
         from unnest($1::text[], $2::jsonb[], $3::int[], $4::text[]) as jobs (name, payload, tries, key)",
    )
    .bind(names)
    .bind(payloads)
    .bind(tries)
    .bind(keys)
    .execute(db)
    .await?;
    Ok(())
}

/// The jobs, or those of one state: those first that need somebody.
pub async fn queued(
    db: impl PgExecutor<'_>,
    state: Option<State>,
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<Queued>> {
    sqlx::query_as(
        "select * from (
             select j.id, t.identifier as kind, case when t.identifier = 'send_mail' then j.payload ->> 'subject' end as subject,
                    case when j.locked_at is not null then 'running' when j.attempts >= j.max_attempts then 'dead'
                         when j.attempts > 0 then 'retrying' else 'waiting' end as state,
                    j.attempts as tries, j.max_attempts as most_tries, j.run_at, j.created_at, j.last_error
             from graphile_worker._private_jobs j
             join graphile_worker._private_tasks t on t.id = j.task_id) jobs
         where $1::text is null or state = $1
         order by array_position(array['dead', 'retrying', 'running', 'waiting'], state), run_at, id
         limit $2 offset $3",
    )
    .bind(state.map(State::as_str))
    .bind(limit)
    .bind(offset)
    .fetch_all(db)
    .await
}

/// One job, locked until the transaction ends.
pub async fn find(db: impl PgExecutor<'_>, id: i64) -> sqlx::Result<Option<Queued>> {
    sqlx::query_as(
        "select j.id, t.identifier as kind, case when t.identifier = 'send_mail' then j.payload ->> 'subject' end as subject,
                case when j.locked_at is not null then 'running' when j.attempts >= j.max_attempts then 'dead'
                     when j.attempts > 0 then 'retrying' else 'waiting' end as state,
                j.attempts as tries, j.max_attempts as most_tries, j.run_at, j.created_at, j.last_error
         from graphile_worker._private_jobs j
         join graphile_worker._private_tasks t on t.id = j.task_id
         where j.id = $1
         for update of j",
    )
    .bind(id)
    .fetch_optional(db)
    .await
}

/// How many jobs there are of each state.
pub async fn count(db: impl PgExecutor<'_>) -> sqlx::Result<Counts> {
    sqlx::query_as(
        "select count(*) filter (where locked_at is not null) as running,
                count(*) filter (where locked_at is null and attempts >= max_attempts) as dead,
                count(*) filter (where locked_at is null and attempts > 0 and attempts < max_attempts) as retrying,
                count(*) filter (where locked_at is null and attempts = 0) as waiting
         from graphile_worker._private_jobs",
    )
    .fetch_one(db)
    .await
}

/// This try of a job was its last.
pub async fn give_up(db: impl PgExecutor<'_>, id: i64) -> sqlx::Result<()> {
    sqlx::query("update graphile_worker._private_jobs set attempts = max_attempts where id = $1")
        .bind(id)
        .execute(db)
        .await?;
    Ok(())
}
