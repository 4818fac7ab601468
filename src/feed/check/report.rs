//! The findings about one document.

use crate::feed::check::xml::{XmlElement, parse};
use crate::finding::{Finding, Rule, one_line};

/// The facts that a document states about itself.
#[derive(Debug, Default)]
pub(crate) struct CheckedDocument {
    /// The faults, each with its line.
    pub(crate) findings: Vec<Finding>,
    /// Whether it says that it is a document of an archive.
    pub(crate) is_archive: bool,
    /// The line and the address of the document of the archive before it.
    pub(crate) previous: Option<(usize, String)>,
}

/// The findings about one document.
#[derive(Debug, Default)]
pub(in crate::feed) struct FeedReport {
    checked: CheckedDocument,
}

impl FeedReport {
    /// Reports a fault that the specification forbids.
    pub(in crate::feed) fn refuse(&mut self, line: usize, rule: Rule, message: String) {
        let finding = Finding::error(rule, message).at_line(line);
        self.checked.findings.push(finding);
    }

    /// Reports a fault that readers or validators dislike.
    pub(in crate::feed) fn warn(&mut self, line: usize, rule: Rule, message: String) {
        let finding = Finding::warning(rule, message).at_line(line);
        self.checked.findings.push(finding);
    }

    /// Reports a fault that keeps the whole document from being read.
    pub(in crate::feed) fn break_off(&mut self, line: usize, words: &str) {
        let message = format!("no reader can read this document: {}", one_line(words, 200));
        self.refuse(line, Rule::FeedIllFormed, message);
    }

    /// Reads the root of an XML document. `None`, and a finding, where it is ill-formed.
    pub(in crate::feed) fn read_root(&mut self, text: &str) -> Option<XmlElement> {
        match parse(text) {
            Ok(root) => Some(root),
            Err(fault) => {
                self.break_off(fault.line, &fault.words);
                None
            }
        }
    }

    /// Notes that the document is one of an archive.
    pub(in crate::feed) fn mark_archive(&mut self) {
        self.checked.is_archive = true;
    }

    /// Notes the document of the archive before this one.
    pub(in crate::feed) fn set_previous(&mut self, line: usize, address: &str) {
        self.checked.previous = Some((line, address.to_owned()));
    }

    pub(in crate::feed) fn finish(self) -> CheckedDocument {
        self.checked
    }
}

/// Shows a foreign text as part of a message.
pub(in crate::feed) fn show(text: &str) -> String {
    one_line(text, 80).replace('`', "'")
}
