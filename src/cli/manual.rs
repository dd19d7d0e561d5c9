//! `digits completions` and `digits man`: what shells and readers of manuals want to know of the command line.

use super::output::{message, print};
use super::shell;
use crate::error::Error;
use crate::files::create_folder;
use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell that the script is for
    shell: Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Folder to write the pages to, one for each command
    folder: PathBuf,
}

impl CompletionsArgs {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::Cli::command(), "digits", &mut script);
        print(&String::from_utf8_lossy(&script))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl ManArgs {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let folder = &self.folder;
        create_folder(folder)?;
        clap_mangen::generate_to(examples_last(super::Cli::command()), folder)
            .map_err(Error::write(folder))?;
        message(&format!(
            "wrote {}; next:\n  man -l {}",
            folder.display(),
            shell::path(&folder.join("digits.1"))
        ));
        Ok(ExitCode::SUCCESS)
    }
}

/// The command with its examples at the end, where a manual has them.
fn examples_last(command: Command) -> Command {
    let examples = command.get_before_help().cloned();
    let command = command.mut_subcommands(examples_last);
    match examples {
        Some(examples) => command.after_help(examples),
        None => command,
    }
}
