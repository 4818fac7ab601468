//! An issue being delivered: the data that every transport needs.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::config;
use crate::delivery::progress::Progress;
use crate::delivery::stop::Stop;
use crate::ledger::Issue;
use crate::message::Compiled;
use crate::store::Sender;
use crate::token::Key;

/// How many deliveries are claimed at once.
pub(super) const CLAIM: usize = 500;

/// How long a person who asked to stop waits for the relay's last replies.
pub(super) const GRACE: Duration = Duration::from_secs(10);

/// An issue being delivered.
#[derive(Clone)]
pub struct IssueDelivery {
    /// The sender that claims the deliveries.
    pub sender: Sender,
    /// The frozen issue.
    pub issue: Issue,
    /// The compiled mail.
    pub compiled: Arc<Compiled>,
    /// The key that signs its links.
    pub key: Key,
    /// The settings of mail.
    pub mail: Arc<config::Mail>,
    /// The clock of due times and outcomes.
    pub clock: Clock,
    /// The progress on the terminal.
    pub progress: Progress,
    /// The request to stop early.
    pub stop: Stop,
}
