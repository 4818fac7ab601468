//! Enclosures: what podcast programs need to know before they fetch one.

use crate::feed::check::report::{FeedReport, show};
use crate::finding::Rule;

/// Checks length and type of an enclosure, in any format; none is a length that need not be there.
pub(in crate::feed) fn check_enclosure(
    line: usize,
    length: Option<&str>,
    media_type: &str,
    report: &mut FeedReport,
) {
    if let Some(length) = length {
        match length.parse::<u64>() {
            Ok(0) => {
                let message = "an enclosure has the length 0, which podcast programs refuse";
                report.refuse(line, Rule::FeedEnclosure, message.to_owned());
            }
            Ok(_) => {}
            Err(_) => {
                let message = format!("the length `{}` of an enclosure is none", show(length));
                report.refuse(line, Rule::FeedEnclosure, message);
            }
        }
    }
    let unregistered = ["audio/mp3", "audio/m4a", "audio/x-mp3", "image/jpg"];
    if !media_type.contains('/') {
        let message = "an enclosure has no media type".to_owned();
        report.refuse(line, Rule::FeedEnclosure, message);
    } else if unregistered.contains(&media_type) {
        let message = format!("the media type `{media_type}` of an enclosure is not registered");
        report.warn(line, Rule::FeedEnclosure, message);
    }
}
