//! From a request to its answer.

use super::reply::{Failure, Reply, json};
use super::{answers, collect, guard, page};
use crate::answer::Answer;
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::recognizer::Recognizer;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{ALLOW, HeaderValue};
use hyper::{Method, Request, StatusCode};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::available_parallelism;
use std::time::Duration;
use tokio::sync::Semaphore;

/// A request's body must have come by then.
const BODY: Duration = Duration::from_secs(20);
/// Bytes of large bodies that are held at a time; and how long a body is not large, so that as many as there are
/// connections may be held besides.
const HELD: usize = 4 * guard::MAX_BODY;
const SMALL: usize = 64 << 10;

/// All that requests are answered from.
#[derive(Debug)]
pub(super) struct Site {
    here: SocketAddr,
    shared: Arc<Shared>,
    /// One permit for each byte of a large body that may be held.
    held: Arc<Semaphore>,
    /// One permit for each picture that may be worked on.
    work: Arc<Semaphore>,
}

/// What the work is done with.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) recognizer: Recognizer,
    /// The model's name.
    pub(super) model: String,
    pub(super) samples: Option<Dataset>,
    pub(super) collect: Option<PathBuf>,
    /// Held while a mark is written: two of one picture at a time would take each other back.
    pub(super) marking: Mutex<()>,
}

/// What can be done with a picture.
#[derive(Debug, Clone, Copy)]
enum Task {
    Predict,
    Activations,
    Occlusion,
    Mark,
}

impl Task {
    /// That of a path.
    fn of(path: &str) -> Option<Self> {
        match path {
            "/predict" => Some(Self::Predict),
            "/activations" => Some(Self::Activations),
            "/occlusion" => Some(Self::Occlusion),
            "/marks" => Some(Self::Mark),
            _ => None,
        }
    }

    /// The one parameter that its query may have.
    fn parameter(self) -> Option<&'static str> {
        match self {
            Self::Predict => Some("many"),
            Self::Mark => Some("label"),
            Self::Activations | Self::Occlusion => None,
        }
    }
}

impl Site {
    pub(super) fn new(
        here: SocketAddr,
        recognizer: Recognizer,
        model: String,
        samples: Option<Dataset>,
        collect: Option<PathBuf>,
    ) -> Result<Self> {
        if collect.is_some() && !recognizer.reads_digits() {
            let classes = recognizer.model().class_names.join(" ");
            return Err(Error::parameter("collect", "a model of the ten digits", classes));
        }
        let shared = Shared {
            recognizer,
            model,
            samples: samples.filter(|samples| !samples.is_empty()),
            collect,
            marking: Mutex::new(()),
        };
        Ok(Self {
            here,
            shared: Arc::new(shared),
            held: Arc::new(Semaphore::new(HELD)),
            // Twice as many as processors, so that none waits for its next picture.
            work: Arc::new(Semaphore::new(2 * available_parallelism().map_or(1, usize::from))),
        })
    }

    /// The answer to any request. From when it is whole, until its answer is, what `busy` gives is kept.
    pub(super) async fn answer<B>(&self, request: Request<Incoming>, busy: impl FnOnce() -> B) -> Reply {
        if let Err(refused) = guard::check_origin(request.headers(), self.here) {
            return refused.into();
        }
        let path = request.uri().path().to_owned();
        let reads = [Method::GET, Method::HEAD].contains(request.method());
        if let Some(task) = Task::of(&path) {
            return match *request.method() {
                Method::POST => {
                    let reply = self.of_picture(task, request, busy).await;
                    reply.unwrap_or_else(Reply::from)
                }
                _ => not_allowed("POST"),
            };
        }
        match path.as_str() {
            "/healthz" | "/model" | "/random" if !reads => not_allowed("GET, HEAD"),
            "/healthz" => json(&answers::Health::default()),
            "/model" => json(&answers::model(&self.shared)),
            "/random" => match answers::random(&self.shared) {
                Some(sample) => json(&sample),
                None => Failure::new(StatusCode::NOT_FOUND, "this server has no test images to show").into(),
            },
            _ => match page::file(&path) {
                Some(_) if !reads => not_allowed("GET, HEAD"),
                Some(file) => file,
                None => Failure::new(
                    StatusCode::NOT_FOUND,
                    "there is nothing here; /openapi.json says what there is",
                )
                .into(),
            },
        }
    }

    /// The answer to a picture.
    async fn of_picture<B>(
        &self,
        task: Task,
        request: Request<Incoming>,
        busy: impl FnOnce() -> B,
    ) -> std::result::Result<Reply, Failure> {
        let length = guard::picture_length(request.headers())?;
        let query = request.uri().query().unwrap_or("").to_owned();
        let failed = |status, text: &str| Failure::new(status, text);
        let gone = |_| failed(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping");
        // Nobody waits for the room that slow senders take up.
        let full = |_| {
            failed(
                StatusCode::SERVICE_UNAVAILABLE,
                "too many large pictures at a time; try again",
            )
        };
        let held = if length > SMALL {
            let room = Arc::clone(&self.held);
            Some(room.try_acquire_many_owned(length as u32).map_err(full)?)
        } else {
            None
        };
        let body = Limited::new(request.into_body(), length).collect();
        let late = |_| failed(StatusCode::REQUEST_TIMEOUT, "the picture did not come in time");
        let broken = |_| failed(StatusCode::BAD_REQUEST, "the picture broke off");
        let body = tokio::time::timeout(BODY, body).await.map_err(late)?;
        let bytes = body.map_err(broken)?.to_bytes();
        let _busy = busy();
        let turn = Arc::clone(&self.work).acquire_owned().await.map_err(gone)?;
        let shared = Arc::clone(&self.shared);
        let done = apart(move || {
            // Work goes on when its client has gone, and keeps its place and the room of its bytes until it is done.
            let _kept = (turn, held);
            work(&shared, task, &query, &bytes)
        });
        match done.await? {
            Ok(reply) => Ok(reply),
            Err(error) => Err(Failure::new(status_of(&error), error.to_string())),
        }
    }
}

/// The result of work on a thread of its own. A panic ends the work, not the server.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> std::result::Result<T, Failure> {
    let broken = |_| {
        let problem = "this picture broke the program; please report it";
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, problem)
    };
    tokio::task::spawn_blocking(work).await.map_err(broken)
}

/// What `task` answers to a picture.
fn work(shared: &Shared, task: Task, query: &str, picture: &[u8]) -> Result<Reply> {
    let value = only(query, task.parameter())?;
    Ok(match task {
        Task::Predict => {
            let many = match value {
                None => false,
                Some("1") => true,
                Some(other) => {
                    return Err(Error::parameter(
                        "many",
                        "many=1, or no such parameter",
                        format!("many={other}"),
                    ));
                }
            };
            json(&Answer::of(&shared.recognizer, picture, many)?.json(&shared.recognizer))
        }
        Task::Activations => json(&answers::activations(&shared.recognizer, picture)?),
        Task::Occlusion => json(&answers::occlusion(&shared.recognizer, picture)?),
        Task::Mark => {
            if let Some(folder) = &shared.collect {
                json(&collect::keep(folder, shared, value, picture)?)
            } else {
                let problem = "marks are kept only if the server was started with --collect FOLDER";
                Failure::new(StatusCode::NOT_FOUND, problem).into()
            }
        }
    })
}

/// The value of `name` in a query, if it is there: nothing else may be, for it would be taken for granted that it was
/// heeded.
fn only<'a>(query: &'a str, name: Option<&str>) -> Result<Option<&'a str>> {
    let mut found = None;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if name != Some(key) || found.is_some() {
            let expected = name.map_or_else(
                || "no parameter".to_owned(),
                |name| format!("nothing but {name}, once"),
            );
            return Err(Error::parameter("query", expected, query));
        }
        found = Some(value);
    }
    Ok(found)
}

fn status_of(error: &Error) -> StatusCode {
    match error {
        Error::Picture { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Parameter { .. } => StatusCode::BAD_REQUEST,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn not_allowed(methods: &'static str) -> Reply {
    let mut reply = Reply::from(Failure::new(
        StatusCode::METHOD_NOT_ALLOWED,
        format!("expected {methods}"),
    ));
    reply
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(methods));
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_failure_of_the_request_alone() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let broken = runtime.block_on(apart(|| -> u8 { panic!("a picture that nobody has thought of") }));
        assert_eq!(Reply::from(broken.unwrap_err()).status(), 500);
        assert_eq!(runtime.block_on(apart(|| 7)).unwrap(), 7);
    }

    #[test]
    fn a_query_has_one_parameter_at_most() {
        for (query, value) in [
            ("", None),
            ("&", None),
            ("label=7&", Some("7")),
            ("label", Some("")),
        ] {
            assert_eq!(only(query, Some("label")).unwrap(), value, "{query}");
        }
        for query in ["labels=7", "many=1&label=7", "label=7&label=7", "=7"] {
            assert!(only(query, Some("label")).is_err(), "{query}");
        }
        assert!(only("", None).is_ok() && only("label=7", None).is_err());
    }
}
