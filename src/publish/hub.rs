//! WebSub: the feeds that the hub has not heard of, the pages it waits for before it does, and how it is told.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::config::{Feeds, Site};
use crate::feed::{Outline, make_url};
use crate::finding::{Finding, Rule};
use crate::http::{Client, NoResponse};
use crate::post::{Post, PostPrints};
use crate::publish::manifest::{Manifest, News, Waiting};

/// How many pages the hub waits for.
const MOST_WAITING: usize = 100;
/// How many feeds the hub is told of at once.
const AT_ONCE: usize = 8;
/// The time limit for telling the hub of all feeds.
const LIMIT: Duration = Duration::from_secs(30);

/// The posts of a build, the newest first.
#[derive(Debug, Clone, Copy)]
pub struct BuiltPosts<'a> {
    /// Every published post.
    pub all: &'a [Post],
    /// The fingerprints of each.
    pub prints: &'a [PostPrints],
    /// The posts that no build has published before, by the fingerprints of their ids.
    pub new: &'a BTreeSet<u64>,
}

impl Manifest {
    /// The files whose change the hub does not know of yet.
    pub fn list_untold(&self) -> Vec<String> {
        let mut untold = Vec::new();
        for (path, written) in &self.files {
            if written.news == News::Untold {
                untold.push(path.clone());
            }
        }
        untold
    }

    fn mark_told(&mut self, path: &str) {
        if let Some(written) = self.files.get_mut(path) {
            written.news = News::Told;
        }
    }

    /// Drops the waiting list once the hub knows of every feed. Returns whether it changed.
    pub fn settle(&mut self) -> bool {
        let is_settled = !self.waiting.is_empty() && self.list_untold().is_empty();
        if is_settled {
            self.waiting.clear();
        }
        is_settled
    }

    /// Notes the new posts in the feeds that the hub will be told of, since it waits until their pages answer. A vanished post
    /// leaves the list; for a whole site that appears at once, the newest posts stand for all.
    pub fn wait_for(&mut self, posts: &BuiltPosts<'_>, outlines: &[Outline], now: DateTime<Utc>) {
        let untold: BTreeSet<String> = self.list_untold().into_iter().collect();
        let mut shown: BTreeSet<usize> = BTreeSet::new();
        for outline in outlines {
            if untold.contains(&outline.path) {
                shown.extend(outline.posts());
            }
        }
        let mut waiting = BTreeMap::new();
        for (number, (post, prints)) in posts.all.iter().zip(posts.prints).enumerate() {
            // Nobody here puts the page of another site online.
            let is_own = !post.is_syndicated();
            let is_news = is_own && shown.contains(&number) && posts.new.contains(&prints.id);
            let since = match self.waiting.get(&prints.id) {
                Some(waiting) => waiting.since.min(now),
                None if is_news => now,
                None => continue,
            };
            if waiting.len() < MOST_WAITING {
                let page = post.url.to_string();
                waiting.insert(prints.id, Waiting { page, since });
            }
        }
        self.waiting = waiting;
    }

    /// The pages that the hub waits for.
    pub fn waiting_pages(&self) -> Vec<Url> {
        let pages = self.waiting.values();
        pages.filter_map(|one| Url::parse(&one.page).ok()).collect()
    }

    /// Takes the pages from the list that are not missing. Returns whether it changed.
    pub fn take_present(&mut self, missing: &[Url]) -> bool {
        let before = self.waiting.len();
        let is_missing = |page: &str| missing.iter().any(|missing| missing.as_str() == page);
        self.waiting.retain(|_, one| is_missing(&one.page));
        self.waiting.len() < before
    }

    /// Whether the hub waits for a page.
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The pages that the hub has waited for longer than this.
    pub fn late_pages(&self, now: DateTime<Utc>, patience: TimeDelta) -> Vec<&str> {
        let waiting = self.waiting.values();
        let late = waiting.filter(|one| now - one.since >= patience);
        late.map(|one| one.page.as_str()).collect()
    }

    /// Drops late pages from the waiting list.
    pub fn drop_late(&mut self, now: DateTime<Utc>, patience: TimeDelta) {
        self.waiting.retain(|_, one| now - one.since < patience);
    }
}

#[derive(Debug)]
pub(crate) struct Hub<'a> {
    address: &'a Url,
    is_private: bool,
    site: &'a Site,
}

/// The result of telling a hub.
#[derive(Debug)]
pub(crate) struct HubReport {
    /// How many feeds it knows of now.
    pub count: usize,
    /// How many feeds it was not told of.
    pub left: usize,
    /// The reasons.
    pub findings: Vec<Finding>,
}

/// A hub's answer about one feed.
enum HubReply {
    Accepted,
    /// It refuses this feed.
    Refused(String),
    /// It cannot be told of any feed.
    Down(String),
}

impl<'a> Hub<'a> {
    /// The hub of a site; `None` if the config names none.
    pub(crate) fn new(config: &'a Feeds, site: &'a Site) -> Option<Self> {
        Some(Self {
            address: config.hub.as_ref()?,
            is_private: config.hub_private,
            site,
        })
    }

    /// Tells the hub of each feed that it does not know of, by one request each, and records it in the manifest. A
    /// refused feed stops no other; if the hub is down, the rest waits for the next run.
    pub(crate) async fn tell(&self, manifest: &mut Manifest) -> HubReport {
        let client = Client::new(self.is_private);
        let deadline = Instant::now() + LIMIT;
        let untold = manifest.list_untold();
        let mut troubles: BTreeMap<String, usize> = BTreeMap::new();
        let (mut told, mut asked) = (0, 0);
        let mut is_down = false;
        while asked < untold.len() && !is_down {
            // The first one alone: a hub that is down need not hear it eight times.
            let at_once = if asked == 0 { 1 } else { AT_ONCE };
            let some = &untold[asked..untold.len().min(asked + at_once)];
            asked += some.len();
            for (path, answer) in self.ask(&client, some, deadline).await {
                let trouble = match answer {
                    HubReply::Accepted => {
                        manifest.mark_told(&path);
                        told += 1;
                        continue;
                    }
                    HubReply::Refused(trouble) => trouble,
                    HubReply::Down(trouble) => {
                        is_down = true;
                        trouble
                    }
                };
                *troubles.entry(trouble).or_default() += 1;
            }
        }
        let left = untold.len() - told;
        let mut findings = Vec::new();
        for (trouble, feeds) in troubles {
            let also = if is_down { left } else { feeds };
            let hub = self.address;
            let finding = Finding::warning(
                Rule::HubUnreached,
                format!("the hub `{hub}` was not told of {also} feeds: {trouble}"),
            );
            findings.push(finding.hint(
                "the next run tells it; a hub at home needs `hub_private = true` under [feeds]",
            ));
        }
        HubReport {
            count: told,
            left,
            findings,
        }
    }

    /// Asks for a few feeds at once.
    async fn ask(
        &self,
        client: &Client,
        paths: &[String],
        deadline: Instant,
    ) -> Vec<(String, HubReply)> {
        let mut requests = JoinSet::new();
        for path in paths {
            let (client, hub, path) = (client.clone(), self.address.clone(), path.clone());
            let feed = make_url(self.site, &path);
            requests.spawn(async move {
                let fields = [("hub.mode", "publish"), ("hub.url", feed.as_str())];
                let answer = timeout_at(deadline, client.post(&hub, &fields)).await;
                (path, answer.unwrap_or(Err(NoResponse::Silent(LIMIT))))
            });
        }
        let mut answers = Vec::new();
        for (path, answer) in requests.join_all().await {
            let answer = match answer {
                Ok(200..=299) => HubReply::Accepted,
                Ok(status @ 400..=499) => HubReply::Refused(format!("it answers {status}")),
                Ok(status) => HubReply::Down(format!("it answers {status}")),
                Err(trouble) => HubReply::Down(trouble.to_string()),
            };
            answers.push((path, answer));
        }
        answers
    }
}
