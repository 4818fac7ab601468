//! HTTP as a client: the hub is told what changed, and pages are probed before mail.

mod hub;
mod pages;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// A server on loopback that answers everything with one status, and keeps what it was asked.
struct Server {
    port: u16,
    status: Arc<AtomicU16>,
    /// The paths that are not there, whatever the status.
    missing: Arc<Mutex<Vec<String>>>,
    /// The part of a body that it refuses with 404.
    refused: Arc<Mutex<Option<&'static str>>>,
    asked: Arc<Mutex<Vec<String>>>,
    /// The address to which it redirects.
    location: Arc<Mutex<String>>,
}

impl Server {
    fn start(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            status: Arc::new(AtomicU16::new(status)),
            missing: Arc::default(),
            refused: Arc::default(),
            asked: Arc::default(),
            location: Arc::new(Mutex::new("/there/".to_owned())),
        };
        let location = Arc::clone(&server.location);
        let (status, asked) = (Arc::clone(&server.status), Arc::clone(&server.asked));
        let (missing, refused) = (Arc::clone(&server.missing), Arc::clone(&server.refused));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                let (mut line, mut length) = (String::new(), 0);
                stream.read_line(&mut line).unwrap();
                let mut header = String::new();
                while stream.read_line(&mut header).unwrap() > 2 {
                    if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    header.clear();
                }
                let mut body = vec![0; length];
                stream.read_exact(&mut body).unwrap();
                let body = String::from_utf8(body).unwrap();
                let is_refused = refused
                    .lock()
                    .unwrap()
                    .is_some_and(|part| body.contains(part));
                asked
                    .lock()
                    .unwrap()
                    .push(format!("{} {body}", line.trim()));
                let is_missing = |path: &str| {
                    missing
                        .lock()
                        .unwrap()
                        .iter()
                        .any(|missing| missing == path)
                };
                let is_missing = line.split(' ').nth(1).is_some_and(is_missing);
                let status = if is_refused || is_missing {
                    404
                } else {
                    status.load(Ordering::SeqCst)
                };
                let location = location.lock().unwrap().clone();
                let _ = write!(
                    stream.get_mut(),
                    "HTTP/1.1 {status} X\r\nContent-Length: 0\r\nLocation: {location}\r\n\r\n"
                );
            }
        });
        server
    }

    /// An address that is this machine and that no rule for loopback addresses knows.
    fn site(&self) -> String {
        format!("http://0.0.0.0:{}/", self.port)
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}
