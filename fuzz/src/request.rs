//! What anybody may say to the server.

use digits::Recognizer;
use digits::dataset::{Dataset, PIXELS};
use digits::model_file::Model;
use digits::serve::InMemory;
use ndarray::{Array1, Array2};
use std::path::Path;
use std::sync::LazyLock;

static SERVER: LazyLock<InMemory> = LazyLock::new(|| {
    let model = Model::from_bytes(
        include_bytes!("../../tests/files/hidden-4.bin"),
        Path::new("model"),
    )
    .unwrap();
    let sample = Dataset {
        images: Array2::zeros((1, PIXELS)),
        labels: Array1::zeros(1),
    };
    InMemory::new(
        Recognizer::new(model).unwrap(),
        "model".to_owned(),
        Some(sample),
        None,
    )
    .unwrap()
});

/// Says `bytes` to the server, and listens until it has nothing more to say.
pub fn request(bytes: &[u8]) {
    let answer = SERVER.answer(bytes);
    let mut rest = &answer[..];
    while !rest.is_empty() {
        rest = behind_one(rest);
    }
}

/// What comes behind an answer, which is whole.
fn behind_one(answers: &[u8]) -> &[u8] {
    let show = || String::from_utf8_lossy(&answers[..answers.len().min(500)]).into_owned();
    let end = answers.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = answers.split_at(end.unwrap_or_else(|| panic!("no whole head: {}", show())) + 4);
    let head = str::from_utf8(head).unwrap();
    let mut words = head.split(' ');
    assert!(matches!(words.next(), Some("HTTP/1.1" | "HTTP/1.0")), "{head}");
    let status: u16 = words.next().unwrap().parse().unwrap();
    // A 500 is a panic.
    assert!(matches!(status, 100 | 200 | 400..500), "{head}");
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length = length.map_or(0, |length| length.parse().unwrap());
    // Who asked for the head alone gets the length, too.
    match body.get(length..) {
        Some(behind) if behind.is_empty() || behind.starts_with(b"HTTP/1.") => behind,
        _ if body.is_empty() || body.starts_with(b"HTTP/1.") => body,
        _ => panic!("a torn answer: {}", show()),
    }
}
