//! The program. What it can do is in `cli.rs`.

use std::process::ExitCode;

fn main() -> ExitCode {
    stakeeasy::cli::run()
}
