//! What fuzzing has found worth keeping, through what must hold for any bytes: docs/fuzzing.md.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

/// Calls `holds` with every file of the corpus `name`.
fn replay(name: &str, holds: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(name);
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| holds(&bytes))) {
            // The panic itself has said what is wrong, but not with which file.
            eprintln!("with {}", path.display());
            resume_unwind(panic);
        }
        count += 1;
    }
    assert!(count >= 10, "{count} files of the corpus {name}");
}

#[test]
fn data_folders() {
    replay("idx", fuzz::idx);
}

#[test]
fn model_files_and_checkpoints() {
    replay("model", fuzz::model);
}

#[test]
fn pictures() {
    replay("picture", fuzz::picture);
}

#[test]
fn requests() {
    replay("request", fuzz::request);
}
