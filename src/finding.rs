//! A finding: the fault, its place and a hint, in the one form in which every room reports.

mod rule;
mod text;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;

use anstyle::AnsiColor;

pub use rule::Rule;
pub(crate) use text::{count, is_turning, one_line, visible, visible_json, visible_line};

/// How much a finding weighs: a warning lets the work go on, an error leaves something out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is known to be wrong: what could not be asked.
    Note,
    /// Worth knowing; nothing is left out.
    Warning,
    /// Something was left out or could not be done.
    Error,
}

impl Severity {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note:",
            Self::Warning => "warning:",
            Self::Error => "error:",
        }
    }

    /// The word for it, coloured; whoever prints it strips the colour where nobody would see it.
    pub fn word(self) -> impl fmt::Display {
        let word = self.name();
        let color = match self {
            Self::Note => AnsiColor::Cyan,
            Self::Warning => AnsiColor::Yellow,
            Self::Error => AnsiColor::Red,
        };
        let style = color.on_default().bold();
        format!("{style}{word}{style:#}")
    }
}

/// A file, and where in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file as the user would name it.
    pub file: PathBuf,
    /// Line, counted from 1.
    pub line: Option<usize>,
    /// Column in characters, counted from 1; only beside a line.
    pub column: Option<usize>,
}

impl From<PathBuf> for Place {
    fn from(file: PathBuf) -> Self {
        Self {
            file,
            line: None,
            column: None,
        }
    }
}

/// One fault, as it is printed: `file:line:column: message`, then the hint on a line of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Finding {
    /// The place; `None` if it is not in a file.
    pub place: Option<Place>,
    /// How much it weighs.
    pub severity: Severity,
    /// The rule that it breaks.
    pub rule: Rule,
    /// The fault: lower case, names in backticks.
    pub message: String,
    /// A hint for a person.
    pub hint: Option<String>,
}

impl Finding {
    /// An error that stands in no file.
    pub fn error(rule: Rule, message: impl Into<String>) -> Self {
        Self {
            place: None,
            severity: Severity::Error,
            rule,
            message: message.into(),
            hint: None,
        }
    }

    /// A warning that stands in no file.
    pub fn warning(rule: Rule, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(rule, message)
        }
    }

    /// A finding about something that could not be found out, in no file.
    pub fn note(rule: Rule, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Note,
            ..Self::error(rule, message)
        }
    }

    /// The same finding, in this file.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<PathBuf>) -> Self {
        let file = file.into();
        // A folder of posts that is the site's own gives each of its files a `./`.
        let file = match file.strip_prefix(".") {
            Ok(below) if !below.as_os_str().is_empty() => below.to_owned(),
            _ => file,
        };
        match &mut self.place {
            Some(place) => place.file = file,
            None => {
                self.place = Some(Place {
                    file,
                    line: None,
                    column: None,
                });
            }
        }
        self
    }

    /// The same finding, at this line (from 1) of its file; the file may be named later.
    #[must_use]
    pub fn at_line(mut self, line: usize) -> Self {
        self.place
            .get_or_insert_with(|| Place {
                file: PathBuf::new(),
                line: None,
                column: None,
            })
            .line = Some(line);
        self
    }

    /// The same finding, at this column (from 1) of its line.
    #[must_use]
    pub fn at_column(mut self, column: usize) -> Self {
        if let Some(place) = &mut self.place {
            place.column = Some(column);
        }
        self
    }

    /// The same finding with a hint: what a person can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn kind(&self) -> FindingKind {
        let hint = self.hint.as_deref().unwrap_or_default();
        (self.severity, self.rule, shape(&self.message), shape(hint))
    }

    /// Whether something was left out because of it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// How many of one kind are all named.
const MANY: usize = 5;
/// How many of more than that are named as examples.
const EXAMPLES: usize = 3;

/// Condenses one fault in many places to three examples and a count.
pub(crate) fn condense(findings: Vec<Finding>) -> Vec<Finding> {
    let kinds: Vec<FindingKind> = findings.iter().map(Finding::kind).collect();
    let mut counts: HashMap<&FindingKind, usize> = HashMap::new();
    for kind in &kinds {
        *counts.entry(kind).or_default() += 1;
    }
    let mut named: HashMap<&FindingKind, usize> = HashMap::new();
    let mut told = Vec::new();
    for (finding, kind) in findings.into_iter().zip(&kinds) {
        let count = counts[kind];
        if count <= MANY {
            told.push(finding);
            continue;
        }
        let named = named.entry(kind).or_default();
        *named += 1;
        if *named > EXAMPLES {
            continue;
        }
        let (severity, rule) = (finding.severity, finding.rule);
        told.push(finding);
        if *named == EXAMPLES {
            let more = count - EXAMPLES;
            let rest = Finding::error(rule, format!("and {more} more like these, {count} in all"));
            told.push(Finding { severity, ..rest }.hint("`-v` names each"));
        }
    }
    told
}

/// The kind of a finding, without the names, texts and numbers that differ from place to place.
type FindingKind = (Severity, Rule, String, String);

/// A message with a mark in place of each number and of what stands between quotation marks.
fn shape(message: &str) -> String {
    let mut shape = String::new();
    let mut rest = message.chars();
    while let Some(c) = rest.next() {
        let end = match c {
            '`' => Some('`'),
            '“' => Some('”'),
            _ => None,
        };
        if let Some(end) = end {
            rest.by_ref().find(|c| *c == end);
            shape.push('…');
        } else if !c.is_ascii_digit() {
            shape.push(c);
        } else if !shape.ends_with('#') {
            shape.push('#');
        }
    }
    shape
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{}:", visible_line(&place.file.to_string_lossy()))?;
            if let Some(line) = place.line {
                write!(f, "{line}:")?;
                if let Some(column) = place.column {
                    write!(f, "{column}:")?;
                }
            }
            f.write_str(" ")?;
        }
        // Whatever comes behind the first line is indented, so that no foreign word begins a line of its own.
        for (number, line) in self.message.lines().take(MOST_LINES).enumerate() {
            match number {
                0 => f.write_str(&visible_line(&bounded(line)))?,
                _ => write!(f, "\n  {}", visible_line(&bounded(line.trim_start())))?,
            }
        }
        let hint = self.hint.iter().flat_map(|hint| hint.lines());
        for line in hint.take(MOST_LINES) {
            write!(f, "\n  {}", visible_line(&bounded(line)))?;
        }
        Ok(())
    }
}

impl std::error::Error for Finding {}

impl From<&anyhow::Error> for Finding {
    /// An error as the finding that it was, or with its whole chain as the message.
    fn from(error: &anyhow::Error) -> Self {
        let found = error
            .chain()
            .find_map(|cause| cause.downcast_ref::<Finding>());
        match found {
            Some(finding) if error.chain().count() == 1 => finding.clone(),
            found => {
                let rule = found.map_or(Rule::Failed, |finding| finding.rule);
                Self::error(rule, format!("{error:#}"))
            }
        }
    }
}

/// How much of a message is shown: a foreign word in it may be as large as a post.
const LONGEST_LINE: usize = 1000;
const MOST_LINES: usize = 20;

/// The line, or its beginning.
fn bounded(line: &str) -> Cow<'_, str> {
    match line.char_indices().nth(LONGEST_LINE) {
        Some((end, _)) => Cow::Owned(format!("{}…", &line[..end])),
        None => Cow::Borrowed(line),
    }
}

#[cfg(test)]
mod tests {
    use super::{Finding, Rule, condense, visible, visible_line};

    fn told(findings: impl IntoIterator<Item = Finding>) -> Vec<String> {
        let told = condense(findings.into_iter().collect());
        told.iter().map(Finding::to_string).collect()
    }

    #[test]
    fn one_fault_in_many_files_is_told_with_three_examples_and_its_count() {
        let dated = |number: usize| {
            Finding::error(
                Rule::Failed,
                format!("`{number}-13-01` is no date: month {number}"),
            )
            .in_file(format!("{number}.md"))
            .at_line(number)
        };
        let other = Finding::error(Rule::Failed, "this is not UTF-8").in_file("x.md");
        let all = (0..458).map(dated).chain([other.clone()]);
        assert_eq!(
            told(all),
            [
                "0.md:0: `0-13-01` is no date: month 0",
                "1.md:1: `1-13-01` is no date: month 1",
                "2.md:2: `2-13-01` is no date: month 2",
                "and 455 more like these, 458 in all\n  `-v` names each",
                "x.md: this is not UTF-8",
            ]
        );
        assert_eq!(told((0..5).map(dated)).len(), 5, "a few are all named");
        assert_eq!(told((0..6).map(dated)).len(), 4);
        assert!(told([]).is_empty());
    }

    #[test]
    fn faults_are_alike_by_their_words_and_their_weight() {
        let many = |make: &dyn Fn(usize) -> Finding| told((0..10).map(make)).len();
        assert_eq!(
            many(&|n| Finding::warning(Rule::Failed, format!("“{n}” is unread"))),
            4
        );
        assert_eq!(
            many(&|n| Finding::error(Rule::Failed, "x").hint(format!("write `{n}`"))),
            4
        );
        let words = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        assert_eq!(many(&|n| Finding::error(Rule::Failed, words[n])), 10);
        assert_eq!(
            many(&|n| Finding::error(Rule::Failed, "x").hint(words[n])),
            10
        );
        let mixed = |n: usize| match n % 2 {
            0 => Finding::error(Rule::Failed, "x"),
            _ => Finding::warning(Rule::Failed, "x"),
        };
        assert_eq!(many(&mixed), 10, "five of each weight");
        // A quotation that is not ended hides the rest.
        assert_eq!(
            many(&|n| Finding::error(Rule::Failed, format!("`{}", words[n]))),
            4
        );
    }

    #[test]
    fn a_foreign_word_of_any_length_is_shown_by_its_beginning() {
        for word in [
            "x".repeat(8 << 20),
            "\u{1b}".repeat(1 << 20),
            "ü\n".repeat(1 << 20),
        ] {
            let finding = Finding::error(Rule::Failed, format!("`{word}` is no date")).hint(word);
            let shown = finding.to_string();
            assert!(shown.len() < 50_000, "{}", shown.len());
        }
    }

    #[test]
    fn a_finding_reads_file_line_column_message_and_hint() {
        let finding = Finding::error(Rule::Failed, "`date = x` is no date")
            .in_file("post/tea.md")
            .at_line(3)
            .at_column(5)
            .hint("expected something like 2024-12-01");
        assert_eq!(
            finding.to_string(),
            "post/tea.md:3:5: `date = x` is no date\n  expected something like 2024-12-01"
        );
    }

    #[test]
    fn a_line_may_be_known_before_its_file() {
        assert_eq!(
            Finding::error(Rule::Failed, "odd")
                .at_line(2)
                .in_file("a.md")
                .to_string(),
            "a.md:2: odd"
        );
    }

    #[test]
    fn no_foreign_word_reaches_the_terminal_as_an_order() {
        let orders = "\u{1b}]0;title\u{7}\u{1b}[2J\u{9b}31m\u{0}\u{7f}\u{202e}\u{2067}\u{2069}\r";
        let finding = Finding::error(Rule::Failed, format!("`{orders}` is no date\nok: forged"))
            .in_file(format!("post/{orders}\nok: forged.md"))
            .at_line(1)
            .hint(format!("mend {orders}\nok: forged"));
        let shown = finding.to_string();
        assert!(
            !shown.contains(|c: char| c.is_control() && c != '\n'),
            "{shown:?}"
        );
        assert!(
            !shown.contains(['\u{202e}', '\u{2067}', '\u{2069}']),
            "{shown:?}"
        );
        assert!(shown.contains("\\u{1b}]0;title\\u{7}"), "{shown:?}");
        let forged = |line: &str| line.starts_with("ok:");
        assert!(!shown.lines().any(forged), "{shown:?}");
        assert_eq!(visible_line("Tee\tund Ähre"), "Tee\tund Ähre");
        assert_eq!(visible("a\nb\u{1b}"), "a\nb\\u{1b}");
    }
}
