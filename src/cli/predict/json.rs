//! The lines of `digits predict --json`.

use super::named;
use crate::answer::{Answer, Json};
use crate::error::Result;
use serde::Serialize;
use std::borrow::Cow;
use std::path::Path;

/// One picture's line.
pub(super) fn line(path: &Path, answer: &Result<Answer>) -> serde_json::Result<String> {
    let file = path.to_string_lossy();
    match answer {
        Ok(answer) => serde_json::to_string(&Success {
            file,
            answer: answer.json(),
        }),
        Err(error) => serde_json::to_string(&Failure {
            file,
            status: "error",
            digit: (),
            error: named(path, error),
        }),
    }
}

#[derive(Serialize)]
struct Success<'a> {
    file: Cow<'a, str>,
    #[serde(flatten)]
    answer: Json<'a>,
}

#[derive(Serialize)]
struct Failure<'a> {
    file: Cow<'a, str>,
    status: &'static str,
    digit: (),
    error: String,
}
