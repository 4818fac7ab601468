//! `tidings subscriber`: who gets the digests.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::bail;

use crate::cli;
use crate::command::{Ending, Session};
use crate::consent::{ReaderState, Said, Source, Wish};
use crate::file::read::{LISTED, read};
use crate::finding::Finding;
use crate::reader::Email;
use crate::store::{Access, Answer, Asked};
use crate::subscriber;

/// Does what is asked for.
pub(super) async fn subscriber(
    session: &mut Session<'_>,
    what: &cli::Subscriber,
) -> anyhow::Result<Ending> {
    let now = session.clock.now();
    match what {
        cli::Subscriber::Add {
            email,
            name,
            digest,
            consent,
        } => {
            let asked = Asked {
                wish: Wish::Subscribe,
                by: Source::Owner,
                digests: &digests(session, digest)?,
                consent: consent.as_deref(),
            };
            let people = [(email.clone(), name.clone())];
            let store = session.store(Access::Write).await?;
            let answer = store.ask(&people, &asked, now).await?.remove(0);
            if answer.change.said == Said::StaysSuppressed {
                bail!("{}", say_answer(email, &answer));
            }
            session.result(&say_answer(email, &answer))?;
        }
        cli::Subscriber::Remove { email, digest } => {
            let named = if digest.is_empty() {
                Vec::new()
            } else {
                digests(session, digest)?
            };
            let store = session.store(Access::Write).await?;
            let answer = store.remove_reader(email, &named, now).await?;
            if answer.change.said == Said::Unknown {
                return Err(unknown(email));
            }
            session.result(&match answer.change.said {
                Said::LeftDigests => format!("{email} removed from {}", named.join(", ")),
                _ => say_answer(email, &answer),
            })?;
        }
        cli::Subscriber::Forget { email } => {
            let store = session.store(Access::Write).await?;
            if store.forget_reader(email, now).await?.said == Said::Unknown {
                return Err(unknown(email));
            }
            session.result(&format!(
                "{email} is forgotten, and gets no mail whoever adds the address again"
            ))?;
        }
        cli::Subscriber::Show { email } => show(session, email).await?,
        cli::Subscriber::List => {
            let store = session.store(Access::Read).await?;
            for one in store.subscribers().await? {
                writeln!(
                    session.out,
                    "{}  {}  {}",
                    one.reader.email,
                    one.state.word(),
                    one.digests.join(",")
                )?;
            }
        }
        cli::Subscriber::Export => {
            let store = session.store(Access::Read).await?;
            subscriber::write(&store.subscribers().await?, &mut *session.out)?;
        }
        cli::Subscriber::Import {
            file,
            confirmed,
            consent,
            digest,
        } => {
            return import(session, file, *confirmed, consent.as_deref(), digest).await;
        }
    }
    Ok(Ending::Done)
}

/// What became of the wish for one person.
fn say_answer(email: &Email, answer: &Answer) -> String {
    let was = answer.was.map_or("unknown", ReaderState::word);
    let gained = answer.gained.join(", ");
    match answer.change.said {
        Said::New => format!("{email} added"),
        Said::Confirmed => format!("{email} was pending, and is active now"),
        Said::Returned => format!("{email} was {was}, and is active again"),
        Said::Known if gained.is_empty() => format!("{email} was there"),
        Said::Known => format!("{email} was there, and gets {gained} from now on"),
        Said::NotWidened => format!("{email} was there, and gets no more than before"),
        Said::StaysSuppressed => format!("{email} is {was} and stays so"),
        Said::Suppressed if answer.was == Some(ReaderState::Bounced) => {
            format!("{email} removed; the address had bounced")
        }
        Said::Suppressed | Said::LeftDigests => format!("{email} removed"),
        Said::Unknown | Said::NoSay => format!("{email} is unknown"),
    }
}

fn unknown(email: &Email) -> anyhow::Error {
    anyhow::anyhow!("nobody is known by {email}\n  `tidings subscriber list` shows everyone")
}

/// The digests that are named, checked; all where none is.
fn digests(session: &Session<'_>, named: &[String]) -> Result<Vec<String>, Finding> {
    if named.is_empty() {
        return Ok(session
            .config
            .digests
            .iter()
            .map(|digest| digest.name.clone())
            .collect());
    }
    named
        .iter()
        .map(|name| {
            session
                .config
                .digest(name)
                .map(|digest| digest.name.clone())
        })
        .collect()
}

/// Who someone is, what they get and what happened to them.
async fn show(session: &mut Session<'_>, email: &Email) -> anyhow::Result<()> {
    let store = session.store(Access::Read).await?;
    let (id, state) = store
        .find_reader(email)
        .await?
        .ok_or_else(|| unknown(email))?;
    writeln!(session.out, "{email}  {}", state.word())?;
    if let Some(one) = store
        .subscribers()
        .await?
        .into_iter()
        .find(|one| one.reader.id == id)
    {
        if let Some(name) = &one.reader.name {
            writeln!(session.out, "name: {name}")?;
        }
        writeln!(session.out, "digests: {}", one.digests.join(", "))?;
    }
    for (at, kind, detail) in store.events(id).await? {
        let detail = detail
            .map(|detail| format!("  {detail}"))
            .unwrap_or_default();
        writeln!(
            session.out,
            "{}  {kind}{detail}",
            at.format("%Y-%m-%dT%H:%M:%SZ")
        )?;
    }
    Ok(())
}

async fn import(
    session: &mut Session<'_>,
    file: &Path,
    confirmed: bool,
    consent: Option<&str>,
    named: &[String],
) -> anyhow::Result<Ending> {
    let default = digests(session, named)?;
    let bytes = read(file, LISTED).map_err(|error| error.in_file(file))?;
    let (listed, mut findings) =
        subscriber::read(&bytes).map_err(|finding| finding.in_file(file))?;
    // The only digest there is needs no name.
    let names_digests = !named.is_empty() || default.len() == 1;
    // People of one kind go in together: what is asked for them, by whom, about which digests.
    let mut kinds: BTreeMap<(Wish, Source, Vec<String>), Vec<_>> = BTreeMap::new();
    for one in listed {
        let is_pending = one.state == Some(ReaderState::Pending);
        let by = match confirmed && !is_pending {
            true if names_digests || one.digests.is_some() => Source::ConfirmedDigests,
            true => Source::ConfirmedList,
            false => Source::List,
        };
        let wish = Wish::listed(one.state.unwrap_or(ReaderState::Active));
        let wanted = match one.digests {
            Some(own) if named.is_empty() => own
                .iter()
                .try_for_each(|name| session.config.digest(name).map(drop))
                .map(|()| own),
            _ => Ok(default.clone()),
        };
        match wanted {
            Ok(digests) => kinds
                .entry((wish, by, digests))
                .or_default()
                .push((one.email, one.name)),
            Err(finding) => findings.push(finding.at_line(one.line)),
        }
    }
    let store = session.store(Access::Write).await?;
    let mut tally = Tally::default();
    for ((wish, by, digests), people) in &kinds {
        let asked = Asked {
            wish: *wish,
            by: *by,
            digests,
            consent,
        };
        for answer in store.ask(people, &asked, session.clock.now()).await? {
            tally.count(&answer);
        }
    }
    findings = findings
        .into_iter()
        .map(|finding| finding.in_file(file))
        .collect();
    findings.sort();
    session.report(&findings);
    session.result(&format!(
        "{} new, {} known, {} suppressed, {} refused",
        tally.new,
        tally.known,
        tally.suppressed,
        findings.len()
    ))?;
    for words in tally.remarks(confirmed) {
        session.say(&words);
    }
    Ok(Ending::of(&findings))
}

/// What became of a list.
#[derive(Default)]
struct Tally {
    new: usize,
    known: usize,
    suppressed: usize,
    /// New readers who are pending.
    pending: usize,
    /// Known readers who are active now.
    confirmed: usize,
    /// Known readers who get more digests.
    widened: usize,
    /// Known readers who are not subscribed to all that the list has for them.
    lacking: usize,
    /// Known readers whom the list has suppressed.
    newly_suppressed: usize,
}

impl Tally {
    fn count(&mut self, answer: &Answer) {
        match answer.change.said {
            Said::New => {
                self.new += 1;
                self.pending += usize::from(answer.change.state == Some(ReaderState::Pending));
            }
            Said::Suppressed | Said::StaysSuppressed => {
                self.suppressed += 1;
                let was_mailed = answer.was.is_some_and(ReaderState::takes_mail);
                self.newly_suppressed += usize::from(was_mailed);
            }
            Said::Confirmed => {
                self.known += 1;
                self.confirmed += 1;
            }
            _ => {
                self.known += 1;
                self.widened += usize::from(!answer.gained.is_empty());
            }
        }
        self.lacking += usize::from(!answer.lacking.is_empty());
    }

    /// What there is to say beside the counts.
    fn remarks(&self, confirmed: bool) -> Vec<String> {
        let lacking = match confirmed {
            true => {
                "known, and not subscribed to more digests: nobody who has left a digest comes back by a list, and a                  list that names no digest adds none"
            }
            false => {
                "known, and not subscribed to more digests; with `--confirmed --digest NAME` they have agreed to it"
            }
        };
        let remarks = [
            (
                self.pending,
                "pending and get nothing; with `--confirmed` they have agreed",
            ),
            (self.confirmed, "confirmed, and active now"),
            (self.widened, "known, and subscribed to more digests now"),
            (self.lacking, lacking),
            (self.newly_suppressed, "known, and get no mail from now on"),
        ];
        remarks
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, words)| {
                format!("{count} {} {words}", if count == 1 { "is" } else { "are" })
            })
            .collect()
    }
}
