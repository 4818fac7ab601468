//! DNS as a stub: what a name's records say, asked of the machine's resolvers or of a named one.

mod error;
mod exchange;

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use simple_dns::rdata::RData;
use simple_dns::{CLASS, Packet, RCODE, ResourceRecord, TYPE};

pub(crate) use error::DnsError;

use crate::dns::error::{unreachable, unusable};
use crate::dns::exchange::{Query, exchange};
use crate::file::read::{WRITTEN, read_text_if_any};

/// How long a server may take for one answer.
const LIMIT: Duration = Duration::from_secs(3);
/// How often each server is asked.
const ROUNDS: usize = 2;
/// How many servers of the machine are asked.
const SERVERS: usize = 3;
/// How often a name may lead to another name.
const ALIASES: usize = 8;
const PORT: u16 = 53;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MailExchange {
    /// The lower one is asked first.
    pub(crate) preference: u16,
    /// Its name; empty where the domain takes no mail (RFC 7505).
    pub(crate) host: String,
}

/// Asks DNS.
#[derive(Debug)]
pub(crate) struct Resolver {
    servers: Vec<SocketAddr>,
    limit: Duration,
    /// Whether a server has answered anything at all: then only what it does not answer is unknown.
    heard: AtomicBool,
    /// Set if no server has ever answered: without a network each further question would only wait.
    unreachable: OnceLock<DnsError>,
}

impl Resolver {
    /// One that asks this server, or those of the machine.
    pub(crate) fn new(server: Option<SocketAddr>) -> Self {
        let servers = server.map_or_else(own_servers, |server| vec![server]);
        Self {
            servers,
            limit: LIMIT,
            heard: AtomicBool::new(false),
            unreachable: OnceLock::new(),
        }
    }

    /// The texts of a name; the strings of one record are joined (RFC 7208, 3.3).
    ///
    /// # Errors
    /// If nobody could be asked.
    pub(crate) async fn look_up_texts(&self, name: &str) -> Result<Vec<String>, DnsError> {
        let text = |data: &RData<'_>| match data {
            RData::TXT(text) => {
                let mut bytes = Vec::new();
                for (key, value) in text.iter_raw() {
                    bytes.extend_from_slice(key);
                    bytes.extend(value.iter().flat_map(|value| [b"=", *value].concat()));
                }
                Some(String::from_utf8_lossy(&bytes).into_owned())
            }
            _ => None,
        };
        self.ask(name, TYPE::TXT, text).await
    }

    /// Returns the servers that take mail for a domain, the first one first.
    ///
    /// # Errors
    /// If nobody could be asked.
    pub(crate) async fn look_up_exchanges(
        &self,
        name: &str,
    ) -> Result<Vec<MailExchange>, DnsError> {
        let exchange = |data: &RData<'_>| match data {
            RData::MX(mx) => Some(MailExchange {
                preference: mx.preference,
                host: mx.exchange.to_string(),
            }),
            _ => None,
        };
        let mut all = self.ask(name, TYPE::MX, exchange).await?;
        all.sort();
        Ok(all)
    }

    /// The addresses of a host.
    ///
    /// # Errors
    /// If nobody could be asked.
    pub(crate) async fn look_up_addresses(&self, name: &str) -> Result<Vec<IpAddr>, DnsError> {
        let address = |data: &RData<'_>| match data {
            RData::A(a) => Some(IpAddr::from(a.address.to_be_bytes())),
            RData::AAAA(a) => Some(IpAddr::from(a.address.to_be_bytes())),
            _ => None,
        };
        let mut all = self.ask(name, TYPE::A, address).await?;
        all.extend(self.ask(name, TYPE::AAAA, address).await?);
        Ok(all)
    }

    /// The names of an address (RFC 1035, 3.5; RFC 3596, 2.5).
    ///
    /// # Errors
    /// If nobody could be asked.
    pub(crate) async fn look_up_names(&self, address: IpAddr) -> Result<Vec<String>, DnsError> {
        let name = |data: &RData<'_>| match data {
            RData::PTR(name) => Some(name.0.to_string()),
            _ => None,
        };
        self.ask(&reverse_name(address), TYPE::PTR, name).await
    }

    /// Asks for the records of this type, and follows a name that leads to another.
    async fn ask<T>(
        &self,
        name: &str,
        kind: TYPE,
        read: impl Fn(&RData<'_>) -> Option<T>,
    ) -> Result<Vec<T>, DnsError> {
        let mut name = name.trim_end_matches('.').to_ascii_lowercase();
        for _ in 0..ALIASES {
            let bytes = self.fetch_reply(&name, kind).await?;
            let packet = Packet::parse(&bytes).map_err(|error| unusable(&error))?;
            if packet.rcode() == RCODE::NameError {
                return Ok(Vec::new());
            }
            let target = follow_aliases(&packet.answers, &name);
            let of_target = packet
                .answers
                .iter()
                .filter(|record| is_of(record, &target));
            let found: Vec<T> = of_target.filter_map(|record| read(&record.rdata)).collect();
            if !found.is_empty() || target == name {
                return Ok(found);
            }
            name = target;
        }
        Err(DnsError::Circle(name))
    }

    /// The first reply that answers, of any server.
    async fn fetch_reply(&self, name: &str, kind: TYPE) -> Result<Vec<u8>, DnsError> {
        let query = Query::new(name, kind).ok_or_else(|| DnsError::NoName(name.to_owned()))?;
        if let Some(error) = self.unreachable.get() {
            return Err(error.clone());
        }
        let mut last = unreachable(&"no name server is known");
        for _ in 0..ROUNDS {
            for server in &self.servers {
                let answer = exchange(*server, &query, self.limit).await;
                if !matches!(answer, Err(DnsError::Unreachable(_))) {
                    self.heard.store(true, Ordering::Relaxed);
                }
                match answer {
                    Ok(reply) => return Ok(reply),
                    Err(error) => last = error,
                }
            }
        }
        if !self.heard.load(Ordering::Relaxed) {
            let _ = self.unreachable.set(last.clone());
        }
        Err(last)
    }
}

/// The name under which DNS keeps the names of an address.
fn reverse_name(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(v6) => {
            let digits = format!("{:032x}", u128::from(v6));
            let digits: Vec<String> = digits.chars().rev().map(String::from).collect();
            format!("{}.ip6.arpa", digits.join("."))
        }
    }
}

fn is_of(record: &ResourceRecord<'_>, name: &str) -> bool {
    record.class == CLASS::IN && record.name.to_string().eq_ignore_ascii_case(name)
}

/// The name to which the aliases of one answer lead.
fn follow_aliases(answers: &[ResourceRecord<'_>], name: &str) -> String {
    let mut name = name.to_owned();
    for _ in 0..answers.len() {
        let alias = answers.iter().find_map(|record| match &record.rdata {
            RData::CNAME(target) if is_of(record, &name) => Some(target.0.to_string()),
            _ => None,
        });
        match alias {
            Some(target) => name = target.to_ascii_lowercase(),
            None => break,
        }
    }
    name
}

/// The servers that the machine asks.
fn own_servers() -> Vec<SocketAddr> {
    let text = read_text_if_any(Path::new("/etc/resolv.conf"), WRITTEN);
    let text = text.ok().flatten().unwrap_or_default();
    let servers = text.lines().filter_map(|line| {
        let address = line.trim().strip_prefix("nameserver")?.trim();
        let address: IpAddr = address.split('%').next()?.parse().ok()?;
        Some(SocketAddr::new(address, PORT))
    });
    servers.take(SERVERS).collect()
}

#[cfg(test)]
mod tests {
    use super::reverse_name;

    #[test]
    fn an_address_is_asked_for_backwards() {
        for (address, name) in [
            ("192.0.2.9", "9.2.0.192.in-addr.arpa"),
            (
                "2001:db8::567:89ab",
                "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
            ),
        ] {
            assert_eq!(reverse_name(address.parse().unwrap()), name);
        }
    }
}
