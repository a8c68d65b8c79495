//! What must be set before other people keep their records here.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail, ensure};
use chrono::{DateTime, Utc};

use crate::config::{Config, Mail, SmtpSecurity};
use crate::database::Database;
use crate::email;
use crate::features::currency::{self, FRESH_DAYS};

/// A backup that is older than this was missed: one a day, and two hours for it to be made.
const OLDEST_BACKUP: Duration = Duration::from_secs(26 * 60 * 60);

/// Each check, and what it found.
pub async fn findings(config: &Config) -> [(&'static str, anyhow::Result<String>); 5] {
    [
        ("public address", address(config)),
        ("proxies", proxies(config)),
        ("mail", mail(config).await),
        ("secret key", key(config)),
        ("backups", backups(config, SystemTime::now())),
    ]
}

/// Converted totals are worth as much as the rates.
pub async fn rates(database: &Database) -> anyhow::Result<String> {
    const HOW: &str = "Fetch the European Central Bank's. Example: stakeeasy rates update";
    let today = DateTime::<Utc>::from(SystemTime::now()).date_naive();
    let Some(newest) = currency::newest_day(&database.pool, today).await? else {
        bail!("there are none. {HOW}")
    };
    let age = (today - newest).num_days();
    ensure!(
        age <= FRESH_DAYS,
        "the newest are {age} days old, of {newest}, and every converted total says so. {HOW}"
    );
    Ok(format!("the newest are of {newest}"))
}

fn address(config: &Config) -> anyhow::Result<String> {
    ensure!(
        config.secure(),
        "PUBLIC_URL is {}, which only this machine reaches. Set it to the address that people type. \
         Example: --public-url https://stakeeasy.example",
        config.origin()
    );
    Ok(config.origin())
}

/// The program leaves TLS to a proxy. If that is not trusted, all visitors are one to the limits on logging in.
fn proxies(config: &Config) -> anyhow::Result<String> {
    ensure!(
        !config.trusted_proxies.is_empty(),
        "TRUSTED_PROXIES is not set: everybody seems to come from the proxy, and shares the limits on logging in. \
         Example: --trusted-proxies 127.0.0.1,::1"
    );
    let networks: Vec<_> = config
        .trusted_proxies
        .iter()
        .map(ToString::to_string)
        .collect();
    Ok(networks.join(", "))
}

async fn mail(config: &Config) -> anyhow::Result<String> {
    let server = match &config.mail {
        Mail::Folder(folder) => bail!(
            "MAIL_URL is not set to a mail server: mail stays in {}, and nobody can confirm an address. \
             Example: --mail-url smtps://user:password@mail.example:465",
            folder.display()
        ),
        Mail::Smtp(server) => server,
    };
    email::reach(&config.mail)
        .await
        .with_context(|| format!("MAIL_URL: {} cannot be used", server.host))?;
    let how = match server.security {
        SmtpSecurity::Tls | SmtpSecurity::StartTls => "encrypted",
        SmtpSecurity::Plain => "on this machine",
    };
    Ok(format!("{} answers, {how}", server.host))
}

/// Whoever has the key and the data can read the secrets of second factors: they are not to lie in one place.
fn key(config: &Config) -> anyhow::Result<String> {
    let file = config.secret_key_file.display();
    ensure!(
        config.secret_key_file_was_given,
        "SECRET_KEY_FILE is not set: the key lies beside the data that it encrypts, in {file}. \
         Move it, and keep a copy apart from the backups. Example: --secret-key-file /etc/stakeeasy/secret.key"
    );
    ensure!(
        !is_within(&config.secret_key_file, &config.data_dir),
        "SECRET_KEY_FILE is {file}, beside the data that it encrypts. Example: --secret-key-file /etc/stakeeasy/secret.key"
    );
    Ok(file.to_string())
}

fn backups(config: &Config, now: SystemTime) -> anyhow::Result<String> {
    let Some(folder) = &config.backup_dir else {
        bail!(
            "BACKUP_DIR is not set to where backups arrive. Example: --backup-dir /var/backups/stakeeasy"
        )
    };
    let shown = folder.display();
    ensure!(
        !is_within(folder, &config.data_dir),
        "BACKUP_DIR is {shown}, inside the data directory: both would be lost together"
    );
    let newest =
        newest_file(folder).with_context(|| format!("BACKUP_DIR: could not read {shown}"))?;
    let Some((file, made)) = newest else {
        bail!("there is no backup in {shown} yet. The README says how to make one")
    };
    // A clock that was set back makes a file younger than now.
    let age = now.duration_since(made).unwrap_or_default();
    let hours = age.as_secs() / 3600;
    ensure!(
        age <= OLDEST_BACKUP,
        "the newest, {}, is {hours} hours old",
        file.display()
    );
    Ok(format!("{}, {hours} hours old", file.display()))
}

/// The file with something in it that was changed last.
fn newest_file(folder: &Path) -> std::io::Result<Option<(PathBuf, SystemTime)>> {
    let mut newest = None;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let about = std::fs::metadata(&path)?;
        let found = (about.modified()?, path);
        if about.is_file() && about.len() > 0 && newest.as_ref().is_none_or(|known| found > *known)
        {
            newest = Some(found);
        }
    }
    Ok(newest.map(|(made, path)| (path, made)))
}

/// Whether a path leads into a directory, links followed.
fn is_within(path: &Path, dir: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    real(path).starts_with(real(dir))
}
