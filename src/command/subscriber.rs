//! `tidings subscriber`: who gets the digests.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::bail;
use chrono::{DateTime, Utc};

use crate::app::App;
use crate::cli;
use crate::config::Config;
use crate::consent::{ReaderState, Said, Source, Wish};
use crate::ending::Ending;
use crate::file::read::{LISTED, read};
use crate::finding::{Finding, one_line, visible_line};
use crate::reader::Email;
use crate::store::{Access, Answer, Asked, Store};
use crate::subscriber::{List, Listed, Sheet};
use crate::talk::Talk;

/// Does what is asked for.
pub(super) async fn subscriber(
    app: &App,
    talk: &mut Talk<'_>,
    what: &cli::Subscriber,
) -> anyhow::Result<Ending> {
    let now = app.clock.now();
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
                digests: &digests(app, digest)?,
                consent: consent.as_deref(),
            };
            let people = [(email.clone(), name.clone())];
            let store = app.store(Access::Write).await?;
            let answer = store.ask(&people, &asked, now).await?.remove(0);
            if answer.change.said == Said::StaysSuppressed {
                bail!("{}", say_answer(email, &answer));
            }
            talk.conclude(&say_answer(email, &answer))?;
        }
        cli::Subscriber::Remove { email, digest } => {
            let named = if digest.is_empty() {
                Vec::new()
            } else {
                digests(app, digest)?
            };
            let store = app.store(Access::Write).await?;
            let answer = store.remove_reader(email, &named, now).await?;
            if answer.change.said == Said::Unknown {
                return Err(unknown(email));
            }
            talk.conclude(&match answer.change.said {
                Said::LeftDigests => format!("{email} removed from {}", named.join(", ")),
                _ => say_answer(email, &answer),
            })?;
        }
        cli::Subscriber::Forget { email } => {
            let store = app.store(Access::Write).await?;
            if store.forget_reader(email, now).await?.said == Said::Unknown {
                return Err(unknown(email));
            }
            talk.conclude(&format!(
                "{email} is forgotten, and gets no mail whoever adds the address again"
            ))?;
        }
        cli::Subscriber::Show { email } => show(app, talk, email).await?,
        cli::Subscriber::List => {
            let store = app.store(Access::Read).await?;
            let out = talk.out();
            store
                .each_subscriber(None, |one| -> anyhow::Result<()> {
                    let (state, digests) = (one.state.word(), one.digests.join(","));
                    Ok(writeln!(out, "{}  {state}  {digests}", one.reader.email)?)
                })
                .await?;
        }
        cli::Subscriber::Export => {
            let store = app.store(Access::Read).await?;
            let mut sheet = Sheet::of_subscribers(talk.out())?;
            store
                .each_subscriber(None, |one| -> anyhow::Result<()> {
                    Ok(sheet.write_subscriber(&one)?)
                })
                .await?;
            sheet.finish()?;
        }
        cli::Subscriber::Import {
            file,
            confirmed,
            consent,
            digest,
        } => {
            return import(app, talk, file, *confirmed, consent.as_deref(), digest).await;
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
fn digests(app: &App, named: &[String]) -> Result<Vec<String>, Finding> {
    if named.is_empty() {
        return Ok(app
            .config
            .digests
            .iter()
            .map(|digest| digest.name.clone())
            .collect());
    }
    named
        .iter()
        .map(|name| app.config.digest(name).map(|digest| digest.name.clone()))
        .collect()
}

/// Who someone is, what they get and what happened to them.
async fn show(app: &App, talk: &mut Talk<'_>, email: &Email) -> anyhow::Result<()> {
    let store = app.store(Access::Read).await?;
    let (id, state) = store
        .find_reader(email)
        .await?
        .ok_or_else(|| unknown(email))?;
    writeln!(talk.out(), "{email}  {}", state.word())?;
    let out = talk.out();
    store
        .each_subscriber(Some(id), |one| -> anyhow::Result<()> {
            if let Some(name) = &one.reader.name {
                writeln!(out, "name: {}", visible_line(name))?;
            }
            Ok(writeln!(out, "digests: {}", one.digests.join(", "))?)
        })
        .await?;
    for (at, kind, detail) in store.events(id).await? {
        let detail = detail
            .map(|detail| format!("  {}", one_line(&detail, usize::MAX)))
            .unwrap_or_default();
        writeln!(
            talk.out(),
            "{}  {kind}{detail}",
            at.format("%Y-%m-%dT%H:%M:%SZ")
        )?;
    }
    Ok(())
}

async fn import(
    app: &App,
    talk: &mut Talk<'_>,
    file: &Path,
    confirmed: bool,
    consent: Option<&str>,
    named: &[String],
) -> anyhow::Result<Ending> {
    let default = digests(app, named)?;
    let bytes = read(file, LISTED).map_err(|error| error.in_file(file))?;
    let list = List::open(&bytes).map_err(|finding| finding.in_file(file))?;
    let import = Import {
        default: &default,
        is_named: !named.is_empty(),
        confirmed,
        consent,
    };
    let store = app.store(Access::Write).await?;
    let now = app.clock.now();
    let (mut tally, mut findings, mut batch) = (Tally::default(), Vec::new(), Batch::default());
    for listed in list {
        let sorted = listed.and_then(|one| {
            let line = one.line;
            let sorted = import.sort(&app.config, one);
            sorted.map_err(|finding| finding.at_line(line))
        });
        match sorted {
            Ok((kind, person)) => batch.add(kind, person),
            Err(finding) => findings.push(finding),
        }
        if batch.is_full() {
            import
                .carry_out(&store, &mut batch, &mut tally, now)
                .await?;
        }
    }
    import
        .carry_out(&store, &mut batch, &mut tally, now)
        .await?;
    findings = findings
        .into_iter()
        .map(|finding| finding.in_file(file))
        .collect();
    findings.sort();
    talk.report(&findings);
    talk.conclude(&format!(
        "{} new, {} known, {} suppressed, {} refused",
        tally.new,
        tally.known,
        tally.suppressed,
        findings.len()
    ))?;
    for words in tally.remarks(confirmed) {
        talk.say(&words);
    }
    Ok(Ending::of(&findings))
}

/// How a list is taken in.
struct Import<'a> {
    /// The digests where a line names none.
    default: &'a [String],
    /// Whether the command line names them, so that the list's own column does not count.
    is_named: bool,
    confirmed: bool,
    consent: Option<&'a str>,
}

/// What is asked for some people, by whom, about which digests.
type Kind = (Wish, Source, Vec<String>);

/// People who wait to be asked for, those of one kind together.
#[derive(Default)]
struct Batch {
    kinds: BTreeMap<Kind, Vec<(Email, Option<String>)>>,
    count: usize,
}

impl Batch {
    fn add(&mut self, kind: Kind, person: (Email, Option<String>)) {
        self.kinds.entry(kind).or_default().push(person);
        self.count += 1;
    }

    fn is_full(&self) -> bool {
        self.count >= 5000
    }
}

impl Import<'_> {
    /// What a line asks for.
    fn sort(
        &self,
        config: &Config,
        one: Listed,
    ) -> Result<(Kind, (Email, Option<String>)), Finding> {
        let is_pending = one.state == Some(ReaderState::Pending);
        // The only digest there is needs no name.
        let names_digests = self.is_named || one.digests.is_some() || self.default.len() == 1;
        let by = match self.confirmed && !is_pending {
            true if names_digests => Source::ConfirmedDigests,
            true => Source::ConfirmedList,
            false => Source::List,
        };
        let wish = Wish::listed(one.state.unwrap_or(ReaderState::Active));
        let digests = match one.digests {
            Some(own) if !self.is_named => {
                for name in &own {
                    config.digest(name)?;
                }
                own
            }
            _ => self.default.to_vec(),
        };
        Ok(((wish, by, digests), (one.email, one.name)))
    }

    async fn carry_out(
        &self,
        store: &Store,
        batch: &mut Batch,
        tally: &mut Tally,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        for ((wish, by, digests), people) in std::mem::take(batch).kinds {
            let asked = Asked {
                wish,
                by,
                digests: &digests,
                consent: self.consent,
            };
            for answer in store.ask(&people, &asked, now).await? {
                tally.count(&answer);
            }
        }
        Ok(())
    }
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
