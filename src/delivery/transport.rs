//! How messages leave, seen from the engine: connections that take one message after the other, and answer in the phases
//! and codes of SMTP ([`Attempt`]).

use std::future::Future;

use crate::message::Envelope;
use crate::smtp::{Connection, Dialer};
use crate::verdict::{Attempt, Trouble};

/// A place that opens connections.
pub(super) trait Transport: Send + Sync + 'static {
    /// The connections that it opens.
    type Session: Session;

    /// Opens a connection.
    fn open(&self) -> impl Future<Output = Result<Self::Session, Trouble>> + Send;
}

/// A connection. A fault ends it.
pub(super) trait Session: Send + 'static {
    /// Whether another message can go over it.
    fn is_usable(&self) -> bool;

    /// How many envelopes it has seen.
    fn messages(&self) -> usize;

    /// Whether the next envelope may go out with the message before it.
    fn can_pipeline(&self) -> bool;

    /// Whether the next envelope is out already.
    fn has_pipelined(&self) -> bool;

    /// Announces a message up to the point after which its body may go; a pipelined envelope must be that of the same
    /// message. An error is the outcome of the attempt.
    fn announce(
        &mut self,
        envelope: Envelope<'_>,
    ) -> impl Future<Output = Result<(), Attempt>> + Send;

    /// Sends the announced message, and with it the next envelope.
    fn send_body(
        &mut self,
        message: Vec<u8>,
        next: Option<Envelope<'_>>,
    ) -> impl Future<Output = Attempt> + Send;

    /// Closes the session in good order.
    fn quit(self) -> impl Future<Output = ()> + Send;
}

impl Transport for Dialer {
    type Session = Connection;

    async fn open(&self) -> Result<Connection, Trouble> {
        Self::open(self).await
    }
}

impl Session for Connection {
    fn is_usable(&self) -> bool {
        Self::is_usable(self)
    }

    fn messages(&self) -> usize {
        Self::messages(self)
    }

    fn can_pipeline(&self) -> bool {
        Self::can_pipeline(self)
    }

    fn has_pipelined(&self) -> bool {
        Self::has_pipelined(self)
    }

    async fn announce(&mut self, envelope: Envelope<'_>) -> Result<(), Attempt> {
        Self::announce(self, envelope).await
    }

    async fn send_body(&mut self, message: Vec<u8>, next: Option<Envelope<'_>>) -> Attempt {
        Self::send_body(self, message, next).await
    }

    async fn quit(self) {
        Self::quit(self).await;
    }
}
