//! `digits eval --report`: gathers what its page tells of.

use super::output::plain;
use super::robustness::Robustness;
use super::{shell, source};
use crate::dataset::Dataset;
use crate::parallel::Team;
use crate::report::{Corrupted, History};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The longest history that is read, in bytes: some hundred thousand epochs.
const MAX_HISTORY: u64 = 16 << 20;

/// The command line.
pub(super) fn command_line() -> String {
    // The program's own folder is nobody's business.
    let program = std::env::args_os().next().unwrap_or_default();
    let program = Path::new(&program).file_name().unwrap_or_default().to_owned();
    shell::command_line(std::iter::once(program).chain(std::env::args_os().skip(1)))
}

/// The history of the training of the model `name`, or why there is none.
pub(super) fn history(name: &Path) -> std::result::Result<History, String> {
    if source::is_builtin(name) {
        return Err("The built-in model comes without the history of its training.".to_owned());
    }
    let path = source::history_of(name);
    let shown = plain(&path.display().to_string());
    let mut text = String::new();
    let read = path.metadata().and_then(|found| {
        // A pipe of that name would be waited for.
        if !found.is_file() {
            return Err(std::io::Error::other("it is no file"));
        }
        File::open(&path)?.take(MAX_HISTORY).read_to_string(&mut text)
    });
    match read {
        Ok(_) => History::parse(&text)
            .ok_or_else(|| format!("{shown} is left out: it is not the history of a training.")),
        Err(reason) => Err(format!(
            "There is no learning curve: the history of the training, {shown}, cannot be read ({reason})."
        )),
    }
}

/// What was measured under every corruption, and how `set`, that it was measured on, looks then.
pub(super) fn corrupted(robustness: &Robustness, set: &Dataset, team: &Team) -> Vec<Corrupted> {
    let first = Dataset {
        images: set.images.slice(ndarray::s![..set.len().min(1), ..]).to_owned(),
        labels: set.labels.slice(ndarray::s![..set.len().min(1)]).to_owned(),
    };
    robustness.each(|corruption, metrics| Corrupted {
        name: corruption.name(),
        metrics: metrics.clone(),
        example: Robustness::images(&first, corruption, team)
            .images
            .iter()
            .copied()
            .collect(),
    })
}
