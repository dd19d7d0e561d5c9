//! Which requests are heard at all: those of our own page and of programs on this machine, not those that a foreign
//! page makes a browser send.
//!
//! A page of another site can reach a server on this machine under a name of its own that suddenly leads here (DNS
//! rebinding: Jackson et al., 2007, *Protecting Browsers from DNS Rebinding Attacks*); so the `Host` must be an
//! address or `localhost`, never another name. It can also send requests to our true address, whose `Origin` then is
//! its own.

use super::reply::Failure;
use hyper::HeaderMap;
use hyper::StatusCode;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderValue, ORIGIN};
use std::net::{IpAddr, SocketAddr};

/// The largest picture file.
pub(super) const MAX_BODY: usize = 16 << 20;

/// The kinds of pictures that are read.
const PICTURES: [&str; 10] = [
    "image/png",
    "image/jpeg",
    "image/webp",
    "image/gif",
    "image/bmp",
    "image/tiff",
    "image/x-portable-anymap",
    "image/x-portable-graymap",
    "image/x-portable-bitmap",
    "image/x-portable-pixmap",
];

/// Refuses what does not come from our page or from a program.
pub(super) fn check_origin(headers: &HeaderMap, here: SocketAddr) -> Result<(), Failure> {
    let hosts: Vec<&HeaderValue> = headers.get_all(HOST).iter().collect();
    let host = match hosts[..] {
        [host] => host.to_str().unwrap_or(""),
        _ => "",
    };
    if !is_ours(host, here) {
        let port = here.port();
        let problem = format!("expected one host, {here} or localhost:{port}, found {hosts:?}");
        return Err(Failure::new(StatusCode::FORBIDDEN, problem));
    }
    let ours = |origin: &&HeaderValue| origin.as_bytes().strip_prefix(b"http://") == Some(host.as_bytes());
    match headers.get_all(ORIGIN).iter().find(|origin| !ours(origin)) {
        Some(origin) => {
            let problem =
                format!("expected a request of this server's own page, found the origin {origin:?}");
            Err(Failure::new(StatusCode::FORBIDDEN, problem))
        }
        None => Ok(()),
    }
}

/// Whether a `Host` names this server by an address or as `localhost`.
fn is_ours(host: &str, here: SocketAddr) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()),
        _ => (host, Some(80)),
    };
    let address = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
        .unwrap_or(name)
        .parse::<IpAddr>();
    let known = match address {
        Ok(address) => !here.ip().is_loopback() || address.is_loopback(),
        Err(_) => name.eq_ignore_ascii_case("localhost"),
    };
    known && port == Some(here.port())
}

/// The length of the picture that the head announces.
pub(super) fn picture_length(headers: &HeaderMap) -> Result<usize, Failure> {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or("");
    let kind = kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    if !PICTURES.contains(&kind.as_str()) {
        let problem = format!(
            "expected a picture, of a content type of {}, found {kind:?}",
            PICTURES.join(", ")
        );
        return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, problem));
    }
    let length = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    match length {
        None => Err(Failure::new(
            StatusCode::LENGTH_REQUIRED,
            "expected a Content-Length, found none",
        )),
        Some(length) if length > MAX_BODY => {
            let problem = format!("expected a picture of at most {MAX_BODY} bytes, found {length}");
            Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, problem))
        }
        Some(length) => Ok(length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_and_localhost_are_hosts() {
        let local: SocketAddr = "127.0.0.1:8080".parse().unwrap();
        let everywhere: SocketAddr = "0.0.0.0:8080".parse().unwrap();
        for (host, at_home, open) in [
            ("127.0.0.1:8080", true, true),
            ("localhost:8080", true, true),
            ("LOCALHOST:8080", true, true),
            ("[::1]:8080", true, true),
            ("192.168.1.7:8080", false, true),
            ("127.0.0.1", false, false),
            ("127.0.0.1:8081", false, false),
            ("localhost.evil.example:8080", false, false),
            ("evil.example:8080", false, false),
            ("127.0.0.1.evil.example:8080", false, false),
            ("[::1]", false, false),
            ("", false, false),
            (":", false, false),
        ] {
            assert_eq!(
                (is_ours(host, local), is_ours(host, everywhere)),
                (at_home, open),
                "{host:?}"
            );
        }
        assert!(is_ours("localhost", "127.0.0.1:80".parse().unwrap()));
    }
}
