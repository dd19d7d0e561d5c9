//! Which files `digits predict` reads.

use crate::cli::output::counted;
use crate::error::{Error, Result};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The largest picture file that is read, in bytes.
const MAX_FILE: u64 = 256 << 20;
/// Files that this program has not finished writing begin with this, and are nobody's pictures.
const UNFINISHED: &str = ".digits-";
/// Names of pictures in a folder end in one of these.
const EXTENSIONS: [&str; 13] = [
    "png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff", "pnm", "pbm", "pgm", "ppm", "jpe",
];

/// The files of `paths`, those of folders (and of folders in them) in the order of their names, and how many files in folders were left
/// out since their names are not those of pictures.
pub(in crate::cli) fn expand(paths: &[PathBuf]) -> Result<(Vec<PathBuf>, usize)> {
    let (mut files, mut skipped) = (Vec::new(), 0);
    for path in paths {
        if path.is_dir() {
            let before = (files.len(), skipped);
            walk(path, &mut files, &mut skipped)?;
            if files.len() == before.0 {
                return Err(Error::Data {
                    path: path.clone(),
                    expected: "a folder of pictures".to_owned(),
                    found: format!("no picture among {}", counted(skipped - before.1, "file")),
                    remedy: format!("name pictures so that they end in {}", EXTENSIONS.join(", ")),
                });
            }
        } else {
            files.push(path.clone());
        }
    }
    Ok((files, skipped))
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>, skipped: &mut usize) -> Result<()> {
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
    let mut entries = entries.map_err(Error::read(folder))?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        // A link to a folder may lead back here, so only real folders are entered.
        let kind = entry.file_type().map_err(Error::read(&entry.path()))?;
        let path = entry.path();
        if !kind.is_dir() && entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            continue;
        }
        if kind.is_dir() {
            walk(&path, files, skipped)?;
        } else if is_picture(&path) && path.metadata().map_or(true, |found| found.is_file()) {
            // What cannot be looked at will be an error; a pipe or a link to a folder is no picture.
            files.push(path);
        } else {
            *skipped += 1;
        }
    }
    Ok(())
}

fn is_picture(path: &Path) -> bool {
    let extension = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    EXTENSIONS.contains(&extension.as_str())
}

/// The bytes of a picture file, or of stdin for `-`.
pub(in crate::cli) fn read(path: &Path) -> Result<Vec<u8>> {
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
            remedy: crate::vision::REMEDY.to_owned(),
        });
    }
    Ok(bytes)
}
