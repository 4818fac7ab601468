//! The interface of a feed format. An entry has the same bytes in every document that shows it, so it is written once.

use crate::feed::model::{Entry, Feed};

/// Writes one format.
pub(in crate::feed) trait FormatWriter: Sync {
    /// The name that people know it by.
    fn label(&self) -> &'static str;

    /// Its media type.
    fn media_type(&self) -> &'static str;

    /// The bytes of an entry; they do not depend on the document.
    fn entry(&self, entry: &Entry<'_>) -> String;

    /// A document with these entries, the newest first.
    fn document(&self, feed: &Feed<'_>, entries: &[&str]) -> String;
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
