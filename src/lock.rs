//! `tidings.lock`, pure: which id a post has, for ever.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};

use crate::finding::Finding;

/// Every id that was ever given, and which store began a digest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    authority: Option<String>,
    /// By path: when published, title, id.
    posts: BTreeMap<String, (String, String, String)>,
    /// By digest: the store.
    digests: BTreeMap<String, String>,
}

/// A post that asks for its id.
#[derive(Debug, Clone, Copy)]
pub struct Unnamed<'a> {
    /// The file below the folder of posts.
    pub path: &'a str,
    /// When it was published.
    pub published: DateTime<Utc>,
    /// Its title.
    pub title: &'a str,
    /// The id of its front matter.
    pub id: Option<&'a str>,
}

/// The first field of a line that says which store began a digest.
const DIGEST: &str = "#digest";

impl Lock {
    /// Reads the file's text; an empty one is an empty lock.
    ///
    /// # Errors
    /// A finding with its line: conflict markers, a line that is none, one path with two ids.
    pub fn parse(text: &str) -> Result<Self, Finding> {
        let mut lock = Self::default();
        for (number, line) in text.lines().enumerate() {
            let at = |message: String| {
                Finding::error(message)
                    .at_line(number + 1)
                    .way_out("take the file back from version control, or mend the line")
            };
            if ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|marker| line.starts_with(marker)) {
                return Err(at("the lock holds a conflict marker".to_owned()));
            }
            match line.split('\t').collect::<Vec<_>>()[..] {
                [""] => {}
                [authority] if number == 0 => lock.authority = Some(authority.to_owned()),
                // A union of two branches may bring the first line twice.
                [authority] if lock.authority.as_deref() == Some(authority) => {}
                [DIGEST, digest, store] => _ = lock.digests.insert(digest.to_owned(), store.to_owned()),
                [path, published, title, id] => {
                    let entry = (published.to_owned(), title.to_owned(), id.to_owned());
                    if lock.posts.insert(path.to_owned(), entry).is_some_and(|(_, _, other)| other != id) {
                        return Err(at(format!("`{path}` has two ids")));
                    }
                }
                _ => return Err(at("this is no line of a lock".to_owned())),
            }
        }
        Ok(lock)
    }

    /// The file's text: the authority, the digests, then the posts by path.
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n", self.authority.as_deref().unwrap_or_default());
        for (digest, store) in &self.digests {
            text.push_str(&format!("{DIGEST}\t{digest}\t{store}\n"));
        }
        for (path, (published, title, id)) in &self.posts {
            text.push_str(&format!("{path}\t{published}\t{title}\t{id}\n"));
        }
        text
    }

    /// The ids of these posts, in order; new ones get a line. `authority` counts at the first mint only.
    pub fn assign(&mut self, authority: &str, posts: &[Unnamed<'_>]) -> Vec<String> {
        let authority = self.authority.get_or_insert_with(|| authority.to_owned()).clone();
        let stamp = |post: &Unnamed<'_>| post.published.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let mut same: BTreeMap<(String, String), Option<String>> = BTreeMap::new();
        for (published, title, id) in self.posts.values() {
            same.entry((published.clone(), title.clone()))
                .and_modify(|known| *known = known.take().filter(|known| known == id))
                .or_insert_with(|| Some(id.clone()));
        }
        let mut ids = Vec::with_capacity(posts.len());
        for post in posts {
            let title: String = post.title.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            let published = stamp(post);
            let id = match post.id {
                Some(id) => id.to_owned(),
                None => match (same.get(&(published.clone(), title.clone())), self.posts.get(post.path)) {
                    (Some(Some(id)), _) | (_, Some((_, _, id))) => id.clone(),
                    _ => mint(&authority, post),
                },
            };
            self.posts.insert(post.path.to_owned(), (published, title, id.clone()));
            ids.push(id);
        }
        ids
    }

    /// The authority of every id that is minted: the site's host at the first mint.
    pub fn authority(&self) -> &str {
        self.authority.as_deref().unwrap_or_default()
    }

    /// Which store began this digest.
    pub fn began(&self, digest: &str) -> Option<&str> {
        self.digests.get(digest).map(String::as_str)
    }

    /// Notes which store began this digest.
    pub fn begin(&mut self, digest: &str, store: &str) {
        self.digests.insert(digest.to_owned(), store.to_owned());
    }
}

/// A `tag:` URI (RFC 4151): the authority, the day of publication, the path.
fn mint(authority: &str, post: &Unnamed<'_>) -> String {
    let mut path = String::with_capacity(post.path.len());
    for byte in post.path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => path.push(char::from(byte)),
            _ => path.push_str(&format!("%{byte:02X}")),
        }
    }
    format!("tag:{authority},{}:{path}", post.published.format("%Y-%m-%d"))
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::{Lock, Unnamed};

    fn post<'a>(path: &'a str, title: &'a str) -> Unnamed<'a> {
        Unnamed { path, published: Utc.with_ymd_and_hms(2024, 3, 18, 0, 0, 0).unwrap(), title, id: None }
    }

    #[test]
    fn an_id_survives_a_rename_an_edit_and_a_new_domain() {
        let mut lock = Lock::default();
        let first = lock.assign("hums.example", &[post("a b.md", "Tea")]);
        assert_eq!(first, ["tag:hums.example,2024-03-18:a%20b.md"]);
        let mut again = Lock::parse(&lock.to_text()).unwrap();
        assert_eq!(again, lock);
        assert_eq!(again.assign("other.example", &[post("renamed.md", "Tea")]), first);
        assert_eq!(again.assign("other.example", &[post("a b.md", "Another title")]), first);
        assert_eq!(again.assign("other.example", &[post("new.md", "New")]), ["tag:hums.example,2024-03-18:new.md"]);
    }

    #[test]
    fn a_broken_lock_is_an_error_and_no_reset() {
        for (text, words) in [
            ("h\n<<<<<<< ours\n", "conflict marker"),
            ("h\na.md\tx\n", "no line of a lock"),
            ("h\na.md\tp\tt\tid1\na.md\tp\tt\tid2\n", "two ids"),
        ] {
            assert!(Lock::parse(text).unwrap_err().to_string().contains(words));
        }
    }
}
