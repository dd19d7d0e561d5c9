//! The rooms of the house: none imports one that lies above it in CONTRIBUTING.md's table, and no file is long.

mod common;

use common::root;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of one line of the table: the modules of the crate that its first column names.
fn rooms(line: &str) -> Vec<String> {
    let first = line.split('|').nth(1).unwrap_or("");
    let paths = first.split('`').filter_map(|path| path.strip_prefix("src/"));
    paths
        .map(|path| path.trim_end_matches(".rs").trim_end_matches('/').to_owned())
        .collect()
}

/// All Rust files in a folder and below it.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] });
    files
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .collect()
}

/// The rooms that a file's code names, its tests left out.
fn named(code: &str) -> Vec<&str> {
    let code = code.split("#[cfg(test)]\nmod tests").next().unwrap_or("");
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines
        .flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| {
            rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
                .next()
                .unwrap_or("")
        })
        .collect()
}

#[test]
fn a_room_imports_only_those_below_it() {
    let table = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let lines: Vec<Vec<String>> = table
        .lines()
        .map(rooms)
        .filter(|rooms| !rooms.is_empty())
        .collect();
    let place = |room: &str| {
        lines
            .iter()
            .position(|rooms| rooms.iter().any(|other| other == room))
    };
    let source = root().join("src");
    let (mut imports, mut wrong) = (0, Vec::new());
    for file in sources(&source) {
        let path = file.strip_prefix(&source).unwrap();
        let first = path.components().next().unwrap().as_os_str().to_str().unwrap();
        let room = first.trim_end_matches(".rs");
        // The crate's root names them all.
        let Some(own) = place(room).filter(|_| room != "lib") else {
            assert_eq!(room, "lib", "{} is in no room", path.display());
            continue;
        };
        for other in named(&fs::read_to_string(&file).unwrap()) {
            let Some(below) = place(other) else { continue };
            imports += 1;
            if below < own {
                wrong.push(format!("{} names {other}", path.display()));
            }
        }
    }
    assert!(imports > 300, "{imports} imports");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn files_are_short() {
    let files = ["src", "tests", "benches"].map(|folder| sources(&root().join(folder)));
    let long = |path: &&PathBuf| fs::read_to_string(path).unwrap().lines().count() > 400;
    let long: Vec<&PathBuf> = files.iter().flatten().filter(long).collect();
    assert!(long.is_empty(), "{long:#?}");
}
