//! The short queue from the engine to its workers.

use tokio::sync::{mpsc, watch};

use crate::ledger::Claimed;

/// A delivery and its message.
pub(super) struct Filled {
    pub(super) claim: Claimed,
    pub(super) message: Vec<u8>,
}

/// The filled messages on their way to the workers.
pub(super) struct Queue {
    pub(super) filled: tokio::sync::Mutex<mpsc::Receiver<Filled>>,
    pub(super) drained: watch::Sender<bool>,
}

impl Queue {
    /// Takes the next delivery; `None` at the end.
    pub(super) async fn take(&self) -> Option<Filled> {
        let next = self.filled.lock().await.recv().await;
        if next.is_none() {
            self.drained.send_replace(true);
        }
        next
    }

    /// Takes the next delivery, if one waits.
    pub(super) fn take_at_once(&self) -> Option<Filled> {
        self.filled.try_lock().ok()?.try_recv().ok()
    }

    /// Waits until the queue is empty for good.
    pub(super) async fn wait_until_drained(&self) {
        let _ = self.drained.subscribe().wait_for(|drained| *drained).await;
    }
}
