//! Data folders one of whose files is any bytes.

use digits::Error;
use digits::dataset::mnist::{FILES, load};
use digits::dataset::{Dataset, PIXELS};
use std::fs;
use std::sync::LazyLock;
use tempfile::TempDir;

/// Four folders, each with all good files but the one with the folder's number.
static FOLDERS: LazyLock<[TempDir; 4]> = LazyLock::new(|| {
    std::array::from_fn(|missing| {
        let folder = tempfile::tempdir().unwrap();
        for (index, file) in FILES.iter().enumerate() {
            if index != missing {
                fs::write(folder.path().join(file.name), good(index)).unwrap();
            }
        }
        folder
    })
});

/// A good file: three samples to train with, or two to test.
fn good(index: usize) -> Vec<u8> {
    let count = 3 - index as u32 / 2;
    let numbers =
        |numbers: &[u32]| -> Vec<u8> { numbers.iter().flat_map(|number| number.to_be_bytes()).collect() };
    let samples = |length: u32| (0..count * length).map(|at| (at % 10) as u8);
    if index.is_multiple_of(2) {
        numbers(&[0x0803, count, 28, 28])
            .into_iter()
            .chain(samples(PIXELS as u32))
            .collect()
    } else {
        numbers(&[0x0801, count]).into_iter().chain(samples(1)).collect()
    }
}

/// Loads a folder whose file number `input[0] % 4` is the rest of `input`.
pub fn idx(input: &[u8]) {
    let Some((&first, bytes)) = input.split_first() else {
        return;
    };
    let changed = usize::from(first % 4);
    let folder = FOLDERS[changed].path();
    fs::write(folder.join(FILES[changed].name), bytes).unwrap();
    match load(folder) {
        Ok(mnist) => {
            assert_eq!((mnist.train.len(), mnist.test.len()), (3, 2));
            for Dataset { images, labels } in [&mnist.train, &mnist.test] {
                assert_eq!(images.dim(), (labels.len(), PIXELS));
                assert!(labels.iter().all(|&label| usize::from(label) < mnist.classes));
            }
            let set = if changed < 2 { &mnist.train } else { &mnist.test };
            let found = if changed % 2 == 0 {
                set.images.iter().copied().collect()
            } else {
                set.labels.to_vec()
            };
            let gzipped = bytes.starts_with(&[0x1f, 0x8b]);
            // Smaller images lie in the middle of background.
            let smaller = changed % 2 == 0 && bytes[8..16] != [0, 0, 0, 28, 0, 0, 0, 28];
            assert!(gzipped || smaller || bytes.ends_with(&found));
        }
        Err(Error::Data { .. }) => {}
        Err(other) => panic!("{other}"),
    }
}
