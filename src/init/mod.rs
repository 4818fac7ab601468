//! The files that a site begins with: a commented config, a first post if there is none, and lines for git.

mod config;

use chrono::{DateTime, Utc};
use url::Url;

use crate::config::Author;

pub(crate) use config::{join_lines, write_config};

/// The answers that a config needs and the folder may not give.
#[derive(Debug)]
pub(crate) struct Answers {
    /// The title of the site, in one line.
    pub(crate) title: String,
    /// The address of the home page; `None` if it is not known yet.
    pub(crate) url: Option<Url>,
    pub(crate) author: Option<Author>,
}

/// Files of a site that git should ignore: the readers, the output, caches, the copies of other people's feeds.
const UNKEPT: [&str; 7] = [
    "outbox/",
    "tidings.db",
    "tidings.db-*",
    "tidings.db.sender",
    "tidings.departures",
    "tidings.manifest",
    "tidings.sources/",
];
/// Two branches that each add posts merge without a conflict.
const MERGED: &str = "tidings.lock merge=union";

/// Adds the missing lines to `.gitignore`; `None` if it has them. `output` is a folder that only builds fill.
pub(crate) fn add_ignored(text: &str, output: Option<&str>) -> Option<String> {
    let output = output.map(|folder| format!("{}/", folder.trim_end_matches('/')));
    add_lines(text, output.as_deref().into_iter().chain(UNKEPT))
}

/// Adds the missing line to `.gitattributes`; `None` if it has it.
pub(crate) fn add_attributes(text: &str) -> Option<String> {
    add_lines(text, [MERGED])
}

/// Appends the lines that a text lacks; `None` if it has all.
fn add_lines<'a>(text: &str, lines: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let bare = |line: &str| line.trim().trim_matches('/').to_owned();
    let known: Vec<String> = text.lines().map(bare).collect();
    let mut whole = text.to_owned();
    for line in lines {
        if known.contains(&bare(line)) {
            continue;
        }
        if !whole.is_empty() && !whole.ends_with('\n') {
            whole.push('\n');
        }
        whole.push_str(line);
        whole.push('\n');
    }
    (whole != text).then_some(whole)
}

/// The first post of a site that has none: its file name and its text.
pub(crate) fn write_first_post(now: DateTime<Utc>) -> (String, String) {
    let day = now.format("%Y-%m-%d");
    let text = format!(
        "---\ntitle: Hello\ndate: {day}\n---\n\
         This is the first post. Change it, or delete it and write another one: each Markdown file in this folder is a post.\n"
    );
    (format!("{day}-hello.md"), text)
}

#[cfg(test)]
mod tests {
    use super::{add_attributes, add_ignored};

    #[test]
    fn only_lines_that_are_missing_are_added_at_the_end() {
        let whole = "public/\noutbox/\ntidings.db\ntidings.db-*\ntidings.db.sender\ntidings.departures\n\
                     tidings.manifest\ntidings.sources/\n";
        for (text, expected) in [
            ("", Some(whole.to_owned())),
            (whole, None),
            ("x", Some(format!("x\n{whole}"))),
            // A folder is the same with a slash before it, and without one behind it.
            ("/public\n", Some(whole.replace("public/\n", "/public\n"))),
        ] {
            assert_eq!(add_ignored(text, Some("public")), expected, "{text:?}");
        }
        assert!(!add_ignored("", None).unwrap().contains("public"));
        let line = "tidings.lock merge=union\n";
        assert_eq!(add_attributes("").as_deref(), Some(line));
        assert_eq!(add_attributes(line), None);
    }
}
