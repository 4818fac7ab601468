//! What is wrong, where it stands and the way out: the one form in which every room reports a fault.

use std::fmt;
use std::path::PathBuf;

use anstyle::AnsiColor;

/// How much a finding weighs: a warning lets the work go on, an error leaves something out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing is left out.
    Warning,
    /// Something was left out or could not be done.
    Error,
}

impl Severity {
    /// The word for it, coloured; whoever prints it strips the colour where nobody would see it.
    pub fn word(self) -> impl fmt::Display {
        let (word, color) = match self {
            Self::Warning => ("warning:", AnsiColor::Yellow),
            Self::Error => ("error:", AnsiColor::Red),
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

/// One fault, as it is printed: `file:line:column: message`, then the way out on a line of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Finding {
    /// Where; none when it is not in a file.
    pub place: Option<Place>,
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong: lower case, names in backticks.
    pub message: String,
    /// What to do about it.
    pub way_out: Option<String>,
}

impl Finding {
    /// An error that stands in no file.
    pub fn error(message: impl Into<String>) -> Self {
        Self {
            place: None,
            severity: Severity::Error,
            message: message.into(),
            way_out: None,
        }
    }

    /// A warning that stands in no file.
    pub fn warning(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(message)
        }
    }

    /// The same finding, in this file.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<PathBuf>) -> Self {
        let file = file.into();
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

    /// The same finding with the way out.
    #[must_use]
    pub fn way_out(mut self, way_out: impl Into<String>) -> Self {
        self.way_out = Some(way_out.into());
        self
    }

    /// Whether something was left out because of it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{}:", place.file.display())?;
            if let Some(line) = place.line {
                write!(f, "{line}:")?;
                if let Some(column) = place.column {
                    write!(f, "{column}:")?;
                }
            }
            f.write_str(" ")?;
        }
        f.write_str(&self.message)?;
        if let Some(way_out) = &self.way_out {
            for line in way_out.lines() {
                write!(f, "\n  {line}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Finding {}

#[cfg(test)]
mod tests {
    use super::Finding;

    #[test]
    fn a_finding_reads_file_line_column_message_and_way_out() {
        let finding = Finding::error("`date = x` is no date")
            .in_file("post/tea.md")
            .at_line(3)
            .at_column(5)
            .way_out("expected something like 2024-12-01");
        assert_eq!(
            finding.to_string(),
            "post/tea.md:3:5: `date = x` is no date\n  expected something like 2024-12-01"
        );
    }

    #[test]
    fn a_line_may_be_known_before_its_file() {
        assert_eq!(
            Finding::error("odd").at_line(2).in_file("a.md").to_string(),
            "a.md:2: odd"
        );
    }
}
