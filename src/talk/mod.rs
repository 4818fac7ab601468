//! Writes results to the given output, and findings and messages to stderr.

mod words;

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::finding::{Finding, Severity, condense};
use crate::log;

pub(crate) use words::{Words, quote_word};

/// How much is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Volume {
    /// Only what needs a person.
    #[default]
    Quiet,
    /// Results and talk.
    Normal,
    /// Also why a thing is as it is, and every place of a fault that stands in many.
    Verbose,
}

/// The messages of a resident.
#[derive(Debug, Default)]
struct Rounds {
    findings_before: BTreeSet<Finding>,
    results_before: BTreeSet<String>,
    results: BTreeSet<String>,
}

impl Rounds {
    /// Notes a result; whether this round or the one before had it too.
    fn note_result(&mut self, words: &str) -> bool {
        !self.results.insert(words.to_owned()) || self.results_before.contains(words)
    }
}

/// The output of one command, or of one task of a resident.
pub(crate) struct Talk<'a> {
    out: &'a mut dyn Write,
    volume: Volume,
    words: Words,
    /// Whether findings are only kept.
    is_gathering: bool,
    /// The findings so far, so that two steps of a run do not repeat each other.
    named: BTreeSet<Finding>,
    /// The messages of a resident in this round and the last one, so that it does not repeat them every few minutes.
    said: Option<Rounds>,
}

impl<'a> Talk<'a> {
    /// Results go to `out`.
    pub(crate) fn new(out: &'a mut dyn Write, volume: Volume, words: Words) -> Self {
        Self {
            out,
            volume,
            words,
            is_gathering: false,
            named: BTreeSet::new(),
            said: None,
        }
    }

    /// One that tells nobody anything, and keeps what is found. Results go to `out`.
    pub(crate) fn gathering(out: &'a mut dyn Write) -> Self {
        Self {
            is_gathering: true,
            ..Self::new(out, Volume::Normal, Words::default())
        }
    }

    /// The findings, each once: as an error, where one step warns of what another fails by.
    pub(crate) fn into_findings(self) -> Vec<Finding> {
        let is_error_too = |finding: &Finding| {
            let error = Finding {
                severity: Severity::Error,
                ..finding.clone()
            };
            !finding.is_error() && self.named.contains(&error)
        };
        let findings = self.named.iter().filter(|finding| !is_error_too(finding));
        findings.cloned().collect()
    }

    /// Begins a round of a resident: what the round before has said is not said again, as long as each round would.
    pub(crate) fn begin_round(&mut self) {
        let before = self.said.take().unwrap_or_default();
        self.said = Some(Rounds {
            findings_before: std::mem::take(&mut self.named),
            results_before: before.results,
            results: BTreeSet::new(),
        });
    }

    /// The output for results, which are printed also with `-q`.
    pub(crate) fn out(&mut self) -> &mut dyn Write {
        self.out
    }

    /// How words for a person are written where they stand among results.
    pub(crate) fn words(&self) -> &Words {
        &self.words
    }

    /// Whether only that is said which needs a person.
    pub(crate) fn is_quiet(&self) -> bool {
        self.volume == Volume::Quiet
    }

    /// Whether reasons are said too.
    pub(crate) fn is_verbose(&self) -> bool {
        self.volume == Volume::Verbose
    }

    /// Tells a person on stderr; nothing with `-q`.
    pub(crate) fn say(&self, words: &str) {
        if !self.is_quiet() && !self.is_gathering {
            log::say(&self.words.show(words));
        }
    }

    /// Says why, on stderr; only with `-v`.
    pub(crate) fn explain(&self, words: &str) {
        if self.is_verbose() {
            log::say(&self.words.show(words));
        }
    }

    /// Prints a line of the result; with `-q` there is none, since nobody is needed.
    pub(crate) fn conclude(&mut self, words: &str) -> io::Result<()> {
        if self.is_quiet()
            || self
                .said
                .as_mut()
                .is_some_and(|said| said.note_result(words))
        {
            return Ok(());
        }
        let words = self.words.show(words);
        if log::is_kept() {
            tracing::info!(event = "result", message = &*words);
            return Ok(());
        }
        match writeln!(self.out, "{words}") {
            // The reader of the output has gone; the work goes on.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            said => said,
        }
    }

    /// Prints a line of the result; where a log is kept, `event` writes it instead, with its numbers.
    pub(crate) fn conclude_event(&mut self, words: &str, event: impl FnOnce()) -> io::Result<()> {
        if !log::is_kept() {
            return self.conclude(words);
        }
        event();
        Ok(())
    }

    /// Names what is wrong, each once; with `-q` only what left something out.
    pub(crate) fn report(&mut self, findings: &[Finding]) {
        let is_quiet = self.is_quiet();
        let findings = findings.iter();
        self.insist(findings.filter(|finding| !is_quiet || finding.is_error()));
    }

    /// Names these, each once, also with `-q`: a person is needed.
    pub(crate) fn insist<'f>(&mut self, findings: impl IntoIterator<Item = &'f Finding>) {
        let mut new = Vec::new();
        for finding in findings {
            let before = self.said.as_ref();
            let is_old = before.is_some_and(|said| said.findings_before.contains(finding));
            if self.named.insert(finding.clone()) && !is_old {
                new.push(finding.clone());
            }
        }
        let told = match self.is_verbose() {
            true => new,
            false => condense(new),
        };
        for finding in &told {
            self.name(finding);
        }
    }

    /// Prints words to a person as a result, also with `-q`.
    pub(crate) fn print(&mut self, words: &str) -> io::Result<()> {
        writeln!(self.out, "{}", self.words.show(words))
    }

    /// Names what is wrong, on stderr.
    fn name(&self, finding: &Finding) {
        if self.is_gathering {
            return;
        }
        if log::is_kept() {
            return self.log(finding);
        }
        let words = finding.to_string();
        let _ = writeln!(
            anstream::stderr(),
            "{} {}",
            finding.severity.word(),
            self.words.show(&words)
        );
    }

    fn log(&self, finding: &Finding) {
        let place = finding.place.as_ref();
        let file = place.map(|place| place.file.display().to_string());
        let line = place.and_then(|place| place.line);
        let hint = finding.hint.as_deref().map(|hint| self.words.show(hint));
        let (rule, hint) = (finding.rule.code(), hint.as_deref());
        let message = &*finding.message;
        match finding.severity {
            Severity::Error => tracing::error!(event = "finding", rule, file, line, message, hint),
            Severity::Warning => tracing::warn!(event = "finding", rule, file, line, message, hint),
            Severity::Note => tracing::info!(event = "finding", rule, file, line, message, hint),
        }
    }
}
