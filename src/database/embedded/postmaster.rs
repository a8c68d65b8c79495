//! The PostgreSQL server process: started, watched, started again when it dies, stopped.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::remains;

/// How long a start may take. Recovery after a crash of a large database is the slow case.
const START_PATIENCE: Duration = Duration::from_secs(300);
/// How often a start or a stop is looked at.
const GLANCE: Duration = Duration::from_millis(5);
/// Pause before a server that died young is started again, so that a broken one does not spin.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// What the thread needs to start the server, again and again.
#[derive(Debug)]
pub struct Plan {
    /// The complete command line.
    pub command: Command,
    pub cluster_dir: PathBuf,
    pub socket_dir: PathBuf,
    /// Where the server's output goes; its last lines explain a failed start.
    pub log: PathBuf,
}

/// The running server. It is stopped by [`Postmaster::stop`], and by the system when this process dies.
#[derive(Debug)]
pub struct Postmaster {
    state: Arc<Mutex<State>>,
    /// The system sends the parent-death signal when the *thread* that started the server ends, so one thread starts it
    /// and then lives as long as the server.
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct State {
    stopping: bool,
    pid: Option<Pid>,
}

impl Postmaster {
    /// Starts the server and returns when it accepts connections.
    pub fn start(mut plan: Plan) -> anyhow::Result<Self> {
        let state = Arc::new(Mutex::new(State::default()));
        let (send, receive) = mpsc::sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("postmaster".to_owned())
            .spawn({
                let state = Arc::clone(&state);
                move || watch(&mut plan, &state, &send)
            })
            .context("could not start the thread that runs PostgreSQL")?;
        let postmaster = Self {
            state,
            thread: Some(thread),
        };
        receive
            .recv()
            .map_err(|_| anyhow!("the thread that runs PostgreSQL ended"))??;
        Ok(postmaster)
    }

    /// Fast shutdown: ends the sessions, writes everything to disk, and returns when the server is gone.
    pub fn stop(&mut self) {
        let Some(thread) = self.thread.take() else {
            return;
        };
        lock(&self.state).stopping = true;
        for (signal, patience) in [
            (Signal::SIGINT, 20),
            (Signal::SIGQUIT, 5),
            (Signal::SIGKILL, 5),
        ] {
            if let Some(pid) = lock(&self.state).pid {
                // Fails only when the server is gone already.
                kill(pid, signal).ok();
            }
            let asked = Instant::now();
            while asked.elapsed() < Duration::from_secs(patience) {
                if thread.is_finished() {
                    thread.join().ok();
                    return;
                }
                std::thread::sleep(GLANCE);
            }
            tracing::warn!(?signal, "PostgreSQL did not stop in {patience} s");
        }
    }
}

impl Drop for Postmaster {
    fn drop(&mut self) {
        self.stop();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The thread: keeps the server running until it is to stop. The first start's outcome goes to `first`.
fn watch(plan: &mut Plan, state: &Mutex<State>, first: &mpsc::SyncSender<anyhow::Result<()>>) {
    let mut outcome = Some(first);
    loop {
        let started = Instant::now();
        match run(plan, state, &mut outcome) {
            Err(error) => {
                if let Some(first) = outcome.take() {
                    // Nobody waits any more only when the whole program is ending.
                    first.send(Err(error)).ok();
                    return;
                }
                tracing::error!("could not start PostgreSQL again: {error:#}");
            }
            Ok(()) if lock(state).stopping => return,
            Ok(()) => tracing::error!("PostgreSQL stopped unexpectedly and is started again"),
        }
        if started.elapsed() < 10 * RESTART_PAUSE {
            std::thread::sleep(RESTART_PAUSE);
        }
        if lock(state).stopping {
            return;
        }
    }
}

/// One life of the server.
fn run(
    plan: &mut Plan,
    state: &Mutex<State>,
    first: &mut Option<&mpsc::SyncSender<anyhow::Result<()>>>,
) -> anyhow::Result<()> {
    remains::clear(&plan.cluster_dir, &plan.socket_dir)?;
    let mut child = {
        let mut state = lock(state);
        if state.stopping {
            return Ok(());
        }
        let child = plan.command.spawn().context("could not run postgres")?;
        state.pid = Some(Pid::from_raw(child.id().cast_signed()));
        child
    };
    let ready = wait_until_ready(&mut child, plan);
    if ready.is_ok()
        && let Some(first) = first.take()
    {
        // Nobody waits any more only when the whole program is ending.
        first.send(Ok(())).ok();
    }
    let ended = child.wait().context("could not wait for PostgreSQL");
    lock(state).pid = None;
    ready?;
    let status = ended?;
    tracing::debug!("PostgreSQL ended with {status}");
    Ok(())
}

/// On failure the server is gone or going.
fn wait_until_ready(child: &mut Child, plan: &Plan) -> anyhow::Result<()> {
    let started = Instant::now();
    let pid_file = plan.cluster_dir.join("postmaster.pid");
    while started.elapsed() < START_PATIENCE {
        if let Some(status) = child.try_wait()? {
            bail!("PostgreSQL did not start ({status}): {}", tail(&plan.log));
        }
        if std::fs::read_to_string(&pid_file).is_ok_and(|text| is_ready(&text, child.id())) {
            return Ok(());
        }
        std::thread::sleep(GLANCE);
    }
    child.kill().ok();
    bail!(
        "PostgreSQL was not ready after {} s: {}",
        START_PATIENCE.as_secs(),
        tail(&plan.log)
    );
}

/// Whether `postmaster.pid` says that this very server accepts connections.
fn is_ready(pid_file: &str, pid: u32) -> bool {
    let mut lines = pid_file.lines().map(str::trim);
    lines.next() == Some(&pid.to_string()) && lines.nth(6) == Some("ready")
}

/// The last lines of a log file, for an error message.
pub fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(5)..].join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readiness_is_on_the_eighth_line() {
        let file =
            |status: &str| format!("42\n/data\n1700000000\n5432\n/run\n\n  123  456\n{status}\n");
        assert!(is_ready(&file("ready   "), 42));
        assert!(!is_ready(&file("ready   "), 43));
        assert!(!is_ready(&file("starting"), 42));
        assert!(!is_ready("42\n", 42));
    }
}
