//! Answers of the server, and the headers that all of them have.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;

/// A whole answer.
pub(super) type Reply = Response<Full<Bytes>>;

/// Nothing may be loaded but our own files, and the page may be shown in no other.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A request that cannot be answered.
#[derive(Debug, Serialize)]
pub(super) struct Failure {
    #[serde(skip)]
    status: StatusCode,
    /// What is wrong, and what would be right.
    error: String,
}

impl Failure {
    pub(super) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self {
            status,
            error: error.into(),
        }
    }
}

impl From<Failure> for Reply {
    fn from(failure: Failure) -> Self {
        let mut reply = json(&failure);
        *reply.status_mut() = failure.status;
        // The body of such a request may not have been read; hyper closes the connection then.
        reply
    }
}

/// An answer in JSON.
pub(super) fn json(content: &impl Serialize) -> Reply {
    match serde_json::to_vec(content) {
        Ok(bytes) => whole("application/json", bytes.into()),
        Err(reason) => {
            let mut reply = whole("text/plain; charset=utf-8", reason.to_string().into());
            *reply.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            reply
        }
    }
}

/// An answer of any kind.
pub(super) fn whole(kind: &'static str, content: Bytes) -> Reply {
    let mut reply = Response::new(Full::new(content));
    let headers = [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("content-security-policy"), POLICY),
        (HeaderName::from_static("x-content-type-options"), "nosniff"),
        (HeaderName::from_static("referrer-policy"), "no-referrer"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in headers {
        reply.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    reply
}
