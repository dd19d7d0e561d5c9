//! `digits serve` under many requests: nothing grows, and nothing slows down.
//!
//! With `DIGITS_REQUESTS` as many of them as it says.
// What was measured is worth saying.
#![allow(clippy::unwrap_used, clippy::print_stdout)]
#![cfg(target_os = "linux")]

mod common;
mod server;

use common::{jpeg_file, png_file, root};
use rand_chacha::{ChaCha8Rng, rand_core::RngCore, rand_core::SeedableRng};
use server::{Server, reply, seven};
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Clients at a time, each with a connection that it keeps.
const CLIENTS: usize = 32;
/// What memory may grow by, in kilobytes: threads that work on pictures for the first time, and what the allocator
/// keeps of them.
const GROWTH: u64 = 16 << 10;
/// How many times as much a processor may work for the last fifth of the requests as for the first.
const MORE_WORK: f64 = 1.5;
/// How many times as long as for an answer of a new server, and milliseconds besides, a client may wait then.
const SLOWER: (f64, f64) = (2.0, 10.0);
/// How often both take turns, so that other work on the machine slows both; and what each client asks in a turn.
const TURNS: usize = 5;
const ASKED: usize = 8;

/// Whose turn it is: each test has the machine for itself.
static TURN: Mutex<()> = Mutex::new(());

fn requests() -> usize {
    std::env::var("DIGITS_REQUESTS").map_or(2_000, |count| count.parse().unwrap())
}

/// The bytes of a request with a body.
fn post(server: &Server, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {}\r\n{headers}Content-Length: {}\r\n\r\n",
        server.address,
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Images of the test set as PNG files.
fn pictures(count: usize) -> Vec<image::GrayImage> {
    let mnist = digits::dataset::mnist::load(&root().join("data")).unwrap();
    (0..count)
        .map(|index| image::GrayImage::from_raw(28, 28, mnist.test.images.row(index).to_vec()).unwrap())
        .collect()
}

#[test]
fn many_requests_leave_no_trace() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let (requests, server) = (requests(), Server::start(&[]));
    let requests_of: Vec<Vec<u8>> = pictures(CLIENTS)
        .iter()
        .map(|picture| {
            let file = png_file(picture.clone());
            post(&server, "/predict", "Content-Type: image/png\r\n", &file)
        })
        .collect();
    let round = |count: usize| {
        let start = Instant::now();
        std::thread::scope(|scope| {
            for request in &requests_of {
                scope.spawn(|| {
                    let mut stream = BufReader::new(server.connect());
                    for _ in 0..count / CLIENTS {
                        stream.get_mut().write_all(request).unwrap();
                        let (status, body) = reply(&mut stream).unwrap();
                        assert!(status == 200 && body.starts_with(b"{\"status\":\"digit\",\"digit\":"));
                    }
                });
            }
        });
        (count / CLIENTS * CLIENTS) as f64 / start.elapsed().as_secs_f64()
    };
    let used = || {
        // Closed connections take a moment to go.
        std::thread::sleep(Duration::from_millis(300));
        (server.figure("VmRSS"), server.descriptors())
    };
    round(requests / 4);
    let mut alone = BufReader::new(server.connect());
    let mut waited: Vec<f64> = (requests_of.iter().cycle().take(500))
        .map(|request| {
            let start = Instant::now();
            alone.get_mut().write_all(request).unwrap();
            assert_eq!(reply(&mut alone).unwrap().0, 200);
            1e3 * start.elapsed().as_secs_f64()
        })
        .collect();
    waited.sort_by(f64::total_cmp);
    println!("one connection: {:.2} ms (median)", waited[waited.len() / 2]);
    drop(alone);
    let before = used();
    let rate = round(requests);
    let after = used();
    println!(
        "{requests} requests on {CLIENTS} connections: {rate:.0} a second; memory {before:?} to {after:?} KB, descriptors"
    );
    assert!(after.0 < before.0 + GROWTH, "{before:?} {after:?}");
    assert!(after.1 <= before.1 + 2, "{before:?} {after:?}");
}

/// Pictures that take a while, from clients that do not wait for the answer: no more of them are worked on at a time
/// than of others.
#[test]
fn who_has_hung_up_takes_no_more_room_than_who_waits() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let server = Server::start(&[]);
    let large = image::GrayImage::from_fn(4_000, 4_000, |x, y| {
        image::Luma([if x / 400 == 5 && y / 1_000 == 1 { 0 } else { 255 }])
    });
    let request = post(
        &server,
        "/predict",
        "Content-Type: image/png\r\n",
        &png_file(large),
    );
    let processors = std::thread::available_parallelism().unwrap().get();
    let (before, mut most) = (server.figure("Threads"), 0);
    // Fewer than the connections that there may be.
    for _ in 0..(16 * processors).min(200) {
        let mut stream = server.connect();
        stream.write_all(&request).unwrap();
        // Long enough for the work to begin, which is never begun for who has gone before; and shorter than it takes.
        std::thread::sleep(Duration::from_millis(20) / processors as u32);
        most = most.max(server.figure("Threads"));
    }
    // Twice as many pictures as processors; a new thread may begin before the one whose place it takes counts as idle.
    assert!(
        most <= before + 4 * processors as u64,
        "{before} to {most} threads"
    );
    assert_eq!(server.post("/predict", &seven()).0, 200);
}

/// What may come, as it is sent, and the status that it gets.
struct Requests {
    /// On a connection that is kept, or a new one: pages, pictures of several kinds, no pictures.
    heard: Vec<(Vec<u8>, u16)>,
    /// On a new connection: what is refused, not all of it read.
    refused: Vec<(Vec<u8>, u16)>,
}

impl Requests {
    fn to(server: &Server) -> Self {
        let get =
            |path: &str, host: &str| format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes();
        let here = server.address.to_string();
        let mut heard: Vec<(Vec<u8>, u16)> =
            ["/", "/app.js", "/openapi.json", "/healthz", "/model", "/random"]
                .map(|path| (get(path, &here), 200))
                .into();
        for picture in &pictures(12) {
            let predict = |kind: &str, file: &[u8]| {
                post(
                    server,
                    "/predict",
                    &format!("Content-Type: image/{kind}\r\n"),
                    file,
                )
            };
            let png = png_file(picture.clone());
            let large = image::imageops::resize(picture, 112, 112, image::imageops::FilterType::Triangle);
            let jpeg = jpeg_file(large);
            heard.extend([(predict("png", &png), 200), (predict("jpeg", &jpeg), 200)]);
            heard.extend([
                (predict("png", &png[..png.len() / 2]), 422),
                (predict("jpeg", &jpeg[..200]), 422),
            ]);
        }
        let refused = vec![
            (get("/predict", &here), 405),
            (get("/nothing", &here), 404),
            (get("/", "evil.example"), 403),
            (
                post(server, "/predict", "Content-Type: text/plain\r\n", b"seven"),
                415,
            ),
            (
                post(server, "/predict?many=2", "Content-Type: image/png\r\n", b"seven"),
                400,
            ),
            (b"seven\r\n\r\n".to_vec(), 400),
        ];
        Self { heard, refused }
    }
}

/// One that asks again and again.
struct Client<'a> {
    server: &'a Server,
    requests: &'a Requests,
    kept: BufReader<TcpStream>,
    chance: ChaCha8Rng,
    /// How long the answers took, in milliseconds.
    waited: Vec<f64>,
}

impl Client<'_> {
    /// Any of those, answered as it should be; how long that took is noted.
    fn ask(&mut self, known: &[(Vec<u8>, u16)], anew: bool) {
        let (request, expected) = &known[self.chance.next_u32() as usize % known.len()];
        let mut new = anew.then(|| BufReader::new(self.server.connect()));
        let stream = new.as_mut().unwrap_or(&mut self.kept);
        let start = Instant::now();
        stream.get_mut().write_all(request).unwrap();
        let (status, _) = reply(stream).unwrap();
        self.waited.push(1e3 * start.elapsed().as_secs_f64());
        assert_eq!(
            status,
            *expected,
            "{}",
            String::from_utf8_lossy(&request[..request.len().min(60)])
        );
    }

    /// Part of a request, or all of it, and nobody to hear the answer.
    fn break_off(&mut self) {
        let (request, _) = &self.requests.heard[self.chance.next_u32() as usize % self.requests.heard.len()];
        let sent = 1 + self.chance.next_u32() as usize % request.len();
        let mut stream = self.server.connect();
        let whole = self.chance.next_u32().is_multiple_of(2);
        stream
            .write_all(&request[..if whole { request.len() } else { sent }])
            .unwrap();
        if self.chance.next_u32().is_multiple_of(4) {
            // Nothing more will come, which the server hears while the client still listens.
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let _ = stream.read_to_end(&mut Vec::new());
        }
    }

    fn one_of_all(&mut self) {
        let requests = self.requests;
        match self.chance.next_u32() % 20 {
            0 | 1 => self.break_off(),
            2 | 3 => self.ask(&requests.refused, true),
            4 | 5 => self.ask(&requests.heard, true),
            _ => self.ask(&requests.heard, false),
        }
    }
}

fn clients<'a>(server: &'a Server, requests: &'a Requests) -> Vec<Client<'a>> {
    let client = |seed| Client {
        server,
        requests,
        kept: BufReader::new(server.connect()),
        chance: ChaCha8Rng::seed_from_u64(seed),
        waited: Vec::new(),
    };
    (0..CLIENTS as u64).map(client).collect()
}

/// Every client asks so often; the median wait for an answer and the 99th percentile, in milliseconds.
fn round(clients: &mut [Client], each: usize) -> [f64; 2] {
    std::thread::scope(|scope| {
        for client in &mut *clients {
            scope.spawn(|| {
                // The one before may have been idle for too long.
                client.kept = BufReader::new(client.server.connect());
                (0..each).for_each(|_| client.one_of_all());
            });
        }
    });
    let waited = clients.iter_mut().flat_map(|client| client.waited.drain(..));
    let mut waited: Vec<f64> = waited.collect();
    waited.sort_by(f64::total_cmp);
    [waited.len() / 2, waited.len() * 99 / 100].map(|at| waited[at])
}

/// Pages, pictures, no pictures, refused requests, and what breaks off: the last fifth costs what the first did, and
/// then the server answers as fast as a new one.
#[test]
fn a_mix_of_all_that_comes_leaves_no_trace() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let server = Server::start(&[]);
    let requests_to_it = Requests::to(&server);
    let mut old = clients(&server, &requests_to_it);
    let each = requests() / 5 / CLIENTS;
    let start = Instant::now();
    let mut fifths = Vec::new();
    for fifth in 1..=5 {
        let before = server.work();
        let waited = round(&mut old, each);
        // Closed connections take a moment to go.
        std::thread::sleep(Duration::from_millis(300));
        let work = 1e3 * (server.work() - before) / (each * CLIENTS) as f64;
        let (memory, open) = (server.figure("VmRSS"), server.descriptors());
        println!(
            "fifth {fifth} of {}, {:.0} s: {waited:.1?} ms; {work:.2} ms of work each; {memory} KB, {open} descriptors",
            5 * each * CLIENTS,
            start.elapsed().as_secs_f64(),
        );
        fifths.push((memory, open, work));
    }
    let (first, last) = (fifths[0], fifths[4]);
    assert!(last.0 < first.0 + GROWTH, "memory: {first:?} {last:?}");
    assert!(last.1 <= first.1 + 2, "descriptors: {first:?} {last:?}");
    assert!(last.2 <= MORE_WORK * first.2, "work: {first:?} {last:?}");

    let server = Server::start(&[]);
    let requests_to_it = Requests::to(&server);
    let mut new = clients(&server, &requests_to_it);
    round(&mut new, ASKED);
    let mut turns = [const { Vec::new() }; 2];
    for _ in 0..TURNS {
        for (clients, turns) in [&mut old, &mut new].into_iter().zip(&mut turns) {
            turns.push(round(clients, ASKED));
        }
    }
    for (at, name) in ["median", "99 %"].into_iter().enumerate() {
        let [old, new] = turns.each_mut().map(|turns| {
            turns.sort_by(|a, b| a[at].total_cmp(&b[at]));
            turns[TURNS / 2][at]
        });
        println!("{name}: {old:.1} ms, of a new server {new:.1} ms");
        assert!(old <= SLOWER.0 * new + SLOWER.1, "{name}: {old} {new}");
    }
}
