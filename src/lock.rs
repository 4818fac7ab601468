//! `tidings.lock`, pure: which id a post has, for ever.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, SecondsFormat, Utc};

use crate::finding::Finding;

/// Every id that was ever given, and which store began a digest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    authority: Option<String>,
    /// By path.
    posts: BTreeMap<String, Line>,
    /// By digest: the store.
    digests: BTreeMap<String, String>,
    /// By folder: the id of a feed that another generator gave.
    feeds: BTreeMap<String, String>,
    /// The paths whose id stands in their front matter.
    named: BTreeSet<String>,
    changes: Changes,
}

/// What the lock says of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    published: String,
    title: String,
    id: String,
}

/// What became of ids since the file was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// The ids of posts that had none.
    pub new: BTreeSet<String>,
    /// Posts that kept their id though their file has another path: the old one and the new one.
    pub renamed: Vec<(String, String)>,
    /// The paths of known posts that have another id now, so that readers see them as unread.
    pub repeated: BTreeSet<String>,
    /// The paths of posts that took the id of an old feed.
    pub adopted: BTreeSet<String>,
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
/// The first field of a line that says which id a feed has from elsewhere.
const FEED: &str = "#feed";

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
            if ["<<<<<<<", "|||||||", "=======", ">>>>>>>"].iter().any(|marker| line.starts_with(marker)) {
                return Err(at("the lock holds a conflict marker".to_owned()));
            }
            match line.split('\t').collect::<Vec<_>>()[..] {
                [""] => {}
                [authority] if number == 0 => lock.authority = Some(authority.to_owned()),
                // A union of two branches may bring the first line twice.
                [authority] if lock.authority.as_deref() == Some(authority) => {}
                [DIGEST, digest, store] => _ = lock.digests.insert(digest.to_owned(), store.to_owned()),
                [FEED, folder, id] => {
                    let folder = folder.trim_start_matches('/').to_owned();
                    if lock.feeds.insert(folder, id.to_owned()).is_some_and(|other| other != id) {
                        return Err(at(format!(
                            "the feed `{}` has two ids",
                            line.split('\t').nth(1).unwrap_or_default()
                        )));
                    }
                }
                [path, published, title, id] => {
                    let entry = Line { published: published.to_owned(), title: title.to_owned(), id: id.to_owned() };
                    if lock.posts.insert(path.to_owned(), entry).is_some_and(|other| other.id != id) {
                        return Err(at(format!("`{path}` has two ids")));
                    }
                }
                _ => return Err(at("this is no line of a lock".to_owned())),
            }
        }
        Ok(lock)
    }

    /// The file's text: the authority, the digests, the feeds, then the posts by path.
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n", self.authority.as_deref().unwrap_or_default());
        for (digest, store) in &self.digests {
            text.push_str(&format!("{DIGEST}\t{digest}\t{store}\n"));
        }
        for (folder, id) in &self.feeds {
            text.push_str(&format!("{FEED}\t/{folder}\t{id}\n"));
        }
        for (path, Line { published, title, id }) in &self.posts {
            text.push_str(&format!("{path}\t{published}\t{title}\t{id}\n"));
        }
        text
    }

    /// The ids of these posts, in order; new ones get a line. `authority` counts at the first mint only.
    ///
    /// An id is the front matter's, else that of the one line with the same day and title, else that of the same path,
    /// else a new one. Whoever stayed where they were comes first, so that nobody takes an id that another still has.
    pub fn assign(&mut self, authority: &str, posts: &[Unnamed<'_>]) -> Vec<String> {
        let authority = self.authority.get_or_insert_with(|| authority.to_owned()).clone();
        let stamp = |post: &Unnamed<'_>| post.published.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let mut taken: HashSet<&str> = posts.iter().filter_map(|post| post.id).collect();
        let mut ids: Vec<Option<&str>> = posts.iter().map(|post| post.id).collect();
        for (id, post) in ids.iter_mut().zip(posts).filter(|(id, _)| id.is_none()) {
            let stayed = |line: &&Line| line.title == field(post.title) && line.published == stamp(post);
            let line = self.posts.get(post.path).filter(stayed);
            *id = line.map(|line| line.id.as_str()).filter(|id| taken.insert(id));
        }
        if ids.iter().all(Option::is_some) && posts.iter().all(|post| post.id.is_none()) {
            // Nothing has moved, as in nearly every run.
            let given = ids.into_iter().flatten().map(str::to_owned).collect();
            (self.changes, self.named) = (Changes::default(), BTreeSet::new());
            return given;
        }
        if ids.iter().any(Option::is_none) {
            let alike = self.alike();
            for (id, post) in ids.iter_mut().zip(posts).filter(|(id, _)| id.is_none()) {
                let moved = alike.get(&(stamp(post).as_str(), field(post.title).as_str())).copied().flatten();
                *id = moved.filter(|id| taken.insert(id));
            }
            for (id, post) in ids.iter_mut().zip(posts).filter(|(id, _)| id.is_none()) {
                let line = self.posts.get(post.path);
                *id = line.map(|line| line.id.as_str()).filter(|id| taken.insert(id));
            }
        }
        let known: HashMap<&str, &str> =
            self.posts.iter().map(|(path, line)| (line.id.as_str(), path.as_str())).collect();
        let mut changes = Changes::default();
        let mut minted: HashSet<String> = HashSet::new();
        let mut given: Vec<String> = Vec::with_capacity(posts.len());
        for (id, post) in ids.iter().zip(posts) {
            let id = id.map_or_else(
                || {
                    let plain = mint(&authority, post);
                    let mut id = plain.clone();
                    // Another post may have had this path on that day.
                    let mut number = 2;
                    while known.contains_key(id.as_str()) || taken.contains(id.as_str()) || !minted.insert(id.clone()) {
                        id = format!("{plain};{number}");
                        number += 1;
                    }
                    id
                },
                str::to_owned,
            );
            let before = self.posts.get(post.path);
            match known.get(id.as_str()) {
                Some(old) if before.is_none() => changes.renamed.push(((*old).to_owned(), post.path.to_owned())),
                Some(_) => {}
                None if before.is_some_and(|line| !taken.contains(line.id.as_str())) => {
                    changes.repeated.insert(post.path.to_owned());
                }
                None => _ = changes.new.insert(id.clone()),
            }
            given.push(id);
        }
        changes.renamed.sort();
        for (id, post) in given.iter().zip(posts) {
            let line = Line { published: stamp(post), title: field(post.title), id: id.clone() };
            if self.posts.get(post.path) != Some(&line) {
                self.posts.insert(post.path.to_owned(), line);
            }
        }
        self.named = posts.iter().filter(|post| post.id.is_some()).map(|post| post.path.to_owned()).collect();
        self.changes = changes;
        given
    }

    /// The one id of each day and title; none where several posts share them.
    fn alike(&self) -> HashMap<(&str, &str), Option<&str>> {
        let mut alike: HashMap<(&str, &str), Option<&str>> = HashMap::with_capacity(self.posts.len());
        for Line { published, title, id } in self.posts.values() {
            alike
                .entry((published, title))
                .and_modify(|known| *known = known.filter(|known| known == id))
                .or_insert(Some(id));
        }
        alike
    }

    /// Gives a post the id that it had in an old feed; whether it is another now. What its front matter says stays.
    pub fn adopt(&mut self, path: &str, id: &str) -> bool {
        let Some(line) = self.posts.get_mut(path).filter(|line| line.id != id && !self.named.contains(path)) else {
            return false;
        };
        // An id that was minted just now was never published.
        if !self.changes.new.remove(&line.id) {
            self.changes.repeated.insert(path.to_owned());
        }
        id.clone_into(&mut line.id);
        self.changes.adopted.insert(path.to_owned());
        true
    }

    /// Gives a feed the id that it had elsewhere; the folder of the main feed is empty.
    pub fn adopt_feed(&mut self, folder: &str, id: &str) {
        self.feeds.insert(folder.to_owned(), field(id));
    }

    /// The id that a feed has from elsewhere.
    pub fn feed_id(&self, folder: &str) -> Option<&str> {
        self.feeds.get(folder).map(String::as_str)
    }

    /// What became of ids since the file was read.
    pub fn changes(&self) -> &Changes {
        &self.changes
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

/// A text that holds neither the sign between fields nor the one between lines.
fn field(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
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

    /// A lock that knows these posts, and their ids.
    fn knowing(posts: &[Unnamed<'_>]) -> (Lock, Vec<String>) {
        let mut lock = Lock::default();
        let ids = lock.assign("hums.example", posts);
        (Lock::parse(&lock.to_text()).unwrap(), ids)
    }

    #[test]
    fn an_id_survives_a_rename_an_edit_and_a_new_domain() {
        let (lock, first) = knowing(&[post("a b.md", "Tea")]);
        assert_eq!(first, ["tag:hums.example,2024-03-18:a%20b.md"]);
        let mut again = lock.clone();
        assert_eq!(again.assign("other.example", &[post("renamed.md", "Tea")]), first);
        assert_eq!(again.changes().renamed, [("a b.md".to_owned(), "renamed.md".to_owned())]);
        assert_eq!(lock.clone().assign("other.example", &[post("a b.md", "Another title")]), first);
        assert_eq!(
            lock.clone().assign("other.example", &[post("new.md", "New")]),
            ["tag:hums.example,2024-03-18:new.md"]
        );
    }

    #[test]
    fn nobody_takes_an_id_that_another_still_has() {
        let (lock, ids) = knowing(&[post("a.md", "Weekly")]);
        // A second post of the same day and title, while the first stays.
        let both = lock.clone().assign("h", &[post("0.md", "Weekly"), post("a.md", "Weekly")]);
        assert_eq!((both[0].as_str(), &both[1]), ("tag:hums.example,2024-03-18:0.md", &ids[0]));
        // The first moves away, and another takes its path.
        let moved = lock.clone().assign("h", &[post("a.md", "Another"), post("b.md", "Weekly")]);
        assert_eq!((moved[0].as_str(), &moved[1]), ("tag:hums.example,2024-03-18:a.md;2", &ids[0]));
        // Two that are alike cannot be told apart by day and title: the path decides.
        let (mut lock, ids) = knowing(&[post("a.md", "Weekly"), post("b.md", "Weekly")]);
        assert_eq!(lock.assign("h", &[post("a.md", "Weekly"), post("b.md", "Weekly")]), ids);
        assert_eq!(lock.assign("h", &[post("c.md", "Weekly")]), ["tag:hums.example,2024-03-18:c.md"]);
    }

    #[test]
    fn a_front_matters_id_comes_first_and_a_change_of_a_known_one_is_said() {
        let (mut lock, _) = knowing(&[post("a.md", "Tea")]);
        let own = Unnamed { id: Some("tag:mine,2020:tea"), ..post("a.md", "Tea") };
        assert_eq!(lock.assign("h", &[own]), ["tag:mine,2020:tea"]);
        assert!(lock.changes().repeated.contains("a.md") && lock.changes().new.is_empty());
        assert!(!lock.adopt("a.md", "https://old.example/tea"), "what the front matter says stays");
    }

    #[test]
    fn an_adopted_id_is_kept_and_a_new_post_is_no_news_then() {
        let mut lock = Lock::default();
        lock.assign("h", &[post("a.md", "Tea")]);
        assert!(lock.adopt("a.md", "https://old.example/tea"));
        lock.adopt_feed("", "https://old.example/feed");
        assert!(lock.changes().new.is_empty() && lock.changes().repeated.is_empty());
        let mut again = Lock::parse(&lock.to_text()).unwrap();
        assert_eq!(again.assign("h", &[post("a.md", "Tea")]), ["https://old.example/tea"]);
        assert_eq!(again.feed_id(""), Some("https://old.example/feed"));
        assert!(again.adopt("a.md", "https://other.example/") && again.changes().repeated.contains("a.md"));
    }

    #[test]
    fn two_branches_that_git_put_together_line_by_line_are_one_lock() {
        let (ours, _) = knowing(&[post("a.md", "Tea"), post("b.md", "Ours")]);
        let (theirs, _) = knowing(&[post("a.md", "Tea"), post("c.md", "Theirs")]);
        for joined in [ours.to_text() + &theirs.to_text(), theirs.to_text().replace('\n', "\r\n") + &ours.to_text()] {
            let lock = Lock::parse(&joined).unwrap();
            assert_eq!(lock.to_text().lines().count(), 4, "{}", lock.to_text());
        }
    }

    #[test]
    fn a_broken_lock_is_an_error_and_no_reset() {
        for (text, words) in [
            ("h\n<<<<<<< ours\n", "conflict marker"),
            ("h\n||||||| base\n", "conflict marker"),
            ("h\na.md\tx\n", "no line of a lock"),
            ("h\nother.example\n", "no line of a lock"),
            ("h\na.md\tp\tt\tid1\na.md\tp\tt\tid2\n", "two ids"),
            ("h\n#feed\t/\tid1\n#feed\t/\tid2\n", "two ids"),
        ] {
            assert!(Lock::parse(text).unwrap_err().to_string().contains(words), "{text}");
        }
    }
}
