//! The site's own templates, and those that have almost the name of one.

use std::fs;
use std::path::{Path, PathBuf};

use crate::file::read::{WRITTEN, read_text_if_any};
use crate::finding::Finding;

/// The templates that a site can have, below `templates/`.
const OURS: [&str; 3] = ["digest.html", "digest.txt", "feeds.html"];
/// How like the name of ours another one is that must be meant for it, as `strsim` measures.
const ALIKE: f64 = 0.93;

/// A template of the site's own, and its file; none where it has none of this name. Then a file that must be meant for it
/// is named among the warnings.
///
/// # Errors
/// A finding where the file cannot be read.
pub(crate) fn read_own(
    root: &Path,
    name: &str,
    warnings: &mut Vec<Finding>,
) -> Result<Option<(PathBuf, String)>, Finding> {
    let folder = root.join("templates");
    let file = folder.join(name);
    if let Some(text) = read_text_if_any(&file, WRITTEN)? {
        return Ok(Some((file, text)));
    }
    if let Some(other) = misnamed(&folder, name) {
        let finding = Finding::warning("this template is not used: none of ours has this name");
        let expected = OURS.join("`, `");
        let hint = format!("did you mean `{name}`? expected one of `{expected}`");
        warnings.push(finding.in_file(folder.join(other)).hint(hint));
    }
    Ok(None)
}

/// The file of a folder whose name is nearly this one.
fn misnamed(folder: &Path, name: &str) -> Option<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names.into_iter().find(|other| is_meant(other, name))
}

/// Whether a name is a slip for one of ours: another case, a letter more or less, another ending.
fn is_meant(given: &str, ours: &str) -> bool {
    if OURS.contains(&given) {
        return false;
    }
    let given = given.to_lowercase();
    let likeness = |ours: &str| match given.strip_prefix(ours) {
        Some(rest) if rest.is_empty() || rest.starts_with('.') => 1.0,
        _ => strsim::jaro_winkler(&given, ours),
    };
    let mut nearest = OURS[0];
    for other in OURS {
        if likeness(other) > likeness(nearest) {
            nearest = other;
        }
    }
    nearest == ours && likeness(ours) > ALIKE
}

#[cfg(test)]
mod tests {
    use super::{OURS, is_meant};

    #[test]
    fn a_slip_of_the_pen_is_known_and_other_templates_are_left_alone() {
        for (given, expected) in [
            ("digests.html", Some("digest.html")),
            ("Digest.html", Some("digest.html")),
            ("digest.htm", Some("digest.html")),
            ("digst.html", Some("digest.html")),
            ("digest.html.tera", Some("digest.html")),
            ("digests.txt", Some("digest.txt")),
            ("digest.text", Some("digest.txt")),
            ("feed.html", Some("feeds.html")),
            ("FEEDS.HTML", Some("feeds.html")),
            ("digest.html", None),
            // Those of a generator that has the same folder.
            ("base.html", None),
            ("index.html", None),
            ("page.html", None),
            ("section.html", None),
            ("feed.xml", None),
            ("post.html", None),
            ("news.html", None),
        ] {
            let found = OURS.into_iter().find(|ours| is_meant(given, ours));
            assert_eq!(found, expected, "{given}");
        }
    }
}
