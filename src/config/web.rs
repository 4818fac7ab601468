//! `[web]`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde::{Deserialize, Deserializer, de::Error};
use url::Url;

use crate::config::Span;
use crate::config::site::is_loopback;
use crate::config::value::{from_text, some_time, some_web_address, web_address};

/// How `serve` answers over HTTP.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebSettings {
    /// The address at which a proxy with TLS shows it to the world; the links in mails begin with it.
    #[serde(deserialize_with = "public_address")]
    pub url: Option<Url>,
    /// The address and port on which it listens, without TLS.
    #[serde(deserialize_with = "from_text")]
    pub listen: SocketAddr,
    /// The proxies before it, by their addresses: they say from where a request comes (`X-Forwarded-For`).
    pub proxies: Vec<IpAddr>,
    /// The page to which the form to join leads; without it that is one of ours.
    #[serde(deserialize_with = "some_web_address")]
    pub join_back: Option<Url>,
    /// How often the feeds are built, the box is read and what was deferred is tried; what is due goes out at its time.
    #[serde(deserialize_with = "some_time")]
    pub rebuild: Span,
}

impl Default for WebSettings {
    fn default() -> Self {
        Self {
            url: None,
            listen: (Ipv4Addr::LOCALHOST, 8080).into(),
            proxies: Vec::new(),
            join_back: None,
            rebuild: Span::seconds(5 * 60),
        }
    }
}

/// An address without a path, since the links of old mails must not depend on one, and with TLS, which one-click leaving
/// asks for (RFC 8058 3.1); on this machine it may lack that.
fn public_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Url>, D::Error> {
    let url = web_address(deserializer)?;
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
