//! The lines of `digits predict --json`.

use super::named;
use crate::answer::{Answer, Json, Said};
use crate::error::Result;
use crate::recognizer::Recognizer;
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::path::Path;

/// One picture's line: `id` is what a record calls it, `path` its file's name, if they have any.
pub(super) fn line(
    id: Option<&RawValue>,
    path: Option<&Path>,
    answer: &Result<Answer>,
    recognizer: &Recognizer,
) -> serde_json::Result<String> {
    let file = path.map(Path::to_string_lossy);
    match answer {
        Ok(answer) => serde_json::to_string(&Success {
            id,
            file,
            answer: answer.json(recognizer),
        }),
        Err(error) => serde_json::to_string(&Failure {
            id,
            file,
            status: "error",
            said: Said::of(None, recognizer),
            error: path.map_or_else(|| error.to_string(), |path| named(path, error)),
        }),
    }
}

#[derive(Serialize)]
struct Success<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    file: Option<Cow<'a, str>>,
    #[serde(flatten)]
    answer: Json<'a>,
}

#[derive(Serialize)]
struct Failure<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    file: Option<Cow<'a, str>>,
    status: &'static str,
    #[serde(flatten)]
    said: Said<'a>,
    error: String,
}
