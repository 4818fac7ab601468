//! `tidings subscriber`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::reader::{Email, NameError, check_name};

/// A task for the list of subscribers.
#[derive(Debug, Subcommand)]
pub enum SubscriberCommand {
    /// Add someone who has agreed
    Add {
        /// Their address
        email: Email,
        /// How to speak to them
        #[arg(long, value_parser = name_of)]
        name: Option<String>,
        /// Only these digests; else all
        #[arg(long)]
        digest: Vec<String>,
        /// How and when they agreed, kept with them
        #[arg(long, value_name = "SOURCE, DATE")]
        consent: Option<String>,
    },
    /// Take someone out
    Remove {
        /// Their address
        email: Email,
        /// Only from these digests; else from all
        #[arg(long)]
        digest: Vec<String>,
    },
    /// Show everyone
    List,
    /// Show all that is known of someone
    Show {
        /// Their address
        email: Email,
    },
    /// Erase someone: what stays keeps them from being mailed again and says nothing else
    Forget {
        /// Their address
        email: Email,
    },
    /// Take in a list, as `export` or another program wrote it; nobody who has left comes back
    ///
    /// A CSV file with a column `email`, an export of Mailchimp, Substack, Buttondown, Ghost, listmonk, Kit or Keila, the
    /// members of Mailman, or one address a line. Whoever has unsubscribed, bounced, complained or not confirmed there is
    /// taken in as that, and gets nothing.
    Import(ImportArgs),
    /// Write everyone as CSV
    Export,
}

/// A list to take in.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The file
    pub file: PathBuf,
    /// They have agreed; without it they wait for a confirmation and get nothing
    #[arg(long)]
    pub confirmed: bool,
    /// How and when they agreed, kept with them
    #[arg(long, value_name = "SOURCE, DATE", requires = "confirmed")]
    pub consent: Option<String>,
    /// Only these digests; else those of the file's column `digests`, else all
    #[arg(long)]
    pub digest: Vec<String>,
    /// Say what would become of the list, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// A name of someone; `None` if it is empty.
fn name_of(text: &str) -> Result<String, NameError> {
    let name = text.trim();
    check_name(name).map(|()| name.to_owned())
}
