//! Where data comes from: flags, the environment, folders that cannot be written to, sets that are not MNIST.
#![allow(clippy::unwrap_used)]

mod common;

use common::{assert_fails, images, labels, parts, root, small_data};
use digits::dataset::mnist;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::process::Command;
use tempfile::tempdir;

/// Links MNIST's four archives into `folder`.
fn link_archives(folder: &Path) {
    for name in mnist::FILES.map(|file| file.name) {
        let name = format!("{name}.gz");
        symlink(root().join("data").join(&name), folder.join(&name)).unwrap();
    }
}

#[test]
fn plain_copies_are_kept_in_the_cache_and_only_a_stale_one_is_replaced() {
    let folder = tempdir().unwrap();
    link_archives(folder.path());
    let first = mnist::load(folder.path()).unwrap();
    let copy = folder.path().join("cache/t10k-labels-idx1-ubyte");
    let whole = fs::read(&copy).unwrap();
    assert_eq!(whole[8..], first.test.labels.to_vec());

    // Written anew, it would be another file.
    let number = || fs::metadata(&copy).unwrap().ino();
    let before = number();
    assert_eq!(mnist::load(folder.path()).unwrap().test, first.test);
    assert_eq!(number(), before);

    let mut changed = whole.clone();
    changed[100] ^= 1;
    fs::write(&copy, changed).unwrap();
    assert!(mnist::load(folder.path()).unwrap().is_genuine());
    assert_eq!(fs::read(&copy).unwrap(), whole);
}

#[test]
fn a_folder_that_takes_no_copies_still_works() {
    let folder = tempdir().unwrap();
    link_archives(folder.path());
    // A file where the cache folder would be: refused to every user, unlike a missing permission.
    fs::write(folder.path().join("cache"), "in the way").unwrap();
    assert!(mnist::load(folder.path()).unwrap().is_genuine());
    assert_eq!(
        fs::read_to_string(folder.path().join("cache")).unwrap(),
        "in the way"
    );
}

/// A data folder may be a stranger's, and lead anywhere.
#[test]
fn copies_are_written_neither_through_links_nor_into_pipes() {
    let precious = tempdir().unwrap();
    let at = |name: &str| precious.path().join(name);
    for name in ["file", "train-labels-idx1-ubyte"] {
        fs::write(at(name), "kept").unwrap();
    }
    let [to_file, to_folder, pipe] = [0; 3].map(|_| tempdir().unwrap());
    let name = "cache/t10k-labels-idx1-ubyte";
    for folder in [&to_file, &to_folder, &pipe] {
        link_archives(folder.path());
    }
    for folder in [&to_file, &pipe] {
        fs::create_dir(folder.path().join("cache")).unwrap();
    }
    symlink(at("file"), to_file.path().join(name)).unwrap();
    symlink(precious.path(), to_folder.path().join("cache")).unwrap();
    let made = Command::new("mkfifo").arg(pipe.path().join(name)).status();
    assert!(made.unwrap().success());
    for folder in [&to_file, &to_folder, &pipe] {
        assert!(mnist::load(folder.path()).unwrap().is_genuine());
    }
    for name in ["file", "train-labels-idx1-ubyte"] {
        assert_eq!(fs::read_to_string(at(name)).unwrap(), "kept");
    }
    assert_eq!(common::names(precious.path()).len(), 2);
}

#[test]
fn another_set_of_mnists_size_is_read_and_said_to_be_another() {
    let folder = tempdir().unwrap();
    for (name, bytes) in [
        ("train-images-idx3-ubyte", images(60_000)),
        ("train-labels-idx1-ubyte", labels(60_000)),
        ("t10k-images-idx3-ubyte", images(10_000)),
        ("t10k-labels-idx1-ubyte", labels(10_000)),
    ] {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let set = mnist::load(folder.path()).unwrap();
    assert!(!set.is_genuine());
    assert_eq!(
        (set.train.len(), set.test.len(), set.classes),
        (60_000, 10_000, 10)
    );
    assert_eq!(set.test.images.as_slice().unwrap(), &images(10_000)[16..]);
}

#[test]
fn the_number_of_classes_comes_from_the_data() {
    let folder = tempdir().unwrap();
    let data = small_data(folder.path());
    for (name, count) in [("train-labels-idx1-ubyte", 600), ("t10k-labels-idx1-ubyte", 100)] {
        let mut bytes = labels(count);
        bytes[8..].iter_mut().for_each(|label| *label %= 4);
        fs::write(data.join(name), bytes).unwrap();
    }
    let train = [
        "train",
        "--validation",
        "0",
        "--epochs",
        "1",
        "--hidden",
        "8",
        "--quiet",
    ];
    assert_eq!(
        parts(&common::digits(folder.path(), &train)),
        (0, String::new(), String::new())
    );
    let (_, stdout, _) = parts(&common::digits(folder.path(), &["info", "models/digits.bin"]));
    assert!(stdout.contains("classes: 0 1 2 3\n"), "{stdout}");
    // A model of four classes cannot be measured on ten.
    assert_fails(
        folder.path(),
        &["eval", "--data", root().join("data").to_str().unwrap()],
        3,
        &["models/digits.bin", "at least 10 classes", "4"],
    );
}

#[test]
fn the_environment_names_a_folder_and_the_flag_another() {
    let folder = tempdir().unwrap();
    let data = small_data(folder.path());
    let elsewhere = tempdir().unwrap();
    let eval = |flags: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_digits"))
            .args(["eval", "--model", "builtin", "--json"])
            .args(flags)
            .env("DIGITS_DATA", &data)
            .current_dir(elsewhere.path())
            .output()
            .unwrap();
        parts(&output)
    };
    let (code, stdout, stderr) = eval(&[]);
    assert_eq!(code, 0, "{stderr}");
    assert!(
        stdout.contains("\"count\":100") && stderr.contains("not MNIST"),
        "{stdout}{stderr}"
    );
    let (code, _, stderr) = eval(&["--data", "nowhere"]);
    assert!(code == 3 && stderr.contains("nowhere"), "{stderr}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_folder_whose_name_is_not_text() {
    use std::os::unix::ffi::OsStrExt;
    let parent = tempdir().unwrap();
    let folder = parent.path().join(std::ffi::OsStr::from_bytes(b"\xff\xfe"));
    fs::create_dir(&folder).unwrap();
    link_archives(&folder);
    assert!(mnist::load(&folder).unwrap().is_genuine());
}

#[test]
fn what_a_file_is_tells_its_content_and_not_its_name() {
    let folder = tempdir().unwrap();
    for name in mnist::FILES.map(|file| file.name) {
        let packed = root().join(format!("data/{name}.gz"));
        if name.contains("t10k") {
            fs::copy(packed, folder.path().join(name)).unwrap();
        } else {
            let mut plain = Vec::new();
            let file = fs::File::open(packed).unwrap();
            std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(file), &mut plain).unwrap();
            fs::write(folder.path().join(format!("{name}.gz")), plain).unwrap();
        }
    }
    assert!(mnist::load(folder.path()).unwrap().is_genuine());
}
