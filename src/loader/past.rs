//! The last build and the present texts of the posts: read only if the lock alone does not decide.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveTime, Utc};

use crate::loader::assets::Assets;
use crate::loader::reader::text_of;
use crate::lock::{Absence, Past};
use crate::post::dialect::Habits;
use crate::post::{Post, Signature, fingerprint_of, front};
use crate::publish::Manifest;

/// The manifest of the last build, and the files of today.
pub(super) struct Before<'a> {
    lock: &'a Path,
    manifest: OnceCell<Manifest>,
    /// The texts that several posts of the last build had.
    shared: OnceCell<HashSet<Signature>>,
    habits: &'a Habits,
    assets: &'a Assets,
    /// The files that are no posts today.
    absent: &'a HashMap<String, Absence>,
    /// The ones among them that an error leaves out.
    unreadable: &'a [String],
    /// The files that may be posts which vanished.
    possible_posts: OnceCell<Vec<String>>,
}

impl<'a> Before<'a> {
    pub(super) fn new(
        lock: &'a Path,
        habits: &'a Habits,
        assets: &'a Assets,
        absent: &'a HashMap<String, Absence>,
        unreadable: &'a [String],
    ) -> Self {
        Self {
            lock,
            manifest: OnceCell::new(),
            shared: OnceCell::new(),
            habits,
            assets,
            absent,
            unreadable,
            possible_posts: OnceCell::new(),
        }
    }

    /// Whether a post with this id is unchanged since the last build.
    pub(super) fn is_unchanged(&self, post: &Post, id: &str) -> bool {
        let post = Post {
            id: id.into(),
            ..post.clone()
        };
        self.manifest()
            .is_as_published(fingerprint_of(&post.id), fingerprint_of(&post))
    }

    /// Whether the last build had a post with this id.
    pub(super) fn has_built(&self, id: &str) -> bool {
        self.manifest().text_of(fingerprint_of(&id)).is_some()
    }

    /// Whether the posts of the last build are known.
    pub(super) fn knows_posts(&self) -> bool {
        self.manifest().knows_texts()
    }

    /// Whether the last build gave this post an address with its date, since another had the shorter one.
    pub(super) fn was_dated(&self, id: &str) -> bool {
        self.manifest().was_dated(fingerprint_of(&id))
    }

    /// The same past, with these posts as the present.
    pub(super) fn beside<'b>(&'b self, posts: &'b [Post]) -> impl Past + 'b {
        Beside {
            before: self,
            posts,
        }
    }

    /// A post's file, as the file system writes its name.
    pub(super) fn file(&self, path: &str) -> PathBuf {
        self.assets.file(path)
    }

    /// The files that may be posts which vanished: those with an error, and those that their author leaves out today and
    /// that the last build did not have. A draft that was there already is no post that has moved since.
    fn possible_posts(&self) -> &[String] {
        self.possible_posts.get_or_init(|| {
            let came = self.left_out().filter(|path| !self.was_left_out(path));
            let mut all: Vec<String> = self.unreadable.iter().chain(came).cloned().collect();
            all.sort();
            all
        })
    }

    /// The files that their authors leave out, as the next build may know them: while posts are asked about, only those that
    /// were left out before, since another may be the post in question.
    pub(super) fn list_noted_left_out(&self, is_asked: bool) -> Vec<String> {
        let noted = self.left_out();
        let noted = noted.filter(|path| !is_asked || self.was_left_out(path));
        noted.cloned().collect()
    }

    fn left_out(&self) -> impl Iterator<Item = &String> {
        let left_out = self.absent.iter();
        let left_out = left_out.filter(|(_, absence)| matches!(absence, Absence::LeftOut(_)));
        left_out.map(|(path, _)| path)
    }

    fn was_left_out(&self, path: &str) -> bool {
        self.manifest().was_left_out(fingerprint_of(&path))
    }

    fn manifest(&self) -> &Manifest {
        self.manifest.get_or_init(|| Manifest::read(self.lock))
    }
}

struct Beside<'a> {
    before: &'a Before<'a>,
    posts: &'a [Post],
}

impl Past for Beside<'_> {
    fn is_known(&self) -> bool {
        self.before.knows_posts()
    }

    fn before(&self, id: &str) -> Option<Signature> {
        self.before.manifest().text_of(fingerprint_of(&id))
    }

    fn earlier(&self, id: &str) -> Option<Signature> {
        self.before.manifest().earlier_text_of(fingerprint_of(&id))
    }

    fn is_shared(&self, text: Signature) -> bool {
        let Before { shared, .. } = self.before;
        let shared = shared.get_or_init(|| self.before.manifest().shared_texts());
        shared.contains(&text)
    }

    fn was_published(&self, id: &str) -> bool {
        self.before.manifest().has_published(fingerprint_of(&id))
    }

    fn unkept(&self) -> &[String] {
        self.before.manifest().unkept()
    }

    fn now(&self, number: usize) -> Option<Signature> {
        let file = self.before.file(&self.posts[number].path);
        signature(&file, self.before.habits)
    }

    fn is_day(&self, instant: DateTime<Utc>) -> bool {
        let zone = self.before.habits.zone;
        let here = instant.with_timezone(&zone).time();
        here == NaiveTime::MIN || instant.time() == NaiveTime::MIN
    }

    fn absence(&self, path: &str) -> Option<Absence> {
        self.before.absent.get(path).copied()
    }

    fn absent(&self, path: &str) -> Option<Signature> {
        let before = self.before;
        before.absent.contains_key(path).then(|| {
            let text = signature(&before.file(path), before.habits);
            text.unwrap_or(Signature::UNKNOWN)
        })
    }

    fn possible_posts(&self) -> &[String] {
        self.before.possible_posts()
    }
}

/// The signature of a post's text without its front matter; `None` if its file cannot be read.
pub(super) fn signature(file: &Path, habits: &Habits) -> Option<Signature> {
    let mut buffer = Vec::new();
    let text = text_of(file, &mut buffer).ok()?;
    let body = match front::split(&text, habits.rules) {
        Ok(split) => split.body,
        Err(_) => front::skip_fences(&text),
    };
    Some(Signature::from_text(body))
}
