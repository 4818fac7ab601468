//! A written document, read back by another parser than its writer and held against its specification: RFC 4287, RSS 2.0
//! with its best-practices profile, JSON Feed 1.1, RFC 5005.

mod address;
mod atom;
mod content;
mod date;
mod enclosure;
mod json;
mod person;
mod report;
mod rss;
#[cfg(test)]
mod tests;
mod xml;

pub(crate) use report::CheckedDocument;

use crate::config::Format;
use crate::feed::check::report::FeedReport;

/// Checks a document of this format.
pub(crate) fn check_document(format: Format, text: &str) -> CheckedDocument {
    let mut report = FeedReport::default();
    match format {
        Format::Json => json::check(text, &mut report),
        Format::Atom | Format::Rss => match xml::parse(text) {
            Err(fault) => report.break_off(fault.line, &fault.words),
            Ok(root) if format == Format::Atom => atom::check(&root, &mut report),
            Ok(root) => rss::check(&root, &mut report),
        },
    }
    report.done()
}
