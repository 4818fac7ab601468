//! A build of a site, and what feed and mails must hold after it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use chrono::TimeDelta;
use clap::Parser as _;
use tidings::Ending;
use tidings::cli::Cli;
use tidings::clock::Clock;

use super::Site;
use super::post::marks;

impl Site {
    /// The ids that a file knows: any other may be minted again.
    fn known_ids(&self) -> BTreeSet<String> {
        let lock = fs::read_to_string(self.scene.path("tidings.lock")).unwrap_or_default();
        let ids = lock.lines().filter_map(|line| line.split('\t').nth(3));
        ids.map(str::to_owned)
            .chain(self.remembered.iter().cloned())
            .collect()
    }

    /// Builds, or builds and sends; how it ended, where something could be done.
    pub(super) fn build(&mut self, verb: &str) -> Option<Ending> {
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
    pub(super) fn end(&mut self) {
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
