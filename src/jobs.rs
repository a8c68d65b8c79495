//! The job queue: work that follows from a write and is put down in the write's own transaction. A thin door to
//! `graphile_worker`, which keeps the queue in PostgreSQL.

mod queries;

use std::time::{Duration, SystemTime};

use anyhow::Context;
use chrono::{DateTime, Utc};
use graphile_worker::errors::GraphileWorkerError;
use graphile_worker::worker_utils::types::RescheduleJobOptions;
use graphile_worker::{
    IntoTaskHandlerResult, JobDefinition, JobFail, JobPermanentlyFail, TaskHandler, Worker,
    WorkerContext, WorkerOptions, WorkerUtils,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};

use crate::app::App;
use crate::error::{Error, Result, is_passing};

pub use queries::{Counts, Queued, State, count, find, queued};

/// Where the queue's own tables are.
const SCHEMA: &str = "graphile_worker";
/// Jobs that one process does at once.
const AT_ONCE: usize = 4;
/// How long a job that runs while the program stops may take to end.
const GRACE: Duration = Duration::from_secs(15);

/// A process that has not been heard of for this long is dead: its jobs are done by the others.
const DEAD_AFTER: Duration = Duration::from_secs(45);

/// A failure that no other try will mend. The job is not tried again, and waits for an administrator.
#[derive(Debug)]
pub struct Hopeless(pub String);

impl std::fmt::Display for Hopeless {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Hopeless {}

/// Something to be done once. It may be done twice when the program dies in the middle, so it must bear that.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Under which it is kept.
    const NAME: &'static str;
    /// How often it is tried. The waits between grow from seconds to six hours: 13 tries take about a day. After the
    /// last one the job stays where it is, with its error, until an administrator looks at it.
    const TRIES: i16 = 13;

    /// Of several with the same key that wait, only the last is done.
    fn key(&self) -> Option<String> {
        None
    }

    /// Does it. An error is kept with the job, for an administrator to read; with [`Hopeless`] it was the last try.
    fn run(self, app: App) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// Puts a job down, to be done once the transaction is committed.
pub async fn enqueue<J: Job>(db: &mut PgConnection, job: J) -> Result<()> {
    put(db, job, None).await
}

/// The same, to be done when some time has passed.
pub async fn enqueue_later<J: Job>(db: &mut PgConnection, job: J, after: Duration) -> Result<()> {
    // The queue goes by the clock of the machine, whatever ours says in a test.
    put(db, job, Some(SystemTime::now() + after)).await
}

/// Whether a job with the key of this one is being done, or will be without anybody's doing.
pub async fn waits<J: Job>(db: &mut PgConnection, job: &J) -> Result<bool> {
    Ok(queries::waits(db, &Slip::of(job)?).await?)
}

/// Puts many jobs of one kind down, in one round trip.
pub async fn enqueue_all<J: Job>(
    db: &mut PgConnection,
    jobs: impl IntoIterator<Item = J>,
) -> Result<()> {
    let slips: Result<Vec<Slip>> = jobs.into_iter().map(|job| Slip::of(&job)).collect();
    queries::put_all(db, &slips?)
        .await
        .with_context(|| format!("could not put down jobs {}", J::NAME))?;
    Ok(())
}

async fn put<J: Job>(db: &mut PgConnection, job: J, at: Option<SystemTime>) -> Result<()> {
    queries::put(db, &Slip::of(&job)?, at.map(Into::into))
        .await
        .with_context(|| format!("could not put down a job {}", J::NAME))?;
    Ok(())
}

/// What is put down of a job. A write that saves in one statement puts it down in that, with the database's `put_job`.
#[derive(Debug)]
pub struct Slip {
    pub name: &'static str,
    pub payload: Value,
    pub tries: i32,
    /// See [`Job::key`].
    pub key: Option<String>,
}

impl Slip {
    /// That of a job.
    pub fn of<J: Job>(job: &J) -> Result<Self> {
        Ok(Self {
            name: J::NAME,
            payload: serde_json::to_value(job).context("a job could not be written down")?,
            tries: J::TRIES.into(),
            key: job.key().map(|key| format!("{}:{key}", J::NAME)),
        })
    }
}

/// An error of the queue. It keeps of the database's errors only what they say, and the code if the database gave one:
/// without a code it was not asked, or did not answer.
fn error_of(error: GraphileWorkerError, what: &str) -> Error {
    let is_passing = match &error {
        GraphileWorkerError::SqlError(error) => error.code().is_none_or(is_passing),
        _ => false,
    };
    let error = anyhow::Error::from(error).context(what.to_owned());
    if is_passing {
        Error::Unavailable(error)
    } else {
        Error::Internal(error)
    }
}

/// Puts a job that failed back: all its tries are before it again, and the first is now. Returns it as it was; `None` if
/// there is no such job, or it did not fail, or is being done.
pub async fn retry(app: &App, db: &mut PgConnection, id: i64) -> Result<Option<Queued>> {
    let failed = queries::find(&mut *db, id)
        .await?
        .filter(|job| matches!(job.state, State::Retrying | State::Dead));
    if failed.is_some() {
        let options = RescheduleJobOptions {
            // The queue goes by the database's clock: whatever that says, this is over.
            run_at: Some(DateTime::<Utc>::UNIX_EPOCH),
            attempts: Some(0),
            ..RescheduleJobOptions::default()
        };
        let utils = queue(&app.db);
        let done = utils
            .with_executor(db)
            .reschedule_jobs(&[id], options)
            .await;
        done.map_err(|error| error_of(error, "could not put a job back"))?;
    }
    Ok(failed)
}

/// Removes a job. Returns it as it was; `None` if there is no such job, or it is being done.
pub async fn discard(app: &App, db: &mut PgConnection, id: i64) -> Result<Option<Queued>> {
    let idle = queries::find(&mut *db, id)
        .await?
        .filter(|job| job.state != State::Running);
    if idle.is_some() {
        let utils = queue(&app.db);
        let done = utils.with_executor(db).complete_jobs(&[id]).await;
        done.map_err(|error| error_of(error, "could not drop a job"))?;
    }
    Ok(idle)
}

/// A kind of job, for the list of them.
pub fn kind<J: Job>() -> JobDefinition {
    Task::<J>::definition()
}

/// What does the jobs of these kinds. [`Worker::run`] goes on until [`Worker::request_shutdown`];
/// [`Worker::run_once`] ends when nothing is left to do now.
pub async fn worker(
    app: &App,
    kinds: impl IntoIterator<Item = JobDefinition>,
) -> anyhow::Result<Worker> {
    WorkerOptions::default()
        .pg_pool(app.db.clone())
        .schema(SCHEMA)
        .concurrency(AT_ONCE)
        .listen_os_shutdown_signals(false)
        .shutdown_grace_period(GRACE)
        .heartbeat_interval(DEAD_AFTER / 4)
        .sweep_interval(DEAD_AFTER / 4)
        .sweep_threshold(DEAD_AFTER)
        .add_extension(app.clone())
        // However it failed: a panic, and a job that this version cannot read, too.
        .on(JobFail, async |failed| {
            let (id, name) = (failed.job.id(), failed.job.task_identifier());
            tracing::warn!(
                job.id = id,
                job.name = name,
                error = failed.error,
                "a job failed"
            );
        })
        .on(JobPermanentlyFail, async |failed| {
            let (id, name) = (failed.job.id(), failed.job.task_identifier());
            tracing::error!(
                job.id = id,
                job.name = name,
                error = failed.error,
                "a job failed for the last time: an administrator must retry or drop it"
            );
        })
        .define_jobs(kinds)
        .init()
        .await
        .context("the job queue could not be opened")
}

/// Makes the queue's tables, or brings them up to date.
pub async fn migrate(db: &PgPool) -> anyhow::Result<()> {
    queue(db)
        .migrate()
        .await
        .context("could not migrate the job queue")
}

fn queue(db: &PgPool) -> WorkerUtils {
    WorkerUtils::new(db.clone(), SCHEMA)
}

/// One of our jobs, as the queue knows jobs.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Task<J>(J);

impl<J: Job> TaskHandler for Task<J> {
    const IDENTIFIER: &'static str = J::NAME;

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let app = context
            .get_ext::<App>()
            .cloned()
            .ok_or_else(|| "the worker has no application".to_owned())?;
        let Err(error) = self.0.run(app.clone()).await else {
            return Ok(());
        };
        if error.is::<Hopeless>() {
            let (id, name) = (*context.job().id(), J::NAME);
            queries::give_up(&app.db, id)
                .await
                .map_err(|error| format!("could not give a job up: {error}"))?;
            tracing::error!(
                job.id = id,
                job.name = name,
                error = %error,
                "a job failed for good: an administrator must retry or drop it"
            );
        }
        Err(format!("{error:#}"))
    }
}
