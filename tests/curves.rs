//! What `digits train` leaves for eyes: learning curves beside the model, and event files for TensorBoard.
#![allow(clippy::unwrap_used)]

mod common;

use common::{assert_balanced, assert_fails, digits, parts, small_data};
use std::fs;
use std::path::Path;
use tempfile::tempdir;

const TRAIN: [&str; 7] = ["train", "--hidden", "8", "--epochs", "3", "--validation", "100"];

/// Trains in `folder`; stderr.
fn train(folder: &Path, more: &[&str]) -> String {
    let (code, _, stderr) = parts(&digits(folder, &[&TRAIN[..], more].concat()));
    assert_eq!(code, 0, "{stderr}");
    stderr
}

/// The cells of the history beside the model, without its head.
fn history(folder: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(folder.join("models/digits.bin.csv")).unwrap();
    let cells = |line: &str| line.split(',').map(str::to_owned).collect();
    text.lines().skip(1).map(cells).collect()
}

#[test]
fn curves_are_drawn_beside_the_model_and_nowhere_else() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    let stderr = train(folder.path(), &["--members", "2"]);
    let wrote = "wrote models/digits.bin, models/digits.bin.csv and models/digits.bin.svg; next:";
    assert!(stderr.contains(wrote), "{stderr}");
    // No terminal, no curve of signs.
    assert!(
        !stderr.contains('⠉') && !stderr.contains("validation accuracy, %"),
        "{stderr}"
    );
    let svg = fs::read_to_string(folder.path().join("models/digits.bin.svg")).unwrap();
    assert_balanced(&svg);
    assert_eq!(svg.matches("http").count(), 1, "only the name space");
    for words in [
        "Loss over 6 epochs",
        ">Loss<",
        ">Accuracy, %<",
        ">epoch<",
        ">training<",
        ">validation<",
    ] {
        assert!(svg.contains(words), "{words}");
    }
    // Two curves a panel for each of the two members, and what they end at.
    for class in ["first", "second"] {
        assert_eq!(
            svg.matches(&format!("\" class=\"{class}\"/>")).count(),
            4,
            "{class}"
        );
    }
    let last = &history(folder.path())[5];
    let number = |column: usize| last[column].parse::<f64>().unwrap();
    for (text, column) in [(format!("{:.4}", number(3)), 3), (format!("{:.4}", number(5)), 5)] {
        assert!(svg.contains(&format!(">{text}<")), "{column}: {text}");
    }
    for column in [4, 6] {
        let text = format!(">{:.2} %<", 100.0 * number(column));
        assert!(svg.contains(&text), "{column}: {text}");
    }

    // Beside a device there is no place, and a folder in the way is noticed before there is data to miss.
    #[cfg(unix)]
    assert!(train(folder.path(), &["--output", "/dev/null"]).contains("wrote /dev/null; next:"));
    fs::create_dir(folder.path().join("m.svg")).unwrap();
    let args = [&TRAIN[..], &["--output", "m", "--data", "nowhere"]].concat();
    assert_fails(folder.path(), &args, 1, &["m.svg", "cannot write it"]);
}

/// CRC-32C by long division, as RFC 3720 defines it.
fn crc32c(bytes: &[u8]) -> u32 {
    let mut rest = u32::MAX;
    for bit in bytes
        .iter()
        .flat_map(|byte| (0..8).map(move |bit| u32::from(byte >> bit & 1)))
    {
        let divides = (rest ^ bit) & 1 == 1;
        rest >>= 1;
        if divides {
            rest ^= 0x82f6_3b78;
        }
    }
    !rest
}

/// The records of an event file, after their lengths and checksums were found right.
fn records(mut bytes: &[u8]) -> Vec<&[u8]> {
    let checked = |bytes: &[u8], checksum: &[u8]| {
        let crc = crc32c(bytes);
        let masked = crc.rotate_right(15).wrapping_add(0xa282_ead8);
        assert_eq!(masked.to_le_bytes(), checksum);
    };
    let mut records = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_at(8);
        checked(length, &rest[..4]);
        let (record, rest) = rest[4..].split_at(u64::from_le_bytes(length.try_into().unwrap()) as usize);
        checked(record, &rest[..4]);
        records.push(record);
        bytes = &rest[4..];
    }
    records
}

/// The fields of a message in protocol buffers' encoding: number, and bytes or a number's bytes.
fn fields(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let end = bytes.iter().position(|byte| byte < &0x80).unwrap() + 1;
        let (number, rest) = bytes.split_at(end);
        *bytes = rest;
        number
            .iter()
            .rev()
            .fold(0, |number, byte| number << 7 | u64::from(byte & 0x7f))
    }
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let length = match key & 7 {
            0 => {
                fields.push(((key >> 3) as u8, varint(&mut bytes).to_le_bytes().to_vec()));
                continue;
            }
            1 => 8,
            2 => varint(&mut bytes) as usize,
            5 => 4,
            other => panic!("wire type {other}"),
        };
        let (content, rest) = bytes.split_at(length);
        fields.push(((key >> 3) as u8, content.to_vec()));
        bytes = rest;
    }
    fields
}

#[test]
fn event_files_hold_the_history_in_records_with_right_checksums() {
    assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    let folder = tempdir().unwrap();
    small_data(folder.path());
    train(folder.path(), &["--tensorboard", "runs/a"]);
    let files: Vec<_> = fs::read_dir(folder.path().join("runs/a"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1);
    assert!(
        files[0]
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("events.out.tfevents.")
    );
    let bytes = fs::read(&files[0]).unwrap();
    let records = records(&bytes);
    assert_eq!(records.len(), 1 + 3);
    assert!(fields(records[0]).contains(&(3, b"brain.Event:2".to_vec())));
    for (record, row) in records[1..].iter().zip(history(folder.path())) {
        let event = fields(record);
        let field = |number: u8| &event.iter().find(|field| field.0 == number).unwrap().1;
        let step = u64::from_le_bytes(field(2).as_slice().try_into().unwrap());
        assert_eq!(step.to_string(), row[0]);
        assert!(f64::from_le_bytes(field(1).as_slice().try_into().unwrap()) > 1.7e9);
        let values: Vec<(String, f32)> = fields(field(5))
            .iter()
            .map(|(_, value)| {
                let value = fields(value);
                let number = f32::from_le_bytes(value[1].1.as_slice().try_into().unwrap());
                (String::from_utf8(value[0].1.clone()).unwrap(), number)
            })
            .collect();
        let number = |column: usize| row[column].parse::<f64>().unwrap() as f32;
        let expected = [
            ("loss/train", 3),
            ("accuracy/train", 4),
            ("learning_rate", 2),
            ("loss/validation", 5),
            ("accuracy/validation", 6),
        ];
        assert_eq!(
            values,
            expected.map(|(tag, column)| (tag.to_owned(), number(column)))
        );
    }

    fs::write(folder.path().join("file"), "").unwrap();
    let args = [&TRAIN[..], &["--tensorboard", "file/runs", "--output", "new"]].concat();
    assert_fails(folder.path(), &args, 1, &["file/runs", "cannot write it"]);
    assert!(!folder.path().join("new").exists());
}
