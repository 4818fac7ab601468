//! An SMTP relay in the test's own process, which writes down what it took before it says so.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What goes wrong, once a phase is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// This reply.
    Says(&'static str),
    /// The connection is closed.
    Drop,
    /// Nothing more is said.
    Hang,
    /// A line without an end.
    Endless,
    /// Words in Latin-1 behind the right code.
    Latin1,
}

/// The command at which something goes wrong: `connect` for the greeting, `.` for the final dot.
pub(crate) type Script = Option<(&'static str, Fault)>;

/// How a relay behaves.
#[derive(Clone, Copy)]
pub(crate) struct Habits {
    pub(crate) pipelining: bool,
    /// How long it thinks after the final dot.
    pub(crate) thinks: Duration,
    pub(crate) script: Script,
}

impl Habits {
    /// A relay that does as it should.
    pub(crate) fn good(pipelining: bool, thinks: Duration) -> Self {
        Self { pipelining, thinks, script: None }
    }
}

/// A relay on loopback. A recipient `bad…` does not exist, `later…` is deferred.
pub(crate) struct Relay {
    port: u16,
    taken: Arc<Mutex<Vec<(String, String)>>>,
}

impl Relay {
    pub(crate) fn start(habits: Habits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let journal = taken.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let journal = journal.clone();
                thread::spawn(move || serve(stream, habits, &journal));
            }
        });
        Self { port, taken }
    }

    pub(crate) fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}?tls=none", self.port)
    }

    /// Who got what, in the order of taking.
    pub(crate) fn taken(&self) -> Vec<(String, String)> {
        self.taken.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, habits: Habits, journal: &Mutex<Vec<(String, String)>>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut answers = stream.try_clone().ok()?;
    let mut stream_copy = stream.try_clone().ok()?;
    let mut say = |words: &str| answers.write_all(format!("{words}\r\n").as_bytes()).ok();
    let mut lines = BufReader::new(stream);
    let mut recipient: Option<String> = None;
    let faulty = |phase: &str| habits.script.filter(|(at, _)| *at == phase).map(|(_, fault)| fault);
    if let Some(fault) = faulty("connect") {
        go_wrong(fault, "220", &mut stream_copy)?;
    } else {
        say("220 relay.example ESMTP")?;
    }
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).ok()? == 0 {
            return None;
        }
        assert!(line.ends_with("\r\n"), "a bare LF came: {line:?}");
        let command = line.trim_end().to_owned();
        let verb = command.split([' ', ':']).next().unwrap_or_default();
        if let Some(fault) = faulty(verb) {
            if (verb, fault) == ("RCPT", Fault::Latin1) {
                recipient = Some(command.trim_start_matches("RCPT TO:<").trim_end_matches('>').to_owned());
            }
            go_wrong(fault, if verb == "DATA" { "354" } else { "250" }, &mut stream_copy)?;
            continue;
        }
        match verb {
            "EHLO" if habits.pipelining => say("250-relay.example\r\n250 PIPELINING")?,
            "EHLO" => say("250 relay.example")?,
            "RCPT" => {
                let address = command.trim_start_matches("RCPT TO:<").trim_end_matches('>').to_owned();
                if address.starts_with("bad") {
                    say("550 5.1.1 no such user")?;
                } else if address.starts_with("later") {
                    say("451 4.7.1 come back")?;
                } else {
                    recipient = Some(address);
                    say("250 2.1.5 ok")?;
                }
            }
            "DATA" => {
                if recipient.is_none() && !habits.pipelining {
                    say("503 no recipient")?;
                    continue;
                }
                say("354 go on")?;
                let mut message = String::new();
                loop {
                    let mut line = String::new();
                    if lines.read_line(&mut line).ok()? == 0 {
                        return None;
                    }
                    if line == ".\r\n" {
                        break;
                    }
                    message.push_str(&line);
                }
                if let Some(recipient) = recipient.take() {
                    journal.lock().unwrap().push((recipient, message));
                    thread::sleep(habits.thinks);
                    if let Some(fault) = faulty(".") {
                        go_wrong(fault, "250", &mut stream_copy)?;
                        continue;
                    }
                    say("250 2.0.0 taken")?;
                } else {
                    assert!(message.is_empty(), "a body was sent for a refused recipient");
                    say("554 no recipient")?;
                }
            }
            "RSET" => {
                recipient = None;
                say("250 ok")?;
            }
            "QUIT" => {
                say("221 bye")?;
                return None;
            }
            _ => say("250 ok")?,
        }
    }
}

/// Does what the script says; none where the connection ends by it.
fn go_wrong(fault: Fault, code: &str, stream: &mut TcpStream) -> Option<()> {
    match fault {
        Fault::Says(reply) => stream.write_all(format!("{reply}\r\n").as_bytes()).ok(),
        Fault::Latin1 => stream.write_all(&[code.as_bytes(), b" Gr\xfc\xdfe\r\n"].concat()).ok(),
        Fault::Drop => None,
        Fault::Endless => {
            while stream.write_all(&[b'x'; 1024]).is_ok() {}
            None
        }
        Fault::Hang => {
            thread::sleep(Duration::from_secs(3));
            None
        }
    }
}
