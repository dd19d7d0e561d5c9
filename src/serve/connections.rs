//! Connections: how many there are, how long they may take, and how they end.
//!
//! A client that sends its request slowly, or none at all, costs a descriptor and a few kilobytes for as long as the
//! time limits say; and whoever comes when there are too many takes the place of the oldest one that is not being
//! answered. So neither slow requests (Hansen, 2009, *Slowloris*) nor idle connections keep others out.

use super::routes::Site;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

/// Connections at a time: less than the descriptors that a process may usually have.
const MOST: usize = 256;
/// A request's head must have come by then; so long may a connection idle, too.
const HEAD: Duration = Duration::from_secs(10);
/// The longest head.
const MAX_HEAD: usize = 16 << 10;
/// Unfinished answers get so much time when the server stops.
const GRACE: Duration = Duration::from_secs(5);
/// A pause after the system could not give us a connection, most likely for want of descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until the end comes.
pub(super) async fn serve(listener: TcpListener, site: Site, end: End) {
    let site = Arc::new(site);
    let open = Arc::new(Open::default());
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let mut end = pin!(end.comes());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = end.as_mut() => break,
        };
        while tasks.try_join_next().is_some() {}
        match accepted {
            Ok((stream, _)) => {
                if let Some(connection) = open.admit() {
                    let (site, open) = (Arc::clone(&site), Arc::clone(&open));
                    let stopped = stopped.clone();
                    tasks.spawn(async move {
                        converse(stream, site, &connection, stopped).await;
                        open.leave(&connection);
                    });
                }
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
    drop(listener);
    // Nobody left to hear it is no failure.
    let _ = stop.send(true);
    let all = async { while tasks.join_next().await.is_some() {} };
    // What is not done by then is given up.
    let _ = tokio::time::timeout(GRACE, all).await;
}

/// Hears from its making on that the process is interrupted, or asked to terminate.
#[cfg(unix)]
#[derive(Debug)]
pub(super) struct End([tokio::signal::unix::Signal; 2]);

#[cfg(unix)]
impl End {
    /// To be made within the runtime that waits for it.
    pub(super) fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self([
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
        ]))
    }

    async fn comes(mut self) {
        let [interrupt, terminate] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}

/// Hears from its making on that the process is interrupted.
#[cfg(windows)]
#[derive(Debug)]
pub(super) struct End(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl End {
    /// To be made within the runtime that waits for it.
    pub(super) fn new() -> std::io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn comes(mut self) {
        // That nothing can come any more is an end too.
        let _ = self.0.recv().await;
    }
}

/// How a connection is spoken on.
pub(super) fn protocol() -> http1::Builder {
    let mut protocol = http1::Builder::new();
    protocol
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(MAX_HEAD);
    protocol
}

/// Answers the requests of one connection.
async fn converse(
    stream: TcpStream,
    site: Arc<Site>,
    connection: &Arc<Connection>,
    mut stopped: watch::Receiver<bool>,
) {
    // Answers are small and go out at once; a system that cannot do that is only slower.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let (site, connection) = (Arc::clone(&site), Arc::clone(connection));
        async move { Ok::<_, Infallible>(site.answer(request, || Busy::new(&connection)).await) }
    });
    let mut talk = pin!(protocol().serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        // A client that breaks off is its own business.
        _ = talk.as_mut() => {}
        () = connection.close.notified() => {}
        _ = stopped.changed() => {
            talk.as_mut().graceful_shutdown();
            let _ = talk.await;
        }
    }
}

/// A connection, as far as others need to know it.
#[derive(Debug, Default)]
struct Connection {
    /// Whether a request of it, which has come as a whole, is being answered.
    busy: AtomicBool,
    /// Tells it to make room.
    close: Notify,
}

/// A request that is being answered.
struct Busy(Arc<Connection>);

impl Busy {
    fn new(connection: &Arc<Connection>) -> Self {
        connection.busy.store(true, Ordering::Relaxed);
        Self(Arc::clone(connection))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.store(false, Ordering::Relaxed);
    }
}

/// The connections that there are, the oldest first.
#[derive(Debug, Default)]
struct Open(Mutex<VecDeque<Arc<Connection>>>);

impl Open {
    /// A new connection, for which the oldest idle one may have to go; `None` if there is no room.
    fn admit(&self) -> Option<Arc<Connection>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            let idle = all
                .iter()
                .position(|connection| !connection.busy.load(Ordering::Relaxed))?;
            if let Some(idle) = all.remove(idle) {
                idle.close.notify_one();
            }
        }
        let connection = Arc::new(Connection::default());
        all.push_back(Arc::clone(&connection));
        Some(connection)
    }

    fn leave(&self, connection: &Arc<Connection>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|other| !Arc::ptr_eq(other, connection));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_idle_connection_makes_room() {
        let open = Open::default();
        let first: Vec<_> = (0..MOST).map(|_| open.admit().unwrap()).collect();
        let busy = Busy::new(&first[0]);
        let next = open.admit().unwrap();
        let left = |connection| {
            open.0
                .lock()
                .unwrap()
                .iter()
                .any(|other| Arc::ptr_eq(other, connection))
        };
        assert!(left(&first[0]) && !left(&first[1]) && left(&first[2]) && left(&next));
        let all_busy: Vec<_> = first.iter().chain([&next]).map(Busy::new).collect();
        assert!(open.admit().is_none());
        drop((busy, all_busy));
        open.leave(&next);
        assert!(open.admit().is_some() && left(&first[0]));
    }
}
