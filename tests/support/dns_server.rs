//! A name server in process, whose answers are written byte by byte: over UDP, and over TCP where they are cut.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How a server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Good,
    /// It never answers.
    Silent,
    /// SERVFAIL.
    Failing,
    /// It refers to others.
    Lame,
    /// Another identifier than was asked with, then silence.
    Forged,
    /// Bytes that are no message.
    Garbled,
    /// Everything but the head is cut over UDP.
    Cut,
}

/// The records of a name.
#[derive(Debug, Clone)]
pub(crate) enum Record {
    Text(Vec<String>),
    Exchange(u16, String),
    Address([u8; 4]),
    Alias(String),
    /// The name of an address.
    Pointer(String),
    /// The name is not answered for.
    Silence,
    /// The name is answered for with a record that is none.
    Nonsense,
}

/// One text of one string, or of several where it is long.
pub(crate) fn text(words: &str) -> Record {
    let bytes = words.as_bytes().chunks(200);
    let strings = bytes.map(|part| String::from_utf8(part.to_vec()).unwrap());
    Record::Text(strings.collect())
}

pub(crate) struct NameServer {
    pub(crate) address: SocketAddr,
    over_tcp: Arc<AtomicUsize>,
}

impl NameServer {
    pub(crate) fn start(manner: Manner, zone: Vec<(String, Record)>) -> Self {
        let zone = Arc::new(zone);
        let (udp, tcp) = bind();
        let address = udp.local_addr().unwrap();
        let over_tcp = Arc::new(AtomicUsize::new(0));
        let (of_tcp, counted) = (zone.clone(), over_tcp.clone());
        thread::spawn(move || {
            for stream in tcp.incoming() {
                let mut stream = stream.unwrap();
                let mut length = [0; 2];
                if stream.read_exact(&mut length).is_err() {
                    continue;
                }
                let mut query = vec![0; usize::from(u16::from_be_bytes(length))];
                stream.read_exact(&mut query).unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                let reply = reply(&query, &of_tcp, manner, usize::MAX);
                let length = u16::try_from(reply.len()).unwrap().to_be_bytes();
                let _ = stream.write_all(&[&length[..], &reply].concat());
            }
        });
        thread::spawn(move || {
            let mut buffer = [0; 1500];
            while let Ok((length, from)) = udp.recv_from(&mut buffer) {
                if manner != Manner::Silent {
                    let most = if manner == Manner::Cut { 12 } else { 512 };
                    let reply = reply(&buffer[..length], &zone, manner, most);
                    if !reply.is_empty() {
                        let _ = udp.send_to(&reply, from);
                    }
                }
            }
        });
        Self { address, over_tcp }
    }

    /// How many questions came over TCP.
    pub(crate) fn over_tcp(&self) -> usize {
        self.over_tcp.load(Ordering::SeqCst)
    }
}

/// One port for both.
fn bind() -> (UdpSocket, TcpListener) {
    for _ in 0..100 {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()) {
            return (udp, tcp);
        }
    }
    panic!("no port is free");
}

fn reply(query: &[u8], zone: &[(String, Record)], manner: Manner, most: usize) -> Vec<u8> {
    let (name, end) = name_of(&query[12..]);
    let question = &query[12..12 + end + 4];
    let kind = u16::from_be_bytes([question[end], question[end + 1]]);
    let as_fault = |record: &Record| match record {
        Record::Silence => Some(Vec::new()),
        Record::Nonsense => {
            let head = [0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
            Some([&query[..2], &head, question, &[0xc0, 0x0c, 0xff]].concat())
        }
        _ => None,
    };
    let mut own = zone.iter().filter(|(known, _)| *known == name);
    if let Some(reply) = own.find_map(|(_, record)| as_fault(record)) {
        return reply;
    }
    let is_known = zone.iter().any(|(known, _)| *known == name);
    let mut answers = Vec::new();
    let mut count: u16 = 0;
    let mut owner = name.clone();
    for _ in 0..5 {
        let mut alias = None;
        for (known, record) in zone.iter().filter(|(known, _)| *known == owner) {
            let (its_kind, data) = data_of(record);
            if its_kind == kind || matches!(record, Record::Alias(_)) {
                answers.extend(encode(known));
                answers.extend(its_kind.to_be_bytes());
                answers.extend([0, 1, 0, 0, 0, 60]);
                answers.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
                answers.extend(data);
                count += 1;
            }
            if let Record::Alias(target) = record {
                alias = Some(target.clone());
            }
        }
        match alias {
            Some(target) => owner = target,
            None => break,
        }
    }
    if manner == Manner::Garbled {
        return [&query[..2], &[0xff; 5]].concat();
    }
    let code: u8 = match (manner, is_known) {
        (Manner::Failing, _) => 2,
        (Manner::Lame, _) | (_, true) => 0,
        (_, false) => 3,
    };
    if matches!(manner, Manner::Failing | Manner::Lame) {
        (answers, count) = (Vec::new(), 0);
    }
    // Response, recursion desired; recursion available unless the server is lame.
    let available = if manner == Manner::Lame { 0 } else { 0x80 };
    let is_cut = 12 + question.len() + answers.len() > most;
    let cut = if is_cut { 2 } else { 0 };
    if is_cut {
        (answers, count) = (Vec::new(), 0);
    }
    let mut reply = query[..2].to_vec();
    if manner == Manner::Forged {
        reply[0] ^= 1;
    }
    reply.extend([0x81 | cut, available | code, 0, 1]);
    reply.extend(count.to_be_bytes());
    reply.extend([0, 0, 0, 0]);
    reply.extend(question);
    reply.extend(answers);
    reply
}

fn name_of(bytes: &[u8]) -> (String, usize) {
    let (mut labels, mut at) = (Vec::new(), 0);
    while bytes[at] != 0 {
        let length = usize::from(bytes[at]);
        labels.push(String::from_utf8_lossy(&bytes[at + 1..=at + length]).to_lowercase());
        at += length + 1;
    }
    (labels.join("."), at + 1)
}

fn encode(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        bytes.push(u8::try_from(label.len()).unwrap());
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

fn data_of(record: &Record) -> (u16, Vec<u8>) {
    match record {
        Record::Text(strings) => {
            let mut data = Vec::new();
            for string in strings {
                data.push(u8::try_from(string.len()).unwrap());
                data.extend(string.as_bytes());
            }
            (16, data)
        }
        Record::Exchange(preference, host) => {
            (15, [&preference.to_be_bytes()[..], &encode(host)].concat())
        }
        Record::Address(address) => (1, address.to_vec()),
        Record::Alias(target) => (5, encode(target)),
        Record::Pointer(target) => (12, encode(target)),
        // Such a name is answered for before its data are asked for.
        Record::Silence | Record::Nonsense => (0, Vec::new()),
    }
}
