//! `digits data`

use super::examples;
use super::output::print;
use super::source;
use crate::dataset::mnist::{self, FILES};
use crate::error::Error;
use clap::{Args, Subcommand};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct DataArgs {
    #[command(subcommand)]
    command: DataCommand,
}

#[derive(Debug, Subcommand)]
enum DataCommand {
    /// Fetch MNIST's four files, those that are missing
    #[cfg(feature = "fetch")]
    #[command(before_help = examples::FETCH)]
    Fetch(FetchArgs),
    /// Check that a folder holds MNIST itself, by its checksums
    #[command(before_help = examples::VERIFY)]
    Verify(VerifyArgs),
}

#[derive(Debug, Args)]
struct VerifyArgs {
    /// Folder of the data set [default: `DIGITS_DATA`, else ./data, else data beside the executable]
    #[arg(long)]
    data: Option<PathBuf>,
}

impl DataArgs {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        match &self.command {
            #[cfg(feature = "fetch")]
            DataCommand::Fetch(args) => args.run(),
            DataCommand::Verify(args) => args.run(),
        }
    }
}

impl VerifyArgs {
    fn run(&self) -> anyhow::Result<ExitCode> {
        let folder = source::data_folder(self.data.as_deref());
        let data = mnist::load(&folder)?;
        let mut text = String::new();
        // Kaggle's test set has no labels, and so no files that others could have.
        let there = if data.test.is_empty() { 2 } else { FILES.len() };
        for (found, file) in data.checksums.iter().zip(FILES).take(there) {
            let verdict = if found == file.sha256 {
                "MNIST's own"
            } else {
                "another"
            };
            let _ = writeln!(text, "{found}  {}: {verdict}", file.name);
        }
        print(&text)?;
        if data.is_genuine() {
            return Ok(ExitCode::SUCCESS);
        }
        let error = Error::Data {
            path: folder,
            expected: "MNIST itself".to_owned(),
            found: "a well-formed set with other checksums".to_owned(),
            remedy:
                "that is fine if it is meant to be another set; else move it away, and `digits data fetch`"
                    .to_owned(),
        };
        Err(error.into())
    }
}

#[cfg(feature = "fetch")]
#[derive(Debug, Args)]
struct FetchArgs {
    /// Folder to fetch them into [default: `DIGITS_DATA`, else ./data, else data beside the executable]
    #[arg(long)]
    data: Option<PathBuf>,
    /// Another mirror: the address of a folder with the four files, gzipped; http only
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// Nothing on stderr but errors
    #[arg(long)]
    quiet: bool,
}

#[cfg(feature = "fetch")]
impl FetchArgs {
    fn run(&self) -> anyhow::Result<ExitCode> {
        use super::output::{bytes_bar, message};
        use crate::dataset::fetch::{MIRRORS, fetch};

        let folder = source::data_folder(self.data.as_deref());
        let mirrors = match &self.from {
            Some(mirror) => vec![mirror.as_str()],
            None => MIRRORS.to_vec(),
        };
        for file in FILES {
            let bar = bytes_bar(file.name, !self.quiet);
            let fetched = fetch(file, &folder, &mirrors, &mut |done, total| {
                bar.set_length(total.unwrap_or(done));
                bar.set_position(done);
            });
            bar.finish_and_clear();
            let path = folder.join(file.name).display().to_string();
            let text = if fetched? {
                format!("{path}.gz: fetched")
            } else {
                format!("{path}: already there")
            };
            if !self.quiet {
                message(&text);
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
