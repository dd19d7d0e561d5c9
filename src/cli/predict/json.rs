//! What `digits predict --json` prints; the names are what scripts rely on.

use super::{Answer, named};
use crate::error::Result;
use crate::recognizer::Reading;
use crate::vision::Area;
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::path::Path;

/// One picture's line: `id` is what a record calls it, `path` its file's name, if they have any.
pub(super) fn line(
    id: Option<&RawValue>,
    path: Option<&Path>,
    answer: &Result<Answer>,
) -> serde_json::Result<String> {
    let file = path.map(Path::to_string_lossy);
    match answer {
        Ok(Answer::One(reading)) => serde_json::to_string(&One {
            id,
            file,
            reading: Digit::of(reading),
            others: reading.others,
        }),
        Ok(Answer::Many(lines)) => serde_json::to_string(&Many {
            id,
            file,
            status: if lines.is_empty() { "blank" } else { "digits" },
            text: super::text(lines),
            digits: lines.iter().flatten().map(Digit::of).collect(),
        }),
        Err(error) => serde_json::to_string(&Failure {
            id,
            file,
            status: "error",
            digit: (),
            error: path.map_or_else(|| error.to_string(), |path| named(path, error)),
        }),
    }
}

#[derive(Serialize)]
struct One<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    file: Option<Cow<'a, str>>,
    #[serde(flatten)]
    reading: Digit<'a>,
    others: usize,
}

#[derive(Serialize)]
struct Many<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    file: Option<Cow<'a, str>>,
    status: &'static str,
    text: String,
    digits: Vec<Digit<'a>>,
}

#[derive(Serialize)]
struct Failure<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    file: Option<Cow<'a, str>>,
    status: &'static str,
    digit: (),
    error: String,
}

#[derive(Serialize)]
// Its fields are the names in the output.
#[allow(clippy::struct_field_names)]
struct Digit<'a> {
    status: &'static str,
    digit: Option<usize>,
    probability: Option<f32>,
    probabilities: Option<&'a [f32]>,
    outlier: Option<f32>,
    #[serde(rename = "box")]
    area: Option<Box>,
}

/// In pixels of the upright picture.
#[derive(Serialize)]
struct Box {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

impl<'a> Digit<'a> {
    fn of(reading: &'a Reading) -> Self {
        let prediction = super::seen(reading);
        Self {
            status: reading.status.name(),
            digit: prediction.map(|prediction| prediction.digit),
            probability: prediction.map(|prediction| prediction.probability),
            probabilities: prediction.map(|prediction| prediction.probabilities.as_slice()),
            outlier: reading.candidate.as_ref().map(|_| reading.outlier),
            area: prediction
                .and(reading.candidate.as_ref())
                .map(|candidate| Box::of(&candidate.area)),
        }
    }
}

impl Box {
    fn of(area: &Area) -> Self {
        Self {
            left: area.left,
            top: area.top,
            width: area.width(),
            height: area.height(),
        }
    }
}
