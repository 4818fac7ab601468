//! The formats: to add one, add its file here and its name to the config.

mod atom;
mod json;
mod rss;
mod writer;

use crate::config::Format;

pub(super) use writer::FormatWriter;

/// The writer of a format.
pub(super) fn writer(format: Format) -> &'static dyn FormatWriter {
    match format {
        Format::Atom => &atom::Atom,
        Format::Rss => &rss::Rss,
        Format::Json => &json::Json,
    }
}
