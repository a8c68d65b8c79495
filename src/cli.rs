//! The command line: what an operator can ask for.

mod doctor;

use std::ffi::OsString;
use std::io::{Write, stderr, stdout};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Context, anyhow, bail};
use clap::{Parser, Subcommand};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::stat::Mode;
use secrecy::ExposeSecret;
use sqlx::postgres::PgConnectOptions;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::app::{App, Clock};
use crate::config::{Config, Settings};
use crate::database::{self, Database};
use crate::error::Error;
use crate::events::RatesChanged;
use crate::features::{auth, currency, demo};
use crate::web::{headers, listener};
use crate::{jobs, private, routes, schedule, telemetry};

/// StakeEasy: what a poker player really has, whether they are winning, and which stakes the money supports
#[derive(Parser)]
#[command(version, subcommand_required = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Subcommand)]
#[expect(clippy::doc_markdown, reason = "these comments are the text of --help")]
enum Command {
    /// Run the site
    ///
    /// Stops on SIGTERM and Ctrl-C when the open requests are answered, 25 seconds later at most; on a second one, at
    /// once. The program's own database is brought up to date at the start; one named by DATABASE_URL must have been,
    /// with `stakeeasy migrate`.
    Serve,
    /// Bring the database's tables up to date, and load the shipped exchange rates
    Migrate,
    /// Make the demo user, with ten years of play that end today, unless there is one of today
    Demo,
    /// Exchange rates
    Rates {
        #[command(subcommand)]
        command: Rates,
    },
    /// Administrators
    Admin {
        #[command(subcommand)]
        command: Admin,
    },
    /// Check configuration, files, database, migrations, ledgers, assets and disk: one line each, exit code 1 if one fails
    Doctor {
        /// Also check what must be set before the site is open to others: https, mail, keys, backups, exchange rates
        #[arg(long)]
        production: bool,
    },
    /// Run a command with DATABASE_URL set to the program's database, which is started if it does not run
    ///
    /// For PostgreSQL's programs (PGHOST and so on are set, too) and for cargo sqlx. The exit code is the command's.
    #[command(after_help = "Examples:
  stakeeasy database -- psql
  stakeeasy database -- pg_dump --format custom --file backup.dump
  stakeeasy database --temporary -- sh -c 'cargo sqlx migrate run && cargo sqlx prepare -- --all-targets'")]
    Database {
        /// Use a new, empty database that is thrown away afterwards
        #[arg(long)]
        temporary: bool,
        /// The program to run, and its arguments
        #[arg(last = true, required = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },
}

#[derive(Subcommand)]
#[expect(clippy::doc_markdown, reason = "these comments are the text of --help")]
enum Rates {
    /// Load a file of the European Central Bank as it comes: eurofxref-hist.zip or eurofxref.zip, the CSV in it, or the XML
    Import { file: PathBuf },
    /// Fetch new rates now, from the addresses in RATES_URL and RATES_FALLBACK_URL, and say what is new
    ///
    /// A running site does this on its own once a day. A file that looks wrong (a rate jumps by more than 20 %, or a currency
    /// is missing) is used only when a second fetch says the same. The exit code is 1 if anything fails.
    Update,
}

#[derive(Subcommand)]
enum Admin {
    /// Make a registered user an administrator
    Grant { email: String },
    /// Make an administrator a user like others again
    Revoke { email: String },
}

/// Does what the command line says. The exit code is 0 when it worked, 1 when it did not, 2 when the command line
/// makes no sense.
pub fn run() -> ExitCode {
    // Before anything speaks TLS. It can only be done once, and nothing else does it.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    let cli = Cli::parse();
    let umask = private::by_default();
    match execute(cli, umask) {
        Ok(code) => code,
        Err(error) => {
            writeln!(stderr(), "stakeeasy: {error:#}").ok();
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn execute(cli: Cli, umask: Mode) -> anyhow::Result<ExitCode> {
    let config = Config::new(&cli.settings);
    if let Command::Doctor { production } = cli.command {
        return doctor::check(config, production).await;
    }
    let config = config?;
    telemetry::start(&config)?;
    match cli.command {
        Command::Serve => serve(config).await?,
        Command::Database { temporary, command } => {
            return with_database(&config, temporary, &command, umask).await;
        }
        Command::Doctor { .. } => {
            unreachable!("done above, where a wrong configuration is a finding")
        }
        Command::Migrate => {
            let database = database::open_shared(&config).await?;
            let migrated = migrate(&database).await;
            database.close().await?;
            migrated?;
            say("The database is up to date.")?;
        }
        Command::Demo => {
            let made = async |app: &App| {
                demo::fill(app).await?;
                demo::renew(app).await
            };
            with_app(config, made).await?;
            say("The demo user is there. It can sign in while the site runs with --demo.")?;
        }
        Command::Rates {
            command: Rates::Update,
        } => with_app(config, update_rates).await?,
        Command::Rates {
            command: Rates::Import { file },
        } => {
            let reader = std::fs::File::open(&file)
                .with_context(|| format!("could not open {}", file.display()))?;
            let count = with_app(config, async |app| {
                let today = app.now().date_naive();
                let count = currency::import_rates(&app.db, today, reader).await?;
                let mut db = app.db.acquire().await?;
                let told = jobs::enqueue(&mut db, RatesChanged {}).await;
                told.map_err(Error::into_anyhow)?;
                anyhow::Ok(count)
            })
            .await?;
            say(&format!("{count} rates are loaded."))?;
        }
        Command::Admin { command } => {
            let (email, is_admin) = match command {
                Admin::Grant { email } => (email, true),
                Admin::Revoke { email } => (email, false),
            };
            let set = async |app: &App| {
                auth::set_admin(app, &email, is_admin)
                    .await
                    .map_err(Error::into_anyhow)
            };
            if !with_app(config, set).await? {
                bail!(
                    "nobody has registered with {email}. Example: stakeeasy admin grant me@stakeeasy.example"
                );
            }
            let is = if is_admin { "is an" } else { "is no" };
            say(&format!("{email} {is} administrator."))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Fetches from each whom the settings name, also if the one before fails.
async fn update_rates(app: &App) -> anyhow::Result<()> {
    let mut failures = Vec::new();
    let mut is_off = true;
    for from in currency::Feed::ALL {
        match currency::update(app, from).await {
            Ok(None) => continue,
            Ok(Some(fetched)) => say(&fetched.to_string())?,
            Err(error) => failures.push(format!("{error:#}")),
        }
        is_off = false;
    }
    if is_off {
        bail!(
            "no rates are fetched: RATES_URL (--rates-url) is empty, and RATES_FALLBACK_URL is not set"
        );
    }
    if failures.is_empty() {
        return Ok(());
    }
    bail!("rates could not be fetched: {}", failures.join("; "))
}

/// Open files beside the connections of clients: those of the database, assets, mails, uploads.
const OTHER_FILES: u64 = 600;

fn say(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(stdout(), "{text}")?)
}

/// Lets the program have as many open files as it may: each connection is one, and systems give few unasked.
fn raise_open_files() {
    let needed = listener::MOST_CONNECTIONS as u64 + OTHER_FILES;
    let raised = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(least, most)| {
        // Some systems refuse what they call no limit.
        setrlimit(Resource::RLIMIT_NOFILE, least.max(most.min(65_536)), most)?;
        Ok(most)
    });
    match raised {
        Ok(most) if most >= needed => {}
        Ok(most) => tracing::warn!(
            most,
            needed,
            "the system lets this program have few open files: raise its hard limit"
        ),
        Err(error) => tracing::warn!(%error, "the limit of open files could not be raised"),
    }
}

async fn serve(mut config: Config) -> anyhow::Result<()> {
    raise_open_files();
    let (mut terminate, mut interrupt) = stop_signals()?;
    let listener = bind(config.listen)?;
    config.bound_to(listener.local_addr()?)?;
    let address = config.origin();
    private::tighten(&config.data_dir).with_context(|| {
        let dir = config.data_dir.display();
        format!("DATA_DIR (--data-dir): could not keep {dir} from other users")
    })?;
    let database = tokio::select! {
        opened = database::open(&config) => opened?,
        // The system stops a database that is just starting when we end.
        () = either(&mut terminate, &mut interrupt) => return Ok(()),
    };
    let served = async {
        let app = open_app(config, &database).await?;
        if app.config.demo {
            demo::fill(&app).await?;
        }
        let clocks = tokio::spawn(schedule::run(app.clone()));
        let (stop_jobs, stopped) = watch::channel(false);
        let jobs = tokio::spawn(schedule::work(app.clone(), stopped));
        // Nobody waits for it; the first who needs it would.
        tokio::task::spawn_blocking(auth::prepare);
        let refusals = headers::of_refusals(&app.config);
        let router = routes::router(app);
        say(&format!("StakeEasy is ready at {address}"))?;
        let stop = async {
            either(&mut terminate, &mut interrupt).await;
            tracing::info!("stopping; the open requests are answered first");
            tokio::spawn(async move {
                either(&mut terminate, &mut interrupt).await;
                std::process::exit(130);
            });
        };
        listener::serve(listener, router, refusals, stop).await;
        clocks.abort();
        stop_jobs.send_replace(true);
        jobs.await?;
        Ok(())
    };
    let served = served.await;
    database.close().await?;
    served
}

fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    listener::listen(address).map_err(|error| {
        anyhow!("LISTEN (--listen): could not listen on {address}: {error}. Example: --listen 127.0.0.1:8001")
    })
}

fn stop_signals() -> anyhow::Result<(Signal, Signal)> {
    Ok((
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    ))
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

async fn migrate(database: &Database) -> anyhow::Result<()> {
    database.migrate().await?;
    currency::seed_rates(&database.pool).await
}

/// The application on a database that is up to date: our own is brought there, any other must be there already.
async fn open_app(config: Config, database: &Database) -> anyhow::Result<App> {
    if database.is_embedded() {
        migrate(database).await?;
    } else {
        let pending = database.pending_migrations().await?;
        if pending > 0 {
            bail!("the database lacks {pending} migrations. Apply them first: stakeeasy migrate");
        }
    }
    App::new(config, database.pool.clone(), Clock::System)
}

/// Does one thing with the application, and closes the database whatever comes of it.
async fn with_app<T>(
    config: Config,
    action: impl AsyncFnOnce(&App) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let database = database::open_shared(&config).await?;
    let done = async { action(&open_app(config, &database).await?).await }.await;
    database.close().await?;
    done
}

async fn with_database(
    config: &Config,
    temporary: bool,
    command: &[OsString],
    umask: Mode,
) -> anyhow::Result<ExitCode> {
    let (url, cluster) = match &config.database_url {
        Some(url) if !temporary => (url.expose_secret().to_owned(), None),
        _ => database::cluster(config, temporary).await?,
    };
    // The operator's program makes files as the operator wants them.
    private::put_back(umask);
    let ended = run_command(&url, command).await;
    if let Some(cluster) = cluster {
        tokio::task::spawn_blocking(move || cluster.stop()).await?;
    }
    ended
}

async fn run_command(url: &str, command: &[OsString]) -> anyhow::Result<ExitCode> {
    // Ctrl-C in the terminal reaches the command as well, and is its business.
    let (mut terminate, mut interrupt) = stop_signals()?;
    let [program, arguments @ ..] = command else {
        bail!("there is no command to run")
    };
    let mut child = tokio::process::Command::new(program);
    child.args(arguments).env("DATABASE_URL", url);
    let options = PgConnectOptions::from_str(url)?;
    if let Some(socket_dir) = options.get_socket() {
        child
            .env("PGHOST", socket_dir)
            .env("PGPORT", options.get_port().to_string())
            .env("PGUSER", options.get_username())
            .env("PGDATABASE", options.get_database().unwrap_or_default());
    }
    let mut child = child
        .spawn()
        .with_context(|| format!("could not run {}", program.display()))?;
    let status = loop {
        tokio::select! {
            status = child.wait() => break status?,
            _ = interrupt.recv() => {}
            _ = terminate.recv() => child.start_kill()?,
        }
    };
    // Like a shell, 128 and the signal's number stand for a command that a signal ended.
    let code = status.code().unwrap_or_else(|| {
        128 + std::os::unix::process::ExitStatusExt::signal(&status).unwrap_or_default()
    });
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}
