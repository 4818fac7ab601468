//! Why a connection is of no more use.

/// Why a connection is of no more use, before a message was at stake.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The network or the relay; a later try may go well.
    #[error("{0}")]
    Relay(String),
    /// A person has to mend something: the password, the certificate, the config.
    #[error("{0}")]
    Us(String),
}
