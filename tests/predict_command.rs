//! `digits predict` as a command: folders, tables of labels, what it prints and keeps, and how it ends.
#![allow(clippy::unwrap_used)]

mod common;

use common::{digits, open, parts, predict, root, save_png, seven};
use image::{GrayImage, Luma};
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use tempfile::tempdir;

#[test]
fn folders_are_read_in_order_and_scored() {
    let folder = tempdir().unwrap();
    let inside = folder.path().join("a b");
    fs::create_dir(&inside).unwrap();
    save_png(inside.join("7 second.png"), seven());
    save_png(inside.join("1 first.PNG"), seven());
    save_png(
        inside.join("blank.png"),
        GrayImage::from_pixel(50, 40, Luma([255])),
    );
    fs::write(inside.join("notes.txt"), "no picture").unwrap();
    fs::write(inside.join("3.jpg"), "no picture").unwrap();
    // What is not yet whole is neither read nor counted.
    fs::write(inside.join(".digits-1.png"), "half").unwrap();
    fs::write(inside.join(".digits-m"), "half").unwrap();
    let args = [
        "predict", "--model", "builtin", "--json", "--labels", "names", ".",
    ];
    let (code, stdout, stderr) = parts(&digits(folder.path(), &args));
    assert_eq!(code, 5, "{stderr}");
    let lines: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let statuses: Vec<&str> = lines
        .iter()
        .map(|line| line["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["digit", "error", "digit", "blank"]);
    assert!(
        stderr.contains("3 pictures read, 1 not, 1 other file skipped"),
        "{stderr}"
    );
    // The label 1 is wrong, and so is what could not be read; the blank picture, which shows no digit, is rightly
    // refused.
    assert!(stderr.contains("50.00"), "{stderr}");

    fs::write(
        folder.path().join("labels.csv"),
        "label,path,group\n7,a b/1 first.PNG,x\n7,a b/7 second.png,y\n",
    )
    .unwrap();
    let args = [
        "predict",
        "--model",
        "builtin",
        "--quiet",
        "--labels",
        "labels.csv",
        "a b/1 first.PNG",
        "a b/7 second.png",
    ];
    let (code, stdout, _) = parts(&digits(folder.path(), &args));
    assert!(
        code == 0 && stdout.contains("a b, mean of 2 groups") && stdout.contains("100.00"),
        "{stdout}"
    );
    common::assert_fails(
        folder.path(),
        &["predict", "--labels", "nothing.csv", "a b"],
        3,
        &["nothing.csv"],
    );
    fs::write(folder.path().join("bad.csv"), "picture\n1\n").unwrap();
    common::assert_fails(
        folder.path(),
        &["predict", "--labels", "bad.csv", "a b"],
        3,
        &["bad.csv", "path and label", "found the columns picture"],
    );
}

#[test]
fn a_table_of_labels_is_taken_at_its_word() {
    let folder = tempdir().unwrap();
    for name in ["a.png", "b.png", "c.png"] {
        save_png(folder.path().join(name), seven());
    }
    let args = ["predict", "--model=builtin", "--quiet", "--labels=t.csv", "."];
    let write = |rows: &str| fs::write(folder.path().join("t.csv"), format!("path,label,group\n{rows}"));
    for (rows, words) in [
        ("a.png,7,\nb.png,70,\n", ["line 3", "\"70\""]),
        ("a.png,7-old,\n", ["line 2", "\"7-old\""]),
        (
            "a.png,banana,\n",
            ["labels 0 1 2 3 4 5 6 7 8 9", "an empty label, or none"],
        ),
        ("a.png,7,\nb.png,7,\na.png,1,\n", ["line 4", "line 2"]),
        (
            "a.png,7,x\n./a.png,7,y\n",
            ["in line 3 another picture than in line 2", "\"./a.png\""],
        ),
    ] {
        write(rows).unwrap();
        common::assert_fails(
            folder.path(),
            &args,
            3,
            &[&words[..], &["t.csv: expected "]].concat(),
        );
    }
    // Two are right, a seven that shows no digit is not; the same twice is no harm.
    write("a.png, 7 ,\na.png,7,\nb.png,,\nc.png,none,\nd.png,7,\n").unwrap();
    let (code, stdout, stderr) = parts(&digits(folder.path(), &args));
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.contains("1 row of the table names no picture"), "{stdout}");
    assert!(stdout.contains("33.33"), "{stdout}");
}

#[test]
fn certainty_can_be_demanded_and_decisions_explained() {
    let folder = tempdir().unwrap();
    save_png(folder.path().join("seven.png"), seven());
    save_png(
        folder.path().join("white.png"),
        GrayImage::from_pixel(50, 40, Luma([255])),
    );
    for (least, picture, code, doubt) in [
        ("0.5", "seven.png", 0, ""),
        (
            "1",
            "seven.png",
            4,
            "seven.png: not sure enough: a probability of 0.9",
        ),
        ("0", "white.png", 4, "white.png: not sure enough: blank"),
    ] {
        let args = [
            "predict",
            "--model",
            "builtin",
            "--min-confidence",
            least,
            picture,
        ];
        let (found, _, stderr) = parts(&digits(folder.path(), &args));
        assert_eq!(found, code, "{picture} {least}");
        let doubts = stderr.lines().find(|line| line.contains("sure enough"));
        assert!(
            doubts.unwrap_or("").starts_with(doubt) && doubts.is_some() == (code == 4),
            "{stderr}"
        );
    }
    common::assert_fails(
        folder.path(),
        &["predict", "--min-confidence", "1.5", "seven.png"],
        2,
        &["min-confidence", "1.5"],
    );

    let (code, _, stderr) = parts(&digits(
        folder.path(),
        &[
            "predict",
            "--model",
            "builtin",
            "--explain",
            "stages",
            "seven.png",
        ],
    ));
    assert!(
        code == 0 && stderr.contains("one shade") && stderr.contains("28×28"),
        "{stderr}"
    );
    let mut names: Vec<_> = fs::read_dir(folder.path().join("stages"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert!(names.len() >= 6 && names[0] == "01-picture.png", "{names:?}");
    let last = folder.path().join("stages").join(&names[names.len() - 1]);
    assert_eq!(open(&last).width(), 28);
    // Why there is nothing is of interest too.
    let faint = GrayImage::from_fn(90, 70, |x, y| image::Luma([200 - (x as u8) + (x * y % 5) as u8]));
    save_png(folder.path().join("faint.png"), faint);
    let explained = ["predict", "--model", "builtin", "--explain", "why", "faint.png"];
    let (code, stdout, stderr) = parts(&digits(folder.path(), &explained));
    assert!(code == 0 && stdout.contains("blank"), "{stdout}");
    assert!(stderr.contains("None of it can be a digit."), "{stderr}");
    assert!(folder.path().join("why/04-threshold.png").is_file());

    common::assert_fails(
        folder.path(),
        &["predict", "--explain", "stages", "seven.png", "white.png"],
        2,
        &["explain"],
    );
    common::assert_fails(
        folder.path(),
        &["predict", "--explain", "seven.png/stages", "seven.png"],
        1,
        &["seven.png/stages"],
    );
}

#[test]
fn blank_pictures_are_no_digit() {
    let folder = tempdir().unwrap();
    for (name, picture) in [
        ("white.png", GrayImage::from_pixel(50, 40, Luma([255]))),
        ("black.png", GrayImage::from_pixel(50, 40, Luma([0]))),
        ("dot.png", GrayImage::from_pixel(1, 1, Luma([7]))),
    ] {
        save_png(folder.path().join(name), picture);
        let line = predict(folder.path(), name);
        assert_eq!(line["status"], "blank", "{name}");
        assert!(
            line["digit"].is_null() && line["probability"].is_null(),
            "{name}: {line}"
        );
        let (code, stdout, _) = parts(&digits(folder.path(), &["predict", name]));
        assert_eq!((code, stdout.as_str()), (0, "blank\n"));
    }
}

#[test]
fn lines_for_people_and_for_programs() {
    let seven = root().join("examples/seven.png");
    let seven = seven.to_str().unwrap();
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("text.png"), "no picture").unwrap();

    // A run in a folder without a trained model takes the built-in one, and says so.
    let (code, stdout, stderr) = parts(&digits(folder.path(), &["predict", "--show", seven]));
    assert_eq!(code, 0);
    assert!(stderr.contains("model: builtin"), "{stderr}");
    assert!(stdout.starts_with("7 (") && stdout.contains('█'), "{stdout}");
    assert_eq!(stdout.lines().count(), 29);

    let (code, stdout, stderr) = parts(&digits(folder.path(), &["predict", "--json", seven, "text.png"]));
    assert_eq!(code, 5);
    assert!(stderr.contains("text.png"), "{stderr}");
    let lines: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (&lines[0]["file"], &lines[0]["digit"]),
        (&seven.into(), &7.into())
    );
    let sum: f64 = lines[0]["probabilities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p.as_f64().unwrap())
        .sum();
    assert!((sum - 1.0).abs() < 1e-5);
    assert_eq!(
        (&lines[1]["file"], &lines[1]["status"]),
        (&"text.png".into(), &"error".into())
    );
    assert!(lines[1]["digit"].is_null() && lines[1]["error"].as_str().unwrap().contains("text.png"));
}

#[test]
fn what_the_network_saw_can_be_kept_and_read_again() {
    let folder = tempdir().unwrap();
    let seven = root().join("examples/seven.png");
    let args = [
        "predict",
        "--save-input",
        "seen.png",
        "--json",
        "--quiet",
        seven.to_str().unwrap(),
    ];
    let (code, before, _) = parts(&digits(folder.path(), &args));
    assert_eq!(code, 0);
    let seen = open(&folder.path().join("seen.png"));
    assert_eq!((seen.width(), seen.height()), (28, 28));
    let before: Value = serde_json::from_str(&before).unwrap();
    assert_eq!(
        predict(folder.path(), "seen.png")["probabilities"],
        before["probabilities"]
    );

    // A blank picture leaves nothing to keep, and several pictures are too many for one file.
    save_png(folder.path().join("blank.png"), GrayImage::new(9, 9));
    let (code, _, stderr) = parts(&digits(
        folder.path(),
        &["predict", "--save-input", "none.png", "blank.png"],
    ));
    assert!(stderr.contains("none.png: not written"), "{stderr}");
    assert_eq!((code, folder.path().join("none.png").exists()), (0, false));
    common::assert_fails(
        folder.path(),
        &["predict", "--save-input", "x.png", "blank.png", "blank.png"],
        2,
        &["save-input"],
    );
    common::assert_fails(
        folder.path(),
        &["predict", "--save-input", "blank.png/x.png", "seen.png"],
        1,
        &["blank.png/x.png"],
    );
}

#[test]
fn a_dash_reads_stdin() {
    let folder = tempdir().unwrap();
    let stages = folder.path().join("stages");
    let mut child = Command::new(env!("CARGO_BIN_EXE_digits"))
        .args(["predict", "--model", "builtin", "--json", "-", "--explain"])
        .arg(&stages)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let picture = fs::read(root().join("examples/seven.png")).unwrap();
    child.stdin.take().unwrap().write_all(&picture).unwrap();
    let line: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!((&line["file"], &line["digit"]), (&"-".into(), &7.into()));
    assert!(stages.join("01-picture.png").is_file());
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let seven = root().join("examples/seven.png");
    let mut child = Command::new(env!("CARGO_BIN_EXE_digits"))
        .args(["predict", "--quiet", "--show", "--model", "builtin"])
        .args(vec![seven; 200])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let (code, _, stderr) = parts(&output);
    assert_eq!((code, stderr.as_str()), (0, ""));
}
