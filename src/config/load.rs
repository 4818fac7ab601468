//! `config.toml` → [`Config`]: the file, the environment over it, and errors that show the line and the nearest right key.

use std::path::Path;

use serde::Deserialize;

use crate::config::apart::find_line;
use crate::config::discover::address_key;
use crate::config::environment::set_keys;
use crate::config::explain::{explain, explain_in, list, nearest};
use crate::config::secret::read_token_keys;
use crate::config::{Config, Digest, Inbox, MissingFolder};
use crate::file::read::{WRITTEN, read_text};
use crate::finding::{Finding, Place, Rule};

impl Config {
    /// Reads `file`, then lets each `TIDINGS_SECTION__KEY` of `environment` replace its key.
    ///
    /// # Errors
    /// One finding that names the file and line, or the variable, what was expected and the nearest right key.
    pub fn load(
        file: &Path,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Finding> {
        let text = read_text(file, WRITTEN).map_err(|error| {
            let is_missing = error.is_missing();
            let finding = error.in_file(file);
            match is_missing {
                true => finding.hint("name another with `--config FILE`"),
                false => finding,
            }
        })?;
        let environment: Vec<(String, String)> = environment.into_iter().collect();
        let mut config =
            Self::parse(&text, environment.clone()).map_err(|finding| match finding.place {
                Some(_) => finding.in_file(file),
                None => finding,
            })?;
        config.token_keys = read_token_keys(&environment)?;
        config.root = file.parent().map(Path::to_path_buf).unwrap_or_default();
        file.clone_into(&mut config.file);
        config.resolve_paths();
        config.refuse_shared_paths(&text)?;
        Ok(config)
    }

    /// Loads the config under the environment of this process.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn load_here(file: &Path) -> Result<Self, Finding> {
        // A variable that is no Unicode is none of ours.
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| name.into_string().ok().zip(value.into_string().ok()));
        Self::load(file, environment)
    }

    fn parse(
        text: &str,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Finding> {
        let mut table: toml::Table =
            toml::from_str(text).map_err(|error| explain_in(&error, text))?;
        if let Some(key) = address_key(&table).filter(|_| !table.contains_key("site")) {
            return Err(Finding::error(
                Rule::GeneratorConfig,
                "this is the config of the site's generator",
            )
            .at_line(line_of(text, key).unwrap_or(1))
            .hint(
                "give tidings a file of its own: `tidings init` writes a `tidings.toml` beside it",
            ));
        }
        let mail = table.get("mail");
        for (key, variable) in [
            ("password", "TIDINGS_MAIL__PASSWORD"),
            ("inbox_password", "TIDINGS_MAIL__INBOX_PASSWORD"),
        ] {
            if mail.is_some_and(|mail| mail.get(key).is_some()) {
                return Err(Finding::error(
                    Rule::SecretInConfig,
                    "a password does not belong in the config",
                )
                .at_line(line_of(text, key).unwrap_or(1))
                .hint(format!("set {variable} in the environment")));
            }
        }
        let dkim = mail.and_then(|mail| mail.get("dkim"));
        if dkim.is_some_and(|dkim| dkim.get("pem").is_some()) {
            return Err(Finding::error(
                Rule::SecretInConfig,
                "a private key does not belong in the config",
            )
            .at_line(
                line_of(text, "pem")
                    .or_else(|| line_of(text, "dkim"))
                    .unwrap_or(1),
            )
            .hint("name its file with `key`, or set TIDINGS_MAIL__DKIM__PEM in the environment"));
        }
        let set = set_keys(&mut table, environment)?;
        let config = match set {
            0 => toml::from_str(text).map_err(|error| explain_in(&error, text))?,
            // The environment may supply what the file lacks or has wrong, so only the merged config is checked.
            _ => Self::deserialize(toml::Value::Table(table)).map_err(|error| {
                let in_file = toml::from_str::<Self>(text)
                    .err()
                    .map(|error| explain_in(&error, text));
                in_file.unwrap_or_else(|| explain(error.message()))
            })?,
        };
        config.check(text)?;
        Ok(config)
    }

    /// Checks the rules that concern several keys.
    fn check(&self, text: &str) -> Result<(), Finding> {
        for (number, digest) in self.digests.iter().enumerate() {
            if self.digests[..number]
                .iter()
                .any(|earlier| earlier.name == digest.name)
            {
                let finding = Finding::error(
                    Rule::SameDigestName,
                    format!("there are two digests named `{}`", digest.name),
                )
                .hint("a digest's name is how readers subscribe to it: give each its own");
                return Err(match nth_digest_key(text, number, "name") {
                    Some(line) => finding.at_line(line),
                    None => finding,
                });
            }
        }
        self.check_earlier_names(text)?;
        self.check_sources(text)?;
        if let Some((key, finding)) = self.feeds.contradiction() {
            // It may stand in the environment alone.
            return Err(match line_of(text, key) {
                Some(line) => finding.at_line(line),
                None => finding,
            });
        }
        if !self.digests.is_empty() && self.mail.from.is_none() {
            return Err(Finding::error(
                Rule::MissingKey,
                "there is a digest but no `from` under [mail]",
            )
            .at_line(text.lines().count().max(1))
            .hint("expected from = \"Name <address>\""));
        }
        if let Some(Inbox::Imap(account)) = &self.mail.inbox
            && account.mailbox == self.mail.inbox_done
        {
            let finding = Finding::error(
                Rule::ConfigValue,
                "`inbox` and `inbox_done` are one mailbox",
            );
            return Err(finding
                .at_line(line_of(text, "inbox").unwrap_or(1))
                .hint("what was read moves from one to the other: name another `inbox_done`"));
        }
        Ok(())
    }

    /// A digest's earlier name is nobody's name now, and that of one digest.
    fn check_earlier_names(&self, text: &str) -> Result<(), Finding> {
        for (number, digest) in self.digests.iter().enumerate() {
            let Some(was) = &digest.was else {
                continue;
            };
            let is_name = self.digests.iter().any(|other| other.name == *was);
            let is_taken = self.digests[..number]
                .iter()
                .any(|earlier| earlier.was.as_ref() == Some(was));
            let message = match (is_name, is_taken) {
                (true, _) => format!("`was = \"{was}\"` is the name of a digest that there is"),
                (_, true) => format!("two digests say `was = \"{was}\"`"),
                _ => continue,
            };
            let finding = Finding::error(Rule::ConfigValue, message)
                .hint("`was` is the name that this digest alone had before it was renamed");
            return Err(match nth_digest_key(text, number, "was") {
                Some(line) => finding.at_line(line),
                None => finding,
            });
        }
        Ok(())
    }

    /// No feed is a source twice.
    fn check_sources(&self, text: &str) -> Result<(), Finding> {
        for (number, source) in self.sources.iter().enumerate() {
            let name = source.feed.name();
            let mut earlier = self.sources[..number].iter();
            if !earlier.any(|earlier| earlier.feed.name() == name) {
                continue;
            }
            let message = format!("`{name}` is a source twice");
            let finding = Finding::error(Rule::ConfigValue, message);
            let finding = finding.hint("take one of the two [[source]] out");
            return Err(match nth_key(text, "source", number, "feed") {
                Some(line) => finding.at_line(line),
                None => finding,
            });
        }
        Ok(())
    }

    /// The line that names this source, from 0.
    pub(crate) fn place_of_source(&self, number: usize) -> Place {
        let text = read_text(&self.file, WRITTEN).unwrap_or_default();
        Place {
            line: nth_key(&text, "source", number, "feed"),
            ..Place::from(self.file.clone())
        }
    }

    /// The line on which a section sets this key, if the file does.
    pub(crate) fn place_of_key(&self, section: &str, key: &str) -> Place {
        let text = read_text(&self.file, WRITTEN).unwrap_or_default();
        Place {
            line: find_line(&text, section, key),
            ..Place::from(self.file.clone())
        }
    }

    /// The line that sets this key of a digest, if the key has a line of its own.
    pub fn place_of_digest(&self, name: &str, key: &str) -> Place {
        let text = read_text(&self.file, WRITTEN).unwrap_or_default();
        let number = self.digests.iter().position(|digest| digest.name == name);
        let line = number.and_then(|number| nth_digest_key(&text, number, key));
        Place {
            line,
            ..Place::from(self.file.clone())
        }
    }

    fn resolve_paths(&mut self) {
        let root = &self.root;
        self.posts.resolve_paths(root);
        self.feeds.resolve_paths(root);
        self.mail.resolve_paths(root);
        self.store.resolve_paths(root);
        self.feeds.dir.clone_into(&mut self.posts.feed_dir);
        for source in &mut self.sources {
            source.resolve_paths(root);
        }
        if !self.sources.is_empty() {
            self.posts.missing = MissingFolder::Empty;
        }
    }

    /// The digest of this name.
    ///
    /// # Errors
    /// A finding that lists the names there are.
    pub fn digest(&self, name: &str) -> Result<&Digest, Finding> {
        self.digests
            .iter()
            .find(|digest| digest.name == name)
            .ok_or_else(|| {
                let names: Vec<&str> = self
                    .digests
                    .iter()
                    .map(|digest| digest.name.as_str())
                    .collect();
                let finding = Finding::error(
                    Rule::UnknownDigest,
                    format!("there is no digest named `{name}`"),
                );
                match nearest(name, &names) {
                    Some(near) => finding.hint(format!("did you mean `{near}`?")),
                    None if names.is_empty() => {
                        finding.hint("the config has no [[digest]] section")
                    }
                    None => finding.hint(format!("there is {}", list(&names))),
                }
            })
    }
}

/// The first line that sets this key, however it is written.
fn line_of(text: &str, key: &str) -> Option<usize> {
    let sets = |line: &str| {
        line.split_once('=')
            .is_some_and(|(path, _)| path.contains(key))
    };
    text.lines().position(sets).map(|line| line + 1)
}

/// The line on which the digest of this number (from 0) sets this key.
fn nth_digest_key(text: &str, number: usize, key: &str) -> Option<usize> {
    nth_key(text, "digest", number, key)
}

/// The line on which the section of this name and number (from 0) sets this key.
fn nth_key(text: &str, section: &str, number: usize, key: &str) -> Option<usize> {
    let header = format!("[[{section}]]");
    let mut seen = 0;
    for (line, content) in text.lines().enumerate() {
        if content.trim_start().starts_with(&header) {
            seen += 1;
        } else if seen == number + 1
            && content
                .split_once('=')
                .is_some_and(|(set, _)| set.trim() == key)
        {
            return Some(line + 1);
        }
    }
    None
}
