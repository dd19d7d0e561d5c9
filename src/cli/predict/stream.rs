//! `digits predict --jsonl`: a record in, a record out, for programs that ask for one picture after the other.

use super::unbroken::unbroken;
use super::{AT_ONCE, PredictArgs, doubt, files, json};
use crate::answer::Answer;
use crate::cli::output::{counted, message, print};
use crate::cli::source as model_source;
use crate::error::{Error, Result};
use crate::parallel::Team;
use crate::recognizer::Recognizer;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

/// The longest record, in bytes: room for a picture of 12 megabytes. (Larger ones have files.)
const MAX_LINE: usize = 16 << 20;

/// What a line holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a record")]
struct Record<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(default)]
    path: Option<PathBuf>,
    /// The bytes of a picture, in Base64.
    #[serde(borrow, default)]
    png: Option<Cow<'a, str>>,
}

/// All that is needed of a line that is no record.
#[derive(Deserialize)]
struct Identified<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
}

/// A picture that is asked for: its file's name, or its bytes.
enum Asked {
    File(PathBuf),
    Bytes(Vec<u8>),
}

impl<'a> Record<'a> {
    /// The record's identity and its picture, or what was found in place of them.
    fn of(line: &'a [u8]) -> std::result::Result<(&'a RawValue, Asked), String> {
        if is_list(line) {
            return Err("a list".to_owned());
        }
        if line.trim_ascii().is_empty() {
            return Err("nothing".to_owned());
        }
        // To the decoder every line is the first.
        let record: Self = serde_json::from_slice(line)
            .map_err(|reason| reason.to_string().replace(" at line 1 column ", " at column "))?;
        let asked = match (record.path, record.png) {
            (Some(path), None) if path == Path::new("-") => Err("the path -, where records come from"),
            (Some(path), None) => Ok(Asked::File(path)),
            (None, Some(png)) => BASE64_STANDARD
                .decode(png.as_bytes())
                .map(Asked::Bytes)
                .map_err(|_| "a png that is not Base64"),
            (None, None) => Err("neither path nor png"),
            (Some(_), Some(_)) => Err("both path and png"),
        };
        Ok((record.id, asked?))
    }
}

/// Whether a line is a JSON list, if it is JSON: our decoder would take it for a record without names.
fn is_list(line: &[u8]) -> bool {
    line.trim_ascii_start().starts_with(b"[")
}

/// A line without its end.
enum Line {
    Whole(Vec<u8>),
    /// Nothing of it is kept.
    TooLong,
}

/// A line with its answer.
struct Exchange {
    line: Line,
    /// The line's number, from 1.
    number: usize,
    answer: serde_json::Result<String>,
    failed: bool,
    sure: bool,
}

impl Exchange {
    fn new((line, number): (Line, usize)) -> Self {
        Self {
            line,
            number,
            answer: Ok(String::new()),
            failed: false,
            sure: false,
        }
    }
}

impl PredictArgs {
    /// Answers every record of `source`, in their order.
    pub(super) fn answer_records(&self, source: &Path, least: f32) -> anyhow::Result<ExitCode> {
        let lines = lines(source)?;
        let recognizer = Recognizer::new(model_source::model(self.model.as_deref(), self.quiet)?.0)?;
        let team = Team::new(0)?;
        let (mut read, mut failed, mut doubted) = (0, 0, 0);
        // Waits for one record only: who asked may wait for the answer before asking again.
        while let Ok(first) = lines.recv() {
            let mut broken = None;
            let more = std::iter::once(first).chain(lines.try_iter()).take(AT_ONCE);
            let lines = more.map_while(|line| line.map_err(|error| broken = Some(error)).ok());
            let mut exchanges: Vec<Exchange> = lines.zip(read + failed + 1..).map(Exchange::new).collect();
            team.for_each(exchanges.iter_mut(), |exchange| {
                self.answer(source, &recognizer, least, exchange);
            });
            for exchange in exchanges {
                print(&(exchange.answer? + "\n"))?;
                failed += usize::from(exchange.failed);
                read += usize::from(!exchange.failed);
                doubted += usize::from(!exchange.failed && !exchange.sure);
            }
            if let Some(error) = broken {
                return Err(Error::read(source)(error).into());
            }
        }
        if !self.quiet {
            message(&format!("{} read, {failed} not", counted(read, "picture")));
        }
        Ok(match failed {
            0 if self.min_confidence.is_some() && doubted > 0 => ExitCode::from(4),
            0 => ExitCode::SUCCESS,
            _ if read == 0 => ExitCode::from(3),
            _ => ExitCode::from(5),
        })
    }

    /// Answers one record.
    fn answer(&self, source: &Path, recognizer: &Recognizer, least: f32, exchange: &mut Exchange) {
        // It is not needed any more once it has its answer.
        let line = std::mem::replace(&mut exchange.line, Line::TooLong);
        let (line, record) = match &line {
            Line::Whole(line) => (line.as_slice(), Record::of(line)),
            Line::TooLong => (&[][..], Err(format!("a line of more than {MAX_LINE} bytes"))),
        };
        let answer = |bytes: &[u8]| unbroken(|| Answer::of(recognizer, bytes, self.many));
        let (id, file, answer) = match &record {
            Ok((id, Asked::File(path))) => {
                let answer = files::read(path).and_then(|bytes| answer(&bytes));
                (Some(*id), Some(path.as_path()), answer)
            }
            Ok((id, Asked::Bytes(bytes))) => (Some(*id), None, answer(bytes)),
            Err(found) => {
                let identified = (!is_list(line)).then(|| serde_json::from_slice::<Identified>(line).ok());
                let error = Error::Data {
                    path: source.to_path_buf(),
                    expected: "a record {\"id\": …, \"path\": …} or {\"id\": …, \"png\": …} in each line"
                        .to_owned(),
                    found: format!("{found}, in line {}", exchange.number),
                    remedy: "mend that record".to_owned(),
                };
                (identified.flatten().map(|record| record.id), None, Err(error))
            }
        };
        exchange.failed = answer.is_err();
        exchange.sure = answer.as_ref().is_ok_and(|answer| doubt(answer, least).is_none());
        exchange.answer = json::line(Some(id.unwrap_or(RawValue::NULL)), file, &answer, recognizer);
    }
}

/// The lines of `source`, `-` for stdin, read by a thread of their own, a few ahead.
fn lines(source: &Path) -> Result<Receiver<io::Result<Line>>> {
    let mut reader: Box<dyn BufRead + Send> = if source == Path::new("-") {
        Box::new(BufReader::new(io::stdin()))
    } else {
        Box::new(BufReader::new(File::open(source).map_err(Error::read(source))?))
    };
    let (sender, lines) = sync_channel(AT_ONCE);
    let read = move || {
        while let Some(line) = next_line(&mut reader).transpose() {
            let last = line.is_err();
            if sender.send(line).is_err() || last {
                break;
            }
        }
    };
    thread::Builder::new()
        .spawn(read)
        .map_err(|reason| Error::System {
            what: "cannot start a thread",
            reason: reason.to_string(),
        })?;
    Ok(lines)
}

/// The next line, if there is one.
fn next_line(reader: &mut impl BufRead) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    if reader.take(MAX_LINE as u64 + 1).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.pop_if(|end| *end == b'\n').is_none() && line.len() > MAX_LINE {
        reader.skip_until(b'\n')?;
        return Ok(Some(Line::TooLong));
    }
    Ok(Some(Line::Whole(line)))
}
