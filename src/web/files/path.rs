//! Maps the path of a request to a file below the folder: however it is spelled, it never leaves the folder or reaches
//! hidden files.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;

/// The longest path that is looked up, in bytes: longer ones no file system has.
const LONGEST: usize = 2048;

/// The relative path of a file or, where the request ends in a slash, of a folder. None where it can name neither.
///
/// Each segment is decoded once and by itself, so that an encoded separator never separates; a segment that begins with a
/// dot (`..` too), holds a separator or a control, or is empty names nothing.
pub(super) fn parse(path: &str) -> Option<PathBuf> {
    let path = path.strip_prefix('/')?;
    if path.len() > LONGEST {
        return None;
    }
    let mut found = PathBuf::new();
    let (folders, last) = path
        .rsplit_once('/')
        .map_or((None, path), |(folders, last)| (Some(folders), last));
    let names = folders.iter().flat_map(|folders| folders.split('/'));
    for name in names.chain((!last.is_empty()).then_some(last)) {
        found.push(decode(name)?);
    }
    Some(found)
}

fn decode(name: &str) -> Option<String> {
    let name = percent_decode_str(name).decode_utf8().ok()?.into_owned();
    let is_foreign = |c: char| c.is_control() || matches!(c, '/' | '\\');
    let names_nothing = name.is_empty() || name.starts_with('.') || name.contains(is_foreign);
    (!names_nothing).then_some(name)
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::{LONGEST, parse};

    #[test]
    fn a_path_names_a_file_or_nothing() {
        for (path, expected) in [
            ("/", Some("")),
            ("/atom.xml", Some("atom.xml")),
            ("/tag/rust/atom.xml", Some("tag/rust/atom.xml")),
            ("/tag/rust/", Some("tag/rust")),
            ("/tag/k%C3%A4se/", Some("tag/käse")),
            ("/tag/käse/", Some("tag/käse")),
            ("/a%20b", Some("a b")),
            // Decoded once: a file may have this name, and it leads nowhere.
            ("/%252e%252e/secret", Some("%2e%2e/secret")),
            ("/a..b", Some("a..b")),
            ("/..", None),
            ("/../secret", None),
            ("/a/../../secret", None),
            ("/.", None),
            ("/./a", None),
            ("/%2e%2e/secret", None),
            ("/%2E./secret", None),
            ("/.%2e/secret", None),
            ("/..%2fsecret", None),
            ("/a%2f..%2fsecret", None),
            ("/a%2Fb", None),
            ("/a\\..\\secret", None),
            ("/..%5csecret", None),
            ("/a%5Cb", None),
            ("//etc/passwd", None),
            ("/a//b", None),
            ("/%2fetc/passwd", None),
            ("/a/%2fetc/passwd", None),
            ("/a%00.xml", None),
            ("/a%0d%0ab", None),
            ("/%c0%ae%c0%ae/secret", None),
            ("/%ff", None),
            ("/.git/config", None),
            ("/.env", None),
            ("/a/.hidden", None),
            ("/%2egit/config", None),
            ("", None),
            ("a", None),
            ("*", None),
        ] {
            let found = parse(path);
            assert_eq!(found.as_deref(), expected.map(Path::new), "{path}");
        }
        assert!(parse(&format!("/{}", "a".repeat(LONGEST))).is_some());
        assert!(parse(&format!("/{}", "a".repeat(LONGEST + 1))).is_none());
    }

    proptest! {
        #[test]
        fn whatever_is_asked_for_stays_below(path in "(/|\\.|%2e|%2f|%5c|\\\\|%25|%00|a|[^a])*") {
            if let Some(found) = parse(&path) {
                let stays = found.components().all(|part| matches!(part, Component::Normal(_)));
                prop_assert!(stays && found.is_relative(), "{path}: {}", found.display());
            }
        }
    }
}
