//! What was read of a picture, as the JSON of `digits predict --json` and `digits serve`: its names are what scripts rely on.

use crate::error::Result;
use crate::recognizer::{Prediction, Reading, Recognizer, Status};
use crate::vision::Area;
use serde::Serialize;

/// What was read of one picture.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// The most prominent digit.
    One(Box<Reading>),
    /// All of them, line by line.
    Many(Vec<Vec<Reading>>),
}

impl Answer {
    /// Reads the picture file `bytes`: `many` digits or one.
    pub(crate) fn of(recognizer: &Recognizer, bytes: &[u8], many: bool) -> Result<Self> {
        if many {
            recognizer.read_all(bytes).map(Self::Many)
        } else {
            recognizer.read(bytes).map(|reading| Self::One(Box::new(reading)))
        }
    }

    /// All of its readings.
    pub(crate) fn readings(&self) -> impl Iterator<Item = &Reading> {
        match self {
            Self::One(reading) => std::slice::from_ref(&**reading).iter().chain([].iter().flatten()),
            Self::Many(lines) => [].iter().chain(lines.iter().flatten()),
        }
    }

    /// Its fields in JSON.
    pub(crate) fn json(&self) -> Json<'_> {
        match self {
            Self::One(reading) => Json::One {
                reading: Digit::of(reading),
                others: reading.others,
            },
            Self::Many(lines) => Json::Many {
                status: status_of(lines),
                text: text(lines),
                digits: lines.iter().flatten().map(Digit::of).collect(),
            },
        }
    }
}

/// The digit of a reading, unless it is none.
pub(crate) fn seen(reading: &Reading) -> Option<&Prediction> {
    reading
        .prediction
        .as_ref()
        .filter(|_| reading.status != Status::NotADigit)
}

/// What a picture of several digits is: `digits`, or why there are none.
pub(crate) fn status_of(lines: &[Vec<Reading>]) -> &'static str {
    match lines.iter().flatten().next() {
        None => Status::Blank.name(),
        Some(first) if first.status == Status::NotADigit => first.status.name(),
        Some(_) => "digits",
    }
}

/// The digits, one line of text for each of the picture's.
pub(crate) fn text(lines: &[Vec<Reading>]) -> String {
    let line = |line: &Vec<Reading>| -> String {
        line.iter()
            .filter_map(seen)
            .map(|prediction| prediction.digit.to_string())
            .collect()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The fields of an answer.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Json<'a> {
    /// Of the most prominent digit.
    One {
        #[serde(flatten)]
        reading: Digit<'a>,
        others: usize,
    },
    /// Of all digits.
    Many {
        status: &'static str,
        text: String,
        digits: Vec<Digit<'a>>,
    },
}

/// The fields of a reading.
#[derive(Debug, Serialize)]
// Its fields are the names in the output.
#[allow(clippy::struct_field_names)]
pub(crate) struct Digit<'a> {
    status: &'static str,
    digit: Option<usize>,
    probability: Option<f32>,
    probabilities: Option<&'a [f32]>,
    outlier: Option<f32>,
    #[serde(rename = "box")]
    area: Option<Rectangle>,
}

/// In pixels of the upright picture.
#[derive(Debug, Serialize)]
struct Rectangle {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

impl<'a> Digit<'a> {
    fn of(reading: &'a Reading) -> Self {
        let prediction = seen(reading);
        Self {
            status: reading.status.name(),
            digit: prediction.map(|prediction| prediction.digit),
            probability: prediction.map(|prediction| prediction.probability),
            probabilities: prediction.map(|prediction| prediction.probabilities.as_slice()),
            outlier: reading.candidate.as_ref().map(|_| reading.outlier),
            area: prediction
                .and(reading.candidate.as_ref())
                .map(|candidate| Rectangle::of(&candidate.area)),
        }
    }
}

impl Rectangle {
    fn of(area: &Area) -> Self {
        Self {
            left: area.left,
            top: area.top,
            width: area.width(),
            height: area.height(),
        }
    }
}
