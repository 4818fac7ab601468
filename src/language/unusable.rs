//! Files of words that cannot be used, found before a mail needs them.

use std::fs;
use std::path::Path;

use crate::finding::{Finding, Rule, Severity};
use crate::language::words::{FOLDER, FixedWords, is_name};

/// Names the site's files of words that cannot be used, in whatever language, and those that are not read.
pub(crate) fn find_unusable_words(root: &Path) -> Vec<Finding> {
    let folder = root.join(FOLDER);
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    let mut findings = Vec::new();
    for name in names {
        let lower = name.to_lowercase();
        let Some(tag) = lower.strip_suffix(".toml") else {
            continue;
        };
        let found = match lower == name && is_name(tag) {
            true => FixedWords::load(root, tag).err(),
            false => Some(not_read(&folder.join(&name))),
        };
        findings.extend(found.map(|finding| Finding {
            severity: Severity::Warning,
            ..finding
        }));
    }
    findings
}

fn not_read(file: &Path) -> Finding {
    let message = "the words cannot be used: the file's name is no tag of a language in lower case";
    Finding::error(Rule::WordsUnusable, message)
        .in_file(file)
        .hint(format!("expected a name such as `{FOLDER}/nl.toml`"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::find_unusable_words;

    #[test]
    fn each_file_that_cannot_be_used_is_found_whatever_its_language() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(find_unusable_words(root.path()), []);
        let words = root.path().join("words");
        fs::create_dir(&words).unwrap();
        for (name, text) in [
            ("de.toml", "[leave]\nlink = \"Weg damit\"\n"),
            ("fr.toml", "[leave]\nlnk = \"x\"\n"),
            ("nl.toml", "[goodbye]\nx = \"y\"\n"),
            ("pt-br.toml", "[leave\n"),
            ("EN.toml", "[leave]\nlink = \"x\"\n"),
            ("en us.toml", "[leave]\nlink = \"x\"\n"),
            // Not files of words.
            ("2024-05-01-word.md", "x"),
            (".es.toml", "x"),
        ] {
            fs::write(words.join(name), text).unwrap();
        }
        let found = find_unusable_words(root.path());
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        let expected = [
            ("EN.toml: ", "no tag of a language in lower case"),
            ("en us.toml: ", "no tag of a language"),
            ("fr.toml:2: ", "unknown field `lnk`"),
            ("nl.toml:1: ", "unknown field `goodbye`"),
            ("pt-br.toml:1: ", "cannot be used"),
        ];
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (said, (name, words)) in found.iter().zip(expected) {
            assert!(said.contains(name) && said.contains(words), "{said}");
        }
    }
}
