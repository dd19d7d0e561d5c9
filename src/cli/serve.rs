//! `digits serve`

use super::output::{listed, message, print};
use super::source;
use crate::dataset::mnist;
use crate::error::Error;
use crate::files::AtomicFile;
use crate::recognizer::Recognizer;
use crate::serve::Server;
use clap::Args;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

/// The port unless another is asked for.
const PORT: u16 = 7878;

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Port to listen on; 0 picks a free one
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// Address to listen on; 0.0.0.0 lets other machines in
    #[arg(long, value_parser = address, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Model file, or `builtin` [default: models/digits.bin if it is there, else the built-in one]
    #[arg(long)]
    model: Option<PathBuf>,
    /// Folder of the data set that test digits are shown from [default: `DIGITS_DATA`, else ./data, else data beside
    /// the executable]
    #[arg(long)]
    data: Option<PathBuf>,
    /// Folder to keep drawings of digits in that were marked as right or wrong
    #[arg(long, value_name = "FOLDER")]
    collect: Option<PathBuf>,
    /// Nothing on stderr but errors and warnings
    #[arg(long)]
    quiet: bool,
}

/// The address that `text` is.
fn address(text: &str) -> Result<IpAddr, String> {
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(Ipv4Addr::LOCALHOST.into());
    }
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    inner.unwrap_or(text).parse().map_err(|_| {
        "expected an address of this machine: 127.0.0.1, ::1, localhost, or 0.0.0.0 for all".to_owned()
    })
}

impl ServeArgs {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let (model, name) = source::model(self.model.as_deref(), self.quiet)?;
        let recognizer = Recognizer::new(model)?;
        if self.collect.is_some() && !recognizer.reads_digits() {
            let classes = listed(&recognizer.model().class_names);
            return Err(Error::parameter("collect", "a model of the ten digits", classes).into());
        }
        // Without a data set there are no test digits to show, which is no reason not to serve; unless it was asked
        // for. To other classes only a data set that is named belongs.
        let samples = match (
            mnist::load_test(&source::data_folder(self.data.as_deref())),
            &self.data,
        ) {
            (Ok(samples), named) if named.is_some() || recognizer.reads_digits() => Some(samples),
            (Err(error), Some(_)) => return Err(error.into()),
            _ => None,
        };
        if let Some(folder) = &self.collect {
            // Whether anything can be written there is better known now than when somebody has drawn.
            drop(AtomicFile::create_within(&folder.join("mark"))?);
        }
        let server = Server::bind(SocketAddr::new(self.host, self.port))?;
        if !self.host.is_loopback() {
            message(&format!(
                "warning: {} is not only this machine: whoever can reach it can use this server, unencrypted and without a password",
                self.host
            ));
        }
        print(&format!("http://{}\n", server.address()))?;
        if !self.quiet {
            message("draw on that page; Ctrl-C ends it");
        }
        server.run(
            recognizer,
            name.display().to_string(),
            samples,
            self.collect.clone(),
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
