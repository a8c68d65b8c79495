//! What the program logs in a test.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::Once;

thread_local! {
    /// What this test logged: each has a thread of its own.
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes to [`LOG`].
struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps what is logged from now on. The subscriber is everybody's: `tracing` remembers of each place whether anybody
/// listens, and may miss one who listens for a while in one thread only.
pub fn keep_log() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .with_ansi(false)
            // As in the program, nothing is kept of what others tell of the jobs that they hold.
            .with_env_filter("stakeeasy=info")
            .with_writer(|| Log)
            .init();
    });
    LOG.with_borrow_mut(Vec::clear);
}

/// What was kept.
pub fn log() -> String {
    LOG.with_borrow(|log| String::from_utf8_lossy(log).into_owned())
}
