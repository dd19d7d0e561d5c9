//! A running `digits serve`, and how to talk to it.
#![allow(dead_code, clippy::unwrap_used)]

use crate::common::root;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A server that ends with the test.
pub struct Server {
    pub process: Child,
    pub address: SocketAddr,
}

impl Server {
    pub fn start(flags: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_digits"))
            .args(["serve", "--port", "0", "--quiet"])
            .args(if flags.contains(&"--model") {
                &[][..]
            } else {
                &["--model", "builtin"]
            })
            .args(flags)
            .current_dir(root())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().strip_prefix("http://").unwrap().parse().unwrap();
        Self { process, address }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// The status and body that a request gets, which is sent as it is.
    pub fn raw(&self, request: &[u8]) -> (u16, Vec<u8>) {
        let mut stream = self.connect();
        // A server that has heard enough may close before all is sent.
        let _ = stream.write_all(request);
        reply(&mut BufReader::new(stream)).unwrap()
    }

    /// The status and JSON that a request of a program gets.
    pub fn ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> (u16, Value) {
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Length: {length}\r\n{headers}\r\n",
            self.address
        );
        let (status, body) = self.raw(&[head.as_bytes(), body].concat());
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    pub fn post(&self, path: &str, body: &[u8]) -> (u16, Value) {
        self.ask("POST", path, "Content-Type: image/png\r\n", body)
    }

    /// A number that the system keeps about the process: `VmRSS` and `VmHWM` in kilobytes, `Threads`.
    #[cfg(target_os = "linux")]
    pub fn figure(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// How long processors have worked for the process, in seconds: fields 14 and 15 of its status, in hundredths.
    #[cfg(target_os = "linux")]
    pub fn work(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        let (_, after_name) = status.rsplit_once(") ").unwrap();
        let fields = after_name.split(' ').skip(11).take(2);
        fields.map(|field| field.parse::<f64>().unwrap()).sum::<f64>() / 100.0
    }

    /// How many files and connections the process has open.
    #[cfg(target_os = "linux")]
    pub fn descriptors(&self) -> usize {
        let open = fs::read_dir(format!("/proc/{}/fd", self.process.id()));
        open.unwrap().count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads one reply: its status and body.
pub fn reply(stream: &mut impl BufRead) -> std::io::Result<(u16, Vec<u8>)> {
    let (mut line, mut length) = (String::new(), 0);
    stream.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| std::io::Error::other(format!("no reply but {line:?}")))?;
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().unwrap();
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok((status, body))
}

pub fn seven() -> Vec<u8> {
    fs::read(root().join("examples/seven.png")).unwrap()
}
