//! Logging: text in a terminal, JSON otherwise.

use std::io::{IsTerminal, stderr};

use tracing::Metadata;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Config, LogFormat};

/// Sends what the program logs to standard error, from now on.
pub fn start(config: &Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.log)?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr);
    let text = match config.log_format {
        LogFormat::Text => true,
        LogFormat::Json => false,
        LogFormat::Auto => stderr().is_terminal(),
    };
    let discreet = filter_fn(|event| !tells_what_a_job_holds(event));
    let started = if text {
        let logs = logs.with_ansi(stderr().is_terminal());
        logs.finish().with(discreet).try_init()
    } else {
        let logs = logs.json().flatten_event(true);
        logs.finish().with(discreet).try_init()
    };
    started.map_err(|error| anyhow::anyhow!("could not start logging: {error}"))
}

/// The queue writes into its events what a job holds, such as whom a mail is for. That must not be in a log at any level;
/// `jobs.rs` says itself which job failed, and why.
fn tells_what_a_job_holds(event: &Metadata<'_>) -> bool {
    event.target().starts_with("graphile_worker") && event.fields().field("payload").is_some()
}
