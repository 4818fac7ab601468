//! `tidings status`: the issues, and what became of each delivery.

mod chart;
mod next;
mod owner;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use serde_json::{Map, json};

use crate::app::{App, find_issue};
use crate::cli;
use crate::ending::Ending;
use crate::finding::{count, one_line, visible_json, visible_line};
use crate::inbox::{RATED, find_high_rates};
use crate::ledger::{DeliveryState, Issue, IssueId, IssueState};
use crate::reader::ReaderId;
use crate::store::{Access, ListedReturn, Missed, Store, UnknownOutcome};
use crate::subscriber::Sheet;
use crate::talk::Talk;

use next::NextMail;

/// How many are read at once, so that a million need no memory.
const PAGE: usize = 1000;
/// The most missed recipients that are listed if no issue is named.
const SHORT: usize = 20;
/// The most issues that have ended and are listed if not all are asked for.
const NEWEST: usize = 20;

/// How a time is shown that is right to the minute at best.
const MINUTE: &str = "%Y-%m-%dT%H:%MZ";
/// The most characters of a relay's words that are shown.
const LONGEST: usize = 200;

/// Reports the issues, as text, JSON or CSV.
pub(super) async fn run(
    app: &App,
    talk: &mut Talk<'_>,
    args: &cli::Status,
) -> anyhow::Result<Ending> {
    let store = app.open_store(Access::Read).await?;
    if let Some(file) = &args.html {
        owner::write_page(app, talk, &store, file).await?;
        return Ok(Ending::Done);
    }
    let mut issues = match args.issue {
        Some(number) => vec![find_issue(&store, number).await?],
        None => store.load_issues().await?,
    };
    let is_text = !args.failed && !args.json;
    let older = match args.all || !is_text {
        true => 0,
        false => take_out_older(&mut issues),
    };
    if args.failed {
        print_failed(talk, &store, &issues).await?;
    } else if args.json {
        print_json(app, talk, &store, &issues).await?;
    } else {
        print_text(app, talk, &store, &issues, args.issue.is_none()).await?;
        if older > 0 {
            let more = format!("{}: `tidings status --all`", count(older, "older issue"));
            let more = talk.words().show(&more).into_owned();
            writeln!(talk.out(), "{more}")?;
        }
    }
    if is_text && args.issue.is_none() {
        name_next(app, talk, &store).await?;
    }
    app.name_missing(talk, &store);
    if args.issue.is_none() && !args.failed {
        let domains = store.count_by_domain(app.clock.now() - RATED).await?;
        talk.report(&find_high_rates(&domains));
    }
    Ok(Ending::Done)
}

/// Leaves out what has ended beyond the newest. Returns how many issues that is.
fn take_out_older(issues: &mut Vec<Issue>) -> usize {
    let (before, mut ended) = (issues.len(), 0);
    issues.retain(|issue| {
        let goes_on = matches!(issue.state, IssueState::Open | IssueState::Paused);
        ended += usize::from(!goes_on);
        goes_on || ended <= NEWEST
    });
    before - issues.len()
}

/// Says when each digest is due next.
async fn name_next(app: &App, talk: &Talk<'_>, store: &Store) -> anyhow::Result<()> {
    for digest in app.config.digests.iter().filter(|digest| digest.enabled) {
        let when = match NextMail::find(app, store, digest).await? {
            NextMail::WithPost => "with each `tidings run` that finds a new post".to_owned(),
            NextMail::Due => "due, with the next `tidings run`".to_owned(),
            NextMail::At(at) => {
                let zone = at.timezone();
                format!("next {} in {zone}", at.format("%A %Y-%m-%d %H:%M"))
            }
            NextMail::Never => "next never".to_owned(),
        };
        talk.say(&format!("{}: {when}", digest.name));
    }
    Ok(())
}

/// A line an issue, then one for everyone who was missed and for every moment of uncertainty.
async fn print_text(
    app: &App,
    talk: &mut Talk<'_>,
    store: &Store,
    issues: &[Issue],
    short: bool,
) -> anyhow::Result<()> {
    if issues.is_empty() {
        writeln!(talk.out(), "no issues yet")?;
    }
    let times = estimate_done_times(app, store, issues).await?;
    for issue in issues {
        let counts = store.count_deliveries(issue.id).await?;
        writeln!(
            talk.out(),
            "{}  {}  {}  {}  “{}”  {}",
            issue.id,
            issue.digest,
            issue.made_at.format("%Y-%m-%dT%H:%M:%SZ"),
            issue.state.word(),
            visible_line(&issue.subject),
            counts
        )?;
        if let Some(reason) = &issue.reason {
            let reason = one_line(reason, LONGEST);
            writeln!(talk.out(), "    {}: {reason}", issue.state.word())?;
        }
        if let Some(done_at) = times.get(&issue.id) {
            let (waiting, done_at) = (counts[DeliveryState::Queued], done_at.format(MINUTE));
            writeln!(
                talk.out(),
                "    {waiting} wait for `per_hour` or `per_day`; the last goes about {done_at}"
            )?;
        }
        let most = if short { SHORT } else { usize::MAX };
        let mut pages = Pages::new(store, issue);
        let mut listed = 0;
        while let Some(page) = pages.next().await?.filter(|_| listed < most) {
            for missed in page.into_iter().take(most - listed) {
                let address = missed.address.as_deref().unwrap_or("(forgotten)");
                let why = one_line(&missed.reply.unwrap_or_default(), LONGEST);
                let state = match missed.state {
                    DeliveryState::Uncertain => "uncertain: may have it",
                    state => state.word(),
                };
                let why = match why.is_empty() {
                    true => String::new(),
                    false => format!(": {why}"),
                };
                writeln!(talk.out(), "    {address}: {state}{why}")?;
                listed += 1;
            }
        }
        let moments = drop_listed(store.load_unknown_outcomes(issue.id).await?);
        for moment in moments.iter().take(most) {
            let address = moment.address.as_deref().unwrap_or("(forgotten)");
            let why = one_line(moment.detail.as_deref().unwrap_or_default(), LONGEST);
            let twice = if moment.state == DeliveryState::Sent {
                " twice"
            } else {
                ""
            };
            writeln!(talk.out(), "    {address}: may have it{twice}: {why}")?;
        }
        let came_back = store.load_returned(issue.id).await?;
        for one in came_back.iter().take(most) {
            let address = one.address.as_deref().unwrap_or("(forgotten)");
            let why = one_line(one.detail.as_deref().unwrap_or_default(), LONGEST);
            writeln!(talk.out(), "    {address}: {}: {why}", describe_return(one))?;
        }
        let unlisted = usize::try_from(counts.total() - counts[DeliveryState::Sent])?
            .saturating_sub(listed)
            + moments.len().saturating_sub(most)
            + came_back.len().saturating_sub(most);
        if unlisted > 0 {
            let more = format!("    {unlisted} more: `tidings status {}`", issue.id);
            let more = talk.words().show(&more).into_owned();
            writeln!(talk.out(), "{more}")?;
        }
    }
    Ok(())
}

/// The outcome of a mail that had been sent.
fn describe_return(one: &ListedReturn) -> &'static str {
    match one.kind.as_str() {
        "bounced" | "unreachable" => "sent, then bounced",
        "complained" => "sent, then called spam",
        _ => "sent, then came back",
    }
}

/// The moments that the list of the missed does not show; a held reader is listed there with their last one.
fn drop_listed(moments: Vec<UnknownOutcome>) -> Vec<UnknownOutcome> {
    let mut listed = HashSet::new();
    let mut unlisted: Vec<UnknownOutcome> = moments
        .into_iter()
        .rev()
        .filter(|moment| moment.state != DeliveryState::Uncertain || !listed.insert(moment.reader))
        .collect();
    unlisted.reverse();
    unlisted
}

async fn print_json(
    app: &App,
    talk: &mut Talk<'_>,
    store: &Store,
    issues: &[Issue],
) -> anyhow::Result<()> {
    write!(talk.out(), "{{\"issues\":[")?;
    let times = estimate_done_times(app, store, issues).await?;
    for (number, issue) in issues.iter().enumerate() {
        let counts = store.count_deliveries(issue.id).await?;
        let done_at = times.get(&issue.id);
        let named = counts
            .each()
            .map(|(state, count)| (state.word().replace(' ', "_"), count.into()));
        let head = json!({
            "issue": issue.id.to_string(),
            "digest": issue.digest,
            "slot": issue.slot.name,
            "made_at": issue.made_at.to_rfc3339(),
            "state": issue.state.word(),
            "reason": issue.reason,
            "subject": issue.subject,
            "outbox": issue.outbox,
            "recipients": counts.total(),
            "counts": named.collect::<Map<_, _>>(),
            "done_at": done_at.map(DateTime::to_rfc3339),
        });
        let head = head.to_string();
        let head = visible_json(&head);
        let open_head = head.strip_suffix('}').unwrap_or(&*head);
        let comma = if number == 0 { "" } else { "," };
        // The lists may be longer than what fits in memory.
        write!(talk.out(), "{comma}\n{open_head},\n\"missed\":[")?;
        let mut pages = Pages::new(store, issue);
        let mut comma = "";
        while let Some(page) = pages.next().await? {
            for missed in page {
                let one = json!({
                    "email": missed.address,
                    "name": missed.name,
                    "state": missed.state.word(),
                    "attempts": missed.attempts,
                    "due_at": (missed.state == DeliveryState::Queued).then(|| missed.due_at.to_rfc3339()),
                    "reply": missed.reply,
                });
                write!(talk.out(), "{comma}\n{}", visible_json(&one.to_string()))?;
                comma = ",";
            }
        }
        write!(talk.out(), "],\n\"uncertain\":[")?;
        comma = "";
        for moment in store.load_unknown_outcomes(issue.id).await? {
            let one = json!({ "email": moment.address, "at": moment.at.to_rfc3339(), "detail": moment.detail });
            write!(talk.out(), "{comma}\n{}", visible_json(&one.to_string()))?;
            comma = ",";
        }
        write!(talk.out(), "],\n\"came_back\":[")?;
        comma = "";
        for one in store.load_returned(issue.id).await? {
            let one = json!({ "email": one.address, "at": one.at.to_rfc3339(), "kind": one.kind, "detail": one.detail });
            write!(talk.out(), "{comma}\n{}", visible_json(&one.to_string()))?;
            comma = ",";
        }
        write!(talk.out(), "]}}")?;
    }
    writeln!(talk.out(), "]}}")?;
    Ok(())
}

/// When the last who waits for each open issue has gone under the caps, the oldest issue first; without those for which
/// no cap makes anybody wait.
async fn estimate_done_times(
    app: &App,
    store: &Store,
    issues: &[Issue],
) -> anyhow::Result<HashMap<IssueId, DateTime<Utc>>> {
    let (caps, now) = (app.config.mail.caps(), app.clock.now());
    let mut gone = HashMap::new();
    for window in caps.windows(now) {
        gone.insert(window.key, store.count_sent_since(window.since).await?);
    }
    let (mut times, mut waiting) = (HashMap::new(), 0);
    if gone.is_empty() {
        return Ok(times);
    }
    let open = issues.iter().rev();
    for issue in open.filter(|issue| issue.state == IssueState::Open && !issue.outbox) {
        let queued = store.count_deliveries(issue.id).await?[DeliveryState::Queued];
        waiting += usize::try_from(queued)?;
        let done_at = caps.done_at(now, waiting, |window| gone[window.key]);
        let done_at = done_at.filter(|at| queued > 0 && *at > now);
        times.extend(done_at.map(|at| (issue.id, at)));
    }
    Ok(times)
}

/// Prints those who will not get an issue unless a person acts.
async fn print_failed(talk: &mut Talk<'_>, store: &Store, issues: &[Issue]) -> anyhow::Result<()> {
    let columns = ["email", "name", "issue", "outcome", "attempts", "reply"];
    let mut sheet = Sheet::new(talk.out(), &columns)?;
    for issue in issues {
        let mut pages = Pages::new(store, issue);
        while let Some(page) = pages.next().await? {
            for missed in page
                .iter()
                .filter(|one| !matches!(one.state, DeliveryState::Queued | DeliveryState::Sending))
            {
                let Some(address) = &missed.address else {
                    continue;
                };
                sheet.write(&[
                    address,
                    &one_line(missed.name.as_deref().unwrap_or_default(), LONGEST),
                    &issue.id.to_string(),
                    missed.state.word(),
                    &missed.attempts.to_string(),
                    &one_line(missed.reply.as_deref().unwrap_or_default(), LONGEST),
                ])?;
            }
        }
    }
    sheet.finish()?;
    Ok(())
}

/// Everyone who has not got an issue, a page at a time; by address within a page.
struct Pages<'a> {
    store: &'a Store,
    issue: &'a Issue,
    after: Option<ReaderId>,
}

impl<'a> Pages<'a> {
    fn new(store: &'a Store, issue: &'a Issue) -> Self {
        Self {
            store,
            issue,
            after: Some(ReaderId::MIN),
        }
    }

    async fn next(&mut self) -> anyhow::Result<Option<Vec<Missed>>> {
        let Some(after) = self.after else {
            return Ok(None);
        };
        let mut page = self.store.load_missed(self.issue.id, after, PAGE).await?;
        self.after = page
            .last()
            .map(|last| last.reader)
            .filter(|_| page.len() == PAGE);
        page.sort_by(|one, other| one.address.cmp(&other.address));
        Ok(Some(page))
    }
}
