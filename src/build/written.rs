//! The documents as they stand in the published folder, read back: whatever wrote or changed them last.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rayon::prelude::*;

use crate::config::Config;
use crate::feed::{CheckedDocument, check_document, make_url};
use crate::file::read::{WRITTEN, read_text_if_any};
use crate::finding::{Finding, Rule};

/// Checks the feeds at these paths below the folder as they were written; those that are not there yet are left alone.
pub(crate) fn check_written(config: &Config, paths: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut documents: BTreeMap<&str, CheckedDocument> = BTreeMap::new();
    let checked: Vec<_> = paths
        .par_iter()
        .filter_map(|path| Some((path.as_str(), check(config, path)?)))
        .collect();
    for (path, checked) in checked {
        match checked {
            Ok(document) => drop(documents.insert(path, document)),
            Err(finding) => findings.push(finding),
        }
    }
    findings.extend(check_archives(config, &documents));
    for (path, document) in documents {
        let file = config.feeds.dir.join(path);
        let found = document.findings.into_iter();
        findings.extend(found.map(|finding| finding.in_file(&file)));
    }
    findings
}

fn check(config: &Config, path: &str) -> Option<Result<CheckedDocument, Finding>> {
    let format = config.feeds.format_at(path)?;
    let file = config.feeds.dir.join(path);
    let text = match read_text_if_any(&file, WRITTEN) {
        Ok(text) => text?,
        Err(error) => return Some(Err(error.in_file(&file))),
    };
    Some(Ok(check_document(format, &text)))
}

/// Checks that each document of an archive that another one leads to is there and says that it is one (RFC 5005, 4).
fn check_archives(config: &Config, documents: &BTreeMap<&str, CheckedDocument>) -> Vec<Finding> {
    let by_address: BTreeMap<String, &str> = documents
        .keys()
        .map(|path| (make_url(&config.site, path).to_string(), *path))
        .collect();
    let mut findings = Vec::new();
    let mut led_to = BTreeSet::new();
    for (path, document) in documents {
        let Some((line, address)) = &document.previous else {
            continue;
        };
        match by_address.get(address) {
            Some(previous) => drop(led_to.insert(*previous)),
            None => findings.push(explain_lost(&config.feeds.dir.join(path), *line, address)),
        }
    }
    for path in led_to {
        if !documents[path].is_archive {
            let message = "the feed leads here as to its archive, and this document does not say that it is one";
            let finding = Finding::error(Rule::FeedArchive, message);
            findings.push(finding.in_file(config.feeds.dir.join(path)));
        }
    }
    findings
}

fn explain_lost(file: &Path, line: usize, address: &str) -> Finding {
    let message = format!("the archive at `{address}` is not there");
    Finding::error(Rule::FeedArchive, message)
        .in_file(file)
        .at_line(line)
        .hint("`tidings build` writes it; publish all files")
}
