//! Resolves the links of a text: to another post by its file, or to an address relative to the post's own.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use url::Url;

use crate::post::body::budget::Budget;
use crate::post::{Markup, Post};

/// The places of posts in the site's list, by the last part of their paths; built for the first link that needs it.
#[derive(Debug, Default)]
pub struct Index(OnceLock<HashMap<String, Vec<usize>>>);

impl Index {
    /// The posts whose path ends with the last part of this one, in their order.
    fn find<'a>(&self, posts: &'a [Post], bare: &str) -> impl Iterator<Item = &'a Post> {
        let index = self.0.get_or_init(|| {
            let mut index: HashMap<String, Vec<usize>> = HashMap::new();
            for (place, post) in posts.iter().enumerate() {
                index
                    .entry(last(&bare_path(&post.path)).to_owned())
                    .or_default()
                    .push(place);
            }
            index
        });
        let places = index.get(last(bare)).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|place| posts.get(*place))
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// A post's path without the parts that its address lacks: the extension, and the name of a bundle's file.
fn bare_path(path: &str) -> String {
    let is_post = Markup::from_path(path).is_some_and(Markup::is_read);
    let stem = path
        .rsplit_once('.')
        .filter(|_| is_post)
        .map_or(path, |(stem, _)| stem);
    stem.strip_suffix("/index")
        .unwrap_or(stem)
        .trim_matches('/')
        .to_lowercase()
}

/// The context in which a text's links are resolved.
#[derive(Debug)]
pub(super) struct Links<'a> {
    pub(super) home: &'a Url,
    /// The post of the text.
    pub(super) post: &'a Post,
    /// Its page, the base of every relative link.
    pub(super) page: Url,
    /// Every post of the site.
    pub(super) posts: &'a [Post],
    /// How a post is found among them.
    pub(super) index: &'a Index,
    /// The addresses of other files of the site, by their paths.
    pub(super) pages: &'a BTreeMap<String, Url>,
    /// How much they may still add to the text.
    pub(super) budget: &'a Budget,
}

impl Links<'_> {
    /// Resolves a value of `href`, `src` and the like to an absolute address; `None` if it is none of the web.
    pub(super) fn resolve(&self, value: &str) -> Option<Url> {
        let value = value.trim();
        let url = match self.find_by_file(value) {
            Some(url) => url,
            None => self.page.join(value).ok()?,
        };
        matches!(
            url.scheme(),
            "http"
                | "https"
                | "mailto"
                | "tel"
                | "xmpp"
                | "irc"
                | "magnet"
                | "geo"
                | "sms"
                | "ftp"
                | "gemini"
        )
        .then_some(url)
        .filter(|url| self.budget.take(url.as_str().len()))
    }

    /// Finds the address of a file that the generator would have looked up.
    fn find_by_file(&self, value: &str) -> Option<Url> {
        if let Some(path) = value.strip_prefix("@/") {
            return self.find_post(path).or_else(|| self.guess(path));
        }
        // Pelican: `{filename}a.md`, `{static}/images/a.png`, before 3.1 `|filename|a.md`; `{` may be escaped by now.
        for (open, close) in [("{", "}"), ("%7B", "%7D"), ("|", "|"), ("%7C", "%7C")] {
            let Some((word, path)) = value
                .strip_prefix(open)
                .and_then(|rest| rest.split_once(close))
            else {
                continue;
            };
            return match word {
                "filename" => self.find_post(path).or_else(|| self.guess(path)),
                "static" | "attach" => match path.strip_prefix('/') {
                    Some(path) => self.home.join(path).ok(),
                    None => self.home.join(&self.join_path(path)).ok(),
                },
                "tag" | "category" | "author" => self
                    .home
                    .join(&format!("{word}/{}.html", crate::post::make_slug(path)))
                    .ok(),
                "index" => Some(self.home.clone()),
                _ => None,
            };
        }
        let path = value.split(['#', '?']).next().unwrap_or_default();
        let is_text = matches!(
            Markup::from_path(path),
            Some(Markup::Markdown | Markup::Mdx)
        );
        if is_text && !value.contains("://") {
            self.find_post(value)
        } else {
            None
        }
    }

    /// Joins a path to the folder of this post's file, below the folder of posts.
    fn join_path(&self, path: &str) -> String {
        let folder = self
            .post
            .path
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => _ = parts.pop(),
                part => parts.push(part),
            }
        }
        parts.join("/")
    }

    /// Finds the post that a path names, with or without its extension, from this post's folder or from the root; else the
    /// one whose path ends so. A fragment is kept.
    pub(super) fn find_post(&self, target: &str) -> Option<Url> {
        let (path, fragment) = target
            .split_once('#')
            .map_or((target, None), |(path, fragment)| (path, Some(fragment)));
        let path = path.split('?').next().unwrap_or_default();
        let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
        if path.is_empty() {
            return None;
        }
        let wanted = bare_path(&path);
        let near = if path.starts_with('/') {
            wanted.clone()
        } else {
            bare_path(&self.join_path(&path))
        };
        let mut best: Option<(u8, &Post)> = None;
        // The last part of `..` is only known once it is resolved.
        for post in self.index.find(
            self.posts,
            if last(&wanted).starts_with('.') {
                &near
            } else {
                &wanted
            },
        ) {
            let known = bare_path(&post.path);
            let rank = if known == near {
                0
            } else if known == wanted {
                1
            } else if known
                .strip_suffix(&wanted)
                .is_some_and(|before| before.ends_with('/'))
            {
                2
            } else if wanted
                .strip_suffix(&known)
                .is_some_and(|before| before.ends_with('/'))
            {
                3
            } else {
                continue;
            };
            if best.is_none_or(|(known, _)| rank < known) {
                best = Some((rank, post));
            }
        }
        let mut url = best?.1.url.to_url();
        url.set_fragment(fragment);
        Some(url)
    }

    /// Guesses the address of a page that is no post.
    pub(super) fn guess(&self, target: &str) -> Option<Url> {
        let (path, fragment) = target
            .split_once('#')
            .map_or((target, None), |(path, fragment)| (path, Some(fragment)));
        let path = path.trim_matches('/').trim_start_matches('_');
        let is_text = !path.contains('.')
            || matches!(
                Markup::from_path(path),
                Some(Markup::Markdown | Markup::Mdx)
            );
        let stem = if is_text {
            path.rsplit_once('.').map_or(path, |(stem, _)| stem)
        } else {
            path
        };
        let stem = stem
            .strip_suffix("/_index")
            .or_else(|| stem.strip_suffix("/index"))
            .unwrap_or(stem);
        let mut url = self
            .home
            .join(&if is_text && !stem.is_empty() {
                format!("{stem}/")
            } else {
                stem.to_owned()
            })
            .ok()?;
        url.set_fragment(fragment);
        Some(url)
    }
}
