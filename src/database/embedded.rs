//! The PostgreSQL that the program starts itself when no database is configured: a real cluster in the data directory,
//! reachable on a Unix socket only.

mod launcher;
mod postmaster;
mod programs;
mod remains;

use std::fs::{DirBuilder, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, lchown};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use sha2::{Digest, Sha256};

use crate::private;
use launcher::Launcher;
use postmaster::{Plan, Postmaster};
use programs::Programs;
use remains::Lock;

/// The database role that owns everything in the cluster. It is a superuser, and only for operators and migrations.
const OWNER: &str = "stakeeasy";
/// The role that the program works with: it reads and writes rows, and nothing else.
pub const WORKER: &str = "stakeeasy_app";
/// Part of the socket's file name only; nothing listens on TCP.
const PORT: u16 = 5432;
/// Socket addresses hold 104 bytes on macOS and 108 on Linux, with the closing NUL.
const LONGEST_SOCKET: usize = 103;
/// A server log larger than this many bytes is started afresh.
const LARGEST_LOG: u64 = 1 << 20;
/// What the directories of throw-away clusters start with.
const TEMPORARY: &str = "stakeeasy-temporary-";

/// What [`Cluster::start`] needs to know.
#[derive(Clone, Debug)]
pub struct Options {
    /// Holds the cluster (`postgres-15/` and so on), the lock and usually the socket. Made when missing.
    pub data_dir: PathBuf,
    /// The only directory to look in for the PostgreSQL programs; `None` looks in the usual places.
    pub programs: Option<PathBuf>,
    /// `false` trades the safety of the data for speed: for clusters that are thrown away.
    pub durable: bool,
}

/// A running cluster. It ends with [`Cluster::stop`], when it is dropped, and when this process dies in whatever way.
#[derive(Debug)]
pub struct Cluster {
    postmaster: Postmaster,
    socket_dir: PathBuf,
    /// Removed at the end: the directory of a throw-away cluster.
    temporary: Option<PathBuf>,
    _lock: Lock,
}

impl Cluster {
    /// Starts the cluster, and makes it first when the data directory has none. Blocks until it accepts connections:
    /// about a second for a new one, a tenth of that later, longer when it must recover from a crash.
    ///
    /// Fails with a sentence for the operator when there are no PostgreSQL programs, when another instance uses the data
    /// directory, or when the database cannot run there.
    pub fn start(options: &Options) -> anyhow::Result<Self> {
        let data_dir = make_data_dir(&options.data_dir)?;
        let Some(lock) = Lock::take(&data_dir)? else {
            let process = remains::lock_holder(&data_dir).map_or_else(String::new, |pid| {
                format!(" (process {pid}; stop it with Ctrl-C in its terminal or: kill {pid})")
            });
            bail!(
                "StakeEasy is already running with the data directory {}{process}. Stop it first, or choose another \
                 directory, for example --data-dir /tmp/stakeeasy-2",
                data_dir.display()
            );
        };
        let programs = programs::find(options.programs.as_deref(), &existing_versions(&data_dir)?)?;
        let launcher = Launcher::choose(&programs, &data_dir)?;
        let cluster_dir = data_dir.join(format!("postgres-{}", programs.major));
        let log = data_dir.join(format!("postgres-{}.log", programs.major));
        if !cluster_dir.exists() {
            initialise(&programs, &launcher, &cluster_dir, &log, options.durable)?;
        }
        check_version(&cluster_dir, programs.major)?;
        hand_over(&cluster_dir, launcher.owner)?;
        let socket_dir = make_socket_dir(&data_dir, launcher.owner)?;
        let mut command = launcher.command(&programs.path("postgres"));
        command.arg("-D").arg(&cluster_dir);
        for setting in settings(&socket_dir, options.durable) {
            command.args(["-c", &setting]);
        }
        write_output(&mut command, &log)?;
        let plan = Plan {
            command,
            cluster_dir,
            socket_dir: socket_dir.clone(),
            log,
        };
        let postmaster = Postmaster::start(plan)?;
        remove_unfinished(&data_dir);
        Ok(Self {
            postmaster,
            socket_dir,
            temporary: None,
            _lock: lock,
        })
    }

    /// Starts a new, fast, not durable cluster in a temporary directory of its own, which is removed with it. What
    /// killed processes have left behind is removed too.
    pub fn temporary(programs: Option<&Path>) -> anyhow::Result<Self> {
        let parent = std::env::temp_dir();
        remove_abandoned(&parent);
        let data_dir = parent.join(format!("{TEMPORARY}{}", uuid::Uuid::new_v4().simple()));
        let options = Options {
            data_dir: data_dir.clone(),
            programs: programs.map(Path::to_path_buf),
            durable: false,
        };
        let mut cluster = Self::start(&options)?;
        cluster.temporary = Some(data_dir);
        Ok(cluster)
    }

    /// The connection URL of a database in this cluster, whether it exists or not. Understood by sqlx and by every
    /// PostgreSQL program.
    pub fn url(&self, database: &str) -> String {
        url(&self.socket_dir, OWNER, database)
    }

    /// Stops the server cleanly and returns when it is gone.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.postmaster.stop();
        // Fails when the server could not be stopped and its socket is still there.
        std::fs::remove_dir(&self.socket_dir).ok();
        if let Some(dir) = self.temporary.take()
            && let Err(error) = std::fs::remove_dir_all(&dir)
        {
            tracing::warn!("could not remove {}: {error}", dir.display());
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.end();
    }
}

/// The same with the rights of the role that the program works with.
pub fn as_worker(url: &str) -> String {
    url.replacen(&format!("//{OWNER}@"), &format!("//{WORKER}@"), 1)
}

/// The connection URL of a database in the cluster that another process runs in `data_dir`; `None` when none runs there.
pub fn running(data_dir: &Path, database: &str) -> anyhow::Result<Option<String>> {
    let Ok(data_dir) = data_dir.canonicalize() else {
        return Ok(None);
    };
    if Lock::take(&data_dir)?.is_some() {
        return Ok(None);
    }
    Ok(Some(url(&socket_dir(&data_dir), OWNER, database)))
}

fn url(socket_dir: &Path, role: &str, database: &str) -> String {
    let host = percent_encode(socket_dir.as_os_str().as_bytes(), NON_ALPHANUMERIC);
    let database = percent_encode(database.as_bytes(), NON_ALPHANUMERIC);
    format!("postgres://{role}@{host}:{PORT}/{database}")
}

/// The server's configuration, all of it on the command line so that it is the same for every cluster, old and new.
fn settings(socket_dir: &Path, durable: bool) -> Vec<String> {
    let quoted = socket_dir.display().to_string().replace('"', "\"\"");
    let mut settings = vec![
        "listen_addresses=".to_owned(),
        format!("unix_socket_directories=\"{quoted}\""),
        "unix_socket_permissions=0700".to_owned(),
        format!("port={PORT}"),
        "timezone=UTC".to_owned(),
        "log_timezone=UTC".to_owned(),
        "jit=off".to_owned(),
        // The program logs its own errors. The server's would hold what people typed.
        "log_min_messages=log".to_owned(),
        "log_error_verbosity=terse".to_owned(),
        "log_checkpoints=off".to_owned(),
        "logging_collector=off".to_owned(),
    ];
    let more: &[&str] = if durable {
        &[
            "fsync=on",
            "full_page_writes=on",
            "synchronous_commit=on",
            "max_connections=60",
        ]
    } else {
        &[
            "fsync=off",
            "full_page_writes=off",
            "synchronous_commit=off",
            "wal_level=minimal",
            "max_wal_senders=0",
            "autovacuum=off",
            "max_connections=200",
        ]
    };
    settings.extend(more.iter().map(|&setting| setting.to_owned()));
    settings
}

/// What directories end with in which a cluster is being made.
const UNFINISHED: &str = ".new";

/// Runs `initdb` beside the final place and renames at the end, so that an interrupted run leaves no half a cluster. Each
/// run has a place of its own: the `initdb` of one that was killed may still be writing.
fn initialise(
    programs: &Programs,
    launcher: &Launcher,
    cluster_dir: &Path,
    log: &Path,
    durable: bool,
) -> anyhow::Result<()> {
    let unfinished = cluster_dir.with_extension(format!("{}{UNFINISHED}", std::process::id()));
    // C sorts the same way, but knows upper and lower case of ASCII only: for systems without C.UTF-8.
    for locale in ["C.UTF-8", "C"] {
        remove_dir(&unfinished)?;
        DirBuilder::new()
            .mode(0o700)
            .create(&unfinished)
            .with_context(|| {
                format!(
                    "DATA_DIR (--data-dir): could not make {}",
                    unfinished.display()
                )
            })?;
        hand_over(&unfinished, launcher.owner)?;
        let mut command = launcher.command(&programs.path("initdb"));
        command.arg("--pgdata").arg(&unfinished).args([
            "--username",
            OWNER,
            "--encoding",
            "UTF8",
            "--locale",
            locale,
        ]);
        command.args(["--auth", "trust", "--data-checksums"]);
        if !durable {
            command.arg("--no-sync");
        }
        write_output(&mut command, log)?;
        if command.status().context("could not run initdb")?.success() {
            std::fs::rename(&unfinished, cluster_dir)?;
            return Ok(());
        }
    }
    remove_dir(&unfinished)?;
    bail!(
        "initdb could not make a database in {}: {}",
        cluster_dir.display(),
        postmaster::tail(log)
    )
}

/// Removes what killed runs have left of clusters that they were making. What cannot be removed yet, because somebody is
/// still writing there, is removed by the next start.
fn remove_unfinished(data_dir: &Path) {
    for entry in std::fs::read_dir(data_dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("postgres-") && name.ends_with(UNFINISHED) {
            std::fs::remove_dir_all(entry.path()).ok();
        }
    }
}

/// Root's data directory lets the group of the database's user pass, so that the database reaches the cluster; it cannot
/// look into it.
fn make_data_dir(data_dir: &Path) -> anyhow::Result<PathBuf> {
    let made = private::make_dir(data_dir).and_then(|()| data_dir.canonicalize());
    let data_dir = made.with_context(|| {
        format!(
            "DATA_DIR (--data-dir): could not make {}. Choose a directory that you may write to, for example --data-dir \
             /tmp/stakeeasy",
            data_dir.display()
        )
    })?;
    let found = data_dir.symlink_metadata()?;
    let is_roots = nix::unistd::geteuid().is_root() && found.uid() == 0;
    if is_roots && found.mode() & 0o001 == 0 && private::holds_only_ours(&data_dir)? {
        lchown(&data_dir, None, Some(launcher::account()?.gid.as_raw()))?;
        std::fs::set_permissions(&data_dir, PermissionsExt::from_mode(0o710))?;
    }
    Ok(data_dir)
}

/// The PostgreSQL versions that have a cluster in `data_dir`.
fn existing_versions(data_dir: &Path) -> anyhow::Result<Vec<u32>> {
    let mut versions = Vec::new();
    for entry in std::fs::read_dir(data_dir)? {
        let name = entry?.file_name();
        versions.extend(
            name.to_str()
                .and_then(|name| name.strip_prefix("postgres-")?.parse::<u32>().ok()),
        );
    }
    Ok(versions)
}

/// Fails when another version made the files in `cluster_dir` than its name says: somebody has renamed it.
fn check_version(cluster_dir: &Path, major: u32) -> anyhow::Result<()> {
    match std::fs::read_to_string(cluster_dir.join("PG_VERSION")) {
        Ok(made_by) if made_by.trim() != major.to_string() => {
            let made_by = made_by.trim();
            bail!(
                "{} holds files that PostgreSQL {made_by} made, which PostgreSQL {major} cannot open. Rename it to \
                 postgres-{made_by}, and start with PostgreSQL {made_by}",
                cluster_dir.display()
            )
        }
        // Without the file PostgreSQL itself says what is wrong.
        _ => Ok(()),
    }
}

/// In the data directory, or where that makes the address too long, in a directory of /tmp named after it.
fn socket_dir(data_dir: &Path) -> PathBuf {
    let usual = data_dir.join("run");
    let address = usual.join(format!(".s.PGSQL.{PORT}"));
    if address.as_os_str().len() <= LONGEST_SOCKET {
        return usual;
    }
    let digest = Sha256::digest(data_dir.as_os_str().as_bytes());
    let start = digest
        .first_chunk()
        .map_or(0, |first| u64::from_be_bytes(*first));
    Path::new("/tmp").join(format!("stakeeasy-{start:016x}"))
}

fn make_socket_dir(data_dir: &Path, owner: Option<(u32, u32)>) -> anyhow::Result<PathBuf> {
    let dir = socket_dir(data_dir);
    match DirBuilder::new().mode(0o700).create(&dir) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(error)
                .with_context(|| format!("could not make the socket directory {}", dir.display()));
        }
        _ => {}
    }
    // In /tmp somebody else may have been first.
    let found = dir.symlink_metadata()?;
    let trusted = [
        nix::unistd::geteuid().as_raw(),
        owner.map_or(u32::MAX, |(user, _)| user),
    ];
    if !found.is_dir() || !trusted.contains(&found.uid()) {
        bail!(
            "{} belongs to somebody else. Choose a shorter data directory, for example --data-dir /tmp/stakeeasy",
            dir.display()
        );
    }
    std::fs::set_permissions(&dir, PermissionsExt::from_mode(0o700))?;
    hand_over(&dir, owner)?;
    Ok(dir)
}

/// Gives a directory and all in it to `owner`, if it is not theirs yet.
fn hand_over(dir: &Path, owner: Option<(u32, u32)>) -> anyhow::Result<()> {
    let Some((user, group)) = owner else {
        return Ok(());
    };
    if dir.symlink_metadata()?.uid() == user {
        return Ok(());
    }
    if dir.symlink_metadata()?.is_dir() {
        for entry in std::fs::read_dir(dir)
            .with_context(|| format!("could not look into {}", dir.display()))?
        {
            hand_over(&entry?.path(), owner)?;
        }
    }
    // Last, so that an interrupted run is taken up again.
    lchown(dir, Some(user), Some(group))
        .with_context(|| format!("could not hand {} to the database's user", dir.display()))
}

fn write_output(command: &mut Command, log: &Path) -> anyhow::Result<()> {
    let started_afresh = log.metadata().is_ok_and(|found| found.len() > LARGEST_LOG);
    let file = File::options()
        .create(true)
        .append(!started_afresh)
        .write(true)
        .truncate(started_afresh)
        .mode(0o600)
        .open(log)
        .with_context(|| format!("could not write {}", log.display()))?;
    command.stdout(file.try_clone()?).stderr(file);
    Ok(())
}

fn remove_dir(dir: &Path) -> anyhow::Result<()> {
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("could not remove {}", dir.display()))
        }
        _ => Ok(()),
    }
}

/// Removes the throw-away clusters in `parent` whose process was killed. Those of other users fail, and stay.
fn remove_abandoned(parent: &Path) {
    for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(TEMPORARY);
        // A new one that has no lock yet is not abandoned.
        if ours
            && remains::lock_holder(&entry.path()).is_some()
            && let Ok(Some(_lock)) = Lock::take(&entry.path())
        {
            std::fs::remove_dir_all(entry.path()).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_keep_any_path() {
        assert_eq!(
            url(Path::new("/srv/my data/run"), OWNER, "stakeeasy"),
            "postgres://stakeeasy@%2Fsrv%2Fmy%20data%2Frun:5432/stakeeasy"
        );
    }

    #[test]
    fn a_long_data_directory_gets_a_short_socket() {
        assert_eq!(
            socket_dir(Path::new("/srv/stakeeasy")),
            Path::new("/srv/stakeeasy/run")
        );
        let long = format!("/srv/{}", "x".repeat(100));
        let socket = socket_dir(Path::new(&long));
        assert!(
            socket.starts_with("/tmp") && socket.as_os_str().len() < 40,
            "{}",
            socket.display()
        );
        assert_eq!(socket, socket_dir(Path::new(&long)));
        assert_ne!(socket, socket_dir(Path::new(&format!("{long}y"))));
    }

    #[test]
    fn only_throw_away_clusters_give_up_durability() {
        let dir = Path::new("/run");
        for setting in [
            "fsync=on",
            "full_page_writes=on",
            "synchronous_commit=on",
            "listen_addresses=",
        ] {
            assert!(
                settings(dir, true).contains(&setting.to_owned()),
                "{setting}"
            );
        }
        assert!(settings(dir, false).contains(&"fsync=off".to_owned()));
        assert!(settings(dir, false).contains(&"listen_addresses=".to_owned()));
    }
}
