//! What each step does to a site, where the model allows it.

use std::fs;

use chrono::{Days, NaiveDate, TimeDelta};

use super::Site;
use super::post::{Face, Fault, Post};
use super::step::Step;

const TITLES: [&str; 6] = ["Tea", "Rain", "Weekly", "Notes", "On cables", "Green"];

impl Site {
    pub(super) fn do_step(&mut self, step: &Step) {
        match *step {
            Step::Write(how) => self.write(how),
            Step::Edit(number) => {
                if let Some(at) = self.living(number) {
                    self.posts[at].edits += 1;
                    self.save(at);
                    self.tell(format!("edit {at}"));
                }
            }
            Step::Change { post, what, how } => self.change(post, what, how),
            Step::Swap(one, other) => self.swap(one, other),
            Step::Delete(number) => self.delete(number),
            Step::Restore(number) => self.restore(number),
            Step::Break(number, how) => self.break_matter(number, how),
            Step::Hide(number, how) => self.hide(number, how),
            Step::Mend(number) => self.mend(number),
            Step::Copy(number, how) => self.copy(number, how),
            Step::MoveStore => self.move_store(),
            Step::LoseLock => {
                if fs::remove_file(self.scene.path("tidings.lock")).is_ok() {
                    self.lock_is_lost = true;
                    self.tell("lose the lock".to_owned());
                }
            }
            Step::LoseManifest => {
                if fs::remove_file(self.scene.path("tidings.manifest")).is_ok() {
                    self.manifest_is_lost = true;
                    self.remembered.clear();
                    self.tell("lose the manifest".to_owned());
                }
            }
            Step::Pass(days) => {
                self.now += TimeDelta::days(i64::from(days));
                self.latest = self.latest.max(self.now);
                self.tell(format!("{days} days pass"));
            }
            Step::Build => _ = self.build("build"),
            Step::Run => _ = self.build("run"),
        }
    }

    /// A path that a post has left since the last build and nobody has taken, and the post.
    /// Not that of its copy, or of what it is a copy of: nobody sees that such two are not one.
    fn left_path(&self, words_of: usize) -> Option<String> {
        // One that the last build did not have has left nothing since: a post at its path may be it, come back.
        let living = self.posts.iter();
        let living = living.filter(|post| {
            post.is_there && !post.was_away && post.fault.is_none() && post.words_of != words_of
        });
        let mut left = living.filter_map(|post| post.shown.as_ref().map(|face| &face.path));
        left.find(|path| !self.posts.iter().any(|post| post.face.path == **path))
            .cloned()
    }

    fn new_path(&mut self, words_of: usize, how: u8) -> String {
        // Whoever takes it over must not be left alone with it.
        if let Some(path) = self.left_path(words_of).filter(|_| how & 32 != 0) {
            self.is_settled = true;
            return path;
        }
        self.names += 1;
        let name = format!("p{}", self.names);
        match how % 4 {
            0 => format!("{name}.md"),
            1 => format!("{name}/index.md"),
            2 => format!("2024-01-0{}-{name}.md", 1 + how % 9),
            _ => format!("s{}/{name}.md", how % 3),
        }
    }

    /// A title and a day that no other post ever had together: two that have are one post by design.
    fn new_pair(
        &self,
        at: usize,
        title: &'static str,
        date: NaiveDate,
    ) -> (&'static str, NaiveDate) {
        let mut date = date;
        let is_taken = |date| {
            self.posts.iter().enumerate().any(|(other, post)| {
                let faces = [Some(&post.face), post.shown.as_ref()];
                other != at
                    && faces
                        .into_iter()
                        .flatten()
                        .any(|face| (face.title, face.date) == (title, date))
            })
        };
        while is_taken(date) {
            date = date + Days::new(1);
        }
        (title, date)
    }

    pub(super) fn write(&mut self, how: u8) {
        let at = self.posts.len();
        let path = self.new_path(at, how);
        let day = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + Days::new(u64::from(how / 6 % 8));
        let (title, mut date) = self.new_pair(at, TITLES[usize::from(how) % TITLES.len()], day);
        // A new post with those of one that is long gone is that one, come back.
        while self.pairs.contains(&(title, date)) {
            date = date + Days::new(1);
        }
        self.posts
            .push(Post::new(Face { path, title, date }, at, 0));
        self.pairs.insert((title, date));
        self.save(at);
        self.tell(format!("write {at}: {:?}", self.posts[at].face));
    }

    /// Whether a copy of a post, or the post as a copy, has been in no feed yet: then each of both is known by its path,
    /// or by its date and title.
    fn has_new_copy(&self, at: usize) -> bool {
        let words_of = self.posts[at].words_of;
        let alike = self.posts.iter().enumerate();
        let mut alike = alike.filter(|(_, post)| post.is_there && post.words_of == words_of);
        alike.any(|(other, post)| other != words_of && post.shown.is_none())
    }

    /// Whether a copy of a post, or the post as a copy, had an id and does not stand as it stood: a new copy may be that one
    /// at another path, and nobody could tell.
    fn has_lost_copy(&self, at: usize) -> bool {
        let of = &self.posts[at];
        let others = self.posts.iter().enumerate();
        let mut alike = others.filter(|(other, post)| *other != at && post.words_of == of.words_of);
        alike.any(|(_, post)| {
            let (title, date) = (of.face.title, of.face.date);
            let stands =
                post.is_there && post.fault.is_none() && post.shown.as_ref() == Some(&post.face);
            let is_same = (post.face.title, post.face.date) == (title, date);
            post.id.is_some() && !(stands && is_same)
        })
    }

    fn change(&mut self, number: u8, what: u8, how: u8) {
        let Some(at) = self.living(number).filter(|_| !self.is_settled) else {
            return;
        };
        if self.posts[at].is_hidden() {
            return;
        }
        let mut face = self.posts[at].face.clone();
        let (mut what, mut how) = (what, how);
        if self.has_new_copy(at) {
            how &= !32;
            let shown = self.posts[at].shown.as_ref().unwrap_or(&face);
            let is_moved = shown.path != face.path;
            let is_edited = (shown.title, shown.date) != (face.title, face.date);
            what &= if is_moved || what & 1 != 0 && !is_edited {
                1
            } else {
                6
            };
        }
        self.remove(at);
        if what & 1 != 0 {
            let stem = face.path.rsplit('/').next().unwrap_or_default().to_owned();
            let moved = format!("m{}/{stem}", how % 4);
            // A folder moves, or the file gets another name.
            let is_free = !self.owners.contains_key(&moved)
                && !self.posts.iter().any(|post| post.face.path == moved)
                && !stem.starts_with("index.");
            face.path = if how & 64 != 0 && is_free {
                moved
            } else {
                self.new_path(self.posts[at].words_of, how)
            };
        }
        if what & 2 != 0 {
            face.title = TITLES[usize::from(how / 2) % TITLES.len()];
        }
        if what & 4 != 0 {
            face.date = face.date + Days::new(u64::from(how % 5));
        }
        if what & 6 != 0 {
            (face.title, face.date) = self.new_pair(at, face.title, face.date);
        }
        self.pairs.insert((face.title, face.date));
        self.posts[at].face = face;
        self.save(at);
        self.tell(format!("change {at}: {:?}", self.posts[at].face));
    }

    fn swap(&mut self, one: u8, other: u8) {
        let (Some(one), Some(other)) = (self.living(one), self.living(other)) else {
            return;
        };
        let is_as_shown = |at: usize| {
            let post = &self.posts[at];
            post.fault.is_none() && post.shown.as_ref() == Some(&post.face)
        };
        // Of a post and its copy nobody sees that they changed places.
        let are_alike = self.posts[one].words_of == self.posts[other].words_of;
        if are_alike || self.is_settled || !is_as_shown(one) || !is_as_shown(other) {
            return;
        }
        let other_path = self.posts[other].face.path.clone();
        let path = std::mem::replace(&mut self.posts[one].face.path, other_path);
        self.posts[other].face.path = path;
        self.save(one);
        self.save(other);
        self.is_settled = true;
        self.tell(format!("swap {one} and {other}"));
    }

    fn delete(&mut self, number: u8) {
        let Some(at) = self.living(number).filter(|_| !self.is_settled) else {
            return;
        };
        // A copy of what is gone is that post, moved.
        if self.has_new_copy(at) && self.posts[at].shown.is_some() {
            return;
        }
        self.remove(at);
        self.posts[at].is_there = false;
        self.posts[at].fault = None;
        self.tell(format!("delete {at}"));
    }

    /// Brings a post back as it was shown last, where no other has its place.
    fn restore(&mut self, number: u8) {
        let gone: Vec<usize> = (0..self.posts.len())
            .filter(|at| !self.posts[*at].is_there)
            .collect();
        if gone.is_empty() {
            return;
        }
        let at = gone[usize::from(number) % gone.len()];
        let face = self.posts[at]
            .shown
            .clone()
            .unwrap_or_else(|| self.posts[at].face.clone());
        let is_free = !self
            .posts
            .iter()
            .any(|post| post.is_there && post.face.path == face.path)
            && self.owners.get(&face.path).is_none_or(|owner| *owner == at)
            && self.new_pair(at, face.title, face.date) == (face.title, face.date);
        if is_free {
            self.posts[at].face = face;
            self.posts[at].is_there = true;
            self.save(at);
            self.tell(format!("restore {at}: {:?}", self.posts[at].face));
        }
    }

    fn break_matter(&mut self, number: u8, how: u8) {
        let whole = |at: &usize| self.posts[*at].fault.is_none();
        let Some(at) = self.living(number).filter(whole) else {
            return;
        };
        self.posts[at].fault = Some(Fault::Broken);
        if how & 1 != 0 && !self.is_settled {
            self.remove(at);
            self.posts[at].face.path = self.new_path(at, (how / 2) & !32);
        }
        self.save(at);
        self.tell(format!("break {at}: {:?}", self.posts[at].face));
    }

    fn hide(&mut self, number: u8, how: u8) {
        let whole = |at: &usize| self.posts[*at].fault.is_none();
        let Some(at) = self.living(number).filter(whole) else {
            return;
        };
        let post = &self.posts[at];
        let shown = post.shown.as_ref().unwrap_or(&post.face);
        let is_edited = (shown.title, shown.date) != (post.face.title, post.face.date);
        let mut has_moved = shown.path != post.face.path;
        // Beside a copy only the text tells which of both it is.
        let may_move = !(self.is_settled || is_edited && self.has_new_copy(at));
        if how & 4 != 0 && may_move && !has_moved {
            self.remove(at);
            self.posts[at].face.path = self.new_path(at, (how / 8) & !32);
            has_moved = true;
        }
        let ways = [Fault::Draft, Fault::Future, Fault::Empty, Fault::Link];
        let mut fault = ways[usize::from(how) % ways.len()];
        // With a date in its name an empty file is a post. Elsewhere nothing says of an empty one that it is the post.
        let is_empty = matches!(fault, Fault::Empty | Fault::Link);
        if is_empty && (has_moved || self.posts[at].face.path.contains("2024-")) {
            fault = Fault::Draft;
        }
        self.posts[at].fault = Some(fault);
        self.save(at);
        self.tell(format!("hide {at}: {fault:?} {:?}", self.posts[at].face));
    }

    pub(super) fn mend(&mut self, number: u8) {
        let broken: Vec<usize> = (0..self.posts.len())
            .filter(|at| self.posts[*at].fault.is_some())
            .collect();
        if broken.is_empty() {
            return;
        }
        let at = broken[usize::from(number) % broken.len()];
        self.posts[at].fault = None;
        self.save(at);
        self.tell(format!("mend {at}"));
    }

    fn copy(&mut self, number: u8, how: u8) {
        let Some(of) = self.living(number).filter(|_| !self.is_settled) else {
            return;
        };
        let post = &self.posts[of];
        if post.fault.is_some() || post.shown.as_ref() != Some(&post.face) || self.has_new_copy(of)
        {
            return;
        }
        if self.has_lost_copy(of) {
            return;
        }
        let (words_of, edits) = (post.words_of, post.edits);
        let face = Face {
            path: self.new_path(words_of, how & !32),
            ..self.posts[of].face.clone()
        };
        let at = self.posts.len();
        self.posts.push(Post::new(face, words_of, edits));
        self.save(at);
        self.tell(format!("copy {of} to {at}: {:?}", self.posts[at].face));
    }
}
