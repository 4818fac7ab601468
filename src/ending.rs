//! How a command ended, where it could do something.

use crate::finding::{Finding, Severity};

/// How a command ended, where it could do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All of it.
    Done,
    /// Some posts or deliveries failed and are listed.
    Partial,
}

/// Why a message that another program handed over is not taken in yet. That program keeps it and tries again.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TryAgain(pub(crate) String);

/// The failure of a command, as it is shown, with its finding.
#[derive(Debug, thiserror::Error)]
#[error("{words}")]
pub(crate) struct ShownError {
    pub(crate) words: String,
    pub(crate) finding: Finding,
}

impl ShownError {
    /// The finding where the work can go on without it.
    pub(crate) fn to_warning(&self) -> Finding {
        Finding {
            severity: Severity::Warning,
            ..self.finding.clone()
        }
    }
}

impl Ending {
    /// Partial where something was left out.
    pub(crate) fn from_findings(findings: &[Finding]) -> Self {
        if findings.iter().any(Finding::is_error) {
            Self::Partial
        } else {
            Self::Done
        }
    }

    /// Partial where either is.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        if self == Self::Done { other } else { self }
    }
}
