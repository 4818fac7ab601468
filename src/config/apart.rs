//! The files and folders of a site, no two of which may be one: each would destroy the other.

use std::path::{Component, Path, PathBuf};

use crate::config::{Config, Inbox, StoreUrl};
use crate::finding::{Finding, Rule};

/// How the program uses a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// A file that is only read, or a folder from which files are.
    Read,
    /// A file that is written.
    File,
    /// A folder into which files are written.
    Folder,
    /// A folder in which each file is taken for mail that came back.
    Maildir,
}

/// A file or folder of the site.
struct Own {
    /// Section and key that name it, where there is one.
    key: Option<(&'static str, &'static str)>,
    /// The kind of the file, if it is not just what the key names.
    what: &'static str,
    path: PathBuf,
    /// The path with its links resolved, for comparison.
    real: PathBuf,
    used: Use,
}

impl Own {
    fn new(section: &'static str, key: &'static str, path: &Path, used: Use) -> Self {
        Self {
            key: Some((section, key)),
            what: "",
            path: path.to_owned(),
            real: resolve(path),
            used,
        }
    }

    /// A path that no key names.
    fn without_key(what: &'static str, path: &Path) -> Self {
        Self {
            key: None,
            what,
            ..Self::new("", "", path, Use::Read)
        }
    }

    /// Describes the path in an error.
    fn describe(&self) -> String {
        let Some((section, key)) = self.key else {
            return self.what.to_owned();
        };
        let named = format!("`{key}` under [{section}]");
        match self.what {
            "" => named,
            what => format!("{what} beside {named}"),
        }
    }

    /// The error if two uses of one path exclude each other.
    fn clash(&self, other: &Self) -> Option<String> {
        let (one, two) = (&self.real, &other.real);
        let (first, second) = (self.describe(), other.describe());
        let is_written = self.used != Use::Read || other.used != Use::Read;
        let path = other.path.display();
        if one == two && is_written {
            return Some(format!("{first} and {second} are one path, `{path}`"));
        }
        let mail = format!(
            "{second} is in {first}: mail written there would be taken for mail that came back"
        );
        match self.used {
            Use::File if two.starts_with(one) => {
                Some(format!("{second} is in {first}, which is a file: `{path}`"))
            }
            Use::Maildir if two.starts_with(one) && other.used == Use::Folder => Some(mail),
            _ => None,
        }
    }
}

impl Config {
    /// Refuses to show what names readers, or is secret: whatever stands in the published folder is there for everybody.
    ///
    /// # Errors
    /// A finding that names the first of these files.
    pub(crate) fn refuse_published_secrets(&self) -> Result<(), Finding> {
        let mail = &self.mail;
        let mut private: Vec<PathBuf> = vec![
            self.file.clone(),
            // The file of departures is beside it.
            self.posts.lock.clone(),
            mail.outbox.folder().to_owned(),
        ];
        if let StoreUrl::Sqlite(file) = &self.store.url {
            private.push(file.clone());
        }
        let inbox = mail.inbox.as_ref().and_then(Inbox::path);
        private.extend(inbox.map(Path::to_owned));
        if let Some(dkim) = &mail.dkim {
            private.push(dkim.key.clone());
            private.extend(dkim.ed25519.as_ref().map(|second| second.key.clone()));
        }
        let Ok(shown) = self.feeds.dir.canonicalize() else {
            return Ok(());
        };
        for path in private {
            if path
                .canonicalize()
                .is_ok_and(|path| path.starts_with(&shown))
            {
                let message = format!(
                    "`{}` stands in the folder that is shown to everybody",
                    path.display()
                );
                let hint = "set `dir` under [feeds] to a folder of its own";
                return Err(Finding::error(Rule::PublishedSecret, message)
                    .in_file(&self.file)
                    .hint(hint));
            }
        }
        Ok(())
    }

    /// Refuses two files or folders of the site that are one, or of which one would destroy the other. `text` is that of
    /// the config.
    pub(super) fn refuse_shared_paths(&self, text: &str) -> Result<(), Finding> {
        let own = self.own_paths();
        let pairs = own.iter().enumerate().flat_map(|(at, other)| {
            let clash = move |one: &Own| one.clash(other).or_else(|| other.clash(one));
            own[..at]
                .iter()
                .filter_map(move |one| Some((other, one, clash(one)?)))
        });
        let among = || {
            let (one, message) = self.among_feeds(&own)?;
            Some((one, one, message))
        };
        let Some((other, one, message)) = pairs.into_iter().next().or_else(among) else {
            return Ok(());
        };
        let finding = Finding::error(Rule::SamePath, message).hint("give each a path of its own");
        let line = [other, one].into_iter().find_map(|own| {
            let (section, key) = own.key?;
            find_line(text, section, key)
        });
        let finding = match line {
            Some(line) => finding.at_line(line),
            None => finding,
        };
        Err(finding.in_file(&self.file))
    }

    /// The first file of its own that stands where feeds are written: a feed, or the generator that makes the folder anew,
    /// would destroy it. Where the folder is that of the site, only the name of a document is refused.
    fn among_feeds<'a>(&self, own: &'a [Own]) -> Option<(&'a Own, String)> {
        let dir = resolve(&self.feeds.dir);
        let is_of_site = resolve(&self.file).starts_with(&dir);
        own.iter()
            .filter(|one| one.used == Use::File)
            .find_map(|one| {
                let below = one.real.strip_prefix(&dir).ok()?;
                let is_safe = is_of_site && !self.feeds.may_write(&below.to_string_lossy());
                let (what, path) = (one.describe(), one.path.display());
                let message = format!("{what} is where feeds are written: `{path}`");
                (!is_safe).then_some((one, message))
            })
    }

    /// Every file and folder that the program writes or moves, and what it reads beside them.
    fn own_paths(&self) -> Vec<Own> {
        let lock = &self.posts.lock;
        let beside = |what, ending| Own {
            what,
            ..Own::new("posts", "lock", &lock.with_extension(ending), Use::File)
        };
        let mut own = vec![
            Own::without_key("this config", &self.file),
            Own::without_key("the folder of templates", &self.root.join("templates")),
            Own::new("posts", "dir", &self.posts.dir, Use::Read),
            Own::new("posts", "lock", lock, Use::File),
            beside("the manifest", "manifest"),
            beside("the list of departures", "departures"),
            beside("the folder of kept feeds", "sources"),
            Own::new("feeds", "dir", &self.feeds.dir, Use::Folder),
            Own::new("mail", "outbox", self.mail.outbox.folder(), Use::Folder),
        ];
        if let StoreUrl::Sqlite(file) = &self.store.url {
            own.push(Own::new("store", "url", file, Use::File));
            for (what, ending) in [
                ("SQLite's log", "-wal"),
                ("SQLite's index of its log", "-shm"),
                ("SQLite's journal", "-journal"),
                ("the lock of the sender", ".sender"),
            ] {
                let mut path = file.clone().into_os_string();
                path.push(ending);
                own.push(Own {
                    what,
                    ..Own::new("store", "url", Path::new(&path), Use::File)
                });
            }
        }
        let (ca, dkim) = (&self.mail.ca, &self.mail.dkim);
        own.extend(ca.iter().map(|ca| Own::new("mail", "ca", ca, Use::Read)));
        if let Some(dkim) = dkim {
            let second = dkim.ed25519.iter().map(|second| &second.key);
            for key in second.chain([&dkim.key]) {
                own.push(Own::new("mail", "dkim", key, Use::Read));
            }
        }
        match &self.mail.inbox {
            Some(Inbox::Maildir(folder)) => {
                own.push(Own::new("mail", "inbox", folder, Use::Maildir));
            }
            Some(Inbox::Mbox(file)) => own.push(Own::new("mail", "inbox", file, Use::Read)),
            Some(Inbox::Imap(_)) | None => {}
        }
        own
    }
}

/// The path without links and without `..`, also where its end is not there yet.
fn resolve(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut real = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            real.pop();
            continue;
        }
        real.push(part);
        if let Ok(found) = real.canonicalize() {
            real = found;
        }
    }
    real
}

/// The line on which a section sets this key, or opens the table of that name.
pub(super) fn find_line(text: &str, section: &str, key: &str) -> Option<usize> {
    let mut current = String::new();
    for (line, content) in text.lines().enumerate() {
        let content = content.trim();
        if let Some(header) = content.strip_prefix('[') {
            header
                .split(']')
                .next()
                .unwrap_or_default()
                .trim()
                .clone_into(&mut current);
            if current == format!("{section}.{key}") {
                return Some(line + 1);
            }
        }
        let Some((set, _)) = content.split_once('=') else {
            continue;
        };
        let path = match current.is_empty() {
            true => set.trim().to_owned(),
            false => format!("{current}.{}", set.trim()),
        };
        let is_within = path
            .strip_prefix(&format!("{section}.{key}"))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        if is_within {
            return Some(line + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use crate::config::Config;

    /// The error for a site with these lines in its sections.
    fn load(lines: &[(&str, &str)]) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        for made in ["post", "public", "real"] {
            fs::create_dir(folder.path().join(made)).unwrap();
        }
        symlink("post", folder.path().join("linked")).unwrap();
        symlink("real", folder.path().join("elsewhere")).unwrap();
        let mut text = "[site]\ntitle = \"T\"\nurl = \"https://h.example/\"\n".to_owned();
        for section in ["posts", "feeds", "store", "mail"] {
            text.push_str(&format!("[{section}]\n"));
            for (_, line) in lines.iter().filter(|(of, _)| *of == section) {
                text.push_str(&format!("{line}\n"));
            }
        }
        let file = folder.path().join("config.toml");
        fs::write(&file, text).unwrap();
        let found = Config::load(&file, std::iter::empty::<(String, String)>());
        let shown = |said: String| said.replace(&format!("{}/", folder.path().display()), "");
        found
            .map(|_| ())
            .map_err(|finding| shown(finding.to_string()))
    }

    #[test]
    fn two_files_or_folders_that_are_one_are_refused_with_the_line() {
        for (lines, words) in [
            (
                &[("posts", "lock = \"tidings.db\"")][..],
                "config.toml:5: `lock` under [posts] and `url` under [store] are one path, `tidings.db`",
            ),
            (
                &[("posts", "lock = \"tidings.departures\"")],
                "the list of departures",
            ),
            (
                &[("posts", "lock = \"config.toml\"")],
                "this config and `lock`",
            ),
            (
                &[("posts", "lock = \"post\"")],
                "`dir` under [posts] and `lock`",
            ),
            (
                &[("posts", "lock = \"./x/../public\"")],
                "`lock` under [posts] and `dir` under [feeds]",
            ),
            (
                &[("posts", "lock = \"tidings.db-wal\"")],
                "SQLite's log beside `url`",
            ),
            (
                &[("posts", "lock = \"tidings.db.sender\"")],
                "the lock of the sender",
            ),
            (
                &[("store", "url = \"sqlite:tidings.lock\"")],
                "config.toml:7: `lock`",
            ),
            (
                &[("store", "url = \"sqlite:tidings.manifest\"")],
                "the manifest beside `lock`",
            ),
            (
                &[("store", "url = \"sqlite:tidings.departures\"")],
                "config.toml:7: the list of departures",
            ),
            (
                &[("store", "url = \"sqlite:config.toml\"")],
                "this config and `url`",
            ),
            (
                &[("store", "url = \"sqlite:outbox\"")],
                "`outbox` under [mail] and `url`",
            ),
            (
                &[("posts", "lock = \"public/feeds.opml\"")],
                "config.toml:5: `lock` under [posts] is where feeds are written: `public/feeds.opml`",
            ),
            (
                &[("posts", "lock = \"public/x/tidings.lock\"")],
                "config.toml:5: `lock` under [posts] is where feeds are written",
            ),
            (
                &[("store", "url = \"sqlite:public/tidings.db\"")],
                "config.toml:7: `url` under [store] is where feeds are written",
            ),
            (
                &[("feeds", "dir = \".\""), ("posts", "lock = \"atom.xml\"")],
                "config.toml:5: `lock` under [posts] is where feeds are written: `atom.xml`",
            ),
            (
                &[
                    ("feeds", "dir = \".\""),
                    ("feeds", "files = { rss = \"index.xml\" }"),
                    ("store", "url = \"sqlite:index.xml\""),
                ],
                "`url` under [store] is where feeds are written: `index.xml`",
            ),
            (
                &[
                    ("feeds", "dir = \".\""),
                    ("posts", "lock = \"tag/tea/rss.xml\""),
                ],
                "`lock` under [posts] is where feeds are written",
            ),
            (
                &[("feeds", "dir = \".\""), ("posts", "lock = \"feeds.css\"")],
                "`lock` under [posts] is where feeds are written",
            ),
            (
                &[("mail", "outbox = \"public\"")],
                "config.toml:8: `dir` under [feeds] and `outbox`",
            ),
            (
                &[("mail", "outbox = \"public/\"")],
                "`dir` under [feeds] and `outbox`",
            ),
            (
                &[("mail", "outbox = \"linked\"")],
                "`dir` under [posts] and `outbox`",
            ),
            (
                &[("mail", "outbox = \"tidings.lock\"")],
                "`lock` under [posts] and `outbox`",
            ),
            (
                &[("mail", "outbox = \"templates\"")],
                "the folder of templates and `outbox`",
            ),
            (
                &[("mail", "outbox = \"tidings.db/mail\"")],
                "which is a file",
            ),
            (
                &[("feeds", "dir = \"post\"")],
                "config.toml:6: `dir` under [posts] and `dir` under [feeds]",
            ),
            (
                &[("feeds", "dir = \"templates\"")],
                "the folder of templates and `dir` under [feeds]",
            ),
            (
                &[("feeds", "dir = \"outbox\"")],
                "config.toml:6: `dir` under [feeds] and `outbox`",
            ),
            (
                &[("feeds", "dir = \"tidings.lock/x\"")],
                "is in `lock` under [posts], which is a file",
            ),
            (
                &[("mail", "inbox = \"maildir:outbox\"")],
                "`outbox` under [mail] and `inbox`",
            ),
            (
                &[
                    ("mail", "inbox = \"maildir:real\""),
                    ("mail", "outbox = \"elsewhere/new\""),
                ],
                "would be taken for mail that came back",
            ),
            (
                &[("mail", "inbox = \"mbox:tidings.db\"")],
                "`url` under [store] and `inbox`",
            ),
            (
                &[("mail", "dkim = { key = \"tidings.lock\" }")],
                "config.toml:8: `lock` under [posts] and `dkim`",
            ),
            (
                &[("mail", "ca = \"tidings.db\"")],
                "`url` under [store] and `ca`",
            ),
        ] {
            let said = load(lines).expect_err(words);
            assert!(said.contains(words), "{lines:?}: {said}");
            assert!(said.contains("give each a path of its own"), "{said}");
        }
    }

    #[test]
    fn what_only_lies_in_another_folder_is_taken() {
        for lines in [
            &[][..],
            &[("posts", "dir = \".\"")],
            &[("posts", "lock = \"post/tidings.lock\"")],
            &[("feeds", "dir = \"post/feeds\"")],
            &[("feeds", "dir = \".\"")],
            &[("posts", "dir = \"public/post\"")],
            &[("store", "url = \"sqlite:private/tidings.db\"")],
            &[("store", "url = \"postgres://localhost/tidings.lock\"")],
            &[
                ("mail", "outbox = \"mail/out\""),
                ("mail", "inbox = \"maildir:mail/in\""),
            ],
            &[
                ("mail", "ca = \"both.pem\""),
                ("mail", "dkim = { key = \"both.pem\" }"),
            ],
        ] {
            assert_eq!(load(lines), Ok(()), "{lines:?}");
        }
    }
}
