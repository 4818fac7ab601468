//! The search for each fault of a format: a sound document is changed in one place, and the fault is named there.

use super::{check_document, list_media_types};
use crate::config::Format;
use crate::finding::Finding;

/// A fault: the text that is replaced, its replacement, and the line, the code and words of the finding.
pub(super) type Fault = (
    &'static str,
    &'static str,
    usize,
    &'static str,
    &'static str,
);

pub(super) fn find_each(format: Format, sound: &str, faults: &[Fault]) {
    let mut missed = Vec::new();
    for (from, to, line, code, words) in faults {
        assert!(sound.contains(from), "{from}");
        let text = sound.replacen(from, to, 1);
        let findings = check_document(format, &text).findings;
        let is_it = |finding: &Finding| {
            let at = finding.place.as_ref().and_then(|place| place.line);
            at == Some(*line) && finding.rule.code() == *code && finding.message.contains(words)
        };
        if !findings.iter().any(is_it) {
            missed.push(format!("{from} → {to}: {findings:#?}"));
        } else if findings.len() > 3 {
            missed.push(format!("{from} → {to} is said too often: {findings:#?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn a_server_is_asked_for_each_format_and_for_whatever_it_has() {
    assert_eq!(
        list_media_types(),
        "application/atom+xml, application/rss+xml, application/feed+json, \
         application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
    );
}
