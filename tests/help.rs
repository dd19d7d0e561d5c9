//! Help, completions, manual pages, and what a slip of the finger is answered with.
#![allow(clippy::unwrap_used)]

mod common;

use common::{assert_fails, digits, parts};
use std::fs;
use tempfile::tempdir;

/// The commands, as the help lists them.
fn commands() -> Vec<String> {
    let help = parts(&digits(tempdir().unwrap().path(), &["--help"])).1;
    let list = help
        .split("Commands:\n")
        .nth(1)
        .unwrap()
        .split("\n\n")
        .next()
        .unwrap();
    let names = list
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names
        .filter(|name| !name.is_empty() && *name != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn help_begins_with_examples_that_exist() {
    let folder = tempdir().unwrap();
    let names = commands();
    assert!(names.len() >= 7, "{names:?}");
    let mut commands = vec![vec!["--help"], vec!["-h"]];
    commands.extend(names.iter().map(|name| vec![name.as_str(), "--help"]));
    for command in commands {
        let (code, help, _) = parts(&digits(folder.path(), &command));
        assert_eq!(code, 0);
        assert!(help.starts_with("Examples:\n  "), "{command:?}: {help}");
        let examples = help.split("\n\n").next().unwrap();
        // Every command and every flag of an example is one.
        for line in examples.lines().filter(|line| line.starts_with("  digits ")) {
            let words: Vec<&str> = line.split_whitespace().take_while(|word| *word != ">").collect();
            assert!(names.iter().any(|name| name == words[1]), "{line}");
            let command = if words[1] == "data" {
                &words[1..3]
            } else {
                &words[1..2]
            };
            let known = parts(&digits(folder.path(), &[command, &["--help"]].concat())).1;
            for flag in words.iter().filter(|word| word.starts_with("--")) {
                assert!(
                    known.contains(&format!("{flag} ")) || known.contains(&format!("{flag}\n")),
                    "{line}: {flag}"
                );
            }
        }
    }
}

#[test]
fn slips_are_answered_with_what_was_meant() {
    let folder = tempdir().unwrap();
    for (args, meant) in [
        (&["trian"][..], "train"),
        (&["train", "--epoch", "3"], "--epochs"),
        (&["train", "--preset", "artcle"], "article"),
        (&["predict", "--jsn", "a.png"], "--json"),
        (&["completions", "bsh"], "bash"),
    ] {
        assert_fails(folder.path(), args, 2, &["similar", meant]);
    }
}

#[test]
fn completions_know_every_command() {
    let folder = tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (code, script, stderr) = parts(&digits(folder.path(), &["completions", shell]));
        assert_eq!((code, stderr.as_str()), (0, ""));
        for name in commands() {
            assert!(script.contains(&name), "{shell}: {name}");
        }
        assert!(script.contains("augment"), "{shell}");
    }
}

#[test]
fn every_command_has_a_manual_page_with_its_examples() {
    let folder = tempdir().unwrap();
    assert_eq!(parts(&digits(folder.path(), &["man", "pages/man1"])).0, 0);
    let page = |name: &str| fs::read_to_string(folder.path().join(format!("pages/man1/{name}.1"))).unwrap();
    assert!(page("digits").contains(".TH digits 1"));
    for name in commands() {
        let page = page(&format!("digits-{name}"));
        assert!(
            page.contains("Examples:") && page.contains(".SH OPTIONS"),
            "{name}"
        );
    }
    fs::write(folder.path().join("file"), "").unwrap();
    assert_fails(folder.path(), &["man", "file"], 1, &["file: cannot write it"]);
}
