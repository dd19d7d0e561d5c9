//! A page to draw on, and the routes behind it, over HTTP.
//!
//! For one person on this machine: it listens on a loopback address unless it is told otherwise, answers only
//! requests that come from its own page or from programs, and bounds what a client can make it hold or wait for. It
//! has no users, no passwords and no encryption: `guard.rs` and `connections.rs` say what it defends against.

mod answers;
mod collect;
mod connections;
mod guard;
mod memory;
mod page;
mod reply;
mod routes;

pub use memory::InMemory;

use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::recognizer::Recognizer;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// How long the end waits for work whose client has gone.
const LAST_WORK: Duration = Duration::from_secs(1);

/// What is served.
///
/// ```no_run
/// use digits::Recognizer;
/// use digits::serve::Server;
///
/// let server = Server::bind("127.0.0.1:0".parse().expect("an address"))?;
/// println!("http://{}", server.address());
/// server.run(Recognizer::builtin()?, "builtin".to_owned(), None, None)?;
/// # Ok::<(), digits::Error>(())
/// ```
#[derive(Debug)]
pub struct Server {
    runtime: Runtime,
    listener: TcpListener,
    address: SocketAddr,
    /// There from the beginning, so that whoever knows the address can also end the server well.
    end: connections::End,
}

impl Server {
    /// Takes the address; the port 0 lets the system choose one.
    ///
    /// ```
    /// let server = digits::serve::Server::bind(([127, 0, 0, 1], 0).into())?;
    /// assert_ne!(server.address().port(), 0);
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::System`] if the system does not grant it.
    pub fn bind(address: SocketAddr) -> Result<Self> {
        let refused = |reason: std::io::Error| {
            let remedy = match reason.kind() {
                ErrorKind::AddrNotAvailable | ErrorKind::InvalidInput => {
                    "choose another --host, an address of this machine"
                }
                _ => "choose another --port, or 0 for any",
            };
            Error::System {
                what: "cannot listen",
                reason: format!("{address}: {reason}; {remedy}"),
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(refused)?;
        let bound = runtime.block_on(async {
            let listener = TcpListener::bind(address).await?;
            Ok((listener.local_addr()?, listener, connections::End::new()?))
        });
        let (address, listener, end) = bound.map_err(refused)?;
        Ok(Self {
            runtime,
            listener,
            address,
            end,
        })
    }

    /// The address that it listens on.
    ///
    /// ```
    /// let server = digits::serve::Server::bind(([127, 0, 0, 1], 0).into())?;
    /// assert!(server.address().ip().is_loopback());
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the process is interrupted or asked to end: reads pictures with `recognizer`, whose model is called
    /// `model`; shows digits of `samples`; keeps what people marked as right or wrong in the folder `collect`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if marks are to be kept, which are digits, and the model's classes are not the ten digits.
    pub fn run(
        self,
        recognizer: Recognizer,
        model: String,
        samples: Option<Dataset>,
        collect: Option<PathBuf>,
    ) -> Result<()> {
        let site = routes::Site::new(self.address, recognizer, model, samples, collect)?;
        self.runtime
            .block_on(connections::serve(self.listener, site, self.end));
        // Nobody hears any more of pictures that are still being read; a mark that is being written is soon whole.
        self.runtime.shutdown_timeout(LAST_WORK);
        Ok(())
    }
}
