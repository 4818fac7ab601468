//! `tidings issue`.

use clap::{ArgGroup, Subcommand};

use crate::ledger::IssueId;
use crate::reader::Email;

/// A task for an issue; `status` shows its number.
#[derive(Debug, Subcommand)]
pub enum IssueCommand {
    /// Stop it for now, at once, also where another shell sends it
    Pause {
        /// Its number
        issue: IssueId,
    },
    /// Go on with it at the next run
    Resume {
        /// Its number
        issue: IssueId,
    },
    /// Stop it for good: who still waits is given up
    Cancel {
        /// Its number
        issue: IssueId,
    },
    /// Take its page out of the archive, for good; its mails and its posts stay
    Unpublish {
        /// Its number
        issue: IssueId,
    },
    /// Decide the deliveries that may have gone out
    #[command(group(ArgGroup::new("how").required(true).args(["resend", "skip"])))]
    Resolve {
        /// Its number
        issue: IssueId,
        /// Only these readers; else all
        address: Vec<Email>,
        /// Send them again: the same bytes, perhaps a second time
        #[arg(long)]
        resend: bool,
        /// Give them up: perhaps they never came
        #[arg(long)]
        skip: bool,
    },
}
