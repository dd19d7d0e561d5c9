//! Where data and models are taken from when no flag says so.

use super::output::message;
use crate::dataset::PIXELS;
use crate::dataset::mnist::{self, Mnist};
use crate::error::{Error, Result};
use crate::model_file::Model;
use crate::recognizer::Recognizer;
use clap::ValueEnum;
use std::fmt::Display;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Where `digits train` writes, and the others look first.
pub(super) const DEFAULT_MODEL: &str = "models/digits.bin";

/// The name of the model that is part of the program.
const BUILTIN: &str = "builtin";

/// Whether a model's name is that of the built-in one, which is no file.
pub(super) fn is_builtin(name: &Path) -> bool {
    name == Path::new(BUILTIN)
}

/// The files of the model `name`, over which nothing else is written: none of the built-in one's.
pub(super) fn behind(name: &Path) -> Vec<PathBuf> {
    if is_builtin(name) {
        return Vec::new();
    }
    files_of(name).into()
}

/// Where the history of the training of the model at `path` goes.
pub(super) fn history_of(path: &Path) -> PathBuf {
    beside(path, ".csv")
}

/// Where the checkpoint of the training of the model at `path` is.
pub(super) fn checkpoint_of(path: &Path) -> PathBuf {
    beside(path, ".checkpoint")
}

/// Where the learning curves of the training of the model at `path` go.
pub(super) fn curves_of(path: &Path) -> PathBuf {
    beside(path, ".svg")
}

/// The model at `path`, and the files that go beside it.
pub(super) fn files_of(path: &Path) -> [PathBuf; 4] {
    [
        path.to_path_buf(),
        history_of(path),
        curves_of(path),
        checkpoint_of(path),
    ]
}

/// The path with `ending` after its whole name.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The data set in the folder that `flag` names, or in the usual one. Says where it is, and whether it is MNIST itself,
/// on stderr unless `quiet`.
pub(super) fn data(flag: Option<&Path>, quiet: bool) -> Result<Mnist> {
    let folder = data_folder(flag);
    let data = mnist::load(&folder)?;
    if !quiet {
        let (classes, turned) = (data.classes, if data.turned { ", turned upright" } else { "" });
        let what = if data.is_genuine() {
            "MNIST itself, by its checksums".to_owned()
        } else {
            format!("not MNIST, by its checksums; {classes} classes{turned}")
        };
        message(&format!("data: {} ({what})", folder.display()));
    }
    Ok(data)
}

/// The data folder: the flag, else `DIGITS_DATA` unless it is empty, else `./data`, else `data` beside the executable.
pub(super) fn data_folder(flag: Option<&Path>) -> PathBuf {
    if let Some(folder) = flag {
        return folder.to_path_buf();
    }
    if let Some(folder) = std::env::var_os("DIGITS_DATA").filter(|folder| !folder.is_empty()) {
        return folder.into();
    }
    let here = PathBuf::from("data");
    let beside = std::env::current_exe()
        .ok()
        .and_then(|exe| Some(exe.parent()?.join("data")));
    match beside {
        Some(beside) if !here.is_dir() && beside.is_dir() => beside,
        _ => here,
    }
}

/// The model for 28×28 images, as [`any_model`].
pub(super) fn model(flag: Option<&Path>, quiet: bool) -> Result<(Model, PathBuf)> {
    let (model, name) = any_model(flag, quiet)?;
    let inputs = model.members[0].inputs();
    if inputs != PIXELS {
        return Err(unfit(&name, &format!("{PIXELS} inputs"), inputs));
    }
    Ok((model, name))
}

/// A model, the flag's, or `builtin`, else the one that was trained last here, else the built-in one; and its name.
/// Says which on stderr unless `quiet`.
pub(super) fn any_model(flag: Option<&Path>, quiet: bool) -> Result<(Model, PathBuf)> {
    let default = Path::new(DEFAULT_MODEL);
    let file = match flag {
        Some(path) if is_builtin(path) => None,
        Some(path) => Some(path),
        // What is there and cannot be read is not passed over in silence.
        None => match default.symlink_metadata() {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => None,
            _ => Some(default),
        },
    };
    let name = file.unwrap_or(Path::new(BUILTIN));
    if !quiet {
        message(&format!("model: {}", name.display()));
    }
    let model = match file {
        Some(path) => load(path)?,
        None => Recognizer::builtin()?.into_model(),
    };
    Ok((model, name.to_path_buf()))
}

/// Loads the model file at `path`; says what to do if it is one of another program, or none at all.
fn load(path: &Path) -> Result<Model> {
    Model::load(path).map_err(|error| match error {
        // The default one's name needs no check: it is a link that leads nowhere.
        Error::Read { path, source }
            if source.kind() == ErrorKind::NotFound && path != Path::new(DEFAULT_MODEL) =>
        {
            Error::Model {
                path,
                expected: "a model file".to_owned(),
                found: "nothing of that name".to_owned(),
                remedy: format!("check the name, or give `{BUILTIN}`, the model that is part of the program"),
            }
        }
        Error::Model {
            path,
            expected,
            found,
            remedy,
        } => Error::Model {
            remedy: match Format::of(&path) {
                Some(Format::Safetensors) => "`digits import` makes a model of a safetensors file".to_owned(),
                Some(Format::Onnx) => {
                    "name the model that the ONNX file was made of: it cannot be read back".to_owned()
                }
                None => remedy,
            },
            path,
            expected,
            found,
        },
        error => error,
    })
}

/// In what form other programs have models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A graph that onnxruntime and others run
    Onnx,
    /// Weights under PyTorch's names
    Safetensors,
}

impl Format {
    /// As it is written on the command line.
    #[cfg(feature = "export")]
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Onnx => "onnx",
            Self::Safetensors => "safetensors",
        }
    }

    /// By the end of a file's name, if it is another program's.
    pub(super) fn of(path: &Path) -> Option<Self> {
        Self::from_str(path.extension()?.to_str()?, true).ok()
    }
}

/// Refuses to write a model file under a name that promises another program's.
pub(super) fn check_model_name(output: &Path) -> Result<()> {
    if Format::of(output).is_none() {
        return Ok(());
    }
    let expected = "a name for a model file of digits, such as mine.bin, of which `digits export` makes other programs' formats";
    Err(Error::parameter("output", expected, output.display()))
}

/// The error of the model `name`, which has `found` where its use needs `expected`.
pub(super) fn unfit(name: &Path, expected: &str, found: impl Display) -> Error {
    Error::Model {
        path: name.to_path_buf(),
        expected: format!("a model of {expected}"),
        found: format!("{found}"),
        remedy: "train one on the data that it is for".to_owned(),
    }
}

/// Whether `model` knows classes of such `names`, and at most others behind them, as one for what is none of them.
pub(super) fn knows(model: &Model, names: &[String]) -> bool {
    model.class_names.starts_with(names)
}

/// Refuses to write the file at `output`, which `flag` names, over one of `others`: what is read, and what else is
/// written.
pub(super) fn check_output<P: AsRef<Path>>(flag: &'static str, output: &Path, others: &[P]) -> Result<()> {
    // What is not there yet is known by its folder's true path.
    let true_path = |path: &Path| {
        path.canonicalize().ok().or_else(|| {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok()?;
            Some(folder.join(path.file_name()?))
        })
    };
    let path = true_path(output).filter(|path| !path.exists() || path.is_file());
    match others
        .iter()
        .map(AsRef::as_ref)
        .find(|other| path.is_some() && true_path(other) == path)
    {
        Some(other) => {
            let expected = format!(
                "another file than {}, which the same command reads or writes",
                other.display()
            );
            let found = format!("{}; give another name", output.display());
            Err(Error::parameter(flag, expected, found))
        }
        None => Ok(()),
    }
}
