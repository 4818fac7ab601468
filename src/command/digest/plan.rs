//! What a digest is about to do: which posts are news, in which slot, and what is known from the beginning.

use std::collections::HashSet;

use anyhow::bail;
use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use url::Url;

use crate::cli::Choice;
use crate::command::Session;
use crate::command::live::PATIENCE;
use crate::config::{Day, Digest, Schedule};
use crate::digest::{due, find, first_after, last_before, news, refuse_the_archive};
use crate::loader::Loaded;
use crate::lock::Lock;
use crate::post::Post;
use crate::store::Store;

/// When a digest is sent.
#[derive(Debug, Clone, Copy)]
pub(in crate::command) enum When<'a> {
    /// In its slot.
    Due,
    /// At once, with the posts that a person chose or the news.
    Now(&'a Choice),
}

/// What a digest is about to do.
pub(super) struct Plan<'a> {
    /// The posts to announce.
    pub(super) news: Vec<&'a Post>,
    /// The slot that it fills; none where it is sent by hand.
    pub(super) slot: Option<i64>,
    /// Whether the schedule lets so few posts go.
    enough: bool,
    /// Whether it has never run.
    first: bool,
    /// Whether a person said from which day on.
    by_day: bool,
    /// The posts that are known from now on without having been announced.
    known: Vec<String>,
    /// The last slot that counts as past when it begins.
    begins_after: i64,
    /// How many posts wait because their pages are not there yet.
    held_back: usize,
    /// Until when the others wait with them: one mail says it all, where a page is only late.
    waits_until: Option<DateTime<Utc>>,
}

impl<'a> Plan<'a> {
    /// The posts of each issue: one for all, or one each, the oldest first.
    pub(super) fn issues(&self, digest: &Digest) -> Vec<Vec<&'a Post>> {
        if self.enough {
            issues_of(digest, &self.news)
        } else {
            Vec::new()
        }
    }

    /// Leaves out the posts with these pages, which are not there yet.
    pub(super) fn hold_back(&mut self, digest: &Digest, missing: &[Url], now: DateTime<Utc>) {
        let before = self.news.len();
        let missing: HashSet<&str> = missing.iter().map(Url::as_str).collect();
        self.news
            .retain(|post| !missing.contains(post.url.as_str()));
        self.held_back = before - self.news.len();
        let waits = self.waits_until.is_some_and(|until| now < until);
        self.enough &= self.held_back == 0 || !waits && self.news.len() >= digest.min_posts;
    }

    /// Whether a post waits because its page is not there yet.
    pub(super) fn holds_back(&self) -> bool {
        self.held_back > 0
    }

    /// Why there is no issue.
    pub(super) fn why_nothing(&self, digest: &Digest) -> String {
        match self.news.len() {
            0 if self.held_back > 0 => {
                format!("{}: {} new, not there yet", digest.name, self.held_back)
            }
            some if self.held_back > 0 => {
                format!(
                    "{}: {} new, waits for {} not there yet",
                    digest.name,
                    some + self.held_back,
                    self.held_back
                )
            }
            0 => format!("{}: nothing new", digest.name),
            some => format!(
                "{}: {some} new, waits until there are {}",
                digest.name, digest.min_posts
            ),
        }
    }

    /// That posts are known without having been announced, and how to include more.
    pub(super) fn what_is_known(&self, digest: &Digest) -> Option<String> {
        let (known, news, name) = (self.known.len(), self.news.len(), &digest.name);
        let posts = if known == 1 {
            "1 post is"
        } else {
            &format!("{known} posts are")
        };
        let are = if news == 1 { "is" } else { "are" };
        let said =
            format!("{name}: {posts} known from now on and will not be mailed, {news} {are} news");
        match known {
            0 => None,
            _ if self.by_day => Some(said),
            _ => Some(format!(
                "{said}\n{name}: more of them with `tidings digest {name} --since DATE`"
            )),
        }
    }

    /// Whether a post was announced before, and so a person should be asked.
    pub(super) async fn repeats(
        &self,
        store: &Store,
        digest: &Digest,
        relay: bool,
    ) -> anyhow::Result<bool> {
        let carried = store.carried(&digest.name, relay).await?;
        Ok(self.news.iter().any(|post| carried.contains(&*post.id)))
    }
}

/// The posts of each issue that carries these: one for all, or one each, the oldest first.
pub(super) fn issues_of<'a>(digest: &Digest, posts: &[&'a Post]) -> Vec<Vec<&'a Post>> {
    match digest.schedule {
        _ if posts.is_empty() => Vec::new(),
        Schedule::Each => {
            let mut posts = posts.to_vec();
            posts.sort_by_key(|post| (post.published, &*post.path));
            posts.into_iter().map(|post| vec![post]).collect()
        }
        Schedule::Cron(_) => vec![posts.to_vec()],
    }
}

/// What is due; none where it is not yet time.
pub(super) async fn plan<'a>(
    session: &Session<'_>,
    store: &Store,
    digest: &Digest,
    loaded: &'a Loaded,
    when: When<'_>,
    now: DateTime<Utc>,
) -> anyhow::Result<Option<Plan<'a>>> {
    let relay = session.config.mail.smtp.is_some();
    let zone = digest.zone(&session.config.site);
    // Where summer time begins at midnight, the day begins at one.
    let first_hour = |day: NaiveDate, hour| {
        zone.from_local_datetime(&day.and_hms_opt(hour, 0, 0)?)
            .earliest()
    };
    let midnight = |day: Day| Some((0..3).find_map(|hour| first_hour(day.0, hour))?.to_utc());
    let last_slot = store.last_slot(&digest.name).await?;
    let first = last_slot.is_none();
    let choice = match when {
        When::Due => &Choice::default(),
        When::Now(choice) => choice,
    };
    match choice.new_store {
        true if !first => bail!(
            "the digest `{}` has begun in this store: there is nothing to begin anew",
            digest.name
        ),
        true => {}
        false => refuse_another_store(&loaded.lock, digest, store, first)?,
    }

    let mut announced = store.announced(&digest.name, relay).await?;
    let ever = if relay {
        &store.announced(&digest.name, false).await?
    } else {
        &announced
    };
    let credible = refuse_the_archive(digest, &session.config.site, &loaded.posts, ever);
    let since = choice.since.and_then(midnight);
    // A store that takes another's place knows what the other may have sent, which the config's day does not tell.
    let began = digest
        .since
        .filter(|_| first && !choice.new_store)
        .and_then(midnight);
    // Older posts than a person's day are news all the same, unless they look like the archive of another life.
    let begins_anew = first || credible.is_err();
    let is_known = |post: &&Post| match since.or(began) {
        Some(since) => begins_anew && post.published < since,
        None => first,
    };
    let mut known: HashSet<String> = loaded
        .posts
        .iter()
        .filter(is_known)
        .map(|post| post.id.to_string())
        .filter(|id| !announced.contains(id))
        .collect();
    let news = if choice.posts.is_empty() && since.is_none() {
        credible?;
        announced.extend(known.iter().cloned());
        news(digest, &session.config.site, &loaded.posts, &announced)
    } else {
        chosen(session, store, digest, loaded, choice, since).await?
    };
    for post in &news {
        known.remove(&*post.id);
    }

    let past = |cron| last_before(cron, zone, now).unwrap_or(now.timestamp());
    // With `since` the last slot that is past is due at once, without it the next is the first.
    let begins_after = match &digest.schedule {
        Schedule::Cron(cron) if began.is_some() => past(cron) - 1,
        Schedule::Cron(cron) => past(cron),
        Schedule::Each => i64::MIN,
    };
    let slot = match (&digest.schedule, when) {
        (_, When::Now(_)) => None,
        (Schedule::Each, When::Due) => Some(now.timestamp()),
        (Schedule::Cron(cron), When::Due) => {
            match due(cron, zone, last_slot.unwrap_or(begins_after), now) {
                Some(slot) => Some(slot),
                // Though nothing is due, the first run has to note that it began.
                None if first => Some(past(cron)),
                None => return Ok(None),
            }
        }
    };
    let waits_until = match &digest.schedule {
        // From the first slot that was missed on, so that a page that never comes does not stop the digest.
        Schedule::Cron(cron) => {
            first_after(cron, zone, last_slot.unwrap_or(begins_after)).map(|slot| slot + PATIENCE)
        }
        Schedule::Each => None,
    };
    let enough = news.len() >= digest.min_posts || matches!(when, When::Now(_));
    let mut known: Vec<String> = known.into_iter().collect();
    known.sort();
    let by_day = choice.since.is_some();
    Ok(Some(Plan {
        news,
        slot,
        enough,
        first,
        by_day,
        known,
        begins_after,
        held_back: 0,
        waits_until,
    }))
}

/// The posts that a person chose, by name or from a day on.
async fn chosen<'a>(
    session: &Session<'_>,
    store: &Store,
    digest: &Digest,
    loaded: &'a Loaded,
    choice: &Choice,
    since: Option<DateTime<Utc>>,
) -> anyhow::Result<Vec<&'a Post>> {
    let (site, relay) = (&session.config.site, session.config.mail.smtp.is_some());
    let carried = store.carried(&digest.name, relay).await?;
    if choice.posts.is_empty() {
        let mut news = news(digest, site, &loaded.posts, &carried);
        news.retain(|post| since.is_none_or(|since| post.published >= since));
        return Ok(news);
    }
    let chosen = find(digest, &loaded.posts, &choice.posts)?;
    for post in &chosen {
        session.say(&format!("{}: {} “{}”", digest.name, post.path, post.title));
    }
    if let Some(post) = chosen
        .iter()
        .find(|post| !choice.again && carried.contains(&*post.id))
    {
        bail!(
            "an issue has carried `{}` already\n  add `--again` to send it once more, as a correction",
            post.path
        );
    }
    Ok(chosen)
}

/// A lost store must not mail the archive again: the lock says which store began the digest.
fn refuse_another_store(
    lock: &Lock,
    digest: &Digest,
    store: &Store,
    first: bool,
) -> anyhow::Result<()> {
    match lock.began(&digest.name) {
        Some(began) if first && began != store.name() => bail!(
            "the digest `{name}` was begun by another store ({began}), and this one is empty\n  \
             bring the old store back (`url` under [store]), or begin anew with `tidings digest {name} --new-store`: \
             every post is known then, and only what comes is news",
            name = digest.name
        ),
        _ => Ok(()),
    }
}

/// Notes what is known from now on; on the first run also that the digest has begun, in the store and in the lock.
pub(super) async fn begin(
    session: &mut Session<'_>,
    store: &Store,
    digest: &Digest,
    loaded: &Loaded,
    plan: &Plan<'_>,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    // A lock that was lost and grew anew must know the store again, too.
    if loaded.lock.began(&digest.name) != Some(store.name()) {
        session.keep_begun(&loaded.lock, &digest.name, store.name())?;
    }
    if plan.first {
        store
            .begin_digest(&digest.name, &plan.known, plan.begins_after, now)
            .await?;
    } else if !plan.known.is_empty() {
        store.know_posts(&digest.name, &plan.known, now).await?;
    }
    if let Some(words) = plan.what_is_known(digest) {
        session.result(&words)?;
    }
    Ok(())
}
