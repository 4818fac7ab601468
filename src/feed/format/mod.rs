//! The formats, a folder each. CONTRIBUTING says how to add one.

mod atom;
mod interface;
mod json;
mod rss;
#[cfg(test)]
mod tests;

use crate::config::Format;
use crate::feed::check::CheckedDocument;
use crate::feed::check::report::FeedReport;

pub(super) use interface::FeedFormat;

/// Returns the implementation of a format.
pub(super) fn look_up(format: Format) -> &'static dyn FeedFormat {
    match format {
        Format::Atom => &atom::Atom,
        Format::Rss => &rss::Rss,
        Format::Json => &json::Json,
    }
}

/// Lists the media types of feeds as an `Accept` header, the likeliest first; some servers choose a format by them.
pub(crate) fn list_media_types() -> String {
    let ours = Format::ALL.map(|format| look_up(format).media_type());
    format!(
        "{}, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5",
        ours.join(", ")
    )
}

/// Checks a document of this format.
pub(crate) fn check_document(format: Format, text: &str) -> CheckedDocument {
    let mut report = FeedReport::default();
    look_up(format).check(text, &mut report);
    report.finish()
}
