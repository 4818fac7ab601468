//! Claims deliveries, fills their messages, and gives them to the workers.

use std::vec;

use rayon::prelude::*;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::delivery::issue::CLAIM;
use crate::delivery::queue::Filled;
use crate::delivery::run::{Halt, Run};
use crate::ledger::Claimed;
use crate::store::{Result, StoreError};

/// The number of messages that are filled at once, and that wait for a worker.
pub(super) const FILLED: usize = 50;

impl<T> Run<T> {
    /// Claims as long as someone is due and nothing halts. While some messages wait for room in the queue the next are
    /// claimed and filled, so that neither the cores nor the connections wait for the ledger.
    pub(super) async fn fill_queue(
        &self,
        feed: mpsc::Sender<Filled>,
        first: Vec<Claimed>,
    ) -> Result<()> {
        let mut claims = self.note_domains(first);
        let mut filled = self.fill_next(&mut claims).await?;
        while !filled.is_empty() {
            let (is_fed, next) = tokio::join!(
                self.give_to_workers(&feed, filled),
                self.fill_next(&mut claims)
            );
            filled = next?;
            if !is_fed {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Gives messages to the workers as they have room. Returns false if nothing new may begin, or all workers have ended.
    async fn give_to_workers(&self, feed: &mpsc::Sender<Filled>, filled: Vec<Filled>) -> bool {
        for one in filled {
            let is_sent = tokio::select! {
                sent = feed.send(one) => sent.is_ok(),
                () = self.wait_until_halted() => false,
            };
            if !is_sent {
                return false;
            }
        }
        true
    }

    /// Fills the messages of the next claims, and claims more if there are none; nothing if nobody is due.
    async fn fill_next(&self, claims: &mut vec::IntoIter<Claimed>) -> Result<Vec<Filled>> {
        if claims.len() == 0 {
            let (sender, issue) = (&self.delivery.sender, &self.delivery.issue);
            let claimed = sender
                .claim(issue.id, CLAIM, self.delivery.clock.now())
                .await;
            let claimed = claimed.inspect_err(|error| self.halt(Halt::Fault(error.to_string())))?;
            *claims = self.note_domains(claimed);
        }
        self.fill(claims.by_ref().take(FILLED).collect()).await
    }

    /// Notes the domains of new claims.
    fn note_domains(&self, claimed: Vec<Claimed>) -> vec::IntoIter<Claimed> {
        for claim in &claimed {
            self.domains.see(claim.reader.email.domain());
        }
        claimed.into_iter()
    }

    /// Fills messages off the reactor and on all cores: signing takes longer than all the rest.
    async fn fill(&self, claims: Vec<Claimed>) -> Result<Vec<Filled>> {
        let (compiled, key) = (self.delivery.compiled.clone(), self.delivery.key.clone());
        let made_at = self.delivery.issue.made_at;
        let fill = move || {
            let one = |claim: Claimed| Filled {
                message: compiled.fill(&claim.reader, made_at, &key),
                claim,
            };
            claims.into_par_iter().map(one).collect()
        };
        let filled = spawn_blocking(fill).await;
        filled.map_err(|error| {
            self.halt(Halt::Fault(format!("a message cannot be filled: {error}")));
            StoreError::Writer(error.to_string())
        })
    }
}
