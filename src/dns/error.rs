//! Why there is no answer.

use std::fmt;

/// Why there is no answer. That a name or a record is not there is an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DnsError {
    /// No server is known, or none was reached.
    #[error("{0}")]
    Unreachable(String),
    /// A server answers, but nothing that can be used.
    #[error("{0}")]
    Unusable(String),
    /// The servers answer that they cannot say it.
    #[error("the name server answers {0}")]
    Refused(&'static str),
    /// A name leads to a name and so on.
    #[error("`{0}` leads in circles")]
    Circle(String),
    /// A name that DNS cannot carry.
    #[error("`{0}` is no name of DNS")]
    NoName(String),
}

pub(super) fn unusable(reason: &dyn fmt::Display) -> DnsError {
    DnsError::Unusable(reason.to_string())
}

pub(super) fn unreachable(reason: &dyn fmt::Display) -> DnsError {
    DnsError::Unreachable(reason.to_string())
}
