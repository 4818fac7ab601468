//! `[posts]`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de::Error};

use crate::config::permalink::read_permalink;

/// The place of the posts, and how they are read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Posts {
    /// The folder that is walked.
    pub dir: PathBuf,
    /// The generator whose conventions the posts follow.
    pub dialect: Dialect,
    /// The pattern of a post's address; without it the dialect's own.
    #[serde(deserialize_with = "read_permalink")]
    pub permalink: Option<String>,
    /// Whether drafts are taken in.
    pub drafts: bool,
    /// Whether posts dated after now are taken in.
    pub future: bool,
    /// Whether git's first and last commit of a file date a post that does not say.
    pub git_dates: bool,
    /// The file that keeps every post's id.
    #[serde(deserialize_with = "read_lock")]
    pub lock: PathBuf,
    /// The config's folder.
    #[serde(skip)]
    pub(crate) root: PathBuf,
    /// The folder of the feeds: what is written there is no post.
    #[serde(skip)]
    pub(crate) feed_dir: PathBuf,
    /// The meaning of a missing folder.
    #[serde(skip)]
    pub(crate) missing: MissingFolder,
}

impl Default for Posts {
    fn default() -> Self {
        Self {
            dir: "post".into(),
            dialect: Dialect::Auto,
            permalink: None,
            drafts: false,
            future: false,
            git_dates: false,
            lock: "tidings.lock".into(),
            root: PathBuf::new(),
            feed_dir: PathBuf::new(),
            missing: MissingFolder::default(),
        }
    }
}

/// The meaning of a missing folder of posts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum MissingFolder {
    /// A fault.
    #[default]
    Fault,
    /// The posts come by feeds.
    Empty,
}

/// A file whose name leaves room for the manifest beside it.
fn read_lock<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    let lock = PathBuf::deserialize(deserializer)?;
    let named = |text: String| Err(D::Error::custom(text));
    if lock.file_name().is_none() {
        return named(format!(
            "`{}` names no file\nexpected something like tidings.lock",
            lock.display()
        ));
    }
    let is_manifest = |ending: &std::ffi::OsStr| ending.eq_ignore_ascii_case("manifest");
    if lock.extension().is_some_and(is_manifest) {
        return named(format!(
            "`{}` is where the manifest goes, which lies beside the lock\nexpected something like {}",
            lock.display(),
            lock.with_extension("lock").display()
        ));
    }
    Ok(lock)
}

impl Posts {
    pub(super) fn resolve_paths(&mut self, root: &Path) {
        self.dir = root.join(&self.dir);
        self.lock = root.join(&self.lock);
        root.clone_into(&mut self.root);
    }
}

/// Defines the dialects, and the word for each in a config.
macro_rules! dialects {
    ($($(#[$doc:meta])+ $dialect:ident $word:literal,)+) => {
        /// The generator whose habits the posts follow.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
        pub enum Dialect {
            $($(#[$doc])+ #[serde(rename = $word)] $dialect,)+
        }

        impl Dialect {
            /// Every dialect.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$dialect),+];

            /// The word for it in a config.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$dialect => $word,)+
                }
            }
        }
    };
}

dialects! {
    /// Decided from what stands in and beside the folder.
    Auto "auto",
    /// Hugo.
    Hugo "hugo",
    /// Zola.
    Zola "zola",
    /// Jekyll.
    Jekyll "jekyll",
    /// Eleventy.
    Eleventy "eleventy",
    /// Pelican.
    Pelican "pelican",
    /// Astro.
    Astro "astro",
    /// Docusaurus.
    Docusaurus "docusaurus",
    /// Nikola.
    Nikola "nikola",
    /// VitePress.
    VitePress "vitepress",
    /// mdBook.
    MdBook "mdbook",
    /// Obsidian.
    Obsidian "obsidian",
    /// No front matter: a verse, a title that leads with its date, a paragraph a line.
    Plain "plain",
}
