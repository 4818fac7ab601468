//! `tidings subscriber import`: a list of people is taken in, or shown what would become of it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, IsTerminal};

use chrono::{DateTime, Utc};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::app::App;
use crate::cli;
use crate::config::Config;
use crate::consent::{ReaderState, Said, Source, Wish};
use crate::ending::Ending;
use crate::file::read::open;
use crate::finding::{Finding, Rule};
use crate::reader::Mailbox;
use crate::store::{Access, Answer, ConsentRequest, Foreseen, Store, StoreError};
use crate::subscriber::{List, Listed};
use crate::talk::Talk;

/// How many lines that cannot be read are kept to be named; the others are counted.
const MOST_NAMED: usize = 10_000;

/// How many people a dry run looks up at once: nothing is written, so more would only take memory.
const MOST_FORESEEN: usize = 5000;

/// Takes a list in; `default` are the digests where a line names none.
pub(super) async fn import(
    app: &App,
    talk: &mut Talk<'_>,
    list: &cli::ImportArgs,
    default: &[String],
) -> anyhow::Result<Ending> {
    let opened = open(&list.file).map_err(|error| error.in_file(&list.file))?;
    let bar = show_progress(&opened, talk.is_quiet());
    let name = list.file.file_stem().unwrap_or_default().to_string_lossy();
    let rows = List::open(bar.wrap_read(opened), &name);
    let rows = rows.map_err(|finding| finding.in_file(&list.file))?;
    if !rows.unused().is_empty() {
        let unused = rows.unused().join("`, `");
        talk.explain(&format!("nothing is taken from the columns `{unused}`"));
    }
    let access = if list.dry_run {
        Access::Read
    } else {
        Access::Write
    };
    let import = Import {
        default,
        is_named: !list.digest.is_empty(),
        confirmed: list.confirmed,
        consent: list.consent.as_deref(),
        now: app.clock.now(),
    };
    let store = app.open_store_to_change(access).await?;
    let mut hand = match list.dry_run {
        true => Hand::Foresee(store, Foreseen::default()),
        false => Hand::Request(store),
    };
    let outcome = import.take_in(&app.config, rows, &mut hand).await;
    bar.finish_and_clear();
    let (tally, findings) = outcome?;
    tell(talk, list, &tally, findings)
}

/// Tells what became of the list.
fn tell(
    talk: &mut Talk<'_>,
    list: &cli::ImportArgs,
    tally: &ImportTally,
    findings: Vec<Finding>,
) -> anyhow::Result<Ending> {
    let mut findings: Vec<Finding> = findings
        .into_iter()
        .map(|finding| finding.in_file(&list.file))
        .collect();
    findings.sort();
    talk.report(&findings);
    let counts = format!(
        "{} new, {} known, {} suppressed, {} refused",
        tally.new, tally.known, tally.suppressed, tally.refused
    );
    match list.dry_run {
        true => talk.say(&counts),
        false => talk.conclude(&counts)?,
    }
    for words in tally.remarks(list.confirmed) {
        talk.say(&words);
    }
    Ok(Ending::from_findings(&findings))
}

/// A bar on a terminal, by the bytes that are read.
fn show_progress(file: &File, is_quiet: bool) -> ProgressBar {
    let length = file.metadata().map(|metadata| metadata.len()).ok();
    if is_quiet || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("import {wide_bar} {percent} % {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// Carries out the requests: the store, or nobody.
enum Hand {
    Request(Store),
    Foresee(Store, Foreseen),
}

impl Hand {
    async fn request(
        &mut self,
        people: &[Mailbox],
        request: &ConsentRequest<'_>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Answer>, StoreError> {
        match self {
            Self::Request(store) => store.request(people, request, now).await,
            Self::Foresee(store, foreseen) => store.foresee(people, request, foreseen).await,
        }
    }

    fn most_at_once(&self) -> usize {
        match self {
            Self::Request(store) => store.most_at_once(),
            Self::Foresee(..) => MOST_FORESEEN,
        }
    }
}

struct Import<'a> {
    /// The digests where a line names none.
    default: &'a [String],
    /// Whether the command line names them, so that the list's own column does not count.
    is_named: bool,
    confirmed: bool,
    consent: Option<&'a str>,
    now: DateTime<Utc>,
}

/// A request for some people: the wish, its source, the digests.
type AskTerms = (Wish, Source, Vec<String>);

/// People who wait to be asked for, those of one kind together.
#[derive(Default)]
struct ImportBatch {
    kinds: BTreeMap<AskTerms, Vec<Mailbox>>,
    count: usize,
}

impl ImportBatch {
    fn add(&mut self, kind: AskTerms, person: Mailbox) {
        self.kinds.entry(kind).or_default().push(person);
        self.count += 1;
    }
}

impl Import<'_> {
    /// Asks for everyone on the list.
    async fn take_in(
        &self,
        config: &Config,
        rows: List<'_>,
        hand: &mut Hand,
    ) -> anyhow::Result<(ImportTally, Vec<Finding>)> {
        let (mut tally, mut findings, mut batch) =
            (ImportTally::default(), Vec::new(), ImportBatch::default());
        for row in rows {
            let sorted = row.and_then(|one| {
                let line = one.line;
                let sorted = self.sort(config, one);
                sorted.map_err(|finding| finding.at_line(line))
            });
            match sorted {
                Ok((kind, person)) => batch.add(kind, person),
                Err(finding) => {
                    tally.refused += 1;
                    if findings.len() < MOST_NAMED {
                        findings.push(finding);
                    }
                }
            }
            if batch.count >= hand.most_at_once() {
                self.carry_out(hand, &mut batch, &mut tally).await?;
            }
        }
        self.carry_out(hand, &mut batch, &mut tally).await?;
        let more = tally.refused - findings.len();
        if more > 0 {
            findings.push(Finding::error(
                Rule::LineRefused,
                format!("and {more} more lines are refused"),
            ));
        }
        Ok((tally, findings))
    }

    /// The request of a line.
    fn sort(&self, config: &Config, one: Listed) -> Result<(AskTerms, Mailbox), Finding> {
        let is_pending = one.state == Some(ReaderState::Pending);
        // The only digest there is needs no name.
        let names_digests = self.is_named || one.digests.is_some() || self.default.len() == 1;
        let by = match self.confirmed && !is_pending {
            true if names_digests => Source::ConfirmedDigests,
            true => Source::ConfirmedList,
            false => Source::List,
        };
        let wish = Wish::for_listed(one.state.unwrap_or(ReaderState::Active));
        let digests = match one.digests {
            Some(mut own) if !self.is_named => {
                own.sort();
                own.dedup();
                for name in &own {
                    config.digest(name)?;
                }
                own
            }
            _ => self.default.to_vec(),
        };
        let person = Mailbox {
            name: one.name,
            email: one.email,
        };
        Ok(((wish, by, digests), person))
    }

    async fn carry_out(
        &self,
        hand: &mut Hand,
        batch: &mut ImportBatch,
        tally: &mut ImportTally,
    ) -> anyhow::Result<()> {
        // Wishes that stop mail come first: a person who is listed twice gets none.
        for ((wish, by, digests), people) in std::mem::take(batch).kinds.into_iter().rev() {
            let request = ConsentRequest {
                wish,
                by,
                digests: &digests,
                consent: self.consent,
            };
            for answer in hand.request(&people, &request, self.now).await? {
                tally.count(&answer);
            }
        }
        Ok(())
    }
}

/// The outcome of an import.
#[derive(Default)]
struct ImportTally {
    new: usize,
    known: usize,
    suppressed: usize,
    /// Lines that cannot be read.
    refused: usize,
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

impl ImportTally {
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

    /// The remarks beside the counts.
    fn remarks(&self, confirmed: bool) -> Vec<String> {
        let lacking = match confirmed {
            true => {
                "known, and not subscribed to more digests: nobody who has left a digest comes back by a list, and a list that names no digest adds none"
            }
            false => {
                "known, and not subscribed to more digests; with `--confirmed --digest NAME` they have agreed to it"
            }
        };
        let remarks = [
            (
                self.pending,
                "pending, without any mail; with `--confirmed` they have agreed",
            ),
            (self.confirmed, "confirmed, and active now"),
            (self.widened, "known, and subscribed to more digests now"),
            (self.lacking, lacking),
            (self.newly_suppressed, "known, and without mail from now on"),
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
