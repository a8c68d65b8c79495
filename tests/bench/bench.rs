//! What `scripts/bench` and `scripts/far` need beside the program: a bare page to compare with, users with long ledgers, and
//! many who are signed in.

mod bare;
mod ledger;
mod writers;

use std::io::{Write, stdout};

use clap::{Parser, Subcommand};
use stakeeasy::config::{Config, Settings};
use stakeeasy::database;
use stakeeasy::web::{headers, listener};
use tokio::net::TcpListener;

/// Settings are the program's own, so that the pool and the listener are, too.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Subcommand)]
enum Command {
    /// Serve a page with one single-row SELECT
    Bare {
        /// Bytes of its HTML
        size: usize,
    },
    /// Give a registered user a ledger over ten years
    Fill { email: String, entries: i32 },
    /// Add one entry to a user's ledger
    Change { email: String },
    /// Commit single rows to a table of their own, and print the seconds that one takes: the median
    Insert { count: u32 },
    /// Sign new users in, and print the cookie of each
    Writers { count: u32 },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let config = Config::new(&cli.settings)?;
    let database = database::open(&config).await?;
    match cli.command {
        Command::Bare { size } => {
            let router = bare::router(database.pool.clone(), size)?;
            let socket = TcpListener::bind(config.listen).await?;
            writeln!(
                stdout(),
                "The bare page is at http://{}",
                socket.local_addr()?
            )?;
            let headers = headers::of_refusals(&config);
            listener::serve(socket, router, headers, std::future::pending()).await;
        }
        Command::Fill { email, entries } => ledger::fill(&database.pool, &email, entries).await?,
        Command::Change { email } => ledger::change(&database.pool, &email).await?,
        Command::Insert { count } => ledger::insert(&database.pool, count).await?,
        Command::Writers { count } => writers::sign_in(config, &database.pool, count).await?,
    }
    database.close().await
}
