//! Where data and models are taken from when no flag says so.

use super::output::message;
use crate::dataset::mnist::{self, Mnist};
use crate::error::Result;
use crate::model_file::Model;
use crate::recognizer::Recognizer;
use std::path::{Path, PathBuf};

/// Where `digits train` writes, and the others look first.
pub(super) const DEFAULT_MODEL: &str = "models/digits.bin";

/// The data set in the folder that `flag` names, or in the usual one. Says where it is, and whether it is MNIST itself,
/// on stderr unless `quiet`.
pub(super) fn data(flag: Option<&Path>, quiet: bool) -> Result<Mnist> {
    let folder = data_folder(flag);
    let data = mnist::load(&folder)?;
    if !quiet {
        let what = if data.is_genuine() {
            "MNIST itself, by its checksums"
        } else {
            "not MNIST, by its checksums"
        };
        message(&format!("data: {} ({what})", folder.display()));
    }
    Ok(data)
}

/// The data folder: the flag or `DIGITS_DATA`, else `./data`, else `data` beside the executable.
fn data_folder(flag: Option<&Path>) -> PathBuf {
    if let Some(folder) = flag {
        return folder.to_path_buf();
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

/// The model: the flag's, or `builtin`, else the one that was trained last here, else the built-in one. Says which on
/// stderr unless `quiet`.
pub(super) fn model(flag: Option<&Path>, quiet: bool) -> Result<Model> {
    let default = Path::new(DEFAULT_MODEL);
    let file = match flag {
        Some(path) if path == Path::new("builtin") => None,
        Some(path) => Some(path),
        None => default.exists().then_some(default),
    };
    if !quiet {
        message(&format!(
            "model: {}",
            file.map_or("builtin".into(), |path| path.display().to_string())
        ));
    }
    match file {
        Some(path) => Model::load(path),
        None => Ok(Recognizer::builtin()?.model().clone()),
    }
}
