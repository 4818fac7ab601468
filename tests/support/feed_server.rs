//! A server on loopback with feeds that change, move and break.

use std::collections::{HashMap, hash_map::DefaultHasher};
use std::hash::{Hash, Hasher};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// The response of a path.
#[derive(Clone)]
pub(crate) enum Page {
    /// A document with an `ETag`, which is not sent twice to those who name it.
    Document(Vec<u8>),
    /// A redirect with this status.
    Moved(u16, String),
    /// A status, and lines of headers that each end in CRLF, with a body.
    Raw(u16, String, Vec<u8>),
}

/// The server, until the program ends.
pub(crate) struct FeedServer {
    /// The address, without a slash at its end.
    pub(crate) url: String,
    pages: Arc<Mutex<HashMap<String, Page>>>,
    /// Each request with the status of its response.
    log: Arc<Mutex<Vec<(String, u16)>>>,
}

impl FeedServer {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = Self {
            url,
            pages: Arc::default(),
            log: Arc::default(),
        };
        let (pages, log) = (Arc::clone(&server.pages), Arc::clone(&server.log));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (pages, log) = (Arc::clone(&pages), Arc::clone(&log));
                thread::spawn(move || respond(stream, &pages, &log));
            }
        });
        server
    }

    /// From now on, the path has this page.
    pub(crate) fn set(&self, path: &str, page: Page) {
        self.pages.lock().unwrap().insert(path.to_owned(), page);
    }

    /// From now on, the path has this feed.
    pub(crate) fn feed(&self, path: &str, text: &str) {
        self.set(path, Page::Document(text.as_bytes().to_vec()));
    }

    /// The statuses of the responses to requests for a path.
    pub(crate) fn statuses(&self, path: &str) -> Vec<u16> {
        let log = self.log.lock().unwrap();
        let of_path = log.iter().filter(|(asked, _)| asked == path);
        of_path.map(|(_, status)| *status).collect()
    }
}

fn respond(
    mut stream: TcpStream,
    pages: &Mutex<HashMap<String, Page>>,
    log: &Mutex<Vec<(String, u16)>>,
) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(read) if read > 0 => request.extend_from_slice(&buffer[..read]),
            _ => return,
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let page = pages.lock().unwrap().get(&path).cloned();
    let (status, head, body) = match page {
        None => (404, String::new(), Vec::new()),
        Some(Page::Moved(status, to)) => (status, format!("Location: {to}\r\n"), Vec::new()),
        Some(Page::Raw(status, head, body)) => (status, head, body),
        Some(Page::Document(body)) => {
            let mut hasher = DefaultHasher::new();
            body.hash(&mut hasher);
            let etag = format!("\"{:x}\"", hasher.finish());
            let is_known = request.contains(&etag);
            let head = format!("ETag: {etag}\r\n");
            match is_known {
                true => (304, head, Vec::new()),
                false => (200, head, body),
            }
        }
    };
    log.lock().unwrap().push((path, status));
    let length = match status {
        304 => String::new(),
        _ => format!("Content-Length: {}\r\n", body.len()),
    };
    let head = format!("HTTP/1.1 {status} x\r\n{head}{length}Connection: close\r\n\r\n");
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&body);
}
