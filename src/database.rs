//! The database: the one that is configured, or our own; its pool and its migrations.

pub mod embedded;

use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use secrecy::ExposeSecret;
use sqlx::migrate::{Migrate, MigrateDatabase};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool, Postgres};

use crate::MIGRATOR;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::jobs;
use embedded::Cluster;

/// The database's name in our own cluster.
const NAME: &str = "stakeeasy";
/// How long the first connection may take.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);

/// How long a request waits for a connection of the pool.
const ACQUIRE_PATIENCE: Duration = Duration::from_secs(2);

/// How long the server lets a statement, a lock or an idle transaction take.
const SESSION_SETTINGS: [(&str, &str); 4] = [
    ("statement_timeout", "5s"),
    ("lock_timeout", "2s"),
    ("idle_in_transaction_session_timeout", "10s"),
    ("tcp_keepalives_idle", "30"),
];

/// How long an idle connection is trusted to be still there.
const TRUSTED: Duration = Duration::from_secs(1);

/// An open database. [`Database::close`] it: only then does our own cluster stop cleanly while the program goes on.
#[derive(Debug)]
pub struct Database {
    /// For all that the program does. In our own database it may read and write rows, and nothing else.
    pub pool: PgPool,
    /// For migrations.
    owner: PgPool,
    /// Whether the database is one that this program has made.
    is_own: bool,
    cluster: Option<Cluster>,
}

/// Opens the configured database, or starts our own. Fails when another instance runs our own.
pub async fn open(config: &Config) -> anyhow::Result<Database> {
    if let Some(url) = &config.database_url {
        return connect(url.expose_secret(), config, false, None)
            .await
            .map_err(|error| {
                anyhow!(
                    "DATABASE_URL (--database-url): could not connect: {error}. \
                 Example: --database-url postgres://stakeeasy:password@localhost/stakeeasy"
                )
            });
    }
    let (url, cluster) = start(config, false).await?;
    connect(&url, config, true, Some(cluster))
        .await
        .context("could not connect to the database that was just started")
}

/// The URL of our own database, and the cluster if this process had to start it. A `temporary` one is new and empty.
pub async fn cluster(
    config: &Config,
    temporary: bool,
) -> anyhow::Result<(String, Option<Cluster>)> {
    if !temporary && let Some(url) = embedded::running(&config.data_dir, NAME)? {
        return Ok((url, None));
    }
    let (url, cluster) = start(config, temporary).await?;
    Ok((url, Some(cluster)))
}

async fn start(config: &Config, temporary: bool) -> anyhow::Result<(String, Cluster)> {
    let options = embedded::Options {
        data_dir: config.data_dir.clone(),
        programs: config.postgres_bin.clone(),
        durable: true,
    };
    let start = move || {
        if temporary {
            Cluster::temporary(options.programs.as_deref())
        } else {
            Cluster::start(&options)
        }
    };
    let cluster = tokio::task::spawn_blocking(start).await??;
    let url = cluster.url(NAME);
    create_if_missing(&url).await?;
    create_worker(&url).await?;
    Ok((url, cluster))
}

/// As [`open`], but joins the instance that runs our own database, if one does: for commands that an operator types
/// while the site is up.
pub async fn open_shared(config: &Config) -> anyhow::Result<Database> {
    if config.database_url.is_none()
        && let Some(url) = embedded::running(&config.data_dir, NAME)?
    {
        return connect(&url, config, true, None)
            .await
            .context("could not connect to the running instance's database");
    }
    open(config).await
}

impl Database {
    /// Whether the database is our own, started by this very process.
    pub fn is_embedded(&self) -> bool {
        self.cluster.is_some()
    }

    /// Applies the migrations that the database does not have yet, and those of the job queue.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        migrate(&self.owner).await?;
        if self.is_own {
            admit_worker(&self.owner).await?;
        }
        Ok(())
    }

    /// What is in the ledgers and may never be: each rule that is broken, and how often. Looking takes a while.
    pub async fn violations(&self) -> anyhow::Result<Vec<(String, i64)>> {
        let sql = "select rule, count(*) from invariant_violations group by rule order by rule";
        Ok(sqlx::query_as(sql).fetch_all(&self.owner).await?)
    }

    /// See [`pending_migrations`].
    pub async fn pending_migrations(&self) -> anyhow::Result<usize> {
        pending_migrations(&self.owner).await
    }

    /// Closes the pools, and stops our own cluster.
    pub async fn close(self) -> anyhow::Result<()> {
        self.pool.close().await;
        self.owner.close().await;
        if let Some(cluster) = self.cluster {
            tokio::task::spawn_blocking(move || cluster.stop()).await?;
        }
        Ok(())
    }
}

async fn connect(
    url: &str,
    config: &Config,
    is_own: bool,
    cluster: Option<Cluster>,
) -> anyhow::Result<Database> {
    let owner = PgPoolOptions::new()
        .max_connections(2)
        .connect_lazy_with(PgConnectOptions::from_str(url)?);
    let url = if is_own {
        embedded::as_worker(url)
    } else {
        url.to_owned()
    };
    let options = PgConnectOptions::from_str(&url)?.application_name("stakeeasy");
    // The pool answers a wrong password or a closed port with a time-out only; this says what is wrong.
    tokio::time::timeout(CONNECT_PATIENCE, options.connect())
        .await
        .with_context(|| format!("no answer within {} s", CONNECT_PATIENCE.as_secs()))??
        .close()
        .await?;
    Ok(Database {
        pool: pool(options, config.database_pool),
        owner,
        is_own,
        cluster,
    })
}

/// A pool of at most so many connections, the first of which is made when it is needed.
pub fn pool(options: PgConnectOptions, connections: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_PATIENCE)
        .max_lifetime(Duration::from_secs(30 * 60))
        // A connection is tested when it comes back to the pool, too: one that has just come back is not asked again.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TRUSTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options.options(SESSION_SETTINGS))
}

/// A write of a user's, which saves only onto what it has read.
pub trait Write: Sync {
    /// What is known of it once it is done.
    type Done: Send;

    /// Reads and saves. `None` if another write has changed meanwhile what was read: nothing is saved then.
    fn attempt(
        &self,
        db: &mut PgConnection,
    ) -> impl Future<Output = Result<Option<Self::Done>>> + Send;
}

/// Does a write. It is nearly always the user's only one, so it holds no lock while anything goes to the database and back.
/// If another one came in between, it waits for its turn, and nobody else has that until this one is done: a user's writes
/// happen one after the other.
pub async fn in_turn<W: Write>(db: &PgPool, owner: UserId, write: W) -> Result<W::Done> {
    let mut db = db.acquire().await?;
    if let Some(done) = write.attempt(&mut db).await? {
        return Ok(done);
    }
    let mut tx = db.begin().await?;
    lock_user(&mut tx, owner).await?;
    let done = write.attempt(&mut tx).await?;
    let done = done.ok_or_else(|| Error::InLine(anyhow!("a write came in another one's turn")))?;
    tx.commit().await?;
    Ok(done)
}

/// Takes the turn of a user's writes until the transaction ends.
pub async fn lock_user(db: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    sqlx::query!("select id from users where id = $1 for update", user.0)
        .fetch_one(db)
        .await?;
    Ok(())
}

/// Creates the database that `url` names, if the server does not have it.
pub async fn create_if_missing(url: &str) -> anyhow::Result<()> {
    if !Postgres::database_exists(url).await? {
        Postgres::create_database(url)
            .await
            .context("could not create the database")?;
    }
    Ok(())
}

/// Makes the role that the program works with, if the cluster does not have it.
pub async fn create_worker(url: &str) -> anyhow::Result<()> {
    let mut owner = PgConnection::connect(url).await?;
    sqlx::raw_sql(
        "do $$ begin
             if not exists (select from pg_roles where rolname = 'stakeeasy_app') then
                 create role stakeeasy_app login nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
             end if;
         end $$",
    )
    .execute(&mut owner)
    .await
    .context("could not make the role that the program works with")?;
    owner.close().await?;
    Ok(())
}

/// Lets the role that the program works with read and write the rows of every table that there is. What is in the audit
/// log it cannot change.
pub async fn admit_worker(owner: &PgPool) -> anyhow::Result<()> {
    sqlx::raw_sql(
        "grant usage on schema public, graphile_worker to stakeeasy_app;
         grant select, insert, update, delete on all tables in schema public, graphile_worker to stakeeasy_app;
         grant usage, select, update on all sequences in schema public, graphile_worker to stakeeasy_app;
         grant execute on all functions in schema public, graphile_worker to stakeeasy_app;
         revoke insert, update, delete on _sqlx_migrations from stakeeasy_app;
         revoke update on audit_log from stakeeasy_app;
         -- The queue's tables are closed by row, to all but their owner, until a policy says otherwise.
         do $$ declare queue_table regclass; begin
             for queue_table in
                 select c.oid from pg_class c
                 where c.relnamespace = 'graphile_worker'::regnamespace and c.relrowsecurity
                   and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'stakeeasy_app')
             loop
                 execute format('create policy stakeeasy_app on %s to stakeeasy_app using (true) with check (true)', queue_table);
             end loop;
         end $$",
    )
    .execute(owner)
    .await
    .context("could not give the program its rights in the database")?;
    Ok(())
}

/// Applies the migrations that the database does not have yet, and those of the job queue.
pub async fn migrate(db: &PgPool) -> anyhow::Result<()> {
    let mut connection = patient_connection(db).await?;
    MIGRATOR
        .run(&mut connection)
        .await
        .context("could not migrate the database")?;
    connection.close().await?;
    jobs::migrate(db).await
}

/// The number of migrations that the database does not have yet. Fails when it has ones that this program does not know,
/// or knows otherwise: it belongs to a newer version.
pub async fn pending_migrations(db: &PgPool) -> anyhow::Result<usize> {
    let mut connection = patient_connection(db).await?;
    connection
        .ensure_migrations_table(&MIGRATOR.table_name)
        .await?;
    let applied = connection
        .list_applied_migrations(&MIGRATOR.table_name)
        .await?;
    connection.close().await?;
    for migration in &applied {
        let known = MIGRATOR
            .iter()
            .find(|known| known.version == migration.version);
        if known.is_none_or(|known| known.checksum != migration.checksum) {
            bail!(
                "the database has migration {}, which this version of the program does not know",
                migration.version
            );
        }
    }
    let versions = MIGRATOR
        .iter()
        .filter(|migration| !migration.migration_type.is_down_migration());
    Ok(versions.count() - applied.len())
}

/// A connection beside the pool, whose statements may take as long as they need.
async fn patient_connection(db: &PgPool) -> sqlx::Result<PgConnection> {
    // The last mention of a setting wins.
    let options = db
        .connect_options()
        .as_ref()
        .clone()
        .options([("statement_timeout", "0"), ("lock_timeout", "0")]);
    options.connect().await
}
