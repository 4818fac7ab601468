//! The command line, as types and nothing else.

mod issue;

use std::net::{AddrParseError, SocketAddr};
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, ColorChoice, Parser, Subcommand};
use clap_complete::Shell;

use crate::clock::time_of;
use crate::config::{Day, ImapAccount, StoreUrl};
use crate::digest::ManualOptions;
use crate::finding::Rule;
use crate::ledger::IssueId;
use crate::reader::{Email, Mailbox, NameError, check_name};

pub use issue::IssueCommand;

/// Turn a folder of posts into feeds and e-mail digests.
#[derive(Debug, Parser)]
#[command(
    name = "tidings",
    version,
    after_help = "Examples:\n  tidings init              begin: in an empty folder, or beside a blog\n  tidings run --dry-run     what would be published and sent\n  tidings run -q            the line for cron\n  tidings status            who got which issue, and who did not",
    next_help_heading = "Options of every command"
)]
pub struct Cli {
    /// The config file, instead of the nearest `tidings.toml`, or `config.toml` of tidings', in this folder or above
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Do everything as if in this folder
    #[arg(short = 'C', long, global = true, value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// Act as if it were TIME (RFC 3339, like 2026-11-30T08:00:00+01:00)
    #[arg(long, global = true, value_name = "TIME", value_parser = time_of)]
    pub at: Option<DateTime<Utc>>,
    /// Say nothing unless a person is needed
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say why: which dialect, which dates and addresses
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Write no lock: for a server that only pulls. New ids are the same everywhere; a renamed post is named, exit code 1
    #[arg(long, global = true)]
    pub locked: bool,
    /// Colours on stderr: auto, always or never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub color: ColorChoice,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The commands that work with a site.
    #[command(flatten)]
    Site(SiteCommand),
    /// The commands that work on files alone.
    #[command(flatten)]
    Files(FileCommand),
}

/// A command that works with a site: its config is read, its store is opened at need.
#[derive(Debug, Subcommand)]
pub enum SiteCommand {
    /// Write the feeds, then send every digest that is due: the line for cron
    #[command(
        after_help = "Example, a line for cron: */10 * * * *  cd /srv/site && tidings run -q"
    )]
    Run(Dry),
    /// Write the feeds
    #[command(
        after_help = "Examples:\n  tidings build --dry-run --only atom.xml | less\n  tidings build --adopt https://hums.example/old-feed.xml"
    )]
    Build(BuildArgs),
    /// List everything that would go wrong, and change nothing; exit code 1 for warnings, 2 for errors
    Check(CheckArgs),
    /// Tell the WebSub hub which feeds have changed: after a deploy by hand, since `run` does it itself
    Ping(Dry),
    /// Send one digest now
    #[command(
        after_help = "Examples:\n  tidings digest weekly --preview\n  tidings digest weekly --test me@hums.example\n  tidings digest weekly --posts night-tea,2024-03-18-the-pager.md"
    )]
    Digest(DigestArgs),
    /// Manage the readers of the digests
    #[command(subcommand)]
    Subscriber(SubscriberCommand),
    /// Stop an issue, go on with it, or decide what is uncertain
    #[command(subcommand)]
    Issue(IssueCommand),
    /// Show the issues and what became of each delivery
    Status(Status),
    /// Read what came back by mail: bounces, complaints, wishes to leave. Without an option the box of `[mail] inbox`, else
    /// one message from standard input
    Inbox(InboxArgs),
    /// Show the published folder over HTTP, for a proxy with TLS before it
    Serve(ServeArgs),
    /// Back up the store of readers and issues, bring it back, check it or move it
    #[command(subcommand)]
    Store(StoreCommand),
}

/// A command that runs before any config is read; each reads it itself, if it needs one.
#[derive(Debug, Subcommand)]
pub enum FileCommand {
    /// Begin a site: in an empty folder one that works at once, beside a blog a config for it
    Init(InitArgs),
    /// Print the completions for a shell
    #[command(
        after_help = "Example: tidings completions bash > ~/.local/share/bash-completion/completions/tidings"
    )]
    Completions(CompletionsArgs),
    /// Print the manual page, or write one for each command into a folder
    #[command(after_help = "Example: tidings man ~/.local/share/man/man1")]
    Man(ManArgs),
    /// Make a key to sign mail with, or show what DNS must say
    #[command(subcommand)]
    Dkim(DkimCommand),
}

/// The arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Print JSON
    #[arg(long, conflicts_with = "annotate")]
    pub json: bool,
    /// Print each finding as an annotation for GitHub's workflows
    #[arg(long)]
    pub annotate: bool,
    /// Send a real message to this address of your own, and read it back from the Maildir of `inbox` under `[mail]`
    #[arg(long, value_name = "ADDRESS", conflicts_with = "offline")]
    pub mail: Option<Mailbox>,
    /// Print why what a code names matters, and what to do
    #[arg(long, value_name = "CODE", conflicts_with_all = ["json", "annotate", "offline", "mail"])]
    pub explain: Option<Rule>,
    /// Speak neither to the relay nor to DNS nor to your server
    #[arg(long)]
    pub offline: bool,
    /// The name server to ask instead of the machine's own
    #[arg(long, value_name = "ADDRESS[:PORT]", value_parser = server_of, conflicts_with = "offline")]
    pub dns: Option<SocketAddr>,
}

/// The arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: Shell,
}

/// The arguments of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The folder, which is made if it is not there
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

/// The arguments of `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Ask nothing: what is not known is left to be set
    #[arg(long)]
    pub yes: bool,
    /// The feed that readers follow now, a file or an address, where it is not the generator's usual one: its ids are
    /// taken over
    #[arg(long, value_name = "FEED")]
    pub feed: Option<String>,
}

/// The place where returned mail is read.
#[derive(Debug, Args)]
pub struct InboxArgs {
    /// A folder with `new`, `cur` and `tmp`; what is done moves to `.tidings-done` in it
    #[arg(long, value_name = "DIR", conflicts_with_all = ["mbox", "imap", "stdin"])]
    pub maildir: Option<PathBuf>,
    /// A file of messages; it stays as it is
    #[arg(long, value_name = "FILE", conflicts_with_all = ["imap", "stdin"])]
    pub mbox: Option<PathBuf>,
    /// A mailbox on a server, `imaps://user@host/INBOX`; what is done moves to `[mail] inbox_done`
    #[arg(long, value_name = "URL", conflicts_with = "stdin")]
    pub imap: Option<ImapAccount>,
    /// Read all of a mailbox on a server, also what was left in it before
    #[arg(long, conflicts_with_all = ["maildir", "mbox", "stdin"])]
    pub all: bool,
    /// One message from standard input: for a pipe of the mail server's
    #[arg(long)]
    pub stdin: bool,
}

/// The arguments of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The address to listen on, without TLS; else `listen` under `[web]`
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
}

/// A task for the store.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Write all of it into a new file, also while mail is being sent
    Backup {
        /// The file, which must not be there yet; keep it as private as the store
        file: PathBuf,
    },
    /// Bring a backup back into an empty store, of either database; what was being sent waits for `issue resume`
    Restore {
        /// The file that `backup` wrote
        file: PathBuf,
    },
    /// Say how much is kept and what is wrong with it; exit code 1 for warnings, 2 for errors
    Check,
    /// Make a new key for the links in mails; those of old mails stay valid
    RotateKey,
    /// Copy all of it into an empty store, compare every row, and close this one for good
    Move {
        /// The new place: sqlite:FILE or postgres://…
        url: StoreUrl,
    },
}

/// A task for keys.
#[derive(Debug, Subcommand)]
pub enum DkimCommand {
    /// Write a private key and print the line for DNS
    New {
        /// An Ed25519 key instead of RSA: the second one, beside the first
        #[arg(long)]
        ed25519: bool,
        /// The name under which DNS has the public key
        #[arg(long, value_name = "NAME")]
        selector: Option<String>,
        /// The file for the private key
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Print the lines for DNS of the keys in the config
    Show,
}

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

impl Cli {
    /// Whether the one message that is read comes from standard input, by a program that goes by the exit code.
    pub fn reads_message(&self) -> bool {
        matches!(&self.command, Command::Site(SiteCommand::Inbox(args)) if args.stdin)
    }
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

/// The arguments of `status`.
#[derive(Debug, Args)]
pub struct Status {
    /// Only this issue, and everyone who was missed
    pub issue: Option<IssueId>,
    /// Print JSON
    #[arg(long, conflicts_with = "failed")]
    pub json: bool,
    /// Print those who will not get it as CSV, which `subscriber import` reads
    #[arg(long)]
    pub failed: bool,
    /// Write a page for yourself into this file: readers, issues, domains, what comes next
    #[arg(long, value_name = "FILE", conflicts_with_all = ["issue", "json", "failed"])]
    pub html: Option<PathBuf>,
}

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
    /// members of Mailman, or one address a line. Who has unsubscribed, bounced, complained or not confirmed there is
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

/// A name server; port 53 where none is named.
fn server_of(text: &str) -> Result<SocketAddr, AddrParseError> {
    let with_port = text.parse();
    with_port.or_else(|_| text.parse().map(|address| SocketAddr::new(address, 53)))
}

/// A name of someone; none where it is empty.
fn name_of(text: &str) -> Result<String, NameError> {
    let name = text.trim();
    check_name(name).map(|()| name.to_owned())
}
