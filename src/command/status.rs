//! `tidings status`: the issues, and what became of each delivery.

use serde_json::{Map, json};

use crate::cli;
use crate::command::issue::numbered;
use crate::command::{Ending, Session};
use crate::ledger::{Issue, State};
use crate::reader::ReaderId;
use crate::store::{Access, Missed, Store};

/// How many are read at once, so that a million need no memory.
const PAGE: usize = 1000;
/// How many of the missed are listed where no issue is named.
const SHORT: usize = 20;

/// What became of the issues, as text, JSON or CSV.
pub(super) async fn status(
    session: &mut Session<'_>,
    args: &cli::Status,
) -> anyhow::Result<Ending> {
    let store = session.store(Access::Read).await?;
    let issues = match args.issue {
        Some(number) => vec![numbered(&store, number).await?],
        None => store.issues().await?,
    };
    if args.failed {
        failed(session, &store, &issues).await?;
    } else if args.json {
        as_json(session, &store, &issues).await?;
    } else {
        as_text(session, &store, &issues, args.issue.is_none()).await?;
    }
    Ok(Ending::Done)
}

/// A line an issue, then one for everyone who was missed and for every moment of uncertainty.
async fn as_text(
    session: &mut Session<'_>,
    store: &Store,
    issues: &[Issue],
    short: bool,
) -> anyhow::Result<()> {
    if issues.is_empty() {
        writeln!(session.out, "no issues yet")?;
    }
    for issue in issues {
        let counts = store.counts(issue.id).await?;
        writeln!(
            session.out,
            "{}  {}  {}  {}  “{}”  {}",
            issue.id,
            issue.digest,
            issue.made_at.format("%Y-%m-%dT%H:%M:%SZ"),
            issue.state.word(),
            issue.subject,
            told(counts)
        )?;
        if let Some(reason) = &issue.reason {
            writeln!(session.out, "    {}: {reason}", issue.state.word())?;
        }
        let most = if short { SHORT } else { usize::MAX };
        let mut pages = Pages::new(store, issue);
        let mut listed = 0;
        while let Some(page) = pages.next().await?.filter(|_| listed < most) {
            for missed in page.into_iter().take(most - listed) {
                let address = missed.address.as_deref().unwrap_or("(forgotten)");
                let why = missed.reply.unwrap_or_default();
                writeln!(session.out, "    {address}: {}: {why}", missed.state.word())?;
                listed += 1;
            }
        }
        let moments = store.uncertainties(issue.id).await?;
        for moment in moments.iter().take(most) {
            let address = moment.address.as_deref().unwrap_or("(forgotten)");
            let why = moment.detail.as_deref().unwrap_or_default();
            let twice = if moment.state == State::Sent {
                " twice"
            } else {
                ""
            };
            writeln!(session.out, "    {address}: may have it{twice}: {why}")?;
        }
        let all: u64 = counts.iter().sum();
        let unlisted = usize::try_from(all - counts[State::Sent as usize])?.saturating_sub(listed)
            + moments.len().saturating_sub(most);
        if unlisted > 0 {
            writeln!(
                session.out,
                "    {unlisted} more: `tidings status {}`",
                issue.id
            )?;
        }
    }
    Ok(())
}

/// `3 sent, 1 bounced`: the counts that are not 0.
pub(super) fn told(counts: [u64; 7]) -> String {
    let counts = State::ALL
        .iter()
        .zip(counts)
        .filter(|(_, count)| *count > 0);
    let told: Vec<String> = counts
        .map(|(state, count)| format!("{count} {}", state.word()))
        .collect();
    if told.is_empty() {
        "no recipients".to_owned()
    } else {
        told.join(", ")
    }
}

async fn as_json(session: &mut Session<'_>, store: &Store, issues: &[Issue]) -> anyhow::Result<()> {
    write!(session.out, "{{\"issues\":[")?;
    for (number, issue) in issues.iter().enumerate() {
        let counts = store.counts(issue.id).await?;
        let named = State::ALL
            .iter()
            .zip(counts)
            .map(|(state, count)| (state.word().replace(' ', "_"), count.into()));
        let head = json!({
            "issue": issue.id.to_string(),
            "digest": issue.digest,
            "slot": issue.slot,
            "made_at": issue.made_at.to_rfc3339(),
            "state": issue.state.word(),
            "reason": issue.reason,
            "subject": issue.subject,
            "outbox": issue.outbox,
            "recipients": counts.iter().sum::<u64>(),
            "counts": named.collect::<Map<_, _>>(),
        });
        let head = head.to_string();
        let open_head = head.strip_suffix('}').unwrap_or(&head);
        let comma = if number == 0 { "" } else { "," };
        // The lists may be longer than what fits in memory.
        write!(session.out, "{comma}\n{open_head},\n\"missed\":[")?;
        let mut pages = Pages::new(store, issue);
        let mut comma = "";
        while let Some(page) = pages.next().await? {
            for missed in page {
                let one = json!({
                    "email": missed.address,
                    "name": missed.name,
                    "state": missed.state.word(),
                    "attempts": missed.attempts,
                    "due_at": (missed.state == State::Queued).then(|| missed.due_at.to_rfc3339()),
                    "reply": missed.reply,
                });
                write!(session.out, "{comma}\n{one}")?;
                comma = ",";
            }
        }
        write!(session.out, "],\n\"uncertain\":[")?;
        comma = "";
        for moment in store.uncertainties(issue.id).await? {
            let one = json!({ "email": moment.address, "at": moment.at.to_rfc3339(), "detail": moment.detail });
            write!(session.out, "{comma}\n{one}")?;
            comma = ",";
        }
        write!(session.out, "]}}")?;
    }
    writeln!(session.out, "]}}")?;
    Ok(())
}

/// Those who will not get an issue unless a person does something.
async fn failed(session: &mut Session<'_>, store: &Store, issues: &[Issue]) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_writer(&mut *session.out);
    csv.write_record(["email", "name", "issue", "outcome", "attempts", "reply"])?;
    for issue in issues {
        let mut pages = Pages::new(store, issue);
        while let Some(page) = pages.next().await? {
            for missed in page
                .iter()
                .filter(|one| !matches!(one.state, State::Queued | State::Sending))
            {
                let Some(address) = &missed.address else {
                    continue;
                };
                csv.write_record([
                    address,
                    missed.name.as_deref().unwrap_or_default(),
                    &issue.id.to_string(),
                    missed.state.word(),
                    &missed.attempts.to_string(),
                    missed.reply.as_deref().unwrap_or_default(),
                ])?;
            }
        }
    }
    csv.flush()?;
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
            after: Some(-1),
        }
    }

    async fn next(&mut self) -> anyhow::Result<Option<Vec<Missed>>> {
        let Some(after) = self.after else {
            return Ok(None);
        };
        let mut page = self.store.missed(self.issue.id, after, PAGE).await?;
        self.after = page
            .last()
            .map(|last| last.reader)
            .filter(|_| page.len() == PAGE);
        page.sort_by(|one, other| one.address.cmp(&other.address));
        Ok(Some(page))
    }
}
