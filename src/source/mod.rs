//! Feeds of others → posts: each is fetched if it has changed, and its last good copy is kept.

mod asked;
mod copy;
mod decode;
mod merge;
mod page;
mod posts;
mod reach;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeZone, Utc};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use url::Url;

use crate::config::{Config, FeedPlace, SourceFeed};
use crate::feed::{OldFeed, list_media_types};
use crate::file::read::read;
use crate::finding::{Finding, Place, Rule};
use crate::http::{Client, FetchedDocument, KnownDocument, NoResponse, is_on_site};
use crate::post::{Came, SyndicatedPost};
use crate::source::asked::{AskedFeed, AskedLog};
use crate::source::copy::{FeedCopy, Shelf};
use crate::source::decode::decode;
use crate::source::merge::merge;
use crate::source::page::hint_at_feed;
use crate::source::posts::unite;

pub(crate) use crate::source::reach::Reach;

/// The largest feed that is read, in bytes, unpacked.
const MOST_BYTES: u64 = 8 << 20;
/// How long one feed may take, with all redirects.
const LIMIT: Duration = Duration::from_secs(30);
/// How many feeds are fetched at once.
const AT_ONCE: usize = 16;

/// The posts of all sources.
#[derive(Debug, Default)]
pub(crate) struct GatheredPosts {
    /// Their posts, each once.
    pub(crate) posts: Vec<SyndicatedPost>,
    /// The faults that were found.
    pub(crate) findings: Vec<Finding>,
    /// Whether one of them could not be read.
    pub(crate) is_behind: bool,
}

/// The answer of one source, and when it was asked; `None` if it was not.
struct SourceReply {
    answer: Result<SourceAnswer, Finding>,
    asked: Option<AskedFeed>,
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
        /// The address to which it has moved for good.
        moved: Option<Url>,
    },
}

/// Asks every source for what is new. One that does not answer, or with no feed, costs a warning: its last copy is used.
pub(crate) async fn gather(config: &Config, now: DateTime<Utc>, reach: Reach) -> GatheredPosts {
    let mut gathered = GatheredPosts::default();
    let shelf = Shelf::open(&config.posts.lock);
    if config.sources.is_empty() {
        if reach.may_write() {
            gathered.findings = shelf.keep(&[]);
        }
        return gathered;
    }
    let names: Vec<&str> = config.sources.iter().map(|one| one.feed.name()).collect();
    let copies: Vec<Option<FeedCopy>> = names.iter().map(|name| shelf.find(name, &names)).collect();
    let log = AskedLog::open(shelf.folder());
    let replies = ask_all(config, &copies, &log, now, reach).await;
    let mut asked = BTreeMap::new();
    let mut current = Vec::new();
    for (number, (copy, reply)) in copies.into_iter().zip(replies).enumerate() {
        let (name, place) = (names[number], || config.place_of_source(number));
        let taken = reply.answer;
        let taken = taken.and_then(|answer| take(copy.as_ref(), name, answer, now));
        let last = reply.asked.as_ref().or_else(|| log.get(name));
        let rest = last.and_then(|last| last.rest_until(now, reach));
        if let Some(mut one) = reply.asked {
            one.set_trouble(taken.as_ref().err());
            asked.insert(name.to_owned(), one);
        }
        let copy = match taken {
            Ok(taken) => taken,
            Err(finding) => {
                gathered.is_behind = true;
                let rest = rest.map(|until| until.with_timezone(&config.site.zone()));
                let finding = warn_of_trouble(finding, copy.as_ref(), rest);
                gathered.findings.push(Finding {
                    place: Some(place()),
                    ..finding
                });
                copy
            }
        };
        let Some(copy) = copy else { continue };
        gathered.findings.extend(name_moved(&copy, place));
        current.push((number, copy));
    }
    gathered.posts = unite(&current, config);
    if reach.may_write() {
        let copies: Vec<FeedCopy> = current.into_iter().map(|(_, copy)| copy).collect();
        gathered.findings.extend(shelf.keep(&copies));
        log.keep(asked, &names);
    }
    gathered
}

/// Asks all sources at once, but for those that are left alone; of these the last trouble is told again.
async fn ask_all(
    config: &Config,
    copies: &[Option<FeedCopy>],
    log: &AskedLog,
    now: DateTime<Utc>,
    reach: Reach,
) -> Vec<SourceReply> {
    let mut replies: Vec<SourceReply> = config.sources.iter().map(|_| make_empty_reply()).collect();
    if reach == Reach::Offline {
        return replies;
    }
    let is_web = |source: &SourceFeed| matches!(source.feed, FeedPlace::Web(_));
    let client = config
        .sources
        .iter()
        .any(is_web)
        .then(|| Client::new(false));
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for (number, (source, copy)) in config.sources.iter().zip(copies).enumerate() {
        let (url, client) = match (&source.feed, &client) {
            (FeedPlace::File { path, .. }, _) => {
                let bytes = read(path, MOST_BYTES).map_err(|error| error.in_file(path));
                replies[number].answer = bytes.map(|bytes| to_answer(&bytes, None));
                continue;
            }
            (FeedPlace::Web(url), Some(client)) => (url.clone(), client),
            (FeedPlace::Web(_), None) => continue,
        };
        let last = log.get(source.feed.name());
        if let Some(last) = last.filter(|last| last.rest_until(now, reach).is_some()) {
            let trouble = last.trouble();
            // Without a copy and without a trouble the copy is lost: its feed is read anew.
            if copy.is_some() || trouble.is_some() {
                replies[number].answer = trouble.map_or(Ok(SourceAnswer::None), Err);
                continue;
            }
        }
        let client = match source.private {
            true => client.for_own(&url),
            false => client.clone(),
        };
        let known = copy.as_ref().map(read_validators).unwrap_or_default();
        let turns = Arc::clone(&turns);
        running.spawn(async move {
            let _turn = turns.acquire().await;
            (number, ask(&client, &url, &known, now).await)
        });
    }
    while let Some(ended) = running.join_next().await {
        if let Ok((number, reply)) = ended {
            replies[number] = reply;
        }
    }
    replies
}

fn make_empty_reply() -> SourceReply {
    SourceReply {
        answer: Ok(SourceAnswer::None),
        asked: None,
    }
}

fn read_validators(copy: &FeedCopy) -> KnownDocument {
    KnownDocument {
        etag: copy.etag.clone(),
        modified: copy.modified.clone(),
    }
}

async fn ask(client: &Client, url: &Url, known: &KnownDocument, now: DateTime<Utc>) -> SourceReply {
    let accept = list_media_types();
    let fetched = client
        .fetch_document(url, &accept, known, MOST_BYTES, LIMIT)
        .await;
    let (fresh, later) = match &fetched {
        Ok(fetched) => (fetched.fresh, Duration::ZERO),
        Err(NoResponse::Later(_, wait)) => (Duration::ZERO, *wait),
        Err(_) => (Duration::ZERO, Duration::ZERO),
    };
    let answer = fetched
        .map(to_document)
        .map_err(|trouble| warn_of_no_response(url, &trouble));
    SourceReply {
        answer,
        asked: Some(AskedFeed::new(now, fresh, later)),
    }
}

/// The warning for a feed that did not come.
fn warn_of_no_response(url: &Url, trouble: &NoResponse) -> Finding {
    let message = format!("`{url}` cannot be fetched: {trouble}");
    let finding = Finding::warning(Rule::SourceUnreached, message);
    match trouble {
        NoResponse::Private(_, refused) if is_on_site(url, refused) => finding
            .hint("if the feed is on your own network, `private = true` below it lets it be read"),
        // Only the feed's own host may be private, wherever it redirects.
        NoResponse::Private(_, refused) => finding.hint(format!(
            "it redirects to `{refused}`: if that is on your own network, name it as the feed, with `private = true` below it"
        )),
        _ => finding,
    }
}

fn to_document(fetched: FetchedDocument) -> SourceAnswer {
    let FetchedDocument {
        body,
        known,
        media_type,
        moved,
        ..
    } = fetched;
    match body {
        None => SourceAnswer::Same { moved },
        Some(body) => SourceAnswer::Document {
            text: decode(&body, media_type.as_deref()),
            known,
            moved,
        },
    }
}

fn to_answer(bytes: &[u8], media_type: Option<&str>) -> SourceAnswer {
    SourceAnswer::Document {
        text: decode(bytes, media_type),
        known: KnownDocument::default(),
        moved: None,
    }
}

/// Takes an answer into the copy; `None` if nothing is known of a feed.
fn take(
    copy: Option<&FeedCopy>,
    name: &str,
    answer: SourceAnswer,
    now: DateTime<Utc>,
) -> Result<Option<FeedCopy>, Finding> {
    let (text, known, moved) = match answer {
        SourceAnswer::None => return Ok(copy.cloned()),
        SourceAnswer::Same { moved } => {
            let Some(copy) = copy else {
                let message = format!(
                    "`{name}` answers that nothing has changed, though nothing of it is known"
                );
                return Err(Finding::warning(Rule::SourceUnreached, message));
            };
            return Ok(Some(FeedCopy {
                moved: moved.map(String::from),
                is_away: false,
                ..copy.clone()
            }));
        }
        SourceAnswer::Document { text, known, moved } => (text, known, moved),
    };
    let feed = OldFeed::parse(&text).map_err(|finding| {
        let message = format!("`{name}`: {}", finding.message);
        Finding::warning(Rule::SourceUnreadable, message).hint(hint_at_feed(&text, name))
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

/// The warning for a source that could not be read, with what is done instead, and when it is asked again.
fn warn_of_trouble(
    finding: Finding,
    copy: Option<&FeedCopy>,
    rest: Option<DateTime<impl TimeZone<Offset: Display>>>,
) -> Finding {
    let instead = match copy {
        Some(copy) => format!("its last copy is used ({} posts)", copy.entries.len()),
        None => "there is no copy of it yet, so its posts are missing".to_owned(),
    };
    let hint = match (&finding.hint, rest) {
        (Some(hint), _) => hint.clone(),
        (_, Some(until)) => format!("it is asked again after {}", until.to_rfc3339()),
        (_, None) => "the next run asks again".to_owned(),
    };
    let finding = match finding.rule {
        Rule::SourceUnreached | Rule::SourceUnreadable => finding,
        _ => Finding::warning(Rule::SourceUnreached, finding.message),
    };
    Finding {
        message: format!("{}; {instead}", finding.message),
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

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use url::Url;

    use super::{warn_of_no_response, warn_of_trouble};
    use crate::finding::{Finding, Rule};
    use crate::http::NoResponse;

    #[test]
    fn a_refused_address_has_its_hint_and_foreign_words_have_none() {
        let now: DateTime<Utc> = "2024-06-24T08:00:00Z".parse().unwrap();
        let url = "http://10.0.0.1/f".parse().unwrap();
        let refused = || {
            let trouble = NoResponse::Private([10, 0, 0, 1].into(), Url::clone(&url));
            warn_of_no_response(&url, &trouble)
        };
        let words = "`https://a.example/` cannot be fetched: `b is a private address`";
        let foreign = || Finding::warning(Rule::SourceUnreached, words);
        for (finding, rest, expected) in [
            (refused(), None, "`private = true` below it"),
            (refused(), Some(now), "`private = true` below it"),
            (foreign(), None, "the next run asks again"),
            (foreign(), Some(now), "it is asked again after 2024-06-24"),
        ] {
            let hint = warn_of_trouble(finding, None, rest).hint.unwrap();
            assert!(hint.contains(expected), "{rest:?}: {hint}");
        }
    }
}
