//! `digits data fetch` from a server of our own that behaves well or badly, and `digits data verify`.
#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used)]

mod common;

use common::{assert_fails, digits, names, parts, root, small_data};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use tempfile::tempdir;

/// What was asked for: the path, and from which byte on.
type Asked = Arc<Mutex<Vec<(String, usize)>>>;

/// A server at the address that it returns, which leaves what is answered to `answer`: given the stream, the path,
/// the first byte that is wanted and the number of the request.
fn serve(answer: impl Fn(&mut TcpStream, &str, usize, usize) + Send + 'static) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/mnist/", listener.local_addr().unwrap());
    let asked = Asked::default();
    let heard = Arc::clone(&asked);
    // It ends with the test.
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap())
                .lines()
                .map(Result::unwrap);
            let path = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
            let mut from = 0;
            for line in lines.take_while(|line| !line.is_empty()) {
                if let Some(range) = line.strip_prefix("Range: bytes=") {
                    from = range.trim_end_matches('-').parse().unwrap();
                }
            }
            let number = heard.lock().unwrap().len();
            heard.lock().unwrap().push((path.clone(), from));
            answer(&mut stream, &path, from, number);
        }
    });
    (address, asked)
}

/// The archive that a path asks for.
fn archive(path: &str) -> Vec<u8> {
    let name = path.strip_prefix("/mnist/").unwrap();
    fs::read(root().join("data").join(name)).unwrap()
}

/// Sends the content from byte `from` on, as a server that knows ranges does, but only up to byte `end`. (Who is gone
/// does not hear it.)
fn send(stream: &mut TcpStream, content: &[u8], from: usize, end: usize) {
    let (length, all) = (content.len() - from, content.len());
    let head = if from == 0 {
        format!("HTTP/1.1 200 OK\r\ncontent-length: {all}\r\n\r\n")
    } else {
        format!(
            "HTTP/1.1 206 Partial Content\r\nContent-Length: {length}\r\nContent-Range: bytes {from}-{}/{all}\r\n\r\n",
            all - 1
        )
    };
    let _ = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(&content[from..end]));
}

fn status(stream: &mut TcpStream, status: &str) {
    stream
        .write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").as_bytes())
        .unwrap();
}

fn fetch(folder: &Path, from: &str) -> (i32, String) {
    let (code, stdout, stderr) = parts(&digits(folder, &["data", "fetch", "--from", from]));
    assert_eq!(stdout, "");
    assert!(!stderr.contains("panicked"), "{stderr}");
    (code, stderr)
}

const FILES: [&str; 4] = [
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
];

#[test]
fn what_is_missing_is_fetched_and_is_mnist() {
    let (address, asked) = serve(|stream, path, from, _| {
        let content = archive(path);
        send(stream, &content, from, content.len());
    });
    let folder = tempdir().unwrap();
    let (code, stderr) = fetch(folder.path(), &address);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(stderr.matches(": fetched").count(), 4, "{stderr}");
    assert_eq!(names(&folder.path().join("data")), FILES);
    assert_eq!(asked.lock().unwrap().len(), 4);
    let (code, stdout, _) = parts(&digits(folder.path(), &["data", "verify"]));
    assert_eq!((code, stdout.matches("MNIST's own").count()), (0, 4), "{stdout}");

    // Only what is missing is asked for; what is there may be plain.
    fs::remove_file(folder.path().join("data/t10k-labels-idx1-ubyte.gz")).unwrap();
    let plain = fs::read(folder.path().join("data/cache/train-labels-idx1-ubyte")).unwrap();
    fs::write(folder.path().join("data/train-labels-idx1-ubyte"), plain).unwrap();
    fs::remove_file(folder.path().join("data/train-labels-idx1-ubyte.gz")).unwrap();
    let (code, stderr) = fetch(folder.path(), &address);
    assert_eq!(
        (code, stderr.matches("already there").count()),
        (0, 3),
        "{stderr}"
    );
    assert_eq!(
        asked.lock().unwrap()[4..],
        [("/mnist/t10k-labels-idx1-ubyte.gz".to_owned(), 0)]
    );
}

#[test]
fn a_transfer_goes_on_where_it_was_cut_off() {
    // The first files break off twice each time the program runs, the first run never gets beyond the first of them.
    let (address, asked) = serve(|stream, path, from, number| {
        let content = archive(path);
        let end = if number < 4 {
            from + 1_000_000
        } else {
            content.len()
        };
        send(stream, &content, from, end);
    });
    let folder = tempdir().unwrap();
    let (code, stderr) = fetch(folder.path(), &address);
    assert_eq!(code, 3);
    assert!(
        stderr.contains("train-images-idx3-ubyte.gz: expected MNIST's file"),
        "{stderr}"
    );
    assert!(
        stderr.contains("after 3000000 of ") || stderr.contains("after 3000000 bytes"),
        "{stderr}"
    );
    assert_eq!(
        names(&folder.path().join("data")),
        [".digits-train-images-idx3-ubyte.gz.part"]
    );
    let (code, stderr) = fetch(folder.path(), &address);
    assert_eq!(code, 0, "{stderr}");
    let from: Vec<usize> = asked.lock().unwrap().iter().map(|(_, from)| *from).collect();
    assert_eq!(from, [0, 1_000_000, 2_000_000, 3_000_000, 4_000_000, 0, 0, 0]);
    assert_eq!(names(&folder.path().join("data")), FILES);
}

/// A data folder may be somebody else's.
#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_what_is_not_yet_whole_is_not_followed() {
    let (address, _) = serve(|stream, path, from, _| {
        let content = archive(path);
        send(stream, &content, from, content.len());
    });
    let folder = tempdir().unwrap();
    let (data, elsewhere) = (folder.path().join("data"), folder.path().join("elsewhere"));
    fs::create_dir(&data).unwrap();
    fs::write(&elsewhere, "mine").unwrap();
    let part = data.join(".digits-train-images-idx3-ubyte.gz.part");
    std::os::unix::fs::symlink(&elsewhere, part).unwrap();
    let (code, stderr) = fetch(folder.path(), &address);
    assert!(
        code == 1 && stderr.contains("something that is no file"),
        "{stderr}"
    );
    assert_eq!(fs::read(elsewhere).unwrap(), b"mine");
}

#[test]
fn a_server_without_ranges_sends_all_again() {
    let (address, asked) = serve(|stream, path, _, number| {
        let content = archive(path);
        send(
            stream,
            &content,
            0,
            if number == 0 { 1000 } else { content.len() },
        );
    });
    let folder = tempdir().unwrap();
    assert_eq!(fetch(folder.path(), &address).0, 0);
    assert_eq!(asked.lock().unwrap()[1].1, 1000);
    assert_eq!(asked.lock().unwrap().len(), 5);
}

#[test]
fn what_is_left_from_before_is_used_or_thrown_away() {
    let (address, asked) = serve(|stream, path, from, _| {
        let content = archive(path);
        if from < content.len() {
            send(stream, &content, from, content.len());
        } else {
            status(stream, "416 Range Not Satisfiable");
        }
    });
    let folder = tempdir().unwrap();
    let part = |name: &str| folder.path().join(format!("data/.digits-{name}.gz.part"));
    fs::create_dir(folder.path().join("data")).unwrap();
    // All of it; the beginning of something else.
    fs::copy(
        root().join("data/train-images-idx3-ubyte.gz"),
        part("train-images-idx3-ubyte"),
    )
    .unwrap();
    fs::write(part("t10k-labels-idx1-ubyte"), "something else").unwrap();
    let (code, stderr) = fetch(folder.path(), &address);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(names(&folder.path().join("data")), FILES);
    let labels = "/mnist/t10k-labels-idx1-ubyte.gz";
    let asked = asked.lock().unwrap().clone();
    let of_labels: Vec<usize> = asked
        .iter()
        .filter(|(path, _)| path == labels)
        .map(|(_, from)| *from)
        .collect();
    assert_eq!(of_labels, [14, 0]);
}

#[test]
fn what_is_not_mnist_is_not_kept() {
    let other = fs::read(root().join("data/t10k-images-idx3-ubyte.gz")).unwrap();
    let (wrong, _) =
        serve(move |stream, _, from, _| send(stream, &other, from.min(other.len()), other.len()));
    let (missing, asked) = serve(|stream, _, _, _| status(stream, "404 Not Found"));
    let (endless, _) = serve(|stream, _, _, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[0; 1 << 13]).is_ok() {}
    });
    let (nonsense, _) = serve(|stream, _, _, _| stream.write_all(b"SSH-2.0-OpenSSH\r\n").unwrap());
    for (address, words) in [
        (&wrong, "another file, by its checksum"),
        (&missing, "the status 404 Not Found"),
        (&endless, "more than 67108864 bytes"),
        (&nonsense, "expected MNIST's file, found"),
        (&"http://127.0.0.1:1/".to_owned(), "expected MNIST's file, found"),
    ] {
        let folder = tempdir().unwrap();
        let (code, stderr) = fetch(folder.path(), address);
        assert_eq!(code, 3, "{stderr}");
        assert!(
            stderr.contains(words) && stderr.contains("--from"),
            "{words}: {stderr}"
        );
        assert_eq!(names(&folder.path().join("data")), [""; 0], "{address}");
    }
    assert_eq!(asked.lock().unwrap().len(), 3);
    let folder = tempdir().unwrap();
    assert_fails(
        folder.path(),
        &["data", "fetch", "--from", "https://example.org"],
        2,
        &["from", "http://"],
    );
}

#[test]
fn other_peoples_data_stays() {
    let (address, asked) = serve(|stream, _, _, _| status(stream, "404 Not Found"));
    let folder = tempdir().unwrap();
    small_data(folder.path());
    let before = fs::read(folder.path().join("data/train-images-idx3-ubyte")).unwrap();
    let (code, stderr) = fetch(folder.path(), &address);
    assert_eq!(code, 3);
    assert!(
        stderr.contains("expected MNIST's own file, or none") && stderr.contains("--data"),
        "{stderr}"
    );
    assert_eq!(
        fs::read(folder.path().join("data/train-images-idx3-ubyte")).unwrap(),
        before
    );
    assert!(asked.lock().unwrap().is_empty());

    let (code, stdout, stderr) = parts(&digits(folder.path(), &["data", "verify"]));
    assert_eq!((code, stdout.matches(": another").count()), (3, 4));
    assert!(stderr.contains("other checksums"), "{stderr}");
    fs::write(folder.path().join("data/t10k-labels-idx1-ubyte"), "cut").unwrap();
    assert_fails(folder.path(), &["data", "verify"], 3, &["t10k-labels-idx1-ubyte"]);
}
