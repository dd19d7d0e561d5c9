//! The `digits` program: parses the command line, runs it, and maps an error to an exit code.

use clap::Parser;
use digits::cli::{Cli, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    run(&Cli::parse())
}
