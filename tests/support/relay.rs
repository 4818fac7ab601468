//! An SMTP relay in the test's own process, which writes down what it took before it says so.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long a fault lasts that does not end by itself.
const LASTS: Duration = Duration::from_secs(4);

/// A fault, once a phase is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// This reply.
    Says(&'static str),
    /// The connection is closed.
    Drop,
    /// The connection is reset.
    Reset,
    /// Nothing more is said, and nothing more is read.
    Hang,
    /// Everything is read, nothing is said.
    Stall,
    /// The right reply, so slowly that it never ends.
    Drip,
    /// Bytes that are no reply.
    Garbage,
    /// The beginning of the right reply, then the connection is closed.
    Half,
    /// A line without an end.
    Endless,
    /// Lines without an end.
    EndlessLines,
    /// Words in Latin-1 behind the right code.
    Latin1,
    /// The right code alone, behind it a bare LF.
    Bare,
    /// The right reply, and one that nobody asked for.
    Twice,
}

/// The command at which something goes wrong: `greeting`, a verb, `body` for its first line, `.` for the final dot.
pub(crate) type Script = Option<(&'static str, Fault)>;

/// The treatment of an envelope that comes with the body before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ahead {
    /// It answers the envelope as it should.
    Hears,
    /// It throws away what comes behind a final dot.
    Drops,
    /// It calls that an error, and closes.
    Minds,
    /// It calls that an error in place of its answer to the body, and closes.
    Refuses,
    /// It takes the message, and closes without an answer.
    Falls,
}

/// How a relay behaves.
#[derive(Clone, Copy)]
pub(crate) struct Habits {
    pub(crate) pipelining: bool,
    /// How long it thinks after the final dot.
    pub(crate) thinks: Duration,
    pub(crate) script: Script,
    /// From which message of a connection on the script holds, from 0.
    pub(crate) from: usize,
    /// How long it listens to who says nothing.
    pub(crate) listens: Option<Duration>,
    /// The treatment of an envelope that comes with the body before.
    pub(crate) ahead: Ahead,
    /// More keywords that EHLO offers.
    pub(crate) offers: &'static [&'static str],
    /// After so many messages a connection ends with a 421.
    pub(crate) most_messages: usize,
    /// So many connections at once; any more are greeted by a 421.
    pub(crate) most_open: usize,
}

impl Habits {
    /// A relay that does as it should.
    pub(crate) fn good(pipelining: bool, thinks: Duration) -> Self {
        let (ahead, most_messages) = (Ahead::Hears, usize::MAX);
        Self {
            pipelining,
            thinks,
            script: None,
            from: 0,
            listens: None,
            ahead,
            offers: &[],
            most_messages,
            most_open: usize::MAX,
        }
    }
}

/// The notes of a relay.
#[derive(Default)]
struct Journal {
    /// The sender's messages and their recipients, in the order of taking.
    taken: Vec<(String, String)>,
    /// Every command.
    heard: Vec<String>,
    /// The mistakes of clients.
    wrong: Vec<String>,
    /// Messages behind whose final dot more came at once.
    ahead: usize,
    connections: usize,
    open: usize,
    most_open: usize,
    /// Connections that were too many.
    refused: usize,
}

/// A relay on loopback. A recipient `bad…` does not exist, `gone…` neither, without an enhanced code, `later…` is
/// deferred, `policy…` is refused by policy, `slow…` is of a domain that asks for less; at `drops…` the connection ends; the message to `spam…` is refused at the
/// dot.
pub(crate) struct Relay {
    port: u16,
    journal: Arc<Mutex<Journal>>,
}

impl Relay {
    /// Waits until it has taken so many messages.
    pub(crate) fn wait_for(&self, count: usize) {
        let begun = Instant::now();
        while self.count() < count {
            let is_late = begun.elapsed() > Duration::from_mins(1);
            assert!(!is_late, "only {} messages", self.count());
            thread::sleep(Duration::from_millis(2));
        }
    }

    pub(crate) fn start(habits: Habits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let journal: Arc<Mutex<Journal>> = Arc::default();
        let noted = journal.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let journal = noted.clone();
                thread::spawn(move || {
                    {
                        let mut journal = journal.lock().unwrap();
                        journal.connections += 1;
                        journal.open += 1;
                        journal.most_open = journal.most_open.max(journal.open);
                    }
                    let _ = stream.set_read_timeout(habits.listens);
                    serve(stream, habits, &journal);
                    journal.lock().unwrap().open -= 1;
                });
            }
        });
        Self { port, journal }
    }

    pub(crate) fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}?tls=none", self.port)
    }

    /// The same address, to be used with STARTTLS.
    pub(crate) fn tls_url(&self) -> String {
        format!("smtp://localhost:{}", self.port)
    }

    /// Returns the recipients and their messages, in the order of taking.
    pub(crate) fn taken(&self) -> Vec<(String, String)> {
        let journal = self.journal.lock().unwrap();
        assert!(journal.wrong.is_empty(), "{:?}", journal.wrong);
        journal.taken.clone()
    }

    /// How many messages it took.
    pub(crate) fn count(&self) -> usize {
        self.journal.lock().unwrap().taken.len()
    }

    /// Every command, in the order of hearing.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.journal.lock().unwrap().heard.clone()
    }

    /// Behind how many messages the next envelope came at once.
    pub(crate) fn ahead(&self) -> usize {
        self.journal.lock().unwrap().ahead
    }

    /// How many connections were refused since they were too many.
    pub(crate) fn refused(&self) -> usize {
        self.journal.lock().unwrap().refused
    }

    /// How many connections there were, and how many at once.
    pub(crate) fn connections(&self) -> (usize, usize) {
        let journal = self.journal.lock().unwrap();
        (journal.connections, journal.most_open)
    }
}

/// One line with its end; none where the connection ends.
fn line(lines: &mut BufReader<TcpStream>, journal: &Mutex<Journal>) -> Option<String> {
    let mut bytes = Vec::new();
    if lines.read_until(b'\n', &mut bytes).ok()? == 0 || bytes.last() != Some(&b'\n') {
        return None;
    }
    let line = String::from_utf8(bytes).unwrap_or_else(|_| "no UTF-8\n".to_owned());
    let content = line.strip_suffix("\r\n").unwrap_or(&line);
    if !line.ends_with("\r\n") || content.contains(['\r', '\n']) || line.len() > 1000 {
        journal
            .lock()
            .unwrap()
            .wrong
            .push(format!("no line of SMTP: {line:?}"));
    }
    Some(content.to_owned())
}

/// A message up to its final dot, its dots taken back; none where a fault comes after its first line.
fn read_message(
    lines: &mut BufReader<TcpStream>,
    journal: &Mutex<Journal>,
    fault: Option<Fault>,
) -> Option<String> {
    let mut message = String::new();
    loop {
        let line = line(lines, journal)?;
        if line == "." {
            return Some(message);
        }
        message.push_str(line.strip_prefix('.').unwrap_or(&line));
        message.push_str("\r\n");
        if let Some(fault) = fault {
            go_wrong(fault, "250", lines.get_mut());
            return None;
        }
    }
}

fn serve(stream: TcpStream, habits: Habits, journal: &Mutex<Journal>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut answers = stream.try_clone().ok()?;
    let mut say = |words: &str| answers.write_all(format!("{words}\r\n").as_bytes()).ok();
    let mut faulty_stream = stream.try_clone().ok()?;
    let mut go_wrong = |fault, code| go_wrong(fault, code, &mut faulty_stream);
    let fault_at = |phase: &str, messages: usize| {
        habits
            .script
            .filter(|(at, _)| *at == phase && messages >= habits.from)
            .map(|(_, fault)| fault)
    };
    // Large enough for a message and the envelope behind it: a relay that drops the one must not keep a part of it.
    let mut lines = BufReader::with_capacity(1 << 16, stream);
    let mut recipient: Option<String> = None;
    let mut sender = false;
    let mut messages = 0;
    let open = journal.lock().unwrap().open;
    if open > habits.most_open {
        journal.lock().unwrap().refused += 1;
        return say("421 4.7.0 too many connections");
    }
    match fault_at("greeting", messages) {
        Some(fault) => go_wrong(fault, "220")?,
        None => say("220 relay.example ESMTP")?,
    }
    loop {
        let command = line(&mut lines, journal)?;
        let faulty = |phase: &str| fault_at(phase, messages);
        let verb = command
            .split([' ', ':'])
            .next()
            .unwrap_or_default()
            .to_owned();
        journal.lock().unwrap().heard.push(command.clone());
        let address = || {
            command
                .trim_start_matches("RCPT TO:<")
                .split('>')
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        if let Some(fault) = faulty(&verb) {
            let is_right = matches!(fault, Fault::Latin1 | Fault::Bare | Fault::Twice);
            sender |= verb == "MAIL" && is_right;
            if verb == "RCPT" && is_right {
                recipient = Some(address());
            }
            go_wrong(fault, right_code(&verb))?;
            if !(verb == "DATA" && is_right) {
                continue;
            }
        }
        match verb.as_str() {
            "EHLO" => say(&offers(habits))?,
            "AUTH" => say("235 welcome")?,
            "MAIL" if messages == habits.most_messages => {
                say("421 4.7.0 enough for now")?;
                return None;
            }
            "MAIL" if sender => say("503 5.5.1 nested MAIL")?,
            "MAIL" => {
                sender = true;
                say("250 2.1.0 ok")?;
            }
            "RCPT" if !sender => say("503 5.5.1 no MAIL")?,
            "RCPT" if address().starts_with("drops") => return None,
            "RCPT" => {
                let refusal = refusal(&address());
                recipient = refusal.is_none().then(address);
                say(refusal.unwrap_or("250 2.1.5 ok"))?;
            }
            "DATA" => {
                if recipient.is_none() && !habits.pipelining {
                    say("503 no recipient")?;
                    continue;
                }
                if faulty("DATA").is_none() {
                    say("354 go on")?;
                }
                let message = read_message(&mut lines, journal, faulty("body"))?;
                let (refusal, unread) = (faulty("."), lines.buffer().len());
                journal.lock().unwrap().ahead += usize::from(unread > 0);
                match habits.ahead {
                    Ahead::Drops => lines.consume(unread),
                    Ahead::Refuses if unread > 0 => {
                        return say("554 5.5.0 SMTP protocol synchronization");
                    }
                    _ => {}
                }
                (sender, messages) = (false, messages + 1);
                let recipient = recipient.take();
                if let Some(refusal) = refusal_at_end(recipient.as_deref(), &message, journal) {
                    say(refusal)?;
                    continue;
                }
                // A refused message is not taken.
                let is_refused =
                    matches!(refusal, Some(Fault::Says(reply)) if !reply.starts_with('2'));
                if !is_refused {
                    journal
                        .lock()
                        .unwrap()
                        .taken
                        .push((recipient.unwrap_or_default(), message));
                }
                thread::sleep(habits.thinks);
                match refusal {
                    Some(fault) => go_wrong(fault, "250")?,
                    None if unread > 0 && habits.ahead == Ahead::Falls => return None,
                    None => say("250 2.0.0 taken")?,
                }
                if unread > 0 && habits.ahead == Ahead::Minds {
                    say("554 5.5.0 synchronization error")?;
                    return None;
                }
            }
            "RSET" => {
                (sender, recipient) = (false, None);
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

/// Why this recipient is not taken.
fn refusal(address: &str) -> Option<&'static str> {
    let known = [
        ("bad", "550 5.1.1 no such user"),
        ("gone", "550 no such user"),
        ("later", "451 4.7.1 come back"),
        ("policy", "550 5.7.1 we do not want you"),
        ("slow", "450 4.7.1 too many at a time"),
    ];
    known
        .into_iter()
        .find(|(name, _)| address.starts_with(name))
        .map(|(_, refusal)| refusal)
}

/// Why this message is not taken.
fn refusal_at_end(
    recipient: Option<&str>,
    message: &str,
    journal: &Mutex<Journal>,
) -> Option<&'static str> {
    match recipient {
        None => {
            if !message.is_empty() {
                journal
                    .lock()
                    .unwrap()
                    .wrong
                    .push("a body was sent for a refused recipient".to_owned());
            }
            Some("554 no recipient")
        }
        Some(spam) if spam.starts_with("spam") => Some("554 5.6.0 we do not want this"),
        Some(_) => None,
    }
}

fn right_code(verb: &str) -> &'static str {
    match verb {
        "DATA" => "354",
        "AUTH" => "235",
        "STARTTLS" => "220",
        "QUIT" => "221",
        _ => "250",
    }
}

/// The answer to EHLO.
fn offers(habits: Habits) -> String {
    let pipelining = habits.pipelining.then_some("PIPELINING");
    let lines: Vec<&str> = ["relay.example"]
        .into_iter()
        .chain(habits.offers.iter().copied())
        .chain(pipelining)
        .collect();
    let (last, first) = lines.split_last().unwrap();
    let first: Vec<String> = first.iter().map(|line| format!("250-{line}\r\n")).collect();
    format!("{}250 {last}", first.concat())
}

/// Does what the script says; none where the connection ends by it.
fn go_wrong(fault: Fault, code: &str, stream: &mut TcpStream) -> Option<()> {
    let began = Instant::now();
    match fault {
        Fault::Says(reply) => {
            stream.write_all(format!("{reply}\r\n").as_bytes()).ok()?;
            (!reply.starts_with("421")).then_some(())
        }
        Fault::Latin1 => stream
            .write_all(&[code.as_bytes(), b" Gr\xfc\xdfe\r\n"].concat())
            .ok(),
        Fault::Bare => stream.write_all(format!("{code}\n").as_bytes()).ok(),
        Fault::Twice => stream
            .write_all(format!("{code} ok\r\n250 slipped in\r\n").as_bytes())
            .ok(),
        Fault::Garbage => {
            stream.write_all(b"\x16\x03\xff\x00 what\r\n").ok()?;
            Some(())
        }
        Fault::Half => {
            stream.write_all(&code.as_bytes()[..2]).ok()?;
            None
        }
        Fault::Drop => None,
        Fault::Reset => {
            socket2::SockRef::from(&*stream)
                .set_linger(Some(Duration::ZERO))
                .ok()?;
            None
        }
        Fault::Hang => {
            thread::sleep(LASTS);
            None
        }
        Fault::Stall => {
            stream.set_read_timeout(Some(LASTS)).ok()?;
            while stream.read(&mut [0; 1024]).ok()? > 0 {}
            None
        }
        Fault::Drip => {
            let reply = format!("{code} {}", "slowly ".repeat(100));
            for byte in reply.as_bytes() {
                stream.write_all(&[*byte]).ok()?;
                thread::sleep(Duration::from_millis(100));
                if began.elapsed() > LASTS {
                    break;
                }
            }
            None
        }
        Fault::Endless => {
            while began.elapsed() < LASTS && stream.write_all(&[b'x'; 1024]).is_ok() {}
            None
        }
        Fault::EndlessLines => {
            let line = format!("{code}-{}\r\n", "more ".repeat(20));
            while began.elapsed() < LASTS && stream.write_all(line.as_bytes()).is_ok() {}
            None
        }
    }
}
