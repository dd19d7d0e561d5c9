//! What was read of a picture, as the JSON of `digits predict --json` and `digits serve`: its names are what scripts
//! rely on.
//!
//! A digit is called `digit`, by its number; what a model of other classes reads `class`, by its name.

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
    pub(crate) fn readings(&self) -> Vec<&Reading> {
        match self {
            Self::One(reading) => vec![reading],
            Self::Many(lines) => lines.iter().flatten().collect(),
        }
    }

    /// Its fields in JSON, as `recognizer` has read it.
    pub(crate) fn json<'a>(&'a self, recognizer: &'a Recognizer) -> Json<'a> {
        let one = |reading| One::of(reading, recognizer);
        match self {
            Self::One(reading) => Json::One {
                reading: one(reading),
                others: reading.others,
            },
            Self::Many(lines) => {
                let (status, text) = (status_of(lines, recognizer), text(lines, recognizer));
                let all = lines.iter().flatten().map(one).collect();
                if recognizer.reads_digits() {
                    Json::Digits {
                        status,
                        text,
                        digits: all,
                    }
                } else {
                    Json::Classes {
                        status,
                        text,
                        classes: all,
                    }
                }
            }
        }
    }
}

/// What stands in a text for what is refused.
const REFUSED: &str = "?";

/// What a picture of several digits is: `digits`, or `classes` for a model of others, or why there are none.
pub(crate) fn status_of(lines: &[Vec<Reading>], recognizer: &Recognizer) -> &'static str {
    let mut readings = lines.iter().flatten();
    match readings.next() {
        None => Status::Blank.name(),
        Some(first) if first.guess().is_none() && readings.all(|next| next.guess().is_none()) => {
            first.status.name()
        }
        Some(_) if recognizer.reads_digits() => "digits",
        Some(_) => "classes",
    }
}

/// The digits, one line of text for each of the picture's, with a `?` for what is refused among them, but nothing if
/// all is; classes that have longer names, with blanks between them.
pub(crate) fn text(lines: &[Vec<Reading>], recognizer: &Recognizer) -> String {
    if lines.iter().flatten().all(|reading| reading.guess().is_none()) {
        return String::new();
    }
    let names = |line: &Vec<Reading>| -> Vec<&str> {
        let seen = line.iter().map(Reading::guess);
        seen.map(|prediction| prediction.map_or(REFUSED, |prediction| recognizer.name_of(prediction.digit)))
            .collect()
    };
    let lines: Vec<Vec<&str>> = lines.iter().map(names).collect();
    let long = lines.iter().flatten().any(|name| name.chars().count() > 1);
    let lines: Vec<String> = lines
        .iter()
        .map(|line| line.join(if long { " " } else { "" }))
        .collect();
    lines.join("\n")
}

/// The fields of an answer.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Json<'a> {
    /// Of the most prominent digit.
    One {
        #[serde(flatten)]
        reading: One<'a>,
        others: usize,
    },
    /// Of all digits.
    Digits {
        status: &'static str,
        text: String,
        digits: Vec<One<'a>>,
    },
    /// Of all that a model of other classes reads.
    Classes {
        status: &'static str,
        text: String,
        classes: Vec<One<'a>>,
    },
}

/// What is said to be there, if anything is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Said<'a> {
    /// The digit.
    Digit(Option<usize>),
    /// The name of the class, where those are not the digits.
    Class(Option<&'a str>),
}

impl<'a> Said<'a> {
    pub(crate) fn of(prediction: Option<&Prediction>, recognizer: &'a Recognizer) -> Self {
        let class = prediction.map(|prediction| prediction.digit);
        if recognizer.reads_digits() {
            Self::Digit(class)
        } else {
            Self::Class(class.map(|class| recognizer.name_of(class)))
        }
    }
}

/// The fields of a reading.
#[derive(Debug, Serialize)]
pub(crate) struct One<'a> {
    status: &'static str,
    #[serde(flatten)]
    said: Said<'a>,
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

impl<'a> One<'a> {
    fn of(reading: &'a Reading, recognizer: &'a Recognizer) -> Self {
        let prediction = reading.guess();
        Self {
            status: match reading.status {
                Status::Digit if !recognizer.reads_digits() => "class",
                status => status.name(),
            },
            said: Said::of(prediction, recognizer),
            probability: prediction.map(|prediction| prediction.probability),
            probabilities: prediction.map(|prediction| prediction.probabilities.as_slice()),
            outlier: (recognizer.reads_digits() && reading.candidate.is_some()).then_some(reading.outlier),
            area: reading
                .candidate
                .as_ref()
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
