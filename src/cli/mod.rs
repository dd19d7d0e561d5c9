//! The command line: the only room that prints.
//!
//! Results go to stdout, progress and messages to stderr. Exit codes: 0 ok, 1 could not write, diverged or in use by
//! another process, 2 a bad flag or value, 3 an input missing, unreadable or malformed, 4 certainty demanded and not
//! met, 5 some of several pictures failed, 130 interrupted.

#[cfg(feature = "report")]
mod curves;
mod data;
mod eval;
mod examples;
#[cfg(feature = "export")]
mod export;
mod info;
mod manual;
mod number;
mod output;
#[cfg(feature = "report")]
mod page;
mod predict;
mod reporter;
mod robustness;
#[cfg(feature = "serve")]
mod serve;
mod shell;
mod source;
mod train;

use crate::error::Error;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// What the program ends with.
const EXIT_CODES: &str = "\
Exit codes:
  0    done (a blank picture too)
  1    could not write, diverged, or in use by another training
  2    a bad flag or value
  3    an input is missing, unreadable or malformed
  4    certainty was demanded and not met
  5    some of several pictures failed
  130  interrupted";

/// The whole command line.
///
/// ```
/// use clap::Parser;
///
/// assert!(digits::cli::Cli::try_parse_from(["digits", "train", "--epochs", "ten"]).is_err());
/// ```
#[derive(Debug, Parser)]
#[command(name = "digits", version, before_help = examples::ALL, long_about = None)]
#[command(after_help = EXIT_CODES)]
#[command(about = "Trains, measures and uses a classifier of handwritten digits")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Fit a model to the training set
    #[command(before_help = examples::TRAIN, allow_negative_numbers = true)]
    Train(Box<train::TrainArgs>),
    /// Report a model's accuracy on the test set
    #[command(before_help = examples::EVAL, allow_negative_numbers = true)]
    Eval(eval::EvalArgs),
    /// Read digits from pictures
    #[command(before_help = examples::PREDICT, allow_negative_numbers = true)]
    Predict(predict::PredictArgs),
    /// Open a page to draw on
    #[cfg(feature = "serve")]
    #[command(before_help = examples::SERVE, allow_negative_numbers = true)]
    Serve(serve::ServeArgs),
    /// Describe a model file
    #[command(before_help = examples::INFO)]
    Info(info::InfoArgs),
    /// Write a model in the format of other programs
    #[cfg(feature = "export")]
    #[command(before_help = examples::EXPORT)]
    Export(export::ExportArgs),
    /// Make a model file of a safetensors file
    #[cfg(feature = "export")]
    #[command(before_help = examples::IMPORT)]
    Import(export::ImportArgs),
    /// Fetch or check the data set
    #[command(before_help = examples::DATA)]
    Data(data::DataArgs),
    /// Print a script with which a shell completes commands and flags
    #[command(before_help = examples::COMPLETIONS)]
    Completions(manual::CompletionsArgs),
    /// Write manual pages
    #[command(before_help = examples::MAN)]
    Man(manual::ManArgs),
}

/// Runs a command; its exit code.
///
/// ```no_run
/// use clap::Parser;
///
/// let code = digits::cli::run(&digits::cli::Cli::parse_from(["digits", "info", "builtin"]));
/// ```
pub fn run(cli: &Cli) -> ExitCode {
    let done = match &cli.command {
        Command::Train(args) => args.run(),
        Command::Eval(args) => args.run(),
        Command::Predict(args) => args.run(),
        #[cfg(feature = "serve")]
        Command::Serve(args) => args.run(),
        Command::Info(args) => args.run(),
        #[cfg(feature = "export")]
        Command::Export(args) => args.run(),
        #[cfg(feature = "export")]
        Command::Import(args) => args.run(),
        Command::Data(args) => args.run(),
        Command::Completions(args) => args.run(),
        Command::Man(args) => args.run(),
    };
    match done {
        Ok(code) => code,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Our own errors name their reasons; what `anyhow` wraps has them behind it.
            let text = match error.downcast_ref::<Error>() {
                Some(error) => error.to_string(),
                None => format!("{error:#}"),
            };
            output::message(&format!("error: {text}"));
            ExitCode::from(exit_code(&error))
        }
    }
}

/// The exit code of an error: by who is at fault.
fn exit_code(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<Error>() {
        Some(Error::Parameter { .. }) => 2,
        Some(Error::Data { .. } | Error::Model { .. } | Error::Picture { .. } | Error::Read { .. }) => 3,
        _ => 1,
    }
}

/// Whether the reader of our output went away, as `head` does.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
