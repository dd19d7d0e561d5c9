//! `digits serve` as programs and attackers see it.
#![allow(clippy::unwrap_used)]

mod common;
mod server;

use common::{digits, parts, root, save_png};
use digits::model_file::Model;
use digits::nn::{Activation, Init, Loss, Network};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use serde_json::Value;
use server::{Server, seven};
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::tempdir;

#[test]
fn answers_are_those_of_predict() {
    let server = Server::start(&[]);
    let folder = tempdir().unwrap();
    let mnist = digits::dataset::mnist::load(&root().join("data")).unwrap();
    for index in 0..20 {
        let path = folder.path().join(format!("{index}.png"));
        let pixels = mnist.test.images.row(index).to_vec();
        save_png(path, image::GrayImage::from_raw(28, 28, pixels).unwrap());
    }
    fs::write(folder.path().join("seven.png"), seven()).unwrap();
    for (flag, route) in [("--quiet", "/predict"), ("--many", "/predict?many=1")] {
        let (code, stdout, _) = parts(&digits(
            folder.path(),
            &["predict", "--model", "builtin", "--json", flag, "."],
        ));
        assert_eq!((code, stdout.lines().count()), (0, 21));
        for line in stdout.lines() {
            let expected: Value = serde_json::from_str(line).unwrap();
            let file = fs::read(folder.path().join(expected["file"].as_str().unwrap())).unwrap();
            let head = format!(
                "POST {route} HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: image/png\r\nContent-Length: {}\r\n\r\n",
                server.address.port(),
                file.len()
            );
            let (status, body) = server.raw(&[head.as_bytes(), &file].concat());
            // The same bytes, but for the file's name.
            let without_file = format!("{{{}", &line[line.find(",\"").unwrap() + 1..]);
            assert_eq!((status, String::from_utf8(body).unwrap()), (200, without_file));
        }
    }
}

#[test]
fn what_a_deslanting_network_sees_is_shown_as_an_image() {
    let folder = tempdir().unwrap();
    let model = folder.path().join("deslanting.bin");
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let widths = [784, 6, 10];
    let network = Network::dense(
        &widths,
        Activation::Relu,
        Loss::CrossEntropy,
        Init::Xavier,
        &mut rng,
    )
    .and_then(Network::deslanting);
    Model::new(network.unwrap()).save(&model).unwrap();
    let server = Server::start(&["--model", model.to_str().unwrap()]);
    let (_, activations) = server.post("/activations", &seven());
    let sizes = activations["layers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|layer| ["height", "width", "channels"].map(|name| layer[name].as_u64().unwrap()));
    assert_eq!(sizes.collect::<Vec<_>>(), [[28, 28, 1], [1, 1, 6], [1, 1, 10]]);
}

#[test]
fn every_route_answers() {
    let folder = tempdir().unwrap();
    let kept = folder.path().join("kept");
    let server = Server::start(&["--collect", kept.to_str().unwrap()]);
    for path in [
        "/",
        "/style.css",
        "/app.js",
        "/pad.js",
        "/answer.js",
        "/inside.js",
        "/icon.svg",
        "/openapi.json",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
        let (status, body) = server.raw(request.as_bytes());
        assert!(status == 200 && body.len() > 100, "{path}: {status}");
        assert!(!String::from_utf8(body).unwrap().contains("https://"), "{path}");
    }
    assert_eq!(server.ask("GET", "/healthz", "", b"").1["status"], "ok");
    let (_, model) = server.ask("GET", "/model", "", b"");
    assert_eq!(
        (&model["samples"], &model["collects"]),
        (&10_000.into(), &true.into())
    );
    let (_, sample) = server.ask("GET", "/random", "", b"");
    assert_eq!(sample["pixels"].as_array().unwrap().len(), 784);

    let (_, activations) = server.post("/activations", &seven());
    let layers = activations["layers"].as_array().unwrap();
    assert_eq!(activations["image"].as_array().unwrap().len(), 784);
    for layer in layers {
        let size = |name: &str| layer[name].as_u64().unwrap() as usize;
        let values = layer["values"].as_array().unwrap();
        assert_eq!(values.len(), size("height") * size("width") * size("channels"));
    }
    assert_eq!(layers[layers.len() - 1]["channels"], 10);
    let most = layers[layers.len() - 1]["values"].as_array().unwrap();
    assert_eq!(most.iter().position(|value| *value == 255), Some(7));

    // Covering the upper stroke of a 7 costs more than covering paper.
    let (_, occlusion) = server.post("/occlusion", &seven());
    let lost: Vec<f64> = occlusion["lost"]
        .as_array()
        .unwrap()
        .iter()
        .map(|lost| lost.as_f64().unwrap())
        .collect();
    assert_eq!((&occlusion["digit"], lost.len()), (&7.into(), 144));
    assert!(
        lost.iter().any(|&lost| lost > 1e-4) && lost[0].abs() < 1e-9,
        "{lost:?}"
    );

    let (status, mark) = server.post("/marks?label=3", &seven());
    assert_eq!(
        (status, &mark["right"], &mark["digit"]),
        (200, &false.into(), &7.into())
    );
    let file = mark["file"].as_str().unwrap();
    assert!(file.starts_with("3-") && fs::read(kept.join(file)).unwrap() == seven());
    // A slip is taken back by marking the picture again.
    for _ in 0..2 {
        let (status, mark) = server.post("/marks?label=7", &seven());
        assert_eq!((status, &mark["right"]), (200, &true.into()));
    }
    let (picture, notes) = (
        file.replace("3-", "7-"),
        file.replace("3-", "7-").replace(".png", ".json"),
    );
    assert_eq!(common::names(&kept), [notes, picture]);
    for label in [
        "",
        "?label=",
        "?label=10",
        "?label=07",
        "?label=+7",
        "?label=../7",
    ] {
        assert_eq!(server.post(&format!("/marks{label}"), &seven()).0, 400, "{label}");
    }
    let blank = [&b"P5 28 28 255\n"[..], &[255; 784]].concat();
    assert_eq!(server.post("/marks?label=7", &blank).0, 400, "nothing is written");
    assert_eq!(common::names(&kept).len(), 2);
    assert_eq!(Server::start(&[]).post("/marks?label=3", &seven()).0, 404);
}

#[test]
fn foreign_requests_are_refused() {
    let server = Server::start(&[]);
    let port = server.address.port();
    for (host, origin, expected) in [
        (format!("127.0.0.1:{port}"), None, 200),
        (
            format!("localhost:{port}"),
            Some(format!("http://localhost:{port}")),
            200,
        ),
        (format!("evil.example:{port}"), None, 403),
        (
            format!("localhost:{port}"),
            Some("http://evil.example".to_owned()),
            403,
        ),
        (format!("localhost:{port}"), Some("null".to_owned()), 403),
        (
            format!("localhost:{port}"),
            Some(format!("https://localhost:{port}")),
            403,
        ),
        (format!("localhost:{}", port.wrapping_add(1)), None, 403),
    ] {
        let origin = origin.map_or(String::new(), |origin| format!("Origin: {origin}\r\n"));
        let request = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n{origin}\r\n");
        assert_eq!(server.raw(request.as_bytes()).0, expected, "{request}");
    }
    assert_eq!(server.raw(b"GET /healthz HTTP/1.0\r\n\r\n").0, 403);
    let origins = format!("Origin: http://localhost:{port}\r\nOrigin: http://evil.example\r\n");
    let both = format!("GET /healthz HTTP/1.1\r\nHost: localhost:{port}\r\n{origins}\r\n");
    assert_eq!(server.raw(both.as_bytes()).0, 403);
    let two = format!("GET /healthz HTTP/1.1\r\nHost: localhost:{port}\r\nHost: localhost:{port}\r\n\r\n");
    assert!([400, 403].contains(&server.raw(two.as_bytes()).0));
}

#[test]
fn bad_requests_get_reasons() {
    let server = Server::start(&[]);
    let type_of = |kind: &str| format!("Content-Type: {kind}\r\n");
    for (method, path, headers, body, expected) in [
        ("GET", "/predict", String::new(), &b""[..], 405),
        ("POST", "/healthz", String::new(), b"", 405),
        ("GET", "/nothing", String::new(), b"", 404),
        ("GET", "/../Cargo.toml", String::new(), b"", 404),
        ("GET", "/%2e%2e/Cargo.toml", String::new(), b"", 404),
        ("GET", "/page/app.js", String::new(), b"", 404),
        ("POST", "/predict", String::new(), b"x", 415),
        ("POST", "/predict", type_of("text/plain"), b"x", 415),
        ("POST", "/predict", type_of("image/png"), b"", 422),
        ("POST", "/predict", type_of("image/png"), b"no picture", 422),
        (
            "POST",
            "/predict?many=2",
            type_of("image/png"),
            b"no picture",
            400,
        ),
    ] {
        let (status, said) = server.ask(method, path, &headers, body);
        assert_eq!(status, expected, "{method} {path} {headers}");
        assert!(said["error"].as_str().unwrap().len() > 10, "{said}");
    }
    let chunked = format!(
        "POST /predict HTTP/1.1\r\nHost: {}\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        server.address
    );
    assert_eq!(server.raw(chunked.as_bytes()).0, 411);
    assert_eq!(server.raw(b"no HTTP at all\r\n\r\n").0, 400);
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(1 << 20));
    assert!([400, 414, 431].contains(&server.raw(long.as_bytes()).0));
    assert_eq!(server.post("/predict", &seven()).1["digit"], 7);
}

/// 100 MB of body, and a picture of a few kilobytes that would be 400 million pixels.
#[test]
#[cfg(target_os = "linux")]
fn large_bodies_and_bombs_cost_nothing() {
    let server = Server::start(&[]);
    server.post("/predict", &seven());
    let before = server.figure("VmHWM");
    let body = vec![0; 100 << 20];
    assert_eq!(server.post("/predict", &body).0, 413);
    let mut bomb = Vec::new();
    let mut encoder = png::Encoder::new(&mut bomb, 20_000, 20_000);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&vec![0; 20_000 * 2_500]).unwrap();
    drop(writer);
    assert_eq!(server.post("/predict", &bomb).0, 422);
    let grown = server.figure("VmHWM") - before;
    assert!(grown < 64 << 10, "{grown} KB");
}

#[test]
fn slow_heads_and_bodies_are_given_up() {
    let server = Server::start(&[]);
    let start = Instant::now();
    let mut slow = server.connect();
    write!(slow, "GET /healthz HTTP/1.1\r\nHost: {}\r\nX: ", server.address).unwrap();
    // A letter a second never ends the head.
    let mut sender = slow.try_clone().unwrap();
    let trickle = std::thread::spawn(move || {
        while start.elapsed() < Duration::from_secs(20) && sender.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(500));
        }
    });
    let mut left = Vec::new();
    let _ = slow.read_to_end(&mut left);
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    let _ = slow.shutdown(Shutdown::Both);
    trickle.join().unwrap();
    assert_eq!(server.post("/predict", &seven()).1["digit"], 7);
}

/// Uploads that never come: large ones that take up all room, and more small ones than there are places.
#[test]
fn slow_bodies_keep_nobody_out() {
    let server = Server::start(&[]);
    let upload = |length: usize| {
        let mut stream = server.connect();
        let head = format!(
            "POST /predict HTTP/1.1\r\nHost: {}\r\nContent-Type: image/png\r\nContent-Length: {length}\r\n\r\nx",
            server.address
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream
    };
    let large: Vec<TcpStream> = (0..4).map(|_| upload(16 << 20)).collect();
    let answered_soon = || {
        let start = Instant::now();
        assert_eq!(server.post("/predict", &seven()).1["digit"], 7);
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    };
    answered_soon();
    assert_eq!(server.post("/predict", &vec![0; 1 << 20]).0, 503);
    let small: Vec<TcpStream> = (0..260).map(|_| upload(100)).collect();
    answered_soon();
    drop((large, small));
}

#[test]
fn idle_connections_keep_nobody_out() {
    let server = Server::start(&[]);
    let idle: Vec<TcpStream> = (0..2_000).map(|_| server.connect()).collect();
    let start = Instant::now();
    assert_eq!(server.post("/predict", &seven()).1["digit"], 7);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    drop(idle);
}

#[test]
#[cfg(unix)]
fn an_interrupted_server_ends_well_and_its_port_is_free_again() {
    let mut server = Server::start(&[]);
    let idle = server.connect();
    let pid = server.process.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(server.process.wait().unwrap().code(), Some(0));
    drop(idle);
    // Marks are digits: a model of other classes keeps none, which is said before anybody is sent to the page.
    let args = ["serve", "--port=0", "--model=models/gate.bin", "--collect=."];
    let (code, stdout, stderr) = parts(&digits(root(), &args));
    assert!(
        code == 2 && stdout.is_empty() && stderr.contains("collect") && stderr.contains("none"),
        "{code}: {stdout} {stderr}"
    );
    // A port that is taken is an error that says so.
    let taken = Server::start(&[]);
    let port = taken.address.port().to_string();
    let (code, _, stderr) = parts(&digits(root(), &["serve", "--port", &port]));
    assert!(
        code == 1 && stderr.contains(&port) && stderr.contains("--port"),
        "{code}: {stderr}"
    );
}

/// Ten digits and one class more: what is read has a name, and nothing is refused.
#[test]
fn a_model_of_other_classes_answers_with_names() {
    let server = Server::start(&["--model", "models/gate.bin"]);
    let (status, about) = server.ask("GET", "/model", "", b"");
    assert_eq!(
        (status, &about["classes"][10], &about["samples"]),
        (200, &"none".into(), &0.into())
    );
    let (_, one) = server.post("/predict", &seven());
    assert_eq!((&one["status"], &one["class"]), (&"class".into(), &"7".into()));
    let (_, many) = server.post("/predict?many=1", &seven());
    assert_eq!((&many["status"], &many["text"]), (&"classes".into(), &"7".into()));
    assert_eq!(server.post("/occlusion", &seven()).1["class"], "7");
    for answer in [&one, &many["classes"][0]] {
        assert!(answer.get("digit").is_none() && answer["probabilities"].as_array().unwrap().len() == 11);
    }
}
