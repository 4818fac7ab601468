//! Decides what a digest does next: which posts are news, in which slot, and which posts are merely known.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use crate::clock::find_first_moment;
use crate::config::{Day, Digest, Schedule, Site};
use crate::digest::{
    choose_news, find, find_due_slot, find_last_slot, find_next_slot, refuse_the_archive,
};
use crate::finding::{Finding, Rule, count};
use crate::ledger::{DigestProgress, Holding};
use crate::post::Post;

/// Time that an issue waits for a post's page to be online. Then it is sent without the post.
pub(crate) const PATIENCE: TimeDelta = TimeDelta::days(1);
/// Largest clock correction that does not count as a clock that ran ahead.
const CORRECTION: TimeDelta = TimeDelta::minutes(10);

/// Everything that the decision depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Situation<'s, 'a> {
    pub digest: &'s Digest,
    pub site: &'s Site,
    /// The site's posts, the newest first.
    pub posts: &'a [Post],
    /// The store's record of the digest.
    pub record: &'s Record,
    /// The ids of the posts that a feed brought before this digest could have announced them.
    pub backlog: &'s HashSet<String>,
    /// The store that began the digest, according to the lock, else to the manifest.
    pub began: Option<&'s str>,
    /// How far the digest had come in this store, according to the manifest.
    pub noted: Option<DigestProgress>,
    /// A person's wish; without one the schedule decides.
    pub wish: Option<ManualOptions<'s>>,
    pub now: DateTime<Utc>,
}

/// The store's record of a digest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Record {
    /// The store's own name.
    pub store: String,
    /// The last slot that was filled or passed, as seconds since 1970; none before the first run.
    pub last_slot: Option<i64>,
    /// How far the digest has come in it.
    pub progress: DigestProgress,
    /// The ids of the posts that are no news.
    pub announced: HashSet<String>,
    /// The same, including posts that only the outbox received.
    pub ever: HashSet<String>,
    /// The ids of the posts that an issue with recipients has carried.
    pub carried: HashSet<String>,
}

/// The options of a person who sends a digest by hand.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ManualOptions<'a> {
    /// Only these posts, by path, slug, address or id.
    pub posts: &'a [String],
    /// Every post from this day on.
    pub since: Option<Day>,
    /// Also posts that an issue has carried before.
    pub again: bool,
    /// This store takes the place of the one that began the digest.
    pub new_store: bool,
}

/// The decision about a digest.
#[derive(Debug)]
pub(crate) enum Next<'a> {
    /// No slot is due.
    Wait,
    /// The last slot is later than now, so no slot would be due before then.
    Ahead(DateTime<Utc>),
    /// Posts are announced, or the slot passes without.
    Go(Plan<'a>),
}

/// The work that a digest is about to do.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    /// The posts to announce.
    pub news: Vec<&'a Post>,
    /// The slot that it fills, in seconds since 1970; `None` if it is sent by hand.
    pub slot: Option<i64>,
    /// Number of issues that the digest has frozen before.
    pub earlier: usize,
    /// Whether it has never run in this store.
    pub is_first: bool,
    /// The ids of the posts that are known from now on without having been announced.
    pub known: Vec<String>,
    /// The last slot that counts as past when it begins.
    pub begins_after: i64,
    /// Whether an issue has carried one of the posts before.
    pub repeats: bool,
    /// Whether there are enough posts to send.
    enough: bool,
    /// The day from which on a person asked for posts.
    since: Option<Day>,
    /// Number of posts that wait because their pages are not online yet.
    held_back: usize,
    /// Time until which the other posts wait too, so that one mail has all if a page is only late.
    waits_until: Option<DateTime<Utc>>,
}

/// Decides what the digest does next.
///
/// # Errors
/// A finding with a hint, if sending would be wrong: another store, or changed ids.
pub(crate) fn plan<'a>(situation: &Situation<'_, 'a>) -> Result<Next<'a>, Finding> {
    let Situation {
        digest,
        site,
        posts,
        record,
        now,
        ..
    } = *situation;
    let zone = digest.zone(site);
    let wish = situation.wish.unwrap_or_default();
    let is_first = record.last_slot.is_none();
    refuse_another_store(situation, wish.new_store)?;
    if situation.wish.is_none()
        && let Some(ahead) = find_slot_ahead(situation)
    {
        return Ok(Next::Ahead(ahead));
    }

    let credible = refuse_the_archive(digest, site, posts, &record.ever);
    let midnight = |day: Day| find_first_moment(zone, day.0);
    let since = wish.since.and_then(midnight);
    // A replaced store may have sent posts after the config's day, so a new store ignores that day.
    let began = digest
        .since
        .filter(|_| is_first && !wish.new_store)
        .and_then(midnight);
    // Posts older than a person's day stay news, unless they look like an archive whose lock was lost.
    let begins_anew = is_first || wish.new_store || credible.is_err();
    let is_known = |post: &Post| match since.or(began) {
        _ if !is_first && situation.backlog.contains(&*post.id) => true,
        Some(since) => begins_anew && post.published < since,
        None => is_first || wish.new_store,
    };
    let mut known: HashSet<&str> = posts
        .iter()
        .filter(|post| is_known(post) && !record.announced.contains(&*post.id))
        .map(|post| &*post.id)
        .collect();
    let news = if wish.posts.is_empty() && since.is_none() {
        if !wish.new_store {
            credible?;
        }
        let mut passed = record.announced.clone();
        passed.extend(known.iter().map(|id| (*id).to_owned()));
        choose_news(digest, site, posts, &passed)
    } else {
        choose(situation, wish, since)?
    };
    for post in &news {
        known.remove(&*post.id);
    }
    let mut known: Vec<String> = known.into_iter().map(str::to_owned).collect();
    known.sort();

    let past = |cron| find_last_slot(cron, zone, now).unwrap_or(now.timestamp());
    // With `since` the last past slot is due at once; without it the next slot is the first.
    let begins_after = match &digest.schedule {
        Schedule::Cron(cron) if began.is_some() => past(cron) - 1,
        Schedule::Cron(cron) => past(cron),
        Schedule::Each => i64::MIN,
    };
    let last_slot = record.last_slot.unwrap_or(begins_after);
    let slot = match (&digest.schedule, situation.wish) {
        (_, Some(_)) => None,
        (Schedule::Each, None) => Some(now.timestamp()),
        (Schedule::Cron(cron), None) => match find_due_slot(cron, zone, last_slot, now) {
            Some(slot) => Some(slot),
            // Nothing is due, but the first run must record that the digest began.
            None if is_first => Some(past(cron)),
            None => return Ok(Next::Wait),
        },
    };
    let waits_until = match &digest.schedule {
        // Counted from the first missed slot, so that a page that never comes online does not block the digest.
        Schedule::Cron(cron) => find_next_slot(cron, zone, last_slot).map(|slot| slot + PATIENCE),
        Schedule::Each => None,
    };
    Ok(Next::Go(Plan {
        repeats: news.iter().any(|post| record.carried.contains(&*post.id)),
        enough: news.len() >= digest.min_posts || situation.wish.is_some(),
        news,
        slot,
        earlier: record.progress.frozen,
        is_first,
        known,
        begins_after,
        since: wish.since,
        held_back: 0,
        waits_until,
    }))
}

/// Finds a last slot that is later than now: a run whose clock was ahead has filled or passed it.
fn find_slot_ahead(situation: &Situation<'_, '_>) -> Option<DateTime<Utc>> {
    let Schedule::Cron(_) = situation.digest.schedule else {
        return None;
    };
    let slot = DateTime::from_timestamp(situation.record.last_slot?, 0)?;
    (slot > situation.now + CORRECTION).then_some(slot)
}

/// Chooses the posts that a person asked for, by name or from a day on.
fn choose<'a>(
    situation: &Situation<'_, 'a>,
    wish: ManualOptions<'_>,
    since: Option<DateTime<Utc>>,
) -> Result<Vec<&'a Post>, Finding> {
    let Situation {
        digest,
        site,
        posts,
        record,
        ..
    } = *situation;
    if wish.posts.is_empty() {
        let mut news = choose_news(digest, site, posts, &record.carried);
        news.retain(|post| since.is_none_or(|since| post.published >= since));
        return Ok(news);
    }
    let chosen = find(digest, posts, wish.posts)?;
    let repeated = chosen
        .iter()
        .find(|post| record.carried.contains(&*post.id));
    match repeated {
        Some(post) if !wish.again => {
            let carried = format!("an issue has carried `{}` already", post.path);
            let hint = "add `--again` to send it once more, as a correction";
            Err(Finding::error(Rule::PostCarried, carried).hint(hint))
        }
        _ => Ok(chosen),
    }
}

/// Refuses a store that is not the one that began the digest.
fn refuse_another_store(situation: &Situation<'_, '_>, new_store: bool) -> Result<(), Finding> {
    let Situation { digest, record, .. } = situation;
    let name = &digest.name;
    let is_first = record.last_slot.is_none();
    if let Some(noted) = situation.noted
        && record.progress.is_behind(noted)
    {
        return match new_store {
            true => Ok(()),
            false => Err(explain_older_store(name, record.progress, noted)),
        };
    }
    match situation.began {
        Some(began) if began != record.store && !new_store => {
            let place = match is_first {
                true => Misplaced::Empty,
                false => Misplaced::Another,
            };
            Err(explain_another_store(name, began, place))
        }
        Some(began) if began != record.store => Ok(()),
        _ if new_store && !is_first => Err(Finding::error(
            Rule::DigestBegun,
            format!("the digest `{name}` has begun in this store: there is nothing to begin anew"),
        )),
        _ => Ok(()),
    }
}

/// The store at a place that the lock does not name.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Misplaced {
    /// There is no store.
    Nowhere,
    /// A store in which the digest has not begun.
    Empty,
    /// A store in which the digest has begun.
    Another,
}

/// The error for a digest that another store began.
pub(crate) fn explain_another_store(digest: &str, began: &str, place: Misplaced) -> Finding {
    let this = match place {
        Misplaced::Nowhere => "there is none here",
        Misplaced::Empty => "this one is empty",
        Misplaced::Another => "this one is another",
    };
    Finding::error(Rule::AnotherStore, format!(
        "the digest `{digest}` was begun by another store ({began}), and {this}"
    ))
    .hint(format!(
        "`url` under [store] names the store: bring the old one back, or begin anew with `tidings digest {digest} --new-store`: \
         every post is known then, and only what comes is news"
    ))
}

/// The error for a store in which the digest has not come as far as the manifest says.
pub(crate) fn explain_older_store(
    digest: &str,
    progress: DigestProgress,
    noted: DigestProgress,
) -> Finding {
    let lacks = if progress.frozen < noted.frozen {
        let were = if noted.frozen == 1 { "was" } else { "were" };
        let issues = count(progress.frozen, "issue");
        format!("it has {issues}, and {} {were} made", noted.frozen)
    } else {
        "an issue stands open in it that has ended since".to_owned()
    };
    Finding::error(Rule::StoreCopy, format!(
        "the store is an older copy: of the digest `{digest}` {lacks}"
    ))
    .hint(format!(
        "bring the newer copy back (`url` under [store]), or go on with this one by \
         `tidings digest {digest} --new-store`: every post is known then, and only what comes is news"
    ))
}

/// Returns the earlier name of the digest, if the store still keeps the digest under it.
///
/// # Errors
/// A finding that names both, if the digest has not begun and the store keeps an unknown digest that may be this one
/// renamed, or if the earlier name has begun too.
pub(crate) fn find_earlier_name<'s>(
    digest: &'s Digest,
    digests: &[Digest],
    holdings: &BTreeMap<String, Holding>,
) -> Result<Option<&'s str>, Finding> {
    let name = &digest.name;
    let has_begun = holdings.get(name).is_some_and(|holding| holding.has_begun);
    let was = digest.was.as_deref();
    let held = was.and_then(|was| Some((was, holdings.get(was)?)));
    match held {
        Some((was, holding)) if has_begun && holding.has_begun => {
            return Err(Finding::error(Rule::DigestRenamed, format!(
                "the digest `{name}` has begun in the store, and so has `{was}`, which `was` names"
            ))
            .hint(format!(
                "take `was` out and give `{was}` a [[digest]] of its own (`enabled = false` keeps it silent)"
            )));
        }
        Some((was, _)) => return Ok(Some(was)),
        None if has_begun => return Ok(None),
        None => {}
    }
    let is_known = |other: &str| {
        let names = |digest: &Digest| digest.name == other || digest.was.as_deref() == Some(other);
        digests.iter().any(names)
    };
    let Some((other, holding)) = holdings.iter().find(|(other, _)| !is_known(other)) else {
        return Ok(None);
    };
    let readers = count(holding.readers, "reader");
    Err(Finding::error(Rule::DigestRenamed, format!(
        "the digest `{name}` has not begun, and the store keeps `{other}` ({readers}), which the config does not know"
    ))
    .hint(format!(
        "if it was renamed, set `was = \"{other}\"` under its [[digest]]; if it is a new one, begin it with \
         `tidings digest {name} --new-store`: every post is known then, and only what comes is news"
    )))
}

impl<'a> Plan<'a> {
    /// Returns the posts of each issue: all in one, or one issue per post, the oldest first.
    pub(crate) fn issues(&self, digest: &Digest) -> Vec<Vec<&'a Post>> {
        if self.enough {
            split(digest, &self.news)
        } else {
            Vec::new()
        }
    }

    /// Returns the addresses of the posts of all issues, but of those that another site has published.
    pub(crate) fn pages(&self, digest: &Digest) -> Vec<Url> {
        let posts = self.issues(digest).concat();
        let own = posts.iter().filter(|post| !post.is_syndicated());
        own.map(|post| post.url.to_url()).collect()
    }

    /// Holds back the posts whose pages are `missing` online.
    pub(crate) fn hold_back(&mut self, digest: &Digest, missing: &[Url], now: DateTime<Utc>) {
        let before = self.news.len();
        let missing: HashSet<&str> = missing.iter().map(Url::as_str).collect();
        self.news
            .retain(|post| !missing.contains(post.url.as_str()));
        self.held_back = before - self.news.len();
        let waits = self.waits_until.is_some_and(|until| now < until);
        self.enough &= self.held_back == 0 || !waits && self.news.len() >= digest.min_posts;
    }

    /// Whether a post waits because its page is not online yet.
    pub(crate) fn holds_back(&self) -> bool {
        self.held_back > 0
    }

    /// Explains why there is no issue.
    pub(crate) fn explain_nothing(&self, digest: &Digest) -> String {
        let (name, held_back) = (&digest.name, self.held_back);
        match self.news.len() {
            0 if held_back > 0 => format!("{name}: {held_back} new, not there yet"),
            some if held_back > 0 => format!(
                "{name}: {} new, waits for {held_back} not there yet",
                some + held_back
            ),
            0 => format!("{name}: nothing new"),
            some => format!(
                "{name}: {some} new, waits until there are {}",
                digest.min_posts
            ),
        }
    }

    /// Says that posts are known without having been announced, and how to include more.
    pub(crate) fn say_known(&self, digest: &Digest) -> Option<String> {
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
            _ if self.since.is_some() => Some(said),
            _ => Some(format!(
                "{said}\n{name}: `tidings digest {name} --since DATE` mails those from that day on all the same"
            )),
        }
    }
}

/// Splits posts into issues: all in one, or one issue per post, the oldest first.
pub(crate) fn split<'a>(digest: &Digest, posts: &[&'a Post]) -> Vec<Vec<&'a Post>> {
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

#[cfg(test)]
mod tests;
