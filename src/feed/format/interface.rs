//! The interface of a feed format. An entry has the same bytes in every document that shows it, so it is written once.

use crate::feed::check::report::FeedReport;
use crate::feed::model::{Entry, Feed};

/// Writes documents of one format, recognises ours, and checks them.
pub(in crate::feed) trait FeedFormat: Sync {
    /// The name that people know it by.
    fn label(&self) -> &'static str;

    fn media_type(&self) -> &'static str;

    /// The bytes of an entry; they do not depend on the document.
    fn write_entry(&self, entry: &Entry<'_>) -> String;

    /// A document with these entries, the newest first.
    fn write_document(&self, feed: &Feed<'_>, entries: &[&str]) -> String;

    /// The texts in the head of a document each of which shows that tidings wrote it.
    fn marks(&self) -> &'static [&'static str];

    /// The text with which the first entry begins: a mark behind it is a quotation.
    fn entries_begin(&self) -> &'static str;

    /// Checks a document, with another parser than the one that wrote it.
    fn check(&self, text: &str, report: &mut FeedReport);
}

/// The entries of a document between its head and its tail, each on lines of its own.
pub(super) fn enclose(head: &str, entries: &[&str], separator: &str, tail: &str) -> String {
    let length: usize = entries
        .iter()
        .map(|entry| entry.len() + separator.len())
        .sum();
    let mut text = String::with_capacity(head.len() + length + tail.len());
    text.push_str(head);
    for (number, entry) in entries.iter().enumerate() {
        if number > 0 {
            text.push_str(separator);
        }
        text.push_str(entry);
    }
    text.push_str(tail);
    text
}
