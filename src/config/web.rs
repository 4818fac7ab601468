//! `[web]`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde::{Deserialize, Deserializer, de::Error};
use url::Url;

use crate::config::Span;
use crate::config::site::is_loopback;
use crate::config::value::{ValueError, read_some_time, read_some_web_address, read_web_address};

/// How `serve` answers over HTTP.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebSettings {
    /// The address at which a proxy with TLS shows it to the world; the links in mails begin with it.
    #[serde(deserialize_with = "read_public_address")]
    pub url: Option<Url>,
    /// The address and port on which it listens, without TLS.
    #[serde(deserialize_with = "read_address_and_port")]
    pub listen: SocketAddr,
    /// The proxies before it, by their addresses: they say from where a request comes (`X-Forwarded-For`), and may have more than 128 connections at once.
    pub proxies: Vec<IpAddr>,
    /// The page to which the form to join leads; without it that is one of ours.
    #[serde(deserialize_with = "read_some_web_address")]
    pub join_back: Option<Url>,
    /// The origins whose pages may show the form to join in a frame, such as `https://hums.example`.
    #[serde(deserialize_with = "read_origins")]
    pub embed_from: Vec<Url>,
    /// Whether the network address of who asks to join and of who confirms is kept as a proof.
    pub keep_ip: bool,
    /// Whether a log in JSON has the addresses of who asks, joins and leaves.
    pub log_addresses: bool,
    /// The address and port on which a monitor asks for `/metrics`; without it nothing is counted.
    #[serde(deserialize_with = "read_some_listener")]
    pub metrics: Option<SocketAddr>,
    /// How often the feeds are built, the box is read and what was deferred is tried; what is due goes out at its time.
    #[serde(deserialize_with = "read_some_time")]
    pub rebuild: Span,
}

impl Default for WebSettings {
    fn default() -> Self {
        Self {
            url: None,
            listen: (Ipv4Addr::LOCALHOST, 8080).into(),
            proxies: Vec::new(),
            join_back: None,
            embed_from: Vec::new(),
            keep_ip: false,
            log_addresses: false,
            metrics: None,
            rebuild: Span::seconds(5 * 60),
        }
    }
}

fn read_address_and_port<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<SocketAddr, D::Error> {
    parse_listener(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// The address and the port to listen on.
///
/// # Errors
/// If the text is none.
pub fn parse_listener(text: &str) -> Result<SocketAddr, ValueError> {
    let expected = "expected an address and a port, like 127.0.0.1:8080";
    text.parse()
        .map_err(|_| ValueError(format!("`{text}` is no place to listen\n{expected}")))
}

fn read_some_listener<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SocketAddr>, D::Error> {
    read_address_and_port(deserializer).map(Some)
}

/// An address without a path, since the links of old mails must not depend on one, and with TLS, which one-click leaving
/// asks for (RFC 8058 3.1); on this machine it may lack that.
fn read_public_address<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Url>, D::Error> {
    let url = read_web_address(deserializer)?;
    let expected = "expected something like https://news.hums.example/";
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let has_user = !url.username().is_empty() || url.password().is_some();
    if !is_bare || has_user {
        return Err(D::Error::custom(format!(
            "`{url}` has more than a host\n{expected}"
        )));
    }
    if url.scheme() != "https" && !is_loopback(&url) {
        return Err(D::Error::custom(format!(
            "`{url}` is not secure: mail programs follow only https links to leave\n{expected}, and a proxy with TLS before it"
        )));
    }
    Ok(Some(url))
}

/// Addresses without a path: a browser compares no more of a page that frames another one.
fn read_origins<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Url>, D::Error> {
    let expected = "expected something like [\"https://hums.example\"]";
    let mut origins = Vec::new();
    for text in Vec::<String>::deserialize(deserializer)? {
        let url = Url::parse(&text).ok().filter(|url| {
            let is_web = matches!(url.scheme(), "http" | "https");
            let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
            is_web && is_bare && url.username().is_empty() && url.password().is_none()
        });
        let refused = || D::Error::custom(format!("`{text}` is no origin\n{expected}"));
        origins.push(url.ok_or_else(refused)?);
    }
    Ok(origins)
}
