//! Command lines as a shell takes them.

use super::source;
use std::ffi::OsString;
use std::path::Path;

/// The words as one line.
pub(super) fn command_line(words: impl Iterator<Item = OsString>) -> String {
    let words: Vec<String> = words.map(|word| quoted(&word.to_string_lossy())).collect();
    words.join(" ")
}

/// The path as one word that no program takes for a flag, and ours not for the built-in model.
pub(super) fn path(path: &Path) -> String {
    let text = path.to_string_lossy();
    if text.starts_with('-') || source::is_builtin(path) {
        return quoted(&format!("./{text}"));
    }
    quoted(&text)
}

/// The word, between quotes if it needs them.
fn quoted(word: &str) -> String {
    let plain = |character: char| character.is_alphanumeric() || "-_./,=:+%@".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        assert_eq!(quoted("models/a.bin"), "models/a.bin");
        assert_eq!(quoted("my model"), "'my model'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
        assert_eq!(path(Path::new("-my model")), "'./-my model'");
        assert_eq!(path(Path::new("builtin")), "./builtin");
    }
}
