//! The files of the page. They are part of the program.

use super::reply::{Reply, whole};
use hyper::body::Bytes;

/// Paths, kinds and contents.
const FILES: [(&str, &str, &str); 8] = [
    ("/", "text/html; charset=utf-8", include_str!("page/index.html")),
    (
        "/style.css",
        "text/css; charset=utf-8",
        include_str!("page/style.css"),
    ),
    (
        "/app.js",
        "text/javascript; charset=utf-8",
        include_str!("page/app.js"),
    ),
    (
        "/pad.js",
        "text/javascript; charset=utf-8",
        include_str!("page/pad.js"),
    ),
    (
        "/answer.js",
        "text/javascript; charset=utf-8",
        include_str!("page/answer.js"),
    ),
    (
        "/inside.js",
        "text/javascript; charset=utf-8",
        include_str!("page/inside.js"),
    ),
    ("/icon.svg", "image/svg+xml", include_str!("page/icon.svg")),
    (
        "/openapi.json",
        "application/json",
        include_str!("page/openapi.json"),
    ),
];

/// The file at `path`.
pub(super) fn file(path: &str) -> Option<Reply> {
    let (_, kind, content) = FILES.iter().find(|(name, ..)| *name == path)?;
    Some(whole(kind, Bytes::from_static(content.as_bytes())))
}
