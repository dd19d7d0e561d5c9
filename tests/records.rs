//! `digits predict --jsonl`: every record gets its answer, in order, as soon as it can be had.
#![allow(clippy::unwrap_used)]

mod common;

use common::{assert_fails, digits, parts, root};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::tempdir;

/// The bytes in Base64, by the book.
fn base64(bytes: &[u8]) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = [0, 1, 2].map(|index| u32::from(*group.get(index).unwrap_or(&0)));
        let bits = bits[0] << 16 | bits[1] << 8 | bits[2];
        for place in 0..4 {
            let letter = letters[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place > group.len() {
                '='
            } else {
                char::from(letter)
            });
        }
    }
    text
}

fn start(folder: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_digits"))
        .args(["predict", "--model", "builtin", "--quiet", "--jsonl", "-"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Answers to a file of these lines, and the exit code.
fn answers(folder: &Path, lines: &str, flags: &[&str]) -> (i32, Vec<Value>, String) {
    fs::write(folder.join("records"), lines).unwrap();
    let args = ["predict", "--model", "builtin", "--jsonl", "records"];
    let (code, stdout, stderr) = parts(&digits(folder, &[&args, flags].concat()));
    let answers = stdout.lines().map(|line| serde_json::from_str(line).unwrap());
    (code, answers.collect(), stderr)
}

#[test]
fn an_answer_is_what_json_prints_with_the_identity_first() {
    let folder = tempdir().unwrap();
    fs::copy(root().join("examples/seven.png"), folder.path().join("seven.png")).unwrap();
    let alone = digits(
        folder.path(),
        &["predict", "--model", "builtin", "--json", "seven.png"],
    );
    let alone = parts(&alone).1;
    fs::write(folder.path().join("records"), r#"{"id": 1, "path": "seven.png"}"#).unwrap();
    let args = ["predict", "--model", "builtin", "--jsonl", "records"];
    let (code, stdout, _) = parts(&digits(folder.path(), &args));
    assert_eq!(code, 0);
    assert_eq!(stdout, alone.replacen('{', r#"{"id":1,"#, 1));
}

#[test]
fn identities_of_every_kind_come_back_in_order() {
    let folder = tempdir().unwrap();
    let picture = fs::read(root().join("examples/seven.png")).unwrap();
    fs::write(folder.path().join("seven.png"), &picture).unwrap();
    let png = base64(&picture);
    let ids = [
        "\"a\"",
        "null",
        "true",
        "-1.50",
        "123456789012345678901234567890",
        "[1, {}]",
        "{\"z\": 1, \"a\": \"\\u00e9\"}",
    ];
    let mut lines = String::new();
    for turn in 0..10 {
        for id in ids {
            let record = if turn % 2 == 0 {
                format!("{{\"id\": {id}, \"png\": \"{png}\"}}\n")
            } else {
                format!("{{\"path\": \"seven.png\", \"id\": {id}}}\r\n")
            };
            lines += &record;
        }
    }
    fs::write(folder.path().join("records"), lines).unwrap();
    let args = ["predict", "--model", "builtin", "--jsonl", "records"];
    let (code, stdout, stderr) = parts(&digits(folder.path(), &args));
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("70 pictures read, 0 not"), "{stderr}");
    assert_eq!(stdout.lines().count(), 70);
    for (index, line) in stdout.lines().enumerate() {
        // Byte for byte: no number is rounded, no key moved.
        assert!(
            line.starts_with(&format!("{{\"id\":{},", ids[index % 7])),
            "{line}"
        );
        let answer: Value =
            serde_json::from_str(&line.replace("123456789012345678901234567890", "0")).unwrap();
        assert_eq!(answer["digit"], 7);
        let file = if index / 7 % 2 == 0 {
            Value::Null
        } else {
            json!("seven.png")
        };
        assert_eq!(answer["file"], file);
    }
}

#[test]
fn a_bad_record_is_answered_and_the_others_too() {
    let folder = tempdir().unwrap();
    let seven = root().join("examples/seven.png");
    let good = format!("{{\"id\": 0, \"path\": {seven:?}}}\n");
    let bad = [
        ("", Value::Null, "found nothing, in line 1;"),
        ("seven.png", Value::Null, "expected"),
        ("{\"id\": 1", Value::Null, "EOF"),
        ("{\"path\": \"a.png\"}", Value::Null, "missing field `id`"),
        ("{\"id\": 2}", json!(2), "neither path nor png"),
        ("[1]", Value::Null, "a list"),
        ("  [2, \"seven.png\"]", Value::Null, "a list"),
        (
            "{\"id\": 3, \"path\": \"a\", \"png\": \"\"}",
            json!(3),
            "both path and png",
        ),
        (
            "{\"id\": 4, \"file\": \"a.png\"}",
            json!(4),
            "unknown field `file`",
        ),
        (
            "{\"id\": 5, \"path\": \"missing.png\"}",
            json!(5),
            "missing.png: cannot read it",
        ),
        ("{\"id\": 6, \"path\": \"-\"}", json!(6), "the path -"),
        ("{\"id\": 7, \"png\": \"????\"}", json!(7), "not Base64"),
        (
            "{\"id\": 8, \"png\": \"AAAA\"}",
            json!(8),
            "not a readable picture",
        ),
        ("{\"id\": 9, \"path\": 9}", json!(9), "expected path string"),
    ];
    let lines = bad
        .each_ref()
        .map(|(record, _, _)| format!("{record}\n{good}"))
        .concat();
    let (code, answers, stderr) = answers(folder.path(), &lines, &[]);
    assert_eq!(code, 5, "{stderr}");
    let counts = format!("{0} pictures read, {0} not", bad.len());
    assert!(stderr.contains(&counts), "{stderr}");
    assert_eq!(answers.len(), 2 * bad.len());
    for (pair, (record, id, words)) in answers.chunks(2).zip(&bad) {
        assert_eq!(
            (&pair[0]["id"], &pair[0]["status"]),
            (id, &json!("error")),
            "{record}"
        );
        assert!(pair[0].as_object().unwrap().contains_key("id"), "{record}");
        let error = pair[0]["error"].as_str().unwrap();
        assert!(error.contains(words), "{record}: {error}");
        assert_eq!(pair[1]["digit"], 7);
    }
}

#[test]
fn a_line_that_is_too_long_is_left_out_without_being_kept() {
    let folder = tempdir().unwrap();
    let seven = root().join("examples/seven.png");
    let long = "A".repeat(17 << 20);
    let lines = format!("{{\"id\": 1, \"png\": \"{long}\"}}\n{{\"id\": 2, \"path\": {seven:?}}}");
    let (code, answers, _) = answers(folder.path(), &lines, &[]);
    assert_eq!((code, answers.len()), (5, 2));
    assert!(
        answers[0]["error"]
            .as_str()
            .unwrap()
            .contains("a line of more than 16777216 bytes")
    );
    assert_eq!((&answers[1]["id"], &answers[1]["digit"]), (&json!(2), &json!(7)));
}

#[test]
fn who_waits_for_an_answer_gets_it() {
    let folder = tempdir().unwrap();
    let mut child = start(folder.path());
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
    let seven = root().join("examples/seven.png");
    for id in 0..5 {
        writeln!(stdin, "{{\"id\": {id}, \"path\": {seven:?}}}").unwrap();
        let answer: Value = serde_json::from_str(&stdout.next().unwrap().unwrap()).unwrap();
        assert_eq!((&answer["id"], &answer["digit"]), (&json!(id), &json!(7)));
    }
    drop(stdin);
    assert!(stdout.next().is_none());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = tempdir().unwrap();
    let mut child = start(folder.path());
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    let seven = root().join("examples/seven.png");
    writeln!(stdin, "{{\"id\": 1, \"path\": {seven:?}}}").unwrap();
    // Nothing more is sent, and nothing closed: it must not wait for us.
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn nothing_in_nothing_out_and_flags_that_need_one_picture_are_refused() {
    let folder = tempdir().unwrap();
    assert_eq!(
        answers(folder.path(), "", &[]),
        (0, vec![], "model: builtin\n0 pictures read, 0 not\n".into())
    );
    let blank = root().join("examples/seven.png");
    let record = format!("{{\"id\": 1, \"path\": {blank:?}}}\n");
    assert_eq!(answers(folder.path(), &record, &["--min-confidence", "1"]).0, 4);
    let (_, many, _) = answers(folder.path(), &record, &["--many"]);
    assert_eq!(
        (&many[0]["text"], &many[0]["status"]),
        (&json!("7"), &json!("digits"))
    );
    assert_fails(
        folder.path(),
        &["predict", "--jsonl", "missing"],
        3,
        &["missing: cannot read it"],
    );
    assert_fails(folder.path(), &["predict"], 2, &["IMAGE"]);
    for flags in [
        &["a.png"][..],
        &["--show"],
        &["--labels", "names"],
        &["--explain", "x"],
    ] {
        let args = [&["predict", "--jsonl", "records"], flags].concat();
        assert_fails(folder.path(), &args, 2, &["cannot be used with"]);
    }
}
