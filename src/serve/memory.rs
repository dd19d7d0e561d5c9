//! The server without a socket: what a client hears who says all that it has to say, and then listens.

use super::connections::protocol;
use super::routes::Site;
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::recognizer::Recognizer;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::service::service_fn;
use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::runtime::Runtime;

/// Answers requests from bytes, as a server on `127.0.0.1:8080` would: for tests, which need no port then.
///
/// ```
/// use digits::{Recognizer, serve::InMemory};
///
/// let server = InMemory::new(Recognizer::builtin()?, "builtin".to_owned(), None, None)?;
/// let answer = server.answer(b"GET /healthz HTTP/1.1\r\nHost: localhost:8080\r\n\r\n");
/// assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n") && answer.ends_with(b"{\"status\":\"ok\"}"));
/// # Ok::<(), digits::Error>(())
/// ```
#[derive(Debug)]
pub struct InMemory {
    runtime: Runtime,
    site: Site,
}

impl InMemory {
    /// A server of what [`Server::run`](super::Server::run) serves.
    ///
    /// # Errors
    /// As [`Server::run`](super::Server::run); [`Error::System`] if the system grants no runtime.
    pub fn new(
        recognizer: Recognizer,
        model: String,
        samples: Option<Dataset>,
        collect: Option<PathBuf>,
    ) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|reason| Error::System {
                what: "cannot start a server",
                reason: reason.to_string(),
            })?;
        let here = ([127, 0, 0, 1], 8080).into();
        let site = Site::new(here, recognizer, model, samples, collect)?;
        Ok(Self { runtime, site })
    }

    /// All that the server says on a connection on which it hears `requests`, and then nothing more.
    pub fn answer(&self, requests: &[u8]) -> Vec<u8> {
        let mut talk = Talk {
            unheard: requests,
            said: Vec::new(),
        };
        let service =
            service_fn(|request| async { Ok::<_, Infallible>(self.site.answer(request, || ()).await) });
        self.runtime.block_on(async {
            // Who has said everything still wants to hear the answer.
            let talking = protocol().half_close(true).serve_connection(&mut talk, service);
            // That the client broke off is no failure of the server.
            let _ = talking.await;
        });
        talk.said
    }
}

/// Both directions of a connection.
struct Talk<'a> {
    unheard: &'a [u8],
    said: Vec<u8>,
}

impl Read for Talk<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let length = self.unheard.len().min(buffer.remaining());
        let (heard, unheard) = self.unheard.split_at(length);
        buffer.put_slice(heard);
        self.unheard = unheard;
        Poll::Ready(Ok(()))
    }
}

impl Write for Talk<'_> {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.said.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_whole_request_is_answered() {
        let server = InMemory::new(Recognizer::builtin().unwrap(), "builtin".to_owned(), None, None).unwrap();
        let seven = include_bytes!("../../examples/seven.png");
        let length = seven.len();
        let head = format!(
            "POST /predict HTTP/1.1\r\nHost: localhost:8080\r\nContent-Type: image/png\r\nContent-Length: {length}\r\n\r\n"
        );
        let request = [head.as_bytes(), seven].concat();
        let answers = |requests: &[u8]| {
            let answer = String::from_utf8(server.answer(requests)).unwrap();
            let statuses = answer.split("HTTP/1.1 ").skip(1).map(|rest| rest[..3].to_owned());
            (statuses.collect::<Vec<_>>(), answer)
        };
        let (statuses, answer) = answers(&[&request[..], &request].concat());
        assert_eq!(statuses, ["200", "200"]);
        assert_eq!(answer.matches("\"digit\":7").count(), 2, "{answer}");
        assert_eq!(answers(&request[..request.len() - 1]).0, ["400"]);
        assert_eq!(answers(b"GET / HTTP/1.1\r\nHost: ").0, [""; 0]);
        assert_eq!(answers(b"\0").0, ["400"]);
    }
}
