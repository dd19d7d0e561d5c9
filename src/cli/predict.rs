//! `digits predict`

use super::output::{message, print};
use super::source;
use crate::error::{Error, Result};
use crate::files::AtomicFile;
use crate::recognizer::{Prediction, Reading, Recognizer};
use clap::Args;
use ndarray::Array2;
use serde::Serialize;
use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Runner-ups that are named.
const RUNNER_UPS: usize = 2;
/// The largest picture file that is read, in bytes.
const MAX_FILE: u64 = 256 << 20;

#[derive(Debug, Args)]
pub(super) struct PredictArgs {
    /// PNG or JPEG pictures of one digit each; `-` reads stdin
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// Model file, or `builtin` [default: models/digits.bin if it is there, else the built-in one]
    #[arg(long)]
    model: Option<PathBuf>,
    /// Draw what the network saw
    #[arg(long, conflicts_with = "json")]
    show: bool,
    /// PNG file to write: what the network saw
    #[arg(long, value_name = "FILE")]
    save_input: Option<PathBuf>,
    /// Nothing on stderr but errors
    #[arg(long)]
    quiet: bool,
    /// One JSON line per picture on stdout
    #[arg(long)]
    json: bool,
}

impl PredictArgs {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        if self.save_input.is_some() && self.images.len() > 1 {
            return Err(Error::parameter("save-input", "one picture", self.images.len()).into());
        }
        let mut save_input = self.save_input.as_deref().map(AtomicFile::create).transpose()?;
        let recognizer = Recognizer::new(source::model(self.model.as_deref(), self.quiet)?.0)?;
        let mut failed = 0;
        for path in &self.images {
            let reading = read_picture(path).and_then(|bytes| recognizer.read(&bytes));
            if let Ok(Reading::Digit(prediction)) = &reading
                && let Some(file) = save_input.take()
            {
                file.finish(&png(&prediction.image)?)?;
            }
            let text = if self.json {
                format!("{}\n", serde_json::to_string(&JsonLine::of(path, &reading))?)
            } else {
                self.lines(path, &reading)
            };
            print(&text)?;
            if let Err(error) = &reading {
                failed += 1;
                message(&format!("error: {}", named(path, error)));
            }
        }
        Ok(match failed {
            0 => ExitCode::SUCCESS,
            failed if failed == self.images.len() => ExitCode::from(3),
            _ => ExitCode::from(5),
        })
    }

    /// What people read of one picture.
    fn lines(&self, path: &Path, reading: &Result<Reading>) -> String {
        let name = if self.images.len() > 1 {
            format!("{}: ", path.display())
        } else {
            String::new()
        };
        match reading {
            Err(_) => String::new(),
            Ok(Reading::Blank) => format!("{name}blank\n"),
            Ok(Reading::Digit(prediction)) => {
                let mut ranked: Vec<(usize, f32)> =
                    prediction.probabilities.iter().copied().enumerate().collect();
                ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
                let mut text = format!(
                    "{name}{} ({:.2} %)",
                    prediction.digit,
                    100.0 * prediction.probability
                );
                for (digit, probability) in ranked.iter().skip(1).take(RUNNER_UPS) {
                    let _ = write!(text, ", {digit} ({:.2} %)", 100.0 * probability);
                }
                text.push('\n');
                if self.show {
                    text += &drawing(prediction);
                }
                text
            }
        }
    }
}

/// The message of `error` with the picture's name, unless it has one.
fn named(path: &Path, error: &Error) -> String {
    match error {
        Error::Picture { .. } => format!("{}: {error}", path.display()),
        _ => error.to_string(),
    }
}

/// The bytes of a picture file, or of stdin for `-`.
fn read_picture(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().take(MAX_FILE + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes))
    };
    read.map_err(Error::read(path))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(Error::Picture {
            problem: format!("expected at most {MAX_FILE} bytes, found more"),
            remedy: "give a whole PNG or JPEG file".to_owned(),
        });
    }
    Ok(bytes)
}

/// One picture's JSON line; the names are what scripts rely on.
#[derive(Serialize)]
struct JsonLine<'a> {
    file: Cow<'a, str>,
    status: &'static str,
    digit: Option<usize>,
    probability: Option<f32>,
    probabilities: Option<&'a [f32]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl<'a> JsonLine<'a> {
    fn of(path: &'a Path, reading: &'a Result<Reading>) -> Self {
        let line = Self {
            file: path.to_string_lossy(),
            status: "error",
            digit: None,
            probability: None,
            probabilities: None,
            error: None,
        };
        match reading {
            Ok(Reading::Digit(prediction)) => Self {
                status: "digit",
                digit: Some(prediction.digit),
                probability: Some(prediction.probability),
                probabilities: Some(&prediction.probabilities),
                ..line
            },
            Ok(Reading::Blank) => Self {
                status: "blank",
                ..line
            },
            Err(error) => Self {
                error: Some(named(path, error)),
                ..line
            },
        }
    }
}

/// The network's input in the terminal, two characters a pixel.
fn drawing(prediction: &Prediction) -> String {
    let mut text = String::new();
    for row in prediction.image.outer_iter() {
        for &pixel in row {
            text.push_str(["  ", "░░", "▒▒", "▓▓", "██"][usize::from(pixel).div_ceil(64)]);
        }
        text.push('\n');
    }
    text
}

/// The image as a PNG file.
fn png(image: &Array2<u8>) -> Result<Vec<u8>> {
    let (height, width) = (image.nrows() as u32, image.ncols() as u32);
    let mut bytes = Cursor::new(Vec::new());
    let pixels: Vec<u8> = image.iter().copied().collect();
    image::write_buffer_with_format(
        &mut bytes,
        &pixels,
        width,
        height,
        image::ExtendedColorType::L8,
        image::ImageFormat::Png,
    )
    .map_err(|reason| Error::System {
        what: "cannot encode the picture",
        reason: reason.to_string(),
    })?;
    Ok(bytes.into_inner())
}
