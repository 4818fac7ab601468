//! `tidings build`.

use std::path::PathBuf;

use clap::Args;

/// Whether anything is changed.
#[derive(Debug, Default, Clone, Copy, Args)]
pub struct Dry {
    /// Print what would be published or sent, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// The arguments of `build`.
#[derive(Debug, Default, Args)]
pub struct BuildArgs {
    /// Whether anything is changed
    #[command(flatten)]
    pub dry: Dry,
    /// Print this document alone
    #[arg(long, value_name = "FILE", requires = "dry_run")]
    pub only: Option<String>,
    /// Take over the ids of an old feed (Atom, RSS or JSON) that another generator wrote, a file or an address, so that
    /// nothing is unread again
    #[arg(long, value_name = "FEED")]
    pub adopt: Option<PathBuf>,
    /// Remove the documents that tidings wrote and that are none any more, such as the feed of a vanished tag
    #[arg(long, conflicts_with = "dry_run")]
    pub prune: bool,
    /// Publish what is left though most posts are gone: it is meant
    #[arg(long)]
    pub fewer: bool,
    /// Print the lines for the head of the site's pages by which readers find the feeds, and do nothing else
    #[arg(long, conflicts_with_all = ["dry_run", "prune", "adopt"])]
    pub print_links: bool,
}
