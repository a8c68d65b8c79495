//! What an earlier run may have left: a lock, live processes, stale files.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How long processes of an earlier run may take to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// The file lock that makes a program the only one in its data directory. The system releases it when the process ends,
/// however it ends.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing is not enough: a child process that another thread is just starting still has the file open.
        self.file.unlock().ok();
    }
}

impl Lock {
    /// Takes the lock, or returns `None` when another process has it.
    pub fn take(data_dir: &Path) -> anyhow::Result<Option<Self>> {
        let path = lock_path(data_dir);
        let mut file = File::options()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("could not open the lock file {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("could not lock {}", path.display()));
            }
        }
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Some(Self { file }))
    }
}

/// The process that holds the lock, as it wrote it down.
pub fn lock_holder(data_dir: &Path) -> Option<u32> {
    let mut text = String::new();
    File::open(lock_path(data_dir))
        .ok()?
        .read_to_string(&mut text)
        .ok()?;
    text.trim().parse().ok()
}

fn lock_path(data_dir: &Path) -> PathBuf {
    data_dir.join("stakeeasy.lock")
}

/// Waits until nothing of an earlier run is alive in `cluster_dir`, and removes the files that would make PostgreSQL
/// believe otherwise. The caller holds the [`Lock`], so whatever is still there has lost its parent.
pub fn clear(cluster_dir: &Path, socket_dir: &Path) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut asked = false;
    loop {
        let alive = processes_in(cluster_dir);
        if alive.is_empty() {
            break;
        }
        if started.elapsed() > PATIENCE {
            bail!(
                "PostgreSQL processes of an earlier run still use {}: {alive:?}. Stop them, for example: kill -INT {}",
                cluster_dir.display(),
                alive[0]
            );
        }
        if let Some(postmaster) = recorded_postmaster(cluster_dir)
            && !asked
            && alive.contains(&postmaster)
        {
            asked = true;
            tracing::info!(
                pid = postmaster,
                "stopping the PostgreSQL of an earlier run"
            );
            kill(Pid::from_raw(postmaster), Signal::SIGINT)
                .context("could not stop the earlier PostgreSQL")?;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    // The process ids in these files are dead or, worse, belong to somebody else or to a zombie by now: PostgreSQL
    // would refuse to start.
    remove(&cluster_dir.join("postmaster.pid"))?;
    for entry in std::fs::read_dir(socket_dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(".s.PGSQL.") {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

fn remove(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("could not remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// The process id on the first line of `postmaster.pid`.
fn recorded_postmaster(cluster_dir: &Path) -> Option<i32> {
    let text = std::fs::read_to_string(cluster_dir.join("postmaster.pid")).ok()?;
    text.lines().next()?.trim().parse().ok()
}

/// The live PostgreSQL processes that belong to `cluster_dir`: all of them work in it. A zombie has no working
/// directory any more, so it does not count. Without `/proc` only the recorded postmaster is known.
fn processes_in(cluster_dir: &Path) -> Vec<i32> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return recorded_postmaster(cluster_dir)
            .filter(|pid| kill(Pid::from_raw(*pid), None).is_ok())
            .into_iter()
            .collect();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| {
            let process = PathBuf::from(format!("/proc/{pid}"));
            std::fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd == cluster_dir)
                && std::fs::read_to_string(process.join("comm"))
                    .is_ok_and(|name| name.trim() == "postgres")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_by_one_and_names_its_holder() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(lock_holder(dir.path()), None);
        let lock = Lock::take(dir.path()).unwrap();
        assert!(lock.is_some());
        assert!(Lock::take(dir.path()).unwrap().is_none());
        assert_eq!(lock_holder(dir.path()), Some(std::process::id()));
        drop(lock);
        assert!(Lock::take(dir.path()).unwrap().is_some());
    }

    #[test]
    fn stale_files_are_removed() {
        let (cluster, socket) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        // The test's own process is alive but no PostgreSQL: its id was reused.
        std::fs::write(
            cluster.path().join("postmaster.pid"),
            format!("{}\n", std::process::id()),
        )
        .unwrap();
        std::fs::write(socket.path().join(".s.PGSQL.5432.lock"), "1\n").unwrap();
        clear(cluster.path(), socket.path()).unwrap();
        assert!(!cluster.path().join("postmaster.pid").exists());
        assert!(!socket.path().join(".s.PGSQL.5432.lock").exists());
    }
}
