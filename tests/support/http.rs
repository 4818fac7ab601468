//! A client that says exactly what a test wants said, and a service to say it to.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::scene::{Running, Scene};

/// `tidings serve`, until it is dropped.
pub(crate) struct Service {
    pub(crate) running: Running,
    /// Host and port.
    pub(crate) address: String,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The value of a header, in whatever case its name is.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let found = lines.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Service {
    pub(crate) fn start(scene: &Scene, arguments: &[&str]) -> Self {
        Self::start_with(scene, arguments, &[])
    }

    /// The same with these variables.
    pub(crate) fn start_with(
        scene: &Scene,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let arguments = [arguments, &["serve", "--listen", "127.0.0.1:0"]].concat();
        let mut running = scene.spawn(&arguments, environment);
        let line = running.first_line();
        let address = line
            .strip_prefix("http://")
            .and_then(|rest| rest.strip_suffix('/'))
            .unwrap_or_else(|| panic!("no address: {line}"))
            .to_owned();
        Self { running, address }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_mins(1)))
            .unwrap();
        stream
    }

    /// Sends these bytes, which end in an empty line or a body, and returns the answer.
    pub(crate) fn say(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect();
        // It may be refused before its end.
        let _ = stream.write_all(request);
        Self::hear(&mut stream)
    }

    /// The answer that comes, until the connection ends.
    pub(crate) fn hear(stream: &mut TcpStream) -> Answer {
        Self::hear_rest(stream, &[])
    }

    /// The same where its first bytes have come.
    pub(crate) fn hear_rest(stream: &mut TcpStream, first: &[u8]) -> Answer {
        let mut bytes = first.to_vec();
        let _ = stream.read_to_end(&mut bytes);
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no answer: {}", String::from_utf8_lossy(&bytes)));
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head,
            body: bytes[end + 4..].to_vec(),
        }
    }

    /// A request with these lines of headers beside `Host`.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &str) -> Answer {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n",
            self.address
        );
        self.say(request.as_bytes())
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }
}
