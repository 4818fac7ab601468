//! `[site]`.

use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, de::Error};
use url::{Host, Url};

use crate::config::Zone;
use crate::config::value::{
    ValueError, parse_web_address, read_language, read_some_text, read_some_web_address,
};
use crate::reader::Email;

/// The site, as feeds and mails name it.
#[derive(Debug, Clone, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// The title of the main feed and the sender's name where none is given.
    #[serde(deserialize_with = "read_some_text")]
    pub title: String,
    /// The address of the home page; every relative link starts here. It ends in a slash.
    #[serde(deserialize_with = "read_site_url")]
    pub url: Url,
    /// One sentence on what the site is about.
    #[serde(default)]
    pub description: String,
    /// The language of the posts, as a BCP 47 tag.
    #[serde(default = "english", deserialize_with = "read_language")]
    pub language: String,
    /// The zone in which dates without one are read, dates are shown and schedules run; without it UTC.
    pub timezone: Option<Zone>,
    /// The author of posts that name none.
    pub author: Option<Author>,
    /// The categories of the whole site, in a word or two each.
    #[serde(default)]
    pub categories: Vec<String>,
    /// The licence or copyright of the posts.
    pub rights: Option<String>,
    /// A small square picture of the site, below its address or somewhere else.
    #[serde(default, deserialize_with = "read_picture")]
    pub icon: Option<String>,
    /// A picture of the site twice as wide as it is high.
    #[serde(default, deserialize_with = "read_picture")]
    pub logo: Option<String>,
    /// Whether the page of each new post must answer before the hub is told and mail leaves.
    #[serde(default = "yes")]
    pub require_live: bool,
    /// A command for the shell, run after the feeds are written and before mail leaves; its failure stops the rest.
    pub after_build: Option<String>,
}

/// A person who writes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Author {
    /// The name to show.
    #[serde(deserialize_with = "read_some_text")]
    pub name: String,
    /// An address to show in feeds.
    pub email: Option<Email>,
    /// A page about them.
    #[serde(default, deserialize_with = "read_some_web_address")]
    pub url: Option<Url>,
}

impl Site {
    /// The zone that is set, else UTC.
    pub fn zone(&self) -> Tz {
        self.timezone.map_or(Tz::UTC, |zone| zone.0)
    }

    /// Its host as a name in the `tag:` URIs of new ids: a host may hold an underscore, such a name (RFC 4151 2.1) not.
    pub fn authority(&self) -> String {
        self.url.host_str().unwrap_or_default().replace('_', "-")
    }

    /// The first line of its lock: the authority, and its path where it lies below the root of its host, which may hold
    /// other sites.
    pub fn first_line(&self) -> String {
        self.authority() + self.url.path().trim_end_matches('/')
    }

    /// Whether it stands on this machine only, as while it is tried out.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }
}

/// Whether a host is one of those for examples (RFC 2606), which the sample configs of `init` and of generators name.
pub(crate) fn is_sample_host(host: &str) -> bool {
    ["example.org", "example.com", "example.net"]
        .iter()
        .filter_map(|sample| host.strip_suffix(sample))
        .any(|above| above.is_empty() || above.ends_with('.'))
}

/// Whether an address stands on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Joins a path to the address of a page, below it whether or not that ends in a slash.
pub fn address_below(page: &Url, path: &str) -> Url {
    let mut url = page.clone();
    if let Ok(mut parts) = url.path_segments_mut() {
        parts.pop_if_empty().extend(path.split('/'));
    }
    url
}

fn english() -> String {
    "en".to_owned()
}

pub(super) fn yes() -> bool {
    true
}

/// An address that a home page can lead to.
fn read_picture<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = read_some_text(deserializer)?;
    match Url::parse("https://hums.example/").and_then(|home| home.join(&text)) {
        Ok(_) => Ok(Some(text)),
        Err(error) => Err(D::Error::custom(format!(
            "`{text}` is no address: {error}\nexpected something like /icon.png"
        ))),
    }
}

fn read_site_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    let text = String::deserialize(deserializer)?;
    let expected = "expected the home page's address, something like https://hums.example/";
    parse_site_url(&text).map_err(|fault| D::Error::custom(format!("{fault}\n{expected}")))
}

/// The last parts of names that lead nowhere but on one machine, or in one network (RFC 6761, RFC 6762).
const PRIVATE: [&str; 5] = ["internal", "invalid", "local", "localhost", "test"];

/// Reads the address that a new site has: one that others can reach, and whose domain mail can come from.
///
/// # Errors
/// If no site that is published has it.
pub(crate) fn parse_own_url(text: &str) -> Result<Url, ValueError> {
    let url = parse_site_url(text)?;
    if !url.username().is_empty() || url.password().is_some() {
        let message = "the address names a user, which everybody would read in the config";
        return Err(ValueError(message.to_owned()));
    }
    let name = match url.host() {
        Some(Host::Domain(name)) => name,
        _ => "",
    };
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    if ending.is_none_or(|ending| PRIVATE.contains(&ending)) {
        return Err(ValueError(format!("`{url}` is no address for everybody")));
    }
    if is_sample_host(name) {
        return Err(ValueError(format!("`{url}` is an address for examples")));
    }
    let sender = name_sender(&url).parse::<Email>();
    sender.map_err(|error| ValueError(format!("mail cannot come from there: {error}")))?;
    Ok(url)
}

/// The address from which the mail of a new site comes.
pub(crate) fn name_sender(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    format!("news@{}", host.strip_prefix("www.").unwrap_or(host))
}

/// Reads the address of a home page, and gives it the slash at its end.
///
/// # Errors
/// If it is no web address, or has a query or a fragment.
fn parse_site_url(text: &str) -> Result<Url, ValueError> {
    let mut url = parse_web_address(text)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(ValueError(format!("`{url}` has more behind its path")));
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}
