//! What fuzzing has found worth keeping, and what it hardly finds, through what must hold for any bytes:
//! docs/fuzzing.md.
#![cfg(feature = "serve")]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod common;
#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use common::png_file;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
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

/// Photos of narrow strips, such as a line of digits cut out: a shape that changes of bytes hardly lead to.
#[test]
fn strips() {
    let mut chance = ChaCha8Rng::seed_from_u64(0);
    for long in [33, 100, 406, 407, 512, 700, 1024, 1900] {
        for short in [1, 2, 8, 31, 32, 33, 36, 40, 41, 60] {
            for (width, height) in [(long, short), (short, long)] {
                // Paper with grain, and a stroke across.
                let strip = image::GrayImage::from_fn(width, height, |x, y| {
                    let grain = (chance.next_u32() % 64) as u8;
                    let stroke = x.abs_diff(width / 2) < 3 || y.abs_diff(height / 2) < 3;
                    image::Luma([if stroke { 30 } else { 130 } + grain])
                });
                let file = png_file(strip);
                if let Err(panic) = catch_unwind(AssertUnwindSafe(|| fuzz::picture(&file))) {
                    eprintln!("with a strip of {width}×{height}");
                    resume_unwind(panic);
                }
            }
        }
    }
}

#[test]
fn requests() {
    replay("request", fuzz::request);
}
