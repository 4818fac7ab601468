//! Sends issues: [`IssueDelivery`] by the engine over a relay, or into the outbox; one message by itself.
//!
//! An *issue* is delivered to many readers; a *delivery* is the row of one of them in the ledger
//! ([`DeliveryState`](crate::ledger::DeliveryState)). [`engine`] says how a row goes from state to state.

mod domains;
mod engine;
mod fill;
mod issue;
mod mailer;
mod outbox;
mod progress;
mod queue;
mod run;
mod series;
mod settle;
mod signing;
mod single;
mod stop;
#[cfg(test)]
mod tests;
mod throttle;
mod transport;
mod worker;

use std::time::Duration;

use crate::smtp::Dialer;
use crate::store::{Result, StoreError};

pub use issue::IssueDelivery;
pub use mailer::Mailer;
pub use progress::Progress;
pub(crate) use signing::{load_keys, load_signer, signing_domain};
pub(crate) use single::deliver_one;
pub use stop::Stop;

/// How long to wait after a stop until the last outcomes are stored.
const LONGEST_END: Duration = Duration::from_secs(15);

impl IssueDelivery {
    /// Sends the issue to everyone who is due, and closes it if nothing waits any more. Returns why it stopped early.
    ///
    /// # Errors
    /// If the store fails; the next sender settles what was in flight.
    pub async fn deliver(&self, mailer: &Mailer) -> Result<Option<String>> {
        let ended = tokio::select! {
            ended = self.send_and_settle(self.send(mailer)) => ended,
            () = self.stop.wait_until_overdue(LONGEST_END) => Err(StoreError::Writer("the store does not answer".to_owned())),
        };
        self.progress.finish();
        ended
    }

    async fn send(&self, mailer: &Mailer) -> Result<Option<String>> {
        match mailer {
            Mailer::Outbox(folder) => outbox::deliver(self, folder).await,
            Mailer::Smtp(relay) => {
                let dialer = Dialer::for_sender(relay, &self.mail, self.compiled.sender());
                engine::deliver(self, dialer).await
            }
        }
    }

    /// Sends, records the remaining outcomes, releases unused claims, and closes the issue if nothing waits.
    async fn send_and_settle(
        &self,
        sending: impl Future<Output = Result<Option<String>>>,
    ) -> Result<Option<String>> {
        let stopped = sending.await;
        // Outcomes of sent messages are written, whatever else fails.
        let written = self.sender.flush().await;
        let stopped = stopped?;
        written?;
        self.sender.release(self.issue.id).await?;
        self.sender.finish(self.issue.id).await?;
        Ok(stopped)
    }
}
