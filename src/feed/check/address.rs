//! Addresses and ids: absolute, and without what no IRI holds.

use url::Url;

use crate::feed::check::report::{FeedReport, show};
use crate::finding::Rule;

/// Checks an address of a feed, which `what` names.
pub(in crate::feed) fn check_address(
    line: usize,
    what: &str,
    address: &str,
    report: &mut FeedReport,
) {
    if let Some(reason) = fault_of(address) {
        let message = format!("{what} `{}` {reason}", show(address));
        report.refuse(line, Rule::FeedAddress, message);
    }
}

/// Checks an id, which is only compared: it must be an absolute IRI (RFC 4287, 4.2.6).
pub(in crate::feed) fn check_id(line: usize, id: &str, report: &mut FeedReport) {
    if let Some(reason) = fault_of(id) {
        let message = format!("the id `{}` {reason}", show(id));
        report.refuse(line, Rule::FeedId, message);
    }
}

/// Why a text is no absolute IRI (RFC 3987).
pub(in crate::feed) fn fault_of(address: &str) -> Option<&'static str> {
    if address.trim().is_empty() {
        return Some("is empty");
    }
    let is_blank = |c: char| c.is_whitespace() || c.is_control();
    if address.contains(is_blank) {
        return Some("holds white space");
    }
    if address.contains(['<', '>', '"', '{', '}', '|', '\\', '^', '`']) {
        return Some("holds a character that must be written with `%`");
    }
    match Url::parse(address) {
        Err(url::ParseError::RelativeUrlWithoutBase) => Some("is relative"),
        Err(_) => Some("is no address"),
        Ok(url) if url.host_str() == Some("") && matches!(url.scheme(), "http" | "https") => {
            Some("names no host")
        }
        Ok(_) => None,
    }
}
