//! Output, read back by other parsers than those that wrote it.

use crate::program::said;

/// The parts of an entry that all three formats must agree on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) link: String,
    pub(crate) published: i64,
}

/// The entries of a feed, as feed-rs reads them.
pub(crate) fn entries(feed: &str) -> Vec<Entry> {
    let feed = feed_rs::parser::parse(feed.as_bytes()).unwrap();
    let entries = feed.entries.into_iter().map(|entry| Entry {
        title: plain(&entry.title.unwrap()),
        link: entry.links[0].href.clone(),
        published: entry.published.unwrap().timestamp(),
        id: entry.id,
    });
    entries.collect()
}

/// The text of a title, whichever way it is said.
fn plain(title: &feed_rs::model::Text) -> String {
    if title.content_type.subty() != "html" {
        return title.content.clone();
    }
    title
        .content
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

/// Fails unless this is well-formed by a strict XML 1.0 parser, and holds only characters that XML allows.
pub(crate) fn strict_xml(text: &str) {
    roxmltree::Document::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let illegal = |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    assert!(!text.contains(illegal), "{text}");
}

/// The subject and the content types of a message, as Python's parser reads it; fails on any defect. None without Python.
pub(crate) fn python(message: &str) -> Option<(String, String)> {
    const READ: &str = "
import sys, email, email.policy
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
defects = [d for p in m.walk() for d in p.defects] + [d for k in m.keys() for d in m[k].defects]
assert not defects, defects
sys.stdout.buffer.write((m['subject'] + '\\n' + ' '.join(p.get_content_type() for p in m.walk())).encode())
";
    let output = said("python3", &["-c", READ], message.as_bytes())?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_once('\n')
        .map(|(subject, types)| (subject.to_owned(), types.to_owned()))
}
