//! `tidings digest`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::build::Dry;
use crate::config::Day;
use crate::digest::ManualOptions;
use crate::ledger::IssueId;
use crate::reader::{Email, Mailbox};

/// The arguments of `digest`.
#[derive(Debug, Args)]
pub struct DigestArgs {
    /// The digest's name
    pub name: String,
    /// Whether anything is changed
    #[command(flatten)]
    pub dry: Dry,
    /// Which posts, where it is not the news
    #[command(flatten)]
    pub choice: Choice,
    /// The ways to show the issue without sending it.
    #[command(flatten)]
    pub show: Show,
    /// Send an issue that was frozen once more, to the one reader of `--to`; `status` shows its number
    #[arg(long, value_name = "ISSUE", requires = "to",
          conflicts_with_all = ["since", "posts", "dry_run", "Show"])]
    pub resend: Option<IssueId>,
    /// Send the issue of `--resend` to this reader
    #[arg(long, value_name = "ADDRESS", requires = "resend")]
    pub to: Option<Email>,
    /// Only go on from today after a run whose clock was ahead: the last slot that is past counts as filled
    #[arg(long, conflicts_with_all = ["since", "posts", "again", "new_store", "dry_run", "resend", "Show"])]
    pub reset_slot: bool,
}

impl DigestArgs {
    /// A dry run with these posts.
    pub(crate) fn dry(name: &str, choice: Choice) -> Self {
        Self {
            name: name.to_owned(),
            dry: Dry { dry_run: true },
            choice,
            show: Show::default(),
            resend: None,
            to: None,
            reset_slot: false,
        }
    }
}

/// Which posts an issue by hand announces.
#[derive(Debug, Clone, Default, Args)]
pub struct Choice {
    /// Every post from this day on that no issue has carried, also those that were there before the digest began. Older
    /// ones stay as they are; on the first run, and where most of the site is unknown, they are known from then on
    #[arg(long, value_name = "DATE", conflicts_with = "posts")]
    pub since: Option<Day>,
    /// Only these posts, by path, slug, address or id, with commas between them
    #[arg(long, value_name = "POSTS")]
    pub posts: Vec<String>,
    /// Also posts that an issue has carried before: a correction; asks first
    #[arg(long, requires = "posts")]
    pub again: bool,
    /// Do not ask
    #[arg(long, requires = "again")]
    pub yes: bool,
    /// Begin anew in this store, though the lock says that another began: every post is known, only what comes is news
    #[arg(long, conflicts_with_all = ["posts", "dry_run", "resend", "Show"])]
    pub new_store: bool,
}

impl<'a> From<&'a Choice> for ManualOptions<'a> {
    fn from(choice: &'a Choice) -> Self {
        Self {
            posts: &choice.posts,
            since: choice.since,
            again: choice.again,
            new_store: choice.new_store,
        }
    }
}

/// The ways to show an issue before it is sent. None of them sends anything to the readers or counts for anything.
#[derive(Debug, Default, Args)]
#[group(id = "Show", multiple = true)]
pub struct Show {
    /// Send one real copy, marked as a test, to this address alone
    #[arg(long, value_name = "ADDRESS", conflicts_with = "dry_run")]
    pub test: Option<Mailbox>,
    /// Write the HTML part into this file
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    pub html: Option<PathBuf>,
    /// Write the first reader's message into this file
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    pub eml: Option<PathBuf>,
    /// Look at it in the browser: wide and narrow, light and dark, as text; it follows every change
    #[arg(long, conflicts_with_all = ["dry_run", "test", "html", "eml"])]
    pub preview: bool,
    /// Only say where the preview is
    #[arg(long, requires = "preview")]
    pub no_open: bool,
}

impl Show {
    /// Whether the issue is shown instead of sent.
    pub fn is_asked_for(&self) -> bool {
        self.test.is_some() || self.html.is_some() || self.eml.is_some()
    }
}
