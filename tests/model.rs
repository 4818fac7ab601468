//! A site through random sequences of what people do to it, against a model that knows which post is which.
//!
//! The model gives each post a mark that stands in its text and never changes, and reads the feed and the mails by it.
//! After every build a post has the id that it had, or it is left out and the run says so; no post is mailed twice; and
//! in the end every post that the feed shows has been mailed. Five losses have limits that `docs/ids.md` states, and the
//! model allows just these: without the lock, an id that no new id would be is lost; without the manifest, a post is
//! lost of which the path and one of title and date changed; so is one that comes back changed so far after a build
//! without it; an id that neither file knows any more is given to a new post that would be given it; and a post with the
//! title and day of one that is gone, and that the manifest has forgotten, is that one.
//!
//! `TIDINGS_MODEL_CASES=10000` tries so many sequences, `TIDINGS_MODEL_SEED` repeats those of a seed, which a failure
//! names.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::str::FromStr;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use clap::Parser as _;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use tidings::Ending;
use tidings::cli::Cli;
use tidings::clock::Clock;

use crate::scene::Scene;

const CASES: u32 = 200;
/// The same sequences everywhere, so that a change is judged by itself; other seeds look elsewhere.
const SEED: u64 = 1;
const CONFIG: &str = r#"
[site]
title = "Hums"
url = "https://hums.example/"
author = { name = "Ada Night" }
require_live = false
[feeds]
formats = ["json"]
page = false
opml = false
limit = 1000
[[digest]]
name = "daily"
schedule = "0 8 * * *"
to = ["editor@hums.example"]
since = "2013-01-01"
limit = 1000
[mail]
from = "Hums <news@hums.example>"
[store]
url = "sqlite:STORE"
"#;
const TITLES: [&str; 6] = ["Tea", "Rain", "Weekly", "Notes", "On cables", "Green"];
const WORDS: [&str; 32] = [
    "kettle", "pager", "night", "watch", "cable", "roof", "river", "yard", "panel", "summer",
    "fuse", "hall", "light", "machine", "station", "clock", "window", "letter", "garden", "winter",
    "engine", "bridge", "harbour", "ticket", "ladder", "copper", "signal", "paper", "shadow",
    "needle", "basin", "thread",
];

/// An action of somebody; numbers choose among what there is.
#[derive(Debug, Clone)]
enum Step {
    Write(u8),
    Edit(u8),
    /// Changes the path (1), the title (2), the date (4) of a post, or several at once.
    Change {
        post: u8,
        what: u8,
        how: u8,
    },
    /// Two posts change places.
    Swap(u8, u8),
    Delete(u8),
    Restore(u8),
    /// A post's front matter breaks, and its file may move (1).
    Break(u8, u8),
    /// A post is left out: a draft, of the future, empty, a link that leads nowhere; its file may move (4).
    Hide(u8, u8),
    Mend(u8),
    /// A post's file is copied, with its date and title, and tells of something else in one word.
    Copy(u8, u8),
    MoveStore,
    LoseLock,
    LoseManifest,
    /// Days that pass; less than nothing where a clock is set back.
    Pass(i8),
    Build,
    Run,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => any::<u8>().prop_map(Step::Write),
        2 => any::<u8>().prop_map(Step::Edit),
        8 => (any::<u8>(), 1_u8..8, any::<u8>())
            .prop_map(|(post, what, how)| Step::Change { post, what, how }),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(one, other)| Step::Swap(one, other)),
        2 => any::<u8>().prop_map(Step::Delete),
        2 => any::<u8>().prop_map(Step::Restore),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(post, how)| Step::Break(post, how)),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(post, how)| Step::Hide(post, how)),
        2 => any::<u8>().prop_map(Step::Mend),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(post, how)| Step::Copy(post, how)),
        1 => Just(Step::MoveStore),
        1 => Just(Step::LoseLock),
        1 => Just(Step::LoseManifest),
        2 => (-3_i8..20).prop_map(Step::Pass),
        5 => Just(Step::Build),
        5 => Just(Step::Run),
    ]
}

/// The path and the content of a post.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Face {
    path: String,
    title: &'static str,
    date: NaiveDate,
}

/// Why a post is in no feed though its file is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Its front matter cannot be read.
    Broken,
    Draft,
    Future,
    Empty,
    /// A link that leads nowhere.
    Link,
}

#[derive(Debug)]
struct Post {
    face: Face,
    /// The post whose words it has: itself, or the one that it is a copy of.
    words_of: usize,
    edits: u32,
    is_there: bool,
    fault: Option<Fault>,
    /// Its entry in the last feed that showed it.
    shown: Option<Face>,
    id: Option<String>,
    mails: usize,
    /// How many mails it may be in.
    allowed: usize,
    /// Whether it may take another id, as a loss has its limits.
    may_change: bool,
    /// Whether the last build was without it.
    was_away: bool,
}

impl Post {
    fn new(face: Face, words_of: usize, edits: u32) -> Self {
        Self {
            face,
            words_of,
            edits,
            is_there: true,
            fault: None,
            shown: None,
            id: None,
            mails: 0,
            allowed: 1,
            may_change: false,
            was_away: false,
        }
    }

    /// Whether it is left out where it is, and may be without an error.
    fn is_hidden(&self) -> bool {
        self.fault.is_some_and(|fault| fault != Fault::Broken)
    }
}

struct Site {
    scene: Scene,
    posts: Vec<Post>,
    /// Which post a path belonged to last.
    owners: BTreeMap<String, usize>,
    now: DateTime<Utc>,
    latest: DateTime<Utc>,
    stores: usize,
    names: usize,
    lock_is_lost: bool,
    manifest_is_lost: bool,
    /// Whether posts changed places since the last build: no path, title or date changes until the next.
    is_settled: bool,
    read: BTreeSet<String>,
    /// Every title and day that posts had together.
    pairs: BTreeSet<(&'static str, NaiveDate)>,
    /// Posts that may have got the id of one that was forgotten with the lock.
    missed: BTreeSet<usize>,
    /// The post to which each id belonged, with the title and the day that it had then.
    ids: BTreeMap<String, (usize, (&'static str, NaiveDate))>,
    /// The ids that the manifest has known since it was lost last.
    remembered: BTreeSet<String>,
    story: Vec<String>,
}

impl Site {
    fn new() -> Self {
        let now = "2024-07-01T12:00:00Z".parse().unwrap();
        let mut site = Self {
            scene: Scene::new(),
            posts: Vec::new(),
            owners: BTreeMap::new(),
            now,
            latest: now,
            stores: 0,
            names: 0,
            lock_is_lost: false,
            manifest_is_lost: false,
            is_settled: false,
            read: BTreeSet::new(),
            pairs: BTreeSet::new(),
            missed: BTreeSet::new(),
            ids: BTreeMap::new(),
            remembered: BTreeSet::new(),
            story: Vec::new(),
        };
        site.use_store();
        for number in 0..8 {
            site.write(number);
        }
        site.build("run");
        site
    }

    fn tell(&mut self, words: String) {
        self.story.push(words);
    }

    fn fail(&self, words: &str) -> ! {
        panic!("{words}\n{}", self.story.join("\n"))
    }

    fn use_store(&self) {
        let store = format!("store-{}.db", self.stores);
        fs::write(
            self.scene.path("config.toml"),
            CONFIG.replace("STORE", &store),
        )
        .unwrap();
    }

    /// The living post that a number chooses.
    fn living(&self, number: u8) -> Option<usize> {
        let living: Vec<usize> = (0..self.posts.len())
            .filter(|at| self.posts[*at].is_there)
            .collect();
        (!living.is_empty()).then(|| living[usize::from(number) % living.len()])
    }

    fn do_step(&mut self, step: &Step) {
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

    fn file(&self, path: &str) -> std::path::PathBuf {
        self.scene.path(&format!("post/{path}"))
    }

    fn save(&self, at: usize) {
        let Post { face, edits, .. } = &self.posts[at];
        let mut seed = self.posts[at].words_of as u64 * 7919 + 17;
        let mut words: Vec<String> = (0..60)
            .map(|_| {
                seed = seed
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                WORDS[(seed >> 40) as usize % WORDS.len()].to_owned()
            })
            .collect();
        // An edit changes one word, and takes back the one before.
        if *edits > 0 {
            let place = *edits as usize * 13 % words.len();
            words[place] = format!("edit{edits}");
        }
        let Face { path, title, date } = face;
        let text = words.join(" ");
        let (mut open, mut more, mut date) = ("", "", *date);
        match self.posts[at].fault {
            Some(Fault::Broken) => open = "[",
            Some(Fault::Draft) => more = "draft: true\n",
            Some(Fault::Future) => date = NaiveDate::from_ymd_opt(2094, 5, 1).unwrap(),
            _ => {}
        }
        let text = format!(
            "---\ntitle: {open}{title}\ndate: {date}\n{more}---\n{} {text}\n",
            mark(at)
        );
        let file = self.file(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        // What is written to a link would go where it leads.
        let _ = fs::remove_file(&file);
        match self.posts[at].fault {
            Some(Fault::Empty) => fs::write(file, "").unwrap(),
            Some(Fault::Link) => std::os::unix::fs::symlink("nowhere.md", file).unwrap(),
            _ => fs::write(file, text).unwrap(),
        }
    }

    fn remove(&self, at: usize) {
        fs::remove_file(self.file(&self.posts[at].face.path)).unwrap();
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

    fn write(&mut self, how: u8) {
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

    fn mend(&mut self, number: u8) {
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

    fn move_store(&mut self) {
        let old = format!("store-{}.db", self.stores);
        self.stores += 1;
        for name in self.scene.names("") {
            if let Some(rest) = name.strip_prefix(&old) {
                let new = format!("store-{}.db{rest}", self.stores);
                fs::rename(self.scene.path(&name), self.scene.path(&new)).unwrap();
            }
        }
        self.use_store();
        self.tell("move the store".to_owned());
    }

    /// The ids that a file knows: any other may be minted again.
    fn known_ids(&self) -> BTreeSet<String> {
        let lock = fs::read_to_string(self.scene.path("tidings.lock")).unwrap_or_default();
        let ids = lock.lines().filter_map(|line| line.split('\t').nth(3));
        ids.map(str::to_owned)
            .chain(self.remembered.iter().cloned())
            .collect()
    }

    /// Builds, or builds and sends; how it ended, where something could be done.
    fn build(&mut self, verb: &str) -> Option<Ending> {
        let known = self.known_ids();
        let config = self.scene.path("config.toml").display().to_string();
        let at = self.now.to_rfc3339();
        let cli = Cli::parse_from(["tidings", "--config", &config, "--at", &at, "-q", verb]);
        let ended = tidings::run(&cli, &Clock::new(cli.at), &mut Vec::new());
        self.tell(match &ended {
            Ok(ending) => format!("{verb} at {at}: {ending:?}"),
            Err(error) => format!("{verb} at {at}: {error:#}"),
        });
        if let Ok(ending) = ended {
            self.check_feed(ending, &known);
        }
        self.check_mails();
        ended.ok()
    }

    /// Whether the losses of lock and manifest have cost a post its id, by what the README says of them.
    fn is_excused(&self, at: usize) -> bool {
        let post = &self.posts[at];
        let Some(shown) = &post.shown else {
            // It may stand where one stood that the loss has forgotten.
            return self.lock_is_lost || self.manifest_is_lost || post.may_change;
        };
        let is_known = shown.path == post.face.path
            || (shown.title, shown.date) == (post.face.title, post.face.date);
        let is_forgotten = self.manifest_is_lost || post.was_away;
        self.lock_is_lost || post.may_change || is_forgotten && !is_known
    }

    /// `known` are the ids that lock or manifest knew before the build.
    fn check_feed(&mut self, ending: Ending, known: &BTreeSet<String>) {
        let feed: serde_json::Value =
            serde_json::from_str(&self.scene.read("public/feed.json")).unwrap();
        let mut shown: BTreeMap<usize, String> = BTreeMap::new();
        for item in feed["items"].as_array().unwrap() {
            let text = item["content_html"].as_str().unwrap();
            for at in marks(text) {
                shown.insert(at, item["id"].as_str().unwrap().to_owned());
            }
        }
        // This is the state before this build: the order of the posts decides nothing.
        let may_change: Vec<bool> = self.posts.iter().map(|post| post.may_change).collect();
        for at in 0..self.posts.len() {
            let is_excused = self.is_excused(at);
            let was_away = self.posts[at].was_away;
            self.posts[at].was_away = !self.posts[at].is_there || self.posts[at].is_hidden();
            let Some(id) = shown.get(&at) else {
                let is_hidden = self.posts[at].is_hidden();
                if self.posts[at].is_there && !is_hidden && ending == Ending::Done {
                    self.fail(&format!("{at} is left out unsaid"));
                }
                // The loss goes on until it is shown again.
                let is_lost = self.lock_is_lost || self.manifest_is_lost;
                if is_lost {
                    self.posts[at].may_change = true;
                }
                self.posts[at].was_away |= was_away;
                continue;
            };
            let pair = (self.posts[at].face.title, self.posts[at].face.date);
            let whose = self.ids.insert(id.clone(), (at, pair));
            if let Some((other, its_pair)) = whose.filter(|(other, _)| *other != at) {
                // Lock and manifest were lost since it was given, and the post is new at its first path and day.
                let is_forgotten = self.posts[at].id.is_none() && !known.contains(id);
                // A post with the title and day of one that is gone, and that the manifest does not know, is that one.
                let is_taken = !self.remembered.contains(id) && its_pair == pair;
                if !is_excused && !may_change[other] && !is_forgotten && !is_taken {
                    self.fail(&format!("{at} has the id of {other}: {id}"));
                }
                self.missed.insert(at);
                if self.posts[other].id.as_ref() == Some(id) {
                    self.posts[other].may_change = true;
                }
            }
            if self.posts[at].id.as_ref().is_some_and(|old| old != id) {
                if !is_excused {
                    self.fail(&format!(
                        "{at} has another id: {id}, not {:?}",
                        self.posts[at].id
                    ));
                }
                self.posts[at].allowed += 1;
            }
            let post = &mut self.posts[at];
            post.id = Some(id.clone());
            post.shown = Some(post.face.clone());
            post.may_change = false;
            self.owners.insert(post.face.path.clone(), at);
        }
        self.remembered.extend(shown.into_values());
        self.lock_is_lost = false;
        self.manifest_is_lost = false;
        self.is_settled = false;
    }

    fn check_mails(&mut self) {
        for name in self.scene.names("outbox") {
            if !self.read.insert(name.clone()) {
                continue;
            }
            let mail = self.scene.read(&format!("outbox/{name}"));
            for at in marks(&mail.replace("=\r\n", "").replace("=\n", "")) {
                self.posts[at].mails += 1;
                if self.posts[at].mails > self.posts[at].allowed {
                    self.fail(&format!("{at} is mailed twice"));
                }
            }
        }
    }

    /// Two days after the latest there was, everything that the feed shows has been mailed, or the run says what is not.
    fn end(&mut self) {
        while self.posts.iter().any(|post| post.fault.is_some()) {
            self.mend(0);
        }
        self.now = self.latest + TimeDelta::days(2);
        self.build("run");
        self.now += TimeDelta::days(2);
        if self.build("run") != Some(Ending::Done) {
            return;
        }
        for (at, post) in self.posts.iter().enumerate() {
            if post.is_there && post.mails == 0 && !self.missed.contains(&at) {
                self.fail(&format!("{at} was never mailed"));
            }
        }
    }
}

/// The beginning of a mark: long enough for no token of a mail to hold it by chance.
const MARK: &str = "postmark";

fn mark(at: usize) -> String {
    format!("{MARK}{at:04}z")
}

/// The posts whose marks stand in a text.
fn marks(text: &str) -> BTreeSet<usize> {
    let starts = text
        .match_indices(MARK)
        .map(|(start, _)| &text[start + MARK.len()..]);
    starts
        .filter(|rest| rest.get(4..5) == Some("z"))
        .filter_map(|rest| rest[..4].parse().ok())
        .collect()
}

fn number<T: FromStr>(name: &str) -> Option<T> {
    env::var(name).ok()?.parse().ok()
}

#[test]
fn no_post_is_mailed_twice_or_left_out_unsaid_whatever_is_done_to_a_site() {
    let cases = number("TIDINGS_MODEL_CASES").unwrap_or(CASES);
    let seed: u64 = number("TIDINGS_MODEL_SEED").unwrap_or(SEED);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 60,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let tried = runner.run(&vec(step(), 1..40), |steps| {
        let mut site = Site::new();
        for step in &steps {
            site.do_step(step);
        }
        site.end();
        Ok(())
    });
    match tried {
        Ok(()) => {}
        Err(TestError::Fail(why, steps)) => {
            panic!("TIDINGS_MODEL_SEED={seed}: {why}\n{steps:?}")
        }
        Err(error) => panic!("TIDINGS_MODEL_SEED={seed}: {error}"),
    }
}
