//! Feeds of others → posts: each is fetched if it has changed, and its last good copy is kept.

mod copy;
mod decode;
mod merge;
mod posts;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use url::Url;

use crate::config::{Config, FeedPlace, SourceFeed};
use crate::feed::OldFeed;
use crate::file::read::read;
use crate::finding::{Finding, Place, Rule};
use crate::http::{Client, FetchedFeed, KnownDocument};
use crate::post::{Came, SyndicatedPost};
use crate::source::copy::{FeedCopy, Shelf};
use crate::source::decode::decode;
use crate::source::merge::merge;
use crate::source::posts::unite;

/// The largest feed that is read, in bytes, unpacked.
const MOST_BYTES: u64 = 8 << 20;
/// How long one feed may take, with all redirects.
const LIMIT: Duration = Duration::from_secs(30);
/// How many feeds are fetched at once.
const AT_ONCE: usize = 16;

/// How far a command goes for what is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Asks, and keeps the answers.
    Keep,
    /// Asks, and keeps nothing.
    Look,
    /// Asks nobody.
    Offline,
}

impl Reach {
    /// A dry run keeps nothing.
    pub(crate) fn for_run(is_dry: bool) -> Self {
        match is_dry {
            true => Self::Look,
            false => Self::Keep,
        }
    }
}

/// What the sources gave.
#[derive(Debug, Default)]
pub(crate) struct GatheredPosts {
    /// Their posts, each once.
    pub(crate) posts: Vec<SyndicatedPost>,
    /// What was wrong.
    pub(crate) findings: Vec<Finding>,
    /// Whether one of them could not be read.
    pub(crate) is_behind: bool,
}

/// A document of a source as it came.
enum SourceAnswer {
    /// Nobody was asked.
    None,
    /// It is as it was.
    Same { moved: Option<Url> },
    Document {
        text: String,
        known: KnownDocument,
        /// Where the address has moved for good.
        moved: Option<Url>,
    },
}

/// Asks every source for what is new. One that does not answer, or with no feed, costs a warning: its last copy is used.
pub(crate) async fn gather(config: &Config, now: DateTime<Utc>, reach: Reach) -> GatheredPosts {
    let mut gathered = GatheredPosts::default();
    let shelf = Shelf::open(&config.posts.lock);
    if config.sources.is_empty() {
        if reach == Reach::Keep {
            gathered.findings = shelf.keep(&[]);
        }
        return gathered;
    }
    let names: Vec<&str> = config.sources.iter().map(|one| one.feed.name()).collect();
    let copies: Vec<Option<FeedCopy>> = names.iter().map(|name| shelf.find(name, &names)).collect();
    let mut answers = match reach {
        Reach::Offline => Vec::new(),
        Reach::Keep | Reach::Look => ask_all(config, &copies).await,
    };
    answers.resize_with(copies.len(), || Ok(SourceAnswer::None));
    let mut current = Vec::new();
    for (number, (copy, answer)) in copies.into_iter().zip(answers).enumerate() {
        let place = || config.place_of_source(number);
        let taken = answer.and_then(|answer| take(copy.as_ref(), names[number], answer, now));
        let copy = match taken {
            Ok(taken) => taken,
            Err(finding) => {
                gathered.is_behind = true;
                gathered
                    .findings
                    .push(behind(finding, copy.as_ref(), place()));
                copy
            }
        };
        let Some(copy) = copy else { continue };
        gathered.findings.extend(name_moved(&copy, place));
        current.push((number, copy));
    }
    gathered.posts = unite(&current, config);
    if reach == Reach::Keep {
        let copies: Vec<FeedCopy> = current.into_iter().map(|(_, copy)| copy).collect();
        gathered.findings.extend(shelf.keep(&copies));
    }
    gathered
}

/// Asks all sources at once.
async fn ask_all(
    config: &Config,
    copies: &[Option<FeedCopy>],
) -> Vec<Result<SourceAnswer, Finding>> {
    let is_web = |source: &SourceFeed| matches!(source.feed, FeedPlace::Web(_));
    let client = config
        .sources
        .iter()
        .any(is_web)
        .then(|| Client::for_site(&config.site.url));
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    let mut answers: Vec<Result<SourceAnswer, Finding>> = Vec::new();
    for (number, (source, copy)) in config.sources.iter().zip(copies).enumerate() {
        answers.push(Ok(SourceAnswer::None));
        let (url, client) = match (&source.feed, &client) {
            (FeedPlace::File { path, .. }, _) => {
                let bytes = read(path, MOST_BYTES).map_err(|error| error.in_file(path));
                answers[number] = bytes.map(|bytes| to_answer(&bytes, None));
                continue;
            }
            (FeedPlace::Web(url), Some(client)) => (url.clone(), client),
            (FeedPlace::Web(_), None) => continue,
        };
        let client = match source.private {
            true => client.for_own(&url),
            false => client.clone(),
        };
        let known = copy.as_ref().map(validators).unwrap_or_default();
        let turns = Arc::clone(&turns);
        running.spawn(async move {
            let _turn = turns.acquire().await;
            (number, ask(&client, &url, &known).await)
        });
    }
    while let Some(ended) = running.join_next().await {
        if let Ok((number, answer)) = ended {
            answers[number] = answer;
        }
    }
    answers
}

fn validators(copy: &FeedCopy) -> KnownDocument {
    KnownDocument {
        etag: copy.etag.clone(),
        modified: copy.modified.clone(),
    }
}

async fn ask(client: &Client, url: &Url, known: &KnownDocument) -> Result<SourceAnswer, Finding> {
    let fetched = client.fetch_feed(url, known, MOST_BYTES, LIMIT).await;
    let FetchedFeed {
        body,
        known,
        media_type,
        moved,
    } = fetched.map_err(|trouble| {
        let message = format!("`{url}` cannot be fetched: {trouble}");
        Finding::warning(Rule::SourceUnreached, message)
    })?;
    let Some(body) = body else {
        return Ok(SourceAnswer::Same { moved });
    };
    Ok(SourceAnswer::Document {
        text: decode(&body, media_type.as_deref()),
        known,
        moved,
    })
}

fn to_answer(bytes: &[u8], media_type: Option<&str>) -> SourceAnswer {
    SourceAnswer::Document {
        text: decode(bytes, media_type),
        known: KnownDocument::default(),
        moved: None,
    }
}

/// The copy with what came; none where nothing is known of a feed.
fn take(
    copy: Option<&FeedCopy>,
    name: &str,
    answer: SourceAnswer,
    now: DateTime<Utc>,
) -> Result<Option<FeedCopy>, Finding> {
    let (text, known, moved) = match answer {
        SourceAnswer::None => return Ok(copy.cloned()),
        SourceAnswer::Same { moved } => {
            return Ok(copy.map(|copy| FeedCopy {
                moved: moved.map(String::from),
                is_away: false,
                ..copy.clone()
            }));
        }
        SourceAnswer::Document { text, known, moved } => (text, known, moved),
    };
    let feed = OldFeed::parse(&text).map_err(|finding| {
        let message = format!("`{name}`: {}", finding.message);
        Finding::warning(Rule::SourceUnreadable, message)
    })?;
    let came = match copy {
        None => Came::First,
        Some(copy) if copy.is_away => Came::Away,
        Some(_) => Came::Later,
    };
    let mut copy = copy.cloned().unwrap_or_default();
    name.clone_into(&mut copy.feed);
    copy.etag = known.etag;
    copy.modified = known.modified;
    copy.moved = moved.map(String::from);
    copy.is_away = false;
    merge(&mut copy, feed, came, now);
    Ok(Some(copy))
}

/// The warning for a source that could not be read, with what is done instead.
fn behind(finding: Finding, copy: Option<&FeedCopy>, place: Place) -> Finding {
    let instead = match copy {
        Some(copy) => format!("its last copy is used ({} posts)", copy.entries.len()),
        None => "there is no copy of it yet, so its posts are missing".to_owned(),
    };
    let hint = match finding.rule {
        Rule::SourceUnreadable => "name the feed itself, not the page that links to it",
        _ => "the next run asks again",
    };
    let finding = match finding.rule {
        Rule::SourceUnreached | Rule::SourceUnreadable => finding,
        _ => Finding::warning(Rule::SourceUnreached, finding.message),
    };
    Finding {
        message: format!("{}; {instead}", finding.message),
        place: Some(place),
        ..finding
    }
    .hint(hint)
}

/// The warning for a feed that has moved for good.
fn name_moved(copy: &FeedCopy, place: impl Fn() -> Place) -> Option<Finding> {
    let moved = copy.moved.as_ref().filter(|moved| **moved != copy.feed)?;
    let message = format!("the feed `{}` has moved for good", copy.feed);
    let finding = Finding {
        place: Some(place()),
        ..Finding::warning(Rule::SourceMoved, message)
    };
    Some(finding.hint(format!(
        "write feed = \"{moved}\": what is known of it comes along"
    )))
}
