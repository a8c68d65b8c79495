//! `stakeeasy doctor`: is everything as it must be?

mod production;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};

use super::say;
use crate::MIGRATOR;
use crate::config::{Config, Invalid, Mail};
use crate::database::{self, Database};
use crate::disk;
use crate::private;

/// Vite's list of the files it built.
const MANIFEST: &str = "static/dist/.vite/manifest.json";

/// Prints one line per check, with those of a site for others if asked. The exit code is 1 when one of them failed.
pub async fn check(config: Result<Config, Invalid>, for_others: bool) -> anyhow::Result<ExitCode> {
    let mut healthy = true;
    let mut report = |what: &str, finding: anyhow::Result<String>| {
        healthy &= finding.is_ok();
        say(&match finding {
            Ok(text) => format!("ok      {what}: {text}"),
            Err(error) => format!("FAILED  {what}: {error:#}"),
        })
    };
    match config {
        Err(invalid) => report("configuration", Err(invalid.into()))?,
        Ok(config) => {
            report(
                "configuration",
                Ok(format!(
                    "the site is {}, on {}",
                    config.origin(),
                    config.listen
                )),
            )?;
            // As they are now: opening the database makes some of them.
            report("files", files(&config))?;
            match database::open_shared(&config).await {
                Err(error) => report("database", Err(error))?,
                Ok(database) => {
                    report("database", server(&database, &config).await)?;
                    let migrated = migrations(&database, &config).await;
                    let is_current = database.pending_migrations().await.is_ok_and(|n| n == 0);
                    report("migrations", migrated)?;
                    if is_current {
                        report("ledgers", ledgers(&database).await)?;
                    }
                    if for_others {
                        report("rates", production::rates(&database).await)?;
                    }
                    database.close().await?;
                }
            }
            report("disk", disk::free(&config.data_dir))?;
            if for_others {
                for (what, finding) in production::findings(&config).await {
                    report(what, finding)?;
                }
            }
        }
    }
    report("assets", assets())?;
    Ok(if healthy {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Nobody else on the machine may read mail, the database, the key or logs.
fn files(config: &Config) -> anyhow::Result<String> {
    let dir = config.data_dir.display();
    let mut exposed =
        private::exposed(&config.data_dir).with_context(|| format!("could not look into {dir}"))?;
    if let Mail::Folder(folder) = &config.mail
        && !folder.starts_with(&config.data_dir)
    {
        private::collect(folder, &mut exposed)?;
    }
    let shown: Vec<_> = exposed
        .iter()
        .take(3)
        .map(|path| path.display().to_string())
        .collect();
    ensure!(
        exposed.is_empty(),
        "other users of this machine may read or pass {}{}. Repair it: chmod -R go= {dir}",
        shown.join(", "),
        if exposed.len() > 3 { " and more" } else { "" },
    );
    Ok(format!("nobody else may read {dir}"))
}

async fn server(database: &Database, config: &Config) -> anyhow::Result<String> {
    let version = database
        .pool
        .acquire()
        .await?
        .server_version_num()
        .context("the server does not tell its version")?;
    let whose = if config.database_url.is_some() {
        "DATABASE_URL"
    } else {
        "our own"
    };
    ensure!(
        version >= 150_000,
        "PostgreSQL {} is too old: 15 or newer is needed",
        version / 10_000
    );
    Ok(format!(
        "PostgreSQL {}.{}, {whose}",
        version / 10_000,
        version % 10_000
    ))
}

async fn migrations(database: &Database, config: &Config) -> anyhow::Result<String> {
    let all = MIGRATOR.iter().count();
    match database.pending_migrations().await? {
        0 => Ok(format!("all {all} are applied")),
        pending if config.database_url.is_none() => Ok(format!(
            "{pending} of {all} are pending; the next start of the site applies them"
        )),
        pending => bail!("{pending} of {all} are pending. Apply them: stakeeasy migrate"),
    }
}

/// The database is asked for what may never be in it.
async fn ledgers(database: &Database) -> anyhow::Result<String> {
    let broken = database.violations().await?;
    let told: Vec<_> = broken
        .iter()
        .map(|(rule, count)| format!("{count} times not so: {rule}"))
        .collect();
    ensure!(
        broken.is_empty(),
        "{}. See them: stakeeasy database -- psql -c 'table invariant_violations'",
        told.join("; ")
    );
    Ok("every rule holds".to_owned())
}

fn assets() -> anyhow::Result<String> {
    let manifest = Path::new(MANIFEST);
    ensure!(
        manifest.exists(),
        "{MANIFEST} is missing. Build it: npm ci && npm run build"
    );
    Ok(MANIFEST.to_owned())
}
