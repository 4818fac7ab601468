//! One question to one server: over UDP, and over TCP where the answer is too long for that.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, TYPE};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use crate::dns::error::{DnsError, unreachable, unusable};

/// The largest answer over UDP. Without EDNS a server sends no more than 512 octets.
const LARGEST: usize = 4096;

/// A question as it goes out.
pub(super) struct Query {
    id: u16,
    name: String,
    kind: TYPE,
    bytes: Vec<u8>,
}

impl Query {
    /// Returns `None` if the name cannot be asked for.
    pub(super) fn new(name: &str, kind: TYPE) -> Option<Self> {
        let mut id = [0; 2];
        getrandom::fill(&mut id).ok()?;
        let id = u16::from_be_bytes(id);
        let mut packet = Packet::new_query(id);
        packet.set_flags(PacketFlag::RECURSION_DESIRED);
        let asked = Name::new(name).ok()?;
        let question = Question::new(asked, QTYPE::TYPE(kind), QCLASS::CLASS(CLASS::IN), false);
        packet.questions.push(question);
        let bytes = packet.build_bytes_vec().ok()?;
        let name = name.to_owned();
        Some(Self {
            id,
            name,
            kind,
            bytes,
        })
    }

    /// Whether this is the reply to it, and not one that somebody else sent.
    fn is_answered_by(&self, packet: &Packet<'_>) -> bool {
        let is_asked = |question: &Question<'_>| {
            question.qtype == QTYPE::TYPE(self.kind)
                && question.qname.to_string().eq_ignore_ascii_case(&self.name)
        };
        packet.id() == self.id
            && packet.has_flags(PacketFlag::RESPONSE)
            && packet.questions.len() == 1
            && packet.questions.iter().all(is_asked)
    }
}

/// Asks a server.
///
/// # Errors
/// If it does not answer in time, or cannot say it.
pub(super) async fn exchange(
    server: SocketAddr,
    query: &Query,
    limit: Duration,
) -> Result<Vec<u8>, DnsError> {
    let silent = |_| unreachable(&format!("{server} does not answer"));
    let failed = |error: io::Error| unreachable(&format!("{server}: {error}"));
    let reply = timeout(limit, ask_over_udp(server, query));
    let reply = reply.await.map_err(silent)?.map_err(failed)?;
    let is_cut =
        Packet::parse(&reply).map_or(true, |packet| packet.has_flags(PacketFlag::TRUNCATION));
    let reply = if is_cut {
        // It is there, since it has answered over UDP.
        let cut = |reason: &dyn fmt::Display| unusable(&format!("{server} over TCP: {reason}"));
        let reply = timeout(limit, ask_over_tcp(server, query));
        let reply = reply.await.map_err(|_| cut(&"no answer in time"))?;
        reply.map_err(|error| cut(&error))?
    } else {
        reply
    };
    check_reply(server, query, &reply)?;
    Ok(reply)
}

/// Refuses a reply that says nothing about the name.
fn check_reply(server: SocketAddr, query: &Query, reply: &[u8]) -> Result<(), DnsError> {
    let packet = Packet::parse(reply)
        .map_err(|error| unusable(&format!("{server} answers nonsense: {error}")))?;
    if !query.is_answered_by(&packet) {
        return Err(unusable(&format!("{server} answers something else")));
    }
    match packet.rcode() {
        RCODE::NoError | RCODE::NameError => {}
        RCODE::ServerFailure => return Err(DnsError::Refused("SERVFAIL")),
        RCODE::Refused => return Err(DnsError::Refused("REFUSED")),
        _ => return Err(DnsError::Refused("an error")),
    }
    // A server that neither has the zone nor asks others only names somebody else.
    let is_lame = packet.answers.is_empty()
        && packet.rcode() == RCODE::NoError
        && !packet.has_flags(PacketFlag::AUTHORITATIVE_ANSWER)
        && !packet.has_flags(PacketFlag::RECURSION_AVAILABLE);
    match is_lame {
        true => Err(DnsError::Refused("that others know it")),
        false => Ok(()),
    }
}

async fn ask_over_udp(server: SocketAddr, query: &Query) -> io::Result<Vec<u8>> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(server).await?;
    socket.send(&query.bytes).await?;
    let mut buffer = vec![0; LARGEST];
    loop {
        let length = socket.recv(&mut buffer).await?;
        let reply = &buffer[..length];
        // The head alone tells whether it is ours: an answer that was cut may not be parsed whole.
        let is_ours = reply.len() >= 12
            && reply[..2] == query.id.to_be_bytes()
            && Packet::parse(reply).map_or(true, |packet| query.is_answered_by(&packet));
        if is_ours {
            return Ok(reply.to_vec());
        }
    }
}

/// Over TCP each message has its length before it (RFC 1035, 4.2.2).
async fn ask_over_tcp(server: SocketAddr, query: &Query) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(query.bytes.len()).unwrap_or_default();
    let message = [&length.to_be_bytes()[..], &query.bytes].concat();
    stream.write_all(&message).await?;
    let length = stream.read_u16().await?;
    let mut reply = vec![0; usize::from(length)];
    stream.read_exact(&mut reply).await?;
    Ok(reply)
}
